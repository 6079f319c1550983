//go:build !encore_app

package bucketdir_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"encore.dev/internal/bucketdir"
	"github.com/stretchr/testify/require"
)

func TestBucketsWithTheSameKeyAcceptEachOthersLinks(t *testing.T) {
	t.Parallel()
	open := func(secret string) *bucketdir.Bucket {
		bucket, err := bucketdir.Open(t.TempDir())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, bucket.Close()) })
		if secret != "" {
			require.NoError(t, bucket.SetKey(secret))
		}
		return bucket
	}
	query := open("secret").Sign(http.MethodGet, "a", time.Now().Add(time.Hour))
	for secret, want := range map[string]int{"secret": http.StatusNotFound, "other": http.StatusForbidden, "": http.StatusForbidden} {
		w := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/a?"+query, nil)
		require.NoError(t, open(secret).ServeObject(w, req, "a", false))
		require.Equal(t, want, w.Code, "secret %q", secret)
	}
}
