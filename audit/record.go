package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"encore.dev/pubsub"
	"encore.dev/types/uuid"

	"encore.app/audit/store"
	"encore.app/auth"
	changes "encore.app/internal/audit"
)

// Every subscriber is idempotent. What fails fails because the database is away for a moment; entries wait for it.
var (
	_ = pubsub.NewSubscription(changes.Events, "audit-records", pubsub.SubscriptionConfig[*changes.Event]{
		Handler:     pubsub.MethodHandler((*Service).Record),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
	})
	_ = pubsub.NewSubscription(auth.AccountEvents, "audit-accounts", pubsub.SubscriptionConfig[*auth.AccountEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnAccountEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
	})
)

// Record adds a change to the log, once however often it is delivered.
func (s *Service) Record(ctx context.Context, e *changes.Event) error {
	id, err := uuid.FromString(e.ID)
	if err != nil {
		return fmt.Errorf("the audit event of %s %s has the id %q: %w", e.Kind, e.ThingID, e.ID, err)
	}
	err = s.query.InsertEntry(ctx, store.InsertEntryParams{
		EventID: id, Kind: e.Kind, ThingKind: e.ThingKind, ThingID: e.ThingID,
		ActorID: e.Actor.UserID, SessionID: e.Actor.SessionID, Address: e.Actor.Address, AccountID: accountOf(e),
		Before: factsOf(e.Before), After: factsOf(e.After), OccurredAt: e.OccurredAt,
	})
	if err != nil {
		return fmt.Errorf("record %s of %s %s: %w", e.Kind, e.ThingKind, e.ThingID, err)
	}
	return nil
}

// OnAccountEvent takes a person out of the log who was anonymised, with the addresses of their invitations.
func (s *Service) OnAccountEvent(ctx context.Context, e *auth.AccountEvent) error {
	if e.Type != auth.AccountAnonymised {
		return nil
	}
	invitations := e.InvitationIDs
	if invitations == nil {
		invitations = []int64{}
	}
	if err := s.query.ErasePerson(ctx, store.ErasePersonParams{Person: e.UserID, Invitations: invitations}); err != nil {
		return fmt.Errorf("take account %d out of the audit log: %w", e.UserID, err)
	}
	return nil
}

// accountOf returns whose account, or whose session or other own thing, an event is about; 0 for nobody's.
func accountOf(e *changes.Event) int64 {
	if e.ThingKind == thingAccount {
		id, err := strconv.ParseInt(e.ThingID, 10, 64)
		if err == nil {
			return id
		}
	}
	var facts struct {
		UserID int64 `json:"user_id"`
	}
	for _, raw := range []json.RawMessage{e.After, e.Before} {
		// Facts that are no object, or whose user_id is something else, are about nobody's account.
		if json.Unmarshal(raw, &facts) == nil && facts.UserID != 0 {
			return facts.UserID
		}
	}
	return 0
}

// factsOf turns the null of JSON, which an event holds where there was nothing, into that of the database.
func factsOf(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" || len(raw) == 0 {
		return nil
	}
	return raw
}
