package infra_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/infra"
	"encore.app/tools/encore/internal/parse"
)

func config(t *testing.T, text string) *infra.Config {
	t.Helper()
	c, err := infra.Parse("infra.json", []byte(text))
	require.NoError(t, err)
	return c
}

func TestCheckTellsWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"unknown key": {`{
	"sql_servers": [{"host": "h", "databases": {"core": {"usernme": "u"}}}],
}`, `infra.json:2:55: sql_servers[0].databases.core.usernme: unknown key (did you mean "username"?)`},
		"unknown key far from all": {`{"graceful_shutdown": {"patience": 1}}`,
			`infra.json:1:24: graceful_shutdown.patience: unknown key (there are: drain, handlers, shutdown_hooks, total)`},
		"wrong types": {`{"graceful_shutdown": {"total": "20"}, "sql_servers": {}, "redis": {"default": {"host": 1, "database_index": 1.5}}}`,
			`infra.json:1:33: graceful_shutdown.total: this is a string, not a number
infra.json:1:55: sql_servers: this is an object, not a list
infra.json:1:89: redis.default.host: this is a number, not a string
infra.json:1:110: redis.default.database_index: 1.5 is not a whole number`},
		"out of range": {`{"redis": {"default": {"host": "h", "database_index": 16}}}`,
			`infra.json:1:55: redis.default.database_index: 16 is not between 0 and 15`},
		"missing keys": {`{"sql_servers": [{}], "pubsub": [{"type": "redis", "redis": "default"}]}`,
			`infra.json:1:18: sql_servers[0]: "databases" is missing
infra.json:1:18: sql_servers[0]: "host" is missing
infra.json:1:34: pubsub[0]: "topics" is missing`},
		"a type that only others know": {`{"pubsub": [{"type": "nsq", "hosts": "nsq:4150", "topics": {}}]}`,
			`infra.json:1:22: pubsub[0].type: images of this tool do not know the type "nsq" (there are: redis)`},
		"no type": {`{"object_storage": [{"buckets": {}}]}`,
			`infra.json:1:21: object_storage[0]: "type" is missing (one of directory, s3)`},
		"a key that only others know": {`{"worker_threads": 4}`,
			`infra.json:1:2: worker_threads: images of this tool do not know this key`},
		"computed": {`{"hosted_services": ["a"], "local": {}}`,
			`infra.json:1:2: hosted_services: is written by the build: name the services with --services
infra.json:1:28: local: is for programs that are run for development`},
		"twice": {`{"redis": {}, "redis": {}}`, `infra.json:1:15: the key "redis" stands twice`},
		"references": {`{"log_config": {"$env": ""}, "metadata": {"app_id": {"env": "A"}, "env_name": {"$env": ["A", 1]}, "base_url": {"$env": "A", "default": 1}}}`,
			`infra.json:1:25: log_config.$env: name an environment variable
infra.json:1:53: metadata.app_id: "$env" is missing: a string is written "…" or {"$env": "NAME"}
infra.json:1:54: metadata.app_id.env: unknown key: a string is written "…" or {"$env": "NAME"}
infra.json:1:94: metadata.env_name.$env[1]: name an environment variable
infra.json:1:136: metadata.base_url.default: this is a number, not a string`},
		"none of the values": {`{"metadata": {"env_type": "prod"}}`,
			`infra.json:1:27: metadata.env_type: "prod" is none of development, ephemeral, production, test`},
		"a secret is not repeated": {`{"secrets": {"Key": 12345}}`, `infra.json:1:21: secrets.Key: this is a number, not a string`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, config(t, c.text).Check(infra.Stock), c.want)
		})
	}
}

func TestCheckForTheOfficialTool(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"a reference where it takes none": {`{"sql_servers": [{"host": {"$env": "HOST"}, "databases": {}}]}`,
			`infra.json:1:27: sql_servers[0].host: this is an object, not a string`},
		"a default": {`{"secrets": {"Key": {"$env": "KEY", "default": ""}}}`,
			`infra.json:1:37: secrets.Key.default: images of the official tool do not know this key`},
		"our keys": {`{"graceful_shutdown": {"drain": 5}, "metrics": {"type": "prometheus_listener", "address": ":1"}, "object_storage": [{"type": "directory"}]}`,
			`infra.json:1:24: graceful_shutdown.drain: images of the official tool do not know this key
infra.json:1:57: metrics.type: images of the official tool do not know the type "prometheus_listener" (there are: aws_cloudwatch, datadog, gcp_cloud_monitoring, prometheus)
infra.json:1:126: object_storage[0].type: images of the official tool do not know the type "directory" (there are: gcs, s3)`},
		"a database under another name": {`{"sql_servers": [{"host": "h", "databases": {"core_live": {"name": "core"}}}]}`,
			`infra.json:1:68: sql_servers[0].databases.core_live.name: "core" is not the key: with images of the official tool a database must have the same name in PostgreSQL and in the application`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.EqualError(t, config(t, c.text).Check(infra.Official), c.want)
		})
	}
}

func TestReadRefusesWhatIsNoObject(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "null", "{", `{"a": }`} {
		_, err := infra.Parse("infra.json", []byte(text))
		require.ErrorContains(t, err, "infra.json", "input %q", text)
	}
}

// shop is an application of which orders calls stock, and bills is on its own.
func shop() *app.App {
	a := &app.App{Root: "/shop", Imports: map[string][]string{"shop/orders": {"shop/mailer", "shop/stock"}}}
	service := func(name string, uses app.Uses, access app.Access) *app.Service {
		s := &app.Service{Name: name, PkgPath: "shop/" + name, Dir: "/shop/the-" + name, Uses: uses}
		s.Endpoints = []*app.Endpoint{{Service: s, Name: "E", Access: access}}
		a.Services = append(a.Services, s)
		return s
	}
	placed := &app.Topic{Name: "placed"}
	a.Topics = []*app.Topic{placed}
	bills := service("bills", app.Uses{Databases: []string{"bills"}, Topics: []string{"placed"}, Buckets: []string{"papers"}}, app.Public)
	orders := service("orders", app.Uses{Databases: []string{"orders"}, Topics: []string{"placed"}, Services: []string{"stock"}}, app.Auth)
	stock := service("stock", app.Uses{}, app.Private)
	a.AuthHandler = &app.AuthHandler{Service: stock}
	a.Subscriptions = []*app.Subscription{{Service: bills, Topic: placed, Name: "bill"}}
	a.CronJobs = []*app.CronJob{{Service: orders, ID: "tidy"}}
	a.Secrets = []*app.SecretGroup{{PkgPath: "shop/mailer", Keys: []string{"MailKey"}}, {PkgPath: "shop/bills", Keys: []string{"TaxKey"}}}
	return a
}

func needs(t *testing.T, a *app.App, services ...string) *infra.Needs {
	t.Helper()
	n, err := infra.NeedsOf(a, services)
	require.NoError(t, err)
	return n
}

func TestNeedsAreThoseOfTheHostedServices(t *testing.T) {
	t.Parallel()
	require.Equal(t, &infra.Needs{
		Services: []string{"bills"}, Secrets: []string{"TaxKey"}, Databases: []string{"bills"}, Topics: []string{"placed"},
		Subscriptions: []infra.Subscription{{Topic: "placed", Name: "bill"}}, Buckets: []string{"papers"}, AuthHandler: "stock",
	}, needs(t, shop(), "the-bills"))
	require.Equal(t, &infra.Needs{
		Services: []string{"orders"}, Secrets: []string{"MailKey"}, Databases: []string{"orders"}, Topics: []string{"placed"},
		Remote: []infra.Remote{{Service: "stock", By: "orders"}}, AuthHandler: "stock", Cron: true,
	}, needs(t, shop(), "orders"))
	require.Equal(t, []string{"bills", "orders", "stock"}, needs(t, shop()).Services)
	require.Empty(t, needs(t, shop()).Remote)

	_, err := infra.NeedsOf(shop(), []string{"oders"})
	require.EqualError(t, err, "there is no service oders (there are: bills, orders, stock)")
}

func TestCoverListsWhatIsMissing(t *testing.T) {
	t.Parallel()
	c := config(t, `{"pubsub": [{"type": "redis", "redis": "main", "topics": {"placed": {}}}]}`)
	require.NoError(t, c.Check(infra.Stock))
	require.EqualError(t, c.Cover(needs(t, shop(), "bills", "orders"), infra.Stock), `infrastructure configuration is incomplete: infra.json

  Secrets
    MailKey  add "MailKey": {"$env": "MAIL_KEY"} to "secrets"
    TaxKey   add "TaxKey": {"$env": "TAX_KEY"} to "secrets"

  Databases
    bills   add "bills" to the "databases" of a server in "sql_servers"
    orders  add "orders" to the "databases" of a server in "sql_servers"

  Redis
    main  add "main" to "redis": pubsub[0] names it

  Subscriptions
    placed/bill  add "bill" to the "subscriptions" of topic "placed" in "pubsub"

  Buckets
    papers  add "papers" to the "buckets" of a store in "object_storage"

  Service Discovery
    stock  orders needs it: add it to --services, for one program cannot call another`)

	require.ErrorContains(t, infra.Empty().Cover(needs(t, shop(), "bills"), infra.Stock), `

  Topics
    placed  add "placed" to the "topics" of a broker in "pubsub"
`)
	require.NoError(t, infra.Empty().Cover(needs(t, shop(), "stock"), infra.Stock), "it needs nothing")
}

func TestOfficialImagesKnowWhereTheAuthHandlerIs(t *testing.T) {
	t.Parallel()
	n := needs(t, shop(), "bills") // has no endpoint for signed-in users
	n.Secrets, n.Databases, n.Topics, n.Subscriptions, n.Buckets = nil, nil, nil, nil, nil
	require.NoError(t, infra.Empty().Cover(n, infra.Stock))
	require.ErrorContains(t, infra.Empty().Cover(n, infra.Official), `

  Service Discovery
    stock  the official tool needs it: add "stock" to "service_discovery"`)
	c := config(t, `{"service_discovery": {"stock": {"base_url": "http://backend:8000"}}}`)
	require.NoError(t, c.Check(infra.Official))
	require.NoError(t, c.Cover(n, infra.Official))
}

const everything = `{
	// comments are accepted
	"$schema": "https://example.invalid/schema.json",
	"metadata": {"app_id": "shop"},
	"sql_servers": [
		{"host": "a", "databases": {"bills_live": {"name": "bills"}, "orders": {}}},
		{"host": "b", "databases": {"orders_old": {}}},
	],
	"redis": {"default": {"host": "r"}, "main": {"host": "m"}},
	"pubsub": [{"type": "redis", "redis": "main", "topics": {"placed": {"name": "p", "subscriptions": {"bill": {}}}, "gone": {}}}],
	"object_storage": [{"type": "directory", "path": "/data", "buckets": {"papers": {}}}],
	"secrets": {"TaxKey": {"$env": "TAX_KEY"}, "MailKey": {"$env": "MAIL_KEY"}},
}`

func TestReduceKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for services, want := range map[[2]string]string{
		{"bills", "stock"}: `{"metadata": {"app_id": "shop"}, "hosted_services": ["bills", "stock"],
			"sql_servers": [{"host": "a", "databases": {"bills_live": {"name": "bills"}}}],
			"redis": {"main": {"host": "m"}},
			"pubsub": [{"type": "redis", "redis": "main", "topics": {"placed": {"name": "p", "subscriptions": {"bill": {}}}}}],
			"object_storage": [{"type": "directory", "path": "/data", "buckets": {"papers": {}}}],
			"secrets": {"TaxKey": {"$env": "TAX_KEY"}}}`,
		{"orders", "stock"}: `{"metadata": {"app_id": "shop"}, "hosted_services": ["orders", "stock"],
			"sql_servers": [{"host": "a", "databases": {"orders": {}}}],
			"redis": {"default": {"host": "r"}, "main": {"host": "m"}},
			"pubsub": [{"type": "redis", "redis": "main", "topics": {"placed": {"name": "p"}}}],
			"secrets": {"MailKey": {"$env": "MAIL_KEY"}}}`,
		{"stock", "stock"}: `{"metadata": {"app_id": "shop"}, "hosted_services": ["stock"]}`,
	} {
		c := config(t, everything)
		require.NoError(t, c.Check(infra.Stock))
		n := needs(t, shop(), services[0], services[1])
		require.NoError(t, c.Cover(n, infra.Stock))
		reduced, err := c.Reduce(n)
		require.NoError(t, err)
		require.JSONEq(t, want, string(reduced))
		again, err := c.Reduce(n)
		require.NoError(t, err)
		require.Equal(t, string(reduced), string(again))
	}
}

func TestSecretsFromOneVariableCoverAll(t *testing.T) {
	t.Parallel()
	c := config(t, `{"secrets": {"$env": "ALL"}}`)
	n := &infra.Needs{Services: []string{"a"}, Secrets: []string{"Key"}}
	require.NoError(t, c.Check(infra.Stock))
	require.NoError(t, c.Cover(n, infra.Stock))
	reduced, err := c.Reduce(n)
	require.NoError(t, err)
	require.JSONEq(t, `{"hosted_services": ["a"], "secrets": {"$env": "ALL"}}`, string(reduced))
}

func TestDatabasesAreWhereTheConfigurationSays(t *testing.T) {
	t.Parallel()
	c := config(t, `{"sql_servers": [{
		"host": {"$env": "HOST", "default": "db:5433"}, "maintenance_database": {"$env": "MAIN"},
		"databases": {"core_live": {"name": "core", "username": {"$env": ["USER_NAME", "OLD_NAME"]}, "password": {"$env": "PASSWORD"}}},
	}, {"host": "/run/postgresql", "tls_config": {"disabled": true}, "databases": {"auth": {}}}]}`)
	env := map[string]string{"MAIN": "postgres", "USER_NAME": "", "OLD_NAME": "me", "PASSWORD": "p@ss/word"}
	all, err := c.Databases(func(name string) (string, bool) { value, ok := env[name]; return value, ok })
	require.NoError(t, err)
	require.Len(t, all, 2)
	require.Equal(t, "auth", all[0].Name)
	require.Equal(t, "/run/postgresql", all[0].Conn.Host)
	core := all[1]
	require.Equal(t, "core", core.Name)
	require.Equal(t, "postgres", core.Maintenance)
	require.Equal(t, []any{"db", uint16(5433), "core_live", "me", "p@ss/word"},
		[]any{core.Conn.Host, core.Conn.Port, core.Conn.Database, core.Conn.User, core.Conn.Password})

	_, err = c.Databases(func(string) (string, bool) { return "", false })
	require.EqualError(t, err, "MAIN is missing or empty: set it in the environment\n"+
		"PASSWORD is missing or empty: set it in the environment\nUSER_NAME or OLD_NAME is missing or empty: set it in the environment")
}

// TestOwnConfigurations holds the files of this repository against its application.
func TestOwnConfigurations(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs("../../../..")
	require.NoError(t, err)
	result, err := parse.Parse(root, parse.Options{})
	require.NoError(t, err)
	require.Empty(t, result.Diagnostics)
	var backend []string
	for _, s := range result.App.Services {
		if s.Name != "frontendproxy" {
			backend = append(backend, s.Name)
		}
	}
	for _, c := range []struct {
		file     string
		tool     infra.Tool
		services []string
	}{
		{"backend.json", infra.Stock, backend},
		{"frontend.json", infra.Stock, []string{"frontend-proxy"}},
		{"backend.official-cli.json", infra.Official, backend},
		{"backend.official-cli.json", infra.Official, []string{"frontend-proxy"}},
	} {
		read, err := infra.Read(filepath.Join(root, "infra", c.file))
		require.NoError(t, err)
		require.NoError(t, read.Check(c.tool))
		n := needs(t, result.App, c.services...)
		require.NoError(t, read.Cover(n, c.tool))
		reduced, err := read.Reduce(n)
		require.NoError(t, err)
		require.True(t, json.Valid(reduced))
		if c.tool == infra.Stock {
			for _, db := range n.Databases {
				require.Contains(t, string(reduced), `"/encore/migrations/`+db+`"`, "images bring the migrations")
			}
		}
	}
}

func TestRedisIsWhereTheConfigurationSays(t *testing.T) {
	t.Parallel()
	env := map[string]string{"PASSWORD": "secret"}
	lookup := func(name string) (string, bool) { value, ok := env[name]; return value, ok }
	c := config(t, `{"pubsub": [{"type": "redis", "redis": "events", "topics": {}}], "redis": {"default": {"host": "other"}, "events": {
		"host": {"$env": "REDIS_HOST", "default": "redis:6380"}, "database_index": 2, "key_prefix": "shop:",
		"auth": {"type": "acl", "username": "me", "password": {"$env": "PASSWORD"}}, "tls_config": {}}}}`)
	options, prefix, err := c.Redis(lookup)
	require.NoError(t, err)
	require.Equal(t, []any{"redis:6380", 2, "me", "secret", "redis", "shop:"},
		[]any{options.Addr, options.DB, options.Username, options.Password, options.TLSConfig.ServerName, prefix})

	env["PASSWORD"] = ""
	_, _, err = c.Redis(lookup)
	require.EqualError(t, err, "PASSWORD is missing or empty: set it in the environment")
	env["REDIS_HOST"] = "redis:abc"
	_, _, err = c.Redis(lookup)
	require.ErrorContains(t, err, `"abc"`)

	options, _, err = config(t, `{"redis": {"default": {"host": "db"}}}`).Redis(lookup)
	require.NoError(t, err)
	require.Equal(t, "db:6379", options.Addr)
	_, _, err = config(t, `{}`).Redis(lookup)
	require.ErrorContains(t, err, "names no Redis")
}
