// Package feed writes calendars as other programs read them (iCalendar, RFC 5545).
package feed

import (
	"strings"
	"time"

	ical "github.com/arran4/golang-ical"
)

// Event is something on a day, or between two times.
type Event struct {
	// UID names the event for ever.
	UID string
	// Version grows with every change.
	Version int64
	// Start and End are moments. For what lasts whole days they are dates (midnight UTC), End being the day after the last one.
	Start, End time.Time
	WholeDays  bool
	// Cancelled events are struck out, or go away, where they were copied to.
	Cancelled bool
	// Summary is a line. Description may have several, and may be empty as Location and URL.
	Summary, Description, Location, URL string
}

// Calendar is what one link shows.
type Calendar struct {
	// Name is what people read in their list of calendars.
	Name string
	// Zone is where the days are.
	Zone *time.Location
	// Written is when it was written: of the same content at the same time, the same bytes are written.
	Written time.Time
	Events  []Event
}

// refresh is how often programs are asked to read a calendar again.
const refresh = "PT1H"

// Write returns the calendar as a file. Moments are in UTC, so that nothing depends on what a program knows of time zones.
func (c *Calendar) Write() []byte {
	file := ical.NewCalendarFor("Trottoir")
	file.SetMethod(ical.MethodPublish)
	file.SetName(clean(c.Name))
	file.SetXWRCalName(clean(c.Name))
	file.SetXWRTimezone(c.Zone.String())
	file.SetRefreshInterval(refresh, ical.WithValue("DURATION"))
	file.SetXPublishedTTL(refresh)
	for i := range c.Events {
		c.Events[i].write(file.AddEvent(c.Events[i].UID), c.Written)
	}
	return []byte(file.Serialize(ical.WithNewLineWindows))
}

func (e *Event) write(into *ical.VEvent, written time.Time) {
	into.SetDtStampTime(written.UTC())
	into.SetSequence(int(e.Version))
	if e.WholeDays {
		into.SetAllDayStartAt(e.Start)
		into.SetAllDayEndAt(e.End)
	} else {
		into.SetStartAt(e.Start.UTC())
		into.SetEndAt(e.End.UTC())
	}
	into.SetTimeTransparency(ical.TransparencyTransparent) // it keeps nobody busy
	into.SetStatus(ical.ObjectStatusConfirmed)
	if e.Cancelled {
		into.SetStatus(ical.ObjectStatusCancelled)
	}
	into.SetSummary(clean(e.Summary))
	if e.Description != "" {
		into.SetDescription(clean(e.Description))
	}
	if e.Location != "" {
		into.SetLocation(clean(e.Location))
	}
	if e.URL != "" {
		into.SetURL(e.URL)
	}
}

// clean leaves out what a line of the format cannot hold; line breaks become those that it knows.
func clean(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
