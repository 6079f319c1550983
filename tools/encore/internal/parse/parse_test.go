package parse_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/parse"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata/*.txtar")

// TestParse reads every application of testdata and compares what was found with the sections after it:
// want:diagnostics (the rendered findings; none when absent), want:app (the model) and want:facade (all of them).
func TestParse(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runArchive(t, file)
		})
	}
}

func runArchive(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	want := map[string]string{}
	for _, f := range archive.Files {
		if section, ok := strings.CutPrefix(f.Name, "want:"); ok {
			want[section] = string(f.Data)
			continue
		}
		writeFile(t, filepath.Join(dir, f.Name), f.Data)
	}
	completeModule(t, dir)
	opts := parse.Options{Tests: bytes.Contains(archive.Comment, []byte("tests: true"))}
	result, err := parse.Parse(dir, opts)
	require.NoError(t, err)

	got := map[string]string{}
	var out bytes.Buffer
	result.Diagnostics.Render(&out, dir, false)
	got["diagnostics"] = out.String()
	require.NotContains(t, got["diagnostics"], "%!", "a message and its arguments do not fit")
	if _, ok := want["app"]; ok {
		got["app"] = dump(t, result.App, dir)
	}
	if _, ok := want["facade"]; ok {
		got["facade"] = facades(result, dir)
	}
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	require.Equal(t, want["diagnostics"], got["diagnostics"])
	require.Equal(t, want["app"], got["app"])
	require.Equal(t, want["facade"], got["facade"])
}

func writeFile(t *testing.T, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, content, 0o644))
}

// completeModule adds the files that every application has: an encore.app, a go.mod with encore.dev, and a go.sum, unless it has them.
func completeModule(t *testing.T, dir string) {
	t.Helper()
	for name, content := range map[string]string{
		"encore.app": "{}\n",
		"go.mod":     "module example.com/shop\n\ngo 1.26.0\n\nrequire encore.dev v1.52.1\n\nrequire github.com/jackc/pgx/v5 v5.12.0\n",
	} {
		if _, err := os.Stat(filepath.Join(dir, name)); os.IsNotExist(err) {
			writeFile(t, filepath.Join(dir, name), []byte(content))
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "go.sum")); err == nil {
		return
	}
	sum, err := os.ReadFile("../../testdata/.conformance/go.sum")
	require.NoError(t, err)
	writeFile(t, filepath.Join(dir, "go.sum"), sum)
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	kept := archive.Files[:0]
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want:") {
			kept = append(kept, f)
		}
	}
	archive.Files = kept
	for _, section := range []string{"diagnostics", "app", "facade"} {
		if got[section] != "" {
			archive.Files = append(archive.Files, txtar.File{Name: "want:" + section, Data: []byte(got[section])})
		}
	}
	require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
}

func facades(result *parse.Result, dir string) string {
	archive := &txtar.Archive{}
	for _, file := range slices.Sorted(maps.Keys(result.Facades)) {
		rel := strings.TrimPrefix(file, dir+string(filepath.Separator))
		archive.Files = append(archive.Files, txtar.File{Name: rel, Data: result.Facades[file]})
	}
	// Indented, or its file markers would be those of the test file.
	return indent(string(txtar.Format(archive)))
}

func indent(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// dump writes the model as JSON, leaving out empty values and positions; services, endpoints and topics that are
// mentioned a second time, and named types too, stand there by name.
func dump(t *testing.T, a *app.App, dir string) string {
	t.Helper()
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	require.NoError(t, enc.Encode(plain(a)))
	return strings.ReplaceAll(out.String(), dir, "$ROOT")
}

// TestCatalogue demands that every finding is shown by an archive of testdata, and that codes look alike.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	if *update {
		return // the archives are being written
	}
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		require.NoError(t, err)
		for _, f := range archive.Files {
			if f.Name == "want:diagnostics" {
				all.Write(f.Data)
			}
		}
	}
	for _, code := range parse.Codes() {
		require.Regexp(t, `^E-[A-Z]+-[0-9]{3}$`, code)
		require.Contains(t, all.String(), "["+code+"]", "no archive shows %s", code)
	}
}

func TestNotAnApplication(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := parse.Parse(dir, parse.Options{})
	require.ErrorContains(t, err, "is not inside an Encore application")

	writeFile(t, filepath.Join(dir, "encore.app"), []byte("{}"))
	_, err = parse.Parse(dir, parse.Options{})
	require.ErrorContains(t, err, "go mod init")
}

func TestRootIsFoundFromBelow(t *testing.T) {
	t.Parallel()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	completeModule(t, dir)
	writeFile(t, filepath.Join(dir, "a/b/b.go"), []byte("package b\n"))
	link := filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(filepath.Join(dir, "a"), link))
	result, err := parse.Parse(filepath.Join(link, "b"), parse.Options{})
	require.NoError(t, err)
	require.Empty(t, result.Diagnostics)
	require.Equal(t, dir, result.App.Root)
	require.Equal(t, "example.com/shop", result.App.ModulePath)
}

func TestRenderInColor(t *testing.T) {
	t.Parallel()
	d := parse.Diagnostics{{
		Code: "E-X-001", Title: "wrong", Message: "it is wrong", Hint: "right it",
		Pos: app.Pos{File: "/app/a/b.go", Line: 7, Col: 3}, EndCol: 6, Source: "\t\tfoo bar",
		Notes: []parse.Note{{Pos: app.Pos{File: "/elsewhere/c.go", Line: 1, Col: 2}, Text: "see here"}},
	}}
	var plain, colored strings.Builder
	d.Render(&plain, "/app", false)
	require.Equal(t, "a/b.go:7:3: wrong [E-X-001]\n"+
		"  7 | \t\tfoo bar\n"+
		"    | \t\t^^^\n"+
		"  it is wrong\n"+
		"  /elsewhere/c.go:1:2: see here\n"+
		"  hint: right it\n", plain.String())
	d.Render(&colored, "/app", true)
	require.Contains(t, colored.String(), "\x1b[31m^^^\x1b[0m")
	require.Equal(t, plain.String(), regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(colored.String(), ""))
}
