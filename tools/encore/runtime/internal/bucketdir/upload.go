package bucketdir

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path"
	"syscall"

	"encore.dev/internal/bucket"
)

// Upload is an object being written.
type Upload struct {
	bucket      *Bucket
	ctx         context.Context
	name        string
	contentType string
	mustBeNew   bool
	file        *os.File
	tmp         string
	hash        hash.Hash
	size        int64
	err         error // why the upload is over
}

var errFinished = errors.New("the upload is finished")

// Create starts the upload of an object, which replaces the one of that name unless mustBeNew; then Commit fails
// with ErrExists. The upload fails once ctx has ended.
func (b *Bucket) Create(ctx context.Context, name, contentType string, mustBeNew bool) (*Upload, error) {
	if err := bucket.CheckName(name); err != nil {
		return nil, err
	}
	u := &Upload{
		bucket: b, ctx: ctx, name: name, contentType: contentType, mustBeNew: mustBeNew,
		tmp: "tmp/" + rand.Text(), hash: sha256.New(),
	}
	if mustBeNew {
		// Spares writing what cannot be kept; Commit decides.
		if _, err := b.root.Lstat("objects/" + name); err == nil {
			return nil, bucket.ErrExists
		}
	}
	var err error
	if u.file, err = b.root.OpenFile(u.tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return nil, err
	}
	return u, nil
}

// Write adds to the object.
func (u *Upload) Write(p []byte) (int, error) {
	if u.err == nil && u.ctx.Err() != nil {
		u.Abort(context.Cause(u.ctx))
	}
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.file.Write(p)
	u.hash.Write(p[:n])
	u.size += int64(n)
	if err != nil {
		u.Abort(err)
	}
	return n, err
}

// Abort drops the upload; the reason is what Write and Commit return from then on.
func (u *Upload) Abort(reason error) {
	if u.err != nil {
		return
	}
	u.err = cmp.Or(reason, errors.New("the upload was aborted"))
	// What remains is removed as stale later on.
	_ = u.file.Close()
	_ = u.bucket.root.Remove(u.tmp)
}

// Commit makes the object visible, once its content has reached the disk.
func (u *Upload) Commit() (bucket.Attrs, error) {
	if u.err == nil && u.ctx.Err() != nil {
		u.Abort(context.Cause(u.ctx))
	}
	if u.err != nil {
		return bucket.Attrs{}, u.err
	}
	attrs, err := u.commit()
	if err != nil {
		u.Abort(err)
		return bucket.Attrs{}, err
	}
	u.err = errFinished
	return attrs, nil
}

func (u *Upload) commit() (bucket.Attrs, error) {
	root := u.bucket.root
	if err := u.file.Sync(); err != nil {
		return bucket.Attrs{}, err
	}
	info, err := u.file.Stat()
	if err != nil {
		return bucket.Attrs{}, err
	}
	if err := u.file.Close(); err != nil {
		return bucket.Attrs{}, err
	}
	side := sidecar{
		ContentType: u.contentType, ETag: hex.EncodeToString(u.hash.Sum(nil)[:16]),
		Size: u.size, ModTime: info.ModTime().UnixNano(),
	}
	data, err := json.Marshal(side)
	if err != nil {
		return bucket.Attrs{}, err
	}
	sideTmp := u.tmp + ".attrs"
	if err := writeSync(root, sideTmp, data); err != nil {
		return bucket.Attrs{}, err
	}
	defer root.Remove(sideTmp) // gone after the rename
	// Attributes without their object, such as a file put there by hand does not allow, would stand in the way later.
	if err := u.bucket.checkKind(u.name); err != nil {
		return bucket.Attrs{}, err
	}
	if err := u.bucket.locked(true, func() error { return u.placeBoth(sideTmp) }); err != nil {
		return bucket.Attrs{}, err
	}
	// Last, so that the lock is not held for long.
	for _, tree := range []string{"attrs/", "objects/"} {
		if err := u.bucket.syncDir(path.Dir(tree + u.name)); err != nil {
			return bucket.Attrs{}, err
		}
	}
	return bucket.Attrs{Name: u.name, Size: u.size, ContentType: u.contentType, ETag: side.ETag, Modified: info.ModTime()}, nil
}

// placeBoth moves the content and its attributes to their names. The caller holds the lock.
func (u *Upload) placeBoth(sideTmp string) error {
	root := u.bucket.root
	placeAttrs := func() error {
		return u.bucket.place(u.name, "attrs/", func(target string) error { return root.Rename(sideTmp, target) })
	}
	if u.mustBeNew {
		// A link, unlike a rename, does not replace. Only the winner may write the attributes, so they come second.
		if err := u.bucket.place(u.name, "objects/", func(target string) error { return root.Link(u.tmp, target) }); err != nil {
			return err
		}
		defer root.Remove(u.tmp)
		return placeAttrs()
	}
	if err := placeAttrs(); err != nil {
		return err
	}
	return u.bucket.place(u.name, "objects/", func(target string) error { return root.Rename(u.tmp, target) })
}

// checkKind fails when the name of an object is that of a folder, or one of its folders is an object.
func (b *Bucket) checkKind(name string) error {
	if err := b.makeFolder(path.Dir("objects/" + name)); err != nil {
		return conflict(err, name)
	}
	if info, err := b.root.Lstat("objects/" + name); err == nil && info.IsDir() {
		return conflict(syscall.EISDIR, name)
	}
	return nil
}

// patience is how often to go on when Remove takes away a folder that is needed.
const patience = 100

func (b *Bucket) makeFolder(dir string) error {
	for attempt := 1; ; attempt++ {
		err := b.root.MkdirAll(dir, 0o755)
		if err == nil || attempt == patience || b.fileOnTheWay(dir) {
			return err
		}
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// fileOnTheWay reports whether a part of a folder's path is something else than a folder.
func (b *Bucket) fileOnTheWay(dir string) bool {
	for ; dir != "."; dir = path.Dir(dir) {
		if info, err := b.root.Lstat(dir); err == nil && !info.IsDir() {
			return true
		}
	}
	return false
}

// place moves a finished file to its name, making the folders it needs.
func (b *Bucket) place(name, tree string, move func(target string) error) error {
	target := tree + name
	for attempt := 1; ; attempt++ {
		if err := b.makeFolder(path.Dir(target)); err != nil {
			return conflict(err, name)
		}
		err := move(target)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, fs.ErrNotExist) && attempt < patience:
			// The folder was empty and Remove took it away just now.
		case errors.Is(err, fs.ErrExist) && tree == "objects/":
			return bucket.ErrExists
		default:
			return conflict(err, name)
		}
	}
}

// conflict explains the failures that come from a file standing where a folder is needed, or the reverse.
func conflict(err error, name string) error {
	if isKindConflict(err) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %q would be both an object and the folder of one", bucket.ErrInvalidName, name)
	}
	return err
}

func (b *Bucket) syncDir(dir string) error {
	file, err := b.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the object was removed meanwhile
	}
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func writeSync(root *os.Root, name string, data []byte) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Sync(), file.Close())
}

// Probe tells whether uploads can be written: not when the disk is full, read-only or gone.
func (b *Bucket) Probe() error {
	name := "tmp/probe-" + rand.Text()
	err := b.root.WriteFile(name, make([]byte, 64<<10), 0o600)
	if removeErr := b.root.Remove(name); err == nil {
		err = removeErr
	}
	return err
}
