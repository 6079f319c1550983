package auth

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"encore.app/auth/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// forgottenMemory is how long services can ask which of their addresses were those of somebody who was anonymised: longer than
// an event takes, however late it is.
const forgottenMemory = 30 * 24 * time.Hour

// ForgottenAddressesParams name somebody who was anonymised, and addresses.
type ForgottenAddressesParams struct {
	UserID int64 `json:"user_id"`
	// Emails are what a service keeps without knowing whose it is. At most 1000.
	Emails []string `json:"emails" encore:"sensitive"`
}

// ForgottenAddressesResponse says which of the addresses were theirs.
type ForgottenAddressesResponse struct {
	// Emails are those, as they were asked for.
	Emails []string `json:"emails" encore:"sensitive"`
	// AnonymisedAt is when they were anonymised; who has the address since may be somebody else. Null when none was theirs.
	AnonymisedAt *time.Time `json:"anonymised_at"`
}

// ForgottenAddresses tells other services, which forget a person whom AccountAnonymised names, which of the addresses that they
// keep without an account were that person's: typed into mail or invited before there was an account. No event tells the
// addresses, and nothing here does any more; for 30 days it is known whether one is the same.
//
// Errors: invalid_argument for more than 1000 addresses.
//
//encore:api private method=POST path=/internal/forgotten-addresses
func (s *Service) ForgottenAddresses(ctx context.Context, p *ForgottenAddressesParams) (*ForgottenAddressesResponse, error) {
	if len(p.Emails) > maxLookup {
		return nil, refusal.Invalid("emails", refusal.TooLong, "At most 1000 addresses at a time.")
	}
	known, err := s.query.ForgottenAddresses(ctx, p.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read what was forgotten")
	}
	answer := &ForgottenAddressesResponse{Emails: []string{}}
	if len(known) == 0 {
		return answer, nil
	}
	for _, email := range p.Emails {
		macs := s.macsOf(email)
		if slices.ContainsFunc(known, func(row store.ForgottenAddress) bool {
			return slices.ContainsFunc(macs, func(mac []byte) bool { return bytes.Equal(mac, row.Mac) })
		}) {
			answer.Emails, answer.AnonymisedAt = append(answer.Emails, email), &known[0].AnonymisedAt
		}
	}
	return answer, nil
}

// rememberForgotten keeps what tells the addresses of somebody again who is being anonymised.
func (s *Service) rememberForgotten(ctx context.Context, query *store.Queries, id int64, now time.Time) error {
	emails, err := query.AddressesOf(ctx, id)
	if err != nil {
		return err
	}
	macs := [][]byte{}
	for _, email := range emails {
		macs = append(macs, s.macsOf(email)...)
	}
	return query.InsertForgottenAddresses(ctx, store.InsertForgottenAddressesParams{UserID: id, Now: now, Macs: macs})
}

// macsOf returns the MACs of the forms under which an address may stand somewhere.
func (s *Service) macsOf(email string) [][]byte {
	forms, err := input.SameEmails("email", email)
	if err != nil {
		forms = []string{strings.ToLower(email)} // from before addresses were checked
	}
	macs := make([][]byte, len(forms))
	for i, form := range forms {
		macs[i] = s.links.addressMAC(form)
	}
	return macs
}
