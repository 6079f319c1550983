package infra

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// Redis returns how to connect to the Redis that carries the topics, and the prefix of its keys. lookup answers
// references to environment variables; the error names every variable that is missing or empty. It expects a
// configuration that Check accepts.
func (c *Config) Redis(lookup func(string) (string, bool)) (options *redis.Options, prefix string, err error) {
	name := "default"
	for _, broker := range objects(c.root["pubsub"]) {
		if text(broker["type"]) == "redis" {
			name = text(broker["redis"])
		}
	}
	server := object(object(c.root["redis"])[name])
	if server == nil {
		return nil, "", errors.New(c.name + " names no Redis")
	}
	r := &resolver{lookup: lookup}
	host := r.text(server["host"])
	options = &redis.Options{Addr: host}
	if index, ok := server["database_index"].(float64); ok {
		options.DB = int(index)
	}
	auth := object(server["auth"])
	options.Username = r.text(auth["username"])
	options.Password = r.text(auth["password"]) + r.text(auth["auth_string"]) // one of them
	switch h, port, splitErr := net.SplitHostPort(host); {
	case strings.HasPrefix(host, "/"):
		options.Network = "unix"
	case splitErr != nil:
		options.Addr = net.JoinHostPort(host, "6379")
	default:
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, "", errors.New("the host of Redis ends in " + strconv.Quote(port) + ", which is no port")
		}
		host = h
	}
	if secured := object(server["tls_config"]); secured != nil && secured["disabled"] != true {
		if options.TLSConfig, err = r.tls(secured, object(secured["client_cert"]), host); err != nil {
			return nil, "", err
		}
	}
	if len(r.missing) > 0 {
		return nil, "", r.err()
	}
	return options, r.text(server["key_prefix"]), nil
}
