package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"encore.app/tools/encore/internal/logline"
	"encore.app/tools/encore/internal/parse"
)

// runFlags are the flags of run.
type runFlags struct {
	port      int
	listen    string
	watch     bool
	json      bool
	logLevel  string
	dashboard string
	allowHost []string
	debug     bool
}

func newRunCommand(c *console) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the application, and reload it when a file is saved",
		Long: `run builds the application, starts what it needs (PostgreSQL, Redis, a mail inbox,
folders for its buckets), applies migrations and serves it. The data stays between
runs.

When a file is saved the application is built again and takes over without a
refused request. When that fails the reason is shown, and the program from before
the change keeps running.

The terminal shows the log of the program at the level info and above, so that the
lines about every request do not hide the rest; a request that fails is an error and
is always shown. --log-level=trace shows all. The dashboard has every line, whatever
the terminal shows. What the program prints by itself is shown as it is.

What the program logs with a field "notice" is no line of the log here: it stands below
the addresses, once, when run has started. The field is the heading, the other fields
are what it says, by their names.

Requests that are refused (not signed in, no right, not found …) are logged at the level
debug here, and at info elsewhere.

With --debug the program holds what a debugger needs to follow it line by line: attach
one to its process. Building takes longer then.

Ctrl-C stops everything and says what; a second Ctrl-C does not wait for it.`,
		Example: `  go tool encore run
  go tool encore run --port 5000
  go tool encore run --watch=false --json 2> log.json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.logLevel != "" && !slices.Contains(logline.Levels, f.logLevel) {
				return usage(cmd, "--log-level=%s: the levels are trace, debug, info, warn and error", f.logLevel)
			}
			if f.port < 0 || f.port > 65535 {
				return usage(cmd, "--port=%d is no port", f.port)
			}
			root, err := parse.FindRoot(".")
			if err != nil {
				return err
			}
			// Taken before anything else is started, so that a mistake costs no time.
			listener, err := listen(f)
			if err != nil {
				return err
			}
			ctx, cancel := c.context(cmd.Context())
			defer cancel()
			r := newRunner(root, c, f, listener)
			return r.run(ctx)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&f.port, "port", "p", 4000, "port to serve on; 0 takes any that is free")
	flags.StringVar(&f.listen, "listen", "127.0.0.1", "address to serve on, also as host:port")
	flags.BoolVar(&f.watch, "watch", true, "build anew and reload when a file is saved")
	flags.BoolVar(&f.json, "json", false, "show the log as the program writes it, in JSON, and all of it unless --log-level is given")
	flags.StringVarP(&f.logLevel, "log-level", "l", "", "least important messages to show here: trace, debug, info, warn or error (default info)")
	flags.BoolVar(&f.debug, "debug", false, "build a program that a debugger can follow line by line")
	flags.StringSliceVar(&f.allowHost, "allow-host", nil, "a further `name` by which the application is reached, such as that of a tunnel")
	flags.StringVar(&f.dashboard, "dashboard", "127.0.0.1:9400", `address of the dashboard, on this machine only; "off" for none`)
	return cmd
}

// shownLevel is the level of the least important lines that the terminal shows.
func (f runFlags) shownLevel() logline.Level {
	if level, ok := logline.ParseLevel(f.logLevel); ok {
		return level
	}
	if f.json {
		return logline.Trace // programs read it, which choose themselves
	}
	return logline.Info
}

func listen(f runFlags) (net.Listener, error) {
	addr := net.JoinHostPort(f.listen, strconv.Itoa(f.port))
	if host, port, err := net.SplitHostPort(f.listen); err == nil {
		addr = net.JoinHostPort(host, port)
	}
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, splitErr := net.SplitHostPort(addr)
		if splitErr != nil {
			return nil, splitErr
		}
		hint := "choose another port with --port"
		if n, err := strconv.Atoi(port); err == nil {
			hint = fmt.Sprintf("choose another one, for example --port %d", nextFree(addr, n))
		}
		return nil, fmt.Errorf("port %s is in use: stop the program that listens on %s, or %s", port, addr, hint)
	} else if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return l, nil
}

// nextFree returns a port after the one that is in use.
func nextFree(addr string, port int) int {
	host, _, _ := net.SplitHostPort(addr) // addr has just been used
	for n := port + 1; n < port+50 && n <= 65535; n++ {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(n))); err == nil {
			_ = l.Close() // nothing was written to it
			return n
		}
	}
	return 0 // which takes any
}

// baseURL is the address to open in a browser.
func baseURL(l net.Listener) string {
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return "http://" + l.Addr().String()
	}
	host := addr.IP.String()
	if addr.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(addr.Port))
}
