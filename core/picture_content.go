package core

import (
	"context"
	"errors"

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
// Errors: not_found when there is no such picture, or its file is missing.
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
	content, err := s.files.read(ctx, fileName(row.ID, row.Sha256, sizeLarge))
	if errors.Is(err, objects.ErrObjectNotFound) {
		return nil, refusal.NotFound("The file of the picture is missing.")
	}
	if err != nil {
		return nil, refusal.Failure(err, "read the picture's file")
	}
	return &PictureContentResponse{Picture: pictureOf(row), Content: content}, nil
}
