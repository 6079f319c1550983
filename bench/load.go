package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
)

// throughput returns the answered requests per second while clients connections send one request after the other.
// Any answer but 200 is an error: a fast refusal must not count as speed.
func throughput(ctx context.Context, s *server, path func(n uint64) string, duration time.Duration, clients int) (float64, error) {
	client := &fasthttp.HostClient{Addr: s.addr, MaxConns: clients}
	defer client.CloseIdleConnections()
	var sent, answered atomic.Uint64
	var failure atomic.Pointer[error]
	deadline := time.Now().Add(duration)
	var wg sync.WaitGroup
	start := time.Now()
	for range clients {
		wg.Go(func() {
			req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(req)
			defer fasthttp.ReleaseResponse(res)
			for time.Now().Before(deadline) && failure.Load() == nil && ctx.Err() == nil {
				req.SetRequestURI("http://" + s.addr + path(sent.Add(1)))
				err := client.Do(req, res)
				if err == nil && res.StatusCode() != fasthttp.StatusOK {
					err = fmt.Errorf("%s answered %d: %s", s.name, res.StatusCode(), res.Body())
				}
				if err != nil {
					failure.CompareAndSwap(nil, &err)
					return
				}
				answered.Add(1)
			}
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return 0, *err
	}
	return float64(answered.Load()) / time.Since(start).Seconds(), ctx.Err()
}

// sameAnswer makes sure that both servers do the same work.
func sameAnswer(a, b *server, path string) error {
	_, first, err := fasthttp.Get(nil, "http://"+a.addr+path)
	if err != nil {
		return err
	}
	_, second, err := fasthttp.Get(nil, "http://"+b.addr+path)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return fmt.Errorf("%s: %s answers %q, %s answers %q", path, a.name, first, b.name, second)
	}
	return nil
}
