// Package delivery hands mail to an SMTP server and says how that went: taken, refused for now, refused for good, or not
// known.
package delivery

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"
)

// TLS is how a connection is encrypted.
type TLS string

// The ways of TLS.
const (
	// StartTLS begins in the clear and encrypts before anything is said that matters; a server that cannot is refused.
	StartTLS TLS = "starttls"
	// Implicit encrypts from the first byte.
	Implicit TLS = "tls"
	// None encrypts nothing: for a server on this machine or network.
	None TLS = "none"
)

// Server is where mail is handed in.
type Server struct {
	// Host and Port are its address.
	Host, Port string
	// TLS is how connections to it are encrypted.
	TLS TLS
	// User and Password sign in; nobody does when User is empty.
	User, Password string
	// Hello is the name under which this machine greets.
	Hello string
	// Config replaces the TLS configuration that Host gives; for tests.
	Config *tls.Config
	// Timeouts replace the default ones where they are not 0.
	Timeouts Timeouts
}

// Timeouts bound how long a server may take.
type Timeouts struct {
	// Connect is for reaching the server, encrypting and signing in: 30 seconds by default.
	Connect time.Duration
	// Envelope is for naming the sender and all receivers: 1 minute by default.
	Envelope time.Duration
	// Command is for the answer to one other command: 30 seconds by default.
	Command time.Duration
	// Data is for taking the message: 2 minutes by default.
	Data time.Duration
	// Answer is for the answer to the whole message: 2 minutes by default.
	Answer time.Duration
}

// Longest is the most time that Send takes, with the default timeouts: two connections with an envelope each, two commands and
// the message, however many receivers there are.
const Longest = 2*30*time.Second + 2*time.Minute + 2*30*time.Second + 2*2*time.Minute

func (t Timeouts) orDefault() Timeouts {
	or := func(d, fallback time.Duration) time.Duration {
		if d > 0 {
			return d
		}
		return fallback
	}
	return Timeouts{
		Connect: or(t.Connect, 30*time.Second), Envelope: or(t.Envelope, time.Minute), Command: or(t.Command, 30*time.Second),
		Data: or(t.Data, 2*time.Minute), Answer: or(t.Answer, 2*time.Minute),
	}
}

// Outcome is how a try ended.
type Outcome string

// The outcomes.
const (
	// Taken: the server has the message.
	Taken Outcome = "taken"
	// Temporary: it has not, and may take it later.
	Temporary Outcome = "temporary"
	// Permanent: it never will.
	Permanent Outcome = "permanent"
	// Unknown: it was given the whole message and did not answer.
	Unknown Outcome = "unknown"
	// Unreachable: no message would have come through: the server is down, does not answer, has a wrong certificate or
	// refuses who signs in.
	Unreachable Outcome = "unreachable"
)

// Result is how a try ended, and what the server said.
type Result struct {
	Outcome Outcome
	// Code is the SMTP code of the answer; 0 without one.
	Code int
	// Answer is what the server said, or what happened instead, in at most 1000 bytes.
	Answer string
}

// maxAnswer bounds what is kept of what a server says.
const maxAnswer = 1000

// Client sends to one server, through a connection that stays open from message to message. It is for one goroutine.
type Client struct {
	server   Server
	timeouts Timeouts
	conn     net.Conn
	smtp     *smtp.Client
	usedAt   time.Time
}

// idle is how long a connection is used again: servers hang up on those who say nothing for long.
const idle = 20 * time.Second

// NewClient returns a client that has no connection yet.
func NewClient(server Server) *Client {
	return &Client{server: server, timeouts: server.Timeouts.orDefault()}
}

// Send hands in a message, as it stands in raw, from and to addresses without names. When one receiver is refused the message
// goes to none.
func (c *Client) Send(from string, to []string, raw []byte) Result {
	reused := c.smtp != nil && time.Since(c.usedAt) < idle
	if !reused {
		c.Close()
		if err := c.connect(); err != nil {
			c.drop()
			return failure(Unreachable, err)
		}
	}
	err := c.envelope(from, to)
	if err != nil && reused && !isAnswer(err) {
		// The server hung up meanwhile: nothing was handed in yet.
		c.drop()
		if err := c.connect(); err != nil {
			c.drop()
			return failure(Unreachable, err)
		}
		err = c.envelope(from, to)
	}
	if err != nil {
		return c.refused(err)
	}
	return c.message(raw)
}

// Close ends the connection.
func (c *Client) Close() {
	if c.smtp != nil {
		c.deadline(time.Second)
		_ = c.smtp.Quit() // what was sent was answered: nothing depends on the goodbye
	}
	c.drop()
}

func (c *Client) drop() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn, c.smtp = nil, nil
}

func (c *Client) deadline(d time.Duration) { _ = c.conn.SetDeadline(time.Now().Add(d)) }

// connect reaches the server, encrypts and signs in, within one time for all of it.
func (c *Client) connect() error {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(c.server.Host, c.server.Port), c.timeouts.Connect)
	if err != nil {
		return err
	}
	c.conn = conn
	c.deadline(c.timeouts.Connect)
	config := c.server.Config
	if config == nil {
		config = &tls.Config{ServerName: c.server.Host, MinVersion: tls.VersionTLS12}
	}
	if c.server.TLS == Implicit {
		encrypted := tls.Client(conn, config)
		if err := encrypted.Handshake(); err != nil {
			return fmt.Errorf("encrypt: %w", err)
		}
		c.conn = encrypted
	}
	client, err := smtp.NewClient(c.conn, c.server.Host)
	if err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if c.server.Hello != "" {
		if err := client.Hello(c.server.Hello); err != nil {
			return fmt.Errorf("greet: %w", err)
		}
	}
	if c.server.TLS == StartTLS {
		if offered, _ := client.Extension("STARTTLS"); !offered {
			return errors.New("the server does not offer STARTTLS: set SMTP_TLS to tls, or to none for a server on this machine")
		}
		if err := client.StartTLS(config); err != nil {
			return fmt.Errorf("encrypt: %w", err)
		}
	}
	if c.server.User != "" {
		auth, err := c.server.auth(client)
		if err != nil {
			return err
		}
		if err := client.Auth(auth); err != nil {
			return fmt.Errorf("sign in: %w", err)
		}
	}
	c.smtp, c.usedAt = client, time.Now()
	return nil
}

func (c *Client) envelope(from string, to []string) error {
	c.deadline(c.timeouts.Envelope)
	if err := c.smtp.Mail(from); err != nil {
		return err
	}
	for _, address := range to {
		if err := c.smtp.Rcpt(address); err != nil {
			return err
		}
	}
	return nil
}

// message hands in the content. Until its last line is written the server does not have it; from then on only its answer
// tells. That answer is kept: its words are how the message is found in the server's own log, and Data of net/smtp drops them.
func (c *Client) message(raw []byte) Result {
	text := c.smtp.Text
	c.deadline(c.timeouts.Command)
	if err := text.PrintfLine("DATA"); err != nil {
		return c.refused(err)
	}
	if _, _, err := text.ReadResponse(354); err != nil {
		return c.refused(err)
	}
	c.deadline(c.timeouts.Data)
	w := text.DotWriter()
	if _, err := w.Write(raw); err != nil {
		return c.refused(err)
	}
	if err := text.W.Flush(); err != nil {
		return c.refused(err)
	}
	c.deadline(c.timeouts.Answer)
	if err := w.Close(); err != nil {
		return c.unanswered(err)
	}
	code, answer, err := text.ReadResponse(250)
	if err != nil {
		return c.unanswered(err)
	}
	c.usedAt = time.Now()
	return Result{Outcome: Taken, Code: code, Answer: readable(fmt.Sprintf("%d %s", code, answer))}
}

// unanswered judges an error after the last line of the message was on its way.
func (c *Client) unanswered(err error) Result {
	if isTimeout(err) {
		c.drop()
		return failure(Unknown, err)
	}
	// A server that hangs up before it has answered has not taken the message (RFC 5321, 4.2.5).
	return c.refused(err)
}

// refused judges an error before the server had the message.
func (c *Client) refused(err error) Result {
	answer, ok := errors.AsType[*textproto.Error](err)
	if !ok {
		c.drop()
		return failure(Temporary, err)
	}
	// The connection goes on with the next message, if the server lets it.
	c.deadline(c.timeouts.Command)
	if c.smtp.Reset() != nil || answer.Code == 421 {
		c.drop()
	} else {
		c.usedAt = time.Now()
	}
	// 530 and 535 are about who signs in, not about the message.
	if answer.Code >= 500 && answer.Code != 530 && answer.Code != 535 {
		return failure(Permanent, err)
	}
	return failure(Temporary, err)
}

func isAnswer(err error) bool {
	_, ok := errors.AsType[*textproto.Error](err)
	return ok
}

func isTimeout(err error) bool {
	network, ok := errors.AsType[net.Error](err)
	return ok && network.Timeout()
}

func failure(outcome Outcome, err error) Result {
	result := Result{Outcome: outcome, Answer: err.Error()}
	if answer, ok := errors.AsType[*textproto.Error](err); ok {
		result.Code = answer.Code
	}
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		result.Answer = "the server hung up"
	case isTimeout(err):
		result.Answer = "the server did not answer in time"
	}
	result.Answer = readable(result.Answer)
	return result
}

// readable is what is kept of the words of a server.
func readable(answer string) string {
	answer = strings.ToValidUTF8(strings.ReplaceAll(answer, "\x00", ""), "?")
	if len(answer) > maxAnswer {
		answer = strings.ToValidUTF8(answer[:maxAnswer], "")
	}
	return answer
}
