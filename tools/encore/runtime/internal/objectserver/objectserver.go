// Package objectserver is how the HTTP server reaches the buckets of the application without depending on them.
package objectserver

import "net/http"

// Prefix is the path below which the server mounts Handler.
const Prefix = "/__encore/objects/"

// Handler serves /<bucket>/<object>, Prefix being stripped but for its last slash: public objects, and signed
// downloads and uploads. It is nil in an application without buckets.
var Handler http.Handler
