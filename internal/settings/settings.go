// Package settings reads the environment of the installation: every variable that a service uses, in one place, with one
// default each.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // images have no time zones of their own

	encore "encore.dev"
	"github.com/redis/go-redis/v9"

	"encore.app/internal/input"
)

// Settings is what an operator has set.
type Settings struct {
	// TimeZone is where days begin and end (rule 11): TIME_ZONE, Europe/Brussels by default.
	TimeZone *time.Location
	// RedisURL is the address of Redis: REDIS_URL, redis://127.0.0.1:6379/0 by default. Redis gives options for it.
	RedisURL string
	// AdminEmail is who may register while there are no accounts: ADMIN_EMAIL, nobody by default.
	AdminEmail string
	// Domain is the host under which people reach the web app: DOMAIN, localhost by default.
	Domain string
	// BackendPort is the port of the API on the web app's host: BACKEND_PORT; empty when it is the same origin.
	BackendPort string
	// DemoData asks for demo accounts and data: DEMO_DATA, false by default. WantsDemo decides.
	DemoData bool
	// AdminsNeedSecondFactor keeps administrators from everything until they have set up a second factor:
	// REQUIRE_SECOND_FACTOR is admins, or none, the default.
	AdminsNeedSecondFactor bool
	// GeoIPFile is a database of places of IP addresses, in the format of MaxMind: GEOIP_FILE, none by default.
	GeoIPFile string
	// Mail is how mail is sent.
	Mail Mail
	// LateTime is by when, after midnight, runs are started: LATE_TIME, 12:00 by default.
	LateTime time.Duration
	// LateTolerance is how far a run may be behind what was agreed: LATE_TOLERANCE in minutes, 15 by default.
	LateTolerance time.Duration
	// MapStyleURL is where the web app gets the ground of its maps, a style or a .pmtiles file: MAP_STYLE_URL, nil by default.
	// It is absolute, or a path on the web app's own host.
	MapStyleURL *url.URL
	// PhotoRetention is how long photos are kept: PHOTO_RETENTION, 2y by default; 0 keeps them for ever.
	PhotoRetention Retention
	// FrontendDevURL is a Vite server to forward to: FRONTEND_DEV_URL, nil by default.
	FrontendDevURL *url.URL
}

// maxLateTolerance is longer than any run takes, in minutes.
const maxLateTolerance = 600

// minSecretKey is how many characters SECRET_KEY must have.
const minSecretKey = 32

// hostName is a name or an address, without a port.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\.?$|^\[[0-9A-Fa-f:.]+\]$`)

// Load reads the environment. The error names every variable that is wrong.
func Load() (*Settings, error) {
	s, err := read()
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	return s, nil
}

// read reads the environment. The error has a line for every variable that is wrong.
func read() (*Settings, error) {
	var mistakes []error
	wrong := func(name, text, expected string) {
		mistakes = append(mistakes, fmt.Errorf("%s is %q, which is not %s", name, text, expected))
	}
	s := &Settings{
		RedisURL:    cmp.Or(os.Getenv("REDIS_URL"), "redis://127.0.0.1:6379/0"),
		AdminEmail:  os.Getenv("ADMIN_EMAIL"),
		Domain:      cmp.Or(os.Getenv("DOMAIN"), "localhost"),
		BackendPort: os.Getenv("BACKEND_PORT"),
		GeoIPFile:   os.Getenv("GEOIP_FILE"),
	}
	var err error
	s.Mail = loadMail(wrong)
	s.LateTime = timeOfDay("LATE_TIME", "12:00", wrong)
	tolerance := cmp.Or(os.Getenv("LATE_TOLERANCE"), "15")
	if count, err := strconv.Atoi(tolerance); err != nil || count < 0 || count > maxLateTolerance {
		wrong("LATE_TOLERANCE", tolerance, "a number of minutes from 0 to 600")
	} else {
		s.LateTolerance = time.Duration(count) * time.Minute
	}
	zone := cmp.Or(os.Getenv("TIME_ZONE"), "Europe/Brussels")
	if s.TimeZone, err = time.LoadLocation(zone); err != nil {
		wrong("TIME_ZONE", zone, "a time zone like Europe/Brussels")
	}
	if _, err := s.Redis(); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.AdminEmail != "" {
		if _, err := input.Email("", s.AdminEmail); err != nil {
			wrong("ADMIN_EMAIL", s.AdminEmail, "an e-mail address")
		}
	}
	if !hostName.MatchString(s.Domain) {
		wrong("DOMAIN", s.Domain, "a name like trottoir.example, without https:// and path")
	}
	for _, name := range []string{"BACKEND_PORT", "SMTP_PORT"} {
		if text := os.Getenv(name); text != "" {
			if port, err := strconv.ParseUint(text, 10, 16); err != nil || port == 0 {
				wrong(name, text, "a port from 1 to 65535")
			}
		}
	}
	if host := os.Getenv("SMTP_HOST"); host != "" && !hostName.MatchString(host) && net.ParseIP(host) == nil {
		wrong("SMTP_HOST", host, "a host like smtp.example.com, without a port, which is SMTP_PORT")
	}
	switch text := os.Getenv("DEMO_DATA"); text {
	case "", "false":
	case "true":
		s.DemoData = true
	default:
		wrong("DEMO_DATA", text, "true or false")
	}
	switch text := os.Getenv("REQUIRE_SECOND_FACTOR"); text {
	case "", "none":
	case "admins":
		s.AdminsNeedSecondFactor = true
	default:
		wrong("REQUIRE_SECOND_FACTOR", text, "admins or none")
	}
	// What is too short can be guessed, and with it every link that is sent by mail.
	for _, name := range []string{"SECRET_KEY", "DJANGO_SECRET_KEY"} {
		if text := os.Getenv(name); text != "" {
			if len(text) < minSecretKey {
				mistakes = append(mistakes, fmt.Errorf("%s has %d characters, and must have %d or more: make one with openssl rand -hex 32",
					name, len(text), minSecretKey))
			}
			break
		}
	}
	if text := os.Getenv("FRONTEND_DEV_URL"); text != "" {
		if s.FrontendDevURL, err = url.Parse(text); err != nil || s.FrontendDevURL.Host == "" || !strings.HasPrefix(s.FrontendDevURL.Scheme, "http") {
			wrong("FRONTEND_DEV_URL", text, "an address like http://127.0.0.1:5173")
		}
	}
	if text := os.Getenv("MAP_STYLE_URL"); text != "" {
		if s.MapStyleURL, err = mapStyle(text); err != nil {
			wrong("MAP_STYLE_URL", text, "an address like https://tiles.example/style.json, or a path like /map/gent.pmtiles")
		}
	}
	retention := cmp.Or(os.Getenv("PHOTO_RETENTION"), "2y")
	if s.PhotoRetention, err = parseRetention(retention); err != nil {
		wrong("PHOTO_RETENTION", retention, "a time like 2y, 18m or 90d, or 0 to keep photos for ever")
	}
	return s, errors.Join(mistakes...)
}

// mapStyle reads the address of a map's ground. What it holds gets into a header: no quotes, spaces or semicolons in the host.
func mapStyle(text string) (*url.URL, error) {
	address, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, err
	case address.User != nil || address.Fragment != "":
		return nil, errors.New("a user or a fragment has no place here")
	case address.Scheme == "" && address.Host == "" && strings.HasPrefix(address.Path, "/"):
		return address, nil
	case address.Scheme != "http" && address.Scheme != "https", !hostName.MatchString(strings.TrimSuffix(address.Host, ":"+address.Port())):
		return nil, errors.New("no address of the web")
	}
	return address, nil
}

// Redis returns new options for the client of RedisURL.
func (s *Settings) Redis() (*redis.Options, error) {
	options, err := redis.ParseURL(s.RedisURL)
	if err != nil || options.Addr == "" || strings.HasPrefix(options.Addr, ":") {
		// Without the address: it may hold a password.
		return nil, errors.New("REDIS_URL is not an address like redis://redis:6379/0")
	}
	return options, nil
}

// WantsDemo tells whether demo accounts and data are made: on a developer's machine, and in a development environment
// that asks for them. Never in production, whatever else is set.
func (s *Settings) WantsDemo(environment encore.EnvironmentMeta) bool {
	return environment.Type == encore.EnvDevelopment && (environment.Cloud == encore.CloudLocal || s.DemoData)
}
