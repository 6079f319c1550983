package runconfig

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// lifeline is the tool's input. A variable holds it, because a pipe that nothing holds is closed.
var lifeline io.WriteCloser //nolint:unused // held, and never read

// askTool provides for a test binary that `go tool encore test` did not start: plain go test, an editor, a debugger. It
// lets the tool start databases and whatever else the application has, for as long as this process lives, and puts the
// variables that say where they are into the environment.
func askTool() error {
	if !testing.Testing() || !inApplication() {
		return nil
	}
	cmd := exec.Command("go", "tool", "encore", "environment")
	// It stops when this process ends, in whatever way: then its input does. Ctrl-C is for the tests alone.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if lifeline, err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("ask the tool for databases: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("ask the tool for databases: %w", err)
	}
	var report bytes.Buffer
	cmd.Stderr = &report
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("ask the tool for databases: %w; or run the tests with: go tool encore test", err)
	}
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		_ = cmd.Wait() // report tells what happened
		return fmt.Errorf("go tool encore environment: %s\nOr run the tests with: go tool encore test", strings.TrimSpace(report.String()))
	}
	var environ []string
	if err := json.Unmarshal(line, &environ); err != nil {
		return fmt.Errorf("go tool encore environment: %w", err)
	}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("set what the tests need: %w", err)
		}
	}
	return nil
}

// inApplication says whether the working directory belongs to the module of an application. Tests run in the folder of
// their package.
func inApplication() bool {
	dir, err := os.Getwd()
	if err != nil {
		return false
	}
	for {
		_, err := os.Stat(filepath.Join(dir, "go.mod"))
		switch {
		case err == nil:
			_, err = os.Stat(filepath.Join(dir, "encore.app"))
			return err == nil
		case !errors.Is(err, fs.ErrNotExist), filepath.Dir(dir) == dir:
			return false
		}
		dir = filepath.Dir(dir)
	}
}
