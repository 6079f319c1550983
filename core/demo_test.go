package core

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/demo"
)

func TestDemoDataRollForward(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	people := map[string]int64{demo.Martine: martin.ID, demo.Philippe: nadia.ID}
	for email := range demo.Workers {
		people[email] = int64(100 + len(people))
	}
	people["student@trottoir.example"] = emma.ID
	seed := func() {
		t.Helper()
		_, err := r.makeDemo(t.Context(), people)
		require.NoError(t, err)
	}
	count := func(ctx context.Context) (runs int) {
		require.NoError(t, r.pool.QueryRow(ctx, `select count(*) from runs`).Scan(&runs))
		return runs
	}

	seed()
	first := count(t.Context())
	seed()
	require.Equal(t, first, count(t.Context()), "what is there is not made again")
	r.pass(3 * 24 * time.Hour)
	seed()
	require.Greater(t, count(t.Context()), first)

	mine, err := r.MyRuns(r.as(emma), &MyRunsParams{From: "2026-05-07", To: "2026-05-07"})
	require.NoError(t, err)
	require.Len(t, mine.Items, 1)
	_, err = r.StartRun(r.as(emma), mine.Items[0].ID, r.start())
	require.NoError(t, err)
	past, err := r.ListRuns(r.as(office), &ListRunsParams{To: "2026-05-03", Limit: 200})
	require.NoError(t, err)
	require.Greater(t, len(past.Items), 30)
	outcomes := map[string]int{}
	for _, run := range past.Items {
		require.Equal(t, StatusCompleted, run.Status)
		for _, segment := range run.Progress.Segments {
			outcomes[segment]++
		}
	}
	require.Positive(t, outcomes[OutcomeSkipped])
	require.Positive(t, outcomes[OutcomeFailed])
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Equal(t, 1, board.Counts.Started, "one is on his way")
}
