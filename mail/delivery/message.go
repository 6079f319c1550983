package delivery

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"mime"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	"github.com/jordan-wright/email"
)

// Address is somebody's address, with their name if it is known.
type Address struct {
	Name, Email string
}

// String is the address as a header has it.
func (a Address) String() string {
	return (&netmail.Address{Name: a.Name, Address: a.Email}).String()
}

// Attachment is a file that goes with a message.
type Attachment struct {
	Name, Type string
	Content    []byte
}

// Message is what is sent to one person, and to those who get a copy.
type Message struct {
	From Address
	// ReplyTo is where answers go; From when it has no address.
	ReplyTo Address
	To      Address
	Cc      []Address
	Subject string
	// Text and HTML say the same.
	Text, HTML string
	// ID is the Message-ID without brackets; it stays the same when the message is sent again.
	ID   string
	Date time.Time
	// Unsubscribe is where one click ends mail of this kind (RFC 8058); empty for what cannot be ended.
	Unsubscribe string
	Attachments []Attachment
}

// maxLine is how long a line may be (RFC 5322).
const maxLine = 998

var errControl = errors.New("a header has a line break or another control character")

// Bytes returns the message as it is handed to the server. It fails for headers with control characters, and for addresses
// that are none.
func (m *Message) Bytes() ([]byte, error) {
	mail := email.NewEmail()
	mail.Headers = textproto.MIMEHeader{}
	people := append([]Address{m.From, m.To}, m.Cc...)
	if m.ReplyTo.Email != "" {
		people = append(people, m.ReplyTo)
		mail.ReplyTo = []string{m.ReplyTo.String()}
	}
	for _, person := range people {
		if hasControl(person.Name) || hasControl(person.Email) {
			return nil, errControl
		}
		if _, err := netmail.ParseAddress(person.Email); err != nil || strings.ContainsAny(person.Email, ` ,;:<>()"\`) {
			return nil, fmt.Errorf("%q is no address", person.Email)
		}
	}
	if slices.ContainsFunc([]string{m.Subject, m.ID, m.Unsubscribe}, hasControl) {
		return nil, errControl
	}
	mail.From, mail.To = m.From.String(), []string{m.To.String()}
	for _, person := range m.Cc {
		mail.Cc = append(mail.Cc, person.String())
	}
	mail.Subject, mail.Text, mail.HTML = m.Subject, []byte(m.Text), []byte(m.HTML)
	mail.Headers.Set("Message-Id", "<"+m.ID+">")
	mail.Headers.Set("Date", m.Date.Format(time.RFC1123Z))
	mail.Headers.Set("Auto-Submitted", "auto-generated") // so that nobody's holiday answers
	if m.Unsubscribe != "" {
		mail.Headers.Set("List-Unsubscribe", "<"+m.Unsubscribe+">")
		mail.Headers.Set("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	for i, file := range m.Attachments {
		if hasControl(file.Name) || hasControl(file.Type) {
			return nil, errControl
		}
		attachment, err := mail.Attach(bytes.NewReader(file.Content), file.Name, file.Type)
		if err != nil {
			return nil, fmt.Errorf("attach %s: %w", file.Name, err)
		}
		// The library writes the name as it stands, which is for ASCII only.
		attachment.Header.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": file.Name}))
		attachment.Header.Set("Content-Id", fmt.Sprintf("<%d.%s>", i, m.ID))
	}
	raw, err := mail.Bytes()
	if err != nil {
		return nil, fmt.Errorf("write the message: %w", err)
	}
	return foldHeader(raw)
}

// Signer signs messages for a domain (DKIM).
type Signer struct {
	Domain, Selector string
	Key              crypto.Signer
}

// Sign returns the message with the signature in front.
func (s *Signer) Sign(raw []byte) ([]byte, error) {
	var signed bytes.Buffer
	err := dkim.Sign(&signed, bytes.NewReader(raw), &dkim.SignOptions{
		Domain: s.Domain, Selector: s.Selector, Signer: s.Key,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{
			"From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type",
			"List-Unsubscribe", "List-Unsubscribe-Post",
		},
	})
	if err != nil {
		return nil, fmt.Errorf("sign the message: %w", err)
	}
	return signed.Bytes(), nil
}

// foldHeader breaks the lines of the header at the spaces between encoded words and addresses, which the library leaves as
// long as they come.
func foldHeader(raw []byte) ([]byte, error) {
	header, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("the message has no end of its header")
	}
	folded := strings.NewReplacer("?= =?", "?=\r\n =?", ">, ", ">,\r\n ").Replace(string(header))
	for line := range strings.SplitSeq(folded, "\r\n") {
		if len(line) > maxLine {
			return nil, errors.New("a header has a line of more than 998 characters")
		}
	}
	return append([]byte(folded+"\r\n\r\n"), body...), nil
}

func hasControl(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f })
}
