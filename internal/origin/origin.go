// Package origin protects people whose browser holds a session cookie: a page of another site cannot make it change
// anything here.
//
// It is not http.CrossOriginProtection. That one takes another port for another origin (Sec-Fetch-Site: same-site, and
// Origin against Host with its port), but behind nginx the web app and its API have different ports; its list of trusted
// origins does not know ports that operators choose. It also needs the request's Host, which typed endpoints do not
// learn, and wraps an http.Handler, which an application does not see of its endpoints.
package origin

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	encore "encore.dev"
	"encore.dev/middleware"

	"encore.app/internal/refusal"
)

// RefuseForeign refuses requests that change something and were started by a page of another host
// (permission_denied), whatever endpoint they go to. Encore leaves it out in tests.
//
//encore:middleware global target=all
func RefuseForeign(req middleware.Request, next middleware.Next) middleware.Response {
	data := req.Data()
	if data.Type == encore.APICall && Changes(data.Method) {
		if err := Check(data.Headers, ""); err != nil {
			return middleware.Response{Err: err}
		}
	}
	return next(req)
}

// Changes reports whether a method may change something; GET, HEAD and OPTIONS never do.
func Changes(method string) bool {
	return !slices.Contains([]string{"", http.MethodGet, http.MethodHead, http.MethodOptions}, method)
}

// Check returns permission_denied when a browser says that a page of another host started the request. The port does
// not count: behind nginx the web app and its API have different ones.
//
// header are the headers of the request, nil for a call between services, and host is its Host, empty when not known:
// typed endpoints do not learn it. Then the host is what the proxy in front names, or the address of the application.
// A program that sends no Origin is let through, for it carries nobody's cookie by accident.
func Check(header http.Header, host string) error {
	origin, site := header.Get("Origin"), header.Get("Sec-Fetch-Site")
	if origin == "" && site != "cross-site" {
		return nil
	}
	// The browser's own judgment, which covers every host that the application answers to. Pages cannot set it.
	if site == "same-origin" || site == "none" {
		return nil
	}
	if from, err := url.Parse(origin); err == nil && from.Hostname() != "" {
		for _, own := range ownHosts(header, host) {
			if sameHost(from.Hostname(), own) {
				return nil
			}
		}
	}
	return refusal.Forbidden(refusal.ForeignOrigin, "Requests from pages of other sites are refused.")
}

// ownHosts returns the names under which the application was addressed. A page of another site cannot choose them: for
// X-Forwarded-Host it would need permission by CORS.
func ownHosts(header http.Header, host string) []string {
	for _, name := range []string{host, header.Get("Host"), header.Get("X-Forwarded-Host")} {
		if name != "" {
			return []string{strings.Trim(Hostname(name), "[]")}
		}
	}
	return []string{encore.Meta().APIBaseURL.Hostname()}
}

// sameHost compares host names; the names of this machine are one.
func sameHost(a, b string) bool {
	return strings.EqualFold(a, b) || isLoopback(a) && isLoopback(b)
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || address != nil && address.IsLoopback()
}
