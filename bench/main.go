//go:build !encore_app

// Bench measures the application framework against a hand-written server, on one machine in one run, and prints one
// figure a line as `name ratio`. README.md tells how and what the figures were.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// A figure is the ratio of what was measured to its baseline, and the bound that it must keep.
type figure struct {
	name    string
	ratio   float64
	atLeast float64 // 0: no lower bound
	atMost  float64 // 0: no upper bound
}

// miss tells how the bound is missed, "" when it is kept. It judges the ratio as it is printed.
func (f figure) miss() string {
	switch ratio := f.rounded(); {
	case ratio < f.atLeast:
		return fmt.Sprintf("%s: %.2f is below the bound of %.2f", f.name, ratio, f.atLeast)
	case f.atMost != 0 && ratio > f.atMost:
		return fmt.Sprintf("%s: %.2f is above the bound of %.2f", f.name, ratio, f.atMost)
	}
	return ""
}

func (f figure) rounded() float64 { return float64(int(f.ratio*100+0.5)) / 100 }

// endpoint is what is measured of both servers.
type endpoint struct {
	name    string
	paths   []string
	atLeast float64
}

func endpoints() []endpoint {
	buildings := make([]string, 1000) // as many as the database has
	for i := range buildings {
		buildings[i] = fmt.Sprintf("/buildings/%d", i+1)
	}
	return []endpoint{
		{"http/ping", []string{"/ping"}, 0.85},
		{"http/building", buildings, 0.90},
	}
}

// maxClients is the highest number of connections that can be asked for.
const maxClients = 1024

// An endpoint is measured until its figure is precise, in at least minPairs pairs unless fewer are asked for.
const (
	minPairs  = 60
	precision = 0.015
)

// settings are the flags.
type settings struct {
	pairs    int
	duration time.Duration
	clients  int
	profiles string
}

func main() {
	var s settings
	flag.IntVar(&s.pairs, "pairs", 200, "most pairs of measurements for each endpoint; the median of their ratios counts")
	flag.DurationVar(&s.duration, "duration", 250*time.Millisecond, "length of one measurement")
	flag.IntVar(&s.clients, "clients", 32, "connections that send one request after the other")
	flag.StringVar(&s.profiles, "profiles", "", "write CPU profiles of both servers to this `folder` afterwards")
	flag.Parse()
	if flag.NArg() > 0 || s.pairs < 1 || s.clients < 1 || s.clients > maxClients || s.duration <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	figures, err := measure(ctx, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	missed := false
	for _, f := range figures {
		fmt.Printf("%s %.2f\n", f.name, f.rounded())
		if miss := f.miss(); miss != "" {
			fmt.Fprintln(os.Stderr, miss)
			missed = true
		}
	}
	if missed {
		os.Exit(1)
	}
}

func measure(ctx context.Context, s settings) ([]figure, error) {
	env, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer env.close()
	app, err := env.startApp(ctx)
	if err != nil {
		return nil, err
	}
	defer app.stop()
	baseline, err := env.startBaseline(ctx)
	if err != nil {
		return nil, err
	}
	defer baseline.stop()

	var figures []figure
	for _, e := range endpoints() {
		ratio, err := compare(ctx, app, baseline, e, s)
		if err != nil {
			return nil, err
		}
		figures = append(figures, figure{name: e.name, ratio: ratio, atLeast: e.atLeast})
	}
	ours, err := app.peakMemory()
	if err != nil {
		return nil, err
	}
	theirs, err := baseline.peakMemory()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "http/memory: %d against %d KiB\n", ours, theirs)
	figures = append(figures, figure{name: "http/memory", ratio: float64(ours) / float64(theirs), atMost: 2})
	if s.profiles != "" {
		// Last, since it makes the servers slower and larger.
		return figures, profile(ctx, s, app, baseline)
	}
	return figures, nil
}

// compare returns the median of the ratios of the throughput of both servers. What else the machine does changes over
// time, so only measurements that follow each other are compared, and each server goes first in turn.
func compare(ctx context.Context, app, baseline *server, e endpoint, s settings) (float64, error) {
	for _, path := range []string{e.paths[0], e.paths[len(e.paths)-1]} {
		if err := sameAnswer(app, baseline, path); err != nil {
			return 0, err
		}
	}
	l := load{paths: e.paths, clients: s.clients, duration: s.duration}
	for _, server := range []*server{app, baseline} { // opens all connections, and grows the heap
		warmUp := l
		warmUp.duration = 2 * time.Second
		warm, err := warmUp.measure(ctx, server)
		if err != nil {
			return 0, err
		}
		if err := checkLog(server, warm.answered); err != nil {
			return 0, err
		}
	}
	ratios := make([]float64, 0, s.pairs)
	var ours, theirs sample
	for i := range s.pairs {
		var mine, other sample
		turns := []func() error{
			func() (err error) { mine, err = l.measure(ctx, app); return err },
			func() (err error) { other, err = l.measure(ctx, baseline); return err },
		}
		if i%2 == 1 {
			slices.Reverse(turns)
		}
		for _, turn := range turns {
			if err := turn(); err != nil {
				return 0, err
			}
		}
		ratios = append(ratios, mine.perSecond()/other.perSecond())
		ours, theirs = ours.plus(mine), theirs.plus(other)
		if (i+1)%20 == 0 {
			fmt.Fprintf(os.Stderr, "%s: after %d pairs the median is %.2f, give or take %.2f\n", e.name, i+1, quantile(ratios, 0.5), uncertainty(ratios))
			if i+1 >= minPairs && uncertainty(ratios) <= precision {
				break
			}
		}
	}
	fmt.Fprintf(os.Stderr, "%s: %.0f against %.0f requests a second; half of the ratios are between %.2f and %.2f\n",
		e.name, ours.perSecond(), theirs.perSecond(), quantile(ratios, 0.25), quantile(ratios, 0.75))
	fmt.Fprintf(os.Stderr, "%s: processor time of a request %s against %s, a ratio of %.2f\n",
		e.name, ours.cpuPerRequest().Round(100*time.Nanosecond), theirs.cpuPerRequest().Round(100*time.Nanosecond),
		float64(theirs.cpuPerRequest())/float64(ours.cpuPerRequest()))
	return quantile(ratios, 0.5), nil
}

// uncertainty estimates the standard error of the median of values, from the range that half of them are in.
func uncertainty(values []float64) float64 {
	return 0.93 * (quantile(values, 0.75) - quantile(values, 0.25)) / math.Sqrt(float64(len(values)))
}

// quantile returns the value that the share q of values is below, between two of them in proportion.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	return sorted[below] + (at-float64(below))*(sorted[above]-sorted[below])
}
