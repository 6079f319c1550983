// Package realtime tells clients at once what happens, over one WebSocket each.
//
// Events come from the topics of other services and go through the channel layer in Redis to all processes; each hands
// them to its own clients. Which events go to which channels (who may follow a channel is said at channelKinds):
//
//	event                                      runs  run:{id}  building:{id}  me              buildings  people
//	run.planned, run.changed, run.cancelled     x       x                      of the worker
//	run.started, run.completed                  x       x
//	visit.step, visit.outcome, picture.added            x           x (without how far the run is)
//	remark.created, remark.changed, remark.deleted      x           x
//	run.progress                                        x
//	building.*                                                      x                          x
//	manual.* (of a building)                            of runs on their way (x for its syndics)     x
//	comment.* (of a building)                           of runs on their way                   x
//	session.ended                                                              of the account
//	role.changed, regions.changed,                                             of the account             x
//	account.changed
//	account.deactivated, account.reactivated,                                                             x
//	account.anonymised
//
// swap.* go to the channel swaps, and to me of who asked, who has taken the run and all who work in its region: which swap it is, and
// nothing of the run.
//
// collection.*, collection_rule.* and waste_kind.* go to the channel collections, and collection.* that somebody did to the channels
// of their buildings, 200 at most, with what concerns the building. Those whose runs show such a collection hear of it on me, once for
// every 200 buildings, and read their runs anew.
//
// When a run gets another worker or a building another syndic, the one before is unsubscribed from its channel. When a
// session ends, or a role changes, the connections that it concerns are closed.
package realtime

import (
	"context"
	"errors"

	"encore.dev/shutdown"
	"github.com/redis/go-redis/v9"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/settings"
)

// Service holds the connections of this process.
//
//encore:service
type Service struct {
	hub   *hub
	layer *layer

	sessionState      sessionReader
	mayFollowRun      followRight
	mayFollowBuilding followRight
	readRun           runReader
	workersIn         regionReader

	// started is closed when this process reads the layer.
	started signal
	stop    context.CancelFunc
	// stopped is closed when it has ended.
	stopped signal
}

// Channels and functions in the service struct have types of their own: the official tool takes its fields for a schema.
type (
	// signal is closed to tell something.
	signal <-chan struct{}
	// sessionReader asks auth for the state of a session.
	sessionReader func(ctx context.Context, sessionID int64) (*auth.SessionStateResponse, error)
	// followRight returns nil when the person may follow the run or building with the id.
	followRight func(ctx context.Context, who identity, id int64) error
	// runReader returns a run as people see it; false when there is none.
	runReader func(ctx context.Context, id int64) (core.Run, bool, error)
	// regionReader returns who works in a region.
	regionReader func(ctx context.Context, regionID int64) ([]*auth.User, error)
)

func initService() (*Service, error) {
	set, err := settings.Load()
	if err != nil {
		return nil, err
	}
	options, err := set.Redis()
	if err != nil {
		return nil, err
	}
	return newService(options, askSession, askRun), nil
}

func newService(
	options *redis.Options,
	sessionState sessionReader,
	mayFollowRun followRight,
) *Service {
	// The layer tries again by itself, and knows how long each thing may take.
	options.ContextTimeoutEnabled, options.MaxRetries, options.DialerRetries = true, -1, 1
	ctx, cancel := context.WithCancel(context.Background())
	started, stopped := make(chan struct{}), make(chan struct{})
	s := &Service{
		hub: newHub(), layer: &layer{redis: redis.NewClient(options)},
		sessionState: sessionState, mayFollowRun: mayFollowRun, mayFollowBuilding: askBuilding, readRun: runFromCore, workersIn: workersFromAuth,
		started: started, stop: cancel, stopped: stopped,
	}
	feed := reader{
		layer: s.layer, deliver: s.hub.deliver, started: started,
		lost: func() { s.hub.closeAll(closeResync) },
	}
	go func() {
		defer close(stopped)
		feed.run(ctx)
	}()
	return s
}

// Shutdown closes the connections, so that the clients go to another process, and stops reading the layer.
func (s *Service) Shutdown(progress shutdown.Progress) error {
	return s.close(progress.ForceShutdown)
}

func (s *Service) close(ctx context.Context) error {
	ended := s.hub.shut()
	s.stop()
	closeErr := s.layer.redis.Close() // wakes the reader
	for _, done := range []signal{ended, s.stopped} {
		select {
		case <-done:
		case <-ctx.Done():
			return errors.Join(closeErr, ctx.Err())
		}
	}
	return closeErr
}

func runFromCore(ctx context.Context, id int64) (core.Run, bool, error) {
	answer, err := core.RunsForEvents(ctx, &core.RunsForEventsParams{IDs: []int64{id}})
	if err != nil || len(answer.Runs) == 0 {
		return core.Run{}, false, err
	}
	return answer.Runs[0], true, nil
}

func workersFromAuth(ctx context.Context, regionID int64) ([]*auth.User, error) {
	answer, err := auth.Workers(ctx, &auth.WorkersParams{RegionIDs: []int64{regionID}})
	if err != nil {
		return nil, err
	}
	return answer.Users, nil
}

func askSession(ctx context.Context, sessionID int64) (*auth.SessionStateResponse, error) {
	return auth.SessionState(ctx, &auth.SessionStateParams{SessionID: sessionID})
}

func askRun(ctx context.Context, who identity, runID int64) error {
	return core.RunAccess(ctx, &core.AccessParams{UserID: who.userID, Role: who.role, ID: runID})
}

func askBuilding(ctx context.Context, who identity, buildingID int64) error {
	return core.BuildingAccess(ctx, &core.AccessParams{UserID: who.userID, Role: who.role, ID: buildingID})
}
