package core

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	encore "encore.dev"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// PutBuildingPhoto stores the photo of the front of a building, in the place of the one that it has: a JPEG, PNG or WebP by its content,
// with the limits of UploadPicture. It is kept upright, without metadata, in two sizes. The same file again changes nothing. The
// office only. The answer is the Building.
//
// Form:
//   - file (string, binary): a JPEG, PNG or WebP picture, the last field of the form
//
// Errors: invalid_argument for a form without a file, or a file that is too large (reason too_large or too_many_pixels), of another
// type (wrong_file_type) or damaged (broken_file); failed_precondition when the building is archived; not_found when there is no
// such building; permission_denied for other roles; resource_exhausted when so many uploads wait that this one had no turn in
// time; deadline_exceeded when it took longer than 2 minutes to arrive; unavailable when pictures cannot be converted or stored
// at the moment.
//
//encore:api auth raw method=PUT path=/buildings/:id/photo
func (s *Service) PutBuildingPhoto(w http.ResponseWriter, req *http.Request) {
	sent := req.Body
	building, err := s.takeBuildingPhoto(w, req, encore.CurrentRequest().PathParams.Get("id"))
	if err != nil {
		s.drain(w, sent)
		refusal.Write(w, err)
		return
	}
	content, err := json.Marshal(building)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the building"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(content)
}

func (s *Service) takeBuildingPhoto(w http.ResponseWriter, req *http.Request, idText string) (*Building, error) {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
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
	file, err := s.readPhoto(w, req)
	if errors.Is(err, errPartTooLarge) {
		return nil, errTooLarge()
	}
	if err != nil {
		return nil, storeFailed(err)
	}
	defer file.Close()
	photoID, err := uuid.NewV4()
	if err != nil {
		return nil, refusal.Failure(err, "make an id")
	}
	converted, err := s.convertUpload(ctx, photoID, file)
	if err != nil {
		return nil, err
	}
	err = s.changeBuildingPhoto(ctx, caller, id, func(c *change, before *store.BuildingPhoto) error {
		if before != nil && string(before.Sha256) == string(converted.sum) {
			return nil // what was written for it is removed as an upload that was not finished
		}
		if err := c.query.PutBuildingPhoto(ctx, store.PutBuildingPhotoParams{
			BuildingID: id, ID: photoID, Sha256: converted.sum, Width: int32(converted.width), Height: int32(converted.height),
			UploadedAt: c.at, UploadedBy: caller.ID,
		}); err != nil {
			return err
		}
		return c.query.ForgetUpload(ctx, store.ForgetUploadParams{PictureID: photoID, Sha256: converted.sum})
	})
	if err != nil {
		return nil, refusal.Failure(err, "record the photo")
	}
	return s.readBuilding(ctx, caller, id)
}

// readPhoto reads the form: its file, the last part, to disk.
func (s *Service) readPhoto(w http.ResponseWriter, req *http.Request) (*spooledFile, error) {
	form, done, err := s.uploadForm(w, req)
	if err != nil {
		return nil, err
	}
	defer done()
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errNoFile()
		case err != nil:
			return nil, unreadable(err)
		case part.FormName() == "file":
			return spoolPart(part, form)
		}
	}
}

// DeleteBuildingPhoto removes the photo of the front of a building; repeating it changes nothing. Its files are removed a day later. The
// office only.
//
// Errors: failed_precondition when the building is archived, not_found when there is no such building, permission_denied for
// other roles.
//
//encore:api auth method=DELETE path=/buildings/:id/photo
func (s *Service) DeleteBuildingPhoto(ctx context.Context, id int64) (*Building, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	err = s.changeBuildingPhoto(ctx, caller, id, func(c *change, before *store.BuildingPhoto) error {
		if before == nil {
			return nil
		}
		return c.query.DeleteBuildingPhoto(ctx, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "remove the photo")
	}
	return s.readBuilding(ctx, caller, id)
}

// buildingPhotoState is the photo of a building as the audit log shows it.
type buildingPhotoState struct {
	PhotoID uuid.UUID `json:"photo_id"`
	Width   int32     `json:"width"`
	Height  int32     `json:"height"`
}

// changeBuildingPhoto runs do in a transaction that holds the building's lock, and tells what has become of its photo, unless nothing
// has. before is nil when there is none. The files of one that is replaced or removed are noted for removal.
func (s *Service) changeBuildingPhoto(
	ctx context.Context, caller access.Actor, buildingID int64, do func(c *change, before *store.BuildingPhoto) error,
) error {
	return s.transact(ctx, caller, func(c *change) error {
		building, err := c.lockBuilding(ctx, buildingID)
		if err != nil {
			return missingOr(err, noBuilding(), "lock the building")
		}
		if building.ArchivedAt != nil {
			return errArchivedBuilding()
		}
		before, err := c.buildingPhoto(ctx, buildingID)
		if err != nil {
			return err
		}
		if err := do(c, before); err != nil {
			return err
		}
		after, err := c.buildingPhoto(ctx, buildingID)
		switch {
		case err != nil:
			return err
		case before == nil && after == nil, before != nil && after != nil && before.ID == after.ID:
			return nil
		}
		kind := BuildingPhotoChanged
		var was, is any
		if before != nil {
			was = buildingPhotoState{before.ID, before.Width, before.Height}
			if err := c.query.NoteUpload(ctx, store.NoteUploadParams{
				PictureID: before.ID, Sha256: before.Sha256, StartedAt: c.at,
			}); err != nil {
				return err
			}
		}
		if after != nil {
			is = buildingPhotoState{after.ID, after.Width, after.Height}
		} else {
			kind = BuildingPhotoRemoved
		}
		if err := c.audit(ctx, kind, "building", buildingID, was, is); err != nil {
			return err
		}
		return outbox.Append(ctx, c.tx, buildingEvents, &BuildingEvent{
			Type: kind, BuildingID: buildingID, ActorID: c.caller.ID, SyndicIDs: building.SyndicIDs,
		})
	})
}

// buildingPhoto reads the photo of a building; nil when there is none.
func (c *change) buildingPhoto(ctx context.Context, buildingID int64) (*store.BuildingPhoto, error) {
	photo, err := c.query.FindBuildingPhoto(ctx, buildingID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &photo, err
}
