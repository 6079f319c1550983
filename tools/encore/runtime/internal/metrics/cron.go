package metrics

import "github.com/prometheus/client_golang/prometheus"

var (
	cronRuns = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "encore_cron_runs_total",
		Help: "Runs of cron jobs by this process. Where several share a Redis, each time is run by one of them.",
	}, []string{"job", "result"})

	cronSuccess = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "encore_cron_last_success_timestamp_seconds",
		Help: "When this process last ran the job with success.",
	}, []string{"job"})
)

// Cron counts the runs of a job.
type Cron struct {
	job        string
	ok, failed prometheus.Counter
}

// NewCron returns the metrics of a job.
func NewCron(job string) Cron {
	return Cron{job, cronRuns.WithLabelValues(job, resultOK), cronRuns.WithLabelValues(job, resultError)}
}

// Count counts a run that has ended.
func (c Cron) Count(err error) {
	if err != nil {
		c.failed.Inc()
		return
	}
	c.ok.Inc()
	cronSuccess.WithLabelValues(c.job).SetToCurrentTime()
}
