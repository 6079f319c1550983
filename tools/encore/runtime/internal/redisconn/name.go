package redisconn

import (
	"context"
	"net"
	"strings"
	"time"

	"encore.dev/internal/lifecycle"
	"encore.dev/internal/logs"
	"encore.dev/internal/runconfig"
)

const (
	// lookupEvery is how often the name of a server is looked up.
	lookupEvery = time.Minute
	// warnEach is after how many lookups in vain the warning is repeated.
	warnEach = 10
)

func init() {
	lifecycle.OnStart(func(ctx context.Context) error {
		for _, cfg := range runconfig.Get().Redis {
			if strings.HasPrefix(cfg.Host, "/") {
				continue // a Unix socket
			}
			host := cfg.Host
			if name, _, err := net.SplitHostPort(host); err == nil {
				host = name
			}
			go watchName(ctx, cfg.HostSource, host, net.DefaultResolver.LookupHost, time.Tick(lookupEvery))
		}
		return nil
	})
}

// watchName warns while the name of the host, which is what setting says, cannot be found: at the start, and sparsely as
// long as that lasts. The program runs on, for the name may be known later.
func watchName(
	ctx context.Context, setting, host string, lookup func(ctx context.Context, host string) ([]string, error), ticks <-chan time.Time,
) {
	for failures := 0; ; {
		switch _, err := lookup(ctx, host); {
		case ctx.Err() != nil:
			return
		case err != nil:
			if failures%warnEach == 0 {
				logs.Start(logs.Warn, nil).Str("setting", setting).Str("host", host).Err(err).
					Send("the host that " + setting + " names cannot be found: nothing can be sent to that Redis")
			}
			failures++
		default:
			if failures > 0 {
				logs.Start(logs.Info, nil).Str("setting", setting).Str("host", host).Send("the host that " + setting + " names is found")
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
