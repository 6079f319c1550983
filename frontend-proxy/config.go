package frontendproxy

import (
	"encoding/json"
	"net/http"

	"encore.app/internal/origin"
)

// config is what the web app must know before it starts.
type config struct {
	// APIBase is put before the paths of the API: empty when it is on the same origin, else `//<host>:<port>`.
	APIBase string `json:"api_base"`
	// TimeZone is where days begin and end (rule 11), by its IANA name.
	TimeZone string `json:"time_zone"`
	// MapStyleURL is where the ground of maps comes from: a style, or a .pmtiles file. Empty when there is none: maps then show
	// points on a plain ground.
	MapStyleURL string `json:"map_style_url"`
}

// Config tells the web app where the API is: on its own origin, or on another port of the host under which the web app
// was opened; in which time zone days begin and end; and where the ground of maps comes from. One build serves every installation.
//
//encore:api public raw method=GET,HEAD path=/config.json
func (s *Service) Config(w http.ResponseWriter, req *http.Request) {
	body, err := json.Marshal(config{APIBase: s.apiBase(req.Host), TimeZone: s.timeZone.String(), MapStyleURL: s.mapStyle.String()})
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
	name := origin.Hostname(host)
	if s.backendPort == "" || name == "" {
		return ""
	}
	return "//" + name + ":" + s.backendPort
}
