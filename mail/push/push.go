// Package push hands notifications to the vendors of browsers, who bring them to the devices (RFC 8030): encrypted for the browser
// (RFC 8291), signed by the installation (RFC 8292).
package push

import (
	"context"
	"crypto/ecdh"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"
)

const (
	// Longest is how long handing in one message takes at most.
	Longest = 10 * time.Second
	// maxAnswer is how much of an answer is read, in bytes.
	maxAnswer = 4 << 10
	// maxRetryAfter is how long a vendor may ask us to wait.
	maxRetryAfter = time.Hour
	// MaxEndpoint is how long the address of a browser may be, in characters.
	MaxEndpoint = 1000
)

// Outcome is how a try ended.
type Outcome int

// The outcomes.
const (
	// Taken: the vendor brings it to the device.
	Taken Outcome = iota
	// Gone: the browser does not want to be told any more, and never will under this address.
	Gone
	// Refused: this message will not be taken, however often it is handed in.
	Refused
	// Temporary: it may be taken later.
	Temporary
)

// Result says how a try ended.
type Result struct {
	Outcome Outcome
	// RetryAfter is how long the vendor wants us to wait; 0 when it did not say.
	RetryAfter time.Duration
	// Answer is for the log: a status or what went wrong, never the address, which is a secret of the browser.
	Answer string
}

// Device is where a browser is told, as it says itself.
type Device struct {
	Endpoint     string
	P256dh, Auth []byte
}

// Message is one notification.
type Message struct {
	Payload []byte
	// Life is how long the vendor keeps it for a device that is off.
	Life time.Duration
	// Topic has a newer message replace an older one that waits; up to 32 characters of base64url, empty for none.
	Topic string
	// Urgent wakes a device that saves its battery.
	Urgent bool
}

// Options replace what a test cannot have.
type Options struct {
	// Allow decides to which addresses we connect; public ones only when it is nil.
	Allow func(netip.Addr) bool
	// RootCAs are who may vouch for a vendor; those of the system when it is nil.
	RootCAs *x509.CertPool
}

// Client hands messages in. It may be used by several goroutines.
type Client struct {
	http    *http.Client
	keys    Keys
	subject string
}

// NewClient returns a client that signs with the keys. Subject is whom a vendor can reach about our messages: an address of mail or
// of the web.
func NewClient(keys Keys, subject string, options Options) *Client {
	allow := options.Allow
	if allow == nil {
		allow = public
	}
	dialer := &net.Dialer{
		Timeout: Longest,
		// The addresses come from browsers, and what a name resolves to is known only here.
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !allow(to.Addr().Unmap()) {
				return errors.New("the address is not a public one")
			}
			return nil
		},
	}
	return &Client{
		keys: keys, subject: subject,
		http: &http.Client{
			Timeout: Longest,
			Transport: &http.Transport{
				DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true,
				TLSClientConfig:     &tls.Config{RootCAs: options.RootCAs, MinVersion: tls.VersionTLS12},
				TLSHandshakeTimeout: Longest, ResponseHeaderTimeout: Longest, IdleConnTimeout: time.Minute,
				MaxIdleConns: 20, MaxConnsPerHost: 8, MaxResponseHeaderBytes: 16 << 10,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Close ends connections that are kept open.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// PublicKey is the key that browsers are given.
func (c *Client) PublicKey() string { return c.keys.public }

// Send hands a message in.
func (c *Client) Send(ctx context.Context, to Device, m Message) Result {
	if !strings.HasPrefix(to.Endpoint, "https://") {
		return Result{Outcome: Refused, Answer: "the address is not one of https"}
	}
	urgency := webpush.UrgencyNormal
	if m.Urgent {
		urgency = webpush.UrgencyHigh
	}
	answer, err := webpush.SendNotificationWithContext(ctx, m.Payload, &webpush.Subscription{
		Endpoint: to.Endpoint,
		Keys: webpush.Keys{
			P256dh: base64.RawURLEncoding.EncodeToString(to.P256dh), Auth: base64.RawURLEncoding.EncodeToString(to.Auth),
		},
	}, &webpush.Options{
		HTTPClient: c.http, Subscriber: c.subject, VAPIDPublicKey: c.keys.public, VAPIDPrivateKey: c.keys.private,
		Topic: m.Topic, TTL: max(int(m.Life/time.Second), 0), Urgency: urgency,
	})
	if err != nil {
		// Without the address, which http puts before what went wrong.
		if failed, ok := errors.AsType[*url.Error](err); ok {
			err = failed.Err
		}
		return Result{Outcome: Temporary, Answer: err.Error()}
	}
	defer func() { _ = answer.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what could not be read is not missed
	result := Result{Answer: answer.Status}
	switch {
	case answer.StatusCode >= 200 && answer.StatusCode < 300:
		return result
	case answer.StatusCode == http.StatusNotFound, answer.StatusCode == http.StatusGone:
		result.Outcome = Gone
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode == http.StatusRequestTimeout, answer.StatusCode >= 500:
		result.Outcome, result.RetryAfter = Temporary, retryAfter(answer.Header.Get("Retry-After"))
	default:
		result.Outcome, result.Answer = Refused, fmt.Sprintf("%s: %.200q", answer.Status, said)
	}
	return result
}

// retryAfter reads how many seconds a vendor wants us to wait; dates, which none of them sends, are left to our own patience.
func retryAfter(text string) time.Duration {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, maxRetryAfter)
}

// CheckDevice fails for what no browser says: an address that is not https on its usual port at a named host, and keys that are
// none.
func CheckDevice(d Device) error {
	address, err := url.Parse(d.Endpoint)
	switch {
	case err != nil, len(d.Endpoint) > MaxEndpoint, address.Scheme != "https", address.User != nil, address.Fragment != "":
		return errors.New("the address is not one of https")
	case address.Port() != "" && address.Port() != "443":
		return errors.New("the address has an unusual port")
	case !strings.Contains(address.Hostname(), "."):
		return errors.New("the address has no host of the internet")
	case len(d.Auth) != 16:
		return errors.New("the secret has 16 bytes")
	}
	if _, err := netip.ParseAddr(address.Hostname()); err == nil {
		return errors.New("the address has no name")
	}
	if _, err := ecdh.P256().NewPublicKey(d.P256dh); err != nil {
		return errors.New("the key is no public key of P-256")
	}
	return nil
}

// reserved are the networks that are nobody's on the internet, or lead to others, beside those that package netip knows.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// public tells whether an address is one of the internet.
func public(address netip.Addr) bool {
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, network := range reserved {
		if network.Contains(address) {
			return false
		}
	}
	return true
}
