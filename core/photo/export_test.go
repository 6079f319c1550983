package photo

import (
	"context"
	"os"
	"time"
)

// TestNice is how far what ConvertApart starts stands back.
const TestNice = 3

// ConvertApart is convertApart with such a share.
func ConvertApart(ctx context.Context, upload *os.File, memory int64, work, wait time.Duration) (*Picture, error) {
	return convertApart(ctx, upload, share{memory: memory, work: work, wait: wait, nice: TestNice})
}

// LaneOf names the lane that an upload takes.
func (c *Converter) LaneOf(upload *os.File) (string, error) {
	found, err := inspect(upload)
	return map[*lane]string{c.quick: "quick", c.light: "light", c.heavy: "heavy"}[c.laneFor(found)], err
}

// Occupy takes every turn of the lanes for light and heavy pictures. What it returns gives them back.
func (c *Converter) Occupy(ctx context.Context) (leave func(), err error) {
	if err := c.light.turns.Acquire(ctx, lightAtOnce); err != nil {
		return nil, err
	}
	if err := c.heavy.turns.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	return func() {
		c.light.turns.Release(lightAtOnce)
		c.heavy.turns.Release(1)
	}, nil
}
