package local

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ProxyHeader is set on every request that came through the Proxy, and removed from what clients send.
const ProxyHeader = "X-Encore-Local-Proxy"

const (
	// holdTime bounds how long a request waits for the next program, and maxHeld how many do.
	holdTime = 30 * time.Second
	maxHeld  = 1000
)

// Proxy keeps the port of the application while its programs are swapped: requests that come when none is ready wait
// for it. WebSockets and streams pass through; they end with the program that serves them.
type Proxy struct {
	mu      sync.Mutex
	target  *target       // nil while there is no program
	failure string        // why there is none, "" while one is on its way
	changed chan struct{} // closed at the next change of target or failure
	held    int

	server *http.Server
	done   chan struct{}
}

// target is a program that serves requests.
type target struct {
	handler   *httputil.ReverseProxy
	transport *http.Transport
}

// NewProxy returns a proxy that serves on l, and holds requests until SetTarget or SetFailure is called. The caller
// must Close it.
func NewProxy(l net.Listener) *Proxy {
	p := &Proxy{changed: make(chan struct{}), done: make(chan struct{})}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	go func() {
		defer close(p.done)
		_ = p.server.Serve(l) // ends by Close
	}()
	return p
}

// Close closes the listener and cuts the connections.
func (p *Proxy) Close() error {
	err := p.server.Close()
	<-p.done
	return err
}

// SetTarget sends requests to the program at address, host:port, from now on, those that wait too. Requests that
// another program is serving stay with it.
func (p *Proxy) SetTarget(address string) {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
			return &answerFirst{Conn: conn}, err
		},
		DisableCompression:  true, // the client's wish is passed on instead
		MaxIdleConnsPerHost: 100,
		IdleConnTimeout:     time.Minute,
	}
	to := &url.URL{Scheme: "http", Host: address}
	p.change(&target{transport: transport, handler: &httputil.ReverseProxy{
		Transport:     transport,
		FlushInterval: -1, // streams
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host // the application compares it with the Origin
			r.SetXForwarded()
			r.Out.Header.Set(ProxyHeader, "1")
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			if r.Context().Err() != nil || errors.Is(err, http.ErrAbortHandler) {
				return // the client has gone
			}
			showFailure(w, r, http.StatusBadGateway, "The program did not answer: "+err.Error())
		},
	}}, "")
}

// answerFirst is a connection to the program. The program may answer before it has read the whole request, and close the
// connection: http.Transport would take the write that fails then for the outcome, although the answer is there to be
// read. So what cannot be written any more is dropped, and the reader tells how the request ended.
type answerFirst struct {
	net.Conn
	used, closed atomic.Bool // something has been written; nothing can be any more
}

func (c *answerFirst) Write(p []byte) (int, error) {
	if c.closed.Load() {
		return len(p), nil
	}
	n, err := c.Conn.Write(p)
	if err == nil {
		c.used.Store(true)
	} else if (c.used.Load() || n > 0) && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)) {
		c.closed.Store(true)
		return len(p), nil
	}
	return n, err
}

// Hold makes requests wait for the next SetTarget or SetFailure, for 30 seconds at most.
func (p *Proxy) Hold() { p.change(nil, "") }

// SetFailure answers requests with the reason why there is no program, such as the output of the compiler.
func (p *Proxy) SetFailure(reason string) { p.change(nil, reason) }

func (p *Proxy) change(t *target, failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target != nil {
		p.target.transport.CloseIdleConnections()
	}
	p.target, p.failure = t, failure
	close(p.changed)
	p.changed = make(chan struct{})
}

// ServeHTTP passes the request on, or answers with the reason why it cannot.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t, failure := p.wait(r.Context())
	switch {
	case t != nil:
		t.handler.ServeHTTP(w, r)
	case failure != "":
		showFailure(w, r, http.StatusServiceUnavailable, failure)
	}
}

// wait returns the program, or why there is none; neither when the client has gone.
func (p *Proxy) wait(ctx context.Context) (t *target, failure string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.target != nil || p.failure != "" {
		return p.target, p.failure
	}
	if p.held == maxHeld {
		return nil, "The program is starting, and too many requests wait for it already."
	}
	p.held++
	defer func() { p.held-- }()
	timeout := time.NewTimer(holdTime)
	defer timeout.Stop()
	for p.target == nil && p.failure == "" {
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-timeout.C:
			failure = "The program is taking too long to start."
		case <-ctx.Done():
		}
		p.mu.Lock()
		if failure != "" || ctx.Err() != nil {
			return nil, failure
		}
	}
	return p.target, p.failure
}

var terminalColors = regexp.MustCompile("\x1b\\[[0-9;]*m")

const failureStyle = `:root{color-scheme:light dark}body{margin:0;font:16px/1.5 system-ui,sans-serif;background:#f7f5f2;color:#1c1b19}
main{max-width:60rem;margin:0 auto;padding:3rem 1.5rem}h1{font-size:1.25rem;border-left:6px solid #f5b800;padding-left:.75rem}
pre{overflow:auto;padding:1rem;border:1px solid #d9d5cf;border-radius:8px;background:#fff;font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap}
@media (prefers-color-scheme:dark){body{background:#1c1b19;color:#eeebe6}pre{background:#262421;border-color:#3d3a35}}`

var failurePage = template.Must(template.New("failure").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<title>The program is not running</title><style>` + failureStyle + `</style></head>
<body><main><h1>The program is not running</h1><pre>{{.}}</pre><p>This page reloads by itself.</p></main></body></html>
`))

var failurePolicy = func() string {
	sum := sha256.Sum256([]byte(failureStyle))
	return fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'", base64.StdEncoding.EncodeToString(sum[:]))
}()

// showFailure answers a browser with a page and others with the JSON of an error.
func showFailure(w http.ResponseWriter, r *http.Request, status int, reason string) {
	reason = strings.TrimSpace(terminalColors.ReplaceAllString(reason, ""))
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Retry-After", "2")
	h.Set("X-Content-Type-Options", "nosniff")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", failurePolicy)
		w.WriteHeader(status)
		_ = failurePage.Execute(w, reason) // fails when the client has gone
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(struct { // fails when the client has gone
		Code    string `json:"code"`
		Message string `json:"message"`
		Details any    `json:"details"`
	}{"unavailable", reason, nil})
}
