package settings

import (
	"context"
	"fmt"
	"strings"

	"encore.dev/rlog"
	"github.com/redis/go-redis/v9"
)

func init() { redis.SetLogger(redisLog{}) }

// redisLog puts what the Redis library reports into the log, which it would otherwise break with lines of plain text.
type redisLog struct{}

// Printf implements the library's interface.
func (redisLog) Printf(_ context.Context, format string, v ...any) {
	rlog.Warn(strings.TrimPrefix(strings.TrimSpace(fmt.Sprintf(format, v...)), "redis: "), "library", "go-redis")
}
