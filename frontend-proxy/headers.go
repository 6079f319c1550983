package frontendproxy

import (
	"net/http"
	"strings"

	"encore.app/internal/origin"
)

// secure sets what the browser must know about the page: that it loads and sends nothing from or to elsewhere, is shown
// in nobody's frame, and which of the phone's abilities it uses.
func (s *Service) secure(header http.Header, host string) {
	header.Set("Content-Security-Policy", s.policy(host))
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()")
}

func (s *Service) policy(host string) string {
	// Older browsers do not count the WebSocket of the same origin as 'self'.
	var sockets, api string
	if origin.Hostname(host) != "" {
		sockets = " ws://" + host + " wss://" + host
	}
	if base := strings.TrimPrefix(s.apiBase(host), "//"); base != "" {
		api = " http://" + base + " https://" + base
		sockets += " ws://" + base + " wss://" + base
	}
	// Maps: the style, and the tiles, letters and symbols that it names, come from one other place.
	var tiles string
	if s.mapStyle.Host != "" {
		tiles = " " + s.mapStyle.Scheme + "://" + s.mapStyle.Host
	}
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"font-src 'self'",
		// Photos: from the API, and those not sent yet from memory.
		"img-src 'self' blob: data:" + api + tiles,
		// Manuals.
		"frame-src 'self'" + api,
		"connect-src 'self'" + api + sockets + tiles,
		"manifest-src 'self'",
		"worker-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
	}, "; ")
}
