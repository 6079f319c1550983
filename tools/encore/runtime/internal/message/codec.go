// Package message turns the messages of topics into data and attributes, and back, and keeps those that tests publish.
package message

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// ReservedPrefix begins the attributes that are not the application's.
const ReservedPrefix = "encore"

// The attributes that carry a message's origin.
const (
	TraceIDAttribute       = "encore_trace_id"
	CorrelationIDAttribute = "encore_correlation_id"
	RequestIDAttribute     = "encore_request_id"
	TraceParentAttribute   = "encore_traceparent" // W3C, when spans are exported
)

// Codec encodes messages of one type, a struct or a pointer to one.
type Codec struct {
	fields []attributeField
}

type attributeField struct {
	name  string
	index int
}

// NewCodec returns the codec for messages of type t. It panics when a field's pubsub-attr tag cannot be honored.
func NewCodec(t reflect.Type) *Codec {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		panic(fmt.Sprintf("pubsub: the message type %v is not a struct", t))
	}
	c := new(Codec)
	for i := range t.NumField() {
		field := t.Field(i)
		name, ok := field.Tag.Lookup("pubsub-attr")
		if !ok || name == "-" {
			continue
		}
		kind := field.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case name == "":
			panic(fmt.Sprintf("pubsub: %v.%s has an empty pubsub-attr tag", t, field.Name))
		case strings.HasPrefix(name, ReservedPrefix):
			panic(fmt.Sprintf("pubsub: %v.%s: names of attributes must not begin with %q", t, field.Name, ReservedPrefix))
		case !field.IsExported(), !isScalar(kind.Kind()):
			panic(fmt.Sprintf("pubsub: %v.%s cannot be an attribute: it must be an exported string, bool or number", t, field.Name))
		}
		c.fields = append(c.fields, attributeField{name, i})
	}
	return c
}

func isScalar(kind reflect.Kind) bool {
	return kind == reflect.String || kind == reflect.Bool || kind >= reflect.Int && kind <= reflect.Uint64 ||
		kind == reflect.Float32 || kind == reflect.Float64
}

// Has reports whether messages have an attribute of that name.
func (c *Codec) Has(attribute string) bool {
	for _, field := range c.fields {
		if field.name == attribute {
			return true
		}
	}
	return false
}

// Encode returns the JSON of a message, attributes included, and its attributes. A nil pointer field has no attribute.
func (c *Codec) Encode(msg any) (data []byte, attributes map[string]string, err error) {
	v := reflect.ValueOf(msg)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil, nil, errors.New("the message is nil")
		}
		v = v.Elem()
	}
	if data, err = json.Marshal(msg); err != nil {
		return nil, nil, err
	}
	attributes = map[string]string{}
	for _, field := range c.fields {
		value := v.Field(field.index)
		if value.Kind() == reflect.Pointer {
			if value.IsNil() {
				continue
			}
			value = value.Elem()
		}
		attributes[field.name] = formatScalar(value)
	}
	return data, attributes, nil
}

// Decode fills the message that msg points to.
func (c *Codec) Decode(data []byte, attributes map[string]string, msg any) error {
	if err := json.Unmarshal(data, msg); err != nil {
		return err
	}
	v := reflect.ValueOf(msg).Elem()
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		v = v.Elem()
	}
	for _, field := range c.fields {
		text, ok := attributes[field.name]
		if !ok {
			continue
		}
		value := v.Field(field.index)
		if value.Kind() == reflect.Pointer {
			value.Set(reflect.New(value.Type().Elem()))
			value = value.Elem()
		}
		if err := parseScalar(value, text); err != nil {
			return fmt.Errorf("attribute %s: %w", field.name, err)
		}
	}
	return nil
}

func formatScalar(v reflect.Value) string {
	switch {
	case v.Kind() == reflect.String:
		return v.String()
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits())
}

func parseScalar(v reflect.Value, text string) error {
	switch {
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return err
		}
		v.SetBool(b)
	case v.CanInt():
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetInt(n)
	case v.CanUint():
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetUint(n)
	default:
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetFloat(f)
	}
	return nil
}
