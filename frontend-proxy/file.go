package frontendproxy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

const (
	// forever is for files whose name changes with their content.
	forever = "public, max-age=31536000, immutable"
	// revalidate lets the browser keep a file, but ask each time; the answer is short when nothing changed.
	revalidate = "no-cache"
)

// file is a file of the web app, held in memory. nginx compresses it on its way; that is also why the tag is one that nginx
// can weaken, which those of statigz, without quotes, are not.
type file struct {
	contentType string
	content     []byte
	tag         string
}

// readFiles reads all files of the build by their path.
func readFiles(dist fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		files[name] = &file{contentType(name), content, tagOf(content)}
		return err
	})
	if err != nil {
		return nil, err
	}
	return files, nil
}

// contentType knows the types of the web by itself: images have no list of types.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	case ".ico":
		return "image/x-icon"
	case ".map":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream")
}

// cacheControl: Vite puts what carries a hash in its name into assets/.
func cacheControl(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return forever
	}
	return revalidate
}

// tagOf names a content.
func tagOf(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// serviceWorker is what keeps the app on devices, the page with its headers. Where policyMark stands in it, it says which policy the
// page has: with another one it is another service worker, and the page is fetched anew.
const (
	serviceWorker = "service-worker.js"
	policyMark    = "__POLICY__"
)

// withPolicy is the service worker for a page with a policy.
func (f *file) withPolicy(policy string) *file {
	content := bytes.ReplaceAll(f.content, []byte(policyMark), []byte(strings.Trim(tagOf([]byte(policy)), `"`)))
	return &file{f.contentType, content, tagOf(content)}
}

func (f *file) serve(w http.ResponseWriter, req *http.Request, caching string) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", caching)
	header.Set("ETag", f.tag)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(f.content))
}
