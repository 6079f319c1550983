package objects

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"reflect"
)

// BucketPerms is what a reference to a bucket allows: one of the interfaces below or a combination of them.
type BucketPerms any

// ReadWriter allows everything but public URLs.
type ReadWriter interface {
	Uploader
	SignedUploader
	Downloader
	SignedDownloader
	Remover
	Lister
	Attrser
}

// Uploader allows uploads.
type Uploader interface {
	// Upload is Bucket.Upload.
	Upload(ctx context.Context, object string, options ...UploadOption) *Writer
}

// SignedUploader allows making URLs for uploads.
type SignedUploader interface {
	// SignedUploadURL is Bucket.SignedUploadURL.
	SignedUploadURL(ctx context.Context, object string, options ...UploadURLOption) (*SignedUploadURL, error)
}

// Downloader allows downloads.
type Downloader interface {
	// Download is Bucket.Download.
	Download(ctx context.Context, object string, options ...DownloadOption) *Reader
}

// SignedDownloader allows making URLs for downloads.
type SignedDownloader interface {
	// SignedDownloadURL is Bucket.SignedDownloadURL.
	SignedDownloadURL(ctx context.Context, object string, options ...DownloadURLOption) (*SignedDownloadURL, error)
}

// Lister allows listing objects.
type Lister interface {
	// List is Bucket.List.
	List(ctx context.Context, query *Query, options ...ListOption) iter.Seq2[*ListEntry, error]
}

// Remover allows removing objects.
type Remover interface {
	// Remove is Bucket.Remove.
	Remove(ctx context.Context, object string, options ...RemoveOption) error
}

// Attrser allows reading the attributes of objects.
type Attrser interface {
	// Attrs is Bucket.Attrs.
	Attrs(ctx context.Context, object string, options ...AttrsOption) (*ObjectAttrs, error)

	// Exists is Bucket.Exists.
	Exists(ctx context.Context, object string, options ...ExistsOption) (bool, error)
}

// PublicURLer allows making public URLs.
type PublicURLer interface {
	// PublicURL is Bucket.PublicURL.
	PublicURL(object string, options ...PublicURLOption) *url.URL
}

// BucketRef returns the bucket as one of the permission interfaces, for code outside services. It panics when P is
// not an interface that buckets implement.
func BucketRef[P BucketPerms](bucket *Bucket) P {
	ref, ok := any(bucket).(P)
	if !ok {
		panic(fmt.Sprintf("objects: BucketRef of %v: a bucket does not implement it", reflect.TypeFor[P]()))
	}
	return ref
}
