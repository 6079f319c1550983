package core

import (
	"context"
	"fmt"
	"slices"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// maxUsualWalkers bounds who usually walks a tour.
const maxUsualWalkers = 20

// PutRhythmParams say on which days a tour is walked, and who usually does it.
type PutRhythmParams struct {
	// RRule is when, as that of a collection rule; empty for a tour that is walked when somebody plans it.
	RRule string `json:"rrule"`
	// StartDate is the first day on which it counts, YYYY-MM-DD; INTERVAL and COUNT count from it.
	StartDate string `json:"start_date"`
	// HeldFrom and HeldUntil are the days, YYYY-MM-DD, from and until which the tour is not walked; empty without a pause, and
	// HeldUntil for one without end.
	HeldFrom  string `json:"held_from"`
	HeldUntil string `json:"held_until"`
	// UsualWalkerIDs are the workers who usually walk the tour, those first who are asked first; up to 20.
	UsualWalkerIDs []int64 `json:"usual_walker_ids"`
	// Version is that of the tour that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PutRhythm says on which days a tour is walked, and who usually does it. Runs that are planned stay as they are. The office only.
//
// Errors: invalid_argument for a recurrence or day that is wrong, for a recurrence without dates, for more than 20 walkers, and
// naming the rows of usual_walker_ids who are unknown, named twice, not active, a syndic or not of the tour's region; aborted when
// somebody else has changed the tour since that version; failed_precondition when the tour is archived; not_found when there is
// no such tour; permission_denied for other roles.
//
//encore:api auth method=PUT path=/tours/:id/rhythm
func (s *Service) PutRhythm(ctx context.Context, id int64, p *PutRhythmParams) (*TourDetail, error) {
	rhythm, err := checkRhythm(p)
	if err != nil {
		return nil, err
	}
	rhythm.ID = id
	request := sent{p.IdempotencyKey, fmt.Sprint("PutRhythm/", id), p}
	return s.changeTour(ctx, request, id, "tour.rhythm_changed", func(c *change, tour store.Tour) error {
		if err := checkEditable(tour, p.Version); err != nil {
			return err
		}
		if err := s.checkUsualWalkers(ctx, tour.RegionID, p.UsualWalkerIDs); err != nil {
			return err
		}
		if err := c.query.PutTourRhythm(ctx, rhythm); err != nil {
			return err
		}
		if err := c.query.DeleteUsualWalkers(ctx, id); err != nil {
			return err
		}
		return c.query.InsertUsualWalkers(ctx, store.InsertUsualWalkersParams{TourID: id, WorkerIds: p.UsualWalkerIDs})
	})
}

// checkRhythm reads what a request says of a rhythm.
func checkRhythm(p *PutRhythmParams) (rhythm store.PutTourRhythmParams, err error) {
	if len(p.UsualWalkerIDs) > maxUsualWalkers {
		return rhythm, refusal.Invalid("usual_walker_ids", refusal.TooLong, "At most 20 workers usually walk a tour.")
	}
	if p.RRule == "" {
		if p.HeldFrom != "" || p.HeldUntil != "" {
			return rhythm, refusal.Invalid("rrule", refusal.Required, "Say on which days the tour is walked before you pause it.")
		}
		return rhythm, nil
	}
	start, err := parseCollectionDate("start_date", p.StartDate)
	if err != nil {
		return rhythm, err
	}
	rhythm.RhythmStart = &start
	if rhythm.HeldFrom, err = optionalDay("held_from", p.HeldFrom); err != nil {
		return rhythm, err
	}
	if rhythm.HeldUntil, err = optionalDay("held_until", p.HeldUntil); err != nil {
		return rhythm, err
	}
	recurrence, err := tourRecurrence(p.RRule, start, rhythm.HeldFrom, rhythm.HeldUntil)
	if err != nil {
		return rhythm, refusal.Invalid("rrule", refusal.Malformed, err.Error())
	}
	if err := checkRecurrence(recurrence); err != nil {
		return rhythm, err
	}
	text := recurrence.Pattern.String()
	rhythm.Rrule = &text
	return rhythm, nil
}

// checkUsualWalkers refuses those who could not be planned for a tour of the region.
func (s *Service) checkUsualWalkers(ctx context.Context, regionID int64, ids []int64) error {
	people, err := s.people(ctx, ids)
	if err != nil {
		return refusal.Failure(err, "read the workers")
	}
	var rows []refusal.Row
	for i, id := range ids {
		worker, known := people[id]
		row := refusal.Row{Index: i}
		switch {
		case !known:
			row.Reason = refusal.Unknown
		case slices.Contains(ids[:i], id):
			row.Reason = refusal.Duplicate
		case !access.CanWork(worker.role):
			row.Reason = refusal.NotAWorker
		case !worker.active:
			row.Reason = refusal.Inactive
		case !slices.Contains(worker.regionIDs, regionID):
			row.Reason = refusal.OtherRegion
		default:
			continue
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("usual_walker_ids", rows,
			"Who usually walks a tour is an active worker of its region, each once; the rows say who is not.")
	}
	return nil
}
