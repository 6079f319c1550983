// Package encore tells about the running application and about the request being handled.
package encore

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"encore.dev/internal/appmeta"
	"encore.dev/internal/reqtrack"
)

// AppMetadata describes the running application.
type AppMetadata struct {
	// AppID is the id of encore.app.
	AppID string
	// APIBaseURL is where the application's API is reached.
	APIBaseURL url.URL
	// Environment says where the application runs.
	Environment EnvironmentMeta
	// Build says which source the program was built from.
	Build BuildMeta
	// Deploy says when the program was started.
	Deploy DeployMeta
}

// EnvironmentMeta describes the environment.
type EnvironmentMeta struct {
	Name  string
	Type  EnvironmentType
	Cloud CloudProvider
}

// BuildMeta describes the source a program was built from.
type BuildMeta struct {
	// Revision is the commit.
	Revision string
	// UncommittedChanges is true when the source differed from the commit.
	UncommittedChanges bool
}

// DeployMeta describes a start of the program.
type DeployMeta struct {
	ID   string
	Time time.Time
}

// EnvironmentType is the kind of an environment.
type EnvironmentType string

// The kinds of environment.
const (
	EnvProduction  EnvironmentType = "production"
	EnvDevelopment EnvironmentType = "development"
	EnvEphemeral   EnvironmentType = "ephemeral"
	EnvLocal       EnvironmentType = "local"
	EnvTest        EnvironmentType = "test"
)

// CloudProvider says who runs the infrastructure.
type CloudProvider string

// The cloud providers.
const (
	CloudAWS    CloudProvider = "aws"
	CloudGCP    CloudProvider = "gcp"
	CloudAzure  CloudProvider = "azure"
	EncoreCloud CloudProvider = "encore"
	CloudLocal  CloudProvider = "local"
)

// Meta returns a description of the running application, which the caller may change.
func Meta() *AppMetadata {
	meta := appmeta.Get()
	return &AppMetadata{
		AppID:      meta.AppID,
		APIBaseURL: meta.APIBaseURL,
		Environment: EnvironmentMeta{
			Name:  meta.EnvName,
			Type:  EnvironmentType(meta.EnvType),
			Cloud: CloudProvider(meta.Cloud),
		},
		Build:  BuildMeta{Revision: meta.Revision, UncommittedChanges: meta.Dirty},
		Deploy: DeployMeta{ID: meta.DeployID, Time: meta.Started},
	}
}

// RequestType is the kind of a Request.
type RequestType string

// The kinds of Request.
const (
	// None means that no request is being handled.
	None RequestType = "none"
	// APICall is a call of an endpoint.
	APICall RequestType = "api-call"
	// PubSubMessage is the delivery of a message to a subscription.
	PubSubMessage RequestType = "pubsub-message"
)

// Request describes the request being handled.
type Request struct {
	Type    RequestType
	Started time.Time

	// Trace identifies the request; nil outside of one.
	Trace *TraceData

	// API describes the endpoint. It and the fields up to Headers are set for API calls only.
	API      *APIDesc
	Service  string
	Endpoint string
	// Path is the path as requested, escaped. For a call from code it is the path the call would have had.
	Path string
	// PathParams has the path parameters, unescaped.
	PathParams PathParams
	// Method is the HTTP method.
	Method string
	// Headers are the request's headers, nil for calls from code.
	Headers http.Header

	// Message describes the message, for messages only.
	Message *MessageData

	// Payload is the decoded request or the message.
	Payload any

	// CronIdempotencyKey identifies one execution of a cron job, "" for other requests.
	CronIdempotencyKey string
}

// APIDesc describes an endpoint.
type APIDesc struct {
	// RequestType and ResponseType are the declared types, nil when there are none.
	RequestType  reflect.Type
	ResponseType reflect.Type
	Raw          bool
	Tags         Tags
	// Exposed is true for endpoints that can be called from outside.
	Exposed bool
	// AuthRequired is true for endpoints that need a user.
	AuthRequired bool
}

// TraceData identifies a request.
type TraceData struct {
	TraceID          string
	SpanID           string
	ParentTraceID    string
	ParentSpanID     string
	ExtCorrelationID string
	Recorded         bool
}

// MessageData describes a message being delivered.
type MessageData struct {
	Service         string
	Topic           string
	Subscription    string
	ID              string
	Published       time.Time
	DeliveryAttempt int
}

// PathParams are the path parameters of a request, in path order.
type PathParams []PathParam

// PathParam is a path parameter.
type PathParam struct {
	Name  string
	Value string
}

// Get returns the value of a path parameter, "" when there is none of that name.
func (p PathParams) Get(name string) string {
	for _, param := range p {
		if param.Name == name {
			return param.Value
		}
	}
	return ""
}

// Tags are the tags of an endpoint.
type Tags []string

// Has reports whether tag is among the tags.
func (t Tags) Has(tag string) bool {
	return slices.Contains(t, tag)
}

// CurrentRequest returns a description of the request that the calling goroutine, or the one that started it, is
// handling. Outside of a request its Type is None, and "" within a test function.
func CurrentRequest() *Request {
	req := reqtrack.Current()
	if req == nil {
		if reqtrack.Testing() {
			return &Request{}
		}
		return &Request{Type: None}
	}
	described := &Request{
		Started:  req.Started,
		Service:  req.Service,
		Endpoint: req.Endpoint,
		Payload:  req.Payload,
		Trace: &TraceData{
			TraceID:          reqtrack.FormatTraceID(req.Trace.ID),
			SpanID:           reqtrack.FormatSpanID(req.Trace.SpanID),
			ParentTraceID:    reqtrack.FormatTraceID(req.Trace.ParentID),
			ParentSpanID:     reqtrack.FormatSpanID(req.Trace.ParentSpanID),
			ExtCorrelationID: req.Trace.CorrelationID,
		},
	}
	if req.Kind == reqtrack.Message {
		described.Type = PubSubMessage
		message := MessageData(*req.Message)
		described.Message = &message
		return described
	}
	described.Type = APICall
	described.Path, described.Method, described.Headers = req.Path, req.Method, req.Headers
	described.CronIdempotencyKey = req.CronKey
	for _, param := range req.Params {
		described.PathParams = append(described.PathParams, PathParam(param))
	}
	if api := req.API; api != nil {
		described.API = &APIDesc{
			RequestType: api.RequestType, ResponseType: api.ResponseType, Raw: api.Raw, Tags: api.Tags,
			Exposed: api.Exposed, AuthRequired: api.AuthRequired,
		}
	}
	return described
}
