// Package reqtrack knows which request a goroutine works on, and in tests which mocks it sees.
//
// The association travels with the goroutine's profiler labels (see label.go): every goroutine inherits it from the
// one that starts it. It also travels in the context of the request, which survives code that sets labels of its own.
package reqtrack

import (
	"context"
	"net/http"
	"reflect"
	"time"
	"unsafe"

	"go.opentelemetry.io/otel/trace"
)

// Kind says what a Request is.
type Kind uint8

// The kinds of request.
const (
	API         Kind = iota + 1 // a call of an endpoint, over HTTP or from code
	Message                     // the delivery of a message to a subscription
	AuthHandler                 // the run of the auth handler for a request over HTTP
)

// Param is the value of a path parameter, unescaped.
type Param struct{ Name, Value string }

// Endpoint is what is known about an endpoint before any request.
type Endpoint struct {
	Service, Name string
	RequestType   reflect.Type
	ResponseType  reflect.Type
	Raw           bool
	Tags          []string
	Exposed       bool
	AuthRequired  bool

	labels []label
}

// MessageData describes a message that is being delivered.
type MessageData struct {
	Service, Topic, Subscription string
	ID                           string
	Published                    time.Time
	DeliveryAttempt              int
}

// Request is one piece of work. Whoever makes it fills in what it knows, then calls Begin; from then on nobody
// changes it, so that goroutines which outlive it still read it safely.
type Request struct {
	cell // must be first: a goroutine's labels point to it

	Kind     Kind
	Service  string
	Endpoint string
	Started  time.Time

	Trace Trace
	Span  trace.Span // nil while no spans are exported

	// Of API requests.
	API        *Endpoint
	Method     string
	Path       string // escaped
	Params     []Param
	Headers    http.Header // nil for calls from code
	Payload    any
	CronKey    string
	ParamStore [2]Param // storage for Params when they are few

	// Of messages.
	Message *MessageData

	// UID and AuthData are the authenticated user, "" and nil when there is none.
	UID      string
	AuthData any

	ctx      context.Context
	previous unsafe.Pointer
}

// Begin makes r the current request of the calling goroutine and of those that it starts, and returns the context of
// the request. The same goroutine must call End.
func Begin(ctx context.Context, r *Request) context.Context {
	current := currentCell()
	r.cell.req = r
	if current != nil {
		r.cell.scope = current.scope
	}
	r.cell.labels = requestLabels
	if r.API != nil && r.API.labels != nil {
		r.cell.labels = r.API.labels
	}
	r.ctx = ctx
	r.previous = getLabels()
	setLabels(unsafe.Pointer(&r.cell))
	return (*requestContext)(r)
}

// End makes the request that was current before Begin, if any, the current one again.
func (r *Request) End() { setLabels(r.previous) }

// Current returns the request that the calling goroutine works on, nil when there is none.
func Current() *Request {
	if c := currentCell(); c != nil {
		return c.req
	}
	return nil
}

// From returns the request that ctx belongs to, else the current one of the goroutine, nil when there is none.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return Current()
}

type requestKey struct{}

// requestContext is a Request seen as its own context, which spares an allocation per request.
type requestContext Request

func (c *requestContext) Deadline() (time.Time, bool) { return c.ctx.Deadline() }
func (c *requestContext) Done() <-chan struct{}       { return c.ctx.Done() }
func (c *requestContext) Err() error                  { return c.ctx.Err() }
func (c *requestContext) Value(key any) any {
	if _, ok := key.(requestKey); ok {
		return (*Request)(c)
	}
	return c.ctx.Value(key)
}
