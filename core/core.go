// Package core keeps the rounds: regions, buildings, tours, runs and what happened on them.
//
// One file per noun, types first, then the endpoints; what changes the noun stands in <noun>_change.go. Who may do what is
// decided in core/access. Every change is one transaction (change.go) with the events about it; the relay publishes them
// afterwards, to these topics, for every change also to audit.Events:
//
//	RunEvents         run.planned, run.changed (for every step and outcome too), run.started, run.completed, run.cancelled
//	VisitEvents       visit.step, visit.outcome, picture.added, run.progress
//	BuildingEvents    building.created, building.changed, building.archived, building.unarchived, building.public_id_renewed,
//	                  comment.created, comment.changed, comment.deleted, manual.added, manual.changed, manual.deleted
//	AbsenceEvents     absence.created, absence.changed, absence.deleted, availability.changed
//	SwapEvents        swap.asked, swap.taken, swap.given_back, swap.withdrawn, swap.approved, swap.refused, swap.lapsed
//	IncidentEvents    incident.opened, incident.changed
//	CollectionEvents  collection.*, collection_rule.*, waste_kind.*: see the types of a CollectionEvent
//
// Which of them reach which clients is said in package realtime.
package core

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	encore "encore.dev"
	encoreauth "encore.dev/beta/auth"
	"encore.dev/shutdown"
	"encore.dev/storage/sqldb"
	"github.com/jackc/pgx/v5/pgxpool"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/limit"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
	"encore.app/internal/settings"
)

var database = sqldb.NewDatabase("core", sqldb.DatabaseConfig{Migrations: "./migrations"})

// Service holds what the endpoints work with.
//
//encore:service
type Service struct {
	pool    *pgxpool.Pool
	query   *store.Queries
	relay   *outbox.Relay
	files   pictureFiles
	manuals manualFiles
	convert func(ctx context.Context, upload *os.File) (*photo.Picture, error)
	uploads *uploadTurns
	// reports are the turns of residents' reports.
	reports *uploadTurns
	zone    *time.Location // in which days are computed (rule 11)
	late    Lateness
	// stopWatching ends what counts the late runs.
	stopWatching context.CancelFunc
	// webApp is where people reach the web app, and the residents' pages beside it.
	webApp url.URL
	// limiter bounds what strangers ask for, public keeps what they read for a short while.
	limiter *limit.Limiter
	public  publicCache
	// uploadPatience is how long a client may take to send an upload, and as long again to end it after a refusal.
	uploadPatience time.Duration
	// retention is how long photos are kept.
	retention settings.Retention

	now    func() time.Time
	caller func(context.Context) (access.Actor, error)
	people func(ctx context.Context, ids []int64) (map[int64]person, error)
	// allWorkers reads those who may be given runs.
	allWorkers func(ctx context.Context, p *auth.WorkersParams) (*auth.UsersResponse, error)
	// What auth does for this service: tell who belongs to a region, invite somebody, change the role and the regions of
	// a person.
	regionInUse func(ctx context.Context, regionID int64) (*auth.RegionInUseResponse, error)
	invite      func(ctx context.Context, p *auth.InviteParams) (*auth.InviteResponse, error)
	invited     func(ctx context.Context, id int64) (*auth.InviteResponse, error)
	changeRole  func(ctx context.Context, userID int64, p *auth.ChangeRoleParams) (*auth.User, error)
	assign      func(ctx context.Context, p *auth.AssignRegionsParams) ([]int64, error)
	setActive   func(ctx context.Context, userID int64, p *auth.SetActiveParams) (*auth.User, error)
	anonymise   func(ctx context.Context, userID int64, p *auth.AnonymiseParams) (*auth.User, error)
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
	meta := encore.Meta()
	environment := meta.Environment
	s := newService(sqldb.Driver[*pgxpool.Pool](database), bucketFiles{}, publishEvent, set.TimeZone)
	s.late = Lateness{set.LateTime, set.LateTolerance, set.TimeZone}
	s.limiter, s.webApp, s.retention = limit.New(options, time.Now), set.WebApp(meta), set.PhotoRetention
	if set.WantsDemo(environment) {
		if err := s.seedDemo(context.Background()); err != nil {
			return nil, fmt.Errorf("make the demo data: %w", err)
		}
	}
	if environment.Type != encore.EnvTest { // tests drain the outbox when they want to
		s.relay.Observe(observeOutbox)
		s.relay.Start()
		watching, stop := context.WithCancel(context.Background())
		s.stopWatching = stop
		go s.watchLateness(watching)
	}
	return s, nil
}

func newService(pool *pgxpool.Pool, files pictureFiles, publish outbox.Publish, zone *time.Location) *Service {
	return &Service{
		pool: pool, query: store.New(pool), relay: outbox.NewRelay(pool, publish),
		files: files, manuals: bucketManuals{}, convert: photo.NewConverter().Convert, uploads: newUploadTurns(),
		reports: newTurns(reportsAtOnce), zone: zone, uploadPatience: defaultUploadPatience,
		now: time.Now, caller: signedIn, people: peopleFromAuth, allWorkers: workersFromAuth,
		regionInUse: regionInUseInAuth, invite: inviteInAuth, invited: invitedInAuth,
		changeRole: changeRoleInAuth, assign: assignInAuth,
		setActive: setActiveInAuth, anonymise: anonymiseInAuth,
		limiter: limit.New(nil, time.Now), retention: settings.Years(2),
	}
}

// Shutdown stops the relay. What it has not published yet stays in the outbox for the next start.
func (s *Service) Shutdown(progress shutdown.Progress) error {
	if s.stopWatching != nil {
		s.stopWatching()
	}
	return errors.Join(s.relay.Stop(progress.ForceShutdown), s.limiter.Close())
}

// The most characters that a reason and a search text have.
const (
	maxReason = 1000
	maxSearch = 100
)

// today is the date at the company (rule 11).
func (s *Service) today() time.Time { return day.Of(s.now(), s.zone) }

// clock is the time as the database can hold it, so that what is answered equals what is read again.
func (s *Service) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// signedIn returns the account behind the request.
func signedIn(context.Context) (access.Actor, error) {
	data, ok := encoreauth.Data().(*auth.Data)
	if !ok || data == nil {
		return access.Actor{}, refusal.Unauthenticated(refusal.SignedOut, "Sign in first.")
	}
	return access.Actor{
		ID: data.UserID, Role: data.Role, SessionID: data.SessionID, Address: limit.CurrentClient().Address,
	}, nil
}
