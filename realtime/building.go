package realtime

import (
	"context"
	"time"

	"encore.dev/pubsub"

	"encore.app/core"
)

var _ = pubsub.NewSubscription(core.BuildingEvents, "realtime-buildings", pubsub.SubscriptionConfig[*core.BuildingEvent]{
	Handler:     pubsub.MethodHandler((*Service).OnBuildingEvent),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
})

// buildingData goes with all events of a building itself.
type buildingData struct {
	BuildingID int64 `json:"building_id"`
	Archived   bool  `json:"archived"`
}

// OnBuildingEvent tells those who look at the building, and ends the subscriptions of a former syndic.
func (s *Service) OnBuildingEvent(ctx context.Context, e *core.BuildingEvent) error {
	channel := channelOfBuilding(e.BuildingID)
	if e.FormerSyndicID != 0 && e.FormerSyndicID != e.SyndicID {
		if err := s.revoke(ctx, e.ID, channel, e.FormerSyndicID); err != nil {
			return err
		}
	}
	return s.publish(ctx, e.ID, e.Type, buildingData{BuildingID: e.BuildingID, Archived: e.Archived}, channel)
}

// revoke makes every process end a person's subscriptions to a channel.
func (s *Service) revoke(ctx context.Context, eventID, channel string, userID int64) error {
	return s.publish(ctx, eventID+"/revoked", accessRevoked, revoked{UserID: userID, Channel: channel}, accessChannel)
}
