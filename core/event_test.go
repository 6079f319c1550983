package core

import (
	"encoding/json"
	"errors"
	"testing"

	"encore.dev/et"
	"github.com/stretchr/testify/require"

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
	require.Len(t, ids, 5, "each has an id of its own")
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
	require.Equal(t, "First3", runs[0].Run.Worker.FirstName)
	last := runs[len(runs)-1]
	require.Equal(t, []string{"done", "open"}, last.Run.Progress.Segments)
	require.NotEmpty(t, last.ID)

	visits := et.Topic(VisitEvents).PublishedMessages()
	var types []string
	for _, event := range visits {
		types = append(types, event.Type)
		require.Equal(t, run, event.RunID)
	}
	step := []string{PictureAdded, VisitStepped, RunProgressMoved}
	require.Equal(t, append(append(append([]string{}, step...), step...),
		PictureAdded, VisitStepped, VisitOutcome, RunProgressMoved), types)
	require.Equal(t, martin.ID, visits[0].SyndicID)
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
