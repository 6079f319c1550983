// Package access decides who may do what with the rounds. Its functions are pure: an actor and what it is about go in,
// a permission or a refusal comes out. What a list may show is a Scope, which the queries apply themselves, so that no
// endpoint can forget to filter.
//
// A refusal is not_found where the existence of the thing is itself private, else permission_denied.
package access

import (
	"slices"
	"time"

	"encore.app/auth"
	"encore.app/internal/refusal"
)

// Actor is who asks.
type Actor struct {
	ID   int64
	Role auth.Role
	// SessionID and Address say through which session and from which IP address, for the audit log; no decision depends on
	// them.
	SessionID int64
	Address   string
}

// Office tells whether the actor plans the rounds.
func (a Actor) Office() bool { return a.Role.IsOffice() }

// CanWork tells whether runs may be given to somebody with this role: the office and students, never a syndic
// (rule 7).
func CanWork(role auth.Role) bool { return role.IsOffice() || role == auth.RoleStudent }

// Scope is the part of a table that an actor may see: everything, or what belongs to a worker or a syndic. An empty Scope
// is nothing at all.
type Scope struct {
	All    bool
	Worker int64 // not 0: what belongs to this worker's runs
	Syndic int64 // not 0: what belongs to this syndic's buildings
}

// The days around a run during which its worker sees the buildings.
const (
	DaysBeforeRun = 14
	DaysAfterRun  = 14
)

// Window returns the first and the last day of the runs whose buildings their workers see today (rule 13).
func Window(today time.Time) (first, last time.Time) {
	return today.AddDate(0, 0, -DaysAfterRun), today.AddDate(0, 0, DaysBeforeRun)
}

// SeesAddresses decides whether an actor who may see a run of that day sees where its stops are today, and what the office notes about
// them (rule 13). Whoever has another role by now sees none of it, though the run was theirs: notes have door codes.
func SeesAddresses(a Actor, run, today time.Time) bool {
	first, last := Window(today)
	return a.Office() || a.Role == auth.RoleStudent && !run.Before(first) && !run.After(last)
}

// Regions returns the regions the actor may see: a syndic those of their own buildings, the office and students all.
func Regions(a Actor) (Scope, error) {
	switch {
	case a.Office(), a.Role == auth.RoleStudent:
		return Scope{All: true}, nil
	case a.Role == auth.RoleSyndic:
		return Scope{Syndic: a.ID}, nil
	}
	return Scope{}, wrongRole("see the regions")
}

// Buildings returns the buildings the actor may see: the office all, a student the stops of their own runs from
// DaysBeforeRun before to DaysAfterRun after the run, a syndic their own.
func Buildings(a Actor) (Scope, error) {
	switch {
	case a.Office():
		return Scope{All: true}, nil
	case a.Role == auth.RoleStudent:
		return Scope{Worker: a.ID}, nil
	case a.Role == auth.RoleSyndic:
		return Scope{Syndic: a.ID}, nil
	}
	return Scope{}, wrongRole("see buildings")
}

// Manages decides whether the actor may know what belongs to managing the buildings that the actor sees: their syndics, customer
// numbers and public ids. Who holds one of the latter reaches the residents' page.
func Manages(a Actor) bool { return a.Office() || a.Role == auth.RoleSyndic }

// PrintPoster decides whether the actor may print the posters of the buildings that the actor sees: who may know their public ids.
func PrintPoster(a Actor) error {
	if !Manages(a) {
		return wrongRole("print the posters of buildings")
	}
	return nil
}

// SeeComments decides whether the actor may read the office's notes about the buildings that the actor sees: the office may, and
// students; they have door codes, so syndics may not.
func SeeComments(a Actor) error {
	if !a.Office() && a.Role != auth.RoleStudent {
		return wrongRole("read the notes about buildings")
	}
	return nil
}

// SeeVisits decides whether the actor may see all visits at the buildings that the actor sees: the office may, and syndics. A
// student sees those of their own runs, with the run.
func SeeVisits(a Actor) error {
	if !a.Office() && a.Role != auth.RoleSyndic {
		return wrongRole("see the visits at a building")
	}
	return nil
}

// Tours returns the tours the actor may see: the office all, a student those of their own runs.
func Tours(a Actor) (Scope, error) {
	switch {
	case a.Office():
		return Scope{All: true}, nil
	case a.Role == auth.RoleStudent:
		return Scope{Worker: a.ID}, nil
	}
	return Scope{}, wrongRole("see tours")
}

// Runs returns the runs the actor may see: the office all, a student their own. A syndic sees visits through buildings.
func Runs(a Actor) (Scope, error) {
	switch {
	case a.Office():
		return Scope{All: true}, nil
	case a.Role == auth.RoleStudent:
		return Scope{Worker: a.ID}, nil
	}
	return Scope{}, wrongRole("see runs")
}

// OwnRuns returns the runs that the actor is to do.
func OwnRuns(a Actor) (Scope, error) {
	if !CanWork(a.Role) {
		return Scope{}, wrongRole("have runs")
	}
	return Scope{Worker: a.ID}, nil
}

// Absences returns the absences that the actor may see: the office all, a student their own.
func Absences(a Actor) (Scope, error) {
	switch {
	case a.Office():
		return Scope{All: true}, nil
	case a.Role == auth.RoleStudent:
		return Scope{Worker: a.ID}, nil
	}
	return Scope{}, wrongRole("see absences")
}

// Availability decides whether the actor may see and say when somebody can work: the office for all, a student for themselves.
// To a student others have none.
func Availability(a Actor, workerID int64) error {
	scope, err := Absences(a)
	if err == nil && !scope.All && scope.Worker != workerID {
		err = refusal.NotFound("There is no such worker.")
	}
	return err
}

// Pictures returns the pictures the actor may see: the office all, a student those of their own runs, a syndic those of their
// own buildings.
func Pictures(a Actor) (Scope, error) {
	return Buildings(a)
}

// SeesDuplicates decides whether the actor learns that a picture, which the actor sees, was used before: the office does, and the
// student whose it is. It is no business of syndics.
func SeesDuplicates(a Actor) bool { return CanWork(a.Role) }

// Incidents returns the incidents the actor may see: the office all, a student those of their own runs, a syndic those at their
// own buildings.
func Incidents(a Actor) (Scope, error) {
	return Buildings(a)
}

// ReportIncident decides whether the actor may report an incident: the office may, and a student on a run of their own, whose
// worker is workerID; 0 stands for no run. Residents need no account.
func ReportIncident(a Actor, workerID int64) error {
	switch {
	case a.Office():
		return nil
	case a.Role != auth.RoleStudent:
		return wrongRole("report a problem here")
	case workerID == 0:
		return refusal.Invalid("run_id", refusal.Required, "Say on which run you found it.")
	case workerID != a.ID:
		return noRun()
	}
	return nil
}

// AddToIncident decides whether the actor may add photos to an incident that somebody reported: the office may, and who
// reported it. To other students it does not exist.
func AddToIncident(a Actor, reportedBy *int64) error {
	switch {
	case a.Office(), a.Role == auth.RoleStudent && reportedBy != nil && *reportedBy == a.ID:
		return nil
	case a.Role == auth.RoleStudent:
		return refusal.NotFound("There is no such incident.")
	}
	return wrongRole("add photos to an incident")
}

// Collections returns the collections and rules that the actor may see: those of the buildings that they see.
func Collections(a Actor) (Scope, error) {
	return Buildings(a)
}

// OfficeOnly decides whether the actor may do what is the office's: plan and cancel runs, enter and change buildings and
// tours, say where people work, see the dashboard.
func OfficeOnly(a Actor) error {
	if !a.Office() {
		return wrongRole("do this; it is for the office")
	}
	return nil
}

// WriteRegions decides whether the actor may make, rename and delete regions.
func WriteRegions(a Actor) error {
	if a.Role != auth.RoleAdmin {
		return wrongRole("change the regions; it is for admins")
	}
	return nil
}

// WasteKinds decides whether the actor may see the kinds of waste: everybody who has a role.
func WasteKinds(a Actor) error {
	if !CanWork(a.Role) && a.Role != auth.RoleSyndic {
		return wrongRole("see the kinds of waste")
	}
	return nil
}

// WriteWasteKinds decides whether the actor may make, change and archive kinds of waste.
func WriteWasteKinds(a Actor) error {
	if a.Role != auth.RoleAdmin {
		return wrongRole("change the kinds of waste; it is for admins")
	}
	return nil
}

// ChangeBuilding decides whether the actor may change something about a building of these syndics: the office may, and its
// syndics a little. To other syndics the building does not exist.
func ChangeBuilding(a Actor, syndicIDs []int64) error {
	switch {
	case a.Office(), a.Role == auth.RoleSyndic && slices.Contains(syndicIDs, a.ID):
		return nil
	case a.Role == auth.RoleSyndic:
		return refusal.NotFound("There is no such building.")
	}
	return wrongRole("change buildings")
}

// AssignRegions decides whether the actor may say where a person with this role works: the office, on lower ranks and on
// itself.
func AssignRegions(a Actor, userID int64, role auth.Role) error {
	if err := OfficeOnly(a); err != nil {
		return err
	}
	if a.ID != userID && !a.Role.MayActOn(role) {
		return refusal.Forbidden(refusal.HigherRank, "You change persons of a lower rank only.")
	}
	return nil
}

// ActOn decides whether the actor may deactivate, reactivate and anonymise a person with this role: the office, on lower
// ranks.
func ActOn(a Actor, role auth.Role) error {
	if err := OfficeOnly(a); err != nil {
		return err
	}
	if !a.Role.MayActOn(role) {
		return refusal.Forbidden(refusal.HigherRank, "You change persons of a lower rank only.")
	}
	return nil
}

// SeeRun decides whether the actor may see the run of a worker.
func SeeRun(a Actor, workerID int64) error {
	scope, err := Runs(a)
	if err != nil {
		return err
	}
	if !scope.All && scope.Worker != workerID {
		return noRun()
	}
	return nil
}

// Work decides whether the actor may start, visit and complete the run of a worker: only that worker may (rule 2).
// Others who may see the run are told so; to everybody else it does not exist.
func Work(a Actor, workerID int64) error {
	if err := SeeRun(a, workerID); err != nil {
		return err
	}
	if a.ID != workerID {
		return refusal.Forbidden(refusal.NotYourRun, "Only the worker of a run may do this.")
	}
	return nil
}

// WasTheirs is the answer to who would change a run that was theirs until then and is somebody else's now: that, and not whose it is
// or anything else of it. Nobody else learns that there is such a run.
func WasTheirs(since time.Time) error {
	return refusal.ForbiddenSince(refusal.RunGivenAway, since, "This run is not yours any more: it was given to somebody else.")
}

// ChangeSwap decides whether the actor may do with a swap what is for who asked it, or for who has taken it: owner. Others who may
// see it are told so; to everybody else it does not exist.
func ChangeSwap(a Actor, owner int64) error {
	if _, err := OwnRuns(a); err != nil {
		return err
	}
	switch {
	case a.ID == owner:
		return nil
	case a.Office():
		return refusal.Forbidden(refusal.NotYourRun, "Only the worker whose swap it is may do this.")
	}
	return refusal.NotFound("There is no such swap.")
}

// ChangeRemark decides whether the actor may change or delete a remark on the run of a worker: that worker may, and the office
// corrects it.
func ChangeRemark(a Actor, workerID int64) error {
	scope, err := Runs(a)
	if err != nil {
		return err
	}
	if !scope.All && scope.Worker != workerID {
		return refusal.NotFound("There is no such remark.")
	}
	return nil
}

// MayWork decides whether the actor can have any run to work on, for when no run is known yet.
func MayWork(a Actor) error {
	_, err := OwnRuns(a)
	return err
}

func noRun() error { return refusal.NotFound("There is no such run.") }

func wrongRole(what string) error {
	return refusal.Forbidden(refusal.WrongRole, "Your role may not "+what+".")
}
