package pubsub

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"encore.dev/internal/lifecycle"
	"encore.dev/internal/metrics"
	"encore.dev/internal/redisconn"
	"encore.dev/internal/redispubsub"
	"encore.dev/internal/registry"
	"encore.dev/internal/runconfig"
	"encore.dev/rlog"
)

// broker is where a topic is carried.
type broker struct {
	client *redisconn.Client
	redis  string                            // its name in the configuration
	topic  string                            // the topic's name there
	subs   map[string]runconfig.Subscription // the subscriptions that this program serves
}

func brokerOf(topic string) (*broker, error) {
	for _, cfg := range runconfig.Get().PubSub {
		entry, ok := cfg.Topics[topic]
		if !ok {
			continue
		}
		if cfg.Type != "redis" {
			return nil, fmt.Errorf("topic %s: pubsub of type %q is not supported; use \"redis\"", topic, cfg.Type)
		}
		name := cmp.Or(cfg.Redis, "default")
		client, err := redisconn.Get(name)
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", topic, err)
		}
		return &broker{client, name, cmp.Or(entry.Name, topic), entry.Subscriptions}, nil
	}
	return nil, fmt.Errorf("the program is not configured to use this topic: %s", topic)
}

// declared is a subscription of the application.
type declared struct {
	topic, name string
	config      redispubsub.Config
}

var subscriptions struct {
	sync.Mutex
	declared []declared
	running  []*redispubsub.Subscription
}

func register(d declared) {
	subscriptions.Lock()
	defer subscriptions.Unlock()
	subscriptions.declared = append(subscriptions.declared, d)
}

func init() {
	lifecycle.OnStart(start)
	lifecycle.OnStop(stop)
}

// start serves the subscriptions of this process's services that the configuration names.
func start(ctx context.Context) error {
	subscriptions.Lock()
	defer subscriptions.Unlock()
	readers := map[string]*redisconn.Client{}
	for _, d := range subscriptions.declared {
		if service := registry.SubscriptionService(d.topic, d.name); service != "" && !registry.Hosted(service) {
			continue
		}
		broker, err := brokerOf(d.topic)
		if err != nil {
			return err
		}
		entry, ok := broker.subs[d.name]
		if !ok {
			continue // another program serves it
		}
		reader := readers[broker.redis]
		if reader == nil {
			// Waiting for messages takes a connection for each subscription; publishing must not wait for those.
			cfg := runconfig.Get().Redis[broker.redis]
			cfg.MaxConnections = 2*len(subscriptions.declared) + 10
			if reader, err = redisconn.New(cfg); err != nil {
				return err
			}
			readers[broker.redis] = reader
		}
		d.config.Topic, d.config.Subscription = broker.topic, cmp.Or(entry.Name, d.name)
		d.config.Log = rlog.With("topic", d.topic, "subscription", d.name)
		d.config.Metrics = metrics.NewSubscription(d.topic, d.name)
		running := redispubsub.Start(ctx, reader, d.config)
		metrics.WatchBacklog(d.topic, d.name, running.Backlog)
		subscriptions.running = append(subscriptions.running, running)
	}
	return nil
}

// stop takes no more messages and waits for the handlers.
func stop(ctx context.Context) error {
	subscriptions.Lock()
	running := subscriptions.running
	subscriptions.running = nil
	subscriptions.Unlock()
	failures := make([]error, len(running))
	var wg sync.WaitGroup
	for i, s := range running {
		wg.Go(func() { failures[i] = s.Stop(ctx) })
	}
	wg.Wait()
	return errors.Join(failures...)
}
