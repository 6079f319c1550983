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
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// debounceDelay is how long nothing must change before a change is reported: editors and git touch many files.
const debounceDelay = 100 * time.Millisecond

// Watch calls changed with the sorted absolute paths of the files below root that changed, after each pause of 100 ms
// in the changes, until ctx ends. While changed runs, changes are collected for its next call.
//
// Reported are the files of the program: Go, SQL, CUE and module files, encore.app, and whatever lies in a folder
// with Go files, as it may be embedded. Folders that start with a dot or an underscore, node_modules, dist and
// testdata are not watched, nor are generated files.
func Watch(ctx context.Context, root string, changed func(paths []string)) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the source: %w", err)
	}
	defer watcher.Close()
	if _, err := watchFolder(watcher, root, root); err != nil {
		return fmt.Errorf("watch the source: %w", err)
	}
	events := make(chan string)
	done := make(chan struct{})
	go func() {
		defer close(done)
		debounce(events, changed)
	}()
	defer func() {
		close(events)
		<-done
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			return fmt.Errorf("watch the source: %w", err)
		case event := <-watcher.Events:
			if event.Op == fsnotify.Chmod {
				continue
			}
			paths := []string{event.Name}
			if info, err := os.Lstat(event.Name); err == nil && info.IsDir() {
				if paths, err = watchFolder(watcher, root, event.Name); err != nil {
					return fmt.Errorf("watch the source: %w", err)
				}
			}
			for _, path := range paths {
				if isSource(root, path) {
					events <- path
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
	case strings.HasPrefix(name, "."), strings.HasSuffix(name, "~"), strings.Contains(name, ".gen."),
		strings.HasSuffix(name, "_test.go"), strings.HasPrefix(name, "#"), name == "4913": // an editor's trial of the folder
		return false
	case slices.Contains(sourceExtensions, filepath.Ext(name)):
		return true
	}
	for at := filepath.Dir(path); ; at = filepath.Dir(at) {
		if strings.HasSuffix(name, ".tmp") {
			return false
		}
		matches, err := filepath.Glob(filepath.Join(at, "*.go"))
		if err == nil && len(matches) > 0 && at != root {
			return true
		}
		if at == root || at == filepath.Dir(at) {
			return false
		}
	}
}

// debounce collects paths and hands them on when none came for a while. It returns when paths is closed.
func debounce(paths <-chan string, report func([]string)) {
	pending := make(map[string]bool)
	pause := time.NewTimer(0)
	<-pause.C
	reports := make(chan []string)
	idle := make(chan struct{}, 1) // holds a value while nothing is reported
	idle <- struct{}{}
	var reporter sync.WaitGroup
	reporter.Go(func() {
		for batch := range reports {
			report(batch)
			idle <- struct{}{}
		}
	})
	defer reporter.Wait()
	defer close(reports)
	var ready <-chan struct{} // idle, once the pause is over
	for {
		select {
		case path, open := <-paths:
			if !open {
				return
			}
			pending[path] = true
			pause.Reset(debounceDelay)
			ready = nil
		case <-pause.C:
			ready = idle
		case <-ready:
			ready = nil
			reports <- slices.Sorted(maps.Keys(pending))
			clear(pending)
		}
	}
}
