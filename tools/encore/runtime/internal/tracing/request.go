package tracing

import (
	"context"
	"net/http"

	"encore.dev/beta/errs"
	"encore.dev/internal/reqtrack"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// begin begins the span of req, which gets its ids.
func begin(ctx context.Context, req *reqtrack.Request, name string, kind trace.SpanKind, attributes ...attribute.KeyValue) context.Context {
	attributes = append(attributes, attribute.String("encore.service", req.Service))
	if req.Endpoint != "" {
		attributes = append(attributes, attribute.String("encore.endpoint", req.Endpoint))
	}
	ctx, span := start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attributes...))
	if ids := span.SpanContext(); ids.IsValid() {
		req.Span = span
		req.Trace.ID, req.Trace.SpanID = ids.TraceID(), ids.SpanID()
	}
	return ctx
}

// Server begins the span of a request over HTTP, below that of its traceparent header.
func Server(r *http.Request, req *reqtrack.Request, route string) context.Context {
	ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	return begin(ctx, req, r.Method+" "+route, trace.SpanKindServer,
		attribute.String("http.request.method", r.Method),
		attribute.String("http.route", route),
		attribute.String("url.path", r.URL.Path),
	)
}

// Call begins the span of a call from code.
func Call(ctx context.Context, req *reqtrack.Request) context.Context {
	ctx, _ = parent(ctx)
	return begin(ctx, req, req.Service+"."+req.Endpoint, trace.SpanKindInternal)
}

// Job begins the span of a run of a cron job.
func Job(ctx context.Context, req *reqtrack.Request, job string) context.Context {
	return begin(ctx, req, "cron "+job, trace.SpanKindInternal, attribute.String("encore.cron_job", job))
}

// Delivery begins the span of a delivery, below the span that published the message as its traceparent says.
func Delivery(ctx context.Context, req *reqtrack.Request, traceparent string) context.Context {
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
	m := req.Message
	return begin(ctx, req, "process "+m.Topic, trace.SpanKindConsumer,
		attribute.String("messaging.system", "redis"),
		attribute.String("messaging.operation.type", "process"),
		attribute.String("messaging.destination.name", m.Topic),
		attribute.String("messaging.destination.subscription.name", m.Subscription),
		attribute.String("messaging.message.id", m.ID),
		attribute.Int("encore.delivery_attempt", m.DeliveryAttempt),
	)
}

// End ends the span of a request. failed says that it is the program's failure, not its caller's. status is that of
// HTTP, 0 when there is none.
func End(req *reqtrack.Request, err error, code errs.ErrCode, failed bool, status int) {
	span := req.Span
	span.SetAttributes(attribute.String("encore.request_id", req.Trace.RequestID), attribute.String("encore.code", code.String()))
	if status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
	}
	if failed {
		span.SetAttributes(attribute.String("error.type", code.String()))
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// Publish begins the span of publishing a message and returns the text for its traceparent. end must be called.
func Publish(ctx context.Context, topic string) (_ context.Context, traceparent string, end func(id string, err error)) {
	ctx, _ = parent(ctx)
	ctx, span := start(ctx, "publish "+topic, trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(
		attribute.String("messaging.system", "redis"),
		attribute.String("messaging.operation.type", "send"),
		attribute.String("messaging.destination.name", topic),
	))
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return ctx, carrier["traceparent"], func(id string, err error) {
		if err != nil {
			span.SetAttributes(attribute.String("error.type", errs.Code(err).String()))
			span.SetStatus(codes.Error, err.Error())
		} else {
			span.SetAttributes(attribute.String("messaging.message.id", id))
		}
		span.End()
	}
}
