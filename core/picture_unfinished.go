package core

import (
	"context"
	"errors"
	"time"

	"encore.dev/cron"
	"github.com/jackc/pgx/v5"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// unfinishedAge is after how long an upload that was not finished is given up; a phone that repeats it starts anew.
const unfinishedAge = 24 * time.Hour

var _ = cron.NewJob("remove-unfinished-uploads", cron.JobConfig{
	Title:    "Remove the files of uploads that were not finished",
	Every:    1 * cron.Hour,
	Endpoint: RemoveUnfinishedUploads,
})

// RemoveUnfinishedUploads removes the files of pictures whose upload ended, a day ago or longer, before they were
// recorded: the program was stopped meanwhile, or another picture had the id first. It gives up photos of which no part came for
// a day, too.
//
//encore:api private method=POST path=/internal/remove-unfinished-uploads
func (s *Service) RemoveUnfinishedUploads(ctx context.Context) error {
	for _, remove := range []func(context.Context) (bool, error){s.removeUnfinishedUpload, s.removeAbandonedUpload} {
		for more := true; more; {
			var err error
			if more, err = remove(ctx); err != nil {
				return refusal.Failure(err, "remove the files of an upload")
			}
		}
	}
	return nil
}

// removeAbandonedUpload removes the parts of the photo that has waited longest for its next one.
func (s *Service) removeAbandonedUpload(ctx context.Context) (more bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		begun, err := query.LockAbandonedUpload(ctx, s.clock().Add(-unfinishedAge))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		return s.removeParts(ctx, query, begun)
	})
	return more && err == nil, err
}

// removeUnfinishedUpload removes the files of the oldest one, and holds up who sends it again meanwhile.
func (s *Service) removeUnfinishedUpload(ctx context.Context) (more bool, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		upload, err := query.LockUnfinishedUpload(ctx, s.clock().Add(-unfinishedAge))
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if !upload.Stored {
			if err := s.removeFiles(ctx, upload.PictureID, upload.Sha256); err != nil {
				return err
			}
		}
		more = true
		return query.ForgetUpload(ctx, store.ForgetUploadParams{PictureID: upload.PictureID, Sha256: upload.Sha256})
	})
	return more && err == nil, err
}
