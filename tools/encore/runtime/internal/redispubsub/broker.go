// Package redispubsub carries messages from topics to subscriptions over Redis streams, at least once.
//
// In Redis, under the prefix of the configuration:
//
//	pubsub:TOPIC             stream of the topic's messages, with a consumer group for each subscription
//	pubsub:TOPIC:retention   hash: how long each subscription wants messages kept (ms)
//	pubsub:TOPIC:SUB:retry   sorted set: failed messages by the time (ms) they are due again
//	pubsub:TOPIC:SUB:dead    capped stream of the messages that were given up
//	pubsub:TOPIC:SUB:owner   of ordered subscriptions: the process that serves it; it expires when that one dies
//
// A message stays pending in its group until it is acknowledged, so that what a process leaves behind, whether
// being handled or waiting for its next attempt, is taken over by another one. The consumer under which it is pending says
// where it is, and Redis's delivery count is exact: it is set with each move, never left to Redis's own counting.
package redispubsub

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"encore.dev/internal/redisconn"
	"github.com/redis/go-redis/v9"
)

// Message is one delivery of a message.
type Message struct {
	ID         string
	Published  time.Time
	Attempt    int // 1 for the first delivery
	Data       []byte
	Attributes map[string]string
}

// The fields of a stream entry.
const (
	dataField       = "data"
	attributesField = "attributes"

	attributePrefix = "attribute:" // of a dead letter, before the name of an attribute

	// replayField names the one subscription that an entry is for: a dead letter that somebody has delivered again.
	replayField = "replay"
)

func streamKey(client *redisconn.Client, topic string) string { return client.Key("pubsub", topic) }

// Publish adds a message to a topic and returns its id.
func Publish(ctx context.Context, client *redisconn.Client, topic string, data []byte, attributes map[string]string) (id string, err error) {
	if err := context.Cause(ctx); err != nil {
		return "", err
	}
	fields := []any{dataField, data}
	if len(attributes) > 0 {
		text, err := json.Marshal(attributes)
		if err != nil {
			return "", err
		}
		fields = append(fields, attributesField, text)
	}
	stream := streamKey(client, topic)
	id, err = client.XAdd(ctx, &redis.XAddArgs{Stream: stream, Values: fields}).Result()
	if err == nil && trimDue(client, stream, time.Now()) {
		// A topic that nobody subscribes to has nobody else to keep it small. A failure is made good by the next time.
		_ = trim(ctx, client, topic, time.Now())
	}
	return id, err
}

// trims holds when this process last trimmed a stream because it published to it.
var trims struct {
	sync.Mutex
	last map[string]time.Time
}

func trimDue(client *redisconn.Client, stream string, now time.Time) bool {
	trims.Lock()
	defer trims.Unlock()
	name := client.String() + stream
	if now.Sub(trims.last[name]) < maintainEvery {
		return false
	}
	if trims.last == nil {
		trims.last = map[string]time.Time{}
	}
	trims.last[name] = now
	return true
}

func parse(entry redis.XMessage, attempt int) (*Message, error) {
	msg := &Message{ID: entry.ID, Published: publishedAt(entry.ID), Attempt: attempt}
	data, _ := entry.Values[dataField].(string)
	msg.Data = []byte(data)
	if text, ok := entry.Values[attributesField].(string); ok {
		if err := json.Unmarshal([]byte(text), &msg.Attributes); err != nil {
			return msg, fmt.Errorf("parse the attributes: %w", err)
		}
	}
	return msg, nil
}

// publishedAt reads the time that Redis puts into the ids it makes.
func publishedAt(id string) time.Time {
	millis, _, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(millis, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(n)
}
