package wire

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"encore.dev/beta/errs"
)

// Auth decodes the parameters of the auth handler.
type Auth struct {
	token   bool
	typ     reflect.Type
	pointer bool
	fields  []authField
	headers []string
}

type authField struct {
	valuesField
	in     byte // 'h', 'q' or 'c'
	cookie bool // the field is a *http.Cookie
}

// CompileAuth returns the decoder for the parameters t of an auth handler: a string for the token form, else a struct or
// a pointer to one.
func CompileAuth(t reflect.Type) (*Auth, error) {
	if t.Kind() == reflect.String {
		return &Auth{token: true}, nil
	}
	structType, pointer, err := structOf(t)
	if err != nil {
		return nil, err
	}
	a := &Auth{typ: structType, pointer: pointer}
	for _, f := range structFields(structType) {
		entry := authField{valuesField: valuesField{index: f.index}}
		switch {
		case f.header != "":
			entry.in, entry.name = 'h', http.CanonicalHeaderKey(f.header)
			a.headers = append(a.headers, entry.name)
		case f.query != "":
			entry.in, entry.name = 'q', f.query
		case f.cookie != "":
			entry.in, entry.name = 'c', f.cookie
			entry.cookie = f.typ == cookieType
		default:
			continue
		}
		if !entry.cookie {
			if entry.set, err = newValuesSetter(f.typ); err != nil {
				return nil, fmt.Errorf("field %s.%s: %w", structType.Name(), f.goName, err)
			}
		}
		a.fields = append(a.fields, entry)
	}
	return a, nil
}

// Headers returns the names of the headers that carry auth data.
func (a *Auth) Headers() []string { return a.headers }

// Decode returns the parameters for the auth handler. Its errors have the code Unauthenticated when req carries no auth
// data, and InvalidArgument when the data is malformed.
func (a *Auth) Decode(req *http.Request) (any, error) {
	if a.token {
		for _, prefix := range []string{"Bearer ", "Token "} {
			if token, ok := strings.CutPrefix(req.Header.Get("Authorization"), prefix); ok && token != "" {
				return token, nil
			}
		}
		return nil, errInvalidAuthParam
	}
	params := reflect.New(a.typ)
	found := false
	var query url.Values
	for i := range a.fields {
		f := &a.fields[i]
		var values []string
		switch f.in {
		case 'h':
			values = req.Header[f.name]
		case 'q':
			if query == nil && req.URL.RawQuery != "" {
				query, _ = url.ParseQuery(req.URL.RawQuery)
			}
			values = query[f.name]
		case 'c':
			cookie, err := req.Cookie(f.name)
			if err != nil || cookie.Value == "" {
				continue
			}
			if f.cookie {
				found = true
				params.Elem().Field(f.index).Set(reflect.ValueOf(cookie))
				continue
			}
			values = []string{cookie.Value}
		}
		for _, value := range values {
			found = found || value != ""
		}
		if err := f.set(params.Elem().Field(f.index), values); err != nil {
			name := f.name
			if f.in == 'h' {
				name = strings.ToLower(name)
			}
			return nil, &errs.Error{Code: errs.InvalidArgument, Message: "invalid auth param: " + name + ": invalid parameter: " + err.Error()}
		}
	}
	if !found {
		return nil, errMissingAuthParam
	}
	if a.pointer {
		return params.Interface(), nil
	}
	return params.Elem().Interface(), nil
}

var (
	errInvalidAuthParam = &errs.Error{Code: errs.Unauthenticated, Message: "invalid auth param"}
	errMissingAuthParam = &errs.Error{Code: errs.Unauthenticated, Message: "missing auth param"}
)
