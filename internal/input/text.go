// Package input checks what requests hold before anything is done with it, the same way in all services.
package input

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"encore.app/internal/refusal"
)

// Text returns a text of one line as it is stored: composed (NFC), each row of white space, line breaks too, as one
// space and none around it, and without characters that nobody sees. A text of nothing else is empty.
//
// Errors: invalid_argument with field for what is no text (NUL, bytes that are not UTF-8, control characters) and for
// more than limit characters.
func Text(field, text string, limit int) (string, error) {
	return checked(field, text, limit, func(text string) string { return strings.Join(strings.Fields(text), " ") })
}

// RequiredText is Text for a text that must not be empty.
func RequiredText(field, text string, limit int) (string, error) {
	return required(field, text, limit, Text)
}

// Lines is Text for a text that may have several lines: line breaks, tabs and indentation stay.
func Lines(field, text string, limit int) (string, error) {
	return checked(field, text, limit, func(text string) string {
		return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text))
	})
}

// RequiredLines is Lines for a text that must not be empty.
func RequiredLines(field, text string, limit int) (string, error) {
	return required(field, text, limit, Lines)
}

func required(field, text string, limit int, check func(string, string, int) (string, error)) (string, error) {
	text, err := check(field, text, limit)
	if err == nil && text == "" {
		return "", refusal.Invalid(field, refusal.Required, "Write a text.")
	}
	return text, err
}

func checked(field, text string, limit int, arrange func(string) string) (string, error) {
	if len(text) > 16*limit+1024 { // whatever of it is white space: it is not worth the work
		return "", errTooLong(field)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, isControl) {
		return "", refusal.Invalid(field, refusal.Malformed, "The text has characters that cannot be stored.")
	}
	text = arrange(norm.NFC.String(withoutInvisible(text)))
	switch {
	case utf8.RuneCountInString(text) > limit:
		return "", errTooLong(field)
	case !strings.ContainsFunc(text, isVisible):
		return "", nil
	}
	return text, nil
}

func errTooLong(field string) error {
	return refusal.Invalid(field, refusal.TooLong, "The text is too long.")
}

// isControl reports whether a character controls a terminal or a database and is no white space.
func isControl(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }

// The joiners are invisible too, but some languages and emoji are written with them.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// withoutInvisible returns text without characters that show nothing and change how others are read: zero-width spaces,
// byte order marks, changes of the writing direction. Joiners stay between characters that are seen.
func withoutInvisible(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) && r != joiner && r != nonJoiner {
			return -1
		}
		return r
	}, text)
	return strings.TrimFunc(text, func(r rune) bool { return r == joiner || r == nonJoiner || unicode.IsSpace(r) })
}

// isVisible reports whether a character leaves something on the screen by itself.
func isVisible(r rune) bool {
	switch r {
	case '\u115f', '\u1160', '\u3164', '\uffa0', '\u2800': // letters and signs that are blank
		return false
	}
	return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.IsMark(r)
}

// WordPatterns returns the patterns for SQL's like that find each word of a search anywhere; % and _ have no meaning of their
// own in them.
func WordPatterns(search string) []string {
	words := strings.Fields(search)
	for i, word := range words {
		words[i] = "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word) + "%"
	}
	return words
}
