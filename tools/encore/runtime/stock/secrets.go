package stock

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
)

var missingSecrets struct {
	sync.Mutex
	names []string
}

// LoadSecrets fills group, a pointer to a struct of strings, with the secrets named by its fields. A secret without a
// value is "" during development and in tests; elsewhere Main refuses to start.
func LoadSecrets(group any) struct{} {
	values := runconfig.Get().Secrets
	v := reflect.ValueOf(group).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		value, ok := values[name]
		if !ok {
			missingSecrets.Lock()
			if !slices.Contains(missingSecrets.names, name) {
				missingSecrets.names = append(missingSecrets.names, name)
			}
			missingSecrets.Unlock()
			continue
		}
		field := v.Field(i)
		// Fields may be unexported.
		reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().SetString(value)
	}
	return struct{}{}
}

// checkSecrets tells of secrets without a value: a warning during development, else an error.
func checkSecrets() error {
	missingSecrets.Lock()
	defer missingSecrets.Unlock()
	if len(missingSecrets.names) == 0 {
		return nil
	}
	slices.Sort(missingSecrets.names)
	list := strings.Join(missingSecrets.names, ", ")
	if runconfig.Get().Local.PrivateEndpoints {
		logs.Start(logs.Warn, nil).Str("secrets", list).Send("secrets without a value are empty")
		return nil
	}
	return fmt.Errorf("no value is configured for the secrets %s", list)
}
