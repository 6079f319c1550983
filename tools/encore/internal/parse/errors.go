package parse

// The catalogue: every finding of this package, by area. The code names it in documents and searches; it is never
// used for anything else again.

// Application and module files.
var (
	errAppFile = declare("E-APP-001", "encore.app cannot be read", "%s",
		"encore.app is JSON with comments and trailing commas; see the keys in the documentation of Encore")
	errAppLang        = declare("E-APP-002", "language not supported", "the application says it is written in %q", "this tool runs Go applications only: remove lang or set it to \"go\"")
	errAppLogLevel    = declare("E-APP-003", "unknown log level", "%q is no log level", "use trace, debug, info, warn or error")
	errAppUnsupported = declare("E-APP-004", "setting not supported", "this tool does not know what to do for %s", "remove it: this tool builds images of one process on an empty base")
	errAppBelow       = declare("E-APP-006", "application in the application", "the folder %s holds an application, whose services the official CLI takes for this one's", "move it to a folder whose name begins with a dot, or into an archive that the test unpacks")
	errEncoreVersion  = declare("E-APP-007", "version of encore.dev", "go.mod %s, and this tool needs encore.dev "+encoreVersion, "run go get encore.dev@"+encoreVersion)
	errUntidy         = declare("E-APP-008", "module files not tidy", "go.mod and go.sum do not fit the imports of the application: %s%s", "run go mod tidy")
	errModuleFile     = declare("E-APP-005", "go.mod cannot be read", "%v", "")
)

// Go itself.
var (
	errSyntax          = declare("E-GO-001", "Go syntax error", "%v", "")
	errType            = declare("E-GO-002", "Go error", "%s", "")
	errImport          = declare("E-GO-003", "package cannot be imported", "%s", "")
	errImportElsewhere = declare("E-GO-006", "module not required", "this folder is not part of the application here, but the official CLI reads it, and go.mod requires no module with %s", "move it to a folder whose name begins with a dot, or write //go:build !encore_app above the package")
	errFacade          = declare("E-GO-005", "endpoints cannot be declared", "the functions for the method endpoints, in %s, do not compile: %s", "import the packages of the signatures by name, not with a dot")
	errPackageNames    = declare("E-GO-004", "two packages in one folder", "the other files of this folder belong to package %s, this one to package %s", "a folder holds one package")
)

// Directives.
var (
	errDirectiveName      = declare("E-DIR-001", "unknown directive", "there is no directive encore:%s", "the directives are encore:api, encore:authhandler, encore:middleware and encore:service")
	errDirectiveOption    = declare("E-DIR-002", "unknown option", "encore:%s has no option %q; its options: %s", "")
	errDirectiveField     = declare("E-DIR-003", "unknown field", "encore:%s has no field %q; its fields: %s", "")
	errDirectiveEmpty     = declare("E-DIR-004", "field without a value", "the field %s has no value", "write it without spaces around =, such as path=/orders")
	errDirectiveDuplicate = declare("E-DIR-005", "given twice", "%s is given twice", "")
	errDirectiveTag       = declare("E-DIR-006", "invalid tag", "%q cannot be a tag", "a tag begins with a small letter and holds small letters, digits, - and _")
	errDirectiveTagHere   = declare("E-DIR-007", "tag out of place", "encore:%s takes no tags", "tags belong to encore:api; middleware chooses them with target=tag:name")
	errDirectiveMaxBody   = declare("E-DIR-013", "invalid limit of a body", "tag:%s is not a limit", "write tag:max-body-1mib to tag:max-body-1024mib, in whole MiB")
	errTwoDirectives      = declare("E-DIR-008", "two directives", "a declaration takes one directive", "")
	errDirectivePlace     = declare("E-DIR-009", "directive out of place", "encore:%s belongs on a %s, not on a %s", "")
	errDirectiveStray     = declare("E-DIR-010", "directive without a declaration", "this line belongs to no function or type, so that it would have no effect", "put it in the comment directly above the declaration, without an empty line in between")
	errDirectiveElsewhere = declare("E-DIR-012", "directive outside the application", "this folder is not part of the application here, but the official CLI reads it", "move it to a folder whose name begins with a dot, or write //go:build !encore_app above the package")
	errTestDirective      = declare("E-DIR-011", "directive in a test", "encore:%s cannot stand in a _test.go file", "move the declaration out of the test")
)

// Services.
var (
	errNestedService     = declare("E-SVC-001", "service inside a service", "%s lies in the folder of the service %s", "a service owns its folder with everything below: move one of the two, or make this a plain package")
	errServiceTwice      = declare("E-SVC-002", "two services of one name", "the name %s is taken by another service", "the name of a service is its package name: rename one")
	errServiceMain       = declare("E-SVC-003", "service in package main", "package main cannot be a service", "give the package the name of the service")
	errTwoStructs        = declare("E-SVC-004", "two service structs", "the service %s has two service structs", "keep one")
	errServiceNotStruct  = declare("E-SVC-005", "invalid service struct", "%s must be a struct type without type parameters", "")
	errInitSignature     = declare("E-SVC-006", "invalid init function", "%s makes the service struct, so that it must be func() (*%s, error)", "")
	errShutdownSignature = declare("E-SVC-007", "invalid Shutdown method", "the Shutdown method of %s would never be called: it has another signature", "write func (s *Service) Shutdown(p shutdown.Progress) error, or give the method another name")
	errReceiver          = declare("E-SVC-008", "receiver is not the service struct", "%s is not the service struct of the package, so that %s cannot be called by Encore", "put //encore:service on the type, or make it a function")
	errBelowService      = declare("E-SVC-009", "directive below the service", "encore:%s stands in a package below the root of the service %s", "move it to the root package of the service")
	errStructElsewhere   = declare("E-SVC-010", "service struct of another service", "%s belongs to the service %s", "call the endpoints of that service instead")
	errFacadeClash       = declare("E-SVC-011", "name taken", "a function %[1]s that calls the endpoint is generated at package level, but the name is taken", "rename one of the two")
	errGeneratedName     = declare("E-SVC-013", "reserved name", "%s is among the names of generated declarations", "give the declaration another name")
	errInterfaceClash    = declare("E-SVC-012", "name taken", "a type Interface with the endpoints of %s is generated, but the name is taken", "give the declaration another name")
)

// Endpoints.
var (
	errTwoAccess     = declare("E-API-001", "two access levels", "an endpoint is either %s or %s", "")
	errPrivateRaw    = declare("E-API-002", "private raw endpoint", "%s is raw, and raw endpoints can only be called from outside", "make it public or auth")
	errMethodCase    = declare("E-API-003", "method not in capitals", "%s is not in capitals: write %s", "HTTP methods are case-sensitive")
	errMethodLetters = declare("E-API-004", "invalid method", "%q is no HTTP method", "write method=GET,POST without spaces, or method=*")
	errMethodTwice   = declare("E-API-005", "method given twice", "%s is given twice", "")
	errGenericFunc   = declare("E-API-006", "generic endpoint", "%s has type parameters", "an endpoint has concrete types; generic payload types are fine")
	errEndpointTwice = declare("E-API-007", "two endpoints of one name", "the service has another endpoint %s", "")

	errPathSlash      = declare("E-API-020", "invalid path", "the path %q does not begin with a slash", "")
	errPathRoot       = declare("E-API-021", "invalid path", "the path / alone is not allowed", "take everything that nothing else takes with a raw endpoint and path=/!rest")
	errPathTrailing   = declare("E-API-022", "invalid path", "the path %q ends with a slash", "leave it out; requests with it are redirected")
	errPathEmpty      = declare("E-API-023", "invalid path", "the path %q has an empty segment", "")
	errPathQuery      = declare("E-API-024", "invalid path", "the path %q holds ? or #", "query parameters are fields of the request type")
	errPathUnnamed    = declare("E-API-025", "parameter without a name", "%q needs a name", "write :name, *name or !name")
	errPathIdentifier = declare("E-API-026", "invalid parameter name", "%q is no Go identifier", "the parameter of the function has the same name")
	errPathNotLast    = declare("E-API-027", "parameter not at the end", "%s takes the rest of the path, so that it must come last", "")
	errPathParamTwice = declare("E-API-028", "parameter given twice", "the path has another parameter %s", "")
	errPathReserved   = declare("E-API-029", "reserved path", "paths below /__encore are Encore's own, %q is one of them", "")

	errNoContext    = declare("E-API-040", "no context", "the first parameter of %s must be a context.Context", "write func(ctx context.Context, …)")
	errVariadic     = declare("E-API-041", "variadic endpoint", "%s is variadic", "take a slice in the request type")
	errParamMissing = declare("E-API-042", "path parameter missing", "the path has a parameter %s, but %s has none of that name", "the parameters of the path follow the context, in the same order")
	errParamOrder   = declare("E-API-043", "path parameters out of order", "found the parameter %q where the path has %q", "the parameters of the path follow the context, in the same order")
	errParamType    = declare("E-API-044", "invalid type of a path parameter", "%s has type %s", "a path parameter is a string, a bool, an integer or a uuid.UUID; named types and floats are not allowed")
	errWildcardType = declare("E-API-045", "invalid type of a path parameter", "%s takes the rest of the path and has type %s", "it must be a string")
	errTwoPayloads  = declare("E-API-046", "two request payloads", "%s has more than one parameter beside the context and the path parameters", "put them in one struct")
	errResults      = declare("E-API-047", "invalid results", "%s must return an error, or a response and an error", "")
	errRawSignature = declare("E-API-048", "invalid raw endpoint", "%s must be func(w http.ResponseWriter, req *http.Request)", "")
	errPayloadKind  = declare("E-API-049", "invalid payload", "the %s is %s, which is not a named struct or a pointer to one", "declare a struct type for it")

	errRouteDuplicate = declare("E-API-060", "path taken", "another endpoint answers %s %s", "")
	errRouteLiteral   = declare("E-API-061", "paths in conflict", "%s %s and %s cannot be told apart: %s and %s stand in the same place", "a fixed word and a parameter cannot stand in the same place: put a word before one of them, or use another method")
	errRouteWildcard  = declare("E-API-062", "paths in conflict", "%s %s and %s cannot be told apart: %s and %s stand in the same place", "a wildcard takes everything from its place on")
	errRouteFallbacks = declare("E-API-063", "two fallbacks", "another endpoint has a fallback in the same place", "")

	errNotCalled   = declare("E-API-080", "endpoint not called", "%s is mentioned without a call", "call it; only cron jobs, subscriptions and et.MockEndpoint take an endpoint as a value")
	errRawCalled   = declare("E-API-081", "raw endpoint called", "%s is raw, and raw endpoints can only be called from outside", "put what both need in a function")
	errCallEarly   = declare("E-API-083", "endpoint called too early", "%s is called while package-level variables get their values, when no service runs yet", "call it in the init function of the service struct, or later")
	errCallPlain   = declare("E-API-084", "endpoint called as a function", "%s is a function at package level: this tool would call it in place, without middleware and with the caller's request", "make the endpoint a method of the service struct (//encore:service); calls look the same and become API calls")
	errRawValue    = declare("E-API-085", "raw endpoint in a test", "%s is raw, and the official CLI takes no raw endpoint as a value or in a call", "test the function that the endpoint calls, or the method on a service struct")
	errCallOutside = declare("E-API-082", "endpoint called outside a service", "%s is an endpoint, and package %s belongs to no service", "let the caller pass the result in, or move the package into the folder of a service")
)

// Types of payloads.
var (
	errSchemaType     = declare("E-TYPE-001", "type not allowed", "%s has type %s, %s", "use a concrete type; json.RawMessage carries any JSON")
	errEmbedded       = declare("E-TYPE-002", "embedded struct", "%s is embedded in a request or response, whose fields would be lost", "give the field a name, or repeat its fields")
	errTwoPlaces      = declare("E-TYPE-003", "field in two places", "%s has the tags %s", "keep one")
	errReservedHeader = declare("E-TYPE-004", "reserved header", "%s is in the header %s, and X-Encore- headers are Encore's own", "")
	errWireType       = declare("E-TYPE-005", "type not allowed here", "%s has type %s, which cannot travel in the %s", "allowed are string, bool, numbers, []byte, time.Time, uuid.UUID, json.RawMessage, auth.UID, slices and option.Option of them; no pointers, no named types")
	errDefaultQuery   = declare("E-TYPE-006", "type not allowed here", "%s has type %s, which cannot travel in the query, and a %s request has no body", "allowed are string, bool, numbers, []byte, time.Time, uuid.UUID, json.RawMessage, auth.UID, slices and option.Option of them; no pointers, no named types")
	errCookieHere     = declare("E-TYPE-007", "cookie out of place", "%s has a cookie tag, which only the parameters of the auth handler can have", "")
	errEncoreTag      = declare("E-TYPE-008", "unknown option in a tag", "the encore tag of %s has the option %q", "the options are optional, sensitive and httpstatus")
	errStatusType     = declare("E-TYPE-009", "invalid status field", "%s holds the HTTP status and has type %s", "make it an int")
	errStatusTwice    = declare("E-TYPE-010", "two status fields", "%s is a second field for the HTTP status", "")
)

// Auth.
var (
	errTwoAuthHandlers = declare("E-AUTH-001", "two auth handlers", "an application has one auth handler", "")
	errNoAuthHandler   = declare("E-AUTH-002", "no auth handler", "%s needs an authenticated user, but the application has no auth handler", "write a function with //encore:authhandler, or make the endpoint public")
	errAuthSignature   = declare("E-AUTH-003", "invalid auth handler", "%s has the wrong signature", "write func(ctx context.Context, token string) (auth.UID, error); token may be a *Params struct, and *Data may stand before the error")
	errAuthData        = declare("E-AUTH-004", "invalid auth data", "the auth data is %s, which is not a pointer to a named struct", "")
	errAuthField       = declare("E-AUTH-005", "auth parameter without a place", "%s has no header, query or cookie tag", "say where it comes from, such as `header:\"Authorization\"`")
	errCookieType      = declare("E-AUTH-006", "invalid type of a cookie", "%s has type %s", "take a string, another plain value, or *http.Cookie")
)

// Middleware.
var (
	errMiddlewareSignature = declare("E-MW-001", "invalid middleware", "%s must be func(req middleware.Request, next middleware.Next) middleware.Response", "")
	errGlobalInService     = declare("E-MW-002", "global middleware in a service", "%s is global, but stands in the service %s", "move it to a package outside services, or leave out global")
	errLocalOutside        = declare("E-MW-003", "middleware outside a service", "%s belongs to no service", "write //encore:middleware global target=…, or move it into a service")
	errNoTarget            = declare("E-MW-004", "middleware without a target", "%s does not say which endpoints it is for", "write target=all or target=tag:name")
	errTarget              = declare("E-MW-005", "invalid target", "%q is no target", "write target=all or target=tag:name,tag:other")
	errTargetUnknown       = declare("E-MW-006", "unknown tag", "no endpoint that this middleware can serve has the tag %q", "")
)

// Resources in general.
var (
	errResourcePlace     = declare("E-RES-001", "resource not at package level", "a %s must be the value of a package-level variable", "write var x = … outside functions, and nothing around the call")
	errResourceInTest    = declare("E-RES-002", "resource in a test", "a %s cannot be declared in a _test.go file", "declare it in the package and refer to it")
	errNameLiteral       = declare("E-RES-003", "not a literal", "the %s must be written out as a string literal", "the tool reads it without running the program")
	errResourceName      = declare("E-RES-004", "invalid name", "%q cannot name a %s: names are in %s (such as %s), of at most 63 characters", "")
	errResourceTwice     = declare("E-RES-005", "name taken", "there is another %s %q", "")
	errConfigLiteral     = declare("E-RES-006", "not a literal", "the configuration of a %s must be written out here", "the tool reads it without running the program")
	errConfigKeys        = declare("E-RES-007", "fields without names", "the configuration of a %s must name its fields", "write Field: value")
	errConfigConstant    = declare("E-RES-008", "not a literal", "%s must be written out", "use literals such as 5 * time.Second; the tool reads it without running the program")
	errResourceOutside   = declare("E-RES-009", "resource used outside a service", "the %s %s is used in package %s, which belongs to no service", "let the service pass it in: a handle, a value of pubsub.TopicRef or of objects.BucketRef")
	errResourceElsewhere = declare("E-RES-012", "resource outside the application", "this folder is not part of the application here, but the official CLI reads it and finds a %s", "move it to a folder whose name begins with a dot, or write //go:build !encore_app above the package")
	errNameReserved      = declare("E-RES-011", "reserved name", "the name %q begins with e_, which Encore keeps for itself", "")
	errRefOutside        = declare("E-RES-010", "reference made outside a service", "%s is called in package %s, which belongs to no service", "call it in a service and pass the reference in")
)

// Databases.
var (
	errMigrationsMissing = declare("E-DB-001", "no migrations", "the database %s does not say where its migrations are", "write sqldb.DatabaseConfig{Migrations: \"./migrations\"}")
	errMigrationsPlace   = declare("E-DB-002", "invalid migrations folder", "%q does not lie in the folder of the package", "write a relative path without .., such as ./migrations")
	errMigrationsRead    = declare("E-DB-003", "migrations cannot be read", "%s: %s", "")
	errMigrationName     = declare("E-DB-004", "invalid migration", "%s is not named like a migration", "migrations are named 1_first.up.sql, 2_second.up.sql, …")
	errMigrationZero     = declare("E-DB-005", "invalid migration", "%s has the number zero", "begin with 1")
	errMigrationTwice    = declare("E-DB-006", "migration number taken", "%s and %s have the number %d", "")
	errDatabaseUnknown   = declare("E-DB-007", "unknown database", "there is no database %q", "the name is the one given to sqldb.NewDatabase")
	errImplicitDatabase  = declare("E-DB-008", "implicit database", "the service %s has a folder with migrations, but no database", "write var db = sqldb.NewDatabase(\"name\", sqldb.DatabaseConfig{Migrations: \"./migrations\"})")
)

// Topics and subscriptions.
var (
	errAttributeName      = declare("E-PS-001", "invalid attribute", "%q cannot name an attribute", "names that begin with encore are Encore's own")
	errAttributeType      = declare("E-PS-002", "invalid attribute", "%s is an attribute of type %s", "an attribute is a string, a bool or a number")
	errNoGuarantee        = declare("E-PS-003", "no delivery guarantee", "the topic %s does not say how messages are delivered", "write DeliveryGuarantee: pubsub.AtLeastOnce (or pubsub.ExactlyOnce)")
	errOrderingUnknown    = declare("E-PS-004", "unknown ordering attribute", "the message has no attribute %q", "put `pubsub-attr:\"name\"` on the field that orders the messages")
	errTopicUnknown       = declare("E-PS-005", "unknown topic", "this is not a package-level variable that holds a topic", "refer to the variable with pubsub.NewTopic")
	errNoHandler          = declare("E-PS-006", "no handler", "the subscription has no handler", "")
	errHandlerElsewhere   = declare("E-PS-007", "handler of another service", "%s belongs to the service %s", "subscribe in that service, or handle the message here and call it")
	errHandlerMethod      = declare("E-PS-008", "handler is a method value", "%s is a method value, whose receiver does not exist yet", "write pubsub.MethodHandler((*Service).Method)")
	errMethodHandler      = declare("E-PS-009", "invalid method handler", "%s is not a method of the service struct of this package", "write pubsub.MethodHandler((*Service).Method)")
	errDurationShort      = declare("E-PS-010", "duration too short", "%s is %s, the least is %s", "")
	errNoRetries          = declare("E-PS-012", "no number of retries", "a RetryPolicy without MaxRetries gives a message up at its first failure", "write MaxRetries: 100, pubsub.InfiniteRetries, or pubsub.NoRetries when that is meant")
	errHandlerField       = declare("E-PS-013", "field of a service struct", "%s is %s, for which the official CLI has no schema: it describes a struct with method handlers", "give the field a named type, such as type signal <-chan struct{}")
	errMethodHandlerTwice = declare("E-PS-014", "two method handlers of one name", "another subscription of this package is called %q and has a method handler too", "the official CLI names what it generates by the subscription: give each a name of its own in the package")
	errMaxRetries         = declare("E-PS-011", "invalid number of retries", "MaxRetries is %d", "use pubsub.NoRetries, pubsub.InfiniteRetries or a number from 0")
)

// Metrics.
var (
	errMetricOutside    = declare("E-MET-001", "metric outside a service", "the metric %s belongs to no service", "declare it in the root package of a service, and pass it to what counts")
	errMetricLabels     = declare("E-MET-002", "invalid labels", "the labels of a metric are a struct, not %s", "")
	errMetricLabel      = declare("E-MET-003", "invalid label", "the label %s is a %s", "labels are strings, booleans and whole numbers")
	errMetricLabelTaken = declare("E-MET-004", "invalid label", "the label service is taken", "give the field another name")
)

// Cron jobs.
var (
	errCronOutside  = declare("E-CRON-001", "cron job outside a service", "the cron job %s belongs to no service", "declare it in the service whose endpoint it calls")
	errCronWhen     = declare("E-CRON-002", "invalid cron job", "the cron job %s needs either Every or Schedule", "")
	errCronEvery    = declare("E-CRON-003", "invalid interval", "%s is no interval for a cron job", "take whole minutes that divide a day, at most 24 * cron.Hour; for anything else use Schedule")
	errCronSchedule = declare("E-CRON-004", "invalid schedule", "%q is no schedule: %v", "")
	errCronEndpoint = declare("E-CRON-005", "invalid cron job", "the cron job %s does not call an endpoint", "write Endpoint: NameOfAnEndpoint")
	errCronParams   = declare("E-CRON-006", "endpoint with parameters", "%s takes parameters, and a cron job has none to give", "write an endpoint that only takes a context")
)

// Buckets.
var (
	errBucketPrivate = declare("E-OBJ-001", "bucket is not public", "the objects of %s have no public URL", "write objects.BucketConfig{Public: true}, or use SignedDownloadURL")
	errBucketUnknown = declare("E-OBJ-002", "unknown bucket", "there is no bucket %q", "the name is the one given to objects.NewBucket")
)

// Secrets.
var (
	errSecretsValue     = declare("E-SEC-001", "secrets with a value", "the variable secrets gets its content when the program starts", "declare it as var secrets struct { Name string }")
	errSecretsStruct    = declare("E-SEC-002", "invalid secrets", "the variable secrets must be a struct written out here", "declare it as var secrets struct { Name string }, or give a variable that holds something else another name")
	errSecretsGroup     = declare("E-SEC-003", "secrets among other variables", "the variable secrets must have a declaration of its own", "")
	errSecretType       = declare("E-SEC-004", "invalid secret", "a secret is a string, this field is %s", "")
	errSecretName       = declare("E-SEC-005", "invalid secret", "%s is not exported", "begin the name with a capital")
	errSecretsElsewhere = declare("E-SEC-007", "secrets outside the application", "the official CLI takes every variable secrets with a struct type for the application's", "give the variable another name")
	errSecretInit       = declare("E-SEC-006", "secret read too early", "secrets are not there yet when package-level variables get their values", "read it in the init function of the service struct, in init(), or in a sync.OnceValue")
)

// What this tool does not have.
var (
	errUnsupportedPackage      = declare("E-TOOL-001", "package not supported", "this tool does not support %s", "the packages in use elsewhere are encore.dev, beta/auth, beta/errs, cron, et, middleware, pubsub, rlog, shutdown, storage/objects, storage/sqldb, types/option and types/uuid")
	errUnsupportedFunc         = declare("E-TOOL-002", "function not supported", "this tool does not support %s", "")
	errMockPackageLevel        = declare("E-TOOL-003", "endpoint cannot be mocked", "%s is a package-level function, whose calls this tool does not redirect", "make it a method of the service struct")
	errMockServicePackageLevel = declare("E-TOOL-004", "service cannot be mocked", "%s has package-level endpoints, whose calls this tool does not redirect: %s", "make them methods of the service struct")
	errMockNoEndpoint          = declare("E-TOOL-005", "not an endpoint", "%s is not an endpoint", "mock the function or method with //encore:api, as package.Name")
	errMockNoService           = declare("E-TOOL-006", "unknown service", "there is no service %q", "")
)
