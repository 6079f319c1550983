package parse

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// readDatabases describes the databases and their migrations.
func (a *analysis) readDatabases() {
	seen := map[string]*resource{}
	for _, r := range a.ofKind(databaseKind) {
		name, ok := a.resourceName(r, 0)
		if !ok || !a.unique(seen, name, name, r, 0) || len(r.call.Args) < 2 {
			continue
		}
		db := &app.Database{Name: name, PkgPath: r.pkg.path, Pos: a.place(r.call.Pos())}
		r.database = db
		a.app.Databases = append(a.app.Databases, db)
		a.readMigrations(db, r)
	}
	slices.SortFunc(a.app.Databases, func(x, y *app.Database) int { return cmp.Compare(x.Name, y.Name) })
	a.findImplicitDatabases()
}

func (a *analysis) readMigrations(db *app.Database, r *resource) {
	c, ok := a.readConfig(r, r.call.Args[1])
	if !ok {
		return
	}
	expr, ok := c["Migrations"]
	if !ok {
		a.report(errMigrationsMissing, spanOf(r.call.Args[1]), db.Name)
		return
	}
	dir, ok := a.literalString(expr, "migrations folder")
	if !ok {
		return
	}
	if path.IsAbs(dir) || slices.Contains(strings.Split(dir, "/"), "..") || dir == "" {
		a.report(errMigrationsPlace, spanOf(expr), dir)
		return
	}
	db.MigrationsDir = filepath.Join(r.pkg.dir, filepath.FromSlash(dir))
	entries, err := os.ReadDir(db.MigrationsDir)
	if err != nil {
		reason := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			reason = "there is no such folder"
		}
		a.report(errMigrationsRead, spanOf(expr), dir, reason)
		return
	}
	a.readMigrationFiles(db, entries, spanOf(expr), dir)
}

var migrationFile = regexp.MustCompile(`^(\d+)(_[^.]+)?\.(up|down)\.sql$`)

func (a *analysis) readMigrationFiles(db *app.Database, entries []os.DirEntry, at span, dir string) {
	byNumber := map[int64]string{}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		name := path.Join(path.Clean(dir), e.Name())
		m := migrationFile.FindStringSubmatch(e.Name())
		if m == nil {
			a.report(errMigrationName, at, name)
			continue
		}
		number, err := strconv.ParseInt(m[1], 10, 64)
		if err != nil {
			a.report(errMigrationName, at, name)
			continue
		}
		if number == 0 {
			a.report(errMigrationZero, at, name)
			continue
		}
		if m[3] == "down" {
			continue
		}
		if first := byNumber[number]; first != "" {
			a.report(errMigrationTwice, at, first, e.Name(), number)
			continue
		}
		byNumber[number] = e.Name()
		db.Migrations = append(db.Migrations, app.Migration{Number: number, File: e.Name()})
	}
	slices.SortFunc(db.Migrations, func(x, y app.Migration) int { return cmp.Compare(x.Number, y.Number) })
}

// findImplicitDatabases refuses the older form of a database: a migrations folder in a service, without NewDatabase.
func (a *analysis) findImplicitDatabases() {
	for _, s := range a.app.Services {
		dir := filepath.Join(s.Dir, "migrations")
		if slices.ContainsFunc(a.calls, func(r *resource) bool { return r.kind == databaseKind && r.pkg.service == s }) {
			continue
		}
		if slices.ContainsFunc(a.app.Databases, func(d *app.Database) bool { return d.MigrationsDir == dir }) {
			continue
		}
		if files, err := filepath.Glob(filepath.Join(dir, "*.up.sql")); err == nil && len(files) > 0 {
			a.report(errImplicitDatabase, spanOf(a.packages[s.PkgPath].files[0].ast.Name), s.Name)
		}
	}
}
