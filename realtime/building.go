package realtime

import (
	"context"
	"fmt"
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

// commentData goes with all events of a comment: which one to read anew.
type commentData struct {
	BuildingID int64 `json:"building_id"`
	CommentID  int64 `json:"comment_id"`
}

// manualData goes with all events of a manual.
type manualData struct {
	BuildingID int64 `json:"building_id"`
	ManualID   int64 `json:"manual_id"`
}

func channelsOfRuns(ids []int64) []string {
	channels := make([]string, len(ids))
	for i, id := range ids {
		channels[i] = channelOfRun(id)
	}
	return channels
}

// OnBuildingEvent tells those who look at the building, and ends the subscriptions of former syndics. What happened to its
// comments is told to the office and to the workers at the building, and never on the building's own channel, for syndics
// follow that.
func (s *Service) OnBuildingEvent(ctx context.Context, e *core.BuildingEvent) error {
	switch e.Type {
	case core.CommentCreated, core.CommentChanged, core.CommentDeleted:
		data := commentData{BuildingID: e.BuildingID, CommentID: e.CommentID}
		return s.publish(ctx, e.ID, e.Type, data, append(channelsOfRuns(e.RunIDs), buildingsChannel)...)
	case core.ManualAdded, core.ManualChanged, core.ManualDeleted:
		data := manualData{BuildingID: e.BuildingID, ManualID: e.ManualID}
		channels := append(channelsOfRuns(e.RunIDs), buildingsChannel, channelOfBuilding(e.BuildingID))
		return s.publish(ctx, e.ID, e.Type, data, channels...)
	}
	channel := channelOfBuilding(e.BuildingID)
	for _, id := range e.FormerSyndicIDs {
		if err := s.revoke(ctx, fmt.Sprintf("%s/%d", e.ID, id), channel, id); err != nil {
			return err
		}
	}
	return s.publish(ctx, e.ID, e.Type, buildingData{BuildingID: e.BuildingID, Archived: e.Archived}, channel, buildingsChannel)
}

// revoke makes every process end a person's subscriptions to a channel.
func (s *Service) revoke(ctx context.Context, eventID, channel string, userID int64) error {
	return s.publish(ctx, eventID+"/revoked", accessRevoked, revoked{UserID: userID, Channel: channel}, accessChannel)
}
