package realtime

import (
	"fmt"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
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

func TestABuildingsSyndicsHearOfItsCollections(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, manager := b.connect(t, office), b.connect(t, syndic)
	board.subscribe(t, "collections", "")
	manager.subscribe(t, "building:7", "")
	moved := core.CollectionEvent{
		ID: "e1", Type: core.CollectionChanged, ActorID: 2, BuildingIDs: []int64{7, 9}, From: "2026-05-04", To: "2026-05-06", RuleID: 3,
	}
	require.NoError(t, b.OnCollectionEvent(t.Context(), &moved))
	require.JSONEq(t, `{"building_ids":[7,9],"from":"2026-05-04","to":"2026-05-06","rule_id":3}`, string(board.receive(t).Data))
	got := manager.receive(t)
	require.Equal(t, core.CollectionChanged, got.Type)
	require.JSONEq(t, `{"building_ids":[7],"from":"2026-05-04","to":"2026-05-06"}`, string(got.Data), "and nothing of others")
	// What rules make at night goes to the office alone: the next thing that the building hears of is another one.
	night := core.CollectionEvent{ID: "e2", Type: core.CollectionGenerated, BuildingIDs: []int64{7}, From: "2026-07-03", To: "2026-07-03", RuleID: 3}
	require.NoError(t, b.OnCollectionEvent(t.Context(), &night))
	require.Equal(t, core.CollectionGenerated, board.receive(t).Type)
	deleted := core.CollectionEvent{ID: "e3", Type: core.CollectionDeleted, ActorID: 2, BuildingIDs: []int64{7}, From: "2026-05-04", To: "2026-05-04"}
	require.NoError(t, b.OnCollectionEvent(t.Context(), &deleted))
	require.Equal(t, core.CollectionDeleted, manager.receive(t).Type)
}

func TestAWorkerHearsOnceOfTheCollectionsOfTheirRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	worker, manager := b.connect(t, student), b.connect(t, syndic)
	worker.subscribe(t, "me", "")
	manager.subscribe(t, "me", "")
	generated := core.CollectionEvent{
		ID: "e1", Type: core.CollectionGenerated, BuildingIDs: []int64{7, 8, 9}, From: "2026-05-04", To: "2027-05-03", RuleID: 3,
		WorkerIDs: []int64{student.userID},
	}
	require.NoError(t, b.OnCollectionEvent(t.Context(), &generated))
	require.NoError(t, b.OnCollectionEvent(t.Context(), &generated), "a repetition")
	got := worker.receive(t)
	require.Equal(t, core.CollectionGenerated, got.Type)
	require.JSONEq(t, `{"from":"2026-05-04","to":"2027-05-03"}`, string(got.Data), "and no building")
	// What comes next is something else, and the first thing for others.
	for i, person := range []struct {
		client
		id int64
	}{{worker, student.userID}, {manager, syndic.userID}} {
		require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{ID: fmt.Sprint("a", i), Type: auth.AccountChanged, UserID: person.id}))
		require.Equal(t, auth.AccountChanged, person.receive(t).Type)
	}
}
