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
//	    published_at timestamptz,
//	    failed_at    timestamptz,
//	    error        text
//	);
//	create index outbox_pending on outbox (id) where published_at is null;
//	create index outbox_published on outbox (published_at) where published_at is not null;
//	create index outbox_failed on outbox (id) where published_at is null and failed_at is not null;
//
// Changes go through Relay.Transact and call Append. Events are published at least once, and in the order of their
// rows: append an event after the change has locked what it is about (an update or select … for update of its row),
// and the events of one thing are in the order of its changes.
//
// An event that no further try would publish (Permanent) is set aside, so that it holds up no other one: failed_at and
// error are set. Later events, of the same thing too, are published meanwhile. Every start of a process tries the events
// that were set aside again, in their order and before later ones: what an older version of the program did not
// know is published as soon as the newer one is back. Clearing failed_at and error (scripts/outbox retry) has the
// running relay try them again. Published that late, an event comes after later ones of its thing; Message.CreatedAt and
// the times in the event tell, and a subscriber to which the order of states matters must look.
package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"encore.dev/beta/errs"
	"github.com/jackc/pgx/v5"
)

// permanentError is one that another try would give again.
type permanentError struct{ error }

func (e permanentError) Unwrap() error { return e.error }

// Permanent makes an error of Publish one after which the event is set aside: it cannot be decoded, or this version of
// the program has no such topic.
func Permanent(err error) error { return permanentError{err} }

// isPermanent reports whether err would come again. A topic says of a message that it cannot carry that the argument is
// invalid; everything else, such as a topic that is down, passes.
func isPermanent(err error) bool {
	_, permanent := errors.AsType[permanentError](err)
	answer, ok := errors.AsType[*errs.Error](err)
	return permanent || ok && answer.Code == errs.InvalidArgument
}

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

// AppendAll is Append for many events of a topic, in their order.
func AppendAll[Event any](ctx context.Context, tx pgx.Tx, topic string, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	payloads := make([]string, len(events))
	for i, event := range events {
		payload, err := json.Marshal(event)
		if err != nil {
			return fmt.Errorf("encode an event of %s: %w", topic, err)
		}
		payloads[i] = string(payload)
	}
	_, err := tx.Exec(ctx, `insert into outbox (topic, payload)
		select $1, e.payload::jsonb from unnest($2::text[]) with ordinality e (payload, place) order by e.place`, topic, payloads)
	if err != nil {
		return fmt.Errorf("append events of %s: %w", topic, err)
	}
	return nil
}
