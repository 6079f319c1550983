package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/jpeg"
	"math/rand/v2"
	"strings"
	"time"

	"encore.dev/types/uuid"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/scene"
	"encore.app/core/store"
	"encore.app/internal/day"
)

const (
	// demoHistory is for how many days there is history, and demoAhead for how many days runs are planned.
	demoHistory = 14
	demoAhead   = 7
	// demoPhotos is how many different photos there are.
	demoPhotos = 8
)

// seedDemo makes the demo data. Every start plans today and the next days anew; what is
// there already stays as it is.
func (s *Service) seedDemo(ctx context.Context) error {
	people, settled, err := demoPeople(ctx)
	if err != nil {
		return err
	}
	regions, err := s.makeDemo(ctx, people)
	if err != nil {
		return err
	}
	for email, names := range demoWorkers {
		if settled[email] {
			continue // what the office has changed stays
		}
		var ids []int64
		for _, name := range names {
			if id, exists := regions[name]; exists {
				ids = append(ids, id)
			}
		}
		if _, err := auth.AssignRegions(ctx, &auth.AssignRegionsParams{UserID: people[email], RegionIDs: ids}); err != nil {
			return fmt.Errorf("assign regions to %s: %w", email, err)
		}
	}
	return nil
}

// demoPeople returns the ids of the demo accounts by e-mail address, and who has regions already.
func demoPeople(ctx context.Context) (people map[string]int64, settled map[string]bool, err error) {
	emails := []string{martine, philippe}
	for email := range demoWorkers {
		emails = append(emails, email)
	}
	answer, err := auth.UsersByEmail(ctx, &auth.UsersByEmailParams{Emails: emails})
	if err != nil {
		return nil, nil, fmt.Errorf("find the demo accounts: %w", err)
	}
	people, settled = make(map[string]int64, len(emails)), make(map[string]bool)
	for _, user := range answer.Users {
		people[user.Email], settled[user.Email] = user.ID, len(user.RegionIDs) > 0
	}
	for _, email := range emails {
		if people[email] == 0 {
			return nil, nil, fmt.Errorf("the demo account %s is missing", email)
		}
	}
	return people, settled, nil
}

// makeDemo makes what is missing in one transaction, and returns the ids of the regions by name.
func (s *Service) makeDemo(ctx context.Context, people map[string]int64) (regions map[string]int64, err error) {
	err = s.transact(ctx, access.Actor{}, func(c *change) error {
		query := c.query
		if err := query.LockDemo(ctx); err != nil {
			return err
		}
		demo := demo{Service: s, query: query, people: people, today: s.today()}
		if err := demo.places(ctx); err != nil {
			return err
		}
		regions = demo.regions
		if err := demo.history(ctx); err != nil {
			return err
		}
		return demo.plan(ctx)
	})
	return regions, err
}

// demo makes the demo data.
type demo struct {
	*Service
	query  *store.Queries
	people map[string]int64
	today  time.Time

	regions, tours map[string]int64
	drawn          []demoPhoto
}

type demoPhoto struct {
	*photo.Picture
	sum [sha256.Size]byte
}

// places makes the regions, buildings and tours, unless there are regions.
func (d *demo) places(ctx context.Context) error {
	d.regions, d.tours = make(map[string]int64), make(map[string]int64)
	regions, err := d.query.ListRegions(ctx, store.ListRegionsParams{SeesAll: true, RowLimit: 1000})
	if err != nil {
		return err
	}
	if len(regions) == 0 {
		return d.makePlaces(ctx)
	}
	for _, region := range regions {
		d.regions[region.Name] = region.ID
	}
	tours, err := d.query.ListTours(ctx, store.ListToursParams{SeesAll: true, RowLimit: 1000})
	for _, tour := range tours {
		d.tours[tour.Name] = tour.ID
	}
	return err
}

func (d *demo) makePlaces(ctx context.Context) (err error) {
	for _, region := range demoRegions {
		if d.regions[region.name], err = d.query.InsertRegion(ctx, region.name); err != nil {
			return err
		}
		for _, tour := range region.tours {
			if d.tours[tour.name], err = d.query.InsertTour(ctx, store.InsertTourParams{
				RegionID: d.regions[region.name], Name: tour.name,
			}); err != nil {
				return err
			}
			if err := d.makeBuildings(ctx, d.regions[region.name], d.tours[tour.name], tour.buildings); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demo) makeBuildings(ctx context.Context, regionID, tourID int64, buildings []demoBuilding) error {
	for i, b := range buildings {
		var syndic *int64
		if b.syndic != "" {
			syndic = new(d.people[b.syndic])
		}
		id, err := d.query.InsertBuilding(ctx, store.InsertBuildingParams{
			RegionID: regionID, Name: b.name, Street: b.street, HouseNumber: b.houseNumber, Bus: b.bus,
			PostalCode: b.postalCode, City: b.city, SyndicID: syndic, AgreedMinutes: b.agreedMinutes,
		})
		if err != nil {
			return err
		}
		stop := store.InsertStopParams{TourID: tourID, Position: int32(i + 1), BuildingID: id}
		if err := d.query.InsertStop(ctx, stop); err != nil {
			return err
		}
	}
	return nil
}

// history makes the runs of the last days, unless there are runs before today.
func (d *demo) history(ctx context.Context) error {
	made, err := d.query.AnyRunBefore(ctx, d.today)
	if err != nil || made {
		return err
	}
	for date := d.today.AddDate(0, 0, -demoHistory); date.Before(d.today); date = date.AddDate(0, 0, 1) {
		if date.Weekday() == time.Sunday {
			continue
		}
		for _, shift := range demoShifts {
			if !strings.Contains(shift.days, fmt.Sprint(int(date.Weekday()))) {
				continue
			}
			start := time.Date(date.Year(), date.Month(), date.Day(), 17, 0, 0, 0, d.zone)
			if err := d.pastRun(ctx, shift, date, start, 1000); err != nil {
				return fmt.Errorf("the run %s on %s: %w", shift.tour, day.Format(date), err)
			}
		}
	}
	return nil
}

// plan makes sure that every shift of today and of the next days has its run. Lucas is on his way already.
func (d *demo) plan(ctx context.Context) error {
	for ahead := range demoAhead {
		date := d.today.AddDate(0, 0, ahead)
		for _, shift := range demoShifts {
			tourID, known := d.tours[shift.tour]
			if !known || !strings.Contains(shift.days, fmt.Sprint(int(date.Weekday()))) {
				continue // not on this day, or the tour has been renamed or archived
			}
			worker := d.people[shift.worker]
			planned, err := d.query.RunExists(ctx, store.RunExistsParams{TourID: tourID, WorkerID: worker, Date: date})
			if err != nil {
				return err
			}
			if planned {
				continue
			}
			if start := d.clock().Add(-35 * time.Minute); ahead == 0 && shift.worker == "lucas@trottoir.example" &&
				day.Of(start, d.zone).Equal(d.today) {
				err = d.pastRun(ctx, shift, date, start, 2)
			} else {
				_, err = d.query.InsertRun(ctx, store.InsertRunParams{
					TourID: tourID, WorkerID: worker, Date: date, PlannedAt: d.clock(), PlannedBy: d.people["office@trottoir.example"],
				})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pastRun makes a run that started at start and has got as far as the given number of stops.
func (d *demo) pastRun(ctx context.Context, shift demoShift, date, start time.Time, stops int) error {
	random := rand.New(rand.NewPCG(uint64(date.Unix()), uint64(len(shift.tour)+int(d.people[shift.worker]))))
	runID, err := d.query.InsertRun(ctx, store.InsertRunParams{
		TourID: d.tours[shift.tour], WorkerID: d.people[shift.worker], Date: date,
		PlannedAt: start.AddDate(0, 0, -3), PlannedBy: d.people["office@trottoir.example"],
	})
	if err != nil {
		return err
	}
	now := start.UTC().Truncate(time.Microsecond)
	if stops > 2 {
		now = now.Add(time.Duration(random.IntN(40)) * time.Minute)
	}
	list, err := d.query.StopsOfRun(ctx, runID)
	if err != nil {
		return err
	}
	buildings := make([]int64, 0, len(list))
	for _, stop := range list {
		buildings = append(buildings, stop.BuildingID)
	}
	if err := d.query.StartRun(ctx, store.StartRunParams{ID: runID, StartedAt: &now, ReceivedAt: now}); err != nil {
		return err
	}
	if err := d.query.InsertRunStops(ctx, store.InsertRunStopsParams{RunID: runID, BuildingIds: buildings}); err != nil {
		return err
	}
	for _, stop := range list[:min(stops, len(list))] {
		if now, err = d.pastVisit(ctx, random, runID, stop, now); err != nil {
			return err
		}
	}
	if stops < len(list) {
		return nil
	}
	_, err = d.query.CompleteRunWhenDone(ctx, store.CompleteRunWhenDoneParams{ID: runID, ReceivedAt: now})
	return err
}

// pastVisit makes a visit that began some minutes after now, and returns when it ended.
func (d *demo) pastVisit(
	ctx context.Context, random *rand.Rand, runID int64, stop store.StopsOfRunRow, now time.Time,
) (time.Time, error) {
	visit := store.EnsureVisitParams{RunID: runID, BuildingID: stop.BuildingID}
	if err := d.query.EnsureVisit(ctx, visit); err != nil {
		return now, err
	}
	outcome := store.SetOutcomeParams{RunID: runID, BuildingID: stop.BuildingID, Outcome: OutcomeDone}
	steps := stepOrder
	switch random.IntN(20) {
	case 0:
		outcome.Outcome, outcome.Reason, steps = OutcomeSkipped, "Straat afgesloten door werken.", nil
	case 1:
		outcome.Outcome, outcome.Reason, steps = OutcomeFailed, "De sleutel past niet op de poort.", stepOrder[:1]
	}
	pace := time.Duration(stop.AgreedMinutes) * time.Minute * time.Duration(70+random.IntN(60)) / 100
	now = now.Add(time.Duration(60+random.IntN(120)) * time.Second)
	for i, step := range steps {
		if i > 0 {
			now = now.Add(pace / 2)
		}
		if err := d.pastStep(ctx, random, runID, stop.BuildingID, step, now); err != nil {
			return now, err
		}
	}
	outcome.OccurredAt, outcome.ReceivedAt = now, now
	if outcome.Outcome != OutcomeDone {
		outcome.OutcomeID, outcome.ClaimedAt = new(demoID(runID, stop.BuildingID, "outcome")), &now
	}
	return now, d.query.SetOutcome(ctx, outcome)
}

func (d *demo) pastStep(
	ctx context.Context, random *rand.Rand, runID, buildingID int64, step string, now time.Time,
) error {
	if d.drawn == nil {
		if err := d.takePhotos(ctx); err != nil {
			return err
		}
	}
	taken := d.drawn[random.IntN(len(d.drawn))]
	id := demoID(runID, buildingID, "picture "+step)
	for size, content := range map[string][]byte{sizeSmall: taken.Small, sizeLarge: taken.Large} {
		if err := d.files.write(ctx, fileName(id, taken.sum[:], size), content); err != nil {
			return err
		}
	}
	if _, err := d.query.InsertPicture(ctx, store.InsertPictureParams{
		ID: id, RunID: runID, BuildingID: buildingID, Step: step, ClaimedAt: now, TakenAt: now, ReceivedAt: now,
		Width: int32(taken.Width), Height: int32(taken.Height), Sha256: taken.sum[:],
	}); err != nil {
		return err
	}
	return d.query.InsertStep(ctx, store.InsertStepParams{
		ID: demoID(runID, buildingID, step), RunID: runID, BuildingID: buildingID, Step: step,
		ClaimedAt: now, OccurredAt: now, ReceivedAt: now,
	})
}

// takePhotos draws the photos and sends them through the same conversion as uploads.
func (d *demo) takePhotos(ctx context.Context) error {
	for i := range demoPhotos {
		var file bytes.Buffer
		if err := jpeg.Encode(&file, scene.Draw(uint64(i), 1+i%5), nil); err != nil {
			return fmt.Errorf("draw a photo: %w", err)
		}
		sum := sha256.Sum256(file.Bytes())
		upload, err := photo.Spool(&file)
		if err != nil {
			return err
		}
		converted, err := d.photos.Convert(ctx, upload)
		if err := errors.Join(err, upload.Close()); err != nil {
			return fmt.Errorf("convert a drawn photo: %w", err)
		}
		d.drawn = append(d.drawn, demoPhoto{converted, sum})
	}
	return nil
}

// demoID makes the id that a client would have made: the same for the same thing.
func demoID(runID, buildingID int64, what string) uuid.UUID {
	return uuid.NewV5(uuid.Nil, fmt.Sprintf("demo %d %d %s", runID, buildingID, what))
}
