package docs

import "net/http"

// ExplorerOf returns what answers for a file of the explorer.
func ExplorerOf(file string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) { serveExplorer(w, req, file) }
}
