package s3bucket

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"encore.dev/internal/bucket"
	"github.com/minio/minio-go/v7"
)

const (
	// partSize is how much of an upload is in memory. S3 takes no parts below 5 MiB but the last.
	partSize = 8 << 20
	// maxParts is how many parts S3 takes, so that an object has at most 78 GiB.
	maxParts = 10_000
	// abortPatience is how long to try to remove the parts of an upload that is dropped.
	abortPatience = 30 * time.Second
)

var errFinished = errors.New("the upload is finished")

// upload is a bucket.Upload.
type upload struct {
	bucket *Bucket
	ctx    context.Context
	name   string
	opts   minio.PutObjectOptions
	buffer bytes.Buffer // what is not sent yet, at most a part
	id     string       // of the multipart upload; empty = none yet
	parts  []minio.CompletePart
	size   int64
	err    error // why the upload is over
}

// Create is bucket.Store.Create.
func (b *Bucket) Create(ctx context.Context, name, contentType string, mustBeNew bool) (bucket.Upload, error) {
	if err := bucket.CheckName(name); err != nil {
		return nil, err
	}
	u := &upload{bucket: b, ctx: ctx, name: name}
	u.opts.ContentType = cmp.Or(contentType, bucket.ContentType(name))
	if mustBeNew {
		// Spares sending what cannot be kept; Commit decides.
		switch _, err := b.Stat(ctx, name); {
		case err == nil:
			return nil, bucket.ErrExists
		case !errors.Is(err, bucket.ErrNotFound):
			return nil, err
		}
		u.opts.SetMatchETagExcept("*")
	}
	return u, nil
}

// Write sends a part whenever there is one and more is to follow.
func (u *upload) Write(p []byte) (int, error) {
	var written int
	for u.usable() && len(p) > 0 {
		if u.buffer.Len() == partSize {
			if err := u.sendPart(); err != nil {
				u.Abort(err)
				break
			}
		}
		n := min(len(p), partSize-u.buffer.Len())
		u.buffer.Write(p[:n])
		p, written = p[n:], written+n
	}
	return written, u.err
}

func (u *upload) usable() bool {
	if u.err == nil && u.ctx.Err() != nil {
		u.Abort(context.Cause(u.ctx))
	}
	return u.err == nil
}

func (u *upload) sendPart() error {
	core, bucketName := u.bucket.core, u.bucket.name
	if len(u.parts) == maxParts {
		return fmt.Errorf("the object is too large: it may have %d GiB", maxParts*partSize>>30)
	}
	if u.id == "" {
		// The precondition belongs to the request that makes the object.
		id, err := core.NewMultipartUpload(u.ctx, bucketName, u.name, minio.PutObjectOptions{ContentType: u.opts.ContentType})
		if err != nil {
			return translate(err)
		}
		u.id = id
	}
	part, err := core.PutObjectPart(u.ctx, bucketName, u.name, u.id, len(u.parts)+1, u.content(), int64(u.buffer.Len()),
		minio.PutObjectPartOptions{Sha256Hex: u.hash()})
	if err != nil {
		return translate(err)
	}
	u.parts = append(u.parts, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
	u.size += int64(u.buffer.Len())
	u.buffer.Reset()
	return nil
}

// content can be read again, should the request have to be repeated.
func (u *upload) content() io.Reader { return bytes.NewReader(u.buffer.Bytes()) }

// hash lets the store refuse content that was changed on the way.
func (u *upload) hash() string {
	sum := sha256.Sum256(u.buffer.Bytes())
	return hex.EncodeToString(sum[:])
}

// Abort is bucket.Upload.Abort. Parts that could not be removed are part of the error of Write and Commit.
func (u *upload) Abort(reason error) {
	if u.err != nil {
		return
	}
	u.err = cmp.Or(reason, errors.New("the upload was aborted"))
	u.buffer = bytes.Buffer{}
	if u.id == "" {
		return
	}
	// Not bound to the context of the upload, whose end may be the reason.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(u.ctx), abortPatience)
	defer cancel()
	if err := u.bucket.core.AbortMultipartUpload(ctx, u.bucket.name, u.name, u.id); err != nil {
		u.err = errors.Join(u.err, fmt.Errorf("remove the parts of the upload: %w", err))
	}
}

// Commit is bucket.Upload.Commit.
func (u *upload) Commit() (bucket.Attrs, error) {
	if !u.usable() {
		return bucket.Attrs{}, u.err
	}
	info, err := u.commit()
	if err != nil {
		u.Abort(translate(err))
		return bucket.Attrs{}, u.err
	}
	u.err = errFinished
	u.buffer = bytes.Buffer{}
	return bucket.Attrs{Name: u.name, Size: u.size, ContentType: u.opts.ContentType, ETag: info.ETag, Modified: info.LastModified}, nil
}

func (u *upload) commit() (minio.UploadInfo, error) {
	core, bucketName := u.bucket.core, u.bucket.name
	if u.id == "" {
		u.size = int64(u.buffer.Len())
		return core.PutObject(u.ctx, bucketName, u.name, u.content(), u.size, "", u.hash(), u.opts)
	}
	if err := u.sendPart(); err != nil {
		return minio.UploadInfo{}, err
	}
	return core.CompleteMultipartUpload(u.ctx, bucketName, u.name, u.id, u.parts, u.opts)
}
