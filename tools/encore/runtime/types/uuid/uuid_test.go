//go:build !encore_app

package uuid_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"
)

const canonical = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

func TestFromStringReadsEveryForm(t *testing.T) {
	t.Parallel()
	hash := strings.ReplaceAll(canonical, "-", "")
	for _, text := range []string{
		canonical, hash, "{" + canonical + "}", "{" + hash + "}", "urn:uuid:" + canonical, strings.ToUpper(canonical),
	} {
		u, err := uuid.FromString(text)
		require.NoError(t, err, text)
		require.Equal(t, canonical, u.String())
	}
	for _, text := range []string{"", "x", canonical[1:], "(" + canonical + ")", "urn:oid::" + canonical, strings.Replace(canonical, "6", "g", 1), strings.ReplaceAll(canonical, "-", "_")} {
		_, err := uuid.FromString(text)
		require.Error(t, err, text)
		require.Equal(t, uuid.Nil, uuid.FromStringOrNil(text))
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	dns := uuid.Must(uuid.FromString(canonical))
	require.Equal(t, uuid.V1, dns.Version())
	require.Equal(t, "5df41881-3aed-3515-88a7-2f4a814cf09e", uuid.NewV3(dns, "www.example.com").String())
	require.Equal(t, "2ed6657d-e927-568b-95e1-2665a8aea6a2", uuid.NewV5(dns, "www.example.com").String())
	random, err := uuid.NewV4()
	require.NoError(t, err)
	require.Equal(t, uuid.V4, random.Version())
	require.Equal(t, byte(0x80), random[8]&0xc0)
	require.Equal(t, random, uuid.FromBytesOrNil(random.Bytes()))
	require.Equal(t, uuid.Nil, uuid.FromBytesOrNil([]byte{1}))
	require.Panics(t, func() { uuid.Must(uuid.FromString("")) })
}

func TestForms(t *testing.T) {
	t.Parallel()
	u := uuid.Must(uuid.FromString(canonical))
	encoded, err := json.Marshal(map[uuid.UUID]uuid.NullUUID{u: {}, uuid.Nil: {UUID: u, Valid: true}})
	require.NoError(t, err)
	require.JSONEq(t, `{"`+canonical+`":null,"00000000-0000-0000-0000-000000000000":"`+canonical+`"}`, string(encoded))
	var null uuid.NullUUID
	require.NoError(t, json.Unmarshal([]byte(`"`+canonical+`"`), &null))
	require.True(t, null.Valid)
	require.NoError(t, json.Unmarshal([]byte(`null`), &null))
	require.False(t, null.Valid)
	require.Equal(t, canonical+" "+canonical+` "`+canonical+`" 6ba7b8109dad11d180b400c04fd430c8`, fmt.Sprintf("%v %s %q %x", u, u, u, u))

	for _, src := range []any{canonical, []byte(canonical), u.Bytes(), u, [16]byte(u)} {
		var scanned uuid.UUID
		require.NoError(t, scanned.Scan(src))
		require.Equal(t, u, scanned)
		require.NoError(t, null.Scan(src))
		require.True(t, null.Valid)
	}
	require.Error(t, new(uuid.UUID).Scan(3))
	require.NoError(t, null.Scan(nil))
	value, err := null.Value()
	require.NoError(t, err)
	require.Nil(t, value)
	value, err = u.Value()
	require.NoError(t, err)
	require.Equal(t, canonical, value)
}
