package core

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/metrics"
	"encore.dev/pubsub"
	"encore.dev/types/uuid"

	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/outbox"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
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

// BuildingEvents tells what happens to buildings. At least once, and in order per building; repeats have the same ID.
var BuildingEvents = pubsub.NewTopic[*BuildingEvent]("building-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "building_id",
})

// CollectionEvents tells what happens to collections, their rules and the kinds of waste. At least once, in no order; repeats
// have the same ID. What is told may have changed again meanwhile: read it anew.
var CollectionEvents = pubsub.NewTopic[*CollectionEvent]("collection-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
})

// IncidentEvents tells what happens to incidents. At least once, and in order per incident; repeats have the same ID.
var IncidentEvents = pubsub.NewTopic[*IncidentEvent]("incident-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "incident_id",
})

// AbsenceEvents tells when workers can work otherwise than before. At least once, in no order; repeats have the same ID. What is told
// may have changed again meanwhile: read it anew.
var AbsenceEvents = pubsub.NewTopic[*AbsenceEvent]("absence-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
})

// SwapEvents tells what becomes of swaps. At least once, and in order per run; repeats have the same ID.
var SwapEvents = pubsub.NewTopic[*SwapEvent]("swap-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "run_id",
})

// The names of the topics in the outbox.
const (
	absenceEvents    = "absence-events"
	swapEvents       = "swap-events"
	runEvents        = "run-events"
	visitEvents      = "visit-events"
	buildingEvents   = "building-events"
	collectionEvents = "collection-events"
	incidentEvents   = "incident-events"
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
	VisitStepped = "visit.step"
	VisitOutcome = "visit.outcome"
	PictureAdded = "picture.added"
	// PicturesRemoved: their files are gone, because their time was up; it is in the audit log only.
	PicturesRemoved  = "picture.removed"
	RemarkCreated    = "remark.created"
	RemarkChanged    = "remark.changed"
	RemarkDeleted    = "remark.deleted"
	RunProgressMoved = "run.progress"
)

// The types of a CollectionEvent.
const (
	CollectionCreated   = "collection.created"
	CollectionChanged   = "collection.changed"
	CollectionDeleted   = "collection.deleted"
	CollectionRestored  = "collection.restored"
	CollectionGenerated = "collection.generated" // by a rule, which removes what it does not have any more too

	CollectionRuleCreated    = "collection_rule.created"
	CollectionRuleChanged    = "collection_rule.changed"
	CollectionRuleArchived   = "collection_rule.archived"
	CollectionRuleUnarchived = "collection_rule.unarchived"

	WasteKindCreated    = "waste_kind.created"
	WasteKindChanged    = "waste_kind.changed"
	WasteKindArchived   = "waste_kind.archived"
	WasteKindUnarchived = "waste_kind.unarchived"
)

// RunEvent says what happened to a run. It holds ids; whoever shows it asks RunsForEvents for the names.
type RunEvent struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	RunID int64  `json:"run_id" pubsub-attr:"run_id"`
	// WorkerID is whose run it is.
	WorkerID int64 `json:"worker_id"`
	// ActorID is who did it; 0 for the system.
	ActorID int64 `json:"actor_id"`
	// StopsChanged is true for run.changed when the stops of the tour, and so of the planned run, are others than before.
	StopsChanged bool `json:"stops_changed"`
	// Before is null for a new run.
	Before *RunState `json:"before"`
	After  RunState  `json:"after"`
	// BySwap is set when the office gave the run away because the workers swapped it: mail about the swap tells them.
	BySwap bool `json:"by_swap"`
}

// RunState is a run at a moment, by ids.
type RunState struct {
	TourID         int64      `json:"tour_id"`
	WorkerID       int64      `json:"worker_id"`
	Date           string     `json:"date"`
	Status         string     `json:"status"`
	StartedAt      *time.Time `json:"started_at"`
	StopsDiffer    bool       `json:"stops_differ"`
	CompletedAt    *time.Time `json:"completed_at"`
	CompleteReason string     `json:"complete_reason"`
	CancelledAt    *time.Time `json:"cancelled_at"`
	CancelReason   string     `json:"cancel_reason"`
	Version        int64      `json:"version"`
}

func stateOf(run store.Run) RunState {
	return RunState{
		TourID: run.TourID, WorkerID: run.WorkerID, Date: day.Format(run.Date), Status: run.Status,
		StartedAt: utc(run.StartedAt), StopsDiffer: run.StopsDiffer, CompletedAt: utc(run.CompletedAt),
		CompleteReason: run.CompleteReason, CancelledAt: utc(run.CancelledAt), CancelReason: run.CancelReason, Version: run.Version,
	}
}

// VisitEvent says what happened at a stop of a run.
type VisitEvent struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	RunID int64  `json:"run_id" pubsub-attr:"run_id"`
	// WorkerID is whose run it is.
	WorkerID int64 `json:"worker_id"`
	// ActorID is who did it; 0 for the system.
	ActorID int64 `json:"actor_id"`
	// BuildingID is where it happened; 0 for run.progress.
	BuildingID int64 `json:"building_id"`
	// SyndicIDs manage the building; empty when nobody does.
	SyndicIDs []int64 `json:"syndic_ids"`
	// Visit is set for visit.step and visit.outcome.
	Visit *Visit `json:"visit"`
	// Progress is set for visit.step, visit.outcome and run.progress.
	Progress *Progress `json:"progress"`
	// Picture is set for picture.added.
	Picture *Picture `json:"picture"`
	// Remark is set for remark.created, remark.changed and remark.deleted.
	Remark *Remark `json:"remark"`
}

// The types of a BuildingEvent about its comments, which are not for its syndics.
const (
	CommentCreated = "comment.created"
	CommentChanged = "comment.changed"
	CommentDeleted = "comment.deleted"
)

// The types of a BuildingEvent about its manuals.
const (
	ManualAdded   = "manual.added"
	ManualChanged = "manual.changed"
	ManualDeleted = "manual.deleted"
)

// The types of a BuildingEvent about the photo of its front.
const (
	BuildingPhotoChanged = "building.photo_changed"
	BuildingPhotoRemoved = "building.photo_removed"
)

// BuildingEvent says what happened to a building: building.created, building.changed, building.archived, building.unarchived or
// building.public_id_renewed; or to a comment about it or a manual. It holds ids, never what a comment says.
type BuildingEvent struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	BuildingID int64  `json:"building_id" pubsub-attr:"building_id"`
	// ActorID is who did it; 0 for the system.
	ActorID int64 `json:"actor_id"`
	// SyndicIDs manage the building from now on, FormerSyndicIDs did before and do no longer.
	SyndicIDs       []int64 `json:"syndic_ids"`
	FormerSyndicIDs []int64 `json:"former_syndic_ids"`
	Archived        bool    `json:"archived"`
	// CommentID and ManualID are set for what happened to a comment and a manual. RunIDs are the runs then that are on their way
	// and have the building as a stop.
	CommentID int64   `json:"comment_id"`
	ManualID  int64   `json:"manual_id"`
	RunIDs    []int64 `json:"run_ids"`
}

// CollectionEvent says what happened to collections, which may be many, to a rule or to a kind of waste.
type CollectionEvent struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// ActorID is who did it; 0 for the system.
	ActorID int64 `json:"actor_id"`
	// BuildingIDs are those whose collections it is about, at most 200 in one event, and From and To the days (YYYY-MM-DD) between
	// which they lie; none for a kind of waste and for a rule.
	BuildingIDs []int64 `json:"building_ids"`
	From        string  `json:"from"`
	To          string  `json:"to"`
	// RuleID is the rule that it is about or that did it; 0 for none.
	RuleID int64 `json:"rule_id"`
	// WasteKind is the code of the kind of waste that it is about; empty for none.
	WasteKind string `json:"waste_kind"`
	// WorkerIDs have runs, planned or on their way, that show these collections: each once, however many there are.
	WorkerIDs []int64 `json:"worker_ids"`
}

// The types of an AbsenceEvent.
const (
	AbsenceCreated      = "absence.created"
	AbsenceChanged      = "absence.changed"
	AbsenceDeleted      = "absence.deleted"
	AvailabilityChanged = "availability.changed"
)

// AbsenceEvent says that a worker can work otherwise than before. It never says why somebody is absent.
type AbsenceEvent struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// WorkerID is who it is about, ActorID who entered it.
	WorkerID int64 `json:"worker_id"`
	ActorID  int64 `json:"actor_id"`
	// From and To are the days (YYYY-MM-DD) of the absence, as it is and as it was; empty for the days of the week.
	From string `json:"from"`
	To   string `json:"to"`
}

// The types of a SwapEvent.
const (
	SwapAsked     = "swap.asked"
	SwapTaken     = "swap.taken"
	SwapGivenBack = "swap.given_back"
	SwapWithdrawn = "swap.withdrawn"
	SwapApproved  = "swap.approved"
	SwapRefused   = "swap.refused"
	SwapLapsed    = "swap.lapsed" // the run was cancelled, started, changed or given to somebody else, or its day has passed
)

// SwapEvent says what became of a swap. It holds ids, never what somebody wrote.
type SwapEvent struct {
	ID     string    `json:"id"`
	Type   string    `json:"type"`
	SwapID uuid.UUID `json:"swap_id"`
	RunID  int64     `json:"run_id" pubsub-attr:"run_id"`
	// Date is the day of the run, YYYY-MM-DD, and RegionID where it is.
	Date     string `json:"date"`
	RegionID int64  `json:"region_id"`
	// State is open, taken, approved, refused, withdrawn or lapsed.
	State string `json:"state"`
	// ActorID is who did it; 0 for the system.
	ActorID int64 `json:"actor_id"`
	AskedBy int64 `json:"asked_by"`
	// TakenBy would do the run, or does now; FormerTaker would have until this. 0 for nobody.
	TakenBy     int64 `json:"taken_by"`
	FormerTaker int64 `json:"former_taker"`
}

// The types of an IncidentEvent.
const (
	IncidentOpened  = "incident.opened"
	IncidentChanged = "incident.changed"
)

// What happened with an IncidentChanged, beside IncidentChanged itself for its kind and the responsible person.
const (
	IncidentWasAcknowledged   = "incident.acknowledged"
	IncidentWasResolved       = "incident.resolved"
	incidentReopened          = "incident.reopened"
	incidentCommented         = "incident.commented"
	incidentPictureAdded      = "incident.picture_added"
	incidentPicturesRemoved   = "incident.picture_removed"
	IncidentReporterForgotten = "incident.reporter_forgotten"
)

// IncidentEvent says what happened to an incident. It holds ids, never what somebody wrote, nor the address of a resident.
type IncidentEvent struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Change is what happened, as the audit log calls it: incident.opened, incident.changed (kind or responsible person),
	// incident.acknowledged, incident.resolved, incident.reopened, incident.commented, incident.picture_added or
	// incident.reporter_forgotten.
	Change     string `json:"change"`
	IncidentID int64  `json:"incident_id" pubsub-attr:"incident_id"`
	BuildingID int64  `json:"building_id"`
	// ActorID is who did it; 0 for a resident and for the system.
	ActorID int64 `json:"actor_id"`
	// SyndicIDs manage the building; empty when nobody does.
	SyndicIDs []int64 `json:"syndic_ids"`
	// ReportedBy is who reported it; 0 for a resident.
	ReportedBy int64  `json:"reported_by"`
	Status     string `json:"status"`
	Version    int64  `json:"version"`
}

// publishEvent hands an event of the outbox to its topic.
func publishEvent(ctx context.Context, message outbox.Message) error {
	switch message.Topic {
	case runEvents:
		event, err := decodeEvent[RunEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = RunEvents.Publish(ctx, event)
		return err
	case visitEvents:
		event, err := decodeEvent[VisitEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = VisitEvents.Publish(ctx, event)
		return err
	case buildingEvents:
		event, err := decodeEvent[BuildingEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = BuildingEvents.Publish(ctx, event)
		return err
	case collectionEvents:
		event, err := decodeEvent[CollectionEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = CollectionEvents.Publish(ctx, event)
		return err
	case incidentEvents:
		event, err := decodeEvent[IncidentEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = IncidentEvents.Publish(ctx, event)
		return err
	case absenceEvents:
		event, err := decodeEvent[AbsenceEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = AbsenceEvents.Publish(ctx, event)
		return err
	case swapEvents:
		event, err := decodeEvent[SwapEvent](message)
		if err != nil {
			return err
		}
		event.ID = message.ID
		_, err = SwapEvents.Publish(ctx, event)
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

func decodeEvent[T any](message outbox.Message) (*T, error) {
	event := new(T)
	if err := json.Unmarshal(message.Payload, event); err != nil {
		return nil, outbox.Permanent(fmt.Errorf("read event %s: %w", message.ID, err))
	}
	return event, nil
}

// RunsForEventsParams name runs.
type RunsForEventsParams struct {
	// IDs are at most 200.
	IDs []int64 `json:"ids"`
}

// RunsForEventsResponse are the runs that exist.
type RunsForEventsResponse struct {
	Runs []Run `json:"runs"`
}

// RunsForEvents returns runs as people see them, with names, for services that pass on what happened to them.
//
// Errors: invalid_argument for more than 200 ids.
//
//encore:api private method=POST path=/internal/runs
func (s *Service) RunsForEvents(ctx context.Context, p *RunsForEventsParams) (*RunsForEventsResponse, error) {
	if len(p.IDs) > page.MaxLimit {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 200 runs are read at once.")
	}
	runs, err := s.runsByID(ctx, s.query, p.IDs)
	if err != nil {
		return nil, err
	}
	answer := &RunsForEventsResponse{Runs: make([]Run, 0, len(runs))}
	for _, run := range runs {
		answer.Runs = append(answer.Runs, run.Run)
	}
	return answer, nil
}

// appendRunEvent tells what has become of a run. before is nil for a new one. A change that the run only shows, by its
// progress, is in the audit log as that of the visit.
func (c *change) appendRunEvent(ctx context.Context, kind string, before *store.Run, id int64) error {
	logged := kind
	if kind == RunChanged {
		logged = ""
	}
	return c.appendRunEventLoggedAs(ctx, kind, logged, before, id)
}

// appendRunEventLoggedAs is appendRunEvent with a kind of its own in the audit log; empty when another line says it.
func (c *change) appendRunEventLoggedAs(ctx context.Context, kind, logged string, before *store.Run, id int64) error {
	run, err := c.query.FindRun(ctx, id)
	if err != nil {
		return err
	}
	event := &RunEvent{Type: kind, RunID: id, WorkerID: run.WorkerID, ActorID: c.caller.ID, After: stateOf(run)}
	var was any
	if before != nil {
		event.Before = new(stateOf(*before))
		was = event.Before
	}
	if logged != "" {
		if err := c.audit(ctx, logged, "run", id, was, event.After); err != nil {
			return err
		}
	}
	return outbox.Append(ctx, c.tx, runEvents, event)
}

// appendOutcomeEvents adds an event for each of the buildings, whose visits have just got an outcome together.
func (c *change) appendOutcomeEvents(ctx context.Context, run store.Run, buildingIDs []int64) error {
	visits, err := visitsOf(ctx, c.query, run.ID, 0)
	if err != nil {
		return err
	}
	syndics, err := c.query.SyndicsOfRun(ctx, run.ID)
	if err != nil {
		return err
	}
	syndicsOf := make(map[int64][]int64, len(syndics))
	for _, row := range syndics {
		syndicsOf[row.BuildingID] = append(syndicsOf[row.BuildingID], row.UserID)
	}
	progress, err := progressIn(ctx, c.query, run.ID)
	if err != nil {
		return err
	}
	for _, id := range buildingIDs {
		err := outbox.Append(ctx, c.tx, visitEvents, &VisitEvent{
			Type: VisitOutcome, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, BuildingID: id,
			SyndicIDs: append([]int64{}, syndicsOf[id]...),
			Visit:     visits[id], Progress: progress,
		})
		if err != nil {
			return err
		}
		after := visitOutcome{Outcome: visits[id].Outcome, Reason: visits[id].Reason}
		if err := c.audit(ctx, VisitOutcome, "visit", visitID(run.ID, id), visitOutcome{}, after); err != nil {
			return err
		}
	}
	return outbox.Append(ctx, c.tx, visitEvents, &VisitEvent{
		Type: RunProgressMoved, RunID: run.ID, WorkerID: run.WorkerID, ActorID: c.caller.ID, Progress: progress,
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

// visitOutcome is how a visit ended, as the audit log shows it; all empty while it is open.
type visitOutcome struct {
	Outcome *string `json:"outcome"`
	Reason  string  `json:"reason"`
}

// visitID names a visit in the audit log: its run and its building.
func visitID(runID, buildingID int64) string { return fmt.Sprintf("%d/%d", runID, buildingID) }
