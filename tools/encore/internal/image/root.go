// Package image makes container images of built programs, without Docker. The same input gives the same image to the
// byte.
package image

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Where things are in an image.
const (
	ProgramPath      = "/artifacts/server"
	ConfigPath       = "/encore/infra.config.json"
	MigrationsPath   = "/encore/migrations" // a folder for each database in it
	CertificatesPath = "/etc/ssl/certs/ca-certificates.crt"
	DataPath         = "/data" // empty and the user's own
)

// User is the number of the user and the group that programs run as.
const User = 65532

// Contents is what goes into an image.
type Contents struct {
	Program      string            // the executable
	Config       []byte            // the infrastructure configuration; nil = none
	Migrations   map[string]string // folder of the migrations, by the name of the database
	Certificates []byte            // of the authorities to trust, PEM
}

// Root is a root file system, as layers: what changes seldom comes first.
type Root []Layer

// Layer is a part of a root file system: folders before what is in them, all sorted.
type Layer struct {
	Purpose string // for the image's history
	Entries []Entry
}

// Entry is a file or folder.
type Entry struct {
	Path    string // absolute, with slashes
	Mode    fs.FileMode
	Owner   int    // user and group
	Content []byte // of a file
	Source  string // of a file: what to read its content from, in place of Content
}

// NewRoot lays the contents out.
func NewRoot(c Contents) (Root, error) {
	system := []Entry{
		{Path: CertificatesPath, Mode: 0o644, Content: c.Certificates},
		{Path: DataPath, Mode: fs.ModeDir | 0o750, Owner: User},
	}
	var settings []Entry
	if c.Config != nil {
		settings = append(settings, Entry{Path: ConfigPath, Mode: 0o644, Content: c.Config})
	}
	for database, dir := range c.Migrations {
		files, err := migrationFiles(database, dir)
		if err != nil {
			return nil, err
		}
		settings = append(settings, files...)
	}
	program := []Entry{{Path: ProgramPath, Mode: 0o755, Source: c.Program}}
	root := Root{{"certificates and data folder", withParents(system)}}
	if len(settings) > 0 {
		root = append(root, Layer{"configuration and migrations", withParents(settings)})
	}
	return append(root, Layer{"program", withParents(program)}), nil
}

func migrationFiles(database, dir string) ([]Entry, error) {
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*.up.sql"))
	if err != nil {
		return nil, fmt.Errorf("list the migrations of database %s: %w", database, err)
	}
	// The folder is there for a database without migrations too: the configuration may name it.
	folder := path.Join(MigrationsPath, database)
	entries := []Entry{{Path: folder, Mode: fs.ModeDir | 0o755}}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read a migration of database %s: %w", database, err)
		}
		entries = append(entries, Entry{Path: path.Join(folder, filepath.Base(file)), Mode: 0o644, Content: content})
	}
	return entries, nil
}

func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}

// withParents sorts entries and adds the folders above them.
func withParents(entries []Entry) []Entry {
	have := map[string]bool{"/": true}
	for _, e := range entries {
		have[e.Path] = true
	}
	all := slices.Clone(entries)
	for _, e := range entries {
		for dir := path.Dir(e.Path); !have[dir]; dir = path.Dir(dir) {
			have[dir] = true
			all = append(all, Entry{Path: dir, Mode: fs.ModeDir | 0o755})
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return cmp.Compare(a.Path, b.Path) })
	return all
}

// open returns the content of a file and its size.
func (e *Entry) open() (io.ReadCloser, int64, error) {
	if e.Source == "" {
		return io.NopCloser(strings.NewReader(string(e.Content))), int64(len(e.Content)), nil
	}
	f, err := os.Open(e.Source)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// WriteTo writes the root file system to a folder that is empty or not there yet. Only root can give files to another
// user: for anybody else all of it belongs to whoever writes it.
func (r Root) WriteTo(dir string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the root file system: %w", err)
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	present, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(present) > 0 {
		return fmt.Errorf("%s is not empty", dir)
	}
	for _, layer := range r {
		for _, e := range layer.Entries {
			if err := e.writeTo(filepath.Join(dir, filepath.FromSlash(e.Path))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Entry) writeTo(target string) error {
	if e.Mode.IsDir() {
		if err := os.Mkdir(target, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	} else if err := e.copyTo(target); err != nil {
		return err
	}
	if err := os.Chmod(target, e.Mode.Perm()); err != nil { // whatever the umask is
		return err
	}
	if os.Geteuid() == 0 {
		return os.Chown(target, e.Owner, e.Owner)
	}
	return nil
}

func (e *Entry) copyTo(target string) error {
	content, _, err := e.open()
	if err != nil {
		return err
	}
	defer content.Close() // it was only read
	f, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}
