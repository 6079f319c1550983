//go:build !encore_app

package system

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// compose is what the tests take from docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Environment map[string]string `yaml:"environment"`
		Command     []string          `yaml:"command"`
	} `yaml:"services"`
}

// placeholder is ${NAME}, ${NAME:-default} or ${NAME:?message}; $$ is a dollar.
var placeholder = regexp.MustCompile(`\$\$|\$\{([A-Z_]+)(?::([-?])([^}]*))?\}`)

// readCompose reads docker-compose.yml with the variables of an .env file.
func readCompose(env map[string]string) (*compose, error) {
	text, err := os.ReadFile(filepath.Join(source, "docker-compose.yml"))
	if err != nil {
		return nil, err
	}
	var missing []string
	filled := placeholder.ReplaceAllStringFunc(string(text), func(found string) string {
		part := placeholder.FindStringSubmatch(found)
		switch value := env[part[1]]; {
		case found == "$$":
			return "$"
		case value == "" && part[2] == "-":
			return part[3]
		case value == "" && part[2] == "?":
			missing = append(missing, part[1])
			return ""
		default:
			return value
		}
	})
	if len(missing) > 0 {
		return nil, fmt.Errorf("docker-compose.yml wants %s", strings.Join(missing, ", "))
	}
	var c compose
	if err := yaml.Unmarshal([]byte(filled), &c); err != nil {
		return nil, fmt.Errorf("docker-compose.yml: %w", err)
	}
	return &c, nil
}

// environ returns the environment that a service gets, with some variables changed.
func (c *compose) environ(service string, change map[string]string) []string {
	var list []string
	for name, value := range c.Services[service].Environment {
		if _, changed := change[name]; !changed {
			list = append(list, name+"="+value)
		}
	}
	for name, value := range change {
		list = append(list, name+"="+value)
	}
	return list
}
