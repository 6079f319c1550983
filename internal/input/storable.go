package input

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	encore "encore.dev"
	"encore.dev/middleware"

	"encore.app/internal/refusal"
)

// RefuseUnstorable refuses requests with a text that the database cannot hold (invalid_argument with its field), whatever
// endpoint they go to and wherever in the path, query, headers or body it stands. Encore leaves it out in tests.
//
//encore:middleware global target=all
func RefuseUnstorable(req middleware.Request, next middleware.Next) middleware.Response {
	data := req.Data()
	if data.Type == encore.APICall {
		for _, param := range data.PathParams {
			if !storable(param.Value) {
				return middleware.Response{Err: errUnstorable(param.Name)}
			}
		}
		if field, ok := unstorableIn(reflect.ValueOf(data.Payload)); ok {
			return middleware.Response{Err: errUnstorable(field)}
		}
	}
	return next(req)
}

// storable tells what PostgreSQL takes as text: UTF-8 without NUL.
func storable(text string) bool { return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0 }

func errUnstorable(field string) error {
	return refusal.Invalid(field, refusal.Malformed, "The text has characters that cannot be stored.")
}

// unstorableIn returns the name of the first field within v that holds an unstorable text, as the request calls it.
func unstorableIn(v reflect.Value) (field string, found bool) {
	switch v.Kind() {
	case reflect.String:
		return "", !storable(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return unstorableIn(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if !mayHoldText(v.Type().Elem()) {
			return "", false
		}
		for i := range v.Len() {
			if field, found := unstorableIn(v.Index(i)); found {
				return join(fmt.Sprint(i), field), true
			}
		}
	case reflect.Map:
		for entries := v.MapRange(); entries.Next(); {
			if _, found := unstorableIn(entries.Key()); found {
				return "", true
			}
			if field, found := unstorableIn(entries.Value()); found {
				return join(fmt.Sprint(entries.Key()), field), true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if field, found := unstorableIn(v.Field(i)); found {
				return join(wireName(v.Type().Field(i)), field), true
			}
		}
	}
	return "", false
}

// mayHoldText spares the walk through long lists of numbers and bytes.
func mayHoldText(t reflect.Type) bool { return t.Kind() == reflect.String || t.Kind() >= reflect.Array }

func join(outer, inner string) string { return strings.Trim(outer+"."+inner, ".") }

func wireName(f reflect.StructField) string {
	for _, tag := range []string{"json", "query", "header"} {
		if name, _, _ := strings.Cut(f.Tag.Get(tag), ","); name != "" && name != "-" {
			return name
		}
	}
	return f.Name
}
