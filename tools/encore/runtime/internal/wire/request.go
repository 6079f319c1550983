package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"encore.dev/beta/errs"
)

// Request decodes the payload of an endpoint.
type Request struct {
	typ     reflect.Type // the struct
	pointer bool         // payloads are pointers to it
	// Fields without a tag are in the query of methods that have no body, and in the body of the others.
	bodyless, bodied plan
	headers          []string
}

// plan says where the fields of a payload come from.
type plan struct {
	err     error // why requests with such methods cannot be decoded
	headers []valuesField
	queries []valuesField
	body    []field
	shadow  reflect.Type // what the body is decoded into, nil without body fields
}

type valuesField struct {
	index int
	name  string // canonical for headers
	set   valuesSetter
}

// CompileRequest returns the decoder for payloads of type t, a struct or a pointer to one.
func CompileRequest(t reflect.Type) (*Request, error) {
	structType, pointer, err := structOf(t)
	if err != nil {
		return nil, err
	}
	r := &Request{typ: structType, pointer: pointer}
	fields := structFields(structType)
	r.bodied = newPlan(structType, fields, false)
	r.bodyless = newPlan(structType, fields, true)
	if r.bodied.err != nil {
		return nil, r.bodied.err
	}
	for _, f := range r.bodied.headers {
		r.headers = append(r.headers, f.name)
	}
	return r, nil
}

func newPlan(t reflect.Type, fields []field, bodyless bool) plan {
	var p plan
	for _, f := range fields {
		query := f.query
		switch {
		case f.header != "":
			query = ""
		case query == "" && bodyless:
			query = f.snakeName
		}
		if f.header == "" && query == "" {
			if f.json != "" && !bodyless {
				p.body = append(p.body, f)
			}
			continue
		}
		set, err := newValuesSetter(f.typ)
		if err != nil {
			return plan{err: fmt.Errorf("field %s.%s: %w", t.Name(), f.goName, err)}
		}
		if f.header != "" {
			p.headers = append(p.headers, valuesField{f.index, http.CanonicalHeaderKey(f.header), set})
		} else {
			p.queries = append(p.queries, valuesField{f.index, query, set})
		}
	}
	if len(p.body) > 0 {
		p.shadow, p.err = shadow(t, p.body)
	}
	return p
}

// ReadsBody reports whether payloads of requests with such a method come from the body.
func (r *Request) ReadsBody(method string) bool { return r.planFor(method).shadow != nil }

func (r *Request) planFor(method string) *plan {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodDelete:
		return &r.bodyless
	}
	return &r.bodied
}

// Headers returns the names of the headers that are decoded.
func (r *Request) Headers() []string { return r.headers }

// Decode returns the payload of req. Its errors have the code InvalidArgument.
func (r *Request) Decode(req *http.Request) (any, error) {
	p := r.planFor(req.Method)
	if p.err != nil {
		return nil, errs.B().Code(errs.Internal).Msgf("decode request: %v", p.err).Err()
	}
	payload := reflect.New(r.typ)
	for _, f := range p.headers {
		values := req.Header[f.name]
		if f.name == "Host" && len(values) == 0 {
			values = []string{req.Host}
		}
		if err := f.set(payload.Elem().Field(f.index), values); err != nil {
			return nil, invalidParameter(strings.ToLower(f.name), err)
		}
	}
	if len(p.queries) > 0 && req.URL.RawQuery != "" {
		// Malformed pairs are dropped, as net/url does for Query.
		query, _ := url.ParseQuery(req.URL.RawQuery)
		for _, f := range p.queries {
			if err := f.set(payload.Elem().Field(f.index), query[f.name]); err != nil {
				return nil, invalidParameter(f.name, err)
			}
		}
	}
	if p.shadow != nil {
		if err := p.decodeBody(payload, req.Body); err != nil {
			return nil, err
		}
	}
	if r.pointer {
		return payload.Interface(), nil
	}
	return payload.Elem().Interface(), nil
}

// Payloads are decoded from these; large ones are left to the garbage collector.
var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

const maxPooledBody = 64 << 10

func (p *plan) decodeBody(payload reflect.Value, body io.Reader) error {
	buf := bodies.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= maxPooledBody {
			buf.Reset()
			bodies.Put(buf)
		}
	}()
	if body != nil {
		if _, err := buf.ReadFrom(body); err != nil {
			return readError(err)
		}
	}
	data := buf.Bytes()
	if len(data) == 0 {
		return &errs.Error{
			Code:    errs.InvalidArgument,
			Message: "decode request: request_body: missing request body: missing request body",
		}
	}
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && first[0] != '{' && json.Valid(data) {
		return invalidBody(errors.New("the body is not a JSON object"))
	}
	err := json.Unmarshal(data, as(p.shadow, payload.UnsafePointer()))
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return invalidBody(err)
	}
	return p.explain(data, payload.Type().Elem(), err)
}

func readError(err error) error {
	if limit, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(limit.Limit)
	}
	return &errs.Error{Code: errs.InvalidArgument, Message: "decode request: request_body: the request body could not be read"}
}

// TooLarge is the error for a body of more than limit bytes. Sending it again does not help, so its code is not
// ResourceExhausted, after which clients try again.
func TooLarge(limit int64) error {
	return &errs.Error{
		Code:    errs.InvalidArgument,
		Message: "decode request: request_body: the body is too large: at most " + byteSize(limit) + " are read",
	}
}

func byteSize(n int64) string {
	if n >= 1<<20 && n%(1<<20) == 0 {
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

func invalidBody(err error) error {
	return &errs.Error{Code: errs.InvalidArgument, Message: "decode request: request_body: invalid json: " + jsonProblem(err)}
}

// explain finds the field that made the decoding of data, which is valid JSON, fail with err.
func (p *plan) explain(data []byte, t reflect.Type, err error) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	if _, tokenErr := decoder.Token(); tokenErr != nil {
		return invalidBody(err)
	}
	for decoder.More() {
		key, tokenErr := decoder.Token()
		if tokenErr != nil {
			return invalidBody(err)
		}
		var value json.RawMessage
		if valueErr := decoder.Decode(&value); valueErr != nil {
			return invalidBody(err)
		}
		for _, f := range p.body {
			if name, _ := key.(string); !strings.EqualFold(f.json, name) {
				continue
			}
			if fieldErr := json.Unmarshal(value, reflect.New(t.Field(f.index).Type).Interface()); fieldErr != nil {
				return &errs.Error{
					Code:    errs.InvalidArgument,
					Message: "decode request: " + f.goName + ": invalid json parameter: " + jsonProblem(fieldErr),
				}
			}
		}
	}
	return invalidBody(err)
}
