// Package demo is a company to try the application with: regions, buildings and tours in Ghent, two weeks of rounds with
// drawn photos, and a year of collections. Streets exist, buildings and people are made up.
package demo

import "encore.app/core/recur"

type building struct {
	name, street, houseNumber, bus, postalCode, city string
	syndic                                           string // e-mail address of a demo account; may be empty
	agreedMinutes                                    int32
	comments                                         []string // of the office
	facts
}

// facts are what not every building has.
type facts struct {
	syndics             []string // more of them
	customerNumber      string
	latitude, longitude float64
	manual              []string // lines of its only version
}

type tour struct {
	name      string
	buildings []building
}

// hidesIdleStops is the tour whose runs leave out the stops without work.
const hidesIdleStops = "Ledeberg en Gentbrugge"

// isReordered is the tour whose stops are changed after its runs are planned.
const isReordered = "Sint-Pieters"

type region struct {
	name  string
	tours []tour
}

// The syndics of the demo company, by the addresses of their accounts.
const (
	Martine  = "syndic@trottoir.example"
	Philippe = "philippe@trottoir.example"
)

// The regions of the demo company.
const (
	centre   = "Gent-Centrum"
	south    = "Gent-Zuid"
	ledeberg = "Ledeberg"
)

// company is where the demo company works.
var company = []region{
	{centre, []tour{
		{"Centrum Noord", []building{
			{"Residentie Gravensteen", "Burgstraat", "14", "", "9000", "Gent", Martine, 12, []string{"Code van de poort: 4711. De containers staan links achter de fietsenstalling."}, facts{nil, "IV-20417", 51.0573, 3.7207, []string{
				"1. De containers staan links achter de fietsenstalling.", "2. Zet ze rechts van de poort, met het deksel naar de gevel.",
				"3. Hou 1 meter vrij voor voetgangers.", "4. Spuit de berging uit en sluit de poort.",
			}}},
			{"Huis Rabot", "Begijnhoflaan", "37", "", "9000", "Gent", Martine, 10, []string{"Sleutel hangt in het sleutelkastje naast de voordeur, code 2580.", "Papier enkel buitenzetten als het niet regent: de dozen staan open."}, facts{latitude: 51.0575, longitude: 3.7131}},
			{"De Lieve", "Lievestraat", "8", "", "9000", "Gent", "", 8, nil, facts{latitude: 51.0594, longitude: 3.7189}},
			{"Prinsenhof", "Prinsenhof", "21", "A", "9000", "Gent", Philippe, 15, []string{"Bel bij de conciërge (bus A1) als de poort op slot is."}, facts{[]string{Martine}, "IV-20431", 51.0586, 3.7176, nil}},
			{"Residentie Sint-Elisabeth", "Begijnhofdries", "5", "", "9000", "Gent", Martine, 10, nil, facts{latitude: 51.0566, longitude: 3.7149}},
		}},
		{"Centrum Zuid", []building{
			{"Zuidpark", "Woodrow Wilsonplein", "4", "", "9000", "Gent", Philippe, 20, []string{"Ingang langs de Franklin Rooseveltlaan, ondergrondse berging op -1.\nBadge ligt op kantoor."}, facts{nil, "IV-31102", 51.0482, 3.7303, []string{
				"1. Neem de badge mee van kantoor.", "2. Lift tot -1; de berging is rechts.", "3. Twee ritten met de kar: papier en PMD apart.",
			}}},
			{"De Muinck", "Muinkkaai", "46", "", "9000", "Gent", Philippe, 12, nil, facts{latitude: 51.0431, longitude: 3.7292}},
			{"Residentie Artevelde", "Kortrijksepoortstraat", "112", "", "9000", "Gent", Martine, 10, nil, facts{latitude: 51.0437, longitude: 3.7216}},
			{"Ter Plaeten", "Ter Platen", "29", "1", "9000", "Gent", "", 10, nil, facts{latitude: 51.0419, longitude: 3.7312}},
			{"Coupure", "Coupure Links", "205", "", "9000", "Gent", Martine, 14, nil, facts{latitude: 51.0497, longitude: 3.7121}},
		}},
	}},
	{south, []tour{
		{"Sint-Pieters", []building{
			{"Residentie Astrid", "Koningin Astridlaan", "88", "", "9000", "Gent", Martine, 10, []string{"Code van de garage: 1907#."}, facts{latitude: 51.0379, longitude: 3.7155}},
			{"Parkzicht", "Kortrijksesteenweg", "341", "", "9000", "Gent", Philippe, 15, nil, facts{latitude: 51.0351, longitude: 3.7139}},
			{"De Sterre", "Krijgslaan", "176", "", "9000", "Gent", "", 12, nil, facts{latitude: 51.0285, longitude: 3.7161}},
			{"Miljoenenkwartier", "Vaderlandstraat", "53", "", "9000", "Gent", Martine, 8, nil, facts{latitude: 51.0349, longitude: 3.7217}},
			{"Residentie Fabiola", "Koningin Fabiolalaan", "12", "B", "9000", "Gent", Philippe, 18, nil, facts{[]string{Martine}, "IV-40876", 51.0369, 3.7106, nil}},
			{"Overmeers", "Overmeersstraat", "60", "", "9000", "Gent", "", 8, nil, facts{latitude: 51.0412, longitude: 3.7171}},
		}},
	}},
	{ledeberg, []tour{
		{"Ledeberg en Gentbrugge", []building{
			{"Huize Ledeberg", "Brusselsesteenweg", "219", "", "9050", "Ledeberg", Philippe, 12, []string{"Niet voor 18 uur: de winkel heeft de stoep nodig."}, facts{latitude: 51.0364, longitude: 3.7482}},
			{"De Moriaan", "Ledebergplein", "3", "", "9050", "Ledeberg", Martine, 10, nil, facts{latitude: 51.0391, longitude: 3.7434}},
			{"Standaert", "Hundelgemsesteenweg", "74", "", "9050", "Ledeberg", "", 9, nil, facts{latitude: 51.0369, longitude: 3.7428}},
			{"Residentie Keizerspark", "Keizersvest", "31", "2", "9000", "Gent", Philippe, 14, nil, facts{latitude: 51.0432, longitude: 3.7426}},
			{"Braemkasteel", "Braemkasteelstraat", "17", "", "9050", "Gentbrugge", Martine, 11, nil, facts{latitude: 51.0437, longitude: 3.7586}},
		}},
	}},
}

// shift says who does which tour on which days of the week (Sunday is 0).
type shift struct {
	worker, tour string
	days         string
}

// Emma (student@…) has a tour on every day, so that there is always one to start.
var shifts = []shift{
	{"student@trottoir.example", "Centrum Noord", "0123456"},
	{"lucas@trottoir.example", "Centrum Zuid", "0123456"},
	{"noor@trottoir.example", "Sint-Pieters", "0123456"},
	{"mohamed@trottoir.example", "Ledeberg en Gentbrugge", "135"},
	{"lotte@trottoir.example", "Ledeberg en Gentbrugge", "0246"},
}

// rhythms say on which days tours are walked, and who usually does it.
var rhythms = []struct {
	tour, rrule string
	walkers     []string
}{
	{"Centrum Noord", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", []string{"student@trottoir.example", "lotte@trottoir.example"}},
	{"Centrum Zuid", "FREQ=WEEKLY;BYDAY=MO,TH", []string{"lucas@trottoir.example"}},
	{"Sint-Pieters", "FREQ=YEARLY;BYWEEKNO=" + recur.OddWeeks + ";BYDAY=TU,FR", []string{"noor@trottoir.example", "seppe@trottoir.example"}},
	{"Ledeberg en Gentbrugge", "FREQ=WEEKLY;BYDAY=MO,WE,SA", []string{"mohamed@trottoir.example", "lotte@trottoir.example"}},
}

// Workers says who works in which regions, by the addresses of their accounts.
var Workers = map[string][]string{
	"admin@trottoir.example":   {centre, south, ledeberg},
	"office@trottoir.example":  {centre, south, ledeberg},
	"student@trottoir.example": {centre, south},
	"lucas@trottoir.example":   {centre},
	"noor@trottoir.example":    {south, ledeberg},
	"mohamed@trottoir.example": {ledeberg},
	"lotte@trottoir.example":   {centre, ledeberg},
	"seppe@trottoir.example":   {south},
}
