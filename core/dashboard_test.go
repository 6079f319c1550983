package core

import (
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/store"
	"encore.app/internal/refusal"
)

func TestDashboard(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	planned := r.run()
	started, buildings := r.startedRun()
	r.picture(started, buildings[0], StepArrival)
	r.pass(time.Minute)
	last := r.picture(started, buildings[0], StepInside)
	cancelled := r.run(func(p *store.InsertRunParams) { p.WorkerID = lucas.ID })
	_, err := r.CancelRun(r.as(office), cancelled, &CancelRunParams{Reason: "Rain"})
	require.NoError(t, err)
	r.run(func(p *store.InsertRunParams) { p.Date = today.AddDate(0, 0, 1) })
	r.pass(25 * time.Minute) // 26 since the start; the first stop is agreed to take 10

	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{})
	require.NoError(t, err)
	require.Equal(t, "2026-05-04", board.Date)
	require.Len(t, board.Runs, 3)
	require.Equal(t, DashboardCount{Planned: 1, Started: 1, Late: 1, Stops: 4}, board.Counts)
	require.Equal(t, []int64{started, planned, cancelled}, []int64{board.Runs[0].ID, board.Runs[1].ID, board.Runs[2].ID})
	for _, run := range board.Runs {
		switch run.ID {
		case started:
			require.Equal(t, 16, run.LateMinutes)
			require.Equal(t, &last, run.LastPicture)
		case planned, cancelled:
			require.Zero(t, run.LateMinutes)
			require.Nil(t, run.LastPicture)
		}
	}

	empty, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2020-01-01"})
	require.NoError(t, err)
	require.NotNil(t, empty.Runs)
	require.Empty(t, empty.Runs)
	_, err = r.GetDashboard(r.as(office), &GetDashboardParams{Date: "x"})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Malformed)
}
