// Package payload shows how requests are read and answers written.
package payload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/types/option"
	"encore.dev/types/uuid"
)

// Everything has a field of each type in each place.
type Everything struct {
	Header  string                `header:"X-Text"`
	Headers []string              `header:"X-List"`
	Flag    bool                  `query:"flag"`
	Limit   int                   `query:"limit"`
	IDs     []int64               `query:"id"`
	At      time.Time             `query:"at"`
	Token   uuid.UUID             `query:"token"`
	Bytes   []byte                `query:"bytes"`
	Name    string                `json:"name"`
	Small   int8                  `json:"small"`
	Nested  *Nested               `json:"nested"`
	Raw     json.RawMessage       `json:"raw"`
	Maybe   option.Option[string] `json:"maybe"`
	Ignored string                `json:"-"`
}

// Nested is plain JSON.
type Nested struct {
	Header string            `header:"X-Nested" json:"header"`
	Tags   map[string]string `json:"tags"`
}

// Echo answers what it read.
type Echo struct {
	Header  string                `json:"header"`
	Headers []string              `json:"headers"`
	Flag    bool                  `json:"flag"`
	Limit   int                   `json:"limit"`
	IDs     []int64               `json:"ids"`
	At      time.Time             `json:"at"`
	Token   uuid.UUID             `json:"token"`
	Bytes   []byte                `json:"bytes"`
	Name    string                `json:"name"`
	Small   int8                  `json:"small"`
	Nested  *Nested               `json:"nested"`
	Raw     json.RawMessage       `json:"raw"`
	Maybe   option.Option[string] `json:"maybe"`
	Empty   string                `json:"empty,omitempty"`
	Zero    time.Time             `json:"zero,omitempty"`
	List    []string              `json:"list,omitempty"`
}

// Post reads everything.
//
//encore:api public method=POST path=/echo
func Post(_ context.Context, p *Everything) (*Echo, error) {
	return &Echo{
		Header: p.Header, Headers: p.Headers, Flag: p.Flag, Limit: p.Limit, IDs: p.IDs, At: p.At, Token: p.Token,
		Bytes: p.Bytes, Name: p.Name, Small: p.Small, Nested: p.Nested, Raw: p.Raw, Maybe: p.Maybe,
		List: []string{},
	}, nil
}

// Search has fields without tags, read from the query.
type Search struct {
	CamelCase string
	ID        int
	UserIDs   []string
	APIKey2   string
	Renamed   string `json:"other"`
}

// Found answers a Search.
type Found struct {
	CamelCase string   `json:"camel_case"`
	ID        int      `json:"id"`
	UserIDs   []string `json:"user_ids"`
	APIKey2   string   `json:"api_key2"`
	Renamed   string   `json:"renamed"`
}

// Get reads the query.
//
//encore:api public method=GET path=/search
func Get(_ context.Context, p *Search) (*Found, error) { return (*Found)(p), nil }

// Status sets a status and headers.
type Status struct {
	Status  int      `encore:"httpstatus"`
	Cookies []string `header:"Set-Cookie"`
	Link    string   `header:"Link" json:"link"`
	Body    string   `json:"body"`
	Query   string   `query:"q"`
}

// Created answers 201.
//
//encore:api public method=POST path=/created
func Created(context.Context) (*Status, error) {
	return &Status{Status: http.StatusCreated, Cookies: []string{"a=1", "b=2"}, Link: "<x>", Body: "<&\u2028>", Query: "q"}, nil
}

// Headers has no body.
type Headers struct {
	Version string `header:"X-Version"`
}

// HeaderOnly answers headers only.
//
//encore:api public method=GET path=/header-only
func HeaderOnly(context.Context) (*Headers, error) { return &Headers{Version: "7"}, nil }

// Names are headers of a request.
type Names struct {
	Languages []string `header:"Accept-Language"`
	Both      string   `header:"X-Both" json:"both"`
	Number    int      `header:"x-number"`
}

// Named answers the headers that it read.
type Named struct {
	Languages []string `json:"languages"`
	Both      string   `json:"both"`
	Number    int      `json:"number"`
	Answered  []string `header:"X-Answered"`
	Absent    string   `header:"X-Absent"`
}

// ReadHeaders reads headers only, so it has no body.
//
//encore:api public method=POST path=/headers
func ReadHeaders(_ context.Context, p *Names) (*Named, error) {
	return &Named{Languages: p.Languages, Both: p.Both, Number: p.Number, Answered: []string{"1", "2"}}, nil
}

// Nothing answers an empty body.
//
//encore:api public method=GET path=/nothing
func Nothing(context.Context) error { return nil }

// Nil answers null.
//
//encore:api public method=GET path=/nil
func Nil(context.Context) (*Echo, error) { return nil, nil }

// Zeroes has nil lists and maps.
type Zeroes struct {
	List  []string          `json:"list"`
	Map   map[string]string `json:"map"`
	Bytes []byte            `json:"bytes"`
	Float float64           `json:"float"`
	Raw   json.RawMessage   `json:"raw"`
}

// Zero answers zero values; it takes and gives structs, not pointers.
//
//encore:api public method=GET path=/zero
func Zero(context.Context) (Zeroes, error) { return Zeroes{}, nil }

// Checked validates itself.
type Checked struct {
	Kind string `json:"kind"`
}

// Validate refuses by kind.
func (c *Checked) Validate() error {
	switch c.Kind {
	case "plain":
		return errors.New("kind is plain")
	case "coded":
		return &errs.Error{Code: errs.FailedPrecondition, Message: "not now"}
	}
	return nil
}

// Validated is reached by valid requests only.
//
//encore:api public method=POST path=/validated
func Validated(_ context.Context, _ *Checked) error { return nil }

// Failure selects an error.
type Failure struct {
	Kind string `query:"kind"`
}

// Detail is sent along with an error.
type Detail struct {
	Field string `json:"field"`
}

// ErrDetails marks Detail as part of an error.
func (Detail) ErrDetails() {}

// Fail fails as told.
//
//encore:api public method=GET path=/fail
func Fail(_ context.Context, p *Failure) error {
	inner := &errs.Error{Code: errs.NotFound, Message: "no such thing", Details: Detail{Field: "id"}, Meta: errs.Metadata{"secret": "stays"}}
	switch p.Kind {
	case "plain":
		return errors.New("plain text")
	case "coded":
		return inner
	case "wrapped":
		return errs.Wrap(inner, "outer")
	case "recoded":
		return errs.WrapCode(inner, errs.Aborted, "outer")
	case "doubled":
		return fmt.Errorf("ctx: %w", inner)
	case "built":
		return errs.B().Code(errs.ResourceExhausted).Msgf("wait %d s", 3).Meta("k", "v").Err()
	case "panic":
		panic("the handler gave up")
	}
	return nil
}

// Protocol answers the version of HTTP.
//
//encore:api public raw method=GET path=/protocol
func Protocol(w http.ResponseWriter, req *http.Request) {
	_, _ = w.Write([]byte(req.Proto)) // the test reads the answer
}

// RawPanic panics in a raw endpoint.
//
//encore:api public raw method=GET path=/raw-panic
func RawPanic(http.ResponseWriter, *http.Request) { panic("raw") }

// Stream writes in parts.
//
//encore:api public raw method=GET path=/stream
func Stream(w http.ResponseWriter, req *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		errs.HTTPError(w, &errs.Error{Code: errs.Internal, Message: "cannot stream"})
		return
	}
	_, _ = w.Write([]byte("first\n"))
	flusher.Flush()
	select {
	case <-req.Context().Done(): // the client has read the first part and left
	case <-release:
	}
	_, _ = w.Write([]byte("second\n"))
}

var release = make(chan struct{}, 1)

// Release lets one Stream go on.
//
//encore:api public method=POST path=/stream/release
func Release(context.Context) error {
	release <- struct{}{}
	return nil
}

// Seen is what the framework knows about the request and the application.
type Seen struct {
	Type        string   `json:"type"`
	Service     string   `json:"service"`
	Endpoint    string   `json:"endpoint"`
	Path        string   `json:"path"`
	Param       string   `json:"param"`
	Tags        []string `json:"tags"`
	Exposed     bool     `json:"exposed"`
	Trace       bool     `json:"trace"`
	Environment string   `json:"environment"`
	Cloud       string   `json:"cloud"`
	BaseURL     string   `json:"base_url"`
	InGoroutine string   `json:"in_goroutine"`
}

// Current answers what is known about the request, also in a goroutine that it starts.
//
//encore:api public method=GET path=/current/:id tag:seen
func Current(_ context.Context, id string) (*Seen, error) {
	inside := make(chan string, 1)
	go func() { inside <- encore.CurrentRequest().Endpoint }()
	req, meta := encore.CurrentRequest(), encore.Meta()
	return &Seen{
		Type: string(req.Type), Service: req.Service, Endpoint: req.Endpoint, Path: req.Path, Param: req.PathParams.Get("id"),
		Tags: req.API.Tags, Exposed: req.API.Exposed, Trace: req.Trace.TraceID != "",
		Environment: string(meta.Environment.Type), Cloud: string(meta.Environment.Cloud), BaseURL: meta.APIBaseURL.String(),
		InGoroutine: <-inside,
	}, nil
}
