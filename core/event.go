package core

import (
	"context"
	"encoding/json"
	"fmt"

	"encore.dev/metrics"
	"encore.dev/pubsub"
	"github.com/jackc/pgx/v5"

	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/outbox"
)

// RunEvents tells what happens to runs. At least once, and in order per run; repeats have the same ID.
var RunEvents = pubsub.NewTopic[*RunEvent]("run-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "run_id",
})

// VisitEvents tells what happens at the stops of runs. At least once, and in order per run; repeats have the same ID.
var VisitEvents = pubsub.NewTopic[*VisitEvent]("visit-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "run_id",
})

// The names of the topics in the outbox.
const (
	runEvents   = "run-events"
	visitEvents = "visit-events"
)

// What has not been published yet.
var (
	outboxSetAside   = metrics.NewGauge[int64]("core_outbox_set_aside", metrics.GaugeConfig{})
	outboxPendingAge = metrics.NewGauge[float64]("core_outbox_pending_age_seconds", metrics.GaugeConfig{})
)

func observeOutbox(backlog outbox.Backlog) {
	outboxSetAside.Set(backlog.SetAside)
	outboxPendingAge.Set(backlog.PendingAge.Seconds())
}

// The types of a RunEvent.
const (
	RunPlanned   = "run.planned"
	RunChanged   = "run.changed" // also for every step and outcome: the run carries its progress
	RunStarted   = "run.started"
	RunCompleted = "run.completed"
	RunCancelled = "run.cancelled"
)

// The types of a VisitEvent.
const (
	VisitStepped     = "visit.step"
	VisitOutcome     = "visit.outcome"
	PictureAdded     = "picture.added"
	RunProgressMoved = "run.progress"
)

// RunEvent says what happened to a run, with the run as it was right after.
type RunEvent struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	RunID int64  `json:"run_id" pubsub-attr:"run_id"`
	// WorkerID is whose run it is.
	WorkerID int64 `json:"worker_id"`
	Run      Run   `json:"run"`
}

// VisitEvent says what happened at a stop of a run.
type VisitEvent struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	RunID int64  `json:"run_id" pubsub-attr:"run_id"`
	// WorkerID is whose run it is.
	WorkerID int64 `json:"worker_id"`
	// BuildingID is where it happened; 0 for run.progress.
	BuildingID int64 `json:"building_id"`
	// SyndicID manages the building; 0 when nobody does.
	SyndicID int64 `json:"syndic_id"`
	// Visit is set for visit.step and visit.outcome.
	Visit *Visit `json:"visit"`
	// Progress is set for visit.step, visit.outcome and run.progress.
	Progress *Progress `json:"progress"`
	// Picture is set for picture.added.
	Picture *Picture `json:"picture"`
}

// publishEvent hands an event of the outbox to its topic.
func publishEvent(ctx context.Context, message outbox.Message) error {
	switch message.Topic {
	case runEvents:
		var event RunEvent
		if err := json.Unmarshal(message.Payload, &event); err != nil {
			return outbox.Permanent(fmt.Errorf("read event %s: %w", message.ID, err))
		}
		event.ID = message.ID
		_, err := RunEvents.Publish(ctx, &event)
		return err
	case visitEvents:
		var event VisitEvent
		if err := json.Unmarshal(message.Payload, &event); err != nil {
			return outbox.Permanent(fmt.Errorf("read event %s: %w", message.ID, err))
		}
		event.ID = message.ID
		_, err := VisitEvents.Publish(ctx, &event)
		return err
	case audit.Topic:
		event, err := audit.Decode(message)
		if err != nil {
			return err
		}
		_, err = audit.Events.Publish(ctx, event)
		return err
	}
	return outbox.Permanent(fmt.Errorf("event %s has the unknown topic %q", message.ID, message.Topic))
}

// appendRunEvent adds the event with the run as the transaction has left it.
func (s *Service) appendRunEvent(ctx context.Context, tx pgx.Tx, kind string, id int64) error {
	runs, err := s.runsByID(ctx, s.query.WithTx(tx), []int64{id})
	if err != nil {
		return err
	}
	run := runs[0].Run
	return outbox.Append(ctx, tx, runEvents, &RunEvent{Type: kind, RunID: id, WorkerID: run.Worker.ID, Run: run})
}

// appendOutcomeEvents adds an event for each of the buildings, whose visits have just got an outcome together.
func appendOutcomeEvents(
	ctx context.Context, tx pgx.Tx, query *store.Queries, run store.Run, buildingIDs []int64,
) error {
	visits, err := visitsOf(ctx, query, run.ID, 0)
	if err != nil {
		return err
	}
	syndics, err := query.SyndicsOfRun(ctx, run.ID)
	if err != nil {
		return err
	}
	syndicOf := make(map[int64]int64, len(syndics))
	for _, row := range syndics {
		if row.SyndicID != nil {
			syndicOf[row.BuildingID] = *row.SyndicID
		}
	}
	progress, err := progressIn(ctx, query, run.ID)
	if err != nil {
		return err
	}
	for _, id := range buildingIDs {
		err := outbox.Append(ctx, tx, visitEvents, &VisitEvent{
			Type: VisitOutcome, RunID: run.ID, WorkerID: run.WorkerID, BuildingID: id, SyndicID: syndicOf[id],
			Visit: visits[id], Progress: progress,
		})
		if err != nil {
			return err
		}
	}
	return outbox.Append(ctx, tx, visitEvents, &VisitEvent{
		Type: RunProgressMoved, RunID: run.ID, WorkerID: run.WorkerID, Progress: progress,
	})
}

func progressIn(ctx context.Context, query *store.Queries, runID int64) (*Progress, error) {
	rows, err := query.RunsByID(ctx, []int64{runID})
	if err != nil {
		return nil, err
	}
	progress := progressOf(rows[0])
	return &progress, nil
}
