package auth

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// passwordsOfAccount bounds guessing at the password by whoever sits at a device that was left signed in.
var passwordsOfAccount = limit.Limit{Name: "password:account", Count: 10, Period: 15 * time.Minute}

// ChangePasswordParams are the password of now and the next.
type ChangePasswordParams struct {
	// CurrentPassword is the one of now, at most 256 characters.
	CurrentPassword string `json:"current_password" encore:"sensitive"`
	// NewPassword has at least 10 and at most 256 characters.
	NewPassword string `json:"new_password" encore:"sensitive"`
}

// Validate refuses what can be no password (invalid_argument).
func (p *ChangePasswordParams) Validate() error {
	if err := checkGivenPassword("current_password", p.CurrentPassword); err != nil {
		return err
	}
	return checkPassword("new_password", p.NewPassword)
}

// ChangePasswordResponse says what the change did.
type ChangePasswordResponse struct {
	// SessionsEnded is how many other devices were signed in, and are not any more.
	SessionsEnded int `json:"sessions_ended"`
}

// ChangePassword gives the caller another password. This session goes on; all others end, links to choose a new
// password lead nowhere, a new e-mail address that waits to be confirmed is taken back, and every device is asked for the
// second factor again. The owner gets a mail. Sent again with the same passwords it changes nothing.
//
// Errors: invalid_argument with the field when the current password is wrong (wrong_password), and for a new one that is too
// short, too long or easy to guess; permission_denied with the token of a program (session_required); aborted when another
// request has changed the password meanwhile; resource_exhausted with Retry-After after 10 wrong passwords in a quarter of
// an hour.
//
//encore:api auth method=PUT path=/me/password
func (s *Service) ChangePassword(ctx context.Context, p *ChangePasswordParams) (*ChangePasswordResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	if err := checkPassword("new_password", p.NewPassword); err != nil {
		return nil, err
	}
	user, err := s.confirmPassword(ctx, who, "current_password", p.CurrentPassword)
	if refusal.ReasonOf(err) == refusal.WrongPassword {
		// Perhaps sent again because the answer was lost: then it is as the caller wants it.
		again, failure := s.passwords.verify(ctx, p.NewPassword, user.PasswordHash)
		if failure != nil {
			return nil, refusal.Failure(failure, "verify the password")
		}
		if again {
			return new(ChangePasswordResponse), nil
		}
	}
	if err != nil {
		return nil, err
	}
	hash, err := s.newHash(ctx, "new_password", p.NewPassword, user)
	if err != nil {
		return nil, err
	}
	answer := new(ChangePasswordResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		locked, err := s.lockCaller(ctx, tx, who, user)
		if err != nil {
			return err
		}
		answer.SessionsEnded, err = s.replacePassword(ctx, tx, who.actor(), locked, hash, "account.password_changed")
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "change the password")
	}
	return answer, nil
}

// callerInSession returns who calls the endpoint; programs, which come with a token, get permission_denied.
func callerInSession() (*Data, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	if who.SessionID == 0 {
		return nil, refusal.Forbidden(refusal.SessionRequired, "Only a person who has signed in may do this, not a program.")
	}
	return who, nil
}

// confirmPassword makes sure that it is the owner who sits there, by the password, and returns the account as it was then:
// lockCaller makes sure that it still is so.
func (s *Service) confirmPassword(ctx context.Context, who *Data, field, password string) (store.User, error) {
	if err := checkGivenPassword(field, password); err != nil {
		return store.User{}, err
	}
	key := who.userKey()
	if wait := s.limiter.Take(ctx, passwordsOfAccount, key); wait > 0 {
		return store.User{}, refusal.TooMany(refusal.RateLimited, wait, "Too many wrong passwords.")
	}
	user, err := s.query.UserByID(ctx, who.UserID)
	if err != nil {
		return store.User{}, refusal.Failure(err, "read the account")
	}
	match, err := s.passwords.verify(ctx, password, user.PasswordHash)
	switch {
	case err != nil:
		return store.User{}, refusal.Failure(err, "verify the password")
	case !match:
		return user, refusal.Invalid(field, refusal.WrongPassword, "The password is wrong.")
	}
	s.limiter.Forget(ctx, passwordsOfAccount, key)
	return user, nil
}

// lockInSession keeps others from changing the caller's account until the transaction ends. It refuses when the session has
// ended since the auth handler ran, or the account is deactivated.
func (s *Service) lockInSession(ctx context.Context, tx pgx.Tx, who *Data) (store.User, error) {
	query := s.query.WithTx(tx)
	user, err := lockUser(ctx, query, who.UserID)
	if err != nil {
		return user, err
	}
	stands, err := query.SessionStands(ctx, store.SessionStandsParams{ID: who.SessionID, UserID: who.UserID, Now: s.now()})
	switch {
	case err != nil:
		return user, err
	case !stands || !user.Active:
		return user, errSignedOut()
	}
	return user, nil
}

// lockCaller is lockInSession for a caller who has confirmed the password; it also refuses when that is another one by now.
func (s *Service) lockCaller(ctx context.Context, tx pgx.Tx, who *Data, confirmed store.User) (store.User, error) {
	user, err := s.lockInSession(ctx, tx, who)
	if err == nil && user.PasswordHash != confirmed.PasswordHash {
		err = refusal.Conflict(refusal.ChangedMeanwhile, "The password was changed a moment ago.")
	}
	return user, err
}

// newHash returns the hash of a password that the user may choose.
func (s *Service) newHash(ctx context.Context, field, password string, user store.User) (string, error) {
	if guessable(password, user.Email, user.FirstName, user.LastName) {
		return "", refusal.Invalid(field, refusal.Guessable, "This password is easy to guess.")
	}
	hash, err := s.passwords.hash(ctx, password)
	return hash, refusal.Failure(err, "hash the password")
}

// replacePassword gives a user, who is locked, another password. It ends all sessions but the actor's own, makes links to
// choose a password and a change of address that waits void, and tells the owner by mail and the audit log. It returns how
// many sessions it has ended.
func (s *Service) replacePassword(
	ctx context.Context, tx pgx.Tx, who audit.Actor, user store.User, hash, kind string,
) (ended int, err error) {
	query, now := s.query.WithTx(tx), s.now()
	if err := query.SetPassword(ctx, store.SetPasswordParams{ID: user.ID, PasswordHash: hash, Now: now}); err != nil {
		return 0, err
	}
	if err := query.UsePasswordResets(ctx, store.UsePasswordResetsParams{UserID: user.ID, Now: &now}); err != nil {
		return 0, err
	}
	// Whoever knew the password of before may have asked for an address of their own.
	if _, err := query.UseEmailChanges(ctx, store.UseEmailChangesParams{UserID: user.ID, Now: &now}); err != nil {
		return 0, err
	}
	if err := query.DistrustDevices(ctx, user.ID); err != nil {
		return 0, err
	}
	if ended, err = s.endSessions(ctx, tx, who, user.ID); err != nil {
		return 0, err
	}
	if err := auditAccount(ctx, tx, who, kind, &user, &user, now); err != nil {
		return 0, err
	}
	return ended, mailrequest.Append(ctx, tx, mailrequest.Request{
		Kind: mailrequest.PasswordChanged, UserID: user.ID, OccurredAt: now,
	})
}

// checkGivenPassword refuses what can be nobody's password.
func checkGivenPassword(field, password string) error {
	switch {
	case password == "":
		return refusal.Invalid(field, refusal.Required, "Give your password.")
	case utf8.RuneCountInString(password) > maxPassword:
		return refusal.Invalid(field, refusal.TooLong, "A password has at most 256 characters.")
	}
	return nil
}
