package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"encore.dev/beta/errs"

	"encore.app/auth"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

// written is a message ready to be sent.
type written struct {
	mail   *content.Mail
	to     delivery.Address
	cc     []delivery.Address
	secret string // what is blacked out where the mail is kept; empty when nothing is
	// names are the accounts that the text names, beside the receiver's.
	names       []int64
	attachments []delivery.Attachment
	unsubscribe string // where one click ends this kind; empty for what cannot be ended
}

// errWithdrawn says that there is nothing to tell any more: the link is used, the account is gone.
var errWithdrawn = errors.New("there is nothing to tell any more")

// errAnonymised is errWithdrawn for somebody who was anonymised: what was to be sent may have come after that was known.
var errAnonymised = fmt.Errorf("the receiver was anonymised: %w", errWithdrawn)

// unsendable is why a message can never be sent as it was asked for; the log of mail shows it.
type unsendable string

// Error is what the office reads.
func (why unsendable) Error() string { return string(why) }

// Facts that the sentences of several mails name: where the button leads, and of which building they speak.
const (
	factLink     = "Link"
	factTour     = "Tour"
	factBuilding = "Building"
)

// blackedOut stands where a secret was.
const blackedOut = "█████"

// write writes a message with what is true now.
func (s *Service) write(ctx context.Context, m store.Message) (*written, error) {
	switch m.Kind {
	case mailrequest.Invitation:
		return s.writeInvitation(ctx, m)
	case mailrequest.PasswordReset:
		return s.writeLink(ctx, m, s.ask.resetLink)
	case mailrequest.EmailChange:
		return s.writeLink(ctx, m, s.ask.changeLink)
	case mailrequest.PasswordChanged, mailrequest.EmailChanged, mailrequest.NewDevice, mailrequest.SecondFactorChanged,
		mailrequest.TokenCreated:
		return s.writeAccountMail(ctx, m)
	case kindMessage:
		return s.writeMessage(ctx, m)
	case kindTest:
		return s.writeTest(ctx, m)
	case kindDaySummary:
		if m.ThingID != 0 { // somebody sent it
			return s.writeSentSummary(ctx, m)
		}
		return s.writeWork(ctx, m)
	case kindIncidentReceived, kindIncidentAcknowledged, kindIncidentResolved:
		return s.writeToReporter(ctx, m)
	case kindRuns, kindReminder, kindSwapsAsked, kindSwaps, kindSwapsTaken, kindRunLate, kindStops, kindBuildingStops, kindIncidents,
		kindBuildingIncidents:
		return s.writeWork(ctx, m)
	}
	return nil, fmt.Errorf("this version of the program does not know mail of the kind %q", m.Kind)
}

func (s *Service) writeInvitation(ctx context.Context, m store.Message) (*written, error) {
	link, err := s.ask.invitationLink(ctx, m.ThingID)
	if err != nil {
		return nil, withdrawnIfOver(err)
	}
	in := content.In(link.Language, s.zone)
	mail, err := in.Mail(m.Kind, "", content.Facts{
		"InvitedBy": link.InvitedBy, "Role": in.Role(string(link.Role)), "Until": in.Moment(link.ExpiresAt), factLink: link.Link,
	})
	if err != nil {
		return nil, err
	}
	mail.Reason = in.Reason("invitation")
	return &written{mail: mail, to: delivery.Address{Email: link.Email}, secret: link.Link}, nil
}

// writeLink writes to an address the link with which its owner goes on.
func (s *Service) writeLink(
	ctx context.Context, m store.Message, ask func(ctx context.Context, id int64) (*auth.AccountLinkResponse, error),
) (*written, error) {
	link, err := ask(ctx, m.ThingID)
	if err != nil {
		return nil, withdrawnIfOver(err)
	}
	user, err := s.receiver(ctx, m.Kind, link.UserID)
	if err != nil {
		return nil, err
	}
	in := content.In(user.Language, s.zone)
	mail, err := in.Mail(m.Kind, user.FirstName, content.Facts{"Until": in.Moment(link.ExpiresAt), factLink: link.Link})
	if err != nil {
		return nil, err
	}
	return &written{mail: mail, to: delivery.Address{Name: addressOf(user).Name, Email: link.Email}, secret: link.Link}, nil
}

// writeAccountMail writes what happened to an account, to its owner.
func (s *Service) writeAccountMail(ctx context.Context, m store.Message) (*written, error) {
	user, err := s.receiver(ctx, m.Kind, m.UserID)
	if err != nil {
		return nil, err
	}
	data := map[string]string{}
	if err := json.Unmarshal(m.Facts, &data); err != nil {
		return nil, fmt.Errorf("read the facts of a message: %w", err)
	}
	in := content.In(user.Language, s.zone)
	facts := content.Facts{"When": in.Moment(m.OccurredAt)}
	switch m.Kind {
	case mailrequest.PasswordChanged:
		facts[factLink] = s.link("/forgot-password")
	case mailrequest.NewDevice:
		facts[factLink], facts["IP"], facts["Device"] = s.accountLink("sessions"), data["ip"], data["device"]
		facts["Place"] = s.places.Of(data["ip"], user.Language)
		if data["device"] == "" {
			if facts["Device"], err = in.Phrase("device-unknown", nil); err != nil {
				return nil, err
			}
		}
	case mailrequest.SecondFactorChanged:
		facts[factLink] = s.accountLink("security")
		if facts["Change"], err = in.Phrase("second-factor-"+data["change"], nil); err != nil {
			if facts["Change"], err = in.Phrase("second-factor-changed", nil); err != nil {
				return nil, err
			}
		}
	case mailrequest.TokenCreated:
		until, err := time.Parse(time.RFC3339, data["expires_at"])
		if err != nil {
			return nil, fmt.Errorf("read until when a token is good: %w", err)
		}
		facts[factLink], facts["Until"] = s.accountLink("tokens"), in.Moment(until)
		if facts["Change"], err = in.Phrase("token-"+data["scope"], nil); err != nil {
			return nil, err
		}
	}
	mail, err := in.Mail(m.Kind, user.FirstName, facts)
	if err != nil {
		return nil, err
	}
	to := addressOf(user)
	if m.GivenAddress != "" {
		to.Email = m.GivenAddress
	}
	return &written{mail: mail, to: to}, nil
}

// toldWhenDeactivated are the kinds that somebody gets whose account is deactivated: what happened to it before, which may
// have been the doing of another. A link would lead nowhere, and work is not theirs any more.
var toldWhenDeactivated = []string{
	mailrequest.PasswordChanged, mailrequest.EmailChanged, mailrequest.NewDevice, mailrequest.SecondFactorChanged,
	mailrequest.TokenCreated,
}

// receiver is whose account a message is for; errWithdrawn when they get nothing of that kind.
func (s *Service) receiver(ctx context.Context, kind string, id int64) (*auth.User, error) {
	people, err := s.ask.people(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	user := people[id]
	switch {
	case user != nil && isAnonymised(user):
		return nil, errAnonymised
	case checkReceiver(kind, user) != nil:
		return nil, errWithdrawn
	}
	return user, nil
}

// checkReceiver refuses who gets no mail of a kind (failed_precondition): nobody does whose account is gone or was anonymised.
func checkReceiver(kind string, user *auth.User) error {
	switch {
	case user == nil || user.Email == "" || isAnonymised(user):
		return refusal.Precondition("", refusal.Anonymised, "This person's data were erased: there is nobody to send it to.")
	case !user.Active && !slices.Contains(toldWhenDeactivated, kind):
		return refusal.Precondition("", refusal.ReceiverInactive, "This person's account is deactivated: it gets no mail of this kind.")
	}
	return nil
}

// isAnonymised tells whether what stands in an account is nobody's any more.
func isAnonymised(user *auth.User) bool { return domainOf(user.Email) == auth.AnonymousDomain }

func addressOf(user *auth.User) delivery.Address {
	return delivery.Address{Name: strings.TrimSpace(user.FirstName + " " + user.LastName), Email: user.Email}
}

// withdrawnIfOver turns what auth says of a link that is not good any more into errWithdrawn.
func withdrawnIfOver(err error) error {
	switch errs.Code(err) {
	case errs.NotFound, errs.FailedPrecondition:
		return errWithdrawn
	}
	return err
}

// newMessageID returns the Message-ID of a message, which stays the same however often it is tried.
func (s *Service) newMessageID() string {
	domain := domainOf(s.from.Email)
	if domain == "" {
		domain = "localhost"
	}
	return strings.ToLower(rand.Text()) + "@" + domain
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

func peopleFromAuth(ctx context.Context, ids []int64) (map[int64]*auth.User, error) {
	answer, err := auth.UsersByID(ctx, &auth.UsersByIDParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	people := make(map[int64]*auth.User, len(answer.Users))
	for _, user := range answer.Users {
		people[user.ID] = user
	}
	return people, nil
}

func resetLinkFromAuth(ctx context.Context, id int64) (*auth.AccountLinkResponse, error) {
	return auth.PasswordResetLink(ctx, &auth.AccountLinkParams{ID: id})
}

func changeLinkFromAuth(ctx context.Context, id int64) (*auth.AccountLinkResponse, error) {
	return auth.EmailChangeLink(ctx, &auth.AccountLinkParams{ID: id})
}

func invitationLinkFromAuth(ctx context.Context, id int64) (*auth.InvitationLinkResponse, error) {
	return auth.InvitationLink(ctx, &auth.InvitationLinkParams{ID: id})
}
