package runconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// MissingError names the variables that the configuration needs and the environment does not have.
type MissingError struct {
	// Variables are sorted. Where the configuration takes one of several, they are joined: "A (or B)".
	Variables []string
}

// Error has a line for each variable.
func (e *MissingError) Error() string {
	lines := make([]string, len(e.Variables))
	for i, name := range e.Variables {
		lines[i] = name + " is missing or empty: set it in .env or the environment"
	}
	return strings.Join(lines, "\n")
}

// ValueError says which values mean nothing, by the variables they come from.
type ValueError struct{ Lines []string }

// Error has a line for each value.
func (e *ValueError) Error() string { return strings.Join(e.Lines, "\n") }

// Parse reads a configuration. lookup answers the {"$env": …} references. When variables are missing or empty the error
// holds a *MissingError that names them all; when values mean nothing it holds a *ValueError. Both are told at once, in a line
// for each.
func Parse(data []byte, lookup func(string) (string, bool)) (*Config, error) {
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("parse the configuration: %w", err)
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, errors.New("parse the configuration: it must be a JSON object")
	}
	r := resolver{lookup: lookup}
	source := sources(root)
	secretsErr := r.expandSecrets(root)
	resolved, err := json.Marshal(r.resolve(root))
	if err != nil {
		return nil, fmt.Errorf("resolve the configuration: %w", err)
	}
	cfg := new(Config)
	if err := json.Unmarshal(resolved, cfg); err != nil {
		return nil, fmt.Errorf("parse the configuration: %w", err)
	}
	for name, server := range cfg.Redis {
		server.HostSource = source(redisHost(name))
		cfg.Redis[name] = server
	}
	var missing error
	if len(r.missing) > 0 {
		slices.Sort(r.missing)
		missing = &MissingError{slices.Compact(r.missing)}
	}
	// What is missing is empty here, which check accepts.
	if err := together(missing, secretsErr, cfg.check(source)); err != nil {
		return nil, err
	}
	return cfg, nil
}

// together is errors.Join that leaves an error that is alone as it is.
func together(all ...error) error {
	all = slices.DeleteFunc(all, func(err error) bool { return err == nil })
	if len(all) == 1 {
		return all[0]
	}
	return errors.Join(all...)
}

var (
	// envTypes are the types of environment of Metadata. Much depends on it, such as whether there are demo accounts.
	envTypes  = []string{"production", "development", "ephemeral", "test"}
	logLevels = []string{"trace", "debug", "info", "warn", "error"}
)

// sources returns, for the keys that check looks at, the name of the variable that an operator sets, or the key itself.
func sources(root map[string]any) (name func(key string) string) {
	metadata, _ := root["metadata"].(map[string]any)
	names := map[string]string{}
	values := map[string]any{
		"metadata.env_type": metadata["env_type"], "metadata.base_url": metadata["base_url"], "log_config": root["log_config"],
	}
	servers, _ := root["sql_servers"].([]any)
	for i, server := range servers {
		object, _ := server.(map[string]any)
		values[databaseHost(i)] = object["host"]
	}
	caches, _ := root["redis"].(map[string]any)
	for name, server := range caches {
		object, _ := server.(map[string]any)
		values[redisHost(name)] = object["host"]
	}
	for key, value := range values {
		names[key] = key
		if ref, ok := envReference(value); ok {
			names[key] = ref.text()
		}
	}
	return func(key string) string { return names[key] }
}

func databaseHost(i int) string    { return fmt.Sprintf("sql_servers[%d].host", i) }
func redisHost(name string) string { return "redis." + name + ".host" }

// isHost reports whether the text is a name or an address, with or without a port, or the path of a Unix socket.
func isHost(text string) bool {
	if strings.HasPrefix(text, "/") || net.ParseIP(text) != nil {
		return true
	}
	host := text
	if strings.Contains(text, ":") {
		name, port, err := net.SplitHostPort(text)
		if number, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || number == 0 {
			return false
		}
		host = name
	}
	return host != "" && !strings.ContainsAny(host, "/@ \t\r\n")
}

// check names everything that has a value which means nothing, in a line each. A misspelt one must not be taken for another.
func (cfg *Config) check(source func(key string) string) error {
	var lines []string
	wrong := func(key, value, expected string) {
		lines = append(lines, fmt.Sprintf("%s is %q: it must be %s", source(key), value, expected))
	}
	oneOf := func(key, value string, list []string) {
		if value != "" && !slices.Contains(list, value) {
			wrong(key, value, strings.Join(list[:len(list)-1], ", ")+" or "+list[len(list)-1])
		}
	}
	oneOf("metadata.env_type", cfg.Metadata.EnvType, envTypes)
	oneOf("log_config", cfg.LogConfig, logLevels)
	if text := cfg.Metadata.BaseURL; text != "" {
		address, err := url.Parse(text)
		if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
			wrong("metadata.base_url", text, "an address like https://trottoir.example:2002")
		}
	}
	host := func(key, value string) {
		switch {
		case value == "" || isHost(value):
		case strings.ContainsAny(value, "/@"): // an address with a password, perhaps
			lines = append(lines, fmt.Sprintf("%s is an address: it must be a host or host:port, without scheme, user and path", source(key)))
		default:
			wrong(key, value, "a host or host:port, with a port from 1 to 65535")
		}
	}
	for i, server := range cfg.SQLServers {
		host(databaseHost(i), server.Host)
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Redis)) {
		host(redisHost(name), cfg.Redis[name].Host)
	}
	if len(lines) > 0 {
		return &ValueError{lines}
	}
	return nil
}

type resolver struct {
	lookup  func(string) (string, bool)
	missing []string
}

// expandSecrets replaces "secrets": {"$env": "X"} by the JSON object that X holds.
func (r *resolver) expandSecrets(root map[string]any) error {
	ref, ok := envReference(root["secrets"])
	if !ok {
		return nil
	}
	text := r.value(ref)
	root["secrets"] = nil
	if text == "" {
		return nil // it is among the missing
	}
	var group map[string]string
	if err := json.Unmarshal([]byte(text), &group); err != nil {
		// The decoder's text could quote a secret.
		return fmt.Errorf("secrets: environment variable %s does not hold a JSON object of strings", ref.text())
	}
	values := make(map[string]any, len(group))
	for key, value := range group {
		values[key] = value
	}
	root["secrets"] = values
	return nil
}

func (r *resolver) resolve(value any) any {
	if ref, ok := envReference(value); ok {
		return r.value(ref)
	}
	switch value := value.(type) {
	case map[string]any:
		for key, member := range value {
			value[key] = r.resolve(member)
		}
	case []any:
		for i, element := range value {
			value[i] = r.resolve(element)
		}
	}
	return value
}

func (r *resolver) value(ref reference) string {
	for _, name := range ref.names {
		if text, _ := r.lookup(name); text != "" {
			return text
		}
	}
	if !ref.optional {
		r.missing = append(r.missing, ref.text())
	}
	return ref.otherwise
}

// reference stands for the first of some environment variables that is not empty.
type reference struct {
	names     []string
	optional  bool
	otherwise string // when it is optional and none is set
}

func (ref reference) text() string {
	if len(ref.names) == 1 {
		return ref.names[0]
	}
	return ref.names[0] + " (or " + strings.Join(ref.names[1:], ", ") + ")"
}

// envReference reports the variables named by an object of the form {"$env": "NAME"} or {"$env": ["NAME", …]}, both with
// or without "default".
func envReference(value any) (ref reference, ok bool) {
	object, isObject := value.(map[string]any)
	if !isObject {
		return reference{}, false
	}
	members := 1
	if otherwise, given := object["default"]; given {
		if ref.otherwise, ref.optional = otherwise.(string); !ref.optional {
			return reference{}, false
		}
		members++
	}
	switch names := object["$env"].(type) {
	case string:
		ref.names = []string{names}
	case []any:
		for _, name := range names {
			text, isText := name.(string)
			if !isText {
				return reference{}, false
			}
			ref.names = append(ref.names, text)
		}
	}
	return ref, len(object) == members && len(ref.names) > 0
}
