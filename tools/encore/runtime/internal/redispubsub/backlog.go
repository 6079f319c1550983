package redispubsub

import (
	"context"
	"fmt"

	"encore.dev/internal/metrics"
)

// maxCounted bounds what is counted one by one.
const maxCounted = 1000

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
		unread, err := s.client.XRangeN(ctx, s.stream, "("+group.LastDeliveredID, "+", maxCounted).Result()
		if err != nil {
			return metrics.Backlog{}, err
		}
		if len(unread) > 0 {
			backlog.Messages += int64(len(unread))
			if len(unread) == maxCounted {
				// Redis knows it well enough, though not exactly after messages were removed.
				backlog.Messages += max(group.Lag-maxCounted, 0)
			}
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
