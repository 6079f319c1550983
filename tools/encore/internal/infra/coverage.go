package infra

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// IncompleteError says what services need and a configuration does not have. It holds no group that is empty.
type IncompleteError struct {
	File   string // empty when there is none
	Groups []Group
}

// Group is what is missing of one kind.
type Group struct {
	Name    string
	Entries []Entry
}

// Entry is one missing thing and what to do about it.
type Entry struct{ Name, Hint string }

// Error returns the list, one entry a line.
func (e *IncompleteError) Error() string {
	var b strings.Builder
	b.WriteString("infrastructure configuration is incomplete")
	if e.File != "" {
		b.WriteString(": " + e.File)
	} else {
		b.WriteString(": there is none (name the file with --config, or give --skip-config)")
	}
	for _, g := range e.Groups {
		width := 0
		for _, entry := range g.Entries {
			width = max(width, len(entry.Name))
		}
		fmt.Fprintf(&b, "\n\n  %s", g.Name)
		for _, entry := range g.Entries {
			fmt.Fprintf(&b, "\n    %-*s  %s", width, entry.Name, entry.Hint)
		}
	}
	return b.String()
}

// Cover returns an *IncompleteError unless the configuration has all that is needed by programs of the tool. It expects a
// configuration that Check accepts.
func (c *Config) Cover(n *Needs, tool Tool) error {
	e := &IncompleteError{File: c.name}
	add := func(group string, entries []Entry) {
		if len(entries) > 0 {
			e.Groups = append(e.Groups, Group{group, entries})
		}
	}
	add("Secrets", c.missingSecrets(n))
	add("Databases", c.missingDatabases(n))
	add("Redis", c.missingRedis(n))
	add("Topics", c.missingTopics(n))
	add("Subscriptions", c.missingSubscriptions(n))
	add("Buckets", c.missingBuckets(n))
	add("Service Discovery", c.missingServices(n, tool))
	if len(e.Groups) == 0 {
		return nil
	}
	return e
}

func (c *Config) missingSecrets(n *Needs) (missing []Entry) {
	secrets := object(c.root["secrets"])
	if _, all := secrets["$env"]; all {
		return nil
	}
	for _, name := range n.Secrets {
		if _, ok := secrets[name]; !ok {
			missing = append(missing, Entry{name, fmt.Sprintf(`add "%s": {"$env": "%s"} to "secrets"`, name, variable(name))})
		}
	}
	return missing
}

// variable is the customary name of the environment variable of a secret.
func variable(secret string) string {
	var b strings.Builder
	lower := false
	for _, r := range secret {
		if lower && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		lower = r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

func (c *Config) missingDatabases(n *Needs) (missing []Entry) {
	var have []string
	for _, server := range objects(c.root["sql_servers"]) {
		for key, database := range object(server["databases"]) {
			have = append(have, databaseName(key, database))
		}
	}
	for _, name := range n.Databases {
		if !slices.Contains(have, name) {
			missing = append(missing, Entry{name, fmt.Sprintf(`add "%s" to the "databases" of a server in "sql_servers"`, name)})
		}
	}
	return missing
}

// databaseName is the application's name for a database.
func databaseName(key string, database any) string {
	return cmp.Or(text(object(database)["name"]), key)
}

// missingRedis looks at the servers that carry topics.
func (c *Config) missingRedis(n *Needs) (missing []Entry) {
	servers := object(c.root["redis"])
	for i, broker := range objects(c.root["pubsub"]) {
		name := text(broker["redis"])
		if _, ok := servers[name]; ok || text(broker["type"]) != "redis" || !carries(broker, n) {
			continue
		}
		missing = append(missing, Entry{name, fmt.Sprintf(`add "%s" to "redis": pubsub[%d] names it`, name, i)})
	}
	return missing
}

func carries(broker map[string]any, n *Needs) bool {
	topics := object(broker["topics"])
	return slices.ContainsFunc(n.Topics, func(topic string) bool { return topics[topic] != nil })
}

func (c *Config) topic(name string) map[string]any {
	for _, broker := range objects(c.root["pubsub"]) {
		if topic := object(object(broker["topics"])[name]); topic != nil {
			return topic
		}
	}
	return nil
}

func (c *Config) missingTopics(n *Needs) (missing []Entry) {
	for _, name := range n.Topics {
		if c.topic(name) == nil {
			missing = append(missing, Entry{name, fmt.Sprintf(`add "%s" to the "topics" of a broker in "pubsub"`, name)})
		}
	}
	return missing
}

func (c *Config) missingSubscriptions(n *Needs) (missing []Entry) {
	for _, s := range n.Subscriptions {
		if object(c.topic(s.Topic)["subscriptions"])[s.Name] == nil {
			missing = append(missing, Entry{s.Topic + "/" + s.Name,
				fmt.Sprintf(`add "%s" to the "subscriptions" of topic "%s" in "pubsub"`, s.Name, s.Topic)})
		}
	}
	return missing
}

func (c *Config) missingBuckets(n *Needs) (missing []Entry) {
	for _, name := range n.Buckets {
		found := slices.ContainsFunc(objects(c.root["object_storage"]), func(store map[string]any) bool {
			return object(store["buckets"])[name] != nil
		})
		if !found {
			missing = append(missing, Entry{name, fmt.Sprintf(`add "%s" to the "buckets" of a store in "object_storage"`, name)})
		}
	}
	return missing
}

func (c *Config) missingServices(n *Needs, tool Tool) (missing []Entry) {
	known := object(c.root["service_discovery"])
	needed := slices.Clone(n.Remote)
	asks := func(r Remote) bool { return r.Service == n.AuthHandler }
	if tool == Official && n.AuthHandler != "" && !slices.ContainsFunc(needed, asks) {
		needed = append(needed, Remote{n.AuthHandler, "the official tool"}) // whatever the endpoints of the image are
	}
	for _, r := range needed {
		if tool == Official && known[r.Service] != nil {
			continue
		}
		hint := fmt.Sprintf("%s needs it: add it to --services, for one program cannot call another", r.By)
		if tool == Official {
			hint = fmt.Sprintf(`%s needs it: add "%s" to "service_discovery"`, r.By, r.Service)
		}
		missing = append(missing, Entry{r.Service, hint})
	}
	return missing
}
