package generate_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/txtar"

	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/generate"
	"encore.app/tools/encore/internal/parse"
)

var update = flag.Bool("update", false, "write the generated files into testdata")

// TestGolden generates the files for each application in testdata, compares them with its want/ files, and compiles
// the program: code that is as wanted but does not build would be no use.
func TestGolden(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			root := writeApp(t, archive)

			result, err := parse.Parse(root, parse.Options{})
			require.NoError(t, err)
			if len(result.Diagnostics) > 0 {
				var report strings.Builder
				result.Diagnostics.Render(&report, root, false)
				t.Fatal(report.String())
			}
			files, err := generate.Registrations(result.App)
			require.NoError(t, err)
			program, err := generate.Main(result.App, generate.Options{Revision: "c0ffee", Dirty: true})
			require.NoError(t, err)
			maps.Copy(files, program)

			got := map[string]string{}
			for file, content := range files {
				rel, err := filepath.Rel(root, file)
				require.NoError(t, err)
				got["want/"+filepath.ToSlash(rel)] = string(content)
			}
			if *update {
				writeWant(t, path, archive, got)
			} else {
				want := map[string]string{}
				for _, f := range archive.Files {
					if strings.HasPrefix(f.Name, "want/") {
						want[f.Name] = string(f.Data)
					}
				}
				require.Equal(t, want, got)
			}

			_, err = build.WriteRegistrations(result)
			require.NoError(t, err)
			workspace, err := build.Open(t.Context(), root)
			require.NoError(t, err)
			defer workspace.Close()
			_, err = workspace.Build(t.Context(), result.App, build.Options{})
			require.NoError(t, err)
		})
	}
}

// writeApp writes the input files of an archive to a folder, with the module requirements of the tool's own module.
func writeApp(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	own, err := os.ReadFile("../../../../go.mod")
	require.NoError(t, err)
	module, err := modfile.Parse("go.mod", own, nil)
	require.NoError(t, err)
	require.NoError(t, module.AddModuleStmt("example.com/app"))
	for _, tool := range slices.Clone(module.Tool) {
		require.NoError(t, module.DropTool(tool.Path))
	}
	for _, ignored := range slices.Clone(module.Ignore) {
		require.NoError(t, module.DropIgnore(ignored.Path))
	}
	for _, r := range slices.Clone(module.Replace) {
		dir, err := filepath.Abs(filepath.Join("../../../..", r.New.Path))
		require.NoError(t, err)
		require.NoError(t, module.AddReplace(r.Old.Path, r.Old.Version, dir, ""))
	}
	module.Cleanup()
	content, err := module.Format()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.mod"), content, 0o644))
	sums, err := os.ReadFile("../../../../go.sum")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(root, "go.sum"), sums, 0o644))
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			path := filepath.Join(root, filepath.FromSlash(f.Name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, f.Data, 0o644))
		}
	}
	return root
}

func writeWant(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return strings.HasPrefix(f.Name, "want/") })
	for _, name := range slices.Sorted(maps.Keys(got)) {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
	}
	require.NoError(t, os.WriteFile(path, txtar.Format(archive), 0o644))
}
