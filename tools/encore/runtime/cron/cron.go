// Package cron runs endpoints at fixed times.
//
// The program runs its jobs itself. Where several processes share a Redis (the one named "default", or the only one of
// the configuration) each time is run by one of them; without a Redis every process runs it. A time that comes while
// a process still runs the job is skipped, and so are times at which no process is up. Jobs never run in tests.
//
// With private endpoints reachable over HTTP, as during development, POST /__encore/cron/<id> runs a job at once.
package cron

import (
	"fmt"
	"sync"
	"time"

	"encore.dev/internal/metrics"
	robfig "github.com/robfig/cron/v3"
)

// Duration is a number of seconds.
type Duration int64

// The units of JobConfig.Every.
const (
	Minute Duration = 60
	Hour   Duration = 60 * Minute
)

const day = 24 * Hour

// JobConfig configures a job. Exactly one of Every and Schedule must be set.
type JobConfig struct {
	// Title says what the job does. By default it is the id.
	Title string

	// Endpoint is the endpoint to run: its function. It takes no path parameters; a request it takes is zero.
	Endpoint any

	// Every is the interval, in whole minutes, by which 24 hours must be divisible. Times are counted from midnight UTC.
	Every Duration

	// Schedule is a cron expression of five fields in UTC: minute, hour, day of month, month, day of week.
	Schedule string
}

// Job is a declared job.
type Job struct {
	ID       string
	Title    string
	Every    Duration
	Schedule string
	Endpoint any

	times schedule
	count func() metrics.Cron
}

// schedule gives the first time after another one.
type schedule interface {
	Next(after time.Time) time.Time
}

// NewJob declares a job. The id and the config must be literals. It panics when the config is invalid.
func NewJob(id string, jobConfig JobConfig) *Job {
	times, err := parse(jobConfig)
	if err != nil {
		panic(fmt.Sprintf("cron: job %s: %v", id, err))
	}
	job := &Job{
		ID: id, Title: jobConfig.Title, Every: jobConfig.Every, Schedule: jobConfig.Schedule,
		Endpoint: jobConfig.Endpoint, times: times,
		count: sync.OnceValue(func() metrics.Cron { return metrics.NewCron(id) }),
	}
	if job.Title == "" {
		job.Title = id
	}
	register(job)
	return job
}

var parser = robfig.NewParser(robfig.Minute | robfig.Hour | robfig.Dom | robfig.Month | robfig.Dow)

func parse(cfg JobConfig) (schedule, error) {
	switch {
	case cfg.Endpoint == nil:
		return nil, fmt.Errorf("it has no Endpoint")
	case (cfg.Every != 0) == (cfg.Schedule != ""):
		return nil, fmt.Errorf("exactly one of Every and Schedule must be set")
	case cfg.Schedule != "":
		// The parser would take a time zone here.
		times, err := parser.Parse("TZ=UTC " + cfg.Schedule)
		if err != nil {
			return nil, fmt.Errorf("its Schedule %q: %w", cfg.Schedule, err)
		}
		return times, nil
	case cfg.Every < Minute || cfg.Every%Minute != 0 || cfg.Every > day || day%cfg.Every != 0:
		return nil, fmt.Errorf("its Every must be whole minutes by which 24 hours are divisible, not %v", time.Duration(cfg.Every)*time.Second)
	}
	return every(time.Duration(cfg.Every) * time.Second), nil
}

// every is a schedule of equal intervals from midnight UTC.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	// Truncate counts from a midnight UTC, and whole days are whole intervals.
	return after.UTC().Truncate(time.Duration(e)).Add(time.Duration(e))
}
