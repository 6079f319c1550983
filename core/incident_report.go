package core

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/cron"
	"encore.dev/rlog"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// How often residents may report: enough for a house whose people share one address and see the same problem.
var (
	reportsOfNetwork  = limit.Limit{Name: "report:network", Count: 10, Period: time.Hour}
	reportsOfBuilding = limit.Limit{Name: "report:building", Count: 20, Period: time.Hour}
	// answersToAddress is how many incidents a day an address is told of. It is not confirmed: whoever types the address of
	// somebody else makes them get that many mails, and none of it has words of whoever typed it.
	answersToAddress = limit.Limit{Name: "report:email", Count: 3, Period: 24 * time.Hour}
)

const (
	// reportsAtOnce is how many reports with a photo are on the disk at once: residents do not hold up workers.
	reportsAtOnce = 4
	// maxReport is the largest report without a photo, in bytes.
	maxReport = 64 << 10
	// reporterLife is how long after an incident is resolved the address of who reported it is kept.
	reporterLife = 90 * 24 * time.Hour
)

// ProblemReport is what a resident tells about a building.
type ProblemReport struct {
	// ID is a UUID that the form has: the same report from the same form, sent again because its answer was lost, is one report.
	// Others of the form are not it. Empty when the client makes none.
	ID string
	// Kind is bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other.
	Kind string
	// Text is up to 2000 characters and may have several lines. It may be empty, except for other.
	Text string
	// Email is where the resident wants the answer; empty for nowhere.
	Email string
	// Language is nl, en or fr: that of the page, and of the mail; nl when empty.
	Language string
	// Website is a field that people do not see. What fills it in is a program: its report is taken and forgotten.
	Website string
	// photo is nil without one.
	photo *spooledFile
}

// photoField is the photo in a form.
const photoField = "photo"

func (r *ProblemReport) close() {
	if r != nil && r.photo != nil {
		if err := r.photo.Close(); err != nil {
			rlog.Error("a photo of a report stays in the folder of temporary files", "err", err)
		}
	}
}

// ReportAnswer says that a report came in; it says no more, for anybody may ask.
type ReportAnswer struct {
	Received bool `json:"received"`
}

// ReportIncident takes what a resident reports about a building, from the form of its page: a photo may have 20 MB and 50
// megapixels, and is kept upright, without metadata, in two sizes. For everybody; ten an hour from one address, twenty an hour
// about one building. Who leaves an e-mail address is told by mail that the report came in, and what became of it; three reports
// a day are answered to one address.
//
// The request is a form (multipart/form-data, or application/x-www-form-urlencoded without a photo), or an object in JSON with
// the same fields, without a photo. The answer is a ReportAnswer.
//
// Form:
//   - kind (string): bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other
//   - text (string): up to 2000 characters; needed for other
//   - email (string): where the answer goes
//   - language (string): nl, en or fr
//   - website (string): leave it empty
//   - photo (string, binary): a JPEG, PNG or WebP picture
//
// Errors: invalid_argument for a missing or malformed field, or a photo that is too large (reason too_large or too_many_pixels),
// of another type (wrong_file_type) or damaged (broken_file); not_found when no building in use has the public id;
// resource_exhausted after too many reports, or when so many wait that this one had no turn in time; deadline_exceeded when it
// took longer than 2 minutes to arrive; unavailable when pictures cannot be converted or stored at the moment.
//
//encore:api public raw method=POST path=/public/buildings/:publicID/incidents
func (s *Service) ReportIncident(w http.ResponseWriter, req *http.Request) {
	body := req.Body
	if _, err := s.takeReport(w, req, encore.CurrentRequest().PathParams.Get("publicID")); err != nil {
		s.drain(w, body)
		refusal.Write(w, err)
		return
	}
	content, err := json.Marshal(ReportAnswer{Received: true})
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the answer"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(content)
}

// takeReport reads a report from a request and records it. A page that answers in HTML calls it too; what it refuses is as in
// ReportIncident. With a refusal it returns what it has read of the report, nil when that is nothing. Drain the body after one.
func (s *Service) takeReport(w http.ResponseWriter, req *http.Request, publicID string) (*ProblemReport, error) {
	ctx, client := req.Context(), limit.ClientOf(req.Header)
	building, err := s.admitReport(ctx, client, publicID)
	if err != nil {
		return s.readWords(w, req), err
	}
	leave, err := s.reports.enter(ctx, networkTurn(client.Network()))
	if err != nil {
		return s.readWords(w, req), err
	}
	defer leave()
	report, err := s.readReport(w, req)
	defer report.close()
	if errors.Is(err, errPartTooLarge) {
		return report, onPhoto(errTooLarge())
	}
	if err != nil {
		return report, onPhoto(storeFailed(err))
	}
	return report, s.recordReport(ctx, client, building, report)
}

// ReportProblem records what a resident reports about a building, read from wherever. It counts as ReportIncident does, and
// refuses the same.
func (s *Service) ReportProblem(ctx context.Context, publicID string, report *ProblemReport) error {
	client := limit.CurrentClient()
	building, err := s.admitReport(ctx, client, publicID)
	if err != nil {
		return err
	}
	return s.recordReport(ctx, client, building, report)
}

// admitReport counts a report before anything of it is read, and returns the building that it is about.
func (s *Service) admitReport(ctx context.Context, client limit.Client, publicID string) (int64, error) {
	if wait := s.limiter.Take(ctx, reportsOfNetwork, client.Network()); wait > 0 {
		return 0, refusal.TooMany(refusal.RateLimited, wait, "Too many reports from this address. Try again later.")
	}
	building, err := s.findPublicBuilding(ctx, publicID)
	if err != nil {
		return 0, err
	}
	if wait := s.limiter.Take(ctx, reportsOfBuilding, publicID); wait > 0 {
		return 0, refusal.TooMany(refusal.RateLimited, wait, "Too many reports about this building. Try again later.")
	}
	return building.ID, nil
}

// readWords reads what was typed into a form that is refused unread, so that nobody types it again: without the photo, which comes
// last. Nil when there is none.
func (s *Service) readWords(w http.ResponseWriter, req *http.Request) *ProblemReport {
	form, done, err := s.uploadForm(w, req)
	if err != nil {
		return nil
	}
	defer done()
	report, _ := readReportForm(form, true) // what could be read is enough
	return report
}

// readReport reads a report in whatever form it comes.
func (s *Service) readReport(w http.ResponseWriter, req *http.Request) (*ProblemReport, error) {
	kind, _, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	if kind == "multipart/form-data" {
		form, done, err := s.uploadForm(w, req)
		if err != nil {
			return nil, err
		}
		defer done()
		return readReportForm(form, false)
	}
	done := s.boundReading(w)
	defer done()
	content, err := io.ReadAll(io.LimitReader(req.Body, maxReport+1))
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(content) > maxReport:
		return nil, refusal.Invalid("text", refusal.TooLong, "The report is too long.")
	}
	report := &ProblemReport{}
	switch kind {
	case "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(content))
		if err != nil {
			return nil, errUnreadableReport()
		}
		for name := range values {
			report.set(name, values.Get(name))
		}
	case "application/json", "":
		fields := map[string]any{}
		if err := json.NewDecoder(bytes.NewReader(content)).Decode(&fields); err != nil {
			return nil, errUnreadableReport()
		}
		for name, value := range fields {
			text, ok := value.(string)
			if !ok && slices.Contains([]string{"id", "kind", "text", "email", "language", "website"}, name) {
				return nil, refusal.Invalid(name, refusal.Malformed, "Send the field as a text.")
			}
			report.set(name, text)
		}
	default:
		return nil, errUnreadableReport()
	}
	return report, nil
}

func errUnreadableReport() error {
	return refusal.Invalid("", refusal.Malformed, "Send the report as a form or as JSON.")
}

// set puts a field where it belongs; others are left out.
func (r *ProblemReport) set(name, value string) {
	switch name {
	case "id":
		r.ID = strings.TrimSpace(value)
	case "kind":
		r.Kind = strings.TrimSpace(value)
	case "text":
		r.Text = value
	case "email":
		r.Email = value
	case "language":
		r.Language = strings.TrimSpace(value)
	case "website":
		r.Website = value
	}
}

// readReportForm reads a form part by part: the fields into memory, the photo to disk. A browser sends an empty photo when none
// was chosen. With an error it returns what it has read so far. wordsOnly ends it at the photo.
func readReportForm(form *multipart.Reader, wordsOnly bool) (*ProblemReport, error) {
	report := &ProblemReport{}
	for left := int64(maxReport); ; {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return report, nil
		}
		if err != nil {
			return report, unreadable(err)
		}
		if part.FormName() == photoField {
			if wordsOnly {
				return report, nil
			}
			file, err := spoolContent(part)
			switch {
			case err != nil:
				return report, err
			case file.size == 0:
				if err := file.Close(); err != nil {
					return report, err
				}
			case report.photo != nil:
				if err := file.Close(); err != nil {
					return report, err
				}
				return report, refusal.Invalid(photoField, refusal.TooManyOfThem, "Send one photo.")
			default:
				report.photo = file
			}
			continue
		}
		text, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return report, unreadable(err)
		}
		if left -= int64(len(text)); left < 0 {
			return report, refusal.Invalid("text", refusal.TooLong, "The report is too long.")
		}
		report.set(part.FormName(), string(text))
	}
}

// recordReport checks a report and records it, with its photo.
func (s *Service) recordReport(ctx context.Context, client limit.Client, building int64, report *ProblemReport) error {
	if strings.TrimSpace(report.Website) != "" {
		return nil // a program: it learns nothing
	}
	text, err := checkReport(report.Kind, report.Text)
	if err != nil {
		return err
	}
	email := ""
	if strings.TrimSpace(report.Email) != "" {
		if email, err = input.Email("email", report.Email); err != nil {
			return err
		}
	}
	language := report.Language
	if language == "" {
		language = "nl"
	}
	if !slices.Contains([]string{"nl", "en", "fr"}, language) {
		return refusal.Invalid("language", refusal.Unknown, "The languages are nl, en and fr.")
	}
	id := report.clientID(building)
	switch _, err := s.query.FindIncidentByClientID(ctx, id); {
	case err == nil:
		return nil // it came in before
	case !errors.Is(err, pgx.ErrNoRows):
		return refusal.Failure(err, "look for the report")
	}
	var picture *convertedPicture
	if report.photo != nil {
		if picture, err = s.convertUpload(ctx, uuid.Must(uuid.NewV4()), report.photo); err != nil {
			return onPhoto(err)
		}
	}
	if email != "" && s.limiter.Take(ctx, answersToAddress, email) > 0 {
		email = "" // the report counts all the same
	}
	err = s.transact(ctx, access.Actor{Address: client.Address}, func(c *change) error {
		incident, err := c.insertIncident(ctx, store.InsertIncidentParams{
			ClientID: id, BuildingID: building, Kind: report.Kind, Text: text, ReportedThrough: ThroughResident,
			ReporterEmail: email, ReporterLanguage: language, ClaimedAt: c.at,
		})
		if err != nil || picture == nil {
			return err
		}
		return c.insertIncidentPicture(ctx, incident, picture)
	})
	if refusal.ReasonOf(err) == refusal.IDReused {
		return nil // it comes in twice at this moment, and the other one counts
	}
	return refusal.Failure(err, "record the report")
}

// clientID names the incident of a report: the same for what is sent again from one form.
func (r *ProblemReport) clientID(building int64) uuid.UUID {
	form, err := uuid.FromString(r.ID)
	if err != nil {
		return uuid.Must(uuid.NewV4())
	}
	content := []string{strconv.FormatInt(building, 10), r.Kind, r.Text, r.Email}
	if r.photo != nil {
		content = append(content, hex.EncodeToString(r.photo.sum[:]))
	}
	return uuid.NewV5(form, strings.Join(content, "\x00"))
}

// networkTurn is whose turn a report takes: one of a network at a time, so that none holds up those of others.
func networkTurn(network string) int64 {
	hash := fnv.New64a()
	hash.Write([]byte(network))
	return int64(hash.Sum64())
}

// onPhoto says of a refusal of a file that it is about the field photo.
func onPhoto(err error) error {
	refused, ok := errors.AsType[*errs.Error](err)
	if !ok {
		return err
	}
	details, ok := refused.Details.(refusal.Details)
	if !ok || details.Field != "file" {
		return err
	}
	details.Field = photoField
	renamed := *refused
	renamed.Details = details
	return &renamed
}

var _ = cron.NewJob("forget-reporters", cron.JobConfig{
	Title:    "Remove the e-mail addresses of residents whose problem was resolved 90 days ago",
	Every:    24 * cron.Hour,
	Endpoint: ForgetReporters,
})

// ForgetReporters removes the e-mail addresses of those whose incident was resolved 90 days ago or longer.
//
//encore:api private method=POST path=/internal/forget-reporters
func (s *Service) ForgetReporters(ctx context.Context) error {
	for more := true; more; {
		err := s.transact(ctx, access.Actor{}, func(c *change) error {
			rows, err := c.query.LockReporters(ctx, c.at.Add(-reporterLife))
			if err != nil {
				return err
			}
			more = len(rows) > 0
			ids := make([]int64, len(rows))
			for i := range rows {
				ids[i] = rows[i].ID
			}
			if err := c.query.ForgetReporters(ctx, ids); err != nil {
				return err
			}
			for i := range rows {
				rows[i].Version++
				if err := c.incidentChanged(ctx, IncidentReporterForgotten, rows[i], nil, nil); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return refusal.Failure(err, "forget who reported incidents")
		}
	}
	return nil
}

// convertedPicture is an upload whose files are stored, and whose row is not written yet.
type convertedPicture struct {
	id            uuid.UUID
	sum           []byte
	width, height int
}

// convertUpload converts an upload and stores its files, before its row: a row promises that they are there (writePicture).
func (s *Service) convertUpload(ctx context.Context, id uuid.UUID, file *spooledFile) (*convertedPicture, error) {
	converted, err := s.convert(ctx, file.File)
	if err != nil {
		return nil, refuseUpload(err)
	}
	note := store.NoteUploadParams{PictureID: id, Sha256: file.sum[:], StartedAt: s.clock()}
	if err := s.query.NoteUpload(ctx, note); err != nil {
		return nil, refusal.Failure(err, "note the upload")
	}
	if err := s.writeFiles(ctx, id, file.sum[:], converted); err != nil {
		return nil, storeFailed(&photo.SpoolError{Cause: err})
	}
	return &convertedPicture{id, file.sum[:], converted.Width, converted.Height}, nil
}
