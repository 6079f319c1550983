// Package leftover tells what test binaries that are gone have left behind. A test binary has no end at which the
// runtime could tidy up, so the next one does.
package leftover

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// Name returns a name that says which process made the thing.
func Name(kind string) string { return fmt.Sprintf("%s_%d", kind, os.Getpid()) }

// Abandoned reports whether name, which may go on after what Name returned with another "_", was made by a process
// that is gone.
func Abandoned(kind, name string) bool {
	rest, ok := strings.CutPrefix(name, kind+"_")
	if !ok {
		return false
	}
	digits, _, _ := strings.Cut(rest, "_")
	pid, err := strconv.Atoi(digits)
	if err != nil {
		return false
	}
	return pid != os.Getpid() && !alive(pid)
}

func alive(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	err = process.Signal(nothing)
	return !errors.Is(err, os.ErrProcessDone)
}

const folderKind = "encore-test"

// Folder returns a folder for the temporary files of this test binary. The first call removes those of binaries that
// are gone.
var Folder = sync.OnceValues(func() (string, error) {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		if Abandoned(folderKind, entry.Name()) {
			// It may belong to another user, whose next test binary removes it.
			_ = os.RemoveAll(filepath.Join(os.TempDir(), entry.Name()))
		}
	}
	folder := filepath.Join(os.TempDir(), Name(folderKind))
	if err := os.RemoveAll(folder); err != nil { // of an earlier process with this number
		return "", err
	}
	return folder, os.Mkdir(folder, 0o700)
})
