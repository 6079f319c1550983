package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Save writes an image to a file that `docker load` reads, whole or not at all.
func Save(path string, tag name.Tag, img v1.Image) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	err = tarball.Write(tag, img, temp)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Push uploads an image to its registry, with the account that `docker login` has stored.
func Push(ctx context.Context, tag name.Tag, img v1.Image) error {
	err := remote.Write(tag, img, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return fmt.Errorf("push %s: %w", tag, err)
	}
	return nil
}

// HasDocker reports whether there is a Docker daemon to Load images into.
func HasDocker(ctx context.Context) bool {
	return exec.CommandContext(ctx, "docker", "version", "--format", "{{.Server.Version}}").Run() == nil
}

// Load puts an image into the local Docker daemon.
func Load(ctx context.Context, tag name.Tag, img v1.Image) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	docker := exec.CommandContext(ctx, "docker", "load", "--quiet")
	var report bytes.Buffer
	docker.Stdout, docker.Stderr = &report, &report
	input, err := docker.StdinPipe()
	if err != nil {
		return fmt.Errorf("load the image into Docker: %w", err)
	}
	if err := docker.Start(); err != nil {
		return fmt.Errorf("load the image into Docker: %w", err)
	}
	writeErr := errors.Join(tarball.Write(tag, img, input), input.Close())
	if err := docker.Wait(); err != nil {
		return fmt.Errorf("load the image into Docker: %w\n%s", err, strings.TrimSpace(report.String()))
	}
	if writeErr != nil && !errors.Is(writeErr, syscall.EPIPE) { // Docker need not read the padding at the end
		return fmt.Errorf("load the image into Docker: %w", writeErr)
	}
	return nil
}
