package local

import (
	"bufio"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAHurryEndsAServerThatTakesItsTime has a server that ignores the kind signal, to which it would be given 15 s.
func TestAHurryEndsAServerThatTakesItsTime(t *testing.T) {
	t.Parallel()
	hurry := make(chan struct{})
	cmd := exec.Command("sh", "-c", `trap "" INT; trap "exit 0" QUIT; echo ready; while :; do sleep 0.05; done`)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	c := &cluster{cmd: cmd, exited: make(chan struct{}), hurry: hurry}
	go func() {
		_ = cmd.Wait()
		close(c.exited)
	}()
	begin := time.Now()
	close(hurry)
	c.stop()
	require.Less(t, time.Since(begin), 10*time.Second)
	require.Equal(t, 0, cmd.ProcessState.ExitCode(), "it was asked to end by the second signal, and not killed")
}
