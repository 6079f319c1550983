package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// maxShown is how many characters of an input its error repeats.
const maxShown = 100

// shown returns text in quotes, shortened.
func shown(text string) string { return strconv.Quote(shorten(text)) }

func shorten(text string) string {
	n := 0
	for i := range text {
		if n++; n > maxShown {
			return text[:i] + "…"
		}
	}
	return text
}

// numberError says in plain words what strconv has against text, which should be like kind ("a number").
func numberError(text, kind string, err error) error {
	if errors.Is(err, strconv.ErrRange) {
		return fmt.Errorf("%s is too large or too small a number", shown(text))
	}
	return fmt.Errorf("%s is not %s", shown(text), kind)
}

// jsonProblem says in plain words what encoding/json, or a type's own decoder, has against a value.
func jsonProblem(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("it is not JSON (at byte %d)", syntax.Offset)
	}
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		problem := fmt.Sprintf("%s was found where %s belongs", foundKind(mismatch.Value), wantedKind(mismatch.Type))
		if mismatch.Field != "" {
			problem = shorten(mismatch.Field) + ": " + problem
		}
		return problem
	}
	if clock, ok := errors.AsType[*time.ParseError](err); ok {
		return shown(clock.Value) + " is not a date with a time, like 2006-01-02T15:04:05Z"
	}
	return shorten(strings.TrimPrefix(err.Error(), "json: "))
}

// foundKind names a JSON value as UnmarshalTypeError describes it.
func foundKind(value string) string {
	kind, literal, _ := strings.Cut(value, " ")
	switch kind {
	case "array", "object":
		return "an " + kind
	case "bool":
		return "true or false"
	case "number":
		if literal != "" {
			return "the number " + shorten(literal)
		}
	}
	return "a " + shorten(kind)
}

func wantedKind(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("a whole number of %d bits", t.Bits())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fmt.Sprintf("a whole number from 0 of %d bits", t.Bits())
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "text in base64"
		}
		return "an array"
	case reflect.Struct, reflect.Map:
		if t == timeType {
			return "a date with a time"
		}
		return "an object"
	}
	return "a string"
}
