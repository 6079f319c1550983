package delivery_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"encore.app/mail/delivery"
	"encore.app/mail/smtptest"
)

const (
	from = "office@trottoir.example"
	to   = "emma@example.org"
)

var raw = []byte("Subject: test\r\n\r\n.a line that begins with a dot\r\n")

// short keeps tests of silence short.
var short = delivery.Timeouts{
	Connect: 300 * time.Millisecond, Envelope: 300 * time.Millisecond, Command: 300 * time.Millisecond,
	Data: 300 * time.Millisecond, Answer: 300 * time.Millisecond,
}

func clientOf(t *testing.T, s *smtptest.Server, with delivery.Server) *delivery.Client {
	t.Helper()
	with.Host, with.Port, with.Hello = s.Host, s.Port, "trottoir.example"
	if with.TLS == "" {
		with.TLS = delivery.None
	}
	client := delivery.NewClient(with)
	t.Cleanup(client.Close)
	return client
}

func TestAMessageIsHandedInThroughOneConnection(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	client := clientOf(t, server, delivery.Server{})
	for range 3 {
		require.Equal(t, delivery.Taken, client.Send(from, []string{to, "copy@example.org"}, raw).Outcome)
	}
	received := server.Received()
	require.Len(t, received, 3)
	require.Equal(t, smtptest.Received{From: from, To: []string{to, "copy@example.org"}, Raw: string(raw)}, received[0])
	require.Equal(t, 1, server.Sessions())
}

func TestTheServerIsKnownByItsCertificateBeforeAnythingIsSaid(t *testing.T) {
	t.Parallel()
	for _, way := range []delivery.TLS{delivery.StartTLS, delivery.Implicit} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{STARTTLS: way == delivery.StartTLS, TLS: way == delivery.Implicit})
			server.Behave(smtptest.Behaviour{User: "office", Password: "secret"})
			good := &tls.Config{RootCAs: server.Roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
			require.Equal(t, delivery.Result{Outcome: delivery.Taken, Code: 250, Answer: "250 2.0.0 OK: queued"},
				clientOf(t, server, delivery.Server{TLS: way, Config: good, User: "office", Password: "secret"}).Send(from, []string{to}, raw))

			for name, config := range map[string]*tls.Config{
				"signed by nobody": {ServerName: "localhost", MinVersion: tls.VersionTLS12},
				"of another name":  {RootCAs: server.Roots, ServerName: "smtp.example.org", MinVersion: tls.VersionTLS12},
			} {
				result := clientOf(t, server, delivery.Server{TLS: way, Config: config, User: "office", Password: "secret"}).Send(from, []string{to}, raw)
				require.Equal(t, delivery.Unreachable, result.Outcome, name)
				require.Contains(t, result.Answer, "certificate", name)
			}
			require.Len(t, server.Received(), 1)
		})
	}
}

func TestNothingIsSaidInTheClearToAServerThatShouldEncrypt(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	result := clientOf(t, server, delivery.Server{TLS: delivery.StartTLS, User: "office", Password: "secret"}).Send(from, []string{to}, raw)
	require.Equal(t, delivery.Unreachable, result.Outcome)
	require.Contains(t, result.Answer, "STARTTLS")
	require.Empty(t, server.Received())
}

func TestARefusedSignInSaysNothingAboutTheMessage(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	server.Behave(smtptest.Behaviour{User: "office", Password: "secret"})
	result := clientOf(t, server, delivery.Server{User: "office", Password: "wrong"}).Send(from, []string{to}, raw)
	require.Equal(t, delivery.Unreachable, result.Outcome)
	require.Equal(t, 535, result.Code)
	require.NotContains(t, result.Answer, "wrong")
}

func TestWhoeverSignsInDoesSoAsTheServerOffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offered []string
		used    string
	}{
		"only LOGIN": {[]string{"LOGIN"}, "LOGIN"}, "both": {[]string{"LOGIN", "PLAIN"}, "PLAIN"}, "only PLAIN": {nil, "PLAIN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{STARTTLS: true})
			server.Behave(smtptest.Behaviour{User: "office", Password: "secret", SignIn: c.offered})
			config := &tls.Config{RootCAs: server.Roots, ServerName: "localhost", MinVersion: tls.VersionTLS12}
			with := delivery.Server{TLS: delivery.StartTLS, Config: config, User: "office", Password: "secret"}
			require.Equal(t, delivery.Taken, clientOf(t, server, with).Send(from, []string{to}, raw).Outcome)
			require.Equal(t, []string{c.used}, server.SignIns())

			with.Password = "wrong"
			result := clientOf(t, server, with).Send(from, []string{to}, raw)
			require.Equal(t, delivery.Unreachable, result.Outcome)
			require.Equal(t, 535, result.Code)
			require.NotContains(t, result.Answer, "wrong")
		})
	}
}

func TestAServerThatOffersNoWayToSignInThatIsKnown(t *testing.T) {
	t.Parallel()
	for name, offered := range map[string][]string{"another": {"XOAUTH2"}, "none": {}} {
		server := smtptest.New(t, smtptest.Options{})
		server.Behave(smtptest.Behaviour{User: "office", Password: "secret", SignIn: offered})
		result := clientOf(t, server, delivery.Server{User: "office", Password: "secret"}).Send(from, []string{to}, raw)
		require.Equal(t, delivery.Unreachable, result.Outcome, name)
		require.Contains(t, result.Answer, "sign in", name)
		require.Empty(t, server.SignIns(), name)
	}
}

// On this machine nobody listens in; everywhere else the password is said to an encrypted connection only.
func TestNobodyIsToldThePasswordInTheClear(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"PLAIN", "LOGIN"} {
		server := smtptest.New(t, smtptest.Options{})
		server.Behave(smtptest.Behaviour{User: "office", Password: "secret", SignIn: []string{way}})
		client := delivery.NewClient(delivery.Server{
			// An address that is this machine's without saying so.
			Host: "0.0.0.0", Port: server.Port, TLS: delivery.None, User: "office", Password: "secret", Timeouts: short,
		})
		t.Cleanup(client.Close)
		result := client.Send(from, []string{to}, raw)
		require.Equal(t, delivery.Unreachable, result.Outcome, way)
		require.Contains(t, result.Answer, "encrypted", way)
		require.Empty(t, server.SignIns(), way)
		require.Equal(t, delivery.Taken, clientOf(t, server, delivery.Server{User: "office", Password: "secret"}).Send(from, []string{to}, raw).Outcome)
	}
}

func TestWhatTheServerRefuses(t *testing.T) {
	t.Parallel()
	answer := func(code int) error { return &smtp.SMTPError{Code: code, Message: "not now"} }
	for name, c := range map[string]struct {
		behaviour smtptest.Behaviour
		want      delivery.Outcome
		code      int
	}{
		"the receiver for now":  {smtptest.Behaviour{Rcpt: func(string) error { return answer(451) }}, delivery.Temporary, 451},
		"the receiver for good": {smtptest.Behaviour{Rcpt: func(string) error { return answer(550) }}, delivery.Permanent, 550},
		"the sender for good":   {smtptest.Behaviour{Mail: func() error { return answer(553) }}, delivery.Permanent, 553},
		"who did not sign in":   {smtptest.Behaviour{Mail: func() error { return answer(530) }}, delivery.Temporary, 530},
		"the message for now":   {smtptest.Behaviour{Data: func(string) error { return answer(452) }}, delivery.Temporary, 452},
		"the message for good":  {smtptest.Behaviour{Data: func(string) error { return answer(554) }}, delivery.Permanent, 554},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := smtptest.New(t, smtptest.Options{})
			server.Behave(c.behaviour)
			client := clientOf(t, server, delivery.Server{})
			result := client.Send(from, []string{to}, raw)
			require.Equal(t, c.want, result.Outcome)
			require.Equal(t, c.code, result.Code)
			require.Contains(t, result.Answer, "not now")
			require.Empty(t, server.Received())

			server.Behave(smtptest.Behaviour{})
			require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome, "the next message is none the worse")
			require.Equal(t, 1, server.Sessions())
		})
	}
}

func TestARefusalIsHeardOnceOnAConnectionThatIsUsedAgain(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{})
	client := clientOf(t, server, delivery.Server{})
	require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome)
	asked := 0
	refuse := func(code int) func(string) error {
		return func(string) error {
			asked++
			return &smtp.SMTPError{Code: code, Message: "not now"}
		}
	}
	server.Behave(smtptest.Behaviour{Rcpt: refuse(550)})
	result := client.Send(from, []string{to}, raw)
	require.Equal(t, delivery.Permanent, result.Outcome)
	require.Equal(t, 1, asked)
	require.Equal(t, 1, server.Sessions())

	server.Behave(smtptest.Behaviour{Rcpt: refuse(421)}) // it is about to close the connection
	require.Equal(t, delivery.Temporary, client.Send(from, []string{to}, raw).Outcome)
	server.Behave(smtptest.Behaviour{})
	require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome)
	require.Equal(t, 2, server.Sessions(), "a new one, not that one")
}

func TestAServerThatFails(t *testing.T) {
	t.Parallel()
	t.Run("is down", func(t *testing.T) {
		t.Parallel()
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		host, port, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		client := delivery.NewClient(delivery.Server{Host: host, Port: port, TLS: delivery.None, Timeouts: short})
		require.Equal(t, delivery.Unreachable, client.Send(from, []string{to}, raw).Outcome)
	})
	t.Run("accepts and says nothing", func(t *testing.T) {
		t.Parallel()
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { _ = listener.Close() })
		host, port, err := net.SplitHostPort(listener.Addr().String())
		require.NoError(t, err)
		client := delivery.NewClient(delivery.Server{Host: host, Port: port, TLS: delivery.None, Timeouts: short})
		result := client.Send(from, []string{to}, raw)
		require.Equal(t, delivery.Unreachable, result.Outcome)
		require.Equal(t, "the server did not answer in time", result.Answer)
	})
	t.Run("hangs up during the message", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		server.Behave(smtptest.Behaviour{Drop: true})
		client := clientOf(t, server, delivery.Server{})
		require.Equal(t, delivery.Temporary, client.Send(from, []string{to}, bytes.Repeat(raw, 100_000)).Outcome)
		require.Equal(t, delivery.Temporary, client.Send(from, []string{to}, raw).Outcome)
		server.Behave(smtptest.Behaviour{})
		require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome)
	})
	t.Run("stops reading during the message", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		server.Behave(smtptest.Behaviour{Data: nil, Silent: true})
		client := clientOf(t, server, delivery.Server{Timeouts: short})
		began := time.Now()
		result := client.Send(from, []string{to}, raw)
		require.Equal(t, delivery.Unknown, result.Outcome, "it was given the whole message")
		require.Less(t, time.Since(began), 5*time.Second)
	})
	t.Run("takes its time over the receivers", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		ended := make(chan struct{})
		t.Cleanup(func() { close(ended) })
		server.Behave(smtptest.Behaviour{Rcpt: func(string) error { <-ended; return nil }})
		client := clientOf(t, server, delivery.Server{Timeouts: delivery.Timeouts{Envelope: 300 * time.Millisecond}})
		began := time.Now()
		result := client.Send(from, []string{to}, raw)
		require.Equal(t, delivery.Temporary, result.Outcome)
		require.Equal(t, "the server did not answer in time", result.Answer)
		require.Less(t, time.Since(began), 5*time.Second, "the envelope has one time for all its receivers")
	})
	t.Run("hung up since the last message", func(t *testing.T) {
		t.Parallel()
		server := smtptest.New(t, smtptest.Options{})
		client := clientOf(t, server, delivery.Server{})
		require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome)
		server.HangUp()
		require.Equal(t, delivery.Taken, client.Send(from, []string{to}, raw).Outcome)
		require.Len(t, server.Received(), 2)
	})
}

func message() *delivery.Message {
	return &delivery.Message{
		From:    delivery.Address{Name: "Trottoir", Email: from},
		To:      delivery.Address{Name: "Zoë, \"de\" Ångström", Email: "zoe+bins@example.org"},
		Subject: strings.Repeat("Réglé à l’été 🚮 ", 12), Text: strings.Repeat("één lange regel ", 200) + "\n.\n", HTML: "<p>één</p>",
		ID: "abc@trottoir.example", Date: time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC),
		Unsubscribe: "https://trottoir.example:2002/mail/unsubscribe/abc",
		Attachments: []delivery.Attachment{{Name: "foto-é.jpg", Type: "image/jpeg", Content: bytes.Repeat([]byte{0xff, 0}, 500)}},
	}
}

func TestAMessageIsWrittenAsTheStandardsSay(t *testing.T) {
	t.Parallel()
	want := message()
	want.Cc = []delivery.Address{{Email: "cc@example.org"}, {Name: "Jan", Email: "jan@example.org"}}
	written, err := want.Bytes()
	require.NoError(t, err)
	for line := range bytes.SplitSeq(written, []byte("\r\n")) {
		require.LessOrEqual(t, len(line), 998)
		require.NotContains(t, string(line), "\n", "every line ends with CR and LF")
		for _, b := range line {
			require.Less(t, b, byte(0x80), "only ASCII: %s", line)
		}
	}
	got, err := netmail.ReadMessage(bytes.NewReader(written))
	require.NoError(t, err)
	decoder := new(mime.WordDecoder)
	subject, err := decoder.DecodeHeader(got.Header.Get("Subject"))
	require.NoError(t, err)
	require.Equal(t, want.Subject, subject)
	receivers, err := got.Header.AddressList("To")
	require.NoError(t, err)
	require.Equal(t, []*netmail.Address{{Name: want.To.Name, Address: want.To.Email}}, receivers)
	copies, err := got.Header.AddressList("Cc")
	require.NoError(t, err)
	require.Len(t, copies, 2)
	require.Equal(t, "<abc@trottoir.example>", got.Header.Get("Message-Id"))
	require.Equal(t, "Wed, 25 Nov 2026 20:00:00 +0000", got.Header.Get("Date"))
	require.Equal(t, "<"+want.Unsubscribe+">", got.Header.Get("List-Unsubscribe"))
	require.Equal(t, "List-Unsubscribe=One-Click", got.Header.Get("List-Unsubscribe-Post"))
	require.Equal(t, "auto-generated", got.Header.Get("Auto-Submitted"))

	mediaType, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	require.NoError(t, err)
	require.Equal(t, "multipart/mixed", mediaType)
	parts := multipart.NewReader(got.Body, params["boundary"])
	alternative, err := parts.NextPart()
	require.NoError(t, err)
	_, params, err = mime.ParseMediaType(alternative.Header.Get("Content-Type"))
	require.NoError(t, err)
	inner := multipart.NewReader(alternative, params["boundary"])
	text, err := inner.NextPart() // which decodes quoted-printable
	require.NoError(t, err)
	body, err := io.ReadAll(text)
	require.NoError(t, err)
	require.Equal(t, want.Text, strings.ReplaceAll(string(body), "\r\n", "\n"))
	html, err := inner.NextPart()
	require.NoError(t, err)
	require.Equal(t, "text/html; charset=UTF-8", html.Header.Get("Content-Type"))
	photo, err := parts.NextPart()
	require.NoError(t, err)
	require.Equal(t, "foto-é.jpg", photo.FileName())
	content, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, photo))
	require.NoError(t, err)
	require.Equal(t, want.Attachments[0].Content, content)
}

func TestNobodyWritesAHeaderOfTheirOwn(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(m *delivery.Message){
		"name":        func(m *delivery.Message) { m.To.Name = "Emma\r\nBcc: all@example.org" },
		"address":     func(m *delivery.Message) { m.To.Email = "emma@example.org>\r\nBcc: <all@example.org" },
		"no address":  func(m *delivery.Message) { m.To.Email = "emma" },
		"two":         func(m *delivery.Message) { m.To.Email = "emma@example.org, all@example.org" },
		"subject":     func(m *delivery.Message) { m.Subject = "hello\nBcc: all@example.org" },
		"copy":        func(m *delivery.Message) { m.Cc = []delivery.Address{{Name: "x\x00", Email: "cc@example.org"}} },
		"sender":      func(m *delivery.Message) { m.From.Name = "office\rBcc: all@example.org" },
		"a delete":    func(m *delivery.Message) { m.To.Name = "Emma\x7f" },
		"reply":       func(m *delivery.Message) { m.ReplyTo = delivery.Address{Name: "\n", Email: "cc@example.org"} },
		"unsubscribe": func(m *delivery.Message) { m.Unsubscribe = "https://a>\r\nBcc: all@example.org" },
		"attachment":  func(m *delivery.Message) { m.Attachments[0].Name = "a\r\nContent-Type: text/html" },
	} {
		m := message()
		spoil(m)
		_, err := m.Bytes()
		require.Error(t, err, name)
	}
}

func TestManyCopiesStandOnLinesThatServersTake(t *testing.T) {
	t.Parallel()
	m := message()
	for i := range 40 {
		m.Cc = append(m.Cc, delivery.Address{Name: "Somebody with a long name", Email: fmt.Sprintf("somebody.with.a.long.address.%d@example.org", i)})
	}
	raw, err := m.Bytes()
	require.NoError(t, err)
	for line := range strings.SplitSeq(string(raw), "\r\n") {
		require.LessOrEqual(t, len(line), 998)
	}
	read, err := netmail.ReadMessage(bytes.NewReader(raw))
	require.NoError(t, err)
	copies, err := read.Header.AddressList("Cc")
	require.NoError(t, err)
	require.Len(t, copies, len(m.Cc))
}

func TestASignatureIsGood(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	m := message()
	m.Attachments = nil
	written, err := m.Bytes()
	require.NoError(t, err)
	signed, err := (&delivery.Signer{Domain: "trottoir.example", Selector: "bins", Key: private}).Sign(written)
	require.NoError(t, err)
	verify := func(raw []byte) error {
		found, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
			require.Equal(t, "bins._domainkey.trottoir.example", domain)
			return []string{"v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(public)}, nil
		}})
		require.NoError(t, err)
		require.Len(t, found, 1)
		return found[0].Err
	}
	require.NoError(t, verify(signed))
	require.Error(t, verify(bytes.Replace(signed, []byte("bins@example.org"), []byte("else@example.org"), 1)))
}
