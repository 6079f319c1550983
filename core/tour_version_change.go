package core

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// RestoreVersionParams say on which state of the tour a version is brought back.
type RestoreVersionParams struct {
	// Version is that of the tour that was seen.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// RestoredVersion says what became of a version that was brought back.
type RestoredVersion struct {
	// LeftOut are its stops that could not come back, because they are archived or lie in another region now.
	LeftOut []StopName `json:"left_out"`
}

// SeeStopsParams say what the worker has seen.
type SeeStopsParams struct {
	// Version is the version of the tour's stops whose changes were shown: StopsChange.Version.
	Version int `json:"version"`
}

// RestoreTourVersion gives a tour the stops of a version again, as a new version. Stops that are archived, or lie in another region now,
// are left out and named. Runs that have started keep their stops (rule 1); who has planned ones is told. The office only.
//
// Errors: aborted when somebody else has changed the tour since that version; failed_precondition when it is archived; not_found when
// there is no such tour or version; permission_denied for other roles.
//
//encore:api auth method=POST path=/tours/:id/versions/:number/restore
func (s *Service) RestoreTourVersion(ctx context.Context, id int64, number int, p *RestoreVersionParams) (*RestoredVersion, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	noVersion := refusal.NotFound("The tour has no such version.")
	if number < 1 || number > math.MaxInt32 {
		return nil, noVersion
	}
	from := int32(number)
	request := sent{p.IdempotencyKey, fmt.Sprint("RestoreTourVersion/", id, "/", number), p}
	answer, err := answerOnce(ctx, s, caller, request, func(c *change) (*RestoredVersion, error) {
		answer := &RestoredVersion{LeftOut: []StopName{}}
		return answer, s.changeLockedTour(ctx, c, id, "tour.stops_changed", cause{versionRestored, &from}, func(tour store.Tour) error {
			if err := checkEditable(tour, p.Version); err != nil {
				return err
			}
			version, err := c.query.TourVersion(ctx, store.TourVersionParams{TourID: id, Number: from})
			if err != nil {
				return missingOr(err, noVersion, "read the version")
			}
			// Held, so that none is archived before the stops are stored.
			if _, err := c.query.BuildingsForStops(ctx, version.BuildingIds); err != nil {
				return err
			}
			rows, err := c.query.StopNames(ctx, version.BuildingIds)
			if err != nil {
				return err
			}
			stops := slices.Clone(version.BuildingIds)
			for _, row := range rows {
				if row.Archived || row.RegionID != tour.RegionID {
					answer.LeftOut = append(answer.LeftOut, stopName(row))
					stops = slices.DeleteFunc(stops, func(id int64) bool { return id == row.ID })
				}
			}
			return c.replaceStops(ctx, id, stops)
		})
	})
	return answer, refusal.Failure(err, "bring the version back")
}

// SeeStops notes that the worker has seen how the stops of a planned run have changed; from then on it is not shown to them any more, and
// the office sees that they know. Saying it again changes nothing, nor does it once the run is started. For its own worker.
//
// Errors: invalid_argument when the tour has no such version; not_found when there is no run that the caller may see; permission_denied
// for everybody but its worker, with run_given_away for whose it was before.
//
//encore:api auth method=POST path=/runs/:id/stops-seen
func (s *Service) SeeStops(ctx context.Context, id int64, p *SeeStopsParams) (*RunDetail, error) {
	err := s.changeRun(ctx, sent{}, id, access.Work, func(c *change, run store.Run) error {
		if run.Status != StatusPlanned || run.SeenVersion == nil || p.Version <= int(*run.SeenVersion) && p.Version > 0 {
			return nil
		}
		newest, err := c.query.NewestTourVersion(ctx, run.TourID)
		if err != nil {
			return err
		}
		if p.Version < 1 || p.Version > int(newest.Number) {
			return refusal.Invalid("version", refusal.Unknown, "The tour has no such version.")
		}
		err = c.query.SeeStops(ctx, store.SeeStopsParams{ID: id, SeenVersion: new(int32(p.Version)), SeenAt: c.at})
		if err != nil {
			return err
		}
		before, after := seenStops{*run.SeenVersion}, seenStops{int32(p.Version)}
		if err := c.audit(ctx, "run.stops_seen", "run", id, before, after); err != nil {
			return err
		}
		return c.appendRunEvent(ctx, RunChanged, &run, id)
	})
	if err != nil {
		return nil, refusal.Failure(err, "note that the stops were seen")
	}
	return s.runDetail(ctx, id)
}

// seenStops is what a worker knows of the stops of a run, as the audit log shows it.
type seenStops struct {
	SeenVersion int32 `json:"seen_version"`
}

// cause is why the stops of tours are others than before.
type cause struct {
	kind         string
	restoredFrom *int32
}

// lockTries bounds how often a change of stops begins again because runs were planned meanwhile.
const lockTries = 20

// heldStops are tours whose stops cannot change otherwise, with what is planned on them, until the transaction ends.
type heldStops struct {
	tourIDs, runIDs []int64
}

// holdStops locks what is planned on tours, the tours themselves, and what last locks, in this order (see change). What was planned, or
// was put on another tour, while it waited is not locked then: it lets go of everything and begins again.
func (s *Service) holdStops(
	ctx context.Context, c *change, tours func() ([]int64, error), last func() error,
) (held heldStops, err error) {
	for range lockTries {
		attempt, err := c.tx.Begin(ctx)
		if err != nil {
			return held, err
		}
		if held.tourIDs, err = tours(); err != nil {
			return held, err
		}
		day := s.today()
		held.runIDs, err = c.query.LockPlannedRuns(ctx, store.LockPlannedRunsParams{TourIds: held.tourIDs, Day: day})
		if err != nil {
			return held, err
		}
		if err := errors.Join(c.query.LockTours(ctx, held.tourIDs), last()); err != nil {
			return held, err
		}
		nowTours, err := tours()
		if err != nil {
			return held, err
		}
		nowRuns, err := c.query.PlannedRunsOfTours(ctx, store.PlannedRunsOfToursParams{TourIds: nowTours, Day: day})
		if err != nil {
			return held, err
		}
		if slices.Equal(nowTours, held.tourIDs) && slices.Equal(nowRuns, held.runIDs) {
			// What was found as it was, as the program from before left it, is not of whom changes it now.
			return held, errors.Join(attempt.Commit(ctx), c.keepVersions(ctx, held.tourIDs, cause{kind: versionKept}, 0))
		}
		if err := attempt.Rollback(ctx); err != nil {
			return held, err
		}
	}
	return held, refusal.Conflict(refusal.ChangedMeanwhile, "The tour is being planned at the moment. Try again.")
}

// keepVersions adds a version to the tours whose stops have changed.
func (c *change) keepVersions(ctx context.Context, tourIDs []int64, why cause, by int64) error {
	if _, err := c.addVersions(ctx, tourIDs, why, by); err != nil {
		return err
	}
	return c.query.SetUnknownVersions(ctx, tourIDs)
}

func (c *change) addVersions(ctx context.Context, tourIDs []int64, why cause, by int64) (changed []int64, err error) {
	return c.query.KeepTourVersions(ctx, store.KeepTourVersionsParams{
		TourIds: tourIDs, Cause: why.kind, RestoredFrom: why.restoredFrom, ChangedAt: c.at, ChangedBy: by,
	})
}

// stopsChanged adds a version to each of the held tours whose stops have changed, and tells of what is planned on them.
func (c *change) stopsChanged(ctx context.Context, held heldStops, why cause) error {
	changed, err := c.addVersions(ctx, held.tourIDs, why, c.caller.ID)
	if err != nil || len(changed) == 0 {
		return err
	}
	before, err := c.query.RunsToTell(ctx, store.RunsToTellParams{Ids: held.runIDs, TourIds: changed})
	if err != nil || len(before) == 0 {
		return err
	}
	after, err := c.query.TouchRuns(ctx, idsOfRuns(before))
	if err != nil {
		return err
	}
	now := make(map[int64]store.Run, len(after))
	for _, run := range after {
		now[run.ID] = run
	}
	events := make([]*RunEvent, len(before))
	for i, was := range before {
		events[i] = &RunEvent{
			Type: RunChanged, RunID: was.ID, WorkerID: was.WorkerID, ActorID: c.caller.ID, StopsChanged: true,
			Before: new(stateOf(was)), After: stateOf(now[was.ID]),
		}
	}
	return outbox.AppendAll(ctx, c.tx, runEvents, events)
}
