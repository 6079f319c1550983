//go:build !encore_app

package objects_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"encore.dev/internal/lifecycle"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/s3test"
	"encore.dev/storage/objects"
	"github.com/minio/minio-go/v7"
	"github.com/stretchr/testify/require"
)

var (
	pictures = objects.NewBucket("pictures", objects.BucketConfig{Public: true})
	reports  = objects.NewBucket("reports", objects.BucketConfig{})
	archive  = objects.NewBucket("archive", objects.BucketConfig{})
	history  = objects.NewBucket("history", objects.BucketConfig{Versioned: true})
	late     = objects.NewBucket("late", objects.BucketConfig{})
	scratch  = objects.NewBucket("scratch", objects.BucketConfig{})

	s3Pictures = objects.NewBucket("s3-pictures", objects.BucketConfig{Public: true})
	s3Reports  = objects.NewBucket("s3-reports", objects.BucketConfig{})
	s3History  = objects.NewBucket("s3-history", objects.BucketConfig{Versioned: true})

	s3     *s3test.Server
	folder string
	server *httptest.Server
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "objects")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		folder = dir
		server = httptest.NewServer(lifecycle.Mounts()[0].Handler)
		defer server.Close()
		s3, err = s3test.Start("../../internal/s3test/versitygw.mod")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer s3.Stop()
		for _, name := range []string{"s3-pictures", "renamed"} {
			if err := s3.Client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
		inS3, foreign := s3.Storage, s3.Storage
		inS3.Buckets = map[string]runconfig.Bucket{
			"s3-pictures": {},
			"s3-reports":  {Name: "renamed", KeyPrefix: "all/"},
			"s3-history":  {},
			"s3-cdn":      {PublicBaseURL: "https://cdn.example.org/a", KeyPrefix: "p/"},
			"s3-nowhere":  {},
		}
		foreign.SecretAccessKey = "another"
		foreign.Buckets = map[string]runconfig.Bucket{"s3-foreign": {Name: "renamed"}}
		runconfig.SetForTest(&runconfig.Config{
			ObjectStorage: []runconfig.ObjectStorage{
				inS3, foreign,
				{Type: "directory", Path: dir, BaseURL: server.URL + "/__encore/objects", Buckets: map[string]runconfig.Bucket{
					"pictures": {},
					"reports":  {Name: "renamed", KeyPrefix: "all/"},
					"archive":  {PublicBaseURL: "https://cdn.example.org/a"},
					"history":  {},
					"late":     {},
				}},
				{Type: "s3", Buckets: map[string]runconfig.Bucket{"s3-noregion": {}}},
				{Type: "gcs", Buckets: map[string]runconfig.Bucket{"elsewhere": {}}},
			},
		})
		return m.Run()
	}())
}

func upload(t *testing.T, bucket *objects.Bucket, name, content string, options ...objects.UploadOption) {
	t.Helper()
	w := bucket.Upload(t.Context(), name, options...)
	_, err := io.WriteString(w, content)
	require.NoError(t, err)
	require.NoError(t, w.Close())
}

func download(t *testing.T, bucket *objects.Bucket, name string) string {
	t.Helper()
	r := bucket.Download(t.Context(), name)
	defer r.Close()
	require.NoError(t, r.Err())
	data, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(data)
}

func list(t *testing.T, bucket *objects.Bucket, query *objects.Query) []string {
	t.Helper()
	names := []string{}
	for entry, err := range bucket.List(t.Context(), query) {
		require.NoError(t, err)
		names = append(names, entry.Name)
	}
	return names
}

func TestAnObjectCannotBeAFolder(t *testing.T) {
	t.Parallel()
	upload(t, pictures, "kind/file", "x")
	w := pictures.Upload(t.Context(), "kind/file/inner")
	require.ErrorIs(t, w.Close(), objects.ErrInvalidArgument)
	w = pictures.Upload(t.Context(), "kind")
	require.ErrorIs(t, w.Close(), objects.ErrInvalidArgument)
	require.Equal(t, "x", download(t, pictures, "kind/file"))
}

func TestAFolderThatCouldNotBeOpenedIsTriedAgain(t *testing.T) {
	t.Parallel()
	inTheWay := filepath.Join(folder, "late")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	for range 2 {
		_, err := late.Exists(t.Context(), "a")
		require.ErrorContains(t, err, "not a directory")
	}
	require.NoError(t, os.Remove(inTheWay))
	upload(t, late, "a", "x")
	require.Equal(t, "x", download(t, late, "a"))
}

func TestASymbolicLinkDoesNotLeadOutOfTheBucket(t *testing.T) {
	t.Parallel()
	upload(t, archive, "inside", "x")
	outside := filepath.Join(folder, "outside")
	require.NoError(t, os.MkdirAll(outside, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret"), []byte("s"), 0o644))
	link := filepath.Join(folder, "archive", "objects", "link")
	require.NoError(t, os.Symlink(outside, link))
	t.Cleanup(func() { require.NoError(t, os.Remove(link)) })
	require.Error(t, archive.Download(t.Context(), "link/secret").Err())
	w := archive.Upload(t.Context(), "link/new")
	require.Error(t, w.Close())
	require.NoFileExists(t, filepath.Join(outside, "new"))
}

func TestAKeyPrefixIsInvisible(t *testing.T) {
	t.Parallel()
	upload(t, reports, "2026/q1.pdf", "q")
	require.FileExists(t, filepath.Join(folder, "renamed", "objects", "all", "2026", "q1.pdf"))
	require.Equal(t, []string{"2026/q1.pdf"}, list(t, reports, &objects.Query{Prefix: "2026/"}))
	attrs, err := reports.Attrs(t.Context(), "2026/q1.pdf")
	require.NoError(t, err)
	require.Equal(t, "2026/q1.pdf", attrs.Name)
	signed, err := reports.SignedDownloadURL(t.Context(), "2026/q1.pdf")
	require.NoError(t, err)
	require.Equal(t, "q", string(get(t, signed.URL, nil, http.StatusOK)))
}

func TestFilesPutThereByHandAreObjects(t *testing.T) {
	t.Parallel()
	upload(t, pictures, "hand/x.png", "uploaded", objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "image/webp"}))
	path := filepath.Join(folder, "pictures", "objects", "hand", "x.png")
	require.NoError(t, os.WriteFile(path, []byte("edited by hand"), 0o644))
	attrs, err := pictures.Attrs(t.Context(), "hand/x.png")
	require.NoError(t, err)
	require.Equal(t, "image/png", attrs.ContentType, "what the upload said no longer holds")
	require.Equal(t, int64(14), attrs.Size)
	require.Equal(t, "edited by hand", download(t, pictures, "hand/x.png"))
}

func request(t *testing.T, method, url string, header http.Header, body io.Reader) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	if header != nil {
		req.Header = header
	}
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func get(t *testing.T, url string, header http.Header, status int) []byte {
	t.Helper()
	response := request(t, "GET", url, header, nil)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, status, response.StatusCode, "%s", body)
	return body
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	upload(t, pictures, "public/a b?c#d%.txt", "0123456789", objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "text/html"}))
	url := pictures.PublicURL("public/a b?c#d%.txt").String()
	require.Equal(t, server.URL+"/__encore/objects/pictures/public/a%20b%3Fc%23d%25.txt", url)
	require.Equal(t, "0123456789", string(get(t, url, nil, http.StatusOK)))
	require.Equal(t, "234", string(get(t, url, http.Header{"Range": {"bytes=2-4"}}, http.StatusPartialContent)))

	response := request(t, "HEAD", url, nil, nil)
	require.Equal(t, "text/html", response.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
	require.Contains(t, response.Header.Get("Content-Security-Policy"), "sandbox", "uploaded pages must not act as the application")
	get(t, url, http.Header{"If-None-Match": {response.Header.Get("ETag")}}, http.StatusNotModified)

	require.Equal(t, http.StatusForbidden, request(t, "PUT", url, nil, strings.NewReader("x")).StatusCode)
	require.Equal(t, http.StatusMethodNotAllowed, request(t, "DELETE", url, nil, nil).StatusCode)
	get(t, server.URL+"/__encore/objects/pictures/public/none", nil, http.StatusNotFound)
	get(t, server.URL+"/__encore/objects/pictures/public/..%2F..%2Fsigning.key", nil, http.StatusBadRequest)
	get(t, server.URL+"/__encore/objects/nowhere/x", nil, http.StatusNotFound)
	require.Panics(t, func() { reports.PublicURL("x") })
}

func TestSignedURLs(t *testing.T) {
	t.Parallel()
	plain := server.URL + "/__encore/objects/reports/signed/r.txt"
	put, err := reports.SignedUploadURL(t.Context(), "signed/r.txt", objects.WithTTL(time.Minute))
	require.NoError(t, err)
	response := request(t, http.MethodPut, put.URL, http.Header{"Content-Type": {"text/csv"}}, strings.NewReader("a,b"))
	require.Equal(t, http.StatusOK, response.StatusCode)
	attrs, err := reports.Attrs(t.Context(), "signed/r.txt")
	require.NoError(t, err)
	require.Equal(t, "text/csv", attrs.ContentType)

	signed, err := reports.SignedDownloadURL(t.Context(), "signed/r.txt")
	require.NoError(t, err)
	require.Equal(t, "a,b", string(get(t, signed.URL, nil, http.StatusOK)))

	upload(t, reports, "signed/other.txt", "secret")
	for what, url := range map[string]string{
		"without a signature":         strings.Replace(plain, "/signed/", "/all/signed/", 1),
		"for an upload":               put.URL,
		"for another object":          strings.Replace(signed.URL, "r.txt", "other.txt", 1),
		"with another time of expiry": strings.Replace(signed.URL, "expires=1", "expires=2", 1),
	} {
		require.NotEqual(t, signed.URL, url)
		get(t, url, nil, http.StatusForbidden)
		require.NotEmpty(t, what)
	}
	require.Equal(t, http.StatusForbidden, request(t, "PUT", signed.URL, nil, strings.NewReader("x")).StatusCode)

	short, err := reports.SignedDownloadURL(t.Context(), "signed/r.txt", objects.WithTTL(time.Nanosecond))
	require.NoError(t, err)
	get(t, short.URL, nil, http.StatusForbidden)
	for _, ttl := range []time.Duration{0, -time.Second, 8 * 24 * time.Hour} {
		_, err = reports.SignedDownloadURL(t.Context(), "signed/r.txt", objects.WithTTL(ttl))
		require.ErrorIs(t, err, objects.ErrInvalidArgument)
	}
}

func TestAnUploadThatBreaksOffLeavesNothing(t *testing.T) {
	t.Parallel()
	put, err := reports.SignedUploadURL(t.Context(), "broken/off")
	require.NoError(t, err)
	body := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(errors.New("the client is gone")))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, put.URL, body)
	require.NoError(t, err)
	_, err = http.DefaultClient.Do(req)
	require.ErrorContains(t, err, "the client is gone")
	exists, err := reports.Exists(t.Context(), "broken/off")
	require.NoError(t, err)
	require.False(t, exists)
}

func TestAnUnconfiguredBucketIsTemporaryInTests(t *testing.T) {
	t.Parallel()
	upload(t, scratch, "x", "y")
	require.Equal(t, "y", download(t, scratch, "x"))
}

func TestReferences(t *testing.T) {
	t.Parallel()
	require.Same(t, pictures, objects.Named("pictures"))
	uploader := objects.BucketRef[objects.Uploader](pictures)
	require.NoError(t, uploader.Upload(t.Context(), "ref/x").Close())
	reader := objects.BucketRef[interface {
		objects.Downloader
		objects.PublicURLer
	}](pictures)
	require.NoError(t, reader.Download(t.Context(), "ref/x").Err())
	everything := objects.BucketRef[objects.ReadWriter](pictures)
	require.NoError(t, everything.Remove(t.Context(), "ref/x"))
}
