package mail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"encore.dev/cron"
	"encore.dev/pubsub"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/store"
)

// Every event is gathered once however often it comes. What fails fails because a database is away.
var (
	_ = pubsub.NewSubscription(core.RunEvents, "mail-runs", pubsub.SubscriptionConfig[*core.RunEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnRunEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
	})
	_ = pubsub.NewSubscription(core.VisitEvents, "mail-visits", pubsub.SubscriptionConfig[*core.VisitEvent]{
		Handler:     pubsub.MethodHandler((*Service).OnVisitEvent),
		RetryPolicy: &pubsub.RetryPolicy{MinBackoff: time.Second, MaxBackoff: time.Minute, MaxRetries: 1000},
	})
)

// What a person is told about a run.
const (
	planned   = "planned"
	changed   = "changed"
	stops     = "stops" // which stops it has, or their order
	cancelled = "cancelled"
)

// runFact is one change of one run.
type runFact struct {
	RunID  int64  `json:"run_id"`
	Change string `json:"change"`
	Reason string `json:"reason,omitempty"`
}

// stopFact is one stop that was not done, or a remark about a stop.
type stopFact struct {
	RunID      int64  `json:"run_id"`
	BuildingID int64  `json:"building_id"`
	WorkerID   int64  `json:"worker_id"`
	Outcome    string `json:"outcome"`
	Reason     string `json:"reason"`
	// RemarkID is set for a remark, which is told as it is when the mail is written.
	RemarkID *uuid.UUID `json:"remark_id,omitempty"`
}

// outcomeRemark stands for the outcome of a stop in the facts of a remark.
const outcomeRemark = "remark"

// lateFact is that runs were not started in time, or that one was started.
type lateFact struct {
	RunIDs  []int64 `json:"run_ids"`
	Started bool    `json:"started,omitempty"`
	// Told says that the office was told before that it is not started.
	Told bool `json:"told,omitempty"`
}

// dayFacts name runs of a day.
type dayFacts struct {
	Date   string  `json:"date"`
	RunIDs []int64 `json:"run_ids"`
}

// OnRunEvent gathers for a worker what becomes of their runs, unless they did it themselves, and for the office which runs
// were started late.
func (s *Service) OnRunEvent(ctx context.Context, e *core.RunEvent) error {
	tell := func(worker int64, change, reason string) error {
		if worker == e.ActorID {
			return nil
		}
		return s.gather(ctx, e.ID+":"+change, kindRuns, runFact{RunID: e.RunID, Change: change, Reason: reason}, worker)
	}
	switch {
	case e.Type == core.RunPlanned:
		return tell(e.WorkerID, planned, "")
	case e.Type == core.RunCancelled:
		return tell(e.WorkerID, cancelled, e.After.CancelReason)
	case e.Type == core.RunStarted:
		return s.tellStarted(ctx, e)
	case e.Type != core.RunChanged || e.Before == nil, e.BySwap: // mail about the swap says so
		return nil
	case e.Before.WorkerID != e.After.WorkerID:
		return errors.Join(tell(e.Before.WorkerID, cancelled, ""), tell(e.After.WorkerID, planned, ""))
	case e.Before.Date != e.After.Date || e.Before.TourID != e.After.TourID:
		return tell(e.WorkerID, changed, "")
	case e.StopsChanged:
		return tell(e.WorkerID, stops, "")
	}
	return nil // its progress
}

// OnVisitEvent gathers for the office which stops were skipped or failed and which remarks were written, and for the syndics of
// the building where the office chose so.
func (s *Service) OnVisitEvent(ctx context.Context, e *core.VisitEvent) error {
	fact := stopFact{RunID: e.RunID, BuildingID: e.BuildingID, WorkerID: e.WorkerID}
	switch {
	case e.Type == core.RemarkCreated && e.Remark != nil:
		fact.Outcome, fact.RemarkID = outcomeRemark, &e.Remark.ID
	case e.Type == core.VisitOutcome && e.Visit != nil && e.Visit.Outcome != nil:
		fact.Outcome, fact.Reason = *e.Visit.Outcome, e.Visit.Reason
		if fact.Outcome != core.OutcomeSkipped && fact.Outcome != core.OutcomeFailed {
			return nil
		}
	default:
		return nil
	}
	ids, err := s.officeBut(ctx, e.ActorID)
	if err != nil {
		return err
	}
	told, err := s.ask.toldSyndics(ctx, []int64{e.BuildingID})
	if err != nil {
		return err
	}
	if err := s.gather(ctx, e.ID, kindStops, fact, ids...); err != nil {
		return err
	}
	return s.gather(ctx, e.ID+":syndic", kindBuildingStops, fact, told[e.BuildingID]...)
}

// officeBut returns who works in the office, but one of them.
func (s *Service) officeBut(ctx context.Context, one int64) ([]int64, error) {
	office, err := s.ask.office(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, 0, len(office))
	for _, user := range office {
		if user.ID != one {
			ids = append(ids, user.ID)
		}
	}
	return ids, nil
}

var _ = cron.NewJob("mail-of-the-day", cron.JobConfig{
	Title:    "Remind people of tomorrow's runs, tell the office which of today's were not started and what became of the day",
	Every:    15 * cron.Minute,
	Endpoint: SendMailOfTheDay,
})

// SendMailOfTheDay reminds people of tomorrow's runs once it is REMINDER_TIME, and gathers for the office once it is LATE_TIME
// which of today's runs were not started; once it is DAY_SUMMARY_TIME, it sends who wants it what became of the day. Each once a day,
// however often it is asked.
//
//encore:api private method=POST path=/internal/mail-of-the-day
func (s *Service) SendMailOfTheDay(ctx context.Context) error {
	today := day.Of(s.now(), s.zone)
	tomorrow := today.AddDate(0, 0, 1)
	err := errors.Join(
		s.onceADay(ctx, kindReminder, today, s.settings.ReminderTime, func(query *store.Queries) error {
			return s.remind(ctx, query, tomorrow)
		}),
		s.onceADay(ctx, kindRunLate, today, s.late.StartBy, func(query *store.Queries) error {
			return s.tellLate(ctx, query, today)
		}),
		s.summariseDays(ctx, today),
		s.query.DeleteOldDays(ctx, today.AddDate(0, 0, -30)),
	)
	if err != nil {
		return refusal.Failure(err, "send the mail of the day")
	}
	s.sender.wake()
	return nil
}

// onceADay does a job of the day when its time has come and no process has done it.
func (s *Service) onceADay(
	ctx context.Context, job string, date time.Time, clock time.Duration, do func(query *store.Queries) error,
) error {
	if s.now().Before(day.At(date, clock, s.zone)) {
		return nil
	}
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		first, err := query.BeginDay(ctx, store.BeginDayParams{Job: job, Date: date, Now: s.clock()})
		if err != nil || first == 0 {
			return err
		}
		return do(query)
	})
}

// remind puts a mail for each person who has runs on a day.
func (s *Service) remind(ctx context.Context, query *store.Queries, date time.Time) error {
	runs, err := s.ask.plannedRuns(ctx, day.Format(date))
	if err != nil {
		return err
	}
	ofWorker := map[int64][]int64{}
	for _, run := range runs {
		ofWorker[run.Worker.ID] = append(ofWorker[run.Worker.ID], run.ID)
	}
	for worker, ids := range ofWorker {
		err := s.putOfDay(ctx, query, kindReminder, worker, date, ids, day.At(date, 12*time.Hour, s.zone))
		if err != nil {
			return err
		}
		facts := dayFacts{day.Format(date), ids}
		if err := s.gatherNotification(ctx, query, 0, kindReminder+":"+facts.Date, kindReminder, facts, worker); err != nil {
			return err
		}
	}
	return nil
}

// tellLate gathers for the office which runs of a day were not started though they should be.
func (s *Service) tellLate(ctx context.Context, query *store.Queries, date time.Time) error {
	runs, err := s.ask.notStarted(ctx, day.Format(date), s.now())
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return nil
	}
	ids := make([]int64, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	office, err := s.officeBut(ctx, 0)
	if err != nil {
		return err
	}
	err = query.InsertLateRuns(ctx, store.InsertLateRunsParams{Date: date, Now: s.clock(), RunIds: ids})
	if err != nil {
		return fmt.Errorf("keep which runs were not started: %w", err)
	}
	// All of the day in one: there is nothing to wait for, and what waits goes along.
	return s.gatherIn(ctx, query, 0, "not-started:"+day.Format(date), kindRunLate, lateFact{RunIDs: ids}, office...)
}

// tellStarted gathers for the office that a run was started: late, or after it was told that it is not started, whenever the
// phone did so. A run is started once.
func (s *Service) tellStarted(ctx context.Context, e *core.RunEvent) error {
	if e.After.StartedAt == nil {
		return nil
	}
	late, err := s.isLate(e.After.Date, *e.After.StartedAt)
	if err != nil {
		return err
	}
	told, err := s.query.IsLateRun(ctx, e.RunID)
	if err != nil {
		return fmt.Errorf("look whether a run was known to be late: %w", err)
	}
	if !late && !told {
		return nil
	}
	office, err := s.officeBut(ctx, e.ActorID)
	if err != nil {
		return err
	}
	return s.gather(ctx, fmt.Sprintf("run-started:%d", e.RunID), kindRunLate,
		lateFact{RunIDs: []int64{e.RunID}, Started: true, Told: told}, office...)
}

// isLate tells whether a run of a day was started after LATE_TIME.
func (s *Service) isLate(date string, startedAt time.Time) (bool, error) {
	on, err := day.Parse("date", date)
	return err == nil && startedAt.After(s.late.Due(on)), err
}

func (s *Service) putOfDay(
	ctx context.Context, query *store.Queries, kind string, userID int64, date time.Time, runIDs []int64, expiresAt time.Time,
) error {
	facts, err := json.Marshal(dayFacts{day.Format(date), runIDs})
	if err != nil {
		return fmt.Errorf("encode the runs of a day: %w", err)
	}
	return s.put(ctx, query, store.InsertMessageParams{
		Source: fmt.Sprintf("%s:%s:%d", kind, day.Format(date), userID), Kind: kind, UserID: userID, Facts: facts,
		OccurredAt: s.clock(), ExpiresAt: expiresAt,
	})
}

// writeWork writes mail about work, to who still wants it.
func (s *Service) writeWork(ctx context.Context, m store.Message) (*written, error) {
	user, err := s.receiver(ctx, m.Kind, m.UserID)
	if err != nil {
		return nil, err
	}
	choices, err := s.choices(ctx, m.Kind, m.UserID)
	if err != nil {
		return nil, err
	}
	wants := slices.ContainsFunc(kindsOf(user.Role), func(c chosen) bool { return c.kind == m.Kind })
	if !wants || choices[m.UserID] == choiceOff {
		return nil, errWithdrawn
	}
	in := content.In(user.Language, s.zone)
	var w *written
	switch m.Kind {
	case kindRuns:
		w, err = s.writeRuns(ctx, in, user, m)
	case kindReminder:
		w, err = s.writeReminder(ctx, in, user, m)
	case kindRunLate:
		w, err = s.writeLate(ctx, in, user, m)
	case kindBuildingStops:
		w, err = s.writeBuildingStops(ctx, in, user, m)
	case kindSwapsAsked, kindSwaps, kindSwapsTaken:
		w, err = s.writeSwaps(ctx, in, user, m)
	case kindIncidents, kindBuildingIncidents:
		w, err = s.writeIncidents(ctx, in, user, m)
	case kindDaySummary:
		w, err = s.writeSummaryOfDay(ctx, in, user, m)
	default:
		w, err = s.writeStops(ctx, in, user, m)
	}
	if err != nil {
		return nil, err
	}
	oneClick, page := s.unsubscribeLinks(m.UserID, m.Kind)
	w.to, w.unsubscribe = addressOf(user), oneClick
	w.secret = s.unsubscribing.token(m.UserID, m.Kind)
	w.mail.Preferences, w.mail.Unsubscribe = in.PreferencesButton(s.accountLink("mail")), in.UnsubscribeButton(page)
	switch m.Kind {
	case kindRunLate, kindStops, kindIncidents, kindSwapsTaken, kindDaySummary:
		w.mail.Reason = in.Reason("office")
	case kindBuildingStops, kindBuildingIncidents:
		w.mail.Reason = in.Reason("syndic")
	default:
		w.mail.Reason = in.Reason("work")
	}
	return w, nil
}

// runNews is what has become of one run.
type runNews struct {
	run            core.Run
	change, reason string
}

// newsOfRuns tells what has become of somebody's runs, each run once, by what it is: a run that was planned and cancelled meanwhile
// is not worth a word.
func (s *Service) newsOfRuns(ctx context.Context, facts json.RawMessage) ([]runNews, error) {
	var gathered struct {
		Events []runFact `json:"events"`
	}
	if err := json.Unmarshal(facts, &gathered); err != nil {
		return nil, fmt.Errorf("read what happened: %w", err)
	}
	outcome, ids := map[int64]runFact{}, []int64{}
	for _, fact := range gathered.Events {
		before, known := outcome[fact.RunID]
		switch {
		case !known:
			ids = append(ids, fact.RunID)
		case before.Change == planned && fact.Change == cancelled:
			fact.Change = ""
		case before.Change == planned || before.Change == "" && fact.Change != cancelled:
			fact.Change = planned
		case before.Change == changed && fact.Change == stops:
			fact.Change = changed
		}
		outcome[fact.RunID] = fact
	}
	runs, err := s.runs(ctx, ids)
	if err != nil {
		return nil, err
	}
	var news []runNews
	for _, change := range []string{planned, changed, stops, cancelled} {
		for _, run := range runs {
			fact := outcome[run.ID]
			// Who has seen the stops meanwhile, or started, need not hear of them.
			if fact.Change != change || change == stops && !run.StopsChanged {
				continue
			}
			news = append(news, runNews{run, change, fact.Reason})
		}
	}
	return news, nil
}

// writeRuns writes what has become of somebody's runs.
func (s *Service) writeRuns(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	news, err := s.newsOfRuns(ctx, m.Facts)
	if err != nil {
		return nil, err
	}
	if len(news) == 0 {
		return nil, errWithdrawn
	}
	mail, err := in.Mail(m.Kind, user.FirstName, content.Facts{"Count": len(news), factLink: s.link("/work")})
	if err != nil {
		return nil, err
	}
	for i, item := range news {
		if i == 0 || item.change != news[i-1].change {
			heading, err := in.Phrase("run-"+item.change, nil)
			if err != nil {
				return nil, err
			}
			mail.Groups = append(mail.Groups, content.Group{Heading: heading})
		}
		group := &mail.Groups[len(mail.Groups)-1]
		if group.Lines, err = appendRun(group.Lines, in, item.run, item.reason); err != nil {
			return nil, err
		}
	}
	return &written{mail: mail}, nil
}

// runsToRemind returns which runs of a day are still planned for somebody.
func (s *Service) runsToRemind(ctx context.Context, userID int64, facts json.RawMessage) (date time.Time, runs []core.Run, err error) {
	var told dayFacts
	if err := json.Unmarshal(facts, &told); err != nil {
		return time.Time{}, nil, fmt.Errorf("read the runs of a day: %w", err)
	}
	if date, err = day.Parse("date", told.Date); err != nil {
		return time.Time{}, nil, err
	}
	if runs, err = s.runs(ctx, told.RunIDs); err != nil {
		return time.Time{}, nil, err
	}
	return date, slices.DeleteFunc(runs, func(run core.Run) bool {
		return run.Status != core.StatusPlanned || run.Date != told.Date || run.Worker.ID != userID
	}), nil
}

// writeReminder writes which runs of a day are still planned for somebody.
func (s *Service) writeReminder(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	date, runs, err := s.runsToRemind(ctx, user.ID, m.Facts)
	if err != nil {
		return nil, err
	}
	if len(runs) == 0 {
		return nil, errWithdrawn
	}
	group := content.Group{}
	for _, run := range runs {
		group.Lines = append(group.Lines, run.Tour.Name)
	}
	mail, err := in.Mail(m.Kind, user.FirstName, content.Facts{
		"Count": len(runs), factTour: runs[0].Tour.Name, "Day": in.Day(date), factLink: s.link("/work"),
	})
	if err != nil {
		return nil, err
	}
	mail.Groups = []content.Group{group}
	return &written{mail: mail}, nil
}

// writeLate writes which runs are still not started, and which were started late or seemed to be late.
func (s *Service) writeLate(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	var facts struct {
		RunIDs []int64    `json:"run_ids"` // of a mail that an older version made, about one day
		Events []lateFact `json:"events"`
	}
	if err := json.Unmarshal(m.Facts, &facts); err != nil {
		return nil, fmt.Errorf("read which runs are late: %w", err)
	}
	ids, missing, started := []int64{}, map[int64]bool{}, map[int64]lateFact{}
	for _, fact := range append(facts.Events, lateFact{RunIDs: facts.RunIDs}) {
		ids = append(ids, fact.RunIDs...)
		for _, id := range fact.RunIDs {
			if fact.Started {
				started[id] = fact
			} else {
				missing[id] = true
			}
		}
	}
	runs, err := s.runs(ctx, ids)
	if err != nil {
		return nil, err
	}
	w := &written{}
	lines := map[string][]string{}
	for _, run := range runs {
		fact, wasStarted := started[run.ID]
		// Who hears in one mail that it was not started and that it was, hears the latter.
		news, line, err := s.newsOf(in, run, missing[run.ID], wasStarted, fact.Told && !missing[run.ID])
		if err != nil {
			return nil, err
		}
		if news != "" {
			lines[news], w.names = append(lines[news], line), append(w.names, run.Worker.ID)
		}
	}
	if len(w.names) == 0 {
		return nil, errWithdrawn
	}
	w.mail, err = in.Mail(m.Kind, user.FirstName, content.Facts{
		"Missing": len(lines[newsMissing]), "Started": len(w.names) - len(lines[newsMissing]), factLink: s.link("/today"),
		"Time": s.late.Due(day.Of(s.now(), s.zone)).Format("15:04"),
	})
	if err != nil {
		return nil, err
	}
	for _, news := range []string{newsMissing, newsAfterAll, newsLate, newsInTime} {
		if len(lines[news]) == 0 {
			continue
		}
		heading, err := in.Phrase(news, nil)
		if err != nil {
			return nil, err
		}
		w.mail.Groups = append(w.mail.Groups, content.Group{Heading: heading, Lines: lines[news]})
	}
	return w, nil
}

// What there is to tell of a run that was, or seemed, late: the phrases over them.
const (
	newsMissing  = "run-missing"
	newsAfterAll = "run-started-after-all"
	newsLate     = "run-started-late"
	newsInTime   = "run-started-in-time" // known only now: the phone had no connection
)

// newsOf says what there is to tell of a run, and the line that tells it; empty when that is nothing any more.
func (s *Service) newsOf(in content.Writer, run core.Run, missing, started, told bool) (news, line string, err error) {
	facts := content.Facts{factTour: run.Tour.Name, "Worker": nameOf(run.Worker)}
	if missing && run.Status == core.StatusPlanned {
		date, err := day.Parse("date", run.Date)
		if err != nil {
			return "", "", err
		}
		line, err = in.Phrase("run-line-worker", facts.With(content.Facts{"Day": in.Day(date)}))
		return newsMissing, line, err
	}
	if !started || run.StartedAt == nil || run.Status == core.StatusCancelled {
		return "", "", nil
	}
	late, err := s.isLate(run.Date, *run.StartedAt)
	if err != nil {
		return "", "", err
	}
	switch {
	case late && told:
		news = newsAfterAll
	case late:
		news = newsLate
	case told:
		news = newsInTime
	default:
		return "", "", nil
	}
	line, err = in.Phrase("run-line-started", facts.With(content.Facts{"When": in.Moment(*run.StartedAt)}))
	return news, line, err
}

// stopNews is what a mail tells of stops.
type stopNews struct {
	facts     []stopFact
	runs      []core.Run
	buildings map[int64]string
	remarks   map[uuid.UUID]core.Remark
	// stops and told count the stops that were not done and the remarks that the mail tells of.
	stops, told int
}

// stopNewsOf reads what a mail about stops is written from.
func (s *Service) stopNewsOf(ctx context.Context, m store.Message) (*stopNews, error) {
	var facts struct {
		Events []stopFact `json:"events"`
	}
	if err := json.Unmarshal(m.Facts, &facts); err != nil {
		return nil, fmt.Errorf("read what happened: %w", err)
	}
	news := &stopNews{facts: facts.Events}
	runIDs, buildingIDs, remarkIDs := []int64{}, []int64{}, []uuid.UUID{}
	for _, fact := range facts.Events {
		runIDs, buildingIDs = append(runIDs, fact.RunID), append(buildingIDs, fact.BuildingID)
		if fact.RemarkID != nil {
			remarkIDs = append(remarkIDs, *fact.RemarkID)
		}
	}
	var err error
	if news.runs, err = s.runs(ctx, runIDs); err != nil {
		return nil, err
	}
	if news.buildings, err = s.ask.buildings(ctx, buildingIDs); err != nil {
		return nil, err
	}
	news.remarks = make(map[uuid.UUID]core.Remark, len(remarkIDs))
	for some := range slices.Chunk(remarkIDs, maxRuns) {
		remarks, err := s.ask.remarks(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, remark := range remarks {
			news.remarks[remark.ID] = remark
		}
	}
	return news, nil
}

// line tells a fact, and counts it; false when there is nothing to tell any more: the remark was deleted.
func (n *stopNews) line(in content.Writer, fact stopFact) (line string, found bool, err error) {
	about := content.Facts{factBuilding: n.buildings[fact.BuildingID], "Reason": fact.Reason}
	if fact.RemarkID == nil {
		line, err = in.Phrase("stop-"+fact.Outcome, about)
		n.stops++
		return line, true, err
	}
	remark, found := n.remarks[*fact.RemarkID]
	if !found {
		return "", false, nil
	}
	about["Reason"], about["Photos"] = strings.Join(strings.Fields(remark.Text), " "), len(remark.Pictures)
	line, err = in.Phrase("stop-remark", about)
	n.told++
	return line, true, err
}

// count is what the subject says of them.
func (n *stopNews) count() content.Facts { return content.Facts{"Count": n.stops, "Remarks": n.told} }

// writeStops writes which stops were not done and what workers remarked, run by run.
func (s *Service) writeStops(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	news, err := s.stopNewsOf(ctx, m)
	if err != nil {
		return nil, err
	}
	w := &written{}
	var groups []content.Group
	var first core.Run
	for _, run := range news.runs {
		heading, err := in.Phrase("run-head", content.Facts{factTour: run.Tour.Name, "Worker": nameOf(run.Worker)})
		if err != nil {
			return nil, err
		}
		group := content.Group{Heading: heading}
		for _, fact := range news.facts {
			if fact.RunID != run.ID {
				continue
			}
			line, found, err := news.line(in, fact)
			if err != nil {
				return nil, err
			}
			if found {
				group.Lines = append(group.Lines, line)
			}
		}
		if len(group.Lines) == 0 {
			continue
		}
		if len(groups) == 0 {
			first = run
		}
		groups, w.names = append(groups, group), append(w.names, run.Worker.ID)
	}
	if len(groups) == 0 {
		return nil, errWithdrawn
	}
	date, err := day.Parse("date", first.Date)
	if err != nil {
		return nil, err
	}
	link := s.link("/today")
	if len(groups) == 1 {
		link = s.runLink(first)
	}
	w.mail, err = in.Mail(m.Kind, user.FirstName, news.count().With(content.Facts{"Day": in.Day(date), factLink: link}))
	if err != nil {
		return nil, err
	}
	w.mail.Groups = groups
	return w, nil
}

// writeBuildingStops writes to a syndic which stops at the buildings that are still theirs were not done and what was remarked
// there, day by day: what they see as proof, without who was there.
func (s *Service) writeBuildingStops(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	news, err := s.stopNewsOf(ctx, m)
	if err != nil {
		return nil, err
	}
	told, err := s.ask.toldSyndics(ctx, slices.Collect(maps.Keys(news.buildings)))
	if err != nil {
		return nil, err
	}
	groups, about := []content.Group{}, map[int64]bool{}
	for _, run := range news.runs {
		date, err := day.Parse("date", run.Date)
		if err != nil {
			return nil, err
		}
		heading := in.Day(date)
		for _, fact := range news.facts {
			if fact.RunID != run.ID || !slices.Contains(told[fact.BuildingID], user.ID) {
				continue
			}
			line, found, err := news.line(in, fact)
			if err != nil {
				return nil, err
			}
			if !found {
				continue
			}
			if len(groups) == 0 || groups[len(groups)-1].Heading != heading { // runs are by date
				groups = append(groups, content.Group{Heading: heading})
			}
			last := &groups[len(groups)-1]
			last.Lines = append(last.Lines, line)
			about[fact.BuildingID] = true
		}
	}
	if len(groups) == 0 {
		return nil, errWithdrawn
	}
	one, link := "", s.link("/my-buildings")
	if len(about) == 1 {
		for id := range about {
			one, link = news.buildings[id], s.link(fmt.Sprintf("/my-buildings/%d", id))
		}
	}
	mail, err := in.Mail(m.Kind, user.FirstName, news.count().With(content.Facts{factBuilding: one, factLink: link}))
	if err != nil {
		return nil, err
	}
	mail.Groups = groups
	return &written{mail: mail}, nil
}

func appendRun(lines []string, in content.Writer, run core.Run, reason string) ([]string, error) {
	date, err := day.Parse("date", run.Date)
	if err != nil {
		return nil, err
	}
	phrase := "run-line"
	if reason != "" {
		phrase = "run-line-reason"
	}
	line, err := in.Phrase(phrase, content.Facts{"Day": in.Day(date), factTour: run.Tour.Name, "Reason": reason})
	return append(lines, line), err
}

func nameOf(worker core.Worker) string {
	return strings.TrimSpace(worker.FirstName + " " + worker.LastName)
}

// maxRuns is how many runs core tells at a time.
const maxRuns = 200

// runs returns the runs that exist among ids, each once, by date.
func (s *Service) runs(ctx context.Context, ids []int64) ([]core.Run, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var runs []core.Run
	for some := range slices.Chunk(ids, maxRuns) {
		found, err := s.ask.runs(ctx, some)
		if err != nil {
			return nil, err
		}
		runs = append(runs, found...)
	}
	slices.SortStableFunc(runs, func(a, b core.Run) int { return strings.Compare(a.Date, b.Date) })
	return runs, nil
}

func officeFromAuth(ctx context.Context) ([]*auth.User, error) {
	answer, err := auth.Office(ctx)
	if err != nil {
		return nil, err
	}
	return answer.Users, nil
}

func runsFromCore(ctx context.Context, ids []int64) ([]core.Run, error) {
	return runsOf(core.RunsForEvents(ctx, &core.RunsForEventsParams{IDs: ids}))
}

func runsOf(answer *core.RunsForEventsResponse, err error) ([]core.Run, error) {
	if err != nil {
		return nil, err
	}
	return answer.Runs, nil
}

func remarksFromCore(ctx context.Context, ids []uuid.UUID) ([]core.Remark, error) {
	answer, err := core.RemarksForEvents(ctx, &core.RemarksForEventsParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	return answer.Remarks, nil
}

func plannedRunsFromCore(ctx context.Context, date string) ([]core.Run, error) {
	return runsOf(core.PlannedRuns(ctx, &core.PlannedRunsParams{Date: date}))
}

func notStartedFromCore(ctx context.Context, date string, at time.Time) ([]core.Run, error) {
	return runsOf(core.NotStartedRuns(ctx, &core.NotStartedRunsParams{Date: date, At: at}))
}

func buildingsFromCore(ctx context.Context, ids []int64) (map[int64]string, error) {
	answer, err := core.Names(ctx, &core.NamesParams{BuildingIDs: ids})
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(answer.Names))
	for _, name := range answer.Names {
		names[name.ID] = name.Name
	}
	return names, nil
}
