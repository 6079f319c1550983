package mailrequest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	_ "encore.app/auth" // a database with an outbox
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
)

var at = time.Date(2026, time.November, 25, 20, 0, 0, 0, time.UTC)

// newRelay returns the outbox of a database of the test's own, and what it publishes.
func newRelay(t *testing.T) (*outbox.Relay, *[]*mailrequest.Request) {
	t.Helper()
	database, err := et.NewTestDatabase(t.Context(), "auth")
	require.NoError(t, err)
	var got []*mailrequest.Request
	return outbox.NewRelay(sqldb.Driver[*pgxpool.Pool](database), func(_ context.Context, message outbox.Message) error {
		require.Equal(t, mailrequest.Topic, message.Topic)
		request, err := mailrequest.Decode(message)
		got = append(got, request)
		return err
	}), &got
}

func TestRule10ARequestComesWithItsChangeOrNotAtAll(t *testing.T) {
	t.Parallel()
	relay, got := newRelay(t)
	want := mailrequest.Request{
		Kind: mailrequest.NewDevice, UserID: 7, ThingID: 70,
		Data: map[string]string{"device": "Firefox on Linux", "ip": "192.0.2.1"}, OccurredAt: at,
	}
	require.NoError(t, relay.Transact(t.Context(), func(tx pgx.Tx) error {
		return mailrequest.Append(t.Context(), tx, want)
	}))
	require.ErrorIs(t, relay.Transact(t.Context(), func(tx pgx.Tx) error {
		require.NoError(t, mailrequest.Append(t.Context(), tx, want))
		return context.Canceled // the change is taken back
	}), context.Canceled)
	_, err := relay.Drain(t.Context())
	require.NoError(t, err)
	require.Len(t, *got, 1)
	require.NotEmpty(t, (*got)[0].ID)
	want.ID = (*got)[0].ID
	require.Equal(t, want, *(*got)[0])
}

func TestARequestThatCannotBecomeAMailIsRefused(t *testing.T) {
	t.Parallel()
	relay, got := newRelay(t)
	for name, request := range map[string]mailrequest.Request{
		"unknown kind":        {Kind: "newsletter", UserID: 7, OccurredAt: at},
		"nobody":              {Kind: mailrequest.PasswordChanged, OccurredAt: at},
		"no thing":            {Kind: mailrequest.Invitation, OccurredAt: at},
		"a thing too many":    {Kind: mailrequest.PasswordChanged, UserID: 7, ThingID: 1, OccurredAt: at},
		"no new address":      {Kind: mailrequest.EmailChange, UserID: 7, ThingID: 1, OccurredAt: at},
		"an address too many": {Kind: mailrequest.Invitation, ThingID: 1, Address: "emma@example.org", OccurredAt: at},
		"a header in the address": {
			Kind: mailrequest.EmailChanged, UserID: 7, Address: "emma@example.org\r\nBcc: all@example.org", OccurredAt: at,
		},
		"no time": {Kind: mailrequest.PasswordChanged, UserID: 7},
		"a long fact": {
			Kind: mailrequest.PasswordChanged, UserID: 7, Data: map[string]string{"x": strings.Repeat("x", 501)}, OccurredAt: at,
		},
	} {
		require.Error(t, relay.Transact(t.Context(), func(tx pgx.Tx) error {
			return mailrequest.Append(t.Context(), tx, request)
		}), name)
	}
	_, err := relay.Drain(t.Context())
	require.NoError(t, err)
	require.Empty(t, *got)
}
