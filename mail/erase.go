package mail

import (
	"context"
	"fmt"
	"time"

	"encore.dev/pubsub"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/mail/store"
)

var _ = pubsub.NewSubscription(auth.AccountEvents, "mail-accounts", pubsub.SubscriptionConfig[*auth.AccountEvent]{
	Handler:     pubsub.MethodHandler((*Service).OnAccountEvent),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
})

// OnAccountEvent forgets who is anonymised: what was sent to them and what named them. Once more changes nothing.
func (s *Service) OnAccountEvent(ctx context.Context, e *auth.AccountEvent) error {
	if e.Type != auth.AccountAnonymised {
		return nil
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if err := query.EraseMessages(ctx, store.EraseMessagesParams{UserID: e.UserID, Now: s.clock(), Until: e.OccurredAt}); err != nil {
			return fmt.Errorf("forget what was sent to somebody: %w", err)
		}
		err := query.EraseSendings(ctx, store.EraseSendingsParams{Kind: kindMessage, UserID: e.UserID})
		if err != nil {
			return fmt.Errorf("forget what was written to somebody: %w", err)
		}
		err = query.EraseInvitations(ctx, store.EraseInvitationsParams{
			InvitationIds: append([]int64{}, e.InvitationIDs...), Now: s.clock(),
		})
		if err != nil {
			return fmt.Errorf("forget the invitations of somebody: %w", err)
		}
		if err := query.EraseNames(ctx, e.UserID); err != nil {
			return fmt.Errorf("forget what named somebody: %w", err)
		}
		if err := query.ForgetActor(ctx, e.UserID); err != nil {
			return fmt.Errorf("forget from where somebody did something: %w", err)
		}
		if err := query.EraseWork(ctx, e.UserID); err != nil {
			return fmt.Errorf("forget what somebody was to be told: %w", err)
		}
		return nil
	})
}
