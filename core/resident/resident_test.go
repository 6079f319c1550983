package resident

import (
	"crypto/sha256"
	"encoding/base64"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func date(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

var (
	paper   = Kind{"PAP", "Papier en karton", "#daa520", "news"}
	residue = Kind{"RES", "Restafval", "#696969", "trash"}
)

// full is a page with everything on it. Today is Thursday 26 November.
func full(language string) *Page {
	brussels, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic(err)
	}
	page := &Page{
		Language: language, Path: "/b/0190", Calendar: "webcal://trottoir.example/b/0190/calendar.ics", Street: "Burgstraat 14 bus A",
		Place: "9000 Gent", Today: date(time.November, 26), Last: date(time.December, 26),
		Departure: &Departure{time.Date(2026, time.November, 24, 17, 5, 0, 0, time.UTC).In(brussels), []Photo{{"/b/0190/pictures/1/320", "/b/0190/pictures/1/1600", 1200, 1600}}},
		Report:    Report{"5b0fa54e-20b5-47a3-9f9e-0b6a2f4a3b1c", "dirty", "Naast de <bak> \"ligt\" glas", "a@b", map[string]string{"email": "email", "": "busy"}},
	}
	for day := page.Today; !day.After(page.Last); day = day.AddDate(0, 0, 1) {
		page.Collections = append(page.Collections,
			Collection{Date: day, PutOut: day.AddDate(0, 0, -1), BringIn: true, From: "06:00", To: "14:00", Kind: paper},
			Collection{Date: day, PutOut: day, From: "13:00", To: "17:00", Kind: residue})
	}
	return page
}

func TestEveryTextIsThereInEveryLanguage(t *testing.T) {
	t.Parallel()
	keys := func(language string) (keys []string) {
		for key, text := range textsOf[language] {
			keys = append(keys, key)
			require.NotEmpty(t, text, "%s: %s", language, key)
		}
		slices.Sort(keys)
		return keys
	}
	for _, language := range Languages[1:] {
		require.Equal(t, keys(Languages[0]), keys(language), language)
	}
	for _, kind := range Kinds {
		require.Contains(t, textsOf["nl"], "report.kinds."+kind)
	}
}

func TestPagesAreCompleteSmallAndStrict(t *testing.T) {
	t.Parallel()
	for _, language := range Languages {
		html, err := full(language).HTML()
		require.NoError(t, err, language)
		require.Contains(t, string(html), `<html lang="`+language+`">`)
		require.Less(t, len(html), 60_000, "with two collections on every day")
		page := full(language)
		page.Collections = page.Collections[:24] // as many as a building has in 30 days
		html, err = page.HTML()
		require.NoError(t, err)
		require.Less(t, len(html), 30_000, "%s: a phone on a bad line reads it too", language)
		thanks, err := page.Thanks()
		require.NoError(t, err)
		poster, err := (&Poster{language, "Burgstraat 14", "9000 Gent", "https://trottoir.example/b/0190", "<svg></svg>", "/buildings/1/poster"}).HTML()
		require.NoError(t, err)
		for _, body := range [][]byte{html, thanks, poster, NotFound, Message(language, "busy"), Message(language, "failed")} {
			text := string(body)
			require.NotContains(t, text, "ZgotmplZ", "html/template refused something")
			require.NotRegexp(t, `<[^>]+ (style|on[a-z]+)=`, text, "the policy allows no such attributes")
			require.Contains(t, text, `<meta name="robots" content="noindex, nofollow">`)
			for _, inline := range regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`).FindAllStringSubmatch(text, -1) {
				sum := sha256.Sum256([]byte(inline[2]))
				require.Contains(t, Policy, inline[1]+"-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
			}
		}
	}
	require.NotContains(t, Policy, "unsafe")
}

func TestThePageSaysWhatGoesOutWhen(t *testing.T) {
	t.Parallel()
	page := full("nl")
	page.Collections = []Collection{
		{Date: date(time.November, 26), PutOut: date(time.November, 25), Kind: residue},
		{Date: date(time.November, 27), PutOut: date(time.November, 26), BringIn: true, From: "06:00", To: "14:00", Kind: paper},
		{Date: date(time.December, 1), PutOut: date(time.December, 1), From: "13:00", To: "17:00", Kind: residue},
		{Date: date(time.December, 2), Kind: paper},
	}
	words := textsOf["nl"]
	require.Equal(t, []soon{
		{"today", "donderdag 26 november", []line{{"collected", "", residue}, {"out", "", paper}}},
		{"tomorrow", "vrijdag 27 november", []line{{"collected", "06:00–14:00", paper}}},
	}, newView(page).Soon)
	require.Equal(t, []dayView{
		{"donderdag 26 november", []item{{residue, "woensdagavond 25 november", "", false}}},
		{"vrijdag 27 november", []item{{paper, "donderdagavond 26 november", "06:00–14:00", true}}},
		{"dinsdag 1 december", []item{{residue, "dinsdag 1 december vóór 13:00", "13:00–17:00", false}}},
		{"woensdag 2 december", []item{{paper, "", "", false}}},
	}, newView(page).Days)
	require.Equal(t, "mardi 1er décembre avant 13:00", textsOf["fr"].putOut(page.Collections[2]))
	require.Equal(t, "lundi soir 30 novembre", textsOf["fr"].dated("date.evening", date(time.November, 30)))
	require.Equal(t, "Monday evening, 30 November", textsOf["en"].dated("date.evening", date(time.November, 30)))
	require.Equal(t, "dinsdag 24 november, 18:05", newView(page).Left, "in the time zone of the building")

	weeks := words.weeks(page)
	require.Len(t, weeks, 5)
	require.Equal(t, cell{Label: "23", Month: "nov", Long: "maandag 23 november", Outside: true}, weeks[0].Days[0])
	require.Equal(t, cell{Label: "26", Long: "donderdag 26 november", Today: true, Kinds: []Kind{residue}}, weeks[0].Days[3])
	require.Equal(t, cell{Label: "1", Month: "dec", Long: "dinsdag 1 december", Kinds: []Kind{residue}}, weeks[1].Days[1])
	require.Equal(t, cell{Label: "27", Long: "zondag 27 december", Outside: true}, weeks[4].Days[6])
}

func TestWhereNothingHappensSoonTheNextDayIsShown(t *testing.T) {
	t.Parallel()
	page := full("fr")
	page.Collections = []Collection{{Date: date(time.December, 1), PutOut: date(time.November, 30), From: "06:00", To: "14:00", Kind: paper}}
	shown := newView(page).Soon
	require.Len(t, shown, 3)
	require.Equal(t, soon{"next", "mardi 1er décembre", []line{{"collected", "06:00–14:00", paper}}}, shown[2])
	page.Collections = nil
	require.Len(t, newView(page).Soon, 2)
}

func TestWhatWasTypedComesBackAndHarmsNobody(t *testing.T) {
	t.Parallel()
	html, err := full("en").HTML()
	require.NoError(t, err)
	require.Contains(t, string(html), `Naast de &lt;bak&gt; &#34;ligt&#34; glas</textarea>`)
	require.Contains(t, string(html), `value="a@b"`)
	require.Contains(t, string(html), `<option value="dirty" selected>`)
	require.Contains(t, string(html), "This is not an e-mail address.")
	require.Contains(t, string(html), `aria-describedby="hint-email error-email" aria-invalid="true"`)
}

func TestTheLanguageOfAPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ asked, accepted, want string }{
		{"", "", "nl"},
		{"", "fr-BE,fr;q=0.9,en;q=0.8", "fr"},
		{"", "en-GB", "en"},
		{"", "nl-BE", "nl"},
		{"", "de,fr;q=0.5", "fr"},
		{"", "ja", "nl"},
		{"", "*", "nl"},
		{"", "\x00;;;q=x", "nl"},
		{"", strings.Repeat("en,", 10000), "nl"},
		{"en", "fr", "en"},
		{"de", "fr", "fr"},
	} {
		require.Equal(t, c.want, Choose(c.asked, c.accepted), "%.20q %.20q", c.asked, c.accepted)
	}
}

// What a resident can learn is what these types hold: whoever adds a field decides that everybody may read it.
func TestAllThatTheTemplatesReach(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{
		"Page.Language string", "Page.Path string", "Page.Calendar string", "Page.Street string", "Page.Place string",
		"Page.Today Time", "Page.Last Time",
		"Page.Collections Date Time", "Page.Collections PutOut Time", "Page.Collections BringIn bool", "Page.Collections From string",
		"Page.Collections To string", "Page.Collections Kind Code string", "Page.Collections Kind Name string",
		"Page.Collections Kind Colour string", "Page.Collections Kind Icon string",
		"Page.Departure At Time", "Page.Departure Photos Small string", "Page.Departure Photos Large string",
		"Page.Departure Photos Width int", "Page.Departure Photos Height int",
		"Page.Report ID string", "Page.Report Kind string", "Page.Report Text string", "Page.Report Email string", "Page.Report Problems map[string]string",
	}, fields("Page.", reflect.TypeFor[Page]()))
	require.Equal(t, []string{
		"Poster.Language string", "Poster.Street string", "Poster.Place string", "Poster.Address string", "Poster.QR string", "Poster.Path string",
	}, fields("Poster.", reflect.TypeFor[Poster]()))
}

func fields(prefix string, of reflect.Type) (all []string) {
	for field := range of.Fields() {
		inner := field.Type
		for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[time.Time]() {
			all = append(all, fields(prefix+field.Name+" ", inner)...)
			continue
		}
		name := field.Type.String()
		all = append(all, prefix+field.Name+" "+strings.TrimPrefix(name, "time."))
	}
	return all
}

func TestIconsAreSeenOnAnyColour(t *testing.T) {
	t.Parallel()
	for _, colour := range []string{"#000000", "#ffffff", "#808080", "#daa520", "#ffff00"} {
		require.GreaterOrEqual(t, contrast(luminance(inkOn(colour)), luminance(colour)), 3.0, colour)
	}
	require.Equal(t, drawings["trash"], draw(Kind{Icon: "of-another-version"}).Path)
	require.NotEmpty(t, drawings["news"])
}

func TestEveryDrawingOfTheWebAppIsHereToo(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../../frontend-proxy/web/src/shared/waste/icons.ts")
	require.NoError(t, err)
	names := regexp.MustCompile(`(?m)^  "?([a-z0-9-]+)"?: Icon`).FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		require.Contains(t, drawings, name[1])
	}
}
