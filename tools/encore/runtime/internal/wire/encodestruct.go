package wire

import (
	"reflect"
	"strings"
	"unsafe"

	"encore.dev/internal/jsonappend"
)

// member is a field of a struct as a member of a JSON object.
type member struct {
	name   []byte // with quotes
	offset uintptr
	encode encodeFunc
	omit   func(p unsafe.Pointer) bool // nil = never
}

// encodeStruct returns the function for structs with the given members.
func encodeStruct(members []member) encodeFunc {
	return func(o *output, p unsafe.Pointer) error {
		start := len(o.buf)
		if err := o.open('{'); err != nil {
			return err
		}
		empty := true
		for i := range members {
			m := &members[i]
			field := unsafe.Add(p, m.offset)
			if m.omit != nil && m.omit(field) {
				continue
			}
			if !empty {
				o.buf = append(o.buf, ',')
			}
			empty = false
			o.newline()
			o.buf = append(o.buf, m.name...)
			o.colon()
			if err := m.encode(o, field); err != nil {
				return err
			}
		}
		if empty {
			o.depth--
			o.buf = append(o.buf[:start], '{', '}')
			return nil
		}
		o.close('}')
		return nil
	}
}

// bodyMembers returns the members for the body fields of a response.
func bodyMembers(t reflect.Type, body []field) []member {
	members := make([]member, 0, len(body))
	for _, f := range body {
		m := member{name: jsonappend.String(nil, f.json), offset: t.Field(f.index).Offset, encode: encoderFor(f.typ, true)}
		if f.omitEmpty || f.omitZero {
			m.omit = isZero(f.typ)
		}
		members = append(members, m)
	}
	return members
}

// nestedFields returns the members of a struct within a body, by the rules of encoding/json. ok is false when the
// struct uses rules that are left to encoding/json itself.
func nestedFields(t reflect.Type, addressable bool) (members []member, ok bool) {
	seen := map[string]bool{}
	for f := range t.Fields() {
		if f.Anonymous {
			return nil, false
		}
		if !f.IsExported() {
			continue
		}
		tag := f.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		if name == "" {
			name = f.Name
		}
		// Only plain names are certain to be valid.
		if seen[name] || strings.ContainsFunc(name, func(r rune) bool {
			return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
		}) {
			return nil, false
		}
		seen[name] = true
		m := member{name: jsonappend.String(nil, name), offset: f.Offset}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "string":
				return nil, false
			case "omitempty":
				m.omit = isEmpty(f.Type)
			}
		}
		for option := range strings.SplitSeq(options, ",") {
			if option != "omitzero" {
				continue
			}
			zero, empty := isZero(f.Type), m.omit
			m.omit = func(p unsafe.Pointer) bool { return zero(p) || empty != nil && empty(p) }
		}
		m.encode = encoderFor(f.Type, addressable)
		members = append(members, m)
	}
	return members, true
}

// isZero returns the test for the zero value, by the rules of encoding/json for omitzero: the type's own IsZero method, if
// it or its pointer has one.
func isZero(t reflect.Type) func(p unsafe.Pointer) bool {
	type zeroer interface{ IsZero() bool }
	zeroerType := reflect.TypeFor[zeroer]()
	switch {
	case t.Implements(zeroerType):
		return func(p unsafe.Pointer) bool {
			v := reflect.NewAt(t, p).Elem()
			switch {
			case t.Kind() == reflect.Pointer && v.IsNil():
				return true
			case t.Kind() == reflect.Interface && (v.IsNil() || v.Elem().Kind() == reflect.Pointer && v.Elem().IsNil()):
				return true
			}
			return v.Interface().(zeroer).IsZero()
		}
	case reflect.PointerTo(t).Implements(zeroerType):
		return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Interface().(zeroer).IsZero() }
	case t.Kind() == reflect.String:
		return func(p unsafe.Pointer) bool { return *(*string)(p) == "" }
	}
	return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().IsZero() }
}

// isEmpty returns the test of encoding/json for omitempty.
func isEmpty(t reflect.Type) func(p unsafe.Pointer) bool {
	switch t.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().Len() == 0 }
	case reflect.Struct:
		return nil
	}
	return func(p unsafe.Pointer) bool { return reflect.NewAt(t, p).Elem().IsZero() }
}
