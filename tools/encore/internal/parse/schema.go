package parse

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"encore.app/tools/encore/internal/app"
)

// specials are the named types with a wire form of their own, by full name.
var specials = map[string]string{
	"time.Time":                  "time.Time",
	"encore.dev/types/uuid.UUID": "uuid.UUID",
	"encoding/json.RawMessage":   "json.RawMessage",
	"encore.dev/beta/auth.UID":   "auth.UID",
	"net/http.Cookie":            "http.Cookie",
}

const optionType = "encore.dev/types/option.Option"

// fullName is the import path and name of a named type, without type arguments.
func fullName(n *types.Named) string {
	if n.Obj().Pkg() == nil {
		return n.Obj().Name()
	}
	return n.Obj().Pkg().Path() + "." + n.Obj().Name()
}

func isSpecial(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && (specials[fullName(n)] != "" || fullName(n) == optionType)
}

// typeName is a type as a developer writes it.
func (a *analysis) typeName(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}

// describe turns a Go type into plain data. The same named type with the same arguments gives the same value.
func (a *analysis) describe(t types.Type) *app.Type {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return &app.Type{Kind: app.Builtin, Name: types.Typ[t.Kind()].Name()} // byte → uint8, rune → int32
	case *types.Named:
		return a.describeNamed(t)
	case *types.Pointer:
		return &app.Type{Kind: app.Pointer, Elem: a.describe(t.Elem())}
	case *types.Slice:
		if isBasic(t.Elem(), types.Uint8) {
			return &app.Type{Kind: app.Builtin, Name: "bytes"}
		}
		return &app.Type{Kind: app.Slice, Elem: a.describe(t.Elem())}
	case *types.Array:
		return &app.Type{Kind: app.Array, Elem: a.describe(t.Elem()), Len: t.Len()}
	case *types.Map:
		return &app.Type{Kind: app.Map, Key: a.describe(t.Key()), Elem: a.describe(t.Elem())}
	case *types.Struct:
		return &app.Type{Kind: app.Struct, Fields: a.describeFields(t)}
	}
	return &app.Type{Kind: app.Builtin, Name: "string"} // refused by checkSchema; App is not used then
}

func isBasic(t types.Type, kind types.BasicKind) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Kind() == kind
}

func (a *analysis) describeNamed(t *types.Named) *app.Type {
	name := fullName(t)
	if name == optionType {
		return &app.Type{Kind: app.Option, Elem: a.describe(t.TypeArgs().At(0))}
	}
	obj := t.Obj()
	if special := specials[name]; special != "" {
		return &app.Type{Kind: app.Special, Name: special, PkgPath: obj.Pkg().Path(), PkgName: obj.Pkg().Name()}
	}
	key := types.TypeString(t, nil)
	if known := a.named[key]; known != nil {
		return known
	}
	d := &app.Type{Kind: app.Named, Name: obj.Name(), Doc: a.docs[obj.Pos()]}
	a.named[key] = d // before its fields: they may mention it
	if obj.Pkg() != nil {
		d.PkgPath, d.PkgName = obj.Pkg().Path(), obj.Pkg().Name()
	}
	for arg := range t.TypeArgs().Types() {
		d.Args = append(d.Args, a.describe(arg))
	}
	d.Underlying = a.describe(t.Underlying())
	if d.Underlying.Kind == app.Builtin && a.isOwn(obj.Pos()) {
		d.Enum = a.enum(t)
	}
	return d
}

// enum lists the constants of a named type in source order.
func (a *analysis) enum(t *types.Named) []app.EnumValue {
	var consts []*types.Const
	scope := t.Obj().Pkg().Scope()
	for _, name := range scope.Names() {
		if c, ok := scope.Lookup(name).(*types.Const); ok && types.Identical(c.Type(), t) && name != "_" {
			consts = append(consts, c)
		}
	}
	slices.SortFunc(consts, func(x, y *types.Const) int { return comparePos(a.place(x.Pos()), a.place(y.Pos())) })
	var values []app.EnumValue
	for _, c := range consts {
		v := c.Val()
		if v.Kind() == constant.Unknown {
			continue
		}
		values = append(values, app.EnumValue{Name: c.Name(), Value: v.ExactString(), Doc: a.docs[c.Pos()]})
	}
	return values
}

// describeFields lists the fields of a struct; those of embedded structs are promoted as encoding/json does.
func (a *analysis) describeFields(t *types.Struct) []*app.Field {
	type candidate struct {
		field *app.Field
		depth int
	}
	var all []candidate
	var collect func(t *types.Struct, depth int, seen []*types.Struct)
	collect = func(t *types.Struct, depth int, seen []*types.Struct) {
		for i := range t.NumFields() {
			v, tag := t.Field(i), t.Tag(i)
			if inner := embedded(v, tag); inner != nil {
				if !slices.Contains(seen, inner) {
					collect(inner, depth+1, append(seen, inner))
				}
				continue
			}
			all = append(all, candidate{a.describeField(v, tag), depth})
		}
	}
	collect(t, 0, []*types.Struct{t})
	shallowest := map[string]int{}
	count := map[string]int{}
	key := func(f *app.Field) string { return string(f.Location) + " " + f.WireName }
	for _, c := range all {
		switch depth, known := shallowest[key(c.field)]; {
		case !known || c.depth < depth:
			shallowest[key(c.field)], count[key(c.field)] = c.depth, 1
		case c.depth == depth:
			count[key(c.field)]++
		}
	}
	var fields []*app.Field
	for _, c := range all {
		k := key(c.field)
		if c.depth > 0 && (c.depth > shallowest[k] || count[k] > 1) {
			continue
		}
		fields = append(fields, c.field)
	}
	return fields
}

// embedded returns the struct whose fields an embedded field promotes, nil for any other field.
func embedded(v *types.Var, tag string) *types.Struct {
	if !v.Embedded() {
		return nil
	}
	if name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ","); name != "" {
		return nil
	}
	t := types.Unalias(v.Type())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if isSpecial(t) {
		return nil
	}
	s, _ := t.Underlying().(*types.Struct)
	return s
}

// describeField reads a field and its tags.
func (a *analysis) describeField(v *types.Var, tag string) *app.Field {
	f := &app.Field{
		Name:      v.Name(),
		Tag:       tag,
		Doc:       a.docs[v.Pos()],
		Location:  app.InBody,
		WireName:  v.Name(),
		QueryName: snakeCase(v.Name()),
		Pos:       a.place(v.Pos()),
	}
	if !v.Exported() {
		f.Location = app.Dropped
		f.Type = &app.Type{Kind: app.Builtin, Name: "string"} // never on the wire; its type may be anything
		return f
	}
	tags := reflect.StructTag(tag)
	for word := range strings.SplitSeq(tags.Get("encore"), ",") {
		switch strings.TrimSpace(word) {
		case "optional":
			f.Optional = true
		case "sensitive":
			f.Sensitive = true
		case "httpstatus":
			f.Location = app.InHTTPStatus
		}
	}
	a.locate(f, tags)
	if f.Location == app.Dropped {
		f.Type = &app.Type{Kind: app.Builtin, Name: "string"}
		return f
	}
	f.Type = a.describe(v.Type())
	f.Optional = f.Optional || f.Type.Kind == app.Option
	return f
}

// locate decides from the tags where a field travels and under which name: an explicit place wins over json.
func (a *analysis) locate(f *app.Field, tags reflect.StructTag) {
	jsonName, jsonOptions, _ := strings.Cut(tags.Get("json"), ",")
	omits := func(options string) bool {
		list := strings.Split(options, ",")
		return slices.Contains(list, "omitempty") || slices.Contains(list, "omitzero")
	}
	f.OmitEmpty = omits(jsonOptions)
	switch {
	case tags.Get("json") == "-": // "-," is the name -
		if f.Location != app.InHTTPStatus {
			f.Location = app.Dropped
		}
	case jsonName != "":
		f.WireName = jsonName
	}
	for _, place := range []struct {
		tag      string
		location app.Location
		name     string
	}{
		{"query", app.InQuery, f.QueryName}, {"qs", app.InQuery, f.QueryName},
		{"header", app.InHeader, f.Name}, {"cookie", app.InCookie, f.Name},
	} {
		value, ok := tags.Lookup(place.tag)
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(value, ",")
		if name == "-" {
			f.Location = app.Dropped
			return
		}
		if name == "" {
			name = place.name
		}
		f.Location, f.WireName = place.location, name
		f.OmitEmpty = f.OmitEmpty || omits(options)
		if place.location == app.InQuery {
			f.QueryName = name
		}
	}
}

// snakeCase is the name of a field in the query: a new word starts where a lower-case letter is followed by an
// upper-case one, and at the last capital of a run that a lower-case letter follows. Digits are like the letter
// before them.
func snakeCase(name string) string {
	runes := []rune(name)
	upper := make([]bool, len(runes))
	for i, r := range runes {
		switch {
		case unicode.IsDigit(r) && i > 0:
			upper[i] = upper[i-1]
		default:
			upper[i] = unicode.IsUpper(r)
		}
	}
	var b strings.Builder
	for i, r := range runes {
		letter := unicode.IsUpper(r)
		if i > 0 && letter && r != '_' && runes[i-1] != '_' &&
			(!upper[i-1] || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// isOwn says whether a position lies in a file of the app.
func (a *analysis) isOwn(pos token.Pos) bool {
	if !pos.IsValid() {
		return false
	}
	f := a.fset.File(pos)
	return f != nil && a.own[f.Name()]
}

// indexDocs remembers the comments of types, fields and constants, and which files are the app's.
func (a *analysis) indexDocs() {
	a.own = map[string]bool{}
	for _, p := range a.order {
		for _, f := range p.allFiles() {
			a.own[f.path] = true
			a.indexFile(f.ast)
		}
	}
}

func (a *analysis) indexFile(f *ast.File) {
	first := func(groups ...*ast.CommentGroup) string {
		for _, g := range groups {
			if g != nil {
				return docText(g)
			}
		}
		return ""
	}
	for _, decl := range f.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			var outer *ast.CommentGroup
			if !gen.Lparen.IsValid() {
				outer = gen.Doc
			}
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				a.docs[spec.Name.Pos()] = first(spec.Doc, outer, spec.Comment)
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					a.docs[n.Pos()] = first(spec.Doc, outer, spec.Comment)
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		s, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, field := range s.Fields.List {
			for _, n := range field.Names {
				a.docs[n.Pos()] = first(field.Doc, field.Comment)
			}
		}
		return true
	})
}
