// Package bucket is what the stores of objects have in common: bucketdir (a folder) and s3bucket (S3).
package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"mime"
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// The errors that callers tell apart.
var (
	ErrNotFound    = errors.New("object does not exist")
	ErrExists      = errors.New("object exists already")
	ErrInvalidName = errors.New("invalid object name")
)

// Attrs describes an object.
type Attrs struct {
	Name        string
	Size        int64
	ContentType string
	ETag        string // without quotes
	Modified    time.Time
}

// Store keeps the objects of a bucket. It is safe for concurrent use. Names must satisfy CheckName, else operations
// fail with ErrInvalidName; those on an object that must exist fail with ErrNotFound when it does not.
type Store interface {
	// Create starts the upload of an object, which replaces the one of that name unless mustBeNew; then Create or
	// Upload.Commit fails with ErrExists. An empty content type follows from the extension of the name. The upload
	// fails once ctx has ended.
	Create(ctx context.Context, name, contentType string, mustBeNew bool) (Upload, error)
	// Open opens an object for reading, once. Reading may fail once ctx has ended.
	Open(ctx context.Context, name string) (io.ReadCloser, error)
	// Stat returns the attributes of an object.
	Stat(ctx context.Context, name string) (Attrs, error)
	// Remove removes an object.
	Remove(ctx context.Context, name string) error
	// List gives up to limit objects (0 = all) whose names start with prefix, in the byte order of their names.
	// ContentType and Modified may be missing. Objects added or removed meanwhile may or may not be among them.
	List(ctx context.Context, prefix string, limit int64) iter.Seq2[Attrs, error]
	// SignedURL returns a URL that allows one method (GET, or PUT to upload) on one object for a time.
	SignedURL(ctx context.Context, method, name string, ttl time.Duration) (string, error)
}

// Upload is an object being written. It must be ended with Commit or Abort.
type Upload interface {
	// Write adds to the object.
	io.Writer
	// Abort drops the upload; the reason is what Write and Commit return from then on.
	Abort(reason error)
	// Commit makes the object visible as a whole. When it fails there is nothing of it.
	Commit() (Attrs, error)
}

// CheckName reports why an object cannot have a name: it must be 1 to 1024 bytes of UTF-8 without control characters
// and backslashes, and as a path it must be relative, without empty, "." and ".." elements, each of at most 255 bytes.
// What a folder can keep is the rule for all stores, so that a bucket can move from one to another.
func CheckName(name string) error {
	switch {
	case len(name) > 1024:
		return fmt.Errorf("%w: longer than 1024 bytes", ErrInvalidName)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }):
		return fmt.Errorf("%w: %q holds bytes that are not allowed", ErrInvalidName, name)
	case name == ".", !fs.ValidPath(name):
		return fmt.Errorf("%w: %q is not a clean relative path", ErrInvalidName, name)
	}
	for element := range strings.SplitSeq(name, "/") {
		if len(element) > 255 {
			return fmt.Errorf("%w: an element of the path is longer than 255 bytes", ErrInvalidName)
		}
	}
	return nil
}

// ContentType returns the media type of an object that was given none.
func ContentType(name string) string {
	return cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
}
