// Package option has a type for values that may be absent.
package option

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Option is a value of type T or nothing. The zero Option is nothing. In JSON nothing is null.
type Option[T any] struct {
	value   T // the runtime's decoder relies on the order of these fields
	present bool
}

// Some returns an Option that holds v.
func Some[T any](v T) Option[T] { return Option[T]{value: v, present: true} }

// None returns an Option that holds nothing.
func None[T any]() Option[T] { return Option[T]{} }

// FromComparable returns an Option that holds v, or nothing when v is the zero value.
func FromComparable[T comparable](v T) Option[T] {
	var zero T
	if v == zero {
		return None[T]()
	}
	return Some(v)
}

// FromPointer returns an Option that holds *v, or nothing when v is nil.
func FromPointer[T any](v *T) Option[T] {
	if v == nil {
		return None[T]()
	}
	return Some(*v)
}

// IsSome reports whether the Option holds a value.
func (o Option[T]) IsSome() bool { return o.present }

// IsNone reports whether the Option holds nothing.
func (o Option[T]) IsNone() bool { return !o.present }

// IsZero is IsNone; encoding/json uses it for omitzero.
func (o Option[T]) IsZero() bool { return !o.present }

// Get returns the value and whether there is one.
func (o Option[T]) Get() (val T, ok bool) { return o.value, o.present }

// GetOrElse returns the value, or alternative when there is none.
func (o Option[T]) GetOrElse(alternative T) T {
	if o.present {
		return o.value
	}
	return alternative
}

// GetOrElseF returns the value, or the result of alternative when there is none.
func (o Option[T]) GetOrElseF(alternative func() T) T {
	if o.present {
		return o.value
	}
	return alternative()
}

// MustGet returns the value. It panics when there is none.
func (o Option[T]) MustGet() T {
	if !o.present {
		panic(fmt.Sprintf("option: MustGet of a None of %T", o.value))
	}
	return o.value
}

// OrElse returns o, or an Option that holds alternative when o holds nothing.
func (o Option[T]) OrElse(alternative T) Option[T] {
	if o.present {
		return o
	}
	return Some(alternative)
}

// Contains reports whether there is a value for which predicate is true.
func (o Option[T]) Contains(predicate func(v T) bool) bool {
	return o.present && predicate(o.value)
}

// PtrOrNil returns a pointer to a copy of the value, nil when there is none.
func (o Option[T]) PtrOrNil() *T {
	if !o.present {
		return nil
	}
	value := o.value
	return &value
}

// String returns the value as fmt.Sprint does, or "None".
func (o Option[T]) String() string {
	if !o.present {
		return "None"
	}
	return fmt.Sprint(o.value)
}

// GoString returns a Go expression for the Option.
func (o Option[T]) GoString() string {
	if !o.present {
		return fmt.Sprintf("option.None[%T]()", o.value)
	}
	return fmt.Sprintf("option.Some(%#v)", o.value)
}

// MarshalJSON returns the value as JSON, or null.
func (o Option[T]) MarshalJSON() ([]byte, error) {
	if !o.present {
		return []byte("null"), nil
	}
	return json.Marshal(o.value)
}

// UnmarshalJSON reads a value; null is nothing.
func (o *Option[T]) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*o = Option[T]{}
		return nil
	}
	var value T
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	*o = Some(value)
	return nil
}

// Equal reports whether both hold nothing, or equal values.
func Equal[T comparable](a, b Option[T]) bool {
	if a.present != b.present {
		return false
	}
	return !a.present || a.value == b.value
}

// Contains reports whether option holds a value equal to matches.
func Contains[T comparable](option Option[T], matches T) bool {
	return option.present && option.value == matches
}

// Map returns an Option that holds the result of f for the value, or nothing when there is no value.
func Map[T, R any](option Option[T], f func(T) R) Option[R] {
	if !option.present {
		return None[R]()
	}
	return Some(f(option.value))
}
