package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"encore.dev/et"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/audit"
	"encore.app/internal/outbox"
)

func TestRule10_AnOutageDelaysEventsAndLosesNone(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.topic.fail = errors.New("Redis is down")
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival) // nothing that a user does depends on the topic

	published, err := r.relay.Drain(t.Context())
	require.Error(t, err)
	require.Zero(t, published)
	require.Empty(t, r.topic.messages)

	r.topic.fail = nil
	require.Equal(t, []string{RunStarted, PictureAdded, VisitStepped, RunProgressMoved, RunChanged}, r.events(), "in order")
	require.Len(t, r.events(), 5, "once")
	ids := make(map[string]bool)
	for _, message := range r.topic.messages {
		ids[message.ID] = true
	}
	require.Len(t, ids, len(r.topic.messages), "each has an id of its own")
}

func TestRule10_AChangeThatFailsHasNoEvent(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.run()
	_, err := r.pool.Exec(t.Context(), `alter table outbox rename to outbox_gone`)
	require.NoError(t, err)

	_, err = r.StartRun(r.as(emma), run, r.start())
	require.Error(t, err)

	row, err := r.query.FindRun(t.Context(), run)
	require.NoError(t, err)
	require.Equal(t, StatusPlanned, row.Status, "no change without its event")
}

func TestEventsCarryWhatSubscribersForward(t *testing.T) {
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.visit(run, buildings[0], StepArrival, StepInside, StepDeparture)
	r.events()
	for _, message := range r.topic.messages {
		require.NoError(t, publishEvent(t.Context(), message))
	}
	require.Error(t, publishEvent(t.Context(), outbox.Message{Topic: "lost", Payload: json.RawMessage(`{}`)}))

	runs := et.Topic(RunEvents).PublishedMessages()
	require.Len(t, runs, 4)
	require.Equal(t, RunStarted, runs[0].Type)
	require.Equal(t, emma.ID, runs[0].WorkerID)
	require.Equal(t, emma.ID, runs[0].ActorID)
	require.Equal(t, StatusPlanned, runs[0].Before.Status)
	require.Equal(t, StatusStarted, runs[0].After.Status)
	require.Equal(t, "2026-05-04", runs[0].After.Date)
	last := runs[len(runs)-1]
	require.Greater(t, last.After.Version, last.Before.Version)
	require.NotEmpty(t, last.ID)
	for _, message := range r.topic.messages {
		require.NotContains(t, string(message.Payload), "First", "ids, no names")
		require.NotContains(t, string(message.Payload), "+3247", "nor phones")
	}

	visits := et.Topic(VisitEvents).PublishedMessages()
	var types []string
	for _, event := range visits {
		types = append(types, event.Type)
		require.Equal(t, run, event.RunID)
		require.Equal(t, emma.ID, event.ActorID)
	}
	step := []string{PictureAdded, VisitStepped, RunProgressMoved}
	require.Equal(t, append(append(append([]string{}, step...), step...),
		PictureAdded, VisitStepped, VisitOutcome, RunProgressMoved), types)
	require.Equal(t, []int64{martin.ID}, visits[0].SyndicIDs)
	require.Equal(t, buildings[0], visits[0].Picture.BuildingID)
	require.Equal(t, StepArrival, visits[1].Visit.Steps[0].Step)
	require.Equal(t, []string{"arrived", "open"}, visits[1].Progress.Segments)
}

func TestRule10_AnEventThatThisVersionCannotPublishHoldsUpNone(t *testing.T) {
	t.Parallel()
	pool := newRounds(t).pool
	_, err := pool.Exec(t.Context(), `
		insert into outbox (topic, payload) values
			('of-a-newer-version', '{}'), ('run-events', '"no run"'), ('visit-events', '{"run_id": "x"}'),
			('run-events', '{"type": "run.changed", "run_id": 7}')`)
	require.NoError(t, err)
	published, err := outbox.NewRelay(pool, publishEvent).Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, published)
	var setAside int
	require.NoError(t, pool.QueryRow(t.Context(), `
		select count(*) from outbox where failed_at is not null and error <> ''`).Scan(&setAside))
	require.Equal(t, 3, setAside)
}

func TestAWorkersStepDoesNotDependOnTheAccounts(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	r.picture(run, buildings[0], StepArrival)
	r.Service.people = func(context.Context, []int64) (map[int64]person, error) {
		return nil, errors.New("the accounts do not answer")
	}
	_, err := r.PutStep(r.as(emma), run, buildings[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})
	require.NoError(t, err)
}

func TestRule12_EveryChangeTellsWhoDidIt(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	boss := access.Actor{ID: admin.ID, Role: admin.Role, SessionID: 70, Address: "192.0.2.1"}
	as := func() context.Context { return r.as(boss) }
	region, err := r.CreateRegion(as(), &RegionParams{Name: "Noord"})
	require.NoError(t, err)
	r.regions = append(r.regions, region.ID)
	_, err = r.RenameRegion(as(), region.ID, &RegionParams{Name: "Zuid"})
	require.NoError(t, err)
	_, err = r.RenameRegion(as(), region.ID, &RegionParams{Name: "Zuid"})
	require.NoError(t, err, "nothing changes, nothing is told")
	building, err := r.CreateBuilding(as(), r.buildingParams(region.ID))
	require.NoError(t, err)
	given := edit(building)
	given.SyndicIDs = []int64{nadia.ID}
	building, err = r.PutBuilding(as(), building.ID, given)
	require.NoError(t, err)
	_, err = r.RenewPublicID(as(), building.ID, &RenewPublicIDParams{})
	require.NoError(t, err)
	tour, err := r.CreateTour(as(), &TourParams{RegionID: region.ID, Name: "Centrum"})
	require.NoError(t, err)
	tour, err = r.PutStops(as(), tour.ID, &PutStopsParams{BuildingIDs: []int64{building.ID}, Version: tour.Version})
	require.NoError(t, err)
	_, err = r.PutTour(as(), tour.ID, &TourParams{RegionID: region.ID, Name: "Oost", Version: tour.Version})
	require.NoError(t, err)
	run, err := r.PlanRun(as(), &PlanRunParams{TourID: tour.ID, WorkerID: emma.ID, Date: "2026-05-04"})
	require.NoError(t, err)
	_, err = r.StartRun(r.as(emma), run.ID, r.start())
	require.NoError(t, err)
	r.visit(run.ID, building.ID, StepArrival, StepInside, StepDeparture)
	cancelled, err := r.PlanRun(as(), &PlanRunParams{TourID: tour.ID, WorkerID: lucas.ID, Date: "2026-05-04"})
	require.NoError(t, err)
	_, err = r.CancelRun(as(), cancelled.ID, &CancelRunParams{Reason: "Rain"})
	require.NoError(t, err)
	_, err = r.ArchiveTour(as(), tour.ID)
	require.NoError(t, err)
	_, err = r.UnarchiveTour(as(), tour.ID)
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(as(), building.ID)
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(as(), building.ID)
	require.NoError(t, err, "nothing changes, nothing is told")
	_, err = r.UnarchiveBuilding(as(), building.ID)
	require.NoError(t, err)
	spare, err := r.CreateRegion(as(), &RegionParams{Name: "Spare"})
	require.NoError(t, err)
	_, err = r.DeleteRegion(as(), spare.ID, &DeleteRegionParams{})
	require.NoError(t, err)

	r.events()
	var kinds []string
	changes := map[string]*audit.Event{}
	for _, message := range r.topic.messages {
		if message.Topic != audit.Topic {
			continue
		}
		event, err := audit.Decode(message)
		require.NoError(t, err)
		kinds = append(kinds, event.Kind)
		changes[event.Kind] = event
		want := audit.Actor{UserID: boss.ID, SessionID: 70, Address: "192.0.2.1"}
		if event.ThingKind == "visit" || event.ThingKind == "picture" || event.Kind == RunStarted || event.Kind == RunCompleted {
			want = audit.Actor{UserID: emma.ID}
		}
		require.Equal(t, want, event.Actor, event.Kind)
		require.False(t, event.OccurredAt.IsZero())
	}
	require.Equal(t, []string{
		"region.created", "region.changed", "building.created", "building.changed", "building.public_id_renewed", "tour.created",
		"tour.stops_changed", "tour.changed", "run.planned", "run.started", "picture.added", "visit.step", "picture.added",
		"visit.step", "picture.added", "visit.step", "visit.outcome", "run.completed", "run.planned", "run.cancelled",
		"tour.archived", "tour.unarchived", "building.archived", "building.unarchived", "region.created", "region.deleted",
	}, kinds)
	require.Contains(t, string(changes["region.changed"].Before), "Noord")
	require.Contains(t, string(changes["region.changed"].After), "Zuid")
	require.Contains(t, string(changes["building.changed"].Before), fmt.Sprintf(`"syndic_ids": [%d]`, martin.ID))
	require.Contains(t, string(changes["building.changed"].After), fmt.Sprintf(`"syndic_ids": [%d]`, nadia.ID))
	require.Contains(t, string(changes["tour.stops_changed"].After), fmt.Sprintf(`"building_ids": [%d]`, building.ID))
	require.Contains(t, string(changes["run.cancelled"].After), "Rain")
	require.JSONEq(t, `{"outcome":"done","reason":""}`, string(changes["visit.outcome"].After))
}

func TestRule12_ACompletionOfACancelledRunIsLoggedWithoutOpenStopsToo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	for _, stop := range stops[1:] {
		r.visit(run, stop, StepArrival, StepInside, StepDeparture)
	}
	skip := &PutOutcomeParams{ID: newID(), OccurredAt: r.now(), Outcome: OutcomeSkipped, Reason: "Closed"}
	complete := r.complete("Storm")
	_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Accident"})
	require.NoError(t, err)
	_, err = r.PutOutcome(r.as(emma), run, stops[0], skip)
	require.NoError(t, err)
	r.events()
	before := len(r.topic.messages)

	for range 2 { // the second says nothing new
		_, err = r.CompleteRun(r.as(emma), run, complete)
		require.NoError(t, err)
	}

	r.events()
	var logged []*audit.Event
	for _, message := range r.topic.messages[before:] {
		if message.Topic == audit.Topic {
			event, err := audit.Decode(message)
			require.NoError(t, err)
			logged = append(logged, event)
		}
	}
	require.Len(t, logged, 1)
	require.Equal(t, RunCompleted, logged[0].Kind)
	require.Equal(t, emma.ID, logged[0].Actor.UserID)
	require.NotContains(t, string(logged[0].Before), "Storm")
	require.Contains(t, string(logged[0].After), "Storm")
	require.Contains(t, string(logged[0].After), `"status": "cancelled"`, "it stays cancelled")
}

func TestABuildingTellsItsSyndicAndTheFormerOne(t *testing.T) {
	r := newRounds(t)
	building, err := r.CreateBuilding(r.as(office), r.buildingParams(r.region()))
	require.NoError(t, err)
	given := edit(building)
	given.SyndicIDs = []int64{nadia.ID}
	_, err = r.PutBuilding(r.as(office), building.ID, given)
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(r.as(office), building.ID)
	require.NoError(t, err)
	r.events()
	for _, message := range r.topic.messages {
		require.NoError(t, publishEvent(t.Context(), message))
	}
	told := et.Topic(BuildingEvents).PublishedMessages()
	require.Len(t, told, 3)
	for i, want := range []BuildingEvent{
		{Type: "building.created", SyndicIDs: []int64{martin.ID}},
		{Type: "building.changed", SyndicIDs: []int64{nadia.ID}, FormerSyndicIDs: []int64{martin.ID}},
		{Type: "building.archived", SyndicIDs: []int64{nadia.ID}, Archived: true},
	} {
		want.ID, want.BuildingID, want.ActorID = told[i].ID, building.ID, office.ID
		require.Equal(t, &want, told[i])
	}
}
