package core

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/refusal"
)

// toChange are the collections as they would be moved to dates, one each.
func toChange(dates []string, collections ...*Collection) *ChangeCollectionsParams {
	p := &ChangeCollectionsParams{}
	for i, c := range collections {
		p.Items = append(p.Items, CollectionToChange{ID: c.ID, Version: c.Version, Date: dates[i]})
	}
	return p
}

func TestACalendarShowsBuildingsAndTheirCollectionsInOneAnswer(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	a, b, c := r.building(north), r.building(north), r.building(south)
	tour := r.tour(north, b)
	for _, building := range []int64{a, b, c} {
		for _, date := range []string{"2026-04-30", "2026-05-04", "2026-05-31", "2026-06-01"} {
			r.collection(building, date)
		}
	}
	glass := collectionOf(a, "2026-05-04")
	glass.Type = "GLS"
	_, err := r.CreateCollection(r.as(office), glass)
	require.NoError(t, err)
	show := func(p GetCollectionCalendarParams) (buildings []int, found []string) {
		p.From, p.To = "2026-05-01", "2026-05-31"
		calendar, err := r.GetCollectionCalendar(r.as(office), &p)
		require.NoError(t, err)
		require.False(t, calendar.MoreBuildings)
		for _, building := range calendar.Buildings {
			buildings = append(buildings, slices.Index([]int64{a, b, c}, building.ID))
		}
		for _, item := range calendar.Collections {
			found = append(found, fmt.Sprint(slices.Index([]int64{a, b, c}, item.BuildingID), " ", item.Date, " ", item.Type))
		}
		return buildings, found
	}
	buildings, found := show(GetCollectionCalendarParams{})
	require.Equal(t, []int{0, 1, 2}, buildings)
	require.Equal(t, []string{
		"0 2026-05-04 GLS", "0 2026-05-04 PMD", "0 2026-05-31 PMD", "1 2026-05-04 PMD", "1 2026-05-31 PMD", "2 2026-05-04 PMD", "2 2026-05-31 PMD",
	}, found)
	buildings, found = show(GetCollectionCalendarParams{Region: north, Type: []string{"GLS", "GFT"}})
	require.Equal(t, []int{0, 1}, buildings, "also those without collections")
	require.Equal(t, []string{"0 2026-05-04 GLS"}, found)
	buildings, _ = show(GetCollectionCalendarParams{Tour: tour})
	require.Equal(t, []int{1}, buildings)
	buildings, _ = show(GetCollectionCalendarParams{Building: []int64{c, a}})
	require.Equal(t, []int{0, 2}, buildings)
	buildings, found = show(GetCollectionCalendarParams{Tour: 999})
	require.Empty(t, buildings)
	require.Empty(t, found)

	r.pass(24 * time.Hour)
	_, err = r.ArchiveBuilding(r.as(office), b)
	require.NoError(t, err)
	buildings, found = show(GetCollectionCalendarParams{Region: north, Type: []string{"PMD"}})
	require.Equal(t, []int{0, 1}, buildings)
	require.Equal(t, []string{"0 2026-05-04 PMD", "0 2026-05-31 PMD", "1 2026-05-04 PMD"}, found, "history stays")

	for name, bad := range map[string]struct {
		params GetCollectionCalendarParams
		field  string
		reason refusal.Reason
	}{
		"no day":         {GetCollectionCalendarParams{To: "2026-05-04"}, "from", refusal.Required},
		"backwards":      {GetCollectionCalendarParams{From: "2026-05-05", To: "2026-05-04"}, "to", refusal.OutOfRange},
		"63 days":        {GetCollectionCalendarParams{From: "2026-05-01", To: "2026-07-02"}, "to", refusal.OutOfRange},
		"no kind":        {GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-02", Type: []string{"'"}}, "type", refusal.Unknown},
		"many kinds":     {GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-02", Type: make([]string, 101)}, "type", refusal.TooLong},
		"many buildings": {GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-02", Building: make([]int64, 201)}, "building", refusal.TooLong},
	} {
		_, err := r.GetCollectionCalendar(r.as(office), &bad.params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: bad.field, Reason: bad.reason}, name)
	}
	_, err = r.GetCollectionCalendar(r.as(emma), &GetCollectionCalendarParams{From: "2026-05-01", To: "2026-05-02"})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestCollectionsMoveTogetherAlsoToEachOthersPlaces(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	one, two, three := r.collection(building, "2026-05-05"), r.collection(building, "2026-05-06"), r.collection(building, "2026-05-07")
	r.events()
	r.topic.messages = nil
	params := toChange([]string{"2026-05-06", "2026-05-07", "2026-05-05"}, one, two, three)
	params.IdempotencyKey = newID().String()
	moved, err := r.ChangeCollections(r.as(office), params)
	require.NoError(t, err)
	again, err := r.ChangeCollections(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, moved, again, "the answer was lost")
	var dates []string
	for _, item := range moved.Items {
		dates = append(dates, item.Date)
		require.Equal(t, int64(2), item.Version)
	}
	require.Equal(t, []string{"2026-05-06", "2026-05-07", "2026-05-05"}, dates)
	require.Equal(t, []string{CollectionChanged}, r.events())
	require.Len(t, r.auditLines(), 3)

	there := r.collection(building, "2026-05-09")
	now := func(c *Collection) *Collection {
		found, err := r.GetCollection(r.as(office), c.ID)
		require.NoError(t, err)
		return found
	}
	one, two = now(one), now(two)
	_, err = r.ChangeCollections(r.as(office), toChange([]string{"2026-05-08", there.Date}, one, two))
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{
		Field: "items", Reason: refusal.AlreadyCollected, Rows: []refusal.Row{{Index: 1, Reason: refusal.AlreadyCollected}},
	})
	_, err = r.ChangeCollections(r.as(office), toChange([]string{"2026-05-08", "2026-05-08"}, one, two))
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{
		Field: "items", Reason: refusal.AlreadyCollected, Rows: []refusal.Row{{Index: 1, Reason: refusal.AlreadyCollected}},
	})
	require.Equal(t, []*Collection{one, two}, []*Collection{now(one), now(two)}, "all or nothing (rule 5)")

	stale := *two
	stale.Version--
	_, err = r.ChangeCollections(r.as(office), toChange([]string{"2026-05-12", "2026-05-13"}, one, &stale))
	requireDetails(t, err, errs.Aborted, refusal.Details{
		Field: "items", Reason: refusal.ChangedMeanwhile, Rows: []refusal.Row{{Index: 1, Reason: refusal.ChangedMeanwhile}},
	})
	_, err = r.DeleteCollection(r.as(office), two.ID)
	require.NoError(t, err)
	_, err = r.ChangeCollections(r.as(office), toChange([]string{"2026-05-12", "2026-05-13"}, one, two))
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "items", Reason: refusal.Unknown, Rows: []refusal.Row{{Index: 1, Reason: refusal.Unknown}},
	})
	require.Equal(t, one, now(one))
}

func TestCollectionsAreChangedTogether(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b := r.collection(r.building(region), "2026-05-05"), r.collection(r.building(region), "2026-05-06")
	params := toChange([]string{"", ""}, a, b)
	params.Type, params.Note, params.PutOut, params.Times = "GFT", new(" Achter "), new(false), &CollectionTimes{"06:00", "07:30"}
	changed, err := r.ChangeCollections(r.as(office), params)
	require.NoError(t, err)
	for i, item := range changed.Items {
		require.Equal(t, CalendarCollection{
			ID: []int64{a.ID, b.ID}[i], BuildingID: []*Collection{a, b}[i].Building.ID, Type: "GFT", Date: []*Collection{a, b}[i].Date,
			Note: "Achter", BringIn: true, TimeFrom: "06:00", TimeTo: "07:30", Version: 2,
		}, item)
	}
	a.Version, b.Version = 2, 2
	for name, bad := range map[string]struct {
		change func(*ChangeCollectionsParams)
		want   refusal.Details
	}{
		"nothing":     {func(p *ChangeCollectionsParams) { p.Items = nil }, refusal.Details{Field: "items", Reason: refusal.Required}},
		"twice":       {func(p *ChangeCollectionsParams) { p.Items = append(p.Items, p.Items[0]) }, refusal.Details{Field: "items", Reason: refusal.Duplicate, Rows: []refusal.Row{{Index: 2, Reason: refusal.Duplicate}}}},
		"a bad date":  {func(p *ChangeCollectionsParams) { p.Items[1].Date = "2026-02-30" }, refusal.Details{Field: "items", Reason: refusal.Malformed, Rows: []refusal.Row{{Index: 1, Reason: refusal.Malformed}}}},
		"a bad kind":  {func(p *ChangeCollectionsParams) { p.Type = "XX" }, refusal.Details{Field: "type", Reason: refusal.Unknown}},
		"half a time": {func(p *ChangeCollectionsParams) { p.Times = &CollectionTimes{From: "06:00"} }, refusal.Details{Field: "time_to", Reason: refusal.Required}},
		"idle":        {func(p *ChangeCollectionsParams) { p.BringIn = new(false) }, refusal.Details{Field: "items", Reason: refusal.Required, Rows: []refusal.Row{{Index: 0, Reason: refusal.Required}, {Index: 1, Reason: refusal.Required}}}},
	} {
		p := toChange([]string{"", ""}, a, b)
		bad.change(p)
		_, err := r.ChangeCollections(r.as(office), p)
		requireDetails(t, err, errs.InvalidArgument, bad.want, name)
	}
}

func TestACollectionOfARuleThatIsMovedStaysMoved(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	r.rule(&CollectionRuleParams{
		Type: "PMD", RRule: "FREQ=WEEKLY;BYDAY=WE", StartDate: "2026-05-04", OnHolidays: "keep", BuildingIDs: []int64{building}, PutOut: true, BringIn: true,
	})
	calendar := func() []CalendarCollection {
		found, err := r.GetCollectionCalendar(r.as(office), &GetCollectionCalendarParams{From: "2026-05-04", To: "2026-05-17"})
		require.NoError(t, err)
		return found.Collections
	}
	made := calendar()
	require.Equal(t, []string{"2026-05-06", "2026-05-13"}, []string{made[0].Date, made[1].Date})
	require.NotNil(t, made[0].RuleID)
	_, err := r.ChangeCollections(r.as(office), &ChangeCollectionsParams{Items: []CollectionToChange{{made[0].ID, made[0].Version, "2026-05-08"}}})
	require.NoError(t, err)
	copied, err := r.CopyCollectionsTo(r.as(office), &CopyCollectionsToParams{Items: []CollectionToCopy{{ID: made[1].ID, Date: "2026-05-15"}}})
	require.NoError(t, err)
	require.Nil(t, copied.Items[0].RuleID, "a copy is made by hand")
	r.generate()
	var dates []string
	for _, item := range calendar() {
		dates = append(dates, fmt.Sprint(item.Date, item.Changed))
	}
	require.Equal(t, []string{"2026-05-08true", "2026-05-13false", "2026-05-15false"}, dates, "the rule leaves it alone")
}

func TestCollectionsAreCopiedEachToItsPlace(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	a, b, archived := r.building(region), r.building(region), r.building(region)
	_, err := r.ArchiveBuilding(r.as(office), archived)
	require.NoError(t, err)
	original := r.collection(a, "2026-05-05")
	params := &CopyCollectionsToParams{
		Items: []CollectionToCopy{{ID: original.ID, Date: "2026-05-06"}, {ID: original.ID, BuildingID: b, Date: "2026-05-05"}}, IdempotencyKey: newID().String(),
	}
	made, err := r.CopyCollectionsTo(r.as(office), params)
	require.NoError(t, err)
	again, err := r.CopyCollectionsTo(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, made, again, "the answer was lost")
	require.Equal(t, []string{"2026-05-05 PMD 0", "2026-05-05 PMD 1", "2026-05-06 PMD 0"}, sorted(r.places(office, &ListCollectionsParams{}, a, b)))

	for name, c := range map[string]struct {
		item   CollectionToCopy
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"taken":                {CollectionToCopy{ID: original.ID, Date: "2026-05-06"}, errs.AlreadyExists, refusal.AlreadyCollected},
		"onto itself":          {CollectionToCopy{ID: original.ID, Date: "2026-05-05"}, errs.AlreadyExists, refusal.AlreadyCollected},
		"to the same place":    {CollectionToCopy{ID: original.ID, Date: "2026-05-20"}, errs.AlreadyExists, refusal.AlreadyCollected},
		"no collection":        {CollectionToCopy{ID: 999, Date: "2026-05-07"}, errs.InvalidArgument, refusal.Unknown},
		"no building":          {CollectionToCopy{ID: original.ID, BuildingID: 999, Date: "2026-05-07"}, errs.InvalidArgument, refusal.Unknown},
		"an archived building": {CollectionToCopy{ID: original.ID, BuildingID: archived, Date: "2026-05-07"}, errs.InvalidArgument, refusal.Archived},
		"a bad date":           {CollectionToCopy{ID: original.ID, Date: "x"}, errs.InvalidArgument, refusal.Malformed},
	} {
		_, err := r.CopyCollectionsTo(r.as(office), &CopyCollectionsToParams{Items: []CollectionToCopy{{ID: original.ID, Date: "2026-05-20"}, c.item}})
		requireDetails(t, err, c.code, refusal.Details{Field: "items", Reason: c.reason, Rows: []refusal.Row{{Index: 1, Reason: c.reason}}}, name)
	}
	_, err = r.CopyCollectionsTo(r.as(office), &CopyCollectionsToParams{})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "items", Reason: refusal.Required})
	require.Len(t, r.places(office, &ListCollectionsParams{}, a, b), 3, "all or nothing (rule 5)")
}

func TestNothingOfAnArchivedKindIsCopiedToAPlace(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	original := r.collection(r.building(r.region()), "2026-05-04")
	_, err := r.ArchiveWasteKind(r.as(admin), original.Type)
	require.NoError(t, err)
	_, err = r.CopyCollectionsTo(r.as(office), &CopyCollectionsToParams{Items: []CollectionToCopy{{ID: original.ID, Date: "2026-05-05"}}})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "items", Reason: refusal.Archived, Rows: []refusal.Row{{Index: 0, Reason: refusal.Archived}},
	})
}

func TestAPreviewOfACopySaysWhatItWouldMakeAndSkip(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	r.collection(building, "2026-05-05")
	r.collection(building, "2026-05-12")
	before := r.events()
	params := &CopyCollectionsParams{
		From: "2026-05-04", To: "2026-05-04", Weeks: []string{"2026-05-11", "2026-05-18"}, BuildingIDs: []int64{building},
	}
	want := &CopyPreview{
		Made:    []CollectionPlace{{building, "PMD", "2026-05-19"}},
		Skipped: []SkippedCollection{{building, "PMD", "2026-05-12", "already_collected"}},
	}
	for range 2 {
		preview, err := r.PreviewCopyCollections(r.as(office), params)
		require.NoError(t, err)
		require.Equal(t, want, preview)
	}
	require.Equal(t, before, r.events(), "it changes nothing")
	result, err := r.CopyCollections(r.as(office), params)
	require.NoError(t, err)
	require.Len(t, result.IDs, 1)
	require.Equal(t, want.Skipped, result.Skipped)
	params.Weeks = []string{"2026-05-04"}
	_, err = r.PreviewCopyCollections(r.as(office), params)
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{
		Field: "weeks", Reason: refusal.OutOfRange, Rows: []refusal.Row{{Index: 0, Reason: refusal.OutOfRange}},
	})
}
