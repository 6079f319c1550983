package settings_test

import (
	"testing"

	encore "encore.dev"
	"github.com/stretchr/testify/require"

	"encore.app/internal/settings"
)

func TestDefaults(t *testing.T) { //nolint:paralleltest // the environment is the process's
	unset(t)
	s, err := settings.Load()
	require.NoError(t, err)
	require.Equal(t, "Europe/Brussels", s.TimeZone.String())
	require.Equal(t, "redis://127.0.0.1:6379/0", s.RedisURL)
	require.Equal(t, "localhost", s.Domain)
	require.Empty(t, s.BackendPort)
	require.False(t, s.DemoData)
	require.Nil(t, s.FrontendDevURL)
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	unset(t)
	for name, wrong := range map[string]string{
		"TIME_ZONE": "Europe/Gent", "REDIS_URL": "nowhere:6379", "BACKEND_PORT": "70000", "DEMO_DATA": "maybe",
		"FRONTEND_DEV_URL": "localhost:5173",
	} {
		t.Setenv(name, wrong)
	}
	_, err := settings.Load()
	for _, name := range []string{"TIME_ZONE", "REDIS_URL", "BACKEND_PORT", "DEMO_DATA", "FRONTEND_DEV_URL"} {
		require.ErrorContains(t, err, name)
	}
}

func TestDemoDataAreNeverMadeInProduction(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		environment encore.EnvironmentType
		cloud       encore.CloudProvider
		demoData    bool
		want        bool
	}{
		{encore.EnvDevelopment, encore.CloudLocal, false, true},
		{encore.EnvDevelopment, "self-hosted", true, true},
		{encore.EnvDevelopment, "self-hosted", false, false},
		{encore.EnvProduction, encore.CloudLocal, true, false},
		{encore.EnvEphemeral, encore.CloudLocal, true, false},
		{encore.EnvTest, encore.CloudLocal, true, false},
		{"", encore.CloudLocal, true, false},
	} {
		s := settings.Settings{DemoData: c.demoData}
		require.Equal(t, c.want, s.WantsDemo(encore.EnvironmentMeta{Type: c.environment, Cloud: c.cloud}), c)
	}
}

func unset(t *testing.T) {
	t.Helper()
	for _, name := range []string{
		"TIME_ZONE", "REDIS_URL", "ADMIN_EMAIL", "DOMAIN", "BACKEND_PORT", "DEMO_DATA", "FRONTEND_DEV_URL",
	} {
		t.Setenv(name, "")
	}
}
