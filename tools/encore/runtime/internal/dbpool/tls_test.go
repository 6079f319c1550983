//go:build !encore_app

package dbpool_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"encore.dev/internal/dbpool"
	"encore.dev/internal/pgtest"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/tlstest"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
)

const password = "secret"

// connect reports whether the pool of a configuration connects, and does so with TLS.
func connect(t *testing.T, host string, conf *runconfig.TLSConfig, own *runconfig.ClientCert) error {
	t.Helper()
	poolConf, err := dbpool.Config(&runconfig.Config{SQLServers: []runconfig.SQLServer{{
		Host: host, TLSConfig: conf,
		Databases: map[string]runconfig.SQLDatabase{"postgres": {Username: "app", Password: password, ClientCert: own}},
	}}}, "postgres")
	require.NoError(t, err)
	pool, err := pgxpool.NewWithConfig(t.Context(), poolConf)
	require.NoError(t, err)
	defer pool.Close()
	var encrypted bool
	if err := pool.QueryRow(t.Context(), "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").Scan(&encrypted); err != nil {
		return err
	}
	require.True(t, encrypted)
	return nil
}

func start(t *testing.T, authority *tlstest.Authority, hba string) string {
	t.Helper()
	return pgtest.StartTLS(t, authority, []string{"localhost"}, []string{hba}, map[string]string{"app": password})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	port := start(t, authority, "hostssl all app 127.0.0.1/32 scram-sha-256")
	byName, byAddress := "localhost:"+port, "127.0.0.1:"+port

	require.NoError(t, connect(t, byName, nil, nil), "without tls_config TLS is used where it is offered, whoever the server is")
	require.NoError(t, connect(t, byName, &runconfig.TLSConfig{CA: authority.PEM}, nil))
	require.ErrorContains(t, connect(t, byName, &runconfig.TLSConfig{CA: stranger.PEM}, nil), "unknown authority")
	require.ErrorContains(t, connect(t, byName, &runconfig.TLSConfig{}, nil), "unknown authority", "the system does not know the CA")
	require.ErrorContains(t, connect(t, byName, &runconfig.TLSConfig{Disabled: true}, nil), "no encryption")

	require.ErrorContains(t, connect(t, byAddress, &runconfig.TLSConfig{CA: authority.PEM}, nil), "127.0.0.1", "the certificate is for another name")
	require.NoError(t, connect(t, byAddress, &runconfig.TLSConfig{CA: authority.PEM, DisableTLSHostnameVerification: true}, nil))
	require.ErrorContains(t, connect(t, byAddress, &runconfig.TLSConfig{CA: stranger.PEM, DisableTLSHostnameVerification: true}, nil),
		"unknown authority", "the chain is verified all the same")
	require.NoError(t, connect(t, byAddress, &runconfig.TLSConfig{DisableCAValidation: true}, nil))
}

func TestTLSClientCertificate(t *testing.T) {
	t.Parallel()
	authority, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	host := "localhost:" + start(t, authority, "hostssl all app 127.0.0.1/32 cert")
	mine, other := authority.Issue(t, "app"), authority.Issue(t, "somebody")
	require.NoError(t, connect(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: mine}, nil))
	require.NoError(t, connect(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: other}, mine), "that of the database comes first")
	require.Error(t, connect(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: other}, nil))
	require.Error(t, connect(t, host, &runconfig.TLSConfig{CA: authority.PEM}, nil))
	require.Error(t, connect(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: stranger.Issue(t, "app")}, nil))
}

// An empty tls_config is what libpq calls sslmode=verify-full with the CAs of the system. Go reads them once in a
// process, so another one, with a system that knows the CA, connects.
func TestTLSWithTheSystemsAuthorities(t *testing.T) {
	t.Parallel()
	authority := tlstest.NewAuthority(t)
	port := start(t, authority, "hostssl all app 127.0.0.1/32 scram-sha-256")
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, []byte(authority.PEM), 0o600))
	run := func(host string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConnectWithTheSystemsAuthorities$")
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+file, "TEST_TLS_HOST="+host+":"+port)
		return cmd.CombinedOutput()
	}
	out, err := run("localhost")
	require.NoError(t, err, "%s", out)
	out, err = run("127.0.0.1")
	require.Error(t, err, "the name is verified")
	require.Contains(t, string(out), "127.0.0.1")
}

// TestConnectWithTheSystemsAuthorities is what the test above runs; it does nothing without a host.
func TestConnectWithTheSystemsAuthorities(t *testing.T) {
	t.Parallel()
	if host := os.Getenv("TEST_TLS_HOST"); host != "" {
		require.NoError(t, connect(t, host, &runconfig.TLSConfig{}, nil))
	}
}
