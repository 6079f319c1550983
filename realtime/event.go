package realtime

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"encore.dev/pubsub"

	"encore.app/auth"
	"encore.app/core"
)

// Every subscriber is idempotent: the layer publishes no event id twice. What fails fails because Redis is away for a
// moment; people wait for it.
var (
	_ = pubsub.NewSubscription(auth.AccountEvents, "realtime-accounts", pubsub.SubscriptionConfig[*auth.AccountEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnAccountEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
	_ = pubsub.NewSubscription(core.RunEvents, "realtime-runs", pubsub.SubscriptionConfig[*core.RunEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnRunEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
	_ = pubsub.NewSubscription(core.CollectionEvents, "realtime-collections", pubsub.SubscriptionConfig[*core.CollectionEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnCollectionEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
	_ = pubsub.NewSubscription(core.IncidentEvents, "realtime-incidents", pubsub.SubscriptionConfig[*core.IncidentEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnIncidentEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
	_ = pubsub.NewSubscription(core.AbsenceEvents, "realtime-absences", pubsub.SubscriptionConfig[*core.AbsenceEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnAbsenceEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
	_ = pubsub.NewSubscription(core.VisitEvents, "realtime-visits", pubsub.SubscriptionConfig[*core.VisitEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnVisitEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: 10 * time.Second, MaxRetries: 100},
	})
)

// What the clients of a channel get as the data of an event.
type (
	// sessionEnded: a session of the person is over, on whatever device.
	sessionEnded struct {
		SessionID int64 `json:"session_id"`
	}
	roleChanged struct {
		Role auth.Role `json:"role"`
	}
	// personData says of whom something is other than it was: the office reads anew what it shows of them.
	personData struct {
		UserID int64 `json:"user_id"`
	}
	regionsChanged struct {
		RegionIDs []int64 `json:"region_ids"`
	}
	// runData goes with all events of a run itself.
	runData struct {
		Run core.Run `json:"run"`
	}
	// runGone goes with run.changed to the worker who does not do it any more.
	runGone struct {
		RunID int64 `json:"run_id"`
	}
	// visitData goes with visit.step and visit.outcome.
	visitData struct {
		RunID      int64       `json:"run_id"`
		BuildingID int64       `json:"building_id"`
		Visit      *core.Visit `json:"visit"`
		// Progress is for those who look at the run only: it tells of the buildings of others.
		Progress *core.Progress `json:"progress,omitempty"`
	}
	// progressData goes with run.progress.
	progressData struct {
		RunID    int64          `json:"run_id"`
		Progress *core.Progress `json:"progress"`
	}
	// collectionData goes with all events of collections, their rules and the kinds of waste: what to read anew.
	collectionData struct {
		BuildingIDs []int64 `json:"building_ids,omitempty"`
		From        string  `json:"from,omitempty"`
		To          string  `json:"to,omitempty"`
		RuleID      int64   `json:"rule_id,omitempty"`
		WasteKind   string  `json:"waste_kind,omitempty"`
	}
	// incidentData goes with incident.opened and incident.changed: which one to read anew.
	incidentData struct {
		IncidentID int64  `json:"incident_id"`
		BuildingID int64  `json:"building_id"`
		Status     string `json:"status"`
		Version    int64  `json:"version"`
	}
	// absenceData goes with absence.created, absence.changed, absence.deleted and availability.changed: whose planning to read anew.
	absenceData struct {
		WorkerID int64  `json:"worker_id"`
		From     string `json:"from,omitempty"`
		To       string `json:"to,omitempty"`
	}
	// pictureData goes with picture.added.
	pictureData struct {
		Picture *core.Picture `json:"picture"`
	}
	// remarkData goes with remark.created, remark.changed and remark.deleted.
	remarkData struct {
		Remark *core.Remark `json:"remark"`
	}
)

// OnAccountEvent tells a person on all devices what happened to the account, and the office of whom it shows something else
// from now on. The hub of every process closes the connections that it concerns when the event reaches it.
func (s *Service) OnAccountEvent(ctx context.Context, e *auth.AccountEvent) error {
	own, person := channelOfUser(e.UserID), personData{UserID: e.UserID}
	var data map[string]any
	switch e.Type {
	case auth.SessionEnded:
		data = map[string]any{own: sessionEnded{SessionID: e.SessionID}}
	case auth.RoleChanged:
		data = map[string]any{own: roleChanged{Role: e.Role}, peopleChannel: person}
	case auth.RegionsChanged:
		data = map[string]any{own: regionsChanged{RegionIDs: e.RegionIDs}, peopleChannel: person}
	case auth.AccountChanged:
		data = map[string]any{own: person, peopleChannel: person}
	case auth.AccountDeactivated, auth.AccountReactivated, auth.AccountAnonymised:
		data = map[string]any{peopleChannel: person} // none of their sessions stands
	default:
		return nil // of a newer auth service
	}
	return s.publishEach(ctx, e.ID, e.Type, data)
}

// OnRunEvent tells the office and those who look at the run, and the worker when the planning changes. The event holds ids: the
// run is told as people see it now, which may be newer than the event.
func (s *Service) OnRunEvent(ctx context.Context, e *core.RunEvent) error {
	channels := []string{runsChannel, channelOfRun(e.RunID)}
	switch e.Type {
	case core.RunPlanned, core.RunChanged, core.RunCancelled:
		channels = append(channels, channelOfUser(e.WorkerID))
	}
	if e.Before != nil && e.Before.WorkerID != e.WorkerID {
		if err := s.revoke(ctx, e.ID, channelOfRun(e.RunID), e.Before.WorkerID); err != nil {
			return err
		}
		// Who had the run learns that it is theirs no more, and not whose it is.
		if err := s.publish(ctx, e.ID+"/former", e.Type, runGone{RunID: e.RunID}, channelOfUser(e.Before.WorkerID)); err != nil {
			return err
		}
	}
	run, exists, err := s.readRun(ctx, e.RunID)
	if err != nil || !exists { // gone with its database, as after a restore
		return err
	}
	return s.publish(ctx, e.ID, e.Type, runData{Run: run}, channels...)
}

// OnVisitEvent tells those who look at the run, or at the building where it happened.
func (s *Service) OnVisitEvent(ctx context.Context, e *core.VisitEvent) error {
	onRun, onBuilding := channelOfRun(e.RunID), channelOfBuilding(e.BuildingID)
	switch e.Type {
	case core.PictureAdded:
		forBuilding := e.Picture.ForSyndic() // who follow the channel too
		return s.publishEach(ctx, e.ID, e.Type, map[string]any{
			onRun: pictureData{Picture: e.Picture}, onBuilding: pictureData{Picture: &forBuilding},
		})
	case core.RemarkCreated, core.RemarkChanged, core.RemarkDeleted:
		forBuilding := e.Remark.ForSyndic()
		return s.publishEach(ctx, e.ID, e.Type, map[string]any{
			onRun: remarkData{Remark: e.Remark}, onBuilding: remarkData{Remark: &forBuilding},
		})
	case core.RunProgressMoved:
		return s.publish(ctx, e.ID, e.Type, progressData{RunID: e.RunID, Progress: e.Progress}, onRun)
	}
	forRun := visitData{RunID: e.RunID, BuildingID: e.BuildingID, Visit: e.Visit, Progress: e.Progress}
	forBuilding := visitData{RunID: e.RunID, BuildingID: e.BuildingID}
	if e.Visit != nil {
		visit := e.Visit.ForSyndic()
		forBuilding.Visit = &visit
	}
	return s.publishEach(ctx, e.ID, e.Type, map[string]any{onRun: forRun, onBuilding: forBuilding})
}

// OnCollectionEvent tells the office what happened to collections, their rules and the kinds of waste, and those who look at a
// building what happened to its collections: 200 buildings at most. What rules make by themselves at night is not told to the
// latter, because it concerns every building. Workers whose runs show such collections are told once, whatever their number.
func (s *Service) OnCollectionEvent(ctx context.Context, e *core.CollectionEvent) error {
	each := map[string]any{collectionsChannel: collectionData{
		BuildingIDs: e.BuildingIDs, From: e.From, To: e.To, RuleID: e.RuleID, WasteKind: e.WasteKind,
	}}
	if e.ActorID != 0 {
		for _, id := range e.BuildingIDs {
			each[channelOfBuilding(id)] = collectionData{BuildingIDs: []int64{id}, From: e.From, To: e.To}
		}
	}
	for _, id := range e.WorkerIDs {
		each[channelOfUser(id)] = collectionData{From: e.From, To: e.To}
	}
	return s.publishEach(ctx, e.ID, e.Type, each)
}

// OnIncidentEvent tells the office what happened to an incident, and those who look at the building.
func (s *Service) OnIncidentEvent(ctx context.Context, e *core.IncidentEvent) error {
	data := incidentData{IncidentID: e.IncidentID, BuildingID: e.BuildingID, Status: e.Status, Version: e.Version}
	return s.publish(ctx, e.ID, e.Type, data, incidentsChannel, channelOfBuilding(e.BuildingID))
}

// OnAbsenceEvent tells the office when workers can work otherwise than before.
func (s *Service) OnAbsenceEvent(ctx context.Context, e *core.AbsenceEvent) error {
	return s.publish(ctx, e.ID, e.Type, absenceData{WorkerID: e.WorkerID, From: e.From, To: e.To}, absencesChannel)
}

// publish tells several channels the same.
func (s *Service) publish(ctx context.Context, id, kind string, data any, channels ...string) error {
	each := make(map[string]any, len(channels))
	for _, channel := range channels {
		each[channel] = data
	}
	return s.publishEach(ctx, id, kind, each)
}

// publishEach tells every channel what is for it.
func (s *Service) publishEach(ctx context.Context, id, kind string, data map[string]any) error {
	events := make(map[string]event, len(data))
	for channel, part := range data {
		body, err := json.Marshal(part)
		if err != nil {
			return fmt.Errorf("encode the data of %s: %w", kind, err)
		}
		events[channel] = event{Type: kind, Data: body}
	}
	return s.layer.publish(ctx, id, events)
}

func decode[T any](data json.RawMessage) (T, error) {
	var value T
	err := json.Unmarshal(data, &value)
	return value, err
}
