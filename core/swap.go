package core

import (
	"context"
	"slices"
	"time"

	"encore.dev/types/uuid"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// The states of a swap.
const (
	SwapStateOpen      = "open"
	SwapStateTaken     = "taken"
	SwapStateApproved  = "approved"
	SwapStateRefused   = "refused"
	SwapStateWithdrawn = "withdrawn"
	SwapStateLapsed    = "lapsed"
)

// Why the office may not want somebody to take a run, or they themselves.
const (
	SwapWarningAbsent        = "absent"         // they are absent on that day
	SwapWarningOtherWeekdays = "other_weekdays" // they do not work on that day of the week
	SwapWarningSameDay       = "same_day"       // they have another run on that day
)

// Swap is a worker's question whether somebody else does a planned run of theirs.
type Swap struct {
	ID  uuid.UUID `json:"id"`
	Run SwapRun   `json:"run"`
	// State is open, taken, approved, refused, withdrawn or lapsed.
	State string `json:"state"`
	// AskedBy is whose run it is, or was.
	AskedBy SwapPerson `json:"asked_by"`
	// Message is what the worker wrote about it; empty when nothing.
	Message string    `json:"message"`
	AskedAt time.Time `json:"asked_at"`
	// TakenBy would do the run, or does since the office approved; null while it is open, and when nobody did.
	TakenBy *SwapPerson `json:"taken_by"`
	TakenAt *time.Time  `json:"taken_at"`
	// DecidedBy is who approved or refused; null before, and for workers.
	DecidedBy *SwapPerson `json:"decided_by"`
	// Reason is why it was refused.
	Reason string `json:"reason"`
	// EndedAt is when it was approved, refused or withdrawn, or lapsed; null while it is live.
	EndedAt *time.Time `json:"ended_at"`
	// Warnings say what stands against who has taken it, or against the worker who asks, for an open one: absent, other_weekdays,
	// same_day. None of them keeps anybody from taking it.
	Warnings []string `json:"warnings"`
}

// SwapRun is what everybody who may take a run knows of it: no address, and nothing of the buildings.
type SwapRun struct {
	ID     int64    `json:"id"`
	Tour   TourName `json:"tour"`
	Region Region   `json:"region"`
	// Date is that of the run, YYYY-MM-DD.
	Date string `json:"date"`
	// Status is planned, started, completed or cancelled.
	Status string `json:"status"`
	// Stops is how many there are, and AgreedMinutes what they are agreed to take.
	Stops         int `json:"stops"`
	AgreedMinutes int `json:"agreed_minutes"`
}

// SwapPerson is somebody who has to do with a swap.
type SwapPerson struct {
	ID        int64  `json:"id"`
	FirstName string `json:"first_name"`
	// LastName is for the office, and for who it is.
	LastName string `json:"last_name"`
}

// ListSwapsParams choose swaps.
type ListSwapsParams struct {
	// State is open, taken, approved, refused, withdrawn or lapsed, or live (open or taken) or ended (all others); live unless given.
	State string `query:"state"`
	// Limit is how many swaps to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// MySwapsParams choose among the caller's swaps.
type MySwapsParams struct {
	// Limit is how many swaps to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// SwapList is a page of swaps.
type SwapList struct {
	Items []Swap `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type swapKey struct {
	Open bool
	Date time.Time
	ID   uuid.UUID
}

func swapKeyOf(row store.Swap) swapKey { return swapKey{row.State == SwapStateOpen, row.Date, row.ID} }

// ListSwaps returns swaps: of the live ones those first that want a decision, by the day of their run; of those that have ended the
// latest day first. The office only.
//
// Errors: permission_denied for other roles, invalid_argument for a bad state, limit or cursor.
//
//encore:api auth method=GET path=/swaps
func (s *Service) ListSwaps(ctx context.Context, p *ListSwapsParams) (*SwapList, error) {
	caller, err := s.office(ctx)
	if err != nil {
		return nil, err
	}
	live, state := true, p.State
	switch p.State {
	case "", "live":
		state = ""
	case "ended":
		live, state = false, ""
	case SwapStateOpen, SwapStateTaken:
	case SwapStateApproved, SwapStateRefused, SwapStateWithdrawn, SwapStateLapsed:
		live = false
	default:
		return nil, refusal.Invalid("state", refusal.Unknown, "There is no such state.")
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	list := "swaps-live"
	if !live {
		list = "swaps-ended"
	}
	after, more, err := page.After[swapKey](list, p.Cursor)
	if err != nil {
		return nil, err
	}
	var rows []store.Swap
	if live {
		rows, err = s.query.ListLiveSwaps(ctx, store.ListLiveSwapsParams{
			State: state, More: more, AfterOpen: after.Open, AfterDate: after.Date, AfterID: after.ID, RowLimit: int32(limit + 1),
		})
	} else {
		rows, err = s.query.ListEndedSwaps(ctx, store.ListEndedSwapsParams{
			State: state, More: more, BeforeDate: after.Date, BeforeID: after.ID, RowLimit: int32(limit + 1),
		})
	}
	if err != nil {
		return nil, refusal.Failure(err, "list the swaps")
	}
	return s.swapPage(ctx, caller, list, rows, limit)
}

// MySwaps returns what the caller has asked and taken, of runs from 14 days ago on, by the day of the run.
//
// Errors: permission_denied for roles that have no runs, invalid_argument for a bad limit or cursor.
//
//encore:api auth method=GET path=/me/swaps
func (s *Service) MySwaps(ctx context.Context, p *MySwapsParams) (*SwapList, error) {
	caller, limit, after, more, err := s.swapsFor(ctx, "my-swaps", p)
	if err != nil {
		return nil, err
	}
	first, _ := access.Window(s.today())
	rows, err := s.query.SwapsOfWorker(ctx, store.SwapsOfWorkerParams{
		WorkerID: caller.ID, FromDay: first, More: more, AfterDate: after.Date, AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the swaps of a worker")
	}
	return s.swapPage(ctx, caller, "my-swaps", rows, limit)
}

// OpenSwaps returns the runs of others that the caller could take, by day: in their regions, from today on, and of no tour that they
// have on that day already (rule 7). It says of a run which tour it is, when, and how much there is to do, and no address.
//
// Errors: permission_denied for roles that have no runs, invalid_argument for a bad limit or cursor.
//
//encore:api auth method=GET path=/me/swaps/open
func (s *Service) OpenSwaps(ctx context.Context, p *MySwapsParams) (*SwapList, error) {
	caller, limit, after, more, err := s.swapsFor(ctx, "open-swaps", p)
	if err != nil {
		return nil, err
	}
	people, err := s.people(ctx, []int64{caller.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read the worker")
	}
	rows, err := s.query.OpenSwapsFor(ctx, store.OpenSwapsForParams{
		WorkerID: caller.ID, RegionIds: people[caller.ID].regionIDs, Today: s.today(), More: more, AfterDate: after.Date,
		AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the open swaps")
	}
	return s.swapPage(ctx, caller, "open-swaps", rows, limit)
}

// swapsFor reads what the lists for workers have in common.
func (s *Service) swapsFor(ctx context.Context, list string, p *MySwapsParams) (
	caller access.Actor, limit int, after swapKey, more bool, err error,
) {
	if caller, err = s.worker(ctx); err != nil {
		return caller, 0, after, false, err
	}
	if limit, err = page.Limit(p.Limit); err != nil {
		return caller, 0, after, false, err
	}
	after, more, err = page.After[swapKey](list, p.Cursor)
	return caller, limit, after, more, err
}

func (s *Service) swapPage(ctx context.Context, caller access.Actor, list string, rows []store.Swap, limit int) (*SwapList, error) {
	rows, next := page.Cut(list, rows, limit, swapKeyOf)
	items, err := s.swapsOf(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	return &SwapList{Items: items, NextCursor: next}, nil
}

// swapsOf are the rows as the caller may see them.
func (s *Service) swapsOf(ctx context.Context, caller access.Actor, rows []store.Swap) ([]Swap, error) {
	runIDs, people := make([]int64, len(rows)), []int64{}
	for i, row := range rows {
		runIDs[i], people = row.RunID, append(people, row.AskedBy)
		for _, id := range []*int64{row.TakenBy, row.DecidedBy} {
			if id != nil {
				people = append(people, *id)
			}
		}
	}
	found, err := s.query.RunsByID(ctx, runIDs)
	if err != nil {
		return nil, refusal.Failure(err, "read the runs of swaps")
	}
	runs := make(map[int64]SwapRun, len(found))
	for _, run := range found {
		runs[run.ID] = SwapRun{
			ID: run.ID, Tour: TourName{run.TourID, run.TourName}, Region: Region{run.RegionID, run.RegionName}, Date: day.Format(run.Date),
			Status: run.Status, Stops: int(run.Stops), AgreedMinutes: int(run.AgreedMinutes),
		}
	}
	names, err := s.workers(ctx, people)
	if err != nil {
		return nil, err
	}
	warnings, err := s.swapWarnings(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	person := func(id *int64) *SwapPerson {
		if id == nil {
			return nil
		}
		shown := &SwapPerson{ID: *id, FirstName: names[*id].FirstName}
		if caller.Office() || caller.ID == *id {
			shown.LastName = names[*id].LastName
		}
		return shown
	}
	swaps := make([]Swap, len(rows))
	for i, row := range rows {
		swaps[i] = Swap{
			ID: row.ID, Run: runs[row.RunID], State: row.State, AskedBy: *person(&row.AskedBy), Message: row.Message,
			AskedAt: row.AskedAt.UTC(), TakenBy: person(row.TakenBy), TakenAt: utc(row.TakenAt), Reason: row.Reason,
			EndedAt: utc(row.EndedAt), Warnings: append([]string{}, warnings[row.ID]...),
		}
		if caller.Office() {
			swaps[i].DecidedBy = person(row.DecidedBy)
		}
	}
	return swaps, nil
}

// swapWarnings say what stands against those who have taken live swaps, or against the caller, of open ones of others.
func (s *Service) swapWarnings(ctx context.Context, caller access.Actor, rows []store.Swap) (map[uuid.UUID][]string, error) {
	type candidate struct {
		swap uuid.UUID
		run  int64
		plan plan
	}
	var candidates []candidate
	var ids []int64
	for _, row := range rows {
		at := candidate{row.ID, row.RunID, plan{date: row.Date}}
		switch {
		case row.State == SwapStateTaken:
			at.plan.workerID = *row.TakenBy
		case row.State == SwapStateOpen && row.AskedBy != caller.ID:
			at.plan.workerID = caller.ID
		default:
			continue
		}
		candidates, ids = append(candidates, at), append(ids, at.plan.workerID)
	}
	warnings := make(map[uuid.UUID][]string, len(candidates))
	if len(candidates) == 0 {
		return warnings, nil
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	first, last := candidates[0].plan.date, candidates[0].plan.date
	for _, c := range candidates {
		if c.plan.date.Before(first) {
			first = c.plan.date
		}
		if c.plan.date.After(last) {
			last = c.plan.date
		}
	}
	known := &planningFacts{}
	if err := known.readAvailability(ctx, s.query, ids, first, last); err != nil {
		return nil, refusal.Failure(err, "read when workers can work")
	}
	taken, err := s.query.RunsTaken(ctx, store.RunsTakenParams{WorkerIds: ids, FirstDay: first, LastDay: last})
	if err != nil {
		return nil, refusal.Failure(err, "read what workers have to do")
	}
	busy := make(map[plan]bool, len(taken))
	for _, row := range taken {
		busy[plan{workerID: row.WorkerID, date: row.Date}] = true
	}
	for _, c := range candidates {
		if reason := known.availability(c.plan); reason != nil {
			warnings[c.swap] = append(warnings[c.swap], string(refusal.ReasonOf(reason)))
		}
		if busy[c.plan] {
			warnings[c.swap] = append(warnings[c.swap], SwapWarningSameDay)
		}
	}
	return warnings, nil
}

// SwapsForMailParams name swaps.
type SwapsForMailParams struct {
	// IDs are at most 200.
	IDs []uuid.UUID `json:"ids"`
}

// SwapsForMailResponse are the swaps that exist, as the office sees them, by the day of the run.
type SwapsForMailResponse struct {
	Swaps []Swap `json:"swaps"`
}

// SwapsForMail returns swaps for the service that writes mail.
//
// Errors: invalid_argument for more than 200 ids.
//
//encore:api private method=POST path=/internal/swaps
func (s *Service) SwapsForMail(ctx context.Context, p *SwapsForMailParams) (*SwapsForMailResponse, error) {
	if len(p.IDs) > page.MaxLimit {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 200 swaps are read at once.")
	}
	rows, err := s.query.SwapsByID(ctx, p.IDs)
	if err != nil {
		return nil, refusal.Failure(err, "read the swaps")
	}
	swaps, err := s.swapsOf(ctx, access.Actor{Role: auth.RoleAdmin}, rows)
	if err != nil {
		return nil, err
	}
	return &SwapsForMailResponse{Swaps: swaps}, nil
}

// SwapTakersParams name an open swap, and who does it.
type SwapTakersParams struct {
	ID uuid.UUID `json:"id"`
}

// SwapTakersResponse are people by their ids.
type SwapTakersResponse struct {
	// UserIDs could take the run without a word of the office: active, of the region, not absent, working on that day of the week,
	// and without the tour on that day.
	UserIDs []int64 `json:"user_ids"`
}

// SwapTakers returns who could take a run that somebody asks others to do, for the service that tells them; nobody once it is not
// open any more.
//
//encore:api private method=POST path=/internal/swap-takers
func (s *Service) SwapTakers(ctx context.Context, p *SwapTakersParams) (*SwapTakersResponse, error) {
	answer := &SwapTakersResponse{UserIDs: []int64{}}
	rows, err := s.query.SwapsByID(ctx, []uuid.UUID{p.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read the swap")
	}
	if len(rows) == 0 || rows[0].State != SwapStateOpen {
		return answer, nil
	}
	swap := rows[0]
	runs, err := s.query.RunsByID(ctx, []int64{swap.RunID})
	if err != nil || len(runs) == 0 {
		return answer, refusal.Failure(err, "read the run of the swap")
	}
	workers, err := s.allWorkers(ctx, &auth.WorkersParams{RegionIDs: []int64{runs[0].RegionID}})
	if err != nil {
		return nil, refusal.Failure(err, "read who works in the region")
	}
	ids := make([]int64, len(workers.Users))
	for i, worker := range workers.Users {
		ids[i] = worker.ID
	}
	known := &planningFacts{}
	if err := known.readAvailability(ctx, s.query, ids, swap.Date, swap.Date); err != nil {
		return nil, refusal.Failure(err, "read when workers can work")
	}
	taken, err := s.query.RunsTaken(ctx, store.RunsTakenParams{WorkerIds: ids, FirstDay: swap.Date, LastDay: swap.Date})
	if err != nil {
		return nil, refusal.Failure(err, "read what workers have to do")
	}
	has := make(map[plan]bool, len(taken))
	for _, row := range taken {
		has[plan{row.TourID, row.WorkerID, row.Date}] = true
	}
	for _, id := range ids {
		p := plan{runs[0].TourID, id, swap.Date}
		if id != swap.AskedBy && !has[p] && known.availability(p) == nil {
			answer.UserIDs = append(answer.UserIDs, id)
		}
	}
	return answer, nil
}

// worker returns the caller if they may have runs.
func (s *Service) worker(ctx context.Context) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	return caller, access.MayWork(caller)
}
