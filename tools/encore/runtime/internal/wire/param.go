package wire

import (
	"fmt"
	"reflect"
	"strconv"

	"encore.dev/beta/errs"
)

// Param parses a path parameter.
type Param struct {
	name  string
	parse func(text string) (any, error)
}

// CompileParam returns the parser of a path parameter of type t.
func CompileParam(name string, t reflect.Type) (*Param, error) {
	if t == nil {
		return nil, fmt.Errorf("path parameter %s has no type", name)
	}
	// The common types, without reflection on the way of a request.
	switch t {
	case reflect.TypeFor[string]():
		return &Param{name, func(text string) (any, error) { return text, nil }}, nil
	case reflect.TypeFor[int64]():
		return &Param{name, func(text string) (any, error) {
			parsed, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, numberError(text, "a whole number", err)
			}
			return parsed, nil
		}}, nil
	}
	set, err := scalarSetter(t)
	if err != nil {
		return nil, fmt.Errorf("path parameter %s: %w", name, err)
	}
	return &Param{name, func(text string) (any, error) {
		value := reflect.New(t).Elem()
		if err := set(value, text); err != nil {
			return nil, err
		}
		return value.Interface(), nil
	}}, nil
}

// Parse returns the value that text, unescaped, stands for. Its errors have the code InvalidArgument.
func (p *Param) Parse(text string) (any, error) {
	value, err := p.parse(text)
	if err != nil {
		return nil, invalidParameter(p.name, err)
	}
	return value, nil
}

// Text returns the text of a value, to put into a path.
func (p *Param) Text(value any) string { return scalarText(reflect.ValueOf(value)) }

func invalidParameter(name string, err error) error {
	return &errs.Error{Code: errs.InvalidArgument, Message: "decode request: " + name + ": invalid parameter: " + err.Error()}
}
