package objects

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"encore.dev/internal/bucket"
	"encore.dev/internal/leftover"
	"encore.dev/internal/monitor"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/s3bucket"
)

// location is where a bucket is kept.
type location struct {
	bucket.Store
	prefix    string // of every object's name
	publicURL *url.URL
}

func locate(name string) (*location, error) {
	cfg := runconfig.Get()
	for _, storage := range cfg.ObjectStorage {
		if conf, ok := storage.Buckets[name]; ok {
			loc, err := inStorage(cfg, storage, name, conf)
			if err != nil {
				return nil, fmt.Errorf("objects: bucket %s: %w", name, err)
			}
			return loc, nil
		}
	}
	if testing.Testing() {
		return temporary(name, defaultBaseURL(cfg))
	}
	return nil, fmt.Errorf("objects: the program is not configured to use bucket %s", name)
}

func inStorage(cfg *runconfig.Config, storage runconfig.ObjectStorage, name string, conf runconfig.Bucket) (*location, error) {
	loc := &location{prefix: conf.KeyPrefix}
	switch storage.Type {
	case "directory":
		if !filepath.IsAbs(storage.Path) {
			return nil, fmt.Errorf("the path of its object_storage, %q, must be absolute", storage.Path)
		}
		dir, err := openDirectory(filepath.Join(storage.Path, cmp.Or(conf.Name, name)), cmp.Or(storage.BaseURL, defaultBaseURL(cfg)), name)
		if err != nil {
			return nil, err
		}
		if storage.SigningKey != "" {
			if err := dir.files.SetKey(storage.SigningKey); err != nil {
				return nil, errors.Join(err, dir.files.Close())
			}
		}
		loc.Store, loc.publicURL = dir, dir.baseURL
		monitor.Depend("bucket "+name, dir.reachable)
	case "s3":
		s3, err := s3bucket.Open(storage, cmp.Or(conf.Name, name))
		if err != nil {
			return nil, err
		}
		loc.Store, loc.publicURL = s3, s3.URL()
		monitor.Depend("bucket "+name, func(ctx context.Context) error { return reachable(ctx, s3) })
	default:
		return nil, fmt.Errorf("object_storage of type %q is not supported; use \"directory\" or \"s3\"", storage.Type)
	}
	if conf.PublicBaseURL != "" {
		var err error
		if loc.publicURL, err = url.Parse(conf.PublicBaseURL); err != nil {
			return nil, fmt.Errorf("public_base_url: %w", err)
		}
	}
	return loc, nil
}

// reachable tells whether a store answers: that an object does not exist is an answer.
func reachable(ctx context.Context, store bucket.Store) error {
	if _, err := store.Stat(ctx, "readiness"); err != nil && !errors.Is(err, bucket.ErrNotFound) {
		return err
	}
	return nil
}

func defaultBaseURL(cfg *runconfig.Config) string {
	return strings.TrimSuffix(cmp.Or(cfg.Metadata.BaseURL, "http://127.0.0.1:4000"), "/") + strings.TrimSuffix(pathPrefix, "/")
}

// temporary keeps a bucket for as long as the test binary runs.
func temporary(name, baseURL string) (*location, error) {
	folder, err := leftover.Folder()
	if err != nil {
		return nil, fmt.Errorf("objects: bucket %s: %w", name, err)
	}
	dir, err := openDirectory(filepath.Join(folder, "buckets", name), baseURL, name)
	if err != nil {
		return nil, fmt.Errorf("objects: bucket %s: %w", name, err)
	}
	return &location{Store: dir, publicURL: dir.baseURL}, nil
}

// escapeName makes an object's name the end of a URL path.
func escapeName(name string) string {
	elements := strings.Split(name, "/")
	for i, element := range elements {
		elements[i] = url.PathEscape(element)
	}
	return strings.Join(elements, "/")
}
