package infra

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Database is where a database of the application is.
type Database struct {
	Name        string // in the application
	Conn        *pgx.ConnConfig
	Maintenance string // database of the same server to create it through; empty = the configuration names none
}

// Databases returns the databases that the configuration has, sorted by name. lookup answers its references to
// environment variables; the error names every variable that is missing or empty. It expects a configuration that Check
// accepts.
func (c *Config) Databases(lookup func(string) (string, bool)) ([]Database, error) {
	r := &resolver{lookup: lookup}
	var all []Database
	var errs []error
	for _, server := range objects(c.root["sql_servers"]) {
		for key, value := range object(server["databases"]) {
			database := object(value)
			conn, err := r.connection(server, key, database)
			if err != nil {
				errs = append(errs, fmt.Errorf("database %s: %w", databaseName(key, database), err))
				continue
			}
			all = append(all, Database{databaseName(key, database), conn, r.text(server["maintenance_database"])})
		}
	}
	if len(r.missing) > 0 {
		return nil, r.err()
	}
	slices.SortFunc(all, func(a, b Database) int { return cmp.Compare(a.Name, b.Name) })
	return all, errors.Join(errs...)
}

// resolver replaces references to environment variables.
type resolver struct {
	lookup  func(string) (string, bool)
	missing map[string]bool
}

func (r *resolver) text(value any) string {
	reference := object(value)
	if reference == nil {
		return text(value)
	}
	var names []string
	if list, ok := reference["$env"].([]any); ok {
		for _, element := range list {
			names = append(names, text(element))
		}
	} else {
		names = []string{text(reference["$env"])}
	}
	for _, name := range names {
		if answer, _ := r.lookup(name); answer != "" {
			return answer
		}
	}
	if otherwise, ok := reference["default"]; ok {
		return text(otherwise)
	}
	if r.missing == nil {
		r.missing = map[string]bool{}
	}
	r.missing[strings.Join(names, " or ")] = true
	return ""
}

func (r *resolver) err() error {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(r.missing)) {
		lines = append(lines, name+" is missing or empty: set it in the environment")
	}
	return errors.New(strings.Join(lines, "\n"))
}

func (r *resolver) connection(server map[string]any, dbname string, database map[string]any) (*pgx.ConnConfig, error) {
	host, port := r.text(server["host"]), "5432"
	secured := object(server["tls_config"])
	query := url.Values{"sslmode": {"prefer"}}
	if secured != nil {
		query.Set("sslmode", "disable") // what it says is set below, without a fallback to plain text
	}
	target := url.URL{Scheme: "postgres", Path: "/" + dbname}
	if user, password := r.text(database["username"]), r.text(database["password"]); user != "" {
		target.User = url.UserPassword(user, password)
	}
	if strings.HasPrefix(host, "/") {
		query.Set("host", host)
		query.Set("port", port)
	} else {
		if h, p, err := net.SplitHostPort(host); err == nil {
			host, port = h, p
		}
		target.Host = net.JoinHostPort(host, port)
	}
	target.RawQuery = query.Encode()
	conf, err := pgx.ParseConfig(target.String())
	if err != nil {
		return nil, errors.New("the address of its server is not valid") // pgx's text could quote the password
	}
	if secured != nil && secured["disabled"] != true {
		cert := object(database["client_cert"])
		if cert == nil {
			cert = object(secured["client_cert"])
		}
		if conf.TLSConfig, err = r.tls(secured, cert, host); err != nil {
			return nil, err
		}
	}
	return conf, nil
}

func (r *resolver) tls(secured, cert map[string]any, host string) (*tls.Config, error) {
	conf := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if ca := r.text(secured["ca"]); ca != "" {
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM([]byte(ca)) {
			return nil, errors.New("tls_config.ca holds no certificate")
		}
	}
	if cert != nil {
		pair, err := tls.X509KeyPair([]byte(r.text(cert["cert"])), []byte(r.text(cert["key"])))
		if err != nil {
			return nil, fmt.Errorf("client_cert: %w", err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	switch {
	case secured["disable_ca_validation"] == true:
		conf.InsecureSkipVerify = true
	case secured["disable_tls_hostname_verification"] == true:
		conf.InsecureSkipVerify = true
		conf.VerifyConnection = func(state tls.ConnectionState) error {
			chain := x509.NewCertPool()
			for _, cert := range state.PeerCertificates[1:] {
				chain.AddCert(cert)
			}
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: conf.RootCAs, Intermediates: chain})
			return err
		}
	}
	return conf, nil
}
