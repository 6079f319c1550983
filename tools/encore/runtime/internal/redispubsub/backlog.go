package redispubsub

import (
	"context"
	"fmt"

	"encore.dev/internal/metrics"
	"github.com/redis/go-redis/v9"
)

// Backlog tells what the subscription has still to do, in all processes that serve it.
func (s *Subscription) Backlog(ctx context.Context) (metrics.Backlog, error) {
	groups, err := s.client.XInfoGroups(ctx, s.stream).Result()
	if err != nil {
		return metrics.Backlog{}, err
	}
	for _, group := range groups {
		if group.Name != s.cfg.Subscription {
			continue
		}
		backlog := metrics.Backlog{Messages: group.Pending}
		oldest := ""
		if group.Pending > 0 {
			pending, err := s.client.XPending(ctx, s.stream, group.Name).Result()
			if err != nil {
				return metrics.Backlog{}, err
			}
			oldest = pending.Lower
		}
		unread, err := s.client.XRangeN(ctx, s.stream, "("+group.LastDeliveredID, "+", 1).Result()
		if err != nil {
			return metrics.Backlog{}, err
		}
		if len(unread) > 0 {
			lag, err := s.lag(ctx, group)
			if err != nil {
				return metrics.Backlog{}, err
			}
			backlog.Messages += lag
			if oldest == "" || compareIDs(unread[0].ID, oldest) < 0 {
				oldest = unread[0].ID
			}
		}
		if oldest != "" {
			backlog.Oldest = publishedAt(oldest)
		}
		return backlog, nil
	}
	return metrics.Backlog{}, fmt.Errorf("topic %s has no subscription %s", s.cfg.Topic, s.cfg.Subscription)
}

// maxCounted bounds what is counted one by one.
const maxCounted = 10_000

// lag is the number of messages that no process has had yet. Redis does not always know it.
func (s *Subscription) lag(ctx context.Context, group redis.XInfoGroup) (int64, error) {
	if group.Lag > 0 {
		return group.Lag, nil
	}
	entries, err := s.client.XRangeN(ctx, s.stream, "("+group.LastDeliveredID, "+", maxCounted).Result()
	return int64(len(entries)), err
}
