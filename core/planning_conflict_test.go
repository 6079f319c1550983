package core

import (
	"encoding/json"
	"fmt"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// plannedRun plans a run, so many days from today.
func (r *rounds) plannedRun(tour, worker int64, days int) *RunDetail {
	r.t.Helper()
	run, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: tour, WorkerID: worker, Date: onDay(days)})
	require.NoError(r.t, err)
	return run
}

func TestEachConflictIsThatOfItsOwnRun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	// Planned in another order than that of their days.
	lucasLater, emmaFirst, lucasFirst := r.plannedRun(r.tour(region), lucas.ID, 6), r.plannedRun(r.tour(region), emma.ID, 1), r.plannedRun(r.tour(region), lucas.ID, 2)
	for _, absence := range []struct {
		who         access.Actor
		first, last int
	}{{emma, 1, 1}, {lucas, 2, 3}, {lucas, 5, 7}} {
		_, err := r.AddAbsence(r.as(absence.who), &AddAbsenceParams{
			WorkerID: absence.who.ID, FirstDay: onDay(absence.first), LastDay: onDay(absence.last), Reason: AbsenceExams,
		})
		require.NoError(t, err)
	}
	list, err := r.ListConflicts(r.as(office), &ListConflictsParams{From: onDay(0), To: onDay(34)})
	require.NoError(t, err)
	var found []string
	for _, item := range list.Items {
		found = append(found, fmt.Sprint(item.Run.ID, item.Run.Date, item.Run.Worker.ID, item.FirstDay, item.LastDay))
	}
	require.Equal(t, []string{
		fmt.Sprint(emmaFirst.ID, onDay(1), emma.ID, onDay(1), onDay(1)),
		fmt.Sprint(lucasFirst.ID, onDay(2), lucas.ID, onDay(2), onDay(3)),
		fmt.Sprint(lucasLater.ID, onDay(6), lucas.ID, onDay(5), onDay(7)),
	}, found)
}

func TestTheOfficeIsToldOfAbsencesOverPlannedRuns(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	first, second := r.plannedRun(tour, emma.ID, 1), r.plannedRun(tour, emma.ID, 2)
	r.plannedRun(tour, lucas.ID, 1)
	r.plannedRun(tour, emma.ID, 8)
	conflicts := func() (found []int64) {
		t.Helper()
		list, err := r.ListConflicts(r.as(office), &ListConflictsParams{From: onDay(0), To: onDay(34)})
		require.NoError(t, err)
		for _, item := range list.Items {
			require.Equal(t, []string{onDay(1), onDay(3)}, []string{item.FirstDay, item.LastDay})
			found = append(found, item.Run.ID)
		}
		return found
	}
	require.Empty(t, conflicts())
	before := len(r.events())
	made, err := r.absent(emma, 1, 3)
	require.NoError(t, err)
	require.Equal(t, []int64{first.ID, second.ID}, conflicts())
	for _, run := range []int64{first.ID, second.ID} {
		_, err = r.CancelRun(r.as(office), run, &CancelRunParams{Reason: "Afwezig"})
		require.NoError(t, err)
	}
	require.Empty(t, conflicts(), "settled")
	changed, err := r.PutAbsence(r.as(emma), made.Absence.ID, &PutAbsenceParams{FirstDay: onDay(2), LastDay: onDay(5), Reason: AbsenceIll, Version: 1})
	require.NoError(t, err)
	_, err = r.DeleteAbsence(r.as(emma), changed.Absence.ID, &DeleteAbsenceParams{})
	require.NoError(t, err)
	_, err = r.PutAvailability(r.as(emma), emma.ID, &PutAvailabilityParams{Weekdays: []int{1}})
	require.NoError(t, err)
	require.Equal(t, []string{AbsenceCreated, RunCancelled, RunCancelled, AbsenceChanged, AbsenceDeleted, AvailabilityChanged}, r.events()[before:])
	for _, message := range r.topic.messages {
		if message.Topic == absenceEvents {
			require.NotContains(t, string(message.Payload), "Examens")
			require.NotContains(t, string(message.Payload), "exams")
		}
		if message.Topic == absenceEvents && message.Payload != nil {
			var event AbsenceEvent
			require.NoError(t, json.Unmarshal(message.Payload, &event))
			require.Equal(t, emma.ID, event.WorkerID)
			if event.Type == AbsenceChanged {
				require.Equal(t, []string{onDay(1), onDay(5)}, []string{event.From, event.To}, "the days of before and after")
			}
		}
	}
	_, err = r.ListConflicts(r.as(office), &ListConflictsParams{From: onDay(0), To: onDay(35)})
	requireRefusal(t, err, errs.InvalidArgument, refusal.OutOfRange)
}
