//go:build !encore_app

package runconfig_test

import (
	"os"
	"path/filepath"
	"testing"

	"encore.dev/internal/runconfig"
	"github.com/stretchr/testify/require"
)

func lookupIn(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	}
}

func TestParseReadsTheInfrastructure(t *testing.T) {
	t.Parallel()
	cfg, err := runconfig.Parse([]byte(`{
		"$schema": "https://example.invalid/schema.json",
		"metadata": {"app_id": "demo", "env_name": "local", "env_type": "development", "cloud": "local", "base_url": "http://127.0.0.1:4000"},
		"graceful_shutdown": {"total": 5, "handlers": 2.5},
		"sql_servers": [{"host": {"$env": "PGHOST"}, "databases": {"core_prod": {
			"name": "core", "username": "app", "password": {"$env": "PGPASSWORD"}, "max_connections": 7, "migrations": "/migrations/core"}}}],
		"redis": {"default": {"host": "127.0.0.1:6379", "key_prefix": "demo:", "auth": {"type": "acl", "username": "u", "password": {"$env": "RP", "default": ""}}}},
		"pubsub": [{"type": "redis", "redis": "default", "topics": {"run-events": {"name": "re", "subscriptions": {"realtime": {"name": "rt"}}}}}],
		"object_storage": [{"type": "directory", "path": "/data", "base_url": "http://h/__encore/objects", "buckets": {"pictures": {}}}],
		"secrets": {"A": "plain", "B": {"$env": "SECRET_B"}},
		"hosted_services": ["core"],
		"local": {"private_endpoints": true, "templates": {"core": "core_template"}}
	}`), lookupIn(map[string]string{"PGHOST": "db:5432", "PGPASSWORD": "s3", "RP": "", "SECRET_B": "b"}))
	require.NoError(t, err)

	require.Equal(t, "demo", cfg.Metadata.AppID)
	require.InDelta(t, 2.5, *cfg.GracefulShutdown.Handlers, 0)
	require.Nil(t, cfg.GracefulShutdown.ShutdownHooks)
	require.Equal(t, "db:5432", cfg.SQLServers[0].Host)
	require.Equal(t, runconfig.SQLDatabase{
		Name: "core", Username: "app", Password: "s3", MaxConnections: 7, Migrations: "/migrations/core",
	}, cfg.SQLServers[0].Databases["core_prod"])
	require.Equal(t, &runconfig.RedisAuth{Type: "acl", Username: "u"}, cfg.Redis["default"].Auth)
	require.Equal(t, "rt", cfg.PubSub[0].Topics["run-events"].Subscriptions["realtime"].Name)
	require.Equal(t, "/data", cfg.ObjectStorage[0].Path)
	require.Equal(t, map[string]string{"A": "plain", "B": "b"}, cfg.Secrets)
	require.Equal(t, []string{"core"}, cfg.HostedServices)
	require.True(t, cfg.Local.PrivateEndpoints)
	require.Equal(t, "core_template", cfg.Local.Templates["core"])
}

func TestParseNamesEveryMissingVariable(t *testing.T) {
	t.Parallel()
	_, err := runconfig.Parse([]byte(`{
		"metadata": {"env_type": {"$env": "ENVIRONMENT"}, "base_url": {"$env": "BASE_URL", "default": "http://h"}},
		"sql_servers": [{"host": "h", "databases": {"core": {"password": {"$env": "DB_PASSWORD"}}, "auth": {"password": {"$env": "DB_PASSWORD"}}}}],
		"secrets": {"Key": {"$env": ["SECRET_KEY", "DJANGO_SECRET_KEY"]}}
	}`), lookupIn(map[string]string{"ENVIRONMENT": "", "SECRET_KEY": ""}))
	require.EqualError(t, err, "DB_PASSWORD is missing or empty: set it in .env or the environment\n"+
		"ENVIRONMENT is missing or empty: set it in .env or the environment\n"+
		"SECRET_KEY (or DJANGO_SECRET_KEY) is missing or empty: set it in .env or the environment")

	_, err = runconfig.Parse([]byte(`{"secrets": {"$env": "ALL"}, "log_config": {"$env": "LEVEL"}}`), lookupIn(nil))
	require.Equal(t, &runconfig.MissingError{Variables: []string{"ALL", "LEVEL"}}, err)
}

func TestParseTakesTheFirstVariableThatIsSet(t *testing.T) {
	t.Parallel()
	text := []byte(`{"log_config": {"$env": ["NEW", "OLD"], "default": "info"}}`)
	for want, env := range map[string]map[string]string{
		"warn":  {"NEW": "warn", "OLD": "error"},
		"error": {"NEW": "", "OLD": "error"},
		"info":  {"NEW": ""},
	} {
		cfg, err := runconfig.Parse(text, lookupIn(env))
		require.NoError(t, err)
		require.Equal(t, want, cfg.LogConfig)
	}
}

func TestParseSecretsFromOneVariable(t *testing.T) {
	t.Parallel()
	text := []byte(`{"secrets": {"$env": "ALL"}}`)

	cfg, err := runconfig.Parse(text, lookupIn(map[string]string{"ALL": `{"A":"1","B":"{\"$env\":\"not a reference\"}"}`}))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"A": "1", "B": `{"$env":"not a reference"}`}, cfg.Secrets)

	_, err = runconfig.Parse(text, lookupIn(map[string]string{"ALL": `hunter2`}))
	require.EqualError(t, err, "secrets: environment variable ALL does not hold a JSON object of strings")

	_, err = runconfig.Parse(text, lookupIn(nil))
	require.EqualError(t, err, "ALL is missing or empty: set it in .env or the environment")
}

func TestParseRefusesWhatIsNotAConfiguration(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "null", "{", `{"sql_servers": {}}`, `{"log_config": {"$env": []}}`, `{"log_config": {"$env": "A", "default": 1}}`, `{"log_config": {"$env": "A", "b": ""}}`} {
		_, err := runconfig.Parse([]byte(text), lookupIn(nil))
		require.ErrorContains(t, err, "parse the configuration", "input %q", text)
	}
}

func TestParseNamesEveryValueThatMeansNothing(t *testing.T) {
	t.Parallel()
	_, err := runconfig.Parse([]byte(`{
		"metadata": {"env_type": {"$env": "ENVIRONMENT"}, "base_url": {"$env": "BASE_URL", "default": ""}},
		"log_config": {"$env": "LOG_LEVEL", "default": "info"}
	}`), lookupIn(map[string]string{"ENVIRONMENT": "prodution", "BASE_URL": "nonsense", "LOG_LEVEL": "loud"}))
	require.EqualError(t, err, `ENVIRONMENT is "prodution": it must be production, development, ephemeral or test`+"\n"+
		`LOG_LEVEL is "loud": it must be trace, debug, info, warn or error`+"\n"+
		`BASE_URL is "nonsense": it must be an address like https://trottoir.example:2002`)

	_, err = runconfig.Parse([]byte(`{"log_config": "loud"}`), lookupIn(nil))
	require.EqualError(t, err, `log_config is "loud": it must be trace, debug, info, warn or error`)
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `{"secrets":{"$env":"A"}}`, `{"secrets":{"A":{"$env":["A","B"],"default":""}}}`, `{"metadata":{"base_url":{"$env":"A"}}}`,
		`{"redis":{"a":{"host":1}}}`, `{"metadata":[],"log_config":{"$env":[]}}`, `{"sql_servers":[{"databases":{"core":{"max_connections":1e9}}}]}`,
	} {
		f.Add([]byte(seed), "value")
	}
	f.Fuzz(func(t *testing.T, data []byte, value string) {
		cfg, err := runconfig.Parse(data, func(name string) (string, bool) { return value, name != "" })
		require.Equal(t, err == nil, cfg != nil)
	})
}

func TestLoadReadsTheNamedFileOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "infra.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"metadata":{"app_id":"first"}}`), 0o600))
	t.Setenv(runconfig.PathVariable, path)

	cfg, err := runconfig.Load()
	require.NoError(t, err)
	require.Equal(t, "first", cfg.Metadata.AppID)

	require.NoError(t, os.WriteFile(path, []byte(`{"metadata":{"app_id":"second"}}`), 0o600))
	again, err := runconfig.Load()
	require.NoError(t, err)
	require.Same(t, cfg, again)
}

func TestParseTellsAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	env := map[string]string{"LOG_LEVEL": "loud", "REDIS_HOST": "nowhere:port", "POSTGRES_HOST": "postgres://me:secret@db"}
	_, err := runconfig.Parse([]byte(`{
		"log_config": {"$env": "LOG_LEVEL"}, "metadata": {"env_type": {"$env": "ENVIRONMENT"}},
		"sql_servers": [{"host": {"$env": "POSTGRES_HOST"}, "databases": {}}],
		"redis": {"default": {"host": {"$env": "REDIS_HOST"}}, "other": {"host": "a b"}}
	}`), func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	require.EqualError(t, err, "ENVIRONMENT is missing or empty: set it in .env or the environment\n"+
		"LOG_LEVEL is \"loud\": it must be trace, debug, info, warn or error\n"+
		"POSTGRES_HOST is an address: it must be a host or host:port, without scheme, user and path\n"+
		"REDIS_HOST is \"nowhere:port\": it must be a host or host:port, with a port from 1 to 65535\n"+
		"redis.other.host is \"a b\": it must be a host or host:port, with a port from 1 to 65535")

	for _, host := range []string{"redis", "redis:6379", "10.0.0.1", "[2001:db8::1]:6379", "2001:db8::1", "/run/redis.sock", "redis.example."} {
		_, err := runconfig.Parse([]byte(`{"redis": {"default": {"host": "`+host+`"}}}`), nil)
		require.NoError(t, err, host)
	}
	for _, host := range []string{":6379", "redis:", "redis:0", "redis:70000", "a:b:c"} {
		_, err := runconfig.Parse([]byte(`{"redis": {"default": {"host": "`+host+`"}}}`), nil)
		require.ErrorContains(t, err, "redis.default.host is", host)
	}
}
