//go:build !encore_app

package et_test

import (
	"context"
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/pubsub"
	"github.com/stretchr/testify/require"
)

type shipped struct {
	Order  int    `json:"order"`
	Secret string `json:"-"`
	Region string `json:"-" pubsub-attr:"region"`
}

var (
	shipments = pubsub.NewTopic[*shipped]("shipments", pubsub.TopicConfig{
		DeliveryGuarantee: pubsub.AtLeastOnce, OrderingAttribute: "region",
	})
	_ = pubsub.NewSubscription(shipments, "never", pubsub.SubscriptionConfig[*shipped]{
		Handler: func(context.Context, *shipped) error { panic("delivered in a test") },
	})
)

func TestTopicShowsWhatTheTestPublished(t *testing.T) {
	t.Parallel()
	require.Empty(t, et.Topic(shipments).PublishedMessages())
	id, err := shipments.Publish(t.Context(), &shipped{Order: 1, Secret: "lost", Region: "eu"})
	require.NoError(t, err)
	require.Equal(t, "TestTopicShowsWhatTheTestPublished/shipments/1", id)

	done := make(chan struct{})
	go func() {
		defer close(done)
		if _, err := shipments.Publish(t.Context(), &shipped{Order: 2, Region: "us"}); err != nil {
			t.Error(err)
		}
	}()
	<-done
	require.Equal(t, []*shipped{{Order: 1, Region: "eu"}, {Order: 2, Region: "us"}}, et.Topic(shipments).PublishedMessages())

	t.Run("a subtest has its own", func(t *testing.T) {
		require.Empty(t, et.Topic(shipments).PublishedMessages())
		_, err := shipments.Publish(t.Context(), &shipped{Order: 3, Region: "eu"})
		require.NoError(t, err)
		require.Len(t, et.Topic(shipments).PublishedMessages(), 1)
	})
	require.Len(t, et.Topic(shipments).PublishedMessages(), 2)
}

func TestPublishingInATestFailsAsItWouldElsewhere(t *testing.T) {
	t.Parallel()
	_, err := shipments.Publish(t.Context(), &shipped{Order: 1})
	require.Equal(t, errs.InvalidArgument, errs.Code(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = shipments.Publish(ctx, &shipped{Order: 1, Region: "eu"})
	require.Equal(t, errs.Canceled, errs.Code(err))
	require.Empty(t, et.Topic(shipments).PublishedMessages())
}
