// Package pubsub carries messages from topics to subscriptions.
//
// Topics and subscriptions are declared in package-level variables with NewTopic and NewSubscription. Every
// subscription gets every message of its topic at least once; a message whose handler fails is delivered again later.
// Over Redis, the broker of type "redis", the n-th retry comes MinBackoff·2^(n-1) after the failure and at most
// MaxBackoff; after MaxRetries deliveries a message is kept with the dead letters and logged. A new subscription gets
// the messages published from then on, the first one of a topic also those before. DeliveryGuarantee ExactlyOnce is
// carried as AtLeastOnce: handlers must bear to see a message twice.
//
// In tests messages are recorded (see et.Topic), never delivered.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"encore.dev/beta/errs"
	"encore.dev/internal/message"
	"encore.dev/internal/metrics"
	"encore.dev/internal/redispubsub"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/tracing"
)

// DeliveryGuarantee says how often a subscription gets a message.
type DeliveryGuarantee int

// The delivery guarantees.
const (
	// AtLeastOnce: once, or more often in rare cases.
	AtLeastOnce DeliveryGuarantee = iota + 1

	// ExactlyOnce: over Redis the same as AtLeastOnce.
	ExactlyOnce
)

// TopicConfig configures a topic.
type TopicConfig struct {
	// DeliveryGuarantee must be set.
	DeliveryGuarantee DeliveryGuarantee

	// OrderingAttribute names the attribute (a field tagged pubsub-attr) whose equal values mean: delivered one after
	// the other, in the order of publication. It must not be empty in any message.
	OrderingAttribute string
}

// TopicMeta describes a topic.
type TopicMeta struct {
	Name string

	Config TopicConfig
}

// Topic is a topic of messages of type T, a struct or a pointer to one. Messages travel as JSON; fields tagged
// pubsub-attr:"name" are attributes too.
type Topic[T any] struct {
	meta  TopicMeta
	codec *message.Codec
	count metrics.Topic
}

// NewTopic declares a topic. The name and the config must be literals.
func NewTopic[T any](name string, cfg TopicConfig) *Topic[T] {
	codec := message.NewCodec(reflect.TypeFor[T]())
	switch {
	case cfg.DeliveryGuarantee != AtLeastOnce && cfg.DeliveryGuarantee != ExactlyOnce:
		panic(fmt.Sprintf("pubsub: topic %s: DeliveryGuarantee must be AtLeastOnce or ExactlyOnce", name))
	case cfg.OrderingAttribute != "" && !codec.Has(cfg.OrderingAttribute):
		panic(fmt.Sprintf("pubsub: topic %s: its messages have no attribute %s to order by", name, cfg.OrderingAttribute))
	}
	return &Topic[T]{meta: TopicMeta{Name: name, Config: cfg}, codec: codec, count: metrics.NewTopic(name)}
}

// Meta describes the topic.
func (t *Topic[T]) Meta() TopicMeta { return t.meta }

// Publish adds a message to the topic and returns its id. It fails with invalid_argument when the message cannot be
// encoded or lacks its ordering attribute, with canceled or deadline_exceeded when ctx has ended, and with unavailable
// when the broker cannot be reached or the program is not configured to use the topic.
func (t *Topic[T]) Publish(ctx context.Context, msg T) (id string, err error) {
	defer func() { t.count.Count(err) }()
	data, attributes, err := t.codec.Encode(msg)
	if err != nil {
		return "", errs.WrapCode(err, errs.InvalidArgument, "encode the message for "+t.meta.Name)
	}
	if ordering := t.meta.Config.OrderingAttribute; ordering != "" && attributes[ordering] == "" {
		return "", errs.B().Code(errs.InvalidArgument).Msgf("the message for %s has no ordering attribute %s", t.meta.Name, ordering).Err()
	}
	if cause := ctx.Err(); cause != nil {
		return "", publishError(t.meta.Name, cause)
	}
	if reqtrack.Testing() {
		return message.Record(t.meta.Name, message.Recorded{Data: data, Attributes: attributes}), nil
	}
	broker, err := brokerOf(t.meta.Name)
	if err != nil {
		return "", errs.WrapCode(err, errs.Unavailable, "")
	}
	addOrigin(ctx, attributes)
	if tracing.On() {
		publishing, traceparent, end := tracing.Publish(ctx, t.meta.Name)
		defer func() { end(id, err) }()
		ctx, attributes[message.TraceParentAttribute] = publishing, traceparent
	}
	id, err = redispubsub.Publish(ctx, broker.client, broker.topic, data, attributes)
	if err != nil {
		if cause := ctx.Err(); cause != nil {
			err = cause
		}
		return "", publishError(t.meta.Name, err)
	}
	return id, nil
}

func publishError(topic string, err error) error {
	code := errs.Unavailable
	switch {
	case errors.Is(err, context.Canceled):
		code = errs.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = errs.DeadlineExceeded
	}
	return errs.WrapCode(err, code, "failed to publish message to "+topic)
}

// addOrigin says in the attributes which request publishes the message.
func addOrigin(ctx context.Context, attributes map[string]string) {
	req := reqtrack.From(ctx)
	if req == nil {
		return
	}
	trace := reqtrack.FormatTraceID(req.Trace.ID)
	correlation := req.Trace.CorrelationID
	if correlation == "" {
		correlation = trace
	}
	attributes[message.TraceIDAttribute] = trace
	attributes[message.CorrelationIDAttribute] = correlation
	attributes[message.RequestIDAttribute] = req.Trace.RequestID
}

// TopicPerms is what a reference to a topic allows; see Publisher.
type TopicPerms[T any] interface {
	// Meta is Topic.Meta.
	Meta() TopicMeta
}

// Publisher allows publishing.
type Publisher[T any] interface {
	// Publish is Topic.Publish.
	Publish(ctx context.Context, msg T) (id string, err error)

	// Meta is Topic.Meta.
	Meta() TopicMeta
}

// TopicRef returns the topic as one of the permission interfaces, for code outside services. It panics when P is not an
// interface that topics implement.
func TopicRef[P TopicPerms[T], T any](topic *Topic[T]) P {
	ref, ok := any(topic).(P)
	if !ok {
		panic(fmt.Sprintf("pubsub: TopicRef of %v: a topic does not implement it", reflect.TypeFor[P]()))
	}
	return ref
}
