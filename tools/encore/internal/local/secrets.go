package local

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// SecretsFile is the name of the file with a developer's own secrets, in the folder of encore.app.
const SecretsFile = ".secrets.local.cue"

var secretLine = regexp.MustCompile(`^(?:"([^"\\]+)"|([A-Za-z_][A-Za-z0-9_]*))\s*:\s*("(?:[^"\\]|\\.)*")\s*,?\s*(?://.*)?$`)

// ReadSecrets reads SecretsFile in the folder root: lines of the form `Name: "value"`, empty lines and // comments.
// Other CUE is an error that names the line. Without a file there are no secrets.
func ReadSecrets(root string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(root, SecretsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read the local secrets: %w", err)
	}
	secrets := make(map[string]string)
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "//") {
			continue
		}
		match := secretLine.FindStringSubmatch(text)
		if match == nil {
			return nil, fmt.Errorf("%s:%d: expected a line of the form Name: \"value\"", SecretsFile, n)
		}
		value, err := strconv.Unquote(match[3])
		if err != nil {
			return nil, fmt.Errorf("%s:%d: the value is not a valid string", SecretsFile, n)
		}
		secrets[match[1]+match[2]] = value
	}
	return secrets, lines.Err()
}

// secretValues returns a value for each secret of the application, and the names of those that have none: they are
// empty.
func (e *Environment) secretValues() (values map[string]string, missing []string, err error) {
	given, err := ReadSecrets(e.app.Root)
	if err != nil {
		return nil, nil, err
	}
	values = make(map[string]string)
	for _, group := range e.app.Secrets {
		for _, key := range group.Keys {
			if _, seen := values[key]; seen {
				continue
			}
			value, ok := given[key]
			values[key] = value
			if !ok {
				missing = append(missing, key)
			}
		}
	}
	return values, missing, nil
}

// MissingSecrets returns the names of the secrets that the application wants and SecretsFile does not have; the
// program sees empty strings for them.
func (e *Environment) MissingSecrets() ([]string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, missing, err := e.secretValues()
	return missing, err
}
