// Package smtptest is an SMTP server for tests, which takes mail or fails as it is told.
package smtptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// Received is a message that the server took.
type Received struct {
	From string
	To   []string
	Raw  string
}

// Behaviour is how a server answers; what is nil is taken.
type Behaviour struct {
	// Mail, Rcpt and Data answer to the sender, to one receiver, and to the whole message.
	Mail func() error
	Rcpt func(to string) error
	Data func(raw string) error
	// Drop hangs up in the middle of the next message.
	Drop bool
	// Silent says nothing to a message that it was given, until the test ends.
	Silent bool
	// User and Password are asked for, when set.
	User, Password string
	// SignIn are the ways to sign in that are offered: PLAIN when nil.
	SignIn []string
}

// Server is an SMTP server on this machine.
type Server struct {
	// Host and Port are its address.
	Host, Port string
	// Roots verify its certificate for the name "localhost", and so does Certificate, the same as PEM.
	Roots       *x509.CertPool
	Certificate []byte

	tls     *tls.Config
	options Options

	mu        sync.Mutex
	behaviour Behaviour
	received  []Received
	sessions  int
	signIns   []string
	conns     []net.Conn
	down      func() // ends listening, and waits for that
	closing   chan struct{}
}

// Options of a server.
type Options struct {
	// STARTTLS and TLS encrypt, the latter from the first byte.
	STARTTLS, TLS bool
	// Port is the port to listen on; any when empty.
	Port string
}

// New starts a server, which ends with the test.
func New(tb testing.TB, options Options) *Server {
	tb.Helper()
	s := &Server{options: options, Port: options.Port, closing: make(chan struct{})}
	if options.STARTTLS || options.TLS {
		s.makeCertificate(tb)
	}
	s.Up(tb)
	tb.Cleanup(func() {
		close(s.closing)
		s.Down()
	})
	return s
}

// Up listens again after Down, at the same address.
func (s *Server) Up(tb testing.TB) {
	tb.Helper()
	listener, err := (&net.ListenConfig{}).Listen(tb.Context(), "tcp", net.JoinHostPort("127.0.0.1", s.Port))
	require.NoError(tb, err)
	s.Host, s.Port, err = net.SplitHostPort(listener.Addr().String())
	require.NoError(tb, err)
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sessions++
		s.conns = append(s.conns, c.Conn())
		return &session{server: s, conn: c}, nil
	}))
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "localhost", true, quiet{}
	switch {
	case s.options.TLS:
		listener = tls.NewListener(listener, s.tls)
	case s.options.STARTTLS:
		server.TLSConfig = s.tls
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = sync.OnceFunc(func() {
		_ = server.Close()
		_ = listener.Close()
		<-done
	})
}

// Down hangs up and listens no more, until Up.
func (s *Server) Down() {
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	down()
}

// Behave changes how the server answers from now on.
func (s *Server) Behave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
}

// Received returns what the server took.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.received...)
}

// Sessions is how many connections there were.
func (s *Server) Sessions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions
}

// SignIns are the ways in which somebody tried to sign in.
func (s *Server) SignIns() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.signIns...)
}

func (s *Server) now() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	server *Server
	conn   *smtp.Conn
	from   string
	to     []string
}

// AuthMechanisms implements smtp.AuthSession.
func (s *session) AuthMechanisms() []string {
	if ways := s.server.now().SignIn; ways != nil {
		return ways
	}
	return []string{sasl.Plain}
}

// Auth implements smtp.AuthSession.
func (s *session) Auth(way string) (sasl.Server, error) {
	want := s.server.now()
	check := func(user, password string) error {
		s.server.mu.Lock()
		s.server.signIns = append(s.server.signIns, way)
		s.server.mu.Unlock()
		if user != want.User || password != want.Password {
			return smtp.ErrAuthFailed
		}
		return nil
	}
	if way == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer is the server's side of LOGIN, which package sasl has not any more.
type loginServer struct {
	check  func(user, password string) error
	asked  bool
	user   string
	inName bool
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case !l.asked:
		l.asked, l.inName = true, true
		return []byte("Username:"), false, nil
	case l.inName:
		l.user, l.inName = string(response), false
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from, s.to = from, nil
	if b := s.server.now(); b.Mail != nil {
		return b.Mail()
	}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	if b := s.server.now(); b.Rcpt != nil {
		return b.Rcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	b := s.server.now()
	if b.Drop {
		_, _ = io.CopyN(io.Discard, r, 10)
		return s.conn.Conn().Close()
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if b.Silent {
		<-s.server.closing
		return nil
	}
	if b.Data != nil {
		if err := b.Data(string(raw)); err != nil {
			return err
		}
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.received = append(s.server.received, Received{s.from, s.to, string(raw)})
	return nil
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }

// makeCertificate makes one for "localhost", signed by itself.
func (s *Server) makeCertificate(tb testing.TB) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(tb, err)
	s.Certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.Roots = x509.NewCertPool()
	require.True(tb, s.Roots.AppendCertsFromPEM(s.Certificate))
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// HangUp ends all connections; new ones are taken.
func (s *Server) HangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}
