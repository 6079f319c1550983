package mail

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/mail/push"
	"encore.app/mail/store"
)

// vendor is a push service with the browsers that it serves: it reads what they would show.
type vendor struct {
	*httptest.Server

	t  *testing.T
	mu sync.Mutex
	// browsers are the private keys by path.
	browsers map[string]*ecdh.PrivateKey
	secret   []byte
	received []received
	// answer replaces the next answers; 201 without one.
	answer []int
}

type received struct {
	path                string
	shown               notification
	topic, urgency, ttl string
	subject             string
}

func newVendor(b *bundle) *vendor {
	v := &vendor{t: b.t, browsers: map[string]*ecdh.PrivateKey{}, secret: []byte("sixteen bytes !!")}
	v.Server = httptest.NewTLSServer(v)
	b.t.Cleanup(v.Close)
	keys, err := push.DeriveKeys("the secret of a test's installation")
	require.NoError(b.t, err)
	roots := x509.NewCertPool()
	roots.AddCert(v.Certificate())
	b.notifier.client = push.NewClient(keys, "office@bins.example.be", push.Options{Allow: netip.Addr.IsLoopback, RootCAs: roots})
	b.t.Cleanup(b.notifier.client.Close)
	return v
}

// device is a browser of somebody's, in a session.
func (v *vendor) device(b *bundle, user, session int64, name string) int64 {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(v.t, err)
	v.browsers["/"+name] = key
	row, err := b.query.PutNotificationDevice(v.t.Context(), store.PutNotificationDeviceParams{
		UserID: user, SessionID: session, Endpoint: v.URL + "/" + name, P256dh: key.PublicKey().Bytes(), Auth: v.secret,
		ServerKey: b.notifier.client.PublicKey(), Now: b.clock(),
	})
	require.NoError(v.t, err)
	return row.ID
}

func (v *vendor) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	shown, err := v.decrypt(v.browsers[req.URL.Path], body)
	subject, signed := v.verify(req)
	if err != nil || !signed || req.Header.Get("Content-Encoding") != "aes128gcm" {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	v.received = append(v.received, received{
		req.URL.Path, shown, req.Header.Get("Topic"), req.Header.Get("Urgency"), req.Header.Get("TTL"), subject,
	})
	if len(v.answer) > 0 {
		w.WriteHeader(v.answer[0])
		v.answer = v.answer[1:]
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// decrypt reads a message as a browser does (RFC 8291).
func (v *vendor) decrypt(key *ecdh.PrivateKey, body []byte) (shown notification, err error) {
	salt, rest := body[:16], body[16:]
	if size := binary.BigEndian.Uint32(rest); int(size) < len(body) {
		return shown, io.ErrShortBuffer
	}
	sender, sealed := rest[5:5+int(rest[4])], rest[5+int(rest[4]):]
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return shown, err
	}
	shared, err := key.ECDH(public)
	if err != nil {
		return shown, err
	}
	info := "WebPush: info\x00" + string(key.PublicKey().Bytes()) + string(sender)
	input, err := hkdf.Key(sha256.New, shared, v.secret, info, 32)
	if err != nil {
		return shown, err
	}
	content, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: aes128gcm\x00", 16)
	if err != nil {
		return shown, err
	}
	nonce, err := hkdf.Key(sha256.New, input, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return shown, err
	}
	block, err := aes.NewCipher(content)
	if err != nil {
		return shown, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return shown, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return shown, err
	}
	text, _, _ := strings.Cut(strings.TrimRight(string(plain), "\x00"), "\x02")
	return shown, json.Unmarshal([]byte(text), &shown)
}

// verify checks who signed a request (RFC 8292), and returns whom it names.
func (v *vendor) verify(req *http.Request) (subject string, ok bool) {
	token, key, found := strings.Cut(strings.TrimPrefix(req.Header.Get("Authorization"), "vapid t="), ", k=")
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if !found || err != nil {
		return "", false
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return "", false
	}
	claims := &jwt.RegisteredClaims{}
	_, err = jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return public, nil },
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(v.URL), jwt.WithExpirationRequired())
	return claims.Subject, err == nil
}

// notified returns what arrived since it was last asked.
func (v *vendor) notified(b *bundle) []received {
	v.t.Helper()
	require.NoError(v.t, b.notifier.notify(v.t.Context()))
	v.mu.Lock()
	defer v.mu.Unlock()
	got := v.received
	v.received = nil
	return got
}

func (b *bundle) planned(event string, run, worker int64) {
	b.t.Helper()
	require.NoError(b.t, b.OnRunEvent(b.t.Context(), &core.RunEvent{ID: event, Type: core.RunPlanned, RunID: run, WorkerID: worker, ActorID: 1}))
}

// A worker with two devices is told in their language what has become of a run: neither reasons nor addresses. A newer word about
// the run replaces the older one.
func TestNotifications(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "phone")
	v.device(b, 3, 31, "tablet")
	v.device(b, 5, 50, "other")
	b.core.run(12, 3, "2026-11-27", "Centrum")
	b.core.runs[12].Progress.Stops, b.core.runs[12].IdleStops = 9, 1
	b.planned("e1", 12, 3)
	b.planned("e1", 12, 3) // delivered twice
	require.Empty(t, v.notified(b), "what else comes is waited for")
	b.time.advance(quiet)
	got := v.notified(b)
	require.Len(t, got, 2)
	require.ElementsMatch(t, []string{"/phone", "/tablet"}, []string{got[0].path, got[1].path})
	require.Equal(t, notification{
		Title: "Je planning is gewijzigd", Body: "Nieuwe ritten\nvrijdag 27 november 2026: Centrum, 8 haltes", Tag: "run-12", URL: "/work/12",
		Language: "nl",
	}, got[0].shown)
	require.Equal(t, "run-12", got[0].topic)
	require.Equal(t, "high", got[0].urgency)
	require.Equal(t, "183480", got[0].ttl, "until the day of the run is over")
	require.Equal(t, "mailto:office@bins.example.be", got[0].subject)
	require.Empty(t, v.notified(b), "once")

	b.core.runs[12].Status = core.StatusCancelled
	require.NoError(t, b.OnRunEvent(t.Context(), &core.RunEvent{
		ID: "e2", Type: core.RunCancelled, RunID: 12, WorkerID: 3, ActorID: 1, After: core.RunState{CancelReason: "code 4711 werkt niet"},
	}))
	b.time.advance(quiet)
	got = v.notified(b)
	require.Len(t, got, 2)
	require.Equal(t, "run-12", got[0].shown.Tag)
	require.Equal(t, "/work", got[0].shown.URL)
	require.NotContains(t, got[0].shown.Body, "4711", "whoever passes by can read it")
	rows, err := b.query.NotificationDevices(t.Context(), 3)
	require.NoError(t, err)
	require.NotNil(t, rows[0].LastSuccessAt)
}

// What is planned at once is told at once; who did it themselves hears nothing.
func TestNotificationsAreGathered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 5, 50, "phone")
	v.device(b, 1, 10, "office")
	for id := range int64(6) {
		b.core.run(id+1, 5, "2026-11-30", "Sud")
		b.planned(uuid.Must(uuid.NewV4()).String(), id+1, 5)
	}
	b.planned("own", 1, 1)
	b.time.advance(quiet)
	got := v.notified(b)
	require.Len(t, got, 1)
	require.Equal(t, "Votre planning a changé\u00a0: 6 trajets", got[0].shown.Title)
	require.Equal(t, 4, strings.Count(got[0].shown.Body, "Sud"))
	require.True(t, strings.HasSuffix(got[0].shown.Body, "\n…"))
	require.Equal(t, "/work", got[0].shown.URL)
}

func TestReminderByNotification(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "phone")
	b.core.run(12, 3, "2026-11-26", "Centrum")
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	require.NoError(t, b.SendMailOfTheDay(t.Context()))
	got := v.notified(b)
	require.Len(t, got, 1)
	require.Equal(t, "Morgen: Centrum", got[0].shown.Title)
	require.Equal(t, "reminder-2026-11-26", got[0].topic)
	require.Equal(t, "/work/12", got[0].shown.URL)
	require.Empty(t, v.notified(b))
}

func TestSwapsByNotification(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 5, 50, "phone")
	id := uuid.Must(uuid.NewV4())
	b.core.takers = []int64{5}
	b.core.swaps = []core.Swap{{
		ID: id, State: core.SwapStateOpen, AskedBy: core.SwapPerson{ID: 3, FirstName: "Emma"}, Message: "ziek",
		Run: core.SwapRun{ID: 12, Tour: core.TourName{Name: "Centrum"}, Date: "2026-11-27", Stops: 1},
	}}
	require.NoError(t, b.OnSwapEvent(t.Context(), &core.SwapEvent{ID: "s1", Type: core.SwapAsked, SwapID: id, AskedBy: 3, ActorID: 3}))
	b.time.advance(quiet)
	got := v.notified(b)
	require.Len(t, got, 1)
	require.Equal(t, "Pouvez-vous reprendre un trajet\u00a0? Centrum", got[0].shown.Title)
	require.Equal(t, "vendredi 27 novembre 2026\u00a0: Centrum, 1 arrêt", got[0].shown.Body)
}

// A message is tried again while it is worth something, and never once its day is over.
func TestNotificationsAreTriedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "phone")
	b.core.run(12, 3, "2026-11-27", "Centrum")
	b.planned("e1", 12, 3)
	b.time.advance(quiet)
	v.answer = []int{http.StatusServiceUnavailable, http.StatusTooManyRequests}
	require.Len(t, v.notified(b), 1)
	require.Empty(t, v.notified(b), "not at once")
	b.time.advance(pushBackoff)
	require.Len(t, v.notified(b), 1)
	b.time.advance(pushBackoff)
	require.Empty(t, v.notified(b), "later and later")
	b.time.advance(backoffFactor * pushBackoff)
	require.Len(t, v.notified(b), 1)
	b.time.advance(time.Hour)
	require.Empty(t, v.notified(b), "it was taken")

	b.planned("e2", 12, 3)
	b.time.advance(quiet)
	v.answer = []int{http.StatusServiceUnavailable}
	require.Len(t, v.notified(b), 1)
	b.time.advance(3 * 24 * time.Hour)
	require.Empty(t, v.notified(b), "nobody needs to hear of a run of yesterday")
	b.planned("e3", 12, 3)
	b.time.advance(quiet)
	require.Empty(t, v.notified(b), "nor that it was planned")
}

// A process that is killed while it hands a message in costs one repetition, not many.
func TestNotificationsOfKilledProcesses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "phone")
	b.core.run(12, 3, "2026-11-27", "Centrum")
	b.planned("e1", 12, 3)
	b.time.advance(quiet)
	more, err := b.notifier.writeNext(t.Context())
	require.NoError(t, err)
	require.True(t, more)
	for range 2 {
		now := b.clock()
		claimed, err := b.query.ClaimDeliveries(t.Context(), store.ClaimDeliveriesParams{Now: now, LeasedUntil: now.Add(pushLease), RowLimit: 10})
		require.NoError(t, err)
		require.Len(t, claimed, 1)
		require.Empty(t, v.notified(b), "somebody has it")
		b.time.advance(pushLease + time.Second)
	}
	require.Empty(t, v.notified(b), "it may have arrived twice")
	waiting, err := b.query.NotificationsWaiting(t.Context())
	require.NoError(t, err)
	require.Zero(t, waiting)
}

// Browsers that are gone, sessions that end and people who leave take their devices along.
func TestDevicesGo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	devices := func(user int64) int {
		rows, err := b.query.NotificationDevices(t.Context(), user)
		require.NoError(t, err)
		return len(rows)
	}
	b.core.run(12, 3, "2026-11-27", "Centrum")
	v.device(b, 3, 30, "phone")
	v.device(b, 3, 31, "tablet")
	b.planned("e1", 12, 3)
	b.time.advance(quiet)
	v.answer = []int{http.StatusGone, http.StatusNotFound}
	require.Len(t, v.notified(b), 2)
	require.Zero(t, devices(3))

	v.device(b, 3, 30, "phone")
	v.device(b, 3, 31, "tablet")
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{ID: "a1", Type: auth.SessionEnded, UserID: 3, SessionID: 30}))
	require.Equal(t, 1, devices(3))
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{ID: "a2", Type: auth.AccountDeactivated, UserID: 3}))
	require.Zero(t, devices(3))

	v.device(b, 3, 32, "phone")
	b.planned("e2", 12, 3)
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{ID: "a3", Type: auth.AccountAnonymised, UserID: 3, OccurredAt: b.clock()}))
	require.Zero(t, devices(3))
	b.time.advance(quiet)
	require.Empty(t, v.notified(b))
}

// What somebody turned off is not told, neither then nor when it had waited.
func TestNotificationsAreChosen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "phone")
	b.core.run(12, 3, "2026-11-27", "Centrum")
	as(3, auth.RoleStudent)
	before, err := b.GetPreferences(t.Context())
	require.NoError(t, err)
	require.Equal(t, kindRuns, before.Items[0].Kind)
	require.True(t, *before.Items[0].Notify)
	b.planned("e1", 12, 3)
	off := false
	after, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kindRuns, Notify: &off}}})
	require.NoError(t, err)
	require.False(t, *after.Items[0].Notify)
	require.Equal(t, before.Items[0].Choice, after.Items[0].Choice, "mail stays as it was")
	b.planned("e2", 12, 3)
	b.time.advance(quiet)
	require.Empty(t, v.notified(b))
	as(1, auth.RoleAdmin)
	_, err = b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: kindStops, Notify: &off}}})
	require.Equal(t, errs.InvalidArgument, errs.Code(err), "there are none of this kind")
}

// A browser is taken once, moves with who signs in there, and there are ten at most.
func TestNotificationDevices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	const emma, zoe = 3, 5
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	require.NoError(t, err)
	params := func(endpoint string) *PutNotificationDeviceParams {
		return &PutNotificationDeviceParams{
			Endpoint: endpoint, P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
			Auth: base64.RawURLEncoding.EncodeToString(v.secret), PublicKey: b.notifier.client.PublicKey(),
		}
	}
	put := func(user int64, p *PutNotificationDeviceParams) error {
		as(user, auth.RoleStudent)
		_, err := b.PutNotificationDevice(t.Context(), p)
		return err
	}
	list := func(user int64) []*NotificationDevice {
		as(user, auth.RoleStudent)
		answer, err := b.ListNotificationDevices(t.Context())
		require.NoError(t, err)
		return answer.Items
	}
	for range 2 {
		require.NoError(t, put(emma, params("https://push.example.com/a")))
	}
	require.Len(t, list(emma), 1)
	require.True(t, list(emma)[0].Current)
	again := params("https://push.example.com/b")
	again.Replaces = "https://push.example.com/a"
	require.NoError(t, put(emma, again))
	require.Len(t, list(emma), 1, "the browser has another address")
	require.NoError(t, put(zoe, params("https://push.example.com/b")))
	require.Empty(t, list(emma))
	id := list(zoe)[0].ID
	as(emma, auth.RoleStudent)
	require.Equal(t, errs.NotFound, errs.Code(b.DeleteNotificationDevice(t.Context(), id)))
	require.Equal(t, errs.NotFound, errs.Code(b.TestNotificationDevice(t.Context(), id)))
	as(zoe, auth.RoleStudent)
	require.NoError(t, b.DeleteNotificationDevice(t.Context(), id))
	for i := range 10 {
		require.NoError(t, put(emma, params("https://push.example.com/"+string(rune('c'+i)))))
	}
	err = put(emma, params("https://push.example.com/one-more"))
	require.Equal(t, errs.FailedPrecondition, errs.Code(err))
	for _, endpoint := range []string{
		"", "http://push.example.com/", "https://localhost/", "https://10.0.0.1/", "https://[::1]/", "https://push.example.com:8443/",
		"https://u:p@push.example.com/", "https://push.example.com/" + strings.Repeat("a", 1000),
	} {
		err := put(zoe, params(endpoint))
		require.Equal(t, errs.InvalidArgument, errs.Code(err), endpoint)
	}
	old := params("https://push.example.com/z")
	old.PublicKey = "another"
	err = put(zoe, old)
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
	require.Empty(t, list(zoe))
	changes := b.changes()
	require.Equal(t, "notification_device.added", changes[0].Kind)
	require.NotContains(t, string(changes[0].After), "push.example.com", "the address is a secret of the browser")
}

// A test comes at once, to the device that it is asked for.
func TestTestNotification(t *testing.T) {
	t.Parallel()
	b := setup(t)
	v := newVendor(b)
	v.device(b, 3, 30, "tablet")
	phone := v.device(b, 3, 31, "phone")
	as(3, auth.RoleStudent)
	require.NoError(t, b.TestNotificationDevice(t.Context(), phone))
	got := v.notified(b)
	require.Len(t, got, 1)
	require.Equal(t, "/phone", got[0].path)
	require.Equal(t, "Notificaties werken", got[0].shown.Title)
}
