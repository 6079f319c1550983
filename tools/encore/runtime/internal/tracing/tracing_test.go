//go:build !encore_app

package tracing_test

import (
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/redistest"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"encore.dev/internal/tracing"
	"encore.dev/pubsub"
	"encore.dev/storage/sqldb"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver is an OTLP receiver.
type receiver struct {
	mu       sync.Mutex
	resource map[string]string
	spans    []*spans.Span
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	var batch collector.ExportTraceServiceRequest
	if err == nil {
		err = proto.Unmarshal(body, &batch)
	}
	if err != nil || req.URL.Path != "/v1/traces" {
		http.Error(w, "not spans", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, resource := range batch.ResourceSpans {
		r.resource = texts(resource.Resource.Attributes)
		for _, scope := range resource.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (r *receiver) named(t *testing.T, name string) *spans.Span {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.spans, func(s *spans.Span) bool { return s.Name == name })
	require.GreaterOrEqual(t, i, 0, "no span %q among %v", name, r.spans)
	return r.spans[i]
}

func texts(attributes []*common.KeyValue) map[string]string {
	values := map[string]string{}
	for _, attribute := range attributes {
		values[attribute.Key] = attribute.Value.GetStringValue()
	}
	return values
}

var received receiver

func TestMain(m *testing.M) {
	listener := httptest.NewServer(&received)
	for name, value := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT": listener.URL, "OTEL_RESOURCE_ATTRIBUTES": "team=night", "OTEL_SERVICE_NAME": "renamed",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(pgtest.Run(m))
}

type event struct{ N int }

var (
	topic   = pubsub.NewTopic[event]("traced", pubsub.TopicConfig{DeliveryGuarantee: pubsub.AtLeastOnce})
	handled = make(chan *reqtrack.Request, 1)
	_       = pubsub.NewSubscription(topic, "traced-sub", pubsub.SubscriptionConfig[event]{
		Handler: func(ctx context.Context, _ event) error {
			handled <- reqtrack.From(ctx)
			return nil
		},
	})
	db = sqldb.NewDatabase("traced", sqldb.DatabaseConfig{Migrations: "./migrations"})
)

func endpoint(name, path string, handle func(ctx context.Context) error) *registry.Endpoint {
	e := &registry.Endpoint{Service: "svc", Name: name, Access: registry.Public, Methods: []string{"GET"}, Path: path}
	e.Handle = func(ctx context.Context, _ []any, _ any) (any, error) { return nil, handle(ctx) }
	registry.RegisterEndpoint(e)
	return e
}

func TestSpansOfARequest(t *testing.T) {
	database := pgtest.NewDatabase(t)
	runconfig.SetForTest(&runconfig.Config{
		SQLServers: []runconfig.SQLServer{pgtest.Config(map[string]runconfig.SQLDatabase{database: {Name: "traced"}})},
		Redis:      map[string]runconfig.Redis{"default": redistest.Memory(t).Config},
		PubSub: []runconfig.PubSub{{Type: "redis", Topics: map[string]runconfig.Topic{
			"traced": {Subscriptions: map[string]runconfig.Subscription{"traced-sub": {}}},
		}}},
	})
	stop, err := tracing.SetUp(t.Context(), tracing.Program{Name: "app", Revision: "r1", Environment: "test", Instance: "i"})
	require.NoError(t, err)
	require.True(t, tracing.On())
	require.NoError(t, lifecycle.Start(t.Context()))

	inner := endpoint("Inner", "/inner", func(ctx context.Context) error {
		// Where the context is lost, the statement is found by its goroutine.
		_, err := db.Exec(context.Background(), "-- name: InnerQuery :exec\nSELECT $1::text", "argument-of-the-query")
		return err
	})
	outer := endpoint("Outer", "/outer", func(ctx context.Context) error {
		if _, err := invoke.Call(ctx, inner, nil, nil); err != nil {
			return err
		}
		if _, err := topic.Publish(ctx, event{1}); err != nil {
			return err
		}
		_, err := db.Exec(ctx, "SELECT nonsense")
		return errs.WrapCode(err, errs.Internal, "")
	})
	handler, err := server.New(server.Config{Endpoints: []*registry.Endpoint{outer, inner}})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/outer?secret=1", nil)
	req.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	req.Header.Set("X-Request-ID", "req-1")
	handler.ServeHTTP(w, req)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "1brma68mpl1tr128tcghp01hjg", w.Header().Get("X-Encore-Trace-Id"))
	var delivery *reqtrack.Request
	select {
	case delivery = <-handled:
	case <-time.After(20 * time.Second):
		require.FailNow(t, "the message was not delivered")
	}
	require.Equal(t, "req-1", delivery.Trace.RequestID)
	require.NoError(t, lifecycle.Stop(t.Context()), "the delivery has ended")
	require.NoError(t, stop(t.Context()))
	require.False(t, tracing.On())

	root := received.named(t, "GET /outer")
	call, publish, process := received.named(t, "svc.Inner"), received.named(t, "publish traced"), received.named(t, "process traced")
	statement, failed := received.named(t, "InnerQuery"), received.named(t, "SELECT")
	require.Len(t, received.spans, 6)
	for _, span := range received.spans {
		require.Equal(t, "0af7651916cd43dd8448eb211c80319c", hex.EncodeToString(span.TraceId), span.Name)
	}
	require.Equal(t, "b7ad6b7169203331", hex.EncodeToString(root.ParentSpanId))
	require.Equal(t, root.SpanId, call.ParentSpanId)
	require.Equal(t, root.SpanId, publish.ParentSpanId)
	require.Equal(t, root.SpanId, failed.ParentSpanId)
	require.Equal(t, call.SpanId, statement.ParentSpanId)
	require.Equal(t, publish.SpanId, process.ParentSpanId)

	require.Equal(t, spans.Span_SPAN_KIND_SERVER, root.Kind)
	require.Equal(t, spans.Status_STATUS_CODE_ERROR, root.Status.Code)
	require.Equal(t, "req-1", texts(root.Attributes)["encore.request_id"])
	require.Equal(t, "/outer", texts(root.Attributes)["url.path"])
	require.Equal(t, "req-1", texts(process.Attributes)["encore.request_id"])
	require.Equal(t, "42703", texts(failed.Attributes)["db.response.status_code"])
	require.Equal(t, "traced", texts(statement.Attributes)["db.namespace"])
	for _, span := range received.spans {
		require.NotContains(t, span.String(), "argument-of-the-query")
		require.NotContains(t, span.String(), "secret=1")
	}
	require.Equal(t, "renamed", received.resource["service.name"])
	require.Equal(t, "night", received.resource["team"])
	require.Equal(t, "r1", received.resource["service.version"])
}

func TestSettingsThatCannotBeHonored(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	_, err := tracing.SetUp(t.Context(), tracing.Program{})
	require.EqualError(t, err, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc is not supported: use http/protobuf (port 4318 of most receivers)")
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "")
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense")
	_, err = tracing.SetUp(t.Context(), tracing.Program{})
	require.EqualError(t, err, `OTEL_EXPORTER_OTLP_ENDPOINT is "nonsense": it must be an address like http://collector:4318`)
	t.Setenv("OTEL_TRACES_EXPORTER", "zipkin")
	_, err = tracing.SetUp(t.Context(), tracing.Program{})
	require.EqualError(t, err, "OTEL_TRACES_EXPORTER=zipkin is not supported: use otlp or none\n"+
		`OTEL_EXPORTER_OTLP_ENDPOINT is "nonsense": it must be an address like http://collector:4318`, "all at once")
}
