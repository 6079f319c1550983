package audit

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/auth"
	changes "encore.app/internal/audit"
)

// personal is what must be gone of somebody who was anonymised.
var personal = []string{"emma@example.org", "Emma", "198.51.100.7", "+32470", "Firefox"}

// emmas are changes by and about somebody, with what says who that is.
func emmas() []changes.Event {
	emma := changes.Actor{UserID: 3, SessionID: 30, Address: "198.51.100.7"}
	return []changes.Event{
		{Kind: "invitation.created", ThingKind: "invitation", ThingID: "8",
			After: json.RawMessage(`{"email": "emma@example.org", "role": "student"}`)},
		{Kind: "account.changed", ThingKind: "account", ThingID: "3", Actor: emma,
			Before: json.RawMessage(`{"first_name": "Emma", "role": "student"}`),
			After:  json.RawMessage(`{"first_name": "Emma", "phone": "+32470123456", "email": "emma@example.org", "role": "student"}`)},
		{Kind: "session.started", ThingKind: "session", ThingID: "30", Actor: emma,
			After: json.RawMessage(`{"user_id": 3, "address": "198.51.100.7", "user_agent": "Firefox"}`)},
		{Kind: "run.started", ThingKind: "run", ThingID: "5", Actor: emma, After: json.RawMessage(`{"worker_id": 3}`)},
	}
}

func requireErased(t *testing.T, l *log) {
	t.Helper()
	items := l.list(&ListParams{}).Items
	require.Len(t, items, 6, "what happened stays")
	var emmas int
	for _, entry := range items {
		raw, err := json.Marshal(entry)
		require.NoError(t, err)
		for _, text := range personal {
			require.NotContains(t, string(raw), text)
		}
		if entry.Actor.UserID == 3 {
			emmas++
			require.Empty(t, entry.Actor.Address)
		}
	}
	require.Equal(t, 3, emmas, "and by whom")
	require.JSONEq(t, `{"role": "student"}`, string(l.list(&ListParams{Kind: "account.changed"}).Items[0].After))
	require.Contains(t, string(l.list(&ListParams{Kind: "account.of_another"}).Items[0].After), "Lucas")
	require.Equal(t, "192.0.2.1", l.list(&ListParams{Kind: "account.of_another"}).Items[0].Actor.Address)
	require.Contains(t, string(l.list(&ListParams{Kind: "invitation.of_another"}).Items[0].After), "lucas@example.org")
}

func (l *log) recordOthers() {
	l.record(changes.Event{Kind: "account.of_another", ThingKind: "account", ThingID: "4", After: json.RawMessage(`{"first_name": "Lucas"}`)})
	l.record(changes.Event{Kind: "invitation.of_another", ThingKind: "invitation", ThingID: "3",
		After: json.RawMessage(`{"email": "lucas@example.org"}`)})
}

func TestWhoWasAnonymisedIsErasedFromTheLog(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	for _, event := range emmas() {
		l.record(event)
	}
	l.recordOthers()
	for range 2 { // events come at least once
		require.NoError(t, l.OnAccountEvent(t.Context(), &auth.AccountEvent{
			Type: auth.AccountAnonymised, UserID: 3, InvitationIDs: []int64{8},
		}))
	}
	requireErased(t, l)
}

// An invitation that was withdrawn is not in auth any more, and the log still says for whom it was.
func TestAnInvitationThatWasWithdrawnBeforeThereWasAnAccountIsErased(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	facts := json.RawMessage(`{"email": "emma@example.org", "role": "student"}`)
	l.record(changes.Event{Kind: "invitation.created", ThingKind: "invitation", ThingID: "5", After: facts, OccurredAt: noon.Add(-time.Hour)})
	l.record(changes.Event{Kind: "invitation.withdrawn", ThingKind: "invitation", ThingID: "5", Before: facts, OccurredAt: noon})
	l.record(changes.Event{Kind: "invitation.later", ThingKind: "invitation", ThingID: "9", After: facts, OccurredAt: noon.Add(time.Hour)})
	l.recordOthers()
	for range 2 {
		require.NoError(t, l.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3, InvitationIDs: []int64{8}}))
	}
	var entries []string
	require.NoError(t, l.pool.QueryRow(t.Context(), `select array_agg(e::text order by occurred_at, id) from entries e where thing_id = '5'`).Scan(&entries))
	require.Len(t, entries, 2)
	for _, entry := range entries {
		require.NotContains(t, entry, "emma")
	}
	require.Contains(t, string(l.list(&ListParams{Kind: "invitation.later"}).Items[0].After), "emma@example.org", "whoever has the address now is somebody else")
	require.Contains(t, string(l.list(&ListParams{Kind: "invitation.of_another"}).Items[0].After), "lucas@example.org")
}

func TestWhatArrivesAfterSomebodyWasErasedIsErasedToo(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	require.NoError(t, l.OnAccountEvent(t.Context(), &auth.AccountEvent{
		Type: auth.AccountAnonymised, UserID: 3, InvitationIDs: []int64{8},
	}))
	for _, event := range emmas() {
		l.record(event)
	}
	l.recordOthers()
	requireErased(t, l)
}

func TestOtherEventsOfAccountsEraseNobody(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(emmas()[1])
	require.NoError(t, l.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.SessionEnded, UserID: 3}))
	require.Contains(t, string(l.list(&ListParams{}).Items[0].After), "Emma")
}
