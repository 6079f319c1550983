package mail

import (
	"context"
	"slices"
	"strings"
	"time"

	"encore.app/auth"
	"encore.app/internal/day"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
)

const (
	maxSubject = 200
	maxBody    = 10_000
)

// letter is what the office writes: a subject of one line and a plain text, both with variables.
type letter struct {
	subject, body string
}

// readLetter returns a letter as it is stored.
//
// Errors: invalid_argument with the field for an empty or too long text, a subject of several lines, characters that cannot be
// stored, and variables that do not exist.
func readLetter(subject, body string) (letter, error) {
	if strings.ContainsAny(subject, "\r\n") {
		return letter{}, refusal.Invalid("subject", refusal.Malformed, "A subject is one line.")
	}
	subject, err := input.RequiredText("subject", subject, maxSubject)
	if err != nil {
		return letter{}, err
	}
	if body, err = input.RequiredLines("body", body, maxBody); err != nil {
		return letter{}, err
	}
	if err := checkVariables("subject", subject); err != nil {
		return letter{}, err
	}
	return letter{subject, body}, checkVariables("body", body)
}

// uses tells whether the letter has one of the variables, and in which field.
func (l letter) uses(names ...string) (field string, found bool) {
	switch {
	case uses(l.subject, names...):
		return "subject", true
	case uses(l.body, names...):
		return "body", true
	}
	return "", false
}

// namesReceiver tells whether the letter can only be written to somebody with an account, and in which field it says so.
func (l letter) namesReceiver() (field string, found bool) {
	return l.uses(firstNameVariable, nameVariable)
}

// writeLetter writes a letter to somebody, nil for who has no account, about buildings.
//
// Errors: invalid_argument with the field for a variable that has no value for them.
func (s *Service) writeLetter(
	ctx context.Context, l letter, user *auth.User, buildingIDs []int64, at time.Time,
) (*content.Mail, error) {
	language := ""
	values := map[string]string{linkVariable: s.link("/")}
	if user != nil {
		language = user.Language
		values[firstNameVariable], values[nameVariable] = user.FirstName, addressOf(user).Name
	} else if field, found := l.namesReceiver(); found {
		return nil, errNoValue(field)
	}
	in := content.In(language, s.zone)
	values[dateVariable] = in.Day(day.Of(at, s.zone))
	if field, found := l.uses(buildingVariable); found {
		names, err := s.ask.buildings(ctx, buildingIDs)
		if err != nil {
			return nil, err
		}
		known := []string{}
		for _, id := range buildingIDs {
			if name := names[id]; name != "" {
				known = append(known, name)
			}
		}
		if len(known) == 0 {
			return nil, errNoValue(field)
		}
		values[buildingVariable] = strings.Join(known, "; ")
	}
	return in.Letter(fillIn(l.subject, values), fillIn(l.body, values)), nil
}

func errNoValue(field string) error {
	return refusal.Invalid(field, refusal.NoValue, "The text has a variable that has no value for this receiver.")
}

// PreviewParams are a text and who would get it.
type PreviewParams struct {
	// TemplateID is the template to show; 0 for the subject and body that are given here.
	TemplateID int64 `json:"template_id"`
	// Subject is one line of up to 200 characters, with variables.
	Subject string `json:"subject"`
	// Body is a plain text of up to 10,000 characters, with variables.
	Body string `json:"body"`
	// UserID is the receiver; 0 for the address.
	UserID int64 `json:"user_id"`
	// Address is that of the receiver when no person is given.
	Address string `json:"address" encore:"sensitive"`
	// BuildingIDs are what it is about, up to 200; empty for nothing.
	BuildingIDs []int64 `json:"building_ids"`
}

// PreviewResponse is a mail as it would arrive.
type PreviewResponse struct {
	// Subject is its subject.
	Subject string `json:"subject" encore:"sensitive"`
	// Text is what programs show that read no HTML.
	Text string `json:"text" encore:"sensitive"`
	// HTML is the same as a page. Show it in a frame of its own, without scripts.
	HTML string `json:"html" encore:"sensitive"`
}

// Preview returns how a template, or a text that is being written, would arrive at a person: with their names and in the frame
// of their language; at an address without an account, in Dutch. Nothing is sent. For the office.
//
// The variables are {{first_name}} and {{name}} of the receiver, {{building}}, {{date}} (today) and {{link}} (to the web app).
//
// Errors: permission_denied for other roles; not_found for a template that does not exist; invalid_argument with the field for
// an empty or too long text, a subject of several lines, a variable that does not exist (unknown_variable) or has no value here
// (no_value), what is no address, and for a person or a building that does not exist.
//
//encore:api auth method=POST path=/mail/preview
func (s *Service) Preview(ctx context.Context, p *PreviewParams) (*PreviewResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	l, err := s.letterToPreview(ctx, p)
	if err != nil {
		return nil, err
	}
	user, err := s.previewReceiver(ctx, p)
	if err != nil {
		return nil, err
	}
	buildings, err := s.existingBuildings(ctx, "building_ids", p.BuildingIDs)
	if err != nil {
		return nil, err
	}
	mail, err := s.writeLetter(ctx, l, user, buildings, s.now())
	if err != nil {
		return nil, refusal.Failure(err, "write the mail")
	}
	rendered, err := mail.Render()
	if err != nil {
		return nil, refusal.Failure(err, "write the mail")
	}
	return &PreviewResponse{Subject: rendered.Subject, Text: rendered.Text, HTML: rendered.HTML}, nil
}

// previewReceiver is the account of who a preview is for; nil for an address without one.
func (s *Service) previewReceiver(ctx context.Context, p *PreviewParams) (*auth.User, error) {
	if p.UserID == 0 {
		if p.Address == "" {
			return nil, refusal.Invalid("user_id", refusal.Required, "Choose a receiver.")
		}
		found, err := s.readAddresses(ctx, "address", []string{p.Address}, 1)
		if err != nil {
			return nil, err
		}
		return found[0].user, nil
	}
	people, err := s.ask.people(ctx, []int64{p.UserID})
	if err != nil {
		return nil, refusal.Failure(err, "read the receiver")
	}
	user, ok := people[p.UserID]
	if !ok {
		return nil, refusal.Invalid("user_id", refusal.Unknown, "There is no such person.")
	}
	return user, nil
}

func (s *Service) letterToPreview(ctx context.Context, p *PreviewParams) (letter, error) {
	if p.TemplateID == 0 {
		return readLetter(p.Subject, p.Body)
	}
	row, err := s.query.TemplateByID(ctx, p.TemplateID)
	if err != nil {
		return letter{}, refusal.Failure(missingTemplate(err), "read the template")
	}
	return letter{row.Subject, row.Body}, nil
}

// existingBuildings returns the ids, each once, if all of them are buildings.
func (s *Service) existingBuildings(ctx context.Context, field string, asked []int64) ([]int64, error) {
	ids, err := input.IDs(field, asked, maxReceivers)
	if err != nil || len(ids) == 0 {
		return ids, err
	}
	names, err := s.ask.buildings(ctx, ids)
	if err != nil {
		return nil, refusal.Failure(err, "read the buildings")
	}
	if slices.ContainsFunc(ids, func(id int64) bool { _, ok := names[id]; return !ok }) {
		return nil, refusal.Invalid(field, refusal.Unknown, "There is no such building.")
	}
	return ids, nil
}
