package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Scratch is the name of the empty base.
const Scratch = "scratch"

// Base finds a base image: Scratch (nil), an OCI layout (a folder), the file of a `docker save`, or else an image in a
// registry. The error is for what cannot be read, and for an image that is for another platform.
func Base(ctx context.Context, base string, platform v1.Platform) (v1.Image, error) {
	if base == Scratch {
		return nil, nil
	}
	img, err := findBase(ctx, base, platform)
	if err != nil {
		return nil, fmt.Errorf("base image %s: %w", base, err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("base image %s: %w", base, err)
	}
	if file.OS != platform.OS || file.Architecture != platform.Architecture {
		return nil, fmt.Errorf("base image %s: it is for %s/%s, not for %s/%s",
			base, file.OS, file.Architecture, platform.OS, platform.Architecture)
	}
	return img, nil
}

func findBase(ctx context.Context, base string, platform v1.Platform) (v1.Image, error) {
	info, err := os.Stat(base)
	switch {
	case err == nil && info.IsDir():
		index, err := layout.ImageIndexFromPath(base)
		if err != nil {
			return nil, err
		}
		return fromIndex(index, platform)
	case err == nil:
		return tarball.ImageFromPath(base, nil)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	ref, err := name.ParseReference(base)
	if err != nil {
		return nil, fmt.Errorf("it is neither a folder, a file nor the name of an image: %w", err)
	}
	return remote.Image(ref, remote.WithContext(ctx), remote.WithPlatform(platform), remote.WithAuthFromKeychain(authn.DefaultKeychain))
}

// fromIndex chooses the image for the platform, and takes one that does not say what it is for when there is no other.
func fromIndex(index v1.ImageIndex, platform v1.Platform) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	var nameless v1.Image
	for _, m := range manifest.Manifests {
		switch {
		case m.MediaType.IsIndex():
			nested, err := index.ImageIndex(m.Digest)
			if err != nil {
				return nil, err
			}
			if img, err := fromIndex(nested, platform); err == nil {
				return img, nil
			}
		case m.Platform == nil && nameless == nil:
			if nameless, err = index.Image(m.Digest); err != nil {
				return nil, err
			}
		case m.Platform != nil && m.Platform.OS == platform.OS && m.Platform.Architecture == platform.Architecture:
			return index.Image(m.Digest)
		}
	}
	if nameless == nil {
		return nil, fmt.Errorf("there is no image for %s/%s", platform.OS, platform.Architecture)
	}
	return nameless, nil
}
