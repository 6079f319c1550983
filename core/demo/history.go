package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image/jpeg"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"

	"encore.dev/types/uuid"

	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/day"
)

const (
	// historyDays is for how many days there is history, and daysAhead for how many days runs are planned.
	historyDays = 14
	daysAhead   = 7
	// photoCount is how many different photos there are.
	photoCount = 8
	// frontsOfTour is how many buildings of a tour have a photo of their front.
	frontsOfTour = 2
)

// Seed is what the demo data are made with.
type Seed struct {
	// Query works in the transaction that makes them.
	Query *store.Queries
	// People are the ids of the demo accounts by e-mail address.
	People map[string]int64
	// Now is the time, and Zone where its day is told (rule 11).
	Now  time.Time
	Zone *time.Location
	// Convert makes pictures of drawn photos as of uploads, and Keep stores one under its id and the hash of its file.
	Convert func(ctx context.Context, upload *os.File) (*photo.Picture, error)
	Keep    func(ctx context.Context, id uuid.UUID, sum []byte, picture *photo.Picture) error
	// KeepManual stores the file of a manual under its hash.
	KeepManual func(ctx context.Context, sum, file []byte) error
	// Steps are those of a visit in their order; Done, Skipped and Failed are its outcomes.
	Steps                 []string
	Done, Skipped, Failed string
}

// Make makes what is missing, and returns the ids of the regions by name. What is there already stays as it is; the runs of
// today and of the next days are planned anew each time.
func Make(ctx context.Context, seed Seed) (regions map[string]int64, err error) {
	if err := seed.Query.LockDemo(ctx); err != nil {
		return nil, err
	}
	d := maker{Seed: seed, query: seed.Query, people: seed.People, today: day.Of(seed.Now, seed.Zone)}
	if err := d.places(ctx); err != nil {
		return nil, err
	}
	if err := d.history(ctx); err != nil {
		return nil, err
	}
	if err := d.collections(ctx); err != nil {
		return nil, err
	}
	if err := d.hideIdleStops(ctx); err != nil {
		return nil, err
	}
	if err := d.makeRhythms(ctx); err != nil {
		return nil, err
	}
	if err := d.plan(ctx); err != nil {
		return nil, err
	}
	if err := d.makeSwaps(ctx); err != nil {
		return nil, err
	}
	if err := d.reorderTour(ctx); err != nil {
		return nil, err
	}
	return d.regions, d.problems(ctx)
}

// maker makes the demo data.
type maker struct {
	Seed

	query  *store.Queries
	people map[string]int64
	today  time.Time

	regions, tours map[string]int64
	drawn          []drawnPhoto
	// fresh is set when the places are made now.
	fresh bool
}

type drawnPhoto struct {
	*photo.Picture
	sum [sha256.Size]byte
}

// places makes the regions, buildings and tours, unless there are regions.
func (d *maker) places(ctx context.Context) error {
	d.regions, d.tours = make(map[string]int64), make(map[string]int64)
	regions, err := d.query.ListRegions(ctx, store.ListRegionsParams{SeesAll: true, RowLimit: 1000})
	if err != nil {
		return err
	}
	if len(regions) == 0 {
		if err := d.makeAvailability(ctx); err != nil {
			return err
		}
		d.fresh = true
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

func (d *maker) makePlaces(ctx context.Context) (err error) {
	for _, region := range company {
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
	return d.keepVersions(ctx, "created", d.Now.AddDate(0, -3, 0))
}

func (d *maker) makeBuildings(ctx context.Context, regionID, tourID int64, buildings []building) error {
	for i, b := range buildings {
		row := store.InsertBuildingParams{
			RegionID: regionID, Name: b.name, Street: b.street, HouseNumber: b.houseNumber, Bus: b.bus,
			PostalCode: b.postalCode, City: b.city, AgreedMinutes: b.agreedMinutes, CustomerNumber: b.customerNumber,
			TellSyndic: i == 0, PublicPhotos: i%2 == 0,
		}
		if b.latitude != 0 {
			row.Latitude, row.Longitude = &b.latitude, &b.longitude
		}
		id, err := d.query.InsertBuilding(ctx, row)
		if err != nil {
			return err
		}
		syndics := []int64{}
		for _, email := range append([]string{b.syndic}, b.syndics...) {
			if email != "" {
				syndics = append(syndics, d.people[email])
			}
		}
		if err := d.query.SetSyndics(ctx, store.SetSyndicsParams{BuildingID: id, UserIds: syndics}); err != nil {
			return err
		}
		for _, text := range b.comments {
			if _, err := d.query.InsertComment(ctx, store.InsertCommentParams{
				BuildingID: id, Text: text, WrittenAt: d.Now.AddDate(0, -1, 0), WrittenBy: d.people["office@trottoir.example"],
			}); err != nil {
				return err
			}
		}
		if i < frontsOfTour {
			if err := d.makeFront(ctx, id); err != nil {
				return err
			}
		}
		if b.manual != nil {
			if err := d.makeManual(ctx, id, manual(b.name, b.manual)); err != nil {
				return err
			}
		}
		stop := store.InsertStopParams{TourID: tourID, Position: int32(i + 1), BuildingID: id}
		if err := d.query.InsertStop(ctx, stop); err != nil {
			return err
		}
	}
	return nil
}

// hideIdleStops lets a tour leave out its stops without work, once there are collections: its history has all of them.
func (d *maker) hideIdleStops(ctx context.Context) error {
	if !d.fresh {
		return nil
	}
	tour, err := d.query.LockTour(ctx, d.tours[hidesIdleStops])
	if err != nil {
		return err
	}
	return d.query.UpdateTour(ctx, store.UpdateTourParams{ID: tour.ID, RegionID: tour.RegionID, Name: tour.Name, HideIdleStops: true})
}

// reorderTour lets the last stop of a tour come second after its runs were planned, once: they say so.
func (d *maker) reorderTour(ctx context.Context) error {
	if !d.fresh {
		return nil
	}
	id := d.tours[isReordered]
	stops, err := d.query.StopBuildings(ctx, id)
	if err != nil {
		return err
	}
	last := len(stops) - 1
	if err := d.query.DeleteStops(ctx, id); err != nil {
		return err
	}
	stops = slices.Insert(stops[:last:last], 1, stops[last])
	if err := d.query.InsertStops(ctx, store.InsertStopsParams{TourID: id, BuildingIds: stops}); err != nil {
		return err
	}
	return d.keepVersions(ctx, "stops_changed", d.Now)
}

// keepVersions keeps what the stops of the tours are, as those of the office.
func (d *maker) keepVersions(ctx context.Context, cause string, at time.Time) error {
	_, err := d.query.KeepTourVersions(ctx, store.KeepTourVersionsParams{
		TourIds: slices.Collect(maps.Values(d.tours)), Cause: cause, ChangedAt: at, ChangedBy: d.people["office@trottoir.example"],
	})
	return err
}

// makeRhythms says on which days tours are walked, once.
func (d *maker) makeRhythms(ctx context.Context) error {
	if !d.fresh {
		return nil
	}
	for _, rhythm := range rhythms {
		id, start := d.tours[rhythm.tour], d.today.AddDate(0, -3, 0)
		if err := d.query.PutTourRhythm(ctx, store.PutTourRhythmParams{ID: id, Rrule: &rhythm.rrule, RhythmStart: &start}); err != nil {
			return err
		}
		walkers := make([]int64, len(rhythm.walkers))
		for i, email := range rhythm.walkers {
			walkers[i] = d.people[email]
		}
		if err := d.query.InsertUsualWalkers(ctx, store.InsertUsualWalkersParams{TourID: id, WorkerIds: walkers}); err != nil {
			return err
		}
	}
	return nil
}

// makeFront draws the front of a building.
func (d *maker) makeFront(ctx context.Context, buildingID int64) error {
	drawn, err := d.draw(ctx, uint64(100+buildingID), 0)
	if err != nil {
		return err
	}
	id := demoID(0, buildingID, "front")
	if err := d.Keep(ctx, id, drawn.sum[:], drawn.Picture); err != nil {
		return err
	}
	return d.query.PutBuildingPhoto(ctx, store.PutBuildingPhotoParams{
		BuildingID: buildingID, ID: id, Sha256: drawn.sum[:], Width: int32(drawn.Width), Height: int32(drawn.Height),
		UploadedAt: d.Now.AddDate(0, -1, 0), UploadedBy: d.people["office@trottoir.example"],
	})
}

// makeManual makes the first version of a building's manual.
func (d *maker) makeManual(ctx context.Context, buildingID int64, file []byte) error {
	sum := sha256.Sum256(file)
	if err := d.query.NoteManualFile(ctx, store.NoteManualFileParams{Sha256: sum[:], NotedAt: d.Now}); err != nil {
		return err
	}
	if err := d.KeepManual(ctx, sum[:], file); err != nil {
		return err
	}
	_, err := d.query.InsertManual(ctx, store.InsertManualParams{
		BuildingID: buildingID, Sha256: sum[:], Size: int32(len(file)), UploadedAt: d.Now.AddDate(0, -1, 0),
		UploadedBy: d.people["office@trottoir.example"],
	})
	return err
}

// history makes the runs of the last days, unless there are runs before today.
func (d *maker) history(ctx context.Context) error {
	made, err := d.query.AnyRunBefore(ctx, d.today)
	if err != nil || made {
		return err
	}
	for date := d.today.AddDate(0, 0, -historyDays); date.Before(d.today); date = date.AddDate(0, 0, 1) {
		if date.Weekday() == time.Sunday {
			continue
		}
		for _, shift := range shifts {
			if !strings.Contains(shift.days, fmt.Sprint(int(date.Weekday()))) {
				continue
			}
			start := time.Date(date.Year(), date.Month(), date.Day(), 17, 0, 0, 0, d.Zone)
			if err := d.pastRun(ctx, shift, date, start, 1000); err != nil {
				return fmt.Errorf("the run %s on %s: %w", shift.tour, day.Format(date), err)
			}
		}
	}
	return nil
}

// plan makes sure that every shift of today and of the next days has its run. Lucas is on his way already.
func (d *maker) plan(ctx context.Context) error {
	for ahead := range daysAhead {
		date := d.today.AddDate(0, 0, ahead)
		for _, shift := range shifts {
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
			if start := d.Now.Add(-35 * time.Minute); ahead == 0 && shift.worker == "lucas@trottoir.example" &&
				day.Of(start, d.Zone).Equal(d.today) {
				err = d.pastRun(ctx, shift, date, start, 2)
			} else {
				_, err = d.query.InsertRun(ctx, store.InsertRunParams{
					TourID: tourID, WorkerID: worker, Date: date, PlannedAt: d.Now, PlannedBy: d.people["office@trottoir.example"],
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
func (d *maker) pastRun(ctx context.Context, shift shift, date, start time.Time, stops int) error {
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
func (d *maker) pastVisit(
	ctx context.Context, random *rand.Rand, runID int64, stop store.StopsOfRunRow, now time.Time,
) (time.Time, error) {
	visit := store.EnsureVisitParams{RunID: runID, BuildingID: stop.BuildingID}
	if err := d.query.EnsureVisit(ctx, visit); err != nil {
		return now, err
	}
	outcome := store.SetOutcomeParams{RunID: runID, BuildingID: stop.BuildingID, Outcome: d.Done}
	steps := d.Steps
	switch random.IntN(20) {
	case 0:
		outcome.Outcome, outcome.Reason, steps = d.Skipped, "Straat afgesloten door werken.", nil
	case 1:
		outcome.Outcome, outcome.Reason, steps = d.Failed, "De sleutel past niet op de poort.", d.Steps[:1]
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
	if err := d.pastRemark(ctx, random, runID, stop.BuildingID, now); err != nil {
		return now, err
	}
	outcome.OccurredAt, outcome.ReceivedAt = now, now
	if outcome.Outcome != d.Done {
		outcome.OutcomeID, outcome.ClaimedAt = new(demoID(runID, stop.BuildingID, "outcome")), &now
	}
	return now, d.query.SetOutcome(ctx, outcome)
}

func (d *maker) pastStep(
	ctx context.Context, random *rand.Rand, runID, buildingID int64, step string, now time.Time,
) error {
	if err := d.pastPicture(ctx, random, store.InsertPictureParams{
		ID: demoID(runID, buildingID, "picture "+step), RunID: runID, BuildingID: buildingID, Step: step, TakenAt: now,
	}); err != nil {
		return err
	}
	return d.query.InsertStep(ctx, store.InsertStepParams{
		ID: demoID(runID, buildingID, step), RunID: runID, BuildingID: buildingID, Step: step,
		ClaimedAt: now, OccurredAt: now, ReceivedAt: now,
	})
}

// pastPicture makes a picture of a drawn photo.
func (d *maker) pastPicture(ctx context.Context, random *rand.Rand, picture store.InsertPictureParams) error {
	if d.drawn == nil {
		if err := d.takePhotos(ctx); err != nil {
			return err
		}
	}
	taken := d.drawn[random.IntN(len(d.drawn))]
	// Few drawn photos stand for many that people took; some workers sent one twice, or one of the day before.
	sum := sha256.Sum256(append(taken.sum[:], picture.ID[:]...))
	if picture.ID[3]%64 == 0 {
		sum = taken.sum
	}
	if err := d.Keep(ctx, picture.ID, sum[:], taken.Picture); err != nil {
		return err
	}
	picture.ClaimedAt, picture.ReceivedAt, picture.Sha256, picture.ClaimedFrom = picture.TakenAt, picture.TakenAt, sum[:], "exif"
	if picture.ID[4]%64 == 0 {
		picture.ClaimedAt = picture.TakenAt.AddDate(0, 0, -1)
	}
	picture.Width, picture.Height = int32(taken.Width), int32(taken.Height)
	_, err := d.query.InsertPicture(ctx, picture)
	return err
}

// remarks are what workers write.
var remarks = []string{
	"Eén PMD-zak bleef staan: er zat glas in.",
	"Het licht in de kelder is stuk.",
	"Karton lag los naast de bakken, ik heb het mee buiten gezet.",
	"De poort sluit niet goed meer, even aanduwen.",
	"Bewoner vroeg of de GFT-bak ook 's ochtends buiten kan.",
}

// pastRemark makes a remark about some stops, and a photo with some of those.
func (d *maker) pastRemark(ctx context.Context, random *rand.Rand, runID, buildingID int64, now time.Time) error {
	id := demoID(runID, buildingID, "remark")
	if id[0]%5 != 0 {
		return nil
	}
	text := remarks[int(id[1])%len(remarks)]
	sum := sha256.Sum256([]byte(text))
	run, err := d.query.FindRun(ctx, runID)
	if err != nil {
		return err
	}
	if err := d.query.InsertRemark(ctx, store.InsertRemarkParams{
		ID: id, RunID: runID, BuildingID: buildingID, Text: text, Sha256: sum[:], WrittenBy: run.WorkerID,
		ClaimedAt: now, OccurredAt: now, ReceivedAt: now,
	}); err != nil || id[2]%2 == 0 {
		return err
	}
	return d.pastPicture(ctx, random, store.InsertPictureParams{
		ID: demoID(runID, buildingID, "picture remark"), RunID: runID, BuildingID: buildingID, RemarkID: &id, TakenAt: now,
	})
}

// takePhotos draws the photos of visits.
func (d *maker) takePhotos(ctx context.Context) error {
	for i := range photoCount {
		drawn, err := d.draw(ctx, uint64(i), 1+i%5)
		if err != nil {
			return err
		}
		d.drawn = append(d.drawn, drawn)
	}
	return nil
}

// draw draws a street and sends it through the same conversion as uploads.
func (d *maker) draw(ctx context.Context, seed uint64, bins int) (drawn drawnPhoto, err error) {
	var file bytes.Buffer
	if err := jpeg.Encode(&file, drawStreet(seed, bins), nil); err != nil {
		return drawn, fmt.Errorf("draw a photo: %w", err)
	}
	drawn.sum = sha256.Sum256(file.Bytes())
	upload, err := photo.Spool(&file)
	if err != nil {
		return drawn, err
	}
	drawn.Picture, err = d.Convert(ctx, upload)
	if err := errors.Join(err, upload.Close()); err != nil {
		return drawn, fmt.Errorf("convert a drawn photo: %w", err)
	}
	return drawn, nil
}

// demoID makes the id that a client would have made: the same for the same thing.
func demoID(runID, buildingID int64, what string) uuid.UUID {
	return uuid.NewV5(uuid.Nil, fmt.Sprintf("demo %d %d %s", runID, buildingID, what))
}
