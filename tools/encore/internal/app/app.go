// Package app describes a parsed Encore application as plain data. parse fills it in; generate, openapi, build,
// local and dashboard read it. It depends on no other package of the tool.
package app

// App is a whole application.
type App struct {
	Root       string  // absolute, symlink-free folder that holds encore.app
	ModulePath string  // module path of go.mod
	File       AppFile // encore.app

	Services      []*Service // sorted by name
	AuthHandler   *AuthHandler
	Middleware    []*Middleware // global first, then by package path, file name and position
	Databases     []*Database
	Topics        []*Topic
	Subscriptions []*Subscription
	CronJobs      []*CronJob
	Buckets       []*Bucket
	Secrets       []*SecretGroup

	// Imports holds, for each package of the module, the packages of the module that it imports; both sorted.
	Imports map[string][]string
}

// AppFile is the content of encore.app, as far as the tool uses it.
type AppFile struct {
	ID         string `json:"id"`
	Lang       string `json:"lang"`
	LogLevel   string `json:"log_level"`
	GlobalCORS CORS   `json:"global_cors"`
	Build      Build  `json:"build"`
}

// CORS is global_cors of encore.app.
type CORS struct {
	Debug                          bool     `json:"debug,omitempty"`
	AllowHeaders                   []string `json:"allow_headers,omitempty"`
	ExposeHeaders                  []string `json:"expose_headers,omitempty"`
	AllowOriginsWithoutCredentials []string `json:"allow_origins_without_credentials,omitempty"`
	AllowOriginsWithCredentials    []string `json:"allow_origins_with_credentials,omitempty"`
}

// Build is build of encore.app.
type Build struct {
	CgoEnabled bool `json:"cgo_enabled"`
	Hooks      struct {
		Prebuild  Hook `json:"prebuild"`
		Postbuild Hook `json:"postbuild"`
	} `json:"hooks"`
}

// Hook is a command line run around a build; in encore.app it is a string or an object.
type Hook struct {
	Command string            `json:"command"`
	Env     map[string]string `json:"env"`
}

// Pos is a place in a source file.
type Pos struct {
	File      string // absolute path
	Line, Col int    // 1-based
}

// Service is one service: a package with its directory subtree.
type Service struct {
	Name      string // = Go package name
	PkgPath   string
	Dir       string // absolute folder
	Doc       string // package comment
	Struct    *ServiceStruct
	Endpoints []*Endpoint // by file name and position
	Uses      Uses
}

// Uses names what the code of a service works with, sorted. It says nothing of what its tests use.
type Uses struct {
	Databases []string
	Topics    []string // published to, subscribed to or handed on
	Buckets   []string
	Services  []string // the others whose endpoints it calls
}

// ServiceStruct is the type that //encore:service marks.
type ServiceStruct struct {
	Name     string // type name
	Init     string // name of the init function, "" when there is none
	Shutdown bool   // *T has a Shutdown method of either form
	Pos      Pos
}

// Access says who may call an endpoint.
type Access string

// The access levels.
const (
	Public  Access = "public"
	Auth    Access = "auth"
	Private Access = "private"
)

// Endpoint is a function or method with //encore:api.
type Endpoint struct {
	Service    *Service
	Name       string
	Doc        string // comment without directive lines
	Pos        Pos
	Access     Access
	Raw        bool
	Sensitive  bool
	Methods    []string // upper case; {"*"} for any
	Path       string
	PathParams []PathParam // in path order; for raw endpoints too (their GoType is string)
	Tags       []string
	Receiver   Receiver
	Request    *Type // as declared: a named struct or a pointer to one; nil when there is none
	Response   *Type // idem
}

// Receiver says how an endpoint or handler is attached to the service struct.
type Receiver int

// The kinds of receiver.
const (
	NoReceiver Receiver = iota // package-level function
	PointerReceiver
	ValueReceiver
)

// PathParamKind is the form of a path segment that binds a value.
type PathParamKind string

// The kinds of path parameter.
const (
	ParamSegment  PathParamKind = "param"    // :name
	ParamWildcard PathParamKind = "wildcard" // *name
	ParamFallback PathParamKind = "fallback" // !name
)

// PathParam is a parameter in a path.
type PathParam struct {
	Name   string
	Kind   PathParamKind
	GoType *Type // a builtin or uuid.UUID
}

// AuthHandler is the function with //encore:authhandler.
type AuthHandler struct {
	Service  *Service // nil when it lives outside services
	PkgPath  string
	PkgName  string
	Name     string
	Doc      string
	Pos      Pos
	Receiver Receiver
	Params   *Type // string (token form) or a struct (params form), as declared
	Data     *Type // pointer to the data struct; nil when there is none
}

// Middleware is a function with //encore:middleware.
type Middleware struct {
	Service  *Service // nil for global middleware
	PkgPath  string
	PkgName  string
	Name     string
	Pos      Pos
	Receiver Receiver
	Global   bool
	All      bool     // target=all
	Tags     []string // otherwise: any of these tags
}

// Database is a sqldb.NewDatabase.
type Database struct {
	Name          string
	PkgPath       string
	MigrationsDir string // absolute
	Migrations    []Migration
	Pos           Pos
}

// Migration is one NNNN_name.up.sql, ascending by Number.
type Migration struct {
	Number int64
	File   string // base name
}

// Topic is a pubsub.NewTopic.
type Topic struct {
	Name              string
	PkgPath           string
	VarName           string
	Doc               string
	Message           *Type
	ExactlyOnce       bool
	OrderingAttribute string
	Pos               Pos
}

// Subscription is a pubsub.NewSubscription.
type Subscription struct {
	Service *Service
	Topic   *Topic
	Name    string
	Pos     Pos
}

// CronJob is a cron.NewJob.
type CronJob struct {
	Service  *Service
	ID       string
	Title    string
	Endpoint *Endpoint
	Every    int64  // seconds; 0 when Schedule is used
	Schedule string // five fields, UTC
	Pos      Pos
}

// Bucket is an objects.NewBucket.
type Bucket struct {
	Name      string
	PkgPath   string
	Public    bool
	Versioned bool
	Pos       Pos
}

// SecretGroup is one `var secrets struct{…}`.
type SecretGroup struct {
	PkgPath string
	PkgName string
	Dir     string
	VarName string
	Keys    []string // field names
	Pos     Pos
}
