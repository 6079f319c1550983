package audit

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	changes "encore.app/internal/audit"
	"encore.app/internal/refusal"
)

func TestRule12TheLogTellsWhoWhenWhatBeforeAndAfter(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{
		Before: json.RawMessage(`{"region_id": 3, "name": "Lys"}`), After: json.RawMessage(`{"region_id": 4, "name": "Leie"}`),
	})

	answer := l.list(&ListParams{})
	require.Len(t, answer.Items, 1)
	entry := answer.Items[0]
	require.Equal(t, "building.changed", entry.Kind)
	require.Equal(t, Actor{UserID: 2, Name: "First2 Last2", SessionID: 20, Address: "192.0.2.1"}, entry.Actor)
	require.Equal(t, Thing{Kind: "building", ID: "12", Name: "building-12"}, entry.Thing)
	require.JSONEq(t, `{"region_id": 3, "name": "Lys"}`, string(entry.Before))
	require.JSONEq(t, `{"region_id": 4, "name": "Leie"}`, string(entry.After))
	require.Equal(t, noon, entry.OccurredAt)
	require.Equal(t, []*Name{
		{"account", 2, "First2 Last2"}, {"building", 12, "building-12"}, {"region", 3, "region-3"}, {"region", 4, "region-4"},
	}, answer.Names)
}

func TestOneChangeIsReadByItsID(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{Kind: "run.started", ThingKind: "run", ThingID: "5"})
	l.record(changes.Event{
		Kind: "mail.sent", ThingKind: "sending", ThingID: "9",
		After: json.RawMessage(`{"user_ids": [3], "cc_user_ids": [4], "building_ids": [12]}`),
	})
	sent := l.list(&ListParams{Kind: "mail.sent"}).Items[0]
	answer, err := l.GetEntry(t.Context(), sent.ID)
	require.NoError(t, err)
	require.Equal(t, sent, answer.Entry)
	require.Equal(t, []*Name{
		{"account", 2, "First2 Last2"}, {"account", 3, "First3 Last3"}, {"account", 4, "First4 Last4"}, {"building", 12, "building-12"},
	}, answer.Names)
	_, err = l.GetEntry(t.Context(), sent.ID+1)
	require.Equal(t, errs.NotFound, errs.Code(err))
}

func TestAChangeIsRecordedOnceHoweverOftenItIsDelivered(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	event := l.record(changes.Event{})
	l.record(event)
	require.Len(t, l.list(&ListParams{}).Items, 1)
}

func TestWhatTheSystemDidHasNoName(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{ThingKind: "account", ThingID: "7", Kind: "account.created", After: json.RawMessage(`{"role": "admin"}`)})
	_, err := l.pool.Exec(t.Context(), `insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		values (gen_random_uuid(), 'session.ended', 'session', '70', 0, 0, '', 0, now())`)
	require.NoError(t, err)
	items := l.list(&ListParams{}).Items
	require.Empty(t, items[0].Actor.Name)
	require.Equal(t, "null", string(items[0].Before))
	require.Equal(t, "First7 Last7", items[1].Thing.Name)
}

func TestCollectionsAndTheirRulesAreNamed(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{Kind: "collection.changed", ThingKind: "collection", ThingID: "9", After: json.RawMessage(`{"rule_id": 5}`)})
	answer := l.list(&ListParams{})
	require.Equal(t, "collection-9", answer.Items[0].Thing.Name)
	require.Contains(t, answer.Names, &Name{"collection_rule", 5, "collection_rule-5"})
}

func TestAVisitIsNamedByItsRunAndBuilding(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{Kind: "visit.step", ThingKind: "visit", ThingID: "5/12"})
	require.Equal(t, "run-5, building-12", l.list(&ListParams{}).Items[0].Thing.Name)
}

func TestTheLogIsFilteredByPersonThingKindAndDay(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	at := func(day, hour int) time.Time { return time.Date(2026, time.November, day, hour, 30, 0, 0, time.UTC) }
	byEmma := changes.Actor{UserID: 3}
	l.record(changes.Event{Kind: "run.started", ThingKind: "run", ThingID: "5", Actor: byEmma, OccurredAt: at(20, 12)})
	l.record(changes.Event{Kind: "session.started", ThingKind: "session", ThingID: "30", Actor: byEmma,
		After: json.RawMessage(`{"user_id": 3}`), OccurredAt: at(21, 12)})
	l.record(changes.Event{Kind: "session.ended", ThingKind: "session", ThingID: "30", Before: json.RawMessage(`{"user_id": 3}`),
		OccurredAt: at(22, 12)})
	l.record(changes.Event{Kind: "account.role_changed", ThingKind: "account", ThingID: "3", OccurredAt: at(23, 12)})
	l.record(changes.Event{Kind: "building.changed", ThingKind: "building", ThingID: "5", OccurredAt: at(23, 23)}) // 00:30 of the 24th in Brussels

	require.Equal(t, []string{"building.changed", "account.role_changed", "session.ended", "session.started", "run.started"},
		l.kinds(&ListParams{}), "the latest first")
	require.Equal(t, []string{"account.role_changed", "session.ended", "session.started", "run.started"},
		l.kinds(&ListParams{Person: 3}), "what they did, and what was done to their account and sessions")
	require.Equal(t, []string{"building.changed"}, l.kinds(&ListParams{ThingKind: "building", ThingID: "5"}))
	require.Equal(t, []string{"session.ended", "session.started"}, l.kinds(&ListParams{ThingKind: "session"}))
	require.Equal(t, []string{"session.ended"}, l.kinds(&ListParams{Kind: "session.ended"}))
	require.Equal(t, []string{"building.changed"}, l.kinds(&ListParams{From: "2026-11-24"}))
	require.Equal(t, []string{"account.role_changed", "session.ended"}, l.kinds(&ListParams{From: "2026-11-22", To: "2026-11-23"}))
	require.Equal(t, []string{"session.ended"}, l.kinds(&ListParams{Person: 3, To: "2026-11-22", Kind: "session.ended"}))
}

func TestPagesOfTheLogHoldEveryChangeOnce(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	for i := range 7 {
		l.record(changes.Event{Kind: fmt.Sprint("building.changed", i), OccurredAt: noon.Add(time.Duration(i/3) * time.Minute)})
	}
	as(auth.RoleAdmin)
	var got []string
	p := ListParams{Limit: 3}
	for {
		answer, err := l.List(t.Context(), &p)
		require.NoError(t, err)
		for _, entry := range answer.Items {
			got = append(got, entry.Kind)
		}
		l.record(changes.Event{Kind: "meanwhile", OccurredAt: noon.Add(time.Hour)})
		if p.Cursor = answer.NextCursor; p.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{"building.changed6", "building.changed5", "building.changed4", "building.changed3",
		"building.changed2", "building.changed1", "building.changed0"}, got)
}

func TestNamesOfAPageAreAskedForAtOnce(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	for i := range 20 {
		l.record(changes.Event{ThingID: fmt.Sprint(i + 1), ThingKind: "building", Actor: changes.Actor{UserID: int64(i + 1)}})
	}
	l.list(&ListParams{})
	require.Equal(t, 2, l.asked, "auth once, core once")
}

func TestBadFiltersOfTheLogAreRefused(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	as(auth.RoleAdmin)
	for _, check := range []struct {
		params ListParams
		reason refusal.Reason
	}{
		{ListParams{ThingID: "5"}, refusal.Required},
		{ListParams{From: "yesterday"}, refusal.Malformed},
		{ListParams{From: "2026-11-25", To: "2026-11-24"}, refusal.OutOfRange},
		{ListParams{Kind: fmt.Sprintf("%0101d", 0)}, refusal.TooLong},
		{ListParams{Limit: 201}, refusal.OutOfRange},
		{ListParams{Cursor: "x"}, refusal.Malformed},
	} {
		_, err := l.List(t.Context(), &check.params)
		requireRefusal(t, err, errs.InvalidArgument, check.reason)
	}
}

func TestTheLogIsOnlyEverAddedTo(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{})
	for _, statement := range []string{
		`update entries set actor_id = 9`, `delete from entries`, `truncate entries`,
	} {
		_, err := l.pool.Exec(t.Context(), statement)
		require.ErrorContains(t, err, "only ever added", statement)
	}
	require.EqualValues(t, 2, l.list(&ListParams{}).Items[0].Actor.UserID)
}

func TestAnOperatorMayForgetWhatIsOld(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{Kind: "old", OccurredAt: noon.AddDate(-11, 0, 0)})
	l.record(changes.Event{Kind: "new"})
	var forgotten int
	require.NoError(t, l.pool.QueryRow(t.Context(), `select forget_entries($1)`, noon.AddDate(-10, 0, 0)).Scan(&forgotten))
	require.Equal(t, 1, forgotten)
	require.Equal(t, []string{"new"}, l.kinds(&ListParams{}))
	_, err := l.pool.Exec(t.Context(), `delete from entries`)
	require.Error(t, err, "only within the function")
}
