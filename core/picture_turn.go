package core

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"encore.app/internal/refusal"
)

const (
	// uploadsAtOnce is how many uploads are on the disk at once: 320 MB of them at most.
	uploadsAtOnce = 16
	// turnPatience is how long an upload waits for its turn. A phone tries again.
	turnPatience = 30 * time.Second
)

// uploadTurns lets uploads in, one of a person at a time, so that nobody's hold up those of others.
type uploadTurns struct {
	all *semaphore.Weighted

	mu      sync.Mutex
	persons map[int64]*personTurn
}

// personTurn is the turn of a person; users is how many hold it or wait for it.
type personTurn struct {
	turn  *semaphore.Weighted
	users int
}

func newUploadTurns() *uploadTurns { return newTurns(uploadsAtOnce) }

// newTurns lets so many in at once.
func newTurns(atOnce int64) *uploadTurns {
	return &uploadTurns{all: semaphore.NewWeighted(atOnce), persons: make(map[int64]*personTurn)}
}

// enter waits for the turn of an upload. What it returns ends the turn.
func (u *uploadTurns) enter(ctx context.Context, person int64) (leave func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, turnPatience)
	defer cancel()
	own := u.of(person)
	if err := own.turn.Acquire(waiting, 1); err != nil {
		u.release(person)
		return nil, noTurn(ctx, err)
	}
	if err := u.all.Acquire(waiting, 1); err != nil {
		own.turn.Release(1)
		u.release(person)
		return nil, noTurn(ctx, err)
	}
	return func() {
		u.all.Release(1)
		own.turn.Release(1)
		u.release(person)
	}, nil
}

func (u *uploadTurns) of(person int64) *personTurn {
	u.mu.Lock()
	defer u.mu.Unlock()
	own, ok := u.persons[person]
	if !ok {
		own = &personTurn{turn: semaphore.NewWeighted(1)}
		u.persons[person] = own
	}
	own.users++
	return own
}

func (u *uploadTurns) release(person int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.persons[person].users--; u.persons[person].users == 0 {
		delete(u.persons, person)
	}
}

func noTurn(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return errManyPictures()
	}
	return refusal.Failure(err, "wait for the turn of an upload")
}

func errManyPictures() error {
	return refusal.TooMany(refusal.Busy, 5*time.Second, "Many photos arrive at the moment. Try again in a few seconds.")
}
