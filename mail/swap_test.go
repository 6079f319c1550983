package mail

import (
	"testing"
	"time"

	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core"
	"encore.app/mail/store"
)

// swapID is the one swap of these tests.
var swapID = uuid.Must(uuid.FromString("5a1c1e52-0000-4000-8000-000000000001"))

// swap is one that Zoë (5) asks and Ruben (2) has taken.
func swap(state string) core.Swap {
	found := core.Swap{
		ID: swapID, Run: core.SwapRun{ID: 12, Tour: core.TourName{ID: 1, Name: "Centrum"}, Date: "2026-12-04"}, State: state,
		AskedBy: core.SwapPerson{ID: 5, FirstName: "Zoë", LastName: "Lefèvre"},
	}
	if state != core.SwapStateOpen {
		found.TakenBy = &core.SwapPerson{ID: 2, FirstName: "Ruben", LastName: "Verhaeghe"}
	}
	return found
}

func swapEvent(kind string, actor, taker int64) *core.SwapEvent {
	return &core.SwapEvent{ID: "e-" + kind, Type: kind, SwapID: swapID, RunID: 12, Date: "2026-12-04", RegionID: 4, ActorID: actor, AskedBy: 5, TakenBy: taker}
}

func TestThoseWhoCouldTakeARunAreAskedOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.swaps, b.core.takers = []core.Swap{swap(core.SwapStateOpen)}, []int64{2}
	asked := swapEvent(core.SwapAsked, 5, 0)
	require.NoError(t, b.OnSwapEvent(t.Context(), asked))
	require.NoError(t, b.OnSwapEvent(t.Context(), asked), "told again")
	b.later(3 * time.Minute)
	require.Len(t, b.messages(), 1)
	require.Len(t, b.bodies(2), 1)
	require.Contains(t, b.bodies(2)[0], "Can you take over a run? Centrum\n")
	require.Contains(t, b.bodies(2)[0], "Friday 4 December 2026: Centrum (asked by Zoë)")
	require.NotContains(t, b.bodies(2)[0], "Lefèvre", "a first name, and no more")
}

func TestWhatIsTakenMeanwhileIsNotAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.swaps, b.core.takers = []core.Swap{swap(core.SwapStateTaken)}, []int64{2}
	require.NoError(t, b.OnSwapEvent(t.Context(), swapEvent(core.SwapAsked, 5, 0)))
	b.later(3 * time.Minute)
	require.Equal(t, store.MessageStatusWithdrawn, b.only().Status)
}

func TestTheOfficeHearsThatASwapWantsADecision(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.swaps = []core.Swap{swap(core.SwapStateTaken)}
	require.NoError(t, b.OnSwapEvent(t.Context(), swapEvent(core.SwapTaken, 2, 2)))
	b.later(3 * time.Minute)
	require.Len(t, b.messages(), 1, "not who took it")
	require.Len(t, b.bodies(1), 1)
	require.Contains(t, b.bodies(1)[0], "Een ruil wacht op een beslissing: Centrum\n")
	require.Contains(t, b.bodies(1)[0], "Ruben Verhaeghe in plaats van Zoë Lefèvre")
	require.Contains(t, b.bodies(1)[0], "https://bins.example.be/manage/swaps")
}

func TestBothHearWhatBecameOfASwap(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]struct{ state, text string }{
		core.SwapApproved: {core.SwapStateApproved, "Approved: these runs are yours now\n- Friday 4 December 2026: Centrum, Zoë"},
		core.SwapRefused:  {core.SwapStateRefused, "Refused\n- Friday 4 December 2026: Centrum, Zoë (Te laat)"},
		core.SwapLapsed:   {core.SwapStateLapsed, "Not possible any more\n- Friday 4 December 2026: Centrum, Zoë"},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ended := swap(want.state)
			if kind == core.SwapRefused {
				ended.Reason = "Te laat"
			}
			b.core.swaps = []core.Swap{ended}
			require.NoError(t, b.OnSwapEvent(t.Context(), swapEvent(kind, 1, 2)))
			b.later(3 * time.Minute)
			require.Len(t, b.bodies(5), 1)
			require.Contains(t, b.bodies(5)[0], "Votre échange : Centrum\n")
			require.Len(t, b.bodies(2), 1)
			require.Contains(t, b.bodies(2)[0], "Your swap: Centrum\n")
			require.Contains(t, b.bodies(2)[0], want.text)
		})
	}
}

func TestARunThatIsSwappedIsNotToldTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.run(12, 2, "2026-12-04", "Centrum")
	before, after := core.RunState{TourID: 12, WorkerID: 5, Date: "2026-12-04"}, core.RunState{TourID: 12, WorkerID: 2, Date: "2026-12-04"}
	event := &core.RunEvent{ID: "e1", Type: core.RunChanged, RunID: 12, WorkerID: 2, ActorID: 1, Before: &before, After: after, BySwap: true}
	require.NoError(t, b.OnRunEvent(t.Context(), event))
	b.later(3 * time.Minute)
	require.Empty(t, b.messages())
}
