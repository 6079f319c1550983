package core

import (
	"net/http"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/types/uuid"

	"encore.app/core/resident"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// SendResidentReport takes the form of the residents' page as ReportIncident does, and answers with a page: that the report came
// in, or the form again, with what was typed and what is wrong with it. It counts with ReportIncident.
//
// Form:
//   - kind (string): bins_not_out, bins_not_back, missed_collection, dirty, damaged, blocked_access or other
//   - text (string): up to 2000 characters; needed for other
//   - email (string): where the answer goes
//   - language (string): nl, en or fr
//   - website (string): leave it empty
//   - photo (string, binary): a JPEG, PNG or WebP picture
//
// Responses:
//   - 303: the report came in; Location is a page that says so
//   - 400: the form again
//   - 404: no building in use has the public id
//   - 429: the form again; Retry-After says when to send it
//
//encore:api public raw method=POST path=/b/:publicID
func (s *Service) SendResidentReport(w http.ResponseWriter, req *http.Request) {
	s.serveResidentReport(w, req, encore.CurrentRequest().PathParams.Get("publicID"))
}

func (s *Service) serveResidentReport(w http.ResponseWriter, req *http.Request, publicID string) {
	sent, language := req.Body, pageLanguage(req)
	// A refused report is answered with the page: it counts as the page does.
	if err := s.limitPublic(req.Context(), publicLimit, limit.ClientOf(req.Header)); err != nil {
		s.drain(w, sent)
		refuseResident(w, language, err)
		return
	}
	report, refused := s.takeReport(w, req, publicID)
	if refused == nil {
		pageHeader(w, "no-store")
		http.Redirect(w, req, residentPath(publicID)+"?lang="+language+"&sent=1", http.StatusSeeOther)
		return
	}
	s.drain(w, sent)
	page, err := s.residentPage(req.Context(), publicID, language)
	if err != nil {
		refuseResident(w, language, err)
		return
	}
	page.Report = reportAgain(report, refused)
	body, err := page.HTML()
	if err != nil {
		refuseResident(w, language, refusal.Failure(err, "write the page"))
		return
	}
	logFailure(refused)
	refusal.SetRetryAfter(w, refused)
	pageHeader(w, "no-store")
	w.WriteHeader(errs.Code(refused).HTTPStatus())
	_, _ = w.Write(body)
}

// reportAgain is the form with what was typed, and what is wrong with it. sent is nil when nothing of it was read.
func reportAgain(sent *ProblemReport, refused error) resident.Report {
	form := resident.Report{ID: newFormID(), Problems: make(map[string]string)}
	if sent != nil {
		form.Kind, form.Text, form.Email = sent.Kind, sent.Text, sent.Email
		if sent.photo != nil { // browsers forget which file was chosen
			form.Problems[photoField] = "photo_again"
		}
	}
	details, _ := errs.Details(refused).(refusal.Details)
	if problem, known := reportProblems[reportProblem{details.Field, details.Reason}]; known {
		form.Problems[details.Field] = problem
		return form
	}
	switch errs.Code(refused) {
	case errs.InvalidArgument, errs.DeadlineExceeded:
		form.Problems[""] = "form"
	case errs.ResourceExhausted:
		form.Problems[""] = "busy"
	default:
		form.Problems[""] = "failed"
	}
	return form
}

// newFormID names a form on a page, so that sending it twice is one report.
func newFormID() string { return uuid.Must(uuid.NewV4()).String() }

type reportProblem struct {
	field  string
	reason refusal.Reason
}

// reportProblems are the texts of what people can mend in a report.
var reportProblems = map[reportProblem]string{
	{"kind", refusal.Required}:          "kind",
	{"kind", refusal.Unknown}:           "kind",
	{"text", refusal.Required}:          "text",
	{"text", refusal.TooLong}:           "text_long",
	{"text", refusal.Malformed}:         "text_unreadable",
	{"email", refusal.Malformed}:        "email",
	{"email", refusal.TooLong}:          "email",
	{photoField, refusal.WrongFileType}: "photo_type",
	{photoField, refusal.TooLarge}:      "photo_large",
	{photoField, refusal.TooManyPixels}: "photo_large",
	{photoField, refusal.BrokenFile}:    "photo_broken",
	{photoField, refusal.TooManyOfThem}: "form",
}
