package local

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"encore.app/tools/encore/internal/app"
)

// ErrRunning is wrapped by the error of Start when the application is running already.
var ErrRunning = errors.New("the application is already running")

// DefaultDataDir returns the folder for the local data of the application at root. ENCORE_DATA_DIR is not looked at.
//
// For root it lies outside of /root, which PostgreSQL's server, run as another user, could not enter.
func DefaultDataDir(root string) (string, error) {
	home, err := dataHome()
	if err != nil {
		return "", err
	}
	return filepath.Join(home, "apps", dataFolder(root)), nil
}

// dataFolder is the name of the folder for the data of the application at root, different for every application.
func dataFolder(root string) string {
	sum := sha256.Sum256([]byte(root))
	return filepath.Base(root) + "-" + hex.EncodeToString(sum[:5])
}

// dataHome returns the folder with everything that the tool keeps for the user.
func dataHome() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/encore", nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("find a place for local data (set ENCORE_DATA_DIR to choose one): %w", err)
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Application Support", "encore"), nil
	}
	if xdg := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "encore"), nil
	}
	return filepath.Join(home, ".local", "share", "encore"), nil
}

// openDataDir makes the folder for the data of the application at root: dir itself, else one in parent, where every
// application has its own, else the default.
func openDataDir(root, dir, parent string) (string, error) {
	switch {
	case dir != "":
	case parent != "":
		dir = filepath.Join(parent, dataFolder(root))
	default:
		var err error
		if dir, err = DefaultDataDir(root); err != nil {
			return "", err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the folder for local data: %w", err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the folder for local data (set ENCORE_DATA_DIR to choose another): %w", err)
	}
	return dir, nil
}

// lock is a file that one process at a time holds; the system releases it when the process dies.
type lock struct{ file *os.File }

// acquire takes the lock at path. The error wraps ErrRunning when another process holds it.
func acquire(path string) (*lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := make([]byte, 32)
		n, _ := file.ReadAt(holder, 0) // the number is only for the message
		_ = file.Close()               // it was only read
		return nil, fmt.Errorf("%w (process %s): stop it before you start it again", ErrRunning, strings.TrimSpace(string(holder[:n])))
	} else if err != nil {
		return nil, fmt.Errorf("take the lock %s: %w", path, errors.Join(err, file.Close()))
	}
	pid := []byte(strconv.Itoa(os.Getpid()) + "\n")
	if err := errors.Join(file.Truncate(0), writeAt(file, pid)); err != nil {
		return nil, fmt.Errorf("write the lock %s: %w", path, errors.Join(err, file.Close()))
	}
	return &lock{file}, nil
}

func writeAt(file *os.File, data []byte) error {
	_, err := file.WriteAt(data, 0)
	return err
}

// release lets the next process in. The file stays: removing it would let two processes lock two files of one name.
func (l *lock) release() error { return l.file.Close() }

// appID is what tells one application from another on a shared server.
type appID struct {
	ID string `json:"local_id"`
}

// readAppID returns the id in encore.app. An application without one gets a random id, kept in .encore/manifest.json.
func readAppID(a *app.App) (appID, error) {
	if a.File.ID != "" {
		return appID{a.File.ID}, nil
	}
	path := filepath.Join(a.Root, ".encore", "manifest.json")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return appID{}, fmt.Errorf("read the local id of the application: %w", err)
	}
	if err == nil {
		var id appID
		if err := json.Unmarshal(data, &id); err != nil {
			return appID{}, fmt.Errorf("read the local id of the application in %s: %w", path, err)
		}
		if id.ID != "" {
			return id, nil
		}
	}
	id := appID{strings.ToLower(rand.Text()[:5])}
	if data, err = json.Marshal(id); err != nil {
		return appID{}, fmt.Errorf("keep the local id of the application: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return appID{}, fmt.Errorf("keep the local id of the application: %w", err)
	}
	if err := writeFile(path, append(data, '\n'), 0o644); err != nil {
		return appID{}, fmt.Errorf("keep the local id of the application: %w", err)
	}
	return id, nil
}

// writeFile replaces a file as a whole, so that nobody reads half of it.
func writeFile(path string, data []byte, perm fs.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // gone after the rename
	_, err = file.Write(data)
	if err := errors.Join(err, file.Chmod(perm), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
