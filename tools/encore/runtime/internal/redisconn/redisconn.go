// Package redisconn makes Redis clients from the configuration.
package redisconn

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"encore.dev/internal/monitor"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/tlsconfig"
	"github.com/redis/go-redis/v9"
)

// Client is a connected Redis and the prefix of every key to use in it.
type Client struct {
	*redis.Client
	Prefix string
}

// Key returns the full name of a key made of parts.
func (c *Client) Key(parts ...string) string { return c.Prefix + strings.Join(parts, ":") }

var (
	mu      sync.Mutex
	clients = map[string]*Client{}
)

// Default returns the Redis named "default" of the configuration, or the only one; nil when there is none.
func Default() (*Client, error) {
	cfg := runconfig.Get()
	if _, ok := cfg.Redis["default"]; ok {
		return Get("default")
	}
	if len(cfg.Redis) == 1 {
		for name := range cfg.Redis {
			return Get(name)
		}
	}
	return nil, nil
}

// Get returns the client of the Redis that the configuration knows as name. All callers share it; nobody closes it.
func Get(name string) (*Client, error) {
	mu.Lock()
	defer mu.Unlock()
	if client, ok := clients[name]; ok {
		return client, nil
	}
	cfg, ok := runconfig.Get().Redis[name]
	if !ok {
		return nil, fmt.Errorf("the configuration has no redis %s", name)
	}
	client, err := New(cfg)
	if err != nil {
		return nil, fmt.Errorf("redis %s: %w", name, err)
	}
	monitor.Depend("redis "+name, func(ctx context.Context) error { return client.Ping(ctx).Err() })
	clients[name] = client
	return client, nil
}

// New returns a client that connects when it is first used.
func New(cfg runconfig.Redis) (*Client, error) {
	opts := &redis.Options{
		Addr:         cfg.Host,
		DB:           cfg.DatabaseIndex,
		PoolSize:     cfg.MaxConnections,
		MinIdleConns: cfg.MinConnections,
		// Contexts bound commands, so that a caller's deadline also covers a server that does not answer.
		ContextTimeoutEnabled: true,
	}
	host := cfg.Host
	if strings.HasPrefix(cfg.Host, "/") {
		opts.Network = "unix"
	} else if h, _, err := net.SplitHostPort(cfg.Host); err == nil {
		host = h
	} else {
		opts.Addr = net.JoinHostPort(cfg.Host, "6379")
	}
	if cfg.Auth != nil {
		switch cfg.Auth.Type {
		case "acl":
			opts.Username, opts.Password = cfg.Auth.Username, cfg.Auth.Password
		case "auth_string":
			opts.Password = cfg.Auth.AuthString
		default:
			return nil, fmt.Errorf("auth.type %q: must be acl or auth_string", cfg.Auth.Type)
		}
	}
	if cfg.TLSConfig != nil && !cfg.TLSConfig.Disabled {
		var err error
		if opts.TLSConfig, err = tlsconfig.New(cfg.TLSConfig, nil, host); err != nil {
			return nil, err
		}
	}
	return &Client{Client: redis.NewClient(opts), Prefix: cfg.KeyPrefix}, nil
}
