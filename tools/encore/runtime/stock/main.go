package stock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	bridge "encore.stock"

	"encore.dev/internal/appmeta"
	"encore.dev/internal/drain"
	"encore.dev/internal/hiddenenv"
	"encore.dev/internal/lifecycle"
	"encore.dev/internal/logs"
	"encore.dev/internal/metrics"
	"encore.dev/internal/monitor"
	"encore.dev/internal/registry"
	"encore.dev/internal/runconfig"
	"encore.dev/internal/server"
	"encore.dev/internal/startmigrate"
	"encore.dev/internal/tracing"
)

// The packages of the application are initialized after this one, so they never see the runtime's variables.
func init() {
	runconfig.Hold()
	_, _ = runconfig.Load() // reads the variables before they are hidden; Main tells what is wrong
	if err := hiddenenv.Hide(); err != nil {
		fmt.Fprintf(os.Stderr, "cannot start: %v\n", err)
		os.Exit(2)
	}
}

// Main runs the program until it is told to stop by SIGTERM or SIGINT. It exits with status 0 after a graceful
// shutdown, 1 when the program fails, and 2 when its configuration is unusable.
//
// With the argument "healthcheck" it asks the program that runs with the same configuration whether it is ready, prints
// one line, and exits with status 0 or 1.
func Main(app *App) {
	if len(os.Args) > 1 && os.Args[1] == "healthcheck" {
		os.Exit(healthcheck())
	}
	if err := mistakes(); err != nil {
		runconfig.Refuse(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx, app, nil)
	stop()
	switch {
	case err == nil:
		os.Exit(0)
	case errors.Is(err, errConfiguration):
		runconfig.Refuse(err)
	}
	logs.Start(logs.Error, nil).Err(err).Send("the program failed")
	os.Exit(1)
}

// mistakes tells everything that is wrong with the configuration and with what the application reads from the environment
// itself, in a line for each.
func mistakes() error {
	cfg, err := runconfig.Load()
	all := []error{err, tracing.Check()}
	if err == nil && !cfg.Local.PrivateEndpoints { // a developer is only warned, by run
		all = append(all, checkSecrets())
	}
	for _, check := range bridge.StartChecks() {
		all = append(all, check())
	}
	return errors.Join(all...)
}

func healthcheck() (status int) {
	cfg, err := runconfig.Load()
	if err != nil {
		runconfig.Refuse(err)
	}
	line, ready := monitor.Ask(context.Background(), cfg.Metrics, listenAddress())
	fmt.Println(line)
	if !ready {
		return 1
	}
	return 0
}

var errConfiguration = errors.New("the configuration is unusable")

// run is Main without the process around it. listening, which may be nil, is told the address.
func run(ctx context.Context, app *App, listening func(net.Addr)) (err error) {
	cfg := runconfig.Get()
	appmeta.SetBuild(app.ID, app.Revision, app.Dirty)
	logs.SetUp(app.LogLevel)
	registry.SetHosted(cfg.HostedServices)
	if err := checkSecrets(); err != nil {
		return fmt.Errorf("%w: %w", errConfiguration, err)
	}
	initialized := newInitialization()
	running.Store(initialized)
	defer running.CompareAndSwap(initialized, nil)
	shuttingDown := new(atomic.Bool)
	meta := appmeta.Get()
	stopTracing, err := tracing.SetUp(ctx, tracing.Program{
		Name: meta.AppID, Revision: meta.Revision, Environment: meta.EnvName, Instance: meta.DeployID,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", errConfiguration, err)
	}
	checks := readiness(initialized, shuttingDown)
	srv, err := newServer(app, cfg, checks)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfiguration, err)
	}
	metrics.SetUp(meta.AppID, app.Revision, srv.Active, func() bool {
		return !slices.ContainsFunc(checks(), func(c server.Check) bool { return !c.Passed })
	})
	internal, err := monitor.Open(cfg.Metrics, checks)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfiguration, err)
	}
	// It answers until the end, so that the platform sees a program that shuts down rather than one that hangs.
	defer func() { err = errors.Join(err, internal.Close()) }()
	// Nothing is answered, not even whether the program is healthy, before the databases are what the services expect.
	if err := startmigrate.Run(ctx, cfg); ctx.Err() != nil {
		return nil // told to stop
	} else if err != nil {
		return err
	}
	listener, err := drain.Listen(listenAddress())
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}

	// Work that is not done when its time is up loses its context.
	work, cancelWork := context.WithCancel(context.Background())
	defer cancelWork()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	httpServer := &http.Server{
		Handler:     drain.Handler(srv),
		ConnContext: drain.ConnContext,
		Protocols:   protocols,
		BaseContext: func(net.Listener) context.Context { return work },
		ErrorLog:    logs.Standard("HTTP server"),
		// Bodies and responses may take as long as they need; a client that sends no request may not.
		ReadHeaderTimeout: time.Minute,
	}
	served, serveEnded := make(chan error, 1), make(chan struct{})
	go func() {
		served <- httpServer.Serve(listener)
		close(serveEnded)
	}()
	if listening != nil {
		listening(listener.Addr())
	}
	logs.Start(logs.Expected(), nil).Str("address", listener.Addr().String()).Send("listening for requests")

	failed := make(chan error, 1)
	go func() {
		if err := initialized.run(); err != nil {
			failed <- err
			return
		}
		if err := initialized.startWork(work); err != nil {
			failed <- err
		}
	}()

	var failure error
	select {
	case <-ctx.Done():
		logs.Start(logs.Expected(), nil).Send("got shutdown signal, initiating graceful shutdown")
	case failure = <-failed:
	case err := <-served:
		failure = fmt.Errorf("serve: %w", err)
	}
	shuttingDown.Store(true)
	sequence := &shutdownSequence{
		cfg: cfg.GracefulShutdown, server: srv, http: httpServer, listener: listener, served: serveEnded,
		cancelWork: cancelWork, services: initialized,
	}
	if failure == nil {
		sequence.keepAccepting()
	}
	sequence.run()
	last, cancel := context.WithTimeout(context.Background(), exitGrace)
	defer cancel()
	if err := stopTracing(last); err != nil {
		logs.Start(logs.Warn, nil).Err(err).Send("the last spans could not be exported")
	}
	return failure
}

// readiness returns what decides whether requests should be sent to the program.
func readiness(initialized *initialization, shuttingDown *atomic.Bool) func() []server.Check {
	return func() []server.Check {
		alive := server.Check{Name: "shutdown-signal-monitoring", Passed: !shuttingDown.Load()}
		if !alive.Passed {
			alive.Error = "the program is shutting down"
		}
		return []server.Check{initialized.check(), alive}
	}
}

func newServer(app *App, cfg *runconfig.Config, checks func() []server.Check) (*server.Server, error) {
	cors := server.CORS{
		Debug: app.CORS.Debug, AllowLocal: cfg.Local.LocalOrigins, AllowHeaders: app.CORS.AllowHeaders,
		ExposeHeaders:                  app.CORS.ExposeHeaders,
		AllowOriginsWithoutCredentials: app.CORS.AllowOriginsWithoutCredentials,
		AllowOriginsWithCredentials:    app.CORS.AllowOriginsWithCredentials,
	}
	if own := cfg.CORS; own != nil {
		cors = server.CORS{
			Debug: own.Debug, AllowLocal: cfg.Local.LocalOrigins, AllowHeaders: own.AllowHeaders, ExposeHeaders: own.ExposeHeaders,
			AllowOriginsWithoutCredentials: own.AllowOriginsWithoutCredentials,
			AllowOriginsWithCredentials:    own.AllowOriginsWithCredentials,
		}
	}
	var endpoints []*registry.Endpoint
	for _, e := range registry.Endpoints() {
		if registry.Hosted(e.Service) {
			endpoints = append(endpoints, e)
		}
	}
	meta := appmeta.Get()
	return server.New(server.Config{
		Endpoints:        endpoints,
		AuthHandler:      registry.TheAuthHandler(),
		CORS:             cors,
		PrivateEndpoints: cfg.Local.PrivateEndpoints,
		AllowHosts:       cfg.Local.AllowHosts,
		Indent:           meta.EnvType != "production",
		Mounts:           lifecycle.Mounts(),
		Health: server.Health{
			AppSlug: meta.AppID, EnvName: meta.EnvName, Revision: meta.Revision, DeployID: meta.DeployID,
			Checks: checks,
		},
	})
}

func listenAddress() string {
	if address := hiddenenv.Get("ENCORE_LISTEN_ADDR"); address != "" {
		return address
	}
	if port := os.Getenv("PORT"); port != "" {
		return ":" + port
	}
	return ":8080"
}

// seconds returns a configured time limit.
func seconds(configured *float64, otherwise time.Duration) time.Duration {
	if configured == nil {
		return otherwise
	}
	return time.Duration(*configured * float64(time.Second))
}
