package core

import (
	"strings"
	"unicode/utf8"

	"encore.app/refusal"
)

// maxReason and maxSearch bound texts in characters.
const (
	maxReason = 1000
	maxSearch = 100
)

// cleanText trims a text of a request and refuses what the database cannot hold or what is too long.
func cleanText(field, text string, limit int) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case !utf8.ValidString(text), strings.ContainsRune(text, 0):
		return "", refusal.Invalid(field, refusal.Malformed, "The text has characters that cannot be stored.")
	case utf8.RuneCountInString(text) > limit:
		return "", refusal.Invalid(field, refusal.TooLong, "The text is too long.")
	}
	return text, nil
}

// requireText is cleanText for a text that must not be empty.
func requireText(field, text string, limit int) (string, error) {
	text, err := cleanText(field, text, limit)
	if err == nil && text == "" {
		return "", refusal.Invalid(field, refusal.Required, "Write a text.")
	}
	return text, err
}

// likePattern finds text anywhere; % and _ have no meaning of their own in it. Empty finds everything.
func likePattern(text string) string {
	if text == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
