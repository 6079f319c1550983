package mail

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/refusal"
	"encore.app/mail/store"
)

const (
	maxTemplates    = 100
	maxTemplateName = 100
)

// Template is a text that the office keeps, to write it to people again and again.
type Template struct {
	// ID identifies the template.
	ID int64 `json:"id"`
	// Name is what the office calls it; no other template has it.
	Name string `json:"name"`
	// Subject is one line, with variables.
	Subject string `json:"subject"`
	// Body is a plain text, with variables.
	Body string `json:"body"`
	// Version grows with every change.
	Version int64 `json:"version"`
	// ChangedBy is who changed it last, ChangedAt when.
	ChangedBy int64     `json:"changed_by"`
	ChangedAt time.Time `json:"changed_at"`
}

// TemplateParams describe a template.
type TemplateParams struct {
	// Name is up to 100 characters; no other template may have it.
	Name string `json:"name"`
	// Subject is one line of up to 200 characters.
	Subject string `json:"subject"`
	// Body is up to 10,000 characters; an empty line begins a paragraph.
	Body string `json:"body"`
	// Version is that of the template that was changed; left out for a new one.
	Version int64 `json:"version"`
}

// ListTemplatesResponse holds all templates.
type ListTemplatesResponse struct {
	// Items are in the order of their names, 100 at most.
	Items []*Template `json:"items"`
}

// ListTemplates returns all templates. For the office.
//
// Errors: permission_denied for other roles.
//
//encore:api auth method=GET path=/mail/templates
func (s *Service) ListTemplates(ctx context.Context) (*ListTemplatesResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	rows, err := s.query.ListTemplates(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "list the templates")
	}
	answer := &ListTemplatesResponse{Items: make([]*Template, len(rows))}
	for i, row := range rows {
		answer.Items[i] = templateOf(row)
	}
	return answer, nil
}

// GetTemplate returns a template. For the office.
//
// Errors: permission_denied for other roles, not_found for one that does not exist.
//
//encore:api auth method=GET path=/mail/templates/:id
func (s *Service) GetTemplate(ctx context.Context, id int64) (*Template, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	row, err := s.query.TemplateByID(ctx, id)
	if err != nil {
		return nil, refusal.Failure(missingTemplate(err), "read the template")
	}
	return templateOf(row), nil
}

// CreateTemplate keeps a text. For the office.
//
// Subject and body may have variables: {{first_name}} and {{name}} of the receiver, {{building}} (what it is about), {{date}}
// (the day on which it is sent) and {{link}} (to the web app).
//
// Errors: permission_denied for other roles; invalid_argument with the field for an empty or too long text, a subject of
// several lines and a variable that does not exist (unknown_variable); already_exists (name_taken) when another template has the
// name; failed_precondition (too_many) when there are 100. Asking again, because the answer was lost, gets the template that the
// same person has made with the same text.
//
//encore:api auth method=POST path=/mail/templates
func (s *Service) CreateTemplate(ctx context.Context, p *TemplateParams) (*Template, error) {
	return s.changeTemplate(ctx, p, "mail.template_created", func(
		query *store.Queries, params store.InsertTemplateParams,
	) (before, after *store.Template, err error) {
		if err := query.LockTemplates(ctx); err != nil {
			return nil, nil, err
		}
		known, err := query.ListTemplates(ctx)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range known {
			if row.Version == 1 && row.ChangedBy == params.ChangedBy && saysSame(row, params) {
				return &row, &row, nil
			}
		}
		count, err := query.CountTemplates(ctx)
		switch {
		case err != nil:
			return nil, nil, err
		case count >= maxTemplates:
			return nil, nil, refusal.Precondition("", refusal.TooManyOfThem, "There are 100 templates; delete one first.")
		}
		row, err := query.InsertTemplate(ctx, params)
		return nil, &row, err
	})
}

// PutTemplate changes a template. What was sent with it stays as it was. A text that it has already, and the same change again
// by the same person because the answer was lost, change nothing. For the office.
//
// Errors: as CreateTemplate; not_found for one that does not exist; aborted (changed_meanwhile) when somebody else has changed
// it since that version.
//
//encore:api auth method=PUT path=/mail/templates/:id
func (s *Service) PutTemplate(ctx context.Context, id int64, p *TemplateParams) (*Template, error) {
	return s.changeTemplate(ctx, p, "mail.template_changed", func(
		query *store.Queries, params store.InsertTemplateParams,
	) (before, after *store.Template, err error) {
		now, err := query.TemplateForUpdate(ctx, id)
		switch {
		case err != nil:
			return nil, nil, missingTemplate(err)
		case saysSame(now, params) && (now.Version == p.Version || now.Version == p.Version+1 && now.ChangedBy == params.ChangedBy):
			return &now, &now, nil
		case now.Version != p.Version:
			return nil, nil, refusal.Conflict(refusal.ChangedMeanwhile, "Somebody else has changed the template. Read it again.")
		}
		row, err := query.UpdateTemplate(ctx, store.UpdateTemplateParams{
			ID: id, Name: params.Name, Subject: params.Subject, Body: params.Body, ChangedBy: params.ChangedBy,
			ChangedAt: params.ChangedAt,
		})
		return &now, &row, err
	})
}

// DeleteTemplate deletes a template. What was sent with it stays. For the office.
//
// Errors: permission_denied for other roles, not_found for one that does not exist.
//
//encore:api auth method=DELETE path=/mail/templates/:id
func (s *Service) DeleteTemplate(ctx context.Context, id int64) error {
	who, err := callerFromOffice()
	if err != nil {
		return err
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		row, err := query.TemplateForUpdate(ctx, id)
		if err != nil {
			return missingTemplate(err)
		}
		if err := query.DeleteTemplate(ctx, id); err != nil {
			return err
		}
		return s.auditTemplate(ctx, tx, who, "mail.template_deleted", &row, nil)
	})
	return refusal.Failure(err, "delete the template")
}

// changeTemplate checks a template, runs do in a transaction and tells the audit log, unless do returns one row as before and
// after: it has changed nothing.
func (s *Service) changeTemplate(
	ctx context.Context, p *TemplateParams, kind string,
	do func(query *store.Queries, params store.InsertTemplateParams) (before, after *store.Template, err error),
) (*Template, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	name, err := input.RequiredText("name", p.Name, maxTemplateName)
	if err != nil {
		return nil, err
	}
	l, err := readLetter(p.Subject, p.Body)
	if err != nil {
		return nil, err
	}
	var changed *store.Template
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		before, after, err := do(s.query.WithTx(tx), store.InsertTemplateParams{
			Name: name, Subject: l.subject, Body: l.body, ChangedBy: who.UserID, ChangedAt: s.clock(),
		})
		if err != nil {
			return err
		}
		changed = after
		if before == after {
			return nil
		}
		return s.auditTemplate(ctx, tx, who, kind, before, after)
	})
	if violation, ok := errors.AsType[*pgconn.PgError](err); ok && violation.ConstraintName == "templates_name" {
		return nil, refusal.Exists("name", refusal.NameTaken, "Another template has this name.")
	}
	if err != nil {
		return nil, refusal.Failure(err, "keep the template")
	}
	return templateOf(*changed), nil
}

// saysSame tells whether a template is what somebody wants it to be.
func saysSame(row store.Template, params store.InsertTemplateParams) bool {
	return row.Name == params.Name && row.Subject == params.Subject && row.Body == params.Body
}

// templateFacts is what the audit log keeps of a template.
type templateFacts struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Body    string `json:"body"`
	Version int64  `json:"version"`
}

func (s *Service) auditTemplate(ctx context.Context, tx pgx.Tx, who *auth.Data, kind string, before, after *store.Template) error {
	change := audit.Change{Kind: kind, ThingKind: "template", Actor: actorOf(who), OccurredAt: s.clock()}
	if before != nil {
		change.ThingID, change.Before = before.ID, templateFacts{before.Name, before.Subject, before.Body, before.Version}
	}
	if after != nil {
		change.ThingID, change.After = after.ID, templateFacts{after.Name, after.Subject, after.Body, after.Version}
	}
	return audit.Append(ctx, tx, change)
}

func templateOf(row store.Template) *Template {
	return &Template{
		ID: row.ID, Name: row.Name, Subject: row.Subject, Body: row.Body, Version: row.Version,
		ChangedBy: row.ChangedBy, ChangedAt: row.ChangedAt,
	}
}

// missingTemplate makes an answer of an error in reading a template.
func missingTemplate(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal.NotFound("There is no such template.")
	}
	return err
}
