package core

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestABuildingIsAddedAndChanged(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	params := r.buildingParams(north)
	params.Name, params.Address.Street = "", "  Coupure  "
	made, err := r.CreateBuilding(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, "Coupure "+params.Address.HouseNumber, made.Name, "without a name it is called by its address")
	require.Equal(t, []BuildingSyndic{{martin.ID, "First5 Last5"}}, made.Syndics)
	require.NotEmpty(t, made.PublicID)

	change := edit(made)
	change.Name, change.RegionID, change.SyndicIDs, change.AgreedMinutes = "Residentie", south, []int64{}, 600
	change.Address.Bus = ""
	changed, err := r.PutBuilding(r.as(admin), made.ID, change)
	require.NoError(t, err)
	require.Equal(t, "Residentie", changed.Name)
	require.Equal(t, south, changed.Region.ID)
	require.Empty(t, changed.Syndics)
	require.NotNil(t, changed.Syndics)
	require.Empty(t, changed.Address.Bus)
	require.Equal(t, 600, changed.AgreedMinutes)
	require.Equal(t, made.PublicID, changed.PublicID)
	require.Greater(t, changed.Version, made.Version)

	_, err = r.PutBuilding(r.as(office), made.ID, change)
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile, "the form was opened before the change")
	_, err = r.PutBuilding(r.as(office), 99999, change)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestABuildingIsRefusedByField(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for name, check := range map[string]struct {
		change func(*BuildingParams)
		field  string
		reason refusal.Reason
	}{
		"no region":       {func(p *BuildingParams) { p.RegionID = 0 }, "region_id", refusal.Required},
		"unknown region":  {func(p *BuildingParams) { p.RegionID = 99999 }, "region_id", refusal.Unknown},
		"no street":       {func(p *BuildingParams) { p.Address.Street = " " }, "address.street", refusal.Required},
		"long street":     {func(p *BuildingParams) { p.Address.Street = strings.Repeat("é", 201) }, "address.street", refusal.TooLong},
		"no number":       {func(p *BuildingParams) { p.Address.HouseNumber = "" }, "address.house_number", refusal.Required},
		"long number":     {func(p *BuildingParams) { p.Address.HouseNumber = strings.Repeat("1", 21) }, "address.house_number", refusal.TooLong},
		"long bus":        {func(p *BuildingParams) { p.Address.Bus = strings.Repeat("1", 21) }, "address.bus", refusal.TooLong},
		"no postal code":  {func(p *BuildingParams) { p.Address.PostalCode = "" }, "address.postal_code", refusal.Required},
		"no city":         {func(p *BuildingParams) { p.Address.City = "" }, "address.city", refusal.Required},
		"unreadable name": {func(p *BuildingParams) { p.Name = "\xff" }, "name", refusal.Malformed},
		"long name":       {func(p *BuildingParams) { p.Name = strings.Repeat("n", 201) }, "name", refusal.TooLong},
		"no time":         {func(p *BuildingParams) { p.AgreedMinutes = 0 }, "agreed_minutes", refusal.OutOfRange},
		"much time":       {func(p *BuildingParams) { p.AgreedMinutes = 601 }, "agreed_minutes", refusal.OutOfRange},
		"no house number": {func(p *BuildingParams) { p.Address.HouseNumber = "-5" }, "address.house_number", refusal.Malformed},
		"a made-up code":  {func(p *BuildingParams) { p.Address.PostalCode = "abc 12345" }, "address.postal_code", refusal.Malformed},
		"three digits":    {func(p *BuildingParams) { p.Address.PostalCode = "900" }, "address.postal_code", refusal.Malformed},
		"unknown syndic":  {func(p *BuildingParams) { p.SyndicIDs = []int64{99999} }, "syndic_ids", refusal.Unknown},
		"an old app":      {func(p *BuildingParams) { p.SyndicIDs = nil }, "syndic_ids", refusal.Required},
		"many syndics":    {func(p *BuildingParams) { p.SyndicIDs = make([]int64, 11) }, "syndic_ids", refusal.TooLong},
		"long customer":   {func(p *BuildingParams) { p.CustomerNumber = strings.Repeat("1", 41) }, "customer_number", refusal.TooLong},
		"off the earth":   {func(p *BuildingParams) { p.Coordinates = &Coordinates{Latitude: 90.1} }, "coordinates", refusal.OutOfRange},
		"nowhere":         {func(p *BuildingParams) { p.Coordinates = &Coordinates{Longitude: math.NaN()} }, "coordinates", refusal.OutOfRange},
		"no syndic":       {func(p *BuildingParams) { p.SyndicIDs = []int64{martin.ID, emma.ID} }, "syndic_ids", refusal.NotASyndic},
	} {
		params := r.buildingParams(region)
		check.change(params)
		_, err := r.CreateBuilding(r.as(office), params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: check.field, Reason: check.reason}, name)
	}
	params := r.buildingParams(region)
	params.Address.Street, params.Address.HouseNumber = strings.Repeat("é", 200), strings.Repeat("1", 20)
	params.Name = ""
	_, err := r.CreateBuilding(r.as(office), params)
	require.NoError(t, err, "the limits themselves are allowed")
}

func TestAddressesOfNeighboursAreTaken(t *testing.T) {
	t.Parallel()
	for _, number := range []string{"12", "12A", "12-14", "7/1", "Blok 3", "B12", "12bis"} {
		require.Regexp(t, houseNumber, number)
	}
	for _, code := range []string{"9000", "B-9000", "75001", "L-1234", "1234 AB", "1234ab", "SW1A 1AA"} {
		require.Regexp(t, postalCode, code)
	}
	for _, code := range []string{"", "abcd", "123456", "90 00", "9000!"} {
		require.NotRegexp(t, postalCode, code)
	}
}

func TestAnAddressStandsOnceHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := r.buildingParams(r.region())
	first, err := r.CreateBuilding(r.as(office), params)
	require.NoError(t, err)
	taken := refusal.Details{Field: "address.street", Reason: refusal.AddressTaken}

	street := params.Address.Street
	for _, written := range []string{street + " Kaai", "Élan"} {
		params.Address.Street = written
		_, err = r.CreateBuilding(r.as(office), params)
		require.NoError(t, err)
	}
	for _, written := range []string{strings.ToUpper(street), street + "  Kaai", "E\u0301lan", "Elan"} {
		params.Address.Street = written
		_, err = r.CreateBuilding(r.as(office), params)
		requireDetails(t, err, errs.AlreadyExists, taken, written)
	}
	params.Address.Street = street
	other, err := r.CreateBuilding(r.as(office), r.buildingParams(params.RegionID))
	require.NoError(t, err)
	change := edit(other)
	change.Address = params.Address
	_, err = r.PutBuilding(r.as(office), other.ID, change)
	requireDetails(t, err, errs.AlreadyExists, taken)

	_, err = r.ArchiveBuilding(r.as(office), first.ID)
	require.NoError(t, err)
	_, err = r.CreateBuilding(r.as(office), params)
	require.NoError(t, err, "an archived building makes room")
	_, err = r.UnarchiveBuilding(r.as(office), first.ID)
	requireDetails(t, err, errs.AlreadyExists, taken)
}

func TestRule8AnArchivedBuildingStaysInOldRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	first, second := r.building(region), r.building(region)
	tour := r.tour(region, first, second)
	run := r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	_, err := r.StartRun(r.as(emma), run, r.start())
	require.NoError(t, err)

	for range 2 {
		archived, err := r.ArchiveBuilding(r.as(office), first)
		require.NoError(t, err, "repeating it changes nothing")
		require.True(t, archived.Archived)
		require.EqualValues(t, 2, archived.Version)
	}
	old, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Equal(t, first, old.Stops[0].Building.ID, "history keeps it")
	now, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, []int64{second}, stopsOf(now), "it is no stop any more")
	list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	list, err = r.ListBuildings(r.as(office), &ListBuildingsParams{Archived: true})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, first, list.Items[0].ID)
	_, err = r.PutBuilding(r.as(office), first, edit(&list.Items[0]))
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)

	_, err = r.UnarchiveBuilding(r.as(office), first)
	require.NoError(t, err)
	now, err = r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, []int64{first, second}, stopsOf(now), "it comes back to its place")
}

func TestASyndicNamesOwnBuildingsOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	id := r.building(r.region())
	building, err := r.GetBuilding(r.as(martin), id)
	require.NoError(t, err)
	require.Equal(t, []BuildingSyndic{{ID: martin.ID}}, building.Syndics, "names of people are the office's business")

	change := edit(building)
	change.Name = "Ter Duinen"
	building, err = r.PutBuilding(r.as(martin), id, change)
	require.NoError(t, err)
	require.Equal(t, "Ter Duinen", building.Name)
	for name, alter := range map[string]func(*BuildingParams){
		"the time":            func(p *BuildingParams) { p.AgreedMinutes = 1 },
		"the syndic":          func(p *BuildingParams) { p.SyndicIDs = append(p.SyndicIDs, nadia.ID) },
		"the customer number": func(p *BuildingParams) { p.CustomerNumber = "IV-1" },
		"the place":           func(p *BuildingParams) { p.Coordinates = &Coordinates{51, 3} },
		"the address":         func(p *BuildingParams) { p.Address.City = "Brugge" },
	} {
		change := edit(building)
		alter(change)
		_, err := r.PutBuilding(r.as(martin), id, change)
		requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole, name)
	}
	_, err = r.PutBuilding(r.as(nadia), id, edit(building))
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.RenewPublicID(r.as(nadia), id, &RenewPublicIDParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)

	renewed, err := r.RenewPublicID(r.as(martin), id, &RenewPublicIDParams{})
	require.NoError(t, err)
	require.NotEqual(t, building.PublicID, renewed.PublicID)
}

func TestABuildingOnATourStaysInItsRegion(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	north, south := r.region(), r.region()
	id := r.building(north)
	tour := r.tour(north, id)
	building, err := r.GetBuilding(r.as(office), id)
	require.NoError(t, err)
	change := edit(building)
	change.RegionID = south
	_, err = r.PutBuilding(r.as(office), id, change)
	requireDetails(t, err, errs.FailedPrecondition, refusal.Details{Field: "region_id", Reason: refusal.InUse})

	_, err = r.ArchiveTour(r.as(office), tour)
	require.NoError(t, err)
	_, err = r.PutBuilding(r.as(office), id, change)
	require.NoError(t, err, "an archived tour does not hold it")
	back, err := r.UnarchiveTour(r.as(office), tour)
	require.NoError(t, err)
	require.Empty(t, back.Stops, "what has moved away is no stop of it any more")
}

func TestBuildingsOfASyndic(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	own := r.building(region)
	r.building(region, func(p *store.InsertBuildingParams) { p.SyndicID = nil })
	list, err := r.ListBuildings(r.as(office), &ListBuildingsParams{Syndic: martin.ID})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	require.Equal(t, own, list.Items[0].ID)
	list, err = r.ListBuildings(r.as(nadia), &ListBuildingsParams{Syndic: martin.ID})
	require.NoError(t, err)
	require.Empty(t, list.Items, "a filter shows nobody more")
}

func TestABuildingHasAPlaceAndACustomerNumber(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	params := r.buildingParams(region)
	params.CustomerNumber, params.Coordinates = " IVAGO  4711 ", &Coordinates{51.0543, 3.7174}
	made, err := r.CreateBuilding(r.as(office), params)
	require.NoError(t, err)
	require.Equal(t, "IVAGO 4711", made.CustomerNumber)
	require.Equal(t, &Coordinates{51.0543, 3.7174}, made.Coordinates)

	change := edit(made)
	change.Name = "Ter Duinen"
	renamed, err := r.PutBuilding(r.as(martin), made.ID, change)
	require.NoError(t, err)
	require.Equal(t, "IVAGO 4711", renamed.CustomerNumber, "its syndic sees it")
	require.Equal(t, &Coordinates{51.0543, 3.7174}, renamed.Coordinates)

	tour := r.tour(region, made.ID)
	r.run(func(p *store.InsertRunParams) { p.TourID = tour })
	seen, err := r.GetBuilding(r.as(emma), made.ID)
	require.NoError(t, err)
	require.Empty(t, seen.CustomerNumber)
	require.Empty(t, seen.Syndics)
	require.Equal(t, &Coordinates{51.0543, 3.7174}, seen.Coordinates)

	change = edit(renamed)
	change.CustomerNumber, change.Coordinates = "", nil
	changed, err := r.PutBuilding(r.as(office), made.ID, change)
	require.NoError(t, err)
	require.Empty(t, changed.CustomerNumber)
	require.Nil(t, changed.Coordinates)
}

func TestASyndicSeesHowTheLastVisitWentAndWhatIsFetchedNext(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	mine, quiet := r.building(region), r.building(region)
	first, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = r.tour(region, mine) })
	r.visit(first, mine, StepArrival, StepInside, StepDeparture)
	second, _ := r.startedRun(func(p *store.InsertRunParams) { p.TourID = r.tour(region, mine) })
	r.pass(time.Hour)
	r.outcome(second, mine, OutcomeSkipped, "No bins")
	for _, date := range []string{"2026-05-03", "2026-05-06", "2026-05-07"} { // today is the 4th
		r.collection(mine, date)
	}
	outlook := func(caller access.Actor, building int64) *BuildingOutlook {
		list, err := r.ListBuildings(r.as(caller), &ListBuildingsParams{Outlook: true})
		require.NoError(t, err)
		i := slices.IndexFunc(list.Items, func(one Building) bool { return one.ID == building })
		require.GreaterOrEqual(t, i, 0)
		return list.Items[i].Outlook
	}
	for _, caller := range []access.Actor{martin, office} {
		got := outlook(caller, mine)
		require.WithinDuration(t, r.now(), *got.LastVisitAt, time.Minute)
		require.Equal(t, OutcomeSkipped, *got.LastOutcome, "the later visit counts")
		require.Equal(t, "2026-05-06", got.NextDate)
		require.Equal(t, []string{"PMD"}, got.NextTypes)
		require.Equal(t, &BuildingOutlook{NextTypes: []string{}}, outlook(caller, quiet))
	}
	require.Nil(t, outlook(emma, mine), "it is not for workers")
	list, err := r.ListBuildings(r.as(martin), &ListBuildingsParams{})
	require.NoError(t, err)
	require.Nil(t, list.Items[0].Outlook, "it was not asked for")
}
