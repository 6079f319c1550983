//go:build !encore_app

package et_test

import (
	"context"
	"errors"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	encore "encore.dev"
	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/internal/runconfig"
	"encore.dev/middleware"
	"encore.dev/stock"
	"github.com/stretchr/testify/require"
)

// A small application in the shape that generated code has.

type greetParams struct {
	Name   string   `json:"name"`
	Tags   []string `json:"tags"`
	Secret string   `json:"-"`
}

func (p *greetParams) Validate() error {
	if p.Name == "" {
		return errors.New("name is missing")
	}
	return nil
}

type greeting struct {
	Text string `json:"text"`
	User string `json:"user"`
	Role string `json:"role"`
}

type userData struct{ Role string }

type greeter struct{ calls atomic.Int64 }

func (g *greeter) Greet(_ context.Context, times int, p *greetParams) (*greeting, error) {
	g.calls.Add(1)
	switch p.Name {
	case "panic":
		panic("boom")
	case "plain":
		return nil, errors.New("plain text")
	case "wrapped":
		return nil, errs.WrapCode(errNoRows, errs.NotFound, "find", "k", "v")
	}
	uid, _ := auth.UserID()
	g2 := &greeting{Text: p.Name + p.Secret, User: string(uid)}
	if data, ok := auth.Data().(*userData); ok {
		g2.Role = data.Role
	}
	if len(p.Tags) > 0 {
		p.Tags[0] = "changed"
	}
	return g2, nil
}

var errNoRows = errors.New("no rows")

func (g *greeter) Calls(context.Context) (*callCount, error) {
	return &callCount{int(g.calls.Load())}, nil
}

func (g *greeter) Relay(ctx context.Context, p *greetParams) (*greeting, error) {
	return Greet(ctx, 1, p)
}

func (g *greeter) Ping(context.Context) error { return nil }

type callCount struct{ N int }

var (
	initialized   atomic.Int32
	service       = stock.NewService[greeter]("greet")
	greetEndpoint = &stock.Endpoint{
		Service: "greet", Name: "Greet", Access: stock.Public, Methods: []string{"POST"}, Path: "/greet/:times", Tags: []string{"t"},
		Params:  []stock.Param{{Name: "times", Kind: stock.Segment, Type: reflect.TypeFor[int]()}},
		Request: reflect.TypeFor[*greetParams](), Response: reflect.TypeFor[*greeting](),
	}
	relayEndpoint = &stock.Endpoint{
		Service: "greet", Name: "Relay", Access: stock.Auth, Methods: []string{"POST"}, Path: "/relay",
		Request: reflect.TypeFor[*greetParams](), Response: reflect.TypeFor[*greeting](),
	}
	callsEndpoint = &stock.Endpoint{
		Service: "greet", Name: "Calls", Access: stock.Private, Methods: []string{"GET"}, Path: "/calls", Response: reflect.TypeFor[*callCount](),
	}
	pingEndpoint  = &stock.Endpoint{Service: "greet", Name: "Ping", Access: stock.Private, Methods: []string{"*"}, Path: "/ping"}
	plainEndpoint = &stock.Endpoint{Service: "greet", Name: "Function", Access: stock.Private, Methods: []string{"*"}, Path: "/function", PackageLevel: true}
)

func Greet(ctx context.Context, times int, p *greetParams) (*greeting, error) {
	return stock.Call[*greeting](ctx, greetEndpoint, []any{times}, p)
}

func Relay(ctx context.Context, p *greetParams) (*greeting, error) {
	return stock.Call[*greeting](ctx, relayEndpoint, nil, p)
}

func Calls(ctx context.Context) (*callCount, error) {
	return stock.Call[*callCount](ctx, callsEndpoint, nil, nil)
}

func Ping(ctx context.Context) error { return stock.CallEmpty(ctx, pingEndpoint, nil, nil) }

func Function(context.Context) error { return nil }

func init() {
	runconfig.SetForTest(&runconfig.Config{Metadata: runconfig.Metadata{EnvType: "test", AppID: "app"}})
	service.Init(func() (*greeter, error) {
		initialized.Add(1)
		return &greeter{}, nil
	})
	greetEndpoint.Func = Greet
	greetEndpoint.Handle = func(ctx context.Context, params []any, req any) (any, error) {
		s, err := service.Get()
		if err != nil {
			return nil, err
		}
		return s.Greet(ctx, params[0].(int), req.(*greetParams))
	}
	relayEndpoint.Func = Relay
	relayEndpoint.Handle = func(ctx context.Context, _ []any, req any) (any, error) {
		s, err := service.Get()
		if err != nil {
			return nil, err
		}
		return s.Relay(ctx, req.(*greetParams))
	}
	callsEndpoint.Func = Calls
	callsEndpoint.Handle = func(ctx context.Context, _ []any, _ any) (any, error) {
		s, err := service.Get()
		if err != nil {
			return nil, err
		}
		return s.Calls(ctx)
	}
	pingEndpoint.Func = Ping
	pingEndpoint.Handle = func(ctx context.Context, _ []any, _ any) (any, error) {
		s, err := service.Get()
		if err != nil {
			return nil, err
		}
		return nil, s.Ping(ctx)
	}
	plainEndpoint.Func = Function
	for _, e := range []*stock.Endpoint{greetEndpoint, relayEndpoint, callsEndpoint, pingEndpoint, plainEndpoint} {
		stock.RegisterEndpoint(e)
	}
	stock.RegisterAuthHandler(&stock.AuthHandler{Service: "greet", Name: "Auth", Params: reflect.TypeFor[string](), Data: reflect.TypeFor[*userData]()})
	stock.RegisterMiddleware(&stock.Middleware{Service: "greet", Pkg: "greet", Name: "Mark", Tags: []string{"t"}, Handle: func(req middleware.Request, next middleware.Next) middleware.Response {
		response := next(req)
		if g, ok := response.Payload.(*greeting); ok && g != nil {
			g.Text += "+mw"
		}
		return response
	}})
	stock.RegisterMiddleware(&stock.Middleware{Pkg: "global", Name: "Global", Global: true, All: true, Handle: func(middleware.Request, middleware.Next) middleware.Response {
		panic("global middleware does not run in tests")
	}})
}

func TestMain(m *testing.M) {
	et.OverrideAuthInfo("package-user", &userData{Role: "package"})
	os.Exit(m.Run())
}

func TestCallCopiesBothWays(t *testing.T) {
	t.Parallel()
	p := &greetParams{Name: "ann", Tags: []string{"x"}, Secret: "lost"}
	got, err := Greet(t.Context(), 1, p)
	require.NoError(t, err)
	require.Equal(t, &greeting{Text: "ann+mw", User: "package-user", Role: "package"}, got)
	require.Equal(t, []string{"x"}, p.Tags, "the callee changed its own copy")
	require.NoError(t, Ping(t.Context()))
}

func TestErrorsComeBackAsFromAnotherProcess(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"":        "invalid_argument: validation failed: name is missing",
		"panic":   "internal: panic handling request: boom",
		"plain":   "unknown code: plain text",
		"wrapped": "not_found: find: no rows",
	}
	for name, text := range tests {
		_, err := Greet(t.Context(), 1, &greetParams{Name: name})
		require.EqualError(t, err, text)
		require.NotErrorIs(t, err, errNoRows)
	}
	_, err := Greet(t.Context(), 1, &greetParams{Name: "wrapped"})
	require.Equal(t, errs.Metadata{"k": "v"}, errs.Meta(err))
}

func TestMockEndpointEndsWithItsTest(t *testing.T) {
	t.Parallel()
	name := func(t *testing.T) string {
		got, err := Greet(t.Context(), 2, &greetParams{Name: "real"})
		require.NoError(t, err)
		return got.Text
	}
	mock := func(text string) func(context.Context, int, *greetParams) (*greeting, error) {
		return func(_ context.Context, times int, p *greetParams) (*greeting, error) {
			require.Equal(t, 2, times)
			return &greeting{Text: text + "/" + p.Name}, nil
		}
	}
	t.Run("set", func(t *testing.T) {
		et.MockEndpoint(Greet, mock("outer"))
		require.Equal(t, "outer/real", name(t), "no middleware around a mock")
		for _, inner := range []string{"a", "b"} {
			t.Run(inner, func(t *testing.T) {
				t.Parallel()
				require.Equal(t, "outer/real", name(t))
				et.MockEndpoint(Greet, mock(inner), et.RunMiddleware(true))
				require.Equal(t, inner+"/real+mw", name(t))
				var wg sync.WaitGroup
				wg.Go(func() {
					if got := name(t); got != inner+"/real+mw" {
						t.Errorf("a goroutine of the test sees %q", got)
					}
				})
				wg.Wait()
				et.MockEndpoint(Greet, nil)
				require.Equal(t, "real+mw", name(t))
			})
		}
		require.Equal(t, "outer/real", name(t))
	})
	require.Equal(t, "real+mw", name(t))
}

func TestMocksReachCallsWithinCalls(t *testing.T) {
	t.Parallel()
	et.MockEndpoint(Greet, func(ctx context.Context, _ int, _ *greetParams) (*greeting, error) {
		uid, _ := auth.UserID()
		return &greeting{Text: encore.CurrentRequest().Path, User: string(uid)}, nil
	})
	got, err := Relay(t.Context(), &greetParams{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, &greeting{Text: "/greet/1", User: "package-user"}, got)
	_, err = Greet(t.Context(), 1, &greetParams{})
	require.EqualError(t, err, "invalid_argument: validation failed: name is missing", "a mock's payload is validated too")
}

type serviceMock struct{}

func (serviceMock) Greet(context.Context, int, *greetParams) (*greeting, error) {
	return &greeting{Text: "service mock"}, nil
}

func (serviceMock) Ping(context.Context, int) error { return nil }

func TestMockService(t *testing.T) {
	t.Parallel()
	et.MockService("greet", serviceMock{})
	got, err := Greet(t.Context(), 1, &greetParams{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, "service mock", got.Text)

	_, err = Calls(t.Context())
	require.Equal(t, errs.Internal, errs.Code(err))
	require.ErrorContains(t, err, "has no method Calls")
	require.ErrorContains(t, Ping(t.Context()), "has another signature")

	et.MockEndpoint(Greet, func(context.Context, int, *greetParams) (*greeting, error) {
		return &greeting{Text: "endpoint mock"}, nil
	})
	got, err = Greet(t.Context(), 1, &greetParams{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, "endpoint mock", got.Text)

	et.MockService[*serviceMock]("greet", nil)
	et.MockEndpoint(Greet, nil)
	got, err = Greet(t.Context(), 1, &greetParams{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, "x+mw", got.Text)
}

func TestMocksOfWhatIsNoEndpoint(t *testing.T) {
	t.Parallel()
	require.PanicsWithValue(t, "et.MockEndpoint: func() is not an endpoint: pass the package-level function, such as orders.Place", func() { et.MockEndpoint(func() {}, nil) })
	require.Panics(t, func() { et.MockEndpoint(Function, nil) }, "its calls are plain Go calls")
	require.Panics(t, func() { et.MockService("unknown", serviceMock{}) })
}

func TestOverrideAuthInfo(t *testing.T) {
	t.Parallel()
	user := func(ctx context.Context) (string, error) {
		got, err := Relay(ctx, &greetParams{Name: "x"})
		if err != nil {
			return "", err
		}
		return got.User + "/" + got.Role, nil
	}
	t.Run("set", func(t *testing.T) {
		et.OverrideAuthInfo("ann", &userData{Role: "admin"})
		uid, ok := auth.UserID()
		require.True(t, ok)
		require.Equal(t, auth.UID("ann"), uid)
		require.Equal(t, &userData{Role: "admin"}, auth.Data())
		got, err := user(t.Context())
		require.NoError(t, err)
		require.Equal(t, "ann/admin", got)

		got, err = user(auth.WithContext(t.Context(), "bob", &userData{Role: "guest"}))
		require.NoError(t, err)
		require.Equal(t, "bob/guest", got, "the context wins")

		et.OverrideAuthInfo("", nil)
		_, ok = auth.UserID()
		require.False(t, ok)
	})
	uid, _ := auth.UserID()
	require.Equal(t, auth.UID("package-user"), uid, "what a subtest sets ends with it")

	for _, ctx := range []context.Context{
		auth.WithContext(t.Context(), "bob", nil), auth.WithContext(t.Context(), "bob", (*userData)(nil)),
		auth.WithContext(t.Context(), "bob", userData{}), auth.WithContext(t.Context(), "", &userData{}),
	} {
		_, err := user(ctx)
		require.Error(t, err)
		require.Equal(t, errs.Unknown, errs.Code(err))
	}
	et.OverrideAuthInfo("ann", "wrong type")
	_, err := user(t.Context())
	require.ErrorContains(t, err, "wrong auth data")
}

func TestServiceInstanceIsolation(t *testing.T) {
	t.Parallel()
	calls := func(t *testing.T) int {
		got, err := Calls(t.Context())
		require.NoError(t, err)
		return got.N
	}
	et.EnableServiceInstanceIsolation()
	require.Zero(t, calls(t))
	_, err := Greet(t.Context(), 1, &greetParams{Name: "x"})
	require.NoError(t, err)
	require.Equal(t, 1, calls(t))
	t.Run("shared with subtests", func(t *testing.T) { require.Equal(t, 1, calls(t)) })
	t.Run("own", func(t *testing.T) {
		et.EnableServiceInstanceIsolation()
		require.Zero(t, calls(t))
	})
	require.Equal(t, 1, calls(t))
	require.GreaterOrEqual(t, initialized.Load(), int32(2))
}

func TestCurrentRequestInATest(t *testing.T) {
	t.Parallel()
	require.Equal(t, encore.RequestType(""), encore.CurrentRequest().Type)
	et.MockEndpoint(Greet, func(ctx context.Context, _ int, p *greetParams) (*greeting, error) {
		req := encore.CurrentRequest()
		require.Equal(t, encore.APICall, req.Type)
		require.Equal(t, "greet", req.Service)
		require.Equal(t, "Greet", req.Endpoint)
		require.Equal(t, "/greet/7", req.Path)
		require.Equal(t, "7", req.PathParams.Get("times"))
		require.Equal(t, "POST", req.Method)
		require.Nil(t, req.Headers)
		require.Same(t, p, req.Payload)
		require.Equal(t, &encore.APIDesc{
			RequestType: reflect.TypeFor[*greetParams](), ResponseType: reflect.TypeFor[*greeting](), Tags: encore.Tags{"t"}, Exposed: true,
		}, req.API)
		require.Len(t, req.Trace.TraceID, 26)
		return &greeting{}, nil
	})
	_, err := Greet(t.Context(), 7, &greetParams{Name: "x"})
	require.NoError(t, err)

	meta := encore.Meta()
	require.Equal(t, "app", meta.AppID)
	require.Equal(t, encore.EnvironmentMeta{Name: "test", Type: encore.EnvTest, Cloud: encore.CloudLocal}, meta.Environment)
}
