// Package resident writes what residents of a building see without signing in: the page behind the QR code at the door, and the
// poster with that code. It writes what it is given and nothing else, so that what its types hold is all that a resident can learn.
package resident

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"time"

	"golang.org/x/text/language"
)

// Page is the page of a building.
type Page struct {
	// Language is one of Languages.
	Language string
	// Path is where the page is, without a query.
	Path string
	// Calendar is where calendars subscribe to the collections, an absolute address of the scheme webcal.
	Calendar string
	// Street and Place are the two lines of the address.
	Street, Place string
	// Today is the date at the building, Last the last one that the page tells about.
	Today, Last time.Time
	// Collections are in the order of their dates.
	Collections []Collection
	// Departure is nil when the building does not show it.
	Departure *Departure
	Report    Report
}

// Collection says what is fetched on a date.
type Collection struct {
	Date time.Time
	// PutOut is the day on which the bins have to be on the street by its end, or before From when it is Date; zero when they
	// are not put there.
	PutOut time.Time
	// BringIn says that the bins are brought in again afterwards.
	BringIn bool
	// From and To say when the waste company comes, HH:MM; empty when it is not known.
	From, To string
	Kind     Kind
}

// Kind is a kind of waste.
type Kind struct {
	// Code names it, Name is what people call it.
	Code, Name string
	// Colour is #rrggbb, Icon one of the drawings that the web app has.
	Colour, Icon string
}

// Departure is the end of the last visit.
type Departure struct {
	// At is in the time zone of the building.
	At     time.Time
	Photos []Photo
}

// Photo is a photo of the departure.
type Photo struct {
	// Small and Large are the paths of its two sizes.
	Small, Large string
	// Width and Height are those of the large one.
	Width, Height int
}

// Report is the form with which a problem is reported: what was typed, and what is wrong with it.
type Report struct {
	// ID is a UUID that goes with what is sent.
	ID                string
	Kind, Text, Email string
	// Problems are keys of the texts under report.error, by the field; "" is for the whole form.
	Problems map[string]string
}

// Kinds are what a reported problem can be, in the order in which they are offered.
var Kinds = []string{"bins_not_out", "bins_not_back", "missed_collection", "dirty", "damaged", "blocked_access", "other"}

// Poster is the sheet that hangs at the door.
type Poster struct {
	Language string
	// Street and Place are the two lines of the address.
	Street, Place string
	// Address is the absolute address of the page, QR its code as an SVG picture.
	Address, QR string
	// Path is where the poster is, without a query.
	Path string
}

// Languages are those of the pages; the first one is for whoever reads none of them.
var Languages = []string{"nl", "en", "fr"}

var matcher = language.NewMatcher([]language.Tag{language.Dutch, language.English, language.French})

// Choose returns the language of a page: the one that was asked for, else what the browser accepts.
func Choose(asked, accepted string) string {
	for _, known := range Languages {
		if asked == known {
			return known
		}
	}
	if len(accepted) > 1000 {
		return Languages[0]
	}
	wanted, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil {
		return Languages[0]
	}
	_, index, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return Languages[0]
	}
	return Languages[index]
}

// Street is the first line of an address; bus may be empty.
func Street(language, street, number, bus string) string {
	line := street + " " + number
	if bus != "" {
		line += " " + textsOf[language]["bus"] + " " + bus
	}
	return line
}

// WordsOf returns the texts of a language by their keys.
func WordsOf(language string) func(key string) string {
	return func(key string) string { return textsOf[language][key] }
}

//go:embed *.html style.css print.js icons.txt nl.json en.json fr.json
var files embed.FS

// Policy is the Content-Security-Policy of all pages: their own styles and script, by their hashes, photos and a form.
var Policy = "default-src 'none'; style-src '" + hashOf("style.css") + "'; script-src '" + hashOf("print.js") +
	"'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func read(name string) string {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err) // the names are constants
	}
	return string(content)
}

func hashOf(name string) string {
	sum := sha256.Sum256([]byte(read(name)))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// texts are the words of a language by their keys, as paths.
type texts map[string]string

func readTexts(language string) texts {
	var tree map[string]any
	if err := json.Unmarshal([]byte(read(language+".json")), &tree); err != nil {
		panic(fmt.Errorf("the texts in %s: %w", language, err))
	}
	flat := make(texts)
	flatten(flat, "", tree)
	return flat
}

func flatten(into texts, path string, tree map[string]any) {
	for key, value := range tree {
		switch value := value.(type) {
		case string:
			into[path+key] = value
		case map[string]any:
			flatten(into, path+key+".", value)
		}
	}
}

var (
	textsOf = func() map[string]texts {
		all := make(map[string]texts)
		for _, language := range Languages {
			all[language] = readTexts(language)
		}
		return all
	}()
	templatesOf = func() map[string]*template.Template {
		all := make(map[string]*template.Template)
		for _, language := range Languages {
			all[language] = parse(textsOf[language])
		}
		return all
	}()
)

func parse(words texts) *template.Template {
	style, script := template.CSS(read("style.css")), template.JS(read("print.js")) //nolint:gosec // our own files
	return template.Must(template.New("").Funcs(template.FuncMap{
		"t": func(key string) (string, error) {
			text, ok := words[key]
			if !ok {
				return "", fmt.Errorf("there is no text %q", key)
			}
			return text, nil
		},
		"style":     func() template.CSS { return style },
		"script":    func() template.JS { return script },
		"languages": func() []string { return Languages },
		"kinds":     func() []string { return Kinds },
	}).ParseFS(files, "*.html"))
}

// frame is what the pages have in common.
type frame struct{ Language, Path string }

// HTML returns the page.
func (p *Page) HTML() ([]byte, error) {
	return execute(p.Language, "page.html", newView(p))
}

// Thanks returns the page that follows a report.
func (p *Page) Thanks() ([]byte, error) {
	return execute(p.Language, "thanks.html", newView(p))
}

// HTML returns the poster.
func (p *Poster) HTML() ([]byte, error) {
	return execute(p.Language, "poster.html", struct {
		frame

		Poster  *Poster
		Picture template.HTML
	}{frame{p.Language, p.Path}, p, template.HTML(p.QR)}) //nolint:gosec // drawn by ourselves
}

// NotFound is the page where there is none, in all languages; the same for all reasons.
var NotFound = func() []byte {
	page, err := execute(Languages[0], "missing.html", textsOf)
	if err != nil {
		panic(err)
	}
	return page
}()

// Message returns a page that says one thing: busy, denied, archived or failed.
func Message(language, key string) []byte {
	words := textsOf[language]
	page, err := execute(language, "message.html", struct{ Language, Title, Text string }{
		language, words["message."+key+".title"], words["message."+key+".text"],
	})
	if err != nil {
		panic(err) // a struct of strings
	}
	return page
}

func execute(language, name string, data any) ([]byte, error) {
	var page bytes.Buffer
	if err := templatesOf[language].ExecuteTemplate(&page, name, data); err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return page.Bytes(), nil
}

// Tag is the ETag of a page.
func Tag(page []byte) string {
	sum := sha256.Sum256(page)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}
