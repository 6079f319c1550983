package local

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// redisServer is the Redis server of the environment: one inside this process, or the one that REDIS_URL names.
type redisServer struct {
	url    string
	config configRedis
	memory *miniredis.Miniredis // nil for a server of someone else
	stop   chan struct{}        // closed when memory is
}

// expireEvery is how often the keys of the server inside this process are looked through for those that have expired.
// Left to itself it does so at every command, and that takes a whole processor when there are some thousand keys.
const expireEvery = 100 * time.Millisecond

func startRedis(o *Options) (*redisServer, error) {
	if address := o.getenv("REDIS_URL"); address != "" {
		config, err := redisConfig(address)
		if err != nil {
			return nil, err
		}
		return &redisServer{url: address, config: config}, nil
	}
	memory := miniredis.NewMiniRedis()
	if err := memory.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	r := &redisServer{
		url:    "redis://" + memory.Addr() + "/0",
		config: configRedis{Host: memory.Addr()},
		memory: memory,
		stop:   make(chan struct{}),
	}
	go r.expire()
	return r, nil
}

// expire lets keys expire as time passes.
func (r *redisServer) expire() {
	ticker := time.NewTicker(expireEvery)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-r.stop:
			return
		case <-ticker.C:
			now := time.Now()
			r.memory.FastForward(now.Sub(last))
			last = now
		}
	}
}

func (r *redisServer) close() {
	if r.memory != nil {
		close(r.stop)
		r.memory.Close()
	}
}

// redisConfig puts a redis:// or rediss:// address into the form of the infra config.
func redisConfig(address string) (configRedis, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "redis" && u.Scheme != "rediss") {
		// The address may hold a password, so it is not repeated.
		return configRedis{}, fmt.Errorf("REDIS_URL must have the form redis://[user:password@]host[:port][/number]")
	}
	c := configRedis{Host: u.Host}
	if u.Port() == "" {
		c.Host += ":6379"
	}
	if u.Scheme == "rediss" {
		c.TLSConfig = &configTLS{}
	}
	if path := strings.Trim(u.Path, "/"); path != "" {
		if c.DatabaseIndex, err = strconv.Atoi(path); err != nil {
			return configRedis{}, fmt.Errorf("REDIS_URL must end in the number of a database, not in %q", path)
		}
	}
	password, hasPassword := u.User.Password()
	switch {
	case u.User.Username() != "":
		c.Auth = &configRedisAuth{Type: "acl", Username: u.User.Username(), Password: password}
	case hasPassword:
		c.Auth = &configRedisAuth{Type: "auth_string", AuthString: password}
	}
	return c, nil
}
