//go:build !encore_app

package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/option"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"
)

// Types with methods, which reflection cannot make.
type (
	valueMarshaler   struct{ A int }
	pointerMarshaler struct{ A int }
	valueTexter      struct{ A int }
	pointerTexter    struct{ A int }
	mapMarshaler     map[string]int
	zeroByValue      struct{ A int }
	zeroByPointer    struct{ A int }
	zeroText         string
	embedding        struct {
		leaf
		Own string `json:"own,omitempty"`
	}
	loop struct {
		Next *loop            `json:"next,omitempty"`
		All  []loop           `json:"all"`
		By   map[string]*loop `json:"by,omitzero"`
	}
)

func (v valueMarshaler) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `{ "value":  %d, "<": " " }`, v.A), nil
}
func (v *pointerMarshaler) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, `[%d , 1]`, v.A), nil
}
func (v valueTexter) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "text <%d> ", v.A), nil }
func (v *pointerTexter) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "pointer %d", v.A), nil
}
func (m mapMarshaler) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%d", len(m)), nil }
func (z zeroByValue) IsZero() bool                  { return z.A == 7 }
func (z *zeroByPointer) IsZero() bool               { return z.A == 8 }
func (z zeroText) IsZero() bool                     { return z == "none" }

// choices makes types and values out of bytes.
type choices struct{ data []byte }

func (c *choices) below(n int) int {
	if len(c.data) == 0 {
		return 0
	}
	first := c.data[0]
	c.data = c.data[1:]
	return int(first) % n
}

var plainTypes = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint16](),
	reflect.TypeFor[uint64](), reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[string](),
	reflect.TypeFor[[]byte](), reflect.TypeFor[[3]byte](), reflect.TypeFor[time.Time](), reflect.TypeFor[uuid.UUID](),
	reflect.TypeFor[json.Number](), reflect.TypeFor[any](), reflect.TypeFor[named](), reflect.TypeFor[valueMarshaler](),
	reflect.TypeFor[pointerMarshaler](), reflect.TypeFor[valueTexter](), reflect.TypeFor[pointerTexter](),
	reflect.TypeFor[mapMarshaler](), reflect.TypeFor[zeroByValue](), reflect.TypeFor[zeroByPointer](),
	reflect.TypeFor[zeroText](), reflect.TypeFor[embedding](), reflect.TypeFor[loop](), reflect.TypeFor[leaf](),
	reflect.TypeFor[option.Option[int]](), reflect.TypeFor[option.Option[leaf]](), reflect.TypeFor[json.Marshaler](),
}

func (c *choices) typ(depth int) reflect.Type {
	kind := c.below(10)
	if depth == 0 || kind < 4 {
		return plainTypes[c.below(len(plainTypes))]
	}
	switch kind {
	case 4:
		return reflect.PointerTo(c.typ(depth - 1))
	case 5:
		return reflect.SliceOf(c.typ(depth - 1))
	case 6:
		return reflect.ArrayOf(c.below(3), c.typ(depth-1))
	case 7:
		keys := []reflect.Type{
			reflect.TypeFor[string](), reflect.TypeFor[named](), reflect.TypeFor[int](), reflect.TypeFor[valueTexter](),
		}
		return reflect.MapOf(keys[c.below(len(keys))], c.typ(depth-1))
	}
	tags := []string{
		"", `json:"%s"`, `json:"%s,omitempty"`, `json:"%s,omitzero"`, `json:"%s,omitempty,omitzero"`, `json:",omitempty"`,
		`json:"-"`, `json:"-,"`, `json:"%s,string"`, `json:"same"`, `json:"é%s"`, `json:"<%s>"`, `json:"a b%s"`,
	}
	fields := make([]reflect.StructField, c.below(5))
	for i := range fields {
		name := fmt.Sprintf("F%d", i)
		fields[i] = reflect.StructField{
			Name: name, Type: c.typ(depth - 1),
			Tag: reflect.StructTag(strings.ReplaceAll(tags[c.below(len(tags))], "%s", strings.ToLower(name))),
		}
	}
	return reflect.StructOf(fields)
}

var (
	texts = []string{
		"", "a", "none", "é\u2028\u2029", "<&>\"\\", "\\u2028", "\x00\x1f\x7f", "\xff\xc0", "\t\r\n\b\f", "😀",
	}
	floats = []float64{0, math.Copysign(0, -1), 1.5, -1e21, 1e-7, 123456789, 3.4e38, 1e-300, 0.1}
	moment = time.Date(2026, 3, 1, 12, 30, 0, 120, time.FixedZone("", 5400))
)

func (c *choices) fill(v reflect.Value, depth int) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf([]time.Time{{}, moment, moment.UTC(), time.Unix(0, 0)}[c.below(4)]))
		return
	case reflect.TypeFor[json.Number]():
		v.SetString([]string{"", "0", "12.50", "-1e9"}[c.below(4)])
		return
	case reflect.TypeFor[json.Marshaler]():
		all := []json.Marshaler{nil, valueMarshaler{2}, &valueMarshaler{3}, &pointerMarshaler{4}, (*valueMarshaler)(nil), mapMarshaler(nil)}
		if chosen := all[c.below(4)]; chosen != nil {
			v.Set(reflect.ValueOf(chosen))
		}
		return
	case reflect.TypeFor[any]():
		inner := reflect.New(c.typ(min(depth, 2))).Elem()
		if depth > 0 && c.below(3) > 0 {
			c.fill(inner, depth-1)
			v.Set(inner)
		}
		return
	case reflect.TypeFor[option.Option[int]]():
		if c.below(2) == 1 {
			v.Set(reflect.ValueOf(option.Some(c.below(9))))
		}
		return
	case reflect.TypeFor[option.Option[leaf]]():
		if c.below(2) == 1 {
			v.Set(reflect.ValueOf(option.Some(leaf{A: c.below(9)})))
		}
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(c.below(2) == 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(int64(c.below(256)) - 128)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(c.below(256)))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(floats[c.below(len(floats))])
	case reflect.String:
		v.SetString(texts[c.below(len(texts))])
	case reflect.Pointer:
		if depth > 0 && c.below(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			c.fill(v.Elem(), depth-1)
		}
	case reflect.Slice:
		n := c.below(4) - 1
		if n < 0 || depth == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			c.fill(v.Index(i), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			c.fill(v.Index(i), max(0, depth-1))
		}
	case reflect.Map:
		n := c.below(4) - 1
		if n < 0 || depth == 0 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range n {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			c.fill(key, 0)
			c.fill(value, depth-1)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				c.fill(field, max(0, depth-1))
			}
		}
	}
}

// standard encodes value as encoding/json does, with the one difference that is meant: U+2028 and U+2029 stay as they are.
func standard(value any, indent bool) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if indent {
		encoder.SetIndent("", "  ")
	}
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return strings.NewReplacer(`\\`, `\\`, `\u2028`, "\u2028", `\u2029`, "\u2029").Replace(out.String()), nil
}

func requireSameEncoding(t *testing.T, value reflect.Value) {
	t.Helper()
	// Fields of the response itself have rules of their own; what is within them has those of encoding/json.
	response := reflect.StructOf([]reflect.StructField{{Name: "V", Type: value.Type(), Tag: `json:"v"`}})
	pointer := reflect.New(response)
	pointer.Elem().Field(0).Set(value)
	codec, err := CompileResponse(pointer.Type())
	require.NoError(t, err)
	for _, indent := range []bool{false, true} {
		want, wantErr := standard(pointer.Interface(), indent)
		encoder := NewEncoder(indent)
		body, _, err := encoder.Encode(codec, pointer.Interface(), http.Header{})
		if wantErr != nil {
			require.Error(t, err, "%s: %v", value.Type(), wantErr)
		} else {
			require.NoError(t, err, value.Type().String())
			require.Equal(t, want, string(body), value.Type().String())
		}
		encoder.Free()
	}
}

func FuzzEncodeAgreesWithTheStandardLibrary(f *testing.F) {
	for i := range 64 {
		seed := make([]byte, 40)
		for j := range seed {
			seed[j] = byte((i*31 + 7) * (j + 3) * (i + j + 1) >> 2)
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := &choices{data[:min(len(data), 400)]}
		value := reflect.New(c.typ(4)).Elem()
		c.fill(value, 5)
		requireSameEncoding(t, value)
	})
}

func TestMethodsOfPointersCountForWhatHasAnAddress(t *testing.T) {
	t.Parallel()
	for _, value := range []any{
		map[string]pointerMarshaler{"a": {1}}, map[string]pointerTexter{"a": {1}}, map[string][]pointerMarshaler{"a": {{1}}},
		map[string]struct{ P pointerMarshaler }{"a": {}}, []any{pointerMarshaler{1}, &pointerMarshaler{2}, pointerTexter{3}},
		map[string][1]pointerMarshaler{"a": {{1}}}, []pointerMarshaler{{1}}, &pointerMarshaler{1}, pointerMarshaler{1},
		struct {
			A *zeroByValue   `json:"a,omitzero"`
			B *zeroByValue   `json:"b,omitzero"`
			C *zeroByPointer `json:"c,omitzero"`
			D zeroByPointer  `json:"d,omitzero"`
			E zeroText       `json:"e,omitzero"`
			F *time.Time     `json:"f,omitzero"`
		}{B: &zeroByValue{7}, C: &zeroByPointer{8}, D: zeroByPointer{8}, E: "none", F: new(time.Time)},
		struct {
			leaf
			Text string `json:"text"`
		}{Text: "\u2028\\u2028"},
	} {
		requireSameEncoding(t, reflect.ValueOf(value))
	}
}

func FuzzDecodeBody(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"ints":[1],"text":"\u0000"}`, `{"TEXT":"a","text":1}`, `[]`, `{"tree":{"children":[{}]}}`, `{"time":"2026-01-02"}`,
		`{"id":"x"}`, `{"floats":[1e999]}`, `{"by_name":{"\u2028":{"a":true}}}`, "{\"text\":\"\xff\"}", `{"bytes":"!"}`,
	} {
		f.Add([]byte(seed))
	}
	codec, err := CompileRequest(reflect.TypeFor[*sample]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(data))
		require.NoError(t, err)
		payload, err := codec.Decode(req)
		if err != nil {
			require.Equal(t, "invalid_argument", codeOf(err))
			require.Less(t, len(err.Error()), 1000)
			require.NotContains(t, err.Error(), "Go ")
			return
		}
		want := new(sample)
		require.NoError(t, json.Unmarshal(data, want), "encoding/json takes it as well")
		require.Equal(t, want, payload)
	})
}

func FuzzScalars(f *testing.F) {
	for _, seed := range []string{"", "1", "-1", "1e3", "true", "2026-01-02T03:04:05Z", "é", "\xff", "\x00", "99999999999999999999"} {
		f.Add(seed)
	}
	types := []reflect.Type{
		reflect.TypeFor[int8](), reflect.TypeFor[int64](), reflect.TypeFor[uint16](), reflect.TypeFor[float32](),
		reflect.TypeFor[bool](), reflect.TypeFor[string](), timeType, uuidType, bytesType, reflect.TypeFor[option.Option[int]](),
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, typ := range types {
			codec, err := CompileParam("p", typ)
			require.NoError(t, err)
			value, err := codec.Parse(text)
			if err != nil {
				require.Equal(t, "invalid_argument", codeOf(err))
				require.Less(t, len(err.Error()), 1000)
				continue
			}
			again, err := codec.Parse(codec.Text(value))
			if typ == reflect.TypeFor[option.Option[int]]() {
				continue
			}
			require.NoError(t, err, "%s from %q", typ, text)
			require.Equal(t, codec.Text(value), codec.Text(again))
		}
	})
}

func codeOf(err error) string { return errs.Code(err).String() }
