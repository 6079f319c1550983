package mail

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"encore.app/auth"
	"encore.app/internal/refusal"
)

func TestTheOfficeKeepsTemplates(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	keys, err := b.CreateTemplate(t.Context(), &TemplateParams{
		Name: " Sleutels ", Subject: "Sleutels van {{building}}", Body: "Dag {{ first_name }},\r\n\r\nbreng ze terug voor {{date}}: {{link}}",
	})
	require.NoError(t, err)
	require.Equal(t, "Sleutels", keys.Name)
	require.Equal(t, "Dag {{ first_name }},\n\nbreng ze terug voor {{date}}: {{link}}", keys.Body)
	require.EqualValues(t, 1, keys.Version)
	require.EqualValues(t, 2, keys.ChangedBy)
	_, err = b.CreateTemplate(t.Context(), &TemplateParams{Name: "afval", Subject: "Afval", Body: "Dag"})
	require.NoError(t, err)

	_, err = b.CreateTemplate(t.Context(), &TemplateParams{Name: "SLEUTELS", Subject: "x", Body: "x"})
	requireRefused(t, err, errs.AlreadyExists, refusal.NameTaken)

	change := &TemplateParams{Name: "Sleutels", Subject: "Sleutels", Body: "Dag {{name}}", Version: 1}
	changed, err := b.PutTemplate(t.Context(), keys.ID, change)
	require.NoError(t, err)
	require.EqualValues(t, 2, changed.Version)
	for _, version := range []int64{0, 1, 3} {
		other := &TemplateParams{Name: "Sleutels", Subject: "Sleutels", Body: "Dag", Version: version}
		_, err = b.PutTemplate(t.Context(), keys.ID, other)
		requireRefused(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	}
	_, err = b.PutTemplate(t.Context(), keys.ID, &TemplateParams{Name: "Afval", Subject: "x", Body: "x", Version: 2})
	requireRefused(t, err, errs.AlreadyExists, refusal.NameTaken)
	got, err := b.GetTemplate(t.Context(), keys.ID)
	require.NoError(t, err)
	require.Equal(t, changed, got)

	list := func() []string {
		t.Helper()
		found, err := b.ListTemplates(t.Context())
		require.NoError(t, err)
		names := []string{}
		for _, template := range found.Items {
			names = append(names, template.Name)
		}
		return names
	}
	require.Equal(t, []string{"afval", "Sleutels"}, list())
	require.NoError(t, b.DeleteTemplate(t.Context(), keys.ID))
	require.Equal(t, []string{"afval"}, list())
	requireRefused(t, b.DeleteTemplate(t.Context(), keys.ID), errs.NotFound, refusal.Missing)
	_, err = b.GetTemplate(t.Context(), keys.ID)
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	_, err = b.PutTemplate(t.Context(), keys.ID, change)
	requireRefused(t, err, errs.NotFound, refusal.Missing)

	kinds := []string{}
	for _, event := range b.changes() {
		require.Equal(t, "template", event.ThingKind)
		kinds = append(kinds, event.Kind)
	}
	require.Equal(t, []string{"mail.template_created", "mail.template_created", "mail.template_changed", "mail.template_deleted"}, kinds)
}

// Who gets no answer asks again, and must not hear that somebody else was faster.
func TestATemplateWhoseAnswerWasLostIsKeptOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	p := &TemplateParams{Name: " Sleutels", Subject: "Sleutels", Body: "Dag"}
	first, err := b.CreateTemplate(t.Context(), p)
	require.NoError(t, err)
	again, err := b.CreateTemplate(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = b.CreateTemplate(t.Context(), &TemplateParams{Name: "Sleutels", Subject: "Sleutels", Body: "Dag allemaal"})
	requireRefused(t, err, errs.AlreadyExists, refusal.NameTaken)

	change := &TemplateParams{Name: "Sleutels", Subject: "Sleutels", Body: "Dag {{name}}", Version: 1}
	changed, err := b.PutTemplate(t.Context(), first.ID, change)
	require.NoError(t, err)
	again, err = b.PutTemplate(t.Context(), first.ID, change)
	require.NoError(t, err)
	require.Equal(t, changed, again)
	b.time.advance(time.Minute)
	change.Version = 2 // as it is shown, and saved without a change
	again, err = b.PutTemplate(t.Context(), first.ID, change)
	require.NoError(t, err)
	require.Equal(t, changed, again)
	require.Len(t, b.changes(), 2)

	as(1, auth.RoleAdmin) // somebody else, who has not seen it
	change.Version = 1
	_, err = b.PutTemplate(t.Context(), first.ID, change)
	requireRefused(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = b.CreateTemplate(t.Context(), p)
	requireRefused(t, err, errs.AlreadyExists, refusal.NameTaken)
}

func TestThereAreAHundredTemplatesAtMost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(1, auth.RoleAdmin)
	for i := range maxTemplates {
		_, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: fmt.Sprint(i), Subject: "x", Body: "x"})
		require.NoError(t, err)
	}
	_, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: "99", Subject: "x", Body: "x"})
	require.NoError(t, err, "the last one, whose answer was lost")
	_, err = b.CreateTemplate(t.Context(), &TemplateParams{Name: "more", Subject: "x", Body: "x"})
	requireRefused(t, err, errs.FailedPrecondition, refusal.TooManyOfThem)
}

func TestNoMoreThanAHundredTemplatesWhoeverIsFaster(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(1, auth.RoleAdmin)
	_, err := b.pool.Exec(t.Context(), `insert into templates (name, subject, body, changed_by, changed_at)
		select 'kept ' || n, 'x', 'x', 1, now() from generate_series(1, $1::int) as n`, maxTemplates-1)
	require.NoError(t, err)
	var all errgroup.Group
	var refused atomic.Int32
	for i := range 6 {
		all.Go(func() error {
			_, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: fmt.Sprint("new ", i), Subject: "x", Body: "x"})
			if refusal.ReasonOf(err) == refusal.TooManyOfThem {
				refused.Add(1)
				return nil
			}
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.EqualValues(t, 5, refused.Load())
}

// badLetters are texts that can be neither kept nor sent, with the field that is wrong.
var badLetters = map[string]struct {
	subject, body, field string
	reason               refusal.Reason
}{
	"no subject":             {"", "x", "subject", refusal.Required},
	"no body":                {"x", " \n\u200b", "body", refusal.Required},
	"long subject":           {strings.Repeat("é", 201), "x", "subject", refusal.TooLong},
	"long body":              {"x", strings.Repeat("é", 10_001), "body", refusal.TooLong},
	"another header":         {"x\r\nBcc: all@example.org", "x", "subject", refusal.Malformed},
	"another line":           {"x\nBcc: all@example.org", "x", "subject", refusal.Malformed},
	"another old line":       {"x\rBcc: all@example.org", "x", "subject", refusal.Malformed},
	"NUL in the subject":     {"a\x00", "x", "subject", refusal.Malformed},
	"NUL in the body":        {"x", "a\x00", "body", refusal.Malformed},
	"no UTF-8":               {"x", "\xff", "body", refusal.Malformed},
	"unknown in the subject": {"Dag {{voornaam}}", "x", "subject", refusal.UnknownVariable},
	"unknown in the body":    {"x", "Dag {{ FirstName }}", "body", refusal.UnknownVariable},
	"nameless":               {"x", "{{}}", "body", refusal.UnknownVariable},
	"a program":              {"x", `{{range .}}x{{end}}`, "body", refusal.UnknownVariable},
	"not closed":             {"x", "Dag {{first_name", "body", refusal.Malformed},
	"closed twice":           {"x", "Dag {{first_name}}}}", "body", refusal.Malformed},
	"in each other":          {"x", "{{first_{{name}}}}", "body", refusal.Malformed},
}

func TestTextsThatCannotBeWrittenAreNotKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(1, auth.RoleAdmin)
	for name, bad := range badLetters {
		_, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: name, Subject: bad.subject, Body: bad.body})
		requireRefused(t, err, errs.InvalidArgument, bad.reason)
		require.Equal(t, bad.field, errs.Details(err).(refusal.Details).Field, name)
		_, err = b.Preview(t.Context(), &PreviewParams{Subject: bad.subject, Body: bad.body, UserID: 3})
		requireRefused(t, err, errs.InvalidArgument, bad.reason)
	}
	for _, name := range []string{"", "a\x00", strings.Repeat("a", 101)} {
		_, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: name, Subject: "x", Body: "x"})
		require.Equal(t, errs.InvalidArgument, errs.Code(err), name)
	}
	found, err := b.ListTemplates(t.Context())
	require.NoError(t, err)
	require.Empty(t, found.Items)
	require.Empty(t, b.changes())

	_, err = b.CreateTemplate(t.Context(), &TemplateParams{Name: "x", Subject: "x", Body: "Dag {{voornaam}}"})
	require.ErrorContains(t, err, "{{voornaam}}", "it is said which one")
	require.ErrorContains(t, err, "{{first_name}}", "and which there are")
}

func TestAPreviewIsTheMailThatSomebodyWouldGet(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[5].FirstName = "Zoë {{name}} <b>"
	as(2, auth.RoleSuperstudent)
	typed := &PreviewParams{Subject: "{{building}}, {{ first_name }}", Body: "Dag {{name}},\n\n{{date}}: {{link}}", UserID: 5, BuildingIDs: []int64{7}}
	got, err := b.Preview(t.Context(), typed)
	require.NoError(t, err)
	require.Equal(t, "Korenmarkt 7, Zoë {{name}} <b>", got.Subject, "what a name holds is no variable")
	require.Contains(t, got.Text, "Dag Zoë {{name}} <b> Lefèvre,\n\nmercredi 25 novembre 2026: https://bins.example.be/\n")
	require.Contains(t, got.HTML, `lang="fr"`)
	require.Contains(t, got.HTML, "Zoë {{name}} &lt;b&gt; Lefèvre")
	require.NotContains(t, got.HTML, "<b>")

	template, err := b.CreateTemplate(t.Context(), &TemplateParams{Name: "x", Subject: typed.Subject, Body: typed.Body})
	require.NoError(t, err)
	same, err := b.Preview(t.Context(), &PreviewParams{TemplateID: template.ID, UserID: 5, BuildingIDs: []int64{7}})
	require.NoError(t, err)
	require.Equal(t, got, same)
	plain, err := b.Preview(t.Context(), &PreviewParams{
		Subject: "{{building}}", Body: "{{date}}", Address: "buur@example.org", BuildingIDs: []int64{8, 7, 7},
	})
	require.NoError(t, err)
	require.Equal(t, "Korenmarkt 7; Korenmarkt 8", plain.Subject)
	require.Contains(t, plain.Text, "woensdag 25 november 2026", "Dutch, when nobody knows better")
	known, err := b.Preview(t.Context(), &PreviewParams{Subject: "{{first_name}}", Body: "x", Address: "Emma@example.org"})
	require.NoError(t, err)
	require.Equal(t, "Emma", known.Subject, "whose address it is")
	require.Empty(t, b.messages(), "nothing is sent")

	for name, bad := range map[string]struct {
		p      PreviewParams
		code   errs.ErrCode
		reason refusal.Reason
	}{
		"no building":      {PreviewParams{Subject: "x", Body: "{{building}}", UserID: 5}, errs.InvalidArgument, refusal.NoValue},
		"unknown building": {PreviewParams{Subject: "x", Body: "x", UserID: 5, BuildingIDs: []int64{999}}, errs.InvalidArgument, refusal.Unknown},
		"no receiver":      {PreviewParams{Subject: "x", Body: "x"}, errs.InvalidArgument, refusal.Required},
		"no address":       {PreviewParams{Subject: "x", Body: "x", Address: "a@example.org\nBcc: b@example.org"}, errs.InvalidArgument, refusal.Malformed},
		"name of nobody":   {PreviewParams{Subject: "x", Body: "{{name}}", Address: "buur@example.org"}, errs.InvalidArgument, refusal.NoValue},
		"unknown receiver": {PreviewParams{Subject: "x", Body: "x", UserID: 99}, errs.InvalidArgument, refusal.Unknown},
		"unknown template": {PreviewParams{TemplateID: 99, UserID: 5}, errs.NotFound, refusal.Missing},
	} {
		_, err := b.Preview(t.Context(), &bad.p)
		require.Equal(t, bad.code, errs.Code(err), name)
		require.Equal(t, bad.reason, refusal.ReasonOf(err), name)
	}
}
