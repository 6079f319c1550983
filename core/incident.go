package core

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// The kinds of an incident.
const (
	BinsNotOut       = "bins_not_out"
	BinsNotBack      = "bins_not_back"
	MissedCollection = "missed_collection"
	Dirty            = "dirty"
	Damaged          = "damaged"
	BlockedAccess    = "blocked_access"
	OtherProblem     = "other"
)

// IncidentKinds returns the kinds of an incident in the order in which people choose among them.
func IncidentKinds() []string {
	return []string{BinsNotOut, BinsNotBack, MissedCollection, Dirty, Damaged, BlockedAccess, OtherProblem}
}

// The statuses of an incident. One that is opened again is open.
const (
	IncidentOpen         = "open"
	IncidentAcknowledged = "acknowledged"
	IncidentResolved     = "resolved"
	// incidentUnresolved is a filter: open or acknowledged.
	incidentUnresolved = "unresolved"
)

// Through whom an incident was reported.
const (
	ThroughOffice   = "office"
	ThroughWorker   = "worker"
	ThroughResident = "resident"
)

// What an entry in the history of an incident tells.
const (
	EntryComment      = "comment"
	EntryAcknowledged = "acknowledged"
	EntryResolved     = "resolved"
	EntryReopened     = "reopened"
	EntryAssigned     = "assigned"
	EntryKindChanged  = "kind_changed"
)

// Incident is a problem at a building that somebody reported.
type Incident struct {
	ID int64 `json:"id"`
	// ClientID is the id that the client made who reported it.
	ClientID uuid.UUID        `json:"client_id"`
	Building IncidentBuilding `json:"building"`
	Region   Region           `json:"region"`
	// RunID is the run on which a worker found it; null when it was reported otherwise.
	RunID *int64 `json:"run_id"`
	// Kind is bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other.
	Kind string `json:"kind"`
	// Text is what was reported, up to 2000 characters; it may be empty.
	Text string `json:"text"`
	// Status is open, acknowledged or resolved.
	Status string `json:"status"`
	// ReportedThrough is office, worker or resident.
	ReportedThrough string `json:"reported_through"`
	// ReportedBy is for the office; null for others, and when a resident reported it.
	ReportedBy *CommentAuthor `json:"reported_by"`
	// WantsAnswer is true when a resident left an e-mail address for the answer. For the office; false for others.
	WantsAnswer bool `json:"wants_answer"`
	// Responsible is the person of the office who takes care of it. For the office; null for others, and when nobody does.
	Responsible *CommentAuthor `json:"responsible"`
	// OccurredAt is when it was reported on the phone, unless its clock was wrong; OpenedAt when the report came in.
	OccurredAt time.Time `json:"occurred_at"`
	OpenedAt   time.Time `json:"opened_at"`
	// AcknowledgedAt and ResolvedAt are null until then.
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
	ResolvedAt     *time.Time `json:"resolved_at"`
	// Answer is the office's latest to who reported it; empty while there is none.
	Answer string `json:"answer"`
	// PictureCount is how many photos it has, and Thumbnail where the first one is fetched in 320 px; empty without one.
	PictureCount int    `json:"picture_count"`
	Thumbnail    string `json:"thumbnail"`
	// Version grows with every change of the incident.
	Version int64 `json:"version"`
}

// IncidentBuilding is where an incident happened.
type IncidentBuilding struct {
	ID      int64   `json:"id"`
	Name    string  `json:"name"`
	Address Address `json:"address"`
}

// IncidentDetail is an incident with its photos and its history.
type IncidentDetail struct {
	Incident Incident `json:"incident"`
	// Run is for the office; null for others, and when the incident belongs to none.
	Run *Run `json:"run"`
	// ReporterEmail is where a resident wants the answer. For the office; empty for others, without one, and from 90 days after
	// the incident was resolved.
	ReporterEmail string `json:"reporter_email" encore:"sensitive"`
	// ReporterLanguage is nl, en or fr for a resident, else empty.
	ReporterLanguage string            `json:"reporter_language"`
	Pictures         []IncidentPicture `json:"pictures"`
	// Entries are what became of it, the oldest first.
	Entries []IncidentEntry `json:"entries"`
}

// IncidentEntry is a comment on an incident, or a change of it.
type IncidentEntry struct {
	ID int64 `json:"id"`
	// Entry is comment, acknowledged, resolved, reopened, assigned or kind_changed. The office reads all of them; others the
	// changes of the status, and syndics the comments that are for them.
	Entry string `json:"entry"`
	// Text is the comment; with acknowledged and resolved the answer, and with reopened the reason, which may be empty.
	Text string `json:"text"`
	// Responsible is who takes care of it from then on, with assigned; null for nobody.
	Responsible *CommentAuthor `json:"responsible"`
	// Kind is the kind from then on, with kind_changed.
	Kind string `json:"kind"`
	// ForSyndics is true when the building's syndics read it too.
	ForSyndics bool      `json:"for_syndics"`
	WrittenAt  time.Time `json:"written_at"`
	// WrittenBy is for the office; null for others.
	WrittenBy *CommentAuthor `json:"written_by"`
}

// ListIncidentsParams chooses incidents.
type ListIncidentsParams struct {
	// Status limits the list to open, acknowledged, resolved, or to unresolved ones: open or acknowledged.
	Status string `query:"status"`
	// Building limits the list to one building, Region to one region, Run to one run.
	Building int64 `query:"building"`
	Region   int64 `query:"region"`
	Run      int64 `query:"run"`
	// Kind limits the list to one kind.
	Kind string `query:"kind"`
	// Responsible limits the list to those of one person. For the office; others get an empty list.
	Responsible int64 `query:"responsible"`
	// Q are words that the text, or the name and the address of the building, have, in any order; case and accents aside.
	Q string `query:"q"`
	// Limit is how many incidents to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// IncidentList is a page of incidents.
type IncidentList struct {
	// Items are in the order in which they came in, the latest first.
	Items []Incident `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type incidentKey struct {
	OpenedAt time.Time
	ID       int64
}

// ListIncidents returns incidents, the latest first. The office sees all, a student those of their own runs from 14 days before
// to 14 days after the run (rule 13), a syndic those at their own buildings.
//
// Errors: permission_denied for other roles, invalid_argument for a bad filter, limit or cursor.
//
//encore:api auth method=GET path=/incidents
func (s *Service) ListIncidents(ctx context.Context, p *ListIncidentsParams) (*IncidentList, error) {
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, further, err := page.After[incidentKey]("incidents", p.Cursor)
	if err != nil {
		return nil, err
	}
	search, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	statuses := []string{"", IncidentOpen, IncidentAcknowledged, IncidentResolved, incidentUnresolved}
	if !slices.Contains(statuses, p.Status) {
		return nil, refusal.Invalid("status", refusal.Unknown, "The statuses are open, acknowledged, resolved and unresolved.")
	}
	if p.Kind != "" {
		if err := checkIncidentKind(p.Kind); err != nil {
			return nil, err
		}
	}
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	filter := store.ListIncidentsParams{
		Status: p.Status, Kind: p.Kind, BuildingID: p.Building, RegionID: p.Region, RunID: p.Run, ResponsibleID: p.Responsible,
		Patterns: input.WordPatterns(search), BeforeID: after.ID, RowLimit: int32(limit + 1),
	}
	if p.Status == incidentUnresolved {
		filter.Status, filter.Unresolved = "", true
	}
	if further {
		filter.BeforeOpened = &after.OpenedAt
	}
	if p.Responsible != 0 && !caller.Office() {
		filter.ID = -1 // who takes care of what is not theirs to know
	}
	rows, err := s.visibleIncidents(ctx, caller, filter)
	if err != nil {
		return nil, refusal.Failure(err, "list the incidents")
	}
	rows, next := page.Cut("incidents", rows, limit, func(i store.ListIncidentsRow) incidentKey {
		return incidentKey{i.OpenedAt.UTC(), i.ID}
	})
	items, err := s.incidentsFor(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	return &IncidentList{Items: items, NextCursor: next}, nil
}

// GetIncident returns an incident with its photos and its history. For the office, the worker of its run from 14 days before to
// 14 days after the run (rule 13), and the syndics of its building.
//
// Errors: not_found when there is none that the caller may see, permission_denied for other roles.
//
//encore:api auth method=GET path=/incidents/:id
func (s *Service) GetIncident(ctx context.Context, id int64) (*IncidentDetail, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	// The query takes 0 for "every incident"; none has an id below 1.
	rows, err := s.visibleIncidents(ctx, caller, store.ListIncidentsParams{ID: cmp.Or(id, -1), RowLimit: 1})
	if err != nil {
		return nil, refusal.Failure(err, "read the incident")
	}
	if len(rows) == 0 {
		return nil, noIncident()
	}
	return s.incidentDetail(ctx, caller, rows[0])
}

// IncidentCounts are how many incidents wait for the office.
type IncidentCounts struct {
	Open         int `json:"open"`
	Acknowledged int `json:"acknowledged"`
}

// CountIncidents returns how many incidents wait. The office only.
//
// Errors: permission_denied for other roles.
//
//encore:api auth method=GET path=/incident-counts
func (s *Service) CountIncidents(ctx context.Context) (*IncidentCounts, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	row, err := s.query.CountIncidents(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "count the incidents")
	}
	return &IncidentCounts{Open: int(row.Open), Acknowledged: int(row.Acknowledged)}, nil
}

// visibleIncidents adds to filter what the caller may see.
func (s *Service) visibleIncidents(
	ctx context.Context, caller access.Actor, filter store.ListIncidentsParams,
) ([]store.ListIncidentsRow, error) {
	scope, err := access.Incidents(caller)
	if err != nil {
		return nil, err
	}
	filter.SeesAll, filter.WorkerID, filter.SyndicID = scope.All, scope.Worker, scope.Syndic
	filter.FirstDay, filter.LastDay = access.Window(s.today())
	return s.query.ListIncidents(ctx, filter)
}

// knownIncident reads an incident for who has just reported or changed it, whatever the day. Where it is a worker learns around the run
// only (rule 13).
func (s *Service) knownIncident(ctx context.Context, caller access.Actor, id int64) (*IncidentDetail, error) {
	first, last := access.Window(s.today())
	rows, err := s.query.ListIncidents(ctx, store.ListIncidentsParams{
		SeesAll: true, FirstDay: first, LastDay: last, ID: id, RowLimit: 1,
	})
	if err != nil {
		return nil, refusal.Failure(err, "read the incident")
	}
	if len(rows) == 0 {
		return nil, noIncident()
	}
	detail, err := s.incidentDetail(ctx, caller, rows[0])
	if err != nil || caller.Office() {
		return detail, err
	}
	visible, err := s.visibleIncidents(ctx, caller, store.ListIncidentsParams{ID: id, RowLimit: 1})
	if err != nil {
		return nil, refusal.Failure(err, "read the incident")
	}
	if len(visible) == 0 {
		detail.Incident.Building = IncidentBuilding{ID: detail.Incident.Building.ID}
	}
	return detail, nil
}

// incidentsFor makes of the rows what the caller, who may see them, reads.
func (s *Service) incidentsFor(ctx context.Context, caller access.Actor, rows []store.ListIncidentsRow) ([]Incident, error) {
	var ids []int64
	for i := range rows {
		ids = appendPeople(ids, rows[i].ReportedBy, rows[i].ResponsibleID)
	}
	authors, err := s.authorsFor(ctx, caller, ids)
	if err != nil {
		return nil, err
	}
	incidents := make([]Incident, len(rows))
	for i := range rows {
		incidents[i] = incidentFor(caller, &rows[i], authors)
	}
	return incidents, nil
}

func incidentFor(caller access.Actor, row *store.ListIncidentsRow, authors map[int64]*CommentAuthor) Incident {
	incident := Incident{
		ID: row.ID, ClientID: row.ClientID,
		Building: IncidentBuilding{
			row.BuildingID, row.Name, Address{row.Street, row.HouseNumber, row.Bus, row.PostalCode, row.City},
		},
		Region: Region{row.RegionID, row.RegionName}, RunID: row.RunID, Kind: row.Kind, Text: row.Text, Status: row.Status,
		ReportedThrough: row.ReportedThrough, OccurredAt: row.OccurredAt.UTC(), OpenedAt: row.OpenedAt.UTC(),
		AcknowledgedAt: utc(row.AcknowledgedAt), ResolvedAt: utc(row.ResolvedAt), Answer: row.Answer,
		PictureCount: int(row.PictureCount), Version: row.Version,
	}
	if row.FirstPicture != uuid.Nil {
		incident.Thumbnail = incidentPictureURLs(row.FirstPicture).Small
	}
	if caller.Office() {
		incident.WantsAnswer = row.WantsAnswer
		incident.ReportedBy, incident.Responsible = authors[deref(row.ReportedBy)], authors[deref(row.ResponsibleID)]
	}
	return incident
}

// incidentDetail makes of a row, with what belongs to it, what the caller reads who may see it.
func (s *Service) incidentDetail(ctx context.Context, caller access.Actor, row store.ListIncidentsRow) (*IncidentDetail, error) {
	pictures, err := s.query.IncidentPictures(ctx, row.ID)
	if err != nil {
		return nil, refusal.Failure(err, "read the pictures of the incident")
	}
	entries, err := s.query.IncidentEntries(ctx, row.ID)
	if err != nil {
		return nil, refusal.Failure(err, "read the history of the incident")
	}
	entries = slices.DeleteFunc(entries, func(e store.IncidentEntry) bool { return !readsEntry(caller, e) })
	ids := appendPeople(nil, row.ReportedBy, row.ResponsibleID)
	for i := range entries {
		ids = appendPeople(ids, &entries[i].WrittenBy, entries[i].ResponsibleID)
	}
	authors, err := s.authorsFor(ctx, caller, ids)
	if err != nil {
		return nil, err
	}
	detail := &IncidentDetail{
		Incident: incidentFor(caller, &row, authors),
		Pictures: make([]IncidentPicture, len(pictures)), Entries: make([]IncidentEntry, len(entries)),
	}
	for i := range pictures {
		detail.Pictures[i] = incidentPictureOf(pictures[i])
	}
	for i := range entries {
		e := &entries[i]
		detail.Entries[i] = IncidentEntry{
			ID: e.ID, Entry: e.Entry, Text: e.Text, Kind: e.Kind, ForSyndics: e.ForSyndics, WrittenAt: e.WrittenAt.UTC(),
			WrittenBy: authors[e.WrittenBy], Responsible: authors[deref(e.ResponsibleID)],
		}
	}
	if !caller.Office() {
		return detail, nil
	}
	stored, err := s.query.IncidentsByID(ctx, []int64{row.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read who reported the incident")
	}
	for i := range stored {
		detail.ReporterEmail, detail.ReporterLanguage = stored[i].ReporterEmail, stored[i].ReporterLanguage
	}
	if row.RunID != nil {
		runs, err := s.runsByID(ctx, s.query, []int64{*row.RunID})
		if err != nil {
			return nil, err
		}
		for i := range runs {
			detail.Run = &runs[i].Run
		}
	}
	return detail, nil
}

// readsEntry tells whether somebody who sees an incident reads an entry of its history.
func readsEntry(caller access.Actor, e store.IncidentEntry) bool {
	switch e.Entry {
	case EntryAcknowledged, EntryResolved, EntryReopened:
		return true
	case EntryComment:
		return caller.Office() || access.Manages(caller) && e.ForSyndics
	}
	return caller.Office()
}

func appendPeople(ids []int64, people ...*int64) []int64 {
	for _, id := range people {
		if id != nil {
			ids = append(ids, *id)
		}
	}
	return ids
}

// authorsFor returns the people with their names for the office, and nobody for others.
func (s *Service) authorsFor(ctx context.Context, caller access.Actor, ids []int64) (map[int64]*CommentAuthor, error) {
	if !caller.Office() {
		return nil, nil
	}
	people, err := s.workers(ctx, ids)
	if err != nil {
		return nil, err
	}
	authors := make(map[int64]*CommentAuthor, len(people))
	for id, person := range people {
		authors[id] = &CommentAuthor{id, strings.TrimSpace(person.FirstName + " " + person.LastName)}
	}
	return authors, nil
}

func checkIncidentKind(kind string) error {
	if !slices.Contains(IncidentKinds(), kind) {
		return refusal.Invalid("kind", refusal.Unknown, "There is no such kind of problem.")
	}
	return nil
}

func noIncident() error { return refusal.NotFound("There is no such incident.") }

// IncidentsForMailParams name incidents.
type IncidentsForMailParams struct {
	// IDs are at most 200.
	IDs []int64 `json:"ids"`
}

// IncidentsForMailResponse are the incidents that exist.
type IncidentsForMailResponse struct {
	Incidents []IncidentForMail `json:"incidents"`
}

// IncidentForMail is what mail tells of an incident: never the words of who reported it.
type IncidentForMail struct {
	ID         int64  `json:"id"`
	BuildingID int64  `json:"building_id"`
	Kind       string `json:"kind"`
	Status     string `json:"status"`
	// Answer is the office's latest to who reported it.
	Answer string `json:"answer"`
	// ReporterEmail and ReporterLanguage are a resident's who wants an answer; else empty.
	ReporterEmail    string    `json:"reporter_email" encore:"sensitive"`
	ReporterLanguage string    `json:"reporter_language"`
	OpenedAt         time.Time `json:"opened_at"`
}

// IncidentsForMail returns incidents as they are now, for the service that writes mail about them.
//
// Errors: invalid_argument for more than 200 ids.
//
//encore:api private method=POST path=/internal/incidents-for-mail
func (s *Service) IncidentsForMail(ctx context.Context, p *IncidentsForMailParams) (*IncidentsForMailResponse, error) {
	if len(p.IDs) > page.MaxLimit {
		return nil, refusal.Invalid("ids", refusal.TooLong, "At most 200 incidents are read at once.")
	}
	rows, err := s.query.IncidentsByID(ctx, p.IDs)
	if err != nil {
		return nil, refusal.Failure(err, "read the incidents")
	}
	answer := &IncidentsForMailResponse{Incidents: make([]IncidentForMail, len(rows))}
	for i := range rows {
		row := &rows[i]
		answer.Incidents[i] = IncidentForMail{
			ID: row.ID, BuildingID: row.BuildingID, Kind: row.Kind, Status: row.Status, Answer: row.Answer,
			ReporterEmail: row.ReporterEmail, ReporterLanguage: row.ReporterLanguage, OpenedAt: row.OpenedAt.UTC(),
		}
	}
	return answer, nil
}
