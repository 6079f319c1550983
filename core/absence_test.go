package core

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func onDay(days int) string { return day.Format(today.AddDate(0, 0, days)) }

// absent enters an absence of emma's, so many days from today.
func (r *rounds) absent(actor access.Actor, first, last int) (*AbsenceDetail, error) {
	return r.AddAbsence(r.as(actor), &AddAbsenceParams{
		WorkerID: emma.ID, FirstDay: onDay(first), LastDay: onDay(last), Reason: AbsenceExams, Note: " Examens ",
	})
}

func TestWorkersSayWhenTheyAreAbsent(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	planned, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: onDay(3)})
	require.NoError(t, err)
	made, err := r.absent(emma, 2, 4)
	require.NoError(t, err)
	require.Equal(t, Absence{
		ID: made.Absence.ID, Worker: Worker{emma.ID, "First3", "Last3", "+32470000003"}, FirstDay: onDay(2), LastDay: onDay(4),
		Reason: AbsenceExams, Note: "Examens", EnteredAt: monday, EnteredBy: emma.ID, Version: 1,
	}, made.Absence)
	require.Len(t, made.Runs, 1, "what stands in the way is named, and stays")
	require.Equal(t, planned.ID, made.Runs[0].ID)

	for _, second := range [][2]int{{4, 5}, {0, 2}, {3, 3}, {1, 9}} {
		_, err = r.absent(office, second[0], second[1])
		requireRefusal(t, err, errs.AlreadyExists, refusal.AbsentAlready)
	}
	later, err := r.absent(office, 5, 5)
	require.NoError(t, err)

	changed, err := r.PutAbsence(r.as(emma), made.Absence.ID, &PutAbsenceParams{
		FirstDay: onDay(1), LastDay: onDay(2), Reason: AbsenceHoliday, Version: 1,
	})
	require.NoError(t, err)
	require.Equal(t, onDay(1), changed.Absence.FirstDay)
	require.Empty(t, changed.Runs)
	_, err = r.PutAbsence(r.as(office), made.Absence.ID, &PutAbsenceParams{
		FirstDay: onDay(1), LastDay: onDay(2), Reason: AbsenceHoliday, Version: 1,
	})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = r.PutAbsence(r.as(office), made.Absence.ID, &PutAbsenceParams{
		FirstDay: onDay(1), LastDay: onDay(5), Reason: AbsenceHoliday, Version: 2,
	})
	requireRefusal(t, err, errs.AlreadyExists, refusal.AbsentAlready)

	list, err := r.ListAbsences(r.as(emma), &ListAbsencesParams{})
	require.NoError(t, err)
	require.Equal(t, []Absence{changed.Absence, later.Absence}, list.Items)
	_, err = r.DeleteAbsence(r.as(emma), later.Absence.ID, &DeleteAbsenceParams{})
	require.NoError(t, err)
	_, err = r.DeleteAbsence(r.as(emma), later.Absence.ID, &DeleteAbsenceParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

func TestAbsencesAreRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	valid := AddAbsenceParams{WorkerID: emma.ID, FirstDay: onDay(1), LastDay: onDay(1), Reason: AbsenceIll}
	for name, test := range map[string]struct {
		change func(p *AddAbsenceParams)
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"no day":          {func(p *AddAbsenceParams) { p.FirstDay = "" }, errs.InvalidArgument, refusal.Required},
		"no date":         {func(p *AddAbsenceParams) { p.LastDay = "morgen" }, errs.InvalidArgument, refusal.Malformed},
		"backwards":       {func(p *AddAbsenceParams) { p.LastDay = onDay(0) }, errs.InvalidArgument, refusal.OutOfRange},
		"too long":        {func(p *AddAbsenceParams) { p.LastDay = onDay(368) }, errs.InvalidArgument, refusal.OutOfRange},
		"too far":         {func(p *AddAbsenceParams) { p.FirstDay, p.LastDay = onDay(1100), onDay(1101) }, errs.InvalidArgument, refusal.OutOfRange},
		"past":            {func(p *AddAbsenceParams) { p.FirstDay = onDay(-1) }, errs.InvalidArgument, refusal.InPast},
		"no reason":       {func(p *AddAbsenceParams) { p.Reason = "" }, errs.InvalidArgument, refusal.Unknown},
		"a long note":     {func(p *AddAbsenceParams) { p.Note = strings.Repeat("é", 201) }, errs.InvalidArgument, refusal.TooLong},
		"somebody else's": {func(p *AddAbsenceParams) { p.WorkerID = lucas.ID }, errs.NotFound, refusal.Missing},
	} {
		p := valid
		test.change(&p)
		_, err := r.AddAbsence(r.as(emma), &p)
		require.Equal(t, test.code.String(), errs.Code(err).String(), name)
		require.Equal(t, test.reason, refusal.ReasonOf(err), name)
	}
	list, err := r.ListAbsences(r.as(office), &ListAbsencesParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)

	past, err := r.absent(office, -3, 1)
	require.NoError(t, err, "the office enters what has begun, for who is ill")
	_, err = r.DeleteAbsence(r.as(emma), past.Absence.ID, &DeleteAbsenceParams{})
	requireRefusal(t, err, errs.FailedPrecondition, refusal.InPast)
	_, err = r.PutAbsence(r.as(lucas), past.Absence.ID, &PutAbsenceParams{FirstDay: onDay(1), LastDay: onDay(1), Reason: AbsenceIll, Version: 1})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	own, err := r.absent(emma, 5, 6)
	require.NoError(t, err)
	_, err = r.PutAbsence(r.as(emma), own.Absence.ID, &PutAbsenceParams{FirstDay: onDay(-9), LastDay: onDay(6), Reason: AbsenceIll, Version: 1})
	requireRefusal(t, err, errs.InvalidArgument, refusal.InPast)
	_, err = r.DeleteAbsence(r.as(office), past.Absence.ID, &DeleteAbsenceParams{})
	require.NoError(t, err)
	begins, err := r.absent(emma, 0, 1)
	require.NoError(t, err)
	_, err = r.DeleteAbsence(r.as(emma), begins.Absence.ID, &DeleteAbsenceParams{})
	require.NoError(t, err, "one that begins today has not begun before today")
	for _, worker := range []int64{martin.ID, nobody.ID, 99999} {
		p := valid
		p.WorkerID = worker
		_, err = r.AddAbsence(r.as(office), &p)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
	}
}

func TestAbsencesAreListedByPeriodAndWorker(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	add := func(worker int64, first, last int) int64 {
		made, err := r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: worker, FirstDay: onDay(first), LastDay: onDay(last), Reason: AbsenceOther})
		require.NoError(t, err)
		return made.Absence.ID
	}
	long, short, other := add(emma.ID, -300, 10), add(emma.ID, 20, 20), add(lucas.ID, 5, 6)
	idsOf := func(actor access.Actor, p ListAbsencesParams) (ids []int64) {
		for {
			list, err := r.ListAbsences(r.as(actor), &p)
			require.NoError(t, err)
			for _, absence := range list.Items {
				ids = append(ids, absence.ID)
			}
			if p.Cursor = list.NextCursor; p.Cursor == "" {
				return ids
			}
		}
	}
	require.Equal(t, []int64{long, other, short}, idsOf(office, ListAbsencesParams{Limit: 1}))
	require.Equal(t, []int64{long, other}, idsOf(office, ListAbsencesParams{From: onDay(6), To: onDay(19)}))
	require.Equal(t, []int64{short}, idsOf(office, ListAbsencesParams{From: onDay(11)}))
	require.Equal(t, []int64{long}, idsOf(office, ListAbsencesParams{To: onDay(4)}))
	require.Equal(t, []int64{other}, idsOf(office, ListAbsencesParams{Worker: lucas.ID}))
	require.Equal(t, []int64{long, short}, idsOf(emma, ListAbsencesParams{}))
	require.Empty(t, idsOf(emma, ListAbsencesParams{Worker: lucas.ID}))
}

func TestNobodyIsPlannedWhoIsAbsentUnlessTheOfficeInsists(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	_, err := r.absent(emma, 2, 4)
	require.NoError(t, err)
	plan := func(days int, despite bool) error {
		_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: onDay(days), DespiteAbsence: despite})
		return err
	}
	for _, days := range []int{2, 3, 4} {
		requireRefusal(t, plan(days, false), errs.FailedPrecondition, refusal.Absent)
	}
	require.NoError(t, plan(1, false))
	require.NoError(t, plan(5, false))
	require.NoError(t, plan(3, true))

	// today is a Monday
	_, err = r.PutAvailability(r.as(emma), emma.ID, &PutAvailabilityParams{Weekdays: []int{7, 3, 1}})
	require.NoError(t, err)
	requireRefusal(t, plan(8, false), errs.FailedPrecondition, refusal.OtherWeekdays)
	require.NoError(t, plan(6, false), "Sunday")
	require.NoError(t, plan(7, false), "Monday")
	require.NoError(t, plan(8, true))
}

func TestWhatGoesWrongWithWorkingDaysIsNotTold(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	ctx, cancel := context.WithCancel(r.as(emma))
	cancel()
	_, err := r.PutAvailability(ctx, emma.ID, &PutAvailabilityParams{Weekdays: []int{1}})
	_, isRefusal := errors.AsType[*errs.Error](err)
	require.True(t, isRefusal, "%v", err)
}

func TestWorkersSayOnWhichDaysTheyWork(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	found, err := r.GetAvailability(r.as(emma), emma.ID)
	require.NoError(t, err)
	require.Equal(t, &Availability{WorkerID: emma.ID, Weekdays: []int{1, 2, 3, 4, 5, 6, 7}}, found)
	agreed, err := r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{5, 1}, WeeklyMinutes: 600})
	require.NoError(t, err)
	require.Equal(t, &Availability{WorkerID: emma.ID, Weekdays: []int{1, 5}, WeeklyMinutes: 600, Version: 1}, agreed)
	own, err := r.PutAvailability(r.as(emma), emma.ID, &PutAvailabilityParams{Weekdays: []int{}, WeeklyMinutes: 600, Version: 1})
	require.NoError(t, err)
	require.Equal(t, &Availability{WorkerID: emma.ID, Weekdays: []int{}, WeeklyMinutes: 600, Version: 2}, own)

	_, err = r.PutAvailability(r.as(emma), emma.ID, &PutAvailabilityParams{Weekdays: []int{1}, WeeklyMinutes: 601, Version: 2})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{1}, Version: 1})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	for _, weekdays := range [][]int{{0}, {8}, {1, 1}, {-1}, {65537}} {
		_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: weekdays, Version: 2})
		requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange)
	}
	for _, minutes := range []int{-1, 10_081} {
		_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{WeeklyMinutes: minutes, Version: 2})
		requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange)
	}
	for _, other := range []int64{lucas.ID, 99999} {
		_, err = r.GetAvailability(r.as(emma), other)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
	}
	_, err = r.GetAvailability(r.as(office), martin.ID)
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
}

// Of two who say at once when somebody works, one is told that the other was first.
func TestTwoSayAtOnceWhenSomebodyWorks(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	var wait sync.WaitGroup
	results := make(chan error, 8)
	for n := range 8 {
		wait.Go(func() {
			_, err := r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{n%7 + 1}})
			results <- err
		})
	}
	wait.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	}
	require.Equal(t, 1, done)
}

// A run that is planned while the absence is entered is refused, or named by the absence.
func TestPlanningWhileAnAbsenceIsEntered(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	var made *AbsenceDetail
	err := r.during(func(ctx context.Context, tx pgx.Tx) error { // somebody plans
		if err := r.query.WithTx(tx).LockWorkersForPlanning(ctx, []int64{emma.ID}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into runs (tour_id, worker_id, date, status, planned_at, planned_by)
			values ($1, $2, $3, 'planned', $4, $5)`, tour, emma.ID, onDay(1), monday, office.ID)
		return err
	}, func() (err error) {
		made, err = r.absent(office, 1, 1)
		return err
	})
	require.NoError(t, err)
	require.Len(t, made.Runs, 1)
}

func TestWhyIsNotInTheAuditLog(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made, err := r.AddAbsence(r.as(office), &AddAbsenceParams{
		WorkerID: emma.ID, FirstDay: onDay(0), LastDay: onDay(2), Reason: AbsenceIll, Note: "Griep",
	})
	require.NoError(t, err)
	_, err = r.DeleteAbsence(r.as(office), made.Absence.ID, &DeleteAbsenceParams{})
	require.NoError(t, err)
	r.events()
	lines := 0
	for _, message := range r.topic.messages {
		if message.Topic != audit.Topic {
			continue
		}
		line, err := audit.Decode(message)
		require.NoError(t, err)
		require.Equal(t, "account", line.ThingKind)
		require.Equal(t, "3", line.ThingID)
		require.NotContains(t, string(line.Before)+string(line.After), "ill")
		require.NotContains(t, string(line.Before)+string(line.After), "Griep")
		lines++
	}
	require.Equal(t, 2, lines)
}

func TestAbsencesGoWithWhoIsAnonymised(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	made, err := r.absent(office, 1, 2)
	require.NoError(t, err)
	_, err = r.PutAvailability(r.as(office), emma.ID, &PutAvailabilityParams{Weekdays: []int{2}, WeeklyMinutes: 60})
	require.NoError(t, err)
	tour := r.tour(r.region())
	r.rhythm(tour, "TU", lucas.ID, emma.ID)
	own, err := r.RunsExport(r.as(emma))
	require.NoError(t, err)
	require.Len(t, own.UsualTours, 1)
	require.Equal(t, tour, own.UsualTours[0].ID)
	require.Equal(t, []Absence{made.Absence}, own.Absences)
	require.Equal(t, []int{2}, own.Availability.Weekdays)
	others, err := r.RunsExport(r.as(lucas))
	require.NoError(t, err)
	require.Empty(t, others.Absences)

	_, err = r.Anonymise(r.as(office), emma.ID)
	require.NoError(t, err)
	list, err := r.ListAbsences(r.as(office), &ListAbsencesParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
	left, err := availabilityOf(t.Context(), r.query, emma.ID)
	require.NoError(t, err)
	require.Zero(t, left.Version)
}
