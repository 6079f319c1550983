//go:build !encore_app

package system

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// The values of ENVIRONMENT.
const (
	development = "development"
	production  = "production"
)

const adminEmail = "admin@trottoir.test"

// stack is one installation.
type stack struct {
	name    string
	folder  string
	env     map[string]string // .env
	compose *compose
	// byAddress makes nginx use the addresses of the first two backends, not the name that the name server knows.
	byAddress bool
	// certificates is a file of those that backends trust, in place of the system's.
	certificates string
	// network is the /16 of loopback addresses that the containers and their clients have.
	network [2]byte
	clients atomic.Int32

	// shown and reported tell that a test has shown its logs, and why it did not start.
	shown, reported atomic.Bool

	registering   sync.Mutex
	adminPassword string

	preparing sync.Mutex
	work      *work

	httpPort, httpsPort, apiPort, statusPort int
	backendPort, frontendPort, internalPort  int
	postgresPort, redisPort                  int

	names                            *nameServer
	postgres, redis, frontend, nginx *process
	backends                         []*backend // those that have been started, in order
}

// backend is one backend container.
type backend struct {
	*process

	ip string
	// url is where it answers, without nginx; internal is its internal port.
	url, internal string
}

// newStack makes an installation that is not started yet. change are lines of its .env.
func newStack(name, environment string, change map[string]string) (*stack, error) {
	random := make([]byte, 2)
	_, _ = rand.Read(random) // never fails
	s := &stack{
		name: name, folder: filepath.Join(workFolder, name),
		network: [2]byte{64 + random[0]%64, random[1]},
	}
	for _, port := range []*int{
		&s.httpPort, &s.httpsPort, &s.apiPort, &s.statusPort, &s.backendPort, &s.frontendPort, &s.internalPort,
		&s.postgresPort, &s.redisPort,
	} {
		var err error
		if *port, err = freePort(); err != nil {
			return s, err
		}
	}
	s.env = map[string]string{
		"ENVIRONMENT": environment, "BACKEND_PORT": strconv.Itoa(s.apiPort), "TIME_ZONE": noonZone(),
		"POSTGRES_USER": "trottoir", "POSTGRES_PASSWORD": newSecret("password of the database"), "POSTGRES_DB": "trottoir",
		"SECRET_KEY":        newSecret("SECRET_KEY"),
		"SECRET_EMAIL_USER": "sender@trottoir.test", "SECRET_EMAIL_USER_PSWD": newSecret("password for mail"),
		"TRUSTED_PROXIES": s.ip(9),
	}
	if environment == production {
		s.env["DOMAIN"], s.env["ADMIN_EMAIL"] = "trottoir.test", adminEmail
	} else {
		s.env["DEMO_DATA"] = "true"
	}
	maps.Copy(s.env, change)
	for _, folder := range []string{"logs", "certificates", "webroot", "nginx", "data", "redis", "postgres"} {
		if err := os.MkdirAll(filepath.Join(s.folder, folder), 0o755); err != nil {
			return s, err
		}
	}
	var err error
	if s.compose, err = readCompose(s.env); err != nil {
		return s, err
	}
	return s, giveAway(s.folder)
}

// noonZone is a time zone in which it is about noon, so that no test meets midnight.
func noonZone() string {
	// The signs of these names are those of POSIX: Etc/GMT-3 is three hours ahead.
	return fmt.Sprintf("Etc/GMT%+d", time.Now().UTC().Hour()-12)
}

func newSecret(what string) string {
	random := make([]byte, 24)
	_, _ = rand.Read(random) // never fails
	return keepSecret(what, hex.EncodeToString(random))
}

var ports struct {
	sync.Mutex

	next int
}

// freePort returns a port that is free on all addresses, from below those that the kernel gives to clients.
func freePort() (int, error) {
	ports.Lock()
	defer ports.Unlock()
	if ports.next == 0 {
		ports.next = 10_000 + os.Getpid()*37%20_000
	}
	for range 1000 {
		ports.next++
		listener, err := net.Listen("tcp", ":"+strconv.Itoa(ports.next))
		if err == nil {
			return ports.next, listener.Close()
		}
	}
	return 0, errors.New("there is no free port")
}

// ip returns the container address of a number.
func (s *stack) ip(number int) string {
	return fmt.Sprintf("127.%d.%d.%d", s.network[0], s.network[1], number)
}

func (s *stack) log(name string) string { return filepath.Join(s.folder, "logs", name+".log") }

func address(ip string, port int) string { return net.JoinHostPort(ip, strconv.Itoa(port)) }

// start starts everything, with two backends at once on a database server that is empty.
func (s *stack) start() (err error) {
	if s.names, err = startNameServer(s.ip(2)); err != nil {
		return err
	}
	if err := s.makePostgres(); err != nil {
		return err
	}
	if err := errors.Join(s.startPostgres(), s.startRedis()); err != nil {
		return err
	}
	if err := s.createDatabase(); err != nil {
		return err
	}
	for range 2 {
		if _, err := s.startBackend(); err != nil {
			return err
		}
	}
	if err := s.startFrontend(); err != nil {
		return err
	}
	for _, b := range s.backends {
		if err := poll(b.ready, 2*patience); err != nil {
			return fmt.Errorf("%s is not ready: %w", b.name, err)
		}
	}
	if err := poll(func() error { return getOK("http://" + address(s.ip(5), s.internalPort) + "/readyz") }, patience); err != nil {
		return fmt.Errorf("the frontend is not ready: %w", err)
	}
	s.publish(s.backends...)
	return s.startNginx()
}

// stop ends everything.
func (s *stack) stop() error {
	var err error
	stop := func(p *process, signal syscall.Signal) {
		if p != nil {
			err = errors.Join(err, p.end(signal))
		}
	}
	stop(s.nginx, syscall.SIGTERM)
	stop(s.frontend, syscall.SIGKILL) // how it stops is tested elsewhere
	for _, b := range s.backends {
		stop(b.process, syscall.SIGKILL)
	}
	stop(s.redis, syscall.SIGKILL)
	stop(s.postgres, syscall.SIGQUIT)
	if s.names != nil {
		err = errors.Join(err, s.names.close())
	}
	return err
}

func postgresProgram(name string) (string, error) {
	return find(name, "postgresql", "/usr/lib/postgresql/*/bin")
}

// makePostgres makes an empty database server, as the database image does at its first start.
func (s *stack) makePostgres() error {
	initdb, err := postgresProgram("initdb")
	if err != nil {
		return err
	}
	passwordFile := filepath.Join(s.folder, "postgres", "password")
	if err := os.WriteFile(passwordFile, []byte(s.env["POSTGRES_PASSWORD"]), 0o600); err != nil {
		return err
	}
	if err := giveAway(passwordFile); err != nil {
		return err
	}
	made, err := start(program{name: "initdb", path: initdb, args: []string{
		"--pgdata=" + s.postgresData(), "--username=" + s.env["POSTGRES_USER"], "--pwfile=" + passwordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
	}, dir: s.folder}, s.log("initdb"))
	if err != nil {
		return err
	}
	if <-made.done; made.status() != 0 {
		return fmt.Errorf("initdb failed:\n%s", tail(made.log, 10))
	}
	return nil
}

func (s *stack) postgresData() string { return filepath.Join(s.folder, "postgres", "data") }

// startPostgres starts the database with the settings of docker-compose.yml.
func (s *stack) startPostgres() error {
	postgres, err := postgresProgram("postgres")
	if err != nil {
		return err
	}
	args := slices.Concat(s.compose.Services["database"].Command[1:], []string{
		"-D", s.postgresData(), "-p", strconv.Itoa(s.postgresPort),
		"-c", "listen_addresses=" + s.ip(3), "-c", "unix_socket_directories=", "-c", "shared_buffers=32MB",
	})
	s.postgres, err = start(program{
		name: "postgres", path: postgres, args: args, dir: s.folder, death: syscall.SIGQUIT,
	}, s.log("postgres"))
	return err
}

func (s *stack) createDatabase() error {
	var conn *pgx.Conn
	err := poll(func() (err error) {
		conn, err = s.connect(context.Background(), "postgres")
		return err
	}, patience)
	if err != nil {
		return err
	}
	_, err = conn.Exec(context.Background(), "create database "+s.env["POSTGRES_DB"])
	return errors.Join(err, conn.Close(context.Background()))
}

// connect opens a connection to a database of the installation.
func (s *stack) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	return pgx.Connect(ctx, fmt.Sprintf("postgres://%s:%s@%s/%s",
		s.env["POSTGRES_USER"], s.env["POSTGRES_PASSWORD"], address(s.ip(3), s.postgresPort), database))
}

// query returns the single value that a query answers.
func query[T any](t *testing.T, s *stack, database, sql string, args ...any) (value T) {
	t.Helper()
	conn, err := s.connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(context.Background())
	require.NoError(t, conn.QueryRow(t.Context(), sql, args...).Scan(&value))
	return value
}

// startRedis starts Redis with the settings of docker-compose.yml.
func (s *stack) startRedis() error {
	redis, err := find("redis-server", "redis-server")
	if err != nil {
		return err
	}
	args := slices.Concat(s.compose.Services["redis"].Command[1:], []string{"--bind", s.ip(4), "--port", strconv.Itoa(s.redisPort)})
	args[slices.Index(args, "--dir")+1] = filepath.Join(s.folder, "redis")
	s.redis, err = start(program{name: "redis", path: redis, args: args, dir: s.folder}, s.log("redis"))
	if err != nil {
		return err
	}
	return poll(s.pingRedis, patience)
}

func (s *stack) pingRedis() error {
	conn, err := net.DialTimeout("tcp", address(s.ip(4), s.redisPort), time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		return err
	}
	answer := make([]byte, 7)
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if string(answer) != "+PONG\r\n" {
		return fmt.Errorf("redis answers %q", answer)
	}
	return nil
}

// configFile writes the configuration of an image, moved to where its files and its address are here.
func (s *stack) configFile(image, container, ip string) (string, error) {
	content, err := os.ReadFile(filepath.Join(imageFolder(image), "encore", "infra.config.json"))
	if err != nil {
		return "", err
	}
	for from, to := range map[string]string{
		`"/encore/`: `"` + filepath.Join(imageFolder(image), "encore") + `/`,
		`"/data/`:   `"` + filepath.Join(s.folder, "data") + `/`,
		`":9464"`:   `"` + address(ip, s.internalPort) + `"`,
	} {
		content = bytes.ReplaceAll(content, []byte(from), []byte(to))
	}
	path := filepath.Join(s.folder, container+".infra.config.json")
	return path, os.WriteFile(path, content, 0o644)
}

// environBackend is what docker-compose.yml gives to a backend, with other addresses.
func (s *stack) environBackend(ip, config string) []string {
	redis := address(s.ip(4), s.redisPort)
	change := map[string]string{
		"POSTGRES_HOST": address(s.ip(3), s.postgresPort), "REDIS_HOST": redis, "REDIS_URL": "redis://" + redis + "/0",
		"TMPDIR":                   filepath.Join(s.folder, "data", "tmp"),
		"ENCORE_INFRA_CONFIG_PATH": config, "ENCORE_LISTEN_ADDR": address(ip, s.backendPort),
	}
	if s.certificates != "" {
		change["SSL_CERT_FILE"] = s.certificates
	}
	return s.compose.environ("backend", change)
}

// startBackend starts one more backend. nginx learns of it by publish.
func (s *stack) startBackend() (*backend, error) {
	b, err := s.startBackendAt(len(s.backends) + 1)
	if err == nil {
		s.backends = append(s.backends, b)
	}
	return b, err
}

// startBackendAt starts the backend of a number.
func (s *stack) startBackendAt(number int) (*backend, error) {
	b := &backend{ip: s.ip(10 + number)}
	b.url, b.internal = "http://"+address(b.ip, s.backendPort), "http://"+address(b.ip, s.internalPort)
	name := fmt.Sprintf("backend%d", number)
	config, err := s.configFile("backend", name, b.ip)
	if err != nil {
		return nil, err
	}
	b.process, err = start(program{
		name: name, path: filepath.Join(imageFolder("backend"), "artifacts", "server"),
		env: s.environBackend(b.ip, config), dir: s.folder,
	}, s.log(name))
	return b, err
}

// ready returns nil when the backend says so itself.
func (b *backend) ready() error {
	if b.ended() {
		return finalError{fmt.Errorf("it ended with status %d:\n%s", b.status(), tail(b.log, 10))}
	}
	return getOK(b.internal + "/readyz")
}

func getOK(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %d %s", url, response.StatusCode, body)
	}
	return err
}

// publish makes the name backend stand for these containers, as Compose does for those that run.
func (s *stack) publish(backends ...*backend) {
	var addresses []netip.Addr
	for _, b := range backends {
		addresses = append(addresses, netip.MustParseAddr(b.ip))
	}
	s.names.set("backend", addresses...)
	s.names.set("frontend", netip.MustParseAddr(s.ip(5)))
}

func (s *stack) startFrontend() error {
	config, err := s.configFile("frontend", "frontend", s.ip(5))
	if err != nil {
		return err
	}
	s.frontend, err = start(program{
		name: "frontend", path: filepath.Join(imageFolder("frontend"), "artifacts", "server"), dir: s.folder,
		env: s.compose.environ("frontend", map[string]string{
			"ENCORE_INFRA_CONFIG_PATH": config, "ENCORE_LISTEN_ADDR": address(s.ip(5), s.frontendPort),
		}),
	}, s.log("frontend"))
	return err
}

// nginxProgram is the entry script with one of its commands.
func (s *stack) nginxProgram(command string) program {
	backend := fmt.Sprintf("backend:%d", s.backendPort)
	if s.byAddress {
		backend = address(s.backends[0].ip, s.backendPort) + " " + address(s.backends[1].ip, s.backendPort)
	}
	change := map[string]string{
		"HTTP_PORT": strconv.Itoa(s.httpPort), "HTTPS_PORT": strconv.Itoa(s.httpsPort), "API_PORT": strconv.Itoa(s.apiPort),
		"BACKEND": backend, "FRONTEND": fmt.Sprintf("frontend:%d", s.frontendPort),
		"NGINX_RESOLVER": s.names.address(), "NGINX_STATUS_PORT": strconv.Itoa(s.statusPort),
		"NGINX_STATE": filepath.Join(s.folder, "nginx"), "NGINX_CERTIFICATES": filepath.Join(s.folder, "certificates"),
		"NGINX_WEBROOT": filepath.Join(s.folder, "webroot"), "NGINX_ACCESS_LOG": s.log("access"),
		"NGINX_WATCH_SECONDS": "1", "NGINX_WORKERS": "1",
	}
	return program{
		name: "nginx", path: filepath.Join(workFolder, "nginx", "entry"), args: []string{command},
		env: s.compose.environ("nginx", change), dir: s.folder, death: syscall.SIGTERM,
	}
}

func (s *stack) startNginx() (err error) {
	if _, err := find("nginx", "nginx-light"); err != nil {
		return err
	}
	if s.nginx, err = start(s.nginxProgram("run"), s.log("nginx")); err != nil {
		return err
	}
	return poll(func() error {
		if s.nginx.ended() {
			return finalError{fmt.Errorf("nginx ended:\n%s", tail(s.nginx.log, 20))}
		}
		return getOK(fmt.Sprintf("http://127.0.0.1:%d/healthz", s.statusPort))
	}, patience)
}

// startStack starts an installation of the test's own, without demo data. In development nginx is given the addresses of
// the backends, in production the name that stands for them.
func startStack(t *testing.T, environment string) *stack {
	t.Helper()
	s := ownStack(t, environment, nil)
	require.NoError(t, s.start())
	return s
}

// ownStack makes the installation of startStack, which is not started yet. change are more lines of its .env.
func ownStack(t *testing.T, environment string, change map[string]string) *stack {
	t.Helper()
	env := map[string]string{"DEMO_DATA": "", "ADMIN_EMAIL": adminEmail}
	maps.Copy(env, change)
	s, err := newStack(strings.ReplaceAll(t.Name(), "/", "-"), environment, env)
	require.NoError(t, err)
	s.byAddress = environment == development
	t.Cleanup(func() {
		showLogs(t, s)
		require.NoError(t, s.stop())
	})
	return s
}

// showLogs shows the end of each log when the test has failed.
func showLogs(t *testing.T, s *stack) {
	t.Helper()
	if !t.Failed() || s.shown.Swap(true) {
		return
	}
	logs, err := filepath.Glob(s.log("*"))
	require.NoError(t, err)
	for _, log := range logs {
		if filepath.Base(log) == "initdb.log" {
			continue
		}
		t.Logf("--- the end of %s of %s\n%s", filepath.Base(log), s.name, tail(log, 25))
	}
}

// shared are the installations that tests share which leave them as they are, by environment.
var shared = map[string]func() (*stack, error){
	development: sync.OnceValues(func() (*stack, error) { return startShared(development) }),
	production:  sync.OnceValues(func() (*stack, error) { return startShared(production) }),
}

var startedShared struct {
	sync.Mutex

	stacks []*stack
}

func startShared(environment string) (*stack, error) {
	s, err := newStack(environment, environment, nil)
	if err != nil {
		return s, err
	}
	startedShared.Lock()
	startedShared.stacks = append(startedShared.stacks, s)
	startedShared.Unlock()
	if err := s.start(); err != nil {
		return s, fmt.Errorf("start the %s installation: %w", environment, err)
	}
	return s, nil
}

func stopShared() (err error) {
	for _, s := range startedShared.stacks {
		err = errors.Join(err, s.stop())
	}
	return err
}

// sharedStack returns the running installation that tests of an environment share.
func sharedStack(t *testing.T, environment string) *stack {
	t.Helper()
	s, err := shared[environment]()
	t.Cleanup(func() {
		showLogs(t, s)
	})
	if err != nil && s.reported.Swap(true) {
		t.Fatal("the installation did not start: another test tells why")
	}
	require.NoError(t, err)
	return s
}

// inBoth runs a test on both shared installations.
func inBoth(t *testing.T, test func(t *testing.T, s *stack)) {
	t.Helper()
	each(t, func(t *testing.T, environment string) { test(t, sharedStack(t, environment)) })
}

// each runs a test for both environments.
func each(t *testing.T, test func(t *testing.T, environment string)) {
	t.Helper()
	for _, environment := range []string{development, production} {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			test(t, environment)
		})
	}
}
