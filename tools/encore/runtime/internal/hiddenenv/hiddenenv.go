// Package hiddenenv keeps the environment variables meant for the runtime away from the application and from the
// programs it starts.
package hiddenenv

import (
	"os"
	"strings"
)

const prefix = "ENCORE_"

var saved = map[string]string{}

func init() {
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, prefix) {
			saved[name] = value
		}
	}
}

// Get returns the value a variable had when the program started, "" when it had none.
func Get(name string) string { return saved[name] }

// Hide removes all variables that begin with ENCORE_ from the environment.
func Hide() error {
	for name := range saved {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	return nil
}
