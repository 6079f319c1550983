//go:build !encore_app

package system

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// handshake connects to a port of the installation with a TLS configuration.
func (s *stack) handshake(port int, config *tls.Config) (*tls.ConnectionState, error) {
	dialer := &net.Dialer{Timeout: patience}
	conn, err := tls.DialWithDialer(dialer, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), config)
	if err != nil {
		return nil, err
	}
	state := conn.ConnectionState()
	return &state, conn.Close()
}

func TestTLSIsModern(t *testing.T) {
	t.Parallel()
	s := sharedStack(t, production)
	for _, port := range []int{s.httpsPort, s.apiPort} {
		config := &tls.Config{RootCAs: s.authorities(t), ServerName: s.host()}
		state, err := s.handshake(port, config)
		require.NoError(t, err, "the certificate that is made until there is one names the domain")
		require.Equal(t, uint16(tls.VersionTLS13), state.Version)

		config.MaxVersion = tls.VersionTLS12
		state, err = s.handshake(port, config)
		require.NoError(t, err)
		require.Contains(t, []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
		}, state.CipherSuite)

		for _, old := range []*tls.Config{
			{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
			{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{
				tls.TLS_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
			}},
		} {
			old.InsecureSkipVerify = true // it is refused before
			_, err := s.handshake(port, old)
			require.ErrorContains(t, err, "remote error: tls:")
		}
	}
}

func TestANewCertificateIsTakenOverWithoutDroppingWebSockets(t *testing.T) {
	t.Parallel()
	s := startStack(t, production)
	c := s.signedIn(t)
	w := s.workOf(t, c)
	live := c.follow(t, "runs")

	authority := s.installCertificate(t)
	config := &tls.Config{RootCAs: authority, ServerName: s.host()}
	for _, port := range []int{s.httpsPort, s.apiPort} {
		eventually(t, func() error {
			_, err := s.handshake(port, config)
			return err
		})
	}

	c.tls.RootCAs = authority
	c.http1() // a new connection, for the new certificate
	var run int64
	eventually(t, func() (err error) { // workers of before may accept until they have been told
		run, _, err = c.plan(t.Context(), s.api(""), w)
		return err
	})
	live.requireRunEvent(t, "run.planned", run)
	require.NoError(t, live.conn.WriteJSON(map[string]string{"op": "ping"}))
	f, err := live.next(patience)
	require.NoError(t, err)
	require.Equal(t, "pong", f.Op)
}

// installCertificate puts a certificate where certbot does, and returns the authority that signed it.
func (s *stack) installCertificate(t *testing.T) *x509.CertPool {
	t.Helper()
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Trottoir test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	authorityKey, authorityDER := s.certify(t, authority, authority, nil)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: s.host()}, DNSNames: []string{s.host()},
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafKey, leafDER := s.certify(t, leaf, authority, authorityKey)
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	require.NoError(t, err)
	chain := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leafDER}),
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER})...)
	for name, content := range map[string][]byte{
		"fullchain.pem": chain, "privkey.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
	} {
		path := filepath.Join(s.folder, "certificates", name)
		require.NoError(t, os.WriteFile(path+".new", content, 0o600))
		require.NoError(t, giveAway(path+".new"))
		require.NoError(t, os.Rename(path+".new", path))
	}
	parsed, err := x509.ParseCertificate(authorityDER)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

// certify makes a key and a certificate for it; without a signer it signs itself.
func (s *stack) certify(t *testing.T, subject, issuer *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	if signer == nil {
		signer = key
	}
	certificate, err := x509.CreateCertificate(rand.Reader, subject, issuer, key.Public(), signer)
	require.NoError(t, err, fmt.Sprint(subject.Subject))
	return key, certificate
}
