package auth

import (
	"testing"

	encore "encore.dev"
	"github.com/stretchr/testify/require"
)

func TestDemoAccountsAreNeverMadeInProduction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment encore.EnvironmentType
		cloud       encore.CloudProvider
		demoData    string
		want        bool
	}{
		{encore.EnvDevelopment, encore.CloudLocal, "", true},
		{encore.EnvDevelopment, "", "true", true},
		{encore.EnvDevelopment, "", "", false},
		{encore.EnvProduction, encore.CloudLocal, "true", false},
		{encore.EnvEphemeral, encore.CloudLocal, "true", false},
		{encore.EnvTest, encore.CloudLocal, "true", false},
		{"", encore.CloudLocal, "true", false},
	} {
		require.Equal(t, c.want, demoWanted(encore.EnvironmentMeta{Type: c.environment, Cloud: c.cloud}, c.demoData), c)
	}
}

func TestDemoAccounts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.makeDemoAccounts(t.Context()))
	require.NoError(t, b.makeDemoAccounts(t.Context()), "every start makes what is missing")

	var count int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from users`).Scan(&count))
	require.Equal(t, len(demoAccounts), count)
	for _, account := range demoAccounts {
		answer, err := b.SignIn(t.Context(), &SignInParams{Email: account.email, Password: account.password})
		require.NoError(t, err, account.email)
		require.Equal(t, account.role, answer.Account.Role)
	}
}
