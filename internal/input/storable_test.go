package input_test

import (
	"context"
	"testing"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/middleware"
	"github.com/stretchr/testify/require"

	"encore.app/internal/input"
	"encore.app/internal/refusal"
)

type payload struct {
	Query string            `query:"q"`
	Name  string            `json:"name"`
	Stops []stop            `json:"stops"`
	Texts map[string]string `json:"texts"`
	Next  *payload          `json:"next"`
	IDs   []int64           `json:"ids"`
	Bytes []byte            `json:"bytes"`
}

type stop struct {
	Reason string `json:"reason"`
}

func TestTextsThatCannotBeStoredAreRefusedWhereverTheyStand(t *testing.T) {
	t.Parallel()
	fine := &payload{
		Query: "é", Name: "n\n", Stops: []stop{{"x"}}, Texts: map[string]string{"a": "b"}, Next: &payload{}, IDs: []int64{0},
		Bytes: []byte{0, 0xff},
	}
	for name, c := range map[string]struct {
		payload any
		path    string
		field   string
		refused bool
	}{
		"nothing":      {nil, "1", "", false},
		"fine":         {fine, "a b", "", false},
		"path":         {nil, "a\x00", "id", true},
		"query":        {&payload{Query: "\xed\xa0\x80"}, "1", "q", true},
		"body":         {&payload{Name: "a\x00b"}, "1", "name", true},
		"not UTF-8":    {payload{Name: "\xff"}, "1", "name", true},
		"in a list":    {&payload{Stops: []stop{{}, {"\x00"}}}, "1", "stops.1.reason", true},
		"in a map":     {&payload{Texts: map[string]string{"a": "\x00"}}, "1", "texts.a", true},
		"as a key":     {&payload{Texts: map[string]string{"\x00": "a"}}, "1", "texts", true},
		"further down": {&payload{Next: &payload{Name: "\x00"}}, "1", "next.name", true},
	} {
		reached := false
		request := middleware.NewRequest(context.Background(), &encore.Request{
			Type: encore.APICall, Payload: c.payload, PathParams: encore.PathParams{{Name: "id", Value: c.path}},
		})
		answer := input.RefuseUnstorable(request, func(middleware.Request) middleware.Response {
			reached = true
			return middleware.Response{}
		})
		require.Equal(t, !c.refused, reached, name)
		if c.refused {
			require.Equal(t, errs.InvalidArgument, errs.Code(answer.Err), name)
			require.Equal(t, c.field, errs.Details(answer.Err).(refusal.Details).Field, name)
		}
	}
}
