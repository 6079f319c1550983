// Package leftover keeps the temporary files of a test binary, and removes what binaries that are gone have left behind: a
// test binary has no end at which the runtime could tidy up, so the next one does.
package leftover

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

const kind = "encore-test-"

// Folder returns a folder for the temporary files of this test binary. The first call removes those of binaries that
// are gone.
var Folder = sync.OnceValues(func() (string, error) {
	if err := sweep(os.TempDir()); err != nil {
		return "", err
	}
	folder, _, err := claim(os.TempDir())
	return folder, err
})

// claim makes a folder, which is in use until release is called or this process ends: a lock on it says so, and not the
// number of a process, which means nothing in another container.
func claim(parent string) (folder string, release func() error, err error) {
	for {
		if folder, err = os.MkdirTemp(parent, kind); err != nil {
			return "", nil, err
		}
		locked, err := lock(folder)
		if err != nil {
			return "", nil, err
		}
		if locked == nil {
			continue
		}
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			_ = locked.Close() // somebody tidied up before it was locked
			continue
		}
		claimed = append(claimed, locked)
		return folder, locked.Close, nil
	}
}

// claimed keeps the files open, and with them the locks.
var claimed []*os.File

// lock locks a folder. It returns nil when another process has it, or has removed it.
func lock(folder string) (*os.File, error) {
	file, err := os.Open(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, err
	}
	return file, nil
}

// sweep removes the folders that nobody uses.
func sweep(parent string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), kind) {
			continue
		}
		folder := filepath.Join(parent, entry.Name())
		// It may belong to another user, whose next test binary removes it.
		if locked, err := lock(folder); err == nil && locked != nil {
			_ = os.RemoveAll(folder)
			_ = locked.Close()
		}
	}
	return nil
}
