package auth

import (
	"strings"

	"github.com/mileusna/useragent"
)

// clientProgram is what signs in, by what it says of itself.
type clientProgram struct {
	browser, system, kind string
}

// clientOf reads a User-Agent header.
func clientOf(userAgent string) clientProgram {
	read := useragent.Parse(userAgent)
	client := clientProgram{browser: read.Name, system: read.OS, kind: "program"}
	switch {
	case read.Bot:
	case read.Tablet:
		client.kind = "tablet"
	case read.Mobile:
		client.kind = "phone"
	case read.Desktop:
		client.kind = "desktop"
	}
	return client
}

// name is how a mail calls it, the same in every language: "Firefox, Linux". Empty when it says nothing of itself.
func (c clientProgram) name() string {
	if c.browser != "" && c.system != "" {
		return c.browser + ", " + c.system
	}
	return strings.TrimSpace(c.browser + c.system)
}
