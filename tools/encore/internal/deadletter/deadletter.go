// Package deadletter shows and replays the messages that a subscription gave up, as the runtime keeps them in Redis.
package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Letter is a message that was given up.
type Letter struct {
	Topic, Subscription string
	// ID is the letter's own, MessageID the message's.
	ID, MessageID string
	Attempts      string
	Error         string
	Data          []byte
	Attributes    map[string]string
	// GivenUp is when.
	GivenUp time.Time
}

// maxLetters is how many List returns of one subscription, the newest; the runtime keeps about a thousand.
const maxLetters = 2000

// Box is the dead letters in one Redis, under the prefix of the configuration.
type Box struct {
	Redis  *redis.Client
	Prefix string
}

const suffix = ":dead"

func (b Box) key(parts ...string) string { return b.Prefix + "pubsub:" + strings.Join(parts, ":") }

// List returns the letters of all subscriptions by topic, subscription and time.
func (b Box) List(ctx context.Context) ([]Letter, error) {
	var keys []string
	scan := b.Redis.Scan(ctx, 0, escapePattern(b.key())+"*"+suffix, 1000).Iterator()
	for scan.Next(ctx) {
		keys = append(keys, scan.Val())
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("find the dead letters: %w", err)
	}
	slices.Sort(keys)
	var letters []Letter
	for _, key := range slices.Compact(keys) { // a scan may return a key twice
		name := strings.TrimSuffix(strings.TrimPrefix(key, b.key()), suffix)
		topic, subscription, ok := strings.Cut(name, ":")
		if !ok || strings.Contains(subscription, ":") {
			continue // of something else
		}
		entries, err := b.Redis.XRangeN(ctx, key, "-", "+", maxLetters).Result()
		if err != nil {
			return nil, fmt.Errorf("read the dead letters of %s: %w", name, err)
		}
		for _, entry := range entries {
			letters = append(letters, read(topic, subscription, entry))
		}
	}
	return letters, nil
}

func read(topic, subscription string, entry redis.XMessage) Letter {
	text := func(name string) string {
		value, _ := entry.Values[name].(string)
		return value
	}
	letter := Letter{
		Topic: topic, Subscription: subscription, ID: entry.ID, MessageID: text("id"), Attempts: text("attempts"),
		Error: text("error"), Data: []byte(text("data")), Attributes: map[string]string{},
	}
	for name := range entry.Values {
		if attribute, ok := strings.CutPrefix(name, "attribute:"); ok {
			letter.Attributes[attribute] = text(name)
		}
	}
	var millis int64
	if _, err := fmt.Sscanf(entry.ID, "%d-", &millis); err == nil {
		letter.GivenUp = time.UnixMilli(millis)
	}
	return letter
}

// replay publishes the message KEYS[1] again, for its subscription alone, and removes the letter from KEYS[2]; both or
// neither.
var replay = redis.NewScript(`
if redis.call("XDEL", KEYS[2], ARGV[1]) == 0 then return "" end
return redis.call("XADD", KEYS[1], "*", "data", ARGV[2], "attributes", ARGV[3], "replay", ARGV[4])`)

// Replay has the subscription, and no other, deliver the message again, after all that is waiting. It returns the
// message's new id, and an error when the letter is gone.
func (b Box) Replay(ctx context.Context, letter Letter) (id string, err error) {
	attributes, err := json.Marshal(letter.Attributes)
	if err != nil {
		return "", err
	}
	id, err = replay.Run(ctx, b.Redis, []string{b.key(letter.Topic), b.key(letter.Topic, letter.Subscription) + suffix},
		letter.ID, letter.Data, attributes, letter.Subscription).Text()
	if err == nil && id == "" {
		err = errors.New("it is gone: somebody has replayed or deleted it")
	}
	if err != nil {
		return "", fmt.Errorf("replay %s: %w", letter.ID, err)
	}
	return id, nil
}

// Delete removes the letter.
func (b Box) Delete(ctx context.Context, letter Letter) error {
	if err := b.Redis.XDel(ctx, b.key(letter.Topic, letter.Subscription)+suffix, letter.ID).Err(); err != nil {
		return fmt.Errorf("delete %s: %w", letter.ID, err)
	}
	return nil
}

func escapePattern(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(text)
}
