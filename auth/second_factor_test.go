package auth

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// app is what shows somebody their codes.
type app struct {
	b      *bundle
	secret string
}

// code is the one that the app shows skew periods from now.
func (a app) code(t *testing.T, skew int) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, a.b.clock.now().Add(time.Duration(skew)*codePeriod*time.Second))
	require.NoError(t, err)
	return code
}

// enrol sets up a second factor of the caller, and waits until the next code.
func (b *bundle) enrol(t *testing.T) (app, []string) {
	t.Helper()
	begun, err := b.BeginSecondFactor(t.Context(), &BeginSecondFactorParams{Password: password})
	require.NoError(t, err)
	made := app{b, begun.Key}
	confirmed, err := b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: made.code(t, 0)})
	require.NoError(t, err)
	b.clock.advance(codePeriod * time.Second)
	return made, confirmed.RecoveryCodes
}

// enrolled is somebody with a second factor, who is the caller.
func (b *bundle) enrolled(t *testing.T) (store.User, app, []string) {
	t.Helper()
	user := b.user(t, store.User{})
	_, who := b.session(t, user)
	signedInAs(who)
	made, recovery := b.enrol(t)
	return user, made, recovery
}

// firstFactor gives the password and returns the token of the session that waits for the second.
func (b *bundle) firstFactor(t *testing.T, user store.User, from visitor) (token string) {
	t.Helper()
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, from)
	require.NoError(t, err)
	require.Equal(t, StateSecondFactor, answer.State)
	require.Nil(t, answer.Account)
	require.Len(t, answer.SetCookie, 1, "the device is not known yet")
	return tokenOf(t, answer.SetCookie...)
}

func (b *bundle) give(t *testing.T, token, code string) (*GiveSecondFactorResponse, error) {
	t.Helper()
	return b.giveSecondFactor(t.Context(), &GiveSecondFactorParams{Code: code}, token, visitor{})
}

func TestSigningInTakesTwoStepsOnceTheSecondIsSetUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Email: "emma@example.org"})
	_, who := b.session(t, user)
	signedInAs(who)
	status, err := b.GetSecondFactor(t.Context())
	require.NoError(t, err)
	require.Equal(t, &SecondFactorResponse{}, status)

	begun, err := b.BeginSecondFactor(t.Context(), &BeginSecondFactorParams{Password: password})
	require.NoError(t, err)
	link, err := url.Parse(begun.URI)
	require.NoError(t, err)
	require.Equal(t, "otpauth://totp/Trottoir:emma@example.org", link.Scheme+"://"+link.Host+link.Path)
	require.Equal(t, begun.Key, link.Query().Get("secret"))
	key, err := otp.NewKeyFromURL(begun.URI)
	require.NoError(t, err)
	require.EqualValues(t, 30, key.Period())
	requireSVG(t, begun.QRCode)
	phone := app{b, begun.Key}
	_, err = b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	require.NoError(t, err, "until it is confirmed nothing changes")
	_, err = b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: phone.code(t, 5)})
	requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
	confirmed, err := b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: " " + phone.code(t, 0)[:3] + " " + phone.code(t, 0)[3:]})
	require.NoError(t, err)
	require.Len(t, confirmed.RecoveryCodes, 10)
	require.Regexp(t, `^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`, confirmed.RecoveryCodes[0])
	status, err = b.GetSecondFactor(t.Context())
	require.NoError(t, err)
	require.True(t, status.Active)
	require.Equal(t, 10, status.RecoveryCodesLeft)
	require.True(t, b.clock.now().Equal(*status.Since))
	me, err := b.Me(t.Context())
	require.NoError(t, err)
	require.True(t, me.SecondFactor)

	token := b.firstFactor(t, user, visitor{})
	b.requireSignedOut(t, token)
	_, err = b.give(t, token, phone.code(t, 0))
	requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode) // it has confirmed the app
	b.clock.advance(codePeriod * time.Second)
	answer, err := b.give(t, token, phone.code(t, 0))
	require.NoError(t, err)
	require.Equal(t, StateActive, answer.State)
	require.Equal(t, user.ID, answer.Account.ID)
	require.False(t, answer.RecoveryCodeUsed)
	require.Equal(t, 10, answer.RecoveryCodesLeft)
	_, in, err := b.Authenticate(t.Context(), &Credentials{Session: tokenOf(t, answer.SetCookie...)})
	require.NoError(t, err)
	require.Equal(t, user.ID, in.UserID)
	b.requireSignedOut(t, token) // the session has another token now
	_, err = b.give(t, token, phone.code(t, 1))
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)

	require.Equal(t, map[string]string{"change": "enrolled"}, b.lastRequest(t, mailrequest.SecondFactorChanged).Data)
	changes := b.changes(t)
	requireChange(t, changes, "second_factor.enrolled", "account", user.ID, `"second_factor": false`, `"second_factor": true`)
	var stored string
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		select (select string_agg(second_factors::text, '') from second_factors) || (select string_agg(payload::text, '') from outbox)
			|| (select string_agg(recovery_codes::text, '') from recovery_codes)`).Scan(&stored))
	for _, secret := range append(confirmed.RecoveryCodes, begun.Key) {
		require.NotContains(t, stored, secret)
		require.NotContains(t, stored, strings.ReplaceAll(secret, "-", ""))
	}
}

// requireSVG expects a picture that a browser can show.
func requireSVG(t *testing.T, picture string) {
	t.Helper()
	require.True(t, strings.HasPrefix(picture, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `), picture)
	require.Greater(t, strings.Count(picture, "h1v1h-1z"), 300)
	for decoder := xml.NewDecoder(strings.NewReader(picture)); ; {
		_, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestCodesMayBeHalfAMinuteWrong(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	b.clock.advance(10 * codePeriod * time.Second)
	for _, skew := range []int{-2, 2} {
		_, err := b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, skew))
		requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
	}
	for _, skew := range []int{-1, 0, 1} { // in this order: none before the last one is taken
		_, err := b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, skew))
		require.NoError(t, err, skew)
	}
	_, err := b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, 0))
	requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
}

func TestACodeIsGoodOnceHoweverManyComeTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, recovery := b.enrolled(t)
	for _, code := range []string{phone.code(t, 0), recovery[3]} {
		var tokens []string
		for range 5 {
			tokens = append(tokens, b.firstFactor(t, user, visitor{}))
		}
		results := make(chan error, len(tokens))
		var together sync.WaitGroup
		for _, token := range tokens {
			together.Go(func() {
				_, err := b.give(t, token, code)
				results <- err
			})
		}
		together.Wait()
		close(results)
		taken := 0
		for err := range results {
			if err == nil {
				taken++
				continue
			}
			requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
		}
		require.Equal(t, 1, taken)
	}
	requireChange(t, b.changes(t), "second_factor.recovery_code_used", "account", user.ID, `"second_factor": true`, `"second_factor": true`)
}

func TestARecoveryCodeLetsInWhoHasLostTheApp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, _, recovery := b.enrolled(t)
	answer, err := b.give(t, b.firstFactor(t, user, visitor{}), strings.ToUpper(strings.ReplaceAll(recovery[0], "-", " ")))
	require.NoError(t, err)
	require.True(t, answer.RecoveryCodeUsed)
	require.Equal(t, 9, answer.RecoveryCodesLeft)

	renewed, err := b.RenewRecoveryCodes(t.Context(), &RenewRecoveryCodesParams{Password: password})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"change": "codes"}, b.lastRequest(t, mailrequest.SecondFactorChanged).Data)
	_, err = b.give(t, b.firstFactor(t, user, visitor{}), recovery[1])
	requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
	_, err = b.give(t, b.firstFactor(t, user, visitor{}), renewed.RecoveryCodes[9])
	require.NoError(t, err)
	_, err = b.RenewRecoveryCodes(t.Context(), &RenewRecoveryCodesParams{Password: "wrong"})
	requireRefused(t, err, errs.InvalidArgument, refusal.WrongPassword)
}

func TestTheSecondStepTakesTenMinutesAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	token := b.firstFactor(t, user, visitor{})
	b.clock.advance(secondFactorTime)
	_, err := b.give(t, token, phone.code(t, 0))
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	for _, nowhere := range []string{"", "x", strings.Repeat("x", 101)} {
		_, err = b.give(t, nowhere, phone.code(t, 0))
		requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	}
	active, _ := b.session(t, b.user(t, store.User{}))
	_, err = b.give(t, active, phone.code(t, 0)) // a session that asks for none
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
}

func TestACodeOfAnAccountThatIsDeactivatedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	token := b.firstFactor(t, user, visitor{})
	tx, err := b.pool.Begin(t.Context())
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) }()
	_, err = tx.Exec(t.Context(), `update users set active = false where id = $1`, user.ID)
	require.NoError(t, err)
	result, code := make(chan error, 1), phone.code(t, 0)
	go func() {
		_, err := b.give(t, token, code)
		result <- err
	}()
	b.waitForLocks(t, 1)
	require.NoError(t, tx.Commit(t.Context()))
	requireRefused(t, <-result, errs.Unauthenticated, refusal.SignedOut)
}

func TestGuessingAtCodesIsBoundedAndKeepsNoOwnerOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	own := visitor{Client: limit.Client{Address: "192.0.2.1"}}
	answer, err := b.giveSecondFactor(t.Context(), &GiveSecondFactorParams{Code: phone.code(t, 0)}, b.firstFactor(t, user, own), own)
	require.NoError(t, err)
	own.device = cookieOf(t, deviceCookieName, answer.SetCookie...).Value
	b.clock.advance(codePeriod * time.Second)

	stranger := b.firstFactor(t, user, visitor{})
	for range 10 {
		_, err := b.give(t, stranger, "000000")
		requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
	}
	_, err = b.give(t, stranger, phone.code(t, 0))
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	_, err = b.giveSecondFactor(t.Context(), &GiveSecondFactorParams{Code: phone.code(t, 0)}, b.firstFactor(t, user, own), own)
	require.NoError(t, err, "on the owner's device only the tries there count")
	for _, nothing := range []string{"", " - "} {
		_, err = b.give(t, stranger, nothing)
		requireRefused(t, err, errs.InvalidArgument, refusal.Required)
	}
	_, err = b.give(t, stranger, strings.Repeat("1", 41))
	requireRefused(t, err, errs.InvalidArgument, refusal.TooLong)
}

func TestCodesToSetUpAreBoundedAndCountApart(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	confirm := func() error {
		_, err := b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: "000000"})
		return err
	}
	for range 10 {
		requireRefused(t, confirm(), errs.FailedPrecondition, refusal.SecondFactorOn)
	}
	requireRefused(t, confirm(), errs.ResourceExhausted, refusal.RateLimited)
	_, err := b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, 0))
	require.NoError(t, err, "signing in is not concerned")
}

func TestAPasswordThatIsKnownDoesNotFreeTriesOfOtherPasswords(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, _, _ := b.enrolled(t)
	for range 10 {
		b.firstFactor(t, user, visitor{})
	}
	_, err := b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
}

func TestADeviceThatIsRememberedIsNotAskedFor30Days(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	on := visitor{Client: limit.Client{Address: "192.0.2.1", UserAgent: firefoxOnLinux}}
	remember := func() {
		answer, err := b.giveSecondFactor(t.Context(),
			&GiveSecondFactorParams{Code: phone.code(t, 0), RememberDevice: true}, b.firstFactor(t, user, on), on)
		require.NoError(t, err)
		if len(answer.SetCookie) > 1 {
			on.device = cookieOf(t, deviceCookieName, answer.SetCookie...).Value
		}
		b.clock.advance(codePeriod * time.Second)
	}
	state := func(from visitor) string {
		answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, from)
		require.NoError(t, err)
		return answer.State
	}
	remember()
	require.Equal(t, "Firefox, Linux", b.lastRequest(t, mailrequest.NewDevice).Data["device"])
	require.Equal(t, StateActive, state(on))
	require.Equal(t, StateSecondFactor, state(visitor{}), "another device")
	b.clock.advance(trustLife)
	require.Equal(t, StateSecondFactor, state(on))

	remember()
	_, who := b.sessionOnTrusted(t, user, on)
	signedInAs(who)
	require.NoError(t, b.changePassword(t, password, password+" 2"))
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password + " 2"}, on)
	require.NoError(t, err)
	require.Equal(t, StateSecondFactor, answer.State, "the password has changed")
}

// sessionOnTrusted signs a user in on a device that is remembered.
func (b *bundle) sessionOnTrusted(t *testing.T, user store.User, on visitor) (token string, who *Data) {
	t.Helper()
	answer, err := b.signIn(t.Context(), &SignInParams{Email: user.Email, Password: password}, on)
	require.NoError(t, err)
	require.Equal(t, StateActive, answer.State)
	token = tokenOf(t, answer.SetCookie...)
	_, who, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err)
	return token, who
}

func TestASecondFactorIsTakenAwayWithBoth(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, recovery := b.enrolled(t)
	remove := func(pass, code string) error {
		_, err := b.RemoveSecondFactor(t.Context(), &RemoveSecondFactorParams{Password: pass, Code: code})
		return err
	}
	requireRefused(t, remove("wrong", phone.code(t, 0)), errs.InvalidArgument, refusal.WrongPassword)
	requireRefused(t, remove(password, "000000"), errs.InvalidArgument, refusal.WrongCode)
	_, err := b.BeginSecondFactor(t.Context(), &BeginSecondFactorParams{Password: password})
	requireRefused(t, err, errs.FailedPrecondition, refusal.SecondFactorOn)
	_, err = b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: phone.code(t, 0)})
	requireRefused(t, err, errs.FailedPrecondition, refusal.SecondFactorOn)

	require.NoError(t, remove(password, phone.code(t, 0)))
	require.Equal(t, map[string]string{"change": "removed"}, b.lastRequest(t, mailrequest.SecondFactorChanged).Data)
	b.session(t, user) // in one step
	requireRefused(t, remove(password, recovery[0]), errs.FailedPrecondition, refusal.SecondFactorOff)
	_, err = b.RenewRecoveryCodes(t.Context(), &RenewRecoveryCodesParams{Password: password})
	requireRefused(t, err, errs.FailedPrecondition, refusal.SecondFactorOff)
	_, err = b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: phone.code(t, 1)})
	requireRefused(t, err, errs.FailedPrecondition, refusal.SecondFactorOff)
	var left int
	require.NoError(t, b.pool.QueryRow(t.Context(), `
		select (select count(*) from recovery_codes) + (select count(*) from second_factors)`).Scan(&left))
	require.Zero(t, left)
	requireChange(t, b.changes(t), "second_factor.removed", "account", user.ID, `"second_factor": true`, `"second_factor": false`)
}

func TestTwoWhoConfirmAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, who := b.session(t, b.user(t, store.User{}))
	signedInAs(who)
	begun, err := b.BeginSecondFactor(t.Context(), &BeginSecondFactorParams{Password: password})
	require.NoError(t, err)
	code := app{b, begun.Key}.code(t, 0)
	results := make(chan error, 5)
	var together sync.WaitGroup
	for range cap(results) {
		together.Go(func() {
			_, err := b.ConfirmSecondFactor(t.Context(), &ConfirmSecondFactorParams{Code: code})
			results <- err
		})
	}
	together.Wait()
	close(results)
	done := 0
	for err := range results {
		if err == nil {
			done++
			continue
		}
		requireRefused(t, err, errs.FailedPrecondition, refusal.SecondFactorOn)
	}
	require.Equal(t, 1, done)
	status, err := b.GetSecondFactor(t.Context())
	require.NoError(t, err)
	require.Equal(t, 10, status.RecoveryCodesLeft)
}

func TestAHigherRankResetsALostSecondFactor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	student, _, recovery := b.enrolled(t)
	admin, super, other := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleSuperstudent}), b.user(t, store.User{})
	reset := func(as store.User, id int64) error {
		signedInAs(&Data{UserID: as.ID, Role: Role(as.Role), Scope: ScopeWrite})
		_, err := b.ResetSecondFactor(t.Context(), id)
		return err
	}
	requireRefused(t, reset(other, student.ID), errs.PermissionDenied, refusal.WrongRole)
	requireRefused(t, reset(super, admin.ID), errs.PermissionDenied, refusal.HigherRank)
	requireRefused(t, reset(super, super.ID), errs.PermissionDenied, refusal.HigherRank)
	requireRefused(t, reset(super, -1), errs.NotFound, refusal.Missing)
	requireRefused(t, reset(super, other.ID), errs.FailedPrecondition, refusal.SecondFactorOff)
	waiting := b.firstFactor(t, student, visitor{})
	require.NoError(t, reset(super, student.ID))
	_, err := b.give(t, waiting, recovery[0])
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	b.session(t, student) // in one step
	require.Equal(t, map[string]string{"change": "reset"}, b.lastRequest(t, mailrequest.SecondFactorChanged).Data)
	requireChange(t, b.changes(t), "second_factor.reset", "account", super.ID, `"second_factor": true`, `"second_factor": false`)
	require.Len(t, b.events(t), 2, "the sessions ended, the one that waited too")
}

func TestTheOperatorForgetsTheSecondFactorOfAnAdministrator(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin})
	token, who := b.session(t, admin)
	signedInAs(who)
	b.enrol(t)
	out, err := b.runAccount(t, "forget-second-factor", strings.ToUpper(admin.Email))
	require.NoError(t, err, out)
	b.requireSignedOut(t, token)
	b.session(t, admin)
	require.Equal(t, map[string]string{"change": "reset"}, b.lastRequest(t, mailrequest.SecondFactorChanged).Data)
	requireChange(t, b.changes(t), "second_factor.reset", "account", 0, `"second_factor": true`, `"second_factor": false`)
	require.Equal(t, SessionEnded, b.events(t)[0].Type)
	out, err = b.runAccount(t, "forget-second-factor", admin.Email)
	require.Error(t, err)
	require.Contains(t, out, "has no second factor")
}

func TestAnAdministratorWithoutASecondFactorIsHeldToSettingOneUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.adminsNeedSecondFactor = true
	admin, super := b.user(t, store.User{Role: store.RoleAdmin}), b.user(t, store.User{Role: store.RoleSuperstudent})
	answer, err := b.SignIn(t.Context(), &SignInParams{Email: super.Email, Password: password})
	require.NoError(t, err)
	require.Equal(t, StateActive, answer.State)
	answer, err = b.SignIn(t.Context(), &SignInParams{Email: admin.Email, Password: password})
	require.NoError(t, err)
	require.Equal(t, StateSecondFactorSetup, answer.State)
	require.True(t, answer.Account.SecondFactorRequired)
	credentials := &Credentials{Session: tokenOf(t, answer.SetCookie...)}
	_, who, err := b.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	require.True(t, who.MustSetUp(), "internal/scope refuses all but setting one up")
	state, err := b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.False(t, state.Active, "no connection is opened")

	signedInAs(who)
	b.enrol(t)
	_, who, err = b.Authenticate(t.Context(), credentials)
	require.NoError(t, err)
	require.False(t, who.MustSetUp())
	state, err = b.SessionState(t.Context(), &SessionStateParams{SessionID: who.SessionID})
	require.NoError(t, err)
	require.True(t, state.Active)
	status, err := b.GetSecondFactor(t.Context())
	require.NoError(t, err)
	require.True(t, status.Required)
}

func TestASecretIsGoodForItsOwnerAndItsKeyAlone(t *testing.T) {
	t.Parallel()
	box, err := newSecretBox("a key")
	require.NoError(t, err)
	sealed := box.seal(7, "SECRET")
	require.NotContains(t, string(sealed), "SECRET")
	require.NotEqual(t, sealed, box.seal(7, "SECRET"))
	secret, err := box.open(7, sealed)
	require.NoError(t, err)
	require.Equal(t, "SECRET", secret)
	_, err = box.open(8, sealed)
	require.Error(t, err)
	another, err := newSecretBox("another key")
	require.NoError(t, err)
	_, err = another.open(7, sealed)
	require.ErrorContains(t, err, "SECRET_KEY")
}

func TestRecoveryCodesOutliveTheKeyOfTheInstallation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, recovery := b.enrolled(t)
	another, err := newSecretBox("another key")
	require.NoError(t, err)
	b.secondFactors = another
	token := b.firstFactor(t, user, visitor{})
	_, err = b.give(t, token, phone.code(t, 0))
	require.Equal(t, errs.Internal, errs.Code(err))
	_, err = b.give(t, token, recovery[0])
	require.NoError(t, err)
}

// Whoever used a shared computer before may have kept a copy of its cookie.
func TestACopyOfACookieFromBeforeIsNotRemembered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	thief := b.user(t, store.User{})
	copied := b.signInFrom(t, thief, from("192.0.2.1", ""))
	shared := from("192.0.2.1", copied)
	answer, err := b.giveSecondFactor(t.Context(),
		&GiveSecondFactorParams{Code: phone.code(t, 0), RememberDevice: true}, b.firstFactor(t, user, shared), shared)
	require.NoError(t, err)
	own := from("192.0.2.1", cookieOf(t, deviceCookieName, answer.SetCookie...).Value)
	b.sessionOnTrusted(t, user, own)
	b.firstFactor(t, user, shared) // asked for the second factor
	known, err := b.findDevice(t.Context(), own.device)
	require.NoError(t, err)
	require.True(t, known.knows(thief.ID), "it is the same device to the others who use it")
}

func TestGuessingAtCodesForDaysIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user, phone, _ := b.enrolled(t)
	for range codesOfDay.Count / codesOfAccount.Count {
		token := b.firstFactor(t, user, visitor{})
		for range codesOfAccount.Count {
			_, err := b.give(t, token, "000000")
			requireRefused(t, err, errs.InvalidArgument, refusal.WrongCode)
		}
		b.redis.FastForward(codesOfAccount.Period)
	}
	_, err := b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, 0))
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	b.redis.FastForward(codesOfDay.Period)
	_, err = b.give(t, b.firstFactor(t, user, visitor{}), phone.code(t, 0))
	require.NoError(t, err)
}
