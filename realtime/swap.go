package realtime

import (
	"context"
	"time"

	"encore.dev/pubsub"
	"encore.dev/types/uuid"

	"encore.app/auth"
	"encore.app/core"
)

var _ = pubsub.NewSubscription(core.SwapEvents, "realtime-swaps", pubsub.SubscriptionConfig[*core.SwapEvent]{
	Handler:     pubsub.MethodHandler((*Service).OnSwapEvent),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
})

type (
	// swapData goes with all events of swaps to the office: which one to read anew.
	swapData struct {
		SwapID uuid.UUID `json:"swap_id"`
		RunID  int64     `json:"run_id"`
		Date   string    `json:"date"`
		State  string    `json:"state"`
	}
	// swapNews is the same to workers: they read what they may see of it.
	swapNews struct {
		SwapID uuid.UUID `json:"swap_id"`
		State  string    `json:"state"`
	}
)

// OnSwapEvent tells the office what becomes of a swap, who asked it and who has taken it, and those who work in its region, for whom
// there is a run more or less that they could take.
func (s *Service) OnSwapEvent(ctx context.Context, e *core.SwapEvent) error {
	workers, err := s.workersIn(ctx, e.RegionID)
	if err != nil {
		return err
	}
	news := swapNews{SwapID: e.SwapID, State: e.State}
	data := map[string]any{swapsChannel: swapData{SwapID: e.SwapID, RunID: e.RunID, Date: e.Date, State: e.State}}
	for _, id := range []int64{e.AskedBy, e.TakenBy, e.FormerTaker} {
		if id != 0 {
			data[channelOfUser(id)] = news
		}
	}
	for _, worker := range workers {
		if worker.Role.IsOffice() || worker.Role == auth.RoleStudent {
			data[channelOfUser(worker.ID)] = news
		}
	}
	return s.publishEach(ctx, e.ID, e.Type, data)
}
