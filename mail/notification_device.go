package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/mileusna/useragent"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/push"
	"encore.app/mail/store"
)

const (
	// maxNotificationDevices is how many devices of a person are told.
	maxNotificationDevices = 10
	// testLife is how long a test notification is worth something.
	testLife = 10 * time.Minute
)

// testNotificationLimit is how many of them one person may send.
var testNotificationLimit = limit.Limit{Name: "mail:test-notification", Count: 5, Period: time.Minute}

// NotificationDevice is a browser in which the caller is told by notifications.
type NotificationDevice struct {
	ID int64 `json:"id"`
	// Browser and System are what the browser says of itself: Firefox, Android. Empty when it says nothing.
	Browser string `json:"browser"`
	System  string `json:"system"`
	// Current tells that it belongs to the session that asks.
	Current bool `json:"current"`
	// Endpoint is where the vendor of the browser takes messages for it; only with Current, so that the browser knows itself again.
	Endpoint string `json:"endpoint"`
	// Outdated tells that the browser was given another key than the one of now: it is told nothing until it asks anew.
	Outdated  bool      `json:"outdated"`
	CreatedAt time.Time `json:"created_at"`
	// LastSuccessAt is when the vendor last took a notification for it; null when it never did.
	LastSuccessAt *time.Time `json:"last_success_at"`
}

// NotificationDevicesResponse holds the devices of the caller.
type NotificationDevicesResponse struct {
	// PublicKey is what a browser is given when it asks to be told (applicationServerKey): 65 bytes as base64url.
	PublicKey string `json:"public_key"`
	// Items are the caller's devices, in the order in which they came; 10 at most.
	Items []*NotificationDevice `json:"items"`
}

// PutNotificationDeviceParams are a browser's PushSubscription.
type PutNotificationDeviceParams struct {
	// Endpoint is where the vendor takes messages for the browser: an https address of 1000 characters at most.
	Endpoint string `json:"endpoint" encore:"sensitive"`
	// P256dh and Auth are what they are encrypted with: 65 and 16 bytes as base64url.
	P256dh string `json:"p256dh" encore:"sensitive"`
	Auth   string `json:"auth" encore:"sensitive"`
	// PublicKey is the key that the browser was given.
	PublicKey string `json:"public_key"`
	// Replaces is the address that the same browser had before; empty when it had none.
	Replaces string `json:"replaces" encore:"optional,sensitive"`
}

// ListNotificationDevices returns the browsers in which the caller is told by notifications, and the key for another one.
//
//encore:api auth method=GET path=/notifications/devices
func (s *Service) ListNotificationDevices(ctx context.Context) (*NotificationDevicesResponse, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	rows, err := s.query.NotificationDevices(ctx, who.UserID)
	if err != nil {
		return nil, refusal.Failure(err, "read the devices")
	}
	answer := &NotificationDevicesResponse{PublicKey: s.notifier.client.PublicKey(), Items: []*NotificationDevice{}}
	for _, row := range rows {
		answer.Items = append(answer.Items, s.deviceFor(who, row))
	}
	return answer, nil
}

// PutNotificationDevice has the caller told by notifications in the browser that asks, as long as its session lasts. Once more
// changes nothing; a browser that somebody else used before is the caller's now.
//
// Errors: invalid_argument for an address or keys that no browser has (malformed), and for another key than the one of now (unknown);
// failed_precondition when the caller has 10 other devices (too_many); permission_denied for a program (session_required).
//
//encore:api auth method=PUT path=/notifications/devices
func (s *Service) PutNotificationDevice(ctx context.Context, p *PutNotificationDeviceParams) (*NotificationDevice, error) {
	who, err := caller()
	if err != nil {
		return nil, err
	}
	if who.SessionID == 0 {
		return nil, refusal.Forbidden(refusal.SessionRequired, "Only a browser in which somebody has signed in is told.")
	}
	device, err := readDevice(p)
	if err != nil {
		return nil, err
	}
	if p.PublicKey != s.notifier.client.PublicKey() {
		return nil, refusal.Invalid("public_key", refusal.Unknown, "The key has changed: the browser must ask with the one of now.")
	}
	agent := limit.CurrentClient().UserAgent
	var row store.NotificationDevice
	err = s.relay.Transact(ctx, func(tx pgx.Tx) (err error) {
		query := s.query.WithTx(tx)
		if err := query.LockNotificationDevices(ctx, fmt.Sprint(who.UserID)); err != nil {
			return err
		}
		if p.Replaces != "" && p.Replaces != p.Endpoint {
			err := query.DeleteReplacedDevice(ctx, store.DeleteReplacedDeviceParams{
				Endpoint: p.Replaces, UserID: who.UserID, SessionID: who.SessionID,
			})
			if err != nil {
				return err
			}
		}
		before, err := query.FindNotificationDevice(ctx, p.Endpoint)
		known := err == nil && before.UserID == who.UserID
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err == nil && !known { // what waits is for whoever used it before
			if err := query.DeleteDeliveriesOfDevice(ctx, before.ID); err != nil {
				return err
			}
		}
		others, err := query.NotificationDevices(ctx, who.UserID)
		if err != nil {
			return err
		}
		if !known && len(others) >= maxNotificationDevices {
			return refusal.Precondition("", refusal.TooManyOfThem, "At most 10 devices are told. Remove one first.")
		}
		row, err = query.PutNotificationDevice(ctx, store.PutNotificationDeviceParams{
			UserID: who.UserID, SessionID: who.SessionID, Endpoint: p.Endpoint, P256dh: device.P256dh, Auth: device.Auth,
			ServerKey: p.PublicKey, UserAgent: agent, Now: s.clock(),
		})
		if err != nil || known {
			return err
		}
		return s.auditDevice(ctx, tx, who, "notification_device.added", nil, factsOf(row))
	})
	if err != nil {
		return nil, refusal.Failure(err, "keep the device")
	}
	return s.deviceFor(who, row), nil
}

// DeleteNotificationDevice has the caller not told on one of their devices any more.
//
// Errors: not_found when the caller has no such device.
//
//encore:api auth method=DELETE path=/notifications/devices/:id
func (s *Service) DeleteNotificationDevice(ctx context.Context, id int64) error {
	who, err := caller()
	if err != nil {
		return err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		row, err := s.query.WithTx(tx).DeleteNotificationDevice(ctx, store.DeleteNotificationDeviceParams{ID: id, UserID: who.UserID})
		if errors.Is(err, pgx.ErrNoRows) {
			return noNotificationDevice()
		}
		if err != nil {
			return err
		}
		return s.auditDevice(ctx, tx, who, "notification_device.removed", factsOf(row), nil)
	})
	return refusal.Failure(err, "remove the device")
}

// TestNotificationDevice sends a notification to one of the caller's devices, to see whether it arrives.
//
// Errors: not_found when the caller has no such device; failed_precondition when it was given another key than the one of now
// (missing); resource_exhausted after 5 in a minute.
//
//encore:api auth method=POST path=/notifications/devices/:id/test
func (s *Service) TestNotificationDevice(ctx context.Context, id int64) error {
	who, err := caller()
	if err != nil {
		return err
	}
	rows, err := s.query.NotificationDevices(ctx, who.UserID)
	if err != nil {
		return refusal.Failure(err, "read the devices")
	}
	var device *store.NotificationDevice
	for i := range rows {
		if rows[i].ID == id {
			device = &rows[i]
		}
	}
	switch {
	case device == nil:
		return noNotificationDevice()
	case device.ServerKey != s.notifier.client.PublicKey():
		return refusal.Precondition("", refusal.Missing, "The key has changed: turn notifications on again on that device.")
	}
	if wait := s.limiter.Take(ctx, testNotificationLimit, fmt.Sprint(who.UserID)); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "That were enough test notifications for now.")
	}
	in := content.In(who.Language, s.zone)
	test := &notification{
		URL: "/profile?tab=mail", Language: in.Language(), Tag: "test", urgent: true, until: s.now().Add(testLife),
	}
	if test.Title, err = in.Phrase("notification-test-title", nil); err != nil {
		return refusal.Failure(err, "write a test notification")
	}
	if test.Body, err = in.Phrase("notification-test", nil); err != nil {
		return refusal.Failure(err, "write a test notification")
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		number, err := s.query.WithTx(tx).NextTestNotification(ctx)
		if err != nil {
			return err
		}
		return s.deliver(ctx, tx, number, who.UserID, id, test)
	})
	if err != nil {
		return refusal.Failure(err, "send a test notification")
	}
	s.notifier.wake()
	return nil
}

func noNotificationDevice() error { return refusal.NotFound("There is no such device.") }

// readDevice refuses what no browser says.
func readDevice(p *PutNotificationDeviceParams) (push.Device, error) {
	device := push.Device{Endpoint: p.Endpoint}
	var err error
	if device.P256dh, err = base64.RawURLEncoding.DecodeString(p.P256dh); err != nil {
		return device, refusal.Invalid("p256dh", refusal.Malformed, "The key is not base64url.")
	}
	if device.Auth, err = base64.RawURLEncoding.DecodeString(p.Auth); err != nil {
		return device, refusal.Invalid("auth", refusal.Malformed, "The secret is not base64url.")
	}
	if err := push.CheckDevice(device); err != nil {
		return device, refusal.Invalid("endpoint", refusal.Malformed, "No browser is told like this: "+err.Error()+".")
	}
	return device, nil
}

func (s *Service) deviceFor(who *auth.Data, row store.NotificationDevice) *NotificationDevice {
	agent := useragent.Parse(row.UserAgent)
	device := &NotificationDevice{
		ID: row.ID, Browser: agent.Name, System: agent.OS, Current: row.SessionID == who.SessionID,
		Outdated: row.ServerKey != s.notifier.client.PublicKey(), CreatedAt: row.CreatedAt.UTC(),
	}
	if device.Current {
		device.Endpoint = row.Endpoint
	}
	if row.LastSuccessAt != nil {
		at := row.LastSuccessAt.UTC()
		device.LastSuccessAt = &at
	}
	return device
}

// deviceFacts are what the audit log keeps of a device: neither where it is told, nor how.
type deviceFacts struct {
	ID        int64  `json:"id"`
	UserAgent string `json:"user_agent"`
}

func factsOf(row store.NotificationDevice) *deviceFacts { return &deviceFacts{row.ID, row.UserAgent} }

func (s *Service) auditDevice(ctx context.Context, tx pgx.Tx, who *auth.Data, kind string, before, after *deviceFacts) error {
	change := audit.Change{Kind: kind, ThingKind: "account", ThingID: who.UserID, Actor: actorOf(who), OccurredAt: s.clock()}
	if before != nil {
		change.Before = before
	}
	if after != nil {
		change.After = after
	}
	return audit.Append(ctx, tx, change)
}
