package realtime

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a connection, a reader or a Redis client is left behind.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}
