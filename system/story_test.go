//go:build !encore_app

package system

import (
	"crypto/hmac"
	"crypto/sha1" // what apps with codes use (RFC 6238)
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// codeOf returns the code that an app shows for a key some steps of 30 s from now (RFC 6238).
func codeOf(t *testing.T, key string, steps int64) string {
	t.Helper()
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key)
	require.NoError(t, err)
	hash := hmac.New(sha1.New, secret)
	require.NoError(t, binary.Write(hash, binary.BigEndian, time.Now().Unix()/30+steps))
	sum := hash.Sum(nil)
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[sum[len(sum)-1]&15:])&0x7fffffff%1_000_000)
}

// requireEnd waits until the server has ended the connection.
func (s *socket) requireEnd(t *testing.T) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case _, open := <-s.frames:
			if !open {
				return
			}
		case <-deadline:
			require.Fail(t, "the connection goes on")
		}
	}
}

func TestTheStoryOfAnAccount(t *testing.T) {
	t.Parallel()
	s, box := startStackWithMail(t)
	office := s.signedIn(t)
	const email = "zoe+bins@trottoir.test"

	// Invited by mail; the office sees the same link.
	token := invite(t, office, email)
	require.Equal(t, token, box.await(t, email, invitedSubject).token(t, registerToken))
	student := s.register(t, email, token)
	student.ok(t, http.MethodGet, "/me", nil, nil)

	// Codes of an app.
	var begun struct{ Key string }
	student.ok(t, http.MethodPost, "/me/second-factor", map[string]string{"password": student.password}, &begun)
	keepSecret("key of the codes", begun.Key)
	var confirmed struct {
		RecoveryCodes []string `json:"recovery_codes"`
	}
	student.ok(t, http.MethodPut, "/me/second-factor", map[string]string{"code": codeOf(t, begun.Key, -1)}, &confirmed)
	require.Len(t, confirmed.RecoveryCodes, 10)
	for _, code := range confirmed.RecoveryCodes {
		keepSecret("recovery code", code)
	}
	box.await(t, email, "Signing in to your account has changed")

	// The password is forgotten and replaced, which ends what was signed in.
	socket := student.follow(t, "me")
	s.forgetPassword(t, email)
	link := box.await(t, email, resetSubject).token(t, resetToken)
	visitor := s.newClient(t)
	visitor.ok(t, http.MethodPost, "/auth/reset-token", map[string]string{"token": link}, nil)
	student.password = newSecret("second password of a student")
	var reset struct {
		SessionsEnded int `json:"sessions_ended"`
	}
	visitor.ok(t, http.MethodPost, "/auth/reset-password", map[string]string{"token": link, "password": student.password}, &reset)
	require.Equal(t, 1, reset.SessionsEnded)
	socket.requireEnd(t)
	for range 2 * len(s.backends) { // whichever backend answers
		requireRefused(t, student.get(t, s.api("/me")), http.StatusUnauthorized, "unauthenticated", "signed_out")
	}
	used := visitor.do(t, http.MethodPost, s.api("/auth/reset-password"), map[string]string{"token": link, "password": newSecret("password")})
	requireRefused(t, used, http.StatusBadRequest, "failed_precondition", "link_used")
	box.await(t, email, "Your password was changed")

	// Signed in with a code, on a device that is new.
	const firefox = "User-Agent: Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"
	device := s.newClient(t)
	signIn := func() *answer {
		return device.do(t, http.MethodPost, s.api("/auth/sign-in"), map[string]string{"email": email, "password": student.password}, firefox)
	}
	first := signIn()
	require.Equal(t, http.StatusOK, first.StatusCode, "%s", first.body)
	require.JSONEq(t, `{"state": "second_factor", "account": null}`, string(first.body))
	device.keepSession(t, first)
	requireRefused(t, device.get(t, s.api("/me")), http.StatusUnauthorized, "unauthenticated", "signed_out")
	code := map[string]string{"code": codeOf(t, begun.Key, 0)}
	second := device.do(t, http.MethodPost, s.api("/auth/second-factor"), code, firefox)
	require.Equal(t, http.StatusOK, second.StatusCode, "%s", second.body)
	device.keepSession(t, second)
	device.ok(t, http.MethodGet, "/me", nil, nil)
	warning := box.await(t, email, newDeviceSubject)
	require.Contains(t, warning.text, "Firefox, Android")
	require.Contains(t, warning.text, device.ip)

	// Deactivated while signed in: over at once, and there is no way back in.
	socket = device.follow(t, "me")
	office.ok(t, http.MethodPost, fmt.Sprintf("/users/%d/deactivate", student.id), map[string]any{"runs": []any{}}, nil)
	socket.requireEnd(t)
	for range 2 * len(s.backends) {
		requireRefused(t, device.get(t, s.api("/me")), http.StatusUnauthorized, "unauthenticated", "signed_out")
	}
	requireRefused(t, signIn(), http.StatusUnauthorized, "unauthenticated", "wrong_credentials")
	s.forgetPassword(t, email) // answered like any other

	// Everything was mailed once, and the log of the office tells the same.
	box.flush(t, s)
	box.requireSubjects(t, email, invitedSubject, "Signing in to your account has changed", resetSubject,
		"Your password was changed", newDeviceSubject)
	var log struct {
		Items []struct{ Kind, Status string }
	}
	office.ok(t, http.MethodGet, fmt.Sprintf("/mail/messages?user=%d", student.id), nil, &log)
	kinds := map[string]string{}
	for _, message := range log.Items {
		kinds[message.Kind] = message.Status
	}
	require.Len(t, log.Items, len(kinds), "each kind once")
	sent, err := json.Marshal(kinds)
	require.NoError(t, err)
	require.JSONEq(t, `{"second-factor-changed": "sent", "password-reset": "sent", "password-changed": "sent", "new-device": "sent"}`, string(sent))
}
