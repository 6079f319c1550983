// Package s3bucket keeps the objects of a bucket in S3 or a store that speaks its protocol.
//
// An object goes up as it is written: a small one in one request, a larger one in parts (multipart upload), of which
// one at a time is in memory. Nothing of it is visible before Upload.Commit succeeds. An upload that a crash
// interrupts leaves its parts; a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) removes them.
package s3bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/url"
	"os"
	"strings"
	"time"

	"encore.dev/internal/bucket"
	"encore.dev/internal/runconfig"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// untyped is the content type that S3 gives to objects uploaded without one.
const untyped = "binary/octet-stream"

// Bucket is a bucket. It is safe for concurrent use.
type Bucket struct {
	core minio.Core
	name string
}

// Open returns the bucket that the store knows as name. It does not connect yet. Without an endpoint in cfg the store
// is AWS; a store of one's own is addressed with the bucket in the path. Without keys in cfg they are those of the
// AWS_* environment variables, of the AWS credentials file, or of the role of the instance, container or pod.
func Open(cfg runconfig.ObjectStorage, name string) (*Bucket, error) {
	region := cmp.Or(cfg.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	opts := &minio.Options{Secure: true, BucketLookup: minio.BucketLookupPath, MaxRetries: 5}
	var host string
	if cfg.Endpoint == "" {
		if region == "" {
			return nil, errors.New("object_storage of type \"s3\" needs a region, or an endpoint")
		}
		host, opts.BucketLookup = "s3."+region+".amazonaws.com", minio.BucketLookupAuto
	} else {
		var err error
		if host, opts.Secure, err = parseEndpoint(cfg.Endpoint); err != nil {
			return nil, err
		}
	}
	// A known region spares a request that asks for it.
	opts.Region = cmp.Or(region, "us-east-1")
	switch {
	case cfg.AccessKeyID != "" && cfg.SecretAccessKey != "":
		opts.Creds = credentials.NewStaticV4(cfg.AccessKeyID, cfg.SecretAccessKey, "")
	case cfg.AccessKeyID != "" || cfg.SecretAccessKey != "":
		return nil, errors.New("object_storage of type \"s3\" needs both access_key_id and secret_access_key, or neither")
	default:
		opts.Creds = credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{Region: region},
		})
	}
	core, err := minio.NewCore(host, opts)
	if err != nil {
		return nil, err
	}
	return &Bucket{core: *core, name: name}, nil
}

func parseEndpoint(text string) (host string, secure bool, err error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	endpoint, err := url.Parse(text)
	if err != nil {
		return "", false, fmt.Errorf("endpoint: %w", err)
	}
	if endpoint.Scheme != "https" && endpoint.Scheme != "http" || endpoint.Host == "" || endpoint.User != nil ||
		strings.Trim(endpoint.Path, "/") != "" || endpoint.RawQuery != "" {
		return "", false, fmt.Errorf("endpoint %q: must be like https://s3.example.org, without a path", endpoint.Redacted())
	}
	return endpoint.Host, endpoint.Scheme == "https", nil
}

// URL is the address of the bucket in the store, the parent of its objects.
func (b *Bucket) URL() *url.URL {
	endpoint := b.core.EndpointURL()
	if strings.HasSuffix(endpoint.Host, ".amazonaws.com") && !strings.Contains(b.name, ".") {
		endpoint.Host = b.name + "." + endpoint.Host
		return endpoint
	}
	return endpoint.JoinPath(b.name)
}

// Open is bucket.Store.Open. It has the object's content fetched while it is read.
func (b *Bucket) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := bucket.CheckName(name); err != nil {
		return nil, err
	}
	content, _, _, err := b.core.GetObject(ctx, b.name, name, minio.GetObjectOptions{})
	if err != nil {
		return nil, translate(err)
	}
	return content, nil
}

// Stat is bucket.Store.Stat.
func (b *Bucket) Stat(ctx context.Context, name string) (bucket.Attrs, error) {
	if err := bucket.CheckName(name); err != nil {
		return bucket.Attrs{}, err
	}
	info, err := b.core.StatObject(ctx, b.name, name, minio.StatObjectOptions{})
	if err != nil {
		return bucket.Attrs{}, translate(err)
	}
	attrs := attrsOf(info)
	attrs.Name = name
	if attrs.ContentType == "" || attrs.ContentType == untyped {
		attrs.ContentType = bucket.ContentType(name)
	}
	return attrs, nil
}

func attrsOf(info minio.ObjectInfo) bucket.Attrs {
	return bucket.Attrs{
		Name: info.Key, Size: info.Size, ContentType: info.ContentType,
		ETag: strings.Trim(info.ETag, `"`), Modified: info.LastModified,
	}
}

// Remove is bucket.Store.Remove. S3 does not tell whether it removed something, so this looks first; of two removals
// at the same time both may succeed.
func (b *Bucket) Remove(ctx context.Context, name string) error {
	if _, err := b.Stat(ctx, name); err != nil {
		return err
	}
	return translate(b.core.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{}))
}

// pageSize is how many objects S3 lists at most in one answer.
const pageSize = 1000

// List is bucket.Store.List. Keys in the bucket that are no valid names, such as the "folders" that consoles make,
// are left out.
func (b *Bucket) List(ctx context.Context, prefix string, limit int64) iter.Seq2[bucket.Attrs, error] {
	return func(yield func(bucket.Attrs, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		opts := minio.ListObjectsOptions{Prefix: prefix, Recursive: true, MaxKeys: pageSize}
		if limit > 0 {
			opts.MaxKeys = int(min(limit, pageSize))
		}
		var count int64
		for info := range b.core.ListObjectsIter(ctx, b.name, opts) {
			if info.Err != nil {
				yield(bucket.Attrs{}, translate(info.Err))
				return
			}
			if bucket.CheckName(info.Key) != nil {
				continue
			}
			if count++; !yield(attrsOf(info), nil) || count == limit {
				return
			}
		}
	}
}

// SignedURL is bucket.Store.SignedURL. S3 counts in seconds: a shorter time becomes one second.
func (b *Bucket) SignedURL(ctx context.Context, method, name string, ttl time.Duration) (string, error) {
	if err := bucket.CheckName(name); err != nil {
		return "", err
	}
	signed, err := b.core.Presign(ctx, method, b.name, name, max(ttl, time.Second), nil)
	if err != nil {
		return "", translate(err)
	}
	return signed.String(), nil
}

// translate makes an answer of the store one of the errors that callers tell apart.
func translate(err error) error {
	if err == nil {
		return nil
	}
	switch minio.ToErrorResponse(err).Code {
	case minio.NoSuchKey:
		return bucket.ErrNotFound
	case minio.PreconditionFailed:
		return bucket.ErrExists
	}
	return err
}
