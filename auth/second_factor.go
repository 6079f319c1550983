package auth

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/qrcode"
	"encore.app/internal/refusal"
)

// What the audit log says of second factors. Of all but the last the owner gets a mail: that a recovery code was used is
// said where it is used.
const (
	secondFactorEnrolled = "second_factor.enrolled"
	secondFactorRemoved  = "second_factor.removed"
	secondFactorReset    = "second_factor.reset"
	recoveryCodesRenewed = "second_factor.codes_renewed"
	recoveryCodeUsed     = "second_factor.recovery_code_used"
)

// SecondFactorResponse is how the caller's second factor stands.
type SecondFactorResponse struct {
	// Active tells that signing in asks for it.
	Active bool `json:"active"`
	// Required tells that the installation wants it of the caller's role.
	Required bool `json:"required"`
	// Since is when it was set up; null when it is not.
	Since *time.Time `json:"since"`
	// RecoveryCodesLeft is how many recovery codes have not been used.
	RecoveryCodesLeft int `json:"recovery_codes_left"`
}

// GetSecondFactor tells whether signing in asks the caller for a second factor.
//
// Errors: permission_denied with the token of a program (session_required).
//
//encore:api auth method=GET path=/me/second-factor tag:second-factor-setup
func (s *Service) GetSecondFactor(ctx context.Context) (*SecondFactorResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	answer := &SecondFactorResponse{Required: s.requiresSecondFactor(who.Role)}
	factor, err := s.query.SecondFactorOf(ctx, who.UserID)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "read the second factor")
	}
	if factor.ConfirmedAt == nil { // there is none, or it is only begun
		return answer, nil
	}
	answer.Active, answer.Since = true, factor.ConfirmedAt
	left, err := s.query.CountRecoveryCodes(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "count the recovery codes")
	}
	answer.RecoveryCodesLeft = int(left)
	return answer, nil
}

// BeginSecondFactorParams confirm that it is the owner who sits there.
type BeginSecondFactorParams struct {
	// Password is the caller's, at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no password (invalid_argument).
func (p *BeginSecondFactorParams) Validate() error { return checkGivenPassword("password", p.Password) }

// BeginSecondFactorResponse is what an app takes, in three forms.
type BeginSecondFactorResponse struct {
	// Key is the secret for typing, in base32.
	Key string `json:"key" encore:"sensitive"`
	// URI is the link that an app on the same phone opens: otpauth://totp/…
	URI string `json:"uri" encore:"sensitive"`
	// QRCode is the link as a picture to scan, SVG.
	QRCode string `json:"qr_code" encore:"sensitive"`
}

// BeginSecondFactor makes a secret for an app that shows codes (TOTP). It counts once PUT /me/second-factor confirms it
// with a code; beginning again makes another one. The secret is told in this answer and never again.
//
// Errors: invalid_argument for a wrong password (wrong_password); failed_precondition when the account has a second factor
// (second_factor_on): it is taken away first; permission_denied with the token of a program (session_required); aborted when
// another request has changed the password meanwhile; resource_exhausted with Retry-After after 10 wrong passwords in a
// quarter of an hour.
//
//encore:api auth method=POST path=/me/second-factor tag:second-factor-setup
func (s *Service) BeginSecondFactor(ctx context.Context, p *BeginSecondFactorParams) (*BeginSecondFactorResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmPassword(ctx, who, "password", p.Password)
	if err != nil {
		return nil, err
	}
	key, err := newSecondFactor(confirmed.Email)
	if err != nil {
		return nil, refusal.Failure(err, "begin a second factor")
	}
	picture, err := qrcode.SVG(key.URL())
	if err != nil {
		return nil, refusal.Failure(err, "begin a second factor")
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockCaller(ctx, tx, who, confirmed)
		switch {
		case err != nil:
			return err
		case user.SecondFactor:
			return errSecondFactorOn()
		}
		return s.query.WithTx(tx).BeginSecondFactor(ctx, store.BeginSecondFactorParams{
			UserID: user.ID, Secret: s.secondFactors.seal(user.ID, key.Secret()), Now: s.now(),
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "begin a second factor")
	}
	return &BeginSecondFactorResponse{Key: key.Secret(), URI: key.URL(), QRCode: picture}, nil
}

// ConfirmSecondFactorParams show that the app has the secret.
type ConfirmSecondFactorParams struct {
	// Code is the one that the app shows: 6 digits.
	Code string `json:"code" encore:"sensitive"`
}

// Validate refuses what can be no code (invalid_argument).
func (p *ConfirmSecondFactorParams) Validate() error { return checkCode(p.Code) }

// RecoveryCodesResponse holds recovery codes, which are told this once.
type RecoveryCodesResponse struct {
	// RecoveryCodes let the owner in when the app is lost, each once: xxxx-xxxx-xxxx-xxxx.
	RecoveryCodes []string `json:"recovery_codes" encore:"sensitive"`
}

// ConfirmSecondFactor turns the second factor on that was begun: from now on signing in asks for a code, and every device
// is asked. It answers with recovery codes, which are told this once. The owner gets a mail.
//
// Errors: invalid_argument for a wrong code (wrong_code); failed_precondition when none was begun (second_factor_off) or it
// is on already (second_factor_on); permission_denied with the token of a program (session_required); resource_exhausted
// with Retry-After after 10 codes in a quarter of an hour.
//
//encore:api auth method=PUT path=/me/second-factor tag:second-factor-setup
func (s *Service) ConfirmSecondFactor(ctx context.Context, p *ConfirmSecondFactorParams) (*RecoveryCodesResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	if err := checkCode(p.Code); err != nil {
		return nil, err
	}
	// Counted apart from signing in: who sits at a device that was left signed in keeps the owner out nowhere.
	tries := attempt{s.limiter, []countedLimit{{codesOfSetup, who.userKey(), "Too many codes.", true}}}
	if err := tries.count(ctx); err != nil {
		return nil, err
	}
	answer := new(RecoveryCodesResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockInSession(ctx, tx, who)
		switch {
		case err != nil:
			return err
		case user.SecondFactor:
			return errSecondFactorOn()
		}
		if err := s.confirmBegun(ctx, s.query.WithTx(tx), user.ID, plainCode(p.Code)); err != nil {
			return err
		}
		if answer.RecoveryCodes, err = s.renewRecoveryCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.setSecondFactor(ctx, tx, who.actor(), user, true, secondFactorEnrolled)
	})
	if err != nil {
		return nil, refusal.Failure(err, "confirm the second factor")
	}
	tries.forget(ctx)
	return answer, nil
}

// confirmBegun confirms the second factor that a user, who is locked, has begun.
func (s *Service) confirmBegun(ctx context.Context, query *store.Queries, userID int64, code string) error {
	factor, err := query.SecondFactorOf(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return errSecondFactorOff()
	}
	if err != nil {
		return err
	}
	secret, err := s.secondFactors.open(userID, factor.Secret)
	if err != nil {
		return err
	}
	step, err := stepOf(secret, code, s.now())
	switch {
	case err != nil:
		return err
	case step == 0:
		return errWrongCode()
	}
	done, err := query.ConfirmSecondFactor(ctx, store.ConfirmSecondFactorParams{UserID: userID, Now: new(s.now()), Step: step})
	if err == nil && done != 1 {
		return errSecondFactorOn()
	}
	return err
}

// RemoveSecondFactorParams confirm that it is the owner who sits there, with both.
type RemoveSecondFactorParams struct {
	// Password is the caller's, at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
	// Code is one of the app, or a recovery code.
	Code string `json:"code" encore:"sensitive"`
}

// Validate refuses what can be no password or code (invalid_argument).
func (p *RemoveSecondFactorParams) Validate() error {
	if err := checkGivenPassword("password", p.Password); err != nil {
		return err
	}
	return checkCode(p.Code)
}

// RemoveSecondFactorResponse says what the caller may do afterwards.
type RemoveSecondFactorResponse struct {
	// Required tells that the installation wants a second factor of the caller's role: nothing else works until another one
	// is set up.
	Required bool `json:"required"`
}

// RemoveSecondFactor turns the caller's second factor off. Recovery codes are good for nothing then. The owner gets a mail.
//
// Errors: invalid_argument with the field for a wrong password (wrong_password) or code (wrong_code); failed_precondition
// when there is none (second_factor_off); permission_denied with the token of a program (session_required); aborted when
// another request has changed the password meanwhile; resource_exhausted with Retry-After after 10 wrong passwords or codes
// in a quarter of an hour, or 50 codes a day.
//
//encore:api auth method=POST path=/me/second-factor/remove
func (s *Service) RemoveSecondFactor(ctx context.Context, p *RemoveSecondFactorParams) (*RemoveSecondFactorResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	if err := checkCode(p.Code); err != nil {
		return nil, err
	}
	confirmed, err := s.confirmPassword(ctx, who, "password", p.Password)
	if err != nil {
		return nil, err
	}
	tries := s.codesAt(who.UserID, device{})
	if err := tries.count(ctx); err != nil {
		return nil, err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockCaller(ctx, tx, who, confirmed)
		switch {
		case err != nil:
			return err
		case !user.SecondFactor:
			return errSecondFactorOff()
		}
		if _, err := s.takeCode(ctx, s.query.WithTx(tx), user.ID, p.Code); err != nil {
			return err
		}
		return s.setSecondFactor(ctx, tx, who.actor(), user, false, secondFactorRemoved)
	})
	if err != nil {
		return nil, refusal.Failure(err, "remove the second factor")
	}
	tries.forget(ctx)
	return &RemoveSecondFactorResponse{Required: s.requiresSecondFactor(who.Role)}, nil
}

// RenewRecoveryCodesParams confirm that it is the owner who sits there.
type RenewRecoveryCodesParams struct {
	// Password is the caller's, at most 256 characters.
	Password string `json:"password" encore:"sensitive"`
}

// Validate refuses what can be no password (invalid_argument).
func (p *RenewRecoveryCodesParams) Validate() error {
	return checkGivenPassword("password", p.Password)
}

// RenewRecoveryCodes makes 10 new recovery codes, which are told this once; those of before are good for nothing. The owner
// gets a mail.
//
// Errors: invalid_argument for a wrong password (wrong_password); failed_precondition without a second factor
// (second_factor_off); permission_denied with the token of a program (session_required); aborted when another request has
// changed the password meanwhile; resource_exhausted with Retry-After after 10 wrong passwords in a quarter of an hour.
//
//encore:api auth method=POST path=/me/recovery-codes
func (s *Service) RenewRecoveryCodes(ctx context.Context, p *RenewRecoveryCodesParams) (*RecoveryCodesResponse, error) {
	who, err := callerInSession()
	if err != nil {
		return nil, err
	}
	confirmed, err := s.confirmPassword(ctx, who, "password", p.Password)
	if err != nil {
		return nil, err
	}
	answer := new(RecoveryCodesResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockCaller(ctx, tx, who, confirmed)
		switch {
		case err != nil:
			return err
		case !user.SecondFactor:
			return errSecondFactorOff()
		}
		if answer.RecoveryCodes, err = s.renewRecoveryCodes(ctx, tx, user.ID); err != nil {
			return err
		}
		return s.tellSecondFactor(ctx, tx, who.actor(), user, user, recoveryCodesRenewed)
	})
	if err != nil {
		return nil, refusal.Failure(err, "make recovery codes")
	}
	return answer, nil
}

// ResetSecondFactorResponse says what a reset did.
type ResetSecondFactorResponse struct {
	// SessionsEnded is how many devices the person was signed in on, and is not any more.
	SessionsEnded int `json:"sessions_ended"`
}

// ResetSecondFactor turns the second factor of a person off who has lost it. For the office, on persons of a lower rank. The
// person's sessions end; they sign in with the password, and get a mail.
//
// Errors: permission_denied when a rank forbids it, not_found for a person that does not exist, failed_precondition when the
// person has no second factor (second_factor_off).
//
//encore:api auth method=DELETE path=/users/:id/second-factor
func (s *Service) ResetSecondFactor(ctx context.Context, id int64) (*ResetSecondFactorResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	answer := new(ResetSecondFactorResponse)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		user, err := s.lockLower(ctx, tx, who, id)
		switch {
		case err != nil:
			return err
		case !user.SecondFactor:
			return errSecondFactorOff()
		}
		if err := s.setSecondFactor(ctx, tx, who.actor(), user, false, secondFactorReset); err != nil {
			return err
		}
		answer.SessionsEnded, err = s.endSessions(ctx, tx, who.actor(), user.ID)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "reset the second factor")
	}
	return answer, nil
}

// setSecondFactor turns the second factor of a user, who is locked, on or off. Every device is asked for it again.
func (s *Service) setSecondFactor(
	ctx context.Context, tx pgx.Tx, who audit.Actor, before store.User, on bool, kind string,
) error {
	query := s.query.WithTx(tx)
	after, err := query.SetSecondFactor(ctx, store.SetSecondFactorParams{ID: before.ID, SecondFactor: on, Now: s.now()})
	if err != nil {
		return err
	}
	if !on {
		if err := query.DeleteSecondFactor(ctx, before.ID); err != nil {
			return err
		}
		if err := query.DeleteRecoveryCodes(ctx, before.ID); err != nil {
			return err
		}
	}
	if err := query.DistrustDevices(ctx, before.ID); err != nil {
		return err
	}
	return s.tellSecondFactor(ctx, tx, who, before, after, kind)
}

// tellSecondFactor tells the audit log, and the owner by mail, what became of a second factor.
func (s *Service) tellSecondFactor(
	ctx context.Context, tx pgx.Tx, who audit.Actor, before, after store.User, kind string,
) error {
	if err := auditAccount(ctx, tx, who, kind, &before, &after, s.now()); err != nil {
		return err
	}
	change := map[string]string{
		secondFactorEnrolled: "enrolled", secondFactorRemoved: "removed", secondFactorReset: "reset", recoveryCodesRenewed: "codes",
	}[kind]
	return mailrequest.Append(ctx, tx, mailrequest.Request{
		Kind: mailrequest.SecondFactorChanged, UserID: after.ID, OccurredAt: s.now(), Data: map[string]string{"change": change},
	})
}

// renewRecoveryCodes replaces the recovery codes of a user, who is locked, and returns the new ones.
func (s *Service) renewRecoveryCodes(ctx context.Context, tx pgx.Tx, userID int64) ([]string, error) {
	query := s.query.WithTx(tx)
	if err := query.DeleteRecoveryCodes(ctx, userID); err != nil {
		return nil, err
	}
	shown, hashes := newRecoveryCodes()
	return shown, query.InsertRecoveryCodes(ctx, store.InsertRecoveryCodesParams{UserID: userID, CodeHashes: hashes})
}

// requiresSecondFactor tells whether the installation wants a second factor of a role.
func (s *Service) requiresSecondFactor(role Role) bool {
	return s.adminsNeedSecondFactor && role == RoleAdmin
}

// mustSetUp tells whether somebody may do nothing else before they have set up a second factor.
func (s *Service) mustSetUp(role Role, secondFactor bool) bool {
	return s.requiresSecondFactor(role) && !secondFactor
}

func errSecondFactorOn() error {
	return refusal.Precondition("", refusal.SecondFactorOn, "This account has a second factor. Take it away first.")
}

func errSecondFactorOff() error {
	return refusal.Precondition("", refusal.SecondFactorOff, "This account has no second factor.")
}
