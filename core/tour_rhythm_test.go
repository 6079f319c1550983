package core

import (
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// rhythm lets a tour be walked on those days of the week, usually by these workers.
func (r *rounds) rhythm(tour int64, days string, walkers ...int64) {
	r.t.Helper()
	detail, err := r.GetTour(r.as(office), tour)
	require.NoError(r.t, err)
	_, err = r.PutRhythm(r.as(office), tour, &PutRhythmParams{
		RRule: "FREQ=WEEKLY;BYDAY=" + days, StartDate: onDay(-70), UsualWalkerIDs: walkers, Version: detail.Version,
	})
	require.NoError(r.t, err)
}

func TestTheOfficeSaysWhenATourIsWalkedAndByWhom(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	before, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Nil(t, before.Rhythm)
	require.Empty(t, before.UsualWalkers)
	key := uuid.Must(uuid.NewV4()).String()
	params := &PutRhythmParams{
		RRule: "freq=weekly;byday=mo,th", StartDate: onDay(-7), HeldFrom: onDay(0), HeldUntil: onDay(3),
		UsualWalkerIDs: []int64{lucas.ID, emma.ID}, Version: before.Version, IdempotencyKey: key,
	}
	after, err := r.PutRhythm(r.as(office), tour, params)
	require.NoError(t, err)
	require.Equal(t, &TourRhythm{
		RRule: "FREQ=WEEKLY;BYDAY=MO,TH", StartDate: onDay(-7), HeldFrom: onDay(0), HeldUntil: onDay(3),
	}, &TourRhythm{after.Rhythm.RRule, after.Rhythm.StartDate, after.Rhythm.HeldFrom, after.Rhythm.HeldUntil, ""})
	require.Equal(t, before.Version+1, after.Version)
	require.Equal(t, []int64{lucas.ID, emma.ID}, []int64{after.UsualWalkers[0].ID, after.UsualWalkers[1].ID}, "in their order")
	again, err := r.PutRhythm(r.as(office), tour, params)
	require.NoError(t, err)
	require.Equal(t, after, again, "the answer was lost")

	// The stops and the name stay apart from it.
	_, err = r.PutTour(r.as(office), tour, &TourParams{RegionID: after.Region.ID, Name: "Nieuw", Version: after.Version})
	require.NoError(t, err)
	read, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, after.Rhythm, read.Rhythm)
	_, err = r.PutRhythm(r.as(office), tour, &PutRhythmParams{Version: after.Version})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)

	gone, err := r.PutRhythm(r.as(office), tour, &PutRhythmParams{Version: read.Version})
	require.NoError(t, err)
	require.Nil(t, gone.Rhythm)
	require.Empty(t, gone.UsualWalkers)
	require.Equal(t, []string{"tour.rhythm_changed", "tour.changed", "tour.rhythm_changed"}, r.auditKindsOf("tour"))
}

func TestNextDateAndColleaguesAreForTheOffice(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	r.rhythm(tour, "TH", lucas.ID)
	_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: onDay(0)})
	require.NoError(t, err)
	own, err := r.GetTour(r.as(emma), tour)
	require.NoError(t, err)
	require.Nil(t, own.Rhythm)
	require.Empty(t, own.UsualWalkers)
	shown, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Equal(t, onDay(3), shown.Rhythm.NextDate)
}

func TestARhythmThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	detail, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		params PutRhythmParams
		field  string
		reason refusal.Reason
	}{
		"no rule":             {PutRhythmParams{RRule: "elke dag", StartDate: onDay(0)}, "rrule", refusal.Malformed},
		"every day":           {PutRhythmParams{RRule: "FREQ=DAILY", StartDate: onDay(0)}, "rrule", refusal.Malformed},
		"no first day":        {PutRhythmParams{RRule: "FREQ=WEEKLY;BYDAY=MO"}, "start_date", refusal.Required},
		"over before":         {PutRhythmParams{RRule: "FREQ=WEEKLY;BYDAY=MO;UNTIL=20200101", StartDate: onDay(0)}, "rrule", refusal.OutOfRange},
		"a pause backwards":   {PutRhythmParams{RRule: "FREQ=WEEKLY;BYDAY=MO", StartDate: onDay(0), HeldFrom: onDay(2), HeldUntil: onDay(1)}, "held_until", refusal.OutOfRange},
		"a pause of nothing":  {PutRhythmParams{HeldFrom: onDay(2)}, "rrule", refusal.Required},
		"many usual walkers":  {PutRhythmParams{UsualWalkerIDs: make([]int64, 21)}, "usual_walker_ids", refusal.TooLong},
		"who is no worker":    {PutRhythmParams{UsualWalkerIDs: []int64{emma.ID, martin.ID}}, "usual_walker_ids", refusal.NotAWorker},
		"who is not here":     {PutRhythmParams{UsualWalkerIDs: []int64{retired.ID}}, "usual_walker_ids", refusal.Inactive},
		"whom nobody knows":   {PutRhythmParams{UsualWalkerIDs: []int64{99999}}, "usual_walker_ids", refusal.Unknown},
		"the same one twice":  {PutRhythmParams{UsualWalkerIDs: []int64{emma.ID, emma.ID}}, "usual_walker_ids", refusal.Duplicate},
		"a pause without end": {PutRhythmParams{RRule: "FREQ=WEEKLY;BYDAY=MO", StartDate: onDay(0), HeldUntil: onDay(1)}, "held_until", refusal.OutOfRange},
	} {
		c.params.Version = detail.Version
		_, err := r.PutRhythm(r.as(office), tour, &c.params)
		requireRefusal(t, err, errs.InvalidArgument, c.reason, name)
		details, ok := errs.Details(err).(refusal.Details)
		require.True(t, ok, name)
		require.Equal(t, c.field, details.Field, name)
	}
	elsewhere, err := r.query.InsertRegion(t.Context(), "Elders")
	require.NoError(t, err)
	other := r.tour(elsewhere)
	_, err = r.PutRhythm(r.as(office), other, &PutRhythmParams{UsualWalkerIDs: []int64{emma.ID}, Version: 1})
	requireRefusal(t, err, errs.InvalidArgument, refusal.OtherRegion)
	require.NoError(t, r.query.SetTourArchived(t.Context(), store.SetTourArchivedParams{ID: tour, ArchivedAt: &monday}))
	_, err = r.PutRhythm(r.as(office), tour, &PutRhythmParams{Version: detail.Version + 1})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	unchanged, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Nil(t, unchanged.Rhythm, "nothing was changed")
}

func TestWhoIsAnonymisedWalksNoTourUsually(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	r.rhythm(tour, "MO", emma.ID, lucas.ID)
	_, err := r.Anonymise(r.as(office), emma.ID)
	require.NoError(t, err)
	left, err := r.GetTour(r.as(office), tour)
	require.NoError(t, err)
	require.Len(t, left.UsualWalkers, 1)
	require.Equal(t, lucas.ID, left.UsualWalkers[0].ID)
}

// needs are those of a period, as tour and day.
func (r *rounds) needs(from, to int) (found []RunPlan) {
	r.t.Helper()
	list, err := r.ListNeeds(r.as(office), &ListNeedsParams{From: onDay(from), To: onDay(to)})
	require.NoError(r.t, err)
	require.Len(r.t, list.Items, list.Count)
	for _, item := range list.Items {
		found = append(found, RunPlan{TourID: item.Tour.ID, Date: item.Date})
	}
	return found
}

func TestARunThatNobodyHasIsNeeded(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	one, other, without := r.tour(region), r.tour(region), r.tour(region)
	r.rhythm(one, "MO,TH")
	r.rhythm(other, "TH")
	_ = without
	require.Equal(t, []RunPlan{{one, 0, onDay(0)}, {one, 0, onDay(3)}, {other, 0, onDay(3)}}, r.needs(-7, 6), "not those that have passed")

	planned, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: one, WorkerID: emma.ID, Date: onDay(0)})
	require.NoError(t, err)
	cancelled, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: one, WorkerID: emma.ID, Date: onDay(3)})
	require.NoError(t, err)
	require.Equal(t, []RunPlan{{other, 0, onDay(3)}}, r.needs(0, 6))
	_, err = r.CancelRun(r.as(office), cancelled.ID, &CancelRunParams{Reason: "Ziek"})
	require.NoError(t, err)
	require.Equal(t, []RunPlan{{one, 0, onDay(3)}, {other, 0, onDay(3)}}, r.needs(0, 6), "a cancelled run fills nothing")
	_, err = r.StartRun(r.as(emma), planned.ID, r.start())
	require.NoError(t, err)
	require.Equal(t, []RunPlan{{one, 0, onDay(3)}, {other, 0, onDay(3)}}, r.needs(0, 6), "one that is started does")
	_, err = r.CompleteRun(r.as(emma), planned.ID, r.complete("Gedaan"))
	require.NoError(t, err)
	require.Equal(t, []RunPlan{{one, 0, onDay(3)}, {other, 0, onDay(3)}}, r.needs(0, 6), "and one that is completed")

	// A pause, stops that are gone and an archived tour need nobody.
	detail, err := r.GetTour(r.as(office), one)
	require.NoError(t, err)
	_, err = r.PutRhythm(r.as(office), one, &PutRhythmParams{
		RRule: "FREQ=WEEKLY;BYDAY=MO,TH", StartDate: onDay(-7), HeldFrom: onDay(1), HeldUntil: onDay(7), Version: detail.Version,
	})
	require.NoError(t, err)
	require.Equal(t, []RunPlan{{other, 0, onDay(3)}, {one, 0, onDay(10)}, {other, 0, onDay(10)}}, r.needs(0, 10))
	require.NoError(t, r.query.DeleteStops(t.Context(), one))
	require.NoError(t, r.query.SetTourArchived(t.Context(), store.SetTourArchivedParams{ID: other, ArchivedAt: &monday}))
	require.Empty(t, r.needs(0, 34))
}

func TestNeedsAreOfARegionAndFiveWeeks(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	here, there := r.region(), r.region()
	tour := r.tour(here)
	r.rhythm(tour, "MO")
	r.rhythm(r.tour(there), "MO")
	list, err := r.ListNeeds(r.as(office), &ListNeedsParams{From: onDay(0), To: onDay(34), Region: here})
	require.NoError(t, err)
	require.Equal(t, 5, list.Count)
	require.Equal(t, tour, list.Items[0].Tour.ID)
	require.Equal(t, 20, list.Items[0].AgreedMinutes)
	for _, period := range [][2]string{{onDay(0), onDay(35)}, {onDay(1), onDay(0)}, {"", onDay(0)}, {onDay(0), ""}, {"morgen", onDay(0)}} {
		_, err := r.ListNeeds(r.as(office), &ListNeedsParams{From: period[0], To: period[1]})
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), "%v", period)
		_, err = r.PreviewFill(r.as(office), &FillParams{From: period[0], To: period[1]})
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), "%v", period)
	}
}

func TestTheWeekIsFilled(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	usual, last, free := r.tour(region), r.tour(region), r.tour(region)
	r.rhythm(usual, "MO,TU", emma.ID, lucas.ID)
	r.rhythm(last, "MO")
	r.rhythm(free, "WE")
	_, err := r.absent(office, 1, 1)
	require.NoError(t, err)
	_, err = r.query.InsertRun(t.Context(), store.InsertRunParams{
		TourID: last, WorkerID: lucas.ID, Date: today.AddDate(0, 0, -7), PlannedAt: monday, PlannedBy: office.ID,
	})
	require.NoError(t, err)
	preview, err := r.PreviewFill(r.as(office), &FillParams{From: onDay(0), To: onDay(6), RegionID: region})
	require.NoError(t, err)
	type proposed struct {
		tour, worker  int64
		date, because string
	}
	var found []proposed
	var plans []RunPlan
	for _, p := range preview.Proposals {
		found = append(found, proposed{p.Need.Tour.ID, p.WorkerID, p.Need.Date, p.Because})
		require.Empty(t, p.Obstacles)
		plans = append(plans, RunPlan{p.Need.Tour.ID, p.WorkerID, p.Need.Date})
	}
	require.ElementsMatch(t, []proposed{
		{usual, emma.ID, onDay(0), "usual"}, {last, lucas.ID, onDay(0), "last_week"}, {usual, lucas.ID, onDay(1), "usual"},
		{free, admin.ID, onDay(2), "region"},
	}, found)
	var choices []int64
	for _, worker := range preview.Workers {
		choices = append(choices, worker.Worker.ID)
	}
	require.Equal(t, []int64{admin.ID, office.ID, emma.ID, lucas.ID}, choices)
	again, err := r.PreviewFill(r.as(office), &FillParams{From: onDay(0), To: onDay(6), RegionID: region})
	require.NoError(t, err)
	require.Equal(t, preview, again)

	// What is proposed can be planned, and is needed no more.
	_, err = r.PlanRuns(r.as(office), &PlanRunsParams{Runs: plans})
	require.NoError(t, err)
	require.Empty(t, r.needs(0, 6))
}

func TestWhyNobodyFitsIsSaid(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	r.rhythm(tour, "MO", emma.ID)
	_, err := r.absent(office, 0, 0)
	require.NoError(t, err)
	for _, worker := range []int64{admin.ID, office.ID} {
		_, err := r.PutAvailability(r.as(office), worker, &PutAvailabilityParams{Weekdays: []int{2}})
		require.NoError(t, err)
	}
	_, err = r.PutAvailability(r.as(office), lucas.ID, &PutAvailabilityParams{Weekdays: []int{1}, WeeklyMinutes: 19})
	require.NoError(t, err)
	preview, err := r.PreviewFill(r.as(office), &FillParams{From: onDay(0), To: onDay(0)})
	require.NoError(t, err)
	require.Len(t, preview.Proposals, 1)
	require.Zero(t, preview.Proposals[0].WorkerID)
	require.Empty(t, preview.Proposals[0].Because)
	require.Equal(t, []FillObstacle{{"other_weekdays", 2}, {"absent", 1}, {"agreed_time", 1}}, preview.Proposals[0].Obstacles)
}
