//go:build !encore_app

package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	encore "encore.dev"
	"encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/internal/logs"
	"encore.dev/internal/registry"
	"encore.dev/internal/runconfig"
	"encore.dev/middleware"
	"encore.dev/types/option"
	"encore.dev/types/uuid"
)

// The application that the tests of this package serve.

type echo struct {
	// Query and header fields.
	Limit  int                   `query:"limit"`
	Tags   []string              `query:"tag"`
	Since  time.Time             `query:"since"`
	Since2 time.Time             `header:"X-Since"`
	Flag   bool                  `qs:"flag"`
	Key    []byte                `query:"key"`
	ID     uuid.UUID             `query:"id"`
	Lang   option.Option[string] `header:"Accept-Language"`
	Nums   []int                 `header:"X-Num"`
	// Body fields.
	Name   string
	Count  int             `json:"count"`
	Nested *nested         `json:"nested"`
	Raw    json.RawMessage `json:"raw"`
	Hidden string          `json:"-"`
	// Embedded structs do not go over the wire.
	embedded
	Embedded
}

type nested struct {
	X int               `json:"x"`
	M map[string]string `json:"m"`
}

type (
	embedded struct{ Lost string }
	Embedded struct{ Dropped string }
)

type echoResponse struct {
	Seen    string `json:"seen"`
	Dropped string `json:"dropped,omitempty"`
}

type queryDefaults struct {
	CamelCase   string
	HTMLBody    string
	StringSlice []string
	Renamed     string `json:"other"`
	Gone        string `json:"-"`
}

type rich struct {
	Zero    struct{}        `json:"zero,omitempty"`
	Time    time.Time       `json:"time,omitempty"`
	Empty   []string        `json:"empty,omitempty"`
	Nil     []string        `json:"nil"`
	Map     map[string]int  `json:"map"`
	HTML    string          `json:"html"`
	Bytes   []byte          `json:"bytes"`
	Raw     json.RawMessage `json:"raw"`
	NilRaw  json.RawMessage `json:"nil_raw"`
	Text    int             `json:"text,string"`
	Query   string          `query:"q"`
	Header  string          `header:"X-Out" json:"header"`
	Cookies []string        `header:"Set-Cookie"`
	Status  int             `encore:"httpstatus"`
	Embedded
}

type headersOnly struct {
	Header string `header:"X-Out"`
}

type validated struct {
	Name string `json:"name"`
}

func (v *validated) Validate() error {
	switch v.Name {
	case "plain":
		return errors.New("name is plain")
	case "coded":
		return &errs.Error{Code: errs.FailedPrecondition, Message: "coded"}
	}
	return nil
}

type details struct {
	Field string `json:"field"`
}

func (details) ErrDetails() {}

type authParams struct {
	Token   string       `header:"X-Token"`
	Number  int          `header:"X-Number"`
	Key     string       `query:"key"`
	Session *http.Cookie `cookie:"session"`
}

func (p *authParams) Validate() error {
	if p.Token == "invalid" {
		return errors.New("invalid token")
	}
	return nil
}

type userData struct{ Role string }

type idResponse struct {
	ID   string `json:"id"`
	Role string `json:"role"`
}

func typed(name, path, method string, access registry.Access, req, resp any, handle func(ctx context.Context, params []any, req any) (any, error)) *registry.Endpoint {
	e := &registry.Endpoint{
		Service: "svc", Name: name, Path: path, Methods: []string{method}, Access: access, Handle: handle,
		Func: func() {},
	}
	if req != nil {
		e.Request = reflect.TypeOf(req)
	}
	if resp != nil {
		e.Response = reflect.TypeOf(resp)
	}
	return e
}

func rawEndpoint(name, path, method string, access registry.Access, serve http.HandlerFunc) *registry.Endpoint {
	return &registry.Endpoint{Service: "svc", Name: name, Path: path, Methods: []string{method}, Access: access, Raw: true, HandleRaw: serve}
}

func withParams(e *registry.Endpoint, params ...registry.Param) *registry.Endpoint {
	e.Params = params
	return e
}

func param[T any](name string, kind registry.ParamKind) registry.Param {
	return registry.Param{Name: name, Kind: kind, Type: reflect.TypeFor[T]()}
}

func nothing(context.Context, []any, any) (any, error) { return nil, nil }

func reply(text string) func(context.Context, []any, any) (any, error) {
	return func(context.Context, []any, any) (any, error) { return &echoResponse{Seen: text}, nil }
}

func currentUser(context.Context, []any, any) (any, error) {
	uid, ok := auth.UserID()
	response := &idResponse{ID: string(uid)}
	if !ok {
		response.ID = "nobody"
	}
	if data, ok := auth.Data().(*userData); ok {
		response.Role = data.Role
	}
	// Goroutines see the same user.
	var wg sync.WaitGroup
	wg.Go(func() {
		if inner, _ := auth.UserID(); inner != uid {
			response.ID = "lost in a goroutine"
		}
	})
	wg.Wait()
	return response, nil
}

// slowStarted and slowCanceled are closed by the one request for /slow.
var slowStarted, slowCanceled = make(chan struct{}), make(chan struct{})

func define() {
	for _, e := range describing() {
		registry.RegisterEndpoint(e)
	}
	registry.RegisterAuthHandler(testAuthHandler)
	registry.RegisterEndpoint(benchRegistered)
	private, public, authed := registry.Private, registry.Public, registry.Auth
	for _, e := range []*registry.Endpoint{
		typed("Echo", "/echo", "POST", public, &echo{}, &echoResponse{}, func(_ context.Context, _ []any, req any) (any, error) {
			text, err := json.Marshal(req)
			return &echoResponse{Seen: string(text)}, err
		}),
		tagged(typed("EchoLarge", "/large", "POST", public, &echo{}, &echoResponse{}, func(_ context.Context, _ []any, req any) (any, error) {
			text, err := json.Marshal(req)
			return &echoResponse{Seen: string(text)}, err
		}), "max-body-4mib"),
		typed("EchoGet", "/echo", "GET", public, &echoQuery{}, &echoResponse{}, func(_ context.Context, _ []any, req any) (any, error) {
			text, err := json.Marshal(req)
			return &echoResponse{Seen: string(text)}, err
		}),
		typed("Defaults", "/defaults", "GET", public, queryDefaults{}, echoResponse{}, func(_ context.Context, _ []any, req any) (any, error) {
			text, err := json.Marshal(req)
			return echoResponse{Seen: string(text)}, err
		}),
		typed("Rich", "/rich", "POST", public, nil, &rich{}, func(context.Context, []any, any) (any, error) {
			return &rich{
				Empty: []string{}, Map: map[string]int{"b": 2, "a": 1}, HTML: "<&>\u2028", Bytes: []byte{0xfb}, Raw: json.RawMessage(`{"k":  1}`),
				Text: 3, Query: "q", Header: "", Cookies: []string{"a=1", "b=2"}, Status: 201, Embedded: Embedded{"x"},
			}, nil
		}),
		typed("NoResponse", "/none", "POST", public, nil, nil, nothing),
		typed("NilResponse", "/nil", "POST", public, nil, &echoResponse{}, func(context.Context, []any, any) (any, error) { return (*echoResponse)(nil), nil }),
		typed("HeadersOnly", "/headers-only", "POST", public, nil, &headersOnly{}, func(context.Context, []any, any) (any, error) { return &headersOnly{}, nil }),
		typed("Validated", "/validated", "POST", public, &validated{}, nil, nothing),
		typed("ValidatedValue", "/validated-value", "POST", public, validated{}, nil, nothing),
		typed("Panics", "/panics", "POST", public, nil, nil, func(context.Context, []any, any) (any, error) { panic("boom") }),
		typed("Plain", "/plain-error", "POST", public, nil, nil, func(context.Context, []any, any) (any, error) { return nil, errors.New("raw text") }),
		typed("Coded", "/coded-error", "POST", public, nil, nil, func(context.Context, []any, any) (any, error) {
			return nil, errs.Wrap(errs.B().Code(errs.NotFound).Msg("inner").Details(details{"f"}).Meta("secret", "s").Err(), "outer")
		}),
		typed("Deadline", "/deadline", "POST", public, nil, nil, func(context.Context, []any, any) (any, error) { return nil, context.DeadlineExceeded }),

		withParams(typed("User", "/users/:id", "GET", public, nil, &echoResponse{}, func(_ context.Context, params []any, _ any) (any, error) {
			return &echoResponse{Seen: params[0].(string)}, nil
		}), param[string]("id", registry.Segment)),
		withParams(typed("Number", "/numbers/:n", "GET", public, nil, &echoResponse{}, func(_ context.Context, params []any, _ any) (any, error) {
			return &echoResponse{Seen: string(rune('a' + params[0].(int8)))}, nil
		}), param[int8]("n", registry.Segment)),
		withParams(typed("Wild", "/wild/*rest", "GET", public, nil, &echoResponse{}, func(_ context.Context, params []any, _ any) (any, error) {
			return &echoResponse{Seen: "wild:" + params[0].(string)}, nil
		}), param[string]("rest", registry.Wildcard)),
		typed("Any", "/any", "*", public, nil, &echoResponse{}, reply("any")),
		typed("AnyGet", "/any", "GET", public, nil, &echoResponse{}, reply("get")),
		typed("Slashed", "/put", "PUT", public, nil, &echoResponse{}, reply("put")),
		typed("Hidden", "/private", "GET", private, nil, &echoResponse{}, reply("private")),
		withParams(rawEndpoint("Rest", "/site/!rest", "*", public, func(w http.ResponseWriter, req *http.Request) {
			_, _ = w.Write([]byte("fallback:" + encore.CurrentRequest().PathParams.Get("rest")))
		}), param[string]("rest", registry.Fallback)),
		typed("SiteIndex", "/site/index", "GET", public, nil, &echoResponse{}, reply("index")),

		typed("WhoPublic", "/who/public", "GET", public, nil, &idResponse{}, currentUser),
		typed("WhoAuth", "/who/auth", "GET", authed, nil, &idResponse{}, currentUser),
		typed("WhoAuthBody", "/who/auth", "POST", authed, &validated{}, &idResponse{}, currentUser),
		rawEndpoint("WhoRaw", "/who/raw", "GET", authed, func(w http.ResponseWriter, _ *http.Request) {
			uid, _ := auth.UserID()
			_, _ = w.Write([]byte(uid))
		}),
		typed("Slow", "/slow", "GET", public, nil, nil, func(ctx context.Context, _ []any, _ any) (any, error) {
			close(slowStarted)
			<-ctx.Done()
			close(slowCanceled)
			return nil, ctx.Err()
		}),

		rawEndpoint("RawPanic", "/raw/panic", "GET", public, func(http.ResponseWriter, *http.Request) { panic("raw boom") }),
		rawEndpoint("RawLate", "/raw/late-panic", "GET", public, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			panic("raw boom")
		}),
		rawEndpoint("RawHijack", "/raw/hijack", "GET", public, func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				panic(err)
			}
			defer conn.Close()
			_, _ = rw.WriteString("HTTP/1.1 101 Switching Protocols\r\n\r\nhijacked\n")
			_ = rw.Flush()
		}),
		rawEndpoint("RawStream", "/raw/stream", "GET", public, func(w http.ResponseWriter, req *http.Request) {
			_, _ = w.Write([]byte("first\n"))
			w.(http.Flusher).Flush()
			<-req.Context().Done()
		}),
	} {
		registry.RegisterEndpoint(e)
	}

	tagged := typed("Middled", "/middled", "POST", public, nil, &echoResponse{}, reply("handler"))
	tagged.Tags = []string{"m"}
	registry.RegisterEndpoint(tagged)
	taggedRaw := rawEndpoint("MiddledRaw", "/middled/raw", "POST", public, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("raw")) })
	taggedRaw.Tags = []string{"m"}
	registry.RegisterEndpoint(taggedRaw)

	registry.RegisterMiddleware(&registry.Middleware{Service: "svc", Pkg: "svc", Name: "Second", Tags: []string{"m"}, Order: 2, Handle: second})
	registry.RegisterMiddleware(&registry.Middleware{Service: "svc", Pkg: "svc", Name: "First", Tags: []string{"m"}, Order: 1, Handle: first})
	registry.RegisterMiddleware(&registry.Middleware{Service: "other", Pkg: "other", Name: "Other", All: true, Handle: func(middleware.Request, middleware.Next) middleware.Response {
		panic("middleware of another service")
	}})
	registry.RegisterMiddleware(&registry.Middleware{Pkg: "global", Name: "Global", Global: true, Tags: []string{"m"}, Order: 9, Handle: func(req middleware.Request, next middleware.Next) middleware.Response {
		response := next(req)
		response.Header().Add("X-Order", "global")
		return response
	}})
}

type echoQuery struct {
	Name  string
	Count int
	In    string `json:"in"`
}

func first(req middleware.Request, next middleware.Next) middleware.Response {
	if req.Data().Headers.Get("X-Do") == "twice" {
		next(req)
		return next(req)
	}
	response := next(req)
	response.Header().Add("X-Order", "first")
	return response
}

func second(req middleware.Request, next middleware.Next) middleware.Response {
	switch req.Data().Headers.Get("X-Do") {
	case "panic":
		panic("mid")
	case "error":
		return middleware.Response{Err: &errs.Error{Code: errs.PermissionDenied, Message: "refused"}, HTTPStatus: 418}
	case "type":
		return middleware.Response{Payload: &idResponse{}}
	case "empty":
		return middleware.Response{}
	case "status":
		response := next(req)
		response.HTTPStatus = 202
		return response
	}
	response := next(req)
	response.Header().Add("X-Order", "second")
	if payload, ok := response.Payload.(*echoResponse); ok && payload != nil {
		payload.Seen += "+second"
	}
	return response
}

var testAuthHandler = &registry.AuthHandler{
	Service: "svc", Name: "Authenticate", Params: reflect.TypeFor[*authParams](), Data: reflect.TypeFor[*userData](),
	Handle: func(_ context.Context, params any) (auth.UID, any, error) {
		p := params.(*authParams)
		if _, ok := auth.UserID(); ok {
			return "", nil, errors.New("somebody is signed in within the auth handler")
		}
		token := p.Token
		if p.Session != nil {
			token = p.Session.Value
		}
		if p.Key != "" {
			token = p.Key
		}
		switch token {
		case "unknown":
			return "", nil, &errs.Error{Code: errs.Unauthenticated, Message: "unknown token"}
		case "broken":
			return "", nil, errors.New("database gone")
		case "panic":
			panic("auth boom")
		case "nobody":
			return "", nil, nil
		}
		return auth.UID(token), &userData{Role: "admin"}, nil
	},
}

func TestMain(m *testing.M) {
	runconfig.SetForTest(&runconfig.Config{Metadata: runconfig.Metadata{EnvType: "development", EnvName: "local"}})
	logs.Redirect(&logged, false, logs.Trace)
	define()
	os.Exit(m.Run())
}

func tagged(e *registry.Endpoint, tag string) *registry.Endpoint {
	e.Tags = append(e.Tags, tag)
	return e
}
