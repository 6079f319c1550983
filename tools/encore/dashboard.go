package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"encore.app/tools/encore/internal/dashboard"
)

// dashboardServer is the dashboard of a run.
type dashboardServer struct {
	*dashboard.Dashboard
	url  string
	stop context.CancelFunc
	done chan error
}

// listenDashboard listens for the dashboard, nil when there shall be none. The usual port may serve another run: then
// any will do.
func listenDashboard(addr string) (net.Listener, error) {
	if addr == "off" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("--dashboard=%s: it must be host:port or off", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("--dashboard=%s: the dashboard can do everything without a login, so it listens on a loopback address only", addr)
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the dashboard: %w", err)
	}
	return l, nil
}

// startDashboard serves the dashboard of a running environment.
func (r *runner) startDashboard() error {
	l, err := listenDashboard(r.flags.dashboard)
	if l == nil || err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	d := &dashboardServer{
		Dashboard: dashboard.New(dashboard.Options{App: r.env.App, AppURL: baseURL(r.listener), Environment: r.env}),
		url:       "http://" + l.Addr().String(), stop: cancel, done: make(chan error, 1),
	}
	go func() { d.done <- d.Serve(ctx, l) }()
	r.dashboard = d
	return nil
}

// Close ends the dashboard and the pages that follow it live.
func (d *dashboardServer) Close() error {
	d.stop()
	return <-d.done
}
