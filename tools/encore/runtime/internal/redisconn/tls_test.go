//go:build !encore_app

package redisconn_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"encore.dev/internal/redisconn"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/tlstest"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

const password = "a password for tests"

// startRedis starts a Redis server that takes TLS connections alone and returns its port.
func startRedis(t *testing.T, authority *tlstest.Authority, authClients string, hosts ...string) string {
	t.Helper()
	dir, port := t.TempDir(), tlstest.FreePort(t)
	authority.Write(t, dir, authority.Issue(t, "redis", hosts...))
	file := func(name string) string { return filepath.Join(dir, name) }
	cmd := exec.Command("redis-server", "--port", "0", "--tls-port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "",
		"--requirepass", password, "--tls-auth-clients", authClients,
		"--tls-cert-file", file("cert.pem"), "--tls-key-file", file("key.pem"), "--tls-ca-cert-file", file("ca.pem"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait() // reports the kill
		if t.Failed() {
			t.Log(log.String())
		}
	})
	require.Eventually(t, func() bool {
		conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", "127.0.0.1:"+port)
		return err == nil && conn.Close() == nil
	}, 10*time.Second, 5*time.Millisecond, "redis-server does not accept connections")
	return port
}

func ping(t *testing.T, host string, conf *runconfig.TLSConfig) error {
	t.Helper()
	client, err := redisconn.New(runconfig.Redis{
		Host: host, TLSConfig: conf, Auth: &runconfig.RedisAuth{Type: "auth_string", AuthString: password},
	})
	require.NoError(t, err)
	defer client.Close()
	return client.Ping(t.Context()).Err()
}

func TestTLS(t *testing.T) {
	t.Parallel()
	authority, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	port := startRedis(t, authority, "optional", "localhost")
	byName, byAddress := "localhost:"+port, "127.0.0.1:"+port

	require.NoError(t, ping(t, byName, &runconfig.TLSConfig{CA: authority.PEM}))
	require.ErrorContains(t, ping(t, byName, &runconfig.TLSConfig{CA: stranger.PEM}), "unknown authority")
	require.ErrorContains(t, ping(t, byName, &runconfig.TLSConfig{}), "unknown authority", "the system does not know the CA")
	require.Error(t, ping(t, byName, &runconfig.TLSConfig{Disabled: true}), "the server takes no plain text")

	require.ErrorContains(t, ping(t, byAddress, &runconfig.TLSConfig{CA: authority.PEM}), "127.0.0.1", "the certificate is for another name")
	require.NoError(t, ping(t, byAddress, &runconfig.TLSConfig{CA: authority.PEM, DisableTLSHostnameVerification: true}))
	require.ErrorContains(t, ping(t, byAddress, &runconfig.TLSConfig{CA: stranger.PEM, DisableTLSHostnameVerification: true}),
		"unknown authority", "the chain is verified all the same")
	require.NoError(t, ping(t, byAddress, &runconfig.TLSConfig{DisableCAValidation: true}))
}

func TestTLSClientCertificate(t *testing.T) {
	t.Parallel()
	authority, stranger := tlstest.NewAuthority(t), tlstest.NewAuthority(t)
	host := "localhost:" + startRedis(t, authority, "yes", "localhost")
	require.NoError(t, ping(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: authority.Issue(t, "client")}))
	require.Error(t, ping(t, host, &runconfig.TLSConfig{CA: authority.PEM}))
	require.Error(t, ping(t, host, &runconfig.TLSConfig{CA: authority.PEM, ClientCert: stranger.Issue(t, "client")}))
}

// An application that reads a rediss:// address itself gets the private CA from SSL_CERT_FILE. Go reads that variable
// once in a process, so another one connects.
func TestARedissAddressTrustsSSLCertFile(t *testing.T) {
	t.Parallel()
	authority := tlstest.NewAuthority(t)
	port := startRedis(t, authority, "no", "localhost")
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, []byte(authority.PEM), 0o600))
	connect := func(certFile string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestConnectToRedissAddress$")
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+certFile, "TEST_REDISS_URL=rediss://:a%20password%20for%20tests@localhost:"+port+"/0")
		return cmd.CombinedOutput()
	}
	out, err := connect(file)
	require.NoError(t, err, "%s", out)
	out, err = connect("")
	require.Error(t, err)
	require.Contains(t, string(out), "unknown authority")
}

// TestConnectToRedissAddress is what TestARedissAddressTrustsSSLCertFile runs; it does nothing without an address.
func TestConnectToRedissAddress(t *testing.T) {
	t.Parallel()
	address := os.Getenv("TEST_REDISS_URL")
	if address == "" {
		return
	}
	options, err := redis.ParseURL(address)
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer client.Close()
	require.NoError(t, client.Ping(t.Context()).Err())
}
