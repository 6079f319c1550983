//go:build !encore_app

package check_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkSettings runs what scripts/update runs first, in an installation with this .env. It returns what that says.
func checkSettings(t *testing.T, env string) (said string, taken bool) {
	t.Helper()
	installation := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(installation, "scripts"), 0o700))
	script := read(t, "../../scripts/installation.bash")
	require.NoError(t, os.WriteFile(filepath.Join(installation, "scripts/installation.bash"), script, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(installation, ".env"), []byte(env), 0o600))
	// Nothing is asked of Docker: it only has to be there.
	cmd := exec.CommandContext(t.Context(), "bash", "-c", `docker() { :; }; . "$0/scripts/installation.bash"; check_settings`, installation)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

const requiredSettings = "ENVIRONMENT=production\nPOSTGRES_USER=u\nPOSTGRES_PASSWORD=p\nPOSTGRES_DB=d\n" +
	"SECRET_EMAIL_USER=m\nSECRET_EMAIL_USER_PSWD=w\nSECRET_KEY=0123456789abcdef0123456789abcdef\n"

func TestAnUpdateSaysWhichSettingsCannotBeRight(t *testing.T) {
	t.Parallel()
	said, taken := checkSettings(t, requiredSettings)
	require.True(t, taken, said)
	said, taken = checkSettings(t, requiredSettings+"DOMAIN=trottoir.example\nADMIN_EMAIL=a@trottoir.example\nLOG_LEVEL=debug\nREQUIRE_SECOND_FACTOR=admins\n"+
		"BASE_URL=https://trottoir.example:2002\nSMTP_PORT=587\nOTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\n")
	require.True(t, taken, said)

	wrong := map[string]string{
		"SECRET_KEY": "abc", "LOG_LEVEL": "loud", "REQUIRE_SECOND_FACTOR": "all", "SMTP_PORT": "abc", "BASE_URL": "nonsense", "ADMIN_EMAIL": "notmail",
		"OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense", "DOMAIN": "https://trottoir.example", "ENVIRONMENT": "prod",
	}
	env := requiredSettings
	for name, value := range wrong {
		env += name + "=" + value + "\n"
	}
	said, taken = checkSettings(t, env)
	require.False(t, taken)
	for name := range wrong {
		require.Contains(t, said, name+" is set to something that is not", "all at once")
	}
	require.NotContains(t, said, "abc", "a key is not shown")
	require.Len(t, strings.Split(strings.TrimSpace(said), "\n"), len(wrong))
}
