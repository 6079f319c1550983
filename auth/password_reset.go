package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	// resetLife is how long the link in the mail is good.
	resetLife = 30 * time.Minute
	// linkMemory is how long a link that is over is told apart from one that never was.
	linkMemory = 7 * 24 * time.Hour
)

var (
	// linksOfNetwork counts who asks for links and comes with them, from one place.
	linksOfNetwork = limit.Limit{Name: "link:network", Count: 30, Period: time.Minute}
	// resetsOfAccount bounds the mail that strangers have sent to somebody. It keeps no owner out: after five, another one is
	// allowed every 12 minutes, and each is in the owner's inbox and good for 30.
	resetsOfAccount = limit.Limit{Name: "reset:account", Count: 5, Period: time.Hour}
)

// ForgotPasswordParams name an account.
type ForgotPasswordParams struct {
	// Email is the address with which the person signs in; upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
}

// Validate refuses what can be no account's (invalid_argument).
func (p *ForgotPasswordParams) Validate() error {
	_, err := input.SameEmails("email", p.Email)
	return err
}

// ForgotPasswordResponse is the same whether or not somebody has the address.
type ForgotPasswordResponse struct{}

// ForgotPassword sends a link with which a new password can be chosen, at /reset-password of the web app, to the address
// when an account has it. The link is good for 30 minutes and for one time. The answer is the same, and takes as long, when
// nobody has the address, or their account is not active.
//
// Errors: invalid_argument for an address that nobody has; resource_exhausted with Retry-After after too many requests: 30
// a minute from one address, 5 an hour for one account.
//
//encore:api public method=POST path=/auth/forgot-password
func (s *Service) ForgotPassword(ctx context.Context, p *ForgotPasswordParams) (*ForgotPasswordResponse, error) {
	from := limit.CurrentClient()
	emails, err := input.SameEmails("email", p.Email)
	if err != nil {
		return nil, err
	}
	if err := s.allowLink(ctx, from); err != nil {
		return nil, err
	}
	if wait := s.limiter.Take(ctx, resetsOfAccount, emails[0]); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "Too many requests for this account. Look into your mail.")
	}
	user, err := s.query.UserByEmail(ctx, emails)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "find the account")
	}
	if !user.Active {
		user.ID = 0 // nobody's, too
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error { return s.startReset(ctx, tx, user.ID, from) })
	if err != nil {
		return nil, refusal.Failure(err, "store the reset")
	}
	return &ForgotPasswordResponse{}, nil
}

// toNobody is the topic of what is appended about an account that does not exist. It is published nowhere: writing it
// makes an answer take as long as when the account exists.
const toNobody = "nobody"

// startReset makes a link and asks for the mail with it. For user 0, who does not exist, the work is the same, and comes to
// nothing.
func (s *Service) startReset(ctx context.Context, tx pgx.Tx, userID int64, from limit.Client) error {
	query, now := s.query.WithTx(tx), s.now()
	params := store.InsertPasswordResetParams{Nonce: newNonce(), Now: now, ExpiresAt: now.Add(resetLife)}
	_, params.TokenHash = newToken() // leads nowhere: the token needs the id first
	if userID != 0 {
		params.UserID = &userID
	}
	reset, err := query.InsertPasswordReset(ctx, params)
	if err != nil {
		return err
	}
	token := s.links.token(passwordResetPurpose, reset.ID, reset.Nonce)
	err = query.SetPasswordResetToken(ctx, store.SetPasswordResetTokenParams{ID: reset.ID, TokenHash: hashToken(token)})
	if err != nil {
		return err
	}
	request := mailrequest.Request{Kind: mailrequest.PasswordReset, UserID: userID, ThingID: reset.ID, OccurredAt: now}
	// Who asks is not known: whoever typed the address.
	change := audit.Change{
		Kind: "account.reset_requested", ThingKind: "account", ThingID: userID, Actor: audit.Actor{Address: from.Address},
		OccurredAt: now,
	}
	if userID == 0 {
		if err := outbox.Append(ctx, tx, toNobody, request); err != nil {
			return err
		}
		return outbox.AppendAll(ctx, tx, toNobody, []audit.Change{change}) // as audit.Append does
	}
	if err := mailrequest.Append(ctx, tx, request); err != nil {
		return err
	}
	return audit.Append(ctx, tx, change)
}

// ReadResetParams name a reset by the token in its link.
type ReadResetParams struct {
	// Token is the part of the link after the #. It travels in the body, because addresses are logged along the way.
	Token string `json:"token" encore:"sensitive"`
}

// ReadResetResponse is what the holder of a link may know.
type ReadResetResponse struct {
	// Email is the address of the account, with most of it hidden: e•••@example.org.
	Email string `json:"email"`
	// ExpiresAt is until when a password can be chosen.
	ExpiresAt time.Time `json:"expires_at"`
}

// ReadReset tells the holder of a link to choose a new password whether it is good, and for which account.
//
// Errors: not_found for a token that leads nowhere; failed_precondition when a password was chosen with it, something else
// made it void (link_used), or its time is up (link_expired); and resource_exhausted with Retry-After after too many
// requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/reset-token
func (s *Service) ReadReset(ctx context.Context, p *ReadResetParams) (*ReadResetResponse, error) {
	if err := s.allowLink(ctx, limit.CurrentClient()); err != nil {
		return nil, err
	}
	reset, user, err := findReset(ctx, s.query, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the reset")
	}
	return &ReadResetResponse{Email: maskedEmail(user.Email), ExpiresAt: reset.ExpiresAt}, nil
}

// ResetPasswordParams are a link and the new password.
type ResetPasswordParams struct {
	// Token is the part of the link after the #.
	Token string `json:"token" encore:"sensitive"`
	// Password has at least 10 and at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no password (invalid_argument).
func (p *ResetPasswordParams) Validate() error { return checkPassword("password", p.Password) }

// ResetPasswordResponse says what choosing a password did.
type ResetPasswordResponse struct {
	// SessionsEnded is how many devices were signed in, and are not any more.
	SessionsEnded int `json:"sessions_ended"`
}

// ResetPassword gives an account a new password, with the link that was sent to its address. All its sessions end, its
// other links to choose a password lead nowhere, a new e-mail address that waits to be confirmed is taken back, the tokens of
// its programs are withdrawn, and devices on which it was used are strangers again, but for this one. Nobody is signed in: that is the next step, with a second factor when the account
// has one. Its owner gets a mail. A link is good for one password, however many requests come at once.
//
// Errors: not_found for a token that leads nowhere; failed_precondition when a password was chosen with it, something else
// made it void (link_used), or its time is up (link_expired); invalid_argument for a password that is too short, too long or
// easy to guess; and resource_exhausted with Retry-After after too many requests from one address (30 a minute).
//
//encore:api public method=POST path=/auth/reset-password
func (s *Service) ResetPassword(ctx context.Context, p *ResetPasswordParams) (*ResetPasswordResponse, error) {
	return s.resetPassword(ctx, p, currentVisitor())
}

func (s *Service) resetPassword(ctx context.Context, p *ResetPasswordParams, from visitor) (*ResetPasswordResponse, error) {
	if err := s.allowLink(ctx, from.Client); err != nil {
		return nil, err
	}
	if err := checkPassword("password", p.Password); err != nil {
		return nil, err
	}
	// Nobody costs the server a hash without a link, and no row stays locked for so long.
	_, user, err := findReset(ctx, s.query, p.Token, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "find the reset")
	}
	hash, err := s.newHash(ctx, "password", p.Password, user)
	if err != nil {
		return nil, err
	}
	known, err := s.findDevice(ctx, from.device)
	if err != nil {
		return nil, refusal.Failure(err, "find the device")
	}
	answer := new(ResetPasswordResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if _, err := lockUser(ctx, query, user.ID); err != nil {
			return err
		}
		// As it is now: another request may have used the link, or the account may be deactivated.
		if _, user, err = findReset(ctx, query, p.Token, s.now()); err != nil {
			return err
		}
		who := audit.Actor{UserID: user.ID, Address: from.Address}
		answer.SessionsEnded, err = s.replacePassword(ctx, tx, who, user, hash, "account.password_reset")
		if err != nil {
			return err
		}
		if err := s.withdrawTokens(ctx, tx, who, user.ID); err != nil {
			return err
		}
		return query.DeleteDevicesOfUser(ctx, store.DeleteDevicesOfUserParams{UserID: user.ID, Spared: known.hash})
	})
	if err != nil {
		return nil, refusal.Failure(err, "reset the password")
	}
	s.attempt(user.Email, 0, from.Client, device{}).forget(ctx)
	return answer, nil
}

// PasswordResetLink returns the link of a reset, for the service that sends it.
//
// Errors: not_found for a reset that does not exist; failed_precondition when it was used or made void (link_used), its time
// is up (link_expired), or its link cannot be derived because SECRET_KEY has changed (changed_meanwhile).
//
//encore:api private method=POST path=/internal/password-reset-link
func (s *Service) PasswordResetLink(ctx context.Context, p *AccountLinkParams) (*AccountLinkResponse, error) {
	found, err := s.query.PasswordResetByID(ctx, p.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noLink()
	}
	if err != nil {
		return nil, refusal.Failure(err, "find the reset")
	}
	reset, user := found.PasswordReset, found.User
	if err := checkLink(reset.UsedAt, reset.ExpiresAt, s.now()); err != nil {
		return nil, err
	}
	token, err := s.links.tokenOf(passwordResetPurpose, reset.ID, reset.Nonce, reset.TokenHash)
	if err != nil {
		return nil, err
	}
	return &AccountLinkResponse{
		Link: fragmentLink(s.webApp, "/reset-password", token), UserID: user.ID, Email: user.Email, ExpiresAt: reset.ExpiresAt,
	}, nil
}

// findReset finds the reset of a token, which is good, and whose it is.
func findReset(
	ctx context.Context, query *store.Queries, token string, now time.Time,
) (store.PasswordReset, store.User, error) {
	if token == "" || len(token) > maxToken {
		return store.PasswordReset{}, store.User{}, noLink()
	}
	found, err := query.PasswordResetByToken(ctx, hashToken(token))
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return store.PasswordReset{}, store.User{}, noLink()
	case err != nil:
		return store.PasswordReset{}, store.User{}, err
	}
	return found.PasswordReset, found.User, checkLink(found.PasswordReset.UsedAt, found.PasswordReset.ExpiresAt, now)
}

// allowLink counts one request for a link, or with one.
func (s *Service) allowLink(ctx context.Context, from limit.Client) error {
	if wait := s.limiter.Take(ctx, linksOfNetwork, from.Network()); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many requests from this address.")
	}
	return nil
}

// checkLink refuses a link that has done its work, or whose time is up.
func checkLink(usedAt *time.Time, expiresAt, now time.Time) error {
	switch {
	case usedAt != nil:
		return refusal.Precondition("", refusal.LinkUsed, "This link has been used, or a later change made it void.")
	case !now.Before(expiresAt):
		return refusal.Precondition("", refusal.LinkExpired, "The time of this link is up.")
	}
	return nil
}

func noLink() error { return refusal.NotFound("This link leads nowhere.") }
