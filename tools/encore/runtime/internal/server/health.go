package server

import (
	"encoding/json"
	"net/http"
)

// Health is what the health endpoint tells.
type Health struct {
	AppSlug, EnvName, Revision, DeployID string
	// Checks returns the checks to report; it is called for each request.
	Checks func() []Check
}

// Check is the outcome of one health check.
type Check struct {
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	Error  string `json:"error,omitempty"`
}

type healthDetails struct {
	AppSlug            string   `json:"app_slug"`
	EnvName            string   `json:"env_name"`
	AppRevision        string   `json:"app_revision"`
	EncoreCompiler     string   `json:"encore_compiler"`
	DeployID           string   `json:"deploy_id"`
	Checks             []Check  `json:"checks"`
	EnabledExperiments []string `json:"enabled_experiments"`
}

func (s *Server) serveHealth(w http.ResponseWriter) {
	h := &s.cfg.Health
	document := struct {
		Code    string        `json:"code"`
		Message string        `json:"message"`
		Details healthDetails `json:"details"`
	}{
		"ok", "Your Encore app is up and running!",
		healthDetails{h.AppSlug, h.EnvName, h.Revision, "stock", h.DeployID, []Check{}, []string{}},
	}
	status := http.StatusOK
	if h.Checks != nil {
		document.Details.Checks = h.Checks()
	}
	for _, check := range document.Details.Checks {
		if !check.Passed {
			status = http.StatusInternalServerError
			document.Code, document.Message = "unhealthy", "Your Encore app is not healthy: "+check.Name+" failed"
			break
		}
	}
	body, err := json.Marshal(document)
	if err != nil {
		// Unreachable: it is strings and booleans.
		panic(err)
	}
	header := w.Header()
	header["Content-Type"], header["X-Content-Type-Options"] = contentTypeJSON, noSniff
	w.WriteHeader(status)
	// The client may be gone; there is nobody else to tell.
	_, _ = w.Write(append(body, '\n'))
}
