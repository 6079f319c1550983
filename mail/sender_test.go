package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/internal/mailrequest"
	"encore.app/internal/place"
	"encore.app/internal/place/placetest"
	"encore.app/mail/delivery"
	"encore.app/mail/smtptest"
	"encore.app/mail/store"
)

// passwordChanged asks for a mail to Emma.
func passwordChanged(id string) mailrequest.Request {
	return mailrequest.Request{ID: id, Kind: mailrequest.PasswordChanged, UserID: 3}
}

func TestARequestBecomesOneMessageHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		b.request(passwordChanged("one"))
	}
	b.send()
	require.Len(t, b.smtp.Received(), 1)
	got := b.smtp.Received()[0]
	require.Equal(t, "office@bins.example.be", got.From)
	require.Equal(t, []string{"emma@example.org"}, got.To)
	message := b.only()
	require.Equal(t, store.MessageStatusSent, message.Status)
	require.Equal(t, "emma@example.org", message.Address)
	require.Contains(t, got.Raw, "Message-Id: <"+message.MessageID+">")
	require.Contains(t, message.Body, "woensdag 25 november 2026, 21:00")
	require.Equal(t, []store.TryOutcome{store.TryOutcomeTaken}, b.tries(message.ID))
}

func TestALinkStandsInTheMailAndNowhereElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const link = "https://bins.example.be/register?token=a-_b"
	b.auth.links[7] = &auth.InvitationLinkResponse{
		Link: link, Email: "noor@example.org", Role: auth.RoleStudent, InvitedBy: "Ruben", Language: "en", ExpiresAt: wednesday.Add(time.Hour),
	}
	b.request(mailrequest.Request{Kind: mailrequest.Invitation, ThingID: 7})
	b.send()
	require.Len(t, b.smtp.Received(), 1)
	require.Contains(t, strings.ReplaceAll(b.smtp.Received()[0].Raw, "=\r\n", ""), "token=3Da-_b")
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select messages::text from messages`).Scan(&stored))
	require.NotContains(t, stored, "a-_b")
	require.Contains(t, stored, blackedOut)
}

func TestANewDeviceIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var err error
	b.places, err = place.Open(placetest.File(t))
	require.NoError(t, err)
	for i, ip := range []string{"81.82.3.4", "192.0.2.1"} {
		b.request(mailrequest.Request{
			ID: fmt.Sprint(i), Kind: mailrequest.NewDevice, UserID: 3, ThingID: int64(70 + i), Data: map[string]string{"device": "Firefox", "ip": ip},
		})
	}
	b.send()
	var bodies []string
	for _, m := range b.messages() {
		bodies = append(bodies, m.Body)
	}
	text := strings.Join(bodies, "\n")
	require.Contains(t, text, "Firefox (Gent, België, 81.82.3.4).")
	require.Contains(t, text, "Firefox (192.0.2.1).")
}

func TestEveryMailAboutAnAccountGoesWhereItBelongs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i, request := range []mailrequest.Request{
		{Kind: mailrequest.PasswordReset, UserID: 3, ThingID: 7},
		{Kind: mailrequest.EmailChange, UserID: 3, ThingID: 7, Address: "emma@new.example.org"},
		{Kind: mailrequest.EmailChanged, UserID: 3, Address: "emma@old.example.org"},
		{Kind: mailrequest.NewDevice, UserID: 3, ThingID: 70, Data: map[string]string{"device": "Firefox op Linux", "ip": "192.0.2.1"}},
		{Kind: mailrequest.SecondFactorChanged, UserID: 3, Data: map[string]string{"change": "enrolled"}},
		{Kind: mailrequest.TokenCreated, UserID: 3, Data: map[string]string{"scope": "read", "expires_at": "2027-01-01T09:00:00Z"}},
		{Kind: mailrequest.PasswordChanged, UserID: 3},
		{Kind: mailrequest.PasswordReset, UserID: 3, ThingID: 8}, // used meanwhile
		{Kind: mailrequest.EmailChange, UserID: 3, ThingID: 8, Address: "emma@new.example.org"},
	} {
		request.ID = fmt.Sprint(i)
		b.request(request)
	}
	b.send()
	to, body := map[string]string{}, map[string]string{}
	for _, m := range b.messages() {
		if m.Status == store.MessageStatusSent {
			to[m.Kind], body[m.Kind] = m.Address, m.Body
			require.NotContains(t, m.Body, "token=")
		}
	}
	require.Contains(t, body["new-device"], "/profile?tab=sessions")
	require.Contains(t, body["second-factor-changed"], "/profile?tab=security")
	require.Contains(t, body["token-created"], "/profile?tab=tokens")
	require.Equal(t, map[string]string{
		"password-reset": "emma@example.org", "email-change": "emma@new.example.org", "email-changed": "emma@old.example.org",
		"new-device": "emma@example.org", "second-factor-changed": "emma@example.org", "token-created": "emma@example.org",
		"password-changed": "emma@example.org",
	}, to)
	require.Len(t, b.smtp.Received(), 7)
	for _, received := range b.smtp.Received() {
		require.NotContains(t, received.Raw, "List-Unsubscribe", "it cannot be ended")
	}
}

func TestWhatIsOverIsNotSent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(mailrequest.Request{Kind: mailrequest.Invitation, ThingID: 7}) // which was withdrawn
	b.request(mailrequest.Request{Kind: mailrequest.PasswordChanged, UserID: 99})
	b.send()
	require.Empty(t, b.smtp.Received())
	for _, message := range b.messages() {
		require.Equal(t, store.MessageStatusWithdrawn, message.Status)
		require.Empty(t, b.tries(message.ID))
	}
}

func TestWhileAuthIsAwayMailWaits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.err = errors.New("database away")
	b.request(passwordChanged("one"))
	b.send()
	require.Equal(t, store.MessageStatusWaiting, b.only().Status)
	b.auth.err = nil
	b.time.advance(2 * time.Minute)
	b.send()
	require.Equal(t, store.MessageStatusSent, b.only().Status)
}

func TestAServerThatIsDownForAMinuteLosesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)

	b.sender.client = delivery.NewClient(delivery.Server{Host: "127.0.0.1", Port: "1", TLS: delivery.None, Timeouts: short})
	for i := range 20 {
		b.request(passwordChanged(fmt.Sprint(i)))
	}
	for range 4 { // a minute
		b.send()
		b.time.advance(15 * time.Second)
	}
	tried := 0
	for _, message := range b.messages() {
		require.Equal(t, store.MessageStatusWaiting, message.Status)
		tried += int(message.Tries)
	}
	require.LessOrEqual(t, tried, 3, "messages are not used up against a server that is down")
	b.useServer(b.smtp)
	for range 3 {
		b.time.advance(time.Minute)
		b.send()
	}
	require.Len(t, b.smtp.Received(), 20)
	seen := map[string]bool{}
	for _, message := range b.messages() {
		require.Equal(t, store.MessageStatusSent, message.Status)
		require.False(t, seen[message.MessageID])
		seen[message.MessageID] = true
	}
}

func TestARefusalForNowIsTriedEightTimesLessAndLessOften(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(string) error { return &smtp.SMTPError{Code: 451, Message: "try later"} }})
	b.request(passwordChanged("one"))
	waits := []time.Duration{}
	for range maxTries {
		b.send()
		message := b.only()
		if message.Status == store.MessageStatusWaiting {
			wait := message.NextTryAt.Sub(b.time.now())
			waits = append(waits, wait)
			b.time.advance(wait)
		}
	}
	require.Equal(t, store.MessageStatusFailed, b.only().Status)
	require.Len(t, b.tries(b.only().ID), maxTries)
	want := time.Minute
	for _, wait := range waits {
		require.InDelta(t, want.Seconds(), wait.Seconds(), 0.21*want.Seconds())
		want *= 3
	}
	b.time.advance(48 * time.Hour)
	b.send()
	require.Len(t, b.tries(b.only().ID), maxTries)
}

func TestARefusalForGoodIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}})
	b.request(passwordChanged("one"))
	b.send()
	message := b.only()
	require.Equal(t, store.MessageStatusFailed, message.Status)
	tries, err := b.query.MessageTries(t.Context(), message.ID)
	require.NoError(t, err)
	require.Len(t, tries, 1)
	require.EqualValues(t, 550, tries[0].Code)
	require.Contains(t, tries[0].Answer, "no such mailbox")
}

func TestAServerThatTakesAMessageAndSaysNothingGetsItTwiceAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.smtp.Behave(smtptest.Behaviour{Silent: true})
	b.request(passwordChanged("one"))
	for range 4 {
		b.send()
		b.time.advance(24 * time.Hour / 4)
	}
	require.Equal(t, store.MessageStatusFailed, b.only().Status)
	require.Equal(t, []store.TryOutcome{store.TryOutcomeUnknown, store.TryOutcomeUnknown}, b.tries(b.only().ID))
}

func TestAServerWithAWrongCertificateIsToldNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	encrypted := smtptest.New(t, smtptest.Options{STARTTLS: true})
	useRoots := func(roots *x509.CertPool) {
		b.sender.client.Close()
		b.sender.client = delivery.NewClient(delivery.Server{
			Host: encrypted.Host, Port: encrypted.Port, TLS: delivery.StartTLS, Timeouts: short,
			Config: &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS12},
		})
	}
	useRoots(x509.NewCertPool())
	b.request(passwordChanged("one"))
	for range 3 {
		b.send()
		b.time.advance(20 * time.Minute)
	}
	message := b.only()
	require.Equal(t, store.MessageStatusWaiting, message.Status)
	tries, err := b.query.MessageTries(t.Context(), message.ID)
	require.NoError(t, err)
	for _, try := range tries {
		require.Equal(t, store.TryOutcomeUnreachable, *try.Outcome)
		require.Contains(t, try.Answer, "certificate", "the log says why")
	}
	require.Empty(t, encrypted.Received())
	useRoots(encrypted.Roots)
	b.send()
	require.Equal(t, store.MessageStatusSent, b.only().Status)
	require.Len(t, encrypted.Received(), 1)
}

func TestAConnectionThatBreaksDuringTheMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.smtp.Behave(smtptest.Behaviour{Drop: true})
	b.request(passwordChanged("one"))
	b.send()
	require.Equal(t, store.MessageStatusWaiting, b.only().Status)
	b.smtp.Behave(smtptest.Behaviour{})
	b.time.advance(2 * time.Minute)
	b.send()
	require.Equal(t, store.MessageStatusSent, b.only().Status)
	require.Len(t, b.smtp.Received(), 1)
}

func TestAKillBetweenSendingAndRecordingSendsThatMessageOnceMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.request(passwordChanged("two"))
	killed := errors.New("killed")
	record := b.sender.record
	b.sender.record = func(context.Context, store.Message, int64, delivery.Result) error { return killed }
	_, err := b.sender.sendDue(t.Context())
	require.ErrorIs(t, err, killed)
	require.Len(t, b.smtp.Received(), 1)

	b.sender.record = record
	b.send()
	require.Len(t, b.smtp.Received(), 2, "the other one goes at once; that one may still be under way")
	b.time.advance(lease + time.Second)
	b.send()
	received := b.smtp.Received()
	require.Len(t, received, 3)
	require.Equal(t, messageID(received[0]), messageID(received[2]), "whoever sees it twice can tell")
	for _, message := range b.messages() {
		require.Equal(t, store.MessageStatusSent, message.Status)
	}
	b.time.advance(lease + time.Second)
	b.send()
	require.Len(t, b.smtp.Received(), 3)
}

func TestAMessageThatKillsTheProgramIsSentTwiceAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.request(passwordChanged("one"))
	b.sender.record = func(context.Context, store.Message, int64, delivery.Result) error { return errors.New("killed") }
	for range 5 {
		_, _ = b.sender.sendDue(t.Context())
		b.time.advance(lease + time.Second)
	}
	require.Len(t, b.smtp.Received(), 2)
	require.Equal(t, store.MessageStatusFailed, b.only().Status)
	require.Equal(t, []store.TryOutcome{store.TryOutcomeUnknown, store.TryOutcomeUnknown}, b.tries(b.only().ID))
}

func messageID(received smtptest.Received) string {
	for line := range strings.SplitSeq(received.Raw, "\r\n") {
		if id, found := strings.CutPrefix(line, "Message-Id: "); found {
			return id
		}
	}
	return ""
}

func TestAllProcessesTogetherKeepTheRateAndSendNothingTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.PerMinute = 10
	for i := range 25 {
		b.request(passwordChanged(fmt.Sprint(i)))
	}
	senders := []*sender{b.sender}
	for range 3 {
		other := newSender(b.Service, delivery.Server{Host: b.smtp.Host, Port: b.smtp.Port, TLS: delivery.None})
		t.Cleanup(other.client.Close)
		senders = append(senders, other)
	}
	for _, want := range []int{10, 20, 25} {
		var wg sync.WaitGroup
		for _, sender := range senders {
			wg.Go(func() { _, _ = sender.sendDue(t.Context()) })
		}
		wg.Wait()
		require.Len(t, b.smtp.Received(), want)
		b.time.advance(time.Minute)
	}
	ids := map[string]bool{}
	for _, received := range b.smtp.Received() {
		ids[messageID(received)] = true
	}
	require.Len(t, ids, 25)
}

func TestWhatWaitsTooLongFailsWhereItIsSeen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.Host = "" // nothing is sent
	b.request(passwordChanged("one"))
	b.time.advance(mailLife - time.Second)
	require.NoError(t, b.sender.observe(t.Context()))
	require.Equal(t, store.MessageStatusWaiting, b.only().Status)
	b.time.advance(time.Second)
	require.NoError(t, b.sender.observe(t.Context()))
	require.Equal(t, store.MessageStatusFailed, b.only().Status)
	require.Equal(t, []store.TryOutcome{store.TryOutcomePermanent}, b.tries(b.only().ID))
}

func TestTheSenderRunsUntilItIsStopped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.sender.start()
	b.request(passwordChanged("one"))
	require.Eventually(t, func() bool { return len(b.smtp.Received()) == 1 }, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, b.sender.stop(t.Context()))
	b.request(passwordChanged("two"))
	require.Len(t, b.smtp.Received(), 1)
}
