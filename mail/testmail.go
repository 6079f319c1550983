package mail

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/store"
)

// kindTest is a mail that says that mail arrives.
const kindTest = "test"

// testLimit is how many of them one person may send.
var testLimit = limit.Limit{Name: "mail:test", Count: 5, Period: time.Minute}

// SendTest sends the caller a mail, to see whether mail arrives; the log tells how that went. For the office.
//
// Errors: permission_denied for other roles, resource_exhausted after 5 in a minute, failed_precondition while the
// installation has no SMTP server.
//
//encore:api auth method=POST path=/mail/test
func (s *Service) SendTest(ctx context.Context) (*Message, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	if !s.settings.Configured() {
		return nil, refusal.Precondition("", refusal.Missing, "This installation has no mail server: SMTP_HOST is not set.")
	}
	if wait := s.limiter.Take(ctx, testLimit, fmt.Sprint(who.UserID)); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "That were enough test mails for now.")
	}
	source := "test:" + strings.ToLower(rand.Text())
	var m store.Message
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		err = s.put(ctx, query, store.InsertMessageParams{
			Source: source, Kind: kindTest, UserID: who.UserID, ActorID: who.UserID, OccurredAt: s.clock(),
		})
		if err != nil {
			return err
		}
		if m, err = query.MessageBySource(ctx, source); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Change{
			Kind: "mail.test_sent", ThingKind: thing, ThingID: m.ID, Actor: actorOf(who), OccurredAt: s.clock(),
			After: messageFacts{Kind: m.Kind, UserID: m.UserID},
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "send a test mail")
	}
	s.sender.wake()
	items, err := s.messagesOf(ctx, m)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

func (s *Service) writeTest(ctx context.Context, m store.Message) (*written, error) {
	user, err := s.receiver(ctx, m.Kind, m.UserID)
	if err != nil {
		return nil, err
	}
	mail, err := content.In(user.Language, s.zone).Mail(m.Kind, user.FirstName, nil)
	if err != nil {
		return nil, err
	}
	mail.Reason = content.In(user.Language, s.zone).Reason("office")
	return &written{mail: mail, to: addressOf(user)}, nil
}
