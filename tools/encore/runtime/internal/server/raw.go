package server

import (
	"bufio"
	"context"
	"io"
	"maps"
	"net"
	"net/http"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/logs"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
)

// serveRaw runs a raw endpoint, which writes its response itself.
func (s *Server) serveRaw(w http.ResponseWriter, r *http.Request, e *registry.Endpoint, req *reqtrack.Request, authErr error) {
	if authErr == nil && e.Access == registry.Auth && req.UID == "" {
		authErr = errAuthRequired
	}
	ctx := reqtrack.Begin(r.Context(), req)
	defer req.End()
	invoke.LogStart(req)
	raw := &rawWriter{ResponseWriter: w}
	if authErr != nil {
		errs.HTTPError(raw, authErr)
		count(e, req, authErr, true)
		invoke.LogEnd(req, authErr, raw.status)
		return
	}
	handler := func(ctx context.Context) (any, error) {
		return nil, callRaw(raw, r.WithContext(ctx), e)
	}
	var outcome invoke.Outcome
	if chain := e.Middleware(); len(chain) > 0 {
		outcome = invoke.RunMiddleware(ctx, e, chain, handler)
	} else {
		_, outcome.Err = handler(ctx)
	}
	s.finishRaw(raw, e, req, outcome)
}

// rawPanicError marks an error as coming from the handler itself, whose response stays as it wrote it.
type rawPanicError struct{ error }

func (p rawPanicError) Unwrap() error { return p.error }

func callRaw(w http.ResponseWriter, r *http.Request, e *registry.Endpoint) (err error) {
	defer func() {
		switch value := recover(); value {
		case nil:
		case http.ErrAbortHandler:
			panic(value)
		default:
			err = rawPanicError{invoke.PanicError("panic handling request", value)}
		}
	}()
	e.HandleRaw(w, r)
	return nil
}

// finishRaw writes what middleware made of the request, if the endpoint has not answered, and logs the end.
func (s *Server) finishRaw(w *rawWriter, e *registry.Endpoint, req *reqtrack.Request, outcome invoke.Outcome) {
	panicErr, panicked := outcome.Err.(rawPanicError)
	if panicked {
		outcome.Err = panicErr.error
	}
	if !w.written && !w.hijacked {
		maps.Copy(w.Header(), outcome.Header)
		switch {
		case outcome.Err != nil && !panicked:
			status := errs.Code(outcome.Err).HTTPStatus()
			if validStatus(outcome.Status) {
				status = outcome.Status
			}
			errs.HTTPError(&statusOverride{w, status}, outcome.Err)
		case validStatus(outcome.Status):
			w.WriteHeader(outcome.Status)
		}
	}
	if outcome.Err == nil && w.status >= http.StatusBadRequest {
		outcome.Err = invoke.StatusError(w.status)
	}
	status := w.status
	if status == 0 && !w.hijacked {
		status = http.StatusOK
	}
	count(e, req, outcome.Err, !w.hijacked)
	invoke.LogEnd(req, outcome.Err, status)
}

// rawWriter remembers what a raw endpoint answered.
type rawWriter struct {
	http.ResponseWriter
	status   int
	written  bool
	hijacked bool
}

// Unwrap lets http.ResponseController reach the server's own writer.
func (w *rawWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *rawWriter) WriteHeader(status int) {
	if !w.written && (status >= 200 || status == http.StatusSwitchingProtocols) {
		w.status, w.written = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *rawWriter) Write(p []byte) (int, error) {
	w.begin()
	return w.ResponseWriter.Write(p)
}

func (w *rawWriter) WriteString(text string) (int, error) {
	w.begin()
	return io.WriteString(w.ResponseWriter, text)
}

// ReadFrom keeps the server's fast way of sending files.
func (w *rawWriter) ReadFrom(source io.Reader) (int64, error) {
	w.begin()
	return io.Copy(w.ResponseWriter, source)
}

func (w *rawWriter) begin() {
	if !w.written {
		w.status, w.written = http.StatusOK, true
	}
}

// Flush sends what has been written so far.
func (w *rawWriter) Flush() {
	w.begin()
	if err := http.NewResponseController(w.ResponseWriter).Flush(); err != nil {
		logs.Current(logs.Debug).Err(err).Send("the response cannot be flushed")
	}
}

// Hijack takes over the connection. It fails for HTTP/2.
func (w *rawWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		w.hijacked = true
	}
	return conn, rw, err
}
