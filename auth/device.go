package auth

import (
	"context"
	"net/http"
	"slices"
	"time"

	encore "encore.dev"

	"encore.app/auth/store"
	"encore.app/internal/limit"
)

const (
	deviceCookieName = "device"
	// maxDevices is how many devices of an account are known: those that were used last.
	maxDevices = 20
)

// visitor is where a request came from, and on what device.
type visitor struct {
	limit.Client
	// device is the token in the device's cookie, whoever set it; empty without one.
	device string
}

func currentVisitor() visitor {
	request := encore.CurrentRequest()
	who := visitor{Client: limit.ClientOf(request.Headers)}
	cookie, err := (&http.Request{Header: request.Headers}).Cookie(deviceCookieName)
	if err == nil && len(cookie.Value) <= maxToken {
		who.device = cookie.Value
	}
	return who
}

// device is what is known about the device of a visitor.
type device struct {
	hash  []byte                 // nil without a token
	users []store.DeviceUsersRow // who has signed in on it before
}

// findDevice looks a device up by the token in its cookie.
func (s *Service) findDevice(ctx context.Context, token string) (device, error) {
	if token == "" {
		return device{}, nil
	}
	hash := hashToken(token)
	users, err := s.query.DeviceUsers(ctx, hash)
	return device{hash: hash, users: users}, err
}

// knows tells whether the user has signed in on the device before.
func (d device) knows(userID int64) bool {
	return userID != 0 && slices.ContainsFunc(d.users, func(row store.DeviceUsersRow) bool { return row.UserID == userID })
}

// trusted tells whether the user is not asked for the second factor on the device.
func (d device) trusted(userID int64, now time.Time) bool {
	return slices.ContainsFunc(d.users, func(row store.DeviceUsersRow) bool {
		return row.UserID == userID && row.TrustedUntil != nil && now.Before(*row.TrustedUntil)
	})
}

// keepDevice notes that the user has signed in on the device, and until when it is not asked for the second factor, nil
// for what was so before. It returns the Set-Cookie header with its token, empty when the device keeps the one it has. A
// token that the server did not make is never taken over, and a device that is trusted from now on gets another one: whoever
// used it before may have a copy of the old one.
func (s *Service) keepDevice(
	ctx context.Context, query *store.Queries, userID int64, known device, trustedUntil *time.Time, secure bool,
) (cookie string, err error) {
	hash := known.hash
	if len(known.users) == 0 || trustedUntil != nil {
		var token string
		token, hash = newToken()
		cookie = deviceCookie(token, secure)
		if err := query.RenameDevice(ctx, store.RenameDeviceParams{TokenHash: known.hash, NewTokenHash: hash}); err != nil {
			return "", err
		}
	}
	err = query.PutDevice(ctx, store.PutDeviceParams{
		TokenHash: hash, UserID: userID, Now: s.now(), TrustedUntil: trustedUntil,
	})
	if err == nil && !known.knows(userID) {
		err = query.DeleteOldDevices(ctx, store.DeleteOldDevicesParams{UserID: userID, Keep: maxDevices})
	}
	return cookie, err
}

// deviceCookie returns the Set-Cookie header that makes a device known. It stays when its user signs out, and goes to
// the endpoints of signing in only.
func deviceCookie(token string, secure bool) string {
	return cookieFor(deviceCookieName, "/auth", token, secure)
}
