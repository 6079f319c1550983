package push

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	keys, err := DeriveKeys("a secret")
	require.NoError(t, err)
	again, err := DeriveKeys("a secret")
	require.NoError(t, err)
	require.Equal(t, keys, again, "the same after a restart")
	other, err := DeriveKeys("another secret")
	require.NoError(t, err)
	require.NotEqual(t, keys, other)
	read, err := ReadKeys(keys.public, keys.private)
	require.NoError(t, err)
	require.Equal(t, keys, read)
	for _, pair := range [][2]string{{other.public, keys.private}, {keys.public, ""}, {keys.public, "?"}} {
		_, err := ReadKeys(pair[0], pair[1])
		require.Error(t, err)
	}
}

func TestOnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"142.250.1.1": true, "2a00:1450:400e::1": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "::1": false, "::": false,
		"fe80::1": false, "fd00::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::127.0.0.1": false, "ff02::1": false,
		"198.18.0.1": false, "192.0.2.1": false,
	} {
		require.Equal(t, want, public(netip.MustParseAddr(text)), text)
	}
}

func device(t *testing.T, endpoint string) Device {
	t.Helper()
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	return Device{Endpoint: endpoint, P256dh: key.PublicKey().Bytes(), Auth: make([]byte, 16)}
}

// What an address resolves to decides, not what it is called; redirects lead nowhere.
func TestNothingInsideIsReached(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked++
		http.Redirect(w, req, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	keys, err := DeriveKeys("a secret")
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	guarded := NewClient(keys, "a@example.org", Options{RootCAs: roots})
	t.Cleanup(guarded.Close)
	result := guarded.Send(t.Context(), device(t, server.URL), Message{Payload: []byte("{}"), Life: time.Minute})
	require.Equal(t, Temporary, result.Outcome)
	require.Contains(t, result.Answer, "not a public one")
	require.NotContains(t, result.Answer, "https://", "the address is a secret of the browser")
	require.Zero(t, asked)

	open := NewClient(keys, "a@example.org", Options{RootCAs: roots, Allow: netip.Addr.IsLoopback})
	t.Cleanup(open.Close)
	result = open.Send(t.Context(), device(t, server.URL), Message{Payload: []byte("{}"), Life: time.Minute})
	require.Equal(t, Refused, result.Outcome)
	require.Equal(t, 1, asked, "a redirect is not followed")
	require.Equal(t, Refused, open.Send(t.Context(), device(t, "http://127.0.0.1/"), Message{}).Outcome)
}
