package server

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"encore.dev/internal/registry"
	"github.com/stretchr/testify/require"
)

func FuzzRouter(f *testing.F) {
	routes := new(router)
	for _, path := range []string{"/", "/runs", "/runs/:id", "/runs/:id/visits/:building/steps/:step", "/docs/ui/*file", "/a/:b/", "/!rest"} {
		e := &registry.Endpoint{Path: path, Methods: []string{http.MethodGet}}
		for segment := range strings.SplitSeq(path, "/") {
			if strings.HasPrefix(segment, "!") {
				e.Params = append(e.Params, registry.Param{Name: segment[1:], Kind: registry.Fallback})
			}
		}
		routes.add(e)
	}
	for _, seed := range []string{"/", "//", "/runs/%2F", "/runs/%", "/runs/1/", "/runs/%ff/visits/%00/steps/..", "/docs/ui/", "/a/%C3%A9", "", "runs"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if !strings.HasPrefix(path, "/") {
			return // the server has none
		}
		var v values
		e, redirect := routes.find(http.MethodGet, path, &v)
		if e == nil {
			if redirect != "" {
				again, twice := routes.find(http.MethodGet, redirect, &v)
				require.NotNil(t, again, "a redirect leads to an endpoint")
				require.Empty(t, twice)
			}
			return
		}
		// The values put into the route's path give the path that was asked for.
		n := 0
		var built []string
		for segment := range strings.SplitSeq(e.Path, "/") {
			if segment != "" && strings.ContainsRune(":*!", rune(segment[0])) {
				segment = v.list[n]
				n++
			}
			built = append(built, segment)
		}
		require.Equal(t, n, v.n)
		asked, err := url.PathUnescape(path)
		require.NoError(t, err)
		require.Equal(t, asked, strings.Join(built, "/"))
	})
}
