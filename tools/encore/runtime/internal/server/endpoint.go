package server

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/invoke"
	"encore.dev/internal/logs"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/tracing"
	"encore.dev/internal/wire"
)

// maxEchoed is the length up to which a correlation id given by the client is taken over.
const maxEchoed = 64

// serve runs an endpoint for a request from outside.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, e *registry.Endpoint, path string, v *values) {
	req := &reqtrack.Request{
		Kind: reqtrack.API, Service: e.Service, Endpoint: e.Name, Started: time.Now(), API: e.Info(),
		Method: r.Method, Path: path, Headers: r.Header,
	}
	if v.n <= len(req.ParamStore) {
		req.Params = req.ParamStore[:v.n]
	} else {
		req.Params = make([]reqtrack.Param, v.n)
	}
	for i := range req.Params {
		req.Params[i] = reqtrack.Param{Name: e.Params[i].Name, Value: v.list[i]}
	}
	if tracing.On() {
		r = r.WithContext(tracing.Server(r, req, e.Path))
	}
	setTrace(w.Header(), r, req)

	authErr := s.authenticate(r, e, req)
	if e.Raw {
		s.serveRaw(w, r, e, req, authErr)
		return
	}
	var params []any
	err := authErr
	// Nothing is read for those who may not call the endpoint.
	if e.Access == registry.Auth && err == nil && req.UID == "" {
		err = errAuthRequired
	}
	if err == nil {
		params, err = decode(w, r, e, req)
	}

	ctx := reqtrack.Begin(r.Context(), req)
	defer req.End()
	invoke.LogStart(req)
	outcome := invoke.Outcome{Err: err}
	if err == nil {
		outcome = invoke.Run(ctx, e, params, req.Payload)
	}
	status := s.respond(w, e, req, &outcome)
	count(e, req, outcome.Err, true)
	invoke.LogEnd(req, outcome.Err, status)
}

// count adds a request that is done to the metrics.
func count(e *registry.Endpoint, req *reqtrack.Request, err error, timed bool) {
	metrics := e.Metrics()
	metrics.Count(errs.Code(err))
	if timed {
		metrics.Observe(time.Since(req.Started))
	}
}

// decode returns the path parameters and sets the payload of req.
func decode(w http.ResponseWriter, r *http.Request, e *registry.Endpoint, req *reqtrack.Request) (params []any, err error) {
	if codecs := e.ParamCodecs(); len(codecs) > 0 {
		params = make([]any, len(codecs))
		for i, codec := range codecs {
			if params[i], err = codec.Parse(req.Params[i].Value); err != nil {
				return nil, err
			}
		}
	}
	if codec := e.RequestCodec(); codec != nil {
		if codec.ReadsBody(r.Method) {
			if r.ContentLength > e.MaxBody() {
				return nil, wire.TooLarge(e.MaxBody())
			}
			r.Body = http.MaxBytesReader(w, r.Body, e.MaxBody())
			defer limitBodyTime(w, r)()
		}
		if req.Payload, err = codec.Decode(r); err != nil {
			return nil, err
		}
	}
	return params, nil
}

// bodyTime is how long the body of a typed endpoint may take to arrive.
const bodyTime = time.Minute

// limitBodyTime gives the client a time to send the body in, until the returned function is called.
func limitBodyTime(w http.ResponseWriter, r *http.Request) (end func()) {
	if r.ContentLength == 0 {
		return func() {}
	}
	// A connection that has no deadlines, as in tests of handlers, keeps none.
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime))
	return func() { _ = control.SetReadDeadline(time.Time{}) }
}

// respond writes the outcome and returns the status.
func (s *Server) respond(w http.ResponseWriter, e *registry.Endpoint, req *reqtrack.Request, outcome *invoke.Outcome) int {
	header := w.Header()
	maps.Copy(header, outcome.Header)
	status := http.StatusOK
	var body []byte
	if codec := e.ResponseCodec(); outcome.Err == nil && codec != nil {
		encoder := wire.NewEncoder(s.cfg.Indent)
		defer encoder.Free()
		var err error
		var own int
		body, own, err = encoder.Encode(codec, outcome.Payload, header)
		if err != nil {
			outcome.Err = errs.WrapCode(err, errs.Internal, "encode response")
		}
		if own != 0 {
			status = own
		}
	}
	if outcome.Err != nil {
		status = errs.Code(outcome.Err).HTTPStatus()
		if validStatus(outcome.Status) {
			status = outcome.Status
		}
		errs.HTTPError(&statusOverride{w, status}, outcome.Err)
		return status
	}
	if outcome.Status != 0 {
		status = outcome.Status
	}
	if !validStatus(status) {
		logs.Start(logs.Error, req).Int("http_code", int64(status)).Send("the endpoint set an invalid HTTP status")
		status = http.StatusInternalServerError
	}
	header["Content-Type"], header["X-Content-Type-Options"] = contentTypeJSON, noSniff
	if len(body) > 0 && status != http.StatusNoContent && status != http.StatusNotModified {
		header["Content-Length"] = []string{strconv.Itoa(len(body))}
	} else {
		body = nil
	}
	w.WriteHeader(status)
	if len(body) > 0 {
		// The client may be gone; there is nobody else to tell.
		_, _ = w.Write(body)
	}
	return status
}

func validStatus(status int) bool { return status >= 200 && status <= 999 }

// statusOverride writes another status than the one it is told.
type statusOverride struct {
	http.ResponseWriter
	status int
}

func (w *statusOverride) WriteHeader(int) { w.ResponseWriter.WriteHeader(w.status) }

// setTrace gives the request its ids and tells them to the client.
func setTrace(header http.Header, r *http.Request, req *reqtrack.Request) {
	if req.Span == nil {
		req.Trace.SpanID = reqtrack.NewSpanID()
	}
	if parent := r.Header["Traceparent"]; len(parent) == 1 {
		if id, span, ok := reqtrack.ParseTraceParent(parent[0]); ok {
			req.Trace.ParentSpanID = span
			if req.Span == nil {
				req.Trace.ID = id
			}
		}
	}
	if req.Trace.ID == ([16]byte{}) {
		req.Trace.ID = reqtrack.NewTraceID()
	}
	texts := make([]string, 3)
	texts[0] = reqtrack.FormatTraceID(req.Trace.ID)
	texts[1] = texts[0]
	header["X-Encore-Trace-Id"] = texts[0:1:1]
	if id := r.Header["X-Request-Id"]; len(id) > 0 && reqtrack.WellFormedRequestID(id[0]) {
		texts[1] = id[0]
		req.Trace.ExtRequestID = id[0]
	}
	req.Trace.RequestID = texts[1]
	header["X-Request-Id"] = texts[1:2:2]
	if id := r.Header["X-Correlation-Id"]; len(id) > 0 && id[0] != "" && len(id[0]) <= maxEchoed {
		texts[2] = id[0]
		req.Trace.CorrelationID = id[0]
		header["X-Correlation-Id"] = texts[2:3:3]
	}
}

// authenticate runs the auth handler if the request carries auth data, and sets the user. The error it returns is to be
// the response.
func (s *Server) authenticate(r *http.Request, e *registry.Endpoint, req *reqtrack.Request) error {
	if s.auth == nil {
		return nil
	}
	params, err := s.auth.Decode(r)
	if err == nil {
		err = s.runAuthHandler(r.Context(), params, req)
	} else if errs.Code(err) == errs.Unauthenticated && e.Access == registry.Auth {
		// There is nothing to authenticate with.
		return err
	}
	if err != nil && errs.Code(err) == errs.Unauthenticated && e.Access != registry.Auth {
		return nil
	}
	return err
}

func (s *Server) runAuthHandler(ctx context.Context, params any, req *reqtrack.Request) (err error) {
	h := s.cfg.AuthHandler
	run := &reqtrack.Request{
		Kind: reqtrack.AuthHandler, Service: h.Service, Endpoint: h.Name, Started: time.Now(), Trace: req.Trace,
		Method: req.Method, Path: req.Path, Headers: req.Headers,
	}
	ctx = reqtrack.Begin(ctx, run)
	defer run.End()
	logs.Start(logs.Trace, run).Send("running auth handler")
	uid, data, err := callAuthHandler(ctx, h, params)
	code := errs.Code(err)
	if err != nil {
		level := logs.Error
		if code == errs.Unauthenticated || code == errs.Canceled {
			level = logs.Debug
		}
		if line := logs.Start(level, run); line != nil {
			invoke.Describe(line, err).Send("auth handler failed")
		}
	}
	logs.Start(logs.Trace, run).Duration("duration", time.Since(run.Started)).Str("code", code.String()).
		Send("auth handler completed")
	if err != nil {
		return err
	}
	if uid != "" {
		req.UID, req.AuthData = uid, data
	}
	return nil
}

func callAuthHandler(ctx context.Context, h *registry.AuthHandler, params any) (uid string, data any, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = invoke.PanicError("auth handler panicked", value)
		}
	}()
	if v, ok := params.(interface{ Validate() error }); ok {
		if err := v.Validate(); err != nil {
			return "", nil, invoke.ValidationError(err)
		}
	}
	id, data, err := h.Handle(ctx, params)
	return string(id), data, err
}
