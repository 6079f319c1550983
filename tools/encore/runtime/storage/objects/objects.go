// Package objects gives an application its buckets of objects: files with a name, a content type and an ETag.
//
// A bucket is declared in a package-level variable with NewBucket. The program's configuration says where it is kept:
// the store of type "directory" keeps it in a folder, the one of type "s3" in S3 or a store that speaks its protocol.
// Both take the same names: 1 to 1024 bytes that form a relative path. In a folder no object can have the name of a
// folder that another is in; do not count on S3 to allow it. In tests each test binary has empty buckets of its own.
package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"sync"
	"time"

	"encore.dev/internal/bucket"
)

// The errors of this package, found in a returned error with errors.Is.
var (
	ErrObjectNotFound     = errors.New("objects: object doesn't exist")
	ErrPreconditionFailed = errors.New("objects: precondition failed")
	ErrInvalidArgument    = errors.New("objects: invalid argument")
)

// BucketConfig configures a bucket.
type BucketConfig struct {
	// Public makes the objects readable by anyone at their PublicURL.
	Public bool
	// Versioned keeps earlier versions of objects. No type of store can yet: every use of the bucket fails with
	// ErrInvalidArgument.
	Versioned bool
}

// Bucket is a bucket. It is safe for concurrent use.
type Bucket struct {
	name   string
	config BucketConfig

	opening sync.Mutex
	opened  *location // nil until a use of the bucket could open it
}

type constStr string

var (
	mu      sync.Mutex
	buckets = map[string]*Bucket{}
)

// NewBucket declares a bucket. The name and the config must be literals. Using a bucket that the program is not
// configured with fails.
func NewBucket(name string, cfg BucketConfig) *Bucket {
	b := Named(constStr(name))
	mu.Lock()
	defer mu.Unlock()
	b.config = cfg
	return b
}

// Named returns the bucket that NewBucket declares elsewhere under the same name.
func Named(name constStr) *Bucket {
	mu.Lock()
	defer mu.Unlock()
	b, ok := buckets[string(name)]
	if !ok {
		b = &Bucket{name: string(name)}
		buckets[b.name] = b
	}
	return b
}

// open returns where the bucket is kept. A store that could not be opened, as a folder on a disk that is not there yet, is
// tried again by the next use.
func (b *Bucket) open() (*location, error) {
	b.opening.Lock()
	defer b.opening.Unlock()
	if b.opened == nil {
		loc, err := locate(b.name)
		if err != nil {
			return nil, err
		}
		b.opened = loc
	}
	return b.opened, nil
}

// store returns where the bucket is kept and the full name of an object in it.
func (b *Bucket) store(object string) (*location, string, error) {
	if b.config.Versioned {
		return nil, "", fmt.Errorf("%w: bucket %s is declared Versioned, but its store keeps no versions", ErrInvalidArgument, b.name)
	}
	loc, err := b.open()
	if err != nil {
		return nil, "", err
	}
	return loc, loc.prefix + object, nil
}

// translate makes the store's error one of this package.
func translate(err error, bucketName, object string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bucket.ErrNotFound):
		return fmt.Errorf("%w: %s in bucket %s", ErrObjectNotFound, object, bucketName)
	case errors.Is(err, bucket.ErrExists):
		return fmt.Errorf("%w: %s exists in bucket %s", ErrPreconditionFailed, object, bucketName)
	case errors.Is(err, bucket.ErrInvalidName):
		return fmt.Errorf("%w: %w", ErrInvalidArgument, err)
	}
	return fmt.Errorf("objects: %s in bucket %s: %w", object, bucketName, err)
}

// Upload starts the upload of an object. It becomes visible, in place of an earlier one of the same name, when
// Writer.Close succeeds. The upload fails when ctx ends first.
func (b *Bucket) Upload(ctx context.Context, object string, options ...UploadOption) *Writer {
	var opts uploadOptions
	for _, option := range options {
		switch option := option.(type) {
		case withPreconditionsOption:
			opts.Preconditions = option.pre
		case withUploadAttrsOption:
			opts.UploadAttrs = option.attrs
		default:
			return &Writer{err: fmt.Errorf("%w: %T is not an option of Upload", ErrInvalidArgument, option)}
		}
	}
	loc, name, err := b.store(object)
	if err != nil {
		return &Writer{err: err}
	}
	upload, err := loc.Create(ctx, name, opts.ContentType, opts.NotExists)
	return &Writer{bucket: b.name, object: object, upload: upload, err: translate(err, b.name, object)}
}

type uploadOptions struct {
	Preconditions
	UploadAttrs
}

// Writer writes an object. It must be ended with Close or Abort.
type Writer struct {
	bucket, object string
	upload         bucket.Upload
	err            error // why there is no upload
}

// Write adds to the object.
func (w *Writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.upload.Write(p)
	return n, translate(err, w.bucket, w.object)
}

// Abort drops the upload. Write and Close then return err.
func (w *Writer) Abort(err error) {
	if w.err == nil {
		w.upload.Abort(err)
	}
}

// Close finishes the upload. The object exists only when it returns nil. It fails with ErrPreconditionFailed when
// the object was not to exist but does.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	_, err := w.upload.Commit()
	return translate(err, w.bucket, w.object)
}

// Download opens an object. Whether that succeeded is told by Reader.Err, or the first Read.
func (b *Bucket) Download(ctx context.Context, object string, options ...DownloadOption) *Reader {
	if len(options) > 0 {
		return &Reader{err: b.noVersions()}
	}
	loc, name, err := b.store(object)
	if err != nil {
		return &Reader{err: err}
	}
	content, err := loc.Open(ctx, name)
	return &Reader{ctx: ctx, content: content, err: translate(err, b.name, object)}
}

// Reader reads an object. It must be closed.
type Reader struct {
	ctx     context.Context
	content io.ReadCloser
	err     error
}

// Err returns why the object cannot be read, such as ErrObjectNotFound; nil when nothing failed so far.
func (r *Reader) Err() error { return r.err }

// Read reads the next bytes of the object.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err == nil {
		r.err = context.Cause(r.ctx)
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.content.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// Close releases the object.
func (r *Reader) Close() error {
	if r.content == nil {
		return nil
	}
	return r.content.Close()
}

// Query selects objects.
type Query struct {
	// Prefix is what the names start with.
	Prefix string
	// Limit is the largest number of objects to give; 0 = all.
	Limit int64
}

// ListEntry is an object in a list.
type ListEntry struct {
	Name string
	Size int64
	ETag string
}

// List gives the objects that match the query, in the byte order of their names. After an error it ends.
func (b *Bucket) List(ctx context.Context, query *Query, options ...ListOption) iter.Seq2[*ListEntry, error] {
	return func(yield func(*ListEntry, error) bool) {
		if query == nil {
			query = &Query{}
		}
		loc, prefix, err := b.store(query.Prefix)
		if err != nil {
			yield(nil, err)
			return
		}
		for attrs, err := range loc.List(ctx, prefix, query.Limit) {
			if err == nil {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(nil, fmt.Errorf("objects: list bucket %s: %w", b.name, err))
				return
			}
			entry := &ListEntry{Name: attrs.Name[len(loc.prefix):], Size: attrs.Size, ETag: attrs.ETag}
			if !yield(entry, nil) {
				return
			}
		}
	}
}

// Remove removes an object. It fails with ErrObjectNotFound when there is none.
func (b *Bucket) Remove(ctx context.Context, object string, options ...RemoveOption) error {
	loc, name, err := b.forOne(ctx, object, len(options))
	if err != nil {
		return err
	}
	return translate(loc.Remove(ctx, name), b.name, object)
}

// ObjectAttrs describes an object.
type ObjectAttrs struct {
	Name        string
	Version     string // empty without versions
	ContentType string
	Size        int64
	ETag        string
}

// Attrs returns the attributes of an object. It fails with ErrObjectNotFound when there is none.
func (b *Bucket) Attrs(ctx context.Context, object string, options ...AttrsOption) (*ObjectAttrs, error) {
	loc, name, err := b.forOne(ctx, object, len(options))
	if err != nil {
		return nil, err
	}
	attrs, err := loc.Stat(ctx, name)
	if err != nil {
		return nil, translate(err, b.name, object)
	}
	return &ObjectAttrs{Name: object, ContentType: attrs.ContentType, Size: attrs.Size, ETag: attrs.ETag}, nil
}

// Exists reports whether an object exists.
func (b *Bucket) Exists(ctx context.Context, object string, options ...ExistsOption) (bool, error) {
	loc, name, err := b.forOne(ctx, object, len(options))
	if err != nil {
		return false, err
	}
	_, err = loc.Stat(ctx, name)
	if errors.Is(err, bucket.ErrNotFound) {
		return false, nil
	}
	return err == nil, translate(err, b.name, object)
}

// forOne is store for the operations whose only option is WithVersion.
func (b *Bucket) forOne(ctx context.Context, object string, options int) (*location, string, error) {
	if options > 0 {
		return nil, "", b.noVersions()
	}
	if err := context.Cause(ctx); err != nil {
		return nil, "", err
	}
	return b.store(object)
}

func (b *Bucket) noVersions() error {
	return fmt.Errorf("%w: bucket %s keeps no versions", ErrInvalidArgument, b.name)
}

// SignedUploadURL is a URL that allows an upload without further authorization.
type SignedUploadURL struct {
	URL string
}

// SignedDownloadURL is a URL that allows a download without further authorization.
type SignedDownloadURL struct {
	URL string
}

// The lifetimes of signed URLs.
const (
	defaultTTL = time.Hour
	maxTTL     = 7 * 24 * time.Hour
)

// SignedUploadURL returns a URL at which one may PUT the content of an object, with its Content-Type, for an hour
// or the time given by WithTTL (at most 7 days). Whoever has the URL may use it.
func (b *Bucket) SignedUploadURL(ctx context.Context, object string, options ...UploadURLOption) (*SignedUploadURL, error) {
	var opts urlOptions
	for _, option := range options {
		option.applyUploadURL(&opts)
	}
	signed, err := b.sign(ctx, "PUT", object, opts)
	if err != nil {
		return nil, err
	}
	return &SignedUploadURL{URL: signed}, nil
}

// SignedDownloadURL returns a URL at which one may GET an object for an hour or the time given by WithTTL (at most
// 7 days), whether the object exists yet or not. Whoever has the URL may use it.
func (b *Bucket) SignedDownloadURL(ctx context.Context, object string, options ...DownloadURLOption) (*SignedDownloadURL, error) {
	var opts urlOptions
	for _, option := range options {
		option.applyDownloadURL(&opts)
	}
	signed, err := b.sign(ctx, "GET", object, opts)
	if err != nil {
		return nil, err
	}
	return &SignedDownloadURL{URL: signed}, nil
}

func (b *Bucket) sign(ctx context.Context, method, object string, opts urlOptions) (string, error) {
	ttl := defaultTTL
	if opts.ttl != nil {
		ttl = *opts.ttl
	}
	if opts.version != "" {
		return "", b.noVersions()
	}
	if ttl <= 0 || ttl > maxTTL {
		return "", fmt.Errorf("%w: the lifetime of a signed URL must be above zero and at most 7 days, not %v", ErrInvalidArgument, ttl)
	}
	loc, name, err := b.store(object)
	if err != nil {
		return "", err
	}
	signed, err := loc.SignedURL(ctx, method, name, ttl)
	return signed, translate(err, b.name, object)
}

// PublicURL returns the address of an object of a public bucket. It panics when the bucket is not public or the
// program is not configured with it.
func (b *Bucket) PublicURL(object string, options ...PublicURLOption) *url.URL {
	if !b.config.Public {
		panic("objects: bucket " + b.name + " is not public, so its objects have no public URL")
	}
	loc, name, err := b.store(object)
	if err != nil {
		panic("objects: " + err.Error())
	}
	return loc.publicURL.JoinPath(escapeName(name))
}
