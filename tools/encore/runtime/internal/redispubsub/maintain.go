package redispubsub

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// maintain removes, once a minute, what is no longer needed: messages that every subscription has handled or that
// are older than all of them want, and the names of processes that are gone.
func (s *Subscription) maintain(ctx context.Context) error {
	now := time.Now()
	if now.Before(s.nextMaintenance) {
		return nil
	}
	if err := s.trim(ctx, now); err != nil {
		return err
	}
	if err := s.forget(ctx); err != nil {
		return err
	}
	s.nextMaintenance = now.Add(maintainEvery)
	return nil
}

func (s *Subscription) trim(ctx context.Context, now time.Time) error {
	groups, err := s.client.XInfoGroups(ctx, s.stream).Result()
	if err != nil {
		return err
	}
	oldest := "" // the first message that some subscription still needs
	for _, group := range groups {
		first := group.LastDeliveredID
		if group.Pending > 0 {
			pending, err := s.client.XPending(ctx, s.stream, group.Name).Result()
			if err != nil {
				return err
			}
			first = pending.Lower
		}
		if oldest == "" || compareIDs(first, oldest) < 0 {
			oldest = first
		}
	}
	retention, err := s.retention(ctx)
	if err != nil {
		return err
	}
	if expired := fmt.Sprintf("%d-0", now.Add(-retention).UnixMilli()); oldest == "" || compareIDs(expired, oldest) > 0 {
		oldest = expired
	}
	return s.client.XTrimMinID(ctx, s.stream, oldest).Err()
}

// retention is the longest that a subscription of the topic, of whatever process, wants.
func (s *Subscription) retention(ctx context.Context) (time.Duration, error) {
	wanted, err := s.client.HGetAll(ctx, s.client.Key("pubsub", s.cfg.Topic, "retention")).Result()
	if err != nil {
		return 0, err
	}
	longest := s.cfg.Retention
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
		if consumer.Name != s.consumer && consumer.Pending == 0 && consumer.Idle > forgetConsumers {
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
