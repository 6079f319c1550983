//go:build !encore_app

package wire

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"reflect"
	"testing"
	"time"

	"encore.dev/types/option"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"
)

type sample struct {
	Bool     bool                        `json:"bool"`
	Ints     []int16                     `json:"ints"`
	Int8     int8                        `json:"int8"`
	Uint     uint64                      `json:"uint"`
	Floats   []float64                   `json:"floats"`
	Float32  float32                     `json:"float32"`
	Text     string                      `json:"text"`
	Texts    map[string]string           `json:"texts"`
	Bytes    []byte                      `json:"bytes"`
	Time     time.Time                   `json:"time"`
	ID       uuid.UUID                   `json:"id"`
	Array    [2]bool                     `json:"array"`
	Some     option.Option[int]          `json:"some"`
	None     option.Option[leaf]         `json:"none"`
	Pointer  *leaf                       `json:"pointer"`
	Nil      *leaf                       `json:"nil"`
	Leaves   []leaf                      `json:"leaves"`
	ByName   map[string]*leaf            `json:"by_name"`
	ByNumber map[int]leaf                `json:"by_number"`
	Tree     *tree                       `json:"tree"`
	Any      any                         `json:"any"`
	Number   json.Number                 `json:"number"`
	Embeds   embeds                      `json:"embeds"`
	Custom   custom                      `json:"custom"`
	Texter   texter                      `json:"texter"`
	Nested   map[string][]map[string]int `json:"nested"`
	Named    named                       `json:"named"`
}

type (
	leaf struct {
		A        int       `json:"a"`
		B        string    `json:"b,omitempty"`
		C        []int     `json:"c,omitempty"`
		D        time.Time `json:"d,omitzero"`
		E        time.Time `json:"e,omitempty"`
		F        *int      `json:"f,omitempty"`
		Plain    bool
		Hidden   int `json:"-"`
		internal int
	}
	tree struct {
		Children []*tree `json:"children"`
	}
	embeds struct {
		leaf
		G int `json:"g,string"`
	}
	custom struct{}
	texter struct{ v string }
	named  string
)

func (c custom) MarshalJSON() ([]byte, error)  { return []byte(`{ "custom" : [1,2] }`), nil }
func (c *texter) MarshalText() ([]byte, error) { return []byte("text " + c.v), nil }

func TestEncodeAgreesWithTheStandardLibrary(t *testing.T) {
	t.Parallel()
	n := 0
	full := &sample{
		Bool: true, Ints: []int16{-1, 2}, Int8: -8, Uint: math.MaxUint64,
		Floats: []float64{0, -1.5, 1e21, 1e-7, 123456789, math.MaxFloat64, math.SmallestNonzeroFloat64}, Float32: 1e-7,
		Text: "a\"\\\b\f\n\r\t\x01<é\xff>", Texts: map[string]string{"b": "1", "a\n": "2"}, Bytes: []byte{1, 2},
		Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600)), ID: uuid.NewV5(uuid.Nil, "x"),
		Some: option.Some(3), Pointer: &leaf{A: 1, B: "b", C: []int{}, F: &n, internal: 3}, Leaves: []leaf{{}, {C: []int{1}}},
		ByName: map[string]*leaf{"z": nil, "y": {}}, ByNumber: map[int]leaf{3: {}, 1: {}},
		Tree: &tree{Children: []*tree{{}, {Children: []*tree{}}}}, Any: map[string]any{"x": []any{1.5, "a", nil}},
		Number: "12.50", Embeds: embeds{leaf{A: 2}, 7}, Texter: texter{"t"}, Named: "named",
		Nested: map[string][]map[string]int{"k": {{"a": 1}, nil, {}}},
	}
	for _, value := range []*sample{{Number: "0"}, full} {
		for _, indent := range []bool{false, true} {
			var want bytes.Buffer
			standard := json.NewEncoder(&want)
			standard.SetEscapeHTML(false)
			if indent {
				standard.SetIndent("", "  ")
			}
			require.NoError(t, standard.Encode(value))
			codec, err := CompileResponse(reflect.TypeFor[*sample]())
			require.NoError(t, err)
			encoder := NewEncoder(indent)
			defer encoder.Free()
			body, status, err := encoder.Encode(codec, value, http.Header{})
			require.NoError(t, err)
			require.Zero(t, status)
			require.Equal(t, want.String(), string(body))
		}
	}
}

func TestEncodeErrors(t *testing.T) {
	t.Parallel()
	type bad struct {
		F    float64         `json:"f"`
		R    json.RawMessage `json:"r"`
		Tree *tree           `json:"tree"`
	}
	codec, err := CompileResponse(reflect.TypeFor[bad]())
	require.NoError(t, err)
	cycle := &tree{}
	cycle.Children = []*tree{cycle}
	for _, value := range []bad{{F: math.NaN()}, {R: json.RawMessage("{")}, {Tree: cycle}} {
		encoder := NewEncoder(false)
		_, _, err := encoder.Encode(codec, value, http.Header{})
		require.Error(t, err)
	}
}

func TestEncodeHeadersAndStatus(t *testing.T) {
	t.Parallel()
	type response struct {
		ETag   string             `header:"ETag"`
		Count  int                `header:"X-Count"`
		Since  time.Time          `header:"X-Since"`
		Maybe  option.Option[int] `header:"X-Maybe"`
		Key    []byte             `header:"X-Key"`
		Status uint16             `encore:"httpstatus"`
	}
	codec, err := CompileResponse(reflect.TypeFor[response]())
	require.NoError(t, err)
	encoder := NewEncoder(false)
	defer encoder.Free()
	header := http.Header{}
	body, status, err := encoder.Encode(codec, response{
		ETag: "e", Count: 2, Since: time.Unix(0, 0).UTC(), Maybe: option.Some(4), Key: []byte{0xfb}, Status: 204,
	}, header)
	require.NoError(t, err)
	require.Equal(t, "\n", string(body))
	require.Equal(t, 204, status)
	require.Equal(t, http.Header{"Etag": {"e"}, "X-Count": {"2"}, "X-Since": {"1970-01-01T00:00:00Z"}, "X-Maybe": {"4"}, "X-Key": {"-w=="}}, header)
}

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"CamelCase": "camel_case", "ID": "id", "StringSlice": "string_slice", "Int8": "int8", "HTMLBody": "html_body",
		"APIKey2": "api_key2", "OAuthToken": "o_auth_token", "X1Y": "x1y", "UserIDs": "user_i_ds", "A": "a", "Lower8Upper": "lower8_upper",
	} {
		require.Equal(t, want, snakeCase(name))
	}
}

func TestTypesThatCannotBeCarriedAreRefused(t *testing.T) {
	t.Parallel()
	type pointerInQuery struct {
		P *int `query:"p"`
	}
	_, err := CompileRequest(reflect.TypeFor[*pointerInQuery]())
	require.ErrorContains(t, err, "field pointerInQuery.P")
	_, err = CompileRequest(reflect.TypeFor[int]())
	require.Error(t, err)
	_, err = CompileParam("p", reflect.TypeFor[[]string]())
	require.Error(t, err)
}

func TestCopyGoesThroughJSON(t *testing.T) {
	t.Parallel()
	original := &leaf{A: 1, C: []int{1}, Hidden: 2, internal: 3}
	copied, err := Copy(original)
	require.NoError(t, err)
	require.Equal(t, &leaf{A: 1, C: []int{1}}, copied)
	copied.(*leaf).C[0] = 9
	require.Equal(t, 1, original.C[0])

	copied, err = Copy((*leaf)(nil))
	require.NoError(t, err)
	require.Equal(t, (*leaf)(nil), copied)
	_, err = Copy(&struct{ F func() }{func() {}})
	require.Error(t, err)
}

func TestParams(t *testing.T) {
	t.Parallel()
	for text, typ := range map[string]reflect.Type{
		"text": reflect.TypeFor[string](), "-5": reflect.TypeFor[int64](), "7": reflect.TypeFor[uint8](), "true": reflect.TypeFor[bool](),
		"6ba7b810-9dad-11d1-80b4-00c04fd430c8": reflect.TypeFor[uuid.UUID](),
	} {
		param, err := CompileParam("p", typ)
		require.NoError(t, err)
		value, err := param.Parse(text)
		require.NoError(t, err)
		require.Equal(t, typ, reflect.TypeOf(value))
		require.Equal(t, text, param.Text(value))
		if typ.Kind() != reflect.String {
			_, err = param.Parse("x")
			require.ErrorContains(t, err, "decode request: p: invalid parameter: ")
			require.NotContains(t, err.Error(), "\n")
		}
	}
}
