// Package input checks what requests hold before anything is done with it.
package input

import (
	"strings"
	"unicode/utf8"

	"encore.app/internal/refusal"
)

// Text returns text without the white space around it. It refuses what the database cannot hold, and more than limit
// characters (invalid_argument with field).
func Text(field, text string, limit int) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return "", refusal.Invalid(field, refusal.Malformed, "The text has characters that cannot be stored.")
	case utf8.RuneCountInString(text) > limit:
		return "", refusal.Invalid(field, refusal.TooLong, "The text is too long.")
	}
	return text, nil
}

// RequiredText is Text for a text that must not be empty.
func RequiredText(field, text string, limit int) (string, error) {
	text, err := Text(field, text, limit)
	if err == nil && text == "" {
		return "", refusal.Invalid(field, refusal.Required, "Write a text.")
	}
	return text, err
}

// LikePattern returns the pattern for SQL's like that finds text anywhere; % and _ have no meaning of their own in it.
// Empty text gives an empty pattern, which queries take for "everything".
func LikePattern(text string) string {
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
