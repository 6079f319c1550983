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

// addressesAtOnce is how many addresses auth compares in one call.
const addressesAtOnce = 1000

// OnAccountEvent takes a person out of the log who was anonymised, with the addresses of their invitations, those that were
// withdrawn before they had an account too.
func (s *Service) OnAccountEvent(ctx context.Context, e *auth.AccountEvent) error {
	if e.Type != auth.AccountAnonymised {
		return nil
	}
	invitations := e.InvitationIDs
	former, err := s.formerInvitations(ctx, e.UserID)
	if err != nil {
		return err
	}
	invitations = append(append([]int64{}, invitations...), former...)
	if err := s.query.ErasePerson(ctx, store.ErasePersonParams{Person: e.UserID, Invitations: invitations}); err != nil {
		return fmt.Errorf("take account %d out of the audit log: %w", e.UserID, err)
	}
	return nil
}

// formerInvitations returns the invitations in the log that were for an address of somebody who was anonymised. Auth knows the
// ones that are left, and which addresses were theirs.
func (s *Service) formerInvitations(ctx context.Context, userID int64) ([]int64, error) {
	invitations := []int64{}
	for after := ""; ; {
		emails, err := s.query.InvitedAddresses(ctx, store.InvitedAddressesParams{AfterAddress: after, RowLimit: addressesAtOnce})
		if err != nil {
			return nil, fmt.Errorf("read the addresses in the audit log: %w", err)
		}
		if len(emails) == 0 {
			return invitations, nil
		}
		answer, err := s.forgotten(ctx, &auth.ForgottenAddressesParams{UserID: userID, Emails: emails})
		if err != nil {
			return nil, fmt.Errorf("ask whose addresses were forgotten: %w", err)
		}
		if answer.AnonymisedAt != nil {
			found, err := s.query.InvitationsFor(ctx, store.InvitationsForParams{Addresses: answer.Emails, Until: *answer.AnonymisedAt})
			if err != nil {
				return nil, fmt.Errorf("find the invitations for an address: %w", err)
			}
			invitations = append(invitations, found...)
		}
		after = emails[len(emails)-1]
	}
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
