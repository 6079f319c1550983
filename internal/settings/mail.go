package settings

import (
	"cmp"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	encore "encore.dev"
)

// Mail is how mail is sent.
type Mail struct {
	// Host is the SMTP server: SMTP_HOST; empty when nothing is sent.
	Host string
	// Port is its port: SMTP_PORT, 587 by default.
	Port string
	// TLS is starttls, tls or none: SMTP_TLS. By default tls for port 465, none for a server on this machine, else starttls.
	TLS string
	// FromName and FromAddress are who mail comes from: MAIL_FROM, as address or as Name <address>; empty when not set.
	FromName, FromAddress string
	// PerMinute is how many messages are sent in a minute, by all processes together: MAIL_PER_MINUTE, 60 by default.
	PerMinute int
	// DKIMDomain, DKIMSelector and DKIMKeyFile say how messages are signed: DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE (PEM);
	// they are not when these are empty.
	DKIMDomain, DKIMSelector, DKIMKeyFile string
	// ReminderTime is when, after midnight, people are reminded of the next day: REMINDER_TIME, 18:00 by default.
	ReminderTime time.Duration
	// DaySummaryTime is when, after midnight, the office is told what became of the day: DAY_SUMMARY_TIME, 22:00 by default.
	DaySummaryTime time.Duration
	// VAPIDPublicKey and VAPIDPrivateKey sign notifications: VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY, base64url; without them the keys
	// are derived from SECRET_KEY.
	VAPIDPublicKey, VAPIDPrivateKey string
}

// Configured tells whether mail is sent at all.
func (m Mail) Configured() bool { return m.Host != "" }

// maxPerMinute is more than any server takes.
const maxPerMinute = 6000

func loadMail(wrong func(name, text, expected string)) Mail {
	m := Mail{
		Host: os.Getenv("SMTP_HOST"), Port: cmp.Or(os.Getenv("SMTP_PORT"), "587"), TLS: os.Getenv("SMTP_TLS"),
		DKIMDomain: os.Getenv("DKIM_DOMAIN"), DKIMSelector: os.Getenv("DKIM_SELECTOR"), DKIMKeyFile: os.Getenv("DKIM_KEY_FILE"),
		PerMinute: 60, VAPIDPublicKey: os.Getenv("VAPID_PUBLIC_KEY"), VAPIDPrivateKey: os.Getenv("VAPID_PRIVATE_KEY"),
	}
	if (m.VAPIDPublicKey == "") != (m.VAPIDPrivateKey == "") {
		wrong("VAPID_PUBLIC_KEY", m.VAPIDPublicKey, "set together with VAPID_PRIVATE_KEY")
	}
	switch m.TLS {
	case "starttls", "tls", "none":
	case "":
		address := net.ParseIP(m.Host)
		switch {
		case m.Port == "465":
			m.TLS = "tls"
		case m.Host == "localhost" || address != nil && address.IsLoopback():
			m.TLS = "none"
		default:
			m.TLS = "starttls"
		}
	default:
		wrong("SMTP_TLS", m.TLS, "starttls, tls or none")
	}
	if text := os.Getenv("MAIL_FROM"); text != "" {
		address, err := netmail.ParseAddress(text)
		if err != nil {
			wrong("MAIL_FROM", text, "an address, or Name <address>")
		} else {
			m.FromName, m.FromAddress = address.Name, address.Address
		}
	}
	if text := os.Getenv("MAIL_PER_MINUTE"); text != "" {
		count, err := strconv.Atoi(text)
		if err != nil || count < 1 || count > maxPerMinute {
			wrong("MAIL_PER_MINUTE", text, "a number from 1 to 6000")
		}
		m.PerMinute = count
	}
	if some := m.DKIMDomain != "" || m.DKIMSelector != "" || m.DKIMKeyFile != ""; some {
		for name, text := range map[string]string{
			"DKIM_DOMAIN": m.DKIMDomain, "DKIM_SELECTOR": m.DKIMSelector, "DKIM_KEY_FILE": m.DKIMKeyFile,
		} {
			if text == "" {
				wrong(name, text, "set, while another of DKIM_DOMAIN, DKIM_SELECTOR and DKIM_KEY_FILE is")
			}
		}
	}
	m.ReminderTime = timeOfDay("REMINDER_TIME", "18:00", wrong)
	m.DaySummaryTime = timeOfDay("DAY_SUMMARY_TIME", "22:00", wrong)
	return m
}

// timeOfDay reads a time by the clock on the wall, as the time since midnight.
func timeOfDay(name, fallback string, wrong func(name, text, expected string)) time.Duration {
	text := cmp.Or(os.Getenv(name), fallback)
	at, err := time.Parse("15:04", text)
	if err != nil {
		wrong(name, text, "a time like "+fallback)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

// WebApp is where people reach the web app: on a developer's machine the application itself, else the host of the
// deployment, which speaks https in production.
func (s *Settings) WebApp(meta *encore.AppMetadata) url.URL {
	if meta.Environment.Cloud == encore.CloudLocal {
		return meta.APIBaseURL
	}
	address := url.URL{Scheme: "http", Host: cmp.Or(s.Domain, "localhost")}
	if meta.Environment.Type == encore.EnvProduction {
		address.Scheme = "https"
	}
	return address
}

// API is where programs outside reach the API: the web app's host with the port of the API.
func (s *Settings) API(meta *encore.AppMetadata) url.URL {
	address := s.WebApp(meta)
	if s.BackendPort != "" && meta.Environment.Cloud != encore.CloudLocal {
		address.Host = net.JoinHostPort(strings.Trim(address.Hostname(), "[]"), s.BackendPort)
	}
	return address
}
