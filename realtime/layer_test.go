package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

func numbered(n int) event {
	return event{Type: "test", Data: json.RawMessage(strconv.Itoa(n))}
}

// put publishes one event to one channel.
func put(t *testing.T, l *layer, channel string, n int) {
	t.Helper()
	require.NoError(t, l.publish(t.Context(), channel+"/"+strconv.Itoa(n), map[string]event{channel: numbered(n)}))
}

func numbers(t *testing.T, entries []entry) []int {
	t.Helper()
	list := []int{}
	for _, e := range entries {
		n, err := strconv.Atoi(string(e.event.Data))
		require.NoError(t, err)
		list = append(list, n)
	}
	return list
}

func TestAClientGetsWhatItMissed(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		l := &layer{redis: s.client(t)}
		put(t, l, "run:1", 0)
		before, err := l.read(t.Context(), "run:1", position{})
		require.NoError(t, err)
		require.False(t, before.recovered, "without a position there is nothing to recover from")
		require.Empty(t, before.missed)

		nothing, err := l.read(t.Context(), "run:1", before.at)
		require.NoError(t, err)
		require.True(t, nothing.recovered)
		require.Empty(t, nothing.missed)

		put(t, l, "run:1", 1)
		put(t, l, "run:2", 2) // another channel
		put(t, l, "run:1", 3)
		after, err := l.read(t.Context(), "run:1", before.at)
		require.NoError(t, err)
		require.True(t, after.recovered)
		require.Equal(t, []int{1, 3}, numbers(t, after.missed))

		quiet, err := l.read(t.Context(), "run:3", before.at) // a channel without events
		require.NoError(t, err)
		require.True(t, quiet.recovered)
		require.Empty(t, quiet.missed)
	})
}

func TestAPositionThatIsGoneIsNotRecovered(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		client := s.client(t)
		l := &layer{redis: client}
		put(t, l, "run:1", 0)
		start, err := l.read(t.Context(), "run:1", position{})
		require.NoError(t, err)
		read := func(since position) snapshot {
			got, err := l.read(t.Context(), "run:1", since)
			require.NoError(t, err)
			require.True(t, got.recovered || len(got.missed) == 0)
			return got
		}

		for i := 1; i <= maxReplay; i++ {
			put(t, l, "run:1", i)
		}
		require.True(t, read(start.at).recovered)
		put(t, l, "run:1", maxReplay+1)
		require.False(t, read(start.at).recovered, "more than a client can take")

		old := position{ms: start.at.ms - uint64(channelLife.Milliseconds()) - 1}
		require.False(t, read(old).recovered, "too long ago")
		require.False(t, read(position{ms: start.at.ms + 1e9}).recovered, "from the future")

		require.NoError(t, client.XTrimMaxLen(t.Context(), channelPrefix+"run:1", 1).Err())
		for i := maxReplay + 2; i < maxReplay+2+channelLength; i++ {
			put(t, l, "run:1", i)
		}
		require.False(t, read(start.at).recovered, "dropped by the channel")

		last := read(position{}).at
		require.NoError(t, client.FlushAll(t.Context()).Err())
		require.False(t, read(last).recovered, "Redis has lost everything")
		put(t, l, "run:1", 1000)
		require.False(t, read(last).recovered, "and begun anew")
	})
}

func TestAnEventIsPublishedOnceToAllItsChannels(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		client := s.client(t)
		l := &layer{redis: client}
		for range 3 {
			require.NoError(t, l.publish(t.Context(), "same id", map[string]event{"runs": numbered(1), "run:1": numbered(1)}))
		}
		for key, want := range map[string]int64{feedKey: 2, channelPrefix + "runs": 1, channelPrefix + "run:1": 1} {
			length, err := client.XLen(t.Context(), key).Result()
			require.NoError(t, err)
			require.Equal(t, want, length, key)
		}
		life, err := client.TTL(t.Context(), channelPrefix+"runs").Result()
		require.NoError(t, err)
		require.InDelta(t, channelLife.Seconds(), life.Seconds(), 60)
	})
}

func TestChannelsAreCapped(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		client := s.client(t)
		l := &layer{redis: client}
		for i := range 3 * channelLength {
			put(t, l, "run:1", i)
		}
		length, err := client.XLen(t.Context(), channelPrefix+"run:1").Result()
		require.NoError(t, err)
		require.Less(t, length, int64(3*channelLength))
		require.GreaterOrEqual(t, length, int64(channelLength))
	})
}

// process is a reader as every process of the application has one.
type process struct {
	got  chan entry
	lost chan struct{}
}

func follow(t *testing.T, client *redis.Client) *process {
	t.Helper()
	p := &process{got: make(chan entry, 1000), lost: make(chan struct{}, 10)}
	ctx, cancel := context.WithCancel(context.Background())
	r := reader{
		layer: &layer{redis: client}, deliver: func(e entry) { p.got <- e }, lost: func() { p.lost <- struct{}{} },
		started: make(chan struct{}),
	}
	started := r.started
	var running sync.WaitGroup
	running.Go(func() { r.run(ctx) })
	t.Cleanup(func() {
		cancel()
		_ = client.Close() // wakes the reader
		running.Wait()
	})
	select {
	case <-started:
	case <-time.After(patience):
		require.FailNow(t, "the reader does not start")
	}
	return p
}

func (p *process) next(t *testing.T, n int) []entry {
	t.Helper()
	var entries []entry
	for range n {
		select {
		case e := <-p.got:
			entries = append(entries, e)
		case <-time.After(patience):
			require.FailNow(t, "an event does not arrive", "after %v", numbers(t, entries))
		}
	}
	return entries
}

func TestEveryProcessGetsEveryEventInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		one, two := follow(t, s.client(t)), follow(t, s.client(t))
		l := &layer{redis: s.client(t)}
		want := []int{}
		for i := range 50 {
			put(t, l, fmt.Sprintf("run:%d", i%3), i)
			want = append(want, i)
		}
		for _, p := range []*process{one, two} {
			got := p.next(t, 50)
			require.Equal(t, want, numbers(t, got))
			require.Equal(t, "run:1", got[1].channel)
		}
	})
}

func TestAProcessGetsAfterAnOutageWhatItMissed(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		p := follow(t, s.client(t))
		l := &layer{redis: s.client(t)}
		put(t, l, "run:1", 0)
		require.Equal(t, []int{0}, numbers(t, p.next(t, 1)))

		s.stop(t)
		require.Error(t, l.publish(t.Context(), "during", map[string]event{"run:1": numbered(1)}))
		s.start(t)
		// As the topic delivers it again:
		require.NoError(t, l.publish(t.Context(), "during", map[string]event{"run:1": numbered(1)}))
		put(t, l, "run:1", 2)
		require.Equal(t, []int{1, 2}, numbers(t, p.next(t, 2)))
		require.Empty(t, p.lost)
	})
}

func TestAProcessNoticesWhenRedisHasLostEvents(t *testing.T) {
	onBoth(t, func(t *testing.T, s server) {
		p := follow(t, s.client(t))
		client := s.client(t)
		l := &layer{redis: client}
		put(t, l, "run:1", 0)
		p.next(t, 1)

		s.stop(t)
		s.start(t)
		require.NoError(t, client.FlushAll(t.Context()).Err())
		// The reader may have found its place between start and flush; another outage makes it look again.
		s.stop(t)
		s.start(t)
		select {
		case <-p.lost:
		case <-time.After(patience):
			require.FailNow(t, "the loss goes unnoticed")
		}
		put(t, l, "run:1", 1)
		require.Equal(t, []int{1}, numbers(t, p.next(t, 1)), "and it goes on")
	})
}

func TestPositions(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "1", "1-", "-1", "a-1", "1-2-3", "+", "-", "1-18446744073709551616"} {
		_, err := parsePosition(id)
		require.Error(t, err, id)
	}
	p, err := parsePosition("1700000000000-12")
	require.NoError(t, err)
	require.Equal(t, position{1700000000000, 12}, p)
	require.Equal(t, "1700000000000-12", p.String())
	require.True(t, position{1, 9}.before(position{2, 0}))
	require.True(t, position{1, 9}.before(position{1, 10}))
	require.False(t, position{1, 9}.before(position{1, 9}))
}
