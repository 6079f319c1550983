package core

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/internal/audit"
	"encore.app/internal/settings"
)

func TestPhotosAreRemovedWhenTheirTimeIsUp(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	form := r.form(run, stops[0], StepArrival)
	old := r.send(emma, form).picture(t)
	r.visit(run, stops[1], StepArrival)
	r.setTime(monday.AddDate(2, 0, 0))
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Len(t, r.files.names(), 4, "two years are not over yet")

	r.pass(time.Second)
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Empty(t, r.files.names())
	detail, err := r.GetRun(r.as(office), run)
	require.NoError(t, err)
	picture := detail.Stops[0].Visit.Pictures[0]
	require.Equal(t, old.ID, picture.ID, "that there was a photo is known")
	require.Equal(t, r.clock(), *picture.RemovedAt)
	code, _ := r.fetch(r.as(office), old.ID.String(), sizeLarge, "").refusal(t)
	require.Equal(t, "not_found", code)

	again := r.send(emma, form).picture(t)
	require.Equal(t, old.ID, again.ID, "an outbox may send it for ever (rule 4)")
	require.Empty(t, r.files.names(), "and it does not come back")
	other := *form
	other.file = jpegFile(t, 65, 48)
	code, _ = r.send(emma, &other).refusal(t)
	require.Equal(t, "already_exists", code)

	lines := r.auditedAs(PicturesRemoved)
	require.Len(t, lines, 1, "one for the batch")
	require.Zero(t, lines[0].Actor.UserID, "the system itself")
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Len(t, r.auditedAs(PicturesRemoved), 1, "nothing is left to do")
}

func TestPhotosAreKeptForEverWhereThatIsSet(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.retention = settings.Retention{}
	run, stops := r.startedRun()
	picture := r.picture(run, stops[0], StepArrival)
	r.setTime(monday.AddDate(50, 0, 0))
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Equal(t, http.StatusOK, r.fetch(r.as(office), picture.ID.String(), sizeLarge, "").status)
}

func TestPhotosThatAnOpenIncidentMayBeAboutStay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	kept, gone := r.picture(run, stops[0], StepArrival), r.picture(run, stops[1], StepArrival)
	incident, err := r.CreateIncident(r.as(emma), r.incidentParams(stops[0], run))
	require.NoError(t, err)
	r.setTime(monday.AddDate(3, 0, 0))
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Equal(t, http.StatusOK, r.fetch(r.as(office), kept.ID.String(), sizeLarge, "").status)
	code, _ := r.fetch(r.as(office), gone.ID.String(), sizeLarge, "").refusal(t)
	require.Equal(t, "not_found", code)

	r.move(incident.Incident, IncidentResolved, "")
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Empty(t, r.files.names())
}

func TestPhotosOfIncidentsStayUntilTheyAreResolvedForAsLong(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	incident, err := r.CreateIncident(r.as(emma), r.incidentParams(stops[0], run))
	require.NoError(t, err)
	added := r.uploadIncidentPicture(r.as(emma), map[string]string{
		"id": newID().String(), "incident": incident.Incident.ClientID.String(),
	}, jpegFile(t, 64, 48))
	require.Equal(t, http.StatusOK, added.status, string(added.body))
	r.setTime(monday.AddDate(3, 0, 0))
	detail, err := r.GetIncident(r.as(office), incident.Incident.ID)
	require.NoError(t, err)
	r.move(detail.Incident, IncidentResolved, "")
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Len(t, r.files.names(), 2, "it was resolved today")
	r.setTime(monday.AddDate(5, 0, 1))
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.Empty(t, r.files.names())
	detail, err = r.GetIncident(r.as(office), incident.Incident.ID)
	require.NoError(t, err)
	require.NotNil(t, detail.Pictures[0].RemovedAt)
	require.Empty(t, detail.Incident.Thumbnail)
}

func TestAPhotoThatCannotBeRemovedWaitsForTheNextNight(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	stuck, gone := r.picture(run, stops[0], StepArrival), r.picture(run, stops[1], StepArrival)
	r.files.failRemove = func(name string) error {
		if strings.HasPrefix(name, stuck.ID.String()) {
			return errors.New("the bucket is away")
		}
		return nil
	}
	r.setTime(monday.AddDate(2, 0, 1))
	require.Error(t, r.RemoveOldPhotos(t.Context()), "it is told")
	removed := func(picture Picture) bool {
		row, err := r.query.FindPicture(t.Context(), picture.ID)
		require.NoError(t, err)
		return row.RemovedAt != nil
	}
	require.True(t, removed(gone), "the others do not wait for it")
	require.False(t, removed(stuck))
	r.files.failRemove = nil
	r.files.mu.Lock()
	clear(r.files.content) // files that are gone already are no mistake
	r.files.mu.Unlock()
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	require.True(t, removed(stuck))
}

func TestManyPhotosAreRemovedInBatches(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.picture(run, stops[0], StepArrival)
	_, err := r.pool.Exec(t.Context(), `
		insert into pictures (id, run_id, building_id, step, claimed_at, taken_at, received_at, width, height, sha256)
		select gen_random_uuid(), run_id, building_id, step, claimed_at, taken_at, received_at, width, height, sha256
		from pictures, generate_series(1, $1)`, 2*retentionBatch)
	require.NoError(t, err)
	r.setTime(monday.AddDate(2, 0, 1))
	require.NoError(t, r.RemoveOldPhotos(t.Context()))
	var left int
	require.NoError(t, r.pool.QueryRow(t.Context(), `select count(*) from pictures where removed_at is null`).Scan(&left))
	require.Zero(t, left)
	require.Len(t, r.auditedAs(PicturesRemoved), 3)
}

// fallibleBucket is the bucket, from which some files cannot be removed.
type fallibleBucket struct {
	bucketFiles
	stuck string
}

func (b fallibleBucket) remove(ctx context.Context, name string) error {
	if strings.HasPrefix(name, b.stuck) {
		return errors.New("the bucket is away")
	}
	return b.bucketFiles.remove(ctx, name)
}

func TestOldPhotosLeaveTheBucket(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	r.Service.files = bucketFiles{}
	run, stops := r.startedRun()
	stuck, gone := r.picture(run, stops[0], StepArrival), r.picture(run, stops[1], StepArrival)
	stored := func(picture Picture) (count int) {
		row, err := r.query.FindPicture(t.Context(), picture.ID)
		require.NoError(t, err)
		for _, size := range []string{sizeSmall, sizeLarge} {
			there, err := pictures.Exists(t.Context(), fileName(row.ID, row.Sha256, size))
			require.NoError(t, err)
			if there {
				count++
			}
		}
		return count
	}
	removedAt := func(picture Picture) *time.Time {
		row, err := r.query.FindPicture(t.Context(), picture.ID)
		require.NoError(t, err)
		return utc(row.RemovedAt)
	}
	require.Equal(t, 2, stored(stuck))
	require.Equal(t, 2, stored(gone))

	r.setTime(monday.AddDate(2, 0, 1))
	r.Service.files = fallibleBucket{stuck: stuck.ID.String()}
	require.Error(t, r.RemoveOldPhotos(t.Context()))
	require.Zero(t, stored(gone))
	require.Equal(t, r.clock(), *removedAt(gone))
	require.Equal(t, 2, stored(stuck))
	require.Nil(t, removedAt(stuck), "its files are there")
	require.Equal(t, http.StatusOK, r.fetch(r.as(office), stuck.ID.String(), sizeLarge, "").status)
	removed := func() (ids []uuid.UUID) {
		for _, line := range r.auditedAs(PicturesRemoved) {
			var batch removedPhotos
			require.NoError(t, json.Unmarshal(line.After, &batch))
			ids = append(ids, batch.IDs...)
		}
		return ids
	}
	require.Equal(t, []uuid.UUID{gone.ID}, removed())

	r.pass(24 * time.Hour)
	r.Service.files = bucketFiles{}
	require.NoError(t, r.RemoveOldPhotos(t.Context()), "the bucket is back")
	require.Zero(t, stored(stuck))
	require.Equal(t, r.clock(), *removedAt(stuck))
	require.Equal(t, []uuid.UUID{gone.ID, stuck.ID}, removed())
}

// auditedAs are what the audit log was told of a kind.
func (r *rounds) auditedAs(kind string) (lines []*audit.Event) {
	r.t.Helper()
	r.events()
	for _, message := range r.topic.messages {
		if message.Topic != audit.Topic {
			continue
		}
		line, err := audit.Decode(message)
		require.NoError(r.t, err)
		if line.Kind == kind {
			lines = append(lines, line)
		}
	}
	return lines
}
