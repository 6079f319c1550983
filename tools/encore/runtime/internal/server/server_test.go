//go:build !encore_app

package server

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/internal/registry"
	"github.com/stretchr/testify/require"
)

const (
	waitTime = 5 * time.Second
	tick     = time.Millisecond
)

// logged collects the log of all tests.
var logged lockedBuffer

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// linesOf returns the log lines of a trace, without what differs from run to run.
func (b *lockedBuffer) linesOf(t *testing.T, trace string) []map[string]any {
	t.Helper()
	require.NotEmpty(t, trace)
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines []map[string]any
	for line := range strings.Lines(b.buf.String()) {
		if !strings.Contains(line, trace) {
			continue
		}
		var fields map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &fields), line)
		require.NotEmpty(t, fields["time"])
		maps.DeleteFunc(fields, func(key string, _ any) bool { return key == "time" || key == "trace_id" || key == "duration" })
		lines = append(lines, fields)
	}
	return lines
}

func newServer(tb testing.TB, change func(*Config)) *httptest.Server {
	tb.Helper()
	cfg := Config{Endpoints: registry.Endpoints(), AuthHandler: testAuthHandler, Indent: true}
	if change != nil {
		change(&cfg)
	}
	handler, err := New(cfg)
	require.NoError(tb, err)
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return server
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request: "METHOD path", a body and headers in turn.
func send(t *testing.T, server *httptest.Server, line, body string, headers ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(line, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return answer{resp.StatusCode, resp.Header, string(got)}
}

// seen returns the field seen of a response.
func seen(t *testing.T, a answer) string {
	t.Helper()
	require.Equal(t, 200, a.status, a.body)
	var r echoResponse
	require.NoError(t, json.Unmarshal([]byte(a.body), &r), a.body)
	return r.Seen
}

func errorBody(code, message string) string {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	return "{\n  \"code\": \"" + code + "\",\n  \"message\": " + string(text) + ",\n  \"details\": null\n}"
}

func TestRouting(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	notFound := errorBody("not_found", "endpoint not found")
	tests := []struct {
		line     string
		status   int
		body     string // contained
		location string
	}{
		{"GET /users/abc", 200, `"seen": "abc"`, ""},
		{"GET /users/a%2Fb%20c", 200, `"seen": "a/b c"`, ""},
		{"GET /users/", 404, notFound, ""},
		{"GET /users/abc/", 301, "", "/users/abc"},
		{"GET /users/abc/?q=1", 301, "", "/users/abc"},
		{"PUT /put/", 308, "", "/put"},
		{"GET //users/abc", 404, notFound, ""},
		{"POST /users/abc", 404, notFound, ""},
		{"HEAD /users/abc", 404, "", ""},
		{"OPTIONS /users/abc", 404, notFound, ""},
		{"GET /wild/", 200, `"seen": "wild:"`, ""},
		{"GET /wild", 301, "", "/wild/"},
		{"GET /wild/toucan/crane/78/", 200, `"seen": "wild:toucan/crane/78/"`, ""},
		{"GET /wild/a%2Fb%20c/d", 200, `"seen": "wild:a/b c/d"`, ""},
		{"GET /any", 200, `"seen": "get"`, ""},
		{"PATCH /any", 200, `"seen": "any"`, ""},
		{"TRACE /any", 200, `"seen": "any"`, ""},
		{"PURGE /any", 404, notFound, ""},
		{"GET /site/index", 200, `"seen": "index"`, ""},
		{"POST /site/index", 200, "fallback:index", ""},
		{"GET /site/index/", 301, "", "/site/index"},
		{"GET /site/other/x", 200, "fallback:other/x", ""},
		{"GET /site/", 200, "fallback:", ""},
		{"GET /site//users/abc", 200, "fallback:/users/abc", ""},
		{"GET /private", 404, notFound, ""},
		{"GET /__encore/unknown", 404, notFound, ""},
		{"GET /", 404, notFound, ""},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, test.line, "")
			require.Equal(t, test.status, got.status, got.body)
			require.Contains(t, got.body, test.body)
			require.Equal(t, test.location, got.header.Get("Location"))
			require.Equal(t, []string{"Origin"}, got.header["Vary"])
			require.Equal(t, test.status == 200, got.header.Get("X-Encore-Trace-Id") != "", "a trace id comes with an endpoint only")
		})
	}
}

func TestPrivateEndpointsDuringDevelopment(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) { cfg.PrivateEndpoints = true })
	require.Equal(t, "private", seen(t, send(t, server, "GET /private", "")))
}

func TestDecoding(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	base := `"Limit":0,"Tags":null,"Since":"0001-01-01T00:00:00Z","Since2":"0001-01-01T00:00:00Z","Flag":false,"Key":null,` +
		`"ID":"00000000-0000-0000-0000-000000000000","Lang":null,"Nums":null,"Name":"","count":0,"nested":null,"raw":null,"Dropped":"","Lost":""`
	// with returns base with some members changed.
	with := func(changes ...string) string {
		var all map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte("{"+base+"}"), &all))
		for i := 0; i < len(changes); i += 2 {
			all[changes[i]] = json.RawMessage(changes[i+1])
		}
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return string(text)
	}
	tests := map[string]struct {
		line, body string
		headers    []string
		seen       string
	}{
		"empty object":                      {"POST /echo", `{}`, nil, with()},
		"body":                              {"POST /echo", `{"Name":"n","count":2,"nested":{"x":1,"m":{"a":"b"}},"raw":[1, 2]}`, nil, with("Name", `"n"`, "count", "2", "nested", `{"x":1,"m":{"a":"b"}}`, "raw", "[1,2]")},
		"keys in any case":                  {"POST /echo", `{"NAME":"n","Count":2}`, nil, with("Name", `"n"`, "count", "2")},
		"unknown and hidden keys":           {"POST /echo", `{"x":1,"Hidden":"h","Lost":"l","Dropped":"d","Embedded":{"Dropped":"d"}}`, nil, with()},
		"query and header fields stay out":  {"POST /echo", `{"Limit":5,"limit":5,"Tags":["x"],"Lang":"nl"}`, nil, with()},
		"any content type":                  {"POST /echo", `{"count":2}`, []string{"Content-Type", "text/plain"}, with("count", "2")},
		"query":                             {"POST /echo?limit=3&tag=a,b&tag=c&since=2024-01-02T03:04:05Z&flag=t&key=-_8%3D&id=6ba7b810-9dad-11d1-80b4-00c04fd430c8", `{}`, nil, with("Limit", "3", "Tags", `["a,b","c"]`, "Since", `"2024-01-02T03:04:05Z"`, "Flag", "true", "Key", `"+/8="`, "ID", `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`)},
		"empty query values":                {"POST /echo?limit=&flag=&since=&key=", `{}`, nil, with()},
		"query keys have a case":            {"POST /echo?Limit=3&Flag=true", `{}`, nil, with()},
		"headers":                           {"POST /echo", `{}`, []string{"x-num", "1", "X-NUM", "2", "accept-language", "nl", "X-Since", "2024-01-02T03:04:05Z"}, with("Nums", "[1,2]", "Lang", `"nl"`, "Since2", `"2024-01-02T03:04:05Z"`)},
		"an empty header is nothing":        {"POST /echo", `{}`, []string{"Accept-Language", ""}, with()},
		"GET decodes the query":             {"GET /echo?name=a&count=2&in=x", "", nil, `{"Name":"a","Count":2,"in":"x"}`},
		"names of query fields":             {"GET /defaults?camel_case=a&html_body=b&string_slice=c&string_slice=d&renamed=e&other=f&gone=g", "", nil, `{"CamelCase":"a","HTMLBody":"b","StringSlice":["c","d"],"other":"e"}`},
		"a null body value changes nothing": {"POST /echo", `{"Name":null,"count":null}`, nil, with()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.JSONEq(t, test.seen, seen(t, send(t, server, test.line, test.body, test.headers...)))
		})
	}
}

func TestDecodingErrors(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	tests := map[string]struct {
		line, body string
		headers    []string
		message    string
	}{
		"path":           {"GET /numbers/300", "", nil, `decode request: n: invalid parameter: "300" is too large or too small a number`},
		"query":          {"POST /echo?limit=x", `{}`, nil, `decode request: limit: invalid parameter: "x" is not a whole number`},
		"query bool":     {"POST /echo?flag=yes", `{}`, nil, `decode request: flag: invalid parameter: "yes" is not true or false`},
		"header":         {"POST /echo", `{}`, []string{"X-Num", "1", "X-Num", "x"}, `decode request: x-num: invalid parameter: "x" is not a whole number`},
		"body field":     {"POST /echo", `{"count":"x"}`, nil, `decode request: Count: invalid json parameter: a string was found where a whole number of 64 bits belongs`},
		"nested field":   {"POST /echo", `{"Nested":{"x":"y"}}`, nil, `decode request: Nested: invalid json parameter: x: a string was found where a whole number of 64 bits belongs`},
		"first only":     {"POST /echo", `{"Name":1,"count":"x"}`, nil, `decode request: Name: invalid json parameter: a number was found where a string belongs`},
		"empty body":     {"POST /echo", "", nil, `decode request: request_body: missing request body: missing request body`},
		"malformed body": {"POST /echo", `{"count":1`, nil, `decode request: request_body: invalid json: it is not JSON (at byte 10)`},
		"trailing text":  {"POST /echo", `{"count":1}x`, nil, `decode request: request_body: invalid json: it is not JSON (at byte 12)`},
		"no object":      {"POST /echo", `[1]`, nil, `decode request: request_body: invalid json: the body is not a JSON object`},
		"null":           {"POST /echo", `null`, nil, `decode request: request_body: invalid json: the body is not a JSON object`},
		"validation":     {"POST /validated", `{"name":"plain"}`, nil, `validation failed: name is plain`},
		"of a value":     {"POST /validated-value", `{"name":"plain"}`, nil, `validation failed: name is plain`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, test.line, test.body, test.headers...)
			require.Equal(t, 400, got.status)
			require.Equal(t, errorBody("invalid_argument", test.message), got.body)
		})
	}
	got := send(t, server, "POST /validated", `{"name":"coded"}`)
	require.Equal(t, errorBody("failed_precondition", "coded"), got.body)
}

func TestEncoding(t *testing.T) {
	t.Parallel()
	indented := newServer(t, nil)
	compact := newServer(t, func(cfg *Config) { cfg.Indent = false })
	wantCompact := `{"empty":[],"nil":null,"map":{"a":1,"b":2},"html":"<&>` + "\u2028" + `","bytes":"+w==","raw":{"k":  1},"nil_raw":null,"text":3,"Query":"q"}` + "\n"
	wantIndented := `{
  "empty": [],
  "nil": null,
  "map": {
    "a": 1,
    "b": 2
  },
  "html": "<&>` + "\u2028" + `",
  "bytes": "+w==",
  "raw": {"k":  1},
  "nil_raw": null,
  "text": 3,
  "Query": "q"
}
`
	for server, want := range map[*httptest.Server]string{indented: wantIndented, compact: wantCompact} {
		got := send(t, server, "POST /rich", "")
		require.Equal(t, want, got.body)
		require.Equal(t, 201, got.status)
		require.Equal(t, []string{""}, got.header["X-Out"])
		require.Equal(t, []string{"a=1", "b=2"}, got.header["Set-Cookie"])
		require.Equal(t, "application/json", got.header.Get("Content-Type"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	}
	for line, body := range map[string]string{
		"POST /none": "", "POST /nil": "null\n", "POST /headers-only": "\n", "GET /defaults": "{\n  \"seen\": \"{\\\"CamelCase\\\":\\\"\\\",\\\"HTMLBody\\\":\\\"\\\",\\\"StringSlice\\\":null,\\\"other\\\":\\\"\\\"}\"\n}\n",
	} {
		got := send(t, indented, line, "")
		require.Equal(t, 200, got.status)
		require.Equal(t, body, got.body, line)
		require.Equal(t, "application/json", got.header.Get("Content-Type"))
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	server := newServer(t, func(cfg *Config) { cfg.Indent = false })
	tests := map[string]struct {
		status int
		body   string
	}{
		"/plain-error": {500, errorBody("unknown", "raw text")},
		"/coded-error": {404, strings.Replace(errorBody("not_found", "outer: inner"), "null", "{\n    \"field\": \"f\"\n  }", 1)},
		"/deadline":    {500, errorBody("unknown", "context deadline exceeded")},
		"/panics":      {500, errorBody("internal", "panic handling request: boom")},
	}
	for path, test := range tests {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, "POST "+path, "")
			require.Equal(t, test.status, got.status)
			require.Equal(t, test.body, got.body)
		})
	}
}

func TestLogLines(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	got := send(t, server, "POST /coded-error", "", "X-Request-ID", "req-1", "X-Correlation-ID", "corr-1")
	common := map[string]any{"service": "svc", "endpoint": "Coded", "x_correlation_id": "corr-1", "request_id": "req-1"}
	line := func(more map[string]any) map[string]any {
		all := maps.Clone(common)
		maps.Copy(all, more)
		return all
	}
	require.Eventually(t, func() bool { return len(logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))) == 3 }, waitTime, tick)
	require.Equal(t, []map[string]any{
		line(map[string]any{"level": "trace", "message": "starting request", "ext_request_id": "req-1"}),
		line(map[string]any{"level": "info", "message": "request failed", "error": "outer: inner", "code": "not_found", "secret": "s"}),
		line(map[string]any{"level": "trace", "message": "request completed", "code": "not_found"}),
	}, logged.linesOf(t, got.header.Get("X-Encore-Trace-Id")))

	got = send(t, server, "POST /panics", "")
	require.Eventually(t, func() bool { return len(logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))) == 3 }, waitTime, tick)
	stack, _ := logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))[1]["stack"].(string)
	require.Contains(t, stack, "app_test.go")
	require.Equal(t, "error", logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))[1]["level"])
}

func TestIdentifyingHeaders(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	got := send(t, server, "GET /any", "")
	trace := got.header.Get("X-Encore-Trace-Id")
	require.Regexp(t, `^[0-9a-v]{26}$`, trace)
	require.Equal(t, trace, got.header.Get("X-Request-Id"))
	require.NotContains(t, got.header, "X-Correlation-Id")

	got = send(t, server, "GET /any", "", "X-Request-ID", "mine", "X-Correlation-ID", "ours",
		"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	require.Equal(t, "mine", got.header.Get("X-Request-Id"))
	require.Equal(t, "ours", got.header.Get("X-Correlation-Id"))
	require.Equal(t, "1brma68mpl1tr128tcghp01hjg", got.header.Get("X-Encore-Trace-Id"))

	long := strings.Repeat("x", 65)
	for _, malformed := range []string{long, "", "a b", "a\tb", `a"b`, "é"} {
		got = send(t, server, "GET /any", "", "X-Request-ID", malformed, "X-Correlation-ID", long)
		require.Equal(t, got.header.Get("X-Encore-Trace-Id"), got.header.Get("X-Request-Id"))
		require.NotContains(t, got.header, "X-Correlation-Id")
	}
}

func TestMiddleware(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	got := send(t, server, "POST /middled", "")
	require.Equal(t, "handler+second", seen(t, got))
	require.Equal(t, []string{"second", "first", "global"}, got.header["X-Order"], "global middleware is the outermost")

	tests := map[string]struct {
		status int
		body   string
	}{
		"panic": {500, errorBody("internal", "panic executing middleware svc.Second: mid")},
		"error": {418, errorBody("permission_denied", "refused")},
		"type":  {500, errorBody("internal", "invalid middleware: cannot return payload of type *server.idResponse for endpoint svc.Middled (expected type *server.echoResponse)")},
		"empty": {200, "null\n"},
		"twice": {500, errorBody("internal", "invalid middleware: next was called more than once")},
	}
	for what, test := range tests {
		got := send(t, server, "POST /middled", "", "X-Do", what)
		require.Equal(t, test.status, got.status, what)
		require.Equal(t, test.body, got.body, what)
	}
	require.Equal(t, 202, send(t, server, "POST /middled", "", "X-Do", "status").status)

	got = send(t, server, "POST /middled/raw", "")
	require.Equal(t, "raw", got.body)
	require.Equal(t, 418, send(t, server, "POST /middled/raw", "", "X-Do", "error").status)
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	admin := func(id string) string { return "{\n  \"id\": \"" + id + "\",\n  \"role\": \"admin\"\n}\n" }
	nobody := "{\n  \"id\": \"nobody\",\n  \"role\": \"\"\n}\n"
	missing := errorBody("unauthenticated", "missing auth param")
	tests := map[string]struct {
		line    string
		headers []string
		status  int
		body    string
	}{
		"public, nobody":               {"GET /who/public", nil, 200, nobody},
		"public, somebody":             {"GET /who/public", []string{"X-Token", "ann"}, 200, admin("ann")},
		"public, unknown token":        {"GET /who/public", []string{"X-Token", "unknown"}, 200, nobody},
		"public, handler fails":        {"GET /who/public", []string{"X-Token", "broken"}, 500, errorBody("unknown", "database gone")},
		"public, malformed":            {"GET /who/public", []string{"X-Number", "x"}, 400, errorBody("invalid_argument", `invalid auth param: x-number: invalid parameter: "x" is not a whole number`)},
		"public, panic":                {"GET /who/public", []string{"X-Token", "panic"}, 500, errorBody("internal", "auth handler panicked: auth boom")},
		"public, invalid":              {"GET /who/public", []string{"X-Token", "invalid"}, 400, errorBody("invalid_argument", "validation failed: invalid token")},
		"auth, nobody":                 {"GET /who/auth", nil, 401, missing},
		"auth, empty header":           {"GET /who/auth", []string{"X-Token", ""}, 401, missing},
		"auth, somebody":               {"GET /who/auth", []string{"X-Token", "ann"}, 200, admin("ann")},
		"auth, by query":               {"GET /who/auth?key=bob", nil, 200, admin("bob")},
		"auth, by cookie":              {"GET /who/auth", []string{"Cookie", "session=cid"}, 200, admin("cid")},
		"auth, unknown token":          {"GET /who/auth", []string{"X-Token", "unknown"}, 401, errorBody("unauthenticated", "unknown token")},
		"auth, empty uid":              {"GET /who/auth", []string{"X-Token", "nobody"}, 401, errorBody("unauthenticated", "endpoint requires auth but none provided")},
		"auth before a decoding error": {"POST /who/auth", []string{"X-Token", "nobody"}, 401, errorBody("unauthenticated", "endpoint requires auth but none provided")},
		"raw, nobody":                  {"GET /who/raw", nil, 401, missing},
		"raw, somebody":                {"GET /who/raw", []string{"X-Token", "ann"}, 200, "ann"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := send(t, server, test.line, "", test.headers...)
			require.Equal(t, test.status, got.status, got.body)
			require.Equal(t, test.body, got.body)
		})
	}
}

func TestRawEndpoints(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	got := send(t, server, "GET /raw/panic", "")
	require.Equal(t, 200, got.status)
	require.Empty(t, got.body)
	require.Eventually(t, func() bool { return len(logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))) == 3 }, waitTime, tick)
	failed := logged.linesOf(t, got.header.Get("X-Encore-Trace-Id"))[1]
	require.Equal(t, "panic handling request: raw boom", failed["error"])
	require.Contains(t, failed["stack"], "app_test.go")
	require.Equal(t, http.StatusTeapot, send(t, server, "GET /raw/late-panic", "").status)

	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET /raw/hijack HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	all, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Contains(t, string(all), "hijacked")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/raw/stream", nil)
	require.NoError(t, err)
	resp, err := server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	first, err := bufio.NewReader(resp.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "first\n", first, "what is flushed arrives while the handler still runs")
}

func TestClosedServer(t *testing.T) {
	t.Parallel()
	var handler *Server
	server := newServer(t, nil)
	handler = server.Config.Handler.(*Server)
	handler.Close()
	<-handler.Idle()
	got := send(t, server, "GET /any", "")
	require.Equal(t, 503, got.status)
	require.Equal(t, "2", got.header.Get("Retry-After"))
	require.Contains(t, got.body, "unavailable")
}

func TestHealth(t *testing.T) {
	t.Parallel()
	passed := true
	server := newServer(t, func(cfg *Config) {
		cfg.Health = Health{AppSlug: "app", EnvName: "local", Revision: "abc", DeployID: "d", Checks: func() []Check {
			return []Check{{Name: "services.initialized", Passed: passed, Error: map[bool]string{false: "no"}[passed]}}
		}}
	})
	got := send(t, server, "PATCH /__encore/healthz", "")
	require.Equal(t, 200, got.status)
	require.JSONEq(t, `{"code":"ok","message":"Your Encore app is up and running!","details":{"app_slug":"app","env_name":"local",
		"app_revision":"abc","encore_compiler":"stock","deploy_id":"d","checks":[{"name":"services.initialized","passed":true}],"enabled_experiments":[]}}`, got.body)
	passed = false
	got = send(t, server, "GET /__encore/healthz", "")
	require.Equal(t, 500, got.status)
	require.Contains(t, got.body, `"code":"unhealthy"`)
	require.Contains(t, got.body, `"passed":false,"error":"no"`)
}

func TestBodiesAreReadUpToALimit(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	const around = len(`{"Name":""}`)
	for path, limit := range map[string]int{"/echo": 1 << 20, "/large": 4 << 20} {
		name := strings.Repeat("x", limit-around)
		require.Contains(t, seen(t, send(t, server, "POST "+path, `{"Name":"`+name+`"}`)), name)
		refused := errorBody("invalid_argument",
			fmt.Sprintf("decode request: request_body: the body is too large: at most %d MiB are read", limit>>20))
		got := send(t, server, "POST "+path, `{"Name":"`+name+`x"}`)
		require.Equal(t, 400, got.status)
		require.Equal(t, refused, got.body)

		unknown := io.MultiReader(strings.NewReader(`{"Name":"`), strings.NewReader(name), strings.NewReader(`x"}`))
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, unknown)
		require.NoError(t, err)
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, refused, string(body), "its length is not told in advance")
	}
}

// unread fails the test when it is read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, io.EOF
}

func TestNothingIsReadOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		path   string
		length int64
		status int
	}{
		"too large":    {"/echo", 20 << 20, 400},
		"without user": {"/who/auth", 10, 401},
	} {
		handler, err := New(Config{Endpoints: registry.Endpoints(), AuthHandler: testAuthHandler})
		require.NoError(t, err)
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, unread{t})
		req.ContentLength = c.length
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		require.Equal(t, c.status, w.Code, name)
	}
}

func TestErrorsRepeatALittleOfTheInput(t *testing.T) {
	t.Parallel()
	server := newServer(t, nil)
	long := strings.Repeat("é", 30_000)
	for name, got := range map[string]answer{
		"query":       send(t, server, "POST /echo?limit="+url.QueryEscape(long), "{}"),
		"range":       send(t, server, "POST /echo?limit="+strings.Repeat("9", 30_000), "{}"),
		"uuid":        send(t, server, "POST /echo?id="+url.QueryEscape(long), "{}"),
		"time":        send(t, server, "POST /echo?since="+url.QueryEscape(long), "{}"),
		"bytes":       send(t, server, "POST /echo?key="+url.QueryEscape(long), "{}"),
		"number":      send(t, server, "POST /echo", `{"count":`+strings.Repeat("9", 30_000)+`}`),
		"nested name": send(t, server, "POST /echo", `{"nested":{"m":{"`+long+`":1}}}`),
	} {
		require.Equal(t, 400, got.status, name)
		require.Less(t, len(got.body), 700, name)
		require.NotContains(t, got.body, "strconv", name)
		require.NotContains(t, got.body, "Go ", name)
	}
}
