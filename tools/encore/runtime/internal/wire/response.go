package wire

import (
	"net/http"
	"reflect"
	"sync"
	"unsafe"
)

// Response encodes the responses of an endpoint.
type Response struct {
	typ     reflect.Type // the struct
	pointer bool         // responses are pointers to it
	headers []valuesField
	status  int // index of the field with the HTTP status, -1 = none
	body    encodeFunc
	// empty is what a response without body fields is written as.
	empty string
}

// CompileResponse returns the encoder for responses of type t, a struct or a pointer to one.
func CompileResponse(t reflect.Type) (*Response, error) {
	structType, pointer, err := structOf(t)
	if err != nil {
		return nil, err
	}
	r := &Response{typ: structType, pointer: pointer, status: -1, empty: "{}\n"}
	var body []field
	for _, f := range structFields(structType) {
		switch {
		case f.header != "":
			r.headers = append(r.headers, valuesField{index: f.index, name: http.CanonicalHeaderKey(f.header)})
			r.empty = "\n"
		case f.status:
			r.status = f.index
			r.empty = "\n"
		case f.json != "":
			body = append(body, f)
		}
	}
	if len(body) > 0 {
		r.body = encodeStruct(bodyMembers(structType, body))
	}
	return r, nil
}

// Headers returns the names of the headers that responses set.
func (r *Response) Headers() []string {
	names := make([]string, len(r.headers))
	for i, f := range r.headers {
		names[i] = f.name
	}
	return names
}

// Encoder makes the body of one response at a time. Get one with NewEncoder and give it back with Free.
type Encoder struct{ out output }

var encoders = sync.Pool{New: func() any { return new(Encoder) }}

// NewEncoder returns an encoder that indents by two spaces or not at all.
func NewEncoder(indent bool) *Encoder {
	e := encoders.Get().(*Encoder)
	e.out.indent, e.out.depth, e.out.buf = indent, 0, e.out.buf[:0]
	return e
}

// Free gives the encoder back. What Encode returned must not be used any more.
func (e *Encoder) Free() {
	if cap(e.out.buf) <= maxPooledBody {
		encoders.Put(e)
	}
}

// Encode returns the body for value, a response of the type that r was compiled for, sets its headers, and returns its
// HTTP status, 0 when it does not say. The body is valid until Free.
func (e *Encoder) Encode(r *Response, value any, header http.Header) (body []byte, status int, err error) {
	v := reflect.ValueOf(value)
	var pointer unsafe.Pointer
	if r.pointer {
		if !v.IsValid() || v.IsNil() {
			return []byte("null\n"), 0, nil
		}
		pointer = v.UnsafePointer()
		v = v.Elem()
	} else {
		copied := reflect.New(r.typ)
		copied.Elem().Set(v)
		pointer = copied.UnsafePointer()
		v = copied.Elem()
	}
	if r.body == nil {
		e.out.buf = append(e.out.buf, r.empty...)
	} else {
		if err := r.body(&e.out, pointer); err != nil {
			return nil, 0, err
		}
		e.out.buf = append(e.out.buf, '\n')
	}
	for _, f := range r.headers {
		header[f.name] = scalarTexts(v.Field(f.index))
	}
	if r.status >= 0 {
		switch f := v.Field(r.status); {
		case f.CanInt():
			status = int(f.Int())
		case f.CanUint():
			status = int(f.Uint())
		}
	}
	return e.out.buf, status, nil
}
