package generate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// imports gives every package that a file mentions a name. All names start with "encore_", which keeps them apart
// from what the package itself declares: an import may not have the name of a package-level declaration.
type imports struct {
	self  string            // import path of the file's package
	names map[string]string // import path → name
	taken map[string]bool
}

func newImports(self string) *imports {
	return &imports{self: self, names: map[string]string{}, taken: map[string]bool{}}
}

// name returns the name of a package in the file.
func (i *imports) name(path, pkgName string) string {
	if n := i.names[path]; n != "" {
		return n
	}
	name := "encore_" + pkgName
	for n := 2; i.taken[name]; n++ {
		name = "encore_" + pkgName + strconv.Itoa(n)
	}
	i.names[path], i.taken[name] = name, true
	return name
}

// The packages that generated code itself uses.
func (i *imports) stock() string      { return i.name("encore.stock", "stock") }
func (i *imports) program() string    { return i.name("encore.dev/stock", "program") }
func (i *imports) middleware() string { return i.name("encore.dev/middleware", "middleware") }
func (i *imports) context() string    { return i.name("context", "context") }
func (i *imports) http() string       { return i.name("net/http", "http") }
func (i *imports) reflect() string    { return i.name("reflect", "reflect") }

func (i *imports) declaration() string {
	if len(i.names) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("import (\n")
	for _, path := range slices.Sorted(maps.Keys(i.names)) {
		fmt.Fprintf(&b, "\t%s %q\n", i.names[path], path)
	}
	b.WriteString(")\n\n")
	return b.String()
}

// goType returns the Go expression of a type.
func (i *imports) goType(t *app.Type) (string, error) {
	switch t.Kind {
	case app.Builtin:
		if t.Name == "bytes" {
			return "[]byte", nil
		}
		return t.Name, nil
	case app.Special:
		// The name carries its package: time.Time, json.RawMessage.
		pkgName, name, ok := strings.Cut(t.Name, ".")
		path, known := specialPackages[pkgName]
		if !ok || !known {
			return "", fmt.Errorf("type %s is not known to the generator", t.Name)
		}
		return i.name(path, pkgName) + "." + name, nil
	case app.Named:
		name := t.Name
		if t.PkgPath != i.self && t.PkgPath != "" {
			name = i.name(t.PkgPath, t.PkgName) + "." + name
		}
		if len(t.Args) == 0 {
			return name, nil
		}
		args := make([]string, len(t.Args))
		for n, arg := range t.Args {
			var err error
			if args[n], err = i.goType(arg); err != nil {
				return "", err
			}
		}
		return name + "[" + strings.Join(args, ", ") + "]", nil
	case app.Pointer:
		return i.around("*%s", t.Elem)
	case app.Slice:
		return i.around("[]%s", t.Elem)
	case app.Array:
		return i.around("["+strconv.FormatInt(t.Len, 10)+"]%s", t.Elem)
	case app.Option:
		return i.around(i.name("encore.dev/types/option", "option")+".Option[%s]", t.Elem)
	case app.Map:
		key, err := i.goType(t.Key)
		if err != nil {
			return "", err
		}
		return i.around("map["+key+"]%s", t.Elem)
	case app.Struct:
		var b strings.Builder
		b.WriteString("struct{")
		for n, f := range t.Fields {
			typ, err := i.goType(f.Type)
			if err != nil {
				return "", err
			}
			if n > 0 {
				b.WriteString("; ")
			}
			fmt.Fprintf(&b, "%s %s", f.Name, typ)
			if f.Tag != "" {
				fmt.Fprintf(&b, " %q", f.Tag)
			}
		}
		return b.String() + "}", nil
	}
	return "", fmt.Errorf("a type of kind %q is not known to the generator", t.Kind)
}

func (i *imports) around(format string, elem *app.Type) (string, error) {
	inner, err := i.goType(elem)
	return fmt.Sprintf(format, inner), err
}

// typeFor returns the expression of the reflect.Type of t.
func (i *imports) typeFor(t *app.Type) (string, error) {
	expr, err := i.goType(t)
	return i.reflect() + ".TypeFor[" + expr + "]()", err
}

var specialPackages = map[string]string{
	"time": "time",
	"uuid": "encore.dev/types/uuid",
	"json": "encoding/json",
	"auth": "encore.dev/beta/auth",
	"http": "net/http",
}
