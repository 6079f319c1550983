package auth

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// Account is the caller's own account.
type Account struct {
	// ID identifies the account.
	ID int64 `json:"id"`
	// Email is the address with which they sign in.
	Email string `json:"email" encore:"sensitive"`
	// NewEmail is the address that waits to be confirmed, and will be Email then; empty when none does.
	NewEmail string `json:"new_email" encore:"sensitive"`
	// FirstName is the given name.
	FirstName string `json:"first_name"`
	// LastName is the family name.
	LastName string `json:"last_name"`
	// Phone is in E.164 form (+32470123456), empty when not known.
	Phone string `json:"phone" encore:"sensitive"`
	// Role says what the person may do.
	Role Role `json:"role"`
	// Language is nl, en or fr.
	Language string `json:"language"`
	// RegionIDs are the regions where the person works.
	RegionIDs []int64 `json:"region_ids"`
	// SecondFactor tells that signing in asks for a second factor.
	SecondFactor bool `json:"second_factor"`
	// SecondFactorRequired tells that the installation wants one of this role. While there is none, nothing works but /me,
	// /me/second-factor and signing out.
	SecondFactorRequired bool `json:"second_factor_required"`
}

// Me returns the caller's account.
//
//encore:api auth method=GET path=/me tag:second-factor-setup
func (s *Service) Me(ctx context.Context) (*Account, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	user, err := s.query.UserByID(ctx, who.UserID)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // deleted since the auth handler ran
		return nil, errSignedOut()
	case err != nil:
		return nil, refusal.Failure(err, "read the account")
	}
	account := s.accountOf(user)
	account.NewEmail, err = s.query.WaitingEmail(ctx, store.WaitingEmailParams{UserID: user.ID, Now: s.now()})
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "find the new address")
	}
	return account, nil
}

// PutMeParams say who the caller is.
type PutMeParams struct {
	// FirstName is the given name: 1 to 100 characters.
	FirstName string `json:"first_name"`
	// LastName is the family name: 1 to 100 characters.
	LastName string `json:"last_name"`
	// Phone is a number as people type it, a Belgian one without its country, or empty. It is kept in E.164 form.
	Phone string `json:"phone" encore:"sensitive,optional"`
	// Language is nl, en or fr.
	Language string `json:"language"`
}

// Validate refuses what can be nobody (invalid_argument).
func (p *PutMeParams) Validate() error {
	_, err := p.person()
	return err
}

func (p *PutMeParams) person() (person, error) {
	if p.Language == "" {
		return person{}, refusal.Invalid("language", refusal.Required, "Choose a language.")
	}
	return personOf(p.FirstName, p.LastName, p.Phone, p.Language)
}

// PutMe changes the caller's names, phone number and language.
//
// Errors: invalid_argument with the field for a name that is missing or too long, for a phone number that nobody can dial
// and for an unknown language.
//
//encore:api auth method=PUT path=/me
func (s *Service) PutMe(ctx context.Context, p *PutMeParams) (*Account, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	person, err := p.person()
	if err != nil {
		return nil, err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		before, err := lockUser(ctx, s.query.WithTx(tx), who.UserID)
		switch {
		case err != nil:
			return err
		case !before.Active: // since the auth handler ran
			return errSignedOut()
		}
		return s.putPerson(ctx, tx, who.actor(), before, person)
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the account")
	}
	return s.Me(ctx)
}

// putPerson changes who a user, who is locked, is; nothing when it is so already.
func (s *Service) putPerson(ctx context.Context, tx pgx.Tx, who audit.Actor, before store.User, p person) error {
	changed := p.changed(before)
	if len(changed) == 0 {
		return nil
	}
	after, err := s.query.WithTx(tx).SetProfile(ctx, store.SetProfileParams{
		ID: before.ID, FirstName: p.firstName, LastName: p.lastName, Phone: p.phone, Language: p.language, Now: s.now(),
	})
	if err != nil {
		return err
	}
	err = outbox.Append(ctx, tx, accountEvents, &AccountEvent{
		Type: AccountChanged, ActorID: who.UserID, UserID: before.ID, OccurredAt: s.now(),
	})
	if err != nil {
		return err
	}
	return audit.Append(ctx, tx, audit.Change{
		Kind: "account.changed", ThingKind: "account", ThingID: before.ID, Actor: who, OccurredAt: s.now(),
		Before: accountFactsOf(&before), After: changedFacts{accountFactsOf(&after), changed},
	})
}

// person is what people say of themselves, as it is stored.
type person struct {
	firstName, lastName, phone string
	language                   store.Language
}

// personOf returns what somebody says of themselves, or what is wrong with it.
func personOf(firstName, lastName, phone, language string) (p person, err error) {
	if p.firstName, err = input.RequiredText("first_name", firstName, maxName); err != nil {
		return p, err
	}
	if p.lastName, err = input.RequiredText("last_name", lastName, maxName); err != nil {
		return p, err
	}
	if p.phone, err = input.Phone("phone", phone); err != nil {
		return p, err
	}
	if p.language = store.Language(language); !p.language.Valid() {
		return p, refusal.Invalid("language", refusal.Unknown, "The languages are nl, en and fr.")
	}
	return p, nil
}

// changed names the fields in which a user is another one.
func (p person) changed(user store.User) []string {
	var names []string
	for _, field := range []struct {
		name        string
		now, before string
	}{
		{"first_name", p.firstName, user.FirstName},
		{"last_name", p.lastName, user.LastName},
		{"phone", p.phone, user.Phone},
		{"language", string(p.language), string(user.Language)},
	} {
		if field.now != field.before {
			names = append(names, field.name)
		}
	}
	return names
}

func (s *Service) accountOf(user store.User) *Account {
	return &Account{
		ID: user.ID, Email: user.Email, FirstName: user.FirstName, LastName: user.LastName, Phone: user.Phone,
		Role: Role(user.Role), Language: string(user.Language), RegionIDs: orEmpty(user.RegionIds),
		SecondFactor: user.SecondFactor, SecondFactorRequired: s.requiresSecondFactor(Role(user.Role)),
	}
}

// maskedEmail shows enough of an address for its owner to know it.
func maskedEmail(email string) string {
	first, _ := utf8.DecodeRuneInString(email)
	return string(first) + "•••" + email[strings.LastIndexByte(email, '@'):]
}
