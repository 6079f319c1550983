package openapi

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"encore.app/tools/encore/internal/app"
)

// schema describes the JSON form of t. Named types become components, so that a client gets their names.
func (d *document) schema(t *app.Type) *openapi3.SchemaRef {
	switch t.Kind {
	case app.Builtin:
		return inline(builtin(t.Name))
	case app.Special:
		return inline(special(t))
	case app.Pointer, app.Option:
		return nullable(d.schema(t.Elem))
	case app.Slice, app.Array:
		s := openapi3.NewArraySchema()
		s.Items = d.schema(t.Elem)
		if t.Kind == app.Array {
			n := uint64(t.Len)
			s.MinItems, s.MaxItems = n, &n
		}
		return inline(s)
	case app.Map:
		s := openapi3.NewObjectSchema()
		s.AdditionalProperties = openapi3.AdditionalProperties{Schema: d.schema(t.Elem)}
		return inline(s)
	case app.Struct:
		return inline(d.object(t))
	case app.Named:
		return d.named(t)
	}
	panic(fmt.Sprintf("openapi: type of unknown kind %q", t.Kind))
}

func (d *document) named(t *app.Type) *openapi3.SchemaRef {
	name := d.schemaName(t)
	ref := &openapi3.SchemaRef{Ref: "#/components/schemas/" + name}
	if d.schemas[name] != nil {
		return ref
	}
	d.schemas[name] = inline(openapi3.NewSchema()) // a placeholder ends the recursion of cyclic types
	described := d.schema(t.Underlying)
	if described.Ref != "" { // a named type over another named type
		described = inline(&openapi3.Schema{AllOf: openapi3.SchemaRefs{described}})
	}
	described.Value.Description = strings.TrimSpace(t.Doc)
	for _, v := range t.Enum {
		described.Value.Enum = append(described.Value.Enum, literal(v.Value))
	}
	d.schemas[name] = described
	return ref
}

func (d *document) object(t *app.Type) *openapi3.Schema {
	s := openapi3.NewObjectSchema()
	for _, f := range t.Fields {
		if f.Location != app.InBody {
			continue
		}
		p := d.schema(f.Type)
		if doc := strings.TrimSpace(f.Doc); doc != "" {
			if p.Ref != "" {
				p = &openapi3.SchemaRef{Ref: p.Ref, Extensions: map[string]any{"description": doc}}
			} else {
				p.Value.Description = doc
				refine(p.Value, doc)
			}
		}
		s.WithPropertyRef(f.WireName, p)
		if !f.OmitEmpty && !f.Optional {
			s.Required = append(s.Required, f.WireName)
		}
	}
	return s
}

func inline(s *openapi3.Schema) *openapi3.SchemaRef { return &openapi3.SchemaRef{Value: s} }

// nullable adds null to what a schema accepts.
func nullable(ref *openapi3.SchemaRef) *openapi3.SchemaRef {
	null := openapi3.Types{"null"}
	if ref.Ref != "" {
		return inline(&openapi3.Schema{AnyOf: openapi3.SchemaRefs{ref, inline(&openapi3.Schema{Type: &null})}})
	}
	if ref.Value.Type != nil && !ref.Value.Type.IncludesNull() {
		types := append(ref.Value.Type.Clone(), "null")
		ref.Value.Type = &types
	}
	return ref
}

func builtin(name string) *openapi3.Schema {
	integer := func(format string, low, high float64) *openapi3.Schema {
		s := openapi3.NewIntegerSchema().WithFormat(format)
		if low > math.MinInt64 {
			s = s.WithMin(low)
		}
		if high < math.MaxInt64 {
			s = s.WithMax(high)
		}
		return s
	}
	switch name {
	case "bool":
		return openapi3.NewBoolSchema()
	case "string":
		return openapi3.NewStringSchema()
	case "bytes":
		return openapi3.NewBytesSchema()
	case "float32":
		return openapi3.NewFloat64Schema().WithFormat("float")
	case "float64":
		return openapi3.NewFloat64Schema().WithFormat("double")
	case "int", "int64":
		return integer("int64", math.MinInt64, math.MaxInt64)
	case "int8":
		return integer("int32", math.MinInt8, math.MaxInt8)
	case "int16":
		return integer("int32", math.MinInt16, math.MaxInt16)
	case "int32", "rune":
		return integer("int32", math.MinInt64, math.MaxInt64)
	case "uint8", "byte":
		return integer("int32", 0, math.MaxUint8)
	case "uint16":
		return integer("int32", 0, math.MaxUint16)
	case "uint32":
		return integer("int64", 0, math.MaxUint32)
	case "uint", "uint64":
		return integer("int64", 0, math.MaxInt64)
	}
	panic(fmt.Sprintf("openapi: unknown builtin %q", name))
}

func special(t *app.Type) *openapi3.Schema {
	switch t.Name {
	case "time.Time", "Time":
		return openapi3.NewDateTimeSchema()
	case "uuid.UUID", "UUID":
		return openapi3.NewUUIDSchema()
	case "json.RawMessage", "RawMessage":
		return openapi3.NewSchema()
	}
	return openapi3.NewStringSchema() // auth.UID, http.Cookie
}

// literal turns a Go constant into its JSON value.
func literal(source string) any {
	if s, err := strconv.Unquote(source); err == nil {
		return s
	}
	if n, err := strconv.ParseInt(source, 0, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(source, 64); err == nil {
		return f
	}
	return source == "true"
}
