package place_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/internal/place"
	"encore.app/internal/place/placetest"
)

func TestPlacesAreToldInTheLanguageOfTheReader(t *testing.T) {
	t.Parallel()
	places, err := place.Open(placetest.File(t))
	require.NoError(t, err)
	for _, check := range []struct{ address, language, want string }{
		{"81.82.3.4", "nl", "Gent, België"},
		{"81.82.3.4", "en", "Ghent, Belgium"},
		{"81.82.3.4", "fr", "Gand, Belgique"},
		{"::ffff:81.82.3.4", "nl", "Gent, België"},
		{"2a02:1800::1", "nl", "Gent, België"},
		{"81.83.3.4", "nl", "België"},
		{"81.84.3.4", "nl", "Aalst, België"}, // the database has the English name only
		{"81.85.3.4", "nl", "Kosovo"},
		{"81.82.3.4", "?", "Ghent, Belgium"},
		{"81.86.3.4", "nl", ""},
		{"10.0.0.1", "nl", ""},
		{"::1", "nl", ""},
		{"nonsense", "nl", ""},
		{"", "nl", ""},
	} {
		require.Equal(t, check.want, places.Of(check.address, check.language), "%s in %s", check.address, check.language)
	}
}

func TestWithoutAFileNoPlaceIsKnown(t *testing.T) {
	t.Parallel()
	places, err := place.Open("")
	require.NoError(t, err)
	require.Empty(t, places.Of("81.82.3.4", "nl"))
}

func TestAFileThatIsNoDatabaseOfCitiesIsRefused(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "city.mmdb")
	require.NoError(t, os.WriteFile(broken, []byte("<html>not found</html>"), 0o600))
	half := filepath.Join(t.TempDir(), "half.mmdb")
	whole, err := os.ReadFile(placetest.File(t))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(half, whole[:len(whole)/2], 0o600))
	for name, file := range map[string]string{
		"no database": broken, "half of one": half, "a folder": t.TempDir(), "not there": "/nonexistent/city.mmdb",
		"of networks": placetest.Write(t, "GeoLite2-ASN"),
	} {
		_, err := place.Open(file)
		require.ErrorContains(t, err, "GEOIP_FILE", name)
		require.NotContains(t, err.Error(), "\n", name)
	}
}
