package auth

import (
	"context"
	"errors"
	"fmt"

	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
)

type demoAccount struct {
	email, password     string
	firstName, lastName string
	phone               string
	language            store.Language
	role                Role
}

// demoAccounts are a company of our own invention. Their passwords stand in the README: they open a developer's
// machine, and development installations whose operator has asked for demo data. Never one in production.
var demoAccounts = []demoAccount{
	{"admin@trottoir.example", "demo-admin", "An", "De Clercq", "+32470000001", store.LanguageNl, RoleAdmin},
	{"office@trottoir.example", "demo-office", "Ruben", "Verhaeghe", "+32470000002", store.LanguageNl, RoleSuperstudent},
	{"student@trottoir.example", "demo-student", "Emma", "Peeters", "+32470000003", store.LanguageNl, RoleStudent},
	{"lucas@trottoir.example", "demo-student", "Lucas", "Janssens", "+32470000004", store.LanguageNl, RoleStudent},
	{"noor@trottoir.example", "demo-student", "Noor", "Claeys", "+32470000005", store.LanguageNl, RoleStudent},
	{"mohamed@trottoir.example", "demo-student", "Mohamed", "El Amrani", "+32470000006", store.LanguageFr, RoleStudent},
	{"lotte@trottoir.example", "demo-student", "Lotte", "Vandenbroucke", "+32470000007", store.LanguageNl, RoleStudent},
	{"seppe@trottoir.example", "demo-student", "Seppe", "D'hondt", "+32470000008", store.LanguageEn, RoleStudent},
	{"syndic@trottoir.example", "demo-syndic", "Martine", "De Smet", "+32470000009", store.LanguageNl, RoleSyndic},
	{"philippe@trottoir.example", "demo-syndic", "Philippe", "Lambert", "+32470000010", store.LanguageFr, RoleSyndic},
}

// makeDemoAccounts makes the accounts that are missing and logs how to sign in with them. Accounts that exist stay as they
// are, and are not logged again at every reload.
func (s *Service) makeDemoAccounts(ctx context.Context) error {
	shown := map[Role]bool{}
	for _, account := range demoAccounts {
		made, err := s.makeDemoAccount(ctx, account)
		if err != nil {
			return fmt.Errorf("%s: %w", account.email, err)
		}
		if made && !shown[account.role] { // one of each role is enough to look around
			rlog.Info("demo account", "email", account.email, "password", account.password, "role", account.role)
			shown[account.role] = true
		}
	}
	return nil
}

// makeDemoAccount reports whether it made the account.
func (s *Service) makeDemoAccount(ctx context.Context, account demoAccount) (made bool, err error) {
	if _, err := s.query.UserByEmail(ctx, []string{account.email}); !errors.Is(err, pgx.ErrNoRows) {
		return false, err
	}
	hash, err := s.passwords.hash(ctx, account.password)
	if err != nil {
		return false, err
	}
	_, err = s.query.InsertUser(ctx, store.InsertUserParams{
		Email: account.email, FirstName: account.firstName, LastName: account.lastName, Phone: account.phone,
		Language: account.language, Role: store.Role(account.role), RegionIds: []int64{}, PasswordHash: hash, Now: s.now(),
	})
	if errors.Is(err, pgx.ErrNoRows) { // another process was first
		return false, nil
	}
	return err == nil, err
}
