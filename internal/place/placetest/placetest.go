// Package placetest writes databases of places for tests.
package placetest

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"github.com/stretchr/testify/require"
)

// File writes a database of cities: 81.82.0.0/16 and 2a02:1800::/32 are in Ghent, 81.83.0.0/16 is somewhere in Belgium. It
// returns its path.
func File(tb testing.TB) string {
	tb.Helper()
	return Write(tb, "GeoLite2-City")
}

// Write is File with a type of one's own.
func Write(tb testing.TB, kind string) string {
	tb.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24})
	require.NoError(tb, err)
	belgium := mmdbtype.Map{"iso_code": mmdbtype.String("BE"), "names": mmdbtype.Map{"en": mmdbtype.String("Belgium")}}
	ghent := mmdbtype.Map{
		"country": belgium,
		"city":    mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Ghent"), "fr": mmdbtype.String("Gand"), "nl": mmdbtype.String("Gent")}},
	}
	aalst := mmdbtype.Map{"country": belgium, "city": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Aalst")}}}
	for network, entry := range map[string]mmdbtype.Map{
		"81.82.0.0/16": ghent, "2a02:1800::/32": ghent, "81.83.0.0/16": {"country": belgium}, "81.84.0.0/16": aalst,
		"81.85.0.0/16": {"country": mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Kosovo")}}},
	} {
		_, prefix, err := net.ParseCIDR(network)
		require.NoError(tb, err)
		require.NoError(tb, tree.Insert(prefix, entry))
	}
	file, err := os.Create(filepath.Join(tb.TempDir(), "city.mmdb"))
	require.NoError(tb, err)
	_, err = tree.WriteTo(file)
	require.NoError(tb, err)
	require.NoError(tb, file.Close())
	return file.Name()
}
