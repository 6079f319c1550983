package wire

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"encore.dev/internal/jsonappend"
	"encore.dev/types/uuid"
)

// A body is written by functions made once per type. Compared with encoding/json: raw messages keep their bytes also
// where the rest is indented, U+2028 and the characters of HTML are not escaped.

// output is JSON being written.
type output struct {
	buf    []byte
	indent bool
	depth  int
}

// maxDepth is the deepest nesting of objects and arrays; values that contain themselves reach it.
const maxDepth = 1000

// encodeFunc appends the value that p points to.
type encodeFunc func(o *output, p unsafe.Pointer) error

// place is where values of a type are found. As in encoding/json, methods of the pointer count only for those that have
// an address: not for the values of a map or an interface.
type place struct {
	t           reflect.Type
	addressable bool
}

var (
	encodeFuncs       sync.Map // place → encodeFunc
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// encoderFor returns the function for values of type t.
func encoderFor(t reflect.Type, addressable bool) encodeFunc {
	key := place{t, addressable}
	if known, ok := encodeFuncs.Load(key); ok {
		return known.(encodeFunc)
	}
	// A type that contains itself finds this while its own function is being made.
	var made encodeFunc
	ready := make(chan struct{})
	placeholder := encodeFunc(func(o *output, p unsafe.Pointer) error {
		<-ready
		return made(o, p)
	})
	if known, loaded := encodeFuncs.LoadOrStore(key, placeholder); loaded {
		return known.(encodeFunc)
	}
	made = newEncodeFunc(t, addressable)
	close(ready)
	encodeFuncs.Store(key, made)
	return made
}

func newEncodeFunc(t reflect.Type, addressable bool) encodeFunc {
	switch t {
	case timeType:
		return encodeTime
	case uuidType:
		return func(o *output, p unsafe.Pointer) error {
			o.buf = append(o.buf, '"')
			o.buf = append(o.buf, (*uuid.UUID)(p).String()...)
			o.buf = append(o.buf, '"')
			return nil
		}
	case rawMessageType:
		return encodeRaw
	}
	has := func(method reflect.Type) bool {
		return t.Implements(method) || addressable && reflect.PointerTo(t).Implements(method)
	}
	switch {
	case t.Kind() == reflect.Pointer:
	case t.Kind() == reflect.Interface:
		if t.Implements(marshalerType) || t.Implements(textMarshalerType) {
			return encodeStandard(t, addressable)
		}
	case has(marshalerType):
		return encodeMarshaler(t)
	case has(textMarshalerType):
		return encodeTextMarshaler(t)
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(o *output, p unsafe.Pointer) error {
			o.buf = strconv.AppendBool(o.buf, *(*bool)(p))
			return nil
		}
	case reflect.Int:
		return encodeInt[int]
	case reflect.Int8:
		return encodeInt[int8]
	case reflect.Int16:
		return encodeInt[int16]
	case reflect.Int32:
		return encodeInt[int32]
	case reflect.Int64:
		return encodeInt[int64]
	case reflect.Uint:
		return encodeUint[uint]
	case reflect.Uint8:
		return encodeUint[uint8]
	case reflect.Uint16:
		return encodeUint[uint16]
	case reflect.Uint32:
		return encodeUint[uint32]
	case reflect.Uint64:
		return encodeUint[uint64]
	case reflect.Uintptr:
		return encodeUint[uintptr]
	case reflect.Float32:
		return func(o *output, p unsafe.Pointer) error { return o.float(float64(*(*float32)(p)), 32) }
	case reflect.Float64:
		return func(o *output, p unsafe.Pointer) error { return o.float(*(*float64)(p), 64) }
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			break
		}
		return func(o *output, p unsafe.Pointer) error {
			o.buf = jsonappend.String(o.buf, *(*string)(p))
			return nil
		}
	case reflect.Pointer:
		return encodePointer(t)
	case reflect.Slice:
		return encodeSlice(t)
	case reflect.Array:
		return encodeArray(t, addressable)
	case reflect.Map:
		if t.Key().Kind() == reflect.String && !t.Key().Implements(textMarshalerType) {
			return encodeMap(t)
		}
	case reflect.Struct:
		if fields, ok := nestedFields(t, addressable); ok {
			return encodeStruct(fields)
		}
	case reflect.Interface:
		return func(o *output, p unsafe.Pointer) error {
			v := reflect.NewAt(t, p).Elem()
			if v.IsNil() {
				o.buf = append(o.buf, "null"...)
				return nil
			}
			copied := reflect.New(v.Elem().Type())
			copied.Elem().Set(v.Elem())
			return encoderFor(v.Elem().Type(), false)(o, copied.UnsafePointer())
		}
	}
	return encodeStandard(t, addressable)
}

func encodeInt[T int | int8 | int16 | int32 | int64](o *output, p unsafe.Pointer) error {
	o.buf = strconv.AppendInt(o.buf, int64(*(*T)(p)), 10)
	return nil
}

func encodeUint[T uint | uint8 | uint16 | uint32 | uint64 | uintptr](o *output, p unsafe.Pointer) error {
	o.buf = strconv.AppendUint(o.buf, uint64(*(*T)(p)), 10)
	return nil
}

func (o *output) float(f float64, bits int) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("json: unsupported value: %v", f)
	}
	o.buf = jsonappend.Float(o.buf, f, bits)
	return nil
}

func encodeTime(o *output, p unsafe.Pointer) error {
	t := *(*time.Time)(p)
	o.buf = append(o.buf, '"')
	start := len(o.buf)
	var err error
	if o.buf, err = t.AppendText(o.buf); err != nil {
		o.buf = o.buf[:start]
		return err
	}
	o.buf = append(o.buf, '"')
	return nil
}

func encodeRaw(o *output, p unsafe.Pointer) error {
	raw := *(*json.RawMessage)(p)
	if raw == nil {
		o.buf = append(o.buf, "null"...)
		return nil
	}
	if !json.Valid(raw) {
		return fmt.Errorf("json: a json.RawMessage holds invalid JSON")
	}
	o.buf = append(o.buf, raw...)
	return nil
}

func encodePointer(t reflect.Type) encodeFunc {
	elem := encoderFor(t.Elem(), true)
	return func(o *output, p unsafe.Pointer) error {
		target := *(*unsafe.Pointer)(p)
		if target == nil {
			o.buf = append(o.buf, "null"...)
			return nil
		}
		return elem(o, target)
	}
}

type sliceHeader struct {
	data     unsafe.Pointer
	len, cap int
}

func encodeSlice(t reflect.Type) encodeFunc {
	elemType := t.Elem()
	if elemType.Kind() == reflect.Uint8 && !reflect.PointerTo(elemType).Implements(marshalerType) &&
		!reflect.PointerTo(elemType).Implements(textMarshalerType) {
		return func(o *output, p unsafe.Pointer) error {
			data := *(*[]byte)(p)
			if data == nil {
				o.buf = append(o.buf, "null"...)
				return nil
			}
			o.buf = append(o.buf, '"')
			o.buf = base64.StdEncoding.AppendEncode(o.buf, data)
			o.buf = append(o.buf, '"')
			return nil
		}
	}
	elem, size := encoderFor(elemType, true), elemType.Size()
	return func(o *output, p unsafe.Pointer) error {
		slice := (*sliceHeader)(p)
		if slice.data == nil {
			o.buf = append(o.buf, "null"...)
			return nil
		}
		return o.elements(elem, slice.data, slice.len, size)
	}
}

func encodeArray(t reflect.Type, addressable bool) encodeFunc {
	elem, size, n := encoderFor(t.Elem(), addressable), t.Elem().Size(), t.Len()
	return func(o *output, p unsafe.Pointer) error { return o.elements(elem, p, n, size) }
}

func (o *output) elements(elem encodeFunc, first unsafe.Pointer, n int, size uintptr) error {
	if n == 0 {
		o.buf = append(o.buf, '[', ']')
		return nil
	}
	if err := o.open('['); err != nil {
		return err
	}
	for i := range n {
		if i > 0 {
			o.buf = append(o.buf, ',')
		}
		o.newline()
		if err := elem(o, unsafe.Add(first, uintptr(i)*size)); err != nil {
			return err
		}
	}
	o.close(']')
	return nil
}

func (o *output) open(bracket byte) error {
	o.buf = append(o.buf, bracket)
	if o.depth++; o.depth > maxDepth {
		return fmt.Errorf("json: a value is nested too deep")
	}
	return nil
}

func (o *output) close(bracket byte) {
	o.depth--
	o.newline()
	o.buf = append(o.buf, bracket)
}

func (o *output) newline() {
	if !o.indent {
		return
	}
	o.buf = append(o.buf, '\n')
	for range o.depth {
		o.buf = append(o.buf, ' ', ' ')
	}
}

func encodeMap(t reflect.Type) encodeFunc {
	elem := encoderFor(t.Elem(), false)
	return func(o *output, p unsafe.Pointer) error {
		m := reflect.NewAt(t, p).Elem()
		if m.IsNil() {
			o.buf = append(o.buf, "null"...)
			return nil
		}
		if m.Len() == 0 {
			o.buf = append(o.buf, '{', '}')
			return nil
		}
		keys := m.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		if err := o.open('{'); err != nil {
			return err
		}
		value := reflect.New(t.Elem())
		for i, key := range keys {
			if i > 0 {
				o.buf = append(o.buf, ',')
			}
			o.newline()
			o.buf = jsonappend.String(o.buf, key.String())
			o.colon()
			value.Elem().Set(m.MapIndex(key))
			if err := elem(o, value.UnsafePointer()); err != nil {
				return err
			}
		}
		o.close('}')
		return nil
	}
}

func (o *output) colon() {
	o.buf = append(o.buf, ':')
	if o.indent {
		o.buf = append(o.buf, ' ')
	}
}

// encodeMarshaler uses the type's own MarshalJSON.
func encodeMarshaler(t reflect.Type) encodeFunc {
	return func(o *output, p unsafe.Pointer) error {
		text, err := reflect.NewAt(t, p).Interface().(json.Marshaler).MarshalJSON()
		if err != nil {
			return err
		}
		return o.appendJSON(text)
	}
}

func encodeTextMarshaler(t reflect.Type) encodeFunc {
	return func(o *output, p unsafe.Pointer) error {
		text, err := reflect.NewAt(t, p).Interface().(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return err
		}
		o.buf = jsonappend.String(o.buf, string(text))
		return nil
	}
}

// encodeStandard leaves a type to encoding/json.
func encodeStandard(t reflect.Type, addressable bool) encodeFunc {
	return func(o *output, p unsafe.Pointer) error {
		var buf bytes.Buffer
		encoder := json.NewEncoder(&buf)
		encoder.SetEscapeHTML(false)
		value := reflect.NewAt(t, p)
		if !addressable {
			value = value.Elem()
		}
		if err := encoder.Encode(value.Interface()); err != nil {
			return err
		}
		start := len(o.buf)
		if err := o.appendJSON(buf.Bytes()); err != nil {
			return err
		}
		if text := o.buf[start:]; bytes.Contains(text, []byte(`\u202`)) {
			o.buf = append(o.buf[:start], separators.Replace(string(text))...)
		}
		return nil
	}
}

// separators takes back the escapes of U+2028 and U+2029. It steps over escaped backslashes.
var separators = strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029")

// appendJSON appends a JSON text in the form that the output has.
func (o *output) appendJSON(text []byte) error {
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return err
	}
	if !o.indent {
		o.buf = append(o.buf, compact.Bytes()...)
		return nil
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, compact.Bytes(), strings.Repeat("  ", o.depth), "  "); err != nil {
		return err
	}
	o.buf = append(o.buf, indented.Bytes()...)
	return nil
}
