package pubsub

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/message"
	"encore.dev/internal/redispubsub"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/tracing"
)

// SubscriptionConfig configures a subscription. Zero values mean the default.
type SubscriptionConfig[T any] struct {
	// Handler handles a message. When it returns an error or panics, the message is delivered again. A method of the
	// service struct is given by MethodHandler.
	Handler func(ctx context.Context, msg T) error

	// MaxConcurrency is the largest number of messages handled at a time by one process: 1 by default, 100 when it is
	// negative.
	MaxConcurrency int

	// AckDeadline is the time the handler has, 30 s by default and at least 1 s. Its context ends then. A handler that
	// goes on may find its message handled by another process as well.
	AckDeadline time.Duration

	// MessageRetention is the age at which a message is dropped, 7 days by default and at least 1 minute.
	MessageRetention time.Duration

	// RetryPolicy says when, and how often, a failed message is delivered again.
	RetryPolicy *RetryPolicy
}

// RetryPolicy says when a failed message is delivered again. Backoffs of zero mean the default.
type RetryPolicy struct {
	// MinBackoff is the delay of the first retry, 10 s by default and at least 1 s. It doubles with each retry.
	MinBackoff time.Duration

	// MaxBackoff is the longest delay, 10 minutes by default and at least 1 s.
	MaxBackoff time.Duration

	// MaxRetries is how often a message is delivered, its first delivery included: a number, NoRetries or
	// InfiniteRetries. MaxRetries: 2 is one delivery and one retry. In a policy, 0 is the same as NoRetries; without
	// any policy a message is delivered 100 times.
	MaxRetries int
}

// The special values of MaxRetries.
const (
	// NoRetries gives a message up after its first delivery.
	NoRetries = -2

	// InfiniteRetries never gives a message up, until it is older than MessageRetention.
	InfiniteRetries = -1
)

// defaultDeliveries is how often a message is delivered when no policy says.
const defaultDeliveries = 100

// SubscriptionMeta describes a subscription.
type SubscriptionMeta[T any] struct {
	Name string

	Config SubscriptionConfig[T]

	Topic TopicMeta
}

// Subscription is a subscription to a topic.
type Subscription[T any] struct {
	meta SubscriptionMeta[T]
}

// NewSubscription declares a subscription. The name and the config must be literals. Messages are delivered once the
// program has started, if its configuration names the subscription.
func NewSubscription[T any](topic *Topic[T], name string, cfg SubscriptionConfig[T]) *Subscription[T] {
	if err := check(cfg); err != nil {
		panic(fmt.Sprintf("pubsub: subscription %s of topic %s: %v", name, topic.meta.Name, err))
	}
	s := &Subscription[T]{SubscriptionMeta[T]{Name: name, Config: cfg, Topic: topic.meta}}
	register(declared{topic: topic.meta.Name, name: name, config: engineConfig(cfg, topic.meta.Config, deliver(topic, s))})
	return s
}

// Meta describes the subscription.
func (s *Subscription[T]) Meta() SubscriptionMeta[T] { return s.meta }

// Config returns the configuration as it was given to NewSubscription.
func (s *Subscription[T]) Config() SubscriptionConfig[T] { return s.meta.Config }

func check[T any](cfg SubscriptionConfig[T]) error {
	policy := RetryPolicy{}
	if cfg.RetryPolicy != nil {
		policy = *cfg.RetryPolicy
	}
	tooShort := func(d, least time.Duration) bool { return d != 0 && d < least }
	switch {
	case cfg.Handler == nil:
		return fmt.Errorf("it has no Handler")
	case tooShort(cfg.AckDeadline, time.Second):
		return fmt.Errorf("AckDeadline is below 1 s")
	case tooShort(cfg.MessageRetention, time.Minute):
		return fmt.Errorf("MessageRetention is below 1 minute")
	case tooShort(policy.MinBackoff, time.Second), tooShort(policy.MaxBackoff, time.Second):
		return fmt.Errorf("a backoff is below 1 s")
	case policy.MaxRetries < NoRetries:
		return fmt.Errorf("MaxRetries must be a number, NoRetries or InfiniteRetries")
	}
	return nil
}

func engineConfig[T any](cfg SubscriptionConfig[T], topic TopicConfig, handler func(context.Context, *redispubsub.Message) error) redispubsub.Config {
	policy := RetryPolicy{MaxRetries: defaultDeliveries}
	if cfg.RetryPolicy != nil {
		policy = *cfg.RetryPolicy
	}
	engine := redispubsub.Config{
		Handler:           handler,
		Concurrency:       cfg.MaxConcurrency,
		AckDeadline:       orDefault(cfg.AckDeadline, 30*time.Second),
		Retention:         orDefault(cfg.MessageRetention, 7*24*time.Hour),
		MinBackoff:        orDefault(policy.MinBackoff, 10*time.Second),
		MaxBackoff:        orDefault(policy.MaxBackoff, 10*time.Minute),
		OrderingAttribute: topic.OrderingAttribute,
	}
	switch {
	case cfg.MaxConcurrency == 0:
		engine.Concurrency = 1
	case cfg.MaxConcurrency < 0:
		engine.Concurrency = 100
	}
	switch policy.MaxRetries {
	case 0, NoRetries:
		engine.MaxDeliveries = 1
	case InfiniteRetries:
		engine.MaxDeliveries = 0
	default:
		engine.MaxDeliveries = policy.MaxRetries
	}
	return engine
}

func orDefault(given, otherwise time.Duration) time.Duration {
	if given == 0 {
		return otherwise
	}
	return given
}

// deliver returns the function that handles one delivery, as a request of its own.
func deliver[T any](topic *Topic[T], s *Subscription[T]) func(context.Context, *redispubsub.Message) error {
	return func(ctx context.Context, delivery *redispubsub.Message) (err error) {
		service := registry.SubscriptionService(topic.meta.Name, s.meta.Name)
		req := &reqtrack.Request{
			Kind: reqtrack.Message, Service: service, Started: time.Now(),
			Trace: reqtrack.Trace{
				ID:            reqtrack.NewTraceID(),
				SpanID:        reqtrack.NewSpanID(),
				ParentID:      reqtrack.ParseTraceID(delivery.Attributes[message.TraceIDAttribute]),
				CorrelationID: delivery.Attributes[message.CorrelationIDAttribute],
			},
			Message: &reqtrack.MessageData{
				Service: service, Topic: topic.meta.Name, Subscription: s.meta.Name, ID: delivery.ID,
				Published: delivery.Published, DeliveryAttempt: delivery.Attempt,
			},
		}
		if tracing.On() {
			ctx = tracing.Delivery(ctx, req, delivery.Attributes[message.TraceParentAttribute])
		}
		if req.Trace.RequestID = delivery.Attributes[message.RequestIDAttribute]; req.Trace.RequestID == "" {
			req.Trace.RequestID = reqtrack.FormatTraceID(req.Trace.ID)
		}
		var msg T
		decodeErr := topic.codec.Decode(delivery.Data, delivery.Attributes, &msg)
		req.Payload = msg
		ctx = reqtrack.Begin(ctx, req)
		defer req.End()
		invoke.LogStart(req)
		if decodeErr != nil {
			// It will not get better.
			err = redispubsub.Permanent(errs.WrapCode(decodeErr, errs.InvalidArgument, "decode the message"))
		} else {
			err = call(ctx, s.meta.Config.Handler, msg)
		}
		invoke.LogEnd(req, err, 0)
		return err
	}
}

func call[T any](ctx context.Context, handler func(context.Context, T) error, msg T) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = invoke.PanicError("panic handling message", value)
		}
	}()
	return handler(ctx, msg)
}

// MethodHandler makes a handler of a method of the service struct, (*Service).Method or Service.Method. The service is
// initialized when the first message arrives, if it is not yet.
func MethodHandler[T, SvcStruct any](handler func(s SvcStruct, ctx context.Context, msg T) error) func(ctx context.Context, msg T) error {
	structType := reflect.TypeFor[SvcStruct]()
	return func(ctx context.Context, msg T) error {
		service := registry.ServiceOf(structType)
		if service == nil {
			return errs.B().Code(errs.Internal).Msgf("pubsub: MethodHandler: %v is not the struct of a service", structType).Err()
		}
		instance, err := service.Instance()
		if err != nil {
			return err
		}
		receiver, ok := instance.(SvcStruct)
		if !ok {
			receiver = reflect.ValueOf(instance).Elem().Interface().(SvcStruct)
		}
		return handler(receiver, ctx, msg)
	}
}
