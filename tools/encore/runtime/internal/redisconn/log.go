package redisconn

import (
	"context"
	"fmt"
	"strings"

	"encore.dev/internal/logs"
	"github.com/redis/go-redis/v9"
)

func init() { redis.SetLogger(logger{}) }

// logger puts what the Redis library reports, such as a server that cannot be reached, into the log, which it would
// otherwise break with lines of plain text.
type logger struct{}

// Printf implements the library's interface.
func (logger) Printf(_ context.Context, format string, v ...any) {
	text := strings.TrimPrefix(strings.TrimSpace(fmt.Sprintf(format, v...)), "redis: ")
	logs.Start(logs.Warn, nil).Str("library", "go-redis").Send(text)
}
