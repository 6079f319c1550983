// Package infra reads infrastructure configurations: the file that tells a built program where its databases, Redis,
// topics, buckets and secrets are. It checks the file by itself, compares it with what an application needs, and
// reduces it to the part that some services need.
package infra

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/tailscale/hujson"
)

// Config is an infrastructure configuration.
type Config struct {
	name string // of the file, for messages; empty when there is none
	text []byte
	tree hujson.Value
	root map[string]any
}

// Empty is the configuration of a program that gets no file.
func Empty() *Config {
	return &Config{text: []byte("{}"), tree: hujson.Value{Value: &hujson.Object{}}, root: map[string]any{}}
}

// Read reads a file. It may hold comments and trailing commas. The error is for what cannot be read as JSON at all;
// Check says what is wrong with the content.
func Read(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the infrastructure configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse is Read for text that has been read. name stands for the file in messages.
func Parse(name string, text []byte) (*Config, error) {
	tree, err := hujson.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "hujson: "))
	}
	c := &Config{name: name, text: text, tree: tree}
	if _, ok := tree.Value.(*hujson.Object); !ok {
		return nil, fmt.Errorf("%s: the infrastructure configuration must be a JSON object", name)
	}
	standard := tree.Clone()
	standard.Standardize()
	if err := json.Unmarshal(standard.Pack(), &c.root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// place is where an offset is, as FILE:LINE:COLUMN.
func (c *Config) place(offset int) string {
	line, column := 1, 1
	for _, b := range c.text[:min(offset, len(c.text))] {
		if column++; b == '\n' {
			line, column = line+1, 1
		}
	}
	return fmt.Sprintf("%s:%d:%d", c.name, line, column)
}

// What follows reads a configuration that Check has accepted: values of another type count as absent.

func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}

// objects returns the elements of a list of objects.
func objects(value any) []map[string]any {
	list, _ := value.([]any)
	var all []map[string]any
	for _, element := range list {
		if o := object(element); o != nil {
			all = append(all, o)
		}
	}
	return all
}

func text(value any) string {
	s, _ := value.(string)
	return s
}
