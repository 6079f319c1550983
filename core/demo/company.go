// Package demo is a company to try the application with: regions, buildings and tours in Ghent, two weeks of rounds with
// drawn photos, and a year of collections. Streets exist, buildings and people are made up.
package demo

type building struct {
	name, street, houseNumber, bus, postalCode, city string
	syndic                                           string // e-mail address of a demo account; may be empty
	agreedMinutes                                    int32
}

type tour struct {
	name      string
	buildings []building
}

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
			{"Residentie Gravensteen", "Burgstraat", "14", "", "9000", "Gent", Martine, 12},
			{"Huis Rabot", "Begijnhoflaan", "37", "", "9000", "Gent", Martine, 10},
			{"De Lieve", "Lievestraat", "8", "", "9000", "Gent", "", 8},
			{"Prinsenhof", "Prinsenhof", "21", "A", "9000", "Gent", Philippe, 15},
			{"Residentie Sint-Elisabeth", "Begijnhofdries", "5", "", "9000", "Gent", Martine, 10},
		}},
		{"Centrum Zuid", []building{
			{"Zuidpark", "Woodrow Wilsonplein", "4", "", "9000", "Gent", Philippe, 20},
			{"De Muinck", "Muinkkaai", "46", "", "9000", "Gent", Philippe, 12},
			{"Residentie Artevelde", "Kortrijksepoortstraat", "112", "", "9000", "Gent", Martine, 10},
			{"Ter Plaeten", "Ter Platen", "29", "1", "9000", "Gent", "", 10},
			{"Coupure", "Coupure Links", "205", "", "9000", "Gent", Martine, 14},
		}},
	}},
	{south, []tour{
		{"Sint-Pieters", []building{
			{"Residentie Astrid", "Koningin Astridlaan", "88", "", "9000", "Gent", Martine, 10},
			{"Parkzicht", "Kortrijksesteenweg", "341", "", "9000", "Gent", Philippe, 15},
			{"De Sterre", "Krijgslaan", "176", "", "9000", "Gent", "", 12},
			{"Miljoenenkwartier", "Vaderlandstraat", "53", "", "9000", "Gent", Martine, 8},
			{"Residentie Fabiola", "Koningin Fabiolalaan", "12", "B", "9000", "Gent", Philippe, 18},
			{"Overmeers", "Overmeersstraat", "60", "", "9000", "Gent", "", 8},
		}},
	}},
	{ledeberg, []tour{
		{"Ledeberg en Gentbrugge", []building{
			{"Huize Ledeberg", "Brusselsesteenweg", "219", "", "9050", "Ledeberg", Philippe, 12},
			{"De Moriaan", "Ledebergplein", "3", "", "9050", "Ledeberg", Martine, 10},
			{"Standaert", "Hundelgemsesteenweg", "74", "", "9050", "Ledeberg", "", 9},
			{"Residentie Keizerspark", "Keizersvest", "31", "2", "9000", "Gent", Philippe, 14},
			{"Braemkasteel", "Braemkasteelstraat", "17", "", "9050", "Gentbrugge", Martine, 11},
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
