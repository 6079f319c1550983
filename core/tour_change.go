package core

import (
	"context"
	"fmt"
	"slices"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

// maxStops bounds a tour; nobody does more in a day.
const maxStops = 200

// TourParams describe a tour.
type TourParams struct {
	RegionID int64 `json:"region_id"`
	// Name is up to 200 characters, and the only one of its kind in the region.
	Name string `json:"name"`
	// HideIdleStops leaves the stops out of a run that have no work on its day; left out, it stays as it is: off for a new tour.
	HideIdleStops *bool `json:"hide_idle_stops"`
	// Version is that of the tour that was changed; left out for a new one.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PutStopsParams are the stops of a tour.
type PutStopsParams struct {
	// BuildingIDs are all stops from now on, in their order; up to 200.
	BuildingIDs []int64 `json:"building_ids"`
	// Version is that of the tour that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CreateTour makes a tour without stops. The office only.
//
// Errors: invalid_argument for a bad name or an unknown region; already_exists when a tour of the region that is not
// archived has the name; permission_denied for other roles.
//
//encore:api auth method=POST path=/tours
func (s *Service) CreateTour(ctx context.Context, p *TourParams) (*TourDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	name, err := checkTourParams(p)
	if err != nil {
		return nil, err
	}
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "CreateTour", p}, func(c *change) (int64, error) {
		id, err := c.query.InsertTour(ctx, store.InsertTourParams{
			RegionID: p.RegionID, Name: name, HideIdleStops: p.HideIdleStops != nil && *p.HideIdleStops,
		})
		if err != nil {
			return 0, err
		}
		if err := c.keepVersions(ctx, []int64{id}, cause{kind: versionCreated}, caller.ID); err != nil {
			return 0, err
		}
		after, err := c.tourState(ctx, id)
		if err != nil {
			return 0, err
		}
		return id, c.audit(ctx, "tour.created", "tour", id, nil, after)
	})
	if err != nil {
		return nil, refusal.Failure(tourConflict(err), "make the tour")
	}
	return s.readTour(ctx, caller, id)
}

// PutTour changes name and region of a tour, and whether its runs leave out the stops without work; those that have started stay
// as they are (rule 1). The office only.
//
// Errors: aborted when somebody else has changed the tour since that version; failed_precondition when it is archived, or
// is to move to another region while it has stops that are in use; not_found when there is no such tour; otherwise as CreateTour.
//
//encore:api auth method=PUT path=/tours/:id
func (s *Service) PutTour(ctx context.Context, id int64, p *TourParams) (*TourDetail, error) {
	name, err := checkTourParams(p)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutTour/", id), p}
	return s.changeTour(ctx, request, id, "tour.changed", func(c *change, tour store.Tour) error {
		if err := checkEditable(tour, p.Version); err != nil {
			return err
		}
		if tour.RegionID != p.RegionID {
			hasStops, err := c.query.TourHasStops(ctx, id)
			switch {
			case err != nil:
				return err
			case hasStops:
				return refusal.Precondition("region_id", refusal.InUse,
					"The stops of the tour lie in its region; take them off before it moves to another one.")
			}
		}
		hide := tour.HideIdleStops
		if p.HideIdleStops != nil {
			hide = *p.HideIdleStops
		}
		if err := c.query.UpdateTour(ctx, store.UpdateTourParams{
			ID: id, RegionID: p.RegionID, Name: name, HideIdleStops: hide,
		}); err != nil {
			return err
		}
		return c.query.DeleteForeignStops(ctx, id) // archived ones
	})
}

// PutStops replaces the stops of a tour by a whole ordered list, all or nothing (rule 5). Stops whose buildings are archived
// are not in the list, and come last if they are taken back into use. Runs that have started keep
// the stops that they started with (rule 1); who has planned ones is told. What they were before stays a version of the tour
// (ListTourVersions). The office only.
//
// Errors: invalid_argument when the list is too long or names a building twice, an archived or unknown one or one of
// another region, with every such row; aborted when somebody else has changed the tour since that version;
// failed_precondition when the tour is archived; not_found when there is no such tour; permission_denied for other
// roles.
//
//encore:api auth method=PUT path=/tours/:id/stops
func (s *Service) PutStops(ctx context.Context, id int64, p *PutStopsParams) (*TourDetail, error) {
	if len(p.BuildingIDs) > maxStops {
		return nil, refusal.Invalid("building_ids", refusal.TooLong, "A tour has at most 200 stops.")
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutStops/", id), p}
	return s.changeTour(ctx, request, id, "tour.stops_changed", func(c *change, tour store.Tour) error {
		if err := checkEditable(tour, p.Version); err != nil {
			return err
		}
		if err := checkStops(ctx, c.query, tour.RegionID, p.BuildingIDs); err != nil {
			return err
		}
		return c.replaceStops(ctx, id, p.BuildingIDs)
	})
}

// replaceStops gives a tour other stops, which can be its.
func (c *change) replaceStops(ctx context.Context, id int64, buildingIDs []int64) error {
	// Stops that are archived at the moment keep their place behind the others: the office does not see them here.
	archived, err := c.query.ArchivedStops(ctx, id)
	if err != nil {
		return err
	}
	if err := c.query.RememberStops(ctx, store.RememberStopsParams{TourID: id, RemovedAt: c.at}); err != nil {
		return err
	}
	if err := c.query.DeleteStops(ctx, id); err != nil {
		return err
	}
	if err := c.query.InsertStops(ctx, store.InsertStopsParams{
		TourID: id, BuildingIds: slices.Concat(buildingIDs, archived),
	}); err != nil {
		return err
	}
	return c.query.TouchTour(ctx, id)
}

// ArchiveTour takes a tour out of use: it cannot be planned any more, and history keeps it (rule 8). Repeating it
// changes nothing. The office only.
//
// Errors: failed_precondition when a run of it is planned today or later; not_found when there is no such tour;
// permission_denied for other roles.
//
//encore:api auth method=DELETE path=/tours/:id
func (s *Service) ArchiveTour(ctx context.Context, id int64) (*TourDetail, error) {
	return s.changeTour(ctx, sent{}, id, "tour.archived", func(c *change, tour store.Tour) error {
		if tour.ArchivedAt != nil {
			return nil
		}
		planned, err := c.query.TourHasRuns(ctx, store.TourHasRunsParams{TourID: id, Day: s.today()})
		switch {
		case err != nil:
			return err
		case planned:
			return refusal.Precondition("", refusal.InUse, "Runs of this tour are planned; cancel them first.")
		}
		return c.query.SetTourArchived(ctx, store.SetTourArchivedParams{ID: id, ArchivedAt: &c.at})
	})
}

// UnarchiveTour takes a tour back into use, without the stops that have moved to another region since. Repeating it
// changes nothing. The office only.
//
// Errors: already_exists when another tour of the region has got its name; not_found when there is no such tour;
// permission_denied for other roles.
//
//encore:api auth method=POST path=/tours/:id/unarchive
func (s *Service) UnarchiveTour(ctx context.Context, id int64) (*TourDetail, error) {
	return s.changeTour(ctx, sent{}, id, "tour.unarchived", func(c *change, tour store.Tour) error {
		if tour.ArchivedAt == nil {
			return nil
		}
		if err := c.query.SetTourArchived(ctx, store.SetTourArchivedParams{ID: id}); err != nil {
			return err
		}
		return c.query.DeleteForeignStops(ctx, id)
	})
}

// changeTour runs do in a transaction that holds the tour's lock, for the office. kind is what the audit event calls it.
func (s *Service) changeTour(
	ctx context.Context, request sent, id int64, kind string, do func(c *change, tour store.Tour) error,
) (*TourDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	why := cause{kind: versionTourChanged}
	if kind == "tour.stops_changed" {
		why.kind = versionStopsChanged
	}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		return id, s.changeLockedTour(ctx, c, id, kind, why, func(tour store.Tour) error { return do(c, tour) })
	})
	if err != nil {
		return nil, refusal.Failure(tourConflict(err), "change the tour")
	}
	return s.readTour(ctx, caller, id)
}

// changeLockedTour runs do while it holds the tour and what is planned on it, and tells what became of them. Planning waits for it.
func (s *Service) changeLockedTour(
	ctx context.Context, c *change, id int64, kind string, why cause, do func(tour store.Tour) error,
) error {
	held, err := s.holdStops(ctx, c, func() ([]int64, error) { return []int64{id}, nil }, func() error { return nil })
	if err != nil {
		return err
	}
	tour, err := c.query.LockTour(ctx, id)
	if err != nil {
		return missingOr(err, noTour(), "lock the tour")
	}
	before, err := c.tourState(ctx, id)
	if err != nil {
		return err
	}
	if err := do(tour); err != nil {
		return err
	}
	after, err := c.tourState(ctx, id)
	if err != nil || after.Version == before.Version {
		return err
	}
	if err := c.stopsChanged(ctx, held, why); err != nil {
		return err
	}
	return c.audit(ctx, kind, "tour", id, before, after)
}

// tourState is a tour as the audit log shows it.
type tourState struct {
	RegionID   int64      `json:"region_id"`
	Name       string     `json:"name"`
	ArchivedAt *time.Time `json:"archived_at"`
	HideIdle   bool       `json:"hide_idle_stops"`
	Version    int64      `json:"version"`
	// BuildingIDs are the stops in order.
	BuildingIDs []int64 `json:"building_ids"`
	// The rhythm; all empty without one.
	RRule          *string `json:"rrule"`
	StartDate      string  `json:"start_date"`
	HeldFrom       string  `json:"held_from"`
	HeldUntil      string  `json:"held_until"`
	UsualWalkerIDs []int64 `json:"usual_walker_ids"`
}

func (c *change) tourState(ctx context.Context, id int64) (state tourState, err error) {
	tour, err := c.query.LockTour(ctx, id)
	if err != nil {
		return state, err
	}
	stops, err := c.query.StopBuildings(ctx, id)
	if err != nil {
		return state, err
	}
	walkers, err := c.query.UsualWalkers(ctx, id)
	return tourState{
		tour.RegionID, tour.Name, tour.ArchivedAt, tour.HideIdleStops, tour.Version, stops,
		tour.Rrule, dayOrEmpty(tour.RhythmStart), dayOrEmpty(tour.HeldFrom), dayOrEmpty(tour.HeldUntil), walkers,
	}, err
}

// checkEditable refuses to edit a tour that is archived or not as the editor has seen it.
func checkEditable(tour store.Tour, version int64) error {
	switch {
	case tour.ArchivedAt != nil:
		return refusal.Precondition("", refusal.Archived, "The tour is archived; take it back into use first.")
	case tour.Version != version:
		return changedMeanwhile("tour")
	}
	return nil
}

// checkStops refuses buildings that cannot be the stops of a tour in the region, and holds those that can.
func checkStops(ctx context.Context, query *store.Queries, regionID int64, buildingIDs []int64) error {
	found, err := query.BuildingsForStops(ctx, buildingIDs)
	if err != nil {
		return err
	}
	buildings := make(map[int64]store.BuildingsForStopsRow, len(found))
	for _, building := range found {
		buildings[building.ID] = building
	}
	seen := make(map[int64]bool, len(buildingIDs))
	var rows []refusal.Row
	for i, id := range buildingIDs {
		building, known := buildings[id]
		switch {
		case !known:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		case seen[id]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		case building.Archived:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Archived})
		case building.RegionID != regionID:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.ElsewhereRegion})
		}
		seen[id] = true
	}
	if len(rows) > 0 {
		return refusal.InvalidRows("building_ids", rows,
			"Every stop is another building of the tour's region that is in use; the rows say which are not.")
	}
	return nil
}

// checkTourParams returns the cleaned name.
func checkTourParams(p *TourParams) (string, error) {
	if p.RegionID == 0 {
		return "", refusal.Invalid("region_id", refusal.Required, "Choose a region.")
	}
	return input.RequiredText("name", p.Name, maxName)
}

func tourConflict(err error) error {
	switch {
	case violates(err, "tours_name"):
		return refusal.Exists("name", refusal.NameTaken, "Another tour of the region has this name.")
	case violates(err, "tours_region_id_fkey"):
		return refusal.Invalid("region_id", refusal.Unknown, "There is no such region.")
	}
	return err
}

func noTour() error { return refusal.NotFound("There is no such tour.") }
