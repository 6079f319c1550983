package core

import (
	"fmt"
	"strings"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/internal/refusal"
)

func wood() *CreateWasteKindParams {
	return &CreateWasteKindParams{Code: "HOUT", NameNL: "Hout", NameEN: "Wood", NameFR: "Bois", Colour: "#885522", Icon: "wood"}
}

func TestKindsOfWasteAreAddedChangedAndArchived(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	codes := func() (codes []string) {
		list, err := r.ListWasteKinds(r.as(emma))
		require.NoError(t, err)
		for _, kind := range list.Items {
			codes = append(codes, kind.Code)
		}
		return codes
	}
	require.Equal(t, []string{"GFT", "GLS", "GRF", "KER", "PAP", "PMD", "RES"}, codes(), "those of DOMAIN")

	params := wood()
	params.Code, params.IdempotencyKey = " hout ", newID().String()
	made, err := r.CreateWasteKind(r.as(admin), params)
	require.NoError(t, err)
	require.Equal(t, &WasteKind{Code: "HOUT", NameNL: "Hout", NameEN: "Wood", NameFR: "Bois", Colour: "#885522", Icon: "wood", Version: 1}, made)
	again, err := r.CreateWasteKind(r.as(admin), params)
	require.NoError(t, err)
	require.Equal(t, made, again, "the answer was lost")
	require.Contains(t, codes(), "HOUT")
	_, err = r.CreateWasteKind(r.as(admin), wood())
	requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "code", Reason: refusal.NameTaken})

	put := &PutWasteKindParams{NameNL: "Snoeihout", NameEN: "Branches", NameFR: "Branches", Colour: "#885500", Icon: "tree", Version: made.Version}
	changed, err := r.PutWasteKind(r.as(admin), "HOUT", put)
	require.NoError(t, err)
	require.Equal(t, &WasteKind{Code: "HOUT", NameNL: "Snoeihout", NameEN: "Branches", NameFR: "Branches", Colour: "#885500", Icon: "tree", Version: 2}, changed)
	_, err = r.PutWasteKind(r.as(admin), "HOUT", put)
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)

	for range 2 {
		archived, err := r.ArchiveWasteKind(r.as(admin), "HOUT")
		require.NoError(t, err)
		require.True(t, archived.Archived)
		require.EqualValues(t, 3, archived.Version)
	}
	require.Contains(t, codes(), "HOUT", "what was collected keeps its name")
	back, err := r.UnarchiveWasteKind(r.as(admin), "HOUT")
	require.NoError(t, err)
	require.False(t, back.Archived)

	require.Equal(t, []string{WasteKindCreated, WasteKindChanged, WasteKindArchived, WasteKindUnarchived}, r.events())
	for _, code := range []string{"NONE", "hout", "'", ""} {
		_, err = r.ArchiveWasteKind(r.as(admin), code)
		requireRefusal(t, err, errs.NotFound, refusal.Missing, code)
	}
}

func TestWhatIsNoKindOfWasteIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	for name, c := range map[string]struct {
		change func(*CreateWasteKindParams)
		field  string
		reason refusal.Reason
	}{
		"a short code":  {func(p *CreateWasteKindParams) { p.Code = "A" }, "code", refusal.Malformed},
		"a long code":   {func(p *CreateWasteKindParams) { p.Code = "ABCDEFGHIJK" }, "code", refusal.Malformed},
		"another code":  {func(p *CreateWasteKindParams) { p.Code = "É1" }, "code", refusal.Malformed},
		"no name":       {func(p *CreateWasteKindParams) { p.NameFR = " " }, "name_fr", refusal.Required},
		"a long name":   {func(p *CreateWasteKindParams) { p.NameNL = strings.Repeat("n", 101) }, "name_nl", refusal.TooLong},
		"a colour word": {func(p *CreateWasteKindParams) { p.Colour = "red" }, "colour", refusal.Malformed},
		"a picture":     {func(p *CreateWasteKindParams) { p.Icon = "../icon.svg" }, "icon", refusal.Malformed},
	} {
		params := wood()
		c.change(params)
		_, err := r.CreateWasteKind(r.as(admin), params)
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: c.field, Reason: c.reason}, name)
	}
}

func TestThereAreAHundredKindsOfWasteAtMost(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	_, err := r.pool.Exec(t.Context(), `insert into waste_kinds (code, name_nl, name_en, name_fr, colour, icon)
		select 'X' || n, 'x', 'x', 'x', '#000000', 'x' from generate_series(1, 92) n`)
	require.NoError(t, err)
	results := together(4, func(i int) error {
		params := wood()
		params.Code = fmt.Sprint("Y", i)
		_, err := r.CreateWasteKind(r.as(admin), params)
		return err
	})
	requireOneWinner(t, results, errs.FailedPrecondition, refusal.TooManyOfThem)
}
