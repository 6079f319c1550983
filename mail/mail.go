// Package mail tells people what they must hear: by e-mail about their account and their work, and by notifications on their own
// devices about their runs.
//
// What is to be told comes from others: mailrequest.Requests, core's events, the office. It becomes a row of messages, once
// however often it is asked for. The sender takes rows that are due, writes them in the language of the receiver with what
// auth and core say at that moment (links are in no database), and hands them to the SMTP server. What concerns runs is gathered for
// those with a device, too; the notifier writes it in the same way, and hands it to the vendors of their browsers.
package mail

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"time"

	encore "encore.dev"
	"encore.dev/rlog"
	"encore.dev/shutdown"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/place"
	"encore.app/internal/settings"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

var database = sqldb.NewDatabase("mail", sqldb.DatabaseConfig{Migrations: "./migrations"})

// secrets are those of the installation.
var secrets struct {
	// SECRET_KEY is what the tokens of links to unsubscribe are derived from.
	SECRET_KEY string
	// SECRET_EMAIL_USER and SECRET_EMAIL_USER_PSWD sign in at the SMTP server.
	SECRET_EMAIL_USER      string
	SECRET_EMAIL_USER_PSWD string
}

// Service holds what the endpoints and the sender work with.
//
//encore:service
type Service struct {
	pool     *pgxpool.Pool
	query    *store.Queries
	relay    *outbox.Relay
	limiter  *limit.Limiter
	sender   *sender
	notifier *notifier
	settings settings.Mail
	late     core.Lateness
	from     delivery.Address
	zone     *time.Location // in which days are computed (rule 11)
	webApp   url.URL        // where people reach the web app
	api      url.URL        // where programs reach the API
	// unsubscribing derives the links that end a kind of mail.
	unsubscribing unsubscribeKey
	now           clock
	ask           *services
	places        *place.Places
}

// clock tells the time.
type clock func() time.Time

// services are those that are asked when a mail is written.
type services struct {
	people         func(ctx context.Context, ids []int64) (map[int64]*auth.User, error)
	office         func(ctx context.Context) ([]*auth.User, error)
	runs           func(ctx context.Context, ids []int64) ([]core.Run, error)
	remarks        func(ctx context.Context, ids []uuid.UUID) ([]core.Remark, error)
	plannedRuns    func(ctx context.Context, date string) ([]core.Run, error)
	notStarted     func(ctx context.Context, date string, at time.Time) ([]core.Run, error)
	daySummary     func(ctx context.Context, date string, region int64) (*core.DaySummary, error)
	buildings      func(ctx context.Context, ids []int64) (map[int64]string, error)
	incidents      func(ctx context.Context, ids []int64) ([]core.IncidentForMail, error)
	swaps          func(ctx context.Context, ids []uuid.UUID) ([]core.Swap, error)
	swapTakers     func(ctx context.Context, id uuid.UUID) ([]int64, error)
	peopleByEmail  func(ctx context.Context, emails []string) (map[string]*auth.User, error)
	syndics        func(ctx context.Context, buildingIDs []int64) (map[int64][]int64, error)
	toldSyndics    func(ctx context.Context, buildingIDs []int64) (map[int64][]int64, error)
	picture        func(ctx context.Context, id uuid.UUID) (*core.PictureContentResponse, error)
	forgotten      func(ctx context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error)
	invitationLink func(ctx context.Context, id int64) (*auth.InvitationLinkResponse, error)
	resetLink      func(ctx context.Context, id int64) (*auth.AccountLinkResponse, error)
	changeLink     func(ctx context.Context, id int64) (*auth.AccountLinkResponse, error)
}

// initService is called by the framework.
func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	options, err := set.Redis()
	if err != nil {
		return nil, err
	}
	signer, err := readSigner(set.Mail)
	if err != nil {
		return nil, err
	}
	meta := encore.Meta()
	s := newService(sqldb.Driver[*pgxpool.Pool](database), set, publishEvent, time.Now)
	s.limiter = limit.New(options, time.Now)
	s.webApp, s.api = set.WebApp(meta), set.API(meta)
	if s.places, err = place.Open(set.GeoIPFile); err != nil {
		return nil, err
	}
	if s.unsubscribing, err = newUnsubscribeKey(secrets.SECRET_KEY, meta.Environment); err != nil {
		return nil, err
	}
	s.sender.signer = signer
	if s.notifier.client, err = s.pushClient(secrets.SECRET_KEY); err != nil {
		return nil, err
	}
	if meta.Environment.Type == encore.EnvTest { // tests send when they want to
		return s, nil
	}
	if set.WantsDemo(meta.Environment) {
		if err := s.makeDemoTemplates(context.Background()); err != nil {
			return nil, fmt.Errorf("make the demo templates: %w", err)
		}
	}
	s.relay.Observe(observeOutbox)
	s.relay.Start()
	s.sender.start()
	s.notifier.start()
	if !set.Mail.Configured() {
		rlog.Warn("no mail is sent: SMTP_HOST is not set. Links to register are shown to the office, who must pass them on")
	}
	return s, nil
}

func newService(pool *pgxpool.Pool, set *settings.Settings, publish outbox.Publish, now func() time.Time) *Service {
	s := &Service{
		pool: pool, query: store.New(pool), relay: outbox.NewRelay(pool, publish), settings: set.Mail,
		late: core.Lateness{StartBy: set.LateTime, Tolerance: set.LateTolerance, Zone: set.TimeZone},
		from: sendingAddress(set.Mail, secrets.SECRET_EMAIL_USER, set.Domain), zone: set.TimeZone, now: now,
		ask: &services{
			people: peopleFromAuth, office: officeFromAuth, forgotten: forgottenFromAuth, invitationLink: invitationLinkFromAuth,
			resetLink: resetLinkFromAuth, changeLink: changeLinkFromAuth,
			swaps: swapsFromCore, swapTakers: swapTakersFromCore,
			runs: runsFromCore, remarks: remarksFromCore, plannedRuns: plannedRunsFromCore, notStarted: notStartedFromCore, buildings: buildingsFromCore,
			daySummary: daySummaryFromCore,
			incidents:  incidentsFromCore, peopleByEmail: peopleByEmailFromAuth, syndics: syndicsFromCore, toldSyndics: toldSyndicsFromCore,
			picture: pictureFromCore,
		},
	}
	s.sender = newSender(s, delivery.Server{
		Host: set.Mail.Host, Port: set.Mail.Port, TLS: delivery.TLS(set.Mail.TLS),
		User: secrets.SECRET_EMAIL_USER, Password: secrets.SECRET_EMAIL_USER_PSWD, Hello: set.Domain,
	})
	s.notifier = newNotifier(s)
	return s
}

// Shutdown stops sending and publishing; what is left waits in the database for the next start.
func (s *Service) Shutdown(progress shutdown.Progress) error {
	err := errors.Join(s.sender.stop(progress.ForceShutdown), s.notifier.stop(progress.ForceShutdown), s.relay.Stop(progress.ForceShutdown))
	if closeErr := s.limiter.Close(); closeErr != nil {
		rlog.Warn("the Redis connection did not close cleanly", "err", closeErr)
	}
	return err
}

// clock is the time as the database can hold it.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// link returns the address of a page of the web app.
func (s *Service) link(path string) string {
	page := s.webApp
	page.Path = path
	return page.String()
}

// runLink is the page on which the office sees a run.
func (s *Service) runLink(run core.Run) string {
	page := s.webApp
	page.Path, page.RawQuery = "/today", url.Values{"date": {run.Date}, "run": {strconv.FormatInt(run.ID, 10)}}.Encode()
	return page.String()
}

// accountLink is a part of the page of one's own account: security, sessions or mail.
func (s *Service) accountLink(part string) string {
	page := s.webApp
	page.Path, page.RawQuery = "/profile", url.Values{"tab": {part}}.Encode()
	return page.String()
}

// sendingAddress is who mail comes from: MAIL_FROM, else the account at the SMTP server, else nobody at the domain.
func sendingAddress(set settings.Mail, user, domain string) delivery.Address {
	switch {
	case set.FromAddress != "":
		return delivery.Address{Name: set.FromName, Email: set.FromAddress}
	case domainOf(user) != "":
		return delivery.Address{Name: "Trottoir", Email: user}
	}
	return delivery.Address{Name: "Trottoir", Email: "noreply@" + domain}
}

// readSigner reads the key of DKIM_KEY_FILE; nil when there is none.
func readSigner(set settings.Mail) (*delivery.Signer, error) {
	if set.DKIMKeyFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(set.DKIMKeyFile)
	if err != nil {
		return nil, fmt.Errorf("DKIM_KEY_FILE: %w", err)
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, errors.New("DKIM_KEY_FILE holds no PEM")
	}
	var key any
	if block.Type == "RSA PRIVATE KEY" {
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	} else {
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	if err != nil {
		return nil, errors.New("DKIM_KEY_FILE holds no private key of RSA or Ed25519")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("DKIM_KEY_FILE holds no private key of RSA or Ed25519")
	}
	return &delivery.Signer{Domain: set.DKIMDomain, Selector: set.DKIMSelector, Key: signer}, nil
}
