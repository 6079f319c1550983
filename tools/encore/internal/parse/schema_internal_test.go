package parse

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"CamelCase":   "camel_case",
		"ID":          "id",
		"StringSlice": "string_slice",
		"Int8":        "int8",
		"HTMLBody":    "html_body",
		"APIKey2":     "api_key2",
		"OAuthToken":  "o_auth_token",
		"X1Y":         "x1y",
		"UserIDs":     "user_i_ds",
		"Page":        "page",
		"HTTP2Server": "http2_server",
		"With_Under":  "with_under",
	} {
		require.Equal(t, want, snakeCase(name), name)
	}
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"* * * * *", "*/15 0-6,12 1 * mon", "5/10 23 31 DEC 7", "0 4 * jan-mar sun"} {
		require.NoError(t, checkSchedule(good), good)
	}
	for bad, reason := range map[string]string{
		"":              "0 fields",
		"60 * * * *":    `"60" is no minute`,
		"* * 0 * *":     `"0" is no day of the month`,
		"* * * 13 *":    `"13" is no month`,
		"* * * * 8":     `"8" is no day of the week`,
		"+1 * * * *":    `"+1" is no minute`,
		"1- * * * *":    `"" is no minute`,
		"*/90 * * * *":  `"90" is no step`,
		"5-1 * * * *":   "runs backwards",
		"@daily":        "1 fields",
		"1,,2 * * * *":  `"" is no minute`,
		"* * * * mon#1": `"mon#1" is no day of the week`,
	} {
		require.ErrorContains(t, checkSchedule(bad), reason, bad)
	}
}
