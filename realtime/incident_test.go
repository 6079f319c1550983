package realtime

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core"
)

func TestTheOfficeAndTheBuildingsSyndicsHearOfIncidents(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, manager := b.connect(t, office), b.connect(t, syndic)
	board.subscribe(t, "incidents", "")
	manager.subscribe(t, "building:7", "")
	manager.send(t, `{"op":"subscribe","channel":"incidents"}`)
	require.Equal(t, errs.PermissionDenied.String(), manager.receive(t).Code)
	require.NoError(t, b.OnIncidentEvent(t.Context(), &core.IncidentEvent{
		ID: "e1", Type: core.IncidentOpened, Change: core.IncidentOpened, IncidentID: 3, BuildingID: 7, ActorID: 9, ReportedBy: 9,
		Status: core.IncidentOpen, Version: 1,
	}))
	for _, client := range []client{board, manager} {
		got := client.receive(t)
		require.Equal(t, core.IncidentOpened, got.Type)
		require.JSONEq(t, `{"incident_id":3,"building_id":7,"status":"open","version":1}`, string(got.Data), "and nobody's id")
	}
}
