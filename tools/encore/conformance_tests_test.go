package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTestsOfAnApplication runs the tests of the conformance application, which show what tests can do, twice.
func TestTestsOfAnApplication(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	require.NoError(t, os.CopyFS(root, os.DirFS("testdata/.conformance")))
	dataDir, err := newDataDir()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dataDir)) })

	cmd := exec.CommandContext(t.Context(), "encore", "test", "-json", "-count=2", "./...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "ENCORE_DATA_DIR="+dataDir, "GOFLAGS=-buildvcs=false")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), "%s\n%s", &stdout, &stderr)

	passed := map[string]int{} // top-level tests by package
	for line := range strings.Lines(stdout.String()) {
		var event struct{ Action, Package, Test string }
		require.NoError(t, json.Unmarshal([]byte(line), &event), line)
		require.NotContains(t, []string{"fail", "build-fail"}, event.Action, line)
		if event.Action == "pass" && event.Test != "" && !strings.Contains(event.Test, "/") {
			passed[strings.TrimPrefix(event.Package, "conformance.example/")]++
		}
	}
	require.Equal(t, map[string]int{"calls": 2 * 7, "events": 2 * 4, "lifecycle": 2 * 4, "store": 2 * 2}, passed)
}
