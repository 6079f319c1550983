//go:build !encore_app

package system

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheFirstStartMakesAndMigratesTheDatabasesOnce(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		folders, err := os.ReadDir(filepath.Join(imageFolder("backend"), "encore", "migrations"))
		require.NoError(t, err)
		require.NotEmpty(t, folders)
		applied := regexp.MustCompile(`"database":"(\w+)","migration":"([^"]+)"`).FindAllStringSubmatch(
			s.backends[0].output(t)+s.backends[1].output(t), -1)
		var got, want []string
		for _, found := range applied {
			got = append(got, found[1]+"/"+found[2])
		}
		for _, folder := range folders {
			files, err := filepath.Glob(filepath.Join(imageFolder("backend"), "encore", "migrations", folder.Name(), "*.up.sql"))
			require.NoError(t, err)
			for _, file := range files {
				want = append(want, folder.Name()+"/"+filepath.Base(file))
			}
			require.Equal(t, int64(1), query[int64](t, s, folder.Name(), "select count(*) from schema_migrations where not dirty"))
		}
		require.ElementsMatch(t, want, got, "each migration was applied by one of the two backends that started at once")
	})
}

// required are the variables without which docker-compose.yml does not start anything, and what they are called when
// they are missing.
func required(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(imageFolder("backend"), "encore", "infra.config.json"))
	require.NoError(t, err)
	var config any
	require.NoError(t, json.Unmarshal(content, &config))
	names := make(map[string]string)
	var collect func(any)
	collect = func(value any) {
		switch value := value.(type) {
		case []any:
			for _, element := range value {
				collect(element)
			}
		case map[string]any:
			if _, optional := value["default"]; !optional {
				switch name := value["$env"].(type) {
				case string:
					names[name] = name
				case []any: // the first that is set
					names[name[0].(string)] = fmt.Sprintf("%s (or %s)", name[0], name[1])
				}
			}
			for _, element := range value {
				collect(element)
			}
		}
	}
	collect(config)
	for _, name := range []string{"ENVIRONMENT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "SECRET_KEY"} {
		require.Contains(t, names, name)
	}
	return names
}

func TestAMissingVariableStopsTheStartWithALineThatNamesIt(t *testing.T) {
	t.Parallel()
	s, err := newStack(t.Name(), production, nil)
	require.NoError(t, err)
	config, err := s.configFile("backend", "backend", s.ip(11))
	require.NoError(t, err)
	run := func(name string, change map[string]string) (status int, lines []string) {
		env := slices.DeleteFunc(s.environBackend(s.ip(11), config), func(pair string) bool {
			name, _, _ := strings.Cut(pair, "=")
			_, changed := change[name]
			return changed
		})
		for name, value := range change {
			if value != "unset" {
				env = append(env, name+"="+value)
			}
		}
		p, err := start(program{
			name: name, path: filepath.Join(imageFolder("backend"), "artifacts", "server"), env: env, dir: s.folder,
		}, s.log(name))
		require.NoError(t, err)
		<-p.done
		return p.status(), strings.Split(strings.TrimSpace(p.output(t)), "\n")
	}
	line := func(name string) string {
		return fmt.Sprintf("cannot start: %s is missing or empty: set it in .env", required(t)[name])
	}
	everything := make(map[string]string)
	for name := range required(t) {
		for i, missing := range []string{"", "unset"} {
			status, lines := run(fmt.Sprintf("without-%s-%d", name, i), map[string]string{name: missing})
			require.Equal(t, 2, status, lines)
			require.Len(t, lines, 1)
			require.True(t, strings.HasPrefix(lines[0], line(name)), lines[0])
		}
		everything[name] = ""
	}
	status, lines := run("without-everything", everything)
	require.Equal(t, 2, status)
	require.Len(t, lines, len(everything), "all at once")

	// What the application reads itself is told with the rest.
	status, lines = run("wrong", map[string]string{"POSTGRES_DB": "", "DOMAIN": "https://trottoir.test", "TIME_ZONE": "Mars"})
	require.Equal(t, 2, status)
	require.Len(t, lines, 3, lines)
	require.True(t, strings.HasPrefix(lines[0], line("POSTGRES_DB")), lines[0])
	require.True(t, strings.HasPrefix(lines[1], `cannot start: TIME_ZONE is "Mars"`), lines[1])
	require.True(t, strings.HasPrefix(lines[2], `cannot start: DOMAIN is "https://trottoir.test"`), lines[2])

	// The predecessor's key does as well: only the other one is missed.
	status, lines = run("django", map[string]string{"SECRET_KEY": "", "DJANGO_SECRET_KEY": newSecret("DJANGO_SECRET_KEY"), "POSTGRES_DB": ""})
	require.Equal(t, 2, status)
	require.Len(t, lines, 1)
	require.True(t, strings.HasPrefix(lines[0], line("POSTGRES_DB")), lines[0])
}

func TestComposeNamesTheVariableThatIsMissing(t *testing.T) {
	t.Parallel()
	env := map[string]string{
		"ENVIRONMENT": production, "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p", "POSTGRES_DB": "d", "SECRET_KEY": "k",
		"SECRET_EMAIL_USER": "m", "SECRET_EMAIL_USER_PSWD": "w",
	}
	_, err := readCompose(env)
	require.NoError(t, err)
	for name := range env {
		if name == "SECRET_KEY" { // or DJANGO_SECRET_KEY: the program decides
			continue
		}
		without := map[string]string{}
		for other, value := range env {
			if other != name {
				without[other] = value
			}
		}
		_, err := readCompose(without)
		require.ErrorContains(t, err, cmp.Or(name, "?"))
	}
}

func TestNginxRefusesSettingsThatItCannotUse(t *testing.T) {
	t.Parallel()
	s, err := newStack(t.Name(), production, nil)
	require.NoError(t, err)
	s.names, err = startNameServer(s.ip(2))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.names.close()) })
	for name, value := range map[string]string{
		"ENVIRONMENT": "staging", "DOMAIN": "https://x.be/;", "BACKEND": "backend", "TRUSTED_PROXIES": "everybody", "API_PORT": "http",
		"TLS": "somebody",
	} {
		p := s.nginxProgram("run")
		p.name = "nginx-" + name
		p.env = slices.DeleteFunc(p.env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
		p.env = append(p.env, name+"="+value)
		running, err := start(p, s.log(p.name))
		require.NoError(t, err)
		<-running.done
		require.Equal(t, 2, running.status(), running.output(t))
		require.Contains(t, running.output(t), name+" is ")
	}
}
