package objects

import "time"

// The options of each operation.
type (
	// UploadOption is an option of Bucket.Upload: WithPreconditions, WithUploadAttrs.
	UploadOption any
	// DownloadOption is an option of Bucket.Download: WithVersion.
	DownloadOption interface{ download() }
	// ListOption is an option of Bucket.List. There is none yet.
	ListOption interface{ list() }
	// RemoveOption is an option of Bucket.Remove: WithVersion.
	RemoveOption interface{ remove() }
	// AttrsOption is an option of Bucket.Attrs: WithVersion.
	AttrsOption interface{ attrs() }
	// ExistsOption is an option of Bucket.Exists: WithVersion.
	ExistsOption interface{ exists() }
	// UploadURLOption is an option of Bucket.SignedUploadURL: WithTTL.
	UploadURLOption interface{ applyUploadURL(*urlOptions) }
	// DownloadURLOption is an option of Bucket.SignedDownloadURL: WithTTL, WithVersion.
	DownloadURLOption interface{ applyDownloadURL(*urlOptions) }
	// PublicURLOption is an option of Bucket.PublicURL. There is none yet.
	PublicURLOption interface{ publicURL() }
)

type urlOptions struct {
	ttl     *time.Duration
	version string
}

// WithVersion chooses a version of the object. No store keeps versions yet: the operation fails with
// ErrInvalidArgument.
func WithVersion(version string) withVersionOption { return withVersionOption{version} }

type withVersionOption struct{ version string }

func (withVersionOption) download()                         {}
func (withVersionOption) remove()                           {}
func (withVersionOption) attrs()                            {}
func (withVersionOption) exists()                           {}
func (o withVersionOption) applyDownloadURL(to *urlOptions) { to.version = o.version }

// WithTTL sets how long a signed URL is valid.
func WithTTL(TTL time.Duration) withTTLOption { return withTTLOption{TTL} }

type withTTLOption struct{ ttl time.Duration }

func (o withTTLOption) applyUploadURL(to *urlOptions)   { to.ttl = &o.ttl }
func (o withTTLOption) applyDownloadURL(to *urlOptions) { to.ttl = &o.ttl }

// Preconditions are what must be so for an upload to succeed.
type Preconditions struct {
	// NotExists: there is no object of that name.
	NotExists bool
}

// WithPreconditions makes an upload fail with ErrPreconditionFailed unless the preconditions hold.
func WithPreconditions(pre Preconditions) withPreconditionsOption {
	return withPreconditionsOption{pre}
}

type withPreconditionsOption struct{ pre Preconditions }

// UploadAttrs are attributes to give to an object.
type UploadAttrs struct {
	// ContentType is the media type; by default it follows from the extension of the name.
	ContentType string
}

// WithUploadAttrs gives the uploaded object its attributes.
func WithUploadAttrs(attrs UploadAttrs) withUploadAttrsOption { return withUploadAttrsOption{attrs} }

type withUploadAttrsOption struct{ attrs UploadAttrs }
