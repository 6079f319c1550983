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

// addressesAtOnce is how many addresses auth compares in one call.
const addressesAtOnce = 1000

// OnAccountEvent forgets who is anonymised: what was sent to them, to their addresses before they had an account too, and what
// named them. A session takes the browser that it told along. Once more changes nothing.
func (s *Service) OnAccountEvent(ctx context.Context, e *auth.AccountEvent) error {
	switch e.Type {
	case auth.SessionEnded:
		if err := s.query.DeleteDevicesOfSession(ctx, e.SessionID); err != nil {
			return fmt.Errorf("forget the browser of a session: %w", err)
		}
		return nil
	case auth.AccountDeactivated:
		if err := s.query.DeleteDevicesOfPerson(ctx, e.UserID); err != nil {
			return fmt.Errorf("forget the browsers of somebody: %w", err)
		}
		return nil
	case auth.AccountAnonymised:
	default:
		return nil
	}
	forgotten, before, err := s.forgottenAddresses(ctx, e.UserID)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		// Those of the account's own mail are known until that is forgotten, too.
		own, err := query.AddressesSentTo(ctx, e.UserID)
		if err != nil {
			return fmt.Errorf("read where somebody got mail: %w", err)
		}
		if before == nil {
			before = &e.OccurredAt
		}
		// As long as it is known who got a copy.
		err = query.EraseAnswers(ctx, store.EraseAnswersParams{
			SendingKind: kindMessage, UserID: e.UserID, Addresses: append(append([]string{}, forgotten...), own...),
		})
		if err != nil {
			return fmt.Errorf("forget what servers said of somebody: %w", err)
		}
		err = query.EraseAddresses(ctx, store.EraseAddressesParams{
			Addresses: append(forgotten, own...), Before: *before, SendingKind: kindMessage, Now: s.clock(),
		})
		if err != nil {
			return fmt.Errorf("forget what was sent to somebody's addresses: %w", err)
		}
		if err := query.EraseMessages(ctx, store.EraseMessagesParams{UserID: e.UserID, Now: s.clock()}); err != nil {
			return fmt.Errorf("forget what was sent to somebody: %w", err)
		}
		err = query.EraseSendings(ctx, store.EraseSendingsParams{Kind: kindMessage, UserID: e.UserID})
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
		if err := query.EraseNotifications(ctx, e.UserID); err != nil {
			return fmt.Errorf("forget the browsers of somebody: %w", err)
		}
		return nil
	})
}

// forgottenAddresses returns which of the addresses that are kept without an account were somebody's who was anonymised, and
// when that was: auth knows, for it has told nobody. Nil when none was.
func (s *Service) forgottenAddresses(ctx context.Context, userID int64) (found []string, at *time.Time, err error) {
	found = []string{}
	for after := ""; ; {
		typed, err := s.query.TypedAddresses(ctx, store.TypedAddressesParams{After: after, RowLimit: addressesAtOnce})
		if err != nil {
			return nil, nil, fmt.Errorf("read the addresses without an account: %w", err)
		}
		if len(typed) == 0 {
			return found, at, nil
		}
		answer, err := s.ask.forgotten(ctx, &auth.ForgottenAddressesParams{UserID: userID, Emails: typed})
		if err != nil {
			return nil, nil, fmt.Errorf("ask whose addresses were forgotten: %w", err)
		}
		if answer.AnonymisedAt != nil {
			found, at = append(found, answer.Emails...), answer.AnonymisedAt
		}
		after = typed[len(typed)-1]
	}
}

func forgottenFromAuth(ctx context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error) {
	return auth.ForgottenAddresses(ctx, p)
}
