package realtime

import (
	"context"
	"strconv"
	"strings"

	"encore.app/internal/refusal"
)

// channelKind is a kind of channels that clients may name: "kind", or "kind:{id}".
type channelKind struct {
	// numbered: the name has an id.
	numbered bool
	// layer is the channel's name in the layer.
	layer func(who identity, id int64) string
	// may returns nil when the person may follow it; else permission_denied, not_found for what does not exist or whose
	// existence the person may not know, and unavailable when that could not be found out.
	may func(ctx context.Context, s *Service, who identity, id int64) error
}

// channelKinds are all there are:
//
//   - runs, buildings, collections, incidents, absences, swaps, people: the office
//   - run:{id}: the office and its worker
//   - building:{id}: the office and its syndic
//   - me: everybody their own
var channelKinds = map[string]channelKind{
	"runs": {
		layer: func(identity, int64) string { return runsChannel },
		may:   onlyOffice("Only the office follows all runs."),
	},
	"collections": {
		layer: func(identity, int64) string { return collectionsChannel },
		may:   onlyOffice("Only the office follows all collections."),
	},
	"incidents": {
		layer: func(identity, int64) string { return incidentsChannel },
		may:   onlyOffice("Only the office follows all incidents."),
	},
	"absences": {
		layer: func(identity, int64) string { return absencesChannel },
		may:   onlyOffice("Only the office follows all absences."),
	},
	"swaps": {
		layer: func(identity, int64) string { return swapsChannel },
		may:   onlyOffice("Only the office follows all swaps."),
	},
	"buildings": {
		layer: func(identity, int64) string { return buildingsChannel },
		may:   onlyOffice("Only the office follows all buildings."),
	},
	"people": {
		layer: func(identity, int64) string { return peopleChannel },
		may:   onlyOffice("Only the office follows what becomes of people."),
	},
	"run": {
		numbered: true,
		layer:    func(_ identity, id int64) string { return channelOfRun(id) },
		may: func(ctx context.Context, s *Service, who identity, id int64) error {
			return s.mayFollowRun(ctx, who, id)
		},
	},
	"building": {
		numbered: true,
		layer:    func(_ identity, id int64) string { return channelOfBuilding(id) },
		may: func(ctx context.Context, s *Service, who identity, id int64) error {
			return s.mayFollowBuilding(ctx, who, id)
		},
	},
	"me": {
		layer: func(who identity, _ int64) string { return channelOfUser(who.userID) },
		may:   func(context.Context, *Service, identity, int64) error { return nil },
	},
}

// The names in the layer. Nobody can follow accessChannel: by it the processes tell each other who may follow a channel no
// longer.
const (
	runsChannel        = "runs"
	buildingsChannel   = "buildings"
	collectionsChannel = "collections"
	incidentsChannel   = "incidents"
	absencesChannel    = "absences"
	swapsChannel       = "swaps"
	peopleChannel      = "people"
	mePrefix           = "me:"
	accessChannel      = "access"
)

// onlyOffice lets the office follow a channel, and tells everybody else the sentence.
func onlyOffice(sentence string) func(context.Context, *Service, identity, int64) error {
	return func(_ context.Context, _ *Service, who identity, _ int64) error {
		if !who.role.IsOffice() {
			return refusal.Forbidden(refusal.WrongRole, sentence)
		}
		return nil
	}
}

func channelOfRun(id int64) string      { return "run:" + strconv.FormatInt(id, 10) }
func channelOfBuilding(id int64) string { return "building:" + strconv.FormatInt(id, 10) }
func channelOfUser(id int64) string     { return mePrefix + strconv.FormatInt(id, 10) }

// userOfChannel returns whose "me" a channel of the layer is.
func userOfChannel(channel string) (id int64, ok bool) {
	text, ok := strings.CutPrefix(channel, mePrefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}

// parseChannel reads the name of a channel as clients write it; not_found when there is no such kind.
func parseChannel(name string) (kind channelKind, id int64, err error) {
	word, number, numbered := strings.Cut(name, ":")
	kind, known := channelKinds[word]
	if !known || kind.numbered != numbered {
		return kind, 0, noChannel()
	}
	if numbered {
		id, err = strconv.ParseInt(number, 10, 64)
		if err != nil || id < 1 || strconv.FormatInt(id, 10) != number {
			return kind, 0, noChannel()
		}
	}
	return kind, id, nil
}

func noChannel() error { return refusal.NotFound("There is no such channel.") }

// revoked says in accessChannel that a person may follow a channel no longer, unless they are of the office.
type revoked struct {
	UserID  int64  `json:"user_id"`
	Channel string `json:"channel"`
}

const accessRevoked = "access.revoked"

// applyRevoked ends the subscriptions of a person to a channel.
func (h *hub) applyRevoked(e event) {
	data, err := decode[revoked](e.Data)
	if err != nil {
		return // of a newer version
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c, place := range h.byChannel[data.Channel] {
		if c.who.userID == data.UserID && !c.who.role.IsOffice() {
			h.drop(c, data.Channel)
			c.send(newErrorFrame(place.name, refusal.Forbidden(refusal.WrongRole, "You may not follow this any more.")))
		}
	}
}
