package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// maxAbsenceNote is how many characters a note has at most.
	maxAbsenceNote = 200
	// maxAbsenceDays is how many days an absence lasts at most.
	maxAbsenceDays = 366
	// maxRunsInTheWay is how many runs an answer names.
	maxRunsInTheWay = 100
)

// AddAbsenceParams are the days on which somebody cannot work.
type AddAbsenceParams struct {
	// WorkerID is who cannot work; workers enter their own.
	WorkerID int64 `json:"worker_id"`
	// FirstDay and LastDay are YYYY-MM-DD, at most 366 days apart and 2 years ahead. A worker enters none that lie in the past.
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
	// Reason is holiday, exams, ill or other.
	Reason AbsenceReason `json:"reason"`
	// Note is what else there is to know: one line, up to 200 characters.
	Note string `json:"note" encore:"optional"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PutAbsenceParams change an absence.
type PutAbsenceParams struct {
	// FirstDay and LastDay are YYYY-MM-DD, as in AddAbsenceParams.
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
	// Reason is holiday, exams, ill or other.
	Reason AbsenceReason `json:"reason"`
	// Note is what else there is to know: one line, up to 200 characters.
	Note string `json:"note" encore:"optional"`
	// Version is that of the absence that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteAbsenceParams say whether the request may have been made already.
type DeleteAbsenceParams struct {
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// DeleteAbsenceResponse says which absence is gone.
type DeleteAbsenceResponse struct {
	ID int64 `json:"id"`
}

// AddAbsence enters days on which somebody cannot work. The office for everybody who does runs, a worker for themselves, from
// today on. Runs that are planned on these days stay as they are and are named in the answer; new ones are refused unless the
// office insists (rule 7).
//
// Errors: invalid_argument for a bad period, reason or note, and for a worker's period that begins before today; already_exists
// when the worker is absent on some of these days already; not_found when there is no such worker, and for somebody else's;
// permission_denied for those who do no runs.
//
//encore:api auth method=POST path=/absences
func (s *Service) AddAbsence(ctx context.Context, p *AddAbsenceParams) (*AbsenceDetail, error) {
	caller, err := s.actorFor(ctx, p.WorkerID)
	if err != nil {
		return nil, err
	}
	period, err := s.readAbsence(p.FirstDay, p.LastDay, p.Reason, p.Note)
	if err != nil {
		return nil, err
	}
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "AddAbsence", p}, func(c *change) (int64, error) {
		if !caller.Office() && period.first.Before(s.today()) {
			return 0, errAbsencePast()
		}
		if err := c.checkAbsence(ctx, p.WorkerID, 0, period); err != nil {
			return 0, err
		}
		id, err := c.query.InsertAbsence(ctx, store.InsertAbsenceParams{
			WorkerID: p.WorkerID, FirstDay: period.first, LastDay: period.last, Reason: string(p.Reason), Note: period.note,
			EnteredAt: c.at, EnteredBy: caller.ID,
		})
		if err != nil {
			return 0, err
		}
		return id, c.absenceChanged(ctx, AbsenceCreated, p.WorkerID, nil, &absenceState{id, day.Format(period.first), day.Format(period.last)})
	})
	if err != nil {
		return nil, refusal.Failure(err, "enter the absence")
	}
	return s.absenceDetail(ctx, id)
}

// PutAbsence changes an absence. The office those of everybody, a worker their own that have not begun, to days from today on.
//
// Errors: as AddAbsence; aborted when somebody else has changed it since that version; failed_precondition when a worker changes
// one that has begun; not_found when there is none that the caller may see.
//
//encore:api auth method=PUT path=/absences/:id
func (s *Service) PutAbsence(ctx context.Context, id int64, p *PutAbsenceParams) (*AbsenceDetail, error) {
	caller, err := s.absenceActor(ctx)
	if err != nil {
		return nil, err
	}
	period, err := s.readAbsence(p.FirstDay, p.LastDay, p.Reason, p.Note)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutAbsence/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		before, err := s.lockAbsence(ctx, c, id)
		switch {
		case err != nil:
			return 0, err
		case before.Version != p.Version:
			return 0, changedMeanwhile("absence")
		case !caller.Office() && period.first.Before(s.today()):
			return 0, errAbsencePast()
		}
		if err := c.checkAbsence(ctx, before.WorkerID, id, period); err != nil {
			return 0, err
		}
		if err := c.query.UpdateAbsence(ctx, store.UpdateAbsenceParams{
			ID: id, FirstDay: period.first, LastDay: period.last, Reason: string(p.Reason), Note: period.note,
		}); err != nil {
			return 0, err
		}
		return id, c.absenceChanged(ctx, AbsenceChanged, before.WorkerID, absenceStateOf(before), &absenceState{id, day.Format(period.first), day.Format(period.last)})
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the absence")
	}
	return s.absenceDetail(ctx, id)
}

// DeleteAbsence takes an absence back. The office those of everybody, a worker their own that have not begun.
//
// Errors: failed_precondition when a worker takes one back that has begun; not_found when there is none that the caller may
// see; permission_denied for those who do no runs.
//
//encore:api auth method=DELETE path=/absences/:id
func (s *Service) DeleteAbsence(ctx context.Context, id int64, p *DeleteAbsenceParams) (*DeleteAbsenceResponse, error) {
	caller, err := s.absenceActor(ctx)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("DeleteAbsence/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		before, err := s.lockAbsence(ctx, c, id)
		if err != nil {
			return 0, err
		}
		if err := c.query.DeleteAbsence(ctx, id); err != nil {
			return 0, err
		}
		return id, c.absenceChanged(ctx, AbsenceDeleted, before.WorkerID, absenceStateOf(before), nil)
	})
	if err != nil {
		return nil, refusal.Failure(err, "take the absence back")
	}
	return &DeleteAbsenceResponse{ID: id}, nil
}

// absenceActor returns the caller if they may have to do with absences at all.
func (s *Service) absenceActor(ctx context.Context) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	_, err = access.Absences(caller)
	return caller, err
}

// absencePeriod is what a request says of an absence.
type absencePeriod struct {
	first, last time.Time
	note        string
}

func (s *Service) readAbsence(first, last string, reason AbsenceReason, note string) (p absencePeriod, err error) {
	if p.first, err = day.Parse("first_day", first); err != nil {
		return p, err
	}
	if p.last, err = day.Parse("last_day", last); err != nil {
		return p, err
	}
	switch {
	case p.last.Before(p.first):
		return p, refusal.Invalid("last_day", refusal.OutOfRange, "The last day lies before the first.")
	case p.last.After(p.first.AddDate(0, 0, maxAbsenceDays)):
		return p, refusal.Invalid("last_day", refusal.OutOfRange, "An absence lasts 366 days at most.")
	case p.last.After(s.today().AddDate(maxYearsAhead+1, 0, 0)):
		return p, refusal.Invalid("last_day", refusal.OutOfRange, "Absences end at most 3 years ahead.")
	case !slices.Contains([]AbsenceReason{AbsenceHoliday, AbsenceExams, AbsenceIll, AbsenceOther}, reason):
		return p, refusal.Invalid("reason", refusal.Unknown, "The reason is holiday, exams, ill or other.")
	}
	p.note, err = input.Text("note", note, maxAbsenceNote)
	return p, err
}

// lockAbsence locks an absence that the caller may change.
func (s *Service) lockAbsence(ctx context.Context, c *change, id int64) (store.Absence, error) {
	absence, err := c.query.AbsenceForUpdate(ctx, id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return absence, noAbsence()
	case err != nil:
		return absence, err
	case !c.caller.Office() && absence.WorkerID != c.caller.ID:
		return absence, noAbsence()
	case !c.caller.Office() && absence.FirstDay.Before(s.today()):
		return absence, refusal.Precondition("", refusal.InPast, "This absence has begun; ask the office.")
	}
	return absence, nil
}

// checkAbsence refuses days on which the worker is absent already. Whoever plans runs for the worker waits until it is entered.
func (c *change) checkAbsence(ctx context.Context, workerID, id int64, p absencePeriod) error {
	if err := c.query.LockWorker(ctx, workerID); err != nil {
		return err
	}
	_, err := c.query.OverlappingAbsence(ctx, store.OverlappingAbsenceParams{
		WorkerID: workerID, ID: id, FirstDay: p.first, LastDay: p.last,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = refusal.Exists("first_day", refusal.AbsentAlready, "There is an absence on some of these days already.")
	}
	return err
}

// absenceDetail reads an absence that the caller has just entered or changed.
func (s *Service) absenceDetail(ctx context.Context, id int64) (*AbsenceDetail, error) {
	row, err := s.query.FindAbsence(ctx, id)
	if err != nil {
		return nil, missingOr(err, noAbsence(), "read the absence")
	}
	absences, err := s.absencesOf(ctx, []store.Absence{row})
	if err != nil {
		return nil, err
	}
	ids, err := s.query.RunsDuring(ctx, store.RunsDuringParams{
		WorkerID: row.WorkerID, FirstDay: row.FirstDay, LastDay: row.LastDay, RowLimit: maxRunsInTheWay,
	})
	if err != nil {
		return nil, refusal.Failure(err, "find the runs in the way")
	}
	runs, err := s.runsByID(ctx, s.query, ids)
	if err != nil {
		return nil, err
	}
	detail := &AbsenceDetail{Absence: absences[0], Runs: make([]Run, len(runs))}
	for i, run := range runs {
		detail.Runs[i] = run.Run
	}
	return detail, nil
}

// absenceState is an absence as the audit log shows it, beside the person whose it is. Why somebody was absent, ill perhaps, is
// not kept longer than the absence.
type absenceState struct {
	AbsenceID int64  `json:"absence_id"`
	FirstDay  string `json:"first_day"`
	LastDay   string `json:"last_day"`
}

func absenceStateOf(a store.Absence) *absenceState {
	return &absenceState{a.ID, day.Format(a.FirstDay), day.Format(a.LastDay)}
}

// absenceChanged tells what has become of an absence; before or after is nil where there was none, or is none any more.
func (c *change) absenceChanged(ctx context.Context, kind string, workerID int64, before, after *absenceState) error {
	event := &AbsenceEvent{Type: kind, WorkerID: workerID, ActorID: c.caller.ID}
	var was, is any
	if before != nil {
		was, event.From, event.To = before, before.FirstDay, before.LastDay
	}
	if after != nil {
		is, event.From, event.To = after, after.FirstDay, after.LastDay
	}
	if before != nil && after != nil {
		event.From, event.To = min(before.FirstDay, after.FirstDay), max(before.LastDay, after.LastDay)
	}
	if err := c.audit(ctx, kind, "account", workerID, was, is); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, absenceEvents, event)
}

func noAbsence() error { return refusal.NotFound("There is no such absence.") }

func errAbsencePast() error {
	return refusal.Invalid("first_day", refusal.InPast, "Days that have passed are entered by the office.")
}
