package audit_test

import (
	"context"
	"testing"
	"time"

	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	_ "encore.app/auth" // a database with an outbox
	"encore.app/internal/audit"
	"encore.app/internal/outbox"
)

func TestRule12AChangeTellsWhoAndWhatWasBeforeAndAfter(t *testing.T) {
	t.Parallel()
	database, err := et.NewTestDatabase(t.Context(), "auth")
	require.NoError(t, err)
	var got []*audit.Event
	relay := outbox.NewRelay(sqldb.Driver[*pgxpool.Pool](database), func(_ context.Context, message outbox.Message) error {
		require.Equal(t, audit.Topic, message.Topic)
		event, err := audit.Decode(message)
		got = append(got, event)
		return err
	})
	type region struct {
		Name string `json:"name"`
	}
	at := time.Date(2026, time.November, 25, 20, 0, 0, 0, time.UTC)
	actor := audit.Actor{UserID: 7, SessionID: 70, Address: "192.0.2.1"}
	require.NoError(t, relay.Transact(t.Context(), func(tx pgx.Tx) error {
		err := audit.Append(t.Context(), tx, audit.Change{
			Kind: "region.created", ThingKind: "region", ThingID: int64(3), Actor: actor, After: region{"Noord"}, OccurredAt: at,
		})
		if err != nil {
			return err
		}
		return audit.Append(t.Context(), tx, []audit.Change{ // many at once
			{Kind: "region.changed", ThingKind: "region", ThingID: int64(3), Actor: actor, Before: region{"Noord"}, After: region{"Zuid"}, OccurredAt: at},
			{Kind: "region.deleted", ThingKind: "region", ThingID: int64(3), Before: region{"Zuid"}, OccurredAt: at},
		}...)
	}))
	_, err = relay.Drain(t.Context())
	require.NoError(t, err)

	require.Len(t, got, 3)
	created, changed, deleted := got[0], got[1], got[2]
	require.NotEmpty(t, created.ID)
	require.Equal(t, "3", created.ThingID)
	require.Equal(t, actor, created.Actor)
	require.Equal(t, "null", string(created.Before))
	require.JSONEq(t, `{"name":"Noord"}`, string(created.After))
	require.JSONEq(t, `{"name":"Noord"}`, string(changed.Before))
	require.JSONEq(t, `{"name":"Zuid"}`, string(changed.After))
	require.Equal(t, at, changed.OccurredAt.UTC())
	require.Equal(t, audit.Actor{}, deleted.Actor, "the system did it")
	require.Equal(t, "null", string(deleted.After))
}

func TestAChangeThatTheLogHasNoWordsForIsRefused(t *testing.T) {
	t.Parallel()
	for _, change := range []audit.Change{
		{Kind: "region.painted", ThingKind: "region"}, {Kind: "region.changed", ThingKind: "planet"},
	} {
		require.ErrorContains(t, audit.Append(t.Context(), nil, change), "no words")
	}
}
