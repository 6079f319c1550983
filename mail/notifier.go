package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"encore.dev/metrics"
	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"encore.app/mail/push"
	"encore.app/mail/store"
)

const (
	// pushBatch is how many notifications are written, and how many messages handed in, before the notifier rests: with the rest
	// between them, 600 a minute at most from one process.
	pushBatch = 20
	// pushesAtOnce is how many are handed in at the same time.
	pushesAtOnce = 4
	// maxPushTries is how often a message is handed in, and maxLostPushes how often without knowing what became of it.
	maxPushTries  = 6
	maxLostPushes = 2
	// pushBackoff is the wait after the first try; each one after that is three times as long: two hours in all.
	pushBackoff = 30 * time.Second
	// pushLease is after what time a process that hands in a batch counts as killed.
	pushLease = pushBatch/pushesAtOnce*push.Longest + recordTimeout + time.Minute
)

// pushQueue is how many messages wait to be handed to the vendors of browsers.
var pushQueue = metrics.NewGauge[int64]("mail_push_queue_messages", metrics.GaugeConfig{})

// notifier writes the notifications that are due, and hands them to the vendors of browsers. Any number of processes may do so on
// the same database.
type notifier struct {
	service *Service
	client  *push.Client
	wakeup  chan struct{}

	begin  sync.Once
	cancel context.CancelFunc
	done   chan struct{}
}

func newNotifier(s *Service) *notifier {
	return &notifier{service: s, wakeup: make(chan struct{}, 1), done: make(chan struct{})}
}

// wake has the notifier look at once.
func (n *notifier) wake() {
	select {
	case n.wakeup <- struct{}{}:
	default:
	}
}

// start notifies from a goroutine of its own until stop.
func (n *notifier) start() {
	n.begin.Do(func() {
		var ctx context.Context
		ctx, n.cancel = context.WithCancel(context.Background())
		go func() {
			defer close(n.done)
			n.run(ctx)
		}()
	})
}

// stop ends it, after the messages that are under way.
func (n *notifier) stop(ctx context.Context) error {
	n.begin.Do(func() {
		n.cancel = func() {}
		close(n.done)
	})
	n.cancel()
	select {
	case <-n.done:
		if n.client != nil {
			n.client.Close()
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop sending notifications: %w", ctx.Err())
	}
}

func (n *notifier) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-n.wakeup:
		case <-timer.C:
		}
		if err := n.notify(ctx); err != nil && ctx.Err() == nil {
			rlog.Error("notifications could not be sent; trying again", "err", err)
		}
		timer.Reset(pollInterval)
	}
}

// notify writes what is due, and hands in a batch of what is written.
func (n *notifier) notify(ctx context.Context) error {
	var failed error
	for range pushBatch {
		more, err := n.writeNext(ctx)
		failed = errors.Join(failed, err)
		if !more || ctx.Err() != nil {
			break
		}
	}
	failed = errors.Join(failed, n.deliverBatch(ctx))
	waiting, err := n.service.query.NotificationsWaiting(ctx)
	if err == nil {
		pushQueue.Set(waiting)
	}
	return errors.Join(failed, err)
}

// writeNext writes the notification that is due first; false when none is.
func (n *notifier) writeNext(ctx context.Context) (more bool, err error) {
	s := n.service
	now := s.clock()
	next, err := s.query.CloseNotification(ctx, store.CloseNotificationParams{Now: now, LeasedUntil: now.Add(writeTimeout + time.Minute)})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("take a notification: %w", err)
	}
	writing, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	written, err := s.writeNotification(writing, next)
	switch {
	case errors.Is(err, errWithdrawn):
		_, err = s.query.EndNotification(ctx, next.ID)
		return true, err
	case err != nil:
		// It is looked at again with the others, until it is out of date.
		if now.Sub(next.FirstAt) > longestLife {
			_, endErr := s.query.EndNotification(ctx, next.ID)
			return true, errors.Join(fmt.Errorf("a notification of the kind %s was never written: %w", next.Kind, err), endErr)
		}
		postponed := s.query.PostponeNotification(ctx, store.PostponeNotificationParams{ID: next.ID, DueAt: now.Add(pushBackoff)})
		return true, errors.Join(fmt.Errorf("write a notification of the kind %s: %w", next.Kind, err), postponed)
	}
	return true, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		ended, err := s.query.WithTx(tx).EndNotification(ctx, next.ID)
		if err != nil || ended == 0 { // another process was faster, or its receiver was forgotten
			return err
		}
		return s.deliver(ctx, tx, next.ID, next.UserID, 0, written)
	})
}

// deliverBatch hands in messages that are due.
func (n *notifier) deliverBatch(ctx context.Context) error {
	s := n.service
	now := s.clock()
	batch, err := s.query.ClaimDeliveries(ctx, store.ClaimDeliveriesParams{Now: now, LeasedUntil: now.Add(pushLease), RowLimit: pushBatch})
	if err != nil {
		return fmt.Errorf("take notifications: %w", err)
	}
	// From here on nothing depends on ctx: a stop waits for what is under way.
	working := context.WithoutCancel(ctx)
	var group errgroup.Group
	group.SetLimit(pushesAtOnce)
	for _, delivery := range batch {
		group.Go(func() error { return n.deliverOne(working, delivery) })
	}
	return group.Wait()
}

// deliverOne hands one message in, and keeps what became of it.
func (n *notifier) deliverOne(ctx context.Context, d store.ClaimDeliveriesRow) error {
	s := n.service
	now := s.clock()
	if !now.Before(d.ExpiresAt) || d.Lost >= maxLostPushes || d.ServerKey != n.client.PublicKey() {
		return s.query.EndDelivery(ctx, d.ID)
	}
	sending, cancel := context.WithTimeout(ctx, push.Longest)
	defer cancel()
	result := n.client.Send(sending, push.Device{Endpoint: d.Endpoint, P256dh: d.P256dh, Auth: d.Auth}, push.Message{
		Payload: d.Payload, Topic: d.Topic, Urgent: d.Urgency == "high", Life: d.ExpiresAt.Sub(now),
	})
	recording, stop := context.WithTimeout(ctx, recordTimeout)
	defer stop()
	switch result.Outcome {
	case push.Taken:
		return pgx.BeginFunc(recording, s.pool, func(tx pgx.Tx) error {
			query := s.query.WithTx(tx)
			return errors.Join(
				query.DeviceReached(recording, store.DeviceReachedParams{ID: d.DeviceID, Now: now}), query.EndDelivery(recording, d.ID))
		})
	case push.Gone:
		rlog.Info("a browser takes no notifications any more", "device_id", d.DeviceID, "answer", result.Answer)
		return s.query.DeleteGoneDevice(recording, store.DeleteGoneDeviceParams{ID: d.DeviceID, Endpoint: d.Endpoint})
	case push.Temporary:
		wait := max(pushWait(int(d.Tries)), result.RetryAfter)
		if int(d.Tries) < maxPushTries && now.Add(wait).Before(d.ExpiresAt) {
			return s.query.RetryDelivery(recording, store.RetryDeliveryParams{ID: d.ID, DueAt: now.Add(wait)})
		}
	case push.Refused:
	}
	rlog.Warn("a notification was not taken", "device_id", d.DeviceID, "tries", d.Tries, "answer", result.Answer)
	return s.query.EndDelivery(recording, d.ID)
}

// pushWait is how long to wait after so many tries.
func pushWait(tries int) time.Duration {
	wait := pushBackoff
	for range tries - 1 {
		wait *= backoffFactor
	}
	return wait
}
