package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"encore.dev/pubsub"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/mail/content"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

var _ = pubsub.NewSubscription(core.IncidentEvents, "mail-incidents", pubsub.SubscriptionConfig[*core.IncidentEvent]{
	Handler:     pubsub.MethodHandler((*Service).OnIncidentEvent),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
})

// The kinds of mail to a resident who reported something and left an address. Nobody has confirmed that it is theirs: it gets
// these and nothing else, and none of them has words of whoever typed it. Where it goes is read when it is written, and kept with
// what was sent until core forgets who reported it.
const (
	kindIncidentReceived     = "incident-received"
	kindIncidentAcknowledged = "incident-acknowledged"
	kindIncidentResolved     = "incident-resolved"
)

// reporterKinds are those kinds, by the status that an incident has when they say something.
var reporterKinds = map[string]string{
	kindIncidentReceived: core.IncidentOpen, kindIncidentAcknowledged: core.IncidentAcknowledged,
	kindIncidentResolved: core.IncidentResolved,
}

// incidentFact is one incident that was reported.
type incidentFact struct {
	IncidentID int64 `json:"incident_id"`
}

// OnIncidentEvent gathers for the office and for the syndics of the building that something was reported, unless they did it
// themselves, and tells a resident who reported it what becomes of it.
func (s *Service) OnIncidentEvent(ctx context.Context, e *core.IncidentEvent) error {
	switch e.Change {
	case core.IncidentOpened:
		if err := s.tellReporter(ctx, e, kindIncidentReceived); err != nil {
			return err
		}
		office, err := s.officeBut(ctx, e.ActorID)
		if err != nil {
			return err
		}
		fact := incidentFact{IncidentID: e.IncidentID}
		if err := s.gather(ctx, e.ID, kindIncidents, fact, office...); err != nil {
			return err
		}
		return s.gather(ctx, e.ID+":syndic", kindBuildingIncidents, fact, e.SyndicIDs...)
	case core.IncidentWasAcknowledged:
		return s.tellReporter(ctx, e, kindIncidentAcknowledged)
	case core.IncidentWasResolved:
		return s.tellReporter(ctx, e, kindIncidentResolved)
	case core.IncidentReporterForgotten:
		err := s.query.EraseReporter(ctx, store.EraseReporterParams{
			Kinds:   []string{kindIncidentReceived, kindIncidentAcknowledged, kindIncidentResolved},
			ThingID: e.IncidentID, Now: s.clock(),
		})
		if err != nil {
			return fmt.Errorf("forget what was sent to who reported an incident: %w", err)
		}
	}
	return nil
}

// tellReporter puts a mail to a resident who reported an incident, when it is one.
func (s *Service) tellReporter(ctx context.Context, e *core.IncidentEvent, kind string) error {
	if e.ReportedBy != 0 {
		return nil
	}
	return s.put(ctx, s.query, store.InsertMessageParams{
		Source: kind + ":" + e.ID, Kind: kind, ThingID: e.IncidentID, BuildingID: &e.BuildingID, OccurredAt: s.clock(),
	})
}

// writeToReporter writes to a resident what has become of what they reported, while it is so.
func (s *Service) writeToReporter(ctx context.Context, m store.Message) (*written, error) {
	found, err := s.ask.incidents(ctx, []int64{m.ThingID})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 || found[0].ReporterEmail == "" || found[0].Status != reporterKinds[m.Kind] {
		return nil, errWithdrawn
	}
	incident := found[0]
	in := content.In(incident.ReporterLanguage, s.zone)
	facts, err := s.incidentFacts(ctx, in, incident)
	if err != nil {
		return nil, err
	}
	mail, err := in.Mail(m.Kind, "", facts)
	if err != nil {
		return nil, err
	}
	if incident.Answer != "" && m.Kind != kindIncidentReceived {
		group := content.Group{}
		if group.Heading, err = in.Phrase("incident-answer", nil); err != nil {
			return nil, err
		}
		for line := range strings.Lines(incident.Answer) {
			if line = strings.TrimSpace(line); line != "" {
				group.Lines = append(group.Lines, line)
			}
		}
		mail.Groups = []content.Group{group}
	}
	mail.Reason = in.Reason("reporter")
	return &written{mail: mail, to: delivery.Address{Email: incident.ReporterEmail}}, nil
}

// incidentFacts are what mail says of an incident: what it is and where, not what somebody wrote.
func (s *Service) incidentFacts(ctx context.Context, in content.Writer, incident core.IncidentForMail) (content.Facts, error) {
	buildings, err := s.ask.buildings(ctx, []int64{incident.BuildingID})
	if err != nil {
		return nil, err
	}
	kind, err := in.Phrase("incident-"+incident.Kind, nil)
	if err != nil {
		return nil, err
	}
	return content.Facts{
		"Number": incident.ID, factBuilding: buildings[incident.BuildingID], "Kind": kind, "When": in.Moment(incident.OpenedAt),
		factLink: "",
	}, nil
}

// writeIncidents writes to the office, or to a syndic about the buildings that are still theirs, what was reported, building by
// building. What is resolved meanwhile is not news.
func (s *Service) writeIncidents(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	var facts struct {
		Events []incidentFact `json:"events"`
	}
	if err := json.Unmarshal(m.Facts, &facts); err != nil {
		return nil, fmt.Errorf("read what happened: %w", err)
	}
	ids := make([]int64, len(facts.Events))
	for i, fact := range facts.Events {
		ids[i] = fact.IncidentID
	}
	var incidents []core.IncidentForMail
	for some := range slices.Chunk(ids, maxRuns) {
		found, err := s.ask.incidents(ctx, some)
		if err != nil {
			return nil, err
		}
		incidents = append(incidents, found...)
	}
	link := s.link("/manage/incidents")
	if m.Kind == kindBuildingIncidents {
		link = s.link("/my-buildings")
		managed, err := s.ask.syndics(ctx, buildingsOf(incidents))
		if err != nil {
			return nil, err
		}
		incidents = slices.DeleteFunc(incidents, func(i core.IncidentForMail) bool {
			return !slices.Contains(managed[i.BuildingID], user.ID)
		})
	}
	incidents = slices.DeleteFunc(incidents, func(i core.IncidentForMail) bool { return i.Status == core.IncidentResolved })
	if len(incidents) == 0 {
		return nil, errWithdrawn
	}
	buildings, err := s.ask.buildings(ctx, buildingsOf(incidents))
	if err != nil {
		return nil, err
	}
	lines, one := make([]string, len(incidents)), buildings[incidents[0].BuildingID]
	for i, incident := range incidents {
		kind, err := in.Phrase("incident-"+incident.Kind, nil)
		if err != nil {
			return nil, err
		}
		if lines[i], err = in.Phrase("incident-line", content.Facts{
			factBuilding: buildings[incident.BuildingID], "Kind": kind, "Number": incident.ID,
		}); err != nil {
			return nil, err
		}
	}
	mail, err := in.Mail(m.Kind, user.FirstName, content.Facts{"Count": len(incidents), factBuilding: one, factLink: link})
	if err != nil {
		return nil, err
	}
	mail.Groups = []content.Group{{Lines: lines}}
	return &written{mail: mail}, nil
}

func buildingsOf(incidents []core.IncidentForMail) []int64 {
	ids := make([]int64, len(incidents))
	for i := range incidents {
		ids[i] = incidents[i].BuildingID
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func incidentsFromCore(ctx context.Context, ids []int64) ([]core.IncidentForMail, error) {
	answer, err := core.IncidentsForMail(ctx, &core.IncidentsForMailParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	return answer.Incidents, nil
}
