//go:build !encore_app

package objects_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"encore.dev/storage/objects"
	"github.com/stretchr/testify/require"
)

func TestAnS3UploadThatIsDroppedLeavesNoParts(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 17<<20)
	reason := errors.New("changed my mind")

	aborted := s3Pictures.Upload(t.Context(), "dropped/abort")
	_, err := io.WriteString(aborted, large)
	require.NoError(t, err)
	require.Equal(t, 1, unfinished(t, "dropped/abort"), "the parts are in the store")
	aborted.Abort(reason)
	require.ErrorIs(t, aborted.Close(), reason)

	ctx, cancel := context.WithCancel(t.Context())
	cancelled := s3Pictures.Upload(ctx, "dropped/cancel")
	_, err = io.WriteString(cancelled, large)
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, cancelled.Close(), context.Canceled)

	late := s3Pictures.Upload(t.Context(), "dropped/late", objects.WithPreconditions(objects.Preconditions{NotExists: true}))
	_, err = io.WriteString(late, large)
	require.NoError(t, err)
	upload(t, s3Pictures, "dropped/late", "first")
	require.ErrorIs(t, late.Close(), objects.ErrPreconditionFailed)

	for _, name := range []string{"abort", "cancel", "late"} {
		require.Zero(t, unfinished(t, "dropped/"+name), name)
	}
	require.Equal(t, []string{"dropped/late"}, list(t, s3Pictures, &objects.Query{Prefix: "dropped/"}))
}

// unfinished counts the multipart uploads of an object.
func unfinished(t *testing.T, name string) int {
	t.Helper()
	result, err := s3.Client.ListMultipartUploads(t.Context(), "s3-pictures", name, "", "", "", 10)
	require.NoError(t, err)
	return len(result.Uploads)
}

func TestALongS3ListHasPages(t *testing.T) {
	t.Parallel()
	const count = 1100 // a page has 1000
	var names []string
	for i := range count {
		names = append(names, fmt.Sprintf("pages/%04d", i))
	}
	var uploads sync.WaitGroup
	for chunk := range 10 {
		uploads.Go(func() {
			for i := chunk; i < count; i += 10 {
				if err := s3Pictures.Upload(t.Context(), names[i]).Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	uploads.Wait()
	require.Equal(t, names, list(t, s3Pictures, &objects.Query{Prefix: "pages/"}))
	require.Equal(t, names[:1050], list(t, s3Pictures, &objects.Query{Prefix: "pages/", Limit: 1050}))
}

func TestThePublicURLOfAnS3Object(t *testing.T) {
	t.Parallel()
	require.Equal(t, s3.Storage.Endpoint+"/s3-pictures/a%20b%3Fc.txt", s3Pictures.PublicURL("a b?c.txt").String())
	cdn := objects.NewBucket("s3-cdn", objects.BucketConfig{Public: true})
	require.Equal(t, "https://cdn.example.org/a/p/x.txt", cdn.PublicURL("x.txt").String())
	get(t, server.URL+"/__encore/objects/s3-pictures/x", nil, http.StatusNotFound)
}

func TestAnS3StoreThatRefuses(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"s3-foreign":  "signature",
		"s3-nowhere":  "bucket does not exist",
		"s3-noregion": "needs a region, or an endpoint",
		"elsewhere":   `object_storage of type "gcs" is not supported`,
	} {
		bucket := objects.NewBucket(name, objects.BucketConfig{})
		w := bucket.Upload(t.Context(), "x")
		_, err := w.Write([]byte("x"))
		err = errors.Join(err, w.Close())
		require.ErrorContains(t, err, message, name)
		require.NotErrorIs(t, err, objects.ErrObjectNotFound)
		require.NotErrorIs(t, err, objects.ErrPreconditionFailed)
	}
}
