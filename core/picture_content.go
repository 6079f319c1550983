package core

import (
	"context"
	"errors"

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

// PictureContent hands a picture to the service that mails it for the office, which sees all pictures.
//
// Errors: not_found when there is no such picture.
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
	if err != nil {
		return nil, refusal.Failure(err, "read the picture's file")
	}
	return &PictureContentResponse{Picture: pictureOf(row), Content: content}, nil
}
