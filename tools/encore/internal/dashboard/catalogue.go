package dashboard

import (
	"net/http"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

func (d *Dashboard) services(w http.ResponseWriter, r *http.Request) {
	d.show(w, r, http.StatusOK, "services.html", "services", "Services", d.options.App().Services)
}

func (d *Dashboard) service(w http.ResponseWriter, r *http.Request) {
	for _, s := range d.options.App().Services {
		if s.Name == r.PathValue("service") {
			d.show(w, r, http.StatusOK, "service.html", "services", s.Name, s)
			return
		}
	}
	d.fail(w, r, http.StatusNotFound, "The application has no such service.")
}

// findEndpoint returns the endpoint that the address names, or answers that there is none.
func (d *Dashboard) findEndpoint(w http.ResponseWriter, r *http.Request) *app.Endpoint {
	for _, s := range d.options.App().Services {
		if s.Name != r.PathValue("service") {
			continue
		}
		for _, e := range s.Endpoints {
			if e.Name == r.PathValue("endpoint") {
				return e
			}
		}
	}
	d.fail(w, r, http.StatusNotFound, "The application has no such endpoint.")
	return nil
}

// schemaField is a line of a schema.
type schemaField struct {
	Name, Type, Location, Doc string
	Optional, Sensitive       bool
	Fields                    []schemaField
}

// schema describes a payload; method decides where fields travel that say nothing themselves, "" for a response.
func schema(t *app.Type, method string) []schemaField {
	return fieldsOf(t, method, nil)
}

// maxSchemaDepth bounds how deep nested types are shown.
const maxSchemaDepth = 6

func fieldsOf(t *app.Type, method string, parents []*app.Type) []schemaField {
	for t != nil && (t.Kind == app.Pointer || t.Kind == app.Slice || t.Kind == app.Array || t.Kind == app.Map || t.Kind == app.Option) {
		t = t.Elem
	}
	if t == nil || len(parents) > maxSchemaDepth || slices.Contains(parents, t) {
		return nil
	}
	parents = append(slices.Clone(parents), t)
	var fields []schemaField
	for _, f := range t.StructFields() {
		if f.Location == app.Dropped {
			continue
		}
		line := schemaField{Name: f.WireName, Type: typeName(f.Type), Doc: f.Doc, Optional: f.Optional, Sensitive: f.Sensitive}
		if len(parents) == 1 {
			var name string
			line.Location, name = travels(f, method)
			line.Name = name
		}
		line.Fields = fieldsOf(f.Type, method, parents)
		fields = append(fields, line)
	}
	return fields
}

// travels returns where a top-level field travels and under which name.
func travels(f *app.Field, method string) (location, name string) {
	if f.Location == app.InBody && slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodDelete}, method) {
		return string(app.InQuery), f.QueryName
	}
	if f.Location == app.InQuery && method == "" {
		return string(app.InBody), f.Name
	}
	return string(f.Location), f.WireName
}

func typeName(t *app.Type) string {
	if t == nil {
		return ""
	}
	switch t.Kind {
	case app.Pointer:
		return typeName(t.Elem) + " or null"
	case app.Slice:
		return "list of " + typeName(t.Elem)
	case app.Array:
		return "list of " + typeName(t.Elem)
	case app.Map:
		return "map of " + typeName(t.Elem)
	case app.Option:
		return typeName(t.Elem) + " or null"
	case app.Struct:
		return "object"
	case app.Named:
		name := t.Name
		if len(t.Args) > 0 {
			args := make([]string, len(t.Args))
			for i, arg := range t.Args {
				args[i] = typeName(arg)
			}
			name += " of " + strings.Join(args, ", ")
		}
		if len(t.Enum) > 0 {
			values := make([]string, len(t.Enum))
			for i, value := range t.Enum {
				values[i] = value.Value
			}
			name += " (" + strings.Join(values, ", ") + ")"
		}
		return name
	default:
		return t.Name
	}
}

// method returns the method to call an endpoint with; POST comes before others.
func method(e *app.Endpoint) string {
	switch {
	case slices.Contains(e.Methods, http.MethodPost) || slices.Contains(e.Methods, "*"):
		return http.MethodPost
	case len(e.Methods) > 0:
		return e.Methods[0]
	default:
		return http.MethodGet
	}
}
