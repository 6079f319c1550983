package fill_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/fill"
)

// monday is the first day of every test.
var monday = time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC)

func on(days int) time.Time { return monday.AddDate(0, 0, days) }

func mondayOf(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }

// situation is one that the computer made up.
type situation struct {
	needs   []fill.Need
	workers []fill.Worker
	runs    []fill.Run
}

func madeUp(seed uint64) situation {
	random := rand.New(rand.NewPCG(seed, 1))
	var s situation
	minutes := make(map[int64]int)
	for tour := range int64(1 + random.IntN(6)) {
		minutes[tour+1] = 30 + 30*random.IntN(12)
	}
	for id := range int64(random.IntN(8)) {
		worker := fill.Worker{ID: 100 + id, Regions: []int64{1}, WeeklyMinutes: []int{0, 0, 300, 900}[random.IntN(4)]}
		if random.IntN(3) == 0 {
			worker.Regions = []int64{2}
		}
		if random.IntN(3) == 0 {
			worker.Weekdays = []int16{1, int16(2 + random.IntN(6))}
		}
		if random.IntN(3) == 0 {
			first := random.IntN(14)
			worker.Absences = []fill.Period{{First: on(first), Last: on(first + random.IntN(5))}}
		}
		s.workers = append(s.workers, worker)
	}
	for tour := int64(1); tour <= int64(len(minutes)); tour++ {
		for days := -7; days < 14; days++ {
			switch {
			case days >= 0 && random.IntN(2) == 0:
				need := fill.Need{Tour: tour, Region: 1 + tour%2, Date: on(days), Minutes: minutes[tour]}
				for range random.IntN(3) {
					if id := 100 + int64(random.IntN(9)); !slices.Contains(need.Usual, id) {
						need.Usual = append(need.Usual, id)
					}
				}
				s.needs = append(s.needs, need)
				if random.IntN(4) == 0 { // a second person is wanted, as where one of two is replaced
					s.runs = append(s.runs, fill.Run{Tour: tour, Worker: 100 + int64(random.IntN(9)), Date: on(days), Minutes: minutes[tour]})
				}
			case random.IntN(3) == 0:
				s.runs = append(s.runs, fill.Run{Tour: tour, Worker: 100 + int64(random.IntN(9)), Date: on(days), Minutes: minutes[tour]})
			}
		}
	}
	return s
}

// work is what a worker has in the end, on the day of a need and in its week, beside one run of their own.
func (s *situation) work(proposals []fill.Proposal, worker int64, date time.Time, but int) (dayMinutes, dayRuns, week int) {
	add := func(on time.Time, minutes int) {
		if on.Equal(date) {
			dayMinutes += minutes
			dayRuns++
		}
		if mondayOf(on).Equal(mondayOf(date)) {
			week += minutes
		}
	}
	for _, run := range s.runs {
		if run.Worker == worker {
			add(run.Date, run.Minutes)
		}
	}
	for i, proposal := range proposals {
		if proposal.Worker == worker && i != but {
			add(s.needs[i].Date, s.needs[i].Minutes)
		}
	}
	return dayMinutes, dayRuns, week
}

// obstacle is why a worker cannot do a need in the end, as somebody would look it up; empty when they can.
func (s *situation) obstacle(proposals []fill.Proposal, worker fill.Worker, i int) fill.Obstacle {
	need := s.needs[i]
	for _, run := range s.runs {
		if run.Tour == need.Tour && run.Worker == worker.ID && run.Date.Equal(need.Date) {
			return fill.AlreadyPlanned
		}
	}
	for _, absence := range worker.Absences {
		if !need.Date.Before(absence.First) && !need.Date.After(absence.Last) {
			return fill.Absent
		}
	}
	weekday := int16(need.Date.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	minutes, runs, week := s.work(proposals, worker.ID, need.Date, i)
	switch {
	case worker.Weekdays != nil && !slices.Contains(worker.Weekdays, weekday):
		return fill.OtherWeekdays
	case runs > 0 && minutes+need.Minutes > fill.MaxDayMinutes:
		return fill.DayFull
	case worker.WeeklyMinutes > 0 && week+need.Minutes > worker.WeeklyMinutes:
		return fill.AgreedTime
	}
	return ""
}

func TestProposalsHoldWhateverTheSituation(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		s := madeUp(seed)
		proposals := fill.Propose(s.needs, s.workers, s.runs)
		require.Len(t, proposals, len(s.needs))
		for i, proposal := range proposals {
			need, name := s.needs[i], fmt.Sprintf("seed %d, need %d", seed, i)
			able, counted := []int64{}, map[fill.Obstacle]int{}
			for _, worker := range s.workers {
				if !slices.Contains(worker.Regions, need.Region) {
					require.NotEqual(t, worker.ID, proposal.Worker, "%s: of another region", name)
					continue
				}
				obstacle := s.obstacle(proposals, worker, i)
				if obstacle == "" {
					able = append(able, worker.ID)
				}
				counted[obstacle]++
			}
			if proposal.Worker == 0 {
				require.Empty(t, able, "%s: somebody could", name)
				require.Equal(t, counted, proposal.Obstacles, name)
				continue
			}
			require.Contains(t, able, proposal.Worker, name)
			require.Empty(t, proposal.Obstacles, name)
			// What is free in the end was free when it was asked.
			for at, id := range need.Usual {
				if slices.Contains(able, id) {
					require.Equal(t, fill.Usual, proposal.Because, "%s: %d usually walks it", name, id)
					require.LessOrEqual(t, slices.Index(need.Usual, proposal.Worker), at, "%s: in their order", name)
				}
			}
			if proposal.Because == fill.Usual {
				require.Contains(t, need.Usual, proposal.Worker, name)
			}
		}
	}
}

func TestTheOrderOfWhatIsGivenChangesNothing(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		s := madeUp(seed)
		first := fill.Propose(s.needs, s.workers, s.runs)
		random := rand.New(rand.NewPCG(seed, 2))
		order := random.Perm(len(s.needs))
		shuffled := make([]fill.Need, len(order))
		for to, from := range order {
			shuffled[to] = s.needs[from]
		}
		random.Shuffle(len(s.workers), func(a, b int) { s.workers[a], s.workers[b] = s.workers[b], s.workers[a] })
		random.Shuffle(len(s.runs), func(a, b int) { s.runs[a], s.runs[b] = s.runs[b], s.runs[a] })
		again := fill.Propose(shuffled, s.workers, s.runs)
		for to, from := range order {
			require.Equal(t, first[from], again[to], "seed %d, need %d", seed, from)
		}
	}
}

func TestWorkIsSharedFairly(t *testing.T) {
	t.Parallel()
	workers := []fill.Worker{{ID: 1, Regions: []int64{1}}, {ID: 2, Regions: []int64{1}}, {ID: 3, Regions: []int64{1}}}
	var needs []fill.Need
	for days := range 35 {
		needs = append(needs, fill.Need{Tour: 1, Region: 1, Date: on(days), Minutes: 60}, fill.Need{Tour: 2, Region: 1, Date: on(days), Minutes: 60})
	}
	// Who walked a tour last week gets it again; without that, nobody has more than one tour more than another in a week.
	minutes := make(map[int64]int)
	for i, proposal := range fill.Propose(needs[:14], workers, nil) {
		require.Equal(t, fill.InRegion, proposal.Because)
		minutes[proposal.Worker] += needs[i].Minutes
	}
	require.Equal(t, 14*60, minutes[1]+minutes[2]+minutes[3])
	for id := range int64(3) {
		require.InDelta(t, 14*60/3, minutes[id+1], 60)
	}
	all := fill.Propose(needs, workers, nil)
	for i := range needs[14:] {
		require.Equal(t, fill.Proposal{Worker: all[i].Worker, Because: fill.LastWeek}, all[i+14], "as the week before")
	}
}

func TestWhoIsAskedFirst(t *testing.T) {
	t.Parallel()
	workers := []fill.Worker{
		{ID: 1, Regions: []int64{1}}, {ID: 2, Regions: []int64{1}, Absences: []fill.Period{{First: on(0), Last: on(0)}}},
		{ID: 3, Regions: []int64{1}}, {ID: 4, Regions: []int64{2}},
	}
	need := fill.Need{Tour: 7, Region: 1, Date: on(0), Minutes: 60, Usual: []int64{2, 4, 3}}
	runs := []fill.Run{{Tour: 7, Worker: 1, Date: on(-7), Minutes: 60}}
	for _, c := range []struct {
		name string
		need fill.Need
		want fill.Proposal
	}{
		{"the first of the usual ones who can", need, fill.Proposal{Worker: 3, Because: fill.Usual}},
		{"who walked it last week", fill.Need{Tour: 7, Region: 1, Date: on(0), Minutes: 60, Usual: []int64{2}}, fill.Proposal{Worker: 1, Because: fill.LastWeek}},
		{"of the region who had less before", fill.Need{Tour: 8, Region: 1, Date: on(0), Minutes: 60}, fill.Proposal{Worker: 3, Because: fill.InRegion}},
		{"a tour longer than a day's work", fill.Need{Tour: 8, Region: 1, Date: on(0), Minutes: fill.MaxDayMinutes + 60}, fill.Proposal{Worker: 3, Because: fill.InRegion}},
		{"nobody works there", fill.Need{Tour: 9, Region: 3, Date: on(0), Minutes: 60}, fill.Proposal{Obstacles: map[fill.Obstacle]int{}}},
	} {
		require.Equal(t, c.want, fill.Propose([]fill.Need{c.need}, workers, runs)[0], c.name)
	}
	// A tour of the region does not take somebody away from a tour that they usually walk.
	both := fill.Propose([]fill.Need{
		{Tour: 1, Region: 1, Date: on(0), Minutes: 300}, {Tour: 2, Region: 1, Date: on(0), Minutes: 300, Usual: []int64{1}},
	}, workers, nil)
	require.Equal(t, []fill.Proposal{{Worker: 3, Because: fill.InRegion}, {Worker: 1, Because: fill.Usual}}, both)
}

func TestWhoHasNothingOnTheDayComesFirst(t *testing.T) {
	t.Parallel()
	workers := []fill.Worker{{ID: 1, Regions: []int64{1}}, {ID: 2, Regions: []int64{1}}}
	got := fill.Propose(
		[]fill.Need{{Tour: 1, Region: 1, Date: on(2), Minutes: 60}}, workers,
		[]fill.Run{
			{Tour: 2, Worker: 1, Date: on(2), Minutes: 30}, // little, on the day
			{Tour: 2, Worker: 2, Date: on(0), Minutes: 300}, {Tour: 2, Worker: 2, Date: on(1), Minutes: 300},
		},
	)
	require.Equal(t, []fill.Proposal{{Worker: 2, Because: fill.InRegion}}, got)
}

func TestOfThoseWhoAreFreeOnTheDayTheOneWithTheLeastInTheWeekComesFirst(t *testing.T) {
	t.Parallel()
	workers := []fill.Worker{{ID: 1, Regions: []int64{1}}, {ID: 2, Regions: []int64{1}}}
	got := fill.Propose(
		[]fill.Need{{Tour: 1, Region: 1, Date: on(9), Minutes: 60}}, workers,
		[]fill.Run{
			{Tour: 2, Worker: 1, Date: on(7), Minutes: 90},
			{Tour: 2, Worker: 2, Date: on(8), Minutes: 60},
			{Tour: 2, Worker: 2, Date: on(0), Minutes: 400}, // much, in another week
		},
	)
	require.Equal(t, []fill.Proposal{{Worker: 2, Because: fill.InRegion}}, got)
}

func TestTheLowerIDStandsForAPairOfLastWeek(t *testing.T) {
	t.Parallel()
	// All else speaks for the other one: they have less to do.
	workers := []fill.Worker{{ID: 3, Regions: []int64{1}}, {ID: 5, Regions: []int64{1}}, {ID: 7, Regions: []int64{1}}}
	runs := []fill.Run{
		{Tour: 1, Worker: 7, Date: on(0), Minutes: 60}, {Tour: 1, Worker: 5, Date: on(0), Minutes: 60},
		{Tour: 2, Worker: 5, Date: on(8), Minutes: 120},
	}
	for range 2 {
		got := fill.Propose([]fill.Need{{Tour: 1, Region: 1, Date: on(7), Minutes: 60}}, workers, runs)
		require.Equal(t, []fill.Proposal{{Worker: 5, Because: fill.LastWeek}}, got)
		slices.Reverse(runs)
	}
}
