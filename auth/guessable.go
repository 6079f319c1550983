package auth

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	// minPassword and maxPassword are how many characters a password has.
	minPassword = 10
	maxPassword = 256
	// minUnguessable is how many characters of a password must be neither part of a word that is easy to guess nor of a
	// row such as 1234 or aaaa: about what ten thousand tries a day do not find in years.
	minUnguessable = 6
)

// commonPasswords are long enough and still the first that somebody would try, one a line, in lower case.
//
//go:embed common_passwords.txt
var commonPasswordLines string

// commonPasswords are the lines; commonWords what is left of them without digits and signs around.
var commonPasswords, commonWords = func() (map[string]bool, []string) {
	passwords := map[string]bool{}
	var words []string
	for line := range strings.Lines(commonPasswordLines) {
		line = strings.TrimSpace(line)
		passwords[line] = true
		words = append(words, strings.TrimFunc(line, isNoLetter))
	}
	return passwords, words
}()

// topicWords are what people think of first when this application, a place or a date comes to mind, and the rows of
// keyboards.
var topicWords = strings.Fields(`
	trottoir stoep container containers vuilnis vuilbak afval ronde student syndicus syndic admin office demo
	wachtwoord password passwoord welkom welcome bienvenue hallo geheim secret login
	gent ghent gand antwerpen anvers brussel bruxelles brussels belgie belgique belgium vlaanderen
	lente zomer herfst winter spring summer autumn printemps hiver automne
	januari februari maart april juni juli augustus september oktober november december
	january february march june july august october janvier fevrier mars avril juin juillet aout octobre novembre decembre
	maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
	qwertyuiop azertyuiop qwerty azerty asdfghjkl qsdfghjklm zxcvbnm wxcvbn`)

// guessable reports whether a password is among the first tries of somebody who knows whose it is: a common one, or
// words that are common, or of the person's names and e-mail address, with a year or a few signs around.
func guessable(password, email string, names ...string) bool {
	plain := withoutAccents(password)
	if commonPasswords[plain] || distinctRunes(plain) < 3 {
		return true
	}
	words := slices.Concat(commonWords, topicWords)
	for _, text := range append(names, email, strings.ReplaceAll(email, "@", " ")) {
		text = withoutAccents(text)
		words = append(words, text)
		words = append(words, strings.FieldsFunc(text, isNoLetter)...)
		words = append(words, strings.FieldsFunc(text, isNoLetterOrDigit)...)
	}
	return unguessable(plain, words) < minUnguessable
}

// unguessable returns how many letters and digits of a password belong to none of words, a row counting as one.
func unguessable(password string, words []string) int {
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) }) // the longest first
	for _, word := range words {
		if len(word) >= 3 {
			password = strings.ReplaceAll(password, word, " ")
		}
	}
	count, before, step := 0, rune(0), rune(0)
	for _, r := range password {
		inRow := before != 0 && r-before == step && step >= -1 && step <= 1
		step, before = r-before, r
		if !inRow && !isNoLetterOrDigit(r) {
			count++
		}
	}
	return count
}

// withoutAccents returns text in lower case, its letters without accents.
func withoutAccents(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsMark(r) {
			return -1
		}
		return r
	}, norm.NFKD.String(strings.ToLower(text)))
}

func isNoLetter(r rune) bool        { return !unicode.IsLetter(r) }
func isNoLetterOrDigit(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func distinctRunes(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}
