// Package docs shows the HTTP API to the people who build on it: the OpenAPI document and an explorer, both made
// from the code and its comments.
package docs

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"sync"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	swagger "github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"

	"encore.app/internal/origin"
	"encore.app/internal/refusal"
	"encore.app/internal/settings"
)

var (
	//go:embed openapi.json
	document []byte
	//go:embed explorer
	explorerFiles embed.FS

	documentTag = tag(document)
	ownFiles    = explorerFolder()
	// pages are the explorer's own page and script; everything else it loads comes with the Swagger UI module.
	pages     = http.FileServerFS(ownFiles)
	swaggerUI = statigz.FileServer(swagger.FS, statigz.OnNotFound(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Del("Cache-Control")
		errs.HTTPError(w, refusal.NotFound("The explorer has no such file."))
	}))
)

// Document returns the OpenAPI 3.1 document of this API as JSON.
//
// It is made from the code by a command and kept with it; a check refuses code that it does not describe. It carries an
// ETag, so that a client that has it gets an empty answer.
//
// Responses:
//   - 200: the document
//   - 304: the client has it already
//
//encore:api public raw method=GET,HEAD path=/docs
func Document(w http.ResponseWriter, req *http.Request) { serveDocument(w, req) }

func serveDocument(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", documentTag)
	http.ServeContent(w, req, "openapi.json", time.Time{}, bytes.NewReader(document))
}

// Explorer serves the page on which one reads the documentation and tries the endpoints.
//
// The page loads nothing from other hosts. Sign in first: the explorer sends the session cookie along.
//
// Responses:
//   - 200: the page, or a file that belongs to it
//   - 304: the client has it already
//
//encore:api public raw method=GET,HEAD path=/docs/ui/*file
func Explorer(w http.ResponseWriter, req *http.Request) {
	serveExplorer(w, req, encore.CurrentRequest().PathParams.Get("file"))
}

func serveExplorer(w http.ResponseWriter, req *http.Request, file string) {
	if file == "openapi.json" { // beside the page, so that the page works below any prefix
		serveDocument(w, req)
		return
	}
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	// Swagger UI sets style attributes and shows its icons from data: addresses.
	header.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "+
		"img-src 'self' data:; connect-src 'self'"+apiSources(req.Host, backendPort())+"; "+
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	served := req.Clone(req.Context())
	served.URL.Path, served.URL.RawPath = "/"+file, ""
	if isOwn(file) {
		pages.ServeHTTP(w, served)
		return
	}
	header.Set("Cache-Control", "public, max-age=86400")
	swaggerUI.ServeHTTP(w, served)
}

// backendPort is read once; a mistake in the settings stops the services that load them at the start.
var backendPort = sync.OnceValue(func() string {
	set, err := settings.Load()
	if err != nil {
		return ""
	}
	return set.BackendPort
})

// apiSources returns where the explorer finds the API, as the end of a list of sources: on its own port of the host under
// which the page was opened, when nginx shows the page on the web app's port.
func apiSources(host, backendPort string) string {
	name := origin.Hostname(host)
	if name == "" || backendPort == "" {
		return ""
	}
	address := name + ":" + backendPort
	return " http://" + address + " https://" + address
}

// isOwn tells the explorer's own files (its folder stands for the page itself) from those of Swagger UI.
func isOwn(file string) bool {
	_, err := fs.Stat(ownFiles, cmp.Or(file, "."))
	return err == nil
}

func explorerFolder() fs.FS {
	folder, err := fs.Sub(explorerFiles, "explorer")
	if err != nil {
		panic(err) // the name is a constant
	}
	return folder
}

func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:8]) + `"`
}
