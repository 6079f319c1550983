// Package metrics counts what a program does, for Prometheus. The metrics are in the default registry, beside those of
// the Go runtime and the process.
package metrics

import (
	"sync/atomic"
	"time"

	"encore.dev/beta/errs"
	"github.com/prometheus/client_golang/prometheus"
)

var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "encore_http_requests_total",
		Help: "Requests over HTTP by endpoint and error code, \"ok\" for success.",
	}, []string{"service", "endpoint", "code"})

	durations = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "encore_http_request_duration_seconds",
		Help:    "Time from the head of a request over HTTP to the end of its handling. Connections that were taken over, such as WebSockets, are left out.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
	}, []string{"service", "endpoint"})

	panics = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "encore_panics_total",
		Help: "Panics of endpoints and of handlers of messages, whose endpoint is TOPIC/SUBSCRIPTION.",
	}, []string{"service", "endpoint"})

	buildInfo = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "encore_build_info",
		Help: "The running program; always 1.",
	}, []string{"app", "revision"})
)

// The state of the program that runs. In tests one follows another.
var (
	inFlight atomic.Pointer[func() int64]
	ready    atomic.Pointer[func() bool]
)

func init() {
	prometheus.MustRegister(requests, durations, panics, buildInfo, published, deliveries, cronRuns, cronSuccess,
		databaseCollector{}, subscriptionCollector{},
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "encore_http_requests_in_flight",
			Help: "Requests over HTTP that are being handled, connections that were taken over included.",
		}, func() float64 {
			if count := inFlight.Load(); count != nil {
				return float64((*count)())
			}
			return 0
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "encore_ready",
			Help: "1 while the program is ready for requests, else 0.",
		}, func() float64 {
			if is := ready.Load(); is != nil && (*is)() {
				return 1
			}
			return 0
		}))
}

// SetUp tells what the metrics of the program are made of.
func SetUp(app, revision string, requestsInFlight func() int64, isReady func() bool) {
	buildInfo.Reset()
	buildInfo.WithLabelValues(app, revision).Set(1)
	inFlight.Store(&requestsInFlight)
	ready.Store(&isReady)
}

// Endpoint counts the requests of one endpoint. Its parts are looked up once, not for each request.
type Endpoint struct {
	service, name string
	duration      prometheus.Observer
	codes         [errs.Unauthenticated + 1]atomic.Pointer[prometheus.Counter]
}

// NewEndpoint returns the metrics of an endpoint.
func NewEndpoint(service, name string) *Endpoint {
	e := &Endpoint{service: service, name: name, duration: durations.WithLabelValues(service, name)}
	// An increase can only be seen of what was 0 before.
	for _, code := range []errs.ErrCode{errs.OK, errs.Unknown, errs.Internal, errs.Unavailable, errs.DeadlineExceeded} {
		e.counter(code)
	}
	return e
}

// Count counts a request that ended with the given code.
func (e *Endpoint) Count(code errs.ErrCode) { e.counter(code).Inc() }

// Observe adds the duration of a request.
func (e *Endpoint) Observe(d time.Duration) { e.duration.Observe(d.Seconds()) }

func (e *Endpoint) counter(code errs.ErrCode) prometheus.Counter {
	if code < 0 || int(code) >= len(e.codes) {
		code = errs.Unknown
	}
	if counter := e.codes[code].Load(); counter != nil {
		return *counter
	}
	counter := requests.WithLabelValues(e.service, e.name, code.String())
	e.codes[code].Store(&counter)
	return counter
}

// CountPanic counts a panic.
func CountPanic(service, endpoint string) { panics.WithLabelValues(service, endpoint).Inc() }
