//go:build !encore_app

package objects_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"encore.dev/storage/objects"
	"github.com/stretchr/testify/require"
)

// stores are buckets of the same kinds in one type of store. The tests of this file hold for every type.
type stores struct{ pictures, reports, history *objects.Bucket }

// each runs a test on every type of store, in parallel.
func each(t *testing.T, test func(t *testing.T, kind stores)) {
	t.Helper()
	for name, kind := range map[string]stores{
		"directory": {pictures, reports, history},
		"s3":        {s3Pictures, s3Reports, s3History},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, kind)
		})
	}
}

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		upload(t, kind.pictures, "basic/cat.jpg", "meow")
		require.Equal(t, "meow", download(t, kind.pictures, "basic/cat.jpg"))
		attrs, err := kind.pictures.Attrs(t.Context(), "basic/cat.jpg")
		require.NoError(t, err)
		require.Equal(t, "basic/cat.jpg", attrs.Name)
		require.Equal(t, int64(4), attrs.Size)
		require.Equal(t, "image/jpeg", attrs.ContentType, "by the extension")
		require.NotEmpty(t, attrs.ETag)

		upload(t, kind.pictures, "basic/cat.jpg", "purr", objects.WithUploadAttrs(objects.UploadAttrs{ContentType: "audio/purr"}))
		require.Equal(t, "purr", download(t, kind.pictures, "basic/cat.jpg"), "replaced")
		again, err := kind.pictures.Attrs(t.Context(), "basic/cat.jpg")
		require.NoError(t, err)
		require.Equal(t, "audio/purr", again.ContentType)
		require.NotEqual(t, attrs.ETag, again.ETag)

		require.NoError(t, kind.pictures.Remove(t.Context(), "basic/cat.jpg"))
		exists, err := kind.pictures.Exists(t.Context(), "basic/cat.jpg")
		require.NoError(t, err)
		require.False(t, exists)
	})
}

func TestAMissingObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		for _, name := range []string{"missing", "missing/deep/down"} {
			r := kind.pictures.Download(t.Context(), name)
			require.ErrorIs(t, r.Err(), objects.ErrObjectNotFound)
			_, err := r.Read(make([]byte, 1))
			require.ErrorIs(t, err, objects.ErrObjectNotFound)
			require.NoError(t, r.Close())
			_, err = kind.pictures.Attrs(t.Context(), name)
			require.ErrorIs(t, err, objects.ErrObjectNotFound)
			require.ErrorIs(t, kind.pictures.Remove(t.Context(), name), objects.ErrObjectNotFound)
			exists, err := kind.pictures.Exists(t.Context(), name)
			require.NoError(t, err)
			require.False(t, exists)
		}
		// A folder of objects is not an object.
		upload(t, kind.pictures, "dir/inner", "x")
		exists, err := kind.pictures.Exists(t.Context(), "dir")
		require.NoError(t, err)
		require.False(t, exists)
		require.ErrorIs(t, kind.pictures.Download(t.Context(), "dir").Err(), objects.ErrObjectNotFound)
		require.ErrorIs(t, kind.pictures.Remove(t.Context(), "dir"), objects.ErrObjectNotFound)
		exists, err = kind.pictures.Exists(t.Context(), "dir/inner/deeper")
		require.NoError(t, err)
		require.False(t, exists)
	})
}

func TestAnObjectIsVisibleOnlyWhenItIsComplete(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		w := kind.pictures.Upload(t.Context(), "partial/a")
		_, err := io.WriteString(w, "half")
		require.NoError(t, err)
		exists, err := kind.pictures.Exists(t.Context(), "partial/a")
		require.NoError(t, err)
		require.False(t, exists)

		reason := errors.New("changed my mind")
		w.Abort(reason)
		_, err = io.WriteString(w, "more")
		require.ErrorIs(t, err, reason)
		require.ErrorIs(t, w.Close(), reason)

		ctx, cancel := context.WithCancel(t.Context())
		w = kind.pictures.Upload(ctx, "partial/a")
		_, err = io.WriteString(w, "half")
		require.NoError(t, err)
		cancel()
		require.ErrorIs(t, w.Close(), context.Canceled)
		exists, err = kind.pictures.Exists(t.Context(), "partial/a")
		require.NoError(t, err)
		require.False(t, exists)
		require.Empty(t, list(t, kind.pictures, &objects.Query{Prefix: "partial/"}))
	})
}

func TestNotExistsIsDecidedAtTheEnd(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		mustBeNew := objects.WithPreconditions(objects.Preconditions{NotExists: true})
		first := kind.pictures.Upload(t.Context(), "race/x", mustBeNew)
		second := kind.pictures.Upload(t.Context(), "race/x", mustBeNew)
		for _, w := range []*objects.Writer{first, second} {
			_, err := io.WriteString(w, "me")
			require.NoError(t, err)
		}
		require.NoError(t, second.Close())
		require.ErrorIs(t, first.Close(), objects.ErrPreconditionFailed)

		late := kind.pictures.Upload(t.Context(), "race/x", mustBeNew)
		require.ErrorIs(t, late.Close(), objects.ErrPreconditionFailed)
		require.Equal(t, "me", download(t, kind.pictures, "race/x"))
		require.NoError(t, kind.pictures.Remove(t.Context(), "race/x"))
	})
}

func TestListIsInByteOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		for _, name := range []string{"list/b", "list/a/2", "list/a/1", "list/a-b", "list/a.c", "list/é", "listing"} {
			upload(t, kind.pictures, name, name)
		}
		require.Equal(t, []string{"list/a-b", "list/a.c", "list/a/1", "list/a/2", "list/b", "list/é"},
			list(t, kind.pictures, &objects.Query{Prefix: "list/"}))
		require.Equal(t, []string{"list/a-b", "list/a.c", "list/a/1"}, list(t, kind.pictures, &objects.Query{Prefix: "list/a", Limit: 3}))
		require.Equal(t, []string{"list/a/1", "list/a/2"}, list(t, kind.pictures, &objects.Query{Prefix: "list/a/"}))
		require.Empty(t, list(t, kind.pictures, &objects.Query{Prefix: "list/zzz"}))
		require.Contains(t, list(t, kind.pictures, nil), "listing")

		for entry, err := range kind.pictures.List(t.Context(), &objects.Query{Prefix: "list/a/1"}) {
			require.NoError(t, err)
			attrs, err := kind.pictures.Attrs(t.Context(), "list/a/1")
			require.NoError(t, err)
			require.Equal(t, &objects.ListEntry{Name: "list/a/1", Size: 8, ETag: attrs.ETag}, entry)
		}
	})
}

func TestNamesThatAreNotPathsAreRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		for _, name := range []string{
			"", ".", "..", "../escape", "a/../../escape", "/absolute", "a//b", "a/", "a/./b", "a\x00b", "a\nb", `a\b`, "\xff",
			strings.Repeat("a", 256), strings.Repeat("a/", 600) + "a",
		} {
			w := kind.pictures.Upload(t.Context(), name)
			require.ErrorIs(t, w.Close(), objects.ErrInvalidArgument, "%q", name)
			require.ErrorIs(t, kind.pictures.Download(t.Context(), name).Err(), objects.ErrInvalidArgument, "%q", name)
			require.ErrorIs(t, kind.pictures.Remove(t.Context(), name), objects.ErrInvalidArgument, "%q", name)
			_, err := kind.pictures.Exists(t.Context(), name)
			require.ErrorIs(t, err, objects.ErrInvalidArgument, "%q", name)
			_, err = kind.pictures.SignedDownloadURL(t.Context(), name)
			require.ErrorIs(t, err, objects.ErrInvalidArgument, "%q", name)
		}
	})
}
func TestALargeObjectGoesUpInParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		piece := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
		w := kind.reports.Upload(t.Context(), "large/video", objects.WithPreconditions(objects.Preconditions{NotExists: true}))
		for range 20 {
			_, err := io.WriteString(w, piece)
			require.NoError(t, err)
		}
		exists, err := kind.reports.Exists(t.Context(), "large/video")
		require.NoError(t, err)
		require.False(t, exists)
		require.NoError(t, w.Close())
		require.Equal(t, sha256.Sum256([]byte(strings.Repeat(piece, 20))), sha256.Sum256([]byte(download(t, kind.reports, "large/video"))))
		attrs, err := kind.reports.Attrs(t.Context(), "large/video")
		require.NoError(t, err)
		require.Equal(t, int64(20<<20), attrs.Size)

		// One write of exactly the size of two parts.
		upload(t, kind.reports, "large/two", strings.Repeat(piece, 16))
		require.Len(t, download(t, kind.reports, "large/two"), 16<<20)
	})
}

func TestALargeObjectThatMustBeNewDoesNotReplace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		w := kind.reports.Upload(t.Context(), "large/new", objects.WithPreconditions(objects.Preconditions{NotExists: true}))
		_, err := io.WriteString(w, strings.Repeat("x", 9<<20))
		require.NoError(t, err)
		upload(t, kind.reports, "large/new", "first")
		require.ErrorIs(t, w.Close(), objects.ErrPreconditionFailed)
		require.Equal(t, "first", download(t, kind.reports, "large/new"))
	})
}

func TestAnEmptyObject(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		upload(t, kind.pictures, "empty/file.css", "")
		require.Empty(t, download(t, kind.pictures, "empty/file.css"))
		attrs, err := kind.pictures.Attrs(t.Context(), "empty/file.css")
		require.NoError(t, err)
		require.Zero(t, attrs.Size)
		require.Equal(t, "text/css; charset=utf-8", attrs.ContentType)
	})
}

func TestNamesWithUnusualCharacters(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		const name = "odd/a b?c#d%+&é.txt"
		upload(t, kind.pictures, name, "odd")
		require.Equal(t, "odd", download(t, kind.pictures, name))
		require.Equal(t, []string{name}, list(t, kind.pictures, &objects.Query{Prefix: "odd/"}))
		signed, err := kind.pictures.SignedDownloadURL(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, "odd", string(get(t, signed.URL, nil, http.StatusOK)))
		require.NoError(t, kind.pictures.Remove(t.Context(), name))
	})
}

func TestTheKeyPrefixIsNotPartOfNames(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		upload(t, kind.reports, "prefixed/q1.pdf", "q")
		require.Equal(t, []string{"prefixed/q1.pdf"}, list(t, kind.reports, &objects.Query{Prefix: "prefixed/"}))
		attrs, err := kind.reports.Attrs(t.Context(), "prefixed/q1.pdf")
		require.NoError(t, err)
		require.Equal(t, "prefixed/q1.pdf", attrs.Name)
		signed, err := kind.reports.SignedDownloadURL(t.Context(), "prefixed/q1.pdf")
		require.NoError(t, err)
		require.Contains(t, signed.URL, "/all/prefixed/q1.pdf?")
	})
}

func TestSignedURLsAllowWhatTheyAreFor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		put, err := kind.reports.SignedUploadURL(t.Context(), "sign/r.txt", objects.WithTTL(time.Minute))
		require.NoError(t, err)
		response := request(t, http.MethodPut, put.URL, http.Header{"Content-Type": {"text/csv"}}, strings.NewReader("a,b"))
		require.Equal(t, http.StatusOK, response.StatusCode)
		attrs, err := kind.reports.Attrs(t.Context(), "sign/r.txt")
		require.NoError(t, err)
		require.Equal(t, "text/csv", attrs.ContentType)
		request(t, http.MethodPut, put.URL, nil, strings.NewReader("a,b"))
		attrs, err = kind.reports.Attrs(t.Context(), "sign/r.txt")
		require.NoError(t, err)
		require.Equal(t, "text/plain; charset=utf-8", attrs.ContentType, "by the extension when none is sent")

		signed, err := kind.reports.SignedDownloadURL(t.Context(), "sign/r.txt")
		require.NoError(t, err)
		require.Equal(t, "a,b", string(get(t, signed.URL, nil, http.StatusOK)))
		require.Equal(t, "b", string(get(t, signed.URL, http.Header{"Range": {"bytes=2-2"}}, http.StatusPartialContent)))

		upload(t, kind.reports, "sign/other.txt", "secret")
		plain, _, _ := strings.Cut(signed.URL, "?")
		get(t, plain, nil, http.StatusForbidden)
		get(t, put.URL, nil, http.StatusForbidden)
		get(t, strings.Replace(signed.URL, "r.txt", "other.txt", 1), nil, http.StatusForbidden)
		require.Equal(t, http.StatusForbidden, request(t, "PUT", signed.URL, nil, strings.NewReader("x")).StatusCode)
		for _, ttl := range []time.Duration{0, -time.Second, 8 * 24 * time.Hour} {
			_, err = kind.reports.SignedDownloadURL(t.Context(), "sign/r.txt", objects.WithTTL(ttl))
			require.ErrorIs(t, err, objects.ErrInvalidArgument)
		}
		_, err = kind.reports.SignedDownloadURL(t.Context(), "sign/r.txt", objects.WithTTL(time.Nanosecond))
		require.NoError(t, err)
	})
}

func TestWhatNoStoreCanDoIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, kind stores) {
		require.ErrorIs(t, kind.history.Upload(t.Context(), "x").Close(), objects.ErrInvalidArgument)
		require.ErrorContains(t, kind.history.Download(t.Context(), "x").Err(), "keeps no versions")
		require.ErrorIs(t, kind.pictures.Download(t.Context(), "x", objects.WithVersion("1")).Err(), objects.ErrInvalidArgument)
		require.ErrorIs(t, kind.pictures.Remove(t.Context(), "x", objects.WithVersion("1")), objects.ErrInvalidArgument)
		_, err := kind.pictures.SignedDownloadURL(t.Context(), "x", objects.WithVersion("1"))
		require.ErrorIs(t, err, objects.ErrInvalidArgument)
		require.ErrorIs(t, kind.pictures.Upload(t.Context(), "x", "not an option").Close(), objects.ErrInvalidArgument)
		require.Panics(t, func() { kind.reports.PublicURL("x") })
	})
}
