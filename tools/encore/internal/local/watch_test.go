package local

import (
	"context"
	"os"
	"path/filepath"
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

	expect := func(path string) {
		t.Helper()
		select {
		case got := <-changes:
			require.Equal(t, []string{path}, got)
		case <-time.After(patience):
			require.Fail(t, "not reported: "+path)
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
	_, open := <-changes
	require.False(t, open)
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
