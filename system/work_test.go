//go:build !encore_app

package system

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// work is a tour and its worker, the administrator, who has one more run to plan on every day from tomorrow on.
type work struct {
	tour, worker int64
	buildings    []int64
	today        time.Time
	days         atomic.Int64
}

// workOf returns the work of an installation, which is made the first time.
func (s *stack) workOf(t *testing.T, c *client) *work {
	t.Helper()
	s.preparing.Lock()
	defer s.preparing.Unlock()
	if s.work != nil {
		return s.work
	}
	var me accountAnswer
	c.ok(t, http.MethodGet, "/me", nil, &me)
	var region, tour struct {
		ID      int64 `json:"id"`
		Version int64 `json:"version"`
	}
	c.ok(t, http.MethodPost, "/regions", map[string]any{"name": "Systeem"}, &region)
	c.ok(t, http.MethodPost, "/tours", map[string]any{"name": "Systeem", "region_id": region.ID}, &tour)
	w := &work{tour: tour.ID, worker: me.ID}
	for number := range 3 {
		var building struct {
			ID int64 `json:"id"`
		}
		c.ok(t, http.MethodPost, "/buildings", map[string]any{
			"region_id": region.ID, "name": "", "agreed_minutes": 10, "syndic_ids": []int64{}, "address": map[string]string{
				"street": "Systeemstraat", "house_number": fmt.Sprint(number + 1), "bus": "", "postal_code": "9000", "city": "Gent",
			},
		}, &building)
		w.buildings = append(w.buildings, building.ID)
	}
	c.ok(t, http.MethodPut, fmt.Sprintf("/tours/%d/stops", tour.ID),
		map[string]any{"building_ids": w.buildings, "version": tour.Version}, nil)
	c.ok(t, http.MethodPut, fmt.Sprintf("/users/%d/regions", me.ID),
		map[string]any{"region_ids": append(me.RegionIDs, region.ID)}, nil)
	zone, err := time.LoadLocation(s.env["TIME_ZONE"])
	require.NoError(t, err)
	w.today = time.Now().In(zone)
	s.work = w
	return w
}

// next is the body that plans one more run.
func (w *work) next() map[string]any {
	day := w.today.AddDate(0, 0, int(w.days.Add(1)))
	return map[string]any{"tour_id": w.tour, "worker_id": w.worker, "date": day.Format(time.DateOnly)}
}

// plan plans one more run at base, which is nginx or a backend, and returns its id.
func (c *client) plan(ctx context.Context, base string, w *work, headers ...string) (int64, *answer, error) {
	answer, err := c.send(ctx, http.MethodPost, base+"/runs", w.next(), headers...)
	if err != nil || answer.StatusCode != http.StatusOK {
		return 0, answer, err
	}
	var run struct {
		ID int64 `json:"id"`
	}
	return run.ID, answer, json.Unmarshal(answer.body, &run)
}

// planned is plan for tests.
func (c *client) planned(t *testing.T, base string, w *work, headers ...string) int64 {
	t.Helper()
	run, answer, err := c.plan(t.Context(), base, w, headers...)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, "%s", answer.body)
	return run
}

func TestEventsReachSubscribersOfBothBackends(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		c := s.signedIn(t)
		w := s.workOf(t, c)
		cookie := c.cookie(t)
		live := c.follow(t, "runs")
		// One of them is not the backend that has the WebSocket.
		direct := &client{s: s, http: &http.Client{Timeout: patience}}
		for _, b := range s.backends {
			run := direct.planned(t, b.url, w, "Cookie: "+cookie)
			live.requireRunEvent(t, "run.planned", run)
		}
		run := c.planned(t, s.api(""), w)
		first := live.requireRunEvent(t, "run.planned", run)

		// Who was away gets what happened meanwhile.
		live.close()
		missed := []int64{c.planned(t, s.api(""), w), c.planned(t, s.api(""), w)}
		again, err := c.openSocket(cookie)
		require.NoError(t, err)
		t.Cleanup(again.close)
		answer, err := again.subscribe("runs", first.ID)
		require.NoError(t, err)
		require.True(t, answer.Recovered)
		for _, run := range missed {
			again.requireRunEvent(t, "run.planned", run)
		}
	})
}

func TestTheWebSocketWantsASessionAndTheWebAppsOrigin(t *testing.T) {
	t.Parallel()
	inBoth(t, func(t *testing.T, s *stack) {
		upgrade := []string{
			"Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
		}
		c := s.signedIn(t)
		anonymous := s.newClient(t)
		anonymous.http1()
		refused := anonymous.get(t, s.api("/ws"), append(upgrade, "Origin: "+s.ownOrigin())...)
		requireRefused(t, refused, http.StatusUnauthorized, "unauthenticated", "")
		c.http1()
		refused = c.get(t, s.api("/ws"), append(upgrade, "Origin: https://evil.example")...)
		requireRefused(t, refused, http.StatusForbidden, "permission_denied", "foreign_origin")
	})
}
