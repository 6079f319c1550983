package auth

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
	"encore.app/internal/settings"
)

const adminEmail = "An@Trottoir.example"

var productionSite = url.URL{Scheme: "https", Host: "bins.example.be"}

// start does what a start does, and returns the token of the link; empty when no link was made.
func (b *bundle) start(t *testing.T, email string) string {
	t.Helper()
	link, _, err := b.firstLink(t.Context(), email)
	require.NoError(t, err)
	if link == "" {
		return ""
	}
	token, ok := strings.CutPrefix(link, "https://bins.example.be/register?token=")
	require.True(t, ok, link)
	return token
}

func TestTheFirstAdministratorRegisters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.start(t, adminEmail)
	read, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err)
	require.Equal(t, "an@trottoir.example", read.Email)
	answer, err := b.Register(t.Context(), registration(token))
	require.NoError(t, err)
	require.Equal(t, RoleAdmin, answer.Account.Role)

	b.clock.advance(time.Hour)
	require.Empty(t, b.start(t, adminEmail), "there is an account now")
	require.Empty(t, b.start(t, "other@trottoir.example"))
	require.Empty(t, b.start(t, ""))

	as(store.User{ID: answer.Account.ID, Role: store.RoleAdmin})
	list, err := b.ListInvitations(t.Context(), &ListInvitationsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Empty(t, list.Items[0].InvitedBy)
}

func TestANewStartMakesANewLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.start(t, adminEmail)
	b.clock.advance(time.Minute)
	second := b.start(t, adminEmail)
	b.clock.advance(time.Second)
	third := b.start(t, "other@trottoir.example") // ADMIN_EMAIL was wrong
	for _, old := range []string{first, second} {
		_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: old})
		requireRefused(t, err, errs.NotFound, refusal.Missing)
	}
	read, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: third})
	require.NoError(t, err)
	require.Equal(t, "other@trottoir.example", read.Email)
}

func TestProcessesThatStartTogetherMakeOneLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	links := make(chan string, 6)
	for range cap(links) {
		wg.Go(func() {
			link, _, err := b.firstLink(t.Context(), adminEmail)
			if err != nil {
				link = err.Error()
			}
			links <- link
		})
	}
	wg.Wait()
	close(links)
	var made []string
	for link := range links {
		if link != "" {
			made = append(made, link)
		}
	}
	require.Len(t, made, 1)
	_, token, _ := strings.Cut(made[0], "token=")
	_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	require.NoError(t, err, "and it stands")
}

func TestAForgottenFirstLinkEndsWithTheFirstAccount(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.start(t, adminEmail)
	b.user(t, store.User{Role: store.RoleAdmin})
	b.clock.advance(time.Hour)
	require.Empty(t, b.start(t, adminEmail))
	_, err := b.ReadInvitation(t.Context(), &ReadInvitationParams{Token: token})
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestFirstStartWithoutAnAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Empty(t, b.start(t, ""), "the log says so, and the application starts")
	_, _, err := b.firstLink(t.Context(), "not an address")
	require.ErrorContains(t, err, `ADMIN_EMAIL: "not an address" is not an e-mail address`)
}

func TestAddressOfTheWebApp(t *testing.T) {
	t.Parallel()
	local := url.URL{Scheme: "http", Host: "127.0.0.1:4000"}
	for want, c := range map[string]struct {
		environment encore.EnvironmentMeta
		domain      string
	}{
		"https://bins.example.be/register?token=a-_b": {encore.EnvironmentMeta{Type: encore.EnvProduction}, "bins.example.be"},
		"http://bins.example.be/register?token=a-_b":  {encore.EnvironmentMeta{Type: encore.EnvDevelopment}, "bins.example.be"},
		"http://localhost/register?token=a-_b":        {encore.EnvironmentMeta{Type: encore.EnvDevelopment}, ""},
		"https://localhost/register?token=a-_b":       {encore.EnvironmentMeta{Type: encore.EnvProduction}, ""},
		"http://127.0.0.1:4000/register?token=a-_b": {
			encore.EnvironmentMeta{Type: encore.EnvDevelopment, Cloud: encore.CloudLocal}, "bins.example.be",
		},
	} {
		address := (&settings.Settings{Domain: c.domain}).WebApp(&encore.AppMetadata{APIBaseURL: local, Environment: c.environment})
		require.Equal(t, want, registerLink(address, "a-_b"))
	}
}
