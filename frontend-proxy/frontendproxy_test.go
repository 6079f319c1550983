package frontendproxy

import (
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/internal/settings"
)

var built = fstest.MapFS{
	".keep":                     {},
	"index.html":                {Data: []byte("<!doctype html><title>Trottoir</title>")},
	"favicon.svg":               {Data: []byte("<svg/>")},
	"service-worker.js":         {Data: []byte("keep('index.html','1-__POLICY__')")},
	"manifest.webmanifest":      {Data: []byte("{}")},
	"assets/app-Ab12.js":        {Data: []byte("console.log('Trottoir')")},
	"assets/inter-Cd34.woff2":   {Data: []byte("font")},
	"assets/archive-without.gz": {Data: []byte("a file that is compressed itself")},
	"assets/large-Ef56.js":      {Data: []byte("console.log('a large file')")},
	"assets/large-Ef56.js.br":   {Data: []byte("large in Brotli")},
	"assets/large-Ef56.js.gz":   {Data: []byte("large in gzip")},
}

const page, anything = "text/html,application/xhtml+xml,*/*;q=0.8", "*/*"

// get asks a service on a build for a path.
func get(t *testing.T, s *Service, path string, header http.Header) *http.Response {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	req.Host = "trottoir.example:4000"
	maps.Copy(req.Header, header)
	w := httptest.NewRecorder()
	if path == "/config.json" {
		s.Config(w, req)
	} else {
		s.App(w, req)
	}
	return w.Result()
}

func body(t *testing.T, answer *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func service(t *testing.T, dist fs.FS, backendPort string) *Service {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Bangkok")
	require.NoError(t, err)
	s, err := newService(dist, &settings.Settings{BackendPort: backendPort, TimeZone: zone})
	require.NoError(t, err)
	return s
}

func TestFilesAndPages(t *testing.T) {
	t.Parallel()
	s := service(t, built, "")
	index, missing := string(built["index.html"].Data), "not_found"
	for name, c := range map[string]struct {
		path, accept        string
		status              int
		contentType, caches string
		body                string
	}{
		"the page":              {"/", page, 200, "text/html; charset=utf-8", revalidate, index},
		"the page by name":      {"/index.html", page, 200, "text/html; charset=utf-8", revalidate, index},
		"an address of the app": {"/planning/2026-03-02", page, 200, "text/html; charset=utf-8", revalidate, index},
		"a file with a hash":    {"/assets/app-Ab12.js", anything, 200, "text/javascript; charset=utf-8", forever, "console.log('Trottoir')"},
		"a font":                {"/assets/inter-Cd34.woff2", anything, 200, "font/woff2", forever, "font"},
		"a file without a hash": {"/favicon.svg", anything, 200, "image/svg+xml", revalidate, "<svg/>"},
		"the manifest":          {"/manifest.webmanifest", anything, 200, "application/manifest+json", revalidate, "{}"},
		"a compressed file":     {"/assets/archive-without.gz", anything, 200, "", forever, "a file that is compressed itself"},
		"an asset of yesterday": {"/assets/app-Ff99.js", page, 404, "application/json", "", missing},
		"a wrong API address":   {"/run/12", "application/json", 404, "application/json", "", missing},
		"a program":             {"/run/12", anything, 404, "application/json", "", missing},
		"curl":                  {"/", anything, 200, "text/html; charset=utf-8", revalidate, index},
		"a monitor":             {"/", "", 200, "text/html; charset=utf-8", revalidate, index},
		"a client of the API":   {"/", "application/json", 404, "application/json", "", missing},
		"a hidden file":         {"/.keep", page, 404, "application/json", "", missing},
		"a folder":              {"/assets/", "application/json", 404, "application/json", "", missing},
		"outside":               {"/../go.mod", page, 404, "application/json", "", missing},
	} {
		answer := get(t, s, c.path, http.Header{"Accept": {c.accept}})
		require.Equal(t, c.status, answer.StatusCode, name)
		if c.contentType != "" {
			require.Equal(t, c.contentType, answer.Header.Get("Content-Type"), name)
		}
		require.Equal(t, c.caches, answer.Header.Get("Cache-Control"), name)
		require.Contains(t, body(t, answer), c.body, name)
	}
}

func TestWhatTheBrowserHasIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := service(t, built, "")
	first := get(t, s, "/", http.Header{"Accept": {page}})
	again := get(t, s, "/", http.Header{"Accept": {page}, "If-None-Match": {first.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	require.Empty(t, body(t, again))
}

func TestABrowserGetsWhatItCanRead(t *testing.T) {
	t.Parallel()
	const whole, brotli, gzip = "console.log('a large file')", "large in Brotli", "large in gzip"
	s := service(t, built, "")
	tags := map[string]string{}
	for accepts, want := range map[string]struct{ encoding, body string }{
		"":                                 {"", whole},
		"gzip, deflate, br, zstd":          {"br", brotli},
		"gzip, deflate":                    {"gzip", gzip},
		"GZIP;Q=1, BR;q=0.5":               {"gzip", gzip},
		"br;q=0, gzip;q=0":                 {"", whole},
		"br;q=0, *":                        {"gzip", gzip},
		"*":                                {"br", brotli},
		"identity, br;q=0.5":               {"", whole},
		"identity;q=0.5, br":               {"br", brotli},
		"br;q=high, gzip;q=7, deflate;x=1": {"", whole},
		"zstd":                             {"", whole},
	} {
		header := http.Header{"Accept": {anything}, "Accept-Encoding": {accepts}}
		answer := get(t, s, "/assets/large-Ef56.js", header)
		require.Equal(t, want.encoding, answer.Header.Get("Content-Encoding"), accepts)
		require.Equal(t, "text/javascript; charset=utf-8", answer.Header.Get("Content-Type"), "of what is compressed")
		require.Equal(t, forever, answer.Header.Get("Cache-Control"))
		require.Equal(t, []string{"Accept-Encoding"}, answer.Header.Values("Vary"), accepts)
		require.EqualValues(t, len(want.body), answer.ContentLength, accepts)
		require.Equal(t, want.body, body(t, answer), accepts)
		tags[want.encoding] = answer.Header.Get("ETag")

		header.Set("If-None-Match", tags[want.encoding])
		again := get(t, s, "/assets/large-Ef56.js", header)
		require.Equal(t, http.StatusNotModified, again.StatusCode, accepts)
		require.Equal(t, []string{"Accept-Encoding"}, again.Header.Values("Vary"), accepts)
		require.Empty(t, body(t, again))

		header.Del("If-None-Match")
		header.Set("Range", "bytes=0-4")
		part := get(t, s, "/assets/large-Ef56.js", header)
		require.Equal(t, http.StatusPartialContent, part.StatusCode, accepts)
		require.Equal(t, want.encoding, part.Header.Get("Content-Encoding"), "a part of what is sent")
		require.Equal(t, "5", part.Header.Get("Content-Length"))
		require.Equal(t, want.body[:5], body(t, part), accepts)

		header.Set("Range", "bytes=99-")
		beyond := get(t, s, "/assets/large-Ef56.js", header)
		require.Equal(t, http.StatusRequestedRangeNotSatisfiable, beyond.StatusCode, accepts)
		require.Empty(t, beyond.Header.Get("Content-Encoding"), "the refusal is plain")
	}
	require.NotEqual(t, tags["br"], tags["gzip"])
	require.NotEqual(t, tags["br"], tags[""])

	other := http.Header{"Accept": {anything}, "Accept-Encoding": {"gzip"}, "If-None-Match": {tags["br"]}}
	require.Equal(t, gzip, body(t, get(t, s, "/assets/large-Ef56.js", other)), "it has another one")
	for _, path := range []string{"/assets/large-Ef56.js.br", "/assets/large-Ef56.js.gz"} {
		require.Equal(t, http.StatusNotFound, get(t, s, path, nil).StatusCode, "a representation has no address")
	}
	small := get(t, s, "/assets/app-Ab12.js", http.Header{"Accept-Encoding": {"br"}})
	require.Empty(t, small.Header.Get("Content-Encoding"), "it was not worth it")
	require.Empty(t, small.Header.Get("Vary"))
}

func TestThePageIsProtected(t *testing.T) {
	t.Parallel()
	answer := get(t, service(t, built, ""), "/", http.Header{"Accept": {page}})
	policy := answer.Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "default-src 'none'")
	require.Contains(t, policy, "script-src 'self';")
	require.Contains(t, policy, "frame-ancestors 'none'")
	require.NotContains(t, policy, "unsafe")
	require.Contains(t, policy, "connect-src 'self' ws://trottoir.example:4000 wss://trottoir.example:4000;")
	require.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
	require.Equal(t, "DENY", answer.Header.Get("X-Frame-Options"))
	require.Equal(t, "same-origin", answer.Header.Get("Referrer-Policy"))
}

func TestThePageMayReachTheAPIOnItsPort(t *testing.T) {
	t.Parallel()
	s := service(t, built, "2002")
	policy := get(t, s, "/", http.Header{"Accept": {page}}).Header.Get("Content-Security-Policy")
	require.Contains(t, policy, "https://trottoir.example:2002")
	require.Contains(t, policy, "wss://trottoir.example:2002")
	require.Contains(t, policy, "frame-src 'self' http://trottoir.example:2002 https://trottoir.example:2002;", "manuals")
	require.Contains(t, policy, "img-src 'self' blob: data: http://trottoir.example:2002 https://trottoir.example:2002;")
}

func TestMapsComeFromOnePlaceOnly(t *testing.T) {
	t.Parallel()
	plain := service(t, built, "").policy("trottoir.example:4000")
	require.NotContains(t, plain, "https://", "nothing is loaded from elsewhere unless it is set")
	for address, origin := range map[string]string{
		"https://tiles.example:8443/style.json?key=1": "https://tiles.example:8443",
		"http://tiles.example/gent.pmtiles":           "http://tiles.example",
		"/map/gent.pmtiles":                           "",
	} {
		style, err := url.Parse(address)
		require.NoError(t, err)
		s, err := newService(built, &settings.Settings{TimeZone: time.UTC, MapStyleURL: style})
		require.NoError(t, err)
		require.JSONEq(t, `{"api_base":"","time_zone":"UTC","map_style_url":"`+address+`"}`, body(t, get(t, s, "/config.json", nil)))
		policy := s.policy("trottoir.example:4000")
		if origin == "" {
			require.Equal(t, plain, policy)
			continue
		}
		require.Equal(t, 2, strings.Count(policy, " "+origin+";"), "images and requests, nothing else: "+policy)
		require.Equal(t, plain, strings.ReplaceAll(policy, " "+origin, ""))
		require.NotContains(t, policy, "style.json")
	}
}

// Devices keep the page with its headers: they must fetch it anew when these change, although the page is the same.
func TestTheServiceWorkerIsAnotherOneWithAnotherPolicy(t *testing.T) {
	t.Parallel()
	anywhere := http.Header{"Accept": {anything}}
	plain := get(t, service(t, built, ""), "/service-worker.js", anywhere)
	require.Equal(t, http.StatusOK, plain.StatusCode)
	require.Equal(t, "text/javascript; charset=utf-8", plain.Header.Get("Content-Type"))
	require.Equal(t, revalidate, plain.Header.Get("Cache-Control"), "a newer one is found at once")
	content := body(t, plain)
	require.Regexp(t, `^keep\('index.html','1-[0-9a-f]{24}'\)$`, content)
	require.Equal(t, content, body(t, get(t, service(t, built, ""), "/service-worker.js", anywhere)), "the same as long as nothing changes")
	moved := get(t, service(t, built, "2002"), "/service-worker.js", anywhere)
	require.NotEqual(t, plain.Header.Get("ETag"), moved.Header.Get("ETag"))
	require.NotEqual(t, content, body(t, moved))
	again := get(t, service(t, built, ""), "/service-worker.js", http.Header{"Accept": {anything}, "If-None-Match": {plain.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
}

func TestAForgedHostGetsIntoNoHeader(t *testing.T) {
	t.Parallel()
	s := service(t, built, "2002")
	for _, host := range []string{"", "evil.example; script-src *", "a b", "[::1", "x:y", "a,b"} {
		require.NotContains(t, s.policy(host), "evil", host)
		require.NotContains(t, s.policy(host), "ws:", host)
		require.Empty(t, s.apiBase(host), host)
	}
}

func TestConfigTellsWhereTheAPIIsAndWhenDaysBegin(t *testing.T) {
	t.Parallel()
	for port, want := range map[string]string{
		"":     `{"api_base":"","time_zone":"Asia/Bangkok","map_style_url":""}`,
		"2002": `{"api_base":"//trottoir.example:2002","time_zone":"Asia/Bangkok","map_style_url":""}`,
	} {
		answer := get(t, service(t, built, port), "/config.json", nil)
		require.Equal(t, "application/json", answer.Header.Get("Content-Type"))
		require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
		require.JSONEq(t, want, body(t, answer))
	}
	s := service(t, built, "2002")
	require.Equal(t, "//[::1]:2002", s.apiBase("[::1]:4000"))
	require.Equal(t, "//[::1]:2002", s.apiBase("[::1]"))
	require.Equal(t, "//localhost:2002", s.apiBase("localhost"))
}

func TestWithoutABuildThePageSaysHowToMakeOne(t *testing.T) {
	t.Parallel()
	s := service(t, fstest.MapFS{".keep": {}}, "")
	answer := get(t, s, "/", http.Header{"Accept": {page}})
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	require.Equal(t, "text/html; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Contains(t, body(t, answer), "make web")
	require.Equal(t, http.StatusNotFound, get(t, s, "/wrong", nil).StatusCode)
}

func TestTheEmbeddedBuildCanBeServed(t *testing.T) {
	t.Parallel()
	s, err := initService()
	require.NoError(t, err)
	answer := get(t, s, "/", http.Header{"Accept": {page}})
	require.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, answer.StatusCode)
}

func TestWhileTheWebAppIsDevelopedViteAnswers(t *testing.T) {
	t.Parallel()
	vite := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.WriteString(w, req.Host+req.URL.RequestURI())
	}))
	defer vite.Close()
	address, err := url.Parse(vite.URL)
	require.NoError(t, err)
	s, err := newService(built, &settings.Settings{TimeZone: time.UTC, FrontendDevURL: address})
	require.NoError(t, err)
	answer := get(t, s, "/src/main.tsx?t=1", nil)
	require.Equal(t, strings.TrimPrefix(vite.URL, "http://")+"/src/main.tsx?t=1", body(t, answer))
	require.Empty(t, answer.Header.Get("Content-Security-Policy"), "Vite's own scripts are inline")

	vite.Close()
	gone := get(t, s, "/", nil)
	require.Equal(t, http.StatusServiceUnavailable, gone.StatusCode)
	require.Contains(t, body(t, gone), vite.URL)
}
