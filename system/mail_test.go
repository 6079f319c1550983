//go:build !encore_app

package system

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	netmail "net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/mail/smtptest"
)

// mailbox is the mail server of an installation: whatever is sent arrives in it.
type mailbox struct {
	*smtptest.Server

	login smtptest.Behaviour // asks for the user and the password of the installation
}

// letter is a message that arrived.
type letter struct {
	subject string
	text    string // the whole message, with its lines put together again
}

// startStackWithMail starts an installation in production, on which nobody has registered, with a mail server that wants
// an encrypted connection and the password. more are lines of its .env.
func startStackWithMail(t *testing.T, more ...string) (*stack, *mailbox) {
	t.Helper()
	server := smtptest.New(t, smtptest.Options{STARTTLS: true})
	env := map[string]string{
		"SMTP_HOST": "localhost", "SMTP_PORT": server.Port, "SMTP_TLS": "starttls", "MAIL_FROM": "Trottoir <office@trottoir.test>",
	}
	for _, line := range more {
		name, value, _ := strings.Cut(line, "=")
		env[name] = value
	}
	s := ownStack(t, production, env)
	s.certificates = filepath.Join(s.folder, "certificates", "mail.pem")
	require.NoError(t, os.WriteFile(s.certificates, server.Certificate, 0o644))
	box := &mailbox{server, smtptest.Behaviour{User: s.env["SECRET_EMAIL_USER"], Password: s.env["SECRET_EMAIL_USER_PSWD"]}}
	server.Behave(box.login)
	require.NoError(t, s.start())
	return s, box
}

// letters returns what arrived for an address, the oldest first.
func (m *mailbox) letters(to string) ([]letter, error) {
	var found []letter
	for _, message := range m.Received() {
		if !slices.Equal(message.To, []string{to}) {
			continue
		}
		read, err := netmail.ReadMessage(strings.NewReader(message.Raw))
		if err != nil {
			return nil, err
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil {
			return nil, err
		}
		// Quoted-printable: the lines are cut, and a = is written as its number.
		text := strings.ReplaceAll(strings.ReplaceAll(message.Raw, "=\r\n", ""), "=3D", "=")
		found = append(found, letter{subject, text})
	}
	return found, nil
}

// await waits for a letter and returns the last one with its subject.
func (m *mailbox) await(t *testing.T, to, subject string) letter {
	t.Helper()
	var last letter
	eventually(t, func() error {
		letters, err := m.letters(to)
		if err != nil {
			return finalError{err}
		}
		subjects := []string{}
		for _, l := range letters {
			subjects = append(subjects, l.subject)
			if l.subject == subject {
				last = l
			}
		}
		if last.subject == "" {
			return fmt.Errorf("no mail %q to %s among %q", subject, to, subjects)
		}
		return nil
	})
	return last
}

// requireSubjects requires that exactly these letters arrived for an address, in any order.
func (m *mailbox) requireSubjects(t *testing.T, to string, want ...string) {
	t.Helper()
	letters, err := m.letters(to)
	require.NoError(t, err)
	got := []string{}
	for _, l := range letters {
		got = append(got, l.subject)
	}
	require.ElementsMatch(t, want, got)
}

// flush waits until everything that was asked for before has arrived: what is asked for last has, and nothing waits.
func (m *mailbox) flush(t *testing.T, s *stack) {
	t.Helper()
	count := func() int {
		letters, err := m.letters(adminEmail)
		require.NoError(t, err)
		return len(letters)
	}
	before := count()
	s.forgetPassword(t, adminEmail)
	eventually(t, func() error {
		if count() == before {
			return errors.New("the last mail has not arrived")
		}
		for database, sql := range map[string]string{
			"auth": "select count(*) from outbox where published_at is null",
			"mail": "select count(*) from messages where status in ('waiting', 'sending')",
		} {
			if left := query[int64](t, s, database, sql); left > 0 {
				return fmt.Errorf("%d rows wait in %s", left, database)
			}
		}
		return nil
	})
}

// The secret part of the links in mail.
var (
	registerToken = regexp.MustCompile(`/register\?token=([\w-]+)`)
	resetToken    = regexp.MustCompile(`/reset-password#([\w.-]+)`)
)

// token returns the secret of the link in a letter, which must get into no log.
func (l letter) token(t *testing.T, link *regexp.Regexp) string {
	t.Helper()
	found := link.FindStringSubmatch(l.text)
	require.NotNil(t, found, "%s", l.text)
	return keepSecret("token of a link in a mail", found[1])
}

// somebody is a person with an account.
type somebody struct {
	*client

	id              int64
	email, password string
}

// invite makes an invitation and returns its token, which the office sees.
func invite(t *testing.T, office *client, email string) string {
	t.Helper()
	var invited struct {
		Token string `json:"token"`
	}
	office.ok(t, http.MethodPost, "/invitations", map[string]any{"email": email, "role": "student", "region_ids": []int64{}}, &invited)
	return keepSecret("token of an invitation", invited.Token)
}

// registration is what somebody sends who registers.
func registration(token, password string) map[string]string {
	return map[string]string{
		"token": token, "first_name": "Zoë", "last_name": "Van Damme", "password": password, "phone": "", "language": "en",
	}
}

// register makes an account with the token of an invitation, on a device of its own.
func (s *stack) register(t *testing.T, email, token string) somebody {
	t.Helper()
	who := somebody{client: s.newClient(t), email: email, password: newSecret("password of a student")}
	var registered struct {
		State   string        `json:"state"`
		Account accountAnswer `json:"account"`
	}
	answer := who.ok(t, http.MethodPost, "/auth/register", registration(token, who.password), &registered)
	require.Equal(t, "active", registered.State)
	who.keepSession(t, answer)
	who.id = registered.Account.ID
	return who
}

// forgetPassword asks for a link to choose a new one.
func (s *stack) forgetPassword(t *testing.T, email string) {
	t.Helper()
	s.newClient(t).ok(t, http.MethodPost, "/auth/forgot-password", map[string]string{"email": email}, nil)
}

const (
	invitedSubject = "Je bent uitgenodigd voor Trottoir" // the language of who has no account is not known
	resetSubject   = "Choose a new password"

	newDeviceSubject = "A new device signed in to your account"
)

func TestMailGoesOutOnceWhenRedisIsAway(t *testing.T) {
	t.Parallel()
	s, box := startStackWithMail(t)
	office := s.signedIn(t)
	const email, other = "zoe@trottoir.test", "noor@trottoir.test"
	token := invite(t, office, email)
	box.await(t, email, invitedSubject)
	student := s.register(t, email, token)

	// Redis ends while a mail is being handed in.
	handedIn, answer := make(chan struct{}), make(chan struct{})
	slow := box.login
	slow.Data = func(string) error {
		close(handedIn)
		select {
		case <-answer:
		case <-t.Context().Done():
		}
		return nil
	}
	box.Behave(slow)
	s.forgetPassword(t, email)
	select {
	case <-handedIn:
	case <-time.After(patience):
		require.Fail(t, "no mail is handed in")
	}
	require.NoError(t, s.redis.end(syscall.SIGKILL))
	box.Behave(box.login)
	close(answer)
	eventually(t, func() error {
		sent := query[int64](t, s, "mail", "select count(*) from messages where user_id = $1 and status = 'sent'", student.id)
		if sent != 1 {
			return fmt.Errorf("%d mails are recorded as sent", sent)
		}
		return nil
	})

	// What is asked for meanwhile waits in the database.
	s.forgetPassword(t, email)
	invite(t, office, other)
	require.Equal(t, int64(2), query[int64](t, s, "auth",
		"select count(*) from outbox where topic = 'mail-requests' and published_at is null"))
	require.NoError(t, s.startRedis())
	box.await(t, other, invitedSubject)
	box.flush(t, s)
	box.requireSubjects(t, email, invitedSubject, resetSubject, resetSubject)
	box.requireSubjects(t, other, invitedSubject)
}

func TestMailGoesOutOnceWhenTheMailServerWasDown(t *testing.T) {
	t.Parallel()
	s, box := startStackWithMail(t)
	office := s.signedIn(t)
	const email = "zoe@trottoir.test"
	token := invite(t, office, email)
	box.await(t, email, invitedSubject)
	student := s.register(t, email, token)

	box.Down()
	s.forgetPassword(t, email)
	tries := func(outcome string) int64 {
		return query[int64](t, s, "mail", `
			select count(*) from tries join messages on messages.id = tries.message_id
			where user_id = $1 and outcome::text = $2`, student.id, outcome)
	}
	eventually(t, func() error {
		if tries("unreachable") == 0 {
			return errors.New("the mail was not tried")
		}
		return nil
	})
	var status struct {
		Waiting, Failed int64
	}
	office.ok(t, http.MethodGet, "/mail/status", nil, &status)
	require.Equal(t, int64(1), status.Waiting, "the office sees that it waits")
	require.Zero(t, status.Failed)

	box.Up(t)
	require.NoError(t, poll(func() error { // the next try is about a minute later
		if tries("taken") == 0 {
			return errors.New("the mail did not go out")
		}
		return nil
	}, 2*time.Minute))
	box.flush(t, s)
	box.requireSubjects(t, email, invitedSubject, resetSubject)
	require.Equal(t, int64(1), tries("taken"))
	box.await(t, email, resetSubject).token(t, resetToken)
}

// registering is a registration that is under way.
type registering struct {
	answer *answer
	err    error
}

func TestADatabaseRestartInTheMiddleOfARegistration(t *testing.T) {
	t.Parallel()
	s, box := startStackWithMail(t)
	office := s.signedIn(t)

	// begin registers without waiting, and returns what comes of it.
	begin := func(t *testing.T, c *client, body map[string]string) <-chan registering {
		done := make(chan registering, 1)
		go func() {
			answer, err := c.send(t.Context(), http.MethodPost, s.api("/auth/register"), body)
			done <- registering{answer, err}
		}()
		return done
	}
	waiting := func(t *testing.T, kind, words string) {
		t.Helper()
		eventually(t, func() error {
			n := query[int64](t, s, "auth", `
				select count(*) from pg_stat_activity
				where datname = 'auth' and wait_event_type || '/' || wait_event like $1 and query ilike $2`, kind, words)
			if n != 1 {
				return fmt.Errorf("%d registrations wait for %s", n, kind)
			}
			return nil
		})
	}
	// restart ends the database under a registration, whose sender is told, and starts it again.
	restart := func(t *testing.T, c *client, body map[string]string, done <-chan registering) {
		t.Helper()
		require.NoError(t, s.postgres.end(syscall.SIGINT))
		first := <-done
		require.NoError(t, first.err)
		refusal := requireRefused(t, first.answer, http.StatusServiceUnavailable, "unavailable", "try_again")
		require.Positive(t, refusal.Details.RetryAfter)
		while := c.do(t, http.MethodPost, s.api("/auth/register"), body)
		requireRefused(t, while, http.StatusServiceUnavailable, "unavailable", "try_again")
		// What a test changed of its settings goes.
		require.NoError(t, os.WriteFile(filepath.Join(s.postgresData(), "postgresql.auto.conf"), nil, 0o600))
		require.NoError(t, s.startPostgres())
	}
	// again registers with the same link until the database is back.
	again := func(t *testing.T, c *client, body map[string]string) (last *answer) {
		t.Helper()
		eventually(t, func() error {
			last = c.do(t, http.MethodPost, s.api("/auth/register"), body)
			if last.StatusCode == http.StatusServiceUnavailable {
				return errors.New(string(last.body))
			}
			return nil
		})
		return last
	}
	requireOneAccount := func(t *testing.T, email string, sessions int64, subjects ...string) {
		t.Helper()
		require.Equal(t, int64(1), query[int64](t, s, "auth", "select count(*) from users where email = $1", email))
		require.Equal(t, sessions, query[int64](t, s, "auth",
			"select count(*) from sessions join users on users.id = user_id where email = $1", email))
		id := query[int64](t, s, "auth", "select id from users where email = $1", email)
		require.Equal(t, id, query[int64](t, s, "auth",
			"select user_id from invitations where email = $1 and accepted_at is not null", email))
		box.flush(t, s)
		box.requireSubjects(t, email, subjects...)
		eventually(t, func() error {
			n := query[int64](t, s, "audit", `
				select count(*) from entries where kind = 'account.created' and thing_id = $1::text`, fmt.Sprint(id))
			if n != 1 {
				return fmt.Errorf("the audit log tells %d times that the account was made", n)
			}
			return nil
		})
	}

	t.Run("before it is stored", func(t *testing.T) {
		const email = "zoe@trottoir.test"
		body := registration(invite(t, office, email), newSecret("password of a student"))
		box.await(t, email, invitedSubject)
		holder, err := s.connect(t.Context(), "auth")
		require.NoError(t, err)
		_, err = holder.Exec(t.Context(), "begin; select from invitations for update")
		require.NoError(t, err)
		c := s.newClient(t)
		done := begin(t, c, body)
		waiting(t, "Lock/%", "%invitations%for update%")
		restart(t, c, body, done)
		_ = holder.Close(t.Context()) // the server ended it

		registered := again(t, c, body)
		require.Equal(t, http.StatusOK, registered.StatusCode, "%s", registered.body)
		c.keepSession(t, registered)
		c.ok(t, http.MethodGet, "/me", nil, nil)
		requireRefused(t, again(t, c, body), http.StatusBadRequest, "failed_precondition", "invitation_used")
		requireOneAccount(t, email, 1, invitedSubject)
	})

	t.Run("when it is stored and nobody was told", func(t *testing.T) {
		const email = "noor@trottoir.test"
		body := registration(invite(t, office, email), newSecret("password of a student"))
		box.await(t, email, invitedSubject)
		box.flush(t, s)
		// Nothing that is stored from now on is answered: everything waits for a second server that does not exist.
		for _, sql := range []string{"alter system set synchronous_standby_names = 'nobody'", "select pg_reload_conf()"} {
			conn, err := s.connect(t.Context(), "auth")
			require.NoError(t, err)
			_, err = conn.Exec(t.Context(), sql)
			require.NoError(t, err)
			require.NoError(t, conn.Close(t.Context()))
		}
		eventually(t, func() error {
			if got := query[string](t, s, "auth", "show synchronous_standby_names"); got != "nobody" {
				return fmt.Errorf("the setting is %q", got)
			}
			return nil
		})
		c := s.newClient(t)
		done := begin(t, c, body)
		waiting(t, "%/SyncRep", "%")
		restart(t, c, body, done)

		requireRefused(t, again(t, c, body), http.StatusBadRequest, "failed_precondition", "invitation_used")
		c.signIn(t, email, body["password"]) // as the page says then
		// This device never got the cookie that tells it from others.
		requireOneAccount(t, email, 2, invitedSubject, newDeviceSubject)
	})
}
