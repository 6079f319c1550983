package infra

// Tool is whose programs a configuration is for.
type Tool int

// The tools. Each knows keys that the other does not.
const (
	Stock    Tool = 1 << iota // this one
	Official                  // the official command line tool
	Both     = Stock | Official
)

func (t Tool) String() string {
	if t == Official {
		return "images of the official tool"
	}
	return "images of this tool"
}

// A shape is what a value may look like. check reports what does not fit.
type shape interface {
	check(c *checker, v value)
}

type (
	// text is a string. Ours may be a reference to an environment variable everywhere, those of the official tool only
	// where env says so.
	textShape struct {
		env bool
		// values, if any, are the only ones, and of whom.
		values map[string]Tool
	}
	numberShape  struct{ least, most float64 }
	wholeShape   struct{ least, most float64 }
	booleanShape struct{}
	listShape    struct{ of shape }
	// mapShape is an object whose keys are names.
	mapShape    struct{ of shape }
	objectShape map[string]member
	// variantShape is an object whose other keys depend on that of "type".
	variantShape map[string]variant
	// secretsShape is a map of texts, or one reference to a variable that holds such a map as JSON.
	secretsShape struct{}
)

type member struct {
	shape
	required bool
	only     Tool // 0 = both
}

type variant struct {
	objectShape
	only Tool // 0 = both
}

func required(s shape) member        { return member{shape: s, required: true} }
func optional(s shape) member        { return member{shape: s} }
func only(tool Tool, s shape) member { return member{shape: s, only: tool} }

var (
	plain   = textShape{}
	secret  = textShape{env: true} // or another text that the official tool takes from the environment
	flag    = booleanShape{}
	count   = wholeShape{0, 1e6}
	seconds = numberShape{0, 86400}
	texts   = listShape{plain}
)

var clientCert = objectShape{"cert": required(plain), "key": required(secret)}

var tlsConfig = objectShape{
	"disabled": optional(flag), "ca": optional(plain), "client_cert": optional(clientCert),
	"disable_tls_hostname_verification": optional(flag), "disable_ca_validation": optional(flag),
}

var authMethods = listShape{variantShape{"key": {objectShape: objectShape{"id": required(count), "key": required(secret)}}}}

var interval = optional(count)

// configShape is the whole file.
var configShape = objectShape{
	"$schema": optional(plain),
	"metadata": optional(objectShape{
		"app_id": optional(plain), "env_name": optional(plain), "base_url": optional(plain),
		"env_type": optional(textShape{values: map[string]Tool{
			"production": Both, "development": Both, "ephemeral": Both, "test": Both,
		}}),
		"cloud": optional(textShape{values: map[string]Tool{
			"aws": Both, "gcp": Both, "azure": Both, "encore": Both, "local": Both, "self-hosted": Stock,
		}}),
	}),
	"log_config": optional(textShape{env: true, values: map[string]Tool{
		"trace": Both, "debug": Both, "info": Both, "warn": Both, "error": Both,
	}}),
	"graceful_shutdown": optional(objectShape{
		"total": optional(seconds), "shutdown_hooks": optional(seconds), "handlers": optional(seconds), "drain": only(Stock, seconds),
	}),
	"worker_threads": only(Official, count),
	"auth":           only(Official, authMethods),
	"service_discovery": only(Official, mapShape{objectShape{
		"base_url": required(secret), "auth": optional(authMethods),
	}}),
	"cors": only(Stock, objectShape{
		"debug": optional(flag), "allow_headers": optional(texts), "expose_headers": optional(texts),
		"allow_origins_without_credentials": optional(texts), "allow_origins_with_credentials": optional(texts),
	}),
	"metrics": optional(variantShape{
		"prometheus_listener": {objectShape{"address": required(plain)}, Stock},
		"prometheus":          {objectShape{"remote_write_url": required(secret), "collection_interval": interval}, Official},
		"datadog":             {objectShape{"site": required(plain), "api_key": required(secret), "collection_interval": interval}, Official},
		"gcp_cloud_monitoring": {objectShape{
			"project_id": required(plain), "monitored_resource_type": required(plain),
			"monitored_resource_labels": optional(mapShape{plain}), "metric_names": optional(mapShape{plain}), "collection_interval": interval,
		}, Official},
		"aws_cloudwatch": {objectShape{"namespace": required(plain), "collection_interval": interval}, Official},
	}),
	"sql_servers": optional(listShape{objectShape{
		"host": required(plain), "tls_config": optional(tlsConfig), "maintenance_database": only(Stock, plain),
		"databases": required(mapShape{objectShape{
			"name": optional(plain), "username": optional(secret), "password": optional(secret),
			"max_connections": optional(count), "min_connections": optional(count),
			"client_cert": optional(clientCert), "migrations": only(Stock, plain),
		}}),
	}}),
	"redis": optional(mapShape{objectShape{
		"host": required(plain), "database_index": optional(wholeShape{0, 15}), "key_prefix": optional(plain),
		"auth": optional(variantShape{
			"acl":         {objectShape: objectShape{"username": required(secret), "password": required(secret)}},
			"auth_string": {objectShape: objectShape{"auth_string": required(secret)}},
		}),
		"tls_config": optional(tlsConfig), "max_connections": optional(count), "min_connections": optional(count),
		"in_memory": only(Official, flag),
	}}),
	"pubsub": optional(listShape{variantShape{
		"redis": {objectShape{"redis": required(plain), "topics": topics(objectShape{
			"name": optional(plain), "subscriptions": optional(mapShape{objectShape{"name": optional(plain)}}),
		})}, Stock},
		"nsq": {objectShape{"hosts": required(plain), "topics": topics(objectShape{
			"name": required(plain), "subscriptions": optional(mapShape{objectShape{"name": required(plain)}}),
		})}, Official},
		"gcp_pubsub": {objectShape{"project_id": required(plain), "topics": topics(objectShape{
			"name": required(plain), "project_id": optional(plain),
			"subscriptions": optional(mapShape{objectShape{
				"name": required(plain), "project_id": optional(plain),
				"push_config": optional(objectShape{
					"id": required(plain), "service_account": required(plain), "jwt_audience": optional(plain),
				}),
			}}),
		})}, Official},
		"aws_sns_sqs": {objectShape{"topics": topics(objectShape{
			"arn": required(plain), "subscriptions": optional(mapShape{objectShape{"url": required(plain)}}),
		})}, Official},
	}}),
	"object_storage": optional(listShape{variantShape{
		"directory": {objectShape{
			"path": required(plain), "base_url": optional(plain), "signing_key": optional(plain), "buckets": buckets,
		}, Stock},
		"s3": {objectShape: objectShape{
			"region": required(plain), "endpoint": optional(plain), "access_key_id": optional(plain),
			"secret_access_key": optional(secret), "buckets": buckets,
		}},
		"gcs": {objectShape{"endpoint": optional(plain), "buckets": buckets}, Official},
	}}),
	"secrets": optional(secretsShape{}),
}

func topics(of objectShape) member { return required(mapShape{of}) }

var buckets = required(mapShape{objectShape{
	"name": optional(plain), "key_prefix": optional(plain), "public_base_url": optional(plain),
}})
