package local

import (
	"fmt"
	"net/smtp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func testInbox(t *testing.T) *Inbox {
	t.Helper()
	inbox, err := startInbox()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, inbox.Close()) })
	return inbox
}

func deliver(t *testing.T, inbox *Inbox, message string) {
	t.Helper()
	message = strings.ReplaceAll(message, "\n", "\r\n")
	require.NoError(t, smtp.SendMail(inbox.Addr(), nil, "office@example.com", []string{"ann@example.com", "blind@example.com"}, []byte(message)))
}

func TestInboxReadsTextHTMLAndAttachments(t *testing.T) {
	t.Parallel()
	inbox := testInbox(t)
	changes, stop := inbox.Watch()
	defer stop()
	deliver(t, inbox, `From: Office <office@example.com>
To: ann@example.com
Subject: =?utf-8?q?Rit_van_caf=C3=A9_Zo=C3=AB?=
X-Long: first
 second
Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

caf=E9
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PGI+Y2Fmw6k8L2I+
--inner--
--outer
Content-Type: application/pdf; name="../../round.pdf"
Content-Disposition: attachment; filename="../../round.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--outer--
`)
	<-changes
	mails := inbox.List()
	require.Len(t, mails, 1)
	m := mails[0]
	require.Empty(t, m.Problem)
	require.Equal(t, "Rit van café Zoë", m.Subject)
	require.Equal(t, []string{"ann@example.com", "blind@example.com"}, m.To)
	require.Contains(t, m.Headers, MailHeader{"X-Long", "first second"})
	require.Equal(t, "café", strings.TrimSpace(m.Text))
	require.Equal(t, "<b>café</b>", m.HTML)
	require.Equal(t, []Attachment{{Name: "round.pdf", Type: "application/pdf", Data: []byte("%PDF")}}, m.Attachments)
}

func TestInboxKeepsTheLastMessages(t *testing.T) {
	t.Parallel()
	inbox := testInbox(t)
	for n := range inboxCapacity + 2 {
		inbox.add(readMail("", nil, t0, fmt.Appendf(nil, "Subject: %d\r\n\r\nhello", n)))
	}
	mails := inbox.List()
	require.Len(t, mails, inboxCapacity)
	require.Equal(t, fmt.Sprint(inboxCapacity+1), mails[0].Subject, "newest first")
	require.Equal(t, "2", mails[len(mails)-1].Subject, "the oldest are gone")
	found, ok := inbox.Get(mails[0].ID)
	require.True(t, ok)
	require.Equal(t, "hello", found.Text)
	inbox.DeleteAll()
	require.Empty(t, inbox.List())
}

func TestInboxBoundsMemory(t *testing.T) {
	t.Parallel()
	inbox := testInbox(t)
	big := []byte("Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 62)+"\r\n", inboxMaxBytes/64+1))
	err := smtp.SendMail(inbox.Addr(), nil, "a@example.com", []string{"b@example.com"}, big)
	require.ErrorContains(t, err, "552")
	require.Empty(t, inbox.List())
	for range 3 {
		inbox.add(&Mail{Raw: make([]byte, inboxTotal/2)})
	}
	require.Len(t, inbox.List(), 2)
}

func TestInboxShowsABrokenMessageWithItsProblem(t *testing.T) {
	t.Parallel()
	inbox := testInbox(t)
	deliver(t, inbox, "Subject: broken\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nno end")
	require.Contains(t, inbox.List()[0].Problem, "unexpected EOF")
	deliver(t, inbox, "Subject: odd\nContent-Type: text/plain; charset=klingon\n\nqapla")
	require.Contains(t, inbox.List()[0].Problem, "klingon")
}
