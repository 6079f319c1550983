package core

import (
	"context"
	"time"

	"encore.dev/metrics"
	"encore.dev/rlog"

	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// Lateness is the rule by which runs are late, for all who ask: the dashboard, mail and metrics.
type Lateness struct {
	// StartBy is by when runs are started, after midnight of their day: LATE_TIME.
	StartBy time.Duration
	// Tolerance is how far behind what was agreed a run is still in time: LATE_TOLERANCE.
	Tolerance time.Duration
	// Zone is where days are computed (rule 11).
	Zone *time.Location
}

// Due is the moment by which the runs of a day are started.
func (l Lateness) Due(date time.Time) time.Time { return day.At(date, l.StartBy, l.Zone) }

// Why a run is late.
const (
	lateBehind     = "behind"
	lateNotStarted = "not_started"
	lateTookLonger = "took_longer"
	lateNone       = "none"
)

// lateness is why a run is late, since when, and by how many minutes.
type lateness struct {
	reason  string
	since   *time.Time
	minutes int
}

func (l lateness) late() bool { return l.reason != lateNone }

// of judges a run at a moment. A planned run, unless there is nothing to do, is late from when it should have been started: StartBy, or
// earlier where it could not be done any more before the day ends. A started one should have the stops behind it, and the next, within their agreed
// minutes, and a completed one should not have taken longer than agreed: both within the tolerance. Started minutes do not count.
func (l Lateness) of(run timedRun, now time.Time) lateness {
	var (
		reason string
		since  time.Time
		until  = now
	)
	switch run.Status {
	case StatusPlanned:
		if run.WithoutWork() {
			return lateness{reason: lateNone}
		}
		reason, since = lateNotStarted, l.Due(run.date)
		if latest := day.End(run.date, l.Zone).Add(-minutes(run.AgreedMinutes)); latest.Before(since) {
			since = latest
		}
	case StatusStarted:
		reason, since = lateBehind, run.StartedAt.Add(minutes(run.elapsedMinutes))
	case StatusCompleted:
		reason, since, until = lateTookLonger, run.StartedAt.Add(minutes(run.AgreedMinutes)), *run.CompletedAt
	default:
		return lateness{reason: lateNone}
	}
	by := int(until.Sub(since) / time.Minute)
	inTime := until.Before(since)
	if reason != lateNotStarted {
		inTime = minutes(by) <= l.Tolerance
	}
	if inTime {
		return lateness{reason: lateNone}
	}
	return lateness{reason, new(since.UTC()), by}
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// NotStartedRunsParams name a day and a moment.
type NotStartedRunsParams struct {
	// Date is YYYY-MM-DD.
	Date string `json:"date"`
	// At is the moment at which it is asked who is late: that of the service that asks.
	At time.Time `json:"at"`
}

// NotStartedRuns returns the runs of a day that should have been started by a moment and were not, for the service that tells the office.
//
// Errors: invalid_argument for what is no date.
//
//encore:api private method=POST path=/internal/not-started-runs
func (s *Service) NotStartedRuns(ctx context.Context, p *NotStartedRunsParams) (*RunsForEventsResponse, error) {
	return s.plannedRuns(ctx, p.Date, func(run timedRun) bool { return s.late.of(run, p.At).late() })
}

// How many of the runs that the office watches today are late, as of the last minute.
var (
	runsNotStarted = metrics.NewGauge[int64]("runs_not_started", metrics.GaugeConfig{})
	runsLate       = metrics.NewGauge[int64]("runs_late", metrics.GaugeConfig{})
)

// latenessInterval is how often the runs that are late are counted.
const latenessInterval = time.Minute

// watchLateness keeps the metrics of late runs until ctx ends. While they cannot be counted they stay as they were.
func (s *Service) watchLateness(ctx context.Context) {
	ticks := time.NewTicker(latenessInterval)
	defer ticks.Stop()
	for {
		notStarted, late, err := s.countLate(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			rlog.Error("the late runs cannot be counted", "err", err)
		default:
			runsNotStarted.Set(notStarted)
			runsLate.Set(late)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// countLate counts the runs of today that are not started though they should be, and those that are under way and behind.
func (s *Service) countLate(ctx context.Context) (notStarted, late int64, err error) {
	ids, err := s.runsOfDay(ctx, s.today(), 0)
	if err != nil {
		return 0, 0, err
	}
	rows, err := s.query.RunsByID(ctx, ids)
	if err != nil {
		return 0, 0, refusal.Failure(err, "read the runs of today")
	}
	for _, row := range rows {
		switch s.late.of(timedRunOf(row, Worker{}), s.now()).reason {
		case lateNotStarted:
			notStarted++
		case lateBehind:
			late++
		}
	}
	return notStarted, late, nil
}
