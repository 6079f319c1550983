package core

import (
	"context"
	"errors"
	"fmt"
	"io"

	"encore.dev/storage/objects"
)

// pictureFiles keeps the files of pictures.
type pictureFiles interface {
	// write stores a file completely or not at all. Writing it again replaces it.
	write(ctx context.Context, name string, content []byte) error
	read(ctx context.Context, name string) ([]byte, error)
	// remove removes a file if it is there.
	remove(ctx context.Context, name string) error
}

// bucketFiles keeps files in the bucket.
type bucketFiles struct{}

func (bucketFiles) write(ctx context.Context, name string, content []byte) error {
	file := pictures.Upload(ctx, name, objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "image/jpeg"}))
	if _, err := file.Write(content); err != nil {
		file.Abort(err)
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (bucketFiles) read(ctx context.Context, name string) ([]byte, error) {
	file := pictures.Download(ctx, name)
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return content, nil
}

func (bucketFiles) remove(ctx context.Context, name string) error {
	if err := pictures.Remove(ctx, name); err != nil && !errors.Is(err, objects.ErrObjectNotFound) {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}
