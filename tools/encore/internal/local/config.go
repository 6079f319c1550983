package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// runtimeConfig is the configuration file of the program: the infra config format and the part that only a program
// run by the tool gets.
type runtimeConfig struct {
	Metadata         configMetadata         `json:"metadata"`
	GracefulShutdown configShutdown         `json:"graceful_shutdown"`
	SQLServers       []configSQLServer      `json:"sql_servers,omitempty"`
	Redis            map[string]configRedis `json:"redis,omitempty"`
	PubSub           []configPubSub         `json:"pubsub,omitempty"`
	ObjectStorage    []configObjectStorage  `json:"object_storage,omitempty"`
	Secrets          map[string]string      `json:"secrets,omitempty"`
	LogConfig        string                 `json:"log_config,omitempty"`
	Local            configLocal            `json:"local"`
}

type configMetadata struct {
	AppID   string `json:"app_id"`
	EnvName string `json:"env_name"`
	EnvType string `json:"env_type"`
	Cloud   string `json:"cloud"`
	BaseURL string `json:"base_url"`
}

type configShutdown struct {
	Total         int `json:"total"`
	ShutdownHooks int `json:"shutdown_hooks"`
	Handlers      int `json:"handlers"`
}

type configSQLServer struct {
	Host      string                    `json:"host"`
	TLSConfig *configTLS                `json:"tls_config,omitempty"`
	Databases map[string]configDatabase `json:"databases"`
}

type configTLS struct {
	Disabled bool `json:"disabled,omitempty"`
}

type configDatabase struct {
	Name     string `json:"name"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type configRedis struct {
	Host          string           `json:"host"`
	DatabaseIndex int              `json:"database_index"`
	Auth          *configRedisAuth `json:"auth,omitempty"`
	TLSConfig     *configTLS       `json:"tls_config,omitempty"`
}

type configRedisAuth struct {
	Type       string `json:"type"`
	Username   string `json:"username,omitempty"`
	Password   string `json:"password,omitempty"`
	AuthString string `json:"auth_string,omitempty"`
}

type configPubSub struct {
	Type   string                 `json:"type"`
	Redis  string                 `json:"redis"`
	Topics map[string]configTopic `json:"topics"`
}

type configTopic struct {
	Name          string                  `json:"name"`
	Subscriptions map[string]configNaming `json:"subscriptions,omitempty"`
}

type configNaming struct {
	Name string `json:"name"`
}

type configObjectStorage struct {
	Type    string                  `json:"type"`
	Path    string                  `json:"path"`
	BaseURL string                  `json:"base_url"`
	Buckets map[string]configNaming `json:"buckets"`
}

type configLocal struct {
	PrivateEndpoints bool              `json:"private_endpoints"`
	LocalOrigins     bool              `json:"local_origins"`
	AllowHosts       []string          `json:"allow_hosts,omitempty"`
	LogColor         bool              `json:"log_color,omitempty"`
	QuietLog         bool              `json:"quiet_log,omitempty"`
	Migrations       map[string]string `json:"migrations,omitempty"`
	Templates        map[string]string `json:"templates,omitempty"`
}

// ConfigFile writes the configuration for the program and returns its path. It holds secrets and is readable by the
// user alone. In Test the databases must have been made by Migrate.
func (e *Environment) ConfigFile() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	config, err := e.config()
	if err != nil {
		return "", err
	}
	data, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return "", fmt.Errorf("write the configuration: %w", err)
	}
	path := e.configPath()
	if err := writeFile(path, append(data, '\n'), 0o600); err != nil {
		return "", fmt.Errorf("write the configuration: %w", err)
	}
	return path, nil
}

// ErrNotRunning is returned by RunningConfig when no `run` of the application is under way.
var ErrNotRunning = errors.New("the application is not running")

// RunningConfig returns the path of the configuration of the program that a `run` of the application at root keeps up.
func RunningConfig(root string, lookupEnv func(string) (string, bool)) (path string, err error) {
	parent, _ := lookupEnv("ENCORE_DATA_DIR")
	dir, err := openDataDir(root, "", parent)
	if err != nil {
		return "", err
	}
	l, err := acquire(filepath.Join(dir, "run.lock"))
	if err == nil {
		return "", errors.Join(ErrNotRunning, l.release())
	}
	if !errors.Is(err, ErrRunning) {
		return "", err
	}
	return filepath.Join(dir, "config.json"), nil
}

func (e *Environment) configPath() string {
	if e.options.Mode == Test {
		return filepath.Join(e.scratch, "config.json")
	}
	return filepath.Join(e.dataDir, "config.json")
}

// Environ returns the variables to add to the program's environment, as "NAME=value": where the configuration file
// is, REDIS_URL, and SMTP_HOST and SMTP_PORT unless the developer's environment names an SMTP server.
func (e *Environment) Environ() []string {
	environ := []string{"ENCORE_INFRA_CONFIG_PATH=" + e.configPath()}
	if e.redis != nil {
		environ = append(environ, "REDIS_URL="+e.redis.url)
	}
	if e.inbox != nil {
		host, port, _ := strings.Cut(e.inbox.Addr(), ":")
		environ = append(environ, "SMTP_HOST="+host, "SMTP_PORT="+port)
	}
	return environ
}

// RedisURL returns the address of the environment's Redis; empty when the application needs none.
func (e *Environment) RedisURL() string {
	if e.redis == nil {
		return ""
	}
	return e.redis.url
}

// BucketDir returns the folder with the objects of a bucket.
func (e *Environment) BucketDir(name string) string { return filepath.Join(e.bucketRoot(), name) }

func (e *Environment) bucketRoot() string {
	if e.options.Mode == Test {
		return filepath.Join(e.scratch, "buckets")
	}
	return filepath.Join(e.dataDir, "buckets")
}

func (e *Environment) config() (*runtimeConfig, error) {
	a, o := e.app, &e.options
	c := &runtimeConfig{
		Metadata:         configMetadata{e.ids.ID, "local", "development", "local", o.BaseURL},
		GracefulShutdown: configShutdown{Total: 5, ShutdownHooks: 4, Handlers: 3},
		LogConfig:        o.LogLevel,
		Local: configLocal{
			PrivateEndpoints: true,
			LocalOrigins:     true,
			AllowHosts:       o.AllowHosts,
			LogColor:         o.LogColor,
			QuietLog:         o.Mode == Run,
		},
	}
	if c.LogConfig == "" {
		c.LogConfig = a.File.LogLevel
	}
	if o.Mode == Test {
		c.Metadata.EnvName, c.Metadata.EnvType = "test", "test"
	}
	var err error
	if c.Secrets, _, err = e.secretValues(); err != nil {
		return nil, err
	}
	if len(a.Databases) > 0 {
		if err := e.configDatabases(c); err != nil {
			return nil, err
		}
	}
	if e.redis != nil {
		c.Redis = map[string]configRedis{"default": e.redis.config}
		if topics := configTopics(a); len(topics) > 0 {
			c.PubSub = []configPubSub{{Type: "redis", Redis: "default", Topics: topics}}
		}
	}
	if len(a.Buckets) > 0 {
		store := configObjectStorage{Type: "directory", Path: e.bucketRoot(), BaseURL: o.BaseURL + "/__encore/objects", Buckets: map[string]configNaming{}}
		for _, bucket := range a.Buckets {
			store.Buckets[bucket.Name] = configNaming{bucket.Name}
			if err := os.MkdirAll(e.BucketDir(bucket.Name), 0o700); err != nil {
				return nil, fmt.Errorf("make the folder of bucket %s: %w", bucket.Name, err)
			}
		}
		c.ObjectStorage = []configObjectStorage{store}
	}
	return c, nil
}

func (e *Environment) configDatabases(c *runtimeConfig) error {
	s := configSQLServer{Host: e.server.address(), Databases: map[string]configDatabase{}}
	if e.server.owned() {
		s.TLSConfig = &configTLS{Disabled: true}
	}
	c.Local.Migrations = map[string]string{}
	if e.options.Mode == Test {
		c.Local.Templates = map[string]string{}
	}
	for _, db := range e.app.Databases {
		s.Databases[e.postgresName(db.Name)] = configDatabase{Name: db.Name, Username: e.server.user, Password: e.server.password}
		c.Local.Migrations[db.Name] = db.MigrationsDir
		if e.options.Mode == Test {
			template, err := e.templateName(db)
			if err != nil {
				return err
			}
			c.Local.Templates[db.Name] = template
		}
	}
	c.SQLServers = []configSQLServer{s}
	return nil
}

func configTopics(a *app.App) map[string]configTopic {
	topics := make(map[string]configTopic)
	for _, topic := range a.Topics {
		topics[topic.Name] = configTopic{Name: topic.Name, Subscriptions: map[string]configNaming{}}
	}
	for _, sub := range a.Subscriptions {
		topics[sub.Topic.Name].Subscriptions[sub.Name] = configNaming{sub.Name}
	}
	return topics
}
