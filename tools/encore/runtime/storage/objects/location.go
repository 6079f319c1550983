package objects

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"encore.dev/internal/bucketdir"
	"encore.dev/internal/leftover"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/runconfig"
	"encore.dev/rlog"
)

// location is where a bucket is kept.
type location struct {
	dir       *bucketdir.Bucket
	prefix    string // of every object's name
	baseURL   *url.URL
	publicURL *url.URL
}

func locate(name string) (*location, error) {
	cfg := runconfig.Get()
	for _, storage := range cfg.ObjectStorage {
		bucket, ok := storage.Buckets[name]
		if !ok {
			continue
		}
		if storage.Type != "directory" {
			return nil, fmt.Errorf("objects: bucket %s: object_storage of type %q is not supported; use \"directory\"", name, storage.Type)
		}
		if !filepath.IsAbs(storage.Path) {
			return nil, fmt.Errorf("objects: bucket %s: the path of its object_storage, %q, must be absolute", name, storage.Path)
		}
		base := cmp.Or(storage.BaseURL, defaultBaseURL(cfg))
		loc, err := newLocation(filepath.Join(storage.Path, cmp.Or(bucket.Name, name)), bucket.KeyPrefix, base, bucket.PublicBaseURL, name)
		if err == nil && storage.SigningKey != "" {
			err = loc.dir.SetKey(storage.SigningKey)
		}
		return loc, err
	}
	if testing.Testing() {
		return temporary(name, defaultBaseURL(cfg))
	}
	return nil, fmt.Errorf("objects: the program is not configured to use bucket %s", name)
}

func defaultBaseURL(cfg *runconfig.Config) string {
	return strings.TrimSuffix(cmp.Or(cfg.Metadata.BaseURL, "http://127.0.0.1:4000"), "/") + strings.TrimSuffix(pathPrefix, "/")
}

func newLocation(folder, prefix, baseURL, publicURL, name string) (*location, error) {
	dir, err := bucketdir.Open(folder)
	if err != nil {
		return nil, fmt.Errorf("objects: bucket %s: %w", name, err)
	}
	loc := &location{dir: dir, prefix: prefix}
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("objects: bucket %s: base_url: %w", name, err)
	}
	// The handler knows buckets by the application's name, whatever the folder is called.
	loc.baseURL = base.JoinPath(url.PathEscape(name))
	loc.publicURL = loc.baseURL
	if publicURL != "" {
		if loc.publicURL, err = url.Parse(publicURL); err != nil {
			return nil, fmt.Errorf("objects: bucket %s: public_base_url: %w", name, err)
		}
	}
	return loc, nil
}

// temporary keeps a bucket for as long as the test binary runs.
func temporary(name, baseURL string) (*location, error) {
	folder, err := leftover.Folder()
	if err != nil {
		return nil, fmt.Errorf("objects: bucket %s: %w", name, err)
	}
	return newLocation(filepath.Join(folder, "buckets", name), "", baseURL, "", name)
}

// escapeName makes an object's name the end of a URL path.
func escapeName(name string) string {
	elements := strings.Split(name, "/")
	for i, element := range elements {
		elements[i] = url.PathEscape(element)
	}
	return strings.Join(elements, "/")
}

const pathPrefix = "/__encore/objects/"

func init() { lifecycle.Mount(pathPrefix, http.HandlerFunc(serve)) }

// serve answers requests for a bucket's object, the path being that of a signed or public URL.
func serve(w http.ResponseWriter, req *http.Request) {
	name, object, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, pathPrefix), "/")
	mu.Lock()
	b, ok := buckets[name]
	mu.Unlock()
	if !ok {
		http.Error(w, "there is no such bucket", http.StatusNotFound)
		return
	}
	loc, _, err := b.store("")
	if err == nil && !strings.HasPrefix(object, loc.prefix) {
		http.Error(w, bucketdir.ErrNotFound.Error(), http.StatusNotFound)
		return
	}
	if err == nil {
		err = loc.dir.ServeObject(w, req, object, b.config.Public)
	} else {
		http.Error(w, "the object store failed", http.StatusInternalServerError)
	}
	if err != nil {
		rlog.Error("serving an object failed", "bucket", name, "error", err)
	}
}
