// Package bucketdir keeps the objects of a bucket as files in a folder.
//
// The folder of a bucket holds:
//
//	objects/    each object as a file under its own name, "/" separating folders
//	attrs/      beside it, under the same name, what a file cannot tell: content type and ETag
//	tmp/        uploads that are not finished
//	signing.key the key of the signed URLs
//	lock        locked while both files of an object change
//
// An upload becomes visible as a whole, by renames. A file put into objects/ by other means is an object too: its
// content type then follows from its extension. Since a name is a path, an object cannot have the name of a folder
// that another object is in. Several processes may share the folder. No name leads out of it, not even by a symbolic
// link.
package bucketdir

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"

	"encore.dev/internal/bucket"
)

// staleUpload is the age at which an unfinished upload is taken for one that a crash left behind.
const staleUpload = 24 * time.Hour

// Bucket is a bucket. It is safe for concurrent use.
type Bucket struct {
	root *os.Root
	key  []byte
}

// sidecar is the file in attrs/. It counts only while Size and ModTime are those of the object's file, so that a
// crash between the two renames of an upload, or a file edited by hand, cannot give an object another one's ETag.
type sidecar struct {
	ContentType string `json:"content_type,omitempty"`
	ETag        string `json:"etag"`
	Size        int64  `json:"size"`
	ModTime     int64  `json:"mod_time"`
}

// Open returns the bucket in a folder, which it makes when it does not exist.
func Open(folder string) (*Bucket, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	b := &Bucket{root: root}
	for _, dir := range []string{"objects", "attrs", "tmp"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return nil, errors.Join(err, root.Close())
		}
	}
	if b.key, err = b.loadKey(); err != nil {
		return nil, errors.Join(fmt.Errorf("signing key: %w", err), root.Close())
	}
	if err := b.removeStaleUploads(time.Now().Add(-staleUpload)); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return b, nil
}

// Close releases the folder.
func (b *Bucket) Close() error { return b.root.Close() }

// loadKey reads the signing key, after making one if there is none. Of several processes that do so one wins.
func (b *Bucket) loadKey() ([]byte, error) {
	key, err := b.root.ReadFile("signing.key")
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	fresh := make([]byte, 32)
	rand.Read(fresh)
	tmp := "tmp/" + rand.Text()
	if err := b.root.WriteFile(tmp, fresh, 0o600); err != nil {
		return nil, err
	}
	err = b.root.Link(tmp, "signing.key")
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, errors.Join(err, b.root.Remove(tmp))
	}
	if err := b.root.Remove(tmp); err != nil {
		return nil, err
	}
	return b.root.ReadFile("signing.key")
}

func (b *Bucket) removeStaleUploads(before time.Time) error {
	entries, err := fs.ReadDir(b.root.FS(), "tmp")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && info.ModTime().Before(before) {
			err = b.root.Remove("tmp/" + entry.Name())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Object is an object opened for reading.
type Object struct {
	*os.File
	Attrs bucket.Attrs
}

// Open opens an object. It fails with ErrNotFound or ErrInvalidName.
func (b *Bucket) Open(name string) (*Object, error) {
	if err := bucket.CheckName(name); err != nil {
		return nil, err
	}
	var object *Object
	open := func() (settled bool, err error) {
		file, err := b.root.Open("objects/" + name)
		if err != nil {
			return false, notFound(err)
		}
		attrs, settled, err := b.attrs(name, file.Stat)
		if err != nil {
			return false, errors.Join(err, file.Close())
		}
		object = &Object{File: file, Attrs: attrs}
		return settled, nil
	}
	if settled, err := open(); err != nil || settled {
		return object, err
	}
	if err := object.Close(); err != nil {
		return nil, err
	}
	object = nil
	err := b.locked(false, func() error {
		_, err := open()
		return err
	})
	return object, err
}

// Stat returns the attributes of an object. It fails with ErrNotFound or ErrInvalidName.
func (b *Bucket) Stat(name string) (bucket.Attrs, error) {
	if err := bucket.CheckName(name); err != nil {
		return bucket.Attrs{}, err
	}
	stat := func() (fs.FileInfo, error) { return b.root.Lstat("objects/" + name) }
	attrs, settled, err := b.attrs(name, stat)
	if err != nil || settled {
		return attrs, err
	}
	err = b.locked(false, func() error {
		attrs, _, err = b.attrs(name, stat)
		return err
	})
	return attrs, err
}

// attrs reports settled = false when there is no sidecar of this version of the file. Then an upload may be about to
// complete the two, or a lock shows that the file was put there by hand.
func (b *Bucket) attrs(name string, stat func() (fs.FileInfo, error)) (attrs bucket.Attrs, settled bool, err error) {
	info, err := stat()
	if err != nil {
		return bucket.Attrs{}, false, notFound(err)
	}
	if !info.Mode().IsRegular() {
		return bucket.Attrs{}, false, bucket.ErrNotFound
	}
	attrs = bucket.Attrs{
		Name:        name,
		Size:        info.Size(),
		ContentType: bucket.ContentType(name),
		ETag:        fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size()),
		Modified:    info.ModTime(),
	}
	data, err := b.root.ReadFile("attrs/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return attrs, false, nil
	}
	if err != nil {
		return bucket.Attrs{}, false, err
	}
	var side sidecar
	if json.Unmarshal(data, &side) != nil || side.Size != info.Size() || side.ModTime != info.ModTime().UnixNano() {
		return attrs, false, nil // as good as none
	}
	attrs.ETag = side.ETag
	attrs.ContentType = cmp.Or(side.ContentType, attrs.ContentType)
	return attrs, true, nil
}

// Remove removes an object. It fails with ErrNotFound or ErrInvalidName.
func (b *Bucket) Remove(name string) error {
	if _, err := b.Stat(name); err != nil {
		return err
	}
	err := b.locked(true, func() error {
		if err := b.root.Remove("objects/" + name); err != nil {
			return notFound(err)
		}
		if err := b.root.Remove("attrs/" + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		// Fails, as it should, on a folder that still holds something.
		_ = b.root.Remove("attrs/" + dir)
		if b.root.Remove("objects/"+dir) != nil {
			break
		}
	}
	return nil
}

func notFound(err error) error {
	if errors.Is(err, fs.ErrNotExist) || isKindConflict(err) {
		return bucket.ErrNotFound
	}
	return err
}

// isKindConflict reports whether a file stood where a folder was needed, or the reverse.
func isKindConflict(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTEMPTY)
}
