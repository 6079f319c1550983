package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
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
	{demoLeaver, "demo-student", "Wout", "Goossens", "+32470000011", store.LanguageNl, RoleStudent},
}

// demoLeaver has left the company.
const demoLeaver = "wout@trottoir.example"

// makeDemoAccounts makes the accounts that are missing. Accounts that exist stay as they are.
func (s *Service) makeDemoAccounts(ctx context.Context) error {
	for _, account := range demoAccounts {
		if err := s.makeDemoAccount(ctx, account); err != nil {
			return fmt.Errorf("%s: %w", account.email, err)
		}
	}
	return nil
}

// logDemoAccounts logs how to sign in with the demo accounts. It is a notice: `go tool encore run` shows it at its start.
func logDemoAccounts() {
	for _, account := range demoAccountOfEachRole() {
		rlog.Info("demo account", "notice", "Demo accounts", "email", account.email, "password", account.password,
			"role", account.role)
	}
}

// demoAccountOfEachRole is enough to look around.
func demoAccountOfEachRole() []demoAccount {
	var first []demoAccount
	for _, account := range demoAccounts {
		if !slices.ContainsFunc(first, func(a demoAccount) bool { return a.role == account.role }) {
			first = append(first, account)
		}
	}
	return first
}

func (s *Service) makeDemoAccount(ctx context.Context, account demoAccount) error {
	if _, err := s.query.UserByEmail(ctx, []string{account.email}); !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	hash, err := s.passwords.hash(ctx, account.password)
	if err != nil {
		return err
	}
	user, err := s.query.InsertUser(ctx, store.InsertUserParams{
		Email: account.email, FirstName: account.firstName, LastName: account.lastName, Phone: account.phone,
		Language: account.language, Role: store.Role(account.role), RegionIds: []int64{}, PasswordHash: hash, Now: s.now(),
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows): // another process was first
		return nil
	case err != nil:
		return err
	case account.email != demoLeaver:
		return nil
	}
	system, err := json.Marshal(audit.Actor{})
	if err != nil {
		return err
	}
	return s.query.SetAccountActive(ctx, store.SetAccountActiveParams{ID: user.ID, Actor: system, Now: s.now()})
}
