package core

import (
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/photo/phototest"
	"encore.app/core/store"
)

// What uploads may take, whatever they are.
const (
	benchMemory = 400 // MB, of this process and those that it starts
	// benchWait is how much longer somebody else's upload may take. It is the bound of a machine without other work.
	benchWait = time.Second
)

// BenchmarkHostileUploads sends pictures that are made to take memory and time, of two persons, and thirty uploads of 20 MB of
// a third at once, while somebody else uploads a usual photo over and over. It fails when a bound is missed.
func BenchmarkHostileUploads(b *testing.B) {
	r := newRounds(b)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var actor access.Actor
		if _, err := fmt.Sscan(req.Header.Get("Actor"), &actor.ID); err == nil {
			actor.Role = auth.RoleStudent
		}
		r.UploadPicture(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, actor)))
	}))
	defer server.Close()

	worker := r.uploader(server, 100)
	folder := b.TempDir()
	put := func(name string, content []byte) string {
		name = filepath.Join(folder, strings.ReplaceAll(name, " ", "-"))
		require.NoError(b, os.WriteFile(name, content, 0o600))
		return name
	}
	usual := put("usual", jpegFile(b, 4000, 3000))
	large := put("large", append(jpegFile(b, 4000, 3000), make([]byte, 19<<20)...))
	var hostile []string
	for name, content := range phototest.Hostile() {
		hostile = append(hostile, put(name, content))
	}
	debug.FreeOSMemory()
	for b.Loop() {
		memory := watchMemory(b)
		var attack sync.WaitGroup
		for i := range 2 {
			attacker := r.uploader(server, int64(101+i))
			attack.Go(func() {
				for _, file := range hostile {
					attacker(file)
				}
			})
		}
		attacker := r.uploader(server, 200)
		for range 30 {
			attack.Go(func() { attacker(large) })
		}
		over := make(chan struct{})
		go func() {
			attack.Wait()
			close(over)
		}()
		var waits []time.Duration
		for done := false; !done; {
			start := time.Now()
			require.Equal(b, http.StatusOK, worker(usual))
			waits = append(waits, time.Since(start))
			select {
			case <-over:
				done = true
			default:
			}
		}
		start := time.Now()
		require.Equal(b, http.StatusOK, worker(usual))
		alone := time.Since(start)
		var longest time.Duration
		for _, wait := range waits {
			longest = max(longest, wait)
		}
		peak := memory()
		b.ReportMetric(float64(peak), "MB-peak")
		b.ReportMetric(float64(alone.Milliseconds()), "ms-alone")
		b.ReportMetric(float64((longest - alone).Milliseconds()), "ms-longer")
		b.ReportMetric(float64(len(waits)), "usual-uploads")
		b.Logf("%d MB at most; a usual upload took %s alone and %s at most", peak, alone, longest)
		require.Less(b, peak, int64(benchMemory), "MB")
		require.Less(b, longest-alone, benchWait)
	}
}

// uploader returns what uploads a file in a run of its own person, from the disk: what a client holds is not the server's
// memory. It returns the status.
func (r *rounds) uploader(server *httptest.Server, person int64) func(name string) int {
	run := r.run(func(p *store.InsertRunParams) { p.WorkerID = person })
	started, err := r.StartRun(r.as(access.Actor{ID: person, Role: auth.RoleStudent}), run, r.start())
	require.NoError(r.t, err)
	return func(name string) int {
		body, sent := io.Pipe()
		form := multipart.NewWriter(sent)
		go func() { sent.CloseWithError(writeUpload(form, r.now(), run, started.Stops[0].Building.ID, name)) }()
		req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, server.URL, body)
		if err != nil {
			r.t.Error(err)
			return 0
		}
		req.Header.Set("Content-Type", form.FormDataContentType())
		req.Header.Set("Actor", fmt.Sprint(person))
		answer, err := server.Client().Do(req)
		if err != nil {
			r.t.Error(err)
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
}

func writeUpload(form *multipart.Writer, taken time.Time, run, building int64, name string) error {
	for field, text := range map[string]string{
		"id": newID().String(), "run": fmt.Sprint(run), "building": fmt.Sprint(building), "step": StepArrival,
		"taken_at": taken.Format(time.RFC3339Nano),
	} {
		if err := form.WriteField(field, text); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", "photo.jpg")
	if err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(part, file); err != nil {
		return err
	}
	return form.Close()
}

// watchMemory returns what tells the most memory, in MB, that this process and its children have held since.
func watchMemory(b *testing.B) func() int64 {
	b.Helper()
	stop := make(chan struct{})
	var most int64
	var watcher sync.WaitGroup
	watcher.Go(func() {
		for {
			most = max(most, residentMemory(os.Getpid()))
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	})
	return func() int64 {
		close(stop)
		watcher.Wait()
		return most >> 20
	}
}

// residentMemory is that of a process and its children, in bytes.
func residentMemory(process int) (sum int64) {
	var size, resident int64
	sizes, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", process))
	if err != nil {
		return 0 // it has ended
	}
	if _, err := fmt.Sscan(string(sizes), &size, &resident); err == nil {
		sum = resident * int64(os.Getpagesize())
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", process)) // never fails
	for _, task := range tasks {
		children, err := os.ReadFile(task)
		if err != nil {
			continue // it has ended
		}
		for child := range strings.FieldsSeq(string(children)) {
			var id int
			if _, err := fmt.Sscan(child, &id); err == nil && id > 0 {
				sum += residentMemory(id)
			}
		}
	}
	return sum
}
