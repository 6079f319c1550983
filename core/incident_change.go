package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// maxIncidentText is how many characters a report, a comment and an answer have at most.
	maxIncidentText = 2000
	// maxIncidentComments is how many comments an incident has at most.
	maxIncidentComments = 100
)

// CreateIncidentParams report a problem.
type CreateIncidentParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID         uuid.UUID `json:"id"`
	BuildingID int64     `json:"building_id"`
	// RunID is the run on which it was found. A student names one of their own; the office may leave it 0.
	RunID int64 `json:"run_id"`
	// Kind is bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other.
	Kind string `json:"kind"`
	// Text is up to 2000 characters and may have several lines. It may be empty, except for other.
	Text string `json:"text"`
	// OccurredAt is when it was reported, by the phone's clock. What lies more than two minutes ahead is corrected to the time
	// of receipt (rule 3).
	OccurredAt time.Time `json:"occurred_at"`
	// ReporterID is whose report it is, for a phone on which somebody else may have signed in meanwhile: a session of another
	// person is refused as none (unauthenticated). 0 is whoever is signed in.
	ReporterID int64 `json:"reporter_id" encore:"optional"`
}

// PutIncidentParams change an incident.
type PutIncidentParams struct {
	// Status is open, acknowledged or resolved: an open incident is acknowledged or resolved, an acknowledged one resolved, and a
	// resolved one opened again.
	Status string `json:"status"`
	// Kind is bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other.
	Kind string `json:"kind"`
	// ResponsibleID is the person of the office who takes care of it; 0 for nobody.
	ResponsibleID int64 `json:"responsible_id"`
	// Text goes with a change of the status, up to 2000 characters: with acknowledged and resolved the answer, which the person
	// who reported it, the worker and the syndics read; with open why it is opened again. It may be empty.
	Text string `json:"text"`
	// Version is that of the incident that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// AddIncidentCommentParams are a comment.
type AddIncidentCommentParams struct {
	// Text is up to 2000 characters and may have several lines.
	Text string `json:"text"`
	// ForSyndics makes the building's syndics read it too. It stays as it was written.
	ForSyndics bool `json:"for_syndics"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// errOtherReporter answers a session of another person than whose report it is as no session: the phone keeps it for them.
func errOtherReporter() error {
	return refusal.Unauthenticated(refusal.SignedOut, "Somebody else is signed in than who reports the problem.")
}

// CreateIncident reports a problem at a building. For the office, and for students at the stops of their own runs. The same id
// again returns the incident and changes nothing, however late (rule 4).
//
// Errors: unauthenticated when somebody else is signed in than who reports it; invalid_argument for a missing or malformed field;
// already_exists when the id was used for something else; failed_precondition when the office names an archived building; not_found when there is no such building or run that the caller
// may see, or the building is no stop of the run; permission_denied for other roles, and with run_given_away for whose run it was before.
//
//encore:api auth method=POST path=/incidents
func (s *Service) CreateIncident(ctx context.Context, p *CreateIncidentParams) (*IncidentDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if p.ReporterID != 0 && p.ReporterID != caller.ID { // what else a phone sends names a run, whose worker is known
		return nil, errOtherReporter()
	}
	// Asked about a run of their own, a refusal can only come from the role.
	if err := access.ReportIncident(caller, caller.ID); err != nil {
		return nil, err
	}
	if err := checkClientWrite(p.ID, "occurred_at", p.OccurredAt); err != nil {
		return nil, err
	}
	text, err := checkReport(p.Kind, p.Text)
	if err != nil {
		return nil, err
	}
	report := store.InsertIncidentParams{
		ClientID: p.ID, BuildingID: p.BuildingID, Kind: p.Kind, Text: text, ReportedThrough: ThroughOffice, ReportedBy: &caller.ID,
		ClaimedAt: p.OccurredAt.UTC().Truncate(time.Microsecond),
	}
	if p.RunID != 0 {
		report.RunID = &p.RunID
	}
	var id int64
	err = s.transact(ctx, caller, func(c *change) error {
		if repeated, err := c.repeatedIncident(ctx, report); err != nil || repeated != 0 {
			id = repeated
			return err
		}
		if err := c.checkReported(ctx, &report); err != nil {
			return err
		}
		incident, err := c.insertIncident(ctx, report)
		id = incident.ID
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "record the incident")
	}
	return s.knownIncident(ctx, caller, id)
}

// checkReport returns the text of a report as it is stored.
func checkReport(kind, text string) (string, error) {
	if kind == "" {
		return "", refusal.Invalid("kind", refusal.Required, "Say what the problem is.")
	}
	if err := checkIncidentKind(kind); err != nil {
		return "", err
	}
	if kind == OtherProblem {
		return input.RequiredLines("text", text, maxIncidentText)
	}
	return input.Lines("text", text, maxIncidentText)
}

// checkReported decides about a report by what it names, and says in it through whom it came.
func (c *change) checkReported(ctx context.Context, report *store.InsertIncidentParams) error {
	var worker int64
	if report.RunID != nil {
		run, err := c.query.FindRun(ctx, *report.RunID)
		if err != nil {
			return missingRun(err)
		}
		worker = run.WorkerID
	}
	if err := access.ReportIncident(c.caller, worker); err != nil {
		if report.RunID != nil {
			err = wasTheirs(ctx, c.query, c.caller, *report.RunID, err)
		}
		return err
	}
	if report.RunID != nil {
		stop, err := c.query.IsStopOfRun(ctx, store.IsStopOfRunParams{RunID: *report.RunID, BuildingID: report.BuildingID})
		if err != nil {
			return err
		}
		if !stop {
			return refusal.NotFound("The building is not a stop of this run.")
		}
	}
	if worker == c.caller.ID {
		report.ReportedThrough = ThroughWorker
		return nil // what a phone could not send before is taken, whatever became of the building
	}
	building, err := c.lockBuilding(ctx, report.BuildingID)
	if err != nil {
		return missingOr(err, noBuilding(), "lock the building")
	}
	if building.ArchivedAt != nil {
		return errArchivedBuilding()
	}
	return nil
}

// repeatedIncident returns the incident that the report has made before; 0 when there is none.
func (c *change) repeatedIncident(ctx context.Context, report store.InsertIncidentParams) (int64, error) {
	stored, err := c.query.FindIncidentByClientID(ctx, report.ClientID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if stored.BuildingID != report.BuildingID || !equal(stored.RunID, report.RunID) || stored.Text != report.Text ||
		!equal(stored.ReportedBy, report.ReportedBy) || !stored.ClaimedAt.Equal(report.ClaimedAt) ||
		stored.ReportedKind != nil && *stored.ReportedKind != report.Kind { // the office may have changed the kind since
		return 0, errIDReused()
	}
	return stored.ID, nil
}

// insertIncident records an incident and tells about it. Of several reports under one id at once the first counts.
func (c *change) insertIncident(ctx context.Context, report store.InsertIncidentParams) (store.Incident, error) {
	report.OpenedAt = c.at
	report.OccurredAt, _ = correctTime(report.ClaimedAt, time.Time{}, c.at)
	incident, err := c.query.InsertIncident(ctx, report)
	if errors.Is(err, pgx.ErrNoRows) {
		id, err := c.repeatedIncident(ctx, report)
		return store.Incident{ID: id}, err
	}
	if err != nil {
		return incident, err
	}
	return incident, c.incidentChanged(ctx, IncidentOpened, incident, nil, stateOfIncident(incident))
}

// PutIncident changes the status, the kind and the responsible person of an incident. A resident who left an e-mail address gets
// mail when it is acknowledged and when it is resolved, with the text. The office only.
//
// Errors: aborted when somebody else has changed it since that version; invalid_argument for a malformed field, and for a
// responsible person who is not of the office; failed_precondition (wrong_status) for a status that cannot follow, and for a text
// without a change of the status; not_found when there is no such incident; permission_denied for other roles.
//
//encore:api auth method=PUT path=/incidents/:id
func (s *Service) PutIncident(ctx context.Context, id int64, p *PutIncidentParams) (*IncidentDetail, error) {
	if !slices.Contains([]string{IncidentOpen, IncidentAcknowledged, IncidentResolved}, p.Status) {
		return nil, refusal.Invalid("status", refusal.Unknown, "The statuses are open, acknowledged and resolved.")
	}
	if err := checkIncidentKind(p.Kind); err != nil {
		return nil, err
	}
	text, err := input.Lines("text", p.Text, maxIncidentText)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutIncident/", id), p}
	return s.changeIncident(ctx, request, id, func(c *change, before store.Incident) error {
		if before.Version != p.Version {
			return changedMeanwhile("incident")
		}
		wanted := before
		wanted.Status, wanted.Kind, wanted.ResponsibleID = p.Status, p.Kind, nil
		if p.ResponsibleID != 0 {
			wanted.ResponsibleID = &p.ResponsibleID
		}
		if !equal(before.ResponsibleID, wanted.ResponsibleID) && wanted.ResponsibleID != nil {
			if err := s.checkResponsible(ctx, p.ResponsibleID); err != nil {
				return err
			}
		}
		return c.applyToIncident(ctx, before, wanted, text)
	})
}

// checkResponsible refuses who does not work in the office.
func (s *Service) checkResponsible(ctx context.Context, id int64) error {
	people, err := s.people(ctx, []int64{id})
	if err != nil {
		return refusal.Failure(err, "read the responsible person")
	}
	switch found, ok := people[id]; {
	case !ok:
		return refusal.Invalid("responsible_id", refusal.Unknown, "There is no such person.")
	case !found.active:
		return refusal.Invalid("responsible_id", refusal.Inactive, "This person's account is deactivated.")
	case !found.role.IsOffice():
		return refusal.Invalid("responsible_id", refusal.WrongRole, "Somebody of the office takes care of incidents.")
	}
	return nil
}

// followingStatuses are those to which an incident goes from each status.
var followingStatuses = map[string][]string{
	IncidentOpen:         {IncidentAcknowledged, IncidentResolved},
	IncidentAcknowledged: {IncidentResolved},
	IncidentResolved:     {IncidentOpen},
}

// applyToIncident writes an incident as it is wanted, its history, and what is told of it: one event a change, each with its own
// line in the audit log.
func (c *change) applyToIncident(ctx context.Context, before, wanted store.Incident, text string) error {
	type step struct {
		kind  string // of the event in the audit log
		entry store.InsertIncidentEntryParams
	}
	var steps []step
	moved := before.Status != wanted.Status
	if moved && !slices.Contains(followingStatuses[before.Status], wanted.Status) || !moved && text != "" {
		return refusal.Precondition("status", refusal.WrongStatus, "An incident does not go from "+before.Status+" to "+wanted.Status+".")
	}
	if before.Kind != wanted.Kind {
		steps = append(steps, step{IncidentChanged, store.InsertIncidentEntryParams{Entry: EntryKindChanged, Kind: wanted.Kind}})
	}
	if !equal(before.ResponsibleID, wanted.ResponsibleID) {
		steps = append(steps, step{IncidentChanged, store.InsertIncidentEntryParams{
			Entry: EntryAssigned, ResponsibleID: wanted.ResponsibleID,
		}})
	}
	if moved {
		var kind string
		entry := store.InsertIncidentEntryParams{Text: text, ForSyndics: true}
		switch wanted.Status {
		case IncidentAcknowledged:
			kind, entry.Entry, wanted.AcknowledgedAt, wanted.Answer = IncidentWasAcknowledged, EntryAcknowledged, &c.at, text
		case IncidentResolved:
			kind, entry.Entry, wanted.ResolvedAt, wanted.Answer = IncidentWasResolved, EntryResolved, &c.at, text
		default:
			kind, entry.Entry, wanted.AcknowledgedAt, wanted.ResolvedAt = incidentReopened, EntryReopened, nil, nil
			entry.ForSyndics = true
		}
		steps = append(steps, step{kind, entry})
	}
	if len(steps) == 0 {
		return nil
	}
	for i := range steps {
		entry := steps[i].entry
		entry.IncidentID, entry.WrittenAt, entry.WrittenBy = before.ID, c.at, c.caller.ID
		if _, err := c.query.InsertIncidentEntry(ctx, entry); err != nil {
			return err
		}
	}
	after, err := c.query.UpdateIncident(ctx, store.UpdateIncidentParams{
		ID: before.ID, Status: wanted.Status, Kind: wanted.Kind, ResponsibleID: wanted.ResponsibleID, Answer: wanted.Answer,
		AcknowledgedAt: wanted.AcknowledgedAt, ResolvedAt: wanted.ResolvedAt,
	})
	if err != nil {
		return err
	}
	last := steps[len(steps)-1]
	state := stateOfIncident(after)
	state.Text = last.entry.Text
	return c.incidentChanged(ctx, last.kind, after, stateOfIncident(before), state)
}

// AddIncidentComment adds a comment of the office to an incident: its own, or one that the building's syndics read too. The office
// only.
//
// Errors: invalid_argument for a text that is missing or too long; failed_precondition (too_many) when the incident has 100
// comments; not_found when there is no such incident; permission_denied for other roles.
//
//encore:api auth method=POST path=/incidents/:id/comments
func (s *Service) AddIncidentComment(ctx context.Context, id int64, p *AddIncidentCommentParams) (*IncidentDetail, error) {
	text, err := input.RequiredLines("text", p.Text, maxIncidentText)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("AddIncidentComment/", id), p}
	return s.changeIncident(ctx, request, id, func(c *change, incident store.Incident) error {
		count, err := c.query.CountIncidentComments(ctx, id)
		if err != nil {
			return err
		}
		if count >= maxIncidentComments {
			return refusal.Precondition("text", refusal.TooManyOfThem, "An incident has 100 comments at most.")
		}
		if _, err := c.query.InsertIncidentEntry(ctx, store.InsertIncidentEntryParams{
			IncidentID: id, Entry: EntryComment, Text: text, ForSyndics: p.ForSyndics, WrittenAt: c.at, WrittenBy: c.caller.ID,
		}); err != nil {
			return err
		}
		after, err := c.query.TouchIncident(ctx, id)
		if err != nil {
			return err
		}
		return c.incidentChanged(ctx, incidentCommented, after, nil, incidentComment{Text: text, ForSyndics: p.ForSyndics})
	})
}

// changeIncident runs do in a transaction of the office that holds the lock of an incident, and returns it as it is after.
func (s *Service) changeIncident(
	ctx context.Context, request sent, id int64, do func(c *change, incident store.Incident) error,
) (*IncidentDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		incident, err := c.query.LockIncident(ctx, id)
		if err != nil {
			return 0, missingOr(err, noIncident(), "lock the incident")
		}
		return id, do(c, incident)
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the incident")
	}
	return s.knownIncident(ctx, caller, id)
}

// incidentState is an incident as the audit log shows it: without what a resident wrote, and without their address, which the log
// would keep longer than the incident does.
type incidentState struct {
	BuildingID      int64  `json:"building_id"`
	RunID           *int64 `json:"run_id"`
	Kind            string `json:"kind"`
	Status          string `json:"status"`
	ReportedThrough string `json:"reported_through"`
	ResponsibleID   *int64 `json:"responsible_id"`
	// Text is what the office wrote with the change.
	Text string `json:"text"`
}

// incidentComment is a comment as the audit log shows it.
type incidentComment struct {
	Text       string `json:"text"`
	ForSyndics bool   `json:"for_syndics"`
}

func stateOfIncident(incident store.Incident) *incidentState {
	return &incidentState{
		BuildingID: incident.BuildingID, RunID: incident.RunID, Kind: incident.Kind, Status: incident.Status,
		ReportedThrough: incident.ReportedThrough, ResponsibleID: incident.ResponsibleID,
	}
}

// incidentChanged tells what has become of an incident. kind is that of the audit log.
func (c *change) incidentChanged(ctx context.Context, kind string, incident store.Incident, before *incidentState, after any) error {
	syndics, err := c.query.SyndicIDsOfBuilding(ctx, incident.BuildingID)
	if err != nil {
		return err
	}
	var was any
	if before != nil {
		was = before
	}
	if err := c.audit(ctx, kind, "incident", incident.ID, was, after); err != nil {
		return err
	}
	event := &IncidentEvent{
		Type: IncidentChanged, Change: kind, IncidentID: incident.ID, BuildingID: incident.BuildingID, ActorID: c.caller.ID,
		SyndicIDs: append([]int64{}, syndics...), Status: incident.Status, ReportedBy: deref(incident.ReportedBy),
		Version: incident.Version,
	}
	if kind == IncidentOpened {
		event.Type = IncidentOpened
	}
	return outbox.Append(ctx, c.tx, incidentEvents, event)
}
