package local

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopLeftover ends a server that still runs on the data after the tool that started it was killed, and forgets one
// that is gone. The caller holds the lock, so no living tool needs that server.
func (c *cluster) stopLeftover() error {
	path := filepath.Join(c.data(), "postmaster.pid")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look for a server left running: %w", err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return c.forget(path)
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 15 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		if !c.runs(pid) {
			return c.forget(path)
		}
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop the server left running (process %d): %w", pid, err)
		}
		c.waitGone(pid, step.wait)
	}
	if c.runs(pid) {
		return fmt.Errorf("the server left running (process %d) does not end: stop it yourself", pid)
	}
	return c.forget(path)
}

// waitGone waits until the process has ended, at most for a while. It is no child of this one, so nothing tells when.
func (c *cluster) waitGone(pid int, limit time.Duration) {
	end := time.After(limit)
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for c.runs(pid) {
		select {
		case <-look.C:
		case <-end:
			return
		}
	}
}

// forget removes the note about a server that is gone. The number in it may belong to another program by now, which
// PostgreSQL would take for a server.
func (c *cluster) forget(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget the server that ended: %w", err)
	}
	return nil
}

// runs reports whether the process is a server on this data, and not another program with a number used again.
func (c *cluster) runs(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	var command string
	if runtime.GOOS == "linux" {
		data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err != nil {
			return false // it ended in between
		}
		command = strings.ReplaceAll(string(data), "\x00", " ")
	} else {
		out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		if err != nil {
			return false
		}
		command = string(out)
	}
	return strings.Contains(command, c.data())
}
