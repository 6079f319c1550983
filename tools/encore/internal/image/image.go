package image

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// configVariable tells programs where their configuration is.
const configVariable = "ENCORE_INFRA_CONFIG_PATH"

// Options says how to make an image.
type Options struct {
	Base     v1.Image // nil = scratch
	Platform v1.Platform
	Created  time.Time // of the image and all files in it
	Labels   map[string]string
}

// New returns an image of a root file system on top of a base. Its program runs as User and finds its configuration, if
// the root file system has one.
func New(root Root, o Options) (v1.Image, error) {
	base := o.Base
	if base == nil {
		base = mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	}
	layerType, err := layerTypeFor(base)
	if err != nil {
		return nil, err
	}
	var added []mutate.Addendum
	for _, l := range root {
		layer, err := l.compress(o.Created, layerType)
		if err != nil {
			return nil, err
		}
		added = append(added, mutate.Addendum{
			Layer:   layer,
			History: v1.History{Created: v1.Time{Time: o.Created}, CreatedBy: "go tool encore build docker", Comment: l.Purpose},
		})
	}
	img, err := mutate.Append(base, added...)
	if err != nil {
		return nil, fmt.Errorf("put the layers together: %w", err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("read the configuration of the base image: %w", err)
	}
	file = file.DeepCopy()
	file.Created = v1.Time{Time: o.Created}
	file.OS, file.Architecture, file.Variant = o.Platform.OS, o.Platform.Architecture, o.Platform.Variant
	file.Config.Entrypoint, file.Config.Cmd = []string{ProgramPath}, nil
	file.Config.User = fmt.Sprintf("%d:%d", User, User)
	file.Config.WorkingDir = "/"
	if root.has(ConfigPath) {
		file.Config.Env = append(file.Config.Env, configVariable+"="+ConfigPath)
	}
	labels := maps.Clone(file.Config.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, o.Labels)
	file.Config.Labels = labels
	if img, err = mutate.ConfigFile(img, file); err != nil {
		return nil, fmt.Errorf("write the configuration of the image: %w", err)
	}
	return img, nil
}

func (r Root) has(path string) bool {
	return slices.ContainsFunc(r, func(l Layer) bool {
		return slices.ContainsFunc(l.Entries, func(e Entry) bool { return e.Path == path })
	})
}

// layerTypeFor is the type of the layers of an image, which must be of one family with the image itself.
func layerTypeFor(base v1.Image) (types.MediaType, error) {
	mediaType, err := base.MediaType()
	if err != nil {
		return "", fmt.Errorf("read the base image: %w", err)
	}
	if mediaType == types.DockerManifestSchema2 {
		return types.DockerLayer, nil
	}
	return types.OCILayer, nil
}

func (l *Layer) compress(modified time.Time, mediaType types.MediaType) (v1.Layer, error) {
	var archive bytes.Buffer
	if err := l.writeArchive(&archive, modified); err != nil {
		return nil, fmt.Errorf("write the layer of %s: %w", l.Purpose, err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(open, tarball.WithCompressedCaching, tarball.WithMediaType(mediaType))
	if err != nil {
		return nil, fmt.Errorf("compress the layer of %s: %w", l.Purpose, err)
	}
	return layer, nil
}

func (l *Layer) writeArchive(w io.Writer, modified time.Time) error {
	archive := tar.NewWriter(w)
	for _, e := range l.Entries {
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(e.Path, "/"), Mode: int64(e.Mode.Perm()),
			Uid: e.Owner, Gid: e.Owner, ModTime: modified,
		}
		if e.Mode.IsDir() {
			header.Typeflag, header.Name = tar.TypeDir, header.Name+"/"
			if err := archive.WriteHeader(header); err != nil {
				return err
			}
			continue
		}
		content, size, err := e.open()
		if err != nil {
			return err
		}
		header.Size = size
		err = archive.WriteHeader(header)
		if err == nil {
			_, err = io.Copy(archive, content)
		}
		if err = errors.Join(err, content.Close()); err != nil {
			return err
		}
	}
	return archive.Close()
}
