// Package wire carries values over HTTP: it decodes path parameters, headers, queries and bodies into payloads and
// encodes responses. What to do with a type is worked out once, when its endpoint is registered.
package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unsafe"
)

// field is a field of a payload or response, at the top level.
type field struct {
	index  int
	goName string
	typ    reflect.Type

	header string // wire names, "" = not there
	query  string // an explicit one
	cookie string
	status bool // encore:"httpstatus"

	json      string // name in a body; "" = left out
	omitEmpty bool
	omitZero  bool
	snakeName string // name in a query when nothing else is said
}

// structFields lists the fields of t that go over the wire. Embedded structs do not.
func structFields(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Anonymous {
			continue
		}
		entry := field{index: i, goName: f.Name, typ: f.Type, json: f.Name, snakeName: snakeCase(f.Name)}
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		switch {
		case tag == "-":
			entry.json, entry.snakeName = "", ""
		case name != "":
			entry.json = name
		}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				entry.omitEmpty = true
			case "omitzero":
				entry.omitZero = true
			}
		}
		entry.header = tagName(f.Tag, "header")
		entry.cookie = tagName(f.Tag, "cookie")
		if name := tagName(f.Tag, "query"); name != "" {
			entry.query = name
		} else {
			entry.query = tagName(f.Tag, "qs")
		}
		if entry.header == "-" || entry.query == "-" || entry.cookie == "-" {
			continue
		}
		entry.status = f.Tag.Get("encore") == "httpstatus"
		fields = append(fields, entry)
	}
	return fields
}

func tagName(tag reflect.StructTag, key string) string {
	name, _, _ := strings.Cut(tag.Get(key), ",")
	return name
}

// snakeCase returns the query name of a Go name: a word begins where a capital follows a lower-case letter, and at the
// last capital of a run when a lower-case letter follows it. A digit counts as the kind of letter before it.
func snakeCase(name string) string {
	runes := []rune(name)
	upper := make([]bool, len(runes))
	for i, r := range runes {
		switch {
		case unicode.IsUpper(r):
			upper[i] = true
		case unicode.IsDigit(r) && i > 0:
			upper[i] = upper[i-1]
		}
	}
	var b strings.Builder
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) {
			nextIsLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !upper[i-1] || nextIsLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// structOf returns the struct type behind t and whether t is a pointer to it.
func structOf(t reflect.Type) (reflect.Type, bool, error) {
	pointer := t.Kind() == reflect.Pointer
	if pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil, false, fmt.Errorf("type %s is not a struct", t)
	}
	return t, pointer, nil
}

// shadow returns a type with the memory layout of t whose JSON form has the given fields and no others, so that
// encoding/json decodes in one pass what the tags of t alone could not say: header and query fields and embedded
// structs are left out, and the string option is ignored.
func shadow(t reflect.Type, body []field) (reflect.Type, error) {
	names := make(map[int]field, len(body))
	for _, f := range body {
		names[f.index] = f
	}
	fields := make([]reflect.StructField, t.NumField())
	for i := range fields {
		own := t.Field(i)
		fields[i] = reflect.StructField{Name: own.Name, PkgPath: own.PkgPath, Type: own.Type, Tag: `json:"-"`}
		if f, ok := names[i]; ok {
			// The comma lets a field be named "-".
			fields[i].Tag = reflect.StructTag("json:" + strconv.Quote(f.json+","))
		}
		if own.Name == "_" {
			// StructOf allows one blank field only.
			fields[i].Name, fields[i].PkgPath = "blank"+strconv.Itoa(i), "encore.dev/internal/wire"
		}
	}
	made := reflect.StructOf(fields)
	if made.Size() != t.Size() {
		return nil, fmt.Errorf("type %s has an unexpected memory layout", t)
	}
	for i := range fields {
		if made.Field(i).Offset != t.Field(i).Offset {
			return nil, fmt.Errorf("type %s has an unexpected memory layout", t)
		}
	}
	return made, nil
}

// as returns the struct that pointer points to as a pointer to another type of the same layout.
func as(shadow reflect.Type, pointer unsafe.Pointer) any {
	return reflect.NewAt(shadow, pointer).Interface()
}
