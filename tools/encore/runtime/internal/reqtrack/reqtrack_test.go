//go:build !encore_app

package reqtrack_test

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"encore.dev/internal/reqtrack"
	"encore.dev/internal/runconfig"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	runconfig.SetForTest(&runconfig.Config{Metadata: runconfig.Metadata{EnvType: "test"}})
	os.Exit(m.Run())
}

func TestGoroutinesInheritTheRequest(t *testing.T) {
	t.Parallel()
	require.Nil(t, reqtrack.Current())
	outer := &reqtrack.Request{Service: "outer"}
	ctx := reqtrack.Begin(t.Context(), outer)
	require.Same(t, outer, reqtrack.Current())
	require.Same(t, outer, reqtrack.From(ctx))

	inner := &reqtrack.Request{Service: "inner"}
	innerCtx := reqtrack.Begin(ctx, inner)
	var wg sync.WaitGroup
	wg.Go(func() {
		require.Same(t, inner, reqtrack.Current())
		require.Same(t, outer, reqtrack.From(ctx), "the context wins over the goroutine")
	})
	wg.Wait()
	require.Same(t, inner, reqtrack.From(innerCtx))
	inner.End()
	require.Same(t, outer, reqtrack.Current())
	outer.End()
	require.Nil(t, reqtrack.Current())
	require.Nil(t, reqtrack.From(context.Background()))
}

func TestLabelsOfTheApplicationAreNotMistakenForARequest(t *testing.T) {
	t.Parallel()
	req := &reqtrack.Request{}
	ctx := reqtrack.Begin(t.Context(), req)
	defer req.End()
	pprof.Do(ctx, pprof.Labels("encore", "request"), func(ctx context.Context) {
		require.Nil(t, reqtrack.Current())
		require.Same(t, req, reqtrack.From(ctx))
	})
}

func TestProfilesShowTheEndpoint(t *testing.T) {
	t.Parallel()
	endpoint := &reqtrack.Endpoint{Service: "core", Name: "GetRun"}
	endpoint.PrepareLabels()
	req := &reqtrack.Request{API: endpoint}
	reqtrack.Begin(t.Context(), req)
	defer req.End()
	release := make(chan struct{})
	defer close(release)
	go func() { <-release }()
	runtime.GC()
	var profile bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&profile, 1))
	require.Contains(t, profile.String(), `"endpoint":"core.GetRun"`)
}

func TestScopesEndWithTheirTest(t *testing.T) {
	t.Parallel()
	require.Nil(t, reqtrack.CurrentScope())
	outer := reqtrack.TestScope()
	require.Same(t, outer, reqtrack.TestScope())
	outer.Set("k", "outer")

	started := make(chan struct{})
	seen := make(chan any)
	go func() {
		<-started
		value, _ := reqtrack.CurrentScope().Lookup("k")
		seen <- value
	}()

	t.Run("subtest", func(t *testing.T) {
		value, _ := reqtrack.CurrentScope().Lookup("k")
		require.Equal(t, "outer", value)
		inner := reqtrack.TestScope()
		require.Same(t, outer, inner.Parent())
		inner.Set("k", "inner")
		var wg sync.WaitGroup
		wg.Go(func() {
			require.Same(t, inner, reqtrack.TestScope(), "a goroutine of a test shares its scope")
			req := &reqtrack.Request{}
			reqtrack.Begin(t.Context(), req)
			defer req.End()
			value, _ := reqtrack.CurrentScope().Lookup("k")
			require.Equal(t, "inner", value)
		})
		wg.Wait()
	})
	value, _ := reqtrack.CurrentScope().Lookup("k")
	require.Equal(t, "outer", value)
	outer.Set("k", "changed")
	close(started)
	require.Equal(t, "changed", <-seen, "goroutines started before see later changes")
	require.Equal(t, "TestScopesEndWithTheirTest", reqtrack.TestName())
}

func TestScopeInsideARequestStaysInIt(t *testing.T) {
	t.Parallel()
	req := &reqtrack.Request{Service: "s"}
	reqtrack.Begin(t.Context(), req)
	reqtrack.TestScope().Set("k", 1)
	require.Same(t, req, reqtrack.Current(), "the request survives a new scope")
	req.End()
}

func TestTraceIDText(t *testing.T) {
	t.Parallel()
	id := [16]byte{0xff, 0, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}
	text := reqtrack.FormatTraceID(id)
	require.Len(t, text, 26)
	require.Equal(t, strings.ToLower(text), text)
	require.Equal(t, id, reqtrack.ParseTraceID(text))
	require.Empty(t, reqtrack.FormatTraceID([16]byte{}))
	require.Zero(t, reqtrack.ParseTraceID("not a trace id"))
	first, second := reqtrack.NewTraceID(), reqtrack.NewTraceID()
	require.NotEqual(t, first, second)
}

func TestParseTraceParent(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   true,
		"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x": true,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x": false,
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01":   false,
		"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   false,
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01":   false,
		"00-0af7651916cd43dd8448eb211c80319c.b7ad6b7169203331-01":   false,
		"00-0xf7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":   false,
		"": false,
	} {
		id, _, ok := reqtrack.ParseTraceParent(header)
		require.Equal(t, want, ok, header)
		if ok {
			require.Equal(t, byte(0x0a), id[0])
		}
	}
}

func BenchmarkBeginEnd(b *testing.B) {
	ctx := b.Context()
	for b.Loop() {
		req := &reqtrack.Request{}
		reqtrack.Begin(ctx, req)
		if reqtrack.Current() != req {
			b.Fatal("not current")
		}
		req.End()
	}
}
