package auth

import (
	"context"
	"errors"
	"strconv"
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
	// newDevices bounds the mail about devices: of a program that keeps no cookies one a day for each place.
	newDevices = limit.Limit{Name: "new-device", Count: 1, Period: 24 * time.Hour}
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
	return checkGivenPassword("password", p.Password)
}

// SignInResponse is the account that has signed in.
type SignInResponse struct {
	// SetCookie holds the session's token, and the device's when it is new. Programs without a cookie jar send the former
	// as `Authorization: Bearer <token>`.
	SetCookie []string `header:"Set-Cookie" encore:"sensitive"`
	// State is active, second_factor or second_factor_setup. With second_factor the password was right and is not enough: the
	// session lets nobody in before POST /auth/second-factor, within 10 minutes. With second_factor_setup the installation
	// wants a second factor that the account does not have: nothing works before it is set up but /me, /me/second-factor and
	// signing out.
	State string `json:"state"`
	// Account is the account of the caller from now on; null in the state second_factor.
	Account *Account `json:"account"`
}

// The states of a session after signing in.
const (
	StateActive            = "active"
	StateSecondFactor      = "second_factor"
	StateSecondFactorSetup = "second_factor_setup"
)

// stateOf is the state of a session of a user that lets them in.
func (s *Service) stateOf(user store.User) string {
	if s.mustSetUp(Role(user.Role), user.SecondFactor) {
		return StateSecondFactorSetup
	}
	return StateActive
}

// SignIn starts a session. The session lives for 14 days after its last use, and 90 days at most. An account with a second
// factor is asked for it next, but for 30 days on a device that was told to be remembered.
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
		return nil, errWrongCredentials()
	}
	answer := &SignInResponse{State: StateSecondFactor}
	confirmed := user.PasswordHash
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		// As it is now: the password may have been changed, or the account deactivated, while the hash was computed, and that
		// has ended the sessions that there were.
		user, err = s.query.WithTx(tx).UserForShare(ctx, user.ID)
		switch {
		case err != nil:
			return err
		case !user.Active || user.PasswordHash != confirmed:
			return errWrongCredentials()
		}
		var session store.Session
		session, answer.SetCookie, err = s.startSession(ctx, tx, user, from, known)
		if err != nil || session.State != store.SessionStateActive {
			return err
		}
		answer.State, answer.Account = s.stateOf(user), s.accountOf(user)
		return s.tellNewDevice(ctx, tx, session, from, known)
	})
	if err != nil {
		return nil, refusal.Failure(err, "store the session")
	}
	if answer.Account != nil { // else the second factor shows whether it is the owner
		attempt.forget(ctx)
	}
	return answer, nil
}

func errWrongCredentials() error {
	return refusal.Unauthenticated(refusal.WrongCredentials, "The e-mail address or the password is wrong.")
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

// tellNewDevice asks for a mail to the owner when somebody has signed in on a device on which they have not before.
func (s *Service) tellNewDevice(ctx context.Context, tx pgx.Tx, session store.Session, from visitor, on device) error {
	key := strconv.FormatInt(session.UserID, 10) + " " + from.Network() + " " + from.UserAgent
	if on.knows(session.UserID) || s.limiter.Take(ctx, newDevices, key) > 0 {
		return nil
	}
	return mailrequest.Append(ctx, tx, mailrequest.Request{
		Kind: mailrequest.NewDevice, UserID: session.UserID, ThingID: session.ID, OccurredAt: s.now(),
		Data: map[string]string{"device": clientOf(from.UserAgent).name(), "ip": from.Address},
	})
}

// startSession begins a session of a user who has given the password, on a device that is known from now on, and returns
// it with the Set-Cookie headers. A session that waits for a second factor is short, and does not make its device known.
func (s *Service) startSession(
	ctx context.Context, tx pgx.Tx, user store.User, from visitor, on device,
) (session store.Session, cookies []string, err error) {
	query := s.query.WithTx(tx)
	token, hash := newToken()
	now := s.now()
	state, expiresAt, endsAt := store.SessionStateActive, now.Add(sessionLife), now.Add(maxSessionLife)
	if user.SecondFactor && !on.trusted(user.ID, now) {
		state, expiresAt, endsAt = store.SessionStateSecondFactor, now.Add(secondFactorTime), now.Add(secondFactorTime)
	}
	session, err = query.InsertSession(ctx, store.InsertSessionParams{
		TokenHash: hash, UserID: user.ID, State: state, Now: now, ExpiresAt: expiresAt, EndsAt: endsAt,
		Ip: from.Address, UserAgent: from.UserAgent,
	})
	if err != nil {
		return session, nil, err
	}
	who := audit.Actor{UserID: user.ID, SessionID: session.ID, Address: from.Address}
	if err := auditSession(ctx, tx, who, SessionStarted, session, now); err != nil {
		return session, nil, err
	}
	cookies = []string{sessionCookie(token, from.Secure)}
	if state != store.SessionStateActive {
		return session, cookies, nil
	}
	deviceCookie, err := s.keepDevice(ctx, query, user.ID, on, nil, from.Secure)
	if deviceCookie != "" {
		cookies = append(cookies, deviceCookie)
	}
	return session, cookies, err
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
//encore:api auth method=POST path=/auth/sign-out tag:second-factor-setup
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

// endSessions ends all sessions of a user but the actor's own, and returns how many there were.
func (s *Service) endSessions(ctx context.Context, tx pgx.Tx, who audit.Actor, userID int64) (int, error) {
	ended, err := s.query.WithTx(tx).DeleteSessionsOfUser(ctx, store.DeleteSessionsOfUserParams{
		UserID: userID, Spared: who.SessionID,
	})
	if err != nil {
		return 0, err
	}
	for _, session := range ended {
		if err := s.appendSessionEnded(ctx, tx, who, session); err != nil {
			return 0, err
		}
	}
	return len(ended), nil
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
