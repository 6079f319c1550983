// Package events shows topics, subscriptions and cron jobs.
package events

import (
	"context"
	"errors"
	"sync"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/cron"
	"encore.dev/pubsub"
)

// Event is a message with attributes.
type Event struct {
	Key      string `pubsub-attr:"key"`
	Text     string
	FailFor  int    // deliveries that fail before one succeeds
	Internal string `json:"-"`
}

// Things is ordered by key.
var Things = pubsub.NewTopic[*Event]("things", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
	OrderingAttribute: "key",
})

var _ = pubsub.NewSubscription(Things, "recorder", pubsub.SubscriptionConfig[*Event]{
	Handler:     pubsub.MethodHandler((*Service).Record),
	AckDeadline: 5 * time.Second,
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: 1 * time.Second, MaxBackoff: 1 * time.Second, MaxRetries: 5},
})

var _ = pubsub.NewSubscription(Things, "counter", pubsub.SubscriptionConfig[*Event]{
	Handler: Count,
})

// Jobs are given up after a few deliveries.
var Jobs = pubsub.NewTopic[*Job]("jobs", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})

var _ = pubsub.NewSubscription(Jobs, "twice", pubsub.SubscriptionConfig[*Job]{
	Handler:     pubsub.MethodHandler((*Service).Attempt),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: 1 * time.Second, MaxBackoff: 1 * time.Second, MaxRetries: 2},
})

var _ = cron.NewJob("tick", cron.JobConfig{Title: "Count ticks", Every: 1 * cron.Hour, Endpoint: Tick})

// Service records deliveries.
//
//encore:service
type Service struct {
	mu         sync.Mutex
	deliveries map[string][]Delivery
	ticks      int
}

func initService() (*Service, error) {
	return &Service{deliveries: map[string][]Delivery{}}, nil
}

// Delivery is one delivery of an event.
type Delivery struct {
	Text         string `json:"text"`
	Key          string `json:"key"`
	Attempt      int    `json:"attempt"`
	Type         string `json:"type"`
	Topic        string `json:"topic"`
	Subscription string `json:"subscription"`
	Internal     string `json:"internal"`
}

// Record keeps what was delivered and fails as often as the event wants.
func (s *Service) Record(_ context.Context, e *Event) error {
	req := encore.CurrentRequest()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries[e.Text] = append(s.deliveries[e.Text], Delivery{
		Text: e.Text, Key: e.Key, Attempt: req.Message.DeliveryAttempt, Type: string(req.Type),
		Topic: req.Message.Topic, Subscription: req.Message.Subscription, Internal: e.Internal,
	})
	if len(s.deliveries[e.Text]) <= e.FailFor {
		if e.FailFor > 1 && len(s.deliveries[e.Text]) == 1 {
			panic("the first delivery panics")
		}
		return errors.New("not yet")
	}
	return nil
}

// Job is a message whose handling fails.
type Job struct {
	Text string
}

// Attempt fails at every delivery.
func (s *Service) Attempt(_ context.Context, j *Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries[j.Text] = append(s.deliveries[j.Text], Delivery{Text: j.Text, Attempt: encore.CurrentRequest().Message.DeliveryAttempt})
	return errors.New("never")
}

// Enqueue publishes a job.
//
//encore:api public method=POST path=/events-jobs
func (s *Service) Enqueue(ctx context.Context, j *Job) (*Published, error) {
	id, err := Jobs.Publish(ctx, j)
	return &Published{ID: id}, err
}

var counted sync.Map

// Count is a second subscription: each gets every message.
func Count(_ context.Context, e *Event) error {
	counted.Store(e.Text, true)
	return nil
}

// Published is the id of a message.
type Published struct {
	ID string `json:"id"`
}

// Publish publishes an event.
//
//encore:api public method=POST path=/events
func (s *Service) Publish(ctx context.Context, e *Event) (*Published, error) {
	e.Internal = "lost on the way"
	id, err := Things.Publish(ctx, e)
	if err != nil {
		return nil, err
	}
	return &Published{ID: id}, nil
}

// Recorded is what was delivered for a text.
type Recorded struct {
	Deliveries []Delivery `json:"deliveries"`
	Counted    bool       `json:"counted"`
	Ticks      int        `json:"ticks"`
}

// Deliveries tells what was delivered.
//
//encore:api public method=GET path=/events/:text
func (s *Service) Deliveries(_ context.Context, text string) (*Recorded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, seen := counted.Load(text)
	return &Recorded{Deliveries: append([]Delivery{}, s.deliveries[text]...), Counted: seen, Ticks: s.ticks}, nil
}

// Tick is run by the cron job.
//
//encore:api private method=POST path=/events-tick
func (s *Service) Tick(context.Context) error {
	if s == nil {
		return &errs.Error{Code: errs.Internal, Message: "no service"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ticks++
	return nil
}
