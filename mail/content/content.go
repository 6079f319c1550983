// Package content writes what mail says, in the language of who reads it: a subject, a text, and the same as HTML.
//
// Sentences stand in nl.json, en.json and fr.json, which have the same keys; the frame around them in layout.html.
package content

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode/utf8"

	"github.com/vanng822/go-premailer/premailer"
)

// maxSubject is how many characters a subject has at most: more is cut.
const maxSubject = 200

//go:embed nl.json en.json fr.json layout.html
var files embed.FS

// Languages are those that mail is written in; the first one is for people whose language is not known.
func Languages() []string { return []string{"nl", "en", "fr"} }

// Mail is what one mail says.
type Mail struct {
	Language string
	Subject  string
	// Greeting is the line that speaks to the receiver.
	Greeting   string
	Paragraphs []string
	Groups     []Group
	Button     *Button
	// After are paragraphs after the list and the button.
	After []string
	// Reason says at the end why the person gets this.
	Reason string
	// Preferences leads to where the person says what they want to get; Unsubscribe ends this kind at once.
	Preferences, Unsubscribe *Button
}

// Group is a heading with lines under it.
type Group struct {
	Heading string
	Lines   []string
}

// Button is a link with a text.
type Button struct {
	Label, URL string
}

// Kind names the sentences of a kind of mail.
type Kind = string

// sentences are those of one kind.
type sentences struct {
	Subject string   `json:"subject"`
	Text    []string `json:"text"`
	Button  string   `json:"button"`
	After   []string `json:"after"`
}

// catalogue holds what is said in one language.
type catalogue struct {
	Greeting         string               `json:"greeting"`
	GreetingNameless string               `json:"greeting_nameless"`
	Reason           map[string]string    `json:"reason"`
	Preferences      string               `json:"preferences"`
	Unsubscribe      string               `json:"unsubscribe"`
	LinkHint         string               `json:"link_hint"`
	Months           []string             `json:"months"`
	Weekdays         []string             `json:"weekdays"`
	Date             string               `json:"date"`
	Roles            map[string]string    `json:"roles"`
	Phrases          map[string]string    `json:"phrases"`
	Kinds            map[string]sentences `json:"kinds"`

	parsed map[string]*texttemplate.Template // every sentence, by its own text
}

var (
	catalogues = readCatalogues()
	layout     = template.Must(template.ParseFS(files, "layout.html"))
)

func readCatalogues() map[string]*catalogue {
	read := map[string]*catalogue{}
	for _, language := range Languages() {
		raw, err := files.ReadFile(language + ".json")
		if err != nil {
			panic(err)
		}
		c := &catalogue{parsed: map[string]*texttemplate.Template{}}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(c); err != nil {
			panic(fmt.Sprintf("%s.json: %v", language, err)) // a programming error, found by every test
		}
		texts := []string{c.Greeting, c.Date}
		for _, phrase := range c.Phrases {
			texts = append(texts, phrase)
		}
		for _, kind := range c.Kinds {
			texts = append(append(append(texts, kind.Subject), kind.Text...), kind.After...)
		}
		for _, text := range texts {
			c.parsed[text] = texttemplate.Must(texttemplate.New(text).Option("missingkey=error").Parse(text))
		}
		read[language] = c
	}
	return read
}

// Facts fill in the names in sentences.
type Facts map[string]any

// With returns the facts with others added to them, or in their place.
func (f Facts) With(others Facts) Facts {
	all := maps.Clone(f)
	maps.Copy(all, others)
	return all
}

// Kinds returns every kind of mail, by name.
func Kinds() []Kind { return slices.Sorted(maps.Keys(catalogues[Languages()[0]].Kinds)) }

// Writer writes in one language.
type Writer struct {
	language string
	c        *catalogue
	zone     *time.Location
}

// In returns the writer for a language, Dutch for one that is not known. Times are told in zone.
func In(language string, zone *time.Location) Writer {
	c, ok := catalogues[language]
	if !ok {
		language = Languages()[0]
		c = catalogues[language]
	}
	return Writer{language, c, zone}
}

// Mail returns the mail of a kind to somebody with a first name, "" when it is not known. It fails when the facts lack one
// that a sentence needs.
func (w Writer) Mail(kind Kind, firstName string, facts Facts) (*Mail, error) {
	words, ok := w.c.Kinds[kind]
	if !ok {
		return nil, fmt.Errorf("there is no mail of the kind %q", kind)
	}
	mail := &Mail{Language: w.language, Greeting: w.Greeting(firstName)}
	var err error
	if mail.Subject, err = w.fill(words.Subject, facts); err != nil {
		return nil, err
	}
	if mail.Paragraphs, err = w.fillAll(words.Text, facts); err != nil {
		return nil, err
	}
	if mail.After, err = w.fillAll(words.After, facts); err != nil {
		return nil, err
	}
	if link, ok := facts["Link"].(string); ok && words.Button != "" {
		mail.Button = &Button{words.Button, link}
	}
	mail.Reason = w.c.Reason["account"]
	return mail, nil
}

// Language is the one that it writes in.
func (w Writer) Language() string { return w.language }

// Subject is that of the mail of a kind: what a notification says first.
func (w Writer) Subject(kind Kind, facts Facts) (string, error) {
	words, ok := w.c.Kinds[kind]
	if !ok {
		return "", fmt.Errorf("there is no mail of the kind %q", kind)
	}
	return w.fill(words.Subject, facts)
}

// Letter returns the mail that says what a person wrote, who greets by themselves. Empty lines part its paragraphs.
func (w Writer) Letter(subject, text string) *Mail {
	mail := &Mail{Language: w.language, Subject: subject, Reason: w.Reason("person")}
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.Trim(paragraph, "\n"); paragraph != "" {
			mail.Paragraphs = append(mail.Paragraphs, paragraph)
		}
	}
	return mail
}

// Greeting speaks to somebody.
func (w Writer) Greeting(firstName string) string {
	if firstName == "" {
		return w.c.GreetingNameless
	}
	text, err := w.fill(w.c.Greeting, Facts{"FirstName": firstName})
	if err != nil {
		panic(err) // the greeting has one name only
	}
	return text
}

// Reason says why somebody gets mail of this sort: account, invitation, work, office, syndic or person.
func (w Writer) Reason(sort string) string { return w.c.Reason[sort] }

// PreferencesButton and UnsubscribeButton label those links.
func (w Writer) PreferencesButton(url string) *Button { return &Button{w.c.Preferences, url} }

// UnsubscribeButton is the link that ends this kind of mail.
func (w Writer) UnsubscribeButton(url string) *Button { return &Button{w.c.Unsubscribe, url} }

// Role names a role.
func (w Writer) Role(role string) string { return w.c.Roles[role] }

// Phrase is a short text of the catalogue.
func (w Writer) Phrase(name string, facts Facts) (string, error) {
	phrase, ok := w.c.Phrases[name]
	if !ok {
		return "", fmt.Errorf("there is no phrase %q", name)
	}
	return w.fill(phrase, facts)
}

// Day names a date: Wednesday 2 December 2026. Dates are midnight UTC, as package day has them.
func (w Writer) Day(date time.Time) string {
	text, err := w.fill(w.c.Date, Facts{
		"Weekday": w.c.Weekdays[date.Weekday()], "Day": date.Day(), "Month": w.c.Months[date.Month()-1], "Year": date.Year(),
	})
	if err != nil {
		panic(err)
	}
	return text
}

// Moment names a date and a time of the zone: Wednesday 2 December 2026, 18:00.
func (w Writer) Moment(at time.Time) string {
	at = at.In(w.zone)
	return w.Day(at) + ", " + at.Format("15:04")
}

func (w Writer) fillAll(texts []string, facts Facts) ([]string, error) {
	filled := make([]string, len(texts))
	for i, text := range texts {
		var err error
		if filled[i], err = w.fill(text, facts); err != nil {
			return nil, err
		}
	}
	return filled, nil
}

func (w Writer) fill(text string, facts Facts) (string, error) {
	var filled strings.Builder
	if err := w.c.parsed[text].Execute(&filled, map[string]any(facts)); err != nil {
		return "", fmt.Errorf("write mail: %w", err)
	}
	return filled.String(), nil
}

// Rendered is a mail as it is sent.
type Rendered struct {
	Subject, Text, HTML string
}

// Render writes the mail out.
func (m *Mail) Render() (*Rendered, error) {
	var page bytes.Buffer
	err := layout.Execute(&page, struct {
		*Mail

		LinkHint string
	}{m, catalogues[m.Language].LinkHint})
	if err != nil {
		return nil, fmt.Errorf("write the HTML of a mail: %w", err)
	}
	options := premailer.NewOptions(premailer.WithCssToAttributes(false))
	inliner, err := premailer.NewPremailerFromBytes(page.Bytes(), options)
	if err != nil {
		return nil, fmt.Errorf("put the style into the HTML of a mail: %w", err)
	}
	html, err := inliner.Transform()
	if err != nil {
		return nil, fmt.Errorf("put the style into the HTML of a mail: %w", err)
	}
	return &Rendered{Subject: cut(strings.Join(strings.Fields(m.Subject), " "), maxSubject), Text: m.text(), HTML: html}, nil
}

// text is the mail for who reads no HTML.
func (m *Mail) text() string {
	var b strings.Builder
	colon := ":"
	if m.Language == "fr" {
		colon = " :"
	}
	paragraph := func(text string) {
		if text != "" {
			b.WriteString(text + "\n\n")
		}
	}
	paragraph(m.Greeting)
	for _, text := range m.Paragraphs {
		paragraph(text)
	}
	for _, group := range m.Groups {
		if group.Heading != "" {
			b.WriteString(group.Heading + "\n")
		}
		for _, line := range group.Lines {
			b.WriteString("- " + line + "\n")
		}
		b.WriteString("\n")
	}
	if m.Button != nil {
		paragraph(m.Button.Label + colon + "\n" + m.Button.URL)
	}
	for _, text := range m.After {
		paragraph(text)
	}
	b.WriteString("-- \nTrottoir\n")
	if m.Reason != "" {
		b.WriteString(m.Reason + "\n")
	}
	for _, link := range []*Button{m.Preferences, m.Unsubscribe} {
		if link != nil {
			b.WriteString(link.Label + colon + " " + link.URL + "\n")
		}
	}
	return b.String()
}

func cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}
