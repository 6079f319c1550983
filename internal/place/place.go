// Package place tells where in the world an IP address is, by a database of cities that the operator has.
package place

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Places knows where addresses are; nil knows nothing of any.
type Places struct{ database *maxminddb.Reader }

// Open reads a database of cities in the format of MaxMind (.mmdb); nil for no file. The file is mapped into memory, and must
// not be written to: replace it by another one, and start anew.
//
// The error is a line about GEOIP_FILE, for a file that cannot be read or holds something else.
func Open(file string) (*Places, error) {
	if file == "" {
		return nil, nil
	}
	database, err := maxminddb.Open(file)
	if err != nil {
		return nil, fmt.Errorf("GEOIP_FILE cannot be read as a database in the format of MaxMind: %w", err)
	}
	if kind := database.Metadata.DatabaseType; !strings.Contains(kind, "City") {
		return nil, fmt.Errorf("GEOIP_FILE is a database of the type %q: it must be one of cities", kind)
	}
	return &Places{database}, nil
}

// record is what is read of an entry.
type record struct {
	City    named `maxminddb:"city"`
	Country named `maxminddb:"country"`
}

type named struct {
	Code  string            `maxminddb:"iso_code"`
	Names map[string]string `maxminddb:"names"`
}

// Of returns the city and the country of an address in a language (nl, en, fr), as in "Gent, België"; the country alone where
// no more is known, and nothing where that is not known either. The database says about where the network is, not where somebody is.
func (p *Places) Of(address, lang string) string {
	ip, err := netip.ParseAddr(address)
	if p == nil || err != nil {
		return ""
	}
	var found record
	if err := p.database.Lookup(ip.Unmap().WithZone("")).Decode(&found); err != nil {
		return "" // a damaged part: nobody is kept from seeing their sessions
	}
	parts := make([]string, 0, 2)
	for _, part := range []string{found.City.in(lang), found.Country.country(lang)} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ", ")
}

// in is the name in a language, else the English one: databases have not every language.
func (n named) in(lang string) string {
	if name := n.Names[lang]; name != "" {
		return name
	}
	return n.Names["en"]
}

// country is the name of a country, which does not depend on the languages of the database.
func (n named) country(lang string) string {
	region, err := language.ParseRegion(n.Code)
	tag, unknown := language.Parse(lang)
	if err == nil && unknown == nil {
		if names := display.Regions(tag); names != nil {
			if name := names.Name(region); name != "" {
				return name
			}
		}
	}
	return n.in(lang)
}
