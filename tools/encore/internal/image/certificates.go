package image

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// certificateFiles are where systems keep the certificates of the authorities that they trust.
var certificateFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",                            // openSUSE
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS
	"/etc/ssl/cert.pem",                                 // macOS, BSD
}

// HostCertificates returns the certificates of the authorities that this machine trusts: of the file that SSL_CERT_FILE
// names, else of the system's. The error says where they were looked for.
func HostCertificates() ([]byte, error) {
	files := certificateFiles
	if named := os.Getenv("SSL_CERT_FILE"); named != "" {
		files = []string{named}
	}
	return readCertificates(files)
}

func readCertificates(files []string) ([]byte, error) {
	for _, file := range files {
		content, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("read the certificates of authorities: %w", err)
		}
		if !holdsCertificate(content) {
			return nil, fmt.Errorf("%s holds no certificate", file)
		}
		return content, nil
	}
	return nil, fmt.Errorf("there are no certificates of authorities on this machine, without which the program could trust no server: "+
		"install the package ca-certificates, or name a file with them in SSL_CERT_FILE (looked for: %s)", strings.Join(files, ", "))
}

func holdsCertificate(content []byte) bool {
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			_, err := x509.ParseCertificate(block.Bytes)
			return err == nil
		}
	}
	return false
}
