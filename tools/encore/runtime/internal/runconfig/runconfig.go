// Package runconfig holds the configuration a program is started with: the infrastructure it uses and, during
// development and tests, what only the command line tool knows.
//
// It is one JSON file named by ENCORE_INFRA_CONFIG_PATH. Any string in it may be written {"$env": "NAME"}; it then
// comes from that environment variable, which must be set and not empty. {"$env": ["NAME", "OTHER"]} takes the first
// that is, and {"$env": …, "default": "text"} the text when none is.
package runconfig

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// PathVariable is the environment variable with the path of the configuration file.
const PathVariable = "ENCORE_INFRA_CONFIG_PATH"

// Config is the whole configuration. The zero Config is that of a program started without a file: no
// infrastructure at all.
type Config struct {
	Metadata         Metadata          `json:"metadata"`
	GracefulShutdown GracefulShutdown  `json:"graceful_shutdown"`
	SQLServers       []SQLServer       `json:"sql_servers"`
	Redis            map[string]Redis  `json:"redis"`
	PubSub           []PubSub          `json:"pubsub"`
	ObjectStorage    []ObjectStorage   `json:"object_storage"`
	Secrets          map[string]string `json:"secrets"`
	HostedServices   []string          `json:"hosted_services"` // nil = all
	CORS             *CORS             `json:"cors"`            // nil = the application's own settings
	LogConfig        string            `json:"log_config"`
	Metrics          *Metrics          `json:"metrics"` // nil = no internal port
	Local            Local             `json:"local"`
}

// Metadata says where the program runs.
type Metadata struct {
	AppID   string `json:"app_id"`
	EnvName string `json:"env_name"`
	EnvType string `json:"env_type"` // production, development, ephemeral or test
	Cloud   string `json:"cloud"`
	BaseURL string `json:"base_url"`
}

// GracefulShutdown holds the time limits of a shutdown, in seconds; nil = the default.
type GracefulShutdown struct {
	Total         *float64 `json:"total"`
	ShutdownHooks *float64 `json:"shutdown_hooks"`
	Handlers      *float64 `json:"handlers"`
	// Drain is how long the program goes on accepting requests, while it says that it is not ready, before the rest of
	// the shutdown and its time limits begin; nil = 0.
	Drain *float64 `json:"drain"`
}

// Metrics is the internal port: metrics and probes over HTTP.
type Metrics struct {
	Type    string `json:"type"`    // "prometheus_listener"
	Address string `json:"address"` // host:port or :port
}

// SQLServer is a PostgreSQL server. Databases is keyed by the name PostgreSQL knows the database by.
type SQLServer struct {
	Host      string                 `json:"host"` // host, host:port or the directory of a Unix socket
	TLSConfig *TLSConfig             `json:"tls_config"`
	Databases map[string]SQLDatabase `json:"databases"`
	// MaintenanceDatabase is a database that exists. When it is set, those of Databases that do not are created through
	// it when the program starts.
	MaintenanceDatabase string `json:"maintenance_database"`
}

// SQLDatabase is a database of a server and the role to use it with.
type SQLDatabase struct {
	Name           string      `json:"name"` // the application's name for it; empty = the key
	Username       string      `json:"username"`
	Password       string      `json:"password"`
	MaxConnections int         `json:"max_connections"` // 0 = 30
	MinConnections int         `json:"min_connections"`
	ClientCert     *ClientCert `json:"client_cert"`
	// Migrations is a folder whose migrations are applied when the program starts; empty = they are applied
	// by someone else.
	Migrations string `json:"migrations"`
}

// TLSConfig says how to secure the connection to a server. Without one, TLS is used when the server offers it.
type TLSConfig struct {
	Disabled                       bool        `json:"disabled"`
	CA                             string      `json:"ca"` // PEM
	ClientCert                     *ClientCert `json:"client_cert"`
	DisableTLSHostnameVerification bool        `json:"disable_tls_hostname_verification"`
	DisableCAValidation            bool        `json:"disable_ca_validation"`
}

// ClientCert is a certificate to show to a server, and its key, both PEM.
type ClientCert struct {
	Cert string `json:"cert"`
	Key  string `json:"key"`
}

// Redis is a Redis server.
type Redis struct {
	Host           string     `json:"host"` // host, host:port or the path of a Unix socket
	HostSource     string     `json:"-"`    // the variable that Host comes from, or its key in the configuration
	DatabaseIndex  int        `json:"database_index"`
	Auth           *RedisAuth `json:"auth"`
	KeyPrefix      string     `json:"key_prefix"`
	TLSConfig      *TLSConfig `json:"tls_config"`
	MaxConnections int        `json:"max_connections"`
	MinConnections int        `json:"min_connections"`
}

// RedisAuth says how to sign in to Redis: by "acl" (user name and password) or "auth_string" (password alone).
type RedisAuth struct {
	Type       string `json:"type"`
	Username   string `json:"username"`
	Password   string `json:"password"`
	AuthString string `json:"auth_string"`
}

// PubSub is a message broker and the topics it carries, keyed by the application's name.
type PubSub struct {
	Type   string           `json:"type"`  // "redis"
	Redis  string           `json:"redis"` // key in Config.Redis
	Topics map[string]Topic `json:"topics"`
}

// Topic is a topic's name at the broker and the subscriptions this program serves.
type Topic struct {
	Name          string                  `json:"name"` // empty = the key
	Subscriptions map[string]Subscription `json:"subscriptions"`
}

// Subscription is a subscription's name at the broker.
type Subscription struct {
	Name string `json:"name"` // empty = the key
}

// ObjectStorage is a store and the buckets in it, keyed by the application's name.
type ObjectStorage struct {
	Type    string            `json:"type"`     // "directory" or "s3"
	Path    string            `json:"path"`     // the folder that holds a folder for each bucket
	BaseURL string            `json:"base_url"` // where clients reach the store's HTTP handler
	Buckets map[string]Bucket `json:"buckets"`
	// SigningKey is the secret that signed URLs are made with; empty = each bucket has one of its own in its folder.
	SigningKey string `json:"signing_key"`

	// Of type "s3". Without an Endpoint (a URL) it is AWS, without keys those of the environment or the instance.
	Region          string `json:"region"`
	Endpoint        string `json:"endpoint"`
	AccessKeyID     string `json:"access_key_id"`
	SecretAccessKey string `json:"secret_access_key"`
}

// Bucket is a bucket's name in the store.
type Bucket struct {
	Name          string `json:"name"` // empty = the key
	KeyPrefix     string `json:"key_prefix"`
	PublicBaseURL string `json:"public_base_url"` // empty = ObjectStorage.BaseURL + "/" + bucket, or the bucket's address in S3
}

// CORS replaces the application's global_cors.
type CORS struct {
	Debug                          bool     `json:"debug"`
	AllowHeaders                   []string `json:"allow_headers"`
	ExposeHeaders                  []string `json:"expose_headers"`
	AllowOriginsWithoutCredentials []string `json:"allow_origins_without_credentials"`
	AllowOriginsWithCredentials    []string `json:"allow_origins_with_credentials"`
}

// Local is what the tool tells a program that it runs itself, for development or tests. It is absent from images.
type Local struct {
	PrivateEndpoints bool              `json:"private_endpoints"` // private endpoints are reachable over HTTP
	LocalOrigins     bool              `json:"local_origins"`     // pages of this machine may call it, whatever CORS says
	AllowHosts       []string          `json:"allow_hosts"`       // names, beside those of this machine, that requests may be for
	LogColor         bool              `json:"log_color"`         // of the lines that tests log
	QuietLog         bool              `json:"quiet_log"`         // what is as it should be is logged at debug: refusals, start and stop
	Migrations       map[string]string `json:"migrations"`        // application's database name → absolute folder
	Templates        map[string]string `json:"templates"`         // application's database name → database to clone for a test
}

var load = sync.OnceValues(func() (*Config, error) {
	if os.Getenv(PathVariable) == "" {
		if err := askTool(); err != nil {
			return nil, err
		}
	}
	path := os.Getenv(PathVariable)
	if path == "" {
		return &Config{}, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration named by %s: %w", PathVariable, err)
	}
	cfg, err := Parse(data, os.LookupEnv)
	_, missing := errors.AsType[*MissingError](err)
	_, wrong := errors.AsType[*ValueError](err)
	if err != nil && !missing && !wrong {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cfg, err
})

// override is set by tests of the runtime.
var override atomic.Pointer[Config]

// Load returns the configuration, which is read once per process. The caller must not change it.
func Load() (*Config, error) {
	if cfg := override.Load(); cfg != nil {
		return cfg, nil
	}
	return load()
}

var held atomic.Bool

// Hold has Get answer with the zero Config when the configuration cannot be read: the program refuses to start when all of
// its packages are initialized, because only then everything that is wrong is known. Tests refuse at once all the same.
func Hold() { held.Store(true) }

// Get is Load for callers that run where an error cannot be returned, such as package initialization: a program
// whose configuration cannot be read says why, in a line for each missing variable, and exits with status 2.
func Get() *Config {
	cfg, err := Load()
	switch {
	case err == nil:
		return cfg
	case held.Load() && !testing.Testing():
		return &Config{}
	}
	Refuse(err)
	return nil
}

// Refuse ends the program with status 2, and says why: in a line for each line of the error.
func Refuse(err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(os.Stderr, "cannot start: %s\n", line)
	}
	os.Exit(2)
}

// SetForTest replaces the configuration of the process. It is for the runtime's own tests, which call it before
// anything uses the configuration.
func SetForTest(cfg *Config) { override.Store(cfg) }
