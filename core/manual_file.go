package core

import (
	"context"
	"errors"
	"fmt"
	"io"

	"encore.dev/storage/objects"
)

var manualBucket = objects.NewBucket("manuals", objects.BucketConfig{})

// manualFiles keeps the files of manuals.
type manualFiles interface {
	// write stores a file completely or not at all. Writing it again replaces it.
	write(ctx context.Context, name string, content io.Reader) error
	// read fails when there is no such file. Close what it returns.
	read(ctx context.Context, name string) (io.ReadCloser, error)
	// remove removes a file if it is there.
	remove(ctx context.Context, name string) error
}

// bucketManuals keeps files in the bucket.
type bucketManuals struct{}

func (bucketManuals) write(ctx context.Context, name string, content io.Reader) error {
	file := manualBucket.Upload(ctx, name, objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "application/pdf"}))
	if _, err := io.Copy(file, content); err != nil {
		file.Abort(err)
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (bucketManuals) read(ctx context.Context, name string) (io.ReadCloser, error) {
	file := manualBucket.Download(ctx, name)
	if err := file.Err(); err != nil {
		return nil, errors.Join(fmt.Errorf("read %s: %w", name, err), file.Close())
	}
	return file, nil
}

func (bucketManuals) remove(ctx context.Context, name string) error {
	if err := manualBucket.Remove(ctx, name); err != nil && !errors.Is(err, objects.ErrObjectNotFound) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}
