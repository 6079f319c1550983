// Package outbox makes a change and the event about it one transaction, and publishes the event afterwards.
//
// A service that uses it has this table among its migrations:
//
//	create table outbox (
//	    id           bigint generated always as identity primary key,
//	    event_id     uuid        not null default gen_random_uuid(),
//	    topic        text        not null,
//	    payload      jsonb       not null,
//	    created_at   timestamptz not null default now(),
//	    published_at timestamptz
//	);
//	create index outbox_pending on outbox (id) where published_at is null;
//	create index outbox_published on outbox (published_at) where published_at is not null;
//
// Changes go through Relay.Transact and call Append. Events are published at least once, and in the order of their
// rows: append an event after the change has locked what it is about (an update or select … for update of its row),
// and the events of one thing are in the order of its changes.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Message is an event on its way to a topic.
type Message struct {
	// ID is a UUID that stays the same however often the event is published, so that subscribers can tell repeats.
	ID string
	// Topic is the name under which the event was appended.
	Topic string
	// Payload is the event as JSON.
	Payload json.RawMessage
	// CreatedAt is when the event was appended.
	CreatedAt time.Time
}

// Append adds event, which must be representable in JSON, to the outbox within tx.
func Append(ctx context.Context, tx pgx.Tx, topic string, event any) error {
	payload, err := json.Marshal(event)
	if err != nil {
		return fmt.Errorf("encode an event of %s: %w", topic, err)
	}
	if _, err := tx.Exec(ctx, `insert into outbox (topic, payload) values ($1, $2)`, topic, payload); err != nil {
		return fmt.Errorf("append an event of %s: %w", topic, err)
	}
	return nil
}
