package auth

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemoAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.makeDemoAccounts(t.Context()))
	require.NoError(t, b.makeDemoAccounts(t.Context()), "every start makes what is missing")

	var count int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from users`).Scan(&count))
	require.Equal(t, len(demoAccounts), count)
	for _, account := range demoAccounts {
		if account.email == demoLeaver {
			_, err := b.SignIn(t.Context(), &SignInParams{Email: account.email, Password: account.password})
			require.Error(t, err)
			continue
		}
		answer, err := b.SignIn(t.Context(), &SignInParams{Email: account.email, Password: account.password})
		require.NoError(t, err, account.email)
		require.Equal(t, account.role, answer.Account.Role)
	}
}

func TestTheReadmeNamesTheDemoAccountsThatAreShown(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	shown := demoAccountOfEachRole()
	require.Len(t, shown, 4)
	for _, account := range shown {
		require.Contains(t, string(readme), fmt.Sprintf("| %s | `%s` |", account.email, account.password))
	}
}
