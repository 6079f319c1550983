package limit

import (
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	encore "encore.dev"
)

// maxUserAgent is how many characters of User-Agent are kept.
const maxUserAgent = 300

// Client is where a request comes from, by what the proxy in front says.
type Client struct {
	// Address is the IP address, empty when it is not known.
	Address string
	// UserAgent names the program, 300 characters at most.
	UserAgent string
	// Secure tells that the request came by https.
	Secure bool
}

// CurrentClient returns where the request that is handled comes from.
func CurrentClient() Client { return ClientOf(encore.CurrentRequest().Headers) }

// ClientOf reads the headers of a request. Only the last address of X-Forwarded-For counts: that one was written by our
// own proxy, the others by whoever likes.
func ClientOf(header http.Header) Client {
	client := Client{
		UserAgent: truncate(clean(header.Get("User-Agent")), maxUserAgent),
		Secure:    header.Get("X-Forwarded-Proto") == "https",
	}
	if forwarded := header.Values("X-Forwarded-For"); len(forwarded) > 0 {
		last := forwarded[len(forwarded)-1]
		last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
		if address, err := netip.ParseAddr(last); err == nil {
			client.Address = address.Unmap().WithZone("").String()
		}
	}
	return client
}

// Network is what counts as one place when tries are counted: an IPv4 address, and of IPv6 the first 64 bits, for whoever
// has one of those addresses has all of them. Empty when the address is not known: such requests count together.
func (c Client) Network() string {
	address, err := netip.ParseAddr(c.Address)
	if err != nil || address.Is4() {
		return c.Address
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

// clean removes what a database cannot hold.
func clean(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// truncate cuts text after limit characters.
func truncate(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit])
}
