package core

// The demo company: regions, buildings and tours in Ghent. Streets exist, buildings and people are made up.

type demoBuilding struct {
	name, street, houseNumber, bus, postalCode, city string
	syndic                                           string // e-mail address of a demo account; may be empty
	agreedMinutes                                    int32
}

type demoTour struct {
	name      string
	buildings []demoBuilding
}

type demoRegion struct {
	name  string
	tours []demoTour
}

const (
	martine  = "syndic@trottoir.example"
	philippe = "philippe@trottoir.example"
)

var demoRegions = []demoRegion{
	{"Gent-Centrum", []demoTour{
		{"Centrum Noord", []demoBuilding{
			{"Residentie Gravensteen", "Burgstraat", "14", "", "9000", "Gent", martine, 12},
			{"Huis Rabot", "Begijnhoflaan", "37", "", "9000", "Gent", martine, 10},
			{"De Lieve", "Lievestraat", "8", "", "9000", "Gent", "", 8},
			{"Prinsenhof", "Prinsenhof", "21", "A", "9000", "Gent", philippe, 15},
			{"Residentie Sint-Elisabeth", "Begijnhofdries", "5", "", "9000", "Gent", martine, 10},
		}},
		{"Centrum Zuid", []demoBuilding{
			{"Zuidpark", "Woodrow Wilsonplein", "4", "", "9000", "Gent", philippe, 20},
			{"De Muinck", "Muinkkaai", "46", "", "9000", "Gent", philippe, 12},
			{"Residentie Artevelde", "Kortrijksepoortstraat", "112", "", "9000", "Gent", martine, 10},
			{"Ter Plaeten", "Ter Platen", "29", "1", "9000", "Gent", "", 10},
			{"Coupure", "Coupure Links", "205", "", "9000", "Gent", martine, 14},
		}},
	}},
	{"Gent-Zuid", []demoTour{
		{"Sint-Pieters", []demoBuilding{
			{"Residentie Astrid", "Koningin Astridlaan", "88", "", "9000", "Gent", martine, 10},
			{"Parkzicht", "Kortrijksesteenweg", "341", "", "9000", "Gent", philippe, 15},
			{"De Sterre", "Krijgslaan", "176", "", "9000", "Gent", "", 12},
			{"Miljoenenkwartier", "Vaderlandstraat", "53", "", "9000", "Gent", martine, 8},
			{"Residentie Fabiola", "Koningin Fabiolalaan", "12", "B", "9000", "Gent", philippe, 18},
			{"Overmeers", "Overmeersstraat", "60", "", "9000", "Gent", "", 8},
		}},
	}},
	{"Ledeberg", []demoTour{
		{"Ledeberg en Gentbrugge", []demoBuilding{
			{"Huize Ledeberg", "Brusselsesteenweg", "219", "", "9050", "Ledeberg", philippe, 12},
			{"De Moriaan", "Ledebergplein", "3", "", "9050", "Ledeberg", martine, 10},
			{"Standaert", "Hundelgemsesteenweg", "74", "", "9050", "Ledeberg", "", 9},
			{"Residentie Keizerspark", "Keizersvest", "31", "2", "9000", "Gent", philippe, 14},
			{"Braemkasteel", "Braemkasteelstraat", "17", "", "9050", "Gentbrugge", martine, 11},
		}},
	}},
}

// demoShift says who does which tour on which days of the week (Sunday is 0).
type demoShift struct {
	worker, tour string
	days         string
}

// Emma (student@…) has a tour on every day, so that there is always one to start.
var demoShifts = []demoShift{
	{"student@trottoir.example", "Centrum Noord", "0123456"},
	{"lucas@trottoir.example", "Centrum Zuid", "0123456"},
	{"noor@trottoir.example", "Sint-Pieters", "0123456"},
	{"mohamed@trottoir.example", "Ledeberg en Gentbrugge", "135"},
	{"lotte@trottoir.example", "Ledeberg en Gentbrugge", "0246"},
}

// demoWorkers are in which regions.
var demoWorkers = map[string][]string{
	"admin@trottoir.example":   {"Gent-Centrum", "Gent-Zuid", "Ledeberg"},
	"office@trottoir.example":  {"Gent-Centrum", "Gent-Zuid", "Ledeberg"},
	"student@trottoir.example": {"Gent-Centrum", "Gent-Zuid"},
	"lucas@trottoir.example":   {"Gent-Centrum"},
	"noor@trottoir.example":    {"Gent-Zuid", "Ledeberg"},
	"mohamed@trottoir.example": {"Ledeberg"},
	"lotte@trottoir.example":   {"Gent-Centrum", "Ledeberg"},
	"seppe@trottoir.example":   {"Gent-Zuid"},
}
