package wire

import (
	"encoding/json"
	"reflect"
)

// Copy returns a copy of value made through JSON, as if it had travelled to another process. A nil value, or a nil
// pointer, stays what it is.
func Copy(value any) (any, error) {
	v := reflect.ValueOf(value)
	if !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return value, nil
	}
	data, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	copied := reflect.New(v.Type())
	if err := json.Unmarshal(data, copied.Interface()); err != nil {
		return nil, err
	}
	return copied.Elem().Interface(), nil
}
