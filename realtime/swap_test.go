package realtime

import (
	"context"
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
)

func TestWhoCouldTakeARunHearsOfSwaps(t *testing.T) {
	t.Parallel()
	b := setup(t, newMiniredis(t).address)
	board, taker, manager := b.connect(t, office), b.connect(t, student), b.connect(t, syndic)
	b.workersIn = func(_ context.Context, region int64) ([]*auth.User, error) {
		require.Equal(t, int64(4), region)
		return []*auth.User{{ID: student.userID, Role: auth.RoleStudent}, {ID: syndic.userID, Role: auth.RoleSyndic}}, nil
	}
	board.subscribe(t, "swaps", "")
	taker.subscribe(t, "me", "")
	manager.subscribe(t, "me", "")
	manager.send(t, `{"op":"subscribe","channel":"swaps"}`)
	require.Equal(t, errs.PermissionDenied.String(), manager.receive(t).Code)
	id := uuid.Must(uuid.FromString("5a1c1e52-0000-4000-8000-000000000001"))
	require.NoError(t, b.OnSwapEvent(t.Context(), &core.SwapEvent{
		ID: "e1", Type: core.SwapAsked, SwapID: id, RunID: 12, Date: "2026-05-04", RegionID: 4, State: core.SwapStateOpen, ActorID: 900, AskedBy: 900,
	}))
	got := board.receive(t)
	require.Equal(t, core.SwapAsked, got.Type)
	require.JSONEq(t, `{"swap_id":"`+id.String()+`","run_id":12,"date":"2026-05-04","state":"open"}`, string(got.Data))
	got = taker.receive(t)
	require.Equal(t, core.SwapAsked, got.Type)
	require.JSONEq(t, `{"swap_id":"`+id.String()+`","state":"open"}`, string(got.Data), "and not whose run it is")

	// A syndic in the region hears of none: what comes next is the first thing.
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{ID: "e2", Type: auth.AccountChanged, UserID: syndic.userID}))
	require.Equal(t, auth.AccountChanged, manager.receive(t).Type)
}
