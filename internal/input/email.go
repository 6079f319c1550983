package input

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"

	"encore.app/internal/refusal"
)

// The bounds of SMTP, in bytes.
const (
	maxEmail     = 254
	maxLocalPart = 64
)

var (
	localPart = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	domain    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$`)
)

// Email returns an e-mail address as it is stored and compared: in lower case, its domain as DNS knows it (xn--… for
// names with other letters than a to z).
//
// What people have is accepted, not everything that the standards allow: no quotes, comments or addresses of machines
// ("a b"@example.org, a@[192.0.2.1], a@localhost), and before the @ only ASCII, for mail servers that take more are rare.
//
// Errors: invalid_argument with field when it is empty, longer than 254 bytes, or no such address.
func Email(field, text string) (string, error) {
	text, err := Text(field, text, maxEmail)
	if err != nil {
		return "", err
	}
	if text == "" {
		return "", refusal.Invalid(field, refusal.Required, "Give an e-mail address.")
	}
	email, ok := canonicalEmail(text)
	switch {
	case !ok:
		return "", refusal.Invalid(field, refusal.Malformed, "This is not an e-mail address.")
	case len(email) > maxEmail:
		return "", errTooLong(field)
	}
	return email, nil
}

// SameEmails returns the forms under which an address that somebody typed may be stored: as Email returns it, and in
// lower case as it stands, for those that were stored before Email became what it is.
//
// Errors: invalid_argument with field for what is no text, or is empty or too long.
func SameEmails(field, text string) ([]string, error) {
	text, err := Text(field, text, maxEmail)
	if err != nil {
		return nil, err
	}
	if text == "" {
		return nil, refusal.Invalid(field, refusal.Required, "Give an e-mail address.")
	}
	lower := strings.ToLower(text)
	if email, ok := canonicalEmail(text); ok && email != lower {
		return []string{email, lower}, nil
	}
	return []string{lower}, nil
}

func canonicalEmail(text string) (string, bool) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", false
	}
	local := strings.ToLower(text[:at])
	host, err := idna.Lookup.ToASCII(strings.ToLower(text[at+1:]))
	if err != nil || len(local) > maxLocalPart || !localPart.MatchString(local) || !domain.MatchString(host) {
		return "", false
	}
	return local + "@" + host, true
}
