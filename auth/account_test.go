package auth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
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
