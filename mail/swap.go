package mail

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"encore.dev/pubsub"
	"encore.dev/types/uuid"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/day"
	"encore.app/mail/content"
	"encore.app/mail/store"
)

var _ = pubsub.NewSubscription(core.SwapEvents, "mail-swaps", pubsub.SubscriptionConfig[*core.SwapEvent]{
	Handler:     pubsub.MethodHandler((*Service).OnSwapEvent),
	RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
})

// swapFact is what became of one swap.
type swapFact struct {
	SwapID uuid.UUID `json:"swap_id"`
	// Change is asked, taken, given-back, withdrawn, approved, refused or lapsed.
	Change string `json:"change"`
}

// The changes of a swap that somebody is told of.
const (
	swapAsked     = "asked"
	swapTaken     = "taken"
	swapGivenBack = "given-back"
	swapWithdrawn = "withdrawn"
	swapApproved  = "approved"
	swapRefused   = "refused"
	swapLapsed    = "lapsed"
)

// OnSwapEvent gathers for those who could take a run that it is asked, for the office that a swap wants a decision, and for the two
// workers what becomes of it, unless they did it themselves.
func (s *Service) OnSwapEvent(ctx context.Context, e *core.SwapEvent) error {
	tell := func(change string, people ...int64) error {
		people = slices.DeleteFunc(people, func(id int64) bool { return id == 0 || id == e.ActorID })
		return s.gather(ctx, e.ID+":"+change, kindSwaps, swapFact{SwapID: e.SwapID, Change: change}, people...)
	}
	switch e.Type {
	case core.SwapAsked:
		takers, err := s.ask.swapTakers(ctx, e.SwapID)
		if err != nil {
			return err
		}
		return s.gather(ctx, e.ID, kindSwapsAsked, swapFact{SwapID: e.SwapID, Change: swapAsked}, takers...)
	case core.SwapTaken:
		office, err := s.officeBut(ctx, e.ActorID)
		if err != nil {
			return err
		}
		return s.gather(ctx, e.ID, kindSwapsTaken, swapFact{SwapID: e.SwapID, Change: swapTaken}, office...)
	case core.SwapGivenBack:
		return tell(swapGivenBack, e.AskedBy)
	case core.SwapWithdrawn:
		return tell(swapWithdrawn, e.TakenBy)
	case core.SwapApproved:
		return tell(swapApproved, e.AskedBy, e.TakenBy)
	case core.SwapRefused:
		return tell(swapRefused, e.AskedBy, e.TakenBy)
	case core.SwapLapsed:
		return tell(swapLapsed, e.AskedBy, e.TakenBy)
	}
	return nil // of a newer core service
}

// toldSwaps returns swaps as they are, and what was last heard of each of them.
func (s *Service) toldSwaps(ctx context.Context, gathered json.RawMessage) (swaps []core.Swap, latest map[uuid.UUID]string, err error) {
	var facts struct {
		Events []swapFact `json:"events"`
	}
	if err := json.Unmarshal(gathered, &facts); err != nil {
		return nil, nil, fmt.Errorf("read what happened: %w", err)
	}
	latest = map[uuid.UUID]string{}
	ids := []uuid.UUID{}
	for _, fact := range facts.Events {
		if _, known := latest[fact.SwapID]; !known {
			ids = append(ids, fact.SwapID)
		}
		latest[fact.SwapID] = fact.Change
	}
	for some := range slices.Chunk(ids, maxRuns) {
		found, err := s.ask.swaps(ctx, some)
		if err != nil {
			return nil, nil, err
		}
		swaps = append(swaps, found...)
	}
	return swaps, latest, nil
}

// writeSwaps writes about swaps: which runs are asked or want a decision while it is so, or what has become of somebody's own.
func (s *Service) writeSwaps(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	swaps, latest, err := s.toldSwaps(ctx, m.Facts)
	if err != nil {
		return nil, err
	}
	w := &written{}
	lines, changes := map[string][]string{}, []string{}
	count, tour := 0, ""
	for _, swap := range swaps {
		change, line, err := swapLine(in, user, m.Kind, swap, latest[swap.ID])
		if err != nil {
			return nil, err
		}
		if change == "" {
			continue
		}
		if len(lines[change]) == 0 {
			changes = append(changes, change)
		}
		lines[change] = append(lines[change], line)
		count, tour, w.names = count+1, swap.Run.Tour.Name, append(w.names, swap.AskedBy.ID)
		if swap.TakenBy != nil {
			w.names = append(w.names, swap.TakenBy.ID)
		}
	}
	if count == 0 {
		return nil, errWithdrawn
	}
	link := s.link("/work")
	if m.Kind == kindSwapsTaken {
		link = s.link("/manage/swaps")
	}
	if w.mail, err = in.Mail(m.Kind, user.FirstName, content.Facts{"Count": count, factTour: tour, factLink: link}); err != nil {
		return nil, err
	}
	for _, change := range changes {
		group := content.Group{Lines: lines[change]}
		if m.Kind == kindSwaps {
			if group.Heading, err = in.Phrase("swap-"+change, nil); err != nil {
				return nil, err
			}
		}
		w.mail.Groups = append(w.mail.Groups, group)
	}
	return w, nil
}

// swapLine tells a swap to somebody, and what became of it; no change when that is nothing to tell any more.
func swapLine(in content.Writer, user *auth.User, kind string, swap core.Swap, change string) (told, line string, err error) {
	date, err := day.Parse("date", swap.Run.Date)
	if err != nil {
		return "", "", err
	}
	about := content.Facts{"Day": in.Day(date), factTour: swap.Run.Tour.Name, "Name": swap.AskedBy.FirstName, "Reason": swap.Reason}
	switch {
	case kind == kindSwapsAsked && swap.State == core.SwapStateOpen:
		line, err = in.Phrase("swap-line", about)
		return swapAsked, line, err
	case kind == kindSwapsTaken && swap.State == core.SwapStateTaken:
		about["Name"] = personOf(swap.AskedBy)
		line, err = in.Phrase("swap-line-both", about.With(content.Facts{"Taker": personOf(*swap.TakenBy)}))
		return swapTaken, line, err
	case kind != kindSwaps, change == swapGivenBack && swap.State != core.SwapStateOpen:
		return "", "", nil
	}
	other := swap.AskedBy.FirstName
	if user.ID == swap.AskedBy.ID {
		other = ""
		if swap.TakenBy != nil {
			other = swap.TakenBy.FirstName
		}
	}
	if change == swapApproved && user.ID == swap.AskedBy.ID {
		change = "approved-for-you"
	}
	line, err = in.Phrase("swap-line-ended", about.With(content.Facts{"Name": other}))
	return change, line, err
}

func personOf(p core.SwapPerson) string {
	return nameOf(core.Worker{FirstName: p.FirstName, LastName: p.LastName})
}

func swapsFromCore(ctx context.Context, ids []uuid.UUID) ([]core.Swap, error) {
	answer, err := core.SwapsForMail(ctx, &core.SwapsForMailParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	return answer.Swaps, nil
}

func swapTakersFromCore(ctx context.Context, id uuid.UUID) ([]int64, error) {
	answer, err := core.SwapTakers(ctx, &core.SwapTakersParams{ID: id})
	if err != nil {
		return nil, err
	}
	return answer.UserIDs, nil
}
