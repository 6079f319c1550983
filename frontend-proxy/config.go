package frontendproxy

import (
	"encoding/json"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// config is what the web app must know before it starts.
type config struct {
	// APIBase is put before the paths of the API: empty when it is on the same origin, else `//<host>:<port>`.
	APIBase string `json:"api_base"`
	// TimeZone is where days begin and end (rule 11), by its IANA name.
	TimeZone string `json:"time_zone"`
}

// Config tells the web app where the API is: on its own origin, or on another port of the host under which the web app
// was opened; and in which time zone days begin and end. One build serves every installation.
//
//encore:api public raw method=GET path=/config.json
func (s *Service) Config(w http.ResponseWriter, req *http.Request) {
	body, err := json.Marshal(config{APIBase: s.apiBase(req.Host), TimeZone: s.timeZone.String()})
	if err != nil {
		panic(err) // a struct of strings
	}
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body)
}

func (s *Service) apiBase(host string) string {
	name := hostname(host)
	if s.backendPort == "" || name == "" {
		return ""
	}
	return "//" + name + ":" + s.backendPort
}

// hosts are names, addresses and addresses in brackets. A client may send anything as Host; what is not one of these
// must not get into a header or a document.
var hosts = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// hostname returns host without its port, and empty when it is not a host.
func hostname(host string) string {
	if !hosts.MatchString(host) {
		return ""
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		if strings.Contains(name, ":") {
			return "[" + name + "]"
		}
		return name
	}
	return host
}
