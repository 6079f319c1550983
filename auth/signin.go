package auth

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// How often somebody may try to sign in. Strangers are counted by where they come from, by account and place, and by account
// alone, so that guessing is bounded from one address as from a thousand. On a device on which its owner has signed in
// before only the tries on that device count: nobody else can keep them out.
var (
	// signInsOfNetwork holds a whole office or student home behind one address, but not a list of passwords.
	signInsOfNetwork = limit.Limit{Name: "sign-in:network", Count: 30, Period: time.Minute}
	// signInsOfAccountAndNetwork is what a person who has forgotten which password it was may try.
	signInsOfAccountAndNetwork = limit.Limit{Name: "sign-in:account-and-network", Count: 10, Period: 15 * time.Minute}
	// signInsOfAccount bounds guessing from many addresses, to 2,400 passwords a day.
	signInsOfAccount = limit.Limit{Name: "sign-in:account", Count: 100, Period: time.Hour}
	// signInsOfDevice counts instead of all three on a device that the account knows.
	signInsOfDevice = limit.Limit{Name: "sign-in:device", Count: 10, Period: 15 * time.Minute}
	// registrationsOfNetwork counts who reads invitations and registers.
	registrationsOfNetwork = limit.Limit{Name: "register:network", Count: 30, Period: time.Minute}
)

// SignInParams are an e-mail address and its password.
type SignInParams struct {
	// Email is the address of the account; upper and lower case are the same.
	Email string `json:"email" encore:"sensitive"`
	// Password is at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no account's (invalid_argument).
func (p *SignInParams) Validate() error {
	if _, err := input.SameEmails("email", p.Email); err != nil {
		return err
	}
	switch {
	case p.Password == "":
		return refusal.Invalid("password", refusal.Required, "Give your password.")
	case utf8.RuneCountInString(p.Password) > maxPassword:
		return refusal.Invalid("password", refusal.TooLong, "A password has at most 256 characters.")
	}
	return nil
}

// SignInResponse is the account that has signed in.
type SignInResponse struct {
	// SetCookie holds the session's token, and the device's when it is new. Programs without a cookie jar send the former
	// as `Authorization: Bearer <token>`.
	SetCookie []string `header:"Set-Cookie"`
	// Account is the account of the caller from now on; null while SecondFactor is asked for.
	Account *Account `json:"account"`
	// SecondFactor tells that the password was right and is not enough: the session lets nobody in before the second
	// factor is given. No account asks for one yet.
	SecondFactor bool `json:"second_factor"`
}

// SignIn starts a session. The session lives for 14 days after its last use, and 90 days at most.
//
// Too many attempts are refused for a while: 30 a minute from one address, 10 a quarter of an hour at one account from
// one address, 100 an hour at one account. On a device on which the person has signed in before, which the cookie
// `device` tells, only the attempts on that device count: 10 a quarter of an hour.
//
// Errors: unauthenticated when the address and the password do not belong together, without telling which of them is
// wrong; invalid_argument for an address or password that nobody has; resource_exhausted with Retry-After after too many
// attempts, or when too many people are signing in at once.
//
//encore:api public method=POST path=/auth/sign-in
func (s *Service) SignIn(ctx context.Context, p *SignInParams) (*SignInResponse, error) {
	return s.signIn(ctx, p, currentVisitor())
}

func (s *Service) signIn(ctx context.Context, p *SignInParams, from visitor) (*SignInResponse, error) {
	emails, err := input.SameEmails("email", p.Email)
	if err != nil {
		return nil, err
	}
	// The account and the device are two look-ups by index, and decide which attempts count.
	user, err := s.query.UserByEmail(ctx, emails)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "find the account")
	}
	known, err := s.findDevice(ctx, from.device)
	if err != nil {
		return nil, refusal.Failure(err, "find the device")
	}
	attempt := s.attempt(emails[0], user.ID, from.Client, known)
	if err := attempt.count(ctx); err != nil {
		return nil, err
	}
	match, err := s.passwords.verify(ctx, p.Password, user.PasswordHash) // empty without a user
	if err != nil {
		return nil, refusal.Failure(err, "verify the password")
	}
	if !match || !user.Active {
		return nil, refusal.Unauthenticated(refusal.WrongCredentials, "The e-mail address or the password is wrong.")
	}
	answer := &SignInResponse{SecondFactor: user.SecondFactor}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		answer.SetCookie, err = s.startSession(ctx, tx, user, from, known)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "store the session")
	}
	attempt.forget(ctx)
	if !user.SecondFactor {
		answer.Account = accountOf(user)
	}
	return answer, nil
}

// attempt is a try to sign in, with the limits under which it falls.
type attempt struct {
	limiter *limit.Limiter
	limits  []countedLimit
}

type countedLimit struct {
	limit   limit.Limit
	key     string
	message string
	// forgotten tells that who knows the password may try anew.
	forgotten bool
}

func (s *Service) attempt(email string, userID int64, from limit.Client, on device) attempt {
	if on.knows(userID) {
		return attempt{s.limiter, []countedLimit{
			{signInsOfDevice, email + " " + string(on.hash), "Too many attempts to sign in on this device.", true},
		}}
	}
	// In this order: who is refused at one place does not use up what others may try.
	return attempt{s.limiter, []countedLimit{
		{signInsOfNetwork, from.Network(), "Too many attempts to sign in from this address.", false},
		{signInsOfAccountAndNetwork, email + " " + from.Network(), "Too many attempts to sign in to this account.", true},
		{signInsOfAccount, email, "Too many attempts to sign in to this account.", true},
	}}
}

// count counts the attempt; resource_exhausted when there were too many.
func (a attempt) count(ctx context.Context) error {
	for _, one := range a.limits {
		if wait := a.limiter.Take(ctx, one.limit, one.key); wait > 0 {
			return refusal.TooMany(refusal.RateLimited, wait, one.message)
		}
	}
	return nil
}

// forget forgets the attempts at the account, after its owner has signed in.
func (a attempt) forget(ctx context.Context) {
	for _, one := range a.limits {
		if one.forgotten {
			a.limiter.Forget(ctx, one.limit, one.key)
		}
	}
}

// allowRegistration counts one attempt to read an invitation or to register; resource_exhausted when there were too many.
// These do not count as attempts to sign in.
func (s *Service) allowRegistration(ctx context.Context, from limit.Client) error {
	if wait := s.limiter.Take(ctx, registrationsOfNetwork, from.Network()); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "Too many attempts to register from this address.")
	}
	return nil
}

// startSession begins a session of a user who has given the password, on a device that is known from now on, and returns
// the Set-Cookie headers. A session that waits for a second factor is short, and does not make its device known.
func (s *Service) startSession(
	ctx context.Context, tx pgx.Tx, user store.User, from visitor, on device,
) (cookies []string, err error) {
	query := s.query.WithTx(tx)
	token, hash := newToken()
	now := s.now()
	state, expiresAt, endsAt := store.SessionStateActive, now.Add(sessionLife), now.Add(maxSessionLife)
	if user.SecondFactor {
		state, expiresAt, endsAt = store.SessionStateSecondFactor, now.Add(secondFactorTime), now.Add(secondFactorTime)
	}
	session, err := query.InsertSession(ctx, store.InsertSessionParams{
		TokenHash: hash, UserID: user.ID, State: state, Now: now, ExpiresAt: expiresAt, EndsAt: endsAt,
		Ip: from.Address, UserAgent: from.UserAgent,
	})
	if err != nil {
		return nil, err
	}
	who := audit.Actor{UserID: user.ID, SessionID: session.ID, Address: from.Address}
	if err := auditSession(ctx, tx, who, SessionStarted, session, now); err != nil {
		return nil, err
	}
	cookies = []string{sessionCookie(token, from.Secure)}
	if state != store.SessionStateActive {
		return cookies, nil
	}
	deviceCookie, err := s.keepDevice(ctx, query, user.ID, on, from.Secure)
	if deviceCookie != "" {
		cookies = append(cookies, deviceCookie)
	}
	return cookies, err
}

// SignOutResponse says what signing out did.
type SignOutResponse struct {
	// SetCookie takes the session cookie away.
	SetCookie string `header:"Set-Cookie"`
	// Ended is false when another request had ended the session a moment before.
	Ended bool `json:"ended"`
}

// SignOut ends the session of the request. Its open connections are closed, and its token is refused from now on: signing
// out again is unauthenticated. Other devices stay signed in.
//
// Errors: unauthenticated without a session.
//
//encore:api auth method=POST path=/auth/sign-out
func (s *Service) SignOut(ctx context.Context) (*SignOutResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	answer := &SignOutResponse{SetCookie: sessionCookie("", limit.CurrentClient().Secure)}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		ended, err := s.query.WithTx(tx).DeleteSession(ctx, who.SessionID)
		if err != nil || len(ended) == 0 {
			return err
		}
		answer.Ended = true
		return s.appendSessionEnded(ctx, tx, who.actor(), ended[0])
	})
	if err != nil {
		return nil, refusal.Failure(err, "end the session")
	}
	return answer, nil
}

// appendSessionEnded tells open connections, and the audit log, that a session is over.
func (s *Service) appendSessionEnded(ctx context.Context, tx pgx.Tx, who audit.Actor, session store.Session) error {
	err := outbox.Append(ctx, tx, accountEvents, &AccountEvent{
		Type: SessionEnded, ActorID: who.UserID, UserID: session.UserID, SessionID: session.ID, OccurredAt: s.now(),
	})
	if err != nil {
		return err
	}
	return auditSession(ctx, tx, who, SessionEnded, session, s.now())
}
