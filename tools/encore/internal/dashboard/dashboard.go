// Package dashboard is the developer's view of an application that runs on this machine: what it consists of, its
// endpoints to try, its logs, databases, buckets and mail.
//
// It can read and do whatever the application can, without a login. So it answers only requests made to a loopback
// name, which keeps other people's pages from reaching it by a name of theirs, and none that another site's page
// sends.
package dashboard

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"html/template"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/local"
)

//go:embed static
var staticFiles embed.FS

//go:embed templates
var templateFiles embed.FS

// Options is what the dashboard shows.
type Options struct {
	App         func() *app.App    // the application as it is now
	AppURL      string             // where it is reached, such as http://127.0.0.1:4000
	Environment *local.Environment // its databases, buckets and mail
}

// Dashboard is the dashboard of one application. Its methods may be called by several goroutines.
type Dashboard struct {
	options Options
	logs    *logStore
	client  *http.Client
	pages   *template.Template
	handler http.Handler
}

// New returns the dashboard; Serve makes it reachable.
func New(o Options) *Dashboard {
	d := &Dashboard{
		options: o,
		logs:    newLogStore(),
		client: &http.Client{
			Timeout:       callTimeout,
			Jar:           newJar(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport:     &http.Transport{DisableCompression: true},
		},
	}
	d.pages = template.Must(template.New("").Funcs(template.FuncMap{
		"zone":  func() string { return time.Now().Format("MST (-07:00)") },
		"clock": func(t time.Time) string { return t.Local().Format("15:04:05.000") },
		"date":  func(t time.Time) string { return t.Local().Format("2 Jan 15:04:05") },
		"bytes": formatBytes,
		"prose": prose,
		"milliseconds": func(number string) string {
			if ms, err := strconv.ParseFloat(number, 64); err == nil {
				number = strconv.FormatFloat(ms, 'f', 2, 64)
			}
			return number + " ms"
		},
	}).ParseFS(templateFiles, "templates/*.html"))
	d.handler = d.guard(d.routes())
	return d
}

var wrapped = regexp.MustCompile(`([^\s])\n([^\s\-*])`)

// prose lets the lines of a comment flow, except those of lists and code.
func prose(doc string) string { return wrapped.ReplaceAllString(strings.TrimSpace(doc), "$1 $2") }

// Log takes a line of the program's JSON log. Lines of another form are shown as they are.
func (d *Dashboard) Log(line []byte) { d.logs.add(line) }

// Serve answers requests on l until ctx ends.
func (d *Dashboard) Serve(ctx context.Context, l net.Listener) error {
	s := &http.Server{
		Handler:           d.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		BaseContext:       func(net.Listener) context.Context { return ctx }, // ends the live pages
	}
	stop := context.AfterFunc(ctx, func() { _ = s.Close() }) // nobody waits for its answers any more
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (d *Dashboard) routes() http.Handler {
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the folder is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.HandleFunc("GET /{$}", d.services)
	mux.HandleFunc("GET /services/{service}", d.service)
	mux.HandleFunc("GET /services/{service}/{endpoint}", d.endpoint)
	mux.HandleFunc("POST /services/{service}/{endpoint}", d.call)
	mux.HandleFunc("GET /logs", d.logPage)
	mux.HandleFunc("GET /logs/stream", d.logStream)
	mux.HandleFunc("GET /databases", d.databases)
	mux.HandleFunc("GET /databases/{database}", d.database)
	mux.HandleFunc("POST /databases/{database}", d.database)
	mux.HandleFunc("GET /topics", d.topics)
	mux.HandleFunc("POST /topics/dead-letters", d.deadLetter)
	mux.HandleFunc("GET /cron", d.cron)
	mux.HandleFunc("POST /cron/{id}", d.runCron)
	mux.HandleFunc("GET /buckets", d.buckets)
	mux.HandleFunc("GET /buckets/{bucket}", d.bucket)
	mux.HandleFunc("GET /mail", d.mails)
	mux.HandleFunc("POST /mail/delete", d.deleteMails)
	mux.HandleFunc("GET /mail/{id}", d.mail)
	mux.HandleFunc("GET /mail/{id}/html", d.mailHTML)
	mux.HandleFunc("GET /mail/{id}/raw", d.mailRaw)
	mux.HandleFunc("GET /mail/{id}/attachments/{number}", d.mailAttachment)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		d.fail(w, r, http.StatusNotFound, "There is no such page.")
	})
	return mux
}

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard refuses requests that were not made by the developer's own hand.
func (d *Dashboard) guard(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protected := protection.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if !slices.Contains([]string{"127.0.0.1", "localhost", "::1", "[::1]"}, host) {
			http.Error(w, "The dashboard is reached by the name 127.0.0.1 or localhost only.", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
			http.Error(w, "The dashboard does not answer other sites.", http.StatusForbidden)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// newJar keeps the cookies that the application sets, so that whoever signs in stays signed in for the calls that follow.
func newJar() http.CookieJar {
	jar, err := cookiejar.New(nil)
	if err != nil {
		panic(err) // it never fails without options
	}
	return jar
}

// appName is the id of the application, or what its README calls it, or the name of its folder.
func appName(a *app.App) string {
	if a.File.ID != "" {
		return a.File.ID
	}
	if text, err := os.ReadFile(filepath.Join(a.Root, "README.md")); err == nil {
		for line := range strings.Lines(string(text)) {
			if title, ok := strings.CutPrefix(line, "# "); ok && strings.TrimSpace(title) != "" {
				return strings.TrimSpace(title)
			}
		}
	}
	return filepath.Base(a.Root)
}

// page is what every page shows, and the content of this one.
type page struct {
	Title   string
	Section string
	App     string
	AppURL  string
	Content any
}

func (d *Dashboard) show(w http.ResponseWriter, _ *http.Request, status int, name, section, title string, content any) {
	a := d.options.App()
	var buffer bytes.Buffer
	err := d.pages.ExecuteTemplate(&buffer, name, page{title, section, appName(a), d.options.AppURL, content})
	if err != nil {
		http.Error(w, "The page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = buffer.WriteTo(w) // fails when the browser has gone
}

func (d *Dashboard) fail(w http.ResponseWriter, r *http.Request, status int, message string) {
	d.show(w, r, status, "error.html", "", http.StatusText(status), message)
}
