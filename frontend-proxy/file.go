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
	"strconv"
	"strings"
	"time"
)

const (
	// forever is for files whose name changes with their content.
	forever = "public, max-age=31536000, immutable"
	// revalidate lets the browser keep a file, but ask each time; the answer is short when nothing changed.
	revalidate = "no-cache"
)

// file is a file of the web app, held in memory, with what the build has compressed of it. The tags are ones that nginx can
// weaken, which compresses what the build has not; those of statigz, without quotes, are not.
type file struct {
	contentType string
	plain       representation
	// compressed are the other representations, by the name of their encoding.
	compressed map[string]representation
}

// representation is what a file is sent as. Each has a tag of its own.
type representation struct {
	content []byte
	tag     string
}

func representationOf(content []byte) representation { return representation{content, tagOf(content)} }

// readFiles reads all files of the build by their path. What is compressed of a file belongs to it, and has no address.
func readFiles(dist fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(dist, name)
		files[name] = &file{
			contentType: contentType(name), plain: representationOf(content), compressed: map[string]representation{},
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for name, compressed := range files {
		for _, encoding := range encodings {
			whole := files[strings.TrimSuffix(name, encoding.extension)]
			if whole != nil && whole != compressed {
				whole.compressed[encoding.name] = compressed.plain
				delete(files, name)
			}
		}
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
	content := bytes.ReplaceAll(f.plain.content, []byte(policyMark), []byte(strings.Trim(tagOf([]byte(policy)), `"`)))
	// What the build has compressed of it knows no policy.
	return &file{contentType: f.contentType, plain: representationOf(content)}
}

func (f *file) serve(w http.ResponseWriter, req *http.Request, caching string) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", caching)
	sent := f.plain
	if len(f.compressed) > 0 {
		// What lies in between keeps each apart, the plain one too.
		header.Add("Vary", "Accept-Encoding")
		encoding := accepted(req.Header, func(name string) bool { return f.compressed[name].content != nil })
		if encoding != "" {
			sent = f.compressed[encoding]
			header.Set("Content-Encoding", encoding)
			// ServeContent leaves that out where something may compress after it.
			header.Set("Content-Length", strconv.Itoa(len(sent.content)))
		}
	}
	header.Set("ETag", sent.tag)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(sent.content))
}
