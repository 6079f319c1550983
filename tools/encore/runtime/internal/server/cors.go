package server

import (
	"fmt"
	"net/http"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"encore.dev/internal/logs"
)

// CORS says which web pages of other origins may use the application. Origins are exact or have "*" for a part of the
// host or port, as in "https://*.example.com".
type CORS struct {
	Debug                          bool
	AllowLocal                     bool // origins of this machine, also with credentials
	AllowHeaders                   []string
	ExposeHeaders                  []string
	AllowOriginsWithoutCredentials []string // nil = all
	AllowOriginsWithCredentials    []string
}

type cors struct {
	debug               bool
	local, allAnonym    bool
	anonymous, personal origins
	headers             map[string]bool // canonical
	allHeaders          bool
	expose              []string
	methods             map[string]bool
}

// origins is a set of origins.
type origins struct {
	exact    map[string]bool
	patterns []*regexp.Regexp
}

func newOrigins(list []string) (origins, error) {
	set := origins{exact: map[string]bool{}}
	for _, origin := range list {
		if !strings.Contains(origin, "*") {
			set.exact[strings.ToLower(strings.TrimSuffix(origin, "/"))] = true
			continue
		}
		pattern := strings.ReplaceAll(regexp.QuoteMeta(strings.ToLower(origin)), `\*`, `[^/]*`)
		if origin == "*" {
			pattern = ".*"
		}
		compiled, err := regexp.Compile("^" + pattern + "$")
		if err != nil {
			return origins{}, fmt.Errorf("CORS origin %q: %w", origin, err)
		}
		set.patterns = append(set.patterns, compiled)
	}
	return set, nil
}

func (o *origins) contains(origin string) bool {
	origin = strings.ToLower(origin)
	return o.exact[origin] || slices.ContainsFunc(o.patterns, func(p *regexp.Regexp) bool { return p.MatchString(origin) })
}

func newCORS(cfg CORS, requestHeaders, responseHeaders []string) (*cors, error) {
	c := &cors{
		debug: cfg.Debug, local: cfg.AllowLocal, allAnonym: cfg.AllowOriginsWithoutCredentials == nil,
		headers: map[string]bool{}, methods: map[string]bool{},
	}
	var err error
	if c.anonymous, err = newOrigins(cfg.AllowOriginsWithoutCredentials); err != nil {
		return nil, err
	}
	if c.personal, err = newOrigins(cfg.AllowOriginsWithCredentials); err != nil {
		return nil, err
	}
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"} {
		c.methods[method] = true
	}
	allowed := []string{"Authorization", "Content-Type", "User-Agent", "X-Request-ID", "X-Correlation-ID"}
	for _, name := range slices.Concat(allowed, cfg.AllowHeaders, requestHeaders) {
		c.allHeaders = c.allHeaders || name == "*"
		c.headers[textproto.CanonicalMIMEHeaderKey(name)] = true
	}
	var exposed []string
	for _, name := range slices.Concat([]string{"X-Request-ID", "X-Correlation-ID", "X-Encore-Trace-ID"}, cfg.ExposeHeaders, responseHeaders) {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if !slices.Contains(exposed, name) {
			exposed = append(exposed, name)
		}
	}
	c.expose = slices.Clip([]string{strings.Join(exposed, ", ")})
	return c, nil
}

var (
	varyPreflight = slices.Clip([]string{
		"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers", "Access-Control-Request-Private-Network",
	})
	valueTrue = slices.Clip([]string{"true"})
)

// handle adds the CORS headers to the response. It reports whether the request was a preflight, which is then answered.
func (c *cors) handle(w http.ResponseWriter, r *http.Request) (answered bool) {
	method := r.Header["Access-Control-Request-Method"]
	preflight := r.Method == http.MethodOptions && len(method) > 0 && method[0] != ""
	origin := r.Header["Origin"]
	header := w.Header()
	if preflight {
		header["Vary"] = varyPreflight
		if refused := c.preflight(header, r, method[0]); refused != "" && c.debug {
			logs.Start(logs.Debug, nil).Str("origin", r.Header.Get("Origin")).Str("reason", refused).Send("CORS preflight refused")
		}
		w.WriteHeader(http.StatusNoContent)
		return true
	}
	if len(origin) == 0 || origin[0] == "" {
		return false
	}
	personal := len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0 ||
		r.TLS != nil && len(r.TLS.PeerCertificates) > 0
	if !c.allows(origin[0], r.Host, personal) {
		if c.debug {
			logs.Start(logs.Debug, nil).Str("origin", origin[0]).Send("CORS origin refused")
		}
		return false
	}
	header["Access-Control-Allow-Origin"] = origin[:1:1]
	header["Access-Control-Allow-Credentials"] = valueTrue
	header["Access-Control-Expose-Headers"] = c.expose
	return false
}

// preflight adds the headers that allow the request which is asked for, or returns why it is refused.
func (c *cors) preflight(header http.Header, r *http.Request, method string) (refused string) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return "no origin"
	}
	var requested []string
	personal := len(r.Header["Cookie"]) > 0 || len(r.Header["Authorization"]) > 0
	for name := range strings.SplitSeq(strings.Join(r.Header["Access-Control-Request-Headers"], ","), ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		personal = personal || name == "authorization" || name == "cookie"
		requested = append(requested, textproto.CanonicalMIMEHeaderKey(name))
	}
	switch {
	case !c.allows(origin, r.Host, personal):
		return "origin"
	case !c.methods[method]:
		return "method " + method
	}
	for _, name := range requested {
		if !c.allHeaders && !c.headers[name] {
			return "header " + name
		}
	}
	header["Access-Control-Allow-Origin"] = []string{origin}
	header["Access-Control-Allow-Credentials"] = valueTrue
	header["Access-Control-Allow-Methods"] = []string{method}
	if len(requested) > 0 {
		header["Access-Control-Allow-Headers"] = []string{strings.Join(requested, ", ")}
	}
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" {
		header["Access-Control-Allow-Private-Network"] = valueTrue
	}
	return ""
}

func (c *cors) allows(origin, host string, personal bool) bool {
	switch {
	case c.local && ownOrigin(origin, host):
		return true
	case personal:
		return c.personal.contains(origin)
	}
	return c.allAnonym || c.anonymous.contains(origin)
}
