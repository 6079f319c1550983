package audit

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"encore.dev/et"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	changes "encore.app/internal/audit"
)

// export asks for the file as somebody with a role.
func (l *log) export(role auth.Role, query string) *httptest.ResponseRecorder {
	l.t.Helper()
	as(role)
	recorder := httptest.NewRecorder()
	l.Export(recorder, httptest.NewRequest(http.MethodGet, "/audit/csv?"+query, nil).WithContext(l.t.Context()))
	return recorder
}

func TestTheLogIsExportedForSpreadsheets(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	l.record(changes.Event{Kind: "run.started", ThingKind: "run", ThingID: "5"})
	l.record(changes.Event{After: json.RawMessage(`{"name": "A;\"B\""}`)})
	answer := l.export(auth.RoleAdmin, "thing_kind=building&from=2026-11-25&to=2026-11-25&person=2")

	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "text/csv; charset=utf-8", answer.Header().Get("Content-Type"))
	require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
	body, marked := strings.CutPrefix(answer.Body.String(), "\ufeff")
	require.True(t, marked)
	reader := csv.NewReader(strings.NewReader(body))
	reader.Comma = ';'
	lines, err := reader.ReadAll()
	require.NoError(t, err)
	require.Equal(t, [][]string{
		{"time", "kind", "thing_kind", "thing_id", "thing", "person_id", "person", "session_id", "address", "before", "after"},
		{"2026-11-25 13:00:00", "building.changed", "building", "12", "building-12", "2", "First2 Last2", "20", "192.0.2.1", "",
			`{"name": "A;\"B\""}`},
	}, lines)
}

func TestAnExportHoldsEveryPage(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	_, err := l.pool.Exec(t.Context(), `insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		select gen_random_uuid(), 'region.changed', 'region', n::text, 2, 0, '', 0, $1 from generate_series(1, $2::int) n`, noon, 2*exportPage+1)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(l.export(auth.RoleAdmin, "").Body.String()), "\r\n")
	require.Len(t, lines, 1+2*exportPage+1)
	seen := make(map[string]bool)
	for _, line := range lines[1:] {
		seen[strings.Split(line, ";")[3]] = true
	}
	require.Len(t, seen, 2*exportPage+1)
}

func TestWhatAPersonTypedIsNoFormulaInASpreadsheet(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"} {
		require.Equal(t, "'"+text, harmless(text))
	}
	for _, text := range []string{"", "Kerk-straat", "12", "é=1"} {
		require.Equal(t, text, harmless(text))
	}
}

func TestTooLargeAnExportIsRefusedBeforeItBegins(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	_, err := l.pool.Exec(t.Context(), `insert into entries (event_id, kind, thing_kind, thing_id, actor_id, session_id, address, account_id, occurred_at)
		select gen_random_uuid(), 'region.changed', 'region', '1', 2, 0, '', 0, $1 from generate_series(1, $2::int) n`, noon, maxExport+1)
	require.NoError(t, err)
	answer := l.export(auth.RoleAdmin, "")
	require.Equal(t, http.StatusBadRequest, answer.Code)
	require.Contains(t, answer.Body.String(), "failed_precondition")
	require.Equal(t, http.StatusOK, l.export(auth.RoleAdmin, "from=2026-11-26").Code)
}

func TestOnlyTheOfficeExportsTheLog(t *testing.T) {
	t.Parallel()
	l := newLog(t)
	for role, status := range map[auth.Role]int{
		auth.RoleAdmin: http.StatusOK, auth.RoleSuperstudent: http.StatusOK, auth.RoleStudent: http.StatusForbidden,
		auth.RoleSyndic: http.StatusForbidden, auth.RoleNone: http.StatusForbidden,
	} {
		require.Equal(t, status, l.export(role, "").Code, role)
	}
	for _, query := range []string{"person=me", "thing_id=5", "from=x"} {
		require.Equal(t, http.StatusBadRequest, l.export(auth.RoleAdmin, query).Code, query)
	}
	et.OverrideAuthInfo("", nil)
	recorder := httptest.NewRecorder()
	l.Export(recorder, httptest.NewRequest(http.MethodGet, "/audit/csv", nil))
	require.Equal(t, http.StatusUnauthorized, recorder.Code, fmt.Sprint(recorder.Body))
}
