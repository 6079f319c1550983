package core

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// ask asks for a run of emma's.
func (r *rounds) ask(run *RunDetail) *Swap {
	r.t.Helper()
	swap, err := r.AskSwap(r.as(emma), &AskSwapParams{ID: newID(), RunID: run.ID, Message: " Examen "})
	require.NoError(r.t, err)
	return swap
}

// taken is a swap of a run of emma's that lucas has taken.
func (r *rounds) taken(run *RunDetail) *Swap {
	r.t.Helper()
	swap, err := r.TakeSwap(r.as(lucas), r.ask(run).ID, &ChangeSwapParams{})
	require.NoError(r.t, err)
	return swap
}

// swapEvents are those that were told, of the types.
func (r *rounds) swapEvents() (events []SwapEvent) {
	r.t.Helper()
	r.events()
	r.topic.mu.Lock()
	defer r.topic.mu.Unlock()
	for _, message := range r.topic.messages {
		if message.Topic == swapEvents {
			var event SwapEvent
			require.NoError(r.t, json.Unmarshal(message.Payload, &event))
			events = append(events, event)
		}
	}
	return events
}

// lastRunEvent is what was told last of a run.
func (r *rounds) lastRunEvent() (event RunEvent) {
	r.t.Helper()
	r.events()
	r.topic.mu.Lock()
	defer r.topic.mu.Unlock()
	for _, message := range r.topic.messages {
		if message.Topic == runEvents {
			event = RunEvent{}
			require.NoError(r.t, json.Unmarshal(message.Payload, &event))
		}
	}
	return event
}

func (r *rounds) swapNow(id uuid.UUID) *Swap {
	r.t.Helper()
	swap, err := r.Service.swap(r.t.Context(), office, id)
	require.NoError(r.t, err)
	return swap
}

func (r *rounds) workerOf(run int64) int64 {
	r.t.Helper()
	found, err := r.query.FindRun(r.t.Context(), run)
	require.NoError(r.t, err)
	return found.WorkerID
}

func TestARunChangesHandsOnceTheOfficeApproves(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	run := r.plannedRun(tour, emma.ID, 3)
	swap := r.ask(run)
	require.Equal(t, SwapStateOpen, swap.State)
	require.Equal(t, "Examen", swap.Message)
	require.Equal(t, SwapRun{run.ID, run.Tour, run.Region, run.Date, StatusPlanned, 2, 20}, swap.Run)

	open, err := r.OpenSwaps(r.as(lucas), &MySwapsParams{})
	require.NoError(t, err)
	require.Len(t, open.Items, 1)
	require.Equal(t, SwapPerson{ID: emma.ID, FirstName: "First3"}, open.Items[0].AskedBy, "a first name, and no more")
	body, err := json.Marshal(open)
	require.NoError(t, err)
	require.NotContains(t, string(body), "Veldstraat", "no address before the run is theirs")
	requireRefusal(t, second(r.GetRun(r.as(lucas), run.ID)), errs.NotFound, refusal.Missing)

	taken, err := r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})
	require.NoError(t, err)
	require.Equal(t, SwapStateTaken, taken.State)
	require.Empty(t, taken.Warnings)
	require.NoError(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), "again")
	require.Equal(t, emma.ID, r.workerOf(run.ID), "it is hers until the office approves")

	approved, err := r.ApproveSwap(r.as(office), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID})
	require.NoError(t, err)
	require.Equal(t, SwapStateApproved, approved.State)
	require.Equal(t, lucas.ID, r.workerOf(run.ID))
	require.NoError(t, second(r.GetRun(r.as(lucas), run.ID)))
	requireRefusal(t, second(r.GetRun(r.as(emma), run.ID)), errs.NotFound, refusal.Missing)

	require.Equal(t, []string{RunPlanned, SwapAsked, SwapTaken, SwapApproved, RunChanged}, r.events())
	about := fmt.Sprint(" run ", run.ID)
	require.Equal(t, []string{
		RunPlanned + about, SwapAsked + about, SwapTaken + about, SwapApproved + about, RunChanged + about,
	}, r.auditLines(), "rule 12")
	require.True(t, r.lastRunEvent().BySwap, "mail about the swap says so already")
	events := r.swapEvents()
	require.Equal(t, []int64{office.ID, emma.ID, lucas.ID, run.Region.ID}, []int64{events[2].ActorID, events[2].AskedBy, events[2].TakenBy, events[2].RegionID})
	for _, actor := range []access.Actor{emma, lucas} {
		mine, err := r.MySwaps(r.as(actor), &MySwapsParams{})
		require.NoError(t, err)
		require.Len(t, mine.Items, 1)
		require.Nil(t, mine.Items[0].DecidedBy, "who decided is the office's to know")
		exported, err := r.RunsExport(r.as(actor))
		require.NoError(t, err)
		require.Len(t, exported.Swaps, 1)
	}
}

func TestASwapAskedTwiceIsOne(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	run, other := r.plannedRun(tour, emma.ID, 3), r.plannedRun(tour, emma.ID, 4)
	params := &AskSwapParams{ID: newID(), RunID: run.ID}
	results := together(4, func(int) error { return second(r.AskSwap(r.as(emma), params)) })
	require.NoError(t, errors.Join(results...))
	require.Equal(t, []string{RunPlanned, RunPlanned, SwapAsked}, r.events(), "told once")

	requireRefusal(t, second(r.AskSwap(r.as(emma), &AskSwapParams{ID: params.ID, RunID: other.ID})), errs.AlreadyExists, refusal.IDReused)
	requireRefusal(t, second(r.AskSwap(r.as(emma), &AskSwapParams{ID: newID(), RunID: run.ID})), errs.AlreadyExists, refusal.SwapAsked)

	// However late: the run is somebody else's by now.
	require.NoError(t, second(r.TakeSwap(r.as(lucas), params.ID, &ChangeSwapParams{})))
	require.NoError(t, second(r.ApproveSwap(r.as(office), params.ID, &ApproveSwapParams{TakenBy: lucas.ID})))
	again, err := r.AskSwap(r.as(emma), params)
	require.NoError(t, err)
	require.Equal(t, SwapStateApproved, again.State)
}

func TestWhatCannotBeAsked(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	started := r.plannedRun(tour, emma.ID, 0)
	require.NoError(t, second(r.StartRun(r.as(emma), started.ID, r.start())))
	cancelled := r.plannedRun(tour, emma.ID, 1)
	require.NoError(t, second(r.CancelRun(r.as(office), cancelled.ID, &CancelRunParams{Reason: "Storm"})))
	theirs := r.plannedRun(tour, lucas.ID, 1)
	past := r.plannedRun(tour, emma.ID, 2)
	ask := func(actor access.Actor, run int64, message string) error {
		return second(r.AskSwap(r.as(actor), &AskSwapParams{ID: newID(), RunID: run, Message: message}))
	}
	requireRefusal(t, ask(emma, started.ID, ""), errs.FailedPrecondition, refusal.AlreadyStarted)
	requireRefusal(t, ask(emma, cancelled.ID, ""), errs.FailedPrecondition, refusal.RunCancelled)
	requireRefusal(t, ask(emma, theirs.ID, ""), errs.NotFound, refusal.Missing)
	requireRefusal(t, ask(office, theirs.ID, ""), errs.PermissionDenied, refusal.NotYourRun)
	requireRefusal(t, ask(emma, past.ID, strings.Repeat("x", 501)), errs.InvalidArgument, refusal.TooLong)
	requireRefusal(t, second(r.AskSwap(r.as(emma), &AskSwapParams{RunID: past.ID})), errs.InvalidArgument, refusal.Required)
	for range maxSwapsOfRun {
		swap := r.ask(past)
		require.NoError(t, second(r.WithdrawSwap(r.as(emma), swap.ID, &ChangeSwapParams{})))
		require.NoError(t, second(r.WithdrawSwap(r.as(emma), swap.ID, &ChangeSwapParams{})), "again")
	}
	requireRefusal(t, ask(emma, past.ID, ""), errs.FailedPrecondition, refusal.TooManyOfThem)
	r.pass(3 * 24 * time.Hour)
	requireRefusal(t, ask(emma, past.ID, ""), errs.FailedPrecondition, refusal.InPast)
}

func TestRule7_WhoMayTakeARun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	run := r.plannedRun(tour, emma.ID, 3)
	swap := r.ask(run)
	requireRefusal(t, second(r.TakeSwap(r.as(emma), swap.ID, &ChangeSwapParams{})), errs.FailedPrecondition, refusal.OwnSwap)
	requireRefusal(t, second(r.TakeSwap(r.as(martin), swap.ID, &ChangeSwapParams{})), errs.PermissionDenied, refusal.WrongRole)
	requireRefusal(t, second(r.TakeSwap(r.as(lucas), newID(), &ChangeSwapParams{})), errs.NotFound, refusal.Missing)
	requireRefusal(t, second(r.TakeSwap(r.as(retired), swap.ID, &ChangeSwapParams{})), errs.InvalidArgument, refusal.Inactive)

	theirs := r.plannedRun(tour, lucas.ID, 3)
	requireRefusal(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), errs.AlreadyExists, refusal.AlreadyPlanned)
	open, err := r.OpenSwaps(r.as(lucas), &MySwapsParams{})
	require.NoError(t, err)
	require.Empty(t, open.Items, "what they cannot take is not offered")
	require.NoError(t, second(r.CancelRun(r.as(office), theirs.ID, &CancelRunParams{Reason: "Storm"})))

	regions := r.regions
	r.regions = nil // nobody works anywhere any more
	requireRefusal(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), errs.NotFound, refusal.Missing)
	r.regions = regions

	// Absent and busy: a warning, before and after, and the office must insist.
	_, err = r.AddAbsence(r.as(office), &AddAbsenceParams{WorkerID: lucas.ID, FirstDay: onDay(3), LastDay: onDay(3), Reason: AbsenceIll})
	require.NoError(t, err)
	r.another(region, lucas.ID)
	warnings := []string{SwapWarningAbsent, SwapWarningSameDay}
	open, err = r.OpenSwaps(r.as(lucas), &MySwapsParams{})
	require.NoError(t, err)
	require.Equal(t, warnings, open.Items[0].Warnings)
	takers, err := r.SwapTakers(t.Context(), &SwapTakersParams{swap.ID})
	require.NoError(t, err)
	require.Equal(t, []int64{admin.ID, office.ID}, takers.UserIDs, "no mail to who is absent, or asked it")
	taken, err := r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})
	require.NoError(t, err)
	require.Equal(t, warnings, taken.Warnings)
	list, err := r.ListSwaps(r.as(office), &ListSwapsParams{State: SwapStateTaken})
	require.NoError(t, err)
	require.Equal(t, warnings, list.Items[0].Warnings)
	requireRefusal(t, second(r.ApproveSwap(r.as(office), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID})), errs.FailedPrecondition, refusal.Absent)
	require.Equal(t, emma.ID, r.workerOf(run.ID))
	require.NoError(t, second(r.ApproveSwap(r.as(office), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID, DespiteAbsence: true})))
	require.Equal(t, lucas.ID, r.workerOf(run.ID))
}

func TestWhatIsOfferedToWhom(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	swap := r.ask(r.plannedRun(r.tour(r.region()), emma.ID, 0))
	offered := func(actor access.Actor) (ids []uuid.UUID) {
		list, err := r.OpenSwaps(r.as(actor), &MySwapsParams{})
		require.NoError(t, err)
		for _, item := range list.Items {
			ids = append(ids, item.ID)
		}
		return ids
	}
	require.Equal(t, []uuid.UUID{swap.ID}, offered(lucas), "until the end of the day")
	require.Empty(t, offered(emma), "not what they asked themselves")
	require.NoError(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})))
	takers, err := r.SwapTakers(t.Context(), &SwapTakersParams{swap.ID})
	require.NoError(t, err)
	require.Empty(t, takers.UserIDs, "nobody is asked what somebody has taken")
	for days, want := range map[int]int{14: 1, 15: 0} {
		r.setTime(monday.AddDate(0, 0, days))
		mine, err := r.MySwaps(r.as(lucas), &MySwapsParams{})
		require.NoError(t, err)
		require.Len(t, mine.Items, want, "%d days after", days)
	}
}

// another plans another run of that worker on the third day, despite everything.
func (r *rounds) another(region, worker int64) {
	r.t.Helper()
	_, err := r.PlanRun(r.as(office), &PlanRunParams{TourID: r.tour(region), WorkerID: worker, Date: onDay(3), DespiteAbsence: true})
	require.NoError(r.t, err)
}

func TestASwapIsGivenBackAndRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.plannedRun(r.tour(r.region()), emma.ID, 3)
	swap := r.taken(run)
	requireRefusal(t, second(r.GiveSwapBack(r.as(emma), swap.ID, &ChangeSwapParams{})), errs.NotFound, refusal.Missing)
	requireRefusal(t, second(r.WithdrawSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), errs.NotFound, refusal.Missing)
	requireRefusal(t, second(r.WithdrawSwap(r.as(office), swap.ID, &ChangeSwapParams{})), errs.PermissionDenied, refusal.NotYourRun)
	back, err := r.GiveSwapBack(r.as(lucas), swap.ID, &ChangeSwapParams{IdempotencyKey: newID().String()})
	require.NoError(t, err)
	require.Equal(t, []any{SwapStateOpen, (*SwapPerson)(nil)}, []any{back.State, back.TakenBy})
	events := r.swapEvents()
	require.Equal(t, lucas.ID, events[len(events)-1].FormerTaker, "who is told too")
	requireRefusal(t, second(r.ApproveSwap(r.as(office), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID})), errs.FailedPrecondition, refusal.SwapNotTaken)

	require.NoError(t, second(r.TakeSwap(r.as(office), swap.ID, &ChangeSwapParams{})))
	requireRefusal(t, second(r.ApproveSwap(r.as(admin), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID})), errs.Aborted, refusal.ChangedMeanwhile)
	requireRefusal(t, second(r.RefuseSwap(r.as(admin), swap.ID, &RefuseSwapParams{Reason: " "})), errs.InvalidArgument, refusal.Required)
	refused, err := r.RefuseSwap(r.as(admin), swap.ID, &RefuseSwapParams{Reason: "Te veel ritten"})
	require.NoError(t, err)
	require.Equal(t, []string{SwapStateRefused, "Te veel ritten"}, []string{refused.State, refused.Reason})
	require.Equal(t, emma.ID, r.workerOf(run.ID))
	for _, again := range []error{
		second(r.RefuseSwap(r.as(admin), swap.ID, &RefuseSwapParams{Reason: "Nee"})),
		second(r.ApproveSwap(r.as(admin), swap.ID, &ApproveSwapParams{TakenBy: office.ID})),
		second(r.WithdrawSwap(r.as(emma), swap.ID, &ChangeSwapParams{})),
		second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})),
	} {
		requireRefusal(t, again, errs.FailedPrecondition, refusal.SwapOver)
	}
	require.NotEqual(t, swap.ID, r.ask(run).ID, "it can be asked again")
}

func TestARunIsNotTakenAndGivenBackWithoutEnd(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	swap := r.ask(r.plannedRun(r.tour(r.region()), emma.ID, 3))
	for range takesOfPerson.Count {
		require.NoError(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})))
		require.NoError(t, second(r.GiveSwapBack(r.as(lucas), swap.ID, &ChangeSwapParams{})))
	}
	require.NoError(t, second(r.TakeSwap(r.as(office), swap.ID, &ChangeSwapParams{})), "others may")
	requireRefusal(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), errs.FailedPrecondition, refusal.SwapTaken, "what changes nothing is not counted")
	require.NoError(t, second(r.GiveSwapBack(r.as(office), swap.ID, &ChangeSwapParams{})))
	before := len(r.events())
	requireRefusal(t, second(r.TakeSwap(r.as(lucas), swap.ID, &ChangeSwapParams{})), errs.ResourceExhausted, refusal.RateLimited)
	require.Len(t, r.events(), before)
}

func TestASwapLapsesWithWhatItWasAbout(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(r *rounds, run *RunDetail) error{
		"cancelled": func(r *rounds, run *RunDetail) error {
			return second(r.CancelRun(r.as(office), run.ID, &CancelRunParams{Reason: "Storm"}))
		},
		"cancelled with others": func(r *rounds, run *RunDetail) error {
			return second(r.CancelRuns(r.as(office), &CancelRunsParams{Items: []RunToCancel{{run.ID, run.Version}}, Reason: "Storm"}))
		},
		"started": func(r *rounds, run *RunDetail) error {
			return second(r.StartRun(r.as(emma), run.ID, r.start()))
		},
		"given to somebody else": func(r *rounds, run *RunDetail) error {
			return second(r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, office.ID, run.Date}}}))
		},
		"moved": func(r *rounds, run *RunDetail) error {
			return second(r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, emma.ID, onDay(5)}}}))
		},
		"its worker is deactivated": func(r *rounds, run *RunDetail) error {
			return second(r.Deactivate(r.as(office), emma.ID, &DeactivateParams{Runs: []RunDecision{{RunID: run.ID, WorkerID: office.ID}}}))
		},
		"who took it is deactivated": func(r *rounds, _ *RunDetail) error {
			return second(r.Deactivate(r.as(office), lucas.ID, &DeactivateParams{}))
		},
		"who took it does no runs any more": func(r *rounds, _ *RunDetail) error {
			return second(r.ChangeRole(r.as(admin), lucas.ID, &ChangeRoleParams{Role: auth.RoleSyndic}))
		},
		"its day has passed": func(r *rounds, _ *RunDetail) error {
			r.pass(24 * time.Hour)
			return r.LapseSwaps(r.t.Context())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRounds(t)
			run := r.plannedRun(r.tour(r.region()), emma.ID, 0)
			swap := r.taken(run)
			require.NoError(t, r.LapseSwaps(t.Context()), "its day has not passed")
			require.NoError(t, change(r, run))
			require.Equal(t, SwapStateLapsed, r.swapNow(swap.ID).State)
			events := r.swapEvents()
			last := events[len(events)-1]
			require.Equal(t, []any{SwapLapsed, emma.ID, lucas.ID}, []any{last.Type, last.AskedBy, last.TakenBy}, "both hear of it")
		})
	}
}

func TestAChangeThatLeavesARunAsItWasLeavesItsSwap(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run := r.plannedRun(r.tour(r.region()), emma.ID, 3)
	swap := r.taken(run)
	require.NoError(t, second(r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, emma.ID, run.Date}}})))
	require.Equal(t, SwapStateTaken, r.swapNow(swap.ID).State)
}

func TestTwoLeaveAtOnceWhoHaveTakenEachOthersRuns(t *testing.T) {
	t.Parallel()
	for range 8 {
		r := newRounds(t)
		tour := r.tour(r.region())
		theirs := map[int64]*RunDetail{}
		for i, pair := range [][2]access.Actor{{emma, lucas}, {lucas, emma}} {
			theirs[pair[0].ID] = r.plannedRun(tour, pair[0].ID, i+1)
			swap, err := r.AskSwap(r.as(pair[0]), &AskSwapParams{ID: newID(), RunID: theirs[pair[0].ID].ID})
			require.NoError(t, err)
			require.NoError(t, second(r.TakeSwap(r.as(pair[1]), swap.ID, &ChangeSwapParams{})))
		}
		results := together(2, func(i int) error {
			leaving := []access.Actor{emma, lucas}[i]
			return r.deactivate(office, leaving.ID, RunDecision{RunID: theirs[leaving.ID].ID, Cancel: true, Reason: "Gone"})
		})
		require.NoError(t, errors.Join(results...))
	}
}

func TestOneOfTwoTakesARun(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	for i := range 8 {
		swap := r.ask(r.plannedRun(tour, emma.ID, i+1))
		results := together(2, func(i int) error {
			return second(r.TakeSwap(r.as([]access.Actor{lucas, office}[i]), swap.ID, &ChangeSwapParams{}))
		})
		require.NotEqual(t, results[0] == nil, results[1] == nil, "one of them")
		requireRefusal(t, errors.Join(results...), errs.FailedPrecondition, refusal.SwapTaken)
	}
}

func TestApprovingWhileSomethingElseHappensToTheRun(t *testing.T) {
	t.Parallel()
	for name, other := range map[string]struct {
		do     func(r *rounds, run *RunDetail) error
		worker int64 // whose the run is when this was first
	}{
		"started": {func(r *rounds, run *RunDetail) error {
			return second(r.StartRun(r.as(emma), run.ID, r.start()))
		}, emma.ID},
		"cancelled": {func(r *rounds, run *RunDetail) error {
			return second(r.CancelRuns(r.as(office), &CancelRunsParams{Items: []RunToCancel{{run.ID, run.Version}}, Reason: "Storm"}))
		}, emma.ID},
		"given": {func(r *rounds, run *RunDetail) error {
			return second(r.ChangeRuns(r.as(office), &ChangeRunsParams{Items: []RunToChange{{run.ID, run.Version, run.Tour.ID, admin.ID, run.Date}}}))
		}, admin.ID},
		"approved": {func(r *rounds, run *RunDetail) error {
			list, err := r.ListSwaps(r.as(admin), &ListSwapsParams{State: "live"})
			if err != nil || len(list.Items) == 0 {
				return errSwapOver()
			}
			return second(r.ApproveSwap(r.as(admin), list.Items[0].ID, &ApproveSwapParams{TakenBy: lucas.ID}))
		}, lucas.ID},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 6 {
				r := newRounds(t)
				run := r.plannedRun(r.tour(r.region()), emma.ID, 0)
				swap := r.taken(run)
				results := together(2, func(i int) error {
					if i == 0 {
						return second(r.ApproveSwap(r.as(office), swap.ID, &ApproveSwapParams{TakenBy: lucas.ID}))
					}
					return other.do(r, run)
				})
				require.NotEqual(t, results[0] == nil, results[1] == nil, "one of them: %v", results)
				if results[0] == nil {
					require.Equal(t, lucas.ID, r.workerOf(run.ID))
					require.Equal(t, SwapStateApproved, r.swapNow(swap.ID).State)
					continue
				}
				requireRefusal(t, results[0], errs.FailedPrecondition, refusal.SwapOver)
				require.Equal(t, other.worker, r.workerOf(run.ID))
			}
		})
	}
}

func TestTheOfficeReadsFirstWhatWantsADecision(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	early, late, taken := r.ask(r.plannedRun(tour, emma.ID, 1)), r.ask(r.plannedRun(tour, emma.ID, 4)), r.taken(r.plannedRun(tour, emma.ID, 6))
	ended := r.ask(r.plannedRun(tour, emma.ID, 2))
	require.NoError(t, second(r.WithdrawSwap(r.as(emma), ended.ID, &ChangeSwapParams{})))
	read := func(state string) (ids []uuid.UUID) {
		cursor := ""
		for {
			list, err := r.ListSwaps(r.as(office), &ListSwapsParams{State: state, Limit: 1, Cursor: cursor})
			require.NoError(t, err)
			for _, swap := range list.Items {
				ids = append(ids, swap.ID)
			}
			if cursor = list.NextCursor; cursor == "" {
				return ids
			}
		}
	}
	require.Equal(t, []uuid.UUID{taken.ID, early.ID, late.ID}, read(""))
	require.Equal(t, []uuid.UUID{taken.ID}, read(SwapStateTaken))
	require.Equal(t, []uuid.UUID{ended.ID}, read("ended"))
	require.Equal(t, []uuid.UUID{ended.ID}, read(SwapStateWithdrawn))
	_, err := r.ListSwaps(r.as(office), &ListSwapsParams{State: "gone"})
	requireRefusal(t, err, errs.InvalidArgument, refusal.Unknown)
	mine, err := r.MySwaps(r.as(emma), &MySwapsParams{Limit: 2})
	require.NoError(t, err)
	rest, err := r.MySwaps(r.as(emma), &MySwapsParams{Limit: 2, Cursor: mine.NextCursor})
	require.NoError(t, err)
	require.Len(t, append(mine.Items, rest.Items...), 4)
	offered, err := r.OpenSwaps(r.as(lucas), &MySwapsParams{Limit: 1})
	require.NoError(t, err)
	require.Equal(t, early.ID, offered.Items[0].ID)
	offered, err = r.OpenSwaps(r.as(lucas), &MySwapsParams{Limit: 1, Cursor: offered.NextCursor})
	require.NoError(t, err)
	require.Equal(t, late.ID, offered.Items[0].ID)
}

func TestWhatSomebodyWroteAboutASwapIsForgottenWithThem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	swap := r.ask(r.plannedRun(r.tour(r.region()), emma.ID, 3))
	require.NoError(t, second(r.RefuseSwap(r.as(office), swap.ID, &RefuseSwapParams{Reason: "Emma is ziek"})))
	runs, err := r.OpenRuns(r.as(office), emma.ID)
	require.NoError(t, err)
	require.NoError(t, second(r.Deactivate(r.as(office), emma.ID, &DeactivateParams{Runs: []RunDecision{{RunID: runs.Items[0].ID, WorkerID: lucas.ID}}})))
	require.NoError(t, second(r.Anonymise(r.as(office), emma.ID)))
	forgotten := r.swapNow(swap.ID)
	require.Equal(t, []string{"", ""}, []string{forgotten.Message, forgotten.Reason})
}

func TestWhyATakerWasRefusedIsForgottenWithThem(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	swap := r.taken(r.plannedRun(r.tour(r.region()), emma.ID, 3))
	require.NoError(t, second(r.RefuseSwap(r.as(office), swap.ID, &RefuseSwapParams{Reason: "Lucas is te vaak ziek"})))
	other := r.ask(r.plannedRun(r.tour(r.region()), emma.ID, 4))
	require.NoError(t, second(r.RefuseSwap(r.as(office), other.ID, &RefuseSwapParams{Reason: "Nee"})))
	require.NoError(t, second(r.Deactivate(r.as(office), lucas.ID, &DeactivateParams{})))
	require.NoError(t, second(r.Anonymise(r.as(office), lucas.ID)))
	r.events()
	for _, message := range r.topic.messages {
		require.NotContains(t, string(message.Payload), "ziek", "nor does the audit log keep it")
	}
	kept := r.swapNow(swap.ID)
	require.Equal(t, []string{"Examen", ""}, []string{kept.Message, kept.Reason}, "what emma wrote is hers")
	require.Equal(t, "Nee", r.swapNow(other.ID).Reason, "of somebody else")
}
