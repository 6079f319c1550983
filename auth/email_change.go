package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// emailChangeLife is how long a new address may be confirmed.
const emailChangeLife = 24 * time.Hour

// emailChangesOfAccount bounds the mail that somebody has sent to addresses that are not theirs.
var emailChangesOfAccount = limit.Limit{Name: "email-change:account", Count: 5, Period: time.Hour}

// ChangeEmailParams are the new address, and who asks for it.
type ChangeEmailParams struct {
	// Email is the new address. Upper and lower case are the same. The address of now takes back a change that waits.
	Email string `json:"email" encore:"sensitive"`
	// Password is the caller's, at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no address or password (invalid_argument).
func (p *ChangeEmailParams) Validate() error {
	if _, err := input.Email("email", p.Email); err != nil {
		return err
	}
	return checkGivenPassword("password", p.Password)
}

// ChangeEmailResponse says what waits.
type ChangeEmailResponse struct {
	// NewEmail is the address that waits to be confirmed; empty when none does.
	NewEmail string `json:"new_email" encore:"sensitive"`
	// ExpiresAt is until when it can be confirmed; null when nothing waits.
	ExpiresAt *time.Time `json:"expires_at"`
}

// ChangeEmail asks for another address to sign in with. It counts once it is confirmed with the link that is sent there,
// at /confirm-email of the web app, within 24 hours; until then the account has the address of now. Asking again replaces
// the change that waits, another password takes it back. Whether somebody else has the address is not told here.
//
// Errors: invalid_argument with the field for what is no e-mail address, and for a wrong password (wrong_password);
// permission_denied with the token of a program (session_required); aborted when another request has changed the password
// meanwhile; resource_exhausted with Retry-After after 5 changes an hour, or 10 wrong passwords in a quarter of an hour.
//
//encore:api auth method=PUT path=/me/email
func (s *Service) ChangeEmail(ctx context.Context, p *ChangeEmailParams) (*ChangeEmailResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	email, err := input.Email("email", p.Email)
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmPassword(ctx, who, "password", p.Password)
	if err != nil {
		return nil, err
	}
	if wait := s.limiter.Take(ctx, emailChangesOfAccount, who.userKey()); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "Too many changes of the e-mail address.")
	}
	answer := new(ChangeEmailResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockCaller(ctx, tx, who, confirmed)
		if err != nil {
			return err
		}
		change, err := s.startEmailChange(ctx, tx, who, user, email)
		if err == nil && change != nil {
			answer.NewEmail, answer.ExpiresAt = change.Email, &change.ExpiresAt
		}
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "store the change of the address")
	}
	return answer, nil
}

// startEmailChange replaces the change that waits for a user, who is locked, and asks for the mail with the link. It returns
// nil when email is the address that the user has: then nothing waits afterwards.
func (s *Service) startEmailChange(
	ctx context.Context, tx pgx.Tx, who *Data, user store.User, email string,
) (*store.EmailChange, error) {
	query, now := s.query.WithTx(tx), s.now()
	if _, err := query.UseEmailChanges(ctx, store.UseEmailChangesParams{UserID: user.ID, Now: &now}); err != nil {
		return nil, err
	}
	if strings.EqualFold(email, user.Email) {
		return nil, nil
	}
	params := store.InsertEmailChangeParams{
		UserID: user.ID, Email: email, Nonce: newNonce(), Now: now, ExpiresAt: now.Add(emailChangeLife),
	}
	_, params.TokenHash = newToken() // leads nowhere: the token needs the id first
	change, err := query.InsertEmailChange(ctx, params)
	if err != nil {
		return nil, err
	}
	token := s.links.token(emailChangePurpose, change.ID, change.Nonce)
	err = query.SetEmailChangeToken(ctx, store.SetEmailChangeTokenParams{ID: change.ID, TokenHash: hashToken(token)})
	if err != nil {
		return nil, err
	}
	if err := auditEmail(ctx, tx, who.actor(), "account.email_change_requested", user, email, now); err != nil {
		return nil, err
	}
	return &change, mailrequest.Append(ctx, tx, mailrequest.Request{
		Kind: mailrequest.EmailChange, UserID: user.ID, ThingID: change.ID, Address: email, OccurredAt: now,
	})
}

// ConfirmEmailParams name a change by the token in its link.
type ConfirmEmailParams struct {
	// Token is the part of the link after the #. It travels in the body, because addresses are logged along the way.
	Token string `json:"token" encore:"sensitive"`
}

// ConfirmEmailResponse is the address that counts from now on.
type ConfirmEmailResponse struct {
	// Email is the address with which the person signs in.
	Email string `json:"email" encore:"sensitive"`
}

// ConfirmEmail makes a new address the one of its account, with the link that was sent there. No session is needed, none
// begins and none ends. The old address gets a mail; links to choose a password that were sent to it lead nowhere. A link
// is good for one time, however many requests come at once.
//
// Errors: not_found for a token that leads nowhere; failed_precondition when it was confirmed, replaced or taken back
// (link_used), or its time is up (link_expired); already_exists when somebody else has the address by now; and
// resource_exhausted with Retry-After after too many requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/confirm-email
func (s *Service) ConfirmEmail(ctx context.Context, p *ConfirmEmailParams) (*ConfirmEmailResponse, error) {
	from := limit.CurrentClient()
	if err := s.allowLink(ctx, from); err != nil {
		return nil, err
	}
	change, err := findEmailChange(ctx, s.query, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the change of the address")
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query, now := s.query.WithTx(tx), s.now()
		before, err := lockUser(ctx, query, change.UserID)
		if err != nil {
			return err
		}
		// As it is now: another request may have used or replaced it, or the account may be deactivated.
		if change, err = findEmailChange(ctx, query, p.Token, now); err != nil {
			return err
		}
		after, err := query.SetEmail(ctx, store.SetEmailParams{ID: before.ID, Email: change.Email, Now: now})
		if err != nil {
			if taken, ok := errors.AsType[*pgconn.PgError](err); ok && taken.Code == pgerrcode.UniqueViolation {
				return refusal.Exists("", refusal.AccountExists, "There is an account with this e-mail address.")
			}
			return err
		}
		if _, err := query.UseEmailChanges(ctx, store.UseEmailChangesParams{UserID: before.ID, Now: &now}); err != nil {
			return err
		}
		if err := query.UsePasswordResets(ctx, store.UsePasswordResetsParams{UserID: before.ID, Now: &now}); err != nil {
			return err
		}
		err = outbox.Append(ctx, tx, accountEvents, &AccountEvent{
			Type: AccountChanged, ActorID: before.ID, UserID: before.ID, OccurredAt: now,
		})
		if err != nil {
			return err
		}
		who := audit.Actor{UserID: before.ID, Address: from.Address}
		if err := auditEmail(ctx, tx, who, "account.email_changed", before, after.Email, now); err != nil {
			return err
		}
		// Addresses from before they were checked may be none.
		if _, malformed := input.Email("", before.Email); malformed == nil {
			return mailrequest.Append(ctx, tx, mailrequest.Request{
				Kind: mailrequest.EmailChanged, UserID: before.ID, Address: before.Email, OccurredAt: now,
			})
		}
		return nil
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the address")
	}
	return &ConfirmEmailResponse{Email: change.Email}, nil
}

// EmailChangeLink returns the link that confirms a new address, for the service that sends it.
//
// Errors: not_found for a change that does not exist; failed_precondition when it was confirmed, replaced or taken back
// (link_used), its time is up (link_expired), or its link cannot be derived because SECRET_KEY has changed
// (changed_meanwhile).
//
//encore:api private method=POST path=/internal/email-change-link
func (s *Service) EmailChangeLink(ctx context.Context, p *AccountLinkParams) (*AccountLinkResponse, error) {
	change, err := s.query.EmailChangeByID(ctx, p.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noLink()
	}
	if err != nil {
		return nil, refusal.Failure(err, "find the change of the address")
	}
	if err := checkLink(change.UsedAt, change.ExpiresAt, s.now()); err != nil {
		return nil, err
	}
	token, err := s.links.tokenOf(emailChangePurpose, change.ID, change.Nonce, change.TokenHash)
	if err != nil {
		return nil, err
	}
	return &AccountLinkResponse{
		Link: fragmentLink(s.webApp, "/confirm-email", token), UserID: change.UserID, Email: change.Email,
		ExpiresAt: change.ExpiresAt,
	}, nil
}

// findEmailChange finds the change of a token, which is good.
func findEmailChange(ctx context.Context, query *store.Queries, token string, now time.Time) (store.EmailChange, error) {
	if token == "" || len(token) > maxToken {
		return store.EmailChange{}, noLink()
	}
	change, err := query.EmailChangeByToken(ctx, hashToken(token))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return change, noLink()
	case err != nil:
		return change, err
	}
	return change, checkLink(change.UsedAt, change.ExpiresAt, now)
}
