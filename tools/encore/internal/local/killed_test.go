package local

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
)

// dirOfKilled makes this test program a tool that starts an environment in that folder and waits to be killed.
const dirOfKilled = "ENCORE_LOCAL_TEST_KILLED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirOfKilled); dir != "" {
		beKilled(dir)
	}
	os.Exit(m.Run())
}

func beKilled(dir string) {
	a := &app.App{Root: dir, File: app.AppFile{ID: "killed"}, Databases: []*app.Database{{Name: "core"}}}
	e, err := Start(context.Background(), a, Options{Mode: Run, DataDir: dir, LookupEnv: noEnvironment})
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	fmt.Println(e.server.cluster.cmd.Process.Pid)
	select {}
}

func TestAfterAKillTheNextRunWorks(t *testing.T) {
	t.Parallel()
	dir := testDir(t)
	tool := exec.Command(os.Args[0])
	tool.Env = append(os.Environ(), dirOfKilled+"="+dir)
	out, err := tool.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, tool.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, line)
	require.NoError(t, tool.Process.Kill())
	require.Error(t, tool.Wait())
	if runtime.GOOS == "linux" {
		require.Eventually(t, func() bool {
			command, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
			return err != nil || len(command) == 0
		}, patience, 10*time.Millisecond, "the server ends with the tool")
	}
	a := &app.App{Root: dir, File: app.AppFile{ID: "killed"}, Databases: []*app.Database{{Name: "core"}}}
	e := start(t, a, Options{Mode: Run, DataDir: dir})
	require.NoError(t, e.Migrate(t.Context()))
	require.NoError(t, e.Close())
}
