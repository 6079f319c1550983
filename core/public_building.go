package core

import (
	"context"
	"errors"
	"sync"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// PublicBuilding is what residents may know about a building: whoever has its public id.
type PublicBuilding struct {
	Address Address `json:"address"`
	// Today is the date at the building, YYYY-MM-DD.
	Today string `json:"today"`
	// Collections are those from today to 30 days ahead, by date.
	Collections []PublicCollection `json:"collections"`
	// Departure is the end of the last visit; null when the building does not show it, or there was none.
	Departure *PublicDeparture `json:"departure"`
}

// PublicCollection says what the waste company fetches on a date.
type PublicCollection struct {
	Kind PublicKind `json:"kind"`
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// PutOutDate is the day, YYYY-MM-DD, on which the bins are put on the street: the evening before, or the day itself when the
	// waste company comes in the afternoon. Empty when they are not.
	PutOutDate string `json:"put_out_date"`
	// BringIn says that the bins are brought in again.
	BringIn bool `json:"bring_in"`
	// TimeFrom and TimeTo say when the waste company comes, HH:MM; empty when it is not known.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
}

// PublicKind is a kind of waste.
type PublicKind struct {
	// Code names the kind: GFT, PMD.
	Code string `json:"code"`
	// NameNL, NameEN and NameFR are what people call it.
	NameNL string `json:"name_nl"`
	NameEN string `json:"name_en"`
	NameFR string `json:"name_fr"`
	// Colour is that of its bins or bags, as #rrggbb.
	Colour string `json:"colour"`
	// Icon is the name of its drawing.
	Icon string `json:"icon"`
}

// PublicDeparture is the end of the last visit.
type PublicDeparture struct {
	// At is when it was.
	At time.Time `json:"at"`
	// Pictures are the photos of the departure, 12 at most.
	Pictures []PublicPicture `json:"pictures"`
}

// PublicPicture is a photo of the departure.
type PublicPicture struct {
	// Width and Height are those of the version of 1600 px.
	Width  int         `json:"width"`
	Height int         `json:"height"`
	URLs   PictureURLs `json:"urls"`
}

const (
	// publicDays is how many days ahead residents see.
	publicDays = 30
	// maxPublicCollections and maxPublicPictures bound the page.
	maxPublicCollections = 300
	maxPublicPictures    = 12
	// noon is the time of the waste company from which on the bins go out on the day itself.
	noon = "12:00"
)

// publicLimit is how often one address reads about buildings, publicPictureLimit how often it loads photos.
var (
	publicLimit        = limit.Limit{Name: "public:address", Count: 120, Period: time.Minute}
	publicPictureLimit = limit.Limit{Name: "public-picture:address", Count: 300, Period: time.Minute}
)

// GetPublicBuilding returns what residents may know about a building, by its public id: the address, the collections of the next
// 30 days and, where the office turned it on, the photos of the last departure. For everybody; 120 a minute per address.
//
// Errors: not_found when no building in use has the public id; resource_exhausted after too many requests.
//
//encore:api public method=GET path=/public/buildings/:publicID
func (s *Service) GetPublicBuilding(ctx context.Context, publicID string) (*PublicBuilding, error) {
	if err := s.limitPublic(ctx, publicLimit, limit.CurrentClient()); err != nil {
		return nil, err
	}
	return s.publicBuilding(ctx, publicID)
}

func (s *Service) limitPublic(ctx context.Context, limit limit.Limit, client limit.Client) error {
	if wait := s.limiter.Take(ctx, limit, client.Network()); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many requests from this address. Wait a moment.")
	}
	return nil
}

// publicBuilding reads what residents may know. What changes the building is seen at once, what changes its collections or adds
// a visit within publicAge.
func (s *Service) publicBuilding(ctx context.Context, publicID string) (*PublicBuilding, error) {
	building, err := s.findPublicBuilding(ctx, publicID)
	if err != nil {
		return nil, err
	}
	key := publicKey{building.ID, building.Version, s.today()}
	if known := s.public.get(key, s.now()); known != nil {
		return known, nil
	}
	answer := &PublicBuilding{
		Address: Address{building.Street, building.HouseNumber, building.Bus, building.PostalCode, building.City},
		Today:   day.Format(s.today()), Collections: []PublicCollection{},
	}
	rows, err := s.query.PublicCollections(ctx, store.PublicCollectionsParams{
		BuildingID: building.ID, FirstDay: s.today(), LastDay: s.today().AddDate(0, 0, publicDays), RowLimit: maxPublicCollections,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the collections")
	}
	for _, row := range rows {
		answer.Collections = append(answer.Collections, publicCollectionOf(row))
	}
	if building.PublicPhotos {
		if answer.Departure, err = s.publicDeparture(ctx, publicID, building.ID); err != nil {
			return nil, err
		}
	}
	s.public.put(key, answer, s.now())
	return answer, nil
}

// findPublicBuilding finds a building in use. One that is archived, or has another public id by now, is as unknown as any other.
func (s *Service) findPublicBuilding(ctx context.Context, publicID string) (building store.PublicBuildingRow, err error) {
	id, err := uuid.FromString(publicID)
	if err != nil || id.String() != publicID { // one address for each page
		return building, noBuilding()
	}
	building, err = s.query.PublicBuilding(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return building, noBuilding()
	}
	return building, refusal.Failure(err, "read the building")
}

func publicCollectionOf(row store.PublicCollectionsRow) PublicCollection {
	c := PublicCollection{
		Kind: PublicKind{row.Code, row.NameNl, row.NameEn, row.NameFr, row.Colour, row.Icon},
		Date: day.Format(row.Date), BringIn: row.BringIn, TimeFrom: row.TimeFrom, TimeTo: row.TimeTo,
	}
	if out := putOutDay(row.Date, row.PutOut, row.TimeFrom); !out.IsZero() {
		c.PutOutDate = day.Format(out)
	}
	return c
}

// putOutDay is the day on which bins go out for a collection: the evening before, or the day itself when the waste company comes
// in the afternoon. Zero when they do not.
func putOutDay(date time.Time, putOut bool, timeFrom string) time.Time {
	switch {
	case !putOut:
		return time.Time{}
	case timeFrom >= noon:
		return date
	}
	return date.AddDate(0, 0, -1)
}

func (s *Service) publicDeparture(ctx context.Context, publicID string, buildingID int64) (*PublicDeparture, error) {
	last, err := s.query.LastDeparture(ctx, buildingID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, refusal.Failure(err, "read the last departure")
	}
	rows, err := s.query.DeparturePictures(ctx, store.DeparturePicturesParams{
		RunID: last.RunID, BuildingID: buildingID, RowLimit: maxPublicPictures,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the photos")
	}
	departure := &PublicDeparture{At: last.OccurredAt.UTC(), Pictures: make([]PublicPicture, len(rows))}
	for i, row := range rows {
		base := residentPath(publicID) + "/pictures/" + row.ID.String()
		departure.Pictures[i] = PublicPicture{
			Width: int(row.Width), Height: int(row.Height), URLs: PictureURLs{base + "/" + sizeSmall, base + "/" + sizeLarge},
		}
	}
	return departure, nil
}

const (
	// publicAge is for how long what residents read is kept.
	publicAge = 30 * time.Second
	// maxPublicKept is of how many buildings it is kept.
	maxPublicKept = 1000
)

// publicKey names what residents read about a building: another version or another day is something else.
type publicKey struct {
	id, version int64
	today       time.Time
}

// publicCache keeps what residents read for a short while.
type publicCache struct {
	mu   sync.Mutex
	kept map[publicKey]publicEntry
}

type publicEntry struct {
	building *PublicBuilding
	until    time.Time
}

func (c *publicCache) get(key publicKey, now time.Time) *PublicBuilding {
	c.mu.Lock()
	defer c.mu.Unlock()
	if entry, kept := c.kept[key]; kept && now.Before(entry.until) {
		return entry.building
	}
	return nil
}

func (c *publicCache) put(key publicKey, building *PublicBuilding, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxPublicKept {
		c.kept = make(map[publicKey]publicEntry)
	}
	c.kept[key] = publicEntry{building, now.Add(publicAge)}
}
