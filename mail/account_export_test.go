package mail

import (
	"encoding/json"
	"testing"
	"time"

	"encore.dev/et"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/mailrequest"
)

func TestAPersonTakesTheirMailAlong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(mailrequest.Request{Kind: mailrequest.PasswordChanged, UserID: 3})
	b.send()
	b.request(mailrequest.Request{ID: "c4f8a4a6-0000-4000-8000-000000000001", Kind: mailrequest.PasswordChanged, UserID: 5})
	as(3, auth.RoleStudent)
	answer, err := b.MessagesExport(t.Context(), &MessagesExportParams{})
	require.NoError(t, err)
	require.Len(t, answer.Items, 1, "nobody else's")
	sent := b.messages()[1]
	require.NotEmpty(t, sent.Subject)
	require.Equal(t, ExportedMessage{
		Kind: mailrequest.PasswordChanged, Address: "emma@example.org", Subject: sent.Subject, Status: "sent",
		CreatedAt: wednesday, EndedAt: &wednesday,
	}, answer.Items[0])
	text, err := json.Marshal(answer)
	require.NoError(t, err)
	require.NotContains(t, string(text), "body")

	et.OverrideAuthInfo("", nil)
	_, err = b.MessagesExport(t.Context(), &MessagesExportParams{})
	require.Error(t, err)
}

func TestMuchMailIsTakenAlongByThePage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(t.Context(), `
		insert into messages (source, kind, user_id, status, next_try_at, expires_at, message_id, occurred_at, created_at, ended_at)
		select 'test:' || n, 'test', 3, 'sent', $1, $1, n::text, $1, $1, $1 from generate_series(1, $2::int) n`,
		wednesday.Add(-time.Hour), exportPage+1)
	require.NoError(t, err)
	as(3, auth.RoleStudent)
	var sizes []int
	for p := (&MessagesExportParams{}); ; {
		answer, err := b.MessagesExport(t.Context(), p)
		require.NoError(t, err)
		sizes = append(sizes, len(answer.Items))
		if p.Cursor = answer.NextCursor; p.Cursor == "" {
			break
		}
	}
	require.Equal(t, []int{exportPage, 1}, sizes)
}
