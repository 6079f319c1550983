package frontendproxy

import (
	"net/http"
	"strconv"
	"strings"
)

// encodings are what the build compresses its texts with, the smallest first, by what HTTP calls them.
var encodings = []struct{ name, extension string }{{"br", ".br"}, {"gzip", ".gz"}}

// accepted returns the encoding of these in which a client would have an answer, by its Accept-Encoding: the first of those
// that it likes best. It is empty when the client wants none of them.
func accepted(header http.Header, offered func(name string) bool) string {
	wanted := map[string]float64{}
	for _, list := range header.Values("Accept-Encoding") {
		for entry := range strings.SplitSeq(list, ",") {
			name, parameter, weighed := strings.Cut(entry, ";")
			weight := 1.0
			if weighed {
				value, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(parameter)), "q=")
				parsed, err := strconv.ParseFloat(value, 64)
				if !ok || err != nil || parsed < 0 || parsed > 1 {
					continue // no weight: as if it did not stand there
				}
				weight = parsed
			}
			wanted[strings.ToLower(strings.TrimSpace(name))] = weight
		}
	}
	best, highest := "", 0.0
	for _, encoding := range encodings {
		weight, named := wanted[encoding.name]
		if !named {
			weight = wanted["*"]
		}
		if weight > highest && offered(encoding.name) {
			best, highest = encoding.name, weight
		}
	}
	// Whoever likes it uncompressed better says so.
	if weight, named := wanted["identity"]; named && weight > highest {
		return ""
	}
	return best
}
