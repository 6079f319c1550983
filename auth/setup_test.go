package auth

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	encore "encore.dev"
	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

const (
	password      = "correct horse"
	otherPassword = "battery staple"
)

// cheapCost keeps the tests fast; TestPasswordCost looks at the real one.
var cheapCost = passwordParams{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// bundle is a Service on a database and a Redis of its own, with a clock that stands still.
type bundle struct {
	*Service

	pool  *pgxpool.Pool
	redis *miniredis.Miniredis
	clock *clock
	sent  *recorder
}

func setup(tb testing.TB) *bundle {
	tb.Helper()
	database, err := et.NewTestDatabase(tb.Context(), "auth")
	require.NoError(tb, err)
	b := &bundle{
		pool:  sqldb.Driver[*pgxpool.Pool](database),
		redis: miniredis.RunT(tb),
		clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
		sent:  &recorder{},
	}
	b.Service, err = newService(b.pool, &redis.Options{Addr: b.redis.Addr()}, cheapCost, b.sent.publish, b.clock.now)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = b.limiter.Close() })
	b.links, err = newLinkKey("a key of the test's", encore.EnvironmentMeta{})
	require.NoError(tb, err)
	b.secondFactors, err = newSecretBox("a key of the test's")
	require.NoError(tb, err)
	b.webApp = productionSite
	return b
}

// events publishes the outbox and returns what has been published so far.
func (b *bundle) events(t *testing.T) []AccountEvent {
	t.Helper()
	_, err := b.relay.Drain(t.Context())
	require.NoError(t, err)
	return b.sent.all(t)
}

var userCount atomic.Int64

// user makes an account; what is not set has a valid value, and the password is password.
func (b *bundle) user(tb testing.TB, with store.User) store.User {
	tb.Helper()
	number := userCount.Add(1)
	hash, err := b.passwords.hash(tb.Context(), password)
	require.NoError(tb, err)
	user, err := b.query.InsertUser(tb.Context(), store.InsertUserParams{
		Email:     cmp.Or(with.Email, fmt.Sprintf("person%d@example.org", number)),
		FirstName: cmp.Or(with.FirstName, "Robin"), LastName: cmp.Or(with.LastName, fmt.Sprintf("Maes %04d", number)),
		Phone: with.Phone, Language: cmp.Or(with.Language, store.LanguageNl), Role: cmp.Or(with.Role, store.RoleStudent),
		RegionIds: orEmpty(with.RegionIds), PasswordHash: hash, Now: b.clock.now(),
	})
	require.NoError(tb, err)
	return user
}

// changes publishes the outbox and returns what the audit log will hold.
func (b *bundle) changes(t *testing.T) []*audit.Event {
	t.Helper()
	b.events(t)
	return b.sent.audit(t)
}

// deactivate keeps a user from signing in.
func (b *bundle) deactivate(t *testing.T, user store.User) {
	t.Helper()
	_, err := b.pool.Exec(t.Context(), `update users set active = false where id = $1`, user.ID)
	require.NoError(t, err)
}

// session signs a user in and returns the token and who that is.
func (b *bundle) session(t *testing.T, user store.User) (token string, who *Data) {
	t.Helper()
	answer, err := b.SignIn(t.Context(), &SignInParams{Email: user.Email, Password: password})
	require.NoError(t, err)
	token = tokenOf(t, answer.SetCookie...)
	_, who, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	require.NoError(t, err)
	return token, who
}

// signedInAs makes the test, and the goroutines it starts, the caller.
func signedInAs(who *Data) {
	et.OverrideAuthInfo(encoreauth.UID(strconv.FormatInt(who.UserID, 10)), who)
}

// as makes a user the caller without a session.
func as(user store.User) {
	signedInAs(&Data{UserID: user.ID, Scope: ScopeWrite, Role: Role(user.Role), RegionIDs: user.RegionIds, Language: string(user.Language)})
}

func requireRefused(t *testing.T, err error, code errs.ErrCode, reason refusal.Reason) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code.String(), errs.Code(err).String(), err)
	require.Equal(t, reason, refusal.ReasonOf(err), err)
}

// clock is a time that moves when it is told to.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// recorder is a topic that keeps what is published.
type recorder struct {
	mu       sync.Mutex
	messages []outbox.Message
}

func (r *recorder) publish(_ context.Context, message outbox.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, message)
	return nil
}

// all returns the account events, and audit the changes that the audit log will hold.
func (r *recorder) all(t *testing.T) []AccountEvent {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	events := []AccountEvent{}
	for _, message := range r.messages {
		if message.Topic == accountEvents {
			var event AccountEvent
			require.NoError(t, decodeEvent(message, &event))
			events = append(events, event)
		}
	}
	return events
}

func (r *recorder) audit(t *testing.T) []*audit.Event {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	events := []*audit.Event{}
	for _, message := range r.messages {
		if message.Topic == audit.Topic {
			event, err := audit.Decode(message)
			require.NoError(t, err)
			events = append(events, event)
		}
	}
	return events
}

// requests returns the mail that was asked for.
func (r *recorder) requests(t *testing.T) []*mailrequest.Request {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	requests := []*mailrequest.Request{}
	for _, message := range r.messages {
		if message.Topic == mailrequest.Topic {
			request, err := mailrequest.Decode(message)
			require.NoError(t, err)
			requests = append(requests, request)
		}
	}
	return requests
}
