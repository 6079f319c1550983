package auth

import (
	"strings"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

func TestMe(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{
		Email: "emma@example.org", FirstName: "Emma", LastName: "Peeters", Phone: "+32470123456",
		Language: store.LanguageFr, Role: store.RoleStudent, RegionIds: []int64{4},
	})
	as(user)
	me, err := b.Me(t.Context())
	require.NoError(t, err)
	require.Equal(t, &Account{
		ID: user.ID, Email: "emma@example.org", FirstName: "Emma", LastName: "Peeters", Phone: "+32470123456",
		Role: RoleStudent, Language: "fr", RegionIDs: []int64{4},
	}, me)
}

func TestPeopleSayThemselvesWhoTheyAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "emma@example.org", FirstName: "Emma", LastName: "Peeters"})
	as(user)
	params := &PutMeParams{FirstName: " Emma  Louise ", LastName: "De Smet", Phone: "0470 12 34 56", Language: "fr"}
	me, err := b.PutMe(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, &Account{
		ID: user.ID, Email: "emma@example.org", FirstName: "Emma Louise", LastName: "De Smet", Phone: "+32470123456",
		Role: RoleStudent, Language: "fr", RegionIDs: []int64{},
	}, me)
	again, err := b.PutMe(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, me, again)

	events := b.events(t)
	require.Len(t, events, 1, "nothing changed the second time")
	require.Equal(t, AccountChanged, events[0].Type)
	require.Equal(t, user.ID, events[0].ActorID)
	changes := b.changes(t)
	requireChange(t, changes, "account.changed", "account", user.ID, `"language": "nl"`, `"last_name"`)
	require.NotContains(t, string(changes[0].After), "De Smet", "what is personal stays in the account")

	for _, c := range []struct {
		params PutMeParams
		field  string
		reason refusal.Reason
	}{
		{PutMeParams{LastName: "Peeters", Language: "nl"}, "first_name", refusal.Required},
		{PutMeParams{FirstName: "Emma", LastName: strings.Repeat("x", 101), Language: "nl"}, "last_name", refusal.TooLong},
		{PutMeParams{FirstName: "Em\x00ma", LastName: "Peeters", Language: "nl"}, "first_name", refusal.Malformed},
		{PutMeParams{FirstName: "Emma", LastName: "Peeters", Phone: "12", Language: "nl"}, "phone", refusal.Malformed},
		{PutMeParams{FirstName: "Emma", LastName: "Peeters", Language: "de"}, "language", refusal.Unknown},
		{PutMeParams{FirstName: "Emma", LastName: "Peeters"}, "language", refusal.Required},
	} {
		_, err := b.PutMe(t.Context(), &c.params)
		requireRefused(t, err, errs.InvalidArgument, c.reason)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err))
		require.Error(t, c.params.Validate())
	}
	b.deactivate(t, user)
	_, err = b.PutMe(t.Context(), params)
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
}
