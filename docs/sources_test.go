package docs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheExplorerMayReachTheAPI(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ host, port, want string }{
		"on the web app's port": {"trottoir.example", "2002", " http://trottoir.example:2002 https://trottoir.example:2002"},
		"on another port":       {"localhost:8080", "12002", " http://localhost:12002 https://localhost:12002"},
		"by IPv6":               {"[2001:db8::1]:443", "2002", " http://[2001:db8::1]:2002 https://[2001:db8::1]:2002"},
		"on the same origin":    {"trottoir.example:4000", "", ""},
		"a forged host":         {"evil; script-src *", "2002", ""},
	} {
		require.Equal(t, c.want, apiSources(c.host, c.port), name)
	}
}
