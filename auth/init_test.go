package auth

import (
	"crypto/rand"
	"testing"

	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
)

// The service as the framework starts it: settings, secrets, Redis and the database are found, and it signs people in.
func TestTheServiceStarts(t *testing.T) { //nolint:paralleltest // it uses the database of the process
	s, err := initService()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.limiter.Close() })
	require.NotEmpty(t, s.links)
	require.NotNil(t, s.secondFactors)
	require.NotEmpty(t, s.webApp.Host)
	b := &bundle{Service: s, pool: sqldb.Driver[*pgxpool.Pool](database), clock: &clock{at: s.now()}}
	_, who := b.session(t, b.user(t, store.User{Email: rand.Text() + "@example.org", Role: store.RoleSyndic}))
	require.Equal(t, RoleSyndic, who.Role)
}

func TestTheServiceSaysWhatIsWrongWithItsSettings(t *testing.T) {
	t.Setenv("REDIS_URL", "nowhere")
	_, err := initService()
	require.ErrorContains(t, err, "REDIS_URL")
}
