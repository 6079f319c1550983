package local

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
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
	changes, err := Watch(ctx, root)
	require.NoError(t, err)

	// One change may be seen as several, and on a slow machine reported again with the next one.
	var changed []string
	expect := func(path string) {
		t.Helper()
		changed = append(changed, path)
		timeout := time.After(patience)
		for reported := false; !reported; {
			select {
			case got := <-changes:
				require.Subset(t, changed, got)
				reported = slices.Contains(got, path)
			case <-timeout:
				require.Fail(t, "not reported: "+path)
			}
		}
	}
	write("web/node_modules/left-pad/index.go")
	write(".git/index")
	write("core/encore.gen.go")
	write("core/encore_stock.gen.go")
	write("core/run_test.go")
	write("web/src/page.tsx")
	expect(write("core/run.go"))
	expect(write("core/store/run.sql.gen.go"))
	expect(write("core/migrations/0001_run.up.sql"))
	expect(write("core/templates/page.html"))
	expect(write("planning/new/planning.go")) // a folder that did not exist
	require.NoError(t, os.Remove(filepath.Join(root, "core/run.go")))
	expect(filepath.Join(root, "core/run.go"))
	cancel()
	for got := range changes { // until it is closed
		require.Subset(t, changed, got)
	}
}

func TestDebounceReportsOnceAfterAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		paths, reports := make(chan string), make(chan []string)
		go debounce(paths, reports)
		for _, path := range []string{"b.go", "a.go", "b.go"} {
			paths <- path
			time.Sleep(debounceDelay / 2)
		}
		begin := time.Now()
		require.Equal(t, []string{"a.go", "b.go"}, <-reports)
		require.Equal(t, debounceDelay/2, time.Since(begin))

		paths <- "c.go"
		time.Sleep(2 * debounceDelay) // nobody receives, as during a build
		paths <- "d.go"
		require.Equal(t, []string{"c.go", "d.go"}, <-reports)
		close(paths)
	})
}
