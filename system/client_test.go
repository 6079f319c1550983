//go:build !encore_app

package system

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// client is a person's browser, with an address and cookies of its own.
type client struct {
	s    *stack
	http *http.Client
	ip   string
	tls  *tls.Config
}

// newClient returns a browser on an address that nobody else has.
func (s *stack) newClient(t *testing.T) *client {
	t.Helper()
	number := s.clients.Add(1) + 100
	return s.clientAt(t, fmt.Sprintf("127.%d.%d.%d", s.network[0], s.network[1], number))
}

// clientAt returns a browser on an address.
func (s *stack) clientAt(t *testing.T, ip string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &client{s: s, ip: ip, tls: &tls.Config{RootCAs: s.authorities(t), ServerName: s.host()}}
	transport := &http.Transport{DialContext: c.dial, TLSClientConfig: c.tls, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 20}
	t.Cleanup(transport.CloseIdleConnections)
	c.http = &http.Client{
		Transport: transport, Jar: jar, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// dial connects to the port on this machine, whatever the host is called.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(c.ip)}, Timeout: patience}
	return dialer.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// authorities trusts the certificate that the installation made for itself.
func (s *stack) authorities(t *testing.T) *x509.CertPool {
	t.Helper()
	if s.env["ENVIRONMENT"] == development || s.env["TLS"] == "proxy" {
		return nil
	}
	pool := x509.NewCertPool()
	certificate, err := os.ReadFile(filepath.Join(s.folder, "nginx", "self-signed", "fullchain.pem"))
	require.NoError(t, err)
	require.True(t, pool.AppendCertsFromPEM(certificate))
	return pool
}

func (s *stack) host() string {
	if domain := s.env["DOMAIN"]; domain != "" {
		return domain
	}
	return "localhost"
}

func (s *stack) scheme() string {
	if s.env["ENVIRONMENT"] == production {
		return "https"
	}
	return "http"
}

// web and api return addresses as people use them.
func (s *stack) web(path string) string {
	port := s.httpPort
	if s.env["ENVIRONMENT"] == production {
		port = s.httpsPort
	}
	return s.scheme() + "://" + address(s.host(), port) + path
}

func (s *stack) api(path string) string {
	return s.scheme() + "://" + address(s.host(), s.apiPort) + path
}

// answer is a response that has been read.
type answer struct {
	*http.Response

	body []byte
}

// refused is the JSON of every refusal.
type refused struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Details struct {
		Reason     string `json:"reason"`
		Field      string `json:"field"`
		RetryAfter int    `json:"retry_after"`
	} `json:"details"`
}

// refusal reads the body as a refusal.
func (a *answer) refusal() (r refused, err error) {
	if kind := a.Header.Get("Content-Type"); kind != "application/json" {
		return r, fmt.Errorf("%d with Content-Type %q: %.300s", a.StatusCode, kind, a.body)
	}
	if err := json.Unmarshal(a.body, &r); err != nil {
		return r, fmt.Errorf("%d %.300q: %w", a.StatusCode, a.body, err)
	}
	if r.Code == "" || r.Message == "" {
		return r, fmt.Errorf("%d without code or message: %s", a.StatusCode, a.body)
	}
	return r, nil
}

// send sends a request; body is JSON unless it is a reader. Headers are NAME: VALUE.
func (c *client) send(ctx context.Context, method, url string, body any, headers ...string) (*answer, error) {
	var content io.Reader
	var kind string
	switch body := body.(type) {
	case nil:
	case io.Reader:
		content = body
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content, kind = bytes.NewReader(encoded), "application/json"
	}
	request, err := http.NewRequestWithContext(ctx, method, url, content)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
		if name == "Host" {
			request.Host = value
		}
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s %s: %w", method, url, err)
	}
	return &answer{Response: response, body: read}, nil
}

// do is send for tests.
func (c *client) do(t *testing.T, method, url string, body any, headers ...string) *answer {
	t.Helper()
	answer, err := c.send(t.Context(), method, url, body, headers...)
	require.NoError(t, err)
	return answer
}

func (c *client) get(t *testing.T, url string, headers ...string) *answer {
	t.Helper()
	return c.do(t, http.MethodGet, url, nil, headers...)
}

// ok sends a request to the API that must succeed, and reads its answer into out.
func (c *client) ok(t *testing.T, method, path string, body, out any) *answer {
	t.Helper()
	answer := c.do(t, method, c.s.api(path), body)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s %s: %s", method, path, answer.body)
	if out != nil {
		require.NoError(t, json.Unmarshal(answer.body, out), "%s", answer.body)
	}
	return answer
}

// requireRefused requires a refusal by status, code and reason.
func requireRefused(t *testing.T, a *answer, status int, code, reason string) refused {
	t.Helper()
	require.Equal(t, status, a.StatusCode, "%s", a.body)
	r, err := a.refusal()
	require.NoError(t, err)
	require.Equal(t, code, r.Code, "%s", a.body)
	require.Equal(t, reason, r.Details.Reason, "%s", a.body)
	return r
}

// account is what the API says about the account of who asks.
type accountAnswer struct {
	ID        int64   `json:"id"`
	Email     string  `json:"email"`
	Role      string  `json:"role"`
	RegionIDs []int64 `json:"region_ids"`
}

// signIn signs in through nginx.
func (c *client) signIn(t *testing.T, email, password string) (*answer, accountAnswer) {
	t.Helper()
	var signedIn struct {
		Account accountAnswer `json:"account"`
	}
	answer := c.ok(t, http.MethodPost, "/auth/sign-in", map[string]string{"email": email, "password": password}, &signedIn)
	c.keepSession(t, answer)
	return answer, signedIn.Account
}

// keepSession makes sure that the tokens of the session and of the device get into no log. It returns the session's.
func (c *client) keepSession(t *testing.T, a *answer) *http.Cookie {
	t.Helper()
	var session *http.Cookie
	for _, cookie := range a.Cookies() {
		keepSecret("token of a "+cookie.Name, cookie.Value)
		if cookie.Name == "session" {
			session = cookie
		}
	}
	require.NotNil(t, session, "signing in sets a cookie")
	return session
}

// cookie returns the Cookie header that the browser sends to the API.
func (c *client) cookie(t *testing.T) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.s.api("/"), nil)
	require.NoError(t, err)
	var pairs []string
	for _, cookie := range c.http.Jar.Cookies(request.URL) {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	return strings.Join(pairs, "; ")
}

// sendDirectly asks a container, without nginx.
func (c *client) sendDirectly(t *testing.T, url string) (*answer, error) {
	t.Helper()
	direct := client{s: c.s, http: &http.Client{Timeout: patience}}
	return direct.send(t.Context(), http.MethodGet, url, nil)
}

// http1 makes the browser speak HTTP/1.1 from now on, as it does for WebSockets.
func (c *client) http1() {
	transport := c.http.Transport.(*http.Transport).Clone()
	transport.ForceAttemptHTTP2 = false
	transport.TLSClientConfig = c.tls.Clone()
	transport.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
	c.http.Transport = transport
}

// secure makes the connection that browsers have: TLS in production.
func (c *client) secure(conn net.Conn) net.Conn {
	if c.s.env["ENVIRONMENT"] == development {
		return conn
	}
	config := c.tls.Clone()
	config.NextProtos = []string{"http/1.1"}
	return tls.Client(conn, config)
}
