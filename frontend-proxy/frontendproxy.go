// Package frontendproxy serves the web app, which is embedded in the program.
package frontendproxy

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"encore.dev/beta/errs"

	"encore.app/internal/refusal"
	"encore.app/internal/settings"
)

//go:embed all:dist
var build embed.FS

// Service serves one build of the web app.
//
//encore:service
type Service struct {
	files map[string]*file
	// backendPort is where the API is on the same host; empty when it is the same origin.
	backendPort string
	// timeZone is where days begin and end.
	timeZone *time.Location
	// mapStyle is where the ground of maps comes from; empty when there is none.
	mapStyle url.URL
	// vite is set while the web app is being developed.
	vite http.Handler
}

func initService() (*Service, error) {
	dist, err := fs.Sub(build, "dist")
	if err != nil {
		return nil, fmt.Errorf("open the web app: %w", err)
	}
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	return newService(dist, set)
}

func newService(dist fs.FS, set *settings.Settings) (*Service, error) {
	files, err := readFiles(dist)
	if err != nil {
		return nil, fmt.Errorf("read the web app: %w", err)
	}
	s := &Service{files: files, backendPort: set.BackendPort, timeZone: set.TimeZone}
	if set.MapStyleURL != nil {
		s.mapStyle = *set.MapStyleURL
	}
	if set.FrontendDevURL != nil {
		s.vite = forwardTo(set.FrontendDevURL)
	}
	return s, nil
}

// App serves the files of the web app, and its page for every other address, where the web app shows what belongs
// there.
//
// It only answers what no endpoint answers. So that a program with a wrong address is told so and does not get a page,
// the page goes to those who accept HTML and ask for a name without an extension, and at the address of the installation to
// everybody who accepts anything; everybody else gets not_found.
//
//encore:api public raw method=GET,HEAD path=/!path
func (s *Service) App(w http.ResponseWriter, req *http.Request) {
	if s.vite != nil {
		s.vite.ServeHTTP(w, req)
		return
	}
	s.secure(w.Header(), req.Host)
	name := strings.TrimPrefix(req.URL.Path, "/")
	switch {
	case name == serviceWorker && s.files[name] != nil:
		s.files[name].withPolicy(s.policy(req.Host)).serve(w, req, revalidate)
	case name != pageName && s.files[name] != nil:
		s.files[name].serve(w, req, cacheControl(name))
	case !wantsPage(name, req.Header):
		errs.HTTPError(w, refusal.NotFound("There is nothing at this address."))
	case s.files[pageName] != nil:
		s.files[pageName].serve(w, req, revalidate)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuilt))
	}
}

const pageName = "index.html"

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trottoir: the web app is not built</title>
<h1>The web app is not built</h1>
<p>This program was built without it. In the folder of the source, run <code>make web</code> and start again, or
<code>make run</code>, which does both.</p>
<p>To work on the web app itself, run <code>npm run dev</code> in <code>frontend-proxy/web</code> and start with
<code>FRONTEND_DEV_URL=http://127.0.0.1:5173</code>.</p>
<p>The API answers all the same: <a href="/docs/ui/">its documentation</a>.</p>
</html>
`

// wantsPage tells a person who opens an address from a program that asks for something which does not exist.
func wantsPage(name string, header http.Header) bool {
	last := name[strings.LastIndexByte(name, '/')+1:]
	if accept := header.Get("Accept"); (name == "" || name == pageName) && (accept == "" || strings.Contains(accept, "*/*")) {
		return true // curl, a monitor
	}
	return (last == pageName || !strings.Contains(last, ".")) && strings.Contains(header.Get("Accept"), "text/html")
}

// forwardTo returns a proxy to a Vite server; it carries the WebSocket through which Vite reloads, too.
func forwardTo(target *url.URL) http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = target.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			errs.HTTPError(w, refusal.Unavailable(err, time.Second, "Vite does not answer at "+target.String()+"."))
		},
	}
}
