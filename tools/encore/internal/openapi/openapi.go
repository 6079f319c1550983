// Package openapi describes an application's HTTP API as an OpenAPI 3.1 document.
package openapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"encore.app/tools/encore/internal/app"
)

// Generate returns the document for every public and auth endpoint of a, indented JSON that ends with a newline.
// Private endpoints are left out because no client can reach them, fallback routes because they serve what is not
// the API. The same application always gives the same bytes.
func Generate(a *app.App) ([]byte, error) {
	d := &document{schemas: openapi3.Schemas{}, names: map[*app.Type]string{}, taken: map[string]*app.Type{}}
	doc := &openapi3.T{
		OpenAPI: "3.1.0",
		Info:    &openapi3.Info{Title: title(a), Version: "1", Description: about},
		Servers: openapi3.Servers{{URL: "/", Description: "The server that this document comes from"}},
		Paths:   openapi3.NewPaths(),
	}
	schemes, requirement := security(a.AuthHandler)
	d.loneSecurity = requirement
	for _, service := range a.Services {
		endpoints := 0
		for _, e := range service.Endpoints {
			if e.Access == app.Private || isFallback(e) {
				continue
			}
			d.addEndpoint(doc, e)
			endpoints++
		}
		if endpoints > 0 {
			doc.Tags = append(doc.Tags, &openapi3.Tag{Name: service.Name, Description: strings.TrimSpace(service.Doc)})
		}
	}
	doc.Components = &openapi3.Components{
		Schemas:         d.schemas,
		SecuritySchemes: schemes,
		Responses:       openapi3.ResponseBodies{"Error": {Value: errorResponse()}},
	}
	return encode(doc)
}

func title(a *app.App) string {
	if a.File.ID == "" {
		return "HTTP API"
	}
	return "API for " + a.File.ID
}

func isFallback(e *app.Endpoint) bool {
	return slices.ContainsFunc(e.PathParams, func(p app.PathParam) bool { return p.Kind == app.ParamFallback })
}

// document collects the schemas of named types while endpoints are added.
type document struct {
	schemas      openapi3.Schemas
	names        map[*app.Type]string
	taken        map[string]*app.Type
	loneSecurity openapi3.SecurityRequirements
}

// methodsOfAny are the methods that a document can show for method=*.
var methodsOfAny = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

func (d *document) addEndpoint(doc *openapi3.T, e *app.Endpoint) {
	methods := e.Methods
	if slices.Contains(methods, "*") {
		methods = methodsOfAny
	} else {
		methods = described(methods)
	}
	path := templatePath(e)
	item := doc.Paths.Value(path)
	if item == nil {
		item = &openapi3.PathItem{}
		doc.Paths.Set(path, item)
	}
	for _, method := range methods {
		id := e.Service.Name + "." + e.Name
		if len(methods) > 1 {
			id = method + ":" + id
		}
		item.SetOperation(method, d.operation(e, method, id))
	}
}

// templatePath turns /runs/:id and /files/*rest into /runs/{id} and /files/{rest}.
func templatePath(e *app.Endpoint) string {
	segments := strings.Split(e.Path, "/")
	for i, s := range segments {
		if s != "" && strings.ContainsRune(":*!", rune(s[0])) {
			segments[i] = "{" + s[1:] + "}"
		}
	}
	return strings.Join(segments, "/")
}

func (d *document) operation(e *app.Endpoint, method, id string) *openapi3.Operation {
	doc, responses := describedResponses(e.Doc)
	doc, form := describedForm(doc)
	summary, rest := summarize(doc)
	op := &openapi3.Operation{
		OperationID: id,
		Summary:     summary,
		Description: rest,
		Tags:        []string{e.Service.Name},
		Responses:   openapi3.NewResponses(),
	}
	for _, p := range e.PathParams {
		op.AddParameter(&openapi3.Parameter{Name: p.Name, In: openapi3.ParameterInPath, Required: true, Schema: d.schema(p.GoType)})
	}
	var body []*app.Field
	for _, f := range e.Request.StructFields() {
		switch where(f, method) {
		case app.InHeader:
			op.AddParameter(d.parameter(f, openapi3.ParameterInHeader, strings.ToLower(f.WireName)))
		case app.InQuery:
			name := f.WireName
			if f.Location != app.InQuery {
				name = f.QueryName
			}
			op.AddParameter(d.parameter(f, openapi3.ParameterInQuery, name))
		case app.InBody:
			body = append(body, f)
		}
	}
	hasBody := method != "GET" && method != "HEAD" && method != "DELETE"
	switch {
	case form != nil && e.Raw && hasBody:
		op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).
			WithContent(openapi3.Content{"multipart/form-data": openapi3.NewMediaType().WithSchema(form)})}
	case e.Raw && hasBody:
		op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithContent(anyContent())}
	case len(body) > 0:
		op.RequestBody = &openapi3.RequestBodyRef{Value: openapi3.NewRequestBody().WithRequired(true).
			WithContent(openapi3.NewContentWithJSONSchemaRef(d.schema(e.Request.Deref())))}
	}
	if responses["101"] == nil {
		op.Responses.Set("200", &openapi3.ResponseRef{Value: d.success(e)})
	}
	for status, response := range responses {
		if status == "200" {
			response.Content = op.Responses.Value("200").Value.Content
		}
		op.Responses.Set(status, &openapi3.ResponseRef{Value: response})
	}
	op.Responses.Set("default", &openapi3.ResponseRef{Ref: "#/components/responses/Error"})
	if e.Access == app.Auth {
		requirement := d.loneSecurity
		op.Security = &requirement
	}
	return op
}

// where says how a field of a request travels for a method.
func where(f *app.Field, method string) app.Location {
	if f.Location == app.InBody && (method == "GET" || method == "HEAD" || method == "DELETE") {
		return app.InQuery
	}
	return f.Location
}

func (d *document) parameter(f *app.Field, in, name string) *openapi3.Parameter {
	schema := d.schema(f.Type)
	refine(schema.Value, f.Doc)
	return &openapi3.Parameter{Name: name, In: in, Description: strings.TrimSpace(f.Doc), Schema: schema}
}

func (d *document) success(e *app.Endpoint) *openapi3.Response {
	r := openapi3.NewResponse().WithDescription("Success")
	if e.Raw {
		return r.WithContent(anyContent())
	}
	if e.Response == nil {
		return r
	}
	inBody := false
	for _, f := range e.Response.StructFields() {
		switch f.Location {
		case app.InHeader:
			if r.Headers == nil {
				r.Headers = openapi3.Headers{}
			}
			r.Headers[f.WireName] = &openapi3.HeaderRef{Value: &openapi3.Header{Parameter: openapi3.Parameter{
				Description: strings.TrimSpace(f.Doc), Schema: d.schema(f.Type),
			}}}
		case app.InBody, app.InQuery:
			inBody = true
		}
	}
	if inBody {
		r = r.WithContent(openapi3.NewContentWithJSONSchemaRef(d.schema(e.Response.Deref())))
	}
	return r
}

func anyContent() openapi3.Content {
	return openapi3.Content{"*/*": &openapi3.MediaType{}}
}

// security derives the schemes from the auth handler. Any one of them is enough.
func security(h *app.AuthHandler) (openapi3.SecuritySchemes, openapi3.SecurityRequirements) {
	if h == nil {
		return nil, nil
	}
	schemes := openapi3.SecuritySchemes{}
	var requirement openapi3.SecurityRequirements
	add := func(name string, s *openapi3.SecurityScheme) {
		schemes[name] = &openapi3.SecuritySchemeRef{Value: s}
		requirement = append(requirement, openapi3.SecurityRequirement{name: {}})
	}
	bearer := func() { add("bearer", openapi3.NewSecurityScheme().WithType("http").WithScheme("bearer")) }
	fields := h.Params.StructFields()
	if fields == nil {
		bearer()
	}
	for _, f := range fields {
		if f.Location == app.InHeader && strings.EqualFold(f.WireName, "Authorization") {
			bearer()
			continue
		}
		in := map[app.Location]string{app.InHeader: "header", app.InQuery: "query", app.InCookie: "cookie"}[f.Location]
		if in != "" {
			add(in+"_"+f.WireName, openapi3.NewSecurityScheme().WithType("apiKey").WithIn(in).WithName(f.WireName))
		}
	}
	return schemes, requirement
}

// errorCodes are the codes of a failed call, in the order of their numbers.
var errorCodes = []any{
	"canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists", "permission_denied",
	"resource_exhausted", "failed_precondition", "aborted", "out_of_range", "unimplemented", "internal", "unavailable",
	"data_loss", "unauthenticated",
}

func errorResponse() *openapi3.Response {
	schema := openapi3.NewObjectSchema().
		WithProperty("code", openapi3.NewStringSchema().WithEnum(errorCodes...)).
		WithProperty("message", openapi3.NewStringSchema())
	schema.Properties["details"] = &openapi3.SchemaRef{Value: &openapi3.Schema{Type: &openapi3.Types{"object", "null"}}}
	schema.Required = []string{"code", "message", "details"}
	return openapi3.NewResponse().WithDescription("The call failed. `code` is stable, `message` is for people.").
		WithContent(openapi3.NewContentWithJSONSchema(schema))
}

// encode gives indented JSON. kin-openapi sorts keys, so equal documents give equal bytes.
func encode(doc *openapi3.T) ([]byte, error) {
	compact, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, compact, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the OpenAPI document: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

// schemaName is the component name of a named type: package.Type, with type arguments appended.
func (d *document) schemaName(t *app.Type) string {
	if name, ok := d.names[t]; ok {
		return name
	}
	parts := []string{t.PkgName + "." + t.Name}
	for _, arg := range t.Args {
		parts = append(parts, argName(arg))
	}
	base := strings.Join(parts, "_")
	name := base
	for n := 2; d.taken[name] != nil; n++ {
		name = base + "_" + strconv.Itoa(n)
	}
	d.names[t], d.taken[name] = name, t
	return name
}

func argName(t *app.Type) string {
	switch t.Kind {
	case app.Pointer, app.Slice, app.Array, app.Option:
		return string(t.Kind) + "_" + argName(t.Elem)
	case app.Map:
		return "map_" + argName(t.Key) + "_" + argName(t.Elem)
	case app.Named:
		return t.PkgName + "." + t.Name
	}
	return strings.ReplaceAll(cmp.Or(t.Name, string(t.Kind)), ".", "")
}
