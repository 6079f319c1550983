package auth

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	encore "encore.dev"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// trustLife is for how long a device that is remembered is not asked for the second factor.
const trustLife = 30 * 24 * time.Hour

// How often somebody who knows the password may try codes: 50 a day of a million, three of which are good, so that trying for
// a year succeeds once in twenty times. On a device on which the owner has signed in before only the tries on that device
// count: nobody else can keep them out.
var (
	codesOfAccount = limit.Limit{Name: "code:account", Count: 10, Period: 15 * time.Minute}
	codesOfDay     = limit.Limit{Name: "code:account-day", Count: 50, Period: 24 * time.Hour}
	codesOfDevice  = limit.Limit{Name: "code:device", Count: 10, Period: 15 * time.Minute}
	codesOfSetup   = limit.Limit{Name: "code:setup", Count: 10, Period: 15 * time.Minute}
)

// codesAt is a try of a code of an account, on a device when it is known.
func (s *Service) codesAt(userID int64, on device) attempt {
	account := strconv.FormatInt(userID, 10)
	if on.knows(userID) {
		return attempt{s.limiter, []countedLimit{
			{codesOfDevice, account + " " + string(on.hash), "Too many codes on this device.", true},
		}}
	}
	return attempt{s.limiter, []countedLimit{
		{codesOfAccount, account, "Too many codes for this account.", true},
		{codesOfDay, account, "Too many codes for this account.", true},
	}}
}

// GiveSecondFactorParams are the second factor.
type GiveSecondFactorParams struct {
	// Code is the one that the app shows, 6 digits, or a recovery code.
	Code string `json:"code" encore:"sensitive"`
	// RememberDevice makes this device be asked for no code for 30 days, or until the password or the second factor changes.
	RememberDevice bool `json:"remember_device" encore:"optional"`
}

// Validate refuses what can be no code (invalid_argument).
func (p *GiveSecondFactorParams) Validate() error { return checkCode(p.Code) }

// GiveSecondFactorResponse is the account that has signed in.
type GiveSecondFactorResponse struct {
	// SetCookie holds the session's token, which is another one from now on, and the device's when it is new.
	SetCookie []string `header:"Set-Cookie" encore:"sensitive"`
	// State is active: the session lets its owner in.
	State string `json:"state"`
	// Account is the account of the caller from now on.
	Account *Account `json:"account"`
	// RecoveryCodeUsed tells that the code was a recovery code, which is good for nothing any more.
	RecoveryCodeUsed bool `json:"recovery_code_used"`
	// RecoveryCodesLeft is how many have not been used.
	RecoveryCodesLeft int `json:"recovery_codes_left"`
}

// GiveSecondFactor is the second step of signing in: the session that signing in has begun in the state second_factor lets
// its owner in from now on. The request carries it as any other does, in the cookie or as `Authorization: Bearer <token>`.
// Each code is good once.
//
// Errors: unauthenticated without such a session, or when its 10 minutes are over: sign in again; invalid_argument for a
// wrong code (wrong_code); resource_exhausted with Retry-After after 10 codes in a quarter of an hour or 50 a day, at one
// account, and on a device on which the person has signed in before after 10 in a quarter of an hour at that device.
//
//encore:api public method=POST path=/auth/second-factor
func (s *Service) GiveSecondFactor(ctx context.Context, p *GiveSecondFactorParams) (*GiveSecondFactorResponse, error) {
	token, err := currentCredentials().token()
	if err != nil {
		return nil, err
	}
	return s.giveSecondFactor(ctx, p, token, currentVisitor())
}

// currentCredentials are those of the request that is handled, for an endpoint that lets in who is not signed in yet.
func currentCredentials() *Credentials {
	header := encore.CurrentRequest().Headers
	credentials := &Credentials{Authorization: header.Get("Authorization")}
	cookie, err := (&http.Request{Header: header}).Cookie(sessionCookieName)
	if err == nil {
		credentials.Session = cookie.Value
	}
	return credentials
}

func (s *Service) giveSecondFactor(
	ctx context.Context, p *GiveSecondFactorParams, token string, from visitor,
) (*GiveSecondFactorResponse, error) {
	if err := checkCode(p.Code); err != nil {
		return nil, err
	}
	if token == "" || len(token) > maxToken {
		return nil, errSignedOut()
	}
	waiting, err := s.query.SessionBeforeSecondFactor(ctx, store.SessionBeforeSecondFactorParams{
		TokenHash: hashToken(token), Now: s.now(),
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, errSignedOut()
	case err != nil:
		return nil, refusal.Failure(err, "find the session")
	}
	known, err := s.findDevice(ctx, from.device)
	if err != nil {
		return nil, refusal.Failure(err, "find the device")
	}
	tries := s.codesAt(waiting.User.ID, known)
	if err := tries.count(ctx); err != nil {
		return nil, err
	}
	answer := &GiveSecondFactorResponse{State: StateActive}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		user, err := lockUser(ctx, query, waiting.User.ID)
		switch {
		case err != nil:
			return err
		case !user.Active: // since the session was found
			return errSignedOut()
		}
		if answer.RecoveryCodeUsed, err = s.takeCode(ctx, query, user.ID, p.Code); err != nil {
			return err
		}
		left, err := query.CountRecoveryCodes(ctx, user.ID)
		if err != nil {
			return err
		}
		answer.RecoveryCodesLeft, answer.Account = int(left), s.accountOf(user)
		who := audit.Actor{UserID: user.ID, SessionID: waiting.Session.ID, Address: from.Address}
		if answer.RecoveryCodeUsed {
			if err := auditAccount(ctx, tx, who, recoveryCodeUsed, &user, &user, s.now()); err != nil {
				return err
			}
		}
		answer.SetCookie, err = s.activateSession(ctx, tx, who, waiting.Session, from, known, p.RememberDevice)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "take the second factor")
	}
	tries.forget(ctx)
	s.attempt(waiting.User.Email, waiting.User.ID, from.Client, known).forget(ctx)
	return answer, nil
}

// activateSession lets the owner of a session in who has given the second factor, and returns the Set-Cookie headers. The
// session gets another token: who saw the one of before has nothing of it.
func (s *Service) activateSession(
	ctx context.Context, tx pgx.Tx, who audit.Actor, session store.Session, from visitor, on device, remember bool,
) (cookies []string, err error) {
	query, now := s.query.WithTx(tx), s.now()
	token, hash := newToken()
	active, err := query.ActivateSession(ctx, store.ActivateSessionParams{
		ID: session.ID, NewTokenHash: hash, Now: now, ExpiresAt: now.Add(sessionLife), EndsAt: now.Add(maxSessionLife),
	})
	switch {
	case errors.Is(err, pgx.ErrNoRows): // ended, or another request was first
		return nil, errSignedOut()
	case err != nil:
		return nil, err
	}
	if err := auditSession(ctx, tx, who, "session.confirmed", active, now); err != nil {
		return nil, err
	}
	if err := s.tellNewDevice(ctx, tx, active, from, on); err != nil {
		return nil, err
	}
	var trustedUntil *time.Time
	if remember {
		trustedUntil = new(now.Add(trustLife))
	}
	cookies = []string{sessionCookie(token, from.Secure)}
	deviceCookie, err := s.keepDevice(ctx, query, session.UserID, on, trustedUntil, from.Secure)
	if deviceCookie != "" {
		cookies = append(cookies, deviceCookie)
	}
	return cookies, err
}
