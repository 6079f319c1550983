package core

import (
	"context"
	"fmt"
	"slices"
	"time"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// maxCollections is how many collections one request makes or changes at most.
	maxCollections = 5000
	// maxDates is how many dates a request names at most.
	maxDates          = 366
	maxCollectionNote = 500
)

// CollectionParams describe a collection.
type CollectionParams struct {
	// BuildingID is where; that of a collection which is there already never changes.
	BuildingID int64 `json:"building_id"`
	// Type is the code of a kind of waste that is not archived.
	Type string `json:"type"`
	// Date is YYYY-MM-DD; the past is possible, to correct it.
	Date string `json:"date"`
	// Note is up to 500 characters; workers and the syndic read it.
	Note string `json:"note"`
	// PutOut and BringIn say what there is to do, one of them at least: put the bins on the street, bring them in again.
	PutOut  bool `json:"put_out"`
	BringIn bool `json:"bring_in"`
	// TimeFrom and TimeTo say when the waste company comes, HH:MM, on the same day; both or neither.
	TimeFrom string `json:"time_from"`
	TimeTo   string `json:"time_to"`
	// Version is that of the collection that was changed; left out for a new one.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CreateCollection adds a collection. The office only.
//
// Errors: invalid_argument for a field that is missing, too long or names something unknown or archived; already_exists when the
// building has a collection of the kind on the date; permission_denied for other roles.
//
//encore:api auth method=POST path=/collections
func (s *Service) CreateCollection(ctx context.Context, p *CollectionParams) (*Collection, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	what, err := checkWork(p.Type, p.Note, p.PutOut, p.BringIn, p.TimeFrom, p.TimeTo)
	if err != nil {
		return nil, err
	}
	date, err := parseCollectionDate("date", p.Date)
	if err != nil {
		return nil, err
	}
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "CreateCollection", p}, func(c *change) (int64, error) {
		if err := c.keepWasteKind(ctx, what.Type); err != nil {
			return 0, err
		}
		rows, err := c.checkBuildings(ctx, []int64{p.BuildingID})
		switch {
		case err != nil:
			return 0, err
		case len(rows) > 0:
			return 0, refusal.Invalid("building_id", rows[0].Reason, "There is no such building that is in use.")
		}
		what.BuildingIds, what.Dates, what.RuleDates = []int64{p.BuildingID}, []time.Time{date}, []time.Time{date}
		made, err := c.query.InsertCollections(ctx, what)
		switch {
		case err != nil:
			return 0, err
		case len(made) == 0:
			return 0, alreadyCollected()
		}
		return made[0].ID, c.collectionsChanged(ctx, CollectionCreated, nil, made)
	})
	if err != nil {
		return nil, refusal.Failure(err, "make the collection")
	}
	return s.readCollection(ctx, access.Scope{All: true}, id)
}

// PutCollection changes a collection. One that a rule made is left alone by the rule from then on. The office only.
//
// Errors: aborted when somebody else has changed the collection since that version; invalid_argument for another building; not_found
// when there is no such collection; otherwise as CreateCollection.
//
//encore:api auth method=PUT path=/collections/:id
func (s *Service) PutCollection(ctx context.Context, id int64, p *CollectionParams) (*Collection, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	what, err := checkWork(p.Type, p.Note, p.PutOut, p.BringIn, p.TimeFrom, p.TimeTo)
	if err != nil {
		return nil, err
	}
	date, err := parseCollectionDate("date", p.Date)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutCollection/", id), p}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		before, err := c.lockCollection(ctx, id)
		switch {
		case err != nil:
			return 0, err
		case before.Version != p.Version:
			return 0, changedMeanwhile("collection")
		case before.BuildingID != p.BuildingID:
			return 0, refusal.Invalid("building_id", refusal.InUse, "A collection stays at its building; delete it, and add another one.")
		case before.Type != what.Type:
			if err := c.keepWasteKind(ctx, what.Type); err != nil {
				return 0, err
			}
		}
		after, err := c.query.UpdateCollection(ctx, store.UpdateCollectionParams{
			ID: id, Type: what.Type, Date: date, Note: what.Note, PutOut: what.PutOut, BringIn: what.BringIn,
			TimeFrom: what.TimeFrom, TimeTo: what.TimeTo,
		})
		if err != nil {
			return 0, err
		}
		return id, c.collectionsChanged(ctx, CollectionChanged, []store.Collection{before}, []store.Collection{after})
	})
	if err != nil {
		return nil, refusal.Failure(collectionConflict(err), "change the collection")
	}
	return s.readCollection(ctx, access.Scope{All: true}, id)
}

// DeleteCollectionResponse says which collection is gone.
type DeleteCollectionResponse struct {
	ID int64 `json:"id"`
}

// DeleteCollection removes a collection; RestoreCollections brings it back within 30 days. A rule that made it does not make it
// again. Repeating it changes nothing. The office only.
//
// Errors: not_found when there is no such collection, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/collections/:id
func (s *Service) DeleteCollection(ctx context.Context, id int64) (*DeleteCollectionResponse, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	err = s.transact(ctx, caller, func(c *change) error {
		rows, err := c.query.LockCollections(ctx, []int64{id})
		switch {
		case err != nil:
			return err
		case len(rows) == 0:
			return noCollection()
		}
		return c.deleteCollections(ctx, rows)
	})
	if err != nil {
		return nil, refusal.Failure(err, "delete the collection")
	}
	return &DeleteCollectionResponse{ID: id}, nil
}

// office returns the caller, if it is the office.
func (s *Service) office(ctx context.Context) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	return caller, access.OfficeOnly(caller)
}

// checkWork cleans what a request says about a collection or a rule, but for where and when.
func checkWork(kind, note string, putOut, bringIn bool, timeFrom, timeTo string) (what store.InsertCollectionsParams, err error) {
	what = store.InsertCollectionsParams{Type: kind, PutOut: putOut, BringIn: bringIn, TimeFrom: timeFrom, TimeTo: timeTo}
	if kind == "" {
		return what, refusal.Invalid("type", refusal.Required, "Choose a kind of waste.")
	}
	if what.Note, err = input.Text("note", note, maxCollectionNote); err != nil {
		return what, err
	}
	if !putOut && !bringIn {
		return what, refusal.Invalid("put_out", refusal.Required, "Bins are put out, brought in, or both.")
	}
	for field, text := range map[string]string{"time_from": timeFrom, "time_to": timeTo} {
		if _, err := time.Parse("15:04", text); text != "" && (err != nil || len(text) != len("15:04")) {
			return what, refusal.Invalid(field, refusal.Malformed, "Write the time as HH:MM.")
		}
	}
	switch {
	case (timeFrom == "") != (timeTo == ""):
		return what, refusal.Invalid("time_to", refusal.Required, "Give both times or none.")
	case timeFrom != "" && timeFrom >= timeTo:
		return what, refusal.Invalid("time_to", refusal.OutOfRange, "The time ends after it begins.")
	}
	return what, nil
}

// The years in which there are collections.
var firstCollection, lastCollection = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(2120, time.December, 31, 0, 0, 0, 0, time.UTC)

func parseCollectionDate(field, text string) (time.Time, error) {
	date, err := day.Parse(field, text)
	if err == nil && (date.Before(firstCollection) || date.After(lastCollection)) {
		err = refusal.Invalid(field, refusal.OutOfRange, "Collections take place between the years 2000 and 2120.")
	}
	return date, err
}

// keepWasteKind refuses a kind of waste that is not planned, and keeps one that is from being archived.
func (c *change) keepWasteKind(ctx context.Context, code string) error {
	if !wasteKindCode.MatchString(code) {
		return refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste.")
	}
	archived, err := c.query.KeepWasteKind(ctx, code)
	switch {
	case err != nil:
		return missingOr(err, refusal.Invalid("type", refusal.Unknown, "There is no such kind of waste."), "read the kind of waste")
	case archived:
		return refusal.Invalid("type", refusal.Archived, "This kind of waste is archived.")
	}
	return nil
}

// checkBuildings returns the rows of what are no buildings in use, and keeps those that are from being archived.
func (c *change) checkBuildings(ctx context.Context, ids []int64) (rows []refusal.Row, err error) {
	found, err := c.query.BuildingsForStops(ctx, ids)
	if err != nil {
		return nil, err
	}
	archived := make(map[int64]bool, len(found))
	for _, building := range found {
		archived[building.ID] = building.Archived
	}
	seen := make(map[int64]bool, len(ids))
	for i, id := range ids {
		gone, known := archived[id]
		switch {
		case !known:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		case gone:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Archived})
		case seen[id]:
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Duplicate})
		}
		seen[id] = true
	}
	return rows, nil
}

// lockCollection locks a collection that is not deleted.
func (c *change) lockCollection(ctx context.Context, id int64) (collection store.Collection, err error) {
	rows, err := c.query.LockCollections(ctx, []int64{id})
	switch {
	case err != nil:
		return collection, err
	case len(rows) == 0 || rows[0].DeletedAt != nil:
		return collection, noCollection()
	}
	return rows[0], nil
}

// deleteCollections deletes those that are not deleted yet, which are locked.
func (c *change) deleteCollections(ctx context.Context, rows []store.Collection) error {
	ids := make([]int64, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	deleted, err := c.query.SetCollectionsDeleted(ctx, store.SetCollectionsDeletedParams{Ids: ids, DeletedAt: &c.at})
	if err != nil {
		return err
	}
	return c.collectionsChanged(ctx, CollectionDeleted, rows, deleted)
}

// collectionState is a collection as the audit log shows it.
type collectionState struct {
	BuildingID int64  `json:"building_id"`
	Type       string `json:"type"`
	Date       string `json:"date"`
	Note       string `json:"note"`
	PutOut     bool   `json:"put_out"`
	BringIn    bool   `json:"bring_in"`
	TimeFrom   string `json:"time_from"`
	TimeTo     string `json:"time_to"`
	RuleID     *int64 `json:"rule_id"`
	Deleted    bool   `json:"deleted"`
}

func collectionStateOf(row store.Collection) collectionState {
	return collectionState{
		BuildingID: row.BuildingID, Type: row.Type, Date: day.Format(row.Date), Note: row.Note, PutOut: row.PutOut, BringIn: row.BringIn,
		TimeFrom: row.TimeFrom, TimeTo: row.TimeTo, RuleID: row.RuleID, Deleted: row.DeletedAt != nil,
	}
}

// collectionsChanged tells what has become of collections, in one event for every 200 buildings and in a line of the audit log
// each. Those of before are found by their id; a new one has none.
func (c *change) collectionsChanged(ctx context.Context, kind string, before, after []store.Collection) error {
	was := make(map[int64]store.Collection, len(before))
	for _, row := range before {
		was[row.ID] = row
	}
	lines := make([]audit.Change, 0, len(after))
	var span collectionSpan
	for _, row := range after {
		var state any
		if old, known := was[row.ID]; known {
			state = collectionStateOf(old)
			span.add(old.BuildingID, old.Date)
		}
		lines = append(lines, c.line(kind, "collection", row.ID, state, collectionStateOf(row)))
		span.add(row.BuildingID, row.Date)
	}
	if err := audit.Append(ctx, c.tx, lines...); err != nil {
		return err
	}
	return c.tellCollections(ctx, kind, 0, span)
}

// collectionSpan is where and when collections have changed.
type collectionSpan struct {
	buildings   []int64
	first, last time.Time
}

func (span *collectionSpan) add(buildingID int64, date time.Time) {
	span.buildings = append(span.buildings, buildingID)
	if span.first.IsZero() || date.Before(span.first) {
		span.first = date
	}
	if date.After(span.last) {
		span.last = date
	}
}

// maxEventBuildings is how many buildings one event names.
const maxEventBuildings = 200

// tellCollections appends the events about collections that have changed.
func (c *change) tellCollections(ctx context.Context, kind string, ruleID int64, span collectionSpan) error {
	buildings := slices.Compact(slices.Sorted(slices.Values(span.buildings)))
	var events []*CollectionEvent
	for some := range slices.Chunk(buildings, maxEventBuildings) {
		// A run shows those of its day and of the day after.
		workers, err := c.query.WorkersWithStops(ctx, store.WorkersWithStopsParams{
			FirstDay: span.first.AddDate(0, 0, -1), LastDay: span.last, BuildingIds: some,
		})
		if err != nil {
			return err
		}
		events = append(events, &CollectionEvent{
			Type: kind, ActorID: c.caller.ID, BuildingIDs: some, From: day.Format(span.first), To: day.Format(span.last), RuleID: ruleID,
			WorkerIDs: workers,
		})
	}
	return outbox.AppendAll(ctx, c.tx, collectionEvents, events)
}

func collectionConflict(err error) error {
	if violates(err, "collections_once") {
		return alreadyCollected()
	}
	return err
}

func alreadyCollected() error {
	return refusal.Exists("date", refusal.AlreadyCollected, "The building has a collection of this kind on that date.")
}
