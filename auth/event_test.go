package auth

import (
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/internal/outbox"
)

func TestAnEventThatThisVersionCannotPublishHoldsUpNone(t *testing.T) {
	t.Parallel()
	pool := setup(t).pool
	_, err := pool.Exec(t.Context(), `
		insert into outbox (topic, payload) values
			('of-a-newer-version', '{}'), ('account-events', '"no account"'), ('mail-requests', '"no mail"'),
			('mail-requests', '{"kind": "invitation", "thing_id": 7}'),
			('account-events', '{"type": "role.changed", "user_id": 7}')`)
	require.NoError(t, err)
	published, err := outbox.NewRelay(pool, publishEvent).Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, published)
	var setAside int
	require.NoError(t, pool.QueryRow(t.Context(), `
		select count(*) from outbox where failed_at is not null and error <> ''`).Scan(&setAside))
	require.Equal(t, 3, setAside)
}
