package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clusterUser is the superuser of the clusters made here.
const clusterUser = "encore"

// cluster is a PostgreSQL data folder and the server that runs on it. The caller holds a lock for it.
type cluster struct {
	dir          string // password, port and server.log; data lies in server/data
	disposable   bool   // for tests: speed before durability
	installation installation
	account      *account

	hurry <-chan struct{} // closed when stop shall not wait; may be nil

	port     int
	password string
	cmd      *exec.Cmd
	exited   chan struct{} // closed when the server has ended
}

func (c *cluster) serverDir() string { return filepath.Join(c.dir, "server") }
func (c *cluster) data() string      { return filepath.Join(c.serverDir(), "data") }
func (c *cluster) logFile() string   { return filepath.Join(c.dir, "server.log") }

// start makes the cluster if it does not exist yet, and starts its server.
func (c *cluster) start(ctx context.Context) error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fmt.Errorf("make the folder for databases: %w", err)
	}
	if err := c.account.checkReach(c.serverDir()); err != nil {
		return err
	}
	if err := c.account.makeFolder(c.serverDir()); err != nil {
		return fmt.Errorf("make the folder for databases: %w", err)
	}
	if err := c.stopLeftover(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); errors.Is(err, fs.ErrNotExist) {
		if err := c.initialize(ctx); err != nil {
			return err
		}
	} else if err != nil {
		return fmt.Errorf("look at the databases: %w", err)
	}
	if err := c.readSettings(); err != nil {
		return err
	}
	err := c.launch(ctx)
	if c.disposable && err != nil && ctx.Err() == nil {
		// Nothing in it is worth keeping, and without fsync a power cut may have damaged it.
		if err := os.RemoveAll(c.data()); err != nil {
			return fmt.Errorf("remove the damaged test databases: %w", err)
		}
		if err := c.initialize(ctx); err != nil {
			return err
		}
		return c.launch(ctx)
	}
	return err
}

// initialize makes the data folder. An interrupted attempt leaves nothing that looks finished.
func (c *cluster) initialize(ctx context.Context) error {
	unfinished := c.data() + ".new"
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("make the databases: %w", err)
	}
	secret := make([]byte, 16)
	rand.Read(secret)
	c.password = hex.EncodeToString(secret)
	passwordFile := filepath.Join(c.serverDir(), "password.new")
	if err := c.account.writeFile(passwordFile, []byte(c.password+"\n")); err != nil {
		return fmt.Errorf("make the databases: %w", err)
	}
	defer os.Remove(passwordFile)
	ctype := "C.UTF-8"
	if runtime.GOOS == "darwin" {
		ctype = "en_US.UTF-8"
	}
	args := []string{
		"--pgdata=" + unfinished, "--username=" + clusterUser, "--pwfile=" + passwordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--lc-collate=C", "--lc-ctype=" + ctype, "--lc-messages=C",
		"--lc-monetary=C", "--lc-numeric=C", "--lc-time=C",
	}
	if c.disposable {
		args = append(args, "--no-sync")
	}
	cmd := c.command(ctx, "initdb", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make the databases with %s: %w\n%s", cmd.Path, err, tail(string(out)))
	}
	if err := writeFile(filepath.Join(c.dir, "password"), []byte(c.password), 0o600); err != nil {
		return fmt.Errorf("keep the password of the databases: %w", err)
	}
	if err := os.Rename(unfinished, c.data()); err != nil {
		return fmt.Errorf("make the databases: %w", err)
	}
	return nil
}

// command is a program of the installation, run as the account.
func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.installation.program(name), args...)
	cmd.Dir = c.serverDir()
	locale := "C"
	if runtime.GOOS == "darwin" {
		locale = "en_US.UTF-8" // else the server becomes multithreaded at start and refuses
	}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=" + locale}
	c.account.apply(cmd)
	return cmd
}

// readSettings reads the password and the port. The port is kept between starts, unless another program took it.
func (c *cluster) readSettings() error {
	password, err := os.ReadFile(filepath.Join(c.dir, "password"))
	if err != nil {
		return fmt.Errorf("read the password of the databases: %w", err)
	}
	c.password = string(password)
	text, err := os.ReadFile(filepath.Join(c.dir, "port"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read the port of the databases: %w", err)
	}
	c.port, _ = strconv.Atoi(strings.TrimSpace(string(text))) // a bad number is replaced like a taken port
	return nil
}

// choosePort leaves the port as it is when it is free, else it takes another and keeps that.
func (c *cluster) choosePort() error {
	if c.port > 0 {
		if l, err := net.Listen("tcp", c.address()); err == nil {
			return l.Close()
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("find a port for PostgreSQL: %w", err)
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return fmt.Errorf("find a port for PostgreSQL: %w", err)
	}
	if err := writeFile(filepath.Join(c.dir, "port"), []byte(strconv.Itoa(c.port)+"\n"), 0o644); err != nil {
		return fmt.Errorf("keep the port of the databases: %w", err)
	}
	return nil
}

func (c *cluster) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)) }

// launch starts the server and waits until it answers. A port that someone takes at that very moment is replaced.
func (c *cluster) launch(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		if err := c.choosePort(); err != nil {
			return err
		}
		log, err := c.launchOnce(ctx)
		if err == nil {
			return nil
		}
		switch {
		case ctx.Err() != nil || attempt == 5:
			return err
		case strings.Contains(log, "Address already in use"):
			c.port = 0
		case strings.Contains(log, "pre-existing shared memory block"):
			// The processes of a killed server take a moment to notice.
			if err := sleep(ctx, time.Second); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func (c *cluster) launchOnce(ctx context.Context) (log string, err error) {
	output, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return "", fmt.Errorf("open the log of PostgreSQL: %w", err)
	}
	defer output.Close()
	c.cmd = c.command(context.WithoutCancel(ctx), "postgres", c.arguments()...)
	c.cmd.Stdout, c.cmd.Stderr = output, output
	c.exited = make(chan struct{})
	started := make(chan error, 1)
	go func() {
		// The kernel ends the server with the thread that started it, so this one must live as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.cmd.Start()
		started <- err
		if err == nil {
			_ = c.cmd.Wait() // how it ended stands in its log
			close(c.exited)
		}
	}()
	if err := <-started; err != nil {
		return "", fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := c.waitUntilReady(ctx); err != nil {
		c.stop()
		text, readErr := os.ReadFile(c.logFile())
		if readErr != nil {
			err = errors.Join(err, readErr)
		}
		return string(text), fmt.Errorf("start PostgreSQL: %w\n%s", err, tail(string(text)))
	}
	return "", nil
}

func (c *cluster) arguments() []string {
	args := []string{"-D", c.data(), "-p", strconv.Itoa(c.port)}
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=64MB",
		"password_encryption=scram-sha-256", "logging_collector=off", "log_destination=stderr", "synchronous_commit=off",
	}
	if c.disposable {
		settings = append(settings, "fsync=off", "full_page_writes=off", "timezone="+testTimeZone)
	} else {
		settings = append(settings, "timezone=UTC")
	}
	for _, setting := range settings {
		args = append(args, "-c", setting)
	}
	return args
}

func (c *cluster) waitUntilReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	server := c.server()
	for {
		conn, err := server.connect(ctx, server.database)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-c.exited:
			return errors.New("it ended at once")
		case <-ctx.Done():
			return fmt.Errorf("it did not answer: %w", err)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// stop ends the server: kindly, then less so. In a hurry it does not wait for the first: what is committed is in the
// server's log, from which it recovers at the next start.
func (c *cluster) stop() {
	hurry := c.hurry
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 15 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		_ = c.cmd.Process.Signal(step.signal) // fails when it has ended, which the channel tells
		select {
		case <-c.exited:
			return
		case <-hurry:
			hurry = nil // once is enough
		case <-time.After(step.wait):
		}
	}
}

// server describes the running server for connections.
func (c *cluster) server() *server {
	return &server{host: "127.0.0.1", port: c.port, user: clusterUser, password: c.password, database: "postgres", cluster: c}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// tail returns the last lines of a log.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-12):], "\n")
}
