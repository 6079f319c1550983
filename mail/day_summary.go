package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/audit"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

const (
	// maxSummaryReceivers is how many get one summary that somebody sends.
	maxSummaryReceivers = 50
	// summaryLines is how many lines of one sort the mail has; the page has all.
	summaryLines = 25
)

// SendDaySummaryParams say which day, and who hears of it.
type SendDaySummaryParams struct {
	// ID is made by the client: the same request with the same id gets the same answer and sends nothing.
	ID uuid.UUID `json:"id"`
	// Date is the day, YYYY-MM-DD.
	Date string `json:"date"`
	// RegionID limits it to one region; 0 for all.
	RegionID int64 `json:"region_id"`
	// UserIDs are people of the office who get it.
	UserIDs []int64 `json:"user_ids"`
	// Addresses are others who get it, in Dutch.
	Addresses []string `json:"addresses" encore:"sensitive"`
}

// SendDaySummaryResponse says who gets it.
type SendDaySummaryResponse struct {
	// Items are the messages, one for each receiver.
	Items []*Message `json:"items"`
}

// SendDaySummary sends people of the office, and typed addresses, what became of a day: as it is when the mail is written. It is sent
// whatever people chose to hear of. An address that belongs to an account counts as that account. For the office.
//
// Errors: nothing is sent in any case. permission_denied for other roles; failed_precondition while the installation has no SMTP
// server (missing); resource_exhausted after 20 mails of a person in 10 minutes; already_exists for an id of another request
// (id_reused); not_found for a region that does not exist; invalid_argument with the field, and the rows of a list, for a missing id,
// what is no date or lies in the future, nobody who gets it, people who do not exist (unknown), do not work in the office (wrong_role)
// or are deactivated (receiver_inactive), what is no address, or more than 50 receivers (too_many_receivers).
//
//encore:api auth method=POST path=/mail/day-summaries
func (s *Service) SendDaySummary(ctx context.Context, p *SendDaySummaryParams) (*SendDaySummaryResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	date, err := day.Parse("date", p.Date)
	if err != nil {
		return nil, err
	}
	if p.ID == (uuid.UUID{}) {
		return nil, refusal.Invalid("id", refusal.Required, "Give the request an id.")
	}
	request, err := json.Marshal(p)
	if err != nil {
		return nil, refusal.Failure(err, "encode the request")
	}
	hash := sha256.Sum256(request)
	params := store.InsertDaySummaryParams{
		ActorID: who.UserID, RequestID: p.ID.String(), RequestHash: hash[:], Date: date, RegionID: p.RegionID, CreatedAt: s.clock(),
	}
	if first, err := s.summarySentBefore(ctx, s.query, params); err != nil || first != nil {
		return s.summaryAnswer(ctx, first, err)
	}
	if !s.settings.Configured() {
		return nil, refusal.Precondition("", refusal.Missing, "This installation has no mail server: SMTP_HOST is not set.")
	}
	if date.After(day.Of(s.now(), s.zone)) {
		return nil, refusal.Invalid("date", refusal.OutOfRange, "That day is still to come.")
	}
	receivers, err := s.summaryReceivers(ctx, p)
	if err != nil {
		return nil, err
	}
	if wait := s.limiter.Take(ctx, sendLimit, fmt.Sprint(who.UserID)); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "That was enough mail for now.")
	}
	if _, err := s.ask.daySummary(ctx, p.Date, p.RegionID); err != nil {
		return nil, err // there is no such region
	}
	var sent *store.DaySummary
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		inserted, err := query.InsertDaySummary(ctx, params)
		if err != nil {
			return err
		}
		if len(inserted) == 0 { // the same request came at the same moment
			sent, err = s.summarySentBefore(ctx, query, params)
			return err
		}
		sent = &inserted[0]
		for i, r := range receivers {
			err := s.put(ctx, query, store.InsertMessageParams{
				Source: fmt.Sprintf("day-summary:%d:%d", sent.ID, i), Kind: kindDaySummary, UserID: r.userID(), ThingID: sent.ID,
				GivenAddress: r.address, ActorID: who.UserID, OccurredAt: params.CreatedAt,
			})
			if err != nil {
				return err
			}
		}
		return audit.Append(ctx, tx, audit.Change{
			Kind: "mail.summary_sent", ThingKind: "day_summary", ThingID: sent.ID, Actor: actorOf(who), OccurredAt: params.CreatedAt,
			After: summaryFactsOf(p.Date, p.RegionID, receivers),
		})
	})
	if err == nil {
		s.sender.wake()
	}
	return s.summaryAnswer(ctx, sent, err)
}

// summaryFacts is what the audit log keeps of a summary that was sent: no addresses.
type summaryFacts struct {
	Date      string  `json:"date"`
	RegionID  int64   `json:"region_id,omitempty"`
	UserIDs   []int64 `json:"user_ids"`
	Addresses int     `json:"addresses"`
}

func summaryFactsOf(date string, region int64, receivers []*receiver) summaryFacts {
	facts := summaryFacts{Date: date, RegionID: region, UserIDs: []int64{}}
	for _, to := range receivers {
		if to.user == nil {
			facts.Addresses++
		} else {
			facts.UserIDs = append(facts.UserIDs, to.user.ID)
		}
	}
	return facts
}

// summarySentBefore returns what was sent with the id of a request; nil when nothing was.
func (s *Service) summarySentBefore(
	ctx context.Context, query *store.Queries, params store.InsertDaySummaryParams,
) (*store.DaySummary, error) {
	first, err := query.DaySummaryByRequest(ctx, store.DaySummaryByRequestParams{ActorID: params.ActorID, RequestID: params.RequestID})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(first.RequestHash, params.RequestHash):
		return nil, refusal.Exists("id", refusal.IDReused, "The id stands for another request that was sent before.")
	}
	return &first, nil
}

func (s *Service) summaryAnswer(ctx context.Context, sent *store.DaySummary, err error) (*SendDaySummaryResponse, error) {
	if err != nil {
		return nil, refusal.Failure(err, "send the summary of the day")
	}
	rows, err := s.query.MessagesOfSending(ctx, store.MessagesOfSendingParams{Kind: kindDaySummary, SendingID: sent.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read the mail")
	}
	answer := &SendDaySummaryResponse{}
	answer.Items, err = s.messagesOf(ctx, rows...)
	return answer, err
}

// summaryReceivers are who a request names, each once.
func (s *Service) summaryReceivers(ctx context.Context, p *SendDaySummaryParams) ([]*receiver, error) {
	userIDs, err := input.IDs("user_ids", p.UserIDs, maxSummaryReceivers)
	if err != nil {
		return nil, err
	}
	addresses, err := s.readAddresses(ctx, "addresses", p.Addresses, maxSummaryReceivers)
	if err != nil {
		return nil, err
	}
	people, err := s.ask.people(ctx, userIDs)
	if err != nil {
		return nil, refusal.Failure(err, "read the receivers")
	}
	var rows []refusal.Row
	for i, id := range p.UserIDs {
		if reason := noSummaryFor(people[id]); reason != "" {
			rows = append(rows, refusal.Row{Index: i, Reason: reason})
		}
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("user_ids", rows, "A summary goes to people of the office; the rows say who is not one of them.")
	}
	for i, one := range addresses {
		if reason := noSummaryFor(one.user); one.user != nil && reason != "" {
			rows = append(rows, refusal.Row{Index: i, Reason: reason})
		}
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows("addresses", rows, "These belong to accounts outside of the office; the rows say which.")
	}
	to := []*receiver{}
	add := func(r *receiver) {
		same := func(other *receiver) bool { return other.userID() == r.userID() && other.address == r.address }
		if !slices.ContainsFunc(to, same) {
			to = append(to, r)
		}
	}
	for _, id := range userIDs {
		add(&receiver{user: people[id]})
	}
	for _, one := range addresses {
		if one.user != nil {
			one.address = ""
		}
		add(&receiver{user: one.user, address: one.address})
	}
	switch {
	case len(to) == 0:
		return nil, refusal.Invalid("user_ids", refusal.Required, "Say who gets the summary.")
	case len(to) > maxSummaryReceivers:
		return nil, refusal.Invalid("", refusal.TooManyReceivers, "A summary goes to at most 50 people at once.")
	}
	return to, nil
}

// noSummaryFor says why an account gets no summary; empty when it does.
func noSummaryFor(user *auth.User) refusal.Reason {
	switch {
	case user == nil:
		return refusal.Unknown
	case !user.Role.IsOffice():
		return refusal.WrongRole
	case !user.Active || user.Email == "":
		return refusal.ReceiverInactive
	}
	return ""
}

// summaryUntil is until when the summary of a day is worth reading: the noon after it.
func (s *Service) summaryUntil(date time.Time) time.Time {
	return day.At(date.AddDate(0, 0, 1), 12*time.Hour, s.zone)
}

// summariseDays sends who wants it what became of today, once it is DAY_SUMMARY_TIME; and of yesterday, when no process ran then.
func (s *Service) summariseDays(ctx context.Context, today time.Time) error {
	var failed error
	for _, date := range []time.Time{today.AddDate(0, 0, -1), today} {
		if s.now().Before(s.summaryUntil(date)) {
			failed = errors.Join(failed, s.onceADay(ctx, kindDaySummary, date, s.settings.DaySummaryTime, func(query *store.Queries) error {
				return s.summarise(ctx, query, date)
			}))
		}
	}
	return failed
}

// summarise puts a mail about a day for everybody in the office who wants it.
func (s *Service) summarise(ctx context.Context, query *store.Queries, date time.Time) error {
	office, err := s.officeBut(ctx, 0)
	if err != nil {
		return err
	}
	choices, err := s.choices(ctx, kindDaySummary, office...)
	if err != nil {
		return err
	}
	for _, id := range office {
		if choices[id] != choiceOn {
			continue
		}
		err := s.putOfDay(ctx, query, kindDaySummary, id, date, nil, s.summaryUntil(date))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeSummaryOfDay writes what became of a day to who gets that every evening; nothing when nothing happened.
func (s *Service) writeSummaryOfDay(ctx context.Context, in content.Writer, user *auth.User, m store.Message) (*written, error) {
	var facts dayFacts
	if err := json.Unmarshal(m.Facts, &facts); err != nil {
		return nil, fmt.Errorf("read of which day a mail tells: %w", err)
	}
	summary, err := s.ask.daySummary(ctx, facts.Date, 0)
	if err != nil {
		return nil, err
	}
	if len(summary.Runs) == 0 && summary.Counts.Incidents == 0 {
		return nil, errWithdrawn
	}
	return s.writeSummary(in, user.FirstName, summary)
}

// writeSentSummary writes what became of a day to who was named by somebody from the office, and may still read it.
func (s *Service) writeSentSummary(ctx context.Context, m store.Message) (*written, error) {
	sent, err := s.query.DaySummaryByID(ctx, m.ThingID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && m.UserID == 0 && m.GivenAddress == "" {
		return nil, errWithdrawn
	}
	if err != nil {
		return nil, fmt.Errorf("read which summary was sent: %w", err)
	}
	in, firstName, to := content.In("", s.zone), "", delivery.Address{Email: m.GivenAddress}
	if m.UserID != 0 {
		user, err := s.receiver(ctx, m.Kind, m.UserID)
		if err != nil {
			return nil, err
		}
		if noSummaryFor(user) != "" {
			return nil, errWithdrawn
		}
		in, firstName, to = content.In(user.Language, s.zone), user.FirstName, addressOf(user)
	}
	summary, err := s.ask.daySummary(ctx, day.Format(sent.Date), sent.RegionID)
	if err != nil {
		return nil, err
	}
	w, err := s.writeSummary(in, firstName, summary)
	if err != nil {
		return nil, err
	}
	w.to, w.mail.Reason = to, in.Reason("person")
	return w, nil
}

// writeSummary writes what became of a day.
func (s *Service) writeSummary(in content.Writer, firstName string, summary *core.DaySummary) (*written, error) {
	date, err := day.Parse("date", summary.Date)
	if err != nil {
		return nil, err
	}
	page := s.webApp
	page.Path, page.RawQuery = "/today/summary", "date="+summary.Date
	region := ""
	if summary.Region != nil {
		region = summary.Region.Name
		page.RawQuery += fmt.Sprint("&region=", summary.Region.ID)
	}
	w := &written{}
	w.mail, err = in.Mail(kindDaySummary, firstName, content.Facts{
		"Day": in.Day(date), "Region": region, "Under": summary.Counts.Started, factLink: page.String(),
	})
	if err != nil {
		return nil, err
	}
	lines := summaryWriter{in: in}
	w.mail.Groups = lines.groups(summary)
	for _, run := range summary.Runs {
		if run.Late() {
			w.names = append(w.names, run.Worker.ID)
		}
	}
	return w, lines.err
}

// summaryWriter writes the lines of a summary, until one cannot be written.
type summaryWriter struct {
	in  content.Writer
	err error
}

func (l *summaryWriter) phrase(name string, facts content.Facts) string {
	text, err := l.in.Phrase(name, facts)
	if l.err == nil {
		l.err = err
	}
	return text
}

func (l *summaryWriter) minutes(n int) string {
	return l.phrase("duration", content.Facts{"Hours": n / 60, "Minutes": n % 60})
}

// group is a heading with as many of the lines as a mail has; none without lines. total is how many there are in all.
func (l *summaryWriter) group(groups []content.Group, heading string, lines []string, total int) []content.Group {
	if len(lines) == 0 {
		return groups
	}
	lines = lines[:min(len(lines), summaryLines)]
	if total > len(lines) {
		lines = append(slices.Clone(lines), l.phrase("summary-more", content.Facts{"Count": total - len(lines)}))
	}
	return append(groups, content.Group{Heading: l.phrase(heading, nil), Lines: lines})
}

func (l *summaryWriter) groups(summary *core.DaySummary) (groups []content.Group) {
	c := summary.Counts
	figures := []string{
		l.phrase("summary-runs", content.Facts{
			"Runs": c.Planned + c.Started + c.Completed, "Completed": c.Completed, "Started": c.Started, "Planned": c.Planned,
			"Cancelled": c.Cancelled,
		}),
		l.phrase("summary-stops", content.Facts{
			"Stops": c.Stops, "Done": c.StopsDone, "Skipped": c.StopsSkipped, "Failed": c.StopsFailed,
		}),
	}
	if c.Completed > 0 {
		figures = append(figures, l.phrase("summary-time", content.Facts{
			"Worked": l.minutes(c.WorkedMinutes), "Agreed": l.minutes(c.AgreedMinutes),
		}))
	}
	groups = l.group(groups, "summary-figures", figures, len(figures))
	var late, stops, remarks, incidents []string
	for _, run := range summary.Runs {
		if run.Late() {
			late = append(late, l.phrase("summary-"+run.LateReason, content.Facts{
				factTour: run.Tour.Name, "Worker": nameOf(run.Worker), "Duration": l.minutes(run.LateMinutes),
			}))
		}
	}
	for _, stop := range summary.StopsNotDone {
		stops = append(stops, l.phrase("stop-"+stop.Outcome, content.Facts{factBuilding: stop.Building.Name, "Reason": stop.Reason}))
	}
	for _, remark := range summary.Remarks {
		remarks = append(remarks, l.phrase("stop-remark", content.Facts{
			factBuilding: remark.Building.Name, "Reason": strings.Join(strings.Fields(remark.Text), " "), "Photos": remark.Photos,
		}))
	}
	for _, incident := range summary.Incidents {
		incidents = append(incidents, l.phrase("incident-line", content.Facts{
			factBuilding: incident.Building.Name, "Kind": l.phrase("incident-"+incident.Kind, nil), "Number": incident.ID,
		}))
	}
	groups = l.group(groups, "summary-late", late, len(late))
	groups = l.group(groups, "summary-not-done", stops, c.StopsSkipped+c.StopsFailed)
	groups = l.group(groups, "summary-remarks", remarks, c.Remarks)
	return l.group(groups, "summary-incidents", incidents, c.Incidents)
}

func daySummaryFromCore(ctx context.Context, date string, region int64) (*core.DaySummary, error) {
	return core.DaySummaryForMail(ctx, &core.DaySummaryForMailParams{Date: date, RegionID: region})
}
