package docs

import "net/http"

// ServeDocument answers with the document. It stands for the endpoint, which only requests from outside may reach.
var ServeDocument = serveDocument

// ExplorerOf returns what answers for a file of the explorer.
func ExplorerOf(file string) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) { serveExplorer(w, req, file) }
}
