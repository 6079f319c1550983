package mail

import (
	"context"
	"time"

	"encore.dev/rlog"
)

const (
	// lookupInterval is how often the name of the mail server is looked up.
	lookupInterval = time.Minute
	// lookupsPerWarning is after how many lookups in vain the warning is repeated.
	lookupsPerWarning = 10
)

// hostLookup finds the addresses of a host.
type hostLookup func(ctx context.Context, host string) ([]string, error)

// watchHost warns while the mail server's name cannot be found: at the start, and sparsely as long as that lasts. Messages
// wait meanwhile.
func watchHost(ctx context.Context, host string, lookup hostLookup, ticks <-chan time.Time) {
	for failures := 0; ; {
		switch _, err := lookup(ctx, host); {
		case ctx.Err() != nil:
			return
		case err != nil:
			if failures%lookupsPerWarning == 0 {
				rlog.Warn("the host that SMTP_HOST names cannot be found: mail waits", "setting", "SMTP_HOST", "host", host, "err", err)
			}
			failures++
		default:
			if failures > 0 {
				rlog.Info("the host that SMTP_HOST names is found", "setting", "SMTP_HOST", "host", host)
			}
			failures = 0
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
	}
}
