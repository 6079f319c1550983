package parse

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
	"golang.org/x/mod/modfile"

	"encore.app/tools/encore/internal/app"
)

// FindRoot returns the absolute, symlink-free folder of the application that holds dir.
func FindRoot(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find the application: %w", err)
	}
	abs, err = filepath.EvalSymlinks(abs)
	if err != nil {
		return "", fmt.Errorf("find the application: %w", err)
	}
	for at := abs; ; at = filepath.Dir(at) {
		switch _, err := os.Stat(filepath.Join(at, "encore.app")); {
		case err == nil:
			return at, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("find the application: %w", err)
		case at == filepath.Dir(at):
			return "", fmt.Errorf("%s is not inside an Encore application: no encore.app in it or above it", abs)
		}
	}
}

// readFiles reads encore.app and go.mod.
func (a *analysis) readFiles() error {
	if err := a.readAppFile(filepath.Join(a.app.Root, "encore.app")); err != nil {
		return err
	}
	path := filepath.Join(a.app.Root, "go.mod")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s holds encore.app but no go.mod; run go mod init encore.app there", a.app.Root)
	} else if err != nil {
		return fmt.Errorf("read the module file: %w", err)
	}
	a.sources[path] = content
	module, err := modfile.Parse(path, content, nil)
	if err != nil {
		list, ok := errors.AsType[modfile.ErrorList](err)
		if !ok {
			return fmt.Errorf("read the module file: %w", err)
		}
		for _, e := range list {
			a.add(errModuleFile.at(app.Pos{File: path, Line: e.Pos.Line, Col: max(e.Pos.LineRune, 1)}, e.Err))
		}
		return nil
	}
	if module.Module == nil {
		a.add(errModuleFile.at(app.Pos{File: path, Line: 1, Col: 1}, "it has no module line"))
		return nil
	}
	a.module = module
	a.app.ModulePath = module.Module.Mod.Path
	return nil
}

// appFile is encore.app with every key of the format, so that a misspelt key is found.
type appFile struct {
	ID              string   `json:"id"`
	Lang            string   `json:"lang"`
	Experiments     []string `json:"experiments"`
	LogLevel        string   `json:"log_level"`
	CgoEnabled      bool     `json:"cgo_enabled"`       // older place of build.cgo_enabled
	DockerBaseImage string   `json:"docker_base_image"` // older place of build.docker.base_image
	GlobalCORS      app.CORS `json:"global_cors"`
	Build           struct {
		CgoEnabled    bool            `json:"cgo_enabled"`
		WorkerPooling bool            `json:"worker_pooling"`
		Docker        json.RawMessage `json:"docker"`
		Hooks         struct {
			Prebuild  hook `json:"prebuild"`
			Postbuild hook `json:"postbuild"`
		} `json:"hooks"`
	} `json:"build"`
}

// hook is a command line, or an object with one and its environment.
type hook app.Hook

// UnmarshalJSON accepts both forms.
func (h *hook) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &h.Command)
	}
	return decodeStrict(data, (*app.Hook)(h))
}

var hujsonPosition = regexp.MustCompile(`line (\d+), column (\d+)`)

func (a *analysis) readAppFile(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the application file: %w", err)
	}
	a.sources[path] = content
	pos := app.Pos{File: path, Line: 1, Col: 1}
	standard, err := hujson.Standardize(content)
	if err != nil {
		if m := hujsonPosition.FindStringSubmatch(err.Error()); m != nil {
			pos.Line, _ = strconv.Atoi(m[1]) // digits by the pattern
			pos.Col, _ = strconv.Atoi(m[2])
		}
		_, reason, _ := strings.Cut(err.Error(), ": ")
		if _, after, ok := strings.Cut(reason, ": "); ok {
			reason = after
		}
		a.add(errAppFile.at(pos, reason))
		return nil
	}
	var f appFile
	if err := decodeStrict(standard, &f); err != nil {
		// Standardize keeps every byte at its place, so that offsets hold for the file as written.
		reason := strings.TrimPrefix(err.Error(), "json: ")
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			pos = offsetPos(path, content, int(e.Offset)-1)
			reason = fmt.Sprintf("a %s stands where a %s is expected", e.Value, e.Type)
		} else if m := unknownKey.FindStringSubmatch(err.Error()); m != nil {
			if at := regexp.MustCompile(regexp.QuoteMeta(m[1]) + `\s*:`).FindIndex(content); at != nil {
				pos = offsetPos(path, content, at[0])
			}
		}
		a.add(errAppFile.at(pos, reason))
		return nil
	}
	if f.Lang != "" && f.Lang != "go" {
		a.add(errAppLang.at(keyPos(path, content, "lang"), f.Lang))
	}
	switch f.LogLevel {
	case "", "trace", "debug", "info", "warn", "error":
	default:
		a.add(errAppLogLevel.at(keyPos(path, content, "log_level"), f.LogLevel))
	}
	for key, set := range map[string]bool{
		"docker_base_image": f.DockerBaseImage != "",
		"worker_pooling":    f.Build.WorkerPooling,
		"docker":            len(f.Build.Docker) > 0 && string(f.Build.Docker) != "{}",
		"experiments":       len(f.Experiments) > 0,
	} {
		if set {
			a.add(errAppUnsupported.at(keyPos(path, content, key), key))
		}
	}
	a.app.File = app.AppFile{ID: f.ID, Lang: f.Lang, LogLevel: f.LogLevel, GlobalCORS: f.GlobalCORS}
	a.app.File.Build.CgoEnabled = f.Build.CgoEnabled || f.CgoEnabled
	a.app.File.Build.Hooks.Prebuild = app.Hook(f.Build.Hooks.Prebuild)
	a.app.File.Build.Hooks.Postbuild = app.Hook(f.Build.Hooks.Postbuild)
	return nil
}

var unknownKey = regexp.MustCompile(`unknown field ("[^"]*")`)

// keyPos finds the first mention of a key of encore.app.
func keyPos(path string, content []byte, key string) app.Pos {
	at := regexp.MustCompile(`"` + regexp.QuoteMeta(key) + `"\s*:`).FindIndex(content)
	if at == nil {
		return app.Pos{File: path, Line: 1, Col: 1}
	}
	return offsetPos(path, content, at[0])
}

func offsetPos(path string, content []byte, offset int) app.Pos {
	pos := app.Pos{File: path, Line: 1, Col: 1}
	for _, c := range content[:min(offset, len(content))] {
		if pos.Col++; c == '\n' {
			pos.Line++
			pos.Col = 1
		}
	}
	return pos
}

// decodeStrict decodes JSON and refuses keys that v does not have.
func decodeStrict(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	return d.Decode(v)
}
