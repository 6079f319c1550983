package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/build"
	"encore.app/tools/encore/internal/image"
	"encore.app/tools/encore/internal/infra"
)

// dockerFlags are the flags of build docker.
type dockerFlags struct {
	source     sourceFlags
	config     string
	skipConfig bool
	base       string
	push       bool
	output     string
	rootfs     string
	os, arch   string
}

func newBuildDockerCommand(c *console) *cobra.Command {
	var f dockerFlags
	cmd := &cobra.Command{
		Use:   "docker IMAGE[:TAG]",
		Short: "Build a container image of the application, without Docker",
		Long: `docker runs the hooks of encore.app, if there are any, compiles a static program that
serves all services, or those that --services names, and makes an image of it:

  /artifacts/server                   the program, run as user 65532
  /encore/infra.config.json           the infrastructure configuration
  /encore/migrations/DATABASE/        the migrations of the databases that are used
  /etc/ssl/certs/ca-certificates.crt  the authorities that this machine trusts
  /data                               empty, and the program's own

Time zones are part of the program. The same source makes the same image to the byte,
wherever it is built: times in it are SOURCE_DATE_EPOCH, else that of the commit.

The infrastructure configuration (--config) is JSON that may have comments. It is
checked first: everything that the services need must be there. What they do not need
is left out of the image. Another file can be mounted over it later, as plain JSON.

The image goes into the local Docker daemon, unless --output or --push says where.
--rootfs makes a folder with the content of the image instead, for a Dockerfile to copy.`,
		Example: `  go tool encore build docker shop:1.4 --config infra/shop.json
  go tool encore build docker registry.example/shop --config infra/shop.json --push
  go tool encore build docker shop --services cart,orders --config infra/shop.json -o shop.tar
  go tool encore build docker shop --arch arm64 --base ./base --skip-config -o shop.tar
  go tool encore build docker --config infra/shop.json --skip-hooks --rootfs /out`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(cmd, "unexpected argument %q", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			return explain(c.err, f.run(ctx, args, c.out, newSteps(c.err)))
		},
	}
	flags := cmd.Flags()
	f.source.add(cmd)
	flags.StringVar(&f.config, "config", "", "file with the infrastructure configuration")
	flags.BoolVar(&f.skipConfig, "skip-config", false, "put no infrastructure configuration into the image, and check none")
	flags.StringVar(&f.base, "base", image.Scratch, "image to build on: scratch, an OCI layout, the file of a docker save, or a name")
	flags.BoolVarP(&f.push, "push", "p", false, "upload the image to its registry")
	flags.StringVarP(&f.output, "output", "o", "", "file to write the image to, for docker load")
	flags.StringVar(&f.rootfs, "rootfs", "", "folder to write the content of the image to, in place of an image")
	flags.StringVar(&f.os, "os", "linux", "operating system")
	flags.StringVar(&f.arch, "arch", runtime.GOARCH, "processor architecture, such as amd64 or arm64")
	return cmd
}

func (f *dockerFlags) check(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 && f.rootfs == "":
		return usage(cmd, "name the image, such as shop:1.4")
	case len(args) == 1 && f.rootfs != "":
		return usage(cmd, "--rootfs makes a folder and no image: leave %s out", args[0])
	case f.rootfs != "" && (f.output != "" || f.push || f.base != image.Scratch):
		return usage(cmd, "--rootfs makes a folder and no image: leave --output, --push and --base out")
	case f.config != "" && f.skipConfig:
		return usage(cmd, "give --config or --skip-config, not both")
	case f.os != "linux":
		return usage(cmd, "images are for linux, not for %s", f.os)
	}
	if f.output != "" {
		if info, err := os.Stat(f.output); err == nil && info.IsDir() {
			return usage(cmd, "-o %s is a folder: name the file in it", f.output)
		}
	}
	if len(args) == 1 {
		if _, err := name.NewTag(args[0]); err != nil {
			return usage(cmd, "%q is not the name of an image, such as shop:1.4 or registry.example/shop", args[0])
		}
	}
	return nil
}

// run builds what the flags say, and prints the name and digest of an image.
func (f *dockerFlags) run(ctx context.Context, args []string, out io.Writer, s *steps) error {
	if f.rootfs == "" && f.output == "" && !f.push && !image.HasDocker(ctx) {
		return errors.New("no Docker daemon answers here: write the image to a file with --output, or upload it with --push")
	}
	certificates, err := image.HostCertificates()
	if err != nil {
		return err
	}
	platform := v1.Platform{OS: f.os, Architecture: f.arch}
	base, err := image.Base(ctx, f.base, platform)
	if err != nil {
		return err
	}
	contents := image.Contents{Certificates: certificates, Migrations: map[string]string{}}
	check := func(a *app.App, needs *infra.Needs) (build.Options, error) {
		for _, db := range a.Databases {
			for _, used := range needs.Databases {
				if db.Name == used {
					contents.Migrations[db.Name] = db.MigrationsDir
				}
			}
		}
		if !f.skipConfig {
			if contents.Config, err = f.readConfig(needs, s); err != nil {
				return build.Options{}, err
			}
		}
		return build.Options{Release: true, Env: []string{"GOOS=" + f.os, "GOARCH=" + f.arch}}, nil
	}
	return f.source.build(ctx, s, check, func(a *app.App, program *build.Program) error {
		contents.Program = program.Path
		root, err := image.NewRoot(contents)
		if err != nil {
			return err
		}
		if f.rootfs != "" {
			return s.do("Write the root file system", func() error { return root.WriteTo(f.rootfs) })
		}
		tag, err := name.NewTag(args[0])
		if err != nil {
			return err
		}
		options := image.Options{Base: base, Platform: platform}
		if options.Created, err = f.created(ctx, a); err != nil {
			return err
		}
		options.Labels = f.labels(ctx, a, options.Created)
		return f.deliver(ctx, root, options, tag, out, s)
	})
}

// readConfig returns the infrastructure configuration for the image.
func (f *dockerFlags) readConfig(needs *infra.Needs, s *steps) (reduced []byte, err error) {
	err = s.do("Check the infrastructure configuration", func() error {
		config := infra.Empty()
		if f.config != "" {
			if config, err = infra.Read(f.config); err != nil {
				return err
			}
		}
		if err := config.Check(infra.Stock); err != nil {
			return err
		}
		if err := config.Cover(needs, infra.Stock); err != nil {
			return err
		}
		reduced, err = config.Reduce(needs)
		return err
	})
	return reduced, err
}

// deliver makes the image and puts it where the flags say.
func (f *dockerFlags) deliver(ctx context.Context, root image.Root, options image.Options, tag name.Tag, out io.Writer, s *steps) error {
	var img v1.Image
	err := s.do("Make the image", func() (err error) {
		img, err = image.New(root, options)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case f.output != "":
		err = s.do("Write "+f.output, func() error { return image.Save(f.output, tag, img) })
	case !f.push:
		err = s.do("Load the image into Docker", func() error { return image.Load(ctx, tag, img) })
	}
	if err == nil && f.push {
		err = s.do("Push the image", func() error { return image.Push(ctx, tag, img) })
	}
	if err != nil {
		return err
	}
	digest, err := img.Digest()
	if err != nil {
		return fmt.Errorf("compute the digest of the image: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s@%s\n", tag, digest)
	return err
}

// created is the time that the image bears: SOURCE_DATE_EPOCH, else that of the commit, else the beginning of time.
func (f *dockerFlags) created(ctx context.Context, a *app.App) (time.Time, error) {
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH is %q, not a number of seconds", epoch)
		}
		return time.Unix(seconds, 0).UTC(), nil
	}
	git := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct")
	git.Dir = a.Root
	seconds := int64(0) // without a repository
	if answer, err := git.Output(); err == nil {
		if seconds, err = strconv.ParseInt(strings.TrimSpace(string(answer)), 10, 64); err != nil {
			return time.Time{}, fmt.Errorf("git tells %q as the time of the commit", answer)
		}
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func (f *dockerFlags) labels(ctx context.Context, a *app.App, created time.Time) map[string]string {
	labels := map[string]string{
		"org.opencontainers.image.title":   cmp.Or(a.File.ID, filepath.Base(a.ModulePath)),
		"org.opencontainers.image.created": created.Format(time.RFC3339),
	}
	revision, dirty := f.source.revision, false
	if revision == "" {
		revision, dirty = build.Revision(ctx, a.Root)
	}
	if dirty {
		revision += "-dirty"
	}
	if revision != "" {
		labels["org.opencontainers.image.revision"] = revision
	}
	if f.base != image.Scratch {
		labels["org.opencontainers.image.base.name"] = f.base
	}
	return labels
}
