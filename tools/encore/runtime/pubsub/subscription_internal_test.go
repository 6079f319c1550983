//go:build !encore_app

package pubsub

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMaxRetriesCountsTheFirstDelivery(t *testing.T) {
	t.Parallel()
	for retries, deliveries := range map[int]int{
		0: 1, 1: 1, 2: 2, 7: 7, NoRetries: 1, InfiniteRetries: 0, // 0 = no limit
	} {
		cfg := SubscriptionConfig[string]{RetryPolicy: &RetryPolicy{MaxRetries: retries}}
		require.Equal(t, deliveries, engineConfig(cfg, TopicConfig{}, nil).MaxDeliveries, retries)
	}
	require.Equal(t, 100, engineConfig(SubscriptionConfig[string]{}, TopicConfig{}, nil).MaxDeliveries)
}
