package auth

import (
	_ "embed"
	"strings"
)

// minPassword is how many characters a password has at least.
const minPassword = 10

// commonPasswords are long enough and still the first that somebody would try, one a line, in lower case.
//
//go:embed common_passwords.txt
var commonPasswordLines string

var commonPasswords = func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonPasswordLines) {
		set[strings.TrimSpace(line)] = true
	}
	return set
}()

// guessable reports whether a password is among the first tries of somebody who knows the e-mail address: a common one,
// one or two characters repeated, or the address or its parts, whatever is written around them in digits and signs.
func guessable(password, email string) bool {
	password, email = strings.ToLower(password), strings.ToLower(email)
	if commonPasswords[password] || distinctRunes(password) < 3 {
		return true
	}
	core := strings.TrimFunc(password, func(r rune) bool { return r < 'a' || r > 'z' && r < 0x80 })
	name, domain, _ := strings.Cut(email, "@")
	for _, part := range []string{email, name, domain} {
		if password == part || core == part {
			return true
		}
	}
	return false
}

func distinctRunes(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
