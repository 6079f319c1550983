package local

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	inboxCapacity   = 500      // messages; the oldest go first
	inboxMaxBytes   = 25 << 20 // of one message
	inboxTotal      = 256 << 20
	inboxRecipients = 500
)

// Inbox is an SMTP server that delivers nothing: it keeps the last messages in memory for the developer to read.
type Inbox struct {
	listener net.Listener
	server   *smtp.Server
	done     chan error

	mu       sync.Mutex
	mails    []*Mail // oldest first
	size     int
	lastID   int
	watchers map[chan struct{}]bool
}

func startInbox() (*Inbox, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the mail inbox: %w", err)
	}
	i := &Inbox{listener: listener, done: make(chan error, 1), watchers: make(map[chan struct{}]bool)}
	i.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{inbox: i}, nil }))
	i.server.Domain = "localhost"
	i.server.MaxMessageBytes = inboxMaxBytes
	i.server.MaxRecipients = inboxRecipients
	i.server.ReadTimeout = time.Minute
	i.server.WriteTimeout = time.Minute
	i.server.EnableSMTPUTF8 = true
	i.server.ErrorLog = quietLog{}
	go func() { i.done <- i.server.Serve(listener) }()
	return i, nil
}

// quietLog drops what the server says of clients that hang up; errors reach the client by the protocol.
type quietLog struct{}

func (quietLog) Printf(string, ...any) {}
func (quietLog) Println(...any)        {}

// Addr returns the address of the server, host:port.
func (i *Inbox) Addr() string { return i.listener.Addr().String() }

// Close stops the server. The messages are gone with it.
func (i *Inbox) Close() error {
	// The server knows the listener only once it serves, which may not be so yet.
	err := errors.Join(i.server.Close(), i.listener.Close(), <-i.done)
	if errors.Is(err, net.ErrClosed) || errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// List returns the messages, newest first.
func (i *Inbox) List() []*Mail {
	i.mu.Lock()
	defer i.mu.Unlock()
	mails := slices.Clone(i.mails)
	slices.Reverse(mails)
	return mails
}

// Get returns a message.
func (i *Inbox) Get(id int) (*Mail, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range i.mails {
		if m.ID == id {
			return m, true
		}
	}
	return nil, false
}

// DeleteAll forgets all messages.
func (i *Inbox) DeleteAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.mails, i.size = nil, 0
	i.notify()
}

// Watch returns a channel that receives after a change, and a function to end that.
func (i *Inbox) Watch() (changes <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.watchers[c] = true
	return c, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		delete(i.watchers, c)
	}
}

func (i *Inbox) notify() {
	for c := range i.watchers {
		select {
		case c <- struct{}{}:
		default: // it has not looked since the last change
		}
	}
}

func (i *Inbox) add(m *Mail) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.lastID++
	m.ID = i.lastID
	i.mails = append(i.mails, m)
	i.size += len(m.Raw)
	for len(i.mails) > inboxCapacity || i.size > inboxTotal && len(i.mails) > 1 {
		i.size -= len(i.mails[0].Raw)
		i.mails[0] = nil
		i.mails = i.mails[1:]
	}
	i.notify()
}

// session receives the messages of one connection.
type session struct {
	inbox *Inbox
	from  string
	to    []string
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	var raw bytes.Buffer
	if _, err := raw.ReadFrom(r); err != nil {
		return err // go-smtp tells the client that the message is too big
	}
	s.inbox.add(readMail(s.from, slices.Clone(s.to), time.Now(), raw.Bytes()))
	return nil
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (s *session) Logout() error { return nil }
