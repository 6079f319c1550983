package metrics

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The results of publishing a message, delivering it, or running a job.
const (
	resultOK    = "ok"
	resultError = "error"
)

var (
	published = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "encore_pubsub_published_total",
		Help: "Messages published, or that could not be.",
	}, []string{"topic", "result"})

	deliveries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "encore_pubsub_deliveries_total",
		Help: "Deliveries of messages: ok = handled, error = failed and to be tried again, dropped = given up.",
	}, []string{"topic", "subscription", "result"})

	backlogDesc = prometheus.NewDesc("encore_pubsub_backlog",
		"Messages that the subscription has not handled yet, those that wait for another try included. All processes that serve it tell the same number.",
		[]string{"topic", "subscription"}, nil)
	oldestDesc = prometheus.NewDesc("encore_pubsub_oldest_age_seconds",
		"Age of the oldest message that the subscription has not handled yet, 0 when there is none.",
		[]string{"topic", "subscription"}, nil)
)

// Topic counts the messages published to a topic.
type Topic struct{ ok, failed prometheus.Counter }

// NewTopic returns the metrics of a topic.
func NewTopic(name string) Topic {
	return Topic{published.WithLabelValues(name, resultOK), published.WithLabelValues(name, resultError)}
}

// Count counts an attempt to publish a message.
func (t Topic) Count(err error) {
	if err != nil {
		t.failed.Inc()
		return
	}
	t.ok.Inc()
}

// Subscription counts the deliveries to a subscription.
type Subscription struct{ ok, failed, dropped prometheus.Counter }

// NewSubscription returns the metrics of a subscription.
func NewSubscription(topic, name string) *Subscription {
	return &Subscription{
		deliveries.WithLabelValues(topic, name, resultOK),
		deliveries.WithLabelValues(topic, name, resultError),
		deliveries.WithLabelValues(topic, name, "dropped"),
	}
}

// Handled counts a delivery that succeeded.
func (s *Subscription) Handled() { s.ok.Inc() }

// Failed counts a delivery that failed and will be tried again.
func (s *Subscription) Failed() { s.failed.Inc() }

// Dropped counts a message that was given up.
func (s *Subscription) Dropped() { s.dropped.Inc() }

// Backlog is what a subscription has still to do.
type Backlog struct {
	Messages int64
	Oldest   time.Time // zero when there is no message
}

type watched struct {
	topic, name string
	backlog     func(ctx context.Context) (Backlog, error)
}

var served struct {
	sync.Mutex
	subscriptions []watched
}

// WatchBacklog makes the backlog of a subscription be told. Asking for it must end with its context.
func WatchBacklog(topic, name string, backlog func(ctx context.Context) (Backlog, error)) {
	served.Lock()
	defer served.Unlock()
	served.subscriptions = slices.DeleteFunc(served.subscriptions, func(w watched) bool { return w.topic == topic && w.name == name })
	served.subscriptions = append(served.subscriptions, watched{topic, name, backlog})
	slices.SortFunc(served.subscriptions, func(a, b watched) int {
		return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.name, b.name))
	})
}

// collectLimit is the time that Prometheus waits for the broker.
const collectLimit = 2 * time.Second

// subscriptionCollector asks the broker when Prometheus asks. What cannot be told is left out.
type subscriptionCollector struct{}

// Describe implements prometheus.Collector.
func (subscriptionCollector) Describe(descs chan<- *prometheus.Desc) {
	descs <- backlogDesc
	descs <- oldestDesc
}

// Collect implements prometheus.Collector.
func (subscriptionCollector) Collect(out chan<- prometheus.Metric) {
	served.Lock()
	list := slices.Clone(served.subscriptions)
	served.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), collectLimit)
	defer cancel()
	var wg sync.WaitGroup
	for _, w := range list {
		wg.Go(func() {
			backlog, err := w.backlog(ctx)
			if err != nil {
				return
			}
			age := 0.0
			if !backlog.Oldest.IsZero() {
				age = max(time.Since(backlog.Oldest).Seconds(), 0)
			}
			out <- prometheus.MustNewConstMetric(backlogDesc, prometheus.GaugeValue, float64(backlog.Messages), w.topic, w.name)
			out <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, w.topic, w.name)
		})
	}
	wg.Wait()
}
