package main

import (
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
		Long: `dead-letters works with the messages that a subscription gave up, in the Redis that --redis or
REDIS_URL names. A replayed message goes to its subscription alone, after all that waits there.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	address := letters.PersistentFlags().String("redis", "", "address of Redis, by default REDIS_URL: redis://[user:password@]host:port/number")
	prefix := letters.PersistentFlags().String("prefix", "", "key_prefix of the configuration")
	with := func(f func(ctx context.Context, box deadletter.Box, list []deadletter.Letter, ids []string) error) func(*cobra.Command, []string) error {
		return func(cmd *cobra.Command, ids []string) error {
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			url := *address
			if url == "" {
				url = os.Getenv("REDIS_URL")
			}
			options, err := redis.ParseURL(url)
			if err != nil {
				return usage(cmd, "name the Redis with --redis or REDIS_URL, like redis://127.0.0.1:6379/0") // it may hold a password
			}
			client := redis.NewClient(options)
			defer func() { _ = client.Close() }()
			box := deadletter.Box{Redis: client, Prefix: *prefix}
			list, err := box.List(ctx)
			if err != nil {
				return err
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

// chosen reports whether the arguments name the letter, by its id or its subscription.
func chosen(letter deadletter.Letter, names []string) bool {
	for _, name := range names {
		if name == letter.ID || name == letter.Topic+"/"+letter.Subscription {
			return true
		}
	}
	return false
}
