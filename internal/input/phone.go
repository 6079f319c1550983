package input

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"encore.app/internal/refusal"
)

// maxPhone is how many characters a phone number may be typed with.
const maxPhone = 40

// phoneRegion is the country of numbers that are typed without one.
const phoneRegion = "BE"

// Phone returns a phone number in E.164 form (+32470123456), however it is typed: 0470 12 34 56, +32 (0)470 12 34 56,
// 0032470123456. Numbers without a country are Belgian. Empty stays empty.
//
// Errors: invalid_argument with field for what nobody can dial, and for extensions.
func Phone(field, text string) (string, error) {
	text, err := Text(field, text, maxPhone)
	if err != nil || text == "" {
		return "", err
	}
	number, err := phonenumbers.Parse(text, phoneRegion)
	if err != nil || strings.ContainsFunc(text, unicode.IsLetter) || number.GetExtension() != "" ||
		!phonenumbers.IsValidNumber(number) {
		return "", refusal.Invalid(field, refusal.Malformed,
			"This is not a phone number. Write it as in 0470 12 34 56, or with its country, as in +33 6 12 34 56 78.")
	}
	return phonenumbers.Format(number, phonenumbers.E164), nil
}
