package realtime

import (
	"context"
	"strconv"
	"strings"

	"encore.app/internal/refusal"
)

// Channels as clients name them: "runs", "run:{id}" and "me". In the layer "me" is a channel per person.
const (
	runsChannel = "runs"
	runPrefix   = "run:"
	meChannel   = "me"
	mePrefix    = "me:"
)

func channelOfRun(id int64) string  { return runPrefix + strconv.FormatInt(id, 10) }
func channelOfUser(id int64) string { return mePrefix + strconv.FormatInt(id, 10) }

// userOfChannel returns whose "me" a channel of the layer is.
func userOfChannel(channel string) (id int64, ok bool) {
	text, ok := strings.CutPrefix(channel, mePrefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}

// resolve returns the channel of the layer for a channel that a client named, when the client may follow it:
//
//   - runs: the office
//   - run:{id}: whoever may read the run's page, which are the office and its worker
//   - me: everybody their own
//
// It returns permission_denied, not_found for a channel that does not exist or whose existence the person may not know,
// and unavailable when that could not be found out.
func (s *Service) resolve(ctx context.Context, who identity, name string) (string, error) {
	switch {
	case name == meChannel:
		return channelOfUser(who.userID), nil
	case name == runsChannel:
		if !who.role.IsOffice() {
			return "", refusal.Forbidden(refusal.WrongRole, "Only the office follows all runs.")
		}
		return runsChannel, nil
	case strings.HasPrefix(name, runPrefix):
		id, err := strconv.ParseInt(strings.TrimPrefix(name, runPrefix), 10, 64)
		if err != nil || id < 1 {
			return "", noChannel()
		}
		if err := s.mayFollowRun(ctx, who, id); err != nil {
			return "", err
		}
		return channelOfRun(id), nil
	default:
		return "", noChannel()
	}
}

func noChannel() error { return refusal.NotFound("There is no such channel.") }
