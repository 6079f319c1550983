// Package settings reads the environment of the installation: every variable that a service uses, in one place, with one
// default each.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // images have no time zones of their own

	encore "encore.dev"
	"github.com/redis/go-redis/v9"
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
	// FrontendDevURL is a Vite server to forward to: FRONTEND_DEV_URL, nil by default.
	FrontendDevURL *url.URL
}

// Load reads the environment. The error names every variable that is wrong.
func Load() (*Settings, error) {
	s := &Settings{
		RedisURL:    cmp.Or(os.Getenv("REDIS_URL"), "redis://127.0.0.1:6379/0"),
		AdminEmail:  os.Getenv("ADMIN_EMAIL"),
		Domain:      cmp.Or(os.Getenv("DOMAIN"), "localhost"),
		BackendPort: os.Getenv("BACKEND_PORT"),
	}
	var mistakes []error
	wrong := func(name, text, expected string) {
		mistakes = append(mistakes, fmt.Errorf("%s is %q, which is not %s", name, text, expected))
	}
	var err error
	zone := cmp.Or(os.Getenv("TIME_ZONE"), "Europe/Brussels")
	if s.TimeZone, err = time.LoadLocation(zone); err != nil {
		wrong("TIME_ZONE", zone, "a time zone like Europe/Brussels")
	}
	if _, err := s.Redis(); err != nil {
		mistakes = append(mistakes, err)
	}
	if s.BackendPort != "" {
		if _, err := strconv.ParseUint(s.BackendPort, 10, 16); err != nil {
			wrong("BACKEND_PORT", s.BackendPort, "a port")
		}
	}
	if text := os.Getenv("DEMO_DATA"); text != "" {
		if s.DemoData, err = strconv.ParseBool(text); err != nil {
			wrong("DEMO_DATA", text, "true or false")
		}
	}
	if text := os.Getenv("FRONTEND_DEV_URL"); text != "" {
		if s.FrontendDevURL, err = url.Parse(text); err != nil || s.FrontendDevURL.Host == "" {
			wrong("FRONTEND_DEV_URL", text, "an address like http://127.0.0.1:5173")
		}
	}
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("settings: %w", errors.Join(mistakes...))
	}
	return s, nil
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
