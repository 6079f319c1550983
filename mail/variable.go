package mail

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"encore.app/internal/refusal"
)

// The variables of what the office writes: {{first_name}}.
const (
	firstNameVariable = "first_name" // the receiver's given name
	nameVariable      = "name"       // the receiver's whole name
	buildingVariable  = "building"   // the building that it is about, or several
	dateVariable      = "date"       // the day on which it is written, in the receiver's language
	linkVariable      = "link"       // where the web app is
)

var variables = []string{firstNameVariable, nameVariable, buildingVariable, dateVariable, linkVariable}

// variablePattern finds {{…}}, with the name in it.
var variablePattern = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// maxNamed is how many characters of an unknown variable are told.
const maxNamed = 50

// checkVariables refuses a text with variables that do not exist (invalid_argument, unknown_variable), or with braces that
// do not belong together (malformed).
func checkVariables(field, text string) error {
	for _, found := range variablePattern.FindAllStringSubmatch(text, -1) {
		name := strings.TrimSpace(found[1])
		if !slices.Contains(variables, name) {
			if short := []rune(name); len(short) > maxNamed {
				name = string(short[:maxNamed]) + "…"
			}
			return refusal.Invalid(field, refusal.UnknownVariable, fmt.Sprintf(
				"There is no variable {{%s}}. The variables are {{%s}}.", name, strings.Join(variables, "}}, {{")))
		}
	}
	if rest := variablePattern.ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
		return refusal.Invalid(field, refusal.Malformed, "A variable is written as {{first_name}}: two braces before it, two after it.")
	}
	return nil
}

// uses tells whether a text has one of the variables.
func uses(text string, names ...string) bool {
	return slices.ContainsFunc(variablePattern.FindAllStringSubmatch(text, -1), func(found []string) bool {
		return slices.Contains(names, strings.TrimSpace(found[1]))
	})
}

// fillIn puts the values in the place of the variables. What stands in a value is not looked at.
func fillIn(text string, values map[string]string) string {
	return variablePattern.ReplaceAllStringFunc(text, func(found string) string {
		return values[strings.TrimSpace(strings.Trim(found, "{}"))]
	})
}
