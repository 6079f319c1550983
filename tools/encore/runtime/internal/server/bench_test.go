//go:build !encore_app

package server

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"encore.dev/internal/logs"
	"encore.dev/internal/registry"
)

// The benchmarks compare an endpoint with the same written by hand for net/http: the same JSON in and out, the same log
// lines to the same file.

type benchRequest struct {
	Name  string   `json:"name"`
	Count int      `json:"count"`
	Tags  []string `json:"tags"`
	Inner *struct {
		A string  `json:"a"`
		B float64 `json:"b"`
	} `json:"inner"`
}

type benchResponse struct {
	Message string   `json:"message"`
	Count   int      `json:"count"`
	Tags    []string `json:"tags"`
}

const benchBody = `{"name":"a name of some length","count":42,"tags":["one","two","three"],"inner":{"a":"text","b":1.5}}`

func benchAnswer(req *benchRequest) *benchResponse {
	return &benchResponse{Message: "hello " + req.Name, Count: req.Count + 1, Tags: req.Tags}
}

func benchEndpoint() *registry.Endpoint {
	e := typed("Bench", "/bench/:id", "POST", registry.Public, &benchRequest{}, &benchResponse{}, func(_ context.Context, _ []any, req any) (any, error) {
		return benchAnswer(req.(*benchRequest)), nil
	})
	withParams(e, param[int64]("id", registry.Segment))
	return e
}

var benchRegistered = benchEndpoint()

func handwritten(sink io.Writer) http.Handler {
	logger := slog.New(slog.NewJSONHandler(sink, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /bench/{id}", func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		var random [16]byte
		_, _ = rand.Read(random[:])
		trace := hex.EncodeToString(random[:])
		w.Header().Set("Vary", "Origin")
		w.Header().Set("X-Trace-Id", trace)
		w.Header().Set("X-Request-Id", trace)
		logger.Debug("starting request", "service", "svc", "endpoint", "Bench", "trace_id", trace)
		var id int64
		if _, err := fmt.Sscan(r.PathValue("id"), &id); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var req benchRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		response := benchAnswer(&req)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := json.NewEncoder(w).Encode(response); err != nil {
			logger.Error("write", "error", err)
		}
		logger.Debug("request completed", "service", "svc", "endpoint", "Bench", "trace_id", trace,
			"duration", float64(time.Since(started))/1e6, "code", "ok")
	})
	return mux
}

func stock(b *testing.B) http.Handler {
	b.Helper()
	handler, err := New(Config{Endpoints: []*registry.Endpoint{benchRegistered}})
	if err != nil {
		b.Fatal(err)
	}
	return handler
}

// sink is a file, as standard error of a program is.
func sink(b *testing.B) io.Writer {
	b.Helper()
	file, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { file.Close() })
	return file
}

func BenchmarkHTTP(b *testing.B) {
	file := sink(b)
	b.Cleanup(logs.Redirect(file, false, logs.Trace))
	for name, handler := range map[string]http.Handler{"stock": stock(b), "handwritten": handwritten(file)} {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(handler)
			defer server.Close()
			address := strings.TrimPrefix(server.URL, "http://")
			request := fmt.Sprintf("POST /bench/7 HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\nContent-Type: application/json\r\n\r\n%s", address, len(benchBody), benchBody)
			b.ReportAllocs()
			b.SetParallelism(8)
			// The time on the clock depends on what else the machine does; this does so less.
			before := processorTime(b)
			defer func() {
				b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			}()
			b.RunParallel(func(pb *testing.PB) {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					b.Error(err)
					return
				}
				defer conn.Close()
				reader := bufio.NewReader(conn)
				for pb.Next() {
					if _, err := io.WriteString(conn, request); err != nil {
						b.Error(err)
						return
					}
					length := 0
					for {
						line, err := reader.ReadSlice('\n')
						if err != nil {
							b.Error(err)
							return
						}
						if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
							for _, c := range bytes.TrimSpace(value) {
								length = length*10 + int(c-'0')
							}
						}
						if len(line) <= 2 {
							break
						}
					}
					if _, err := reader.Discard(length); err != nil || length == 0 {
						b.Error("no body", err)
						return
					}
				}
			})
		})
	}
}

func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkHandler leaves out the HTTP server of the standard library.
func BenchmarkHandler(b *testing.B) {
	file := sink(b)
	for _, level := range []logs.Level{logs.Trace, logs.Error} {
		for name, handler := range map[string]http.Handler{"stock": stock(b), "handwritten": handwritten(file)} {
			if level != logs.Trace && name == "handwritten" {
				continue
			}
			b.Run(name+"/"+level.String(), func(b *testing.B) {
				b.Cleanup(logs.Redirect(file, false, level))
				req := httptest.NewRequest(http.MethodPost, "/bench/7", nil)
				body := &resettable{}
				req.Body = io.NopCloser(body)
				b.ReportAllocs()
				for b.Loop() {
					body.Reset(benchBody)
					w := &discardWriter{header: http.Header{}}
					handler.ServeHTTP(w, req)
					if w.status > 200 {
						b.Fatal(w.status)
					}
				}
			})
		}
	}
}

type resettable struct{ strings.Reader }

type discardWriter struct {
	header http.Header
	status int
}

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) WriteHeader(status int)      { w.status = status }
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }

func TestBenchmarkHandlersAgree(t *testing.T) {
	t.Parallel()
	var want map[string]any
	for _, handler := range []http.Handler{stock(&testing.B{}), handwritten(io.Discard)} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/bench/7", strings.NewReader(benchBody)))
		var got map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err, w.Body.String())
		}
		if want != nil && !reflect.DeepEqual(want, got) {
			t.Fatalf("%v differs from %v", got, want)
		}
		want = got
	}
}
