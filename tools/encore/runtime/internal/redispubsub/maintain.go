package redispubsub

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"encore.dev/internal/redisconn"
)

// maintain removes, once a minute, what is no longer needed: messages that every subscription has handled or that
// are older than all of them want, and the names of processes that are gone.
func (s *Subscription) maintain(ctx context.Context) error {
	now := time.Now()
	if now.Before(s.nextMaintenance) {
		return nil
	}
	if err := trim(ctx, s.client, s.cfg.Topic, now); err != nil {
		return err
	}
	if err := s.forget(ctx); err != nil {
		return err
	}
	s.nextMaintenance = now.Add(maintainEvery)
	return nil
}

const (
	// A topic without a subscription keeps what its first one may still want: this long, and so many.
	unreadRetention = 7 * 24 * time.Hour
	maxUnread       = 100_000
)

// trim removes from a topic's stream the messages that every subscription has handled, and those older than all of
// them want.
func trim(ctx context.Context, client *redisconn.Client, topic string, now time.Time) error {
	stream := streamKey(client, topic)
	groups, err := client.XInfoGroups(ctx, stream).Result()
	if err != nil {
		return err
	}
	oldest := "" // the first message that some subscription still needs
	for _, group := range groups {
		// Pending messages may be acknowledged, or new ones delivered, after the groups were read. The oldest of those
		// that are pending now is the first needed; when none is, all up to that earlier moment is handled.
		first := group.LastDeliveredID
		pending, err := client.XPending(ctx, stream, group.Name).Result()
		if err != nil {
			return err
		}
		if pending.Count > 0 {
			first = pending.Lower
		}
		if oldest == "" || compareIDs(first, oldest) < 0 {
			oldest = first
		}
	}
	retention, err := longestRetention(ctx, client, topic)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		if err := client.XTrimMaxLenApprox(ctx, stream, maxUnread, 0).Err(); err != nil {
			return err
		}
	}
	if retention == 0 {
		retention = unreadRetention
	}
	if expired := fmt.Sprintf("%d-0", now.Add(-retention).UnixMilli()); oldest == "" || compareIDs(expired, oldest) > 0 {
		oldest = expired
	}
	return client.XTrimMinID(ctx, stream, oldest).Err()
}

// longestRetention is the longest that a subscription of the topic, of whatever process, wants; 0 when there is none.
func longestRetention(ctx context.Context, client *redisconn.Client, topic string) (longest time.Duration, err error) {
	wanted, err := client.HGetAll(ctx, client.Key("pubsub", topic, "retention")).Result()
	if err != nil {
		return 0, err
	}
	for name, text := range wanted {
		millis, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("retention of subscription %s in Redis: %w", name, err)
		}
		longest = max(longest, time.Duration(millis)*time.Millisecond)
	}
	return longest, nil
}

func (s *Subscription) forget(ctx context.Context) error {
	consumers, err := s.client.XInfoConsumers(ctx, s.stream, s.cfg.Subscription).Result()
	if err != nil {
		return err
	}
	for _, consumer := range consumers {
		// A live process asks for messages every second.
		isProcess := consumer.Name != retryConsumer && consumer.Name != queueConsumer
		if isProcess && consumer.Name != s.consumer && consumer.Pending == 0 && consumer.Idle > forgetConsumers {
			if err := s.client.XGroupDelConsumer(ctx, s.stream, s.cfg.Subscription, consumer.Name).Err(); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareIDs orders the ids of stream entries, which are two numbers: "time-sequence".
func compareIDs(a, b string) int {
	aTime, aSeq := splitID(a)
	bTime, bSeq := splitID(b)
	switch {
	case aTime != bTime && aTime < bTime, aTime == bTime && aSeq < bSeq:
		return -1
	case aTime == bTime && aSeq == bSeq:
		return 0
	}
	return 1
}

func splitID(id string) (millis, seq uint64) {
	left, right, _ := strings.Cut(id, "-")
	// Redis makes these; what does not parse counts as 0, the oldest, which keeps messages rather than losing them.
	millis, _ = strconv.ParseUint(left, 10, 64)
	seq, _ = strconv.ParseUint(right, 10, 64)
	return millis, seq
}
