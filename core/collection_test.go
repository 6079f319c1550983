package core

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// collectionOf describes a collection that is accepted.
func collectionOf(building int64, date string) *CollectionParams {
	return &CollectionParams{BuildingID: building, Type: "PMD", Date: date, PutOut: true, BringIn: true}
}

// editCollection is the collection as its form would send it.
func editCollection(c *Collection) *CollectionParams {
	return &CollectionParams{
		BuildingID: c.Building.ID, Type: c.Type, Date: c.Date, Note: c.Note, PutOut: c.PutOut, BringIn: c.BringIn, TimeFrom: c.TimeFrom,
		TimeTo: c.TimeTo, Version: c.Version,
	}
}

func (r *rounds) collection(building int64, date string) *Collection {
	r.t.Helper()
	made, err := r.CreateCollection(r.as(office), collectionOf(building, date))
	require.NoError(r.t, err)
	return made
}

// places lists what the actor sees: date, kind and the place of the building in buildings.
func (r *rounds) places(actor access.Actor, p *ListCollectionsParams, buildings ...int64) (found []string) {
	r.t.Helper()
	list, err := r.ListCollections(r.as(actor), p)
	require.NoError(r.t, err)
	for _, c := range list.Items {
		found = append(found, fmt.Sprint(c.Date, " ", c.Type, " ", slices.Index(buildings, c.Building.ID)))
	}
	return found
}

// auditLines publishes what is in the outbox and returns the kinds and things of the audit log.
func (r *rounds) auditLines() (lines []string) {
	r.t.Helper()
	r.events()
	r.topic.mu.Lock()
	defer r.topic.mu.Unlock()
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			change, err := audit.Decode(message)
			require.NoError(r.t, err)
			lines = append(lines, change.Kind+" "+change.ThingKind+" "+change.ThingID)
		}
	}
	return lines
}

func TestACollectionIsMadeChangedDeletedAndRestored(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building := r.building(region)
	params := collectionOf(building, "2026-05-06")
	params.Note, params.TimeFrom, params.TimeTo, params.IdempotencyKey = " Achterpoort ", "06:00", "14:30", newID().String()
	made, err := r.CreateCollection(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, "Achterpoort", made.Note)
	require.Equal(t, []any{"PMD", "2026-05-06", true, true, "06:00", "14:30", int64(1), false}, []any{
		made.Type, made.Date, made.PutOut, made.BringIn, made.TimeFrom, made.TimeTo, made.Version, made.Changed,
	})
	require.Equal(t, region, made.Building.RegionID)
	require.Nil(t, made.RuleID)
	again, err := r.CreateCollection(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, made, again, "the answer was lost")
	_, err = r.CreateCollection(r.as(office), collectionOf(building, "2026-05-06"))
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "date", Reason: refusal.AlreadyCollected})

	put := editCollection(made)
	put.Date, put.Type, put.BringIn = "2026-05-07", "GFT", false
	changed, err := r.PutCollection(r.as(office), made.ID, put)
	require.NoError(t, err)
	require.Equal(t, []any{"GFT", "2026-05-07", false, int64(2)}, []any{changed.Type, changed.Date, changed.BringIn, changed.Version})
	require.False(t, changed.Changed, "there is no rule to leave it alone")
	_, err = r.PutCollection(r.as(office), made.ID, put)
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)

	for range 2 {
		_, err = r.DeleteCollection(r.as(office), made.ID)
		require.NoError(t, err)
	}
	_, err = r.GetCollection(r.as(office), made.ID)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.PutCollection(r.as(office), made.ID, put)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	restored, err := r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{made.ID}})
	require.NoError(t, err)
	require.Equal(t, []int64{made.ID}, restored.IDs)
	back, err := r.GetCollection(r.as(office), made.ID)
	require.NoError(t, err)
	require.Equal(t, "2026-05-07", back.Date)

	require.Equal(t, []string{CollectionCreated, CollectionChanged, CollectionDeleted, CollectionRestored}, r.events())
	id := fmt.Sprint(" collection ", made.ID)
	require.Equal(t, []string{
		"collection.created" + id, "collection.changed" + id, "collection.deleted" + id, "collection.restored" + id,
	}, r.auditLines())
	_, err = r.DeleteCollection(r.as(office), 999)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestAnEventSaysWhereCollectionsChanged(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	made := r.collection(building, "2026-05-06")
	put := editCollection(made)
	put.Date = "2026-05-09"
	_, err := r.PutCollection(r.as(office), made.ID, put)
	require.NoError(t, err)
	r.events()
	var events []CollectionEvent
	for _, message := range r.topic.messages {
		if message.Topic == collectionEvents {
			var event CollectionEvent
			require.NoError(t, json.Unmarshal(message.Payload, &event))
			events = append(events, event)
		}
	}
	require.Equal(t, []CollectionEvent{
		{Type: CollectionCreated, ActorID: office.ID, BuildingIDs: []int64{building}, From: "2026-05-06", To: "2026-05-06"},
		{Type: CollectionChanged, ActorID: office.ID, BuildingIDs: []int64{building}, From: "2026-05-06", To: "2026-05-09"},
	}, events)
}

func TestWhoseRunsShowACollectionIsInItsEventOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, other := r.building(region), r.building(region)
	tour := r.tour(region, building, other)
	today := r.plannedRun(tour, emma.ID, 0)
	require.NoError(t, second(r.StartRun(r.as(emma), today.ID, r.start())))
	for days := range 5 {
		r.plannedRun(tour, lucas.ID, days)
	}
	r.plannedRun(r.tour(region, other), office.ID, 0)
	cancelled := r.plannedRun(tour, admin.ID, 0)
	require.NoError(t, second(r.CancelRun(r.as(office), cancelled.ID, &CancelRunParams{Reason: "Storm"})))

	r.collection(building, onDay(1)) // put out on the day before: the run that has started shows it
	r.collection(building, onDay(4))
	r.collection(building, onDay(6))
	rule := weekly(building)
	rule.Type = "GFT"
	generation, err := r.CreateCollectionRule(r.as(office), rule)
	require.NoError(t, err)
	require.Greater(t, generation.Generation.Created, 5)
	r.events()
	var workers [][]int64
	for _, message := range r.topic.messages {
		var event CollectionEvent
		if message.Topic == collectionEvents {
			require.NoError(t, json.Unmarshal(message.Payload, &event))
		}
		if event.Type == CollectionCreated || event.Type == CollectionGenerated {
			workers = append(workers, event.WorkerIDs)
		}
	}
	require.Equal(t, [][]int64{{emma.ID, lucas.ID}, {lucas.ID}, nil, {emma.ID, lucas.ID}}, workers, "a rule tells them all it makes at once")
}

func TestWhatIsNoCollectionIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	building, archived := r.building(region), r.building(region)
	_, err := r.ArchiveBuilding(r.as(office), archived)
	require.NoError(t, err)
	_, err = r.ArchiveWasteKind(r.as(admin), "KER")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*CollectionParams)
		field  string
		reason refusal.Reason
	}{
		"an unknown building":   {func(p *CollectionParams) { p.BuildingID = 999 }, "building_id", refusal.Unknown},
		"an archived building":  {func(p *CollectionParams) { p.BuildingID = archived }, "building_id", refusal.Archived},
		"no kind":               {func(p *CollectionParams) { p.Type = "" }, "type", refusal.Required},
		"an unknown kind":       {func(p *CollectionParams) { p.Type = "XX" }, "type", refusal.Unknown},
		"what cannot be a kind": {func(p *CollectionParams) { p.Type = "a'\x00" }, "type", refusal.Unknown},
		"an archived kind":      {func(p *CollectionParams) { p.Type = "KER" }, "type", refusal.Archived},
		"no date":               {func(p *CollectionParams) { p.Date = "" }, "date", refusal.Required},
		"no day":                {func(p *CollectionParams) { p.Date = "2026-02-29" }, "date", refusal.Malformed},
		"a far day":             {func(p *CollectionParams) { p.Date = "9999-01-01" }, "date", refusal.OutOfRange},
		"a long note":           {func(p *CollectionParams) { p.Note = strings.Repeat("n", 501) }, "note", refusal.TooLong},
		"nothing to do":         {func(p *CollectionParams) { p.PutOut, p.BringIn = false, false }, "put_out", refusal.Required},
		"no time":               {func(p *CollectionParams) { p.TimeFrom, p.TimeTo = "6:00", "07:00" }, "time_from", refusal.Malformed},
		"half a window":         {func(p *CollectionParams) { p.TimeFrom = "06:00" }, "time_to", refusal.Required},
		"an empty window":       {func(p *CollectionParams) { p.TimeFrom, p.TimeTo = "06:00", "06:00" }, "time_to", refusal.OutOfRange},
	} {
		params := collectionOf(building, "2026-05-06")
		c.change(params)
		_, err := r.CreateCollection(r.as(office), params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: c.field, Reason: c.reason}, name)
	}
	made := r.collection(building, "2026-05-06")
	put := editCollection(made)
	put.BuildingID = r.building(region)
	_, err = r.PutCollection(r.as(office), made.ID, put)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_id", Reason: refusal.InUse})
	r.collection(building, "2026-05-07")
	put = editCollection(made)
	put.Date = "2026-05-07"
	_, err = r.PutCollection(r.as(office), made.ID, put)
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "date", Reason: refusal.AlreadyCollected})
}

func TestCollectionsAreSeenAsTheirBuildings(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	ofNobody := func(p *store.InsertBuildingParams) { p.SyndicID = nil }
	on, off, foreign := r.building(region), r.building(region), r.building(region, ofNobody)
	r.run(func(p *store.InsertRunParams) {
		p.TourID, p.Date = r.tour(region, on, foreign), today.AddDate(0, 0, 14)
	})
	made := make(map[int64]*Collection)
	for _, building := range []int64{on, off, foreign} {
		made[building] = r.collection(building, "2026-05-06")
	}
	all := []int64{on, off, foreign}
	for name, c := range map[string]struct {
		actor access.Actor
		want  []int64
	}{
		"the office":       {office, all},
		"the worker":       {emma, []int64{on, foreign}},
		"another worker":   {lucas, nil},
		"the syndic":       {martin, []int64{on, off}},
		"a syndic of none": {nadia, nil},
		"somebody retired": {retired, nil},
	} {
		list, err := r.ListCollections(r.as(c.actor), &ListCollectionsParams{})
		require.NoError(t, err, name)
		var seen []int64
		for _, item := range list.Items {
			seen = append(seen, item.Building.ID)
		}
		require.ElementsMatch(t, c.want, seen, name)
		list, err = r.ListCollections(r.as(c.actor), &ListCollectionsParams{Building: all, Region: region})
		require.NoError(t, err, name)
		require.Len(t, list.Items, len(c.want), "%s: filters show nothing more", name)
		for building, collection := range made {
			_, err := r.GetCollection(r.as(c.actor), collection.ID)
			if slices.Contains(c.want, building) {
				require.NoError(t, err, name)
			} else {
				requireRefusal(t, err, errs.NotFound, refusal.Missing, name)
			}
		}
	}
	_, err := r.ListCollections(r.as(nobody), &ListCollectionsParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)

	r.pass(29 * 24 * time.Hour) // 15 days after the run
	require.Empty(t, r.places(emma, &ListCollectionsParams{}), "rule 13")
}

func TestCollectionsAreListedByPlaceAndPeriodInPages(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	a, b, c := r.building(north), r.building(north), r.building(south)
	tour := r.tour(north, b)
	for i, building := range []int64{a, b, c} {
		for _, date := range []string{"2026-05-04", "2026-05-05", "2026-05-11"} {
			params := collectionOf(building, date)
			params.Type = []string{"GFT", "PMD", "PMD"}[i]
			_, err := r.CreateCollection(r.as(office), params)
			require.NoError(t, err)
		}
	}
	for name, check := range map[string]struct {
		params ListCollectionsParams
		want   []string
	}{
		"a period":            {ListCollectionsParams{From: "2026-05-05", To: "2026-05-10"}, []string{"2026-05-05 GFT 0", "2026-05-05 PMD 1", "2026-05-05 PMD 2"}},
		"buildings":           {ListCollectionsParams{Building: []int64{a, c}, To: "2026-05-04"}, []string{"2026-05-04 GFT 0", "2026-05-04 PMD 2"}},
		"a tour":              {ListCollectionsParams{Tour: tour, To: "2026-05-05"}, []string{"2026-05-04 PMD 1", "2026-05-05 PMD 1"}},
		"a region":            {ListCollectionsParams{Region: south, From: "2026-05-05"}, []string{"2026-05-05 PMD 2", "2026-05-11 PMD 2"}},
		"a kind":              {ListCollectionsParams{Type: "GFT", From: "2026-05-11"}, []string{"2026-05-11 GFT 0"}},
		"all of them":         {ListCollectionsParams{Building: []int64{a, b}, Tour: tour, Region: north, Type: "PMD", From: "2026-05-11"}, []string{"2026-05-11 PMD 1"}},
		"what does not meet":  {ListCollectionsParams{Tour: tour, Region: south}, nil},
		"a tour that is none": {ListCollectionsParams{Tour: 999}, nil},
	} {
		require.Equal(t, check.want, r.places(office, &check.params, a, b, c), name)
	}
	var paged []string
	params := &ListCollectionsParams{Limit: 4}
	for {
		list, err := r.ListCollections(r.as(office), params)
		require.NoError(t, err)
		for _, item := range list.Items {
			paged = append(paged, item.Date)
		}
		if params.Cursor = list.NextCursor; params.Cursor == "" {
			break
		}
	}
	require.Equal(t, []string{
		"2026-05-04", "2026-05-04", "2026-05-04", "2026-05-05", "2026-05-05", "2026-05-05", "2026-05-11", "2026-05-11", "2026-05-11",
	}, paged)

	r.pass(24 * time.Hour)
	_, err := r.ArchiveBuilding(r.as(office), a)
	require.NoError(t, err)
	require.Equal(t, []string{"2026-05-04 GFT 0"}, r.places(office, &ListCollectionsParams{Building: []int64{a}}, a), "history stays")

	for name, bad := range map[string]struct {
		params ListCollectionsParams
		field  string
	}{
		"a period backwards": {ListCollectionsParams{From: "2026-05-05", To: "2026-05-04"}, "to"},
		"a limit":            {ListCollectionsParams{Limit: 201}, "limit"},
		"a cursor":           {ListCollectionsParams{Cursor: "x"}, "cursor"},
		"a kind":             {ListCollectionsParams{Type: "'"}, "type"},
		"many buildings":     {ListCollectionsParams{Building: make([]int64, 201)}, "building"},
		"no building":        {ListCollectionsParams{Building: []int64{0}}, "building"},
	} {
		_, err := r.ListCollections(r.as(office), &bad.params)
		require.Error(t, err, name)
		details, _ := errs.Details(err).(refusal.Details)
		require.Equal(t, bad.field, details.Field, name)
	}
}

func TestManyCollectionsAreMadeAtOnceOrNone(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	params := &CreateCollectionsParams{
		BuildingIDs: []int64{b, a}, Dates: []string{"2026-05-11", "2026-05-04"}, Type: "PMD", PutOut: true, IdempotencyKey: newID().String(),
	}
	made, err := r.CreateCollections(r.as(office), params)
	require.NoError(t, err)
	require.Len(t, made.IDs, 4)
	again, err := r.CreateCollections(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, made, again, "the answer was lost")
	require.Equal(t, []string{"2026-05-04 PMD 0", "2026-05-04 PMD 1", "2026-05-11 PMD 0", "2026-05-11 PMD 1"},
		sorted(r.places(office, &ListCollectionsParams{}, a, b)))
	require.Equal(t, []string{CollectionCreated}, r.events(), "one event for all")
	require.Len(t, r.auditLines(), 4, "a line for each (rule 12)")

	_, err = r.CreateCollections(r.as(office), &CreateCollectionsParams{
		BuildingIDs: []int64{a, b}, Dates: []string{"2026-05-03", "2026-05-04", "2026-05-05"}, Type: "PMD", PutOut: true,
	})
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "dates", Reason: refusal.AlreadyCollected, Rows: []refusal.Row{
		{Index: 1, Reason: refusal.AlreadyCollected}, {Index: 4, Reason: refusal.AlreadyCollected},
	}})
	_, err = r.CreateCollections(r.as(office), &CreateCollectionsParams{
		BuildingIDs: []int64{a, 999, a}, Dates: []string{"2026-06-01"}, Type: "PMD", PutOut: true,
	})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_ids", Reason: refusal.Unknown, Rows: []refusal.Row{
		{Index: 1, Reason: refusal.Unknown}, {Index: 2, Reason: refusal.Duplicate},
	}})
	_, err = r.CreateCollections(r.as(office), &CreateCollectionsParams{
		BuildingIDs: []int64{a}, Dates: []string{"2026-06-01", "soon", "2026-06-01", ""}, Type: "PMD", PutOut: true,
	})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "dates", Reason: refusal.Malformed, Rows: []refusal.Row{
		{Index: 1, Reason: refusal.Malformed}, {Index: 2, Reason: refusal.Duplicate}, {Index: 3, Reason: refusal.Required},
	}})
	require.Len(t, r.places(office, &ListCollectionsParams{}), 4, "nothing was made in part (rule 5)")
	var dates []string
	for i := range 26 {
		dates = append(dates, day.Format(today.AddDate(0, 0, i)))
	}
	_, err = r.CreateCollections(r.as(office), &CreateCollectionsParams{BuildingIDs: make([]int64, 200), Dates: dates, Type: "PMD", PutOut: true})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "dates", Reason: refusal.TooLong})
	_, err = r.CreateCollections(r.as(office), &CreateCollectionsParams{Dates: []string{"2026-06-01"}, Type: "PMD", PutOut: true})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "building_ids", Reason: refusal.Required})
}

func sorted(texts []string) []string { return slices.Sorted(slices.Values(texts)) }

func TestTheSameCollectionsManyTimesAtOnceAreMadeOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	buildings := []int64{r.building(region), r.building(region), r.building(region)}
	results := together(6, func(i int) error {
		mixed := slices.Clone(buildings)
		if i%2 == 0 {
			slices.Reverse(mixed)
		}
		_, err := r.CreateCollections(r.as(office), &CreateCollectionsParams{
			BuildingIDs: mixed, Dates: []string{"2026-05-04", "2026-05-05"}, Type: "PMD", PutOut: true,
		})
		return err
	})
	requireOneWinner(t, results, errs.AlreadyExists, refusal.AlreadyCollected)
}

func TestTwoOfTheOfficeMoveBothWaysAtOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for range 20 {
		building := r.building(region)
		r.collection(building, "2026-05-04")
		r.collection(building, "2026-05-05")
	}
	var group errgroup.Group
	for i := range 20 {
		params := &MoveCollectionsParams{Type: "PMD", From: "2026-05-04", To: "2026-05-05", RegionID: region}
		if i%2 == 1 {
			params.From, params.To = params.To, params.From
		}
		group.Go(func() error {
			_, err := r.MoveCollections(r.as(office), params)
			if errs.Code(err) != errs.FailedPrecondition {
				return fmt.Errorf("not refused as it should be: %w", err)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
}

func TestOneKindIsMovedToAnotherDateOrNothing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, c := r.building(region), r.building(region), r.building(r.region())
	tour := r.tour(region, b)
	for _, building := range []int64{a, b, c} {
		r.collection(building, "2026-05-04")
	}
	glass := collectionOf(a, "2026-05-04")
	glass.Type = "GLS"
	_, err := r.CreateCollection(r.as(office), glass)
	require.NoError(t, err)

	move := &MoveCollectionsParams{Type: "PMD", From: "2026-05-04", To: "2026-05-05", RegionID: region, IdempotencyKey: newID().String()}
	for range 2 {
		moved, err := r.MoveCollections(r.as(office), move)
		require.NoError(t, err)
		require.Len(t, moved.Items, 2)
		require.Equal(t, []string{"2026-05-05", "2026-05-05"}, []string{moved.Items[0].Date, moved.Items[1].Date})
	}
	require.Equal(t, []string{"2026-05-04 GLS 0", "2026-05-04 PMD 2", "2026-05-05 PMD 0", "2026-05-05 PMD 1"},
		sorted(r.places(office, &ListCollectionsParams{}, a, b, c)))
	moved, err := r.MoveCollections(r.as(office), &MoveCollectionsParams{Type: "PMD", From: "2026-05-05", To: "2026-05-06", TourID: tour, BuildingIDs: []int64{a, b}})
	require.NoError(t, err)
	require.Len(t, moved.Items, 1, "what is given adds up")
	back, err := r.ChangeCollections(r.as(office), &ChangeCollectionsParams{
		Items: []CollectionToChange{{ID: moved.Items[0].ID, Version: moved.Items[0].Version, Date: "2026-05-05"}},
	})
	require.NoError(t, err, "what the answer says is enough to take it back")
	require.Equal(t, "2026-05-05", back.Items[0].Date)
	_, err = r.MoveCollections(r.as(office), &MoveCollectionsParams{Type: "PMD", From: "2026-05-05", To: "2026-05-06", TourID: tour, BuildingIDs: []int64{a, b}})
	require.NoError(t, err)

	r.collection(a, "2026-05-08")
	r.collection(b, "2026-05-05")
	_, err = r.MoveCollections(r.as(office), &MoveCollectionsParams{Type: "PMD", From: "2026-05-05", To: "2026-05-08", RegionID: region})
	requireDetails(t, err, errs.FailedPrecondition, refusal.Details{Field: "to", Reason: refusal.AlreadyCollected, IDs: []int64{a}})
	require.Contains(t, r.places(office, &ListCollectionsParams{}, a, b, c), "2026-05-05 PMD 1", "none has moved (rule 5)")

	for name, bad := range map[string]struct {
		params MoveCollectionsParams
		field  string
	}{
		"nothing chosen": {MoveCollectionsParams{Type: "PMD", From: "2026-05-05", To: "2026-05-08"}, "building_ids"},
		"the same date":  {MoveCollectionsParams{Type: "PMD", From: "2026-05-05", To: "2026-05-05", RegionID: region}, "to"},
		"no kind":        {MoveCollectionsParams{From: "2026-05-05", To: "2026-05-08", RegionID: region}, "type"},
		"no date":        {MoveCollectionsParams{Type: "PMD", To: "2026-05-08", RegionID: region}, "from"},
	} {
		_, err := r.MoveCollections(r.as(office), &bad.params)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
		details, _ := errs.Details(err).(refusal.Details)
		require.Equal(t, bad.field, details.Field, name)
	}
	none, err := r.MoveCollections(r.as(office), &MoveCollectionsParams{Type: "RES", From: "2026-05-05", To: "2026-05-08", RegionID: region})
	require.NoError(t, err)
	require.Empty(t, none.Items)
}

func TestWeeksAreCopiedAndCopyingAgainMakesNothing(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, gone := r.building(region), r.building(region), r.building(region)
	r.collection(a, "2026-03-25") // a Wednesday, in the week in which the clock changes
	r.collection(b, "2026-03-29") // its Sunday
	r.collection(b, "2026-03-30") // the Monday after
	r.collection(gone, "2026-03-25")
	trees := collectionOf(a, "2026-03-25")
	trees.Type = "KER"
	_, err := r.CreateCollection(r.as(office), trees)
	require.NoError(t, err)
	r.collection(b, "2026-04-12")
	_, err = r.ArchiveWasteKind(r.as(admin), "KER")
	require.NoError(t, err)
	_, err = r.ArchiveBuilding(r.as(office), gone)
	require.NoError(t, err)

	params := CopyCollectionsParams{From: "2026-03-26", To: "2026-03-27", Weeks: []string{"2026-04-09", "2026-12-31"}, RegionID: region, IdempotencyKey: newID().String()}
	copied, err := r.CopyCollections(r.as(office), &params)
	require.NoError(t, err)
	require.Len(t, copied.IDs, 3)
	require.Equal(t, []SkippedCollection{
		{a, "KER", "2026-04-08", "archived"}, {b, "PMD", "2026-04-12", "already_collected"}, {gone, "PMD", "2026-04-08", "archived"},
		{a, "KER", "2026-12-30", "archived"}, {gone, "PMD", "2026-12-30", "archived"},
	}, copied.Skipped)
	require.Equal(t, []string{"2026-04-08 PMD 0", "2026-04-12 PMD 1", "2026-12-30 PMD 0", "2027-01-03 PMD 1"},
		r.places(office, &ListCollectionsParams{From: "2026-04-01"}, a, b))
	again, err := r.CopyCollections(r.as(office), &params)
	require.NoError(t, err)
	require.Equal(t, copied, again, "the answer was lost")
	params.IdempotencyKey = ""
	again, err = r.CopyCollections(r.as(office), &params)
	require.NoError(t, err)
	require.Empty(t, again.IDs, "rule 6")
	require.Len(t, again.Skipped, 8)

	for name, bad := range map[string]struct {
		change func(*CopyCollectionsParams)
		field  string
	}{
		"the same week":  {func(p *CopyCollectionsParams) { p.Weeks = []string{"2026-03-29"} }, "weeks"},
		"a week twice":   {func(p *CopyCollectionsParams) { p.Weeks = []string{"2026-04-06", "2026-04-12"} }, "weeks"},
		"no week":        {func(p *CopyCollectionsParams) { p.Weeks = nil }, "weeks"},
		"nothing chosen": {func(p *CopyCollectionsParams) { p.RegionID = 0 }, "building_ids"},
		"backwards":      {func(p *CopyCollectionsParams) { p.To = "2026-03-01" }, "to"},
		"two years":      {func(p *CopyCollectionsParams) { p.To = "2028-03-01" }, "to"},
		"a kind":         {func(p *CopyCollectionsParams) { p.Type = "'" }, "type"},
	} {
		wrong := params
		bad.change(&wrong)
		_, err := r.CopyCollections(r.as(office), &wrong)
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
		details, _ := errs.Details(err).(refusal.Details)
		require.Equal(t, bad.field, details.Field, name)
	}
}

func TestManyAreDeletedAndComeBackOrNone(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.building(region), r.building(region)
	first, second, third := r.collection(a, "2026-05-04"), r.collection(a, "2026-05-05"), r.collection(b, "2026-05-05")
	_, err := r.DeleteCollections(r.as(office), &CollectionIDsParams{IDs: []int64{first.ID, 999, third.ID}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "ids", Reason: refusal.Unknown, Rows: []refusal.Row{{Index: 1, Reason: refusal.Unknown}}})
	require.Len(t, r.places(office, &ListCollectionsParams{}), 3)

	params := &CollectionIDsParams{IDs: []int64{third.ID, first.ID, second.ID}, IdempotencyKey: newID().String()}
	for range 2 {
		deleted, err := r.DeleteCollections(r.as(office), params)
		require.NoError(t, err)
		require.Equal(t, []int64{first.ID, second.ID, third.ID}, deleted.IDs)
	}
	require.Empty(t, r.places(office, &ListCollectionsParams{}))
	nothing, err := r.DeleteCollections(r.as(office), &CollectionIDsParams{IDs: []int64{first.ID}})
	require.NoError(t, err)
	require.Empty(t, nothing.IDs, "it is deleted already")

	instead := r.collection(a, "2026-05-05")
	_, err = r.ArchiveBuilding(r.as(office), b)
	require.NoError(t, err)
	_, err = r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{third.ID, first.ID, second.ID}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "ids", Reason: refusal.Archived, Rows: []refusal.Row{
		{Index: 0, Reason: refusal.Archived}, {Index: 2, Reason: refusal.AlreadyCollected},
	}})
	_, err = r.DeleteCollection(r.as(office), instead.ID)
	require.NoError(t, err)
	_, err = r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{second.ID, instead.ID}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "ids", Reason: refusal.AlreadyCollected, Rows: []refusal.Row{
		{Index: 1, Reason: refusal.AlreadyCollected},
	}}, "both cannot have the place")
	_, err = r.UnarchiveBuilding(r.as(office), b)
	require.NoError(t, err)
	restored, err := r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{first.ID, second.ID, third.ID}})
	require.NoError(t, err)
	require.Len(t, restored.IDs, 3)
	require.Len(t, r.places(office, &ListCollectionsParams{}), 3)

	_, err = r.DeleteCollection(r.as(office), first.ID)
	require.NoError(t, err)
	r.pass(29 * 24 * time.Hour)
	require.NoError(t, r.RemoveDeletedCollections(t.Context()))
	_, err = r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{first.ID}})
	require.NoError(t, err)
	_, err = r.DeleteCollection(r.as(office), first.ID)
	require.NoError(t, err)
	r.pass(31 * 24 * time.Hour)
	require.NoError(t, r.RemoveDeletedCollections(t.Context()))
	_, err = r.RestoreCollections(r.as(office), &CollectionIDsParams{IDs: []int64{first.ID}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "ids", Reason: refusal.Unknown, Rows: []refusal.Row{{Index: 0, Reason: refusal.Unknown}}})
}

func TestOnlyTheOfficePlansCollections(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made := r.collection(r.building(r.region()), "2026-05-04")
	for _, actor := range []access.Actor{emma, martin, nobody} {
		for name, call := range map[string]func(context.Context) error{
			"create": func(ctx context.Context) error {
				_, err := r.CreateCollection(ctx, collectionOf(made.Building.ID, "2026-05-06"))
				return err
			},
			"put": func(ctx context.Context) error {
				_, err := r.PutCollection(ctx, made.ID, editCollection(made))
				return err
			},
			"delete many": func(ctx context.Context) error {
				_, err := r.DeleteCollections(ctx, &CollectionIDsParams{IDs: []int64{made.ID}})
				return err
			},
		} {
			requireRefusal(t, call(r.as(actor)), errs.PermissionDenied, refusal.WrongRole, name)
		}
	}
}

// At the volume of some years no list of collections reads all of them.
func TestNoListOfCollectionsReadsAllOfThem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tx, err := r.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	for _, sql := range []string{
		fmt.Sprintf(`insert into buildings (region_id, name, street, house_number, postal_code, city, syndic_id)
			select %d, 'B' || n, 'Volumestraat', n::text, '9000', 'Gent', n from generate_series(1, 200) n`, region),
		`insert into collection_rules (type, rrule, start_date, note, held_from)
			select case when n % 50 = 0 then 'GLS' else 'PMD' end, 'FREQ=WEEKLY', '2026-01-01', 'Volume', case when n % 40 = 0 then '2026-01-01'::date end
			from generate_series(1, 20000) n`,
		fmt.Sprintf(`insert into collection_rules (type, rrule, start_date, region_id) values ('PMD', 'FREQ=WEEKLY', '2026-01-01', %d)`, region),
		`insert into collection_rule_buildings (rule_id, building_id)
			select r.id, b.id from collection_rules r join buildings b on b.id % 200 = r.id % 200 where r.id < (select min(id) + 2000 from collection_rules)`,
		`insert into collections (building_id, type, date, rule_id, rule_date)
			select b.id, 'PMD', '2024-01-01'::date + n, (select min(id) from collection_rules) + b.id % 300, '2024-01-01'::date + n
			from buildings b cross join generate_series(1, 100) n`,
		`analyze buildings`, `analyze collections`, `analyze collection_rules`, `analyze collection_rule_buildings`,
		`set local plan_cache_mode = force_custom_plan`,
	} {
		_, err := tx.Exec(t.Context(), sql)
		require.NoError(t, err, sql)
	}
	recorder := &recordingQueries{DBTX: tx}
	query := store.New(recorder)
	ctx := t.Context()
	some := []int64{1, 2, 3}
	date := today
	lastDays := []time.Time{date, date.AddDate(0, 0, 30), day.Last}
	_, _ = query.CollectionKeys(ctx, store.CollectionKeysParams{Today: date, FromDay: date.AddDate(-2, 0, 0), ToDay: day.Last, AfterDate: day.First, RowLimit: 51})
	_, _ = query.CollectionKeysOf(ctx, store.CollectionKeysOfParams{BuildingIds: some, LastDays: lastDays, FromDay: date, AfterDate: date, RowLimit: 51})
	_, _ = query.CollectionsByID(ctx, some)
	_, _ = query.LockCollectionsOn(ctx, store.LockCollectionsOnParams{BuildingIds: some, Dates: []time.Time{date}, Type: "PMD"})
	_, _ = query.CollectionsBetween(ctx, store.CollectionsBetweenParams{BuildingIds: some, FirstDay: date, LastDay: date.AddDate(0, 0, 6), RowLimit: 100})
	_, _ = query.CalendarCollections(ctx, store.CalendarCollectionsParams{
		BuildingIds: some, LastDays: lastDays, FirstDay: date, Types: []string{}, RowLimit: 100,
	})
	_, _ = query.PresentCollections(ctx, some)
	_, _ = query.PlacesTaken(ctx, store.PlacesTakenParams{BuildingIds: some, Types: []string{"PMD", "PMD", "PMD"}, Dates: []time.Time{date, date, date}})
	_, _ = query.CollectionsInTheWay(ctx, some)
	_, _ = query.CollectionsOfRule(ctx, store.CollectionsOfRuleParams{RuleID: 1, Day: date})
	_, _ = query.BuildingsOfSyndic(ctx, some[0])
	_, _ = query.CollectionRulesByID(ctx, some)
	_, _ = query.ExceptionsOfRules(ctx, some)
	_, _ = query.BuildingsOfRules(ctx, some)
	_, _ = query.BuildingsConcerned(ctx, store.BuildingsConcernedParams{RuleIds: some, BuildingIds: some})
	_ = query.RemoveDeletedCollections(ctx, store.RemoveDeletedCollectionsParams{Before: monday, Today: date})
	for _, kind := range []string{"", "PMD"} {
		_, _ = query.CollectionKeys(ctx, store.CollectionKeysParams{Type: kind, Today: date, FromDay: day.First, ToDay: day.Last, RowLimit: 51})
		_, _ = query.CollectionKeys(ctx, store.CollectionKeysParams{Type: kind, Today: date, FromDay: monday, ToDay: monday.AddDate(0, 0, 6), RowLimit: 51})
		_, _ = query.CollectionKeysOf(ctx, store.CollectionKeysOfParams{Type: kind, BuildingIds: some, LastDays: lastDays, FromDay: day.First, RowLimit: 51})
	}
	// Every filter of the rules, alone and of some buildings.
	for _, keys := range []store.CollectionRuleKeysParams{
		{}, {Type: "GLS"}, {Held: true, Today: date}, {Archived: true}, {SeesAll: true, Patterns: []string{"%volume%", "%gent%"}},
	} {
		keys.RowLimit = 51
		_, _ = query.CollectionRuleKeys(ctx, keys)
		_, _ = query.CollectionRuleKeysOf(ctx, store.CollectionRuleKeysOfParams{
			BuildingIds: some, Archived: keys.Archived, Type: keys.Type, Held: keys.Held, Today: keys.Today, Patterns: keys.Patterns,
			SeesAll: keys.SeesAll, RowLimit: keys.RowLimit,
		})
	}
	require.Len(t, recorder.queries, 32)
	for _, q := range recorder.queries {
		rows, err := tx.Query(ctx, "explain "+q.sql, q.args...)
		require.NoError(t, err, q.sql)
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err, q.sql)
		for _, line := range plan {
			require.NotContains(t, line, "Seq Scan on collection", "%s\n%s", q.sql, strings.Join(plan, "\n"))
		}
	}
}

func TestRule13_AWorkerReadsTheCollectionsOfTheDayAndTheNextAtTheStops(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for days, sees := range map[int]bool{0: true, 14: true, 15: false, -14: true, -15: false} {
		building := r.building(region)
		tour := r.tour(region, building)
		date := today.AddDate(0, 0, days)
		on := func(after int) string { return day.Format(date.AddDate(0, 0, after)) }
		for _, after := range []int{-1, 2, 1, 0} {
			r.collection(building, on(after))
		}
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, date })
		detail, err := r.GetRun(r.as(emma), run)
		require.NoError(t, err)
		var dates []string
		for _, collection := range detail.Stops[0].Collections {
			require.Equal(t, "PMD", collection.Type)
			require.True(t, collection.PutOut)
			dates = append(dates, collection.Date)
		}
		if sees {
			require.Equal(t, []string{on(0), on(1)}, dates, "%d days", days)
		} else {
			require.Empty(t, dates, "%d days", days)
		}
	}
}
