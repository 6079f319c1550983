package local

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
)

var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func TestRedisKeysExpireAsTimePasses(t *testing.T) {
	t.Parallel()
	r, err := startRedis(&Options{LookupEnv: noEnvironment})
	require.NoError(t, err)
	defer r.close()
	options, err := redis.ParseURL(r.url)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer client.Close()
	require.NoError(t, client.Set(t.Context(), "ticket", "x", time.Hour).Err())
	require.NoError(t, client.Set(t.Context(), "short", "x", 20*time.Millisecond).Err())
	require.Eventually(t, func() bool { return client.Exists(t.Context(), "short").Val() == 0 }, patience, 5*time.Millisecond)
	require.Equal(t, int64(1), client.Exists(t.Context(), "ticket").Val())
}

func TestDevelopersRedisWins(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		address string
		want    configRedis
		problem string
	}{
		{address: "redis://cache", want: configRedis{Host: "cache:6379"}},
		{address: "redis://:secret@cache:7000/3", want: configRedis{Host: "cache:7000", DatabaseIndex: 3, Auth: &configRedisAuth{Type: "auth_string", AuthString: "secret"}}},
		{address: "rediss://ann:secret@cache/", want: configRedis{Host: "cache:6379", TLSConfig: &configTLS{}, Auth: &configRedisAuth{Type: "acl", Username: "ann", Password: "secret"}}},
		{address: "redis://cache/first", problem: "number of a database"},
		{address: "http://:secret@cache", problem: "REDIS_URL must have the form"},
	} {
		r, err := startRedis(&Options{LookupEnv: func(string) (string, bool) { return test.address, true }})
		if test.problem != "" {
			require.ErrorContains(t, err, test.problem)
			require.NotContains(t, err.Error(), "secret")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.address, r.url)
		require.Equal(t, test.want, r.config)
	}
}

func TestEnvironmentWithoutDatabasesNeedsNoPostgres(t *testing.T) {
	t.Parallel()
	a := &app.App{Root: t.TempDir(), Topics: []*app.Topic{{Name: "events"}}, Buckets: []*app.Bucket{{Name: "pictures"}}}
	a.Subscriptions = []*app.Subscription{{Topic: a.Topics[0], Name: "reader"}}
	a.Secrets = []*app.SecretGroup{{Keys: []string{"Given", "Missing"}}}
	writeSecrets(t, a.Root, "// mine\nGiven: \"a\\tb\" // note\n")
	e := start(t, a, Options{Mode: Run, DataDir: t.TempDir(), BaseURL: "http://127.0.0.1:4001"})
	defer func() { require.NoError(t, e.Close()) }()
	require.NoError(t, e.Migrate(t.Context()))
	c, err := e.config()
	require.NoError(t, err)
	require.Empty(t, c.SQLServers)
	require.Equal(t, []configPubSub{{Type: "redis", Redis: "default", Topics: map[string]configTopic{
		"events": {Name: "events", Subscriptions: map[string]configNaming{"reader": {"reader"}}},
	}}}, c.PubSub)
	require.Equal(t, "http://127.0.0.1:4001/__encore/objects", c.ObjectStorage[0].BaseURL)
	require.DirExists(t, e.BucketDir("pictures"))
	require.Equal(t, map[string]string{"Given": "a\tb", "Missing": ""}, c.Secrets)
	missing, err := e.MissingSecrets()
	require.NoError(t, err)
	require.Equal(t, []string{"Missing"}, missing)
	require.Len(t, e.ids.ID, 5, "an application without an id gets one")
	again, err := readAppID(a)
	require.NoError(t, err)
	require.Equal(t, e.ids, again, "and keeps it")

	writeSecrets(t, a.Root, "Given: \"x\"\nGiven: #meta")
	_, err = e.ConfigFile()
	require.ErrorContains(t, err, ".secrets.local.cue:2")
}
