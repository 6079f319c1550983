// Bench measures the application framework against a hand-written server, on one machine in one run, and prints one
// figure a line as `name ratio`. README.md tells how and what the figures were.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"
)

// A figure is the ratio of what was measured to its baseline, and the bound that it must keep.
type figure struct {
	name    string
	ratio   float64
	atLeast float64 // 0: no lower bound
	atMost  float64 // 0: no upper bound
}

func (f figure) kept() bool {
	return f.ratio >= f.atLeast && (f.atMost == 0 || f.ratio <= f.atMost)
}

func main() {
	rounds := flag.Int("rounds", 7, "pairs of measurements per endpoint; their median counts")
	duration := flag.Duration("duration", 3*time.Second, "length of one measurement")
	clients := flag.Int("clients", 32, "connections that send requests one after the other")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	figures, err := measure(ctx, *rounds, *duration, *clients)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	missed := false
	for _, f := range figures {
		fmt.Printf("%s %.2f\n", f.name, f.ratio)
		if !f.kept() {
			fmt.Fprintf(os.Stderr, "%s: %.2f is out of bounds (at least %.2f, at most %.2f)\n", f.name, f.ratio, f.atLeast, f.atMost)
			missed = true
		}
	}
	if missed {
		os.Exit(1)
	}
}

func measure(ctx context.Context, rounds int, duration time.Duration, clients int) ([]figure, error) {
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
	for _, e := range []struct {
		name    string
		path    func(n uint64) string
		atLeast float64
	}{
		{"http/ping", func(uint64) string { return "/ping" }, 0.85},
		{"http/building", func(n uint64) string { return fmt.Sprintf("/buildings/%d", n%1000+1) }, 0.90},
	} {
		if err := sameAnswer(app, baseline, e.path(1)); err != nil {
			return nil, err
		}
		ratios := make([]float64, 0, rounds)
		for i := range rounds + 1 {
			ours, err := throughput(ctx, app, e.path, duration, clients)
			if err != nil {
				return nil, err
			}
			theirs, err := throughput(ctx, baseline, e.path, duration, clients)
			if err != nil {
				return nil, err
			}
			if i > 0 { // the first pair only warms up
				ratios = append(ratios, ours/theirs)
			}
			fmt.Fprintf(os.Stderr, "%s: %.0f against %.0f requests a second\n", e.name, ours, theirs)
		}
		slices.Sort(ratios)
		figures = append(figures, figure{name: e.name, ratio: ratios[len(ratios)/2], atLeast: e.atLeast})
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
	return append(figures, figure{name: "http/memory", ratio: float64(ours) / float64(theirs), atMost: 2}), nil
}
