// Package mailrequest asks the service mail to tell somebody something: a service that makes a change of which a person
// must hear appends a Request in the transaction of the change.
package mailrequest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"encore.dev/pubsub"
	"github.com/jackc/pgx/v5"

	"encore.app/internal/input"
	"encore.app/internal/outbox"
)

// Requests carries what mail shall be sent, at least once; a repeated delivery has the same Request.ID.
var Requests = pubsub.NewTopic[*Request]("mail-requests", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
})

// Topic is the name of Requests in the outbox.
const Topic = "mail-requests"

// The kinds of Request. All are about an account: they are sent whatever the person prefers.
const (
	// Invitation goes to who is invited, with the link to register. ThingID is the invitation.
	Invitation = "invitation"
	// PasswordReset goes to who forgot their password, with the link. ThingID is the reset.
	PasswordReset = "password-reset"
	// PasswordChanged tells that the password is another one.
	PasswordChanged = "password-changed"
	// EmailChange goes to the new address, with the link that confirms it. ThingID is the change, Address the new address.
	EmailChange = "email-change"
	// EmailChanged tells the old address that it is not the account's any more. Address is the old one.
	EmailChanged = "email-changed"
	// NewDevice tells that somebody signed in on a device that the account had not been used on. ThingID is the session.
	NewDevice = "new-device"
	// SecondFactorChanged tells that the second step of signing in was set up, changed or taken away.
	SecondFactorChanged = "second-factor-changed"
	// TokenCreated tells that a token for programs was made, which goes on standing when the password changes.
	TokenCreated = "token-created"
)

// Kinds returns all kinds.
func Kinds() []string {
	return []string{
		Invitation, PasswordReset, PasswordChanged, EmailChange, EmailChanged, NewDevice, SecondFactorChanged,
		TokenCreated,
	}
}

// aboutThing are the kinds whose ThingID says what the mail is about; withAddress those that go to Address.
var (
	aboutThing  = []string{Invitation, PasswordReset, EmailChange, NewDevice}
	withAddress = []string{EmailChange, EmailChanged}
)

// maxFact is how many bytes one fact of Data may have.
const maxFact = 500

// Request is one mail to one person.
type Request struct {
	// ID is the UUID of the request; Append leaves it to the outbox.
	ID string `json:"id"`
	// Kind is what is told: one of Kinds.
	Kind string `json:"kind"`
	// UserID is the account of the receiver; 0 when they have none, as who is invited.
	UserID int64 `json:"user_id"`
	// ThingID is what the mail is about; 0 for kinds that are about the account itself.
	ThingID int64 `json:"thing_id"`
	// Address is where it goes when that is not the account's address; else empty, and the service mail asks for it.
	Address string `json:"address"`
	// Data are other facts that the mail tells, each 500 bytes at most: for new-device "device" and "ip", for
	// second-factor-changed "change" (enrolled, removed, reset or codes), for token-created "scope" (read or write) and
	// "expires_at" (RFC 3339). Never a link, a token, a name or a phone number.
	Data map[string]string `json:"data"`
	// OccurredAt is when what the mail tells happened.
	OccurredAt time.Time `json:"occurred_at"`
}

// Append asks for a mail within the transaction of what it tells. It fails for a request that cannot become a mail: of an
// unknown kind, without receiver, or with an address that is none.
func Append(ctx context.Context, tx pgx.Tx, request Request) error {
	if err := request.check(); err != nil {
		return err
	}
	return outbox.Append(ctx, tx, Topic, &request)
}

// Decode reads a request of the outbox, for the service that publishes it.
func Decode(message outbox.Message) (*Request, error) {
	request := new(Request)
	if err := json.Unmarshal(message.Payload, request); err != nil {
		return nil, outbox.Permanent(fmt.Errorf("decode the mail request %s: %w", message.ID, err))
	}
	request.ID = message.ID
	return request, nil
}

func (r *Request) check() error {
	about := "the request for a mail of kind " + strconv.Quote(r.Kind)
	switch {
	case !slices.Contains(Kinds(), r.Kind):
		return fmt.Errorf("%s: there is no such kind", about)
	case r.Kind != Invitation && r.UserID <= 0:
		return fmt.Errorf("%s names no account", about)
	case slices.Contains(aboutThing, r.Kind) != (r.ThingID > 0):
		return fmt.Errorf("%s has the thing %d", about, r.ThingID)
	case slices.Contains(withAddress, r.Kind) != (r.Address != ""):
		return fmt.Errorf("%s has an address that does not belong there, or lacks one", about)
	case r.OccurredAt.IsZero():
		return fmt.Errorf("%s lacks the time", about)
	}
	if r.Address != "" {
		if _, err := input.Email("", r.Address); err != nil {
			return fmt.Errorf("%s: %w", about, err)
		}
	}
	for name, value := range r.Data {
		if len(value) > maxFact {
			return fmt.Errorf("%s: %s has %d bytes, and may have %d", about, name, len(value), maxFact)
		}
	}
	return nil
}
