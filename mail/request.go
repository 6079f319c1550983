package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/pubsub"

	"encore.app/internal/mailrequest"
	"encore.app/mail/store"
)

// A repeated request has the same id and makes no second message. What fails fails because the database is away.
var _ = pubsub.NewSubscription(mailrequest.Requests, "mail-requests", pubsub.SubscriptionConfig[*mailrequest.Request]{
	Handler:     pubsub.MethodHandler((*Service).OnMailRequest),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
})

// mailLife is how long a message may wait before it says nothing any more.
const mailLife = 3 * 24 * time.Hour

// OnMailRequest puts the mail that somebody asked for among those to be sent.
func (s *Service) OnMailRequest(ctx context.Context, request *mailrequest.Request) error {
	facts, err := json.Marshal(request.Data)
	if err != nil {
		return fmt.Errorf("encode the facts of a mail: %w", err)
	}
	return s.put(ctx, s.query, store.InsertMessageParams{
		Source: "request:" + request.ID, Kind: request.Kind, UserID: request.UserID, ThingID: request.ThingID,
		GivenAddress: request.Address, Facts: facts, OccurredAt: request.OccurredAt,
	})
}

// put stores a message once and wakes the sender. What is not set has a default; DueAt is now.
func (s *Service) put(ctx context.Context, query *store.Queries, params store.InsertMessageParams) error {
	params.Now = s.clock()
	if params.DueAt.IsZero() {
		params.DueAt = params.Now
	}
	if params.ExpiresAt.IsZero() {
		params.ExpiresAt = params.Now.Add(mailLife)
	}
	if params.Facts == nil {
		params.Facts = json.RawMessage(`{}`)
	}
	if params.NamesUserIds == nil {
		params.NamesUserIds = []int64{}
	}
	params.MessageID = s.newMessageID()
	if _, err := query.InsertMessage(ctx, params); err != nil {
		return fmt.Errorf("store a message of kind %s: %w", params.Kind, err)
	}
	s.sender.wake()
	return nil
}
