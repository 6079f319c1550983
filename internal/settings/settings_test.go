package settings_test

import (
	"testing"
	"time"

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
	require.False(t, s.AdminsNeedSecondFactor)
	require.Nil(t, s.FrontendDevURL)
	require.Nil(t, s.MapStyleURL)
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	unset(t)
	mistakes := map[string]string{
		"TIME_ZONE": "Europe/Gent", "REDIS_URL": "nowhere:6379", "BACKEND_PORT": "70000", "DEMO_DATA": "maybe",
		"FRONTEND_DEV_URL": "localhost:5173", "ADMIN_EMAIL": "notmail", "DOMAIN": "https://trottoir.example", "SMTP_PORT": "abc",
		"SECRET_KEY": "abc", "SMTP_HOST": "smtp.example:587", "REQUIRE_SECOND_FACTOR": "everybody",
		"MAP_STYLE_URL": "tiles.example", "PHOTO_RETENTION": "soon",
	}
	for name, wrong := range mistakes {
		t.Setenv(name, wrong)
	}
	_, err := settings.Load()
	for name := range mistakes {
		require.ErrorContains(t, err, name)
	}
	require.NotContains(t, err.Error(), "abc\n", "the key is not told")
}

func TestEachSettingIsChecked(t *testing.T) { //nolint:paralleltest // the environment is the process's
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"DEMO_DATA", "true", true}, {"DEMO_DATA", "false", true}, {"DEMO_DATA", "1", false}, {"DEMO_DATA", "TRUE", false},
		{"DOMAIN", "trottoir.example", true}, {"DOMAIN", "192.0.2.1", true}, {"DOMAIN", "[2001:db8::1]", true}, {"DOMAIN", "localhost", true},
		{"DOMAIN", "trottoir.example:443", false}, {"DOMAIN", "trottoir.example/", false}, {"DOMAIN", "a b", false}, {"DOMAIN", "-a", false},
		{"REQUIRE_SECOND_FACTOR", "admins", true}, {"REQUIRE_SECOND_FACTOR", "none", true}, {"REQUIRE_SECOND_FACTOR", "true", false},
		{"SMTP_HOST", "smtp.example", true}, {"SMTP_HOST", "::1", true}, {"SMTP_HOST", "smtp.example:587", false}, {"SMTP_HOST", "a b", false},
		{"SMTP_PORT", "587", true}, {"SMTP_PORT", "0", false}, {"BACKEND_PORT", "0", false}, {"BACKEND_PORT", "2002", true},
		{"ADMIN_EMAIL", "ann@trottoir.example", true}, {"ADMIN_EMAIL", "ann@", false},
		{"SECRET_KEY", "0123456789abcdef0123456789abcde", false}, {"SECRET_KEY", "0123456789abcdef0123456789abcdef", true},
		{"DJANGO_SECRET_KEY", "short", false}, {"FRONTEND_DEV_URL", "ftp://127.0.0.1", false},
		{"MAP_STYLE_URL", "https://tiles.example:8443/style.json?key=a", true}, {"MAP_STYLE_URL", "/map/gent.pmtiles", true},
		{"MAP_STYLE_URL", "http://[2001:db8::1]:80/a.pmtiles", true}, {"MAP_STYLE_URL", "//tiles.example/style.json", false},
		{"MAP_STYLE_URL", "https://tiles.example;script-src/style.json", false}, {"MAP_STYLE_URL", "ftp://tiles.example/a", false},
		{"PHOTO_RETENTION", "0", true}, {"PHOTO_RETENTION", "18m", true}, {"PHOTO_RETENTION", "0y", false}, {"PHOTO_RETENTION", "2", false},
		{"PHOTO_RETENTION", "-1y", false}, {"PHOTO_RETENTION", "99999y", false},
		{"MAP_STYLE_URL", "https://a:b@tiles.example/a", false}, {"MAP_STYLE_URL", "https://*.example/a", false},
	} {
		t.Run(c.name+"="+c.text, func(t *testing.T) {
			unset(t)
			t.Setenv(c.name, c.text)
			_, err := settings.Load()
			if c.ok {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.name)
			}
		})
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
		"REQUIRE_SECOND_FACTOR", "SMTP_HOST", "SMTP_PORT", "SMTP_TLS", "MAIL_FROM", "MAIL_PER_MINUTE", "DKIM_DOMAIN", "DKIM_SELECTOR", "DKIM_KEY_FILE",
		"REMINDER_TIME", "LATE_TIME", "LATE_TOLERANCE", "DAY_SUMMARY_TIME", "GEOIP_FILE", "SECRET_KEY", "DJANGO_SECRET_KEY", "PHOTO_RETENTION",
	} {
		t.Setenv(name, "")
	}
}

func TestHowMailIsSent(t *testing.T) { //nolint:paralleltest // the environment is the process's
	for name, c := range map[string]struct {
		env  map[string]string
		want settings.Mail
		fail string
	}{
		"not at all":   {nil, settings.Mail{Port: "587", TLS: "starttls"}, ""},
		"as a rule":    {map[string]string{"SMTP_HOST": "smtp.example.org"}, settings.Mail{Host: "smtp.example.org", Port: "587", TLS: "starttls"}, ""},
		"implicit TLS": {map[string]string{"SMTP_HOST": "smtp.example.org", "SMTP_PORT": "465"}, settings.Mail{Host: "smtp.example.org", Port: "465", TLS: "tls"}, ""},
		"this machine": {map[string]string{"SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1025"}, settings.Mail{Host: "127.0.0.1", Port: "1025", TLS: "none"}, ""},
		"from": {
			map[string]string{"MAIL_FROM": "De Ophaling <bins@example.org>"},
			settings.Mail{Port: "587", TLS: "starttls", FromName: "De Ophaling", FromAddress: "bins@example.org"}, "",
		},
		"no address": {map[string]string{"MAIL_FROM": "bins"}, settings.Mail{}, "MAIL_FROM"},
		"header":     {map[string]string{"MAIL_FROM": "a\r\nBcc: <b@example.org>"}, settings.Mail{}, "MAIL_FROM"},
		"host":       {map[string]string{"SMTP_HOST": "smtp://example.org"}, settings.Mail{}, "SMTP_HOST"},
		"TLS":        {map[string]string{"SMTP_TLS": "yes"}, settings.Mail{}, "SMTP_TLS"},
		"rate":       {map[string]string{"MAIL_PER_MINUTE": "0"}, settings.Mail{}, "MAIL_PER_MINUTE"},
		"half DKIM":  {map[string]string{"DKIM_DOMAIN": "example.org"}, settings.Mail{}, "DKIM_KEY_FILE"},
		"reminder":   {map[string]string{"REMINDER_TIME": "25:00"}, settings.Mail{}, "REMINDER_TIME"},
	} {
		t.Run(name, func(t *testing.T) {
			unset(t)
			for key, value := range c.env {
				t.Setenv(key, value)
			}
			s, err := settings.Load()
			if c.fail != "" {
				require.ErrorContains(t, err, c.fail)
				return
			}
			require.NoError(t, err)
			c.want.PerMinute, c.want.ReminderTime, c.want.DaySummaryTime = 60, 18*time.Hour, 22*time.Hour
			require.Equal(t, c.want, s.Mail)
			require.Equal(t, c.want.Host != "", s.Mail.Configured())
		})
	}
}

func TestWhenRunsAreLate(t *testing.T) { //nolint:paralleltest // the environment is the process's
	for _, c := range []struct {
		by, tolerance string
		want          [2]time.Duration
		fail          string
	}{
		{"", "", [2]time.Duration{12 * time.Hour, 15 * time.Minute}, ""},
		{"09:30", "0", [2]time.Duration{9*time.Hour + 30*time.Minute, 0}, ""},
		{"24:00", "", [2]time.Duration{}, "LATE_TIME"},
		{"", "-1", [2]time.Duration{}, "LATE_TOLERANCE"},
		{"", "601", [2]time.Duration{}, "LATE_TOLERANCE"},
		{"", "15 min", [2]time.Duration{}, "LATE_TOLERANCE"},
	} {
		unset(t)
		t.Setenv("LATE_TIME", c.by)
		t.Setenv("LATE_TOLERANCE", c.tolerance)
		s, err := settings.Load()
		if c.fail != "" {
			require.ErrorContains(t, err, c.fail)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, [2]time.Duration{s.LateTime, s.LateTolerance})
	}
}

func TestPhotosAreKeptByTheCalendar(t *testing.T) {
	now := time.Date(2028, time.February, 29, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2y": time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC), "1m": time.Date(2028, time.January, 29, 12, 0, 0, 0, time.UTC),
		"30d": time.Date(2028, time.January, 30, 12, 0, 0, 0, time.UTC), "": time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
	} {
		unset(t)
		t.Setenv("PHOTO_RETENTION", text)
		set, err := settings.Load()
		require.NoError(t, err)
		moment, ends := set.PhotoRetention.Before(now)
		require.True(t, ends, text)
		require.Equal(t, want, moment, text)
	}
	t.Setenv("PHOTO_RETENTION", "0")
	set, err := settings.Load()
	require.NoError(t, err)
	_, ends := set.PhotoRetention.Before(now)
	require.False(t, ends)
}
