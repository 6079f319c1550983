//go:build !encore_app

package option_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"encore.dev/types/option"
	"github.com/stretchr/testify/require"
)

func TestJSON(t *testing.T) {
	t.Parallel()
	type payload struct {
		A option.Option[int]    `json:"a"`
		B option.Option[string] `json:"b,omitzero"`
	}
	encoded, err := json.Marshal(payload{})
	require.NoError(t, err)
	require.JSONEq(t, `{"a":null}`, string(encoded))
	encoded, err = json.Marshal(payload{A: option.Some(0), B: option.Some("x")})
	require.NoError(t, err)
	require.JSONEq(t, `{"a":0,"b":"x"}`, string(encoded))

	decoded := payload{A: option.Some(3)}
	require.NoError(t, json.Unmarshal([]byte(`{"a":null,"b":"y"}`), &decoded))
	require.Equal(t, payload{B: option.Some("y")}, decoded)
	require.Error(t, json.Unmarshal([]byte(`{"a":"no"}`), &decoded))
}

func TestAccess(t *testing.T) {
	t.Parallel()
	some, none := option.Some(2), option.None[int]()
	require.True(t, some.IsSome())
	require.True(t, none.IsNone())
	require.True(t, none.IsZero())
	require.Equal(t, 2, some.MustGet())
	require.Panics(t, func() { none.MustGet() })
	require.Equal(t, 7, none.GetOrElse(7))
	require.Equal(t, 2, some.GetOrElseF(func() int { return 7 }))
	require.Equal(t, option.Some(7), none.OrElse(7))
	require.Nil(t, none.PtrOrNil())
	require.Equal(t, 2, *some.PtrOrNil())
	require.True(t, option.Contains(some, 2))
	require.False(t, none.Contains(func(int) bool { return true }))
	require.True(t, option.Equal(none, option.FromComparable(0)))
	require.False(t, option.Equal(none, some))
	require.Equal(t, some, option.FromPointer(new(2)))
	require.Equal(t, option.Some("2"), option.Map(some, func(v int) string { return fmt.Sprint(v) }))
	require.Equal(t, "2 None", some.String()+" "+none.String())
	require.Equal(t, "option.Some(2) option.None[int]()", fmt.Sprintf("%#v %#v", some, none))
}
