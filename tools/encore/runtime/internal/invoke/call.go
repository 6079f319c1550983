package invoke

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
	"encore.dev/internal/tracing"
	"encore.dev/internal/wire"
)

// Call runs an endpoint on behalf of other code of the program, as a request of its own. Payload and response are handed
// over as they are; in tests they are copied through JSON, so that code which relies on sharing them fails there. An
// error comes back as it would from another process: what it wraps is only text.
func Call(ctx context.Context, e *registry.Endpoint, params []any, payload any) (any, error) {
	testing := reqtrack.Testing()
	if testing && reqtrack.Current() == nil {
		// Whatever the call leaves behind for the test to look at belongs to the test, not to the call.
		reqtrack.TestScope()
	}
	if !registry.Hosted(e.Service) {
		return nil, errs.B().Code(errs.Unavailable).Msgf("service %s does not run in this process", e.Service).Err()
	}
	user, err := callUser(ctx)
	if err != nil {
		return nil, err
	}
	if testing {
		if payload, err = wire.Copy(payload); err != nil {
			return nil, errs.WrapCode(err, errs.Internal, "copy the request")
		}
	}

	req := &reqtrack.Request{
		Kind: reqtrack.API, Service: e.Service, Endpoint: e.Name, Started: time.Now(), API: e.Info(),
		Method: http.MethodPost, Payload: payload, UID: user.UID, AuthData: user.Data,
	}
	if e.Methods[0] != "*" {
		req.Method = e.Methods[0]
	}
	describePath(req, e, params)
	if parent := reqtrack.From(ctx); parent != nil {
		req.Trace = parent.Trace
		req.Trace.ParentSpanID = parent.Trace.SpanID
		req.Trace.ExtRequestID = ""
	} else {
		req.Trace.ID = reqtrack.NewTraceID()
		req.Trace.RequestID = reqtrack.FormatTraceID(req.Trace.ID)
	}
	req.Trace.SpanID = reqtrack.NewSpanID()
	if tracing.On() {
		ctx = tracing.Call(ctx, req)
	}

	ctx = reqtrack.Begin(ctx, req)
	defer req.End()
	LogStart(req)
	outcome := runMocked(ctx, e, params, payload)
	LogEnd(req, outcome.Err, outcome.Status)
	if outcome.Err != nil {
		return nil, roundTrip(outcome.Err)
	}
	if testing {
		if outcome.Payload, err = wire.Copy(outcome.Payload); err != nil {
			return nil, errs.WrapCode(err, errs.Internal, "copy the response")
		}
	}
	return outcome.Payload, nil
}

// callUser returns the user that a call with ctx is made for: the one given to auth.WithContext, else that of the
// request which makes the call.
func callUser(ctx context.Context) (reqtrack.Auth, error) {
	given := reqtrack.AuthFrom(ctx)
	if given == nil {
		if req := reqtrack.From(ctx); req != nil {
			return reqtrack.Auth{UID: req.UID, Data: req.AuthData}, nil
		}
		current, _ := reqtrack.CurrentAuth()
		if err := CheckAuthData(current.UID, current.Data); err != nil {
			return reqtrack.Auth{}, err
		}
		return current, nil
	}
	if err := CheckAuthData(given.UID, given.Data); err != nil {
		return reqtrack.Auth{}, err
	}
	return *given, nil
}

// CheckAuthData reports why uid and data are not what the auth handler could have returned.
func CheckAuthData(uid string, data any) error {
	handler := registry.TheAuthHandler()
	if handler == nil {
		if uid != "" || data != nil {
			return fmt.Errorf("auth data given, but the application has no auth handler")
		}
		return nil
	}
	switch {
	case uid == "" && data != nil:
		return fmt.Errorf("auth data given without a user id")
	case uid == "":
		return nil
	case handler.Data == nil && data != nil:
		return fmt.Errorf("unexpected auth data of type %T: the auth handler returns none", data)
	case handler.Data == nil:
		return nil
	case data == nil, reflect.TypeOf(data) == handler.Data && reflect.ValueOf(data).IsNil():
		return fmt.Errorf("missing auth data: the auth handler returns %s", handler.Data)
	case reflect.TypeOf(data) != handler.Data:
		return fmt.Errorf("wrong auth data of type %T: the auth handler returns %s", data, handler.Data)
	}
	return nil
}

// describePath sets the path that the call would have had over HTTP.
func describePath(req *reqtrack.Request, e *registry.Endpoint, params []any) {
	if len(params) == 0 {
		req.Path = e.Path
		return
	}
	req.Params = req.ParamStore[:0]
	var path strings.Builder
	i := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(e.Path, "/"), "/") {
		path.WriteByte('/')
		if segment == "" || !strings.ContainsRune(":*!", rune(segment[0])) || i >= len(params) {
			path.WriteString(segment)
			continue
		}
		text := e.ParamCodecs()[i].Text(params[i])
		req.Params = append(req.Params, reqtrack.Param{Name: e.Params[i].Name, Value: text})
		if segment[0] == ':' {
			path.WriteString(url.PathEscape(text))
		} else {
			path.WriteString((&url.URL{Path: text}).EscapedPath())
		}
		i++
	}
	req.Path = path.String()
}

// roundTrip returns err as it would arrive from another process.
func roundTrip(err error) error {
	coded := errs.Convert(err).(*errs.Error)
	if coded.Unwrap() == nil {
		return coded
	}
	return &errs.Error{Code: coded.Code, Message: coded.ErrorMessage(), Details: coded.Details, Meta: coded.Meta}
}
