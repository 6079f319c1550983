package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type recorded struct {
	Deliveries []struct {
		Text, Key, Type, Topic, Subscription, Internal string
		Attempt                                        int
	}
	Counted bool
	Ticks   int
}

func deliveries(t *testing.T, base, text string) recorded {
	t.Helper()
	res, err := http.Get(base + "/events/" + text)
	require.NoError(t, err)
	defer func() { require.NoError(t, res.Body.Close()) }()
	var r recorded
	require.NoError(t, json.NewDecoder(res.Body).Decode(&r))
	return r
}

func TestMessages(t *testing.T) {
	t.Parallel()
	base := conformance(t)
	t.Run("every subscription gets a message", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Key":"k","Text":"once"}`, status: 200, wantPart: `"id": "`}.check(t, base)
		require.Eventually(t, func() bool {
			r := deliveries(t, base, "once")
			return r.Counted && len(r.Deliveries) == 1
		}, patience, 20*time.Millisecond)
		d := deliveries(t, base, "once").Deliveries[0]
		require.Equal(t, "k", d.Key)
		require.Equal(t, "pubsub-message", d.Type)
		require.Equal(t, "things", d.Topic)
		require.Equal(t, "recorder", d.Subscription)
		require.Equal(t, 1, d.Attempt)
		require.Empty(t, d.Internal, `fields with json:"-" do not travel`)
	})
	t.Run("a failed and a panicking delivery are repeated", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Key":"r","Text":"retried","FailFor":2}`, status: 200}.check(t, base)
		require.Eventually(t, func() bool { return len(deliveries(t, base, "retried").Deliveries) == 3 }, patience, 50*time.Millisecond)
		require.Equal(t, 3, deliveries(t, base, "retried").Deliveries[2].Attempt)
	})
	t.Run("an empty ordering attribute is refused", func(t *testing.T) {
		exchange{method: "POST", path: "/events", body: `{"Text":"unordered"}`, status: 400, wantPart: "invalid_argument"}.check(t, base)
	})
	t.Run("a cron job runs on demand", func(t *testing.T) {
		exchange{method: "POST", path: "/__encore/cron/tick", status: 200}.check(t, base)
		require.Equal(t, 1, deliveries(t, base, "none").Ticks)
		exchange{path: "/__encore/cron/tick", status: 405}.check(t, base)
		exchange{method: "POST", path: "/__encore/cron/unknown", status: 404}.check(t, base)
	})
}

func TestMessagesAreGivenUpAfterMaxRetriesDeliveries(t *testing.T) {
	t.Parallel()
	i := newProgram(t, nil).start(t)
	exchange{method: "POST", path: "/events-jobs", body: `{"Text":"hopeless"}`, status: 200}.check(t, i.base)
	var line struct {
		Level, Error string
		Attempts     int
	}
	require.NoError(t, json.Unmarshal([]byte(i.await(t, "message given up")), &line))
	require.Equal(t, "error", line.Level)
	require.Equal(t, 2, line.Attempts)
	require.Len(t, deliveries(t, i.base, "hopeless").Deliveries, 2)
}

func TestMessagesOutliveTheProgram(t *testing.T) {
	t.Parallel()
	p := newProgram(t, nil)
	first := p.start(t)
	exchange{method: "POST", path: "/events", body: `{"Key":"k","Text":"survivor","FailFor":1}`, status: 200}.check(t, first.base)
	require.Eventually(t, func() bool { return len(deliveries(t, first.base, "survivor").Deliveries) > 0 }, patience, 10*time.Millisecond)
	first.kill()
	second := p.start(t)
	require.Eventually(t, func() bool { return len(deliveries(t, second.base, "survivor").Deliveries) > 0 }, patience, 50*time.Millisecond)
}
