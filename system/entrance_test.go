//go:build !encore_app

package system

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/stretchr/testify/require"
)

func TestTheWebAppIsServedWithItsProtection(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		page := c.get(t, s.web("/plan"), "Accept: text/html")
		require.Equal(t, http.StatusOK, page.StatusCode, "%s", page.body)
		require.Equal(t, "text/html; charset=utf-8", page.Header.Get("Content-Type"))
		require.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", page.Header.Get("X-Frame-Options"))
		require.Equal(t, "same-origin", page.Header.Get("Referrer-Policy"))
		require.NotEmpty(t, page.Header.Get("Permissions-Policy"))
		require.NotContains(t, page.Header.Get("Server"), "/", "the version of nginx is nobody's business")
		policy := directives(t, page)
		require.Equal(t, "'none'", policy["default-src"])
		require.Equal(t, "'self'", policy["script-src"])
		require.Equal(t, "'none'", policy["frame-ancestors"])
		require.Contains(t, policy["connect-src"], fmt.Sprintf("%s://%s:%d", s.scheme(), s.host(), s.apiPort))

		script := regexp.MustCompile(`<script[^>]* src="([^"]+)"`).FindSubmatch(page.body)
		require.NotNil(t, script, "%s", page.body)
		require.NotRegexp(t, `<script(?:[^>](?: src=)?)*>[^<]`, string(page.body), "an inline script would not run")
		file := c.get(t, s.web(string(script[1])))
		require.Equal(t, http.StatusOK, file.StatusCode)
		require.Contains(t, file.Header.Get("Content-Type"), "text/javascript")

		config := c.get(t, s.web("/config.json"))
		require.JSONEq(t, fmt.Sprintf(`{"api_base":"//%s:%d","map_style_url":"","time_zone":%q}`, s.host(), s.apiPort, s.env["TIME_ZONE"]), string(config.body))

		missing := c.get(t, s.web("/assets/nothing.js"))
		require.Equal(t, http.StatusNotFound, missing.StatusCode)
	})
}

func TestABrowserGetsTheWebAppCompressed(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		page := c.get(t, s.web("/"), "Accept: text/html", "Accept-Encoding: identity")
		files := regexp.MustCompile(`(?:src|href)="(/assets/[^"]+\.(?:js|css))"`).FindAllSubmatch(page.body, -1)
		require.NotEmpty(t, files, "%s", page.body)
		// Not the service worker: it says which policy the page has, so that nginx compresses it.
		paths := []string{"/"}
		for _, file := range files {
			paths = append(paths, string(file[1]))
		}
		for _, path := range paths {
			whole := c.get(t, s.web(path), "Accept: text/html, */*", "Accept-Encoding: identity")
			require.Equal(t, http.StatusOK, whole.StatusCode)
			require.Empty(t, whole.Header.Get("Content-Encoding"), path)
			if len(whole.body) < 1000 {
				continue // not worth it
			}
			tags := map[string]bool{whole.Header.Get("ETag"): true}
			for accepts, encoding := range map[string]string{"gzip, deflate, br, zstd": "br", "gzip, deflate": "gzip"} {
				sent := c.get(t, s.web(path), "Accept: text/html, */*", "Accept-Encoding: "+accepts)
				require.Equal(t, http.StatusOK, sent.StatusCode, path)
				require.Equal(t, []string{encoding}, sent.Header.Values("Content-Encoding"), path)
				require.Contains(t, strings.Join(sent.Header.Values("Vary"), ", "), "Accept-Encoding", path)
				require.Equal(t, whole.Header.Get("Content-Type"), sent.Header.Get("Content-Type"), path)
				require.Equal(t, whole.Header.Get("Cache-Control"), sent.Header.Get("Cache-Control"), path)
				require.Less(t, len(sent.body), len(whole.body), path)
				require.Equal(t, string(whole.body), decoded(t, encoding, sent.body), path)
				tag := sent.Header.Get("ETag")
				require.False(t, tags[tag], "each encoding has a tag of its own: %s %s", path, tag)
				tags[tag] = true

				kept := c.get(t, s.web(path), "Accept: text/html, */*", "Accept-Encoding: "+accepts, "If-None-Match: "+tag)
				require.Equal(t, http.StatusNotModified, kept.StatusCode, "%s %s", path, encoding)
				head := c.do(t, http.MethodHead, s.web(path), nil, "Accept: text/html, */*", "Accept-Encoding: "+accepts)
				require.Equal(t, encoding, head.Header.Get("Content-Encoding"), path)
				require.EqualValues(t, len(sent.body), head.ContentLength, path)
			}
		}
	})
}

// decoded reads what was compressed for its way.
func decoded(t *testing.T, encoding string, content []byte) string {
	t.Helper()
	reader := io.Reader(brotli.NewReader(bytes.NewReader(content)))
	if encoding == "gzip" {
		var err error
		reader, err = gzip.NewReader(bytes.NewReader(content))
		require.NoError(t, err)
	}
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	return string(text)
}

// directives returns the one Content-Security-Policy of an answer by directive.
func directives(t *testing.T, a *answer) map[string]string {
	t.Helper()
	policies := a.Header.Values("Content-Security-Policy")
	require.Len(t, policies, 1, "of several policies browsers apply all")
	result := make(map[string]string)
	for directive := range strings.SplitSeq(policies[0], ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		result[name] = value
	}
	return result
}

func TestProductionSpeaksHTTPSOnly(t *testing.T) {
	t.Parallel()
	s := sharedStack(t, production)
	c := s.newClient(t)
	http80 := func(path string) string { return "http://" + address(s.host(), s.httpPort) + path }

	moved := c.get(t, http80("/runs/12?from=2026-01-01&to=a%20b"))
	require.Equal(t, http.StatusMovedPermanently, moved.StatusCode)
	require.Equal(t, s.web("/runs/12?from=2026-01-01&to=a%20b"), moved.Header.Get("Location"))
	require.Empty(t, moved.Header.Get("Strict-Transport-Security"), "it counts over HTTPS only")

	challenge := filepath.Join(s.folder, "webroot", ".well-known", "acme-challenge", "token-1")
	require.NoError(t, os.MkdirAll(filepath.Dir(challenge), 0o755))
	require.NoError(t, os.WriteFile(challenge, []byte("token-1.thumbprint"), 0o644))
	proof := c.get(t, http80("/.well-known/acme-challenge/token-1"))
	require.Equal(t, http.StatusOK, proof.StatusCode)
	require.Equal(t, "token-1.thumbprint", string(proof.body))
	require.Equal(t, http.StatusNotFound, c.get(t, http80("/.well-known/acme-challenge/token-2")).StatusCode)

	for _, url := range []string{s.web("/"), s.web("/nothing.js"), s.web("/documentation/"), s.api("/me"), s.api("/nothing")} {
		require.Regexp(t, `^max-age=\d{8,}`, c.get(t, url).Header.Get("Strict-Transport-Security"), url)
	}

	plain := c.get(t, "http://"+address(s.host(), s.apiPort)+"/me")
	require.Equal(t, http.StatusBadRequest, plain.StatusCode)
	answer, err := plain.refusal()
	require.NoError(t, err)
	require.Contains(t, answer.Message, "HTTPS")

	require.Equal(t, 2, c.get(t, s.web("/")).ProtoMajor, "HTTP/2")
}

func TestDevelopmentSpeaksHTTPOnly(t *testing.T) {
	t.Parallel()
	s := sharedStack(t, development)
	answer := s.newClient(t).get(t, s.web("/"), "Accept: text/html")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Empty(t, answer.Header.Get("Strict-Transport-Security"))
	require.NotContains(t, listening(t, s.nginx), s.httpsPort)
}

func TestTheDocumentationIsBesideTheWebApp(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		moved := c.get(t, s.web("/documentation"))
		require.Equal(t, http.StatusMovedPermanently, moved.StatusCode)
		require.Equal(t, "/documentation/", moved.Header.Get("Location"))

		page := c.get(t, s.web("/documentation/"))
		require.Equal(t, http.StatusOK, page.StatusCode)
		require.Equal(t, "'self'", directives(t, page)["script-src"])
		require.Contains(t, directives(t, page)["connect-src"], fmt.Sprintf(":%d", s.apiPort), "the explorer calls the API")
		files := regexp.MustCompile(`(?:src|href)="([^"#:]+)"`).FindAllSubmatch(page.body, -1)
		require.NotEmpty(t, files, "%s", page.body)
		for _, file := range files {
			path := strings.TrimPrefix(string(file[1]), "./")
			require.Equal(t, http.StatusOK, c.get(t, s.web("/documentation/"+path)).StatusCode, path)
		}
		for _, url := range []string{s.web("/docs"), s.web("/documentation/openapi.json"), s.api("/docs")} {
			document := c.get(t, url)
			require.Equal(t, http.StatusOK, document.StatusCode, url)
			require.Equal(t, "application/json", document.Header.Get("Content-Type"), url)
			require.Contains(t, string(document.body), `"/auth/sign-in"`, url)
		}
		require.Equal(t, http.StatusOK, c.get(t, s.api("/docs/ui/")).StatusCode)
	})
}

func TestUnknownAddresses(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		answer := c.get(t, s.api("/no/such/endpoint"))
		require.Equal(t, http.StatusNotFound, answer.StatusCode)
		r, err := answer.refusal()
		require.NoError(t, err)
		require.Equal(t, "not_found", r.Code)

		// Where the web app shows what belongs there: that there is nothing.
		require.Equal(t, http.StatusOK, c.get(t, s.web("/no/such/page"), "Accept: text/html").StatusCode)
		require.Equal(t, http.StatusNotFound, c.get(t, s.web("/no/such/page"), "Accept: application/json").StatusCode)
	})
}

func TestWhatBelongsInsideIsClosedToTheOutside(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		for _, path := range []string{
			"/__encore/healthz", "/__encore", "/__encore/", "//__encore/healthz", "/x/../__encore/healthz", "/%5f_encore/healthz",
			"/__encore/objects/../healthz",
		} {
			for _, url := range []string{s.api(path), s.web(path)} {
				answer := c.get(t, url)
				require.Equal(t, http.StatusNotFound, answer.StatusCode, "%s: %s", url, answer.body)
			}
		}
		for _, path := range []string{"/metrics", "/readyz", "/livez"} {
			require.Equal(t, http.StatusNotFound, c.get(t, s.api(path)).StatusCode, path)
			require.Equal(t, http.StatusNotFound, c.get(t, s.web(path), "Accept: */*").StatusCode, path)
		}
	})
}

func TestNginxListensOnThePublishedPortsAndNothingElse(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		published := map[int]bool{s.httpPort: true, s.apiPort: true, s.statusPort: false}
		if s.env["ENVIRONMENT"] == production {
			published[s.httpsPort] = true
		}
		require.Equal(t, published, listening(t, s.nginx))
	})
}

var socketLink = regexp.MustCompile(`^socket:\[(\d+)\]$`)

// listening returns the ports on which a process accepts connections, and whether others than this machine reach them.
func listening(t *testing.T, p *process) map[int]bool {
	t.Helper()
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	descriptors, err := os.ReadDir(proc + "fd")
	require.NoError(t, err)
	own := make(map[string]bool)
	for _, descriptor := range descriptors {
		link, err := os.Readlink(proc + "fd/" + descriptor.Name())
		if found := socketLink.FindStringSubmatch(link); err == nil && found != nil {
			own[found[1]] = true
		}
	}
	result := make(map[int]bool)
	for _, table := range []string{"tcp", "tcp6"} {
		content, err := os.ReadFile(proc + "net/" + table)
		if os.IsNotExist(err) { // a machine without IPv6
			continue
		}
		require.NoError(t, err)
		for _, line := range strings.Split(string(content), "\n")[1:] {
			fields := strings.Fields(line)
			const listen = "0A"
			if len(fields) < 10 || fields[3] != listen || !own[fields[9]] {
				continue
			}
			var port int
			ip, hexPort, _ := strings.Cut(fields[1], ":")
			_, err := fmt.Sscanf(hexPort, "%X", &port)
			require.NoError(t, err)
			result[port] = result[port] || !strings.HasSuffix(ip, "7F") // 127.x.x.x, in the order of the machine
		}
	}
	return result
}

func TestTheInternalPort(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		for name, base := range map[string]string{
			"backend": s.backends[0].internal, "frontend": "http://" + address(s.ip(5), s.internalPort),
		} {
			c := s.newClient(t)
			read := func(path string) *answer {
				a, err := c.sendDirectly(t, base+path)
				require.NoError(t, err)
				return a
			}
			require.Equal(t, http.StatusOK, read("/livez").StatusCode, name)
			require.Equal(t, http.StatusOK, read("/readyz").StatusCode, name)
			require.Equal(t, http.StatusNotFound, read("/me").StatusCode, name)
			metrics := read("/metrics")
			require.Equal(t, http.StatusOK, metrics.StatusCode, name)
			for _, metric := range []string{"encore_ready 1", "encore_build_info{", "encore_http_requests_in_flight", "go_goroutines"} {
				require.Contains(t, string(metrics.body), metric, name)
			}
		}
		metrics, err := s.newClient(t).sendDirectly(t, s.backends[0].internal+"/metrics")
		require.NoError(t, err)
		require.Contains(t, string(metrics.body), `encore_db_connections_max{database="core"} 20`)
	})
}

func TestTheHealthChecksOfTheContainers(t *testing.T) {
	t.Parallel()
	s := sharedStack(t, production)
	check := func(p program) (int, string) {
		log := s.log(p.name)
		running, err := start(p, log)
		require.NoError(t, err)
		<-running.done
		return running.status(), tail(log, 5)
	}
	server := filepath.Join(imageFolder("backend"), "artifacts", "server")
	healthy := program{
		name: "healthcheck", path: server, args: []string{"healthcheck"}, dir: s.folder,
		env: s.environBackend(s.backends[0].ip, filepath.Join(s.folder, "backend1.infra.config.json")),
	}
	status, output := check(healthy)
	require.Zero(t, status, output)

	config, err := s.configFile("backend", "nobody", s.ip(99)) // where nobody listens
	require.NoError(t, err)
	sick := healthy
	sick.name, sick.env = "healthcheck-sick", s.environBackend(s.ip(99), config)
	status, output = check(sick)
	require.Equal(t, 1, status, output)

	nginx := s.nginxProgram("healthcheck")
	nginx.name = "healthcheck-nginx"
	status, output = check(nginx)
	require.Zero(t, status, output)
}

func TestAReloadWithoutAChangeKeepsIdleConnections(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		conn := c.secure(c.open(t))
		answers := bufio.NewReader(conn)
		ask := func() {
			_, err := fmt.Fprintf(conn, "GET /docs HTTP/1.1\r\nHost: %s:%d\r\n\r\n", s.host(), s.apiPort)
			require.NoError(t, err)
			answer, err := http.ReadResponse(answers, nil)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, answer.Body)
			require.NoError(t, err)
			require.Equal(t, http.StatusOK, answer.StatusCode)
		}
		ask()

		program := s.nginxProgram("reload")
		program.name = "reload"
		reload, err := start(program, s.log("reload"))
		require.NoError(t, err)
		<-reload.done
		require.Zero(t, reload.status(), tail(s.log("reload"), 5))
		require.Contains(t, reload.output(t), "nothing has changed")
		ask()
	})
}
