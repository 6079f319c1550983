package local

import (
	"encoding/json"
	"maps"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRunKeepsDataBetweenRuns(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"0001_notes.up.sql": "CREATE TABLE notes (text text)"})
	dir := testDir(t)

	e := start(t, a, Options{Mode: Run, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	execute(t, e, "INSERT INTO notes VALUES ('kept')")
	port := e.server.port
	require.NoError(t, e.Close())

	setMigrations(t, a, map[string]string{
		"0001_notes.up.sql": "CREATE TABLE notes (text text)",
		"0002.up.sql":       "ALTER TABLE notes ADD COLUMN author text DEFAULT 'nobody'",
	})
	e = start(t, a, Options{Mode: Run, DataDir: dir})
	defer func() { require.NoError(t, e.Close()) }()
	require.NoError(t, e.Migrate(t.Context()))
	require.Equal(t, "kept by nobody", one[string](t, e, "SELECT text || ' by ' || author FROM notes"))
	require.Equal(t, port, e.server.port, "the port stays the same, for the tools that remember it")
	require.Equal(t, int64(2), one[int64](t, e, "SELECT version FROM schema_migrations WHERE NOT dirty"))
	require.Equal(t, "É", one[string](t, e, "SELECT upper('é')"), "letters beyond ASCII have upper case")
}

func TestRunIsAloneButTestsRunBesideIt(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	dir := testDir(t)
	running := start(t, a, Options{Mode: Run, DataDir: dir})
	defer func() { require.NoError(t, running.Close()) }()
	require.NoError(t, running.Migrate(t.Context()))

	_, err := Start(t.Context(), a, Options{Mode: Run, DataDir: dir, LookupEnv: noEnvironment})
	require.ErrorIs(t, err, ErrRunning)
	require.ErrorContains(t, err, strconv.Itoa(os.Getpid()))

	first := start(t, a, Options{Mode: Test, DataDir: dir})
	defer func() { require.NoError(t, first.Close()) }()
	second := start(t, a, Options{Mode: Test, DataDir: dir})
	defer func() { require.NoError(t, second.Close()) }()
	require.NoError(t, first.Migrate(t.Context()))
	require.NoError(t, second.Migrate(t.Context()))
	execute(t, first, "INSERT INTO notes VALUES ('first')")
	execute(t, running, "INSERT INTO notes VALUES ('running')")
	require.Equal(t, int64(0), one[int64](t, second, "SELECT count(*) FROM notes"))

	joined := start(t, a, Options{Mode: Databases, DataDir: dir})
	require.Equal(t, "running", one[string](t, joined, "SELECT text FROM notes"), "the db commands use the server of run")
	require.NoError(t, joined.Close())
	require.Equal(t, "running", one[string](t, running, "SELECT text FROM notes"), "and leave it running")
}

func TestEachTestRunStartsFromAMigratedTemplate(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (at timestamptz DEFAULT now())"})
	dir := testDir(t)

	e := start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	execute(t, e, "INSERT INTO notes DEFAULT VALUES")
	require.Equal(t, "America/St_Johns", one[string](t, e, "SHOW timezone"))
	template, err := e.templateName(a.Databases[0])
	require.NoError(t, err)
	made := one[uint32](t, e, "SELECT oid FROM pg_database WHERE datname = $1", template)
	require.NoError(t, e.Close())

	e = start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	require.Equal(t, int64(0), one[int64](t, e, "SELECT count(*) FROM notes"))
	require.Equal(t, made, one[uint32](t, e, "SELECT oid FROM pg_database WHERE datname = $1", template), "the template is used again")
	require.NoError(t, e.Close())

	setMigrations(t, a, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (other text)"})
	e = start(t, a, Options{Mode: Test, DataDir: dir})
	defer func() { require.NoError(t, e.Close()) }()
	require.NoError(t, e.Migrate(t.Context()))
	require.Equal(t, "other", one[string](t, e, "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'notes'"))
	require.Equal(t, int64(0), one[int64](t, e, "SELECT count(*) FROM pg_database WHERE datname = $1", template), "the old template is gone")
}

func TestAFailedMigrationIsExplainedAndTriedAgain(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{
		"1_notes.up.sql": "CREATE TABLE notes (text text)",
		"2_more.up.sql":  "CREATE TABLE more ();\nCREATE TABEL typo ()",
	})
	e := start(t, a, Options{Mode: Run, DataDir: testDir(t)})
	defer func() { require.NoError(t, e.Close()) }()
	err := e.Migrate(t.Context())
	require.ErrorContains(t, err, "2_more.up.sql:2: ")
	require.ErrorContains(t, err, "syntax error")

	setMigrations(t, a, map[string]string{
		"1_notes.up.sql": "CREATE TABLE notes (text text)",
		"2_more.up.sql":  "CREATE TABLE more ();\nCREATE TABLE typo ()",
	})
	require.NoError(t, e.Migrate(t.Context()))
	require.Equal(t, int64(2), one[int64](t, e, "SELECT version FROM schema_migrations WHERE NOT dirty"))

	setMigrations(t, a, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	require.ErrorContains(t, e.Migrate(t.Context()), "the database core has migration 2")
	require.NoError(t, e.Reset(t.Context(), "core"))
	require.Equal(t, int64(1), one[int64](t, e, "SELECT version FROM schema_migrations"))
	require.ErrorContains(t, e.Reset(t.Context(), "cores"), "no such database found: cores")
}

func TestAMigrationThatALaterOneHasOvertakenIsTold(t *testing.T) {
	t.Parallel()
	first := map[string]string{"1_notes.up.sql": "CREATE TABLE notes ()", "3_c.up.sql": "CREATE TABLE c ()"}
	a := testApp(t, first)
	e := start(t, a, Options{Mode: Run, DataDir: testDir(t)})
	defer func() { require.NoError(t, e.Close()) }()
	require.NoError(t, e.Migrate(t.Context()))
	// As after an update of the tool: what was applied before is recorded once.
	execute(t, e, "DROP TABLE schema_migrations_applied")
	require.NoError(t, e.Migrate(t.Context()))

	merged := maps.Clone(first)
	merged["2_b.up.sql"] = "CREATE TABLE b ()"
	setMigrations(t, a, merged)
	err := e.Migrate(t.Context())
	require.ErrorContains(t, err, "2_b.up.sql was never applied, and a later one was: give it a number above 3, or run go tool encore db reset core")
	require.NoError(t, e.Reset(t.Context(), "core"))
	require.True(t, one[bool](t, e, "SELECT to_regclass('b') IS NOT NULL"))
	require.Equal(t, int64(1), one[int64](t, e, "SELECT count(*) FROM schema_migrations"))

	// A file that comes before one that failed was not overtaken.
	merged["5_d.up.sql"] = "nonsense"
	setMigrations(t, a, merged)
	require.Error(t, e.Migrate(t.Context()))
	merged["4_e.up.sql"], merged["5_d.up.sql"] = "CREATE TABLE e ()", "CREATE TABLE d ()"
	setMigrations(t, a, merged)
	require.NoError(t, e.Migrate(t.Context()))
	require.True(t, one[bool](t, e, "SELECT to_regclass('e') IS NOT NULL"))
}

func TestAFailedFirstMigrationIsTriedAgain(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"3_notes.up.sql": "CREATE TABLE notes (text unknown_type)"})
	e := start(t, a, Options{Mode: Run, DataDir: testDir(t)})
	defer func() { require.NoError(t, e.Close()) }()
	require.ErrorContains(t, e.Migrate(t.Context()), "3_notes.up.sql:1: ")
	setMigrations(t, a, map[string]string{"3_notes.up.sql": "CREATE TABLE notes (text text)"})
	require.NoError(t, e.Migrate(t.Context()))
}

func TestALeftServerIsStopped(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	dir := testDir(t)
	killed := start(t, a, Options{Mode: Run, DataDir: dir})
	require.NoError(t, killed.Migrate(t.Context()))
	execute(t, killed, "INSERT INTO notes VALUES ('kept')")
	// As after kill -9 of a tool: its lock is gone, its server still runs.
	for _, l := range killed.locks {
		require.NoError(t, l.release())
	}
	killed.locks = nil

	e := start(t, a, Options{Mode: Run, DataDir: dir})
	defer func() { require.NoError(t, e.Close()) }()
	select {
	case <-killed.server.cluster.exited:
	case <-time.After(patience):
		require.Fail(t, "the left server still runs")
	}
	require.Equal(t, "kept", one[string](t, e, "SELECT text FROM notes"))
	require.NoError(t, killed.Close())
}

func TestAServerThatWasKilledComesBack(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	dir := testDir(t)
	e := start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.server.cluster.cmd.Process.Signal(syscall.SIGKILL))
	<-e.server.cluster.exited
	require.Error(t, e.Close(), "its databases cannot be dropped")

	// Another program has the number of the dead server by now.
	pidFile := e.server.cluster.data() + "/postmaster.pid"
	content, err := os.ReadFile(pidFile)
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(content), "\n")
	require.NoError(t, os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"+rest), 0o600))

	e = start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	require.NoError(t, e.Close())
}

func TestDamagedTestDatabasesAreMadeAnew(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	dir := testDir(t)
	e := start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.Close())
	require.NoError(t, os.Remove(e.server.cluster.data()+"/global/pg_control"))

	e = start(t, a, Options{Mode: Test, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	require.NoError(t, e.Close())
}

func TestANamedServerHoldsTheDatabasesUnderNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	host := start(t, a, Options{Mode: Test, DataDir: testDir(t)})
	defer func() { require.NoError(t, host.Close()) }()
	require.NoError(t, host.Migrate(t.Context()))
	named := func(name string) (string, bool) {
		value, ok := map[string]string{
			"ENCORE_SQLDB_HOST":     host.server.address(),
			"ENCORE_SQLDB_USER":     host.server.user,
			"ENCORE_SQLDB_PASSWORD": host.server.password,
		}[name]
		return value, ok
	}
	dir := testDir(t)
	running := start(t, a, Options{Mode: Run, DataDir: dir, LookupEnv: named})
	require.NoError(t, running.Migrate(t.Context()))
	require.Equal(t, "core-example-run", one[string](t, running, "SELECT current_database()::text"))
	require.NoError(t, running.Close())
	testing := start(t, a, Options{Mode: Test, DataDir: dir, LookupEnv: named})
	require.NoError(t, testing.Migrate(t.Context()))
	require.Equal(t, "America/St_Johns", one[string](t, testing, "SHOW timezone"))
	name := one[string](t, testing, "SELECT current_database()::text")
	require.NoError(t, testing.Close())
	require.Equal(t, int64(0), one[int64](t, host, "SELECT count(*) FROM pg_database WHERE datname LIKE '%' || $1", name), "a test run leaves nothing")
	require.Equal(t, int64(1), one[int64](t, host, "SELECT count(*) FROM pg_database WHERE datname = 'core-example-run'"))
}

func TestWithoutPostgresTheErrorSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	a := testApp(t, nil)
	o := Options{Mode: Run, DataDir: testDir(t), LookupEnv: noEnvironment}
	o.finder = finder{globs: []string{t.TempDir()}, install: missingNpm}
	_, err := Start(t.Context(), a, o)
	require.ErrorContains(t, err, "PostgreSQL is not installed")
	require.ErrorContains(t, err, "apt-get install postgresql")
	require.ErrorContains(t, err, "npm is not installed")
}

func TestConfigFileNamesTheDatabases(t *testing.T) {
	t.Parallel()
	a := testApp(t, map[string]string{"1_notes.up.sql": "CREATE TABLE notes (text text)"})
	e := start(t, a, Options{Mode: Test, DataDir: testDir(t)})
	defer func() { require.NoError(t, e.Close()) }()
	require.NoError(t, e.Migrate(t.Context()))
	path, err := e.ConfigFile()
	require.NoError(t, err)
	require.Contains(t, e.Environ(), "ENCORE_INFRA_CONFIG_PATH="+path)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var config runtimeConfig
	require.NoError(t, json.Unmarshal(data, &config))
	require.Equal(t, "test", config.Metadata.EnvType)
	require.Equal(t, "core", config.SQLServers[0].Databases["core"].Name)
	require.Equal(t, int64(1), one[int64](t, e, "SELECT count(*) FROM pg_database WHERE datname = $1", config.Local.Templates["core"]))
	require.Equal(t, a.Databases[0].MigrationsDir, config.Local.Migrations["core"])
}
