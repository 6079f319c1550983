package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"encore.dev/types/uuid"

	"encore.app/core/store"
)

const (
	officeEmail = "office@trottoir.example"
	emmaEmail   = "student@trottoir.example"
	lucasEmail  = "lucas@trottoir.example"
)

// incident is a problem that was reported.
type incident struct {
	building, kind, text string
	// worker reported it on a run; empty for a resident, office for the office.
	worker string
	// ago is how long ago it was reported, acknowledged and resolved that long after; 0 when it is not yet.
	ago, acknowledged, resolved time.Duration
	answer                      string // with the last of these
	comment                     string // of the office
	forSyndics                  bool
	responsible                 string
	email, language             string // of a resident
	photos                      int
}

var incidents = []incident{
	{building: "Residentie Gravensteen", kind: "bins_not_back", text: "De gele containers staan nog altijd op de stoep.", ago: 2 * time.Hour, email: "bewoner@voorbeeld.example", language: "nl", photos: 1},
	{building: "Zuidpark", kind: "missed_collection", text: "PMD is niet meegenomen, er hangt een rode sticker op.", ago: 5 * time.Hour, email: "resident@voorbeeld.example", language: "en", photos: 2},
	{building: "Huis Rabot", kind: "blocked_access", text: "Er staat een werfcontainer voor de poort van de berging.", worker: emmaEmail, ago: 20 * time.Hour, photos: 1},
	{building: "De Muinck", kind: "dirty", text: "Er is olie gelekt in de berging.", worker: lucasEmail, ago: 22 * time.Hour, acknowledged: 2 * time.Hour, responsible: officeEmail, comment: "Poetsdienst gebeld, komt morgen.", photos: 2},
	{building: "Prinsenhof", kind: "damaged", text: "Het deksel van de restafvalcontainer is afgebroken.", worker: officeEmail, ago: 26 * time.Hour, acknowledged: 1 * time.Hour, responsible: officeEmail, comment: "Nieuwe container aangevraagd bij IVAGO, dossier 20431.", forSyndics: true, photos: 1},
	{building: "Coupure", kind: "bins_not_out", text: "Ce matin les bacs n'étaient pas sortis.", ago: 30 * time.Hour, acknowledged: 3 * time.Hour, answer: "Nous regardons ce qui s'est passé.", email: "habitant@voorbeeld.example", language: "fr"},
	{building: "Residentie Astrid", kind: "other", text: "Mag de kerstboom mee met het restafval?", ago: 50 * time.Hour, email: "astrid@voorbeeld.example", language: "nl"},
	{building: "De Moriaan", kind: "bins_not_out", text: "", ago: 75 * time.Hour, acknowledged: 2 * time.Hour, resolved: 20 * time.Hour, answer: "De student was ziek. De bakken zijn dezelfde avond buitengezet.", email: "moriaan@voorbeeld.example", language: "nl"},
	{building: "Residentie Gravensteen", kind: "dirty", text: "Papier waait rond in de gang.", worker: emmaEmail, ago: 98 * time.Hour, resolved: 4 * time.Hour, answer: "Opgekuist.", responsible: officeEmail},
	{building: "Parkzicht", kind: "missed_collection", text: "Glas staat er nog.", worker: officeEmail, ago: 120 * time.Hour, acknowledged: 1 * time.Hour, resolved: 44 * time.Hour, answer: "De ophaaldienst is teruggekomen.", responsible: officeEmail},
	{building: "Residentie Fabiola", kind: "damaged", text: "Slot van de berging is stuk.", worker: lucasEmail, ago: 150 * time.Hour, acknowledged: 6 * time.Hour, resolved: 70 * time.Hour, answer: "De syndicus heeft het slot laten vervangen.", comment: "Syndicus verwittigd.", forSyndics: true, photos: 1},
	{building: "Huize Ledeberg", kind: "blocked_access", text: "Fietsen voor de berging.", ago: 200 * time.Hour, resolved: 26 * time.Hour, answer: "We hebben een bericht uitgehangen.", email: "ledeberg@voorbeeld.example", language: "nl"},
	{building: "Braemkasteel", kind: "bins_not_back", text: "De GFT-bak stond zaterdag nog buiten.", ago: 260 * time.Hour, acknowledged: 12 * time.Hour, resolved: 30 * time.Hour, answer: "Dat was een vergetelheid, met excuses.", email: "braem@voorbeeld.example", language: "nl"},
}

// problems makes the incidents, unless there are any.
func (d *maker) problems(ctx context.Context) error {
	present, err := d.query.ListIncidents(ctx, store.ListIncidentsParams{SeesAll: true, FirstDay: d.today, LastDay: d.today, RowLimit: 1})
	if err != nil || len(present) > 0 {
		return err
	}
	rows, err := d.query.ListBuildings(ctx, store.ListBuildingsParams{Everywhere: true, RowLimit: 1000})
	if err != nil {
		return err
	}
	buildings := make(map[string]int64, len(rows))
	for _, row := range rows {
		buildings[row.Name] = row.ID
	}
	for i, incident := range slices.Backward(incidents) { // numbered in the order in which they came in
		if building, known := buildings[incident.building]; known {
			if err := d.problem(ctx, i, building, incident); err != nil {
				return fmt.Errorf("the incident at %s: %w", incident.building, err)
			}
		}
	}
	return nil
}

func (d *maker) problem(ctx context.Context, number int, building int64, p incident) error {
	opened := d.Now.Add(-p.ago)
	row := store.InsertIncidentParams{
		ClientID: demoID(int64(number), building, "incident"), BuildingID: building, Kind: p.kind, Text: p.text,
		ReportedThrough: "resident", ReporterEmail: p.email, ReporterLanguage: p.language,
		ClaimedAt: opened, OccurredAt: opened, OpenedAt: opened,
	}
	var reporter *int64
	if p.worker != "" {
		id := d.people[p.worker]
		reporter = &id
		row.ReportedThrough, row.ReportedBy = "office", reporter
	}
	if p.worker != "" && p.worker != officeEmail {
		run, err := d.runAt(ctx, *reporter, building, opened)
		if err != nil {
			return err
		}
		if run != nil {
			row.ReportedThrough, row.RunID = "worker", run
		}
	}
	made, err := d.query.InsertIncident(ctx, row)
	if err != nil {
		return err
	}
	for n := range p.photos {
		if err := d.problemPhoto(ctx, made.ID, demoID(int64(number), building, fmt.Sprint("incident photo ", n)), number+n, opened, reporter); err != nil {
			return err
		}
	}
	return d.problemHistory(ctx, made, p)
}

// problemHistory makes what the office did about an incident.
func (d *maker) problemHistory(ctx context.Context, made store.Incident, p incident) error {
	at := made.OpenedAt
	write := func(entry, text string, responsible *int64, forSyndics bool) error {
		_, err := d.query.InsertIncidentEntry(ctx, store.InsertIncidentEntryParams{
			IncidentID: made.ID, Entry: entry, Text: text, ResponsibleID: responsible, ForSyndics: forSyndics, WrittenAt: at,
			WrittenBy: d.people[officeEmail],
		})
		return err
	}
	state := store.UpdateIncidentParams{ID: made.ID, Status: "open", Kind: made.Kind}
	if p.responsible != "" {
		id := d.people[p.responsible]
		state.ResponsibleID = &id
		at = made.OpenedAt.Add(30 * time.Minute)
		if err := write("assigned", "", &id, false); err != nil {
			return err
		}
	}
	if p.acknowledged > 0 {
		at = made.OpenedAt.Add(p.acknowledged)
		state.Status, state.AcknowledgedAt = "acknowledged", new(at)
		if p.resolved == 0 {
			state.Answer = p.answer
		}
		if err := write("acknowledged", state.Answer, nil, true); err != nil {
			return err
		}
	}
	if p.comment != "" {
		at = at.Add(20 * time.Minute)
		if err := write("comment", p.comment, nil, p.forSyndics); err != nil {
			return err
		}
	}
	if p.resolved > 0 {
		at = made.OpenedAt.Add(p.resolved)
		state.Status, state.ResolvedAt, state.Answer = "resolved", new(at), p.answer
		if err := write("resolved", p.answer, nil, true); err != nil {
			return err
		}
	}
	if state.Status == "open" && state.ResponsibleID == nil {
		return nil
	}
	_, err := d.query.UpdateIncident(ctx, state)
	return err
}

func (d *maker) problemPhoto(ctx context.Context, incidentID int64, id uuid.UUID, which int, at time.Time, by *int64) error {
	if d.drawn == nil {
		if err := d.takePhotos(ctx); err != nil {
			return err
		}
	}
	taken := d.drawn[which%len(d.drawn)]
	if err := d.Keep(ctx, id, taken.sum[:], taken.Picture); err != nil {
		return err
	}
	_, err := d.query.InsertIncidentPicture(ctx, store.InsertIncidentPictureParams{
		ID: id, IncidentID: incidentID, AddedAt: at, AddedBy: by, Width: int32(taken.Width), Height: int32(taken.Height), Sha256: taken.sum[:],
	})
	return err
}

// runAt returns the worker's last run before a moment that has the building as a stop; nil when there is none.
func (d *maker) runAt(ctx context.Context, worker, building int64, before time.Time) (*int64, error) {
	runs, err := d.query.ListRuns(ctx, store.ListRunsParams{
		SeesAll: true, WorkerID: worker, FromDay: d.today.AddDate(0, 0, -historyDays), ToDay: d.today, RowLimit: 1000,
	})
	if err != nil {
		return nil, err
	}
	for i := len(runs) - 1; i >= 0; i-- {
		if runs[i].Date.After(before) {
			continue
		}
		stop, err := d.query.IsStopOfRun(ctx, store.IsStopOfRunParams{RunID: runs[i].ID, BuildingID: building})
		if err != nil || stop {
			return &runs[i].ID, err
		}
	}
	return nil, nil
}
