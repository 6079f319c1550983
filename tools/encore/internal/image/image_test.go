package image

import (
	"archive/tar"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/require"
)

var amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}

// shopContents are those of an image, read from a new folder.
func shopContents(t *testing.T) Contents {
	t.Helper()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	write("shop/migrations/0002_b.up.sql", "two")
	write("shop/migrations/0001_a.up.sql", "one")
	write("shop/migrations/README.md", "not a migration")
	return Contents{
		Program: write("program", "\x7fELF"), Config: []byte("{}\n"), Certificates: []byte("certificates"),
		Migrations: map[string]string{"shop": filepath.Join(dir, "shop/migrations"), "bare": filepath.Join(dir, "none")},
	}
}

func newRoot(t *testing.T) Root {
	t.Helper()
	root, err := NewRoot(shopContents(t))
	require.NoError(t, err)
	return root
}

func newImage(t *testing.T, base v1.Image) v1.Image {
	t.Helper()
	img, err := New(newRoot(t), Options{
		Base: base, Platform: amd64, Created: time.Unix(1_700_000_000, 0).UTC(), Labels: map[string]string{"a": "b"},
	})
	require.NoError(t, err)
	return img
}

// files lists what an image holds, as "mode owner size path".
func files(t *testing.T, img v1.Image) []string {
	t.Helper()
	flat := mutate.Extract(img)
	defer func() { require.NoError(t, flat.Close()) }()
	var list []string
	for archive := tar.NewReader(flat); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		require.NoError(t, err)
		require.Equal(t, int64(1_700_000_000), h.ModTime.Unix(), h.Name)
		list = append(list, fmt.Sprintf("%s %d:%d %d /%s", h.FileInfo().Mode(), h.Uid, h.Gid, h.Size, h.Name))
	}
}

func TestImageHoldsTheRootFileSystem(t *testing.T) {
	t.Parallel()
	img := newImage(t, nil)
	require.ElementsMatch(t, []string{
		"drwxr-x--- 65532:65532 0 /data",
		"drwxr-xr-x 0:0 0 /artifacts",
		"-rwxr-xr-x 0:0 4 /artifacts/server",
		"drwxr-xr-x 0:0 0 /encore",
		"-rw-r--r-- 0:0 3 /encore/infra.config.json",
		"drwxr-xr-x 0:0 0 /encore/migrations",
		"drwxr-xr-x 0:0 0 /encore/migrations/bare",
		"drwxr-xr-x 0:0 0 /encore/migrations/shop",
		"-rw-r--r-- 0:0 3 /encore/migrations/shop/0001_a.up.sql",
		"-rw-r--r-- 0:0 3 /encore/migrations/shop/0002_b.up.sql",
		"drwxr-xr-x 0:0 0 /etc",
		"drwxr-xr-x 0:0 0 /etc/ssl",
		"drwxr-xr-x 0:0 0 /etc/ssl/certs",
		"-rw-r--r-- 0:0 12 /etc/ssl/certs/ca-certificates.crt",
	}, files(t, img))
	file, err := img.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, v1.Config{
		Entrypoint: []string{"/artifacts/server"}, User: "65532:65532", WorkingDir: "/",
		Env: []string{"ENCORE_INFRA_CONFIG_PATH=/encore/infra.config.json"}, Labels: map[string]string{"a": "b"},
	}, file.Config)
	require.Equal(t, amd64, *file.Platform())
}

func TestSameContentsMakeTheSameImage(t *testing.T) {
	t.Parallel()
	first, err := newImage(t, nil).Digest()
	require.NoError(t, err)
	second, err := newImage(t, nil).Digest() // from another folder
	require.NoError(t, err)
	require.Equal(t, first, second)

	dir := t.TempDir()
	tag, err := name.NewTag("shop:1")
	require.NoError(t, err)
	var archives []string
	for _, file := range []string{"a/shop.tar", "b/shop.tar"} {
		require.NoError(t, Save(filepath.Join(dir, file), tag, newImage(t, nil)))
		content, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		archives = append(archives, string(content))
	}
	require.Equal(t, archives[0], archives[1])
}

func TestRootFileSystemAsFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "root")
	require.NoError(t, newRoot(t).WriteTo(dir))
	var list []string
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		if path != "." {
			list = append(list, fmt.Sprintf("%s %s", info.Mode(), path))
		}
		return nil
	}))
	require.Equal(t, []string{
		"drwxr-xr-x artifacts", "-rwxr-xr-x artifacts/server", "drwxr-x--- data", "drwxr-xr-x encore",
		"-rw-r--r-- encore/infra.config.json", "drwxr-xr-x encore/migrations", "drwxr-xr-x encore/migrations/bare",
		"drwxr-xr-x encore/migrations/shop", "-rw-r--r-- encore/migrations/shop/0001_a.up.sql",
		"-rw-r--r-- encore/migrations/shop/0002_b.up.sql", "drwxr-xr-x etc", "drwxr-xr-x etc/ssl", "drwxr-xr-x etc/ssl/certs",
		"-rw-r--r-- etc/ssl/certs/ca-certificates.crt",
	}, list)
	require.ErrorContains(t, newRoot(t).WriteTo(dir), "is not empty")
}

// baseImage is an image with a file and settings of its own.
func baseImage(t *testing.T) v1.Image {
	t.Helper()
	layer := Layer{Purpose: "base", Entries: []Entry{{Path: "/etc/base", Mode: 0o644, Content: []byte("base")}}}
	mediaType, err := layerTypeFor(empty.Image)
	require.NoError(t, err)
	compressed, err := layer.compress(time.Unix(1_700_000_000, 0), mediaType)
	require.NoError(t, err)
	img, err := mutate.AppendLayers(empty.Image, compressed)
	require.NoError(t, err)
	img, err = mutate.ConfigFile(img, &v1.ConfigFile{
		OS: "linux", Architecture: "amd64", Config: v1.Config{Env: []string{"PATH=/bin"}, Cmd: []string{"sh"}, Labels: map[string]string{"c": "d"}},
		RootFS: rootFS(t, img),
	})
	require.NoError(t, err)
	return img
}

func rootFS(t *testing.T, img v1.Image) v1.RootFS {
	t.Helper()
	file, err := img.ConfigFile()
	require.NoError(t, err)
	return file.RootFS
}

func TestBaseIsALayoutATarballOrInARegistry(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	address := strings.TrimPrefix(server.URL, "http://")

	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: baseImage(t), Descriptor: v1.Descriptor{Platform: &amd64},
	})
	_, err := layout.Write(filepath.Join(dir, "layout"), index)
	require.NoError(t, err)
	_, err = layout.Write(filepath.Join(dir, "nameless"), mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: baseImage(t)}))
	require.NoError(t, err)
	tag, err := name.NewTag(address + "/base:1")
	require.NoError(t, err)
	require.NoError(t, tarball.WriteToFile(filepath.Join(dir, "base.tar"), tag, baseImage(t)))
	require.NoError(t, remote.Write(tag, baseImage(t), remote.WithContext(t.Context())))

	for _, base := range []string{filepath.Join(dir, "layout"), filepath.Join(dir, "nameless"), filepath.Join(dir, "base.tar"), tag.String()} {
		found, err := Base(t.Context(), base, amd64)
		require.NoError(t, err)
		img := newImage(t, found)
		require.Contains(t, files(t, img), "-rw-r--r-- 0:0 4 /etc/base")
		require.Contains(t, files(t, img), "-rwxr-xr-x 0:0 4 /artifacts/server")
		file, err := img.ConfigFile()
		require.NoError(t, err)
		require.Equal(t, []string{"PATH=/bin", "ENCORE_INFRA_CONFIG_PATH=/encore/infra.config.json"}, file.Config.Env)
		require.Equal(t, map[string]string{"a": "b", "c": "d"}, file.Config.Labels)
		require.Empty(t, file.Config.Cmd)

		_, err = Base(t.Context(), base, v1.Platform{OS: "linux", Architecture: "arm64"})
		require.ErrorContains(t, err, "base image "+base)
	}
	none, err := Base(t.Context(), Scratch, amd64)
	require.NoError(t, err)
	require.Nil(t, none)
	_, err = Base(t.Context(), "no/Such Base", amd64)
	require.ErrorContains(t, err, "neither a folder, a file nor the name of an image")
}

func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	tag, err := name.NewTag(strings.TrimPrefix(server.URL, "http://") + "/shop:1")
	require.NoError(t, err)
	img := newImage(t, nil)
	require.NoError(t, Push(t.Context(), tag, img))
	pushed, err := remote.Image(tag, remote.WithContext(t.Context()))
	require.NoError(t, err)
	want, err := img.Digest()
	require.NoError(t, err)
	got, err := pushed.Digest()
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Len(t, files(t, pushed), 14)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.crt")
	require.NoError(t, os.WriteFile(garbage, []byte("nothing"), 0o600))
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	good := filepath.Join(dir, "good.crt")
	require.NoError(t, os.WriteFile(good, pemOf(server.Certificate().Raw), 0o600))

	content, err := readCertificates([]string{filepath.Join(dir, "missing.crt"), good, garbage})
	require.NoError(t, err)
	require.Equal(t, pemOf(server.Certificate().Raw), content)
	_, err = readCertificates([]string{garbage, good})
	require.EqualError(t, err, garbage+" holds no certificate")
	_, err = readCertificates([]string{filepath.Join(dir, "missing.crt")})
	require.ErrorContains(t, err, "install the package ca-certificates")
}

func pemOf(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
