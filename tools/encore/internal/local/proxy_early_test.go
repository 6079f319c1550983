package local

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEarlyAnswersReachAClientThatKeepsSending has programs that answer before they have read the body, and clients that
// send on meanwhile. The last program does not wait for its answer to arrive either: a busy one has no time to.
func TestEarlyAnswersReachAClientThatKeepsSending(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		program func(t *testing.T) (address string)
		status  int
	}{
		"the body is too large": {func(t *testing.T) string {
			t.Helper()
			return program(t, func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20)); err != nil {
					http.Error(w, "too large", http.StatusRequestEntityTooLarge)
				}
			})
		}, http.StatusRequestEntityTooLarge},
		"nobody is signed in": {func(t *testing.T) string {
			t.Helper()
			return program(t, func(w http.ResponseWriter, _ *http.Request) {
				http.Error(w, "who are you", http.StatusUnauthorized)
			})
		}, http.StatusUnauthorized},
		"the program resets the connection": {resettingProgram, http.StatusRequestEntityTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, url := front(t)
			p.SetTarget(test.program(t))
			var clients sync.WaitGroup
			failures := make(chan string, 400)
			for i := range 200 {
				clients.Go(func() {
					if status, err := sendOn(url[len("http://"):], i%2 == 0); err != nil || status != test.status {
						failures <- fmt.Sprint(status, err)
					}
				})
				if i%20 == 19 {
					clients.Wait()
				}
			}
			clients.Wait()
			close(failures)
			for failure := range failures {
				t.Error(failure)
			}
		})
	}
}

// resettingProgram answers as soon as it has the head of a request, and closes the connection with the rest unread.
func resettingProgram(t *testing.T) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 9\r\n\r\ntoo large")
				}
			}()
		}
	}()
	return l.Addr().String()
}

// sendOn sends a body without end, and returns the status of the answer.
func sendOn(address string, chunked bool) (status int, err error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	framing, before, after := "Content-Length: 1099511627776", "", ""
	if chunked {
		framing, before, after = "Transfer-Encoding: chunked", "10000\r\n", "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n", framing); err != nil {
		return 0, err
	}
	go func() {
		piece := append(append([]byte(before), make([]byte, 0x10000)...), after...)
		for {
			if _, err := conn.Write(piece); err != nil {
				return
			}
		}
	}()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, err = io.ReadAll(res.Body)
	return res.StatusCode, err
}
