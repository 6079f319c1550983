//go:build !encore_app

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

// load is what one measurement sends: every connection of a server asks for one address after the other.
type load struct {
	paths    []string // in turn
	clients  int
	duration time.Duration
}

// sample is what a server did during one measurement or several.
type sample struct {
	answered int64
	took     time.Duration
	cpu      time.Duration // processor time of the server
}

func (s sample) perSecond() float64 { return float64(s.answered) / s.took.Seconds() }

func (s sample) cpuPerRequest() time.Duration { return s.cpu / time.Duration(s.answered) }

func (s sample) plus(other sample) sample {
	return sample{s.answered + other.answered, s.took + other.took, s.cpu + other.cpu}
}

// measure puts a load on a server. Any answer but 200 is an error: a fast refusal must not count as speed.
func (l load) measure(ctx context.Context, s *server) (sample, error) {
	// The log starts empty, so that a server which logs much does not fill the disk.
	if err := s.log.Truncate(0); err != nil {
		return sample{}, err
	}
	uris := make([]string, len(l.paths)) // made beforehand: the load generator takes time from the server
	for i, path := range l.paths {
		uris[i] = "http://" + s.addr + path
	}
	before, err := s.cpuTime()
	if err != nil {
		return sample{}, err
	}
	var answered atomic.Int64
	var failure atomic.Pointer[error]
	start := time.Now()
	deadline := start.Add(l.duration)
	var wg sync.WaitGroup
	for n := range l.clients {
		wg.Go(func() {
			count, err := ask(ctx, s.client, uris, n*len(uris)/l.clients, deadline)
			answered.Add(count)
			if err != nil {
				err = fmt.Errorf("%s: %w", s.name, err)
				failure.CompareAndSwap(nil, &err)
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	if err := failure.Load(); err != nil {
		return sample{}, *err
	}
	after, err := s.cpuTime()
	if err != nil {
		return sample{}, err
	}
	if answered.Load() == 0 {
		return sample{}, fmt.Errorf("%s answered nothing in %s", s.name, l.duration)
	}
	return sample{answered: answered.Load(), took: took, cpu: after - before}, nil
}

// ask sends the requests of one connection until the deadline, and returns how many were answered.
func ask(ctx context.Context, client *fasthttp.HostClient, uris []string, first int, deadline time.Time) (answered int64, err error) {
	req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(res)
	for i := first; time.Now().Before(deadline); i++ {
		if err := ctx.Err(); err != nil {
			return answered, err
		}
		uri := uris[i%len(uris)]
		req.SetRequestURI(uri)
		if err := client.Do(req, res); err != nil {
			return answered, err
		}
		if res.StatusCode() != fasthttp.StatusOK {
			return answered, fmt.Errorf("%s answers %d: %s", uri, res.StatusCode(), res.Body())
		}
		answered++
	}
	return answered, nil
}

// sameAnswer makes sure that both servers do the same work.
func sameAnswer(a, b *server, path string) error {
	answer := func(s *server) (string, error) {
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		defer fasthttp.ReleaseRequest(req)
		defer fasthttp.ReleaseResponse(res)
		req.SetRequestURI("http://" + s.addr + path)
		if err := s.client.Do(req, res); err != nil {
			return "", fmt.Errorf("%s: %s: %w", s.name, path, err)
		}
		return fmt.Sprintf("%d %s %s", res.StatusCode(), res.Header.ContentType(), res.Body()), nil
	}
	first, err := answer(a)
	if err != nil {
		return err
	}
	second, err := answer(b)
	if err != nil {
		return err
	}
	if first != second {
		return fmt.Errorf("%s: %s answers %q, %s answers %q", path, a.name, first, b.name, second)
	}
	return nil
}

// checkLog makes sure that a server has logged every request of the measurement before.
func checkLog(s *server, answered int64) error {
	content, err := s.logged()
	if err != nil {
		return err
	}
	if lines := bytes.Count(content, []byte("\n")); int64(lines) < answered {
		return fmt.Errorf("%s answered %d requests, but has only %d lines in its log", s.name, answered, lines)
	}
	return nil
}
