// Package audit says who changed what: every change in every service appends an Event in its own transaction (rule 12).
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/pubsub"
	"github.com/jackc/pgx/v5"

	"encore.app/internal/outbox"
)

// Events carries the changes of all services, at least once; a repeated delivery has the same ID.
var Events = pubsub.NewTopic[*Event]("audit-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
})

// Topic is the name of Events in the outbox.
const Topic = "audit-events"

// Actor is who made a change, and from where.
type Actor struct {
	// UserID is the account; 0 when the system did it.
	UserID int64 `json:"user_id"`
	// SessionID is the session through which the request came; 0 without one.
	SessionID int64 `json:"session_id"`
	// Address is the IP address of the client; empty when it is not known.
	Address string `json:"address"`
}

// Event is one change of one thing.
type Event struct {
	// ID is the UUID of the event.
	ID string `json:"id"`
	// Kind is what happened, as <thing>.<past participle>: building.changed.
	Kind string `json:"kind"`
	// ThingKind and ThingID say to what: "building", "12".
	ThingKind string `json:"thing_kind"`
	ThingID   string `json:"thing_id"`
	// Actor is who did it.
	Actor Actor `json:"actor"`
	// Before and After are the thing as JSON before and after the change; null when there was, or is, none. They hold ids and
	// facts, never secrets, hashes or tokens.
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
	// OccurredAt is when the change was made.
	OccurredAt time.Time `json:"occurred_at"`
}

// Change is what Append needs to know of a change; Before and After are any values that JSON can hold, nil for none.
type Change struct {
	Kind          string
	ThingKind     string
	ThingID       any
	Actor         Actor
	Before, After any
	OccurredAt    time.Time
}

// Append adds changes to the outbox, in their order, within the transaction that makes them.
func Append(ctx context.Context, tx pgx.Tx, changes ...Change) error {
	events := make([]*Event, len(changes))
	for i, c := range changes {
		if err := c.check(); err != nil {
			return err
		}
		before, err := json.Marshal(c.Before)
		if err != nil {
			return fmt.Errorf("encode what was before %s: %w", c.Kind, err)
		}
		after, err := json.Marshal(c.After)
		if err != nil {
			return fmt.Errorf("encode what is after %s: %w", c.Kind, err)
		}
		events[i] = &Event{
			Kind: c.Kind, ThingKind: c.ThingKind, ThingID: fmt.Sprint(c.ThingID), Actor: c.Actor,
			Before: before, After: after, OccurredAt: c.OccurredAt,
		}
	}
	return outbox.AppendAll(ctx, tx, Topic, events)
}

// Decode reads an event of the outbox, for the service that publishes it.
func Decode(message outbox.Message) (*Event, error) {
	event := new(Event)
	if err := json.Unmarshal(message.Payload, event); err != nil {
		return nil, outbox.Permanent(fmt.Errorf("decode the audit event %s: %w", message.ID, err))
	}
	event.ID = message.ID
	return event, nil
}
