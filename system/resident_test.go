//go:build !encore_app

package system

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// The residents' pages stand beside the web app, where the QR codes lead, and come from the backend.
func TestTheResidentsPagesAreBesideTheWebApp(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		missing := c.get(t, s.web("/b/00000000-0000-4000-8000-000000000000"), "Accept: text/html")
		require.Equal(t, http.StatusNotFound, missing.StatusCode)
		require.Equal(t, "text/html; charset=utf-8", missing.Header.Get("Content-Type"))
		require.Contains(t, string(missing.body), "bestaat niet")
		require.Contains(t, directives(t, missing)["style-src"], "'sha256-")
		require.Equal(t, "'self'", directives(t, missing)["form-action"])
		require.Equal(t, "same-origin", missing.Header.Get("Referrer-Policy"))
		require.Contains(t, missing.Header.Get("X-Robots-Tag"), "noindex")

		calendar := c.get(t, s.web("/calendars/nothing.ics"))
		require.Equal(t, http.StatusNotFound, calendar.StatusCode)
		refused, err := calendar.refusal()
		require.NoError(t, err)
		require.Equal(t, "not_found", refused.Code, "the backend answers, not the web app")
	})
}
