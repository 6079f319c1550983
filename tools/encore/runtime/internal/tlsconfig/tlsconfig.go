// Package tlsconfig turns the tls_config of a server in the configuration into a tls.Config.
//
// An empty tls_config verifies the chain with the system's authorities and the name of the host, as libpq's
// sslmode=verify-full with sslrootcert=system does. A ca takes the place of the system's authorities.
package tlsconfig

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"encore.dev/internal/runconfig"
)

// New returns the settings for a connection to host. clientCert overrides the one in cfg when it is not nil.
func New(cfg *runconfig.TLSConfig, clientCert *runconfig.ClientCert, host string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if cfg.CA != "" {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM([]byte(cfg.CA)) {
			return nil, errors.New("tls_config.ca holds no PEM certificate")
		}
	}
	if clientCert == nil {
		clientCert = cfg.ClientCert
	}
	if clientCert != nil {
		pair, err := tls.X509KeyPair([]byte(clientCert.Cert), []byte(clientCert.Key))
		if err != nil {
			return nil, fmt.Errorf("client_cert: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	switch {
	case cfg.DisableCAValidation:
		conf.InsecureSkipVerify = true
	case cfg.DisableTLSHostnameVerification:
		// The chain is still verified, only not against the name of the host.
		conf.InsecureSkipVerify = true
		conf.VerifyConnection = func(state tls.ConnectionState) error {
			intermediates := x509.NewCertPool()
			for _, cert := range state.PeerCertificates[1:] {
				intermediates.AddCert(cert)
			}
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
				Roots: conf.RootCAs, Intermediates: intermediates,
			})
			return err
		}
	}
	return conf, nil
}
