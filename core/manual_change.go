package core

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	encore "encore.dev"
	"encore.dev/cron"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// UploadManual adds a version of the manual of a building: a PDF of 20 MB at most, by its content. The file that is the newest
// version already is no other one: the answer is that version. For the office and the building's syndics. The answer is the
// Manual.
//
// Form:
//   - file (string, binary): a PDF, the last field of the form
//
// Errors: invalid_argument for a form without a file, or a file that is too large (reason too_large), no PDF (wrong_file_type)
// or damaged (broken_file); already_exists (duplicate) when the file is an earlier version; failed_precondition when the
// building is archived; not_found when there is none that the caller may see; permission_denied for other roles;
// resource_exhausted when so many uploads wait that this one had no turn in time; deadline_exceeded when it took longer than
// 2 minutes to arrive; unavailable when files cannot be stored at the moment.
//
//encore:api auth raw method=POST path=/buildings/:id/manuals
func (s *Service) UploadManual(w http.ResponseWriter, req *http.Request) {
	body := req.Body
	manual, err := s.takeManual(w, req, encore.CurrentRequest().PathParams.Get("id"))
	if err != nil {
		s.drain(w, body)
		refusal.Write(w, err)
		return
	}
	content, err := json.Marshal(manual)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the manual"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(content)
}

func (s *Service) takeManual(w http.ResponseWriter, req *http.Request, idText string) (*Manual, error) {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	// Asked about a building of their own, a refusal can only come from the role.
	if err := access.ChangeBuilding(caller, []int64{caller.ID}); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil {
		return nil, noBuilding()
	}
	if err := s.seesBuilding(ctx, caller, id); err != nil {
		return nil, err
	}
	leave, err := s.uploads.enter(ctx, caller.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	file, err := s.readManual(w, req)
	if errors.Is(err, errPartTooLarge) {
		return nil, errTooLarge()
	}
	if err != nil {
		return nil, storeFailed(err)
	}
	defer file.Close()
	if err := checkPDF(file.File, file.size); err != nil {
		return nil, err
	}
	if err := s.writeManual(ctx, file); err != nil {
		return nil, err
	}
	row, err := s.insertManual(ctx, caller, id, file)
	if err != nil {
		return nil, refusal.Failure(err, "record the manual")
	}
	manuals, err := s.manualsFor(ctx, caller, []store.Manual{row})
	if err != nil {
		return nil, err
	}
	return &manuals[0], nil
}

// readManual reads the form: its file, the last part, to disk.
func (s *Service) readManual(w http.ResponseWriter, req *http.Request) (*spooledFile, error) {
	form, done, err := s.uploadForm(w, req)
	if err != nil {
		return nil, err
	}
	defer done()
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, refusal.Invalid("file", refusal.Required, "Send a PDF.")
		case err != nil:
			return nil, unreadable(err)
		case part.FormName() == "file":
			return spoolPart(part, form)
		}
	}
}

// checkPDF refuses what is no PDF by its first bytes, and what does not end as one does.
func checkPDF(file *os.File, size int64) error {
	const tail = 1024
	head := make([]byte, 5)
	if _, err := file.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return refusal.Failure(err, "read the upload")
	}
	if string(head) != "%PDF-" {
		return refusal.Invalid("file", refusal.WrongFileType, "A manual is a PDF; this file is not.")
	}
	end := make([]byte, min(tail, size))
	if _, err := file.ReadAt(end, size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return refusal.Failure(err, "read the upload")
	}
	if !bytes.Contains(end, []byte("%%EOF")) {
		return refusal.Invalid("file", refusal.BrokenFile, "The PDF is damaged: its end is missing.")
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return refusal.Failure(err, "read the upload")
	}
	return nil
}

// writeManual stores the file of a manual, before its row: a row promises that it is there.
func (s *Service) writeManual(ctx context.Context, file *spooledFile) error {
	note := store.NoteManualFileParams{Sha256: file.sum[:], NotedAt: s.clock()}
	if err := s.query.NoteManualFile(ctx, note); err != nil {
		return refusal.Failure(err, "note the file")
	}
	if err := s.manuals.write(ctx, manualFileName(file.sum[:]), file.File); err != nil {
		return storeFailed(&photo.SpoolError{Cause: err})
	}
	return nil
}

// insertManual records a manual whose file is stored.
func (s *Service) insertManual(
	ctx context.Context, caller access.Actor, buildingID int64, file *spooledFile,
) (manual store.Manual, err error) {
	err = s.transact(ctx, caller, func(c *change) error {
		building, err := c.lockBuilding(ctx, buildingID)
		if err != nil {
			return missingOr(err, noBuilding(), "lock the building")
		}
		if err := access.ChangeBuilding(caller, building.SyndicIDs); err != nil {
			return err
		}
		if building.ArchivedAt != nil {
			return errArchivedBuilding()
		}
		present, err := c.query.ManualsOfBuilding(ctx, buildingID)
		if err != nil {
			return err
		}
		for i := range present {
			if !bytes.Equal(present[i].Sha256, file.sum[:]) {
				continue
			}
			if i > 0 {
				return refusal.Exists("file", refusal.Duplicate, "This file is an earlier version of the manual already.")
			}
			manual = present[i]
			return nil
		}
		manual, err = c.query.InsertManual(ctx, store.InsertManualParams{
			BuildingID: buildingID, Sha256: file.sum[:], Size: int32(file.size), UploadedAt: c.at, UploadedBy: caller.ID,
		})
		if err != nil {
			return err
		}
		return c.manualChanged(ctx, ManualAdded, building, manual.ID, nil, stateOfManual(manual))
	})
	return manual, err
}

// PutManualParams change a manual.
type PutManualParams struct {
	// Status is up_to_date or needs_update.
	Status string `json:"status"`
}

// PutManual says whether a version of a manual is up to date or needs an update. The office only.
//
// Errors: invalid_argument for another status, not_found when there is no such manual, permission_denied for other roles.
//
//encore:api auth method=PUT path=/manuals/:id
func (s *Service) PutManual(ctx context.Context, id int64, p *PutManualParams) (*Manual, error) {
	if p.Status != ManualUpToDate && p.Status != ManualNeedsUpdate {
		return nil, refusal.Invalid("status", refusal.Unknown, "A manual is up_to_date or needs_update.")
	}
	return s.changeManual(ctx, id, func(c *change, building buildingState, manual store.Manual) error {
		if manual.Status == p.Status {
			return nil
		}
		if err := c.query.SetManualStatus(ctx, store.SetManualStatusParams{ID: id, Status: p.Status}); err != nil {
			return err
		}
		after := manual
		after.Status = p.Status
		return c.manualChanged(ctx, ManualChanged, building, id, stateOfManual(manual), stateOfManual(after))
	})
}

// DeleteManual removes a version of a manual. Its file is removed once nothing needs it, and its number is not given again. The
// office only.
//
// Errors: not_found when there is no such manual, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/manuals/:id
func (s *Service) DeleteManual(ctx context.Context, id int64) (*Manual, error) {
	return s.changeManual(ctx, id, func(c *change, building buildingState, manual store.Manual) error {
		if err := c.query.DeleteManual(ctx, store.DeleteManualParams{ID: id, DeletedAt: c.at}); err != nil {
			return err
		}
		return c.manualChanged(ctx, ManualDeleted, building, id, stateOfManual(manual), nil)
	})
}

// changeManual runs do in a transaction of the office that holds the lock of the manual's building, and returns the manual as
// it is after, or was before it was deleted.
func (s *Service) changeManual(
	ctx context.Context, id int64, do func(c *change, building buildingState, manual store.Manual) error,
) (*Manual, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	var manual store.Manual
	err = s.transact(ctx, caller, func(c *change) error {
		found, err := c.query.FindManual(ctx, id)
		if err != nil {
			return missingOr(err, noManual(), "read the manual")
		}
		building, err := c.lockBuilding(ctx, found.BuildingID)
		if err != nil {
			return err
		}
		if manual, err = c.query.FindManual(ctx, id); err != nil { // as it is now
			return missingOr(err, noManual(), "read the manual")
		}
		if err := do(c, building, manual); err != nil {
			return err
		}
		if after, err := c.query.FindManual(ctx, id); err == nil {
			manual = after
		} else if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the manual")
	}
	manuals, err := s.manualsFor(ctx, caller, []store.Manual{manual})
	if err != nil {
		return nil, err
	}
	return &manuals[0], nil
}

// manualState is a manual as the audit log shows it, beside the building whose it is.
type manualState struct {
	ManualID int64  `json:"manual_id"`
	Version  int32  `json:"version"`
	Status   string `json:"status"`
}

func stateOfManual(manual store.Manual) *manualState {
	return &manualState{manual.ID, manual.Version, manual.Status}
}

// manualChanged tells what has become of a manual. It is about the building, in whose history it stands.
func (c *change) manualChanged(
	ctx context.Context, kind string, building buildingState, id int64, before, after *manualState,
) error {
	runs, err := c.query.StartedRunsAtBuilding(ctx, building.ID)
	if err != nil {
		return err
	}
	var was, is any
	if before != nil {
		was = before
	}
	if after != nil {
		is = after
	}
	if err := c.audit(ctx, kind, "building", building.ID, was, is); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, buildingEvents, &BuildingEvent{
		Type: kind, BuildingID: building.ID, ActorID: c.caller.ID, SyndicIDs: building.SyndicIDs,
		Archived: building.ArchivedAt != nil, ManualID: id, RunIDs: runs,
	})
}

var _ = cron.NewJob("remove-unused-manuals", cron.JobConfig{
	Title:    "Remove the files that belong to no manual",
	Every:    1 * cron.Hour,
	Endpoint: RemoveUnusedManuals,
})

// unusedAge is for how long a file that belongs to no manual stays: an upload may be about to record it.
const unusedAge = 24 * time.Hour

// RemoveUnusedManuals removes the files that belong to no manual and were not sent within a day: those of manuals that were
// deleted, and of uploads that ended before they were recorded.
//
//encore:api private method=POST path=/internal/remove-unused-manuals
func (s *Service) RemoveUnusedManuals(ctx context.Context) error {
	for {
		more, err := s.removeUnusedManual(ctx)
		if err != nil || !more {
			return refusal.Failure(err, "remove the file of a manual")
		}
	}
}

// removeUnusedManual removes the oldest one, and holds up who sends the same file meanwhile.
func (s *Service) removeUnusedManual(ctx context.Context) (more bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		sum, err := query.LockUnusedManualFile(ctx, s.clock().Add(-unusedAge))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.manuals.remove(ctx, manualFileName(sum)); err != nil {
			return err
		}
		more = true
		return query.ForgetManualFile(ctx, sum)
	})
	return more && err == nil, err
}
