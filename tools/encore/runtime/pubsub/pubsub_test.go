//go:build !encore_app

package pubsub_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/redistest"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"encore.dev/pubsub"
	"github.com/stretchr/testify/require"
)

type Event struct {
	RunID  int64    `json:"run_id"`
	Region string   `json:"-" pubsub-attr:"region"`
	Final  bool     `pubsub-attr:"final"`
	Score  *float32 `pubsub-attr:"score"`
}

type received struct {
	event Event
	req   *encore.Request
	ctx   context.Context
}

const patience = 20 * time.Second

func next[T any](t *testing.T, from chan T) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		require.FailNow(t, "nothing was delivered")
		panic("unreachable")
	}
}

type worker struct{ events chan Event }

func (w *worker) Name() string             { return "work" }
func (w *worker) StructType() reflect.Type { return reflect.TypeFor[worker]() }
func (w *worker) Instance() (any, error)   { return w, nil }

func (w *worker) OnEvent(_ context.Context, event *Event) error {
	w.events <- *event
	return nil
}

func (w worker) OnEventByValue(_ context.Context, event *Event) error {
	w.events <- *event
	return nil
}

var (
	values  = pubsub.NewTopic[Event]("values", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})
	pointer = pubsub.NewTopic[*Event]("pointers", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})
	ordered = pubsub.NewTopic[Event]("ordered", pubsub.TopicConfig{
		DeliveryGuarantee: pubsub.AtLeastOnce, OrderingAttribute: "region",
	})
	unknown = pubsub.NewTopic[Event]("unknown", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})

	inbox   = make(chan received, 10)
	byValue = make(chan Event, 10)
	service = &worker{make(chan Event, 10)}

	mail = pubsub.NewSubscription(values, "mail", pubsub.SubscriptionConfig[Event]{
		Handler: func(ctx context.Context, event Event) error {
			inbox <- received{event, encore.CurrentRequest(), ctx}
			return nil
		},
		AckDeadline: 5 * time.Second,
	})
	_ = pubsub.NewSubscription(pointer, "method", pubsub.SubscriptionConfig[*Event]{
		Handler: pubsub.MethodHandler((*worker).OnEvent),
	})
	_ = pubsub.NewSubscription(pointer, "value-method", pubsub.SubscriptionConfig[*Event]{
		Handler: pubsub.MethodHandler(func(w worker, ctx context.Context, event *Event) error {
			byValue <- *event
			return nil
		}),
	})
	_ = pubsub.NewSubscription(ordered, "unserved", pubsub.SubscriptionConfig[Event]{
		Handler: func(context.Context, Event) error { panic("another program serves this") },
	})
)

func TestMessagesOverRedis(t *testing.T) {
	server := redistest.Memory(t)
	named := func(name string) map[string]runconfig.Subscription {
		return map[string]runconfig.Subscription{name: {}}
	}
	runconfig.SetForTest(&runconfig.Config{
		Redis: map[string]runconfig.Redis{"main": server.Config},
		PubSub: []runconfig.PubSub{{Type: "redis", Redis: "main", Topics: map[string]runconfig.Topic{
			"values":   {Name: "renamed", Subscriptions: named("mail")},
			"pointers": {Subscriptions: map[string]runconfig.Subscription{"method": {}, "value-method": {Name: "v"}}},
			"ordered":  {},
		}}},
	})
	registry.RegisterService(service)
	registry.RegisterSubscription("post", "values", "mail")
	require.NoError(t, lifecycle.Start(t.Context()))

	t.Run("a delivery is a request", func(t *testing.T) {
		before := time.Now().Add(-time.Second)
		score := float32(1.5)
		publisher := &reqtrack.Request{Kind: reqtrack.API, Trace: reqtrack.Trace{ID: reqtrack.NewTraceID(), RequestID: "req-1"}}
		ctx := reqtrack.Begin(t.Context(), publisher)
		id, err := values.Publish(ctx, Event{RunID: 7, Region: "eu", Final: true, Score: &score})
		publisher.End()
		require.NoError(t, err)

		got := next(t, inbox)
		require.Equal(t, "req-1", reqtrack.From(got.ctx).Trace.RequestID)
		require.Equal(t, Event{RunID: 7, Region: "eu", Final: true, Score: &score}, got.event)
		require.Equal(t, encore.PubSubMessage, got.req.Type)
		require.Equal(t, "post", got.req.Service)
		require.Equal(t, got.event, got.req.Payload)
		require.NotEmpty(t, got.req.Trace.TraceID)
		require.Equal(t, reqtrack.FormatTraceID(publisher.Trace.ID), got.req.Trace.ParentTraceID)
		require.Equal(t, reqtrack.FormatTraceID(publisher.Trace.ID), got.req.Trace.ExtCorrelationID)
		require.WithinRange(t, got.req.Message.Published, before, time.Now().Add(time.Second))
		got.req.Message.Published = time.Time{}
		require.Equal(t, &encore.MessageData{
			Service: "post", Topic: "values", Subscription: "mail", ID: id, DeliveryAttempt: 1,
		}, got.req.Message)
		deadline, ok := got.ctx.Deadline()
		require.True(t, ok)
		require.WithinDuration(t, time.Now().Add(5*time.Second), deadline, 4*time.Second)
	})

	t.Run("a method of the service struct", func(t *testing.T) {
		_, err := pointer.Publish(t.Context(), &Event{RunID: 8})
		require.NoError(t, err)
		require.Equal(t, int64(8), next(t, service.events).RunID)
		require.Equal(t, int64(8), next(t, byValue).RunID)
	})

	t.Run("a message that cannot be decoded is given up at once", func(t *testing.T) {
		client := server.Client(t)
		require.NoError(t, client.Do(t.Context(), "XADD", "app:pubsub:renamed", "*", "data", "{").Err())
		require.Eventually(t, func() bool {
			return client.XLen(t.Context(), "app:pubsub:renamed:mail:dead").Val() == 1
		}, patience, 5*time.Millisecond)
	})

	t.Run("publishing fails", func(t *testing.T) {
		_, err := unknown.Publish(t.Context(), Event{})
		requireCode(t, errs.Unavailable, err)
		require.ErrorContains(t, err, "not configured to use this topic")

		_, err = ordered.Publish(t.Context(), Event{})
		requireCode(t, errs.InvalidArgument, err)
		_, err = ordered.Publish(t.Context(), Event{Region: "eu"})
		require.NoError(t, err)

		_, err = pointer.Publish(t.Context(), nil)
		requireCode(t, errs.InvalidArgument, err)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = values.Publish(ctx, Event{})
		requireCode(t, errs.Canceled, err)

		server.Stop()
		defer server.Start()
		_, err = values.Publish(t.Context(), Event{})
		requireCode(t, errs.Unavailable, err)
		require.ErrorContains(t, err, "failed to publish message to values")
	})

	require.NoError(t, lifecycle.Stop(t.Context()))
	_, err := values.Publish(t.Context(), Event{RunID: 9})
	require.NoError(t, err)
	select {
	case <-inbox:
		require.FailNow(t, "a message was delivered after the stop")
	case <-time.After(50 * time.Millisecond):
	}
}

func requireCode(t *testing.T, code errs.ErrCode, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code.String(), errs.Code(err).String())
}

func TestMeta(t *testing.T) {
	t.Parallel()
	require.Equal(t, pubsub.TopicMeta{Name: "ordered", Config: pubsub.TopicConfig{
		DeliveryGuarantee: pubsub.AtLeastOnce, OrderingAttribute: "region",
	}}, ordered.Meta())
	meta := mail.Meta()
	require.Equal(t, "mail", meta.Name)
	require.Equal(t, values.Meta(), meta.Topic)
	require.Equal(t, 5*time.Second, meta.Config.AckDeadline)
	require.Equal(t, 5*time.Second, mail.Config().AckDeadline)
}

func TestTopicRef(t *testing.T) {
	t.Parallel()
	ref := pubsub.TopicRef[pubsub.Publisher[Event]](ordered)
	require.Equal(t, "ordered", ref.Meta().Name)
}

func TestMethodHandlerNeedsAServiceStruct(t *testing.T) {
	t.Parallel()
	type stranger struct{}
	handler := pubsub.MethodHandler(func(stranger, context.Context, Event) error { return nil })
	requireCode(t, errs.Internal, handler(t.Context(), Event{}))
}

func TestDeclarationsThatCannotWorkAreRefused(t *testing.T) {
	t.Parallel()
	handler := func(context.Context, Event) error { return errors.New("unused") }
	for message, declare := range map[string]func(){
		"DeliveryGuarantee": func() { pubsub.NewTopic[Event]("x", pubsub.TopicConfig{}) },
		"no attribute city": func() {
			pubsub.NewTopic[Event]("x", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce, OrderingAttribute: "city"})
		},
		"not a struct": func() { pubsub.NewTopic[int]("x", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce}) },
		"cannot be an attribute": func() {
			type bad struct {
				List []string `pubsub-attr:"list"`
			}
			pubsub.NewTopic[bad]("x", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})
		},
		"must not begin with": func() {
			type bad struct {
				ID string `pubsub-attr:"encore_id"`
			}
			pubsub.NewTopic[bad]("x", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})
		},
		"no Handler": func() { pubsub.NewSubscription(ordered, "x", pubsub.SubscriptionConfig[Event]{}) },
		"AckDeadline is below": func() {
			pubsub.NewSubscription(ordered, "x", pubsub.SubscriptionConfig[Event]{Handler: handler, AckDeadline: time.Millisecond})
		},
		"MessageRetention is below": func() {
			pubsub.NewSubscription(ordered, "x", pubsub.SubscriptionConfig[Event]{Handler: handler, MessageRetention: time.Second})
		},
		"backoff is below": func() {
			pubsub.NewSubscription(ordered, "x", pubsub.SubscriptionConfig[Event]{
				Handler: handler, RetryPolicy: &pubsub.RetryPolicy{MinBackoff: 1},
			})
		},
		"MaxRetries must be": func() {
			pubsub.NewSubscription(ordered, "x", pubsub.SubscriptionConfig[Event]{
				Handler: handler, RetryPolicy: &pubsub.RetryPolicy{MaxRetries: -3},
			})
		},
	} {
		func() {
			defer func() {
				value := recover()
				require.NotNil(t, value, message)
				require.Contains(t, value, message)
			}()
			declare()
		}()
	}
}
