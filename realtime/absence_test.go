package realtime

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core"
)

func TestTheOfficeHearsOfAbsencesAndNobodyElse(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, manager := b.connect(t, office), b.connect(t, syndic)
	board.subscribe(t, "absences", "")
	manager.send(t, `{"op":"subscribe","channel":"absences"}`)
	require.Equal(t, errs.PermissionDenied.String(), manager.receive(t).Code)
	require.NoError(t, b.OnAbsenceEvent(t.Context(), &core.AbsenceEvent{
		ID: "e1", Type: core.AbsenceCreated, WorkerID: 9, ActorID: 9, From: "2026-05-04", To: "2026-05-06",
	}))
	got := board.receive(t)
	require.Equal(t, core.AbsenceCreated, got.Type)
	require.JSONEq(t, `{"worker_id":9,"from":"2026-05-04","to":"2026-05-06"}`, string(got.Data))
}
