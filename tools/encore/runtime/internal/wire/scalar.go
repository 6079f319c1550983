package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"encore.dev/types/uuid"
)

var (
	timeType       = reflect.TypeFor[time.Time]()
	uuidType       = reflect.TypeFor[uuid.UUID]()
	bytesType      = reflect.TypeFor[[]byte]()
	rawMessageType = reflect.TypeFor[json.RawMessage]()
	cookieType     = reflect.TypeFor[*http.Cookie]()
)

// setter stores the value that text stands for. An empty text stands for the zero value.
type setter func(dst reflect.Value, text string) error

// scalarSetter returns the setter for a type that a header, query or path may have.
func scalarSetter(t reflect.Type) (setter, error) {
	switch t {
	case timeType:
		return func(dst reflect.Value, text string) error {
			parsed, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return fmt.Errorf("%s is not a date with a time, like 2006-01-02T15:04:05Z", shown(text))
			}
			dst.Set(reflect.ValueOf(parsed))
			return nil
		}, nil
	case uuidType:
		return func(dst reflect.Value, text string) error {
			parsed, err := uuid.FromString(text)
			if err != nil {
				return fmt.Errorf("%s is not a UUID", shown(text))
			}
			dst.Set(reflect.ValueOf(parsed))
			return nil
		}, nil
	case bytesType:
		return func(dst reflect.Value, text string) error {
			decoded, err := base64.URLEncoding.DecodeString(text)
			if err != nil {
				return fmt.Errorf("%s is not base64 for URLs", shown(text))
			}
			dst.SetBytes(decoded)
			return nil
		}, nil
	case rawMessageType:
		return func(dst reflect.Value, text string) error {
			dst.SetBytes([]byte(text))
			return nil
		}, nil
	}
	if value, ok := optionValue(t); ok {
		set, err := scalarSetter(value)
		if err != nil {
			return nil, err
		}
		return func(dst reflect.Value, text string) error {
			inner := reflect.NewAt(value, dst.Addr().UnsafePointer()).Elem()
			if err := set(inner, text); err != nil {
				return err
			}
			// Option's second field says that there is a value.
			present := dst.Type().Field(1)
			*(*bool)(unsafe.Add(dst.Addr().UnsafePointer(), present.Offset)) = true
			return nil
		}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return func(dst reflect.Value, text string) error {
			dst.SetString(text)
			return nil
		}, nil
	case reflect.Bool:
		return func(dst reflect.Value, text string) error {
			parsed, err := strconv.ParseBool(text)
			if err != nil {
				return fmt.Errorf("%s is not true or false", shown(text))
			}
			dst.SetBool(parsed)
			return nil
		}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(dst reflect.Value, text string) error {
			parsed, err := strconv.ParseInt(text, 10, t.Bits())
			if err != nil {
				return numberError(text, "a whole number", err)
			}
			dst.SetInt(parsed)
			return nil
		}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(dst reflect.Value, text string) error {
			parsed, err := strconv.ParseUint(text, 10, t.Bits())
			if err != nil {
				return numberError(text, "a whole number from 0", err)
			}
			dst.SetUint(parsed)
			return nil
		}, nil
	case reflect.Float32, reflect.Float64:
		return func(dst reflect.Value, text string) error {
			parsed, err := strconv.ParseFloat(text, t.Bits())
			if err != nil {
				return numberError(text, "a number", err)
			}
			dst.SetFloat(parsed)
			return nil
		}, nil
	}
	return nil, fmt.Errorf("type %s is not supported in a path, query, header or cookie", t)
}

// optionValue returns T when t is option.Option[T].
func optionValue(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() == reflect.Struct && t.PkgPath() == "encore.dev/types/option" && strings.HasPrefix(t.Name(), "Option[") {
		return t.Field(0).Type, true
	}
	return nil, false
}

// valuesSetter stores the values of a header or query parameter.
type valuesSetter func(dst reflect.Value, values []string) error

// newValuesSetter returns the setter for a scalar, which takes the first value, or for a slice, which takes all.
func newValuesSetter(t reflect.Type) (valuesSetter, error) {
	set, err := scalarSetter(t)
	if err == nil {
		return func(dst reflect.Value, values []string) error {
			if len(values) == 0 || values[0] == "" {
				return nil
			}
			return set(dst, values[0])
		}, nil
	}
	if t.Kind() != reflect.Slice {
		return nil, err
	}
	set, err = scalarSetter(t.Elem())
	if err != nil {
		return nil, err
	}
	return func(dst reflect.Value, values []string) error {
		if len(values) == 0 {
			return nil
		}
		slice := reflect.MakeSlice(t, len(values), len(values))
		for i, value := range values {
			if value == "" {
				continue
			}
			if err := set(slice.Index(i), value); err != nil {
				return err
			}
		}
		dst.Set(slice)
		return nil
	}, nil
}

// scalarText returns the texts of a value in a header: one, or one per element of a slice.
func scalarTexts(v reflect.Value) []string {
	t := v.Type()
	if t.Kind() == reflect.Slice && t != bytesType && t != rawMessageType {
		texts := make([]string, v.Len())
		for i := range texts {
			texts[i] = scalarText(v.Index(i))
		}
		return texts
	}
	return []string{scalarText(v)}
}

func scalarText(v reflect.Value) string {
	switch v.Type() {
	case timeType:
		return v.Interface().(time.Time).Format(time.RFC3339)
	case uuidType:
		return v.Interface().(uuid.UUID).String()
	case bytesType:
		return base64.URLEncoding.EncodeToString(v.Bytes())
	case rawMessageType:
		return string(v.Bytes())
	}
	if value, ok := optionValue(v.Type()); ok {
		if v.IsZero() {
			return ""
		}
		if !v.CanAddr() {
			copied := reflect.New(v.Type()).Elem()
			copied.Set(v)
			v = copied
		}
		return scalarText(reflect.NewAt(value, v.Addr().UnsafePointer()).Elem())
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
	}
	return fmt.Sprint(v.Interface())
}
