package parse

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestExportDataOfReplacedModules: a reload does not ask the go command again, unless the files of a module in a folder
// changed.
func TestExportDataOfReplacedModules(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	key := func() string {
		t.Helper()
		key, err := cacheKey(root, []string{"CGO_ENABLED=0"})
		require.NoError(t, err)
		require.NotEmpty(t, key)
		return key
	}
	write("go.mod", "module example.com/shop\n\nreplace example.com/till => ./till\n\nreplace example.com/gone => ../gone\n")
	write("till/till.go", "package till\n")
	first := key()
	require.Equal(t, first, key())

	write("shop.go", "package shop\n")
	write("till/till_test.go", "package till\n")
	write("till/testdata/input", "1")
	require.Equal(t, first, key(), "files that no dependency is made of")

	write("till/price.go", "package till\n")
	second := key()
	require.NotEqual(t, first, second, "a new file")
	require.NoError(t, os.Chtimes(filepath.Join(root, "till/till.go"), time.Time{}, time.Now().Add(time.Second)))
	third := key()
	require.NotEqual(t, second, third, "a changed file")
	write("go.sum", "changed\n")
	require.NotEqual(t, third, key(), "other checksums")
}

// TestExportDataIsKept for the next process, which takes nothing of another key.
func TestExportDataIsKept(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	noted := exportData{"key", map[string]string{"errors": "/cache/errors.a"}, map[string]string{"gone": "no package"}}
	noted.write(root)
	require.Equal(t, noted.Exports, readExportData(root, "key").Exports)
	require.Empty(t, readExportData(root, "key").Failures, "what failed may work by now")
	require.Empty(t, readExportData(root, "other").Exports)
	require.NoError(t, os.WriteFile(exportDataFile(root), []byte("{"), 0o644))
	require.Empty(t, readExportData(root, "key").Exports)
}
