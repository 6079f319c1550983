package infra

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tailscale/hujson"
)

// FindingsError are what is wrong with a configuration by itself.
type FindingsError []string

// Error returns the findings, one a line.
func (f FindingsError) Error() string { return strings.Join(f, "\n") }

// Check returns FindingsError when the file has unknown keys, values of the wrong type, or what the programs of the tool
// do not know.
func (c *Config) Check(tool Tool) error {
	k := &checker{config: c, tool: tool}
	configShape.check(k, value{at: &c.tree})
	if tool == Official && len(k.findings) == 0 {
		k.checkNames()
	}
	if len(k.findings) == 0 {
		return nil
	}
	slices.SortStableFunc(k.findings, func(a, b finding) int { return cmp.Compare(a.offset, b.offset) })
	var all FindingsError
	for _, f := range k.findings {
		all = append(all, c.place(f.offset)+": "+f.text)
	}
	return all
}

type checker struct {
	config   *Config
	tool     Tool
	findings []finding
}

type finding struct {
	offset int
	text   string
}

// value is a value of the file and the path to it, such as sql_servers[0].host.
type value struct {
	at   *hujson.Value
	path string
}

func (c *checker) reportf(v value, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if v.path != "" {
		text = v.path + ": " + text
	}
	c.findings = append(c.findings, finding{v.at.StartOffset, text})
}

// computed are the keys of the file in an image that are not the author's to write.
var computed = map[string]string{
	"hosted_services": "is written by the build: name the services with --services",
	"hosted_gateways": "is written by the build",
	"local":           "is for programs that are run for development",
}

// members returns the members of an object in the order of the file, and reports what is not an object and keys that
// stand twice.
func (c *checker) members(v value) ([]hujson.ObjectMember, bool) {
	o, ok := v.at.Value.(*hujson.Object)
	if !ok {
		c.reportf(v, "%s, not an object", describe(v.at))
		return nil, false
	}
	seen := map[string]bool{}
	for i := range o.Members {
		name := memberName(&o.Members[i])
		if seen[name] {
			c.reportf(value{&o.Members[i].Name, v.path}, "the key %q stands twice", name)
		}
		seen[name] = true
	}
	return o.Members, true
}

func memberName(m *hujson.ObjectMember) string {
	literal, _ := m.Name.Value.(hujson.Literal)
	return literal.String()
}

func (v value) member(m *hujson.ObjectMember) value {
	name := memberName(m)
	if v.path != "" {
		name = v.path + "." + name
	}
	return value{&m.Value, name}
}

func (s objectShape) check(c *checker, v value) {
	members, ok := c.members(v)
	if ok {
		c.object(s, v, members)
	}
}

func (c *checker) object(s objectShape, v value, members []hujson.ObjectMember) {
	present := map[string]bool{}
	for i := range members {
		m := &members[i]
		name := memberName(m)
		present[name] = true
		known, ok := s[name]
		key := value{&m.Name, v.member(m).path}
		switch reason := computed[name]; {
		case ok && known.only != 0 && known.only&c.tool == 0:
			c.reportf(key, "%s do not know this key", c.tool)
		case ok:
			known.check(c, v.member(m))
		case v.path == "" && reason != "":
			c.reportf(key, "%s", reason)
		default:
			c.reportf(key, "unknown key%s", c.suggest(name, s))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].required && !present[name] {
			c.reportf(v, "%q is missing", name)
		}
	}
}

// suggest names the key that was probably meant, else those that there are.
func (c *checker) suggest(name string, s objectShape) string {
	var known []string
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if s[key].only == 0 || s[key].only&c.tool != 0 {
			known = append(known, key)
		}
	}
	for _, key := range known {
		if distance(name, key) <= 2 {
			return fmt.Sprintf(" (did you mean %q?)", key)
		}
	}
	return " (there are: " + strings.Join(known, ", ") + ")"
}

// distance is how many letters have to be put in, taken out or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func (s variantShape) check(c *checker, v value) {
	members, ok := c.members(v)
	if !ok {
		return
	}
	var known []string
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].only == 0 || s[name].only&c.tool != 0 {
			known = append(known, name)
		}
	}
	at := slices.IndexFunc(members, func(m hujson.ObjectMember) bool { return memberName(&m) == "type" })
	if at < 0 {
		c.reportf(v, `"type" is missing (one of %s)`, strings.Join(known, ", "))
		return
	}
	typ := v.member(&members[at])
	literal, ok := typ.at.Value.(hujson.Literal)
	if !ok || literal.Kind() != '"' {
		c.reportf(typ, "%s, not a string", describe(typ.at))
		return
	}
	if !slices.Contains(known, literal.String()) {
		c.reportf(typ, "%s do not know the type %q (there are: %s)", c.tool, literal.String(), strings.Join(known, ", "))
		return
	}
	c.object(s[literal.String()].objectShape, v, slices.Delete(slices.Clone(members), at, at+1))
}

func (s mapShape) check(c *checker, v value) {
	members, _ := c.members(v)
	for i := range members {
		s.of.check(c, v.member(&members[i]))
	}
}

func (s listShape) check(c *checker, v value) {
	list, ok := v.at.Value.(*hujson.Array)
	if !ok {
		c.reportf(v, "%s, not a list", describe(v.at))
		return
	}
	for i := range list.Elements {
		s.of.check(c, value{&list.Elements[i], v.path + "[" + strconv.Itoa(i) + "]"})
	}
}

func (s textShape) check(c *checker, v value) {
	if _, ok := v.at.Value.(*hujson.Object); ok && (s.env || c.tool == Stock) {
		c.reference(v)
		return
	}
	literal, ok := v.at.Value.(hujson.Literal)
	if !ok || literal.Kind() != '"' {
		c.reportf(v, "%s, not a string", describe(v.at))
		return
	}
	if s.values != nil && s.values[literal.String()]&c.tool == 0 {
		var known []string
		for _, name := range slices.Sorted(maps.Keys(s.values)) {
			if s.values[name]&c.tool != 0 {
				known = append(known, name)
			}
		}
		c.reportf(v, "%q is none of %s", literal.String(), strings.Join(known, ", "))
	}
}

// reference checks {"$env": "NAME"}. Ours may name several variables in a list, and give a "default".
func (c *checker) reference(v value) {
	members, ok := c.members(v)
	if !ok {
		return
	}
	named := false
	for i := range members {
		m := v.member(&members[i])
		switch name := memberName(&members[i]); {
		case name == "$env":
			named = true
			if list, ok := m.at.Value.(*hujson.Array); ok && c.tool == Stock && len(list.Elements) > 0 {
				for j := range list.Elements {
					c.variable(value{&list.Elements[j], m.path + "[" + strconv.Itoa(j) + "]"})
				}
				continue
			}
			c.variable(m)
		case name == "default" && c.tool == Stock:
			if literal, ok := m.at.Value.(hujson.Literal); !ok || literal.Kind() != '"' {
				c.reportf(m, "%s, not a string", describe(m.at))
			}
		case name == "default":
			c.reportf(value{&members[i].Name, m.path}, "%s do not know this key", c.tool)
		default:
			c.reportf(value{&members[i].Name, m.path}, `unknown key: a string is written "…" or {"$env": "NAME"}`)
		}
	}
	if !named {
		c.reportf(v, `"$env" is missing: a string is written "…" or {"$env": "NAME"}`)
	}
}

func (c *checker) variable(v value) {
	if literal, ok := v.at.Value.(hujson.Literal); !ok || literal.Kind() != '"' || literal.String() == "" {
		c.reportf(v, "name an environment variable")
	}
}

func (s secretsShape) check(c *checker, v value) {
	members, ok := c.members(v)
	if !ok {
		return
	}
	if slices.ContainsFunc(members, func(m hujson.ObjectMember) bool { return memberName(&m) == "$env" }) {
		c.reference(v)
		return
	}
	mapShape{secret}.check(c, v)
}

func (booleanShape) check(c *checker, v value) {
	if literal, ok := v.at.Value.(hujson.Literal); !ok || literal.Kind() != 't' && literal.Kind() != 'f' {
		c.reportf(v, "%s, not true or false", describe(v.at))
	}
}

func (s numberShape) check(c *checker, v value) { c.number(v, s.least, s.most) }

func (s wholeShape) check(c *checker, v value) {
	if n, ok := c.number(v, s.least, s.most); ok && n != float64(int64(n)) {
		c.reportf(v, "%v is not a whole number", n)
	}
}

func (c *checker) number(v value, least, most float64) (float64, bool) {
	literal, ok := v.at.Value.(hujson.Literal)
	var n float64
	if !ok || literal.Kind() != '0' || json.Unmarshal(literal, &n) != nil {
		c.reportf(v, "%s, not a number", describe(v.at))
		return 0, false
	}
	if n < least || n > most {
		c.reportf(v, "%v is not between %v and %v", n, least, most)
		return 0, false
	}
	return n, true
}

// describe says of what type a value is, without the value: it may be a password.
func describe(v *hujson.Value) string {
	switch v := v.Value.(type) {
	case *hujson.Object:
		return "this is an object"
	case *hujson.Array:
		return "this is a list"
	case hujson.Literal:
		switch v.Kind() {
		case '"':
			return "this is a string"
		case 't', 'f':
			return "this is " + string(v)
		case '0':
			return "this is a number"
		}
	}
	return "this is null"
}

// checkNames reports databases under another name. The official tool takes the key for the application's name when it
// checks the file, and for PostgreSQL's when the program runs: only with the same name for both it works.
func (c *checker) checkNames() {
	for i, server := range objects(c.config.root["sql_servers"]) {
		for _, key := range slices.Sorted(maps.Keys(object(server["databases"]))) {
			database := object(object(server["databases"])[key])
			if name := text(database["name"]); name != "" && name != key {
				at := c.config.tree.Find(fmt.Sprintf("/sql_servers/%d/databases/%s/name", i, pointer(key)))
				c.reportf(value{at, fmt.Sprintf("sql_servers[%d].databases.%s.name", i, key)},
					"%q is not the key: with %s a database must have the same name in PostgreSQL and in the application", name, c.tool)
			}
		}
	}
}

// pointer writes a key as a part of a JSON pointer.
func pointer(key string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(key) }
