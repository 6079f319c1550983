package parse

import (
	"cmp"
	"go/types"
	"reflect"
	"slices"
	"strings"
)

// isPayload says whether t may be a request, response, message or set of auth data: a named struct, or a pointer to
// one. It reports what is not.
func (a *analysis) isPayload(t types.Type, at span, role string) bool {
	if namedStruct(t) == nil {
		a.report(errPayloadKind, at, role, a.typeName(t))
		return false
	}
	a.checkSchema(t, at, role)
	return true
}

// namedStruct returns the struct of a named struct type or a pointer to one, nil for everything else.
func namedStruct(t types.Type) *types.Struct {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	n, ok := t.(*types.Named)
	if !ok || isSpecial(n) {
		return nil
	}
	s, _ := n.Underlying().(*types.Struct)
	return s
}

// checkSchema reports what cannot travel as JSON anywhere inside t.
func (a *analysis) checkSchema(t types.Type, at span, role string) {
	w := schemaWalk{analysis: a, role: role, seen: map[string]bool{}}
	w.walk(t, at, "")
}

type schemaWalk struct {
	*analysis
	role string
	seen map[string]bool // named types under way or done
	name string          // of the type under way, when it is no struct

	generic int // how many generic types are around
	found   int
}

// walk visits t, which was found at a place and, seen from the payload, under a path of field names.
func (w *schemaWalk) walk(t types.Type, at span, path string) {
	bad := func(what string) {
		w.found++
		where := w.role
		if path != "" {
			where = "field " + path
		}
		w.report(errSchemaType, at, where, cmp.Or(w.name, w.typeName(t)), what)
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsComplex != 0, t.Kind() == types.UnsafePointer, t.Kind() == types.Uintptr:
			bad("which has no JSON form")
		}
	case *types.Named:
		if fullName(t) == optionType {
			w.walk(t.TypeArgs().At(0), at, path)
			return
		}
		if specials[fullName(t)] != "" {
			return
		}
		key := types.TypeString(t, nil)
		if w.seen[key] {
			return
		}
		w.seen[key] = true
		switch t.Underlying().(type) {
		case *types.Interface, *types.Signature, *types.Chan:
			w.name = w.typeName(t)
		}
		before := w.found
		if t.TypeArgs().Len() > 0 { // its fields are not to blame
			w.generic++
			defer func() { w.generic-- }()
		}
		w.walk(t.Underlying(), at, path)
		w.name = ""
		if w.found == before { // an argument that no field shows
			for arg := range t.TypeArgs().Types() {
				w.walk(arg, at, path)
			}
		}
	case *types.Pointer:
		w.walk(t.Elem(), at, path)
	case *types.Slice:
		w.walk(t.Elem(), at, path)
	case *types.Array:
		w.walk(t.Elem(), at, path)
	case *types.Map:
		if !isMapKey(t.Key()) {
			bad("whose keys have no JSON form")
		}
		w.walk(t.Elem(), at, path)
	case *types.Struct:
		for i := range t.NumFields() {
			v := t.Field(i)
			f := reflect.StructTag(t.Tag(i))
			if !v.Exported() && !v.Embedded() || isDropped(f) {
				continue
			}
			where := at
			if w.isOwn(v.Pos()) && w.generic == 0 {
				where = w.wordSpan(v)
			}
			w.checkEncoreTag(v, f, where)
			w.walk(v.Type(), where, strings.TrimPrefix(path+"."+v.Name(), "."))
		}
	case *types.Interface:
		bad("an interface: its content has no described form")
	case *types.Signature:
		bad("a function")
	case *types.Chan:
		bad("a channel")
	}
}

func (a *analysis) checkEncoreTag(v *types.Var, tags reflect.StructTag, at span) {
	value, ok := tags.Lookup("encore")
	if !ok {
		return
	}
	for word := range strings.SplitSeq(value, ",") {
		switch strings.TrimSpace(word) {
		case "optional", "sensitive", "httpstatus":
		default:
			a.report(errEncoreTag, at, v.Name(), word)
		}
	}
}

// isDropped says whether the tags keep a field off the wire.
func isDropped(tags reflect.StructTag) bool {
	for _, name := range []string{"header", "query", "qs", "cookie"} {
		if value, ok := tags.Lookup(name); ok {
			return value == "-" || strings.HasPrefix(value, "-,")
		}
	}
	return tags.Get("json") == "-" && !strings.Contains(tags.Get("encore"), "httpstatus")
}

// isMapKey says whether encoding/json can write a key of type t.
func isMapKey(t types.Type) bool {
	if b, ok := t.Underlying().(*types.Basic); ok {
		return b.Info()&(types.IsString|types.IsInteger) != 0
	}
	m, _, _ := types.LookupFieldOrMethod(t, true, nil, "MarshalText")
	_, ok := m.(*types.Func)
	return ok
}

// topField is a field of a payload itself, which may travel outside the body.
type topField struct {
	v    *types.Var
	tags reflect.StructTag
	at   span
}

// topFields lists the exported fields of a payload and reports what is wrong with them in any role.
func (a *analysis) topFields(t types.Type, at span) []topField {
	s := namedStruct(t)
	if s == nil {
		return nil
	}
	var list []topField
	for i := range s.NumFields() {
		v := s.Field(i)
		f := topField{v: v, tags: reflect.StructTag(s.Tag(i)), at: at}
		if a.isOwn(v.Pos()) {
			f.at = a.wordSpan(v)
		}
		if v.Embedded() && f.tags.Get("json") != "-" {
			a.report(errEmbedded, f.at, v.Name())
			continue
		}
		if !v.Exported() {
			continue
		}
		var places []string
		for _, name := range []string{"header", "query", "qs", "cookie"} {
			if _, ok := f.tags.Lookup(name); ok {
				places = append(places, name)
			}
		}
		if len(places) > 1 {
			a.report(errTwoPlaces, f.at, v.Name(), strings.Join(places, " and "))
		}
		if header := f.name("header"); strings.HasPrefix(strings.ToLower(header), "x-encore-") {
			a.report(errReservedHeader, f.at, v.Name(), header)
		}
		list = append(list, f)
	}
	return list
}

// name is the wire name in a tag, "" when the tag is absent or drops the field.
func (f topField) name(tag string) string {
	name, _, _ := strings.Cut(f.tags.Get(tag), ",")
	if name == "-" {
		return ""
	}
	return name
}

func (f topField) has(tag string) bool {
	_, ok := f.tags.Lookup(tag)
	return ok
}

// isWire says whether t can be written in a header or a query: as one value, or a slice of them.
func isWire(t types.Type) bool {
	if isWireValue(t) {
		return true
	}
	s, ok := types.Unalias(t).(*types.Slice)
	return ok && isWireValue(s.Elem())
}

func isWireValue(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Info()&(types.IsString|types.IsBoolean|types.IsInteger|types.IsFloat) != 0 && t.Kind() != types.Uintptr
	case *types.Slice:
		return isBasic(t.Elem(), types.Uint8)
	case *types.Named:
		if fullName(t) == optionType {
			return isWireValue(t.TypeArgs().At(0))
		}
		return specials[fullName(t)] != "" && specials[fullName(t)] != "http.Cookie"
	}
	return false
}

// checkRequest checks the fields of a request payload against where they travel.
func (a *analysis) checkRequest(e *endpoint, sig *types.Signature) {
	payload := sig.Params().At(sig.Params().Len() - 1).Type()
	var queryMethod string
	for _, m := range e.Methods {
		if m == "*" {
			m = "GET"
		}
		if slices.Contains([]string{"GET", "HEAD", "DELETE"}, m) {
			queryMethod = m
			break
		}
	}
	for _, f := range a.topFields(payload, spanOf(e.decl.fn.Name)) {
		if isDropped(f.tags) {
			continue
		}
		if f.has("cookie") {
			a.report(errCookieHere, f.at, f.v.Name())
			continue
		}
		explicit := ""
		for _, tag := range []string{"header", "query", "qs"} {
			if f.has(tag) {
				explicit = tag
			}
		}
		switch {
		case isWire(f.v.Type()):
		case explicit == "qs", explicit == "query":
			a.report(errWireType, f.at, f.v.Name(), a.typeName(f.v.Type()), "query")
		case explicit == "header":
			a.report(errWireType, f.at, f.v.Name(), a.typeName(f.v.Type()), "header")
		case queryMethod != "":
			a.report(errDefaultQuery, f.at, f.v.Name(), a.typeName(f.v.Type()), queryMethod)
		}
	}
}

// checkResponse checks the header and status fields of a response.
func (a *analysis) checkResponse(t types.Type, at span) {
	var status *topField
	for _, f := range a.topFields(t, at) {
		if isDropped(f.tags) {
			continue
		}
		if f.has("header") && !isWire(f.v.Type()) {
			a.report(errWireType, f.at, f.v.Name(), a.typeName(f.v.Type()), "header")
		}
		if !slices.Contains(strings.Split(f.tags.Get("encore"), ","), "httpstatus") {
			continue
		}
		if b, ok := types.Unalias(f.v.Type()).(*types.Basic); !ok || b.Info()&types.IsInteger == 0 {
			a.report(errStatusType, f.at, f.v.Name(), a.typeName(f.v.Type()))
		}
		if status != nil {
			a.report(errStatusTwice, f.at, f.v.Name()).notef(a.place(status.v.Pos()), "the first one is here")
			continue
		}
		status = &f
	}
}
