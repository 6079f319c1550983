package origin_test

import (
	"context"
	"net/http"
	"testing"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/middleware"
	"github.com/stretchr/testify/require"

	"encore.app/internal/origin"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header http.Header
		host   string
		ok     bool
	}{
		"a program":              {http.Header{}, "trottoir.example", true},
		"no headers":             {nil, "", true},
		"own page":               {http.Header{"Origin": {"https://trottoir.example"}}, "trottoir.example", true},
		"own page, other port":   {http.Header{"Origin": {"https://trottoir.example"}}, "trottoir.example:2002", true},
		"own page, other case":   {http.Header{"Origin": {"https://Trottoir.example"}}, "trottoir.EXAMPLE", true},
		"own page by IPv6":       {http.Header{"Origin": {"http://[2001:db8::1]:80"}}, "[2001:db8::1]:2002", true},
		"this machine":           {http.Header{"Origin": {"http://localhost:5173"}}, "127.0.0.1:4000", true},
		"another site":           {http.Header{"Origin": {"https://evil.example"}}, "trottoir.example", false},
		"a site below":           {http.Header{"Origin": {"https://evil.trottoir.example"}}, "trottoir.example", false},
		"a name that begins so":  {http.Header{"Origin": {"https://trottoir.example.evil.example"}}, "trottoir.example", false},
		"a site of this machine": {http.Header{"Origin": {"http://localhost"}}, "trottoir.example", false},
		"hidden":                 {http.Header{"Origin": {"null"}}, "trottoir.example", false},
		"garbage":                {http.Header{"Origin": {"://"}}, "trottoir.example", false},
		"the proxy knows the host": {http.Header{
			"Origin": {"https://trottoir.example"}, "X-Forwarded-Host": {"trottoir.example:2002"},
		}, "", true},
		"the proxy knows another host": {http.Header{
			"Origin": {"https://evil.example"}, "X-Forwarded-Host": {"trottoir.example"},
		}, "", false},
		"the browser says same origin": {http.Header{
			"Origin": {"https://trottoir.example"}, "Sec-Fetch-Site": {"same-origin"},
		}, "", true},
		"the browser says cross site": {http.Header{
			"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"},
		}, "trottoir.example", false},
		"the browser says cross site and no more": {http.Header{"Sec-Fetch-Site": {"cross-site"}}, "trottoir.example", false},
		"another site, host not known":            {http.Header{"Origin": {"https://evil.example"}}, "", false},
	} {
		err := origin.Check(c.header, c.host)
		if c.ok {
			require.NoError(t, err, name)
		} else {
			require.Equal(t, errs.PermissionDenied, errs.Code(err), name)
		}
	}
}

func TestOnlyChangesAreRefused(t *testing.T) {
	t.Parallel()
	foreign := http.Header{"Origin": {"https://evil.example"}}
	for method, refused := range map[string]bool{
		http.MethodGet: false, http.MethodHead: false, http.MethodOptions: false,
		http.MethodPost: true, http.MethodPut: true, http.MethodPatch: true, http.MethodDelete: true,
	} {
		reached := false
		request := middleware.NewRequest(context.Background(), &encore.Request{
			Type: encore.APICall, Method: method, Headers: foreign,
		})
		answer := origin.RefuseForeign(request, func(middleware.Request) middleware.Response {
			reached = true
			return middleware.Response{}
		})
		require.Equal(t, refused, answer.Err != nil, method)
		require.Equal(t, !refused, reached, method)
	}
}

func TestHostname(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"trottoir.example": "trottoir.example", "trottoir.example:4000": "trottoir.example", "127.0.0.1:1": "127.0.0.1",
		"[2001:db8::1]:443": "[2001:db8::1]", "[::1]": "[::1]", "": "", "evil; script-src *": "", "a b": "", "[::1": "", "x:y": "", "a,b": "",
	} {
		require.Equal(t, want, origin.Hostname(host), host)
	}
}
