package objects

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"encore.dev/internal/bucket"
	"encore.dev/internal/bucketdir"
	"encore.dev/internal/lifecycle"
	"encore.dev/rlog"
)

// directory is a bucket in a folder, as a bucket.Store. The program itself serves its URLs.
type directory struct {
	files   *bucketdir.Bucket
	baseURL *url.URL
}

func openDirectory(folder, baseURL, name string) (*directory, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("base_url: %w", err)
	}
	files, err := bucketdir.Open(folder)
	if err != nil {
		return nil, err
	}
	// The handler knows buckets by the application's name, whatever the folder is called.
	return &directory{files: files, baseURL: base.JoinPath(url.PathEscape(name))}, nil
}

func (d *directory) Create(ctx context.Context, name, contentType string, mustBeNew bool) (bucket.Upload, error) {
	upload, err := d.files.Create(ctx, name, contentType, mustBeNew)
	if err != nil {
		return nil, err // not a nil *Upload in the interface
	}
	return upload, nil
}

func (d *directory) Open(_ context.Context, name string) (io.ReadCloser, error) {
	object, err := d.files.Open(name)
	if err != nil {
		return nil, err
	}
	return object, nil
}

func (d *directory) Stat(_ context.Context, name string) (bucket.Attrs, error) {
	return d.files.Stat(name)
}

func (d *directory) Remove(_ context.Context, name string) error { return d.files.Remove(name) }

func (d *directory) List(_ context.Context, prefix string, limit int64) iter.Seq2[bucket.Attrs, error] {
	return func(yield func(bucket.Attrs, error) bool) {
		var count int64
		for attrs, err := range d.files.List(prefix) {
			if count++; !yield(attrs, err) || count == limit {
				return
			}
		}
	}
}

func (d *directory) SignedURL(_ context.Context, method, name string, ttl time.Duration) (string, error) {
	if err := bucket.CheckName(name); err != nil {
		return "", err
	}
	target := d.baseURL.JoinPath(escapeName(name))
	target.RawQuery = d.files.Sign(method, name, time.Now().Add(ttl))
	return target.String(), nil
}

// reachable tells whether objects can be stored.
func (d *directory) reachable(context.Context) error { return d.files.Probe() }

const pathPrefix = "/__encore/objects/"

func init() { lifecycle.Mount(pathPrefix, http.HandlerFunc(serve)) }

// serve answers requests for an object of a bucket in a folder, the path being that of a signed or public URL.
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
	if err != nil {
		http.Error(w, "the object store failed", http.StatusInternalServerError)
		rlog.Error("serving an object failed", "bucket", name, "error", err)
		return
	}
	dir, ok := loc.Store.(*directory)
	if !ok {
		http.Error(w, "the objects of this bucket are elsewhere", http.StatusNotFound)
		return
	}
	if !strings.HasPrefix(object, loc.prefix) {
		http.Error(w, bucket.ErrNotFound.Error(), http.StatusNotFound)
		return
	}
	if err := dir.files.ServeObject(w, req, object, b.config.Public); err != nil {
		rlog.Error("serving an object failed", "bucket", name, "error", err)
	}
}
