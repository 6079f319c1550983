package runconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Parse reads a configuration. lookup answers the {"$env": "NAME"} references. The error names every variable that
// is not set, and where it was wanted.
func Parse(data []byte, lookup func(string) (string, bool)) (*Config, error) {
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("parse the configuration: %w", err)
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, errors.New("parse the configuration: it must be a JSON object")
	}
	if err := expandSecrets(root, lookup); err != nil {
		return nil, err
	}
	r := resolver{lookup: lookup}
	resolved, err := json.Marshal(r.resolve(root, ""))
	if err != nil {
		return nil, fmt.Errorf("resolve the configuration: %w", err)
	}
	if len(r.errs) > 0 {
		slices.SortFunc(r.errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(r.errs...)
	}
	cfg := new(Config)
	if err := json.Unmarshal(resolved, cfg); err != nil {
		return nil, fmt.Errorf("parse the configuration: %w", err)
	}
	return cfg, nil
}

// expandSecrets replaces "secrets": {"$env": "X"} by the JSON object that X holds.
func expandSecrets(root map[string]any, lookup func(string) (string, bool)) error {
	name, ok := envReference(root["secrets"])
	if !ok {
		return nil
	}
	text, found := lookup(name)
	if !found {
		return missing("secrets", name)
	}
	var group map[string]string
	if err := json.Unmarshal([]byte(text), &group); err != nil {
		// The decoder's text could quote a secret.
		return fmt.Errorf("secrets: environment variable %s does not hold a JSON object of strings", name)
	}
	values := make(map[string]any, len(group))
	for key, value := range group {
		values[key] = value
	}
	root["secrets"] = values
	return nil
}

type resolver struct {
	lookup func(string) (string, bool)
	errs   []error
}

func (r *resolver) resolve(value any, path string) any {
	if name, ok := envReference(value); ok {
		text, found := r.lookup(name)
		if !found {
			r.errs = append(r.errs, missing(path, name))
		}
		return text
	}
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			value[key] = r.resolve(member, strings.TrimPrefix(path+"."+key, "."))
		}
	case []any:
		for i, element := range value {
			value[i] = r.resolve(element, path+"["+strconv.Itoa(i)+"]")
		}
	}
	return value
}

// envReference reports the variable named by an object of the form {"$env": "NAME"}.
func envReference(value any) (string, bool) {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return "", false
	}
	name, ok := object["$env"].(string)
	return name, ok
}

func missing(path, name string) error {
	return fmt.Errorf("%s: environment variable %s is not set", path, name)
}
