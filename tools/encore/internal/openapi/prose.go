package openapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// about says what holds for every endpoint.
const about = "Requests and answers are JSON unless said otherwise. A request that fails is answered with a stable `code`, a `message` for " +
	"people and `details` for programs.\n\n" +
	"A path is found by its method: a method that is not described here is answered with 404 `not_found`, HEAD too, except beside " +
	"a GET that reads a file. A path with a slash too many or too few at its end is redirected, GET with 301 and others with 308, " +
	"without its query. A JSON body may have 1 MiB. Parameters of a query that are empty, and numbers that are 0, count as not given."

// summarize returns the first sentence of a comment, and what follows it.
func summarize(doc string) (summary, rest string) {
	paragraph, rest, _ := strings.Cut(strings.TrimSpace(doc), "\n\n")
	paragraph = strings.Join(strings.Fields(paragraph), " ")
	rest = strings.TrimSpace(rest)
	if end := sentenceEnd.FindStringIndex(paragraph); end != nil {
		summary = paragraph[:end[0]+1]
		return summary, strings.TrimSpace(paragraph[end[1]-1:] + "\n\n" + rest)
	}
	return paragraph, rest
}

// sentenceEnd is a full stop before a sentence that begins with a capital.
var sentenceEnd = regexp.MustCompile(`\. [A-Z]`)

var (
	responsesBlock = regexp.MustCompile(`(?m)^Responses:\n((?:\s*- .*\n?(?:    .*\n?)*)+)`)
	responseItem   = regexp.MustCompile(`(?m)^\s*- ([1-5][0-9][0-9]): (.*(?:\n    .*)*)`)
)

// describedResponses takes the list of answers out of the comment of a raw endpoint, which no type describes:
//
//	Responses:
//	  - 304: the client has it already
func describedResponses(doc string) (rest string, responses map[string]*openapi3.Response) {
	block := responsesBlock.FindStringSubmatchIndex(doc)
	if block == nil {
		return doc, nil
	}
	responses = map[string]*openapi3.Response{}
	for _, item := range responseItem.FindAllStringSubmatch(doc[block[2]:block[3]], -1) {
		text := strings.Join(strings.Fields(item[2]), " ")
		responses[item[1]] = openapi3.NewResponse().WithDescription(strings.ToUpper(text[:1]) + text[1:])
	}
	return strings.TrimSpace(strings.TrimRight(doc[:block[0]], "\n") + "\n\n" + strings.TrimLeft(doc[block[1]:], "\n")), responses
}

var (
	formBlock = regexp.MustCompile(`(?m)^Form:\n((?:\s*- .*\n?(?:    .*\n?)*)+)`)
	formItem  = regexp.MustCompile(`(?m)^\s*- (\w+) \((\w+)(?:, ([\w-]+))?\): (.*(?:\n    .*)*)`)
)

// describedForm takes the list of a form's fields out of the comment of a raw endpoint, all of them required:
//
//	Form:
//	  - id (string, uuid): what the client calls it
//	  - file (string, binary): the picture
func describedForm(doc string) (rest string, form *openapi3.Schema) {
	block := formBlock.FindStringSubmatchIndex(doc)
	if block == nil {
		return doc, nil
	}
	form = openapi3.NewObjectSchema()
	for _, item := range formItem.FindAllStringSubmatch(doc[block[2]:block[3]], -1) {
		text := strings.Join(strings.Fields(item[4]), " ")
		form.WithProperty(item[1], &openapi3.Schema{
			Type: &openapi3.Types{item[2]}, Format: item[3], Description: strings.ToUpper(text[:1]) + text[1:],
		})
		form.Required = append(form.Required, item[1])
	}
	return strings.TrimSpace(strings.TrimRight(doc[:block[0]], "\n") + "\n\n" + strings.TrimLeft(doc[block[1]:], "\n")), form
}

// atMost is the highest value of a number whose comment says "50 unless given, 200 at most".
var atMost = regexp.MustCompile(`, ([0-9]+) at most\b`)

// words are the values of a text whose comment begins like "Status is planned, started or completed."
var words = regexp.MustCompile(`^[A-Z]\w* is ((?:[a-z_]+, )*[a-z_]+ or [a-z_]+)[.;]`)

// refine adds to the schema of a field what only its comment says: the values of a text, that it is a date, and the bounds of
// a count.
func refine(s *openapi3.Schema, doc string) {
	if s != nil && s.Type != nil && s.Type.Includes("integer") {
		if bound := atMost.FindStringSubmatch(strings.Join(strings.Fields(doc), " ")); bound != nil {
			if highest, err := strconv.ParseFloat(bound[1], 64); err == nil {
				s.Min, s.Max = new(0.0), &highest
			}
		}
		return
	}
	if s == nil || s.Type == nil || !s.Type.Includes("string") || s.Format != "" {
		return
	}
	doc = strings.Join(strings.Fields(doc), " ")
	if list := words.FindStringSubmatch(doc); list != nil {
		for _, word := range strings.FieldsFunc(list[1], func(r rune) bool { return r == ' ' || r == ',' }) {
			if word != "or" {
				s.Enum = append(s.Enum, word)
			}
		}
		if s.Type.IncludesNull() {
			s.Enum = append(s.Enum, nil)
		}
	}
	if strings.Contains(doc, "YYYY-MM-DD") {
		s.Format = "date"
	}
}

// described are the methods that a document shows: HEAD beside GET says nothing new.
func described(methods []string) []string {
	if !slices.Contains(methods, "GET") {
		return methods
	}
	return slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "HEAD" })
}
