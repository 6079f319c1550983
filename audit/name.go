package audit

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"encore.app/audit/store"
	"encore.app/core"
)

// The kinds of things that have names.
const (
	thingAccount  = "account"
	thingRegion   = "region"
	thingBuilding = "building"
	thingTour     = "tour"
	thingRun      = "run"
	thingVisit    = "visit"

	thingCollection = "collection"
	thingRule       = "collection_rule"
	thingIncident   = "incident"
)

// factKinds says of which kind the ids are that facts hold under a name.
var factKinds = map[string]string{
	"user_id": thingAccount, "user_ids": thingAccount, "cc_user_ids": thingAccount, "usual_walker_ids": thingAccount, "worker_id": thingAccount,
	"syndic_id": thingAccount, "syndic_ids": thingAccount, "invited_by": thingAccount, "planned_by": thingAccount, "responsible_id": thingAccount,
	"region_id": thingRegion, "region_ids": thingRegion, "building_id": thingBuilding, "building_ids": thingBuilding,
	"tour_id": thingTour, "run_id": thingRun, "rule_id": thingRule,
}

type thingKey struct {
	kind string
	id   int64
}

// names are the names of things; while they are collected, those of what is asked for are empty.
type names map[thingKey]string

// namesFor asks the other services, once each, for the names of everything that the rows are about.
func (s *Service) namesFor(ctx context.Context, rows []store.Entry) (names, error) {
	known := make(names)
	for _, row := range rows {
		known.want(thingAccount, row.ActorID)
		for _, key := range keysOf(row.ThingKind, row.ThingID) {
			known.want(key.kind, key.id)
		}
		known.wantFacts(row.Before)
		known.wantFacts(row.After)
	}
	ids := make(map[string][]int64)
	for key := range known {
		ids[key.kind] = append(ids[key.kind], key.id)
	}
	for batch := range slices.Chunk(ids[thingAccount], 1000) {
		users, err := s.people(ctx, batch)
		if err != nil {
			return nil, err
		}
		for _, user := range users {
			known[thingKey{thingAccount, user.ID}] = strings.TrimSpace(user.FirstName + " " + user.LastName)
		}
	}
	p := &core.NamesParams{
		RegionIDs: ids[thingRegion], BuildingIDs: ids[thingBuilding], TourIDs: ids[thingTour], RunIDs: ids[thingRun],
		CollectionIDs: ids[thingCollection], RuleIDs: ids[thingRule], IncidentIDs: ids[thingIncident],
	}
	if len(p.RegionIDs)+len(p.BuildingIDs)+len(p.TourIDs)+len(p.RunIDs)+len(p.CollectionIDs)+len(p.RuleIDs)+
		len(p.IncidentIDs) == 0 {
		return known, nil
	}
	things, err := s.things(ctx, p)
	if err != nil {
		return nil, err
	}
	for _, thing := range things {
		known[thingKey{thing.Kind, thing.ID}] = thing.Name
	}
	return known, nil
}

// keysOf returns the things with names that a thing's id tells: itself, or the run and the building of a visit.
func keysOf(kind, id string) []thingKey {
	if kind == thingVisit {
		run, building, _ := strings.Cut(id, "/")
		return append(keysOf(thingRun, run), keysOf(thingBuilding, building)...)
	}
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return nil
	}
	return []thingKey{{kind, number}}
}

// want asks for the name of a thing; kinds that have none are left out.
func (n names) want(kind string, id int64) {
	switch kind {
	case thingAccount, thingRegion, thingBuilding, thingTour, thingRun, thingCollection, thingRule, thingIncident:
		if id > 0 {
			n[thingKey{kind, id}] = ""
		}
	}
}

// wantFacts asks for the names of the ids that facts hold.
func (n names) wantFacts(raw json.RawMessage) {
	var facts map[string]json.RawMessage
	if json.Unmarshal(raw, &facts) != nil {
		return
	}
	for field, value := range facts {
		kind, holdsID := factKinds[field]
		if !holdsID {
			continue
		}
		var one int64
		var many []int64
		if json.Unmarshal(value, &one) == nil {
			n.want(kind, one)
		} else if json.Unmarshal(value, &many) == nil {
			for _, id := range many[:min(len(many), 200)] {
				n.want(kind, id)
			}
		}
	}
}

// entry is a row as people see it.
func (n names) entry(row *store.Entry) *Entry {
	var called []string
	for _, key := range keysOf(row.ThingKind, row.ThingID) {
		if name := n[key]; name != "" {
			called = append(called, name)
		}
	}
	return &Entry{
		ID: row.ID, Kind: row.Kind, Before: orNull(row.Before), After: orNull(row.After), OccurredAt: row.OccurredAt.UTC(),
		Actor: Actor{
			UserID: row.ActorID, Name: n[thingKey{thingAccount, row.ActorID}], SessionID: row.SessionID, Address: row.Address,
		},
		Thing: Thing{Kind: row.ThingKind, ID: row.ThingID, Name: strings.Join(called, ", ")},
	}
}

// list returns the names that were found, by kind and id.
func (n names) list() []*Name {
	found := []*Name{}
	for _, key := range slices.SortedFunc(maps.Keys(n), func(a, b thingKey) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.id, b.id))
	}) {
		if n[key] != "" {
			found = append(found, &Name{Kind: key.kind, ID: key.id, Name: n[key]})
		}
	}
	return found
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}
