package main

import (
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/parse"
)

// TestImageAnswers runs the program of an image with the configuration and the migrations that are in it, on databases
// that do not exist yet.
func TestImageAnswers(t *testing.T) {
	t.Parallel()
	s, err := theSuite()
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	root := filepath.Join(dir, "root")
	config, err := s.configFile(dir, "image", func(config map[string]any) {
		inProduction(config)
		server := config["sql_servers"].([]any)[0].(map[string]any)
		server["maintenance_database"] = "postgres"
		database := server["databases"].(map[string]any)["things"].(map[string]any)
		database["name"], database["password"] = "things", map[string]any{"$env": "THE_PASSWORD"}
		// Where the folder is in an image, were its root not a folder here.
		database["migrations"] = root + "/encore/migrations/things"
		server["databases"] = map[string]any{"things_of_the_image": database}
		config["object_storage"].([]any)[0].(map[string]any)["path"] = root + "/data/buckets"
	})
	require.NoError(t, err)

	f := dockerFlags{config: config, base: "scratch", rootfs: root, os: "linux", arch: hostArch(t), source: sourceFlags{dir: s.source}}
	var report strings.Builder
	require.NoError(t, f.run(t.Context(), nil, &report, newSteps(&report)), report.String())

	inImage := &suite{program: filepath.Join(root, "artifacts", "server"), env: s.env}
	i, err := inImage.start(filepath.Join(root, "encore", "infra.config.json"), "THE_PASSWORD="+passwordOf(t, s))
	if i != nil {
		t.Cleanup(i.kill)
	}
	require.NoError(t, err, report.String())
	exchange{method: "POST", path: "/things", body: `{"id":7,"name":"seven"}`, status: 200}.check(t, i.base)
	exchange{path: "/things/7", status: 200, want: `{"id":7,"name":"seven"}` + "\n"}.check(t, i.base)
	exchange{path: "/hidden", status: 404}.check(t, i.base)
	require.Contains(t, i.log(), "0012_note.up.sql")

	// The image says at once what its environment lacks.
	code, output := (&program{inImage, filepath.Join(root, "encore", "infra.config.json"), []string{"THE_PASSWORD="}}).fails(t)
	require.Equal(t, 2, code)
	require.Contains(t, output, "THE_PASSWORD is missing or empty")
}

func hostArch(t *testing.T) string {
	t.Helper()
	arch, err := exec.Command("go", "env", "GOHOSTARCH").Output()
	require.NoError(t, err)
	return strings.TrimSpace(string(arch))
}

func passwordOf(t *testing.T, s *suite) string {
	t.Helper()
	uri, err := s.env.ConnURI("things")
	require.NoError(t, err)
	parsed, err := url.Parse(uri)
	require.NoError(t, err)
	password, _ := parsed.User.Password()
	return password
}

// TestMigrateInstallation creates and migrates the database of a configuration, by several processes at once.
func TestMigrateInstallation(t *testing.T) {
	t.Parallel()
	s, err := theSuite()
	require.NoError(t, err)
	uri, err := s.env.ConnURI("things")
	require.NoError(t, err)
	address, err := url.Parse(uri)
	require.NoError(t, err)
	result, err := parse.Parse(s.source, parse.Options{})
	require.NoError(t, err)

	// The keys are those that the official tool knows, too, but for the name of the database: that of the application
	// is in use by other tests.
	write := func(password any) string {
		content, err := json.Marshal(map[string]any{"sql_servers": []any{map[string]any{
			"host": address.Host, "tls_config": map[string]any{"disabled": true},
			"databases": map[string]any{"things_of_the_installation": map[string]any{
				"name": "things", "username": map[string]any{"$env": "POSTGRES_USER"}, "password": password,
			}},
		}}})
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "infra.json")
		require.NoError(t, os.WriteFile(path, content, 0o600))
		return path
	}
	environ := func(name string) (string, bool) {
		value, ok := map[string]string{
			"POSTGRES_USER": address.User.Username(), "POSTGRES_PASSWORD": passwordOf(t, s), "POSTGRES_DB": "template1",
		}[name]
		return value, ok
	}
	file := write(map[string]any{"$env": "POSTGRES_PASSWORD"})

	reports := make([]strings.Builder, 3)
	errs := make([]error, len(reports))
	var wg sync.WaitGroup
	for i := range reports {
		wg.Go(func() { errs[i] = migrateInstallation(t.Context(), result.App, file, environ, &reports[i]) })
	}
	wg.Wait()
	var all strings.Builder
	for i := range reports {
		require.NoError(t, errs[i])
		all.WriteString(reports[i].String())
	}
	require.ElementsMatch(t, []string{
		"things: created", "things: applied 0001_thing.up.sql", "things: applied 0012_note.up.sql", "things: up to date", "things: up to date", "",
	}, strings.Split(all.String(), "\n"))

	var again strings.Builder
	require.NoError(t, migrateInstallation(t.Context(), result.App, file, environ, &again))
	require.Equal(t, "things: up to date\n", again.String())

	// Source from before the last migration leaves the database alone.
	older, err := parse.Parse(s.source, parse.Options{})
	require.NoError(t, err)
	older.App.Databases[0].Migrations = older.App.Databases[0].Migrations[:1]
	var left strings.Builder
	require.NoError(t, migrateInstallation(t.Context(), older.App, file, environ, &left))
	require.Equal(t, "things: left alone, for it has migration 12 of other source\n", left.String())

	none := func(string) (string, bool) { return "", false }
	require.EqualError(t, migrateInstallation(t.Context(), result.App, file, none, &left),
		"POSTGRES_PASSWORD is missing or empty: set it in the environment\nPOSTGRES_USER is missing or empty: set it in the environment")
	empty := filepath.Join(t.TempDir(), "infra.json")
	require.NoError(t, os.WriteFile(empty, []byte("{}"), 0o600))
	require.ErrorContains(t, migrateInstallation(t.Context(), result.App, empty, environ, &left), "\n    things  add \"things\" to")
	require.ErrorContains(t, migrateInstallation(t.Context(), result.App, write(5), environ, &left), "this is a number, not a string")
}
