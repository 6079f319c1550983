package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/deadletter"
	"encore.app/tools/encore/internal/infra"
	"encore.app/tools/encore/internal/local"
	"encore.app/tools/encore/internal/parse"
)

func newPubSubCommand(c *console) *cobra.Command {
	pubsub := &cobra.Command{
		Use:   "pubsub",
		Short: "Look into the topics of an installation",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	letters := &cobra.Command{
		Use:   "dead-letters",
		Short: "Show, replay or delete the messages that subscriptions gave up",
		Long: `dead-letters works with the messages that a subscription gave up: those of the
application that "go tool encore run" keeps up or, of an installation, those in the
Redis that --config, --redis or REDIS_URL names. References of the configuration to the
environment are taken from this one. A replayed message goes to its subscription alone,
after all that waits there.`,
		Example: `  go tool encore pubsub dead-letters list
  go tool encore pubsub dead-letters replay run-events/realtime-runs
  REDIS_HOST=172.18.0.3:6379 go tool encore pubsub dead-letters list --config infra/backend.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	config := letters.PersistentFlags().String("config", "", "infrastructure configuration of the installation")
	address := letters.PersistentFlags().String("redis", "", "address of Redis, by default REDIS_URL: redis://[user:password@]host:port/number")
	prefix := letters.PersistentFlags().String("prefix", "", "key_prefix of the configuration, where --config does not tell it")
	letters.MarkFlagsMutuallyExclusive("config", "redis")
	with := func(f func(ctx context.Context, box deadletter.Box, list []deadletter.Letter, ids []string) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, ids []string) error {
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			options, configured, err := deadLetterRedis(cmd, *config, *address)
			if err != nil {
				return err
			}
			client := redis.NewClient(options)
			defer func() { _ = client.Close() }()
			box := deadletter.Box{Redis: client, Prefix: cmp.Or(*prefix, configured)}
			list, err := box.List(ctx)
			if err != nil {
				return fmt.Errorf("the Redis at %s: %w", options.Addr, err)
			}
			return f(ctx, box, list, ids)
		}
	}
	each := func(done string, act func(ctx context.Context, box deadletter.Box, letter deadletter.Letter) error) func(*cobra.Command, []string) error {
		return with(func(ctx context.Context, box deadletter.Box, list []deadletter.Letter, ids []string) error {
			var failures []error
			count := 0
			for _, letter := range list {
				if !chosen(letter, ids) {
					continue
				}
				if err := act(ctx, box, letter); err != nil {
					failures = append(failures, err)
					continue
				}
				count++
			}
			fmt.Fprintf(c.out, "%d %s\n", count, done)
			return errors.Join(failures...)
		})
	}
	letters.AddCommand(&cobra.Command{
		Use: "list [TOPIC/SUBSCRIPTION | ID]...", Short: "Show them",
		RunE: with(func(_ context.Context, _ deadletter.Box, list []deadletter.Letter, ids []string) error {
			table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(table, "ID\tSUBSCRIPTION\tGIVEN UP\tATTEMPTS\tERROR\tDATA")
			for _, l := range list {
				if len(ids) == 0 || chosen(l, ids) {
					reason, _, _ := strings.Cut(l.Error, "\n")
					fmt.Fprintf(table, "%s\t%s/%s\t%s\t%s\t%q\t%s\n", l.ID, l.Topic, l.Subscription, l.GivenUp.Format(time.RFC3339), l.Attempts, reason, l.Data)
				}
			}
			return table.Flush()
		}),
	}, &cobra.Command{
		Use: "replay TOPIC/SUBSCRIPTION | ID ...", Short: "Have them delivered again", Args: cobra.MinimumNArgs(1),
		RunE: each("to be delivered again", func(ctx context.Context, box deadletter.Box, letter deadletter.Letter) error {
			_, err := box.Replay(ctx, letter)
			return err
		}),
	}, &cobra.Command{
		Use: "delete TOPIC/SUBSCRIPTION | ID ...", Short: "Delete them", Args: cobra.MinimumNArgs(1),
		RunE: each("deleted", func(ctx context.Context, box deadletter.Box, letter deadletter.Letter) error {
			return box.Delete(ctx, letter)
		}),
	})
	pubsub.AddCommand(letters)
	return pubsub
}

// deadLetterRedis returns the Redis with the letters, and the prefix of its keys if a configuration tells it: what the
// flags name, else REDIS_URL, else that of the application that is running.
func deadLetterRedis(cmd *cobra.Command, config, address string) (options *redis.Options, prefix string, err error) {
	address = cmp.Or(address, os.Getenv("REDIS_URL"))
	switch {
	case config != "":
		c, err := infra.Read(config)
		if err != nil {
			return nil, "", err
		}
		if err := c.Check(infra.Stock); err != nil {
			return nil, "", err
		}
		return c.Redis(os.LookupEnv)
	case address != "":
		if options, err = redis.ParseURL(address); err != nil { // it may hold a password
			return nil, "", usage(cmd, "--redis and REDIS_URL have the form redis://[user:password@]host:port/number")
		}
		return options, "", nil
	}
	root, err := parse.FindRoot(".")
	if err != nil {
		return nil, "", err
	}
	path, err := local.RunningConfig(root, os.LookupEnv)
	if errors.Is(err, local.ErrNotRunning) {
		return nil, "", usage(cmd, "the application is not running: start it with go tool encore run, or name the Redis of an installation with --config or --redis")
	} else if err != nil {
		return nil, "", err
	}
	c, err := infra.Read(path)
	if err != nil {
		return nil, "", fmt.Errorf("the application is starting: try again (%w)", err)
	}
	return c.Redis(os.LookupEnv)
}

// chosen reports whether the arguments name the letter, by its id or its subscription.
func chosen(letter deadletter.Letter, names []string) bool {
	for _, name := range names {
		if name == letter.ID || name == letter.Topic+"/"+letter.Subscription {
			return true
		}
	}
	return false
}
