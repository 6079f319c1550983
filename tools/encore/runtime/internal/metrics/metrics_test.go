//go:build !encore_app

package metrics_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/metrics"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
)

// requireMetrics compares what is told under the given names, of the series that hold mark.
func requireMetrics(t *testing.T, mark string, want string, names ...string) {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	for _, family := range families {
		series := family.Metric[:0]
		for _, metric := range family.Metric {
			if strings.Contains(metric.String(), mark) {
				series = append(series, metric)
			}
		}
		family.Metric = series
	}
	gatherer := prometheus.ToTransactionalGatherer(prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) { return families, nil }))
	require.NoError(t, testutil.TransactionalGatherAndCompare(gatherer, strings.NewReader(want), names...))
}

func TestRequests(t *testing.T) {
	t.Parallel()
	e := metrics.NewEndpoint("one", "Get")
	e.Count(errs.OK)
	e.Count(errs.OK)
	e.Count(errs.NotFound)
	e.Count(errs.ErrCode(99))
	e.Observe(3 * time.Millisecond)
	e.Observe(20 * time.Second)
	metrics.CountPanic("one", "Get")
	requireMetrics(t, `"one"`, `
# HELP encore_http_request_duration_seconds Time from the head of a request over HTTP to the end of its handling. Connections that were taken over, such as WebSockets, are left out.
# TYPE encore_http_request_duration_seconds histogram
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.001"} 0
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.0025"} 0
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.005"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.01"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.025"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.05"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.1"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.25"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="0.5"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="1"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="2.5"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="5"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="10"} 1
encore_http_request_duration_seconds_bucket{endpoint="Get",service="one",le="+Inf"} 2
encore_http_request_duration_seconds_sum{endpoint="Get",service="one"} 20.003
encore_http_request_duration_seconds_count{endpoint="Get",service="one"} 2
# HELP encore_http_requests_total Requests over HTTP by endpoint and error code, "ok" for success.
# TYPE encore_http_requests_total counter
encore_http_requests_total{code="deadline_exceeded",endpoint="Get",service="one"} 0
encore_http_requests_total{code="internal",endpoint="Get",service="one"} 0
encore_http_requests_total{code="not_found",endpoint="Get",service="one"} 1
encore_http_requests_total{code="ok",endpoint="Get",service="one"} 2
encore_http_requests_total{code="unavailable",endpoint="Get",service="one"} 0
encore_http_requests_total{code="unknown",endpoint="Get",service="one"} 1
# HELP encore_panics_total Panics of endpoints and of handlers of messages, whose endpoint is TOPIC/SUBSCRIPTION.
# TYPE encore_panics_total counter
encore_panics_total{endpoint="Get",service="one"} 1
`, "encore_http_requests_total", "encore_http_request_duration_seconds", "encore_panics_total")
}

func TestMessagesAndJobs(t *testing.T) {
	t.Parallel()
	topic := metrics.NewTopic("watched")
	topic.Count(nil)
	topic.Count(errors.New("no broker"))
	topic.Count(nil)
	subscription := metrics.NewSubscription("watched", "sub")
	subscription.Handled()
	subscription.Failed()
	subscription.Dropped()
	metrics.WatchBacklog("watched", "sub", func(context.Context) (metrics.Backlog, error) {
		return metrics.Backlog{}, errors.New("replaced")
	})
	metrics.WatchBacklog("watched", "sub", func(context.Context) (metrics.Backlog, error) {
		return metrics.Backlog{Messages: 7}, nil
	})
	metrics.WatchBacklog("watched", "lost", func(ctx context.Context) (metrics.Backlog, error) {
		<-ctx.Done() // Redis hangs
		return metrics.Backlog{}, ctx.Err()
	})
	job := metrics.NewCron("watched-job")
	job.Count(errors.New("failed"))
	requireMetrics(t, `"watched`, `
# HELP encore_cron_runs_total Runs of cron jobs by this process. Where several share a Redis, each time is run by one of them.
# TYPE encore_cron_runs_total counter
encore_cron_runs_total{job="watched-job",result="error"} 1
encore_cron_runs_total{job="watched-job",result="ok"} 0
# HELP encore_pubsub_backlog Messages that the subscription has not handled yet, those that wait for another try included. All processes that serve it tell the same number.
# TYPE encore_pubsub_backlog gauge
encore_pubsub_backlog{subscription="sub",topic="watched"} 7
# HELP encore_pubsub_deliveries_total Deliveries of messages: ok = handled, error = failed and to be tried again, dropped = given up.
# TYPE encore_pubsub_deliveries_total counter
encore_pubsub_deliveries_total{result="dropped",subscription="sub",topic="watched"} 1
encore_pubsub_deliveries_total{result="error",subscription="sub",topic="watched"} 1
encore_pubsub_deliveries_total{result="ok",subscription="sub",topic="watched"} 1
# HELP encore_pubsub_oldest_age_seconds Age of the oldest message that the subscription has not handled yet, 0 when there is none.
# TYPE encore_pubsub_oldest_age_seconds gauge
encore_pubsub_oldest_age_seconds{subscription="sub",topic="watched"} 0
# HELP encore_pubsub_published_total Messages published, or that could not be.
# TYPE encore_pubsub_published_total counter
encore_pubsub_published_total{result="error",topic="watched"} 1
encore_pubsub_published_total{result="ok",topic="watched"} 2
`, "encore_cron_runs_total", "encore_cron_last_success_timestamp_seconds", "encore_pubsub_backlog", "encore_pubsub_deliveries_total",
		"encore_pubsub_oldest_age_seconds", "encore_pubsub_published_total")
}

func TestPools(t *testing.T) {
	t.Parallel()
	pool, err := pgxpool.New(t.Context(), "postgres://127.0.0.1:1/none?pool_max_conns=9")
	require.NoError(t, err)
	defer pool.Close()
	metrics.WatchPool("pooled", pool)
	requireMetrics(t, `"pooled"`, `
# HELP encore_db_acquire_wait_seconds_total Time that queries have waited for a connection because none was free.
# TYPE encore_db_acquire_wait_seconds_total counter
encore_db_acquire_wait_seconds_total{database="pooled"} 0
# HELP encore_db_connections Connections of the pool.
# TYPE encore_db_connections gauge
encore_db_connections{database="pooled",state="idle"} 0
encore_db_connections{database="pooled",state="in_use"} 0
# HELP encore_db_connections_max Connections that the pool may have.
# TYPE encore_db_connections_max gauge
encore_db_connections_max{database="pooled"} 9
`, "encore_db_acquire_wait_seconds_total", "encore_db_connections", "encore_db_connections_max")
}

func TestProgram(t *testing.T) {
	t.Parallel()
	metrics.SetUp("old", "r0", func() int64 { return 0 }, func() bool { return false })
	metrics.SetUp("shop", "r1", func() int64 { return 3 }, func() bool { return true })
	requireMetrics(t, "", `
# HELP encore_build_info The running program; always 1.
# TYPE encore_build_info gauge
encore_build_info{app="shop",revision="r1"} 1
# HELP encore_http_requests_in_flight Requests over HTTP that are being handled, connections that were taken over included.
# TYPE encore_http_requests_in_flight gauge
encore_http_requests_in_flight 3
# HELP encore_ready 1 while the program is ready for requests, else 0.
# TYPE encore_ready gauge
encore_ready 1
`, "encore_build_info", "encore_http_requests_in_flight", "encore_ready")
}
