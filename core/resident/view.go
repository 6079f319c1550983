package resident

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"
)

// view is a page as its template reads it.
type view struct {
	frame
	Page     *Page
	Calendar template.URL
	// Kinds are those on the page, each once: they are drawn once.
	Kinds []drawing
	// Soon are today and tomorrow; when nothing happens then, also the next day on which something does.
	Soon []soon
	// Days are those on which something is fetched.
	Days  []dayView
	Weeks []week
	// Weekdays are the heads of the calendar, from Monday.
	Weekdays []weekday
	Left     string // when the last visit ended
}

type drawing struct {
	Code, Colour, Ink, Path string
}

type soon struct {
	// When is today, tomorrow or next, Date the day in words.
	When, Date string
	// Lines are what has to be done and what is done.
	Lines []line
}

type line struct {
	// Text is a key of the texts under soon; Time is between which times, empty when it is not known.
	Text, Time string
	Kind       Kind
}

type dayView struct {
	Date  string
	Items []item
}

type item struct {
	Kind Kind
	// PutOut is when the bins go out, Time when the waste company comes; empty when it is not known or not done.
	PutOut, Time string
	BringIn      bool
}

type weekday struct{ Short, Long string }

type week struct{ Days []cell }

type cell struct {
	// Label is the number, Month its month where one begins, Long the date for who does not see the calendar.
	Label, Month, Long string
	Today, Outside     bool
	Kinds              []Kind
}

func newView(p *Page) *view {
	words := textsOf[p.Language]
	v := &view{frame: frame{p.Language, p.Path}, Page: p, Calendar: template.URL(p.Calendar)} //nolint:gosec // made by the service
	drawn := make(map[string]bool)
	for _, c := range p.Collections {
		if !drawn[c.Kind.Code] {
			drawn[c.Kind.Code] = true
			v.Kinds = append(v.Kinds, draw(c.Kind))
		}
		date := words.long(c.Date)
		if len(v.Days) == 0 || v.Days[len(v.Days)-1].Date != date {
			v.Days = append(v.Days, dayView{Date: date})
		}
		day := &v.Days[len(v.Days)-1]
		day.Items = append(day.Items, item{Kind: c.Kind, PutOut: words.putOut(c), Time: words.between(c), BringIn: c.BringIn})
	}
	for _, one := range []struct {
		when string
		date time.Time
	}{{"today", p.Today}, {"tomorrow", p.Today.AddDate(0, 0, 1)}} {
		v.Soon = append(v.Soon, words.soon(one.when, one.date, p.Collections))
	}
	if len(v.Soon[0].Lines)+len(v.Soon[1].Lines) == 0 && len(p.Collections) > 0 {
		v.Soon = append(v.Soon, words.soon("next", p.Collections[0].Date, p.Collections))
	}
	for i := range 7 {
		monday := time.Date(2024, time.January, 1+i, 0, 0, 0, 0, time.UTC)
		long := words.weekday(monday)
		v.Weekdays = append(v.Weekdays, weekday{string([]rune(long)[:2]), long})
	}
	v.Weeks = words.weeks(p)
	if p.Departure != nil {
		v.Left = words.long(p.Departure.At) + ", " + p.Departure.At.Format("15:04")
	}
	return v
}

// soon says what happens on a day: what goes out by its evening or before the waste company comes, and what is fetched.
func (w texts) soon(when string, date time.Time, collections []Collection) soon {
	s := soon{When: when, Date: w.long(date)}
	for _, c := range collections {
		switch {
		case c.Date.Equal(date):
			s.Lines = append(s.Lines, line{"collected", w.between(c), c.Kind})
		case c.PutOut.Equal(date):
			s.Lines = append(s.Lines, line{"out", "", c.Kind})
		}
	}
	return s
}

// weeks are those from the week of today to that of the last day.
func (w texts) weeks(p *Page) (weeks []week) {
	monday := p.Today.AddDate(0, 0, -(int(p.Today.Weekday())+6)%7)
	next := 0
	for day := monday; !day.After(p.Last); {
		var row week
		for range 7 {
			c := cell{
				Label: strconv.Itoa(day.Day()), Long: w.long(day), Today: day.Equal(p.Today), Outside: day.Before(p.Today) || day.After(p.Last),
			}
			if day.Day() == 1 || day.Equal(monday) {
				c.Month = w.shortMonth(day)
			}
			for ; next < len(p.Collections) && !p.Collections[next].Date.After(day); next++ {
				c.Kinds = append(c.Kinds, p.Collections[next].Kind)
			}
			row.Days = append(row.Days, c)
			day = day.AddDate(0, 0, 1)
		}
		weeks = append(weeks, row)
	}
	return weeks
}

func (w texts) weekday(day time.Time) string {
	return w["date."+strings.ToLower(day.Weekday().String())]
}

func (w texts) month(day time.Time) string {
	return w["date."+strings.ToLower(day.Month().String())]
}

func (w texts) shortMonth(day time.Time) string {
	return w["date.short."+strings.ToLower(day.Month().String())]
}

// long writes a date as people say it: dinsdag 1 december.
func (w texts) long(day time.Time) string { return w.dated("date.long", day) }

func (w texts) dated(pattern string, day time.Time) string {
	number := strconv.Itoa(day.Day())
	if day.Day() == 1 {
		number = w["date.first"]
	}
	return strings.NewReplacer("{weekday}", w.weekday(day), "{day}", number, "{month}", w.month(day)).Replace(w[pattern])
}

// putOut says when the bins go out: on the evening before, or on the day itself before the waste company comes.
func (w texts) putOut(c Collection) string {
	switch {
	case c.PutOut.IsZero():
		return ""
	case c.PutOut.Equal(c.Date):
		return strings.ReplaceAll(w.dated("date.before", c.Date), "{time}", c.From)
	}
	return w.dated("date.evening", c.PutOut)
}

// ToDo says in a line when the bins go out and that they come in again; empty when neither is so.
func (c Collection) ToDo(language string) string {
	words := textsOf[language]
	var parts []string
	if out := words.putOut(c); out != "" {
		parts = append(parts, words["list.put_out"]+": "+out)
	}
	if c.BringIn {
		parts = append(parts, words["list.bring_in"])
	}
	return strings.Join(parts, " · ")
}

func (w texts) between(c Collection) string {
	if c.From == "" {
		return ""
	}
	return strings.NewReplacer("{from}", c.From, "{to}", c.To).Replace(w["date.between"])
}

var drawings = func() map[string]string {
	all := make(map[string]string)
	for entry := range strings.Lines(read("icons.txt")) {
		name, path, _ := strings.Cut(strings.TrimSpace(entry), " ")
		all[name] = path
	}
	return all
}()

// draw returns how a kind is drawn: with a bin where the drawing is not known.
func draw(kind Kind) drawing {
	path, known := drawings[kind.Icon]
	if !known {
		path = drawings["trash"]
	}
	return drawing{kind.Code, kind.Colour, inkOn(kind.Colour), path}
}

const white, ink = "#ffffff", "#1c1b19"

// inkOn returns white or ink, whichever is seen better on a colour.
func inkOn(colour string) string {
	of := luminance(colour)
	if contrast(of, luminance(white)) >= contrast(of, luminance(ink)) {
		return white
	}
	return ink
}

// contrast is that of WCAG 2.2 between two luminances, 1 to 21.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance is that of a colour, #rrggbb.
func luminance(colour string) float64 {
	var parts [3]uint8
	if _, err := fmt.Sscanf(colour, "#%02x%02x%02x", &parts[0], &parts[1], &parts[2]); err != nil {
		return 0 // the database holds nothing else
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		part := float64(parts[i]) / 255
		if part <= 0.03928 {
			part /= 12.92
		} else {
			part = math.Pow((part+0.055)/1.055, 2.4)
		}
		sum += weight * part
	}
	return sum
}
