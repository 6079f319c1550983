package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/metrics"
	"encore.dev/pubsub"

	"encore.app/internal/audit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
)

// AccountEvents tells other services what happened to accounts and sessions. Events arrive at least once, and those of
// one account usually in order: subscribers tell repeats by AccountEvent.ID.
var AccountEvents = pubsub.NewTopic[*AccountEvent]("account-events", pubsub.TopicConfig{
	DeliveryGuarantee: pubsub.AtLeastOnce,
})

// accountEvents is the topic's name in the outbox.
const accountEvents = "account-events"

// What has not been published yet.
var (
	outboxSetAside   = metrics.NewGauge[int64]("auth_outbox_set_aside", metrics.GaugeConfig{})
	outboxPendingAge = metrics.NewGauge[float64]("auth_outbox_pending_age_seconds", metrics.GaugeConfig{})
)

func observeOutbox(backlog outbox.Backlog) {
	outboxSetAside.Set(backlog.SetAside)
	outboxPendingAge.Set(backlog.PendingAge.Seconds())
}

// The types of AccountEvent.
const (
	// SessionStarted: a session has begun; in the audit log only.
	SessionStarted = "session.started"
	// SessionEnded: the session SessionID of UserID is over: signed out or expired.
	SessionEnded = "session.ended"
	// RoleChanged: UserID has Role from now on.
	RoleChanged = "role.changed"
	// AccountChanged: the name, phone, language or e-mail address of UserID are others from now on.
	AccountChanged = "account.changed"
	// RegionsChanged: UserID works in RegionIDs from now on.
	RegionsChanged = "regions.changed"
	// AccountDeactivated: UserID signs in nowhere from now on; SessionEnded tells of each of their sessions.
	AccountDeactivated = "account.deactivated"
	// AccountReactivated: UserID may sign in again.
	AccountReactivated = "account.reactivated"
	// AccountAnonymised: names, address and phone of UserID are gone; whoever keeps such of theirs erases it.
	AccountAnonymised = "account.anonymised"
)

// AccountEvent is something that happened to an account or a session.
type AccountEvent struct {
	// ID is unique to the event; a repeated delivery has the same one.
	ID string `json:"id"`
	// Type is one of the constants above but SessionStarted.
	Type string `json:"type"`
	// ActorID is who did it; 0 when the system did.
	ActorID int64 `json:"actor_id"`
	// UserID is whose account it is.
	UserID int64 `json:"user_id"`
	// SessionID is set for SessionEnded.
	SessionID int64 `json:"session_id"`
	// Role is set for RoleChanged.
	Role Role `json:"role"`
	// RegionIDs is set for RegionsChanged.
	RegionIDs []int64 `json:"region_ids"`
	// InvitationIDs are set for AccountAnonymised: the invitations that were for the person's address.
	InvitationIDs []int64 `json:"invitation_ids"`
	// OccurredAt is when it happened.
	OccurredAt time.Time `json:"occurred_at"`
}

// publishEvent hands an event of the outbox to its topic.
func publishEvent(ctx context.Context, message outbox.Message) error {
	switch message.Topic {
	case accountEvents:
	case audit.Topic:
		event, err := audit.Decode(message)
		if err != nil {
			return err
		}
		_, err = audit.Events.Publish(ctx, event)
		return err
	case mailrequest.Topic:
		request, err := mailrequest.Decode(message)
		if err != nil {
			return err
		}
		_, err = mailrequest.Requests.Publish(ctx, request)
		return err
	case toNobody:
		return nil
	default:
		return outbox.Permanent(fmt.Errorf("event %s has the unknown topic %q", message.ID, message.Topic))
	}
	event := new(AccountEvent)
	if err := decodeEvent(message, event); err != nil {
		return outbox.Permanent(err)
	}
	_, err := AccountEvents.Publish(ctx, event)
	return err
}

func decodeEvent(message outbox.Message, event *AccountEvent) error {
	if err := json.Unmarshal(message.Payload, event); err != nil {
		return fmt.Errorf("decode an account event: %w", err)
	}
	event.ID = message.ID
	return nil
}
