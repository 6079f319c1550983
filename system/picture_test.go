//go:build !encore_app

package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A folder that is gone stands for a disk that is full or read-only: the tests may run as root, who writes everywhere.
func TestADiskThatTakesNoPhotosIsTold(t *testing.T) {
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
	upload := func() *answer {
		body, contentType := form(t, run.ID, w.buildings[0], "arrival", jpegOf(t, megabyte))
		return c.do(t, http.MethodPost, s.api("/pictures"), body, contentType)
	}
	require.NoError(t, poll(func() error { // each of them has opened the folder
		require.Equal(t, http.StatusOK, upload().StatusCode)
		for _, b := range s.backends {
			if state, err := b.dependencies(); err != nil || !slices.Contains(state, "bucket pictures: true") {
				return fmt.Errorf("%s lists %v: %w", b.url, state, errors.Join(err, errors.New("no bucket")))
			}
		}
		return nil
	}, patience))

	folder := filepath.Join(s.folder, "data", "buckets", "pictures", "tmp")
	require.NoError(t, os.Rename(folder, folder+".away"))
	refused := upload()
	requireRefused(t, refused, http.StatusServiceUnavailable, "unavailable", "try_again")
	require.Equal(t, "60", refused.Header.Get("Retry-After"))
	// Whichever backend had the upload tells; both go on taking requests.
	require.NoError(t, poll(func() error {
		for _, b := range s.backends {
			state, err := b.dependencies()
			if err != nil || slices.Contains(state, "bucket pictures: false") {
				return err
			}
		}
		return errors.New("no backend lists the bucket as unreachable")
	}, patience))

	require.NoError(t, os.Rename(folder+".away", folder))
	require.Equal(t, http.StatusOK, upload().StatusCode, "nobody has to restart anything")
}

// dependencies is what a backend that takes requests says of what it depends on: "name: reachable".
func (b *backend) dependencies() (list []string, err error) {
	answer, err := http.Get(b.internal + "/readyz")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it is not ready: %s", answer.Status)
	}
	var state struct {
		Dependencies []struct {
			Name      string
			Reachable bool
		}
	}
	err = json.NewDecoder(answer.Body).Decode(&state)
	for _, d := range state.Dependencies {
		list = append(list, fmt.Sprintf("%s: %t", d.Name, d.Reachable))
	}
	return list, err
}

func TestPagesAreLiveAgainWithinSecondsOfAKill(t *testing.T) {
	t.Parallel()
	s := startStack(t, production)
	c := s.signedIn(t)
	w := s.workOf(t, c)
	cookie := c.cookie(t)
	direct := &client{s: s, http: &http.Client{Timeout: patience}}
	for round := range 2 { // each of the two may be the one that handles the events
		killed := s.backends[round]
		other := s.backends[1-round]
		direct.planned(t, other.url, w, "Cookie: "+cookie)
		require.NoError(t, killed.end(syscall.SIGKILL))
		at := time.Now()
		live := c.follow(t, "runs") // nginx leads to the one that is left
		run := direct.planned(t, other.url, w, "Cookie: "+cookie)
		live.requireRunEvent(t, "run.planned", run)
		require.Less(t, time.Since(at), 3*time.Second)
		live.close()
		restarted, err := s.startBackendAt(round + 1)
		require.NoError(t, err)
		s.backends[round] = restarted
		require.NoError(t, poll(restarted.ready, patience))
	}
}
