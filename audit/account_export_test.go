package audit

import (
	"encoding/json"
	"testing"

	"encore.dev/et"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	changes "encore.app/internal/audit"
)

func TestAPersonTakesTheirChangesAlongAndNothingOfOthers(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	facts := json.RawMessage(`{"role": "student"}`)
	others := changes.Actor{UserID: 9, SessionID: 90, Address: "192.0.2.9"}
	l.record(changes.Event{Kind: "region.changed", ThingKind: "region", ThingID: "5", Actor: others, After: facts})
	l.record(changes.Event{Kind: "account.role_changed", ThingKind: "account", ThingID: "3", After: facts, OccurredAt: noon})
	l.record(changes.Event{Kind: "account.role_changed", ThingKind: "account", ThingID: "2", Actor: others, Before: facts, OccurredAt: noon.Add(2000)})

	as(auth.RoleStudent) // as account 2
	answer, err := l.ChangesExport(t.Context(), &ChangesExportParams{})
	require.NoError(t, err)
	null := json.RawMessage("null")
	require.Equal(t, &ChangesExportResponse{Items: []ExportedChange{
		{noon.Add(2000), "account.role_changed", "account", "2", false, "", facts, null},
		{noon, "account.role_changed", "account", "3", true, "192.0.2.1", null, null},
	}}, answer)

	et.OverrideAuthInfo("", nil)
	_, err = l.ChangesExport(t.Context(), &ChangesExportParams{})
	require.Error(t, err)
}

func TestManyChangesAreTakenAlongByThePage(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	_, err := l.pool.Exec(t.Context(), `insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		select gen_random_uuid(), 'region.changed', 'region', '1', 2, 0, '', 0, $1 from generate_series(1, $2::int) n`, noon, exportPage+1)
	require.NoError(t, err)
	as(auth.RoleAdmin)
	var sizes []int
	for p := (&ChangesExportParams{}); ; {
		answer, err := l.ChangesExport(t.Context(), p)
		require.NoError(t, err)
		sizes = append(sizes, len(answer.Items))
		if p.Cursor = answer.NextCursor; p.Cursor == "" {
			break
		}
	}
	require.Equal(t, []int{exportPage, 1}, sizes)
}
