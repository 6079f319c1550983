package demo

import (
	"context"
	"errors"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/store"
)

// swapDays is how many days ahead the runs are that the workers of the demo company want to swap.
const swapDays = 4

// makeSwaps lets two workers ask that somebody else does a run of theirs: nobody has taken the first, somebody the other. Those of
// earlier starts stay.
func (d *maker) makeSwaps(ctx context.Context) error {
	for _, swap := range []struct {
		email, taker string
		message      string
	}{
		{"lucas@trottoir.example", "", "Ik heb die avond examen. Wie kan er rijden?"},
		{"noor@trottoir.example", "student@trottoir.example", "Familiefeest, ik neem graag een andere rit over."},
	} {
		run, err := d.query.RunForDemoSwap(ctx, store.RunForDemoSwapParams{
			WorkerID: d.people[swap.email], FromDay: d.today.AddDate(0, 0, swapDays), TakerID: d.people[swap.taker],
		})
		if errors.Is(err, pgx.ErrNoRows) { // the office has planned it otherwise, or it is asked already
			continue
		}
		if err != nil {
			return err
		}
		id, err := uuid.NewV4()
		if err != nil {
			return err
		}
		if err := d.query.InsertSwap(ctx, store.InsertSwapParams{
			ID: id, RunID: run.ID, Date: run.Date, AskedBy: run.WorkerID, Message: swap.message, AskedAt: d.Now,
		}); err != nil {
			return err
		}
		if swap.taker == "" {
			continue
		}
		if _, err := d.query.SetSwap(ctx, store.SetSwapParams{
			ID: id, State: "taken", TakenBy: new(d.people[swap.taker]), TakenAt: &d.Now,
		}); err != nil {
			return err
		}
	}
	return nil
}
