package core

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
)

// change is a transaction and who makes it. What it appends to the outbox is published after the commit.
//
// Locks are taken in this order: kinds of waste, collection rules, runs before their swaps and their tour, tours before their buildings, buildings
// in the order of their ids, collections in that of their ids, incidents.
// The lock of what an event is about comes before the event, so that the events of one thing are in the order of its changes.
type change struct {
	tx     pgx.Tx
	query  *store.Queries
	caller access.Actor
	at     time.Time
}

// transact runs do in a transaction of the caller; access.Actor{} is the system itself.
func (s *Service) transact(ctx context.Context, caller access.Actor, do func(c *change) error) error {
	return s.relay.Transact(ctx, func(tx pgx.Tx) error {
		return do(&change{tx: tx, query: s.query.WithTx(tx), caller: caller, at: s.clock()})
	})
}

// officeOnly decides for changes that only the office makes, whoever the thing belongs to.
func officeOnly[Owner any](caller access.Actor, _ Owner) error { return access.OfficeOnly(caller) }

// audit tells who changed what (rule 12). before and after are nil where there was nothing, or is nothing any more.
func (c *change) audit(ctx context.Context, kind, thing string, id, before, after any) error {
	return audit.Append(ctx, c.tx, c.line(kind, thing, id, before, after))
}

// line is what the audit log says of a change.
func (c *change) line(kind, thing string, id, before, after any) audit.Change {
	return audit.Change{
		Kind: kind, ThingKind: thing, ThingID: id,
		Actor:  audit.Actor{UserID: c.caller.ID, SessionID: c.caller.SessionID, Address: c.caller.Address},
		Before: before, After: after, OccurredAt: c.at,
	}
}
