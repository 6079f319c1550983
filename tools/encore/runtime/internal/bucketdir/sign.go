package bucketdir

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"encore.dev/internal/bucket"
)

// The query parameters of a signed URL.
const (
	expiresParam   = "expires"
	signatureParam = "signature"
)

// Sign returns the query of a URL that allows one method (GET, or PUT to upload) on one object until expiry. Whoever
// has the URL may use it, any number of times.
func (b *Bucket) Sign(method, name string, expiry time.Time) string {
	expires := strconv.FormatInt(expiry.Unix(), 10)
	return url.Values{expiresParam: {expires}, signatureParam: {b.signature(method, name, expires)}}.Encode()
}

// SetKey makes the bucket sign with a key derived from secret instead of the one in its folder. It is called before
// the first Sign or ServeObject.
func (b *Bucket) SetKey(secret string) error {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "signed URLs of objects", sha256.Size)
	if err != nil {
		return err
	}
	b.key = key
	return nil
}

func (b *Bucket) signature(method, name, expires string) string {
	mac := hmac.New(sha256.New, b.key)
	// No part holds a line break, so different requests never make the same text.
	fmt.Fprintf(mac, "%s\n%s\n%s", method, expires, name)
	return hex.EncodeToString(mac.Sum(nil))
}

func (b *Bucket) verify(method, name string, query url.Values, now time.Time) error {
	expires := query.Get(expiresParam)
	want := b.signature(method, name, expires)
	if !hmac.Equal([]byte(want), []byte(query.Get(signatureParam))) {
		return errors.New("the signature is not valid for this request")
	}
	seconds, err := strconv.ParseInt(expires, 10, 64)
	if err != nil || now.Unix() >= seconds {
		return errors.New("the URL has expired")
	}
	return nil
}

// ServeObject answers a request for an object: GET and HEAD, with ranges and conditions, download it; PUT uploads it
// with the request's Content-Type. Downloads need no signature when the bucket is public; everything else does.
// The error, which the client is not told, is one that the operator should see.
func (b *Bucket) ServeObject(w http.ResponseWriter, req *http.Request, name string, public bool) error {
	method := req.Method
	switch method {
	case http.MethodGet, http.MethodPut:
	case http.MethodHead:
		method = http.MethodGet
	default:
		w.Header().Set("Allow", "GET, HEAD, PUT")
		http.Error(w, "this method is not allowed on objects", http.StatusMethodNotAllowed)
		return nil
	}
	if method != http.MethodGet || !public {
		if err := b.verify(method, name, req.URL.Query(), time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return nil
		}
	}
	var err error
	if method == http.MethodPut {
		err = b.receive(w, req, name)
	} else {
		err = b.send(w, req, name, public)
	}
	switch {
	case err == nil:
	case errors.Is(err, bucket.ErrNotFound):
		http.Error(w, bucket.ErrNotFound.Error(), http.StatusNotFound)
	case errors.Is(err, bucket.ErrInvalidName):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case req.Context().Err() != nil:
		// The client went away.
	default:
		http.Error(w, "the object store failed", http.StatusInternalServerError)
		return fmt.Errorf("%s object %q: %w", req.Method, name, err)
	}
	return nil
}

func (b *Bucket) send(w http.ResponseWriter, req *http.Request, name string, public bool) error {
	object, err := b.Open(name)
	if err != nil {
		return err
	}
	defer object.Close()
	header := w.Header()
	header.Set("Content-Type", object.Attrs.ContentType)
	header.Set("ETag", `"`+object.Attrs.ETag+`"`)
	// The content comes from users: it is never to be run as a page of the application.
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	if !public {
		header.Set("Cache-Control", "private")
	}
	http.ServeContent(w, req, "", object.Attrs.Modified, object)
	return nil
}

func (b *Bucket) receive(w http.ResponseWriter, req *http.Request, name string) error {
	contentType := req.Header.Get("Content-Type")
	if strings.ContainsAny(contentType, "\r\n") {
		contentType = ""
	}
	upload, err := b.Create(req.Context(), name, contentType, false)
	if err != nil {
		return err
	}
	if _, err := io.Copy(upload, req.Body); err != nil {
		upload.Abort(err)
		return err
	}
	attrs, err := upload.Commit()
	if err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+attrs.ETag+`"`)
	w.WriteHeader(http.StatusOK)
	return nil
}
