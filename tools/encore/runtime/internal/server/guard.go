package server

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"encore.dev/beta/errs"
)

// On a developer's machine the program answers more than it does elsewhere: private endpoints, cron jobs. A page of
// another site that the developer's browser shows must not get at them, neither by a name of its own that leads to this
// machine (DNS rebinding) nor by sending requests here.

var (
	errForeignHost = &errs.Error{Code: errs.PermissionDenied, Message: "During development the application answers to localhost, " +
		"to addresses and to names without a dot; start it with --allow-host NAME for another name."}
	errForeignOrigin = &errs.Error{Code: errs.PermissionDenied, Message: "Pages of other sites may not use this."}
)

// knownHost reports whether a request for this host cannot have been brought here by another site's name.
func knownHost(host string, allowed []string) bool {
	name := hostname(host)
	if name == "" || !strings.Contains(name, ".") || net.ParseIP(name) != nil || strings.HasSuffix(name, ".localhost") {
		return true
	}
	for _, own := range allowed {
		if strings.EqualFold(name, own) {
			return true
		}
	}
	return false
}

// hostname returns host without port and brackets, in lower case.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// ownOrigin reports whether origin is that of a page of this machine, or of the host that the request is for; the port
// does not count.
func ownOrigin(origin, host string) bool {
	from, err := url.Parse(origin)
	if err != nil || from.Hostname() == "" {
		return false
	}
	name := strings.ToLower(from.Hostname())
	return name == hostname(host) || isLoopback(name)
}

func isLoopback(name string) bool {
	address := net.ParseIP(name)
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || address != nil && address.IsLoopback()
}

// foreign reports whether a page of another site caused the request.
func foreign(r *http.Request) bool {
	if origin := r.Header.Get("Origin"); origin != "" {
		return !ownOrigin(origin, r.Host)
	}
	return r.Header.Get("Sec-Fetch-Site") == "cross-site"
}
