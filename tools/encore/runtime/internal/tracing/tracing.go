// Package tracing exports spans over OTLP (HTTP, protobuf): of requests, calls between services, SQL statements, jobs,
// messages published and delivered.
//
// It is off, and costs nothing, unless the environment asks for it: by OTEL_EXPORTER_OTLP_ENDPOINT,
// OTEL_EXPORTER_OTLP_TRACES_ENDPOINT or OTEL_TRACES_EXPORTER=otlp. The other OTEL_* variables mean what the OpenTelemetry
// specification says; of the propagators there is W3C Trace Context.
package tracing

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"encore.dev/internal/logs"
	"encore.dev/internal/reqtrack"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Wanted reports whether the environment asks for spans.
var Wanted = sync.OnceValue(func() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	switch os.Getenv("OTEL_TRACES_EXPORTER") {
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	case "none":
		return false
	}
	return true
})

// running is the tracer while spans are exported.
var running atomic.Pointer[trace.Tracer]

// On reports whether spans are exported.
func On() bool { return running.Load() != nil }

// Program is what the spans say about the program, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES say otherwise.
type Program struct {
	Name, Revision, Environment, Instance string
}

// Check tells which of the environment's settings for spans cannot be honored, in a line for each.
func Check() error {
	if !Wanted() {
		return nil
	}
	var mistakes []error
	if exporter := os.Getenv("OTEL_TRACES_EXPORTER"); exporter != "" && exporter != "otlp" {
		mistakes = append(mistakes, fmt.Errorf("OTEL_TRACES_EXPORTER=%s is not supported: use otlp or none", exporter))
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		if protocol := os.Getenv(name); protocol != "" {
			if protocol != "http/protobuf" {
				mistakes = append(mistakes, fmt.Errorf("%s=%s is not supported: use http/protobuf (port 4318 of most receivers)", name, protocol))
			}
			break
		}
	}
	for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		// The exporter would take its default instead, without a word.
		text := os.Getenv(name)
		address, err := url.Parse(text)
		if text != "" && (err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https") {
			mistakes = append(mistakes, fmt.Errorf("%s is %q: it must be an address like http://collector:4318", name, text))
		}
	}
	return errors.Join(mistakes...)
}

// SetUp begins to export spans, if the environment asks for it. stop exports those that remain. It fails on settings that
// cannot be honored, not when the receiver cannot be reached.
func SetUp(ctx context.Context, program Program) (stop func(context.Context) error, err error) {
	if !Wanted() {
		return func(context.Context) error { return nil }, nil
	}
	if err := Check(); err != nil {
		return nil, err
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("export spans: %w", err)
	}
	described, err := resource.New(ctx,
		resource.WithAttributes(
			attribute.String("service.name", program.Name),
			attribute.String("service.version", program.Revision),
			attribute.String("service.instance.id", program.Instance),
			attribute.String("deployment.environment.name", program.Environment),
		),
		resource.WithTelemetrySDK(),
		resource.WithFromEnv(), // the last one wins
	)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("describe the program for spans: %w", err), exporter.Shutdown(ctx))
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		logs.Start(logs.Warn, nil).Err(err).Send("spans could not be exported")
	}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter), sdktrace.WithResource(described))
	tracer := provider.Tracer("encore.dev")
	running.Store(&tracer)
	return func(ctx context.Context) error {
		running.Store(nil)
		return provider.Shutdown(ctx)
	}, nil
}

// start begins a span below that of ctx. On must have been true.
func start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	tracer := running.Load()
	if tracer == nil {
		// The program is shutting down.
		return ctx, trace.SpanFromContext(context.Background())
	}
	return (*tracer).Start(ctx, name, opts...) //nolint:spancheck // the callers end it
}

// parent returns ctx with the span of its request, where ctx itself has lost it; ok is false when there is none.
func parent(ctx context.Context) (_ context.Context, ok bool) {
	if trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, true
	}
	if req := reqtrack.From(ctx); req != nil && req.Span != nil {
		return trace.ContextWithSpan(ctx, req.Span), true
	}
	return ctx, false
}
