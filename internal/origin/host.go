package origin

import "regexp"

// hosts are names, addresses and addresses in brackets, with or without a port.
var hosts = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// Hostname returns host without its port, an IPv6 address in its brackets. It is empty when host is none: a client may
// send anything as Host, and what is no host must not get into a header or a document.
func Hostname(host string) string {
	parts := hosts.FindStringSubmatch(host)
	if parts == nil {
		return ""
	}
	return parts[1]
}
