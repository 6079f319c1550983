package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
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
	// maxRemark is how many characters a remark has at most.
	maxRemark = 2000
	// maxRemarks is how many remarks there are at most at one stop of a run.
	maxRemarks = 50
)

// AddRemarkParams are a remark about a stop.
type AddRemarkParams struct {
	// ID is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// BuildingID is the building of the stop.
	BuildingID int64 `json:"building_id"`
	// Text is up to 2000 characters and may have several lines.
	Text string `json:"text"`
	// OccurredAt is when it was written, by the phone's clock.
	OccurredAt time.Time `json:"occurred_at"`
}

// PutRemarkParams change a remark.
type PutRemarkParams struct {
	// ID is that of the change. It is made by the client, and stays the same when the request is repeated.
	ID uuid.UUID `json:"id"`
	// Text is up to 2000 characters and may have several lines.
	Text string `json:"text"`
	// Reason says why the office corrects it, up to 1000 characters; for the worker it may be empty.
	Reason string `json:"reason" encore:"optional"`
}

// DeleteRemarkParams say why a remark goes.
type DeleteRemarkParams struct {
	// Reason says why the office deletes it, up to 1000 characters; for the worker it may be empty.
	Reason string `query:"reason"`
}

// AddRemark adds a remark about a stop. Its photos are uploaded after it. For the run's own worker, from the start of the run
// until 24 hours after its completion; what was written before a run was cancelled is taken for 24 hours too. The same id
// again returns the remark as it is now and changes nothing, however late (rule 4).
//
// Errors: invalid_argument for a missing id or time, and for a text that is missing or has more than 2000 characters;
// failed_precondition when the run does not take visits now, or the stop has 50 remarks (too_many); already_exists when the id
// was used for something else; not_found when there is no such run that the caller may see, or the building is no stop of it;
// permission_denied for everybody but the run's worker, with run_given_away for whose it was before.
//
//encore:api auth method=POST path=/runs/:id/remarks
func (s *Service) AddRemark(ctx context.Context, id int64, p *AddRemarkParams) (*Remark, error) {
	text, err := input.RequiredLines("text", p.Text, maxRemark)
	if err != nil {
		return nil, err
	}
	if err := checkClientWrite(p.ID, "occurred_at", p.OccurredAt); err != nil {
		return nil, err
	}
	claimed, sum := p.OccurredAt.UTC().Truncate(time.Microsecond), sha256.Sum256([]byte(text))
	var remark *Remark
	err = s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		stored, err := c.query.FindRemark(ctx, p.ID)
		if err == nil { // a repetition
			if stored.RunID != id || stored.BuildingID != p.BuildingID || !bytes.Equal(stored.Sha256, sum[:]) ||
				!stored.ClaimedAt.Equal(claimed) {
				return errIDReused()
			}
			remark, err = remarkIn(ctx, c.query, p.ID)
			return err
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		stop, err := s.openStop(ctx, c.query, run, p.BuildingID, claimed)
		if err != nil {
			return err
		}
		count, err := c.query.CountRemarks(ctx, store.CountRemarksParams{RunID: id, BuildingID: p.BuildingID})
		if err != nil {
			return err
		}
		if count >= maxRemarks {
			return refusal.Precondition("text", refusal.TooManyOfThem, "A stop has 50 remarks at most; delete or change another one.")
		}
		occurred, corrected := correctTime(claimed, *run.StartedAt, c.at)
		err = c.query.InsertRemark(ctx, store.InsertRemarkParams{
			ID: p.ID, RunID: id, BuildingID: p.BuildingID, Text: text, Sha256: sum[:], WrittenBy: c.caller.ID,
			ClaimedAt: claimed, OccurredAt: occurred, ReceivedAt: c.at, Corrected: corrected,
		})
		if violates(err, "remarks_pkey") { // used for another run since we looked: only that run was not locked
			return errIDReused()
		}
		if err != nil {
			return err
		}
		state := remarkState{RunID: id, BuildingID: p.BuildingID, Text: text, ClaimedAt: &claimed}
		remark, err = c.remarkChanged(ctx, RemarkCreated, run, stop, p.ID, nil, state)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "add the remark")
	}
	return remark, nil
}

// PutRemark changes the text of a remark: who wrote it, until 24 hours after the run was completed or cancelled; the office
// corrects it at any time, and says why. The same id of a change again returns the remark as it is now and changes nothing,
// however late (rule 4).
//
// Errors: invalid_argument for a missing id, for a text that is missing or has more than 2000 characters, and when the office
// gives no reason; failed_precondition (too_late) when the worker comes too late; already_exists when the id was used for
// something else; not_found when there is no such remark that the caller may see, or it was deleted; permission_denied for
// other roles.
//
//encore:api auth method=PUT path=/remarks/:id
func (s *Service) PutRemark(ctx context.Context, id uuid.UUID, p *PutRemarkParams) (*Remark, error) {
	text, err := input.RequiredLines("text", p.Text, maxRemark)
	if err != nil {
		return nil, err
	}
	reason, err := input.Lines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	if p.ID == uuid.Nil {
		return nil, refusal.Invalid("id", refusal.Required, "Make a UUID and send it as id.")
	}
	sum := sha256.Sum256([]byte(text))
	return s.changeRemark(ctx, id, func(c *change, run store.Run, stop store.RunStopRow, remark store.Remark) (*Remark, error) {
		made, err := c.query.FindRemarkChange(ctx, p.ID)
		if err == nil { // a repetition
			if made.RemarkID != id || !bytes.Equal(made.Sha256, sum[:]) {
				return nil, errIDReused()
			}
			return remarkIn(ctx, c.query, id)
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		if remark.DeletedAt != nil {
			return nil, errNoRemark()
		}
		if err := s.mayChangeRemark(c.caller, run, remark, reason); err != nil {
			return nil, err
		}
		err = c.query.InsertRemarkChange(ctx, store.InsertRemarkChangeParams{ID: p.ID, RemarkID: id, Sha256: sum[:], ChangedAt: c.at})
		if violates(err, "remark_changes_pkey") {
			return nil, errIDReused()
		}
		if err != nil {
			return nil, err
		}
		if remark.Text == text {
			return remarkIn(ctx, c.query, id)
		}
		err = c.query.UpdateRemark(ctx, store.UpdateRemarkParams{ID: id, Text: text, EditedAt: c.at, EditedBy: c.caller.ID})
		if err != nil {
			return nil, err
		}
		before := remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Text: remark.Text}
		after := remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Text: text, Reason: reason}
		return c.remarkChanged(ctx, RemarkChanged, run, stop, id, before, after)
	})
}

// DeleteRemark deletes a remark; nobody sees it and its photos any more, but the audit log keeps what it said. For who wrote it,
// until 24 hours after the run was completed or cancelled; for the office at any time, which says why. Deleting it again returns
// the same, however late (rule 4).
//
// Errors: invalid_argument when the office gives no reason; otherwise as PutRemark.
//
//encore:api auth method=DELETE path=/remarks/:id
func (s *Service) DeleteRemark(ctx context.Context, id uuid.UUID, p *DeleteRemarkParams) (*Remark, error) {
	reason, err := input.Lines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	return s.changeRemark(ctx, id, func(c *change, run store.Run, stop store.RunStopRow, remark store.Remark) (*Remark, error) {
		if remark.DeletedAt != nil { // a repetition
			return new(remarkOf(remark)), nil
		}
		if err := s.mayChangeRemark(c.caller, run, remark, reason); err != nil {
			return nil, err
		}
		err := c.query.DeleteRemark(ctx, store.DeleteRemarkParams{ID: id, DeletedAt: c.at, DeletedBy: c.caller.ID})
		if err != nil {
			return nil, err
		}
		before := remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Text: remark.Text}
		var after any
		if reason != "" {
			after = remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Reason: reason}
		}
		return c.remarkChanged(ctx, RemarkDeleted, run, stop, id, before, after)
	})
}

// RemovePictureParams say why a picture is taken off a remark.
type RemovePictureParams struct {
	// Reason says why the office takes it off, up to 1000 characters; for the worker it may be empty.
	Reason string `query:"reason"`
}

// RemovePicture takes a picture off a remark; nobody sees it any more, but the audit log keeps that it was there. For who
// wrote the remark, until 24 hours after the run was completed or cancelled; for the office at any time, which says why. It
// returns the remark as it is now. A picture that is not there, or not any more, changes nothing, however late (rule 4).
//
// Errors: invalid_argument when the office gives no reason; otherwise as PutRemark.
//
//encore:api auth method=DELETE path=/remarks/:id/pictures/:pictureID
func (s *Service) RemovePicture(ctx context.Context, id, pictureID uuid.UUID, p *RemovePictureParams) (*Remark, error) {
	reason, err := input.Lines("reason", p.Reason, maxReason)
	if err != nil {
		return nil, err
	}
	return s.changeRemark(ctx, id, func(c *change, run store.Run, stop store.RunStopRow, remark store.Remark) (*Remark, error) {
		picture, err := c.query.FindPicture(ctx, pictureID)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return nil, err
		}
		gone := err != nil || deref(picture.RemarkID) != id || picture.TakenOffAt != nil
		if gone || remark.DeletedAt != nil { // a repetition, or a phone that does not know better
			return remarkIn(ctx, c.query, id)
		}
		if err := s.mayChangeRemark(c.caller, run, remark, reason); err != nil {
			return nil, err
		}
		_, err = c.query.TakePictureOff(ctx, store.TakePictureOffParams{
			ID: pictureID, RemarkID: id, TakenOffAt: c.at, TakenOffBy: c.caller.ID,
		})
		if err != nil {
			return nil, err
		}
		before := remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Text: remark.Text, PictureID: &pictureID}
		after := remarkState{RunID: run.ID, BuildingID: remark.BuildingID, Text: remark.Text, Reason: reason}
		return c.remarkChanged(ctx, RemarkChanged, run, stop, id, before, after)
	})
}

// changeRemark runs do in a transaction that holds the lock of the remark's run.
func (s *Service) changeRemark(
	ctx context.Context, id uuid.UUID,
	do func(c *change, run store.Run, stop store.RunStopRow, remark store.Remark) (*Remark, error),
) (*Remark, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	// Asked about a remark of their own, a refusal can only come from the role.
	if err := access.ChangeRemark(caller, caller.ID); err != nil {
		return nil, err
	}
	found, err := s.query.FindRemark(ctx, id)
	if err != nil {
		return nil, missingOr(err, errNoRemark(), "read the remark")
	}
	var answer *Remark
	err = s.changeRun(ctx, sent{}, found.RunID, access.ChangeRemark, func(c *change, run store.Run) error {
		remark, err := c.query.FindRemark(ctx, id) // as it is now
		if err != nil {
			return err
		}
		stop, err := c.query.RunStop(ctx, store.RunStopParams{RunID: run.ID, BuildingID: remark.BuildingID})
		if err != nil {
			return err
		}
		answer, err = do(c, run, stop, remark)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the remark")
	}
	return answer, nil
}

// mayChangeRemark refuses a worker who comes too late, and an office that does not say why.
func (s *Service) mayChangeRemark(caller access.Actor, run store.Run, remark store.Remark, reason string) error {
	if caller.ID == remark.WrittenBy {
		// Whether it came in time was asked when it was written.
		late := s.checkTakesVisits(run, time.Time{})
		if late == nil || !caller.Office() {
			return late
		}
	}
	if reason == "" {
		return refusal.Invalid("reason", refusal.Required, "Say why the remark is corrected.")
	}
	return nil
}

// remarkState is a remark as the audit log shows it.
type remarkState struct {
	RunID      int64      `json:"run_id"`
	BuildingID int64      `json:"building_id"`
	Text       string     `json:"text"`
	ClaimedAt  *time.Time `json:"claimed_at,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	// PictureID is the picture that was taken off.
	PictureID *uuid.UUID `json:"picture_id,omitempty"`
}

// remarkChanged tells what has become of a remark, and returns it as it is now. The run shows how many there are.
func (c *change) remarkChanged(
	ctx context.Context, kind string, run store.Run, stop store.RunStopRow, id uuid.UUID, before, after any,
) (*Remark, error) {
	if err := c.query.TouchRun(ctx, run.ID); err != nil {
		return nil, err
	}
	remark, err := remarkIn(ctx, c.query, id)
	if err != nil {
		return nil, err
	}
	if err := c.audit(ctx, kind, "remark", id, before, after); err != nil {
		return nil, err
	}
	event := c.visitEvent(kind, run, stop)
	event.Remark = remark
	if err := outbox.Append(ctx, c.tx, visitEvents, event); err != nil {
		return nil, err
	}
	return remark, c.appendRunEvent(ctx, RunChanged, &run, run.ID)
}

// remarkIn reads a remark that exists, with its pictures unless it is deleted.
func remarkIn(ctx context.Context, query *store.Queries, id uuid.UUID) (*Remark, error) {
	row, err := query.FindRemark(ctx, id)
	if err != nil {
		return nil, err
	}
	if row.DeletedAt != nil {
		return new(remarkOf(row)), nil
	}
	remarks, err := remarksOf(ctx, query, []store.Remark{row})
	if err != nil {
		return nil, err
	}
	return &remarks[0], nil
}
