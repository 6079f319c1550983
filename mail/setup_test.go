package mail

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/limit"
	"encore.app/internal/mailrequest"
	"encore.app/internal/outbox"
	"encore.app/internal/settings"
	"encore.app/mail/delivery"
	"encore.app/mail/smtptest"
	"encore.app/mail/store"
)

// wednesday is when tests take place: 21 o'clock in Brussels.
var wednesday = time.Date(2026, time.November, 25, 20, 0, 0, 0, time.UTC)

// bundle is a Service with a database, an SMTP server and a clock of its own.
type bundle struct {
	*Service

	t     *testing.T
	smtp  *smtptest.Server
	time  *testClock
	auth  *testAuth
	core  *testCore
	topic *recorder
}

// short keeps tests of silence short.
var short = delivery.Timeouts{
	Connect: time.Second, Envelope: time.Second, Command: time.Second, Data: time.Second, Answer: 300 * time.Millisecond,
}

func setup(t *testing.T) *bundle {
	t.Helper()
	database, err := et.NewTestDatabase(t.Context(), "mail")
	require.NoError(t, err)
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	b := &bundle{t: t, smtp: smtptest.New(t, smtptest.Options{}), time: &testClock{at: wednesday}, topic: &recorder{}}
	b.auth = &testAuth{users: map[int64]*auth.User{
		3: {ID: 3, Email: "emma@example.org", FirstName: "Emma", LastName: "Peeters", Language: "nl", Role: auth.RoleStudent, Active: true},
		1: {ID: 1, Email: "an@example.org", FirstName: "An", LastName: "Maes", Language: "nl", Role: auth.RoleAdmin, Active: true},
		2: {ID: 2, Email: "ruben@example.org", FirstName: "Ruben", LastName: "Verhaeghe", Language: "en", Role: auth.RoleSuperstudent, Active: true},
		5: {ID: 5, Email: "zoe+bins@example.org", FirstName: "Zoë", LastName: "Lefèvre", Language: "fr", Role: auth.RoleStudent, Active: true},
	}, links: map[int64]*auth.InvitationLinkResponse{}}
	b.Service = newService(sqldb.Driver[*pgxpool.Pool](database), &settings.Settings{
		TimeZone: zone, Domain: "bins.example.be", LateTime: 12 * time.Hour, Mail: settings.Mail{
			Host: b.smtp.Host, Port: b.smtp.Port, TLS: "none", PerMinute: 1000, FromName: "Trottoir", FromAddress: "office@bins.example.be",
			ReminderTime: 18 * time.Hour, DaySummaryTime: 22 * time.Hour,
		},
	}, b.topic.publish, b.time.now)
	b.webApp = url.URL{Scheme: "https", Host: "bins.example.be"}
	b.core = &testCore{runs: map[int64]*core.Run{}, syndics: map[int64][]int64{}, pictures: map[uuid.UUID][]byte{}}
	b.ask = &services{
		people: b.auth.people, office: b.auth.office, forgotten: b.auth.forgotten, invitationLink: b.auth.invitationLink,
		resetLink: b.auth.resetLink, changeLink: b.auth.changeLink,
		runs: b.core.byID, remarks: b.core.remarksByID, plannedRuns: b.core.planned, notStarted: b.core.notStarted, buildings: b.core.buildings,
		daySummary: b.core.daySummary,
		incidents:  b.core.incidentsByID, swaps: b.core.swapsByID,
		swapTakers:    func(context.Context, uuid.UUID) ([]int64, error) { return b.core.takers, b.core.err },
		peopleByEmail: b.auth.byEmail, syndics: b.core.syndicsOf, toldSyndics: b.core.told, picture: b.core.picture,
	}
	b.limiter = limit.New(nil, b.time.now)
	b.api = url.URL{Scheme: "https", Host: "bins.example.be:2002"}
	b.unsubscribing = unsubscribeKey("a key of the test's")
	b.useServer(b.smtp)
	t.Cleanup(func() { b.sender.client.Close() })
	return b
}

// useServer sends through another server from now on.
func (b *bundle) useServer(server *smtptest.Server) {
	b.sender.client.Close()
	b.sender.client = delivery.NewClient(delivery.Server{
		Host: server.Host, Port: server.Port, TLS: delivery.None, Timeouts: short,
	})
}

// request asks for a mail as another service does.
func (b *bundle) request(request mailrequest.Request) {
	b.t.Helper()
	if request.ID == "" {
		request.ID = "c4f8a4a6-0000-4000-8000-" + time.Now().Format("150405.000000000")
	}
	if request.OccurredAt.IsZero() {
		request.OccurredAt = b.time.now()
	}
	require.NoError(b.t, b.OnMailRequest(b.t.Context(), &request))
}

// send sends what is due.
func (b *bundle) send() {
	b.t.Helper()
	_, err := b.sender.sendDue(b.t.Context())
	require.NoError(b.t, err)
}

// only returns the one message that there is.
func (b *bundle) only() store.Message {
	b.t.Helper()
	messages := b.messages()
	require.Len(b.t, messages, 1)
	return messages[0]
}

func (b *bundle) messages() []store.Message {
	b.t.Helper()
	messages, err := b.query.ListMessages(b.t.Context(), store.ListMessagesParams{RowLimit: 1000})
	require.NoError(b.t, err)
	return messages
}

// tries returns how the tries of a message ended.
func (b *bundle) tries(id int64) []store.TryOutcome {
	b.t.Helper()
	tries, err := b.query.MessageTries(b.t.Context(), id)
	require.NoError(b.t, err)
	outcomes := []store.TryOutcome{}
	for _, try := range tries {
		require.NotNil(b.t, try.Outcome)
		outcomes = append(outcomes, *try.Outcome)
	}
	return outcomes
}

// testClock moves when it is told to.
type testClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// testAuth is what auth says.
type testAuth struct {
	users map[int64]*auth.User
	links map[int64]*auth.InvitationLinkResponse
	err   error
	// formerly are the addresses of account 3 before it was anonymised.
	formerly     []string
	anonymisedAt time.Time
}

func (a *testAuth) people(_ context.Context, ids []int64) (map[int64]*auth.User, error) {
	found := map[int64]*auth.User{}
	for _, id := range ids {
		if user, ok := a.users[id]; ok {
			found[id] = user
		}
	}
	return found, a.err
}

// forgotten knows which addresses were those of account 3.
func (a *testAuth) forgotten(_ context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error) {
	answer := &auth.ForgottenAddressesResponse{Emails: []string{}}
	for _, email := range p.Emails {
		if p.UserID == 3 && slices.Contains(a.formerly, email) {
			answer.Emails, answer.AnonymisedAt = append(answer.Emails, email), &a.anonymisedAt
		}
	}
	return answer, a.err
}

func (a *testAuth) byEmail(_ context.Context, emails []string) (map[string]*auth.User, error) {
	found := map[string]*auth.User{}
	for _, user := range a.users {
		if slices.ContainsFunc(emails, func(email string) bool { return strings.EqualFold(email, user.Email) }) {
			found[user.Email] = user
		}
	}
	return found, a.err
}

func (a *testAuth) invitationLink(_ context.Context, id int64) (*auth.InvitationLinkResponse, error) {
	if a.err != nil {
		return nil, a.err
	}
	link, ok := a.links[id]
	if !ok {
		return nil, &errs.Error{Code: errs.FailedPrecondition, Message: "The time of the invitation is up."}
	}
	return link, nil
}

func (a *testAuth) office(context.Context) ([]*auth.User, error) {
	office := []*auth.User{}
	for _, user := range a.users {
		if user.Role.IsOffice() && user.Active {
			office = append(office, user)
		}
	}
	return office, a.err
}

// resetLink and changeLink are good for id 7 only.
func (a *testAuth) resetLink(_ context.Context, id int64) (*auth.AccountLinkResponse, error) {
	if id != 7 {
		return nil, &errs.Error{Code: errs.FailedPrecondition, Message: "The link was used."}
	}
	return &auth.AccountLinkResponse{
		Link: "https://bins.example.be/reset-password#token=a-_b", UserID: 3, Email: "emma@example.org", ExpiresAt: wednesday.Add(30 * time.Minute),
	}, a.err
}

func (a *testAuth) changeLink(_ context.Context, id int64) (*auth.AccountLinkResponse, error) {
	if id != 7 {
		return nil, &errs.Error{Code: errs.FailedPrecondition, Message: "The link was used."}
	}
	return &auth.AccountLinkResponse{
		Link: "https://bins.example.be/confirm-email#token=c-_d", UserID: 3, Email: "emma@new.example.org", ExpiresAt: wednesday.Add(time.Hour),
	}, a.err
}

// testCore is what core says.
type testCore struct {
	runs    map[int64]*core.Run
	syndics map[int64][]int64
	// quiet are the buildings whose syndics are not told.
	quiet    map[int64]bool
	pictures map[uuid.UUID][]byte
	remarks  []core.Remark
	// summary is what became of every day.
	summary core.DaySummary
	// incidents are those that core knows.
	incidents map[int64]*core.IncidentForMail
	// swaps are those that core knows, and takers who could take each of them.
	swaps  []core.Swap
	takers []int64
	err    error
}

func (c *testCore) remarksByID(_ context.Context, ids []uuid.UUID) ([]core.Remark, error) {
	return slices.DeleteFunc(slices.Clone(c.remarks), func(r core.Remark) bool { return !slices.Contains(ids, r.ID) }), nil
}

func (c *testCore) incidentsByID(_ context.Context, ids []int64) ([]core.IncidentForMail, error) {
	found := []core.IncidentForMail{}
	for _, id := range ids {
		if incident, ok := c.incidents[id]; ok {
			found = append(found, *incident)
		}
	}
	return found, c.err
}

func (c *testCore) swapsByID(_ context.Context, ids []uuid.UUID) ([]core.Swap, error) {
	return slices.DeleteFunc(slices.Clone(c.swaps), func(s core.Swap) bool { return !slices.Contains(ids, s.ID) }), c.err
}

func (c *testCore) syndicsOf(_ context.Context, ids []int64) (map[int64][]int64, error) {
	found := map[int64][]int64{}
	for _, id := range ids {
		if syndics, ok := c.syndics[id]; ok {
			found[id] = syndics
		}
	}
	return found, c.err
}

func (c *testCore) told(ctx context.Context, ids []int64) (map[int64][]int64, error) {
	found, err := c.syndicsOf(ctx, ids)
	for id, syndics := range found {
		if len(syndics) == 0 || c.quiet[id] {
			delete(found, id)
		}
	}
	return found, err
}

func (c *testCore) picture(_ context.Context, id uuid.UUID) (*core.PictureContentResponse, error) {
	content, ok := c.pictures[id]
	if !ok {
		return nil, &errs.Error{Code: errs.NotFound, Message: "There is no such picture."}
	}
	return &core.PictureContentResponse{Picture: core.Picture{ID: id, TakenAt: wednesday}, Content: content}, c.err
}

// run adds a planned run.
func (c *testCore) run(id, worker int64, date, tour string) {
	c.runs[id] = &core.Run{
		ID: id, Tour: core.TourName{ID: id, Name: tour}, Date: date, Status: core.StatusPlanned,
		Worker: core.Worker{ID: worker, FirstName: "Emma", LastName: "Peeters"},
	}
}

// otherStops lets a run's tour have other stops than its worker knows.
func (c *testCore) otherStops(id int64) { c.runs[id].StopsChanged = true }

func (c *testCore) byID(_ context.Context, ids []int64) ([]core.Run, error) {
	found := []core.Run{}
	for _, id := range ids {
		if run, ok := c.runs[id]; ok {
			found = append(found, *run)
		}
	}
	return found, c.err
}

func (c *testCore) planned(_ context.Context, date string) ([]core.Run, error) {
	found := []core.Run{}
	for _, run := range c.runs {
		if run.Date == date && run.Status == core.StatusPlanned {
			found = append(found, *run)
		}
	}
	return found, c.err
}

// notStarted answers as the service core does once LATE_TIME is over: all but those without work.
func (c *testCore) notStarted(ctx context.Context, date string, _ time.Time) ([]core.Run, error) {
	runs, err := c.planned(ctx, date)
	return slices.DeleteFunc(runs, func(run core.Run) bool { return run.WithoutWork() }), err
}

func (c *testCore) buildings(_ context.Context, ids []int64) (map[int64]string, error) {
	names := map[int64]string{}
	for _, id := range ids {
		if id < 900 {
			names[id] = fmt.Sprintf("Korenmarkt %d", id)
		}
	}
	return names, c.err
}

func (c *testCore) daySummary(_ context.Context, date string, _ int64) (*core.DaySummary, error) {
	summary := c.summary
	summary.Date = date
	return &summary, c.err
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
