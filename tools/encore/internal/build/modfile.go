package build

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// runtimeModule is the module that the tool's runtime takes the place of, and bridgeModule what generated files call. The
// folder of the bridge lies beside the runtime's.
const (
	runtimeModule = "encore.dev"
	bridgeModule  = "encore.stock"
)

// runtimeDir finds the folder of the runtime: it lies in the tool's own source.
func runtimeDir(ctx context.Context, root string) (string, error) {
	if dir := os.Getenv("ENCORE_RUNTIME_PATH"); dir != "" {
		if err := checkRuntime(dir); err != nil {
			return "", fmt.Errorf("ENCORE_RUNTIME_PATH: %w", err)
		}
		return filepath.Abs(dir)
	}
	// Where the tool was compiled, unless with -trimpath or on another machine.
	_, file, _, ok := runtime.Caller(0)
	if dir := filepath.Join(filepath.Dir(file), "..", "..", "runtime"); ok && filepath.IsAbs(file) && checkRuntime(dir) == nil {
		return filepath.EvalSymlinks(dir)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", errors.New("find the runtime: the tool does not know where its source is; name the folder in ENCORE_RUNTIME_PATH")
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", info.Path)
	cmd.Dir, cmd.Env = root, goEnv(root)
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("find the runtime: go list %s: %w; name the folder in ENCORE_RUNTIME_PATH", info.Path, err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "runtime")
	if err := checkRuntime(dir); err != nil {
		return "", fmt.Errorf("find the runtime: %w", err)
	}
	return dir, nil
}

func checkRuntime(dir string) error {
	content, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		return err
	}
	if path := modfile.ModulePath(content); path != runtimeModule {
		return fmt.Errorf("%s holds module %s, not %s", dir, path, runtimeModule)
	}
	return nil
}

// writeModfile returns the flags that make the go command use the runtime: none when the application's own module file
// replaces encore.dev and the bridge already. Otherwise it writes a module file for builds, with its checksums: the
// application's own, with the requirements of the runtime added and the runtime in the place of the module it stands for.
func (w *Workspace) writeModfile(ctx context.Context) ([]string, error) {
	var inputs [4][]byte
	for i, path := range []string{
		filepath.Join(w.root, "go.mod"), filepath.Join(w.root, "go.sum"),
		filepath.Join(w.runtime, "go.mod"), filepath.Join(w.runtime, "go.sum"),
	} {
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read the module files: %w", err)
		}
		inputs[i] = content
	}
	if own, err := replacesRuntime(inputs[0]); err != nil || own {
		return nil, err
	}
	path, stamp := filepath.Join(w.dir, "go.mod"), filepath.Join(w.dir, "go.mod.inputs")
	flags := []string{"-modfile=" + path, "-mod=readonly"}
	hash := sha256.New()
	fmt.Fprintln(hash, replacement(w.root, w.runtime))
	for _, content := range inputs {
		fmt.Fprintln(hash, len(content))
		hash.Write(content)
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	if known, err := os.ReadFile(stamp); err == nil && string(known) == sum {
		return flags, nil
	}
	module, err := mergeModules(inputs[0], inputs[2], w.root, w.runtime)
	if err != nil {
		return nil, err
	}
	if err := writeChanged(path, module); err != nil {
		return nil, fmt.Errorf("write the module file of the build: %w", err)
	}
	if err := writeChanged(filepath.Join(w.dir, "go.sum"), mergeSums(inputs[1], inputs[3])); err != nil {
		return nil, fmt.Errorf("write the checksums of the build: %w", err)
	}
	// Raised versions may raise others in turn, whose checksums nobody has asked for yet. A build does neither by itself.
	// What cannot be loaded is left to the build to report.
	cmd := exec.CommandContext(ctx, "go", "list", "-modfile="+path, "-mod=mod", "-e", "-deps", "-f", `{{""}}`, "./...")
	cmd.Dir, cmd.Env = w.root, goEnv(w.root)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("settle the module versions of the build: %w\n%s", err, bytes.TrimSpace(out))
	}
	if err := writeChanged(stamp, []byte(sum)); err != nil {
		return nil, fmt.Errorf("write the module file of the build: %w", err)
	}
	return flags, nil
}

// replacesRuntime says whether a module file replaces the runtime and the bridge with folders.
func replacesRuntime(appMod []byte) (bool, error) {
	f, err := modfile.Parse("go.mod", appMod, nil)
	if err != nil {
		return false, fmt.Errorf("read the module file: %w", err)
	}
	folder := func(module string) bool {
		return slices.ContainsFunc(f.Replace, func(r *modfile.Replace) bool { return r.Old.Path == module && r.New.Version == "" })
	}
	return folder(runtimeModule) && folder(bridgeModule), nil
}

// mergeModules returns the application's module file with the runtime's requirements, the higher version of each.
func mergeModules(appMod, runtimeMod []byte, root, runtimeDir string) ([]byte, error) {
	f, err := modfile.Parse("go.mod", appMod, nil)
	if err != nil {
		return nil, fmt.Errorf("read the module file: %w", err)
	}
	extra, err := modfile.Parse("go.mod", runtimeMod, nil)
	if err != nil {
		return nil, fmt.Errorf("read the runtime's module file: %w", err)
	}
	required := map[string]string{}
	for _, r := range f.Require {
		required[r.Mod.Path] = r.Mod.Version
	}
	for _, r := range extra.Require {
		switch version, known := required[r.Mod.Path]; {
		case !known:
			f.AddNewRequire(r.Mod.Path, r.Mod.Version, true)
		case semver.Compare(r.Mod.Version, version) > 0:
			if err := f.AddRequire(r.Mod.Path, r.Mod.Version); err != nil {
				return nil, fmt.Errorf("require %s: %w", r.Mod, err)
			}
		}
	}
	if _, known := required[runtimeModule]; !known {
		return nil, fmt.Errorf("go.mod does not require %s: run go get %s@v1.52.1", runtimeModule, runtimeModule)
	}
	if extra.Go != nil && (f.Go == nil || semver.Compare("v"+extra.Go.Version, "v"+f.Go.Version) > 0) {
		if err := f.AddGoStmt(extra.Go.Version); err != nil {
			return nil, fmt.Errorf("set the Go version: %w", err)
		}
	}
	for _, r := range slices.Clone(f.Replace) {
		if r.Old.Path == runtimeModule || r.Old.Path == bridgeModule {
			if err := f.DropReplace(r.Old.Path, r.Old.Version); err != nil {
				return nil, fmt.Errorf("replace %s: %w", r.Old.Path, err)
			}
		}
	}
	for module, dir := range map[string]string{runtimeModule: runtimeDir, bridgeModule: filepath.Join(runtimeDir, "..", "stock")} {
		if err := f.AddReplace(module, "", replacement(root, dir), ""); err != nil {
			return nil, fmt.Errorf("replace %s: %w", module, err)
		}
	}
	f.Cleanup()
	return f.Format()
}

// replacement is how a module file names the runtime. Programs carry that text: below the application it is relative,
// so that they are the same wherever the application lies.
func replacement(root, runtimeDir string) string {
	if rel, err := filepath.Rel(root, runtimeDir); err == nil && filepath.IsLocal(rel) {
		return "./" + filepath.ToSlash(rel)
	}
	return runtimeDir
}

// mergeSums returns the lines of both checksum files.
func mergeSums(a, b []byte) []byte {
	var lines []string
	for _, content := range [][]byte{a, b} {
		for line := range strings.Lines(string(content)) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line+"\n")
			}
		}
	}
	slices.Sort(lines)
	return []byte(strings.Join(slices.Compact(lines), ""))
}
