// Package server serves the endpoints of an application over HTTP.
package server

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"encore.dev/beta/errs"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/registry"
	"encore.dev/internal/wire"
)

// Config is what a Server needs to know.
type Config struct {
	Endpoints        []*registry.Endpoint
	AuthHandler      *registry.AuthHandler // nil = none
	CORS             CORS
	PrivateEndpoints bool     // private endpoints are served too, to nobody but the developer of this machine
	AllowHosts       []string // with PrivateEndpoints: names, beside those of this machine, that requests may be for
	Indent           bool     // responses are indented
	Health           Health
	Mounts           []lifecycle.Mounted
}

// Server is the HTTP handler of an application.
type Server struct {
	cfg    Config
	router router
	auth   *wire.Auth
	cors   *cors

	draining atomic.Bool
	closing  atomic.Bool
	active   atomic.Int64
	idle     chan struct{} // closed when closing and nothing is active
	idling   atomic.Bool
}

// New returns a Server. It fails when an endpoint or the CORS settings cannot be served.
func New(cfg Config) (*Server, error) {
	s := &Server{cfg: cfg, idle: make(chan struct{})}
	var requestHeaders, responseHeaders []string
	for _, e := range cfg.Endpoints {
		if e.Access == registry.Private && !cfg.PrivateEndpoints {
			continue
		}
		s.router.add(e)
		e.Metrics() // they begin at 0
		if codec := e.RequestCodec(); codec != nil {
			requestHeaders = append(requestHeaders, codec.Headers()...)
		}
		if codec := e.ResponseCodec(); codec != nil {
			responseHeaders = append(responseHeaders, codec.Headers()...)
		}
	}
	if cfg.AuthHandler != nil {
		var err error
		if s.auth, err = wire.CompileAuth(cfg.AuthHandler.Params); err != nil {
			return nil, err
		}
		requestHeaders = append(requestHeaders, s.auth.Headers()...)
	}
	var err error
	if s.cors, err = newCORS(cfg.CORS, requestHeaders, responseHeaders); err != nil {
		return nil, err
	}
	return s, nil
}

const reservedPrefix = "/__encore/"

// Header values shared by all responses. Adding to one of them copies it, because it has no room.
var (
	varyOrigin      = slices.Clip([]string{"Origin"})
	contentTypeJSON = slices.Clip([]string{"application/json"})
	noSniff         = slices.Clip([]string{"nosniff"})
	connectionClose = slices.Clip([]string{"close"})
)

// ServeHTTP serves one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header["Vary"] = varyOrigin
	if s.draining.Load() {
		header["Connection"] = connectionClose
	}
	path := r.URL.EscapedPath()
	if strings.HasPrefix(path, reservedPrefix) && path == reservedPrefix+"healthz" {
		s.serveHealth(w)
		return
	}
	s.active.Add(1)
	defer s.finish()
	if s.closing.Load() {
		header["Retry-After"] = []string{"2"}
		errs.HTTPError(w, errShuttingDown)
		return
	}
	if s.cfg.PrivateEndpoints && !knownHost(r.Host, s.cfg.AllowHosts) {
		errs.HTTPError(w, errForeignHost)
		return
	}
	if s.cors.handle(w, r) {
		return
	}
	if strings.HasPrefix(path, reservedPrefix) {
		s.serveReserved(w, r, path)
		return
	}
	var v values
	e, redirect := s.router.find(r.Method, path, &v)
	switch {
	case e != nil && e.Access == registry.Private && foreign(r):
		errs.HTTPError(w, errForeignOrigin)
	case e != nil:
		s.serve(w, r, e, path, &v)
	case redirect != "":
		header["Location"] = []string{redirect}
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusMovedPermanently)
		} else {
			w.WriteHeader(http.StatusPermanentRedirect)
		}
	default:
		errs.HTTPError(w, errNotFound)
	}
}

var (
	errNotFound     = &errs.Error{Code: errs.NotFound, Message: "endpoint not found"}
	errShuttingDown = &errs.Error{Code: errs.Unavailable, Message: "the server is shutting down"}
	errAuthRequired = &errs.Error{Code: errs.Unauthenticated, Message: "endpoint requires auth but none provided"}
)

// serveReserved serves what Mount registered. On a developer's machine pages of other sites change nothing there.
func (s *Server) serveReserved(w http.ResponseWriter, r *http.Request, path string) {
	if s.cfg.PrivateEndpoints && r.Method != http.MethodGet && r.Method != http.MethodHead && foreign(r) {
		errs.HTTPError(w, errForeignOrigin)
		return
	}
	for _, m := range s.cfg.Mounts {
		if strings.HasPrefix(path, m.Prefix) {
			m.Handler.ServeHTTP(w, r)
			return
		}
	}
	errs.HTTPError(w, errNotFound)
}

// Drain makes each answer the last one on its connection.
func (s *Server) Drain() { s.draining.Store(true) }

// Close makes the server refuse new requests. Idle is then closed when those in hand are done.
func (s *Server) Close() {
	s.closing.Store(true)
	if s.active.Load() == 0 {
		s.setIdle()
	}
}

// Idle is closed when the server is closed and serves no request.
func (s *Server) Idle() <-chan struct{} { return s.idle }

// Active returns the number of requests that are being served.
func (s *Server) Active() int64 { return s.active.Load() }

func (s *Server) finish() {
	if s.active.Add(-1) == 0 && s.closing.Load() {
		s.setIdle()
	}
}

func (s *Server) setIdle() {
	if s.idling.CompareAndSwap(false, true) {
		close(s.idle)
	}
}
