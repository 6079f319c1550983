package mail

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"encore.dev/metrics"
	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"

	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

const (
	// maxTries is how often a message is tried.
	maxTries = 8
	// maxUnknown is how often a message may have been handed in without an answer: so that nobody gets it more than twice.
	maxUnknown = 2
	// firstBackoff is the wait after the first try; each one after that is three times as long: 18 hours in all.
	firstBackoff  = time.Minute
	backoffFactor = 3
	// lease is after what time a process that sends a message counts as killed.
	lease = delivery.Longest + writeTimeout + time.Minute
	// writeTimeout bounds how long the services that a mail asks may take.
	writeTimeout = 30 * time.Second
	// pollInterval finds what another process has put.
	pollInterval = 2 * time.Second
	// unreachablePause is how long the server is left alone when it cannot be reached: its messages wait, they are not tried
	// in vain.
	unreachablePause = 30 * time.Second
	observeInterval  = 15 * time.Second
	// recordTimeout bounds how long the end of a try is kept in memory while the database is away.
	recordTimeout = 2 * time.Minute
	// failedFor is how long a failed message counts as news.
	failedFor = 24 * time.Hour
)

// What waits to be sent.
var (
	queueLength = metrics.NewGauge[int64]("mail_queue_messages", metrics.GaugeConfig{})
	queueAge    = metrics.NewGauge[float64]("mail_queue_age_seconds", metrics.GaugeConfig{})
	failedCount = metrics.NewGauge[int64]("mail_failed_messages", metrics.GaugeConfig{})
)

// sender sends what is due, one message at a time. Any number of processes may do so on the same database: each message is
// claimed by one of them, and the rate is counted for all.
type sender struct {
	service     *Service
	client      *delivery.Client
	signer      *delivery.Signer
	wakeup      chan struct{}
	pausedUntil time.Time
	// record keeps how a try ended; a test replaces it.
	record func(ctx context.Context, m store.Message, tryID int64, result delivery.Result) error

	begin  sync.Once
	cancel context.CancelFunc
	done   chan struct{}
}

func newSender(s *Service, server delivery.Server) *sender {
	sender := &sender{
		service: s, client: delivery.NewClient(server), wakeup: make(chan struct{}, 1), done: make(chan struct{}),
	}
	sender.record = sender.recordResult
	return sender
}

// wake has the sender look at once.
func (s *sender) wake() {
	select {
	case s.wakeup <- struct{}{}:
	default:
	}
}

// start sends from a goroutine of its own until stop.
func (s *sender) start() {
	s.begin.Do(func() {
		var ctx context.Context
		ctx, s.cancel = context.WithCancel(context.Background())
		go func() {
			defer close(s.done)
			s.run(ctx)
		}()
		if host := s.service.settings.Host; host != "" {
			go watchHost(ctx, host, net.DefaultResolver.LookupHost, time.Tick(lookupInterval))
		}
	})
}

// stop ends sending, after the message that is under way.
func (s *sender) stop(ctx context.Context) error {
	s.begin.Do(func() {
		s.cancel = func() {}
		close(s.done)
	})
	s.cancel()
	select {
	case <-s.done:
		s.client.Close()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop sending mail: %w", ctx.Err())
	}
}

func (s *sender) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var observeAt time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wakeup:
		case <-timer.C:
		}
		err := s.service.tellGathered(ctx)
		wait, sendErr := s.sendDue(ctx)
		err = errors.Join(err, sendErr)
		if now := time.Now(); err == nil && now.After(observeAt) {
			observeAt = now.Add(observeInterval)
			err = s.observe(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			rlog.Error("mail could not be sent; trying again", "err", err)
		}
		timer.Reset(wait)
	}
}

// sendDue sends what is due until nothing is, and returns how long to wait before looking again.
func (s *sender) sendDue(ctx context.Context) (wait time.Duration, err error) {
	for ctx.Err() == nil {
		sent, wait, err := s.sendNext(ctx)
		if err != nil || !sent {
			return min(max(wait, 10*time.Millisecond), pollInterval), err
		}
	}
	return pollInterval, ctx.Err()
}

// sendNext tries the message that is due first; false with how long to wait when none may be sent now.
func (s *sender) sendNext(ctx context.Context) (tried bool, wait time.Duration, err error) {
	if !s.service.settings.Configured() {
		return false, pollInterval, nil
	}
	if wait := s.pausedUntil.Sub(s.service.now()); wait > 0 {
		return false, wait, nil
	}
	m, tryID, wait, err := s.claim(ctx)
	if err != nil {
		return false, pollInterval, fmt.Errorf("take a message: %w", err)
	}
	if m == nil {
		return wait == 0, wait, nil
	}
	// From here on nothing depends on ctx: a stop waits for the message that is under way.
	working := context.WithoutCancel(ctx)
	result, err := s.try(working, *m)
	if errors.Is(err, errWithdrawn) {
		return true, 0, s.withdraw(working, *m, tryID, errors.Is(err, errAnonymised))
	}
	if why, ok := errors.AsType[unsendable](err); ok {
		result, err = delivery.Result{Outcome: delivery.Permanent, Answer: why.Error()}, nil
	}
	if err != nil {
		rlog.Error("a mail could not be written", "message_id", m.ID, "kind", m.Kind, "err", err)
		result = delivery.Result{Outcome: delivery.Temporary, Answer: "the mail could not be written; the log says why"}
	}
	if result.Outcome == delivery.Unreachable {
		rlog.Warn("the mail server cannot be used; trying again", "answer", result.Answer, "wait", unreachablePause)
		s.pausedUntil = s.service.now().Add(unreachablePause)
	}
	if err := s.record(working, *m, tryID, result); err != nil {
		return false, pollInterval, fmt.Errorf("record how a message was sent: %w", err)
	}
	return true, 0, nil
}

// claim takes the message that is due first, marks it as being sent and begins a try. It returns none with a wait when the
// rate forbids it or nothing is due, and none without a wait when it ended one that must not be tried again.
func (s *sender) claim(ctx context.Context) (m *store.Message, tryID int64, wait time.Duration, err error) {
	now := s.service.clock()
	err = pgx.BeginFunc(ctx, s.service.pool, func(tx pgx.Tx) error {
		query := s.service.query.WithTx(tx)
		if err := query.LockRate(ctx); err != nil {
			return err
		}
		recent, err := query.TriesSince(ctx, now.Add(-time.Minute))
		if err != nil {
			return err
		}
		if recent.Count >= int64(s.service.settings.PerMinute) {
			wait = max(recent.First.Add(time.Minute).Sub(now), time.Millisecond)
			return nil
		}
		next, err := query.NextMessage(ctx, now)
		if errors.Is(err, pgx.ErrNoRows) {
			wait = pollInterval
			return nil
		}
		if err != nil {
			return err
		}
		if next.Status == store.MessageStatusSending {
			if _, err := query.EndLostTry(ctx, store.EndLostTryParams{MessageID: next.ID, Now: now}); err != nil {
				return err
			}
			over, err := s.isOver(ctx, query, next)
			if err != nil {
				return err
			}
			if over {
				return query.EndMessage(ctx, store.EndMessageParams{ID: next.ID, Status: store.MessageStatusFailed, Now: now})
			}
		}
		claimed, err := query.ClaimMessage(ctx, store.ClaimMessageParams{ID: next.ID, LeasedUntil: now.Add(lease)})
		if err != nil {
			return err
		}
		m = &claimed
		tryID, err = query.BeginTry(ctx, store.BeginTryParams{MessageID: m.ID, Now: now})
		return err
	})
	if err != nil {
		return nil, 0, 0, err
	}
	return m, tryID, wait, nil
}

// isOver tells whether a message was tried as often as it may.
func (s *sender) isOver(ctx context.Context, query *store.Queries, m store.Message) (bool, error) {
	if m.Tries >= maxTries {
		return true, nil
	}
	unknown, err := query.UnknownTries(ctx, m.ID)
	return unknown >= maxUnknown, err
}

// try writes the message and hands it in.
func (s *sender) try(ctx context.Context, m store.Message) (delivery.Result, error) {
	writing, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	w, err := s.service.write(writing, m)
	if err != nil {
		return delivery.Result{}, err
	}
	rendered, err := w.mail.Render()
	if err != nil {
		return delivery.Result{}, err
	}
	message := &delivery.Message{
		From: s.service.from, To: w.to, Cc: w.cc, Subject: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML,
		ID: m.MessageID, Date: m.CreatedAt.In(s.service.zone), Unsubscribe: w.unsubscribe, Attachments: w.attachments,
	}
	raw, err := message.Bytes()
	if err != nil {
		return delivery.Result{Outcome: delivery.Permanent, Answer: "the message cannot be written: " + err.Error()}, nil
	}
	if s.signer != nil {
		if raw, err = s.signer.Sign(raw); err != nil {
			return delivery.Result{}, err
		}
	}
	hidden := strings.NewReplacer()
	if w.secret != "" {
		hidden = strings.NewReplacer(w.secret, blackedOut)
	}
	if w.names == nil {
		w.names = []int64{}
	}
	kept, err := s.service.query.SetContent(writing, store.SetContentParams{
		ID: m.ID, Subject: hidden.Replace(rendered.Subject), Body: hidden.Replace(rendered.Text), Address: w.to.Email,
		NamesUserIds: w.names,
	})
	if err != nil {
		return delivery.Result{}, fmt.Errorf("keep what a message says: %w", err)
	}
	if kept == 0 { // its receiver was forgotten while it was written
		return delivery.Result{}, errWithdrawn
	}
	to := []string{w.to.Email}
	for _, copied := range w.cc {
		to = append(to, copied.Email)
	}
	return s.client.Send(s.service.from.Email, to, raw), nil
}

// recordResult keeps how a try ended and what becomes of the message, patiently: what is not recorded would be sent again.
func (s *sender) recordResult(ctx context.Context, m store.Message, tryID int64, result delivery.Result) error {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := s.recordOnce(ctx, m, tryID, result)
		if err == nil {
			return nil
		}
		rlog.Warn("it could not be recorded how a message was sent; trying again", "message_id", m.ID, "err", err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

func (s *sender) recordOnce(ctx context.Context, m store.Message, tryID int64, result delivery.Result) error {
	now := s.service.clock()
	return pgx.BeginFunc(ctx, s.service.pool, func(tx pgx.Tx) error {
		query := s.service.query.WithTx(tx)
		err := query.EndTry(ctx, store.EndTryParams{
			ID: tryID, Outcome: store.TryOutcome(result.Outcome), Now: now, Code: int32(result.Code), Answer: result.Answer,
		})
		if err != nil {
			return err
		}
		status := store.MessageStatusFailed
		switch result.Outcome {
		case delivery.Taken:
			status = store.MessageStatusSent
		case delivery.Permanent:
		default:
			over, err := s.isOver(ctx, query, m)
			if err != nil {
				return err
			}
			if !over {
				return query.DelayMessage(ctx, store.DelayMessageParams{ID: m.ID, NextTryAt: now.Add(backoff(int(m.Tries)))})
			}
		}
		if status == store.MessageStatusFailed {
			rlog.Error("a mail was not sent", "message_id", m.ID, "kind", m.Kind, "code", result.Code, "answer", result.Answer)
		}
		return query.EndMessage(ctx, store.EndMessageParams{ID: m.ID, Status: status, Now: now})
	})
}

// withdraw ends a message that says nothing any more; no server was asked. Where it was to go is not kept when that is to be
// forgotten.
func (s *sender) withdraw(ctx context.Context, m store.Message, tryID int64, forget bool) error {
	return pgx.BeginFunc(ctx, s.service.pool, func(tx pgx.Tx) error {
		query := s.service.query.WithTx(tx)
		if err := query.DropTry(ctx, tryID); err != nil {
			return err
		}
		if forget {
			if err := query.EraseMessages(ctx, store.EraseMessagesParams{UserID: m.UserID, Now: s.service.clock()}); err != nil {
				return err
			}
		}
		return query.EndMessage(ctx, store.EndMessageParams{
			ID: m.ID, Status: store.MessageStatusWithdrawn, Now: s.service.clock(),
		})
	})
}

// backoff is the wait after the try of that number, from 1, give or take a fifth, so that not all come back at once.
func backoff(try int) time.Duration {
	wait := firstBackoff
	for range try - 1 {
		wait *= backoffFactor
	}
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64()))
}

// observe ends what waited too long, and tells what waits.
func (s *sender) observe(ctx context.Context) error {
	now := s.service.clock()
	if _, err := s.service.query.ExpireMessages(ctx, now); err != nil {
		return fmt.Errorf("end messages that waited too long: %w", err)
	}
	queue, err := s.service.query.Queue(ctx, store.QueueParams{Now: now, FailedSince: now.Add(-failedFor)})
	if err != nil {
		return fmt.Errorf("count the messages that wait: %w", err)
	}
	queueLength.Set(queue.Waiting)
	failedCount.Set(queue.Failed)
	queueAge.Set(max(now.Sub(queue.Oldest), 0).Seconds())
	return nil
}
