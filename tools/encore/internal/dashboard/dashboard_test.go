package dashboard

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
	"encore.app/tools/encore/internal/local"
)

func noEnvironment(string) (string, bool) { return "", false }

// example is an application with one of everything.
func example(t *testing.T) *app.App {
	t.Helper()
	text := &app.Type{Kind: app.Builtin, Name: "string"}
	status := &app.Type{Kind: app.Named, Name: "Status", Underlying: text, Enum: []app.EnumValue{{Name: "Planned", Value: `"planned"`}}}
	node := &app.Type{Kind: app.Named, Name: "Note"}
	node.Underlying = &app.Type{Kind: app.Struct, Fields: []*app.Field{
		{Name: "Text", WireName: "text", Type: text, Location: app.InBody, Doc: "Text is <b>what</b> it says."},
		{Name: "Status", WireName: "status", Type: status, Location: app.InBody},
		{Name: "Replies", WireName: "replies", Type: &app.Type{Kind: app.Slice, Elem: node}, Location: app.InBody},
		{Name: "Lang", WireName: "Accept-Language", Type: text, Location: app.InHeader},
	}}
	a := &app.App{Root: t.TempDir(), File: app.AppFile{ID: "example"}}
	s := &app.Service{Name: "notes", Doc: "Package notes keeps notes."}
	e := &app.Endpoint{
		Service: s, Name: "Add", Access: app.Private, Methods: []string{"POST"}, Path: "/notes/:book/*rest",
		PathParams: []app.PathParam{{Name: "book", Kind: app.ParamSegment, GoType: text}, {Name: "rest", Kind: app.ParamWildcard, GoType: text}},
		Request:    node, Response: node,
	}
	s.Endpoints = []*app.Endpoint{e}
	a.Services = []*app.Service{s}
	a.AuthHandler = &app.AuthHandler{Params: text}
	a.Topics = []*app.Topic{{Name: "note-events", Message: node}}
	a.Subscriptions = []*app.Subscription{{Service: s, Topic: a.Topics[0], Name: "reader"}}
	a.CronJobs = []*app.CronJob{{Service: s, ID: "tidy", Endpoint: e, Every: 3600}}
	a.Buckets = []*app.Bucket{{Name: "pictures"}}
	return a
}

type site struct {
	*Dashboard
	t   *testing.T
	url string
	env *local.Environment
}

func open(t *testing.T, a *app.App, dataDir, appURL string) *site {
	t.Helper()
	env, err := local.Start(t.Context(), a, local.Options{Mode: local.Test, DataDir: dataDir, LookupEnv: noEnvironment})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, env.Close()) })
	require.NoError(t, env.Migrate(t.Context()))
	d := New(Options{App: func() *app.App { return a }, AppURL: appURL, Environment: env})
	server := httptest.NewServer(d.handler)
	t.Cleanup(server.Close)
	return &site{d, t, server.URL, env}
}

func (s *site) get(path string) (status int, body string) {
	s.t.Helper()
	res, err := http.Get(s.url + path)
	require.NoError(s.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return res.StatusCode, string(data)
}

func (s *site) post(path string, form url.Values) string {
	s.t.Helper()
	res, err := http.PostForm(s.url+path, form)
	require.NoError(s.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return string(data)
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "http://127.0.0.1:1")
	for path, want := range map[string]string{
		"/":                   "/notes/:book/*rest",
		"/services/notes":     "Package notes keeps notes.",
		"/services/notes/Add": "Text is &lt;b&gt;what&lt;/b&gt; it says.",
		"/logs":               "Nothing yet",
		"/databases":          "no databases",
		"/topics":             "reader",
		"/cron":               "every 1h",
		"/buckets":            "pictures",
		"/buckets/pictures":   "empty",
		"/mail":               "No mail yet",
	} {
		status, body := s.get(path)
		require.Equal(t, http.StatusOK, status, path)
		require.Contains(t, body, want, path)
	}
	_, body := s.get("/services/notes/Add")
	require.Contains(t, body, "&#34;status&#34;: &#34;planned&#34;", "the body is prefilled")
	for _, path := range []string{"/nowhere", "/services/x", "/services/notes/x", "/buckets/x", "/databases/x", "/mail/1"} {
		status, _ := s.get(path)
		require.Equal(t, http.StatusNotFound, status, path)
	}
}

func TestOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "http://127.0.0.1:1")
	for _, test := range []struct {
		method, host, header, value string
		want                        int
	}{
		{"GET", "", "", "", http.StatusOK},
		{"GET", "localhost:9400", "", "", http.StatusOK},
		{"GET", "evil.example:9400", "", "", http.StatusForbidden},
		{"GET", "127.0.0.1.evil.example", "", "", http.StatusForbidden},
		{"GET", "", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"POST", "", "Origin", "https://evil.example", http.StatusForbidden},
		{"POST", "", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
	} {
		path := "/"
		if test.method == "POST" {
			path = "/mail/delete"
		}
		r := httptest.NewRequest(test.method, s.url+path, nil)
		if test.host != "" {
			r.Host = test.host
		}
		if test.header != "" {
			r.Header.Set(test.header, test.value)
		}
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		require.Equal(t, test.want, w.Code, test)
	}
}

func TestCallMakesTheRequest(t *testing.T) {
	t.Parallel()
	program := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		w.Header().Set("X-Encore-Trace-Id", "trace1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, "%s %s auth=%s lang=%s body=%s", r.Method, r.URL.EscapedPath(), r.Header.Get("Authorization"), r.Header.Get("Accept-Language"), body)
	}))
	t.Cleanup(program.Close)
	s := open(t, example(t), t.TempDir(), program.URL)
	body := s.post("/services/notes/Add", url.Values{
		"path.book": {"a/b"}, "path.rest": {"c/d"}, "header.Accept-Language": {"nl"}, "auth-bearer": {"secret"}, "body": {"{}"},
	})
	require.Contains(t, body, "POST /notes/a%2Fb/c/d auth=Bearer secret lang=nl body={}")
	require.Contains(t, body, "201 Created")
	require.Contains(t, body, "/logs?trace=trace1")
	require.Contains(t, s.post("/services/notes/Add", nil), "the path needs a value for book")
	require.Contains(t, s.post("/cron/tidy", nil), "tidy ran in")
}

func TestLogsAreFilteredAndStreamed(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "http://127.0.0.1:1")
	s.Log([]byte(`{"level":"trace","service":"notes","endpoint":"Add","trace_id":"t1","duration":1.5,"code":"ok","time":"2026-01-01T00:00:00Z","message":"request completed"}`))
	s.Log([]byte(`{"level":"error","service":"notes","trace_id":"t2","message":"<script>","note":7}`))
	s.Log([]byte("panic: everything\n"))
	_, body := s.get("/logs?level=warn")
	require.NotContains(t, body, "request completed")
	require.Contains(t, body, "&lt;script&gt;")
	require.Contains(t, body, "panic: everything")
	_, body = s.get("/logs?show=requests&trace=t1")
	require.Contains(t, body, "1.50 ms")
	require.NotContains(t, body, "panic")

	res, err := http.Get(s.url + "/logs/stream?trace=t3")
	require.NoError(t, err)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	require.True(t, lines.Scan())
	s.Log([]byte(`{"level":"info","trace_id":"t2","message":"not this"}`))
	s.Log([]byte(`{"level":"info","trace_id":"t3","message":"this"}`))
	for lines.Scan() && lines.Text() == "" {
	}
	require.Contains(t, lines.Text(), "<td>this")
}

func TestMailIsShownInASandbox(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "http://127.0.0.1:1")
	message := "Subject: Hello\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>"
	require.NoError(t, smtp.SendMail(s.env.Inbox().Addr(), nil, "a@example.com", []string{"b@example.com"}, []byte(message)))
	_, body := s.get("/mail")
	require.Contains(t, body, "Hello")
	_, body = s.get("/mail/1")
	require.Contains(t, body, `<iframe sandbox="allow-popups`)
	require.NotContains(t, body, "<script>alert")
	res, err := http.Get(s.url + "/mail/1/html")
	require.NoError(t, err)
	defer res.Body.Close()
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "sandbox allow-popups")
	s.post("/mail/delete", nil)
	require.Empty(t, s.env.Inbox().List())
}

func TestQueriesOnlyRead(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("/var/tmp", "encore-dashboard-*")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o755))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	a := example(t)
	db := &app.Database{Name: "notes", MigrationsDir: filepath.Join(a.Root, "migrations"), Migrations: []app.Migration{{Number: 1, File: "1.up.sql"}}}
	require.NoError(t, os.MkdirAll(db.MigrationsDir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(db.MigrationsDir, "1.up.sql"), []byte("CREATE TABLE note (text text); INSERT INTO note VALUES ('<i>'), (NULL)"), 0o644))
	a.Databases = []*app.Database{db}
	s := open(t, a, dir, "http://127.0.0.1:1")
	_, body := s.get("/databases/notes?table=public.note")
	require.Contains(t, body, "&lt;i&gt;")
	require.Contains(t, body, "null")
	for sql, want := range map[string]string{
		"DELETE FROM note":         "only statements that change nothing",
		"COMMIT; DELETE FROM note": "multiple commands",
		"DO $$ BEGIN EXECUTE 'RESET ROLE'; EXECUTE 'COPY note TO PROGRAM ''cat >/dev/null'''; END $$":                  "must be superuser",
		"DO $$ BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXECUTE 'COPY note TO PROGRAM ''cat >/dev/null'''; END $$": "must be superuser",
		"SELECT pg_read_file('/etc/hostname')":   "permission denied",
		"COPY note TO PROGRAM 'cat >/dev/null'":  "must be superuser",
		"SELECT * FROM missing":                  "does not exist",
		"SELECT * FROM generate_series(1, 5000)": "only the first rows are shown",
	} {
		require.Contains(t, s.post("/databases/notes", url.Values{"sql": {sql}}), want, sql)
	}
	require.Contains(t, s.post("/databases/notes", url.Values{"sql": {"SELECT count(*) AS total FROM note"}}), ">2<")
}

func TestCookiesOfTheApplicationAreKept(t *testing.T) {
	t.Parallel()
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie("session"); err == nil {
			fmt.Fprintf(w, "signed in as %s", c.Value)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "ann", Path: "/", HttpOnly: true})
	}))
	defer app.Close()
	s := open(t, example(t), t.TempDir(), app.URL)
	call := url.Values{"path.book": {"b"}, "body": {"{}"}}
	require.NotContains(t, s.post("/services/notes/Add", call), "signed in")
	answer := s.post("/services/notes/Add", call)
	require.Contains(t, answer, "signed in as ann")
	require.Contains(t, answer, "from earlier answers: the cookie <span class=\"mono\">session</span>")
}

func TestALargeBucketIsShownInPages(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "http://127.0.0.1:1")
	folder := filepath.Join(s.env.BucketDir("pictures"), "objects")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	for n := range maxObjects + 3 {
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("picture-%04d", n)), nil, 0o644))
	}
	_, first := s.get("/buckets/pictures")
	require.Contains(t, first, "picture-0099")
	require.NotContains(t, first, "picture-0100")
	require.Contains(t, first, "?first=101")
	_, second := s.get("/buckets/pictures?first=101")
	require.NotContains(t, second, "picture-0099")
	require.Contains(t, second, "picture-0102")
	require.NotContains(t, second, "Next")
}

func TestTheNameOfTheApplication(t *testing.T) {
	t.Parallel()
	a := &app.App{Root: filepath.Join(t.TempDir(), "folder")}
	require.NoError(t, os.Mkdir(a.Root, 0o755))
	require.Equal(t, "folder", appName(a))
	require.NoError(t, os.WriteFile(filepath.Join(a.Root, "README.md"), []byte("text\n\n# Bins \n"), 0o644))
	require.Equal(t, "Bins", appName(a))
	a.File.ID = "bins-x7"
	require.Equal(t, "bins-x7", appName(a))
}

func TestDeadLettersAreShownReplayedAndDeleted(t *testing.T) {
	t.Parallel()
	s := open(t, example(t), t.TempDir(), "")
	options, err := redis.ParseURL(s.env.RedisURL())
	require.NoError(t, err)
	client := redis.NewClient(options)
	defer client.Close()
	const dead = "pubsub:note-events:reader:dead"
	letter := func(data string) string {
		id, err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: dead, Values: map[string]any{
			"id": "1-1", "attempts": "4", "error": "<b>no such note</b>", "data": data,
		}}).Result()
		require.NoError(t, err)
		return id
	}
	first, second := letter(`{"text":"one"}`), letter(`{"text":"two"}`)
	_, page := s.get("/topics")
	require.Contains(t, page, "note-events/reader")
	require.Contains(t, page, "&lt;b&gt;no such note&lt;/b&gt;")
	require.Contains(t, page, "{&#34;text&#34;:&#34;two&#34;}")

	act := func(id, what string) string {
		return s.post("/topics/dead-letters", url.Values{"id": {id}, "subscription": {"note-events/reader"}, "act": {what}})
	}
	require.Contains(t, act(first, "replay"), "delivered again")
	waiting, err := client.XLen(t.Context(), "pubsub:note-events").Result()
	require.NoError(t, err)
	require.EqualValues(t, 1, waiting)
	require.Contains(t, act(first, "replay"), "is gone")
	require.Contains(t, act(second, "delete"), "is deleted")
	left, err := client.XLen(t.Context(), dead).Result()
	require.NoError(t, err)
	require.Zero(t, left)
	_, page = s.get("/topics")
	require.NotContains(t, page, "Dead letters")
}
