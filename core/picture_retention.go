package core

import (
	"context"
	"errors"
	"time"

	"encore.dev/cron"
	"encore.dev/metrics"
	"encore.dev/rlog"
	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

const (
	// retentionBatch is how many photos are removed in one transaction.
	retentionBatch = 50
	// retentionNight is how many batches a night has at most: 20,000 photos of each kind. The rest waits for the next one.
	retentionNight = 400
)

var _ = cron.NewJob("remove-old-photos", cron.JobConfig{
	Title:    "Remove the files of photos that are older than PHOTO_RETENTION",
	Schedule: "40 1 * * *",
	Endpoint: RemoveOldPhotos,
})

// photosRemoved counts the photos whose files were removed because their time was up.
var photosRemoved = metrics.NewCounter[uint64]("core_photos_removed_total", metrics.CounterConfig{})

// RemoveOldPhotos removes the files of photos that were received before PHOTO_RETENTION: those of visits and remarks, unless an
// incident that is not resolved may be about them, and those of incidents that were resolved before it too. Their rows stay, and
// say when that was. What cannot be removed stays for the next night.
//
//encore:api private method=POST path=/internal/remove-old-photos
func (s *Service) RemoveOldPhotos(ctx context.Context) error {
	before, ends := s.retention.Before(s.clock())
	if !ends {
		return nil
	}
	return refusal.Failure(errors.Join(
		s.removePhotos(ctx, before, photosOfVisits), s.removePhotos(ctx, before, photosOfIncidents),
	), "remove old photos")
}

// agedPhoto is a photo whose time is up; at and id are its place in the order in which photos are removed.
type agedPhoto struct {
	id  uuid.UUID
	sum []byte
	at  time.Time
}

// agedPhotos are the photos of one kind.
type agedPhotos struct {
	// kind is what the audit log says.
	kind string
	// lock returns the next ones after a place.
	lock func(ctx context.Context, c *change, before time.Time, after agedPhoto) ([]agedPhoto, error)
	mark func(ctx context.Context, c *change, ids []uuid.UUID) error
}

var photosOfVisits = agedPhotos{
	kind: PicturesRemoved,
	lock: func(ctx context.Context, c *change, before time.Time, after agedPhoto) (photos []agedPhoto, err error) {
		rows, err := c.query.LockOldPictures(ctx, store.LockOldPicturesParams{
			Before: before, AfterAt: after.at, AfterID: after.id, RowLimit: retentionBatch,
		})
		for _, row := range rows {
			photos = append(photos, agedPhoto{row.ID, row.Sha256, row.ReceivedAt})
		}
		return photos, err
	},
	mark: func(ctx context.Context, c *change, ids []uuid.UUID) error {
		return c.query.MarkPicturesRemoved(ctx, store.MarkPicturesRemovedParams{RemovedAt: c.at, Ids: ids})
	},
}

var photosOfIncidents = agedPhotos{
	kind: incidentPicturesRemoved,
	lock: func(ctx context.Context, c *change, before time.Time, after agedPhoto) (photos []agedPhoto, err error) {
		rows, err := c.query.LockOldIncidentPictures(ctx, store.LockOldIncidentPicturesParams{
			Before: before, AfterAt: after.at, AfterID: after.id, RowLimit: retentionBatch,
		})
		for _, row := range rows {
			photos = append(photos, agedPhoto{row.ID, row.Sha256, row.AddedAt})
		}
		return photos, err
	},
	mark: func(ctx context.Context, c *change, ids []uuid.UUID) error {
		return c.query.MarkIncidentPicturesRemoved(ctx, store.MarkIncidentPicturesRemovedParams{RemovedAt: c.at, Ids: ids})
	},
}

// removedPhotos is a batch as the audit log shows it.
type removedPhotos struct {
	Count          int         `json:"count"`
	ReceivedBefore time.Time   `json:"received_before"`
	IDs            []uuid.UUID `json:"ids"`
}

// removePhotos removes the photos of one kind, batch by batch. A photo whose files cannot be removed stays as it is; when that
// holds for a whole batch, the bucket is away and the rest of the night would be the same.
func (s *Service) removePhotos(ctx context.Context, before time.Time, of agedPhotos) error {
	var failures []error
	var after agedPhoto
	removed := 0
	for range retentionNight {
		var photos []agedPhoto
		var gone []uuid.UUID
		err := s.transact(ctx, access.Actor{}, func(c *change) (err error) {
			gone = nil
			if photos, err = of.lock(ctx, c, before, after); err != nil || len(photos) == 0 {
				return err
			}
			for _, photo := range photos {
				// Before the row says so: after a crash in between it is done again.
				if err := s.removeFiles(ctx, photo.id, photo.sum); err != nil {
					failures = append(failures, err)
					continue
				}
				gone = append(gone, photo.id)
			}
			if len(gone) == 0 {
				return nil
			}
			if err := of.mark(ctx, c, gone); err != nil {
				return err
			}
			return c.audit(ctx, of.kind, "picture", gone[0], nil, removedPhotos{len(gone), before, gone})
		})
		if err != nil {
			return errors.Join(append(failures, err)...)
		}
		removed += len(gone)
		photosRemoved.Add(uint64(len(gone)))
		if len(photos) < retentionBatch || len(gone) == 0 {
			break
		}
		after = photos[len(photos)-1]
	}
	if removed > 0 || len(failures) > 0 {
		rlog.Info("old photos were removed", "of", of.kind, "received_before", before, "removed", removed, "failed", len(failures))
	}
	if len(failures) > 0 {
		return failures[0] // the others are of the same kind
	}
	return nil
}

// removeFiles removes the files of a picture that are there.
func (s *Service) removeFiles(ctx context.Context, id uuid.UUID, sum []byte) error {
	for _, size := range []string{sizeSmall, sizeLarge} {
		if err := s.files.remove(ctx, fileName(id, sum, size)); err != nil {
			return err
		}
	}
	return nil
}
