package openapi_test

import (
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/openapi"
)

var (
	text   = &app.Type{Kind: app.Builtin, Name: "string"}
	number = &app.Type{Kind: app.Builtin, Name: "int64"}
)

func field(name, wire string, t *app.Type) *app.Field {
	return &app.Field{Name: name, WireName: wire, QueryName: wire, Type: t, Location: app.InBody}
}

func named(pkg, name string, fields ...*app.Field) *app.Type {
	return &app.Type{
		Kind: app.Named, PkgPath: "example.com/" + pkg, PkgName: pkg, Name: name,
		Underlying: &app.Type{Kind: app.Struct, Fields: fields},
	}
}

func pointer(t *app.Type) *app.Type { return &app.Type{Kind: app.Pointer, Elem: t} }

// example is a service with the shapes that matter: a cyclic type, an enum, every field location, a raw upload, a
// private endpoint and a fallback route.
func example() *app.App {
	status := &app.Type{
		Kind: app.Named, PkgName: "core", Name: "Status", Underlying: text, Doc: "Status of a run.",
		Enum: []app.EnumValue{{Name: "Planned", Value: `"planned"`}, {Name: "Started", Value: `"started"`}},
	}
	run := named("core", "Run")
	note := field("Note", "note", text)
	note.OmitEmpty = true
	run.Underlying.Fields = []*app.Field{
		field("ID", "id", number), field("Status", "status", status), field("Previous", "previous", pointer(run)), note,
	}
	limit := field("Limit", "limit", number)
	limit.Doc = "At most 200."
	tenant := field("Tenant", "X-Tenant", text)
	tenant.Location = app.InHeader
	cookie := field("Session", "session", text)
	cookie.Location = app.InCookie
	bearer := field("Authorization", "Authorization", text)
	bearer.Location = app.InHeader

	core := &app.Service{Name: "core", Doc: "Package core keeps the rounds.\n"}
	core.Endpoints = []*app.Endpoint{
		{
			Service: core, Name: "GetRun", Doc: "GetRun returns one run.\n\nErrors: not_found.\n", Access: app.Auth, Methods: []string{"GET"},
			Path: "/runs/:id", PathParams: []app.PathParam{{Name: "id", Kind: app.ParamSegment, GoType: number}},
			Request: pointer(named("core", "GetRunParams", limit, tenant)), Response: pointer(run),
		},
		{
			Service: core, Name: "PlanRun", Access: app.Auth, Methods: []string{"POST"}, Path: "/runs",
			Request: pointer(named("core", "PlanRunParams", field("Date", "date", text), tenant)), Response: pointer(run),
		},
		{Service: core, Name: "Upload", Access: app.Public, Raw: true, Methods: []string{"POST"}, Path: "/pictures"},
		{Service: core, Name: "Internal", Access: app.Private, Methods: []string{"POST"}, Path: "/internal"},
		{
			Service: core, Name: "Web", Access: app.Public, Raw: true, Methods: []string{"*"}, Path: "/!path",
			PathParams: []app.PathParam{{Name: "path", Kind: app.ParamFallback, GoType: text}},
		},
	}
	return &app.App{
		Services:    []*app.Service{core},
		AuthHandler: &app.AuthHandler{Params: pointer(named("auth", "Params", bearer, cookie))},
	}
}

func generate(t *testing.T) *openapi3.T {
	t.Helper()
	raw, err := openapi.Generate(example())
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	require.NoError(t, err)
	return doc
}

func TestTheDocumentIsValidAndStable(t *testing.T) {
	t.Parallel()
	require.NoError(t, generate(t).Validate(t.Context()))
	first, err := openapi.Generate(example())
	require.NoError(t, err)
	second, err := openapi.Generate(example())
	require.NoError(t, err)
	require.Equal(t, string(first), string(second))
}

func TestOnlyReachableEndpointsAreListed(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, []string{"/runs/{id}", "/runs", "/pictures"}, generate(t).Paths.Keys())
}

func TestDocCommentsBecomeSummaryAndDescription(t *testing.T) {
	t.Parallel()
	doc := generate(t)
	get := doc.Paths.Value("/runs/{id}").Get
	require.Equal(t, "GetRun returns one run.", get.Summary)
	require.Equal(t, "Errors: not_found.", get.Description)
	require.Equal(t, "Package core keeps the rounds.", doc.Tags[0].Description)
}

func TestFieldsStandWhereTheyTravel(t *testing.T) {
	t.Parallel()
	doc := generate(t)
	get := doc.Paths.Value("/runs/{id}").Get
	require.NotNil(t, get.Parameters.GetByInAndName("path", "id"))
	require.Equal(t, "At most 200.", get.Parameters.GetByInAndName("query", "limit").Description)
	require.NotNil(t, get.Parameters.GetByInAndName("header", "x-tenant"))
	require.Nil(t, get.RequestBody)

	post := doc.Paths.Value("/runs").Post
	body := post.RequestBody.Value.Content.Get("application/json").Schema
	require.Equal(t, "#/components/schemas/core.PlanRunParams", body.Ref)
	require.Contains(t, body.Value.Properties, "date")
	require.NotContains(t, body.Value.Properties, "X-Tenant")
}

func TestSchemasKeepNamesEnumsAndCycles(t *testing.T) {
	t.Parallel()
	run := generate(t).Components.Schemas["core.Run"].Value
	require.Equal(t, []string{"id", "status", "previous"}, run.Required)
	require.Equal(t, []any{"planned", "started"}, run.Properties["status"].Value.Enum)
	require.Equal(t, "#/components/schemas/core.Run", run.Properties["previous"].Value.AnyOf[0].Ref)
	require.True(t, run.Properties["previous"].Value.AnyOf[1].Value.Type.Is("null"))
}

func TestAuthIsDescribed(t *testing.T) {
	t.Parallel()
	doc := generate(t)
	require.Equal(t, "bearer", doc.Components.SecuritySchemes["bearer"].Value.Scheme)
	require.Equal(t, "cookie", doc.Components.SecuritySchemes["cookie_session"].Value.In)
	require.Len(t, *doc.Paths.Value("/runs").Post.Security, 2, "either scheme is enough")
	require.Nil(t, doc.Paths.Value("/pictures").Post.Security, "a public endpoint asks for none")
}

func TestEveryOperationDescribesItsErrors(t *testing.T) {
	t.Parallel()
	raw, err := openapi.Generate(example())
	require.NoError(t, err)
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]json.RawMessage
		}
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	for path, item := range doc.Paths {
		for method, op := range item {
			require.Contains(t, op.Responses, "default", "%s %s", method, path)
		}
	}
}

func TestCommentsSayWhatTypesCannot(t *testing.T) {
	t.Parallel()
	status := field("Status", "status", text)
	status.Doc = "Status is planned,\nstarted or cancelled; empty for all."
	date := field("Date", "date", pointer(text))
	date.Doc = "Date is today or later, YYYY-MM-DD."
	limit := field("Limit", "limit", number)
	limit.Doc = "Limit is how many to return: 50 unless given, 200 at\nmost."
	s := &app.Service{Name: "core"}
	s.Endpoints = []*app.Endpoint{
		{
			Service: s, Name: "Upload", Access: app.Public, Raw: true, Methods: []string{"POST"}, Path: "/pictures",
			Doc: "Upload stores a picture.\n\nForm:\n  - id (string, uuid): made by\n    the client\n  - step (string): which\n\nMore.\n",
		},
		{
			Service: s, Name: "List", Access: app.Public, Methods: []string{"GET", "HEAD"}, Path: "/runs",
			Doc:     "List returns what\nis planned. For e.g. the office.\n\nErrors: none.\n",
			Request: pointer(named("core", "ListParams", status, date, limit)),
		},
		{
			Service: s, Name: "Socket", Access: app.Public, Raw: true, Methods: []string{"GET"}, Path: "/ws",
			Doc: "Socket is live.\n\nResponses:\n  - 101: the connection is\n    a WebSocket\n  - 304: nothing new\n\nMore.\n",
		},
	}
	doc, err := openapi.Generate(&app.App{Services: []*app.Service{s}})
	require.NoError(t, err)
	parsed, err := openapi3.NewLoader().LoadFromData(doc)
	require.NoError(t, err)
	require.Contains(t, parsed.Info.Description, "HEAD")

	item := parsed.Paths.Value("/runs")
	require.Nil(t, item.Head, "HEAD beside GET says nothing new")
	require.Equal(t, "core.List", item.Get.OperationID)
	require.Equal(t, "List returns what is planned.", item.Get.Summary, "a whole sentence")
	require.Equal(t, "For e.g. the office.\n\nErrors: none.", item.Get.Description)
	require.Equal(t, []any{"planned", "started", "cancelled"}, item.Get.Parameters.GetByInAndName("query", "status").Schema.Value.Enum)
	given := item.Get.Parameters.GetByInAndName("query", "date").Schema.Value
	require.Equal(t, "date", given.Format)
	require.Empty(t, given.Enum)

	number := item.Get.Parameters.GetByInAndName("query", "limit").Schema.Value
	require.Equal(t, new(0.0), number.Min)
	require.Equal(t, new(200.0), number.Max)

	upload := parsed.Paths.Value("/pictures").Post
	require.Equal(t, "More.", upload.Description)
	form := upload.RequestBody.Value.Content["multipart/form-data"].Schema.Value
	require.Equal(t, []string{"id", "step"}, form.Required)
	require.Equal(t, "uuid", form.Properties["id"].Value.Format)
	require.Equal(t, "Made by the client", form.Properties["id"].Value.Description)

	socket := parsed.Paths.Value("/ws").Get
	require.Equal(t, "More.", socket.Description)
	require.Nil(t, socket.Responses.Value("200"))
	require.Equal(t, "The connection is a WebSocket", *socket.Responses.Value("101").Value.Description)
	require.Equal(t, "Nothing new", *socket.Responses.Value("304").Value.Description)
}
