package mail

import (
	"context"
	"fmt"

	"encore.dev/metrics"

	"encore.app/internal/audit"
	"encore.app/internal/outbox"
)

// What has not been published yet.
var (
	outboxSetAside   = metrics.NewGauge[int64]("mail_outbox_set_aside", metrics.GaugeConfig{})
	outboxPendingAge = metrics.NewGauge[float64]("mail_outbox_pending_age_seconds", metrics.GaugeConfig{})
)

func observeOutbox(backlog outbox.Backlog) {
	outboxSetAside.Set(backlog.SetAside)
	outboxPendingAge.Set(backlog.PendingAge.Seconds())
}

// publishEvent hands an event of the outbox to its topic.
func publishEvent(ctx context.Context, message outbox.Message) error {
	if message.Topic != audit.Topic {
		return outbox.Permanent(fmt.Errorf("event %s has the unknown topic %q", message.ID, message.Topic))
	}
	event, err := audit.Decode(message)
	if err != nil {
		return err
	}
	_, err = audit.Events.Publish(ctx, event)
	return err
}
