package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/cron"
	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// idempotencyAge is for how long a request that is sent again is answered as the first time.
const idempotencyAge = 24 * time.Hour

// sent is a request that may come again with its key, because its answer was lost.
type sent struct {
	// key is a UUID; empty when the request is always a new one.
	key string
	// endpoint is what is asked for, with the ids of its path.
	endpoint string
	params   any
}

// transactOnce runs do in a transaction as transact does, unless the same request of the caller has been made already. It
// returns the id of what do, now or then, made or changed. A request that was refused is tried again.
func (s *Service) transactOnce(
	ctx context.Context, caller access.Actor, request sent, do func(c *change) (id int64, err error),
) (id int64, err error) {
	err = s.once(ctx, caller, request, func(c *change) (store.SetIdempotencyResultParams, error) {
		id, err = do(c)
		return store.SetIdempotencyResultParams{ThingID: &id}, err
	}, func(_ *change, first store.IdempotencyKey) error {
		id = deref(first.ThingID)
		return nil
	})
	return id, err
}

// answerOnce is transactOnce for a change whose answer is more than one thing that can be read again: the answer is kept.
func answerOnce[Answer any](
	ctx context.Context, s *Service, caller access.Actor, request sent, do func(c *change) (*Answer, error),
) (answer *Answer, err error) {
	err = s.once(ctx, caller, request, func(c *change) (result store.SetIdempotencyResultParams, err error) {
		if answer, err = do(c); err != nil {
			return result, err
		}
		result.Answer, err = json.Marshal(answer)
		return result, err
	}, func(_ *change, first store.IdempotencyKey) error {
		answer = new(Answer)
		return json.Unmarshal(first.Answer, answer)
	})
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// once runs do in a transaction and keeps its result, or hands the one of before to again.
func (s *Service) once(
	ctx context.Context, caller access.Actor, request sent,
	do func(c *change) (store.SetIdempotencyResultParams, error), again func(c *change, first store.IdempotencyKey) error,
) error {
	if request.key == "" {
		return s.transact(ctx, caller, func(c *change) error {
			_, err := do(c)
			return err
		})
	}
	key, err := uuid.FromString(request.key)
	if err != nil {
		return refusal.Invalid("idempotency_key", refusal.Malformed, "The header Idempotency-Key is a UUID.")
	}
	content, err := json.Marshal(request.params)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	hash := sha256.Sum256(content)
	return s.transact(ctx, caller, func(c *change) error {
		taken, err := c.query.TakeIdempotencyKey(ctx, store.TakeIdempotencyKeyParams{
			UserID: caller.ID, Key: key, Endpoint: request.endpoint, RequestHash: hash[:], CreatedAt: c.at,
		})
		if err != nil {
			return err
		}
		if taken == 0 {
			first, err := c.query.IdempotencyKey(ctx, store.IdempotencyKeyParams{UserID: caller.ID, Key: key})
			if err != nil {
				return err
			}
			if first.Endpoint != request.endpoint || !bytes.Equal(first.RequestHash, hash[:]) {
				return refusal.Exists("idempotency_key", refusal.IDReused, "The key stands for another request that was sent before.")
			}
			return again(c, first)
		}
		result, err := do(c)
		if err != nil {
			return err
		}
		result.UserID, result.Key = caller.ID, key
		return c.query.SetIdempotencyResult(ctx, result)
	})
}

var _ = cron.NewJob("remove-idempotency-keys", cron.JobConfig{
	Title:    "Remove the keys of requests that are not sent again",
	Every:    1 * cron.Hour,
	Endpoint: RemoveIdempotencyKeys,
})

// RemoveIdempotencyKeys removes the keys of requests that are older than 24 hours.
//
//encore:api private method=POST path=/internal/remove-idempotency-keys
func (s *Service) RemoveIdempotencyKeys(ctx context.Context) error {
	return refusal.Failure(s.query.RemoveIdempotencyKeys(ctx, s.clock().Add(-idempotencyAge)), "remove the keys of requests")
}
