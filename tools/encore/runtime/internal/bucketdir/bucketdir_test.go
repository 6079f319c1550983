//go:build !encore_app

package bucketdir_test

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/internal/bucket"
	"encore.dev/internal/bucketdir"
	"github.com/stretchr/testify/require"
)

func open(t *testing.T, folder string) *bucketdir.Bucket {
	t.Helper()
	bucket, err := bucketdir.Open(folder)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	return bucket
}

func put(t *testing.T, bucket *bucketdir.Bucket, name, content, contentType string) bucket.Attrs {
	t.Helper()
	upload, err := bucket.Create(t.Context(), name, contentType, false)
	require.NoError(t, err)
	_, err = io.WriteString(upload, content)
	require.NoError(t, err)
	attrs, err := upload.Commit()
	require.NoError(t, err)
	return attrs
}

func TestReadersNeverSeeAMixture(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writer, reader := open(t, folder), open(t, folder)
	contents := []string{strings.Repeat("a", 10_000), strings.Repeat("b", 20_000)}
	types := []string{"text/a", "text/b"}
	first := put(t, writer, "x/y", contents[0], types[0])

	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 1; ; i++ {
			select {
			case <-stop:
				return
			default:
				put(t, writer, "x/y", contents[i%2], types[i%2])
			}
		}
	})
	for range 200 {
		object, err := reader.Open("x/y")
		require.NoError(t, err)
		data, err := io.ReadAll(object)
		require.NoError(t, err)
		require.NoError(t, object.Close())
		which := 0
		if data[0] == 'b' {
			which = 1
		}
		require.Equal(t, contents[which], string(data))
		require.Equal(t, types[which], object.Attrs.ContentType)
		require.Equal(t, which == 0, object.Attrs.ETag == first.ETag)
	}
	close(stop)
	writing.Wait()
}

func TestUploadsAndRemovalsInOneFolderDoNotDisturbEachOther(t *testing.T) {
	t.Parallel()
	bucket := open(t, t.TempDir())
	var work sync.WaitGroup
	for _, name := range []string{"d/e/1", "d/e/2", "d/e/3"} {
		work.Go(func() {
			for range 50 {
				put(t, bucket, name, "x", "")
				if err := bucket.Remove(name); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	for range bucket.List("") {
		require.FailNow(t, "an object is left")
	}
}

func TestUploadsLeftByACrashAreRemovedLater(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	bucket := open(t, folder)
	old, err := bucket.Create(t.Context(), "old", "", false)
	require.NoError(t, err)
	defer old.Abort(nil)
	left, err := filepath.Glob(filepath.Join(folder, "tmp", "*"))
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.NoError(t, os.Chtimes(left[0], time.Time{}, time.Now().Add(-48*time.Hour)))
	fresh, err := bucket.Create(t.Context(), "fresh", "", false)
	require.NoError(t, err)

	open(t, folder)
	require.NoFileExists(t, left[0])
	_, err = fresh.Commit()
	require.NoError(t, err, "an upload that is going on is not touched")
}

func TestProcessesShareTheSigningKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	signatures := make([]string, 4)
	expiry := time.Now().Add(time.Hour)
	var opening sync.WaitGroup
	for i := range signatures {
		opening.Go(func() {
			bucket, err := bucketdir.Open(folder)
			if err != nil {
				t.Error(err)
				return
			}
			signatures[i] = bucket.Sign("GET", "x", expiry)
			if err := bucket.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	for _, signature := range signatures {
		require.Equal(t, signatures[0], signature)
	}
	info, err := os.Stat(filepath.Join(folder, "signing.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NotEqual(t, signatures[0], open(t, t.TempDir()).Sign("GET", "x", expiry))
}
