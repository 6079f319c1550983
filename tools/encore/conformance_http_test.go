package main

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// exchange is one request to the conformance application and what must come back.
type exchange struct {
	name   string
	method string // GET when empty
	path   string
	header http.Header
	body   string

	status      int
	want        string            // whole body; not compared when empty
	wantPart    string            // part of the body
	wantPattern string            // regular expression for the body
	wantHeader  map[string]string // "" = must be absent
	wantHeaders map[string][]string
	likeHeader  map[string]string // regular expressions
}

func errorBody(code, message string) string {
	return "{\n  \"code\": \"" + code + "\",\n  \"message\": \"" + message + "\",\n  \"details\": null\n}"
}

const notFound = "endpoint not found"

var routing = []exchange{
	{name: "a parameter", path: "/users/abc", status: 200, wantPart: `"value": "abc"`},
	{name: "an escaped slash stays inside its segment", path: "/users/a%2Fb%20c", status: 200, wantPart: `"value": "a/b c"`},
	{name: "a literal of another method", method: "POST", path: "/users/me", status: 200, wantPart: "CreateMe"},
	{name: "the same path as a parameter", path: "/users/me", status: 200, wantPart: "GetUser"},
	{name: "a wrong method is not found", method: "PUT", path: "/users/me", status: 404, want: errorBody("not_found", notFound)},
	{name: "no endpoint answers HEAD for GET", method: "HEAD", path: "/users/abc", status: 404},
	{name: "an unknown path", path: "/nowhere", status: 404, want: errorBody("not_found", notFound)},
	{name: "paths are not cleaned", path: "//users/abc", status: 404},
	{name: "a slash too much redirects", path: "/users/abc/?x=1", status: 301, wantHeader: map[string]string{"Location": "/users/abc"}},
	{name: "other methods are told to repeat themselves", method: "POST", path: "/users/me/", status: 308, wantHeader: map[string]string{"Location": "/users/me"}},
	{name: "a wildcard keeps its slashes", path: "/files/a/b/", status: 200, wantPart: `"value": "a/b/"`},
	{name: "a wildcard may be empty", path: "/files/", status: 200, wantPart: `"value": ""`},
	{name: "a wildcard's folder redirects", path: "/files", status: 301, wantHeader: map[string]string{"Location": "/files/"}},
	{name: "typed parameters", path: "/typed/x/true/-128/65535/6ba7b810-9dad-11d1-80b4-00c04fd430c8", status: 200, wantPart: "x true -128 65535 6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
	{name: "a parameter out of range", path: "/typed/x/true/200/1/6ba7b810-9dad-11d1-80b4-00c04fd430c8", status: 400, wantPart: "small: invalid parameter: "},
	{name: "any method", method: "PATCH", path: "/any", status: 201, want: "PATCH"},
	{name: "a method outside any", method: "PURGE", path: "/any", status: 404},
	{name: "a fallback", path: "/site/a/b", status: 200, want: "fallback:a/b"},
	{name: "a fallback gives way", path: "/site/page", status: 200, wantPart: "Page"},
	{name: "the default path by GET", path: "/routes.Default", status: 200, wantPart: "Default"},
	{name: "the default path by POST", method: "POST", path: "/routes.Default", status: 200, wantPart: "Default"},
	{name: "a private endpoint is reachable during development", path: "/hidden", status: 200, wantPart: "Hidden"},
	{name: "the reserved prefix", path: "/__encore/nothing", status: 404},
	{
		name: "health", path: "/__encore/healthz", status: 200,
		wantPattern: `^{"code":"ok","message":"Your Encore app is up and running!","details":{"app_slug":"[a-z0-9]+","env_name":"local",` +
			`"app_revision":"[^"]*","encore_compiler":"[^"]+","deploy_id":"[^"]+",` +
			`"checks":\[{"name":"services.initialized","passed":true},{"name":"shutdown-signal-monitoring","passed":true}\],"enabled_experiments":\[\]}}\n$`,
	},
	{name: "health by any method", method: "PATCH", path: "/__encore/healthz", status: 200},
}

const everything = "/echo?flag=true&limit=&id=1&id=2&at=2026-11-24T18:00:00Z&token=6ba7b810-9dad-11d1-80b4-00c04fd430c8&bytes=AQI="

var decoding = []exchange{
	{
		name: "every place", method: "POST", path: everything, header: http.Header{"X-Text": {"t"}, "X-List": {"a", "b"}},
		body:   `{"NAME":"Noor","small":-3,"nested":{"header":"h","tags":{"b":"2","a":"1"}},"raw":{"x": 1},"maybe":"m","unknown":1}`,
		status: 200,
		want: `{
  "header": "t",
  "headers": [
    "a",
    "b"
  ],
  "flag": true,
  "limit": 0,
  "ids": [
    1,
    2
  ],
  "at": "2026-11-24T18:00:00Z",
  "token": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
  "bytes": "AQI=",
  "name": "Noor",
  "small": -3,
  "nested": {
    "header": "h",
    "tags": {
      "a": "1",
      "b": "2"
    }
  },
  "raw": {"x": 1},
  "maybe": "m",
  "list": []
}
`,
	},
	{name: "an empty body", method: "POST", path: "/echo", status: 400, want: errorBody("invalid_argument", "decode request: request_body: missing request body: missing request body")},
	{name: "a field of the wrong type", method: "POST", path: "/echo", body: `{"small":"x"}`, status: 400, wantPart: "decode request: Small: invalid json parameter: "},
	{name: "broken JSON", method: "POST", path: "/echo", body: `{"name":"x"`, status: 400, wantPart: `"code": "invalid_argument"`},
	{name: "a query of the wrong type", method: "POST", path: "/echo?limit=ten", body: `{}`, status: 400, wantPart: "decode request: limit: invalid parameter: "},
	{name: "a time of the wrong form", method: "POST", path: "/echo?at=yesterday", body: `{}`, status: 400, wantPart: "decode request: at: invalid parameter: "},
	{
		name: "names of the query", path: "/search?camel_case=a&id=3&user_i_ds=x&user_i_ds=y&api_key2=k&renamed=r&other=no", status: 200,
		want: "{\n  \"camel_case\": \"a\",\n  \"id\": 3,\n  \"user_ids\": [\n    \"x\",\n    \"y\"\n  ],\n  \"api_key2\": \"k\",\n  \"renamed\": \"r\"\n}\n",
	},
	{name: "no comma splits a list", path: "/search?user_i_ds=x,y", status: 200, wantPart: `"x,y"`},
	{name: "query names heed case", path: "/search?ID=3", status: 200, wantPart: `"id": 0`},
	{name: "a plain validation error", method: "POST", path: "/validated", body: `{"kind":"plain"}`, status: 400, want: errorBody("invalid_argument", "validation failed: kind is plain")},
	{name: "a validation error with a code", method: "POST", path: "/validated", body: `{"kind":"coded"}`, status: 400, want: errorBody("failed_precondition", "not now")},
	{name: "a valid request", method: "POST", path: "/validated", body: `{"kind":"fine"}`, status: 200},
}

var encoding = []exchange{
	{
		name: "status and headers", method: "POST", path: "/created", status: 201, want: "{\n  \"body\": \"<&\u2028>\",\n  \"Query\": \"q\"\n}\n",
		wantHeader:  map[string]string{"Link": "<x>", "Content-Type": "application/json", "X-Content-Type-Options": "nosniff"},
		wantHeaders: map[string][]string{"Set-Cookie": {"a=1", "b=2"}},
	},
	{name: "headers only", path: "/header-only", status: 200, want: "\n", wantHeader: map[string]string{"X-Version": "7"}},
	{name: "a nil answer", path: "/nil", status: 200, want: "null\n"},
	{name: "zero values", path: "/zero", status: 200, want: "{\n  \"list\": null,\n  \"map\": null,\n  \"bytes\": null,\n  \"float\": 0,\n  \"raw\": null\n}\n"},
	{
		name: "headers in, headers out", method: "POST", path: "/headers", status: 200,
		header:      http.Header{"accept-language": {"nl,en", "pl"}, "X-BOTH": {"header"}, "X-Number": {""}},
		want:        "{\n  \"languages\": [\n    \"nl,en\",\n    \"pl\"\n  ],\n  \"both\": \"header\",\n  \"number\": 0\n}\n",
		wantHeaders: map[string][]string{"X-Answered": {"1", "2"}, "X-Absent": {""}, "Vary": {"Origin"}},
	},
	{name: "a header of the wrong type", method: "POST", path: "/headers", header: http.Header{"X-Number": {"one"}}, status: 400, wantPart: "decode request: x-number: invalid parameter: "},
	{name: "no answer has an empty body", path: "/nothing", status: 200, wantPattern: "^$", wantHeader: map[string]string{"Content-Type": "application/json"}},
	{
		name: "a trace id", path: "/nothing", header: http.Header{"X-Request-Id": {strings.Repeat("r", 65)}, "X-Correlation-Id": {strings.Repeat("c", 65)}}, status: 200,
		likeHeader: map[string]string{"X-Encore-Trace-Id": "^[0-9a-v]{26}$", "X-Request-Id": "^[0-9a-v]{26}$", "X-Correlation-Id": "^$"},
	},
	{
		name: "the client's trace id", path: "/nothing", header: http.Header{"Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}}, status: 200,
		wantHeader: map[string]string{"X-Encore-Trace-Id": "1brma68mpl1tr128tcghp01hjg"},
	},
	{name: "no trace id without an endpoint", path: "/nowhere", status: 404, wantHeader: map[string]string{"X-Encore-Trace-Id": "", "X-Request-Id": "", "Vary": "Origin"}},
	{name: "no trace id with a redirect", path: "/files", status: 301, wantHeader: map[string]string{"X-Encore-Trace-Id": ""}},
	{
		name: "pages of this machine during development", path: "/nothing", header: http.Header{"Origin": {"http://localhost:5173"}, "Cookie": {"a=b"}}, status: 200,
		wantHeader: map[string]string{"Access-Control-Allow-Origin": "http://localhost:5173", "Access-Control-Allow-Credentials": "true"},
	},
	{name: "request ids", path: "/nothing", header: http.Header{"X-Request-Id": {"r1"}, "X-Correlation-Id": {"c1"}}, status: 200, wantHeader: map[string]string{"X-Request-Id": "r1", "X-Correlation-Id": "c1"}},
}

var failures = []exchange{
	{name: "a plain error", path: "/fail?kind=plain", status: 500, want: errorBody("unknown", "plain text")},
	{name: "a coded error", path: "/fail?kind=coded", status: 404, want: "{\n  \"code\": \"not_found\",\n  \"message\": \"no such thing\",\n  \"details\": {\n    \"field\": \"id\"\n  }\n}"},
	{name: "a wrapped error", path: "/fail?kind=wrapped", status: 404, wantPart: `"message": "outer: no such thing"`},
	{name: "another code", path: "/fail?kind=recoded", status: 409, wantPart: `"code": "aborted"`},
	{name: "wrapped by fmt", path: "/fail?kind=doubled", status: 404, wantPart: "ctx: not_found: no such thing: ctx: not_found: no such thing"},
	{name: "a built error", path: "/fail?kind=built", status: 429, want: errorBody("resource_exhausted", "wait 3 s")},
	{name: "a panic", path: "/fail?kind=panic", status: 500, want: errorBody("internal", "panic handling request: the handler gave up")},
	{name: "a panic in a raw endpoint", path: "/raw-panic", status: 200, want: ""},
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

var authentication = []exchange{
	{name: "nobody at a closed door", path: "/guard/closed", status: 401, wantPart: `"code": "unauthenticated"`},
	{name: "somebody", path: "/guard/closed", header: http.Header{"Authorization": {"Bearer good"}, "X-Level": {"3"}}, status: 200, want: "{\n  \"uid\": \"42\",\n  \"known\": true,\n  \"name\": \"Noor\",\n  \"level\": 3\n}\n"},
	{name: "by cookie", path: "/guard/closed", header: http.Header{"Cookie": {"session=good"}}, status: 200, wantPart: `"uid": "42"`},
	{name: "by query", path: "/guard/closed?key=good", status: 200, wantPart: `"uid": "42"`},
	{name: "an unknown token", path: "/guard/closed", header: bearer("bad"), status: 401, want: errorBody("unauthenticated", "unknown token")},
	{name: "no user without an error", path: "/guard/closed", header: bearer("nobody"), status: 401, want: errorBody("unauthenticated", "endpoint requires auth but none provided")},
	{name: "access is decided before the request is decoded", path: "/guard/closed?limit=x", header: bearer("nobody"), status: 401},
	{name: "a bad parameter", path: "/guard/open", header: http.Header{"X-Level": {"high"}}, status: 400, wantPart: "invalid auth param: x-level: invalid parameter: "},
	{name: "an open door", path: "/guard/open", status: 200, wantPart: `"known": false`},
	{name: "an open door knows its visitor", path: "/guard/open", header: bearer("good"), status: 200, wantPart: `"name": "Noor"`},
	{name: "an open door lets strangers in", path: "/guard/open", header: bearer("bad"), status: 200, wantPart: `"known": false`},
	{name: "a broken handler breaks open doors too", path: "/guard/open", header: bearer("broken"), status: 500, want: errorBody("unknown", "the directory is down")},
	{name: "a panicking handler", path: "/guard/open", header: bearer("panic"), status: 500, want: errorBody("internal", "auth handler panicked: lost")},
}

var calling = []exchange{
	{name: "codes cross a call, causes do not", path: "/calls/missing", status: 200, wantPart: "\"code\": \"not_found\",\n  \"no_rows\": false"},
	{name: "panics become errors", path: "/calls/panicking", status: 200, wantPart: `"code": "internal"`},
	{name: "the caller is known", path: "/calls/propagated", header: bearer("good"), status: 200, wantPart: "hello 42"},
	{name: "the caller is replaced", path: "/calls/overridden", header: bearer("good"), status: 200, wantPart: "hello 7"},
	{name: "a user without the data", path: "/calls/anonymous", status: 200, wantPattern: `"text": "missing auth data[^"]*",\n  "code": "unknown"`},
	{name: "a user with other data", path: "/calls/mistyped", status: 200, wantPattern: `"text": "[^"]*auth data[^"]*",\n  "code": "unknown"`},
	{name: "calls are validated", path: "/calls/invalid", status: 200, wantPart: "validation failed: count is too small"},
}

var databases = []exchange{
	{name: "a row", method: "POST", path: "/things", body: `{"id":1,"name":"bin"}`, status: 200},
	{name: "the same row again", method: "POST", path: "/things", body: `{"id":1,"name":"bin"}`, status: 503},
	{name: "it is there", path: "/things/1", status: 200, wantPart: `"name": "bin"`},
	{name: "a missing row", path: "/things/99", status: 404, wantPart: "sql: no rows in result set"},
	{name: "a broken constraint", path: "/things-clash", status: 200, wantPart: "\"code\": \"unique_violation\",\n  \"constraint\": \"thing_pkey\""},
	{name: "broken SQL", path: "/things-broken", status: 503, wantPart: `"code": "unavailable"`},
	{name: "the migration table", path: "/things-migrations", status: 200, want: "{\n  \"version\": 12,\n  \"dirty\": false,\n  \"rows\": 1\n}\n"},
}

var middlewares = []exchange{
	{name: "global middleware", path: "/nothing", status: 200, wantHeader: map[string]string{"X-Gate": "passed"}},
	{name: "global middleware sees raw endpoints", path: "/any", status: 201, want: "GET"},
	{name: "a refused request", path: "/lifecycle/refused", status: 403, want: errorBody("permission_denied", "turned away")},
	{name: "a rewritten answer", path: "/lifecycle/rewritten", status: 202, want: "{\n  \"text\": \"written and rewritten by Rewritten\"\n}\n"},
	{name: "an answer of the wrong type", path: "/lifecycle/spoiled", status: 500, wantPart: "invalid middleware: cannot return payload of type "},
	{name: "order", path: "/lifecycle/ordered", status: 200, want: "{\n  \"text\": \"barrier.Lift gate.Unlock gate.Enter gate.Close lifecycle.Sort\"\n}\n"},
	{name: "a panic", path: "/lifecycle/exploding", status: 500, want: errorBody("internal", "panic executing middleware gate.Explode: out of order")},
	{name: "running the endpoint twice", path: "/lifecycle/doubled", status: 500, wantPart: `"code": "internal"`},
	{name: "status and headers of an error", path: "/lifecycle/spilled", status: 418, want: errorBody("not_found", "no tea"), wantHeader: map[string]string{"X-Pot": "tea"}},
	{name: "not for requests that do not decode", method: "POST", path: "/echo", status: 400, wantHeader: map[string]string{"X-Gate": ""}},
	{name: "not for requests that are invalid", method: "POST", path: "/validated", body: `{"kind":"plain"}`, status: 400, wantHeader: map[string]string{"X-Gate": ""}},
	{name: "a bucket", path: "/lifecycle/file", status: 200, wantPart: "kept|text/plain|http://"},
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	base := conformance(t)
	for _, group := range []struct {
		name      string
		exchanges []exchange
	}{
		{"routing", routing}, {"decoding", decoding}, {"encoding", encoding}, {"failures", failures},
		{"authentication", authentication}, {"calling", calling}, {"databases", databases}, {"middlewares", middlewares},
	} {
		t.Run(group.name, func(t *testing.T) {
			t.Parallel()
			for _, e := range group.exchanges { // in order: some build on the one before
				t.Run(e.name, func(t *testing.T) { e.check(t, base) })
			}
		})
	}
}

// client does not follow redirects: they are what a test looks at.
var client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (e exchange) check(t *testing.T, base string) {
	t.Helper()
	method := e.method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if e.body != "" {
		body = strings.NewReader(e.body)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, base+e.path, body)
	require.NoError(t, err)
	maps.Copy(req.Header, e.header)
	res, err := client.Do(req)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	answer, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, e.status, res.StatusCode, string(answer))
	if e.want != "" {
		require.Equal(t, e.want, string(answer))
	}
	require.Contains(t, string(answer), e.wantPart)
	require.Regexp(t, e.wantPattern, string(answer))
	for name, value := range e.wantHeader {
		require.Equal(t, value, res.Header.Get(name), name)
	}
	for name, values := range e.wantHeaders {
		require.Equal(t, values, res.Header.Values(name), name)
	}
	for name, pattern := range e.likeHeader {
		require.Regexp(t, pattern, res.Header.Get(name), name)
	}
}
