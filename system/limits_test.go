//go:build !encore_app

package system

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const megabyte = 1 << 20

// jpegOf returns a picture whose file has exactly so many bytes: phones write a lot beside the picture itself.
func jpegOf(t *testing.T, size int) []byte {
	t.Helper()
	var picture bytes.Buffer
	require.NoError(t, jpeg.Encode(&picture, image.NewGray(image.Rect(0, 0, 64, 48)), nil))
	start, rest := picture.Bytes()[:2], picture.Bytes()[2:]
	file := bytes.NewBuffer(make([]byte, 0, size))
	file.Write(start)
	const largest = 0xFFFF + 2 // a comment with its marker
	for missing := size - picture.Len(); missing > 0; {
		length := min(missing, largest)
		if left := missing - length; left > 0 && left < 4 {
			length -= 4
		}
		file.Write([]byte{0xFF, 0xFE, byte((length - 2) >> 8), byte(length - 2)})
		file.Write(make([]byte, length-4))
		missing -= length
	}
	file.Write(rest)
	require.Equal(t, size, file.Len())
	return file.Bytes()
}

// form is an upload of a picture.
func form(t *testing.T, run, building int64, step string, file []byte) (body *bytes.Buffer, contentType string) {
	t.Helper()
	body = new(bytes.Buffer)
	writer := multipart.NewWriter(body)
	for name, value := range map[string]string{
		"id": newID(), "run": strconv.FormatInt(run, 10), "building": strconv.FormatInt(building, 10), "step": step,
		"taken_at": time.Now().UTC().Format(time.RFC3339),
	} {
		require.NoError(t, writer.WriteField(name, value))
	}
	part, err := writer.CreateFormFile("file", "photo.jpg")
	require.NoError(t, err)
	_, err = part.Write(file)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return body, "Content-Type: " + writer.FormDataContentType()
}

// startNow is what a phone sends when a run is started.
func startNow() map[string]any {
	return map[string]any{"id": newID(), "occurred_at": time.Now().UTC().Format(time.RFC3339Nano)}
}

// newID returns a random UUID.
func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	id[6], id[8] = id[6]&0x0F|0x40, id[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

func TestPhotosOf20MBAreTaken(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.signedIn(t)
		w := s.workOf(t, c)
		var run struct {
			ID int64 `json:"id"`
		}
		c.ok(t, http.MethodPost, "/runs", map[string]any{
			"tour_id": w.tour, "worker_id": w.worker, "date": w.today.Format(time.DateOnly),
		}, &run)
		c.ok(t, http.MethodPost, fmt.Sprintf("/runs/%d/start", run.ID), startNow(), nil)

		body, contentType := form(t, run.ID, w.buildings[0], "arrival", jpegOf(t, 20*megabyte))
		answer := c.do(t, http.MethodPost, s.api("/pictures"), body, contentType)
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", answer.body)
		var picture struct {
			URLs map[string]string `json:"urls"`
		}
		require.NoError(t, json.Unmarshal(answer.body, &picture))
		for range 4 { // both backends have it
			small := c.get(t, s.api(picture.URLs["320"]))
			require.Equal(t, http.StatusOK, small.StatusCode, "%s", small.body)
			require.Equal(t, "image/jpeg", small.Header.Get("Content-Type"))
		}

		body, contentType = form(t, run.ID, w.buildings[0], "arrival", jpegOf(t, 20*megabyte+1))
		answer = c.do(t, http.MethodPost, s.api("/pictures"), body, contentType)
		requireRefused(t, answer, http.StatusBadRequest, "invalid_argument", "too_large")
		require.Empty(t, picturesWith(t, s, run.ID)-1)
	})
}

func picturesWith(t *testing.T, s *stack, run int64) int64 {
	t.Helper()
	return query[int64](t, s, "core", "select count(*) from pictures where run_id = $1", run)
}

// Every form of the API that takes a file, by the API's own document.
func TestEveryFormWithAFileTakesMoreThanAMegabyte(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../docs/openapi.json")
	require.NoError(t, err)
	var document struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]any `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(content, &document))
	forms := make(map[string]string)
	for path, methods := range document.Paths {
		for method, operation := range methods {
			if _, takesFile := operation.RequestBody.Content["multipart/form-data"]; takesFile && !strings.HasPrefix(path, "/b/") {
				forms[path] = strings.ToUpper(method)
			}
		}
	}
	require.Contains(t, forms, "/incident-pictures")
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		for path, method := range forms {
			for parameter, value := range map[string]string{"{id}": "1", "{publicID}": "00000000-0000-4000-8000-000000000000"} {
				path = strings.ReplaceAll(path, parameter, value)
			}
			body, contentType := form(t, 1, 1, "arrival", make([]byte, 5*megabyte))
			answer := c.do(t, method, s.api(path), body, contentType)
			require.Contains(t, []int{http.StatusUnauthorized, http.StatusNotFound}, answer.StatusCode, "%s: %s", path, answer.body)
			status, refused := c.raw(t, method, path, "Content-Length: "+strconv.Itoa(30*megabyte), make([]byte, 64<<10))
			require.Equal(t, http.StatusRequestEntityTooLarge, status, path)
			require.Contains(t, []string{"file", "photo"}, refused.Details.Field, path)
		}
	})
}

func TestLargerBodiesAreRefusedBeforeTheyAreSent(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.newClient(t)
		for path, size := range map[string]int{"/pictures": 1000, "/runs": 1000, "/auth/sign-in": 2} {
			announced := "Content-Length: " + strconv.Itoa(size*megabyte)
			status, answer := c.raw(t, "POST", path, announced, make([]byte, 64<<10))
			require.Equal(t, http.StatusRequestEntityTooLarge, status)
			require.Equal(t, "invalid_argument", answer.Code)
			require.Equal(t, "too_large", answer.Details.Reason)
		}
		// Nor do they get through when their size is not announced.
		chunk := append([]byte("1500000\r\n"), append(make([]byte, 0x1500000), "\r\n"...)...)
		status, answer := c.raw(t, "POST", "/pictures", "Transfer-Encoding: chunked", chunk)
		require.Equal(t, http.StatusRequestEntityTooLarge, status)
		require.Equal(t, "too_large", answer.Details.Reason)
		require.Equal(t, "file", answer.Details.Field)
	})
}

// open connects to the API as a browser that speaks HTTP/1.1.
func (c *client) open(t *testing.T) net.Conn {
	t.Helper()
	conn, err := c.dial(t.Context(), "tcp", net.JoinHostPort("", strconv.Itoa(c.s.apiPort)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return conn
}

// raw sends the beginning of a request and returns its answer, which comes although the request is not complete.
func (c *client) raw(t *testing.T, method, path, header string, beginning []byte) (status int, r refused) {
	t.Helper()
	conn := c.secure(c.open(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s\r\n\r\n", method, path, c.s.host(), c.s.apiPort, header)
		if err == nil {
			_, _ = conn.Write(beginning) // nginx may have enough before the end
		}
	}()
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &r), "%s", body)
	_ = conn.Close()
	<-done
	return response.StatusCode, r
}

func TestSlowClientsDoNotBlockOthers(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.signedIn(t)
		slow := s.newClient(t)
		const some = 100 // more than the databases have connections
		var opened sync.WaitGroup
		for range some {
			conn := slow.open(t)
			opened.Go(func() {
				secured := slow.secure(conn)
				_, _ = fmt.Fprintf(secured, "POST /pictures HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: 5000000\r\nCookie: %s\r\n\r\nhalf",
					s.host(), s.apiPort, "")
			})
		}
		opened.Wait()
		for range 10 {
			began := time.Now()
			c.ok(t, http.MethodGet, "/runs?limit=1", nil, nil)
			require.Less(t, time.Since(began), 5*time.Second)
		}
	})
}

func TestManyRequestsFromOneAddressAreSlowedDown(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		greedy, modest := s.newClient(t), s.newClient(t)
		var mu sync.Mutex
		var limited []*answer
		others := map[int]int{}
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				for range 40 { // 800 at once; 200 and 50 a second are allowed
					answer, err := greedy.send(t.Context(), http.MethodGet, s.api("/no/such/endpoint"), nil)
					mu.Lock()
					switch {
					case err != nil:
						others[0]++
					case answer.StatusCode == http.StatusTooManyRequests:
						limited = append(limited, answer)
					default:
						others[answer.StatusCode]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		require.Equal(t, http.StatusNotFound, modest.get(t, s.api("/no/such/endpoint")).StatusCode, "others have limits of their own")
		require.NotEmpty(t, limited)
		require.Len(t, others, 1, "%v", others)
		require.GreaterOrEqual(t, others[http.StatusNotFound], 200)
		for _, answer := range limited {
			r := requireRefused(t, answer, http.StatusTooManyRequests, "resource_exhausted", "rate_limited")
			require.Equal(t, answer.Header.Get("Retry-After"), strconv.Itoa(r.Details.RetryAfter))
			require.Positive(t, r.Details.RetryAfter)
		}
	})
}

func TestNobodyChoosesTheAddressThatIsCounted(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		// Invitations may be read 30 times a minute from one address, by all backends together.
		const allowed = 30
		untilRefused := func(c *client, forwarded func(int) string) int {
			for i := range 2 * allowed {
				answer := c.do(t, http.MethodPost, s.api("/auth/invitation"), map[string]string{"token": "guess"},
					"X-Forwarded-For: "+forwarded(i), "X-Real-IP: "+forwarded(i), "Forwarded: for="+forwarded(i))
				if answer.StatusCode == http.StatusTooManyRequests {
					r := requireRefused(t, answer, http.StatusTooManyRequests, "resource_exhausted", "rate_limited")
					require.Equal(t, answer.Header.Get("Retry-After"), strconv.Itoa(r.Details.RetryAfter))
					return i
				}
				require.Equal(t, http.StatusNotFound, answer.StatusCode, "%s", answer.body)
			}
			return -1
		}
		client := s.newClient(t)
		claims := func(i int) string { return fmt.Sprintf("198.51.100.%d", i+1) }
		require.InDelta(t, allowed, untilRefused(client, claims), 3, "a client cannot claim other addresses")

		// The proxy in front tells who asks; what it was told itself stands before that and does not count.
		proxy := s.clientAt(t, s.env["TRUSTED_PROXIES"])
		behind := func(i int) string { return fmt.Sprintf("198.51.100.%d, 203.0.113.7", i+1) }
		require.InDelta(t, allowed, untilRefused(proxy, behind), 3)
		other := func(int) string { return "203.0.113.8" }
		answer := proxy.do(t, http.MethodPost, s.api("/auth/invitation"), map[string]string{"token": "guess"},
			"X-Forwarded-For: "+other(0))
		require.Equal(t, http.StatusNotFound, answer.StatusCode, "another client of the proxy is not refused")
		eventually(t, func() error {
			if log := tail(s.log("access"), 10_000); !strings.Contains(log, `"client":"203.0.113.8"`) {
				return errors.New("nginx's log does not name the client behind the proxy")
			}
			return nil
		})
		require.NotContains(t, tail(s.log("access"), 10_000), `"client":"198.51.100.`, "a claim")
	})
}

// A phone that loses its connection goes on at the part that it had come to, wherever nginx leads it then.
func TestAPhotoInPartsGoesOnAtTheOtherBackend(t *testing.T) {
	t.Parallel()
	s := startStack(t, production)
	c := s.signedIn(t)
	w := s.workOf(t, c)
	var run struct {
		ID int64 `json:"id"`
	}
	c.ok(t, http.MethodPost, "/runs", map[string]any{
		"tour_id": w.tour, "worker_id": w.worker, "date": w.today.Format(time.DateOnly),
	}, &run)
	c.ok(t, http.MethodPost, fmt.Sprintf("/runs/%d/start", run.ID), startNow(), nil)
	photo, id := jpegOf(t, 3*megabyte), newID()
	sum := sha256.Sum256(photo)
	announced := map[string]any{
		"run_id": run.ID, "building_id": w.buildings[0], "step": "arrival", "taken_at": time.Now().UTC().Format(time.RFC3339),
		"size": len(photo), "sha256": hex.EncodeToString(sum[:]),
	}
	var state struct {
		PartBytes int `json:"part_bytes"`
		Parts     int `json:"parts"`
	}
	begin := func() { c.ok(t, http.MethodPut, "/picture-uploads/"+id, announced, &state) }
	begin()
	require.Zero(t, state.Parts)
	send := func() {
		from := state.Parts * state.PartBytes
		part := photo[from:min(from+state.PartBytes, len(photo))]
		path := fmt.Sprintf("/picture-uploads/%s/parts/%d", id, state.Parts)
		answer := c.do(t, http.MethodPut, s.api(path), bytes.NewReader(part), "Content-Type: application/octet-stream")
		require.Equal(t, http.StatusOK, answer.StatusCode, "%s", answer.body)
		require.NoError(t, json.Unmarshal(answer.body, &state))
	}
	send()
	send()
	// One backend is killed, and then the other: each has taken some of the parts.
	for i := range s.backends {
		require.NoError(t, s.backends[i].end(syscall.SIGKILL))
		before := state.Parts
		begin()
		require.Equal(t, before, state.Parts, "what has arrived counts")
		send()
		restarted, err := s.startBackendAt(i + 1)
		require.NoError(t, err)
		s.backends[i] = restarted
		require.NoError(t, poll(restarted.ready, patience))
	}
	for state.Parts*state.PartBytes < len(photo) {
		send()
	}
	var picture struct {
		ID   string            `json:"id"`
		URLs map[string]string `json:"urls"`
	}
	for range 2 { // the same answer again
		c.ok(t, http.MethodPost, "/picture-uploads/"+id+"/finish", nil, &picture)
		require.Equal(t, id, picture.ID)
	}
	require.Equal(t, http.StatusOK, c.get(t, s.api(picture.URLs["320"])).StatusCode)
	left, err := filepath.Glob(filepath.Join(s.folder, "data", "buckets", "pictures", "objects", "parts", id, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
