package core

import (
	"context"

	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/core/store"
)

// BeginIncidentPictureUploadParams tell about a photo of an incident that comes in parts.
type BeginIncidentPictureUploadParams struct {
	// IncidentID is the client_id of the incident, which was reported before.
	IncidentID uuid.UUID `json:"incident_id"`
	// Size is that of the whole file in bytes, 20 MB at most.
	Size int64 `json:"size"`
	// Sha256 is the checksum of the whole file, in 64 hexadecimal digits.
	Sha256 string `json:"sha256"`
	// ReporterID is whose photo it is, as in CreateIncidentParams.
	ReporterID int64 `json:"reporter_id" encore:"optional"`
}

// IncidentPictureUpload is how far a photo of an incident that comes in parts is.
type IncidentPictureUpload struct {
	// ID is that of the picture.
	ID uuid.UUID `json:"id"`
	// PartBytes is the size of every part but the last one.
	PartBytes int `json:"part_bytes"`
	// Parts is how many have arrived; it is the number of the next one.
	Parts int `json:"parts"`
	// Picture is set when it is complete and recorded: there is nothing to send any more.
	Picture *IncidentPicture `json:"picture"`
}

// BeginIncidentPictureUpload announces a photo of an incident that comes in parts; id is the picture's, which the client makes. The
// parts are sent as those of other photos (UploadPicturePart), and count among them: see BeginPictureUpload. For who may add the
// photo: see UploadIncidentPicture.
//
// Errors: invalid_argument for a missing or malformed field, or more than 20 MB (too_large); resource_exhausted when the person has
// begun five others (too_many), begins too often (rate_limited), or too much is not finished altogether (busy); otherwise as
// UploadIncidentPicture.
//
//encore:api auth method=PUT path=/incident-picture-uploads/:id
func (s *Service) BeginIncidentPictureUpload(
	ctx context.Context, id uuid.UUID, p *BeginIncidentPictureUploadParams,
) (*IncidentPictureUpload, error) {
	caller, err := s.uploader(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.countUpload(ctx, caller); err != nil {
		return nil, err
	}
	announced := &incidentUpload{id: id, incident: p.IncidentID, reporter: p.ReporterID}
	if announced.sum, err = checkAnnounced(p.Size, p.Sha256); err != nil {
		return nil, err
	}
	if id == uuid.Nil {
		return nil, refuseField("id", "", "Make a UUID and send it as id.")
	}
	stored, err := s.mayAddPicture(ctx, caller, announced)
	if err != nil {
		return nil, err
	}
	state := &IncidentPictureUpload{ID: id, PartBytes: partBytes}
	if stored != nil {
		state.Picture, err = announced.repeats(*stored)
		return state, err
	}
	state.Parts, err = s.beginUpload(ctx, store.InsertPartialUploadParams{
		ID: id, UserID: caller.ID, IncidentID: &announced.incident, Sha256: announced.sum[:], Size: p.Size, TouchedAt: s.clock(),
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

// FinishIncidentPictureUpload makes a photo of an incident of the parts, once all have arrived, and answers with it; the same again
// gets the same answer, however late (rule 4). It checks what UploadIncidentPicture checks, and the checksum. After a refusal of the
// file itself (invalid_argument) the parts are forgotten.
//
// Errors: failed_precondition (parts_missing) when not all parts have arrived; invalid_argument (wrong_checksum) when they are not
// the file that was announced; not_found when the caller has begun no such upload, or it was given up; otherwise as
// UploadIncidentPicture.
//
//encore:api auth method=POST path=/incident-picture-uploads/:id/finish
func (s *Service) FinishIncidentPictureUpload(ctx context.Context, id uuid.UUID) (*IncidentPicture, error) {
	caller, err := s.uploader(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := s.uploads.enter(ctx, caller.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	picture, err := s.finishIncidentUpload(ctx, caller, id)
	if err == nil {
		return picture, nil
	}
	// It may have been finished before, or by another backend meanwhile.
	if stored, failed := s.query.FindIncidentPicture(ctx, id); failed == nil && deref(stored.AddedBy) == caller.ID {
		return new(incidentPictureOf(stored)), nil
	}
	return nil, err
}

func (s *Service) finishIncidentUpload(ctx context.Context, caller access.Actor, id uuid.UUID) (*IncidentPicture, error) {
	begun, err := s.begunUpload(ctx, caller, id.String())
	if err != nil {
		return nil, err
	}
	if begun.IncidentID == nil {
		return nil, errNoUpload()
	}
	announced := &incidentUpload{id: id, incident: *begun.IncidentID}
	copy(announced.sum[:], begun.Sha256)
	stored, err := s.mayAddPicture(ctx, caller, announced)
	if err != nil {
		return nil, err
	}
	var picture *IncidentPicture
	if stored != nil {
		picture, err = announced.repeats(*stored)
	} else {
		picture, err = s.assembleIncidentPicture(ctx, caller, begun, announced)
	}
	s.settleUpload(ctx, id, err)
	return picture, err
}

// assembleIncidentPicture makes a photo of an incident of the parts of an upload.
func (s *Service) assembleIncidentPicture(
	ctx context.Context, caller access.Actor, begun store.PartialUpload, announced *incidentUpload,
) (*IncidentPicture, error) {
	file, err := s.spoolParts(ctx, begun)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	converted, err := s.convertUpload(ctx, announced.id, file)
	if err != nil {
		return nil, err
	}
	return s.addIncidentPicture(ctx, caller, announced, converted)
}
