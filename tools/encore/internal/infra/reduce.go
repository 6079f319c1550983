package infra

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Reduce returns the configuration for a program that hosts the services of n: plain JSON, the same for the same input,
// without what they do not need, and with "hosted_services".
func (c *Config) Reduce(n *Needs) ([]byte, error) {
	root := maps.Clone(c.root)
	delete(root, "$schema")
	root["hosted_services"] = n.Services
	set := func(key string, value any, empty bool) {
		if delete(root, key); !empty {
			root[key] = value
		}
	}
	secrets := c.reduceSecrets(n)
	set("secrets", secrets, len(secrets) == 0)

	servers := reduceEach(c.root["sql_servers"], "databases", func(key string, database any) (any, bool) {
		return database, slices.Contains(n.Databases, databaseName(key, database))
	})
	set("sql_servers", servers, len(servers) == 0)

	brokers := reduceEach(c.root["pubsub"], "topics", func(name string, topic any) (any, bool) {
		return reduceTopic(name, object(topic), n), slices.Contains(n.Topics, name)
	})
	set("pubsub", brokers, len(brokers) == 0)

	stores := reduceEach(c.root["object_storage"], "buckets", func(name string, bucket any) (any, bool) {
		return bucket, slices.Contains(n.Buckets, name)
	})
	set("object_storage", stores, len(stores) == 0)

	redis := c.reduceRedis(n, brokers)
	set("redis", redis, len(redis) == 0)

	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("write the infrastructure configuration: %w", err)
	}
	return b.Bytes(), nil
}

func (c *Config) reduceSecrets(n *Needs) map[string]any {
	secrets := maps.Clone(object(c.root["secrets"]))
	if _, all := secrets["$env"]; all {
		if len(n.Secrets) == 0 {
			return nil
		}
		return secrets
	}
	maps.DeleteFunc(secrets, func(name string, _ any) bool { return !slices.Contains(n.Secrets, name) })
	return secrets
}

// reduceEach reduces the map under key in each object of a list, and leaves out objects whose map becomes empty.
func reduceEach(list any, key string, keep func(name string, value any) (any, bool)) []map[string]any {
	var reduced []map[string]any
	for _, o := range objects(list) {
		kept := map[string]any{}
		for name, value := range object(o[key]) {
			if value, ok := keep(name, value); ok {
				kept[name] = value
			}
		}
		if len(kept) > 0 {
			o = maps.Clone(o)
			o[key] = kept
			reduced = append(reduced, o)
		}
	}
	return reduced
}

// reduceTopic leaves out the subscriptions of services that are not hosted: the program must not take their messages.
func reduceTopic(name string, topic map[string]any, n *Needs) map[string]any {
	subscriptions := maps.Clone(object(topic["subscriptions"]))
	maps.DeleteFunc(subscriptions, func(s string, _ any) bool {
		return !slices.Contains(n.Subscriptions, Subscription{name, s})
	})
	topic = maps.Clone(topic)
	if delete(topic, "subscriptions"); len(subscriptions) > 0 {
		topic["subscriptions"] = subscriptions
	}
	return topic
}

// reduceRedis keeps the servers that carry topics, and the one in which cron jobs are locked: that with the name
// "default", or the only one.
func (c *Config) reduceRedis(n *Needs, brokers []map[string]any) map[string]any {
	servers := object(c.root["redis"])
	reduced := map[string]any{}
	for name, server := range servers {
		carries := slices.ContainsFunc(brokers, func(b map[string]any) bool { return text(b["redis"]) == name })
		if carries || n.Cron && (name == "default" || len(servers) == 1) {
			reduced[name] = server
		}
	}
	return reduced
}
