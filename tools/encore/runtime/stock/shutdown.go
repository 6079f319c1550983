package stock

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"encore.dev/internal/drain"
	"encore.dev/internal/hiddenenv"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"encore.dev/shutdown"
)

// shutdownSequence stops the program. First it may go on as before for a while, in which the platform stops sending
// requests. Then no new work is taken and services are told; the work in hand may finish within its time, then it loses
// its context; at the total time the program exits, whatever still runs.
type shutdownSequence struct {
	cfg        runconfig.GracefulShutdown
	server     *server.Server
	http       *http.Server
	listener   *drain.Listener
	served     <-chan struct{} // closed when the server accepts no more
	cancelWork context.CancelFunc
	services   *initialization
}

const (
	defaultTotal = 5 * time.Second
	// exitGrace is what remains for the exit itself.
	exitGrace = time.Second
	// firstRequest is how long a connection may take to send its first request when the program is about to stop.
	firstRequest = time.Second
)

func (s *shutdownSequence) run() {
	s.services.stop()
	s.server.Drain()
	// From here on the kernel lets nobody in. Services are told afterwards.
	s.report(s.listener.Drain(), "connections that come while the listener is being closed may be reset")
	total := seconds(s.cfg.Total, defaultTotal)
	handlers := seconds(s.cfg.Handlers, max(total-exitGrace, 0))
	hooks := seconds(s.cfg.ShutdownHooks, max(total-exitGrace, 0))

	force, cancelForce := context.WithTimeout(context.Background(), total)
	defer cancelForce()
	handlersUp, cancelHandlers := context.WithTimeout(force, handlers)
	defer cancelHandlers()
	context.AfterFunc(handlersUp, s.cancelWork)
	hooksUp, cancelHooks := context.WithTimeout(force, hooks)
	defer cancelHooks()

	requests, requestsDone := context.WithCancel(context.Background())
	messages, messagesDone := context.WithCancel(context.Background())
	tasks, tasksDone := context.WithCancel(context.Background())
	defer requestsDone()
	defer messagesDone()
	defer tasksDone()
	progress := shutdown.Progress{
		OutstandingRequests:       requests,
		OutstandingPubSubMessages: messages,
		OutstandingTasks:          tasks,
		ForceCloseTasks:           handlersUp,
		ForceShutdown:             force,
	}

	var work, services sync.WaitGroup
	work.Go(func() {
		defer requestsDone()
		// The connections that the kernel has accepted already are served as well.
		select {
		case <-s.served:
		case <-force.Done():
		}
		// So are those whose first request is on its way; one that does not come is not waited for.
		begun, cancelBegun := context.WithTimeout(force, firstRequest)
		s.listener.WaitBegun(begun)
		cancelBegun()
		// Connections that were hijacked are not waited for by the HTTP server, but by ours.
		err := s.http.Shutdown(force)
		s.server.Close()
		if err == nil {
			select {
			case <-s.server.Idle():
			case <-force.Done():
				err = force.Err()
			}
		}
		s.report(err, "requests did not finish in time")
	})
	work.Go(func() {
		defer messagesDone()
		s.report(lifecycle.Stop(handlersUp), "background work did not stop cleanly")
	})
	services.Go(func() {
		values, err := s.services.structs(hooksUp)
		s.report(err, "not every service could be told of the shutdown")
		for _, value := range values {
			services.Go(func() { s.report(callHook(value, progress), "a service failed to shut down") })
		}
	})
	go func() {
		work.Wait()
		tasksDone()
	}()
	wait(tasks, force)
	servicesDone, markDone := context.WithCancel(context.Background())
	go func() {
		services.Wait()
		markDone()
	}()
	wait(servicesDone, hooksUp)
	if closeErr := s.http.Close(); closeErr != nil {
		s.report(closeErr, "close the HTTP server")
	}
}

// keepAccepting serves on for a while, because the platform sends requests for some time after its signal. Clients are
// told not to use their connections again.
func (s *shutdownSequence) keepAccepting() {
	s.server.Drain()
	grace := seconds(s.cfg.Drain, 0)
	if text := hiddenenv.Get("ENCORE_K8S_GRACE_TERMINATION_SECONDS"); text != "" {
		given, err := time.ParseDuration(text + "s")
		s.report(err, "ENCORE_K8S_GRACE_TERMINATION_SECONDS is not a number")
		grace = max(grace, given)
	}
	if grace > 0 {
		<-time.After(grace)
	}
}

func wait(done, limit context.Context) {
	select {
	case <-done.Done():
	case <-limit.Done():
	}
}

// callHook calls the Shutdown method of a service struct, of either form, if it has one.
func callHook(value any, progress shutdown.Progress) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = errors.New("panic in a Shutdown method")
		}
	}()
	switch service := value.(type) {
	case shutdown.Handler:
		return service.Shutdown(progress)
	case interface{ Shutdown(force context.Context) }:
		service.Shutdown(progress.ForceShutdown)
	}
	return nil
}

func (s *shutdownSequence) report(err error, message string) {
	if err != nil {
		logs.Start(logs.Error, nil).Err(err).Send(message)
	}
}
