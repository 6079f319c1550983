package local

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// Mail is a received message.
type Mail struct {
	ID          int
	Received    time.Time
	From        string   // of the envelope
	To          []string // of the envelope, blind copies too
	Subject     string
	Headers     []MailHeader // as sent, decoded
	Text        string
	HTML        string
	Attachments []Attachment
	Problem     string // why the message could not be read as a whole; "" when it could
	Raw         []byte // as it came
}

// MailHeader is one header line of a message.
type MailHeader struct{ Name, Value string }

// Attachment is a part of a message that is not its text. Parts that the HTML mentions have a ContentID.
type Attachment struct {
	Name      string
	Type      string
	ContentID string
	Data      []byte
}

// maxParts bounds the parts and maxDepth the nesting of what is read of a message.
const (
	maxParts = 200
	maxDepth = 10
)

func readMail(from string, to []string, received time.Time, raw []byte) *Mail {
	m := &Mail{From: from, To: to, Received: received, Raw: raw}
	reader := bufio.NewReader(bytes.NewReader(raw))
	header, err := textproto.NewReader(reader).ReadMIMEHeader()
	m.Headers = readHeaders(raw)
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, "Subject") {
			m.Subject = h.Value
		}
	}
	if err == nil {
		err = m.readPart(header, reader, 0, new(int))
	}
	if err != nil {
		m.Problem = err.Error()
	}
	return m
}

// readHeaders returns the header lines in their order.
func readHeaders(raw []byte) []MailHeader {
	var headers []MailHeader
	for line := range strings.Lines(string(raw)) {
		text := strings.TrimRight(line, "\r\n")
		if text == "" {
			break
		}
		if strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t") {
			if len(headers) > 0 {
				headers[len(headers)-1].Value += " " + strings.TrimSpace(text)
			}
			continue
		}
		name, value, _ := strings.Cut(text, ":")
		headers = append(headers, MailHeader{name, strings.TrimSpace(value)})
	}
	words := mime.WordDecoder{CharsetReader: charsetReader}
	for i, h := range headers {
		if decoded, err := words.DecodeHeader(h.Value); err == nil {
			headers[i].Value = decoded // else as it came
		}
	}
	return headers
}

func (m *Mail) readPart(header textproto.MIMEHeader, body io.Reader, depth int, parts *int) error {
	if *parts++; *parts > maxParts || depth > maxDepth {
		return fmt.Errorf("the message has too many parts")
	}
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		mediaType, params = "text/plain", nil // what the standard says of a missing type
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		reader := multipart.NewReader(body, params["boundary"])
		for {
			part, err := reader.NextRawPart()
			if err == io.EOF {
				return nil
			} else if err != nil {
				return fmt.Errorf("read a part of the message: %w", err)
			}
			if err := m.readPart(part.Header, part, depth+1, parts); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(header.Get("Content-Transfer-Encoding")) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	disposition, dispositionParams, _ := mime.ParseMediaType(header.Get("Content-Disposition")) // without one the part is text or has a type
	name := dispositionParams["filename"]
	if name == "" {
		name = params["name"]
	}
	if disposition != "attachment" && slices.Contains([]string{"text/plain", "text/html"}, mediaType) {
		return m.readText(mediaType, params["charset"], body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read an attachment: %w", err)
	}
	words := mime.WordDecoder{CharsetReader: charsetReader}
	if decoded, err := words.DecodeHeader(name); err == nil {
		name = decoded
	}
	if name = path.Base(strings.ReplaceAll(name, `\`, "/")); name == "." || name == "/" {
		name = fmt.Sprintf("part-%d", *parts)
	}
	m.Attachments = append(m.Attachments, Attachment{
		Name:      name,
		Type:      mediaType,
		ContentID: strings.Trim(header.Get("Content-Id"), "<>"),
		Data:      data,
	})
	return nil
}

func (m *Mail) readText(mediaType, charset string, body io.Reader) error {
	if charset != "" {
		decoded, err := charsetReader(charset, body)
		if err != nil {
			return err
		}
		body = decoded
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return fmt.Errorf("read the text of the message: %w", err)
	}
	text := strings.ToValidUTF8(string(data), "\uFFFD")
	if mediaType == "text/html" {
		m.HTML += text
	} else {
		m.Text += text
	}
	return nil
}

func charsetReader(charset string, r io.Reader) (io.Reader, error) {
	encoding, err := htmlindex.Get(charset)
	if err != nil {
		return nil, fmt.Errorf("the message uses the unknown character set %q", charset)
	}
	return encoding.NewDecoder().Reader(r), nil
}
