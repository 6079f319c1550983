// Package fill proposes who walks which tour on the days that have nobody yet. It is pure: it knows no clock and no database. Days
// are midnight UTC, as in internal/day.
package fill

import (
	"cmp"
	"slices"
	"time"
)

// MaxDayMinutes is how much work a worker who has a tour on a day already is given on it at most.
const MaxDayMinutes = 8 * 60

// Need is a tour on a day that nobody walks yet.
type Need struct {
	Tour, Region int64
	Date         time.Time
	// Minutes is the agreed time of the tour.
	Minutes int
	// Usual are the workers who usually walk the tour, those first who are asked first.
	Usual []int64
}

// Worker is somebody who can be given runs.
type Worker struct {
	ID      int64
	Regions []int64
	// Weekdays are the days on which they can work, 1 is Monday; nil for all of them.
	Weekdays []int16
	// WeeklyMinutes is what was agreed, in minutes a week; 0 when nothing was.
	WeeklyMinutes int
	// Absences are the periods in which they cannot work.
	Absences []Period
}

// Period is a number of days, both included.
type Period struct{ First, Last time.Time }

// Run is one that is planned already.
type Run struct {
	Tour, Worker int64
	Date         time.Time
	Minutes      int
}

// Because says why a worker is proposed.
type Because string

// Usual: they usually walk the tour. LastWeek: they walked it a week earlier. InRegion: they work in its region, and have the least
// to do.
const (
	Usual    Because = "usual"
	LastWeek Because = "last_week"
	InRegion Because = "region"
)

// Obstacle says why a worker of the region is not proposed.
type Obstacle string

// AlreadyPlanned: they have the tour on the day. Absent: they are absent on the day. OtherWeekdays: they do not work on that day of the week. DayFull: with the tours that they have
// on the day it would be more than MaxDayMinutes. AgreedTime: it would be more than what was agreed for the week.
const (
	AlreadyPlanned Obstacle = "already_planned"
	Absent         Obstacle = "absent"
	OtherWeekdays  Obstacle = "other_weekdays"
	DayFull        Obstacle = "day_full"
	AgreedTime     Obstacle = "agreed_time"
)

// Proposal is who could do what a need asks for.
type Proposal struct {
	// Worker is 0 when nobody can.
	Worker  int64
	Because Because
	// Obstacles say, when nobody can, how many workers of the region cannot for which reason; empty when nobody works there.
	Obstacles map[Obstacle]int
}

// Propose returns a proposal for each need, in their order. Weeks are filled one after the other; in a week those are asked first who
// usually walk a tour, in their order, then who walked it a week earlier, then of all workers of the region those who have nothing
// on the day, and of them who have the least to do in the week. The order in which needs, workers and runs are given changes nothing.
func Propose(needs []Need, workers []Worker, runs []Run) []Proposal {
	f := newFilling(workers, runs)
	order := make([]int, len(needs))
	for i := range needs {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(needs[a].Date.Compare(needs[b].Date), cmp.Compare(needs[a].Tour, needs[b].Tour))
	})
	proposals := make([]Proposal, len(needs))
	for from := 0; from < len(order); {
		to := from
		for to < len(order) && monday(needs[order[to]].Date).Equal(monday(needs[order[from]].Date)) {
			to++
		}
		for _, choose := range []func(Need) (int64, Because){f.usual, f.lastWeek, f.inRegion} {
			for _, i := range order[from:to] {
				if proposals[i].Worker != 0 {
					continue
				}
				if worker, because := choose(needs[i]); worker != 0 {
					proposals[i] = Proposal{Worker: worker, Because: because}
					f.add(Run{needs[i].Tour, worker, needs[i].Date, needs[i].Minutes})
				}
			}
		}
		from = to
	}
	for i, need := range needs {
		if proposals[i].Worker == 0 {
			proposals[i].Obstacles = f.obstacles(need)
		}
	}
	return proposals
}

// filling is what everybody has to do so far.
type filling struct {
	// workers are in the order of their ids.
	workers []Worker
	byID    map[int64]Worker
	// onDay and inWeek are minutes, total all of them; busy tells whether there is anything on a day.
	onDay, inWeek map[workerDay]int
	total         map[int64]int
	busy          map[workerDay]bool
	walked        map[tourDay]int64
	has           map[run]bool
}

type (
	workerDay struct {
		worker int64
		date   time.Time
	}
	tourDay struct {
		tour int64
		date time.Time
	}
	run struct {
		tour int64
		on   workerDay
	}
)

func newFilling(workers []Worker, runs []Run) *filling {
	f := &filling{
		workers: slices.SortedFunc(slices.Values(workers), func(a, b Worker) int { return cmp.Compare(a.ID, b.ID) }),
		byID:    make(map[int64]Worker, len(workers)),
		onDay:   make(map[workerDay]int), inWeek: make(map[workerDay]int), total: make(map[int64]int),
		busy: make(map[workerDay]bool), walked: make(map[tourDay]int64), has: make(map[run]bool),
	}
	for _, worker := range workers {
		f.byID[worker.ID] = worker
	}
	for _, run := range runs {
		f.add(run)
	}
	return f
}

func (f *filling) add(r Run) {
	day := workerDay{r.Worker, r.Date}
	f.onDay[day] += r.Minutes
	f.inWeek[workerDay{r.Worker, monday(r.Date)}] += r.Minutes
	f.total[r.Worker] += r.Minutes
	f.busy[day] = true
	f.has[run{r.Tour, day}] = true
	// Of two who walked a tour on a day the one with the lower id stands for it.
	on := tourDay{r.Tour, r.Date}
	if first, known := f.walked[on]; !known || r.Worker < first {
		f.walked[on] = r.Worker
	}
}

// obstacle says why a worker of the region cannot; empty when they can.
func (f *filling) obstacle(worker Worker, need Need) Obstacle {
	day := workerDay{worker.ID, need.Date}
	if f.has[run{need.Tour, day}] {
		return AlreadyPlanned
	}
	for _, absence := range worker.Absences {
		if !need.Date.Before(absence.First) && !need.Date.After(absence.Last) {
			return Absent
		}
	}
	switch {
	case worker.Weekdays != nil && !slices.Contains(worker.Weekdays, int16(need.Date.Weekday()+6)%7+1):
		return OtherWeekdays
	case f.busy[day] && f.onDay[day]+need.Minutes > MaxDayMinutes:
		return DayFull
	case worker.WeeklyMinutes > 0 && f.inWeek[workerDay{worker.ID, monday(need.Date)}]+need.Minutes > worker.WeeklyMinutes:
		return AgreedTime
	}
	return ""
}

func (f *filling) fits(id int64, need Need) bool {
	worker, known := f.byID[id]
	return known && slices.Contains(worker.Regions, need.Region) && f.obstacle(worker, need) == ""
}

func (f *filling) usual(need Need) (int64, Because) {
	for _, id := range need.Usual {
		if f.fits(id, need) {
			return id, Usual
		}
	}
	return 0, ""
}

func (f *filling) lastWeek(need Need) (int64, Because) {
	if id := f.walked[tourDay{need.Tour, need.Date.AddDate(0, 0, -7)}]; id != 0 && f.fits(id, need) {
		return id, LastWeek
	}
	return 0, ""
}

func (f *filling) inRegion(need Need) (best int64, because Because) {
	less := func(a, b int64) bool {
		busyA, busyB := f.busy[workerDay{a, need.Date}], f.busy[workerDay{b, need.Date}]
		if busyA != busyB {
			return busyB
		}
		week := monday(need.Date)
		return cmp.Or(
			cmp.Compare(f.inWeek[workerDay{a, week}], f.inWeek[workerDay{b, week}]),
			cmp.Compare(f.total[a], f.total[b]), cmp.Compare(a, b),
		) < 0
	}
	for _, worker := range f.workers {
		if f.fits(worker.ID, need) && (best == 0 || less(worker.ID, best)) {
			best, because = worker.ID, InRegion
		}
	}
	return best, because
}

func (f *filling) obstacles(need Need) map[Obstacle]int {
	found := make(map[Obstacle]int)
	for _, worker := range f.workers {
		if slices.Contains(worker.Regions, need.Region) {
			found[f.obstacle(worker, need)]++
		}
	}
	return found
}

// monday begins the week of a day.
func monday(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) }
