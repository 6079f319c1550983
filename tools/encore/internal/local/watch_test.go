package local

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWatchReportsTheFilesOfTheProgram(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(path string) string {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte("x"), 0o644))
		return path
	}
	write("core/run.go")
	for _, folder := range []string{"core/migrations", "web/node_modules/left-pad", ".git", "web/src"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, folder), 0o755))
	}
	ctx, cancel := context.WithCancel(t.Context())
	reported := make(chan string, 100)
	ended := make(chan error)
	go func() {
		ended <- Watch(ctx, root, func(paths []string) {
			for _, path := range paths {
				reported <- path
			}
		})
	}()
	// The first report shows that the watch has begun.
	for begun := false; !begun; {
		write("encore.app")
		select {
		case <-reported:
			begun = true
		case <-time.After(3 * debounceDelay):
		}
	}

	expect := func(path string) {
		t.Helper()
		for {
			select {
			case got := <-reported:
				if got == filepath.Join(root, "encore.app") {
					continue
				}
				require.Equal(t, path, got)
				return
			case <-time.After(patience):
				require.Fail(t, "not reported: "+path)
			}
		}
	}
	write("web/node_modules/left-pad/index.go")
	write(".git/index")
	write("core/encore.gen.go")
	write("core/run_test.go")
	write("web/src/page.tsx")
	expect(write("core/run.go"))
	expect(write("core/migrations/0001_run.up.sql"))
	expect(write("core/templates/page.html"))
	expect(write("planning/new/planning.go")) // a folder that did not exist
	require.NoError(t, os.Remove(filepath.Join(root, "core/run.go")))
	expect(filepath.Join(root, "core/run.go"))
	cancel()
	require.NoError(t, <-ended)
}
