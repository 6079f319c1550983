package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"encore.app/tools/encore/internal/parse"
)

// debounceDelay is how long nothing must change before a change is reported: editors and git touch many files.
const debounceDelay = 50 * time.Millisecond

// Watch returns a channel of the sorted absolute paths of files below root that changed, sent after each pause of
// 50 ms in the changes; what changes while nobody receives is collected for the next time. The channel is closed
// when ctx ends.
//
// Reported are the files of the program: Go, SQL, CUE and module files, encore.app, and whatever lies in a folder
// with Go files or below one, as it may be embedded. Folders that start with a dot or an underscore, node_modules,
// dist, testdata and vendor are not watched; tests and generated files are not reported.
func Watch(ctx context.Context, root string) (<-chan []string, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watch the source: %w", err)
	}
	if _, err := watchFolder(watcher, root, root); err != nil {
		return nil, fmt.Errorf("watch the source: %w", errors.Join(err, watcher.Close()))
	}
	paths := make(chan string)
	reports := make(chan []string)
	go func() {
		defer close(paths)
		defer watcher.Close() // only read from
		forward(ctx, watcher, root, paths)
	}()
	go func() {
		defer close(reports)
		debounce(paths, reports)
	}()
	return reports, nil
}

// forward sends the paths of source files that change until ctx ends.
func forward(ctx context.Context, watcher *fsnotify.Watcher, root string, paths chan<- string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-watcher.Errors:
			// Most likely too many changes at once: what changed is not known, so everything may have.
			paths <- filepath.Join(root, "encore.app")
		case event := <-watcher.Events:
			if event.Op == fsnotify.Chmod {
				continue
			}
			found := []string{event.Name}
			if info, err := os.Lstat(event.Name); err == nil && info.IsDir() {
				if found, err = watchFolder(watcher, root, event.Name); err != nil {
					found = []string{filepath.Join(root, "encore.app")} // it could not be read as a whole
				}
			}
			for _, path := range found {
				if isSource(root, path) {
					paths <- path
				}
			}
		}
	}
}

// watchFolder watches a folder and those below it, and returns the files found there: in a new folder they may have
// been written before it was watched.
func watchFolder(watcher *fsnotify.Watcher, root, folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // gone again
			return nil
		case err != nil:
			return err
		case !entry.IsDir():
			files = append(files, path)
			return nil
		case path != root && ignoredFolder(entry.Name()):
			return fs.SkipDir
		}
		err = watcher.Add(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return files, err
}

func ignoredFolder(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") ||
		slices.Contains([]string{"node_modules", "dist", "testdata", "vendor", "encore_stock_main"}, name)
}

var sourceExtensions = []string{".go", ".sql", ".cue", ".mod", ".sum"}

func isSource(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return false
	}
	folders := strings.Split(filepath.Dir(rel), string(filepath.Separator))
	if filepath.Dir(rel) != "." && slices.ContainsFunc(folders, ignoredFolder) {
		return false
	}
	name := filepath.Base(path)
	switch {
	case name == SecretsFile || name == "encore.app":
		return true
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"), name == parse.RegistrationFile, name == parse.FacadeFile,
		strings.HasSuffix(name, "_test.go"), strings.HasPrefix(name, "#"), strings.HasSuffix(name, ".tmp"), name == "4913": // an editor's trial of the folder
		return false
	case slices.Contains(sourceExtensions, filepath.Ext(name)):
		return true
	}
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		matches, err := filepath.Glob(filepath.Join(at, "*.go"))
		if err == nil && len(matches) > 0 && at != root {
			return true
		}
		if at == root || at == filepath.Dir(at) {
			return false
		}
	}
}

// debounce collects paths and sends them when none came for a while. It returns when paths is closed.
func debounce(paths <-chan string, reports chan<- []string) {
	pending := make(map[string]bool)
	pause := time.NewTimer(0)
	<-pause.C
	var ready chan<- []string // reports, once the pause is over
	for {
		select {
		case path, open := <-paths:
			if !open {
				return
			}
			pending[path] = true
			ready = nil
			pause.Reset(debounceDelay)
		case <-pause.C:
			ready = reports
		case ready <- slices.Sorted(maps.Keys(pending)):
			ready = nil
			clear(pending)
		}
	}
}
