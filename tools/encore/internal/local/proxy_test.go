package local

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"
)

func program(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// front is a proxy and its address.
func front(t *testing.T) (p *Proxy, url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p = NewProxy(l)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p, "http://" + l.Addr().String()
}

func get(t *testing.T, url string, headers ...string) (status int, body string, header http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res.StatusCode, string(data), res.Header
}

func TestProxySwapsPrograms(t *testing.T) {
	t.Parallel()
	p, url := front(t)
	first := program(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first ", r.Host, " ", r.Header.Get(ProxyHeader), " ", r.URL.EscapedPath())
	})
	second := program(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "second") })
	p.SetTarget(first)
	_, body, _ := get(t, url+"/a%2Fb", ProxyHeader, "forged")
	require.Equal(t, "first "+strings.TrimPrefix(url, "http://")+" 1 /a%2Fb", body)

	p.Hold()
	answer := make(chan string, 1)
	go func() {
		res, err := http.Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		data, err := io.ReadAll(res.Body)
		if err = errors.Join(err, res.Body.Close()); err != nil {
			answer <- err.Error()
			return
		}
		answer <- string(data)
	}()
	require.Eventually(t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.held == 1
	}, patience, time.Millisecond)
	p.SetTarget(second)
	require.Equal(t, "second", <-answer, "the request waited for the next program")
}

func TestProxyHoldsForALimitedTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &Proxy{changed: make(chan struct{})}
		begin := time.Now()
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Equal(t, holdTime, time.Since(begin))
		require.Equal(t, http.StatusServiceUnavailable, w.Code)

		ctx, cancel := context.WithCancel(t.Context())
		for range maxHeld {
			go p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
		}
		synctest.Wait()
		begin = time.Now()
		w = httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		require.Zero(t, time.Since(begin))
		require.Contains(t, w.Body.String(), "too many requests")
		cancel()
	})
}

func TestProxyShowsWhyThereIsNoProgram(t *testing.T) {
	t.Parallel()
	p, url := front(t)
	p.SetFailure("\x1b[31mcore/run.go:3:1\x1b[0m: expected <ident>")
	status, body, header := get(t, url, "Accept", "text/html,*/*")
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body, "core/run.go:3:1: expected &lt;ident&gt;")
	require.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")

	status, body, _ = get(t, url)
	require.Equal(t, http.StatusServiceUnavailable, status)
	var answer map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &answer))
	require.Equal(t, map[string]any{"code": "unavailable", "message": "core/run.go:3:1: expected <ident>", "details": nil}, answer)

	p.SetTarget("127.0.0.1:1")
	status, body, _ = get(t, url)
	require.Equal(t, http.StatusBadGateway, status)
	require.Contains(t, body, "connection refused")
}

func TestProxyPassesStreamsAndWebSockets(t *testing.T) {
	t.Parallel()
	p, url := front(t)
	next := make(chan struct{})
	p.SetTarget(program(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stream" {
			fmt.Fprintln(w, "one")
			w.(http.Flusher).Flush()
			<-next
			fmt.Fprintln(w, "two")
			return
		}
		conn, err := new(websocket.Upgrader).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		kind, message, err := conn.ReadMessage()
		if err == nil {
			conn.WriteMessage(kind, append(message, '!'))
		}
	}))
	res, err := http.Get(url + "/stream")
	require.NoError(t, err)
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	line, err := lines.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "one\n", line, "it arrives before the answer ends")
	close(next)
	line, err = lines.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "two\n", line)

	conn, _, err := websocket.DefaultDialer.Dial(strings.Replace(url, "http", "ws", 1)+"/socket", nil)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.WriteMessage(websocket.TextMessage, []byte("hello")))
	_, message, err := conn.ReadMessage()
	require.NoError(t, err)
	require.Equal(t, "hello!", string(message))
}
