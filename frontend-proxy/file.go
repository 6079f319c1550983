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
	"slices"
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

// encodings are the ways in which a file may be compressed beside itself, best first: name in HTTP, and file extension.
var encodings = []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}}

// file is a file of the web app, held in memory with its compressed forms.
type file struct {
	contentType string
	forms       []form // the last one is the file itself
}

type form struct {
	encoding string // empty for the file itself
	content  []byte
	tag      string
}

// readFiles reads all files of the build by their path.
func readFiles(dist fs.FS) (map[string]*file, error) {
	content := map[string][]byte{}
	err := fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content[name], err = fs.ReadFile(dist, name)
		return err
	})
	if err != nil {
		return nil, err
	}
	files := map[string]*file{}
	for name := range content {
		if original, ok := compressedForm(name); ok && content[original] != nil {
			continue
		}
		f := &file{contentType: contentType(name)}
		for _, e := range encodings {
			if compressed, ok := content[name+e.extension]; ok {
				f.forms = append(f.forms, form{encoding: e.name, content: compressed, tag: tag(compressed)})
			}
		}
		f.forms = append(f.forms, form{content: content[name], tag: tag(content[name])})
		files[name] = f
	}
	return files, nil
}

// compressedForm returns the file of which name would be a compressed form.
func compressedForm(name string) (original string, ok bool) {
	for _, e := range encodings {
		if original, ok := strings.CutSuffix(name, e.extension); ok {
			return original, true
		}
	}
	return "", false
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

// serve answers with the best form that the client accepts.
func (f *file) serve(w http.ResponseWriter, req *http.Request, caching string) {
	best := f.forms[slices.IndexFunc(f.forms, func(form form) bool {
		return form.encoding == "" || accepts(req.Header, form.encoding)
	})]
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", caching)
	header.Set("ETag", best.tag)
	if len(f.forms) > 1 {
		header.Add("Vary", "Accept-Encoding")
	}
	if best.encoding != "" {
		header.Set("Content-Encoding", best.encoding)
		// ServeContent leaves the length out of encoded answers.
		header.Set("Content-Length", strconv.Itoa(len(best.content)))
		req = withoutRange(req)
	}
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(best.content))
}

// withoutRange: a range would be one of the compressed bytes, which is what nobody means.
func withoutRange(req *http.Request) *http.Request {
	if req.Header.Get("Range") == "" {
		return req
	}
	whole := req.Clone(req.Context())
	whole.Header.Del("Range")
	return whole
}

// accepts reads Accept-Encoding as browsers write it: names, perhaps with a weight, of which only 0 means no.
func accepts(header http.Header, encoding string) bool {
	for offer := range strings.SplitSeq(header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(offer), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, weighted := strings.CutPrefix(strings.TrimSpace(weight), "q=")
		value, err := strconv.ParseFloat(q, 64)
		return !weighted || err == nil && value > 0
	}
	return false
}

func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
