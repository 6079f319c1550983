package dashboard

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// sample returns a JSON document of the form that the body of a request has, to be filled in.
func sample(t *app.Type, method string) string {
	var b strings.Builder
	b.WriteByte('{')
	n := 0
	for _, f := range t.StructFields() {
		if location, _ := travels(f, method); location != string(app.InBody) {
			continue
		}
		if n++; n > 1 {
			b.WriteByte(',')
		}
		writeField(&b, f, []*app.Type{t.Deref()})
	}
	b.WriteByte('}')
	if n == 0 {
		return ""
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, []byte(b.String()), "", "  "); err != nil {
		return b.String() // a constant that is no JSON: the developer sees it
	}
	return indented.String()
}

func writeField(b *strings.Builder, f *app.Field, parents []*app.Type) {
	name, err := json.Marshal(f.WireName)
	if err != nil {
		panic(err) // strings always marshal
	}
	b.Write(name)
	b.WriteByte(':')
	writeSample(b, f.Type, parents)
}

func writeSample(b *strings.Builder, t *app.Type, parents []*app.Type) {
	switch t.Kind {
	case app.Named:
		if slices.Contains(parents, t) || len(parents) > maxSchemaDepth {
			b.WriteString("null")
			return
		}
		if len(t.Enum) > 0 && json.Valid([]byte(t.Enum[0].Value)) {
			b.WriteString(t.Enum[0].Value)
			return
		}
		writeSample(b, t.Underlying, append(slices.Clone(parents), t))
	case app.Pointer, app.Option:
		writeSample(b, t.Elem, parents)
	case app.Slice, app.Array:
		b.WriteByte('[')
		writeSample(b, t.Elem, parents)
		b.WriteByte(']')
	case app.Map:
		b.WriteString(`{"key":`)
		writeSample(b, t.Elem, parents)
		b.WriteByte('}')
	case app.Struct:
		b.WriteByte('{')
		n := 0
		for _, f := range t.Fields {
			if f.Location == app.Dropped {
				continue
			}
			if n++; n > 1 {
				b.WriteByte(',')
			}
			writeField(b, f, parents)
		}
		b.WriteByte('}')
	default:
		b.WriteString(scalarSample(t.Name))
	}
}

func scalarSample(name string) string {
	switch name {
	case "bool":
		return "false"
	case "time.Time":
		return `"2026-01-31T18:00:00Z"`
	case "uuid.UUID":
		return `"00000000-0000-4000-8000-000000000000"`
	case "json.RawMessage":
		return "{}"
	case "string", "bytes", "auth.UID", "http.Cookie":
		return `""`
	default:
		return "0"
	}
}
