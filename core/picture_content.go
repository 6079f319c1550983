package core

import (
	"context"
	"errors"
	"time"

	"encore.dev/storage/objects"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/internal/refusal"
)

// PictureContentParams name a picture.
type PictureContentParams struct {
	ID uuid.UUID `json:"id"`
}

// PictureContentResponse is a picture with its file.
type PictureContentResponse struct {
	Picture Picture `json:"picture"`
	// Content is the version of 1600 px, a JPEG.
	Content []byte `json:"content"`
}

// PictureContent hands a picture to the services that mail it for the office, which sees all pictures, and that export it for
// who made it.
//
// Errors: not_found when there is no such picture, or its file is missing or was removed.
//
//encore:api private method=POST path=/internal/picture-content
func (s *Service) PictureContent(ctx context.Context, p *PictureContentParams) (*PictureContentResponse, error) {
	row, err := s.query.FindPicture(ctx, p.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errNoPicture()
	}
	if err != nil {
		return nil, refusal.Failure(err, "read the picture")
	}
	if row.RemovedAt != nil {
		return nil, errPictureRemoved()
	}
	content, err := s.contentOf(ctx, row.ID, row.Sha256)
	if err != nil {
		return nil, err
	}
	return &PictureContentResponse{Picture: pictureOf(row), Content: content}, nil
}

// IncidentPictureContentResponse is the file of an incident's picture.
type IncidentPictureContentResponse struct {
	AddedAt time.Time `json:"added_at"`
	// Content is the version of 1600 px, a JPEG.
	Content []byte `json:"content"`
}

// IncidentPictureContent hands a picture that the caller added to an incident to the service that exports it.
//
// Errors: not_found when the caller added no such picture, or its file is missing.
//
//encore:api private method=POST path=/internal/incident-picture-content
func (s *Service) IncidentPictureContent(ctx context.Context, p *PictureContentParams) (*IncidentPictureContentResponse, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	row, err := s.query.FindIncidentPicture(ctx, p.ID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (row.AddedBy == nil || *row.AddedBy != caller.ID) {
		return nil, errNoPicture()
	}
	if err != nil {
		return nil, refusal.Failure(err, "read the picture")
	}
	if row.RemovedAt != nil {
		return nil, errPictureRemoved()
	}
	content, err := s.contentOf(ctx, row.ID, row.Sha256)
	if err != nil {
		return nil, err
	}
	return &IncidentPictureContentResponse{AddedAt: row.AddedAt.UTC(), Content: content}, nil
}

// contentOf reads the version of 1600 px of a picture.
func (s *Service) contentOf(ctx context.Context, id uuid.UUID, sum []byte) ([]byte, error) {
	content, err := s.files.read(ctx, fileName(id, sum, sizeLarge))
	if errors.Is(err, objects.ErrObjectNotFound) {
		return nil, refusal.NotFound("The file of the picture is missing.")
	}
	return content, refusal.Failure(err, "read the picture's file")
}
