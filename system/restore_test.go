//go:build !encore_app

package system

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// docker stands for Docker: it says that the database runs, and runs what Compose runs in the container `maintenance` here.
const docker = `#!/bin/bash
case "$*" in
  'compose version' | info) ;;
  'compose ps -q database') echo database ;;
  'compose ps -q backend') ;; # the test stops and starts them
  'inspect -f {{.State.Running}} database') echo true ;;
  'compose --profile maintenance run --rm --no-deps -T maintenance /maintenance/'*)
    shift 8
    step=$1
    shift
    exec bash "$MAINTENANCE${step#/maintenance}" "$@"
    ;;
  *) exit 1 ;;
esac
`

// operate runs a script of the installation as its operator does, with a stand-in for Docker. It returns what it says.
func (s *stack) operate(t *testing.T, script string, args ...string) string {
	t.Helper()
	place := filepath.Join(s.folder, "installation")
	require.NoError(t, os.MkdirAll(filepath.Join(place, "bin"), 0o755))
	for _, folder := range []string{"scripts", "infra/database"} {
		if _, err := os.Stat(filepath.Join(place, folder)); err == nil {
			continue // of the step before
		}
		require.NoError(t, os.CopyFS(filepath.Join(place, folder), os.DirFS(filepath.Join(source, folder))))
	}
	require.NoError(t, os.WriteFile(filepath.Join(place, "bin", "docker"), []byte(docker), 0o755))
	require.NoError(t, giveAway(place))
	env := s.compose.environ("maintenance", map[string]string{
		"POSTGRES_HOST": address(s.ip(3), s.postgresPort), "DATA": filepath.Join(s.folder, "data"),
		"MAINTENANCE": filepath.Join(place, "infra", "database"),
		"PATH":        filepath.Join(place, "bin") + ":" + searchPath(),
	})
	for name, value := range s.env { // .env
		if name != "POSTGRES_HOST" {
			env = append(env, name+"="+value)
		}
	}
	ran, err := start(program{
		name: script, path: filepath.Join(place, "scripts", script), args: args, env: env, dir: place,
	}, s.log(script))
	require.NoError(t, err)
	<-ran.done
	require.Zero(t, ran.status(), ran.output(t))
	return ran.output(t)
}

// execute changes something in a database of the installation.
func execute(t *testing.T, s *stack, database, sql string, args ...any) {
	t.Helper()
	conn, err := s.connect(t.Context(), database)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// arrived returns nil when each of the addresses has got a letter.
func (m *mailbox) arrived(addresses ...string) error {
	for _, to := range addresses {
		letters, err := m.letters(to)
		if err != nil {
			return finalError{err}
		}
		if len(letters) == 0 {
			return fmt.Errorf("nothing has arrived for %s", to)
		}
	}
	return nil
}

// What waited when a backup was made was sent since: a restored installation sends it only when the office says so, and does not
// ask anew what it asks once a day.
func TestARestoredInstallationSendsNoOldMail(t *testing.T) {
	t.Parallel()
	s, box := startStackWithMail(t, "REMINDER_TIME=00:00", "LATE_TIME=00:00")
	office := s.signedIn(t)
	const invited, late = "zoe@trottoir.test", "noor@trottoir.test"
	bucket := filepath.Join(s.folder, "data", "buckets")
	for _, file := range []string{"pictures/objects/a/320.jpg", "pictures/objects/a/1600.jpg", "manuals/objects/b.pdf"} {
		file = filepath.Join(bucket, file)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte("content"), 0o600))
	}
	require.NoError(t, giveAway(bucket))

	// A mail that the mail server does not take, one that is to be told in a while, and a request that has not left its service.
	box.Down()
	invite(t, office, invited)
	eventually(t, func() error {
		if tries := query[int64](t, s, "mail", "select count(*) from tries where outcome = 'unreachable'"); tries == 0 {
			return errors.New("the mail was not tried")
		}
		return nil
	})
	me := query[int64](t, s, "auth", "select id from users where email = $1", adminEmail)
	execute(t, s, "mail", `insert into gathered (source, user_id, kind, facts, created_at) values ('old', $1, 'stops', '{}', now())`, me)
	execute(t, s, "mail", `insert into digests (user_id, kind, first_at, due_at) values ($1, 'stops', now(), now() + interval '1 hour')`, me)
	require.NoError(t, s.redis.end(syscall.SIGKILL))
	invite(t, office, late)
	execute(t, s, "core", `insert into outbox (topic, payload) values ('run-events', '{"type": "run.planned", "run_id": 1}')`)

	file := filepath.Join(s.folder, "backup.tar")
	said := s.operate(t, "backup", file)
	require.Contains(t, said, "pictures: 1 ")
	require.Contains(t, said, "manuals: 1 ")

	// Since then it has been sent.
	require.NoError(t, s.startRedis())
	box.Up(t)
	require.NoError(t, poll(func() error { // the next try is about a minute later
		return box.arrived(invited, late)
	}, 2*time.Minute))

	for _, b := range s.backends {
		require.NoError(t, b.end(syscall.SIGTERM))
	}
	said = s.operate(t, "restore", "--replace", file)
	require.Contains(t, said, "pictures with files 1")
	require.Contains(t, said, "manuals with files 1")
	require.Contains(t, said, "is not sent: 2", "the invitation, and that the administrator has a new device")
	require.Equal(t, int64(2), query[int64](t, s, "mail", "select count(*) from days where date = (now() at time zone $1)::date", s.env["TIME_ZONE"]),
		"the reminder and the late runs of today were told")
	require.Zero(t, query[int64](t, s, "core", "select count(*) from outbox where topic = 'run-events' and published_at is null"))

	numbers := len(s.backends)
	s.backends = nil
	for number := range numbers {
		b, err := s.startBackendAt(number + 1)
		require.NoError(t, err)
		s.backends = append(s.backends, b)
		eventually(t, b.ready)
	}
	box.flush(t, s)
	box.requireSubjects(t, invited, invitedSubject)
	box.requireSubjects(t, late, invitedSubject)
	invitation := query[int64](t, s, "auth", "select id from invitations where email = $1", invited)
	held := query[int64](t, s, "mail", "select id from messages where kind = 'invitation' and thing_id = $1", invitation)
	require.Equal(t, "withdrawn", query[string](t, s, "mail", "select status::text from messages where id = $1", held))
	require.Zero(t, query[int64](t, s, "mail", "select count(*) from messages where kind in ('stops', 'reminder', 'run-late')"))

	office.ok(t, http.MethodPost, "/mail/messages/"+strconv.FormatInt(held, 10)+"/resend", map[string]string{}, nil)
	eventually(t, func() error {
		letters, err := box.letters(invited)
		if err == nil && len(letters) != 2 {
			err = fmt.Errorf("%d letters have arrived", len(letters))
		}
		return err
	})
}
