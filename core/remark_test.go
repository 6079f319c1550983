package core

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// remark is a remark at this moment.
func (r *rounds) remark(building int64, text string) *AddRemarkParams {
	return &AddRemarkParams{ID: newID(), BuildingID: building, Text: text, OccurredAt: r.now()}
}

// remarked is a remark of emma's.
func (r *rounds) remarked(run, building int64, text string) *Remark {
	r.t.Helper()
	remark, err := r.AddRemark(r.as(emma), run, r.remark(building, text))
	require.NoError(r.t, err)
	return remark
}

// remarkForm is an upload of a photo of a remark.
func (r *rounds) remarkForm(remark *Remark) *form {
	form := r.form(remark.RunID, remark.BuildingID, "")
	form.fields["remark"] = remark.ID.String()
	return form
}

func TestARemarkWithPhotosIsReadWhereverItsVisitIs(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.picture(run, stops[0], StepArrival)
	remark := r.remarked(run, stops[0], "  The gate\r\nsticks. ")
	require.Equal(t, "The gate\nsticks.", remark.Text)
	require.Equal(t, r.clock(), remark.OccurredAt)
	require.Empty(t, remark.Pictures)
	form := r.remarkForm(remark)
	r.pass(time.Second) // the later one is the last
	picture := r.send(emma, form).picture(t)
	require.Nil(t, picture.Step)
	require.Equal(t, remark.ID, *picture.RemarkID)
	require.Equal(t, picture, r.send(emma, form).picture(t), "sent again")

	detail, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	visit := detail.Stops[0].Visit
	require.Len(t, visit.Pictures, 1, "those of steps")
	require.Equal(t, StepArrival, *visit.Pictures[0].Step)
	require.Len(t, visit.Remarks, 1)
	require.Equal(t, []Picture{picture}, visit.Remarks[0].Pictures)
	list, err := r.ListRemarks(r.as(office), run, &ListRemarksParams{})
	require.NoError(t, err)
	require.Equal(t, visit.Remarks, list.Items)
	visits, err := r.ListVisits(r.as(martin), stops[0], &ListVisitsParams{})
	require.NoError(t, err)
	require.Equal(t, []Remark{visit.Remarks[0].ForSyndic()}, visits.Items[0].Visit.Remarks)
	visits, err = r.ListVisits(r.as(martin), stops[1], &ListVisitsParams{})
	require.NoError(t, err)
	require.Empty(t, visits.Items)

	r.remarked(run, stops[1], "Alone")
	visits, err = r.ListVisits(r.as(martin), stops[1], &ListVisitsParams{})
	require.NoError(t, err)
	require.Equal(t, "Alone", visits.Items[0].Visit.Remarks[0].Text, "a remark makes a visit")
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{})
	require.NoError(t, err)
	require.Equal(t, 2, board.Runs[0].Remarks)
	require.Equal(t, picture.ID, board.Runs[0].LastPicture.ID)
	require.Zero(t, board.Runs[0].Progress.Done)
	require.Equal(t, []string{"picture.added", "remark.created", "run.changed", "picture.added", "remark.created", "run.changed"}, r.events()[1:])
}

func TestRule3_TheTimeOfARemarkIsThatOnThePhoneUnlessItIsImpossible(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	r.pass(time.Hour)
	for name, check := range map[string]struct {
		ahead     time.Duration
		corrected bool
	}{
		"now": {0, false}, "while offline": {-30 * time.Minute, false}, "as far ahead as clocks are": {clockTolerance, false},
		"further ahead": {clockTolerance + time.Second, true}, "before the start": {-time.Hour - time.Second, true},
	} {
		p := r.remark(stops[0], name)
		p.OccurredAt = p.OccurredAt.Add(check.ahead)
		remark, err := r.AddRemark(r.as(emma), run, p)
		require.NoError(t, err, name)
		require.Equal(t, check.corrected, remark.Corrected, name)
		require.Equal(t, r.clock(), remark.ReceivedAt, name)
		if check.corrected {
			require.Equal(t, r.clock(), remark.OccurredAt, name)
		} else {
			require.Equal(t, p.OccurredAt, remark.OccurredAt, name)
		}
	}
	p := r.remark(stops[0], "no year")
	p.OccurredAt = lastSecondWestOf9999
	requireRefusal(t, second(r.AddRemark(r.as(emma), run, p)), errs.InvalidArgument, refusal.OutOfRange)
}

func TestRule4_ARemarkThatIsSentAgainIsWrittenOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	other, _ := r.startedRun()
	p := r.remark(stops[0], "No key")
	first, err := r.AddRemark(r.as(emma), run, p)
	require.NoError(t, err)
	again, err := r.AddRemark(r.as(emma), run, p)
	require.NoError(t, err)
	require.Equal(t, first, again)
	count := len(r.events())

	changed := &PutRemarkParams{ID: newID(), Text: "No key, rang twice"}
	edited, err := r.PutRemark(r.as(emma), first.ID, changed)
	require.NoError(t, err)
	require.Equal(t, "No key, rang twice", edited.Text)
	require.Equal(t, r.clock(), *edited.EditedAt)
	later, err := r.PutRemark(r.as(emma), first.ID, &PutRemarkParams{ID: newID(), Text: "Got in after all"})
	require.NoError(t, err)
	require.Equal(t, []string{"remark.changed", "run.changed", "remark.changed", "run.changed"}, r.events()[count:])
	count = len(r.events())

	r.pass(40 * 24 * time.Hour) // however late
	again, err = r.PutRemark(r.as(emma), first.ID, changed)
	require.NoError(t, err)
	require.Equal(t, later, again, "an older change does not undo a newer one")
	again, err = r.AddRemark(r.as(emma), run, p)
	require.NoError(t, err)
	require.Equal(t, later, again)
	require.Len(t, r.events(), count)

	for name, change := range map[string]func(p *AddRemarkParams){
		"another text":  func(p *AddRemarkParams) { p.Text = "Key" },
		"another stop":  func(p *AddRemarkParams) { p.BuildingID = stops[1] },
		"another time":  func(p *AddRemarkParams) { p.OccurredAt = p.OccurredAt.Add(time.Second) },
		"no change but": func(p *AddRemarkParams) { p.Text = "Got in after all" },
	} {
		reused := *p
		change(&reused)
		requireRefusal(t, second(r.AddRemark(r.as(emma), run, &reused)), errs.AlreadyExists, refusal.IDReused, name)
	}
	requireRefusal(t, second(r.AddRemark(r.as(emma), other, p)), errs.AlreadyExists, refusal.IDReused)
	reused := *changed
	reused.Text = "Something else"
	requireRefusal(t, second(r.PutRemark(r.as(emma), first.ID, &reused)), errs.AlreadyExists, refusal.IDReused)
}

func TestRule4_WhatHappenedBeforeTheEndIsTakenForADay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	cancelled, cancelledStops := r.startedRun()
	completed, completedStops := r.startedRun()
	r.pass(time.Hour)
	before := r.remark(cancelledStops[0], "Before the end")
	r.pass(time.Hour)
	_, err := r.CancelRun(r.as(office), cancelled, &CancelRunParams{Reason: "Storm"})
	require.NoError(t, err)
	_, err = r.CompleteRun(r.as(emma), completed, r.complete("Storm"))
	require.NoError(t, err)
	r.pass(time.Hour)
	requireRefusal(t, second(r.AddRemark(r.as(emma), cancelled, r.remark(cancelledStops[0], "After it"))),
		errs.FailedPrecondition, refusal.RunCancelled)
	r.pass(writeGrace - time.Hour)
	remark, err := r.AddRemark(r.as(emma), cancelled, before)
	require.NoError(t, err)
	require.Equal(t, before.OccurredAt, remark.OccurredAt)
	_, err = r.PutRemark(r.as(emma), remark.ID, &PutRemarkParams{ID: newID(), Text: "Changed"})
	require.NoError(t, err)
	mine := r.remarked(completed, completedStops[0], "In time")
	r.pass(time.Second)
	requireRefusal(t, second(r.AddRemark(r.as(emma), cancelled, r.remark(cancelledStops[0], "Late"))), errs.FailedPrecondition, refusal.TooLate)
	requireRefusal(t, second(r.AddRemark(r.as(emma), completed, r.remark(completedStops[0], "Late"))), errs.FailedPrecondition, refusal.TooLate)
	for _, id := range []uuid.UUID{remark.ID, mine.ID} {
		requireRefusal(t, second(r.PutRemark(r.as(emma), id, &PutRemarkParams{ID: newID(), Text: "Late"})), errs.FailedPrecondition, refusal.TooLate)
		requireRefusal(t, second(r.DeleteRemark(r.as(emma), id, &DeleteRemarkParams{Reason: "Late"})), errs.FailedPrecondition, refusal.TooLate)
	}
	planned := r.run()
	detail, err := r.GetRun(r.as(office), planned)
	require.NoError(t, err)
	requireRefusal(t, second(r.AddRemark(r.as(emma), planned, r.remark(detail.Stops[0].Building.ID, "Early"))),
		errs.FailedPrecondition, refusal.NotStarted)
}

func TestARemarkThatIsDeletedIsGoneAndStaysSo(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	p := r.remark(stops[0], "Door code 4711, oops")
	remark, err := r.AddRemark(r.as(emma), run, p)
	require.NoError(t, err)
	photo := r.remarkForm(remark)
	picture := r.send(emma, photo).picture(t)
	deleted, err := r.DeleteRemark(r.as(emma), remark.ID, &DeleteRemarkParams{})
	require.NoError(t, err)
	require.Equal(t, r.clock(), *deleted.DeletedAt)
	require.Empty(t, deleted.Text)
	require.Empty(t, deleted.Pictures)
	events := r.events()
	require.Equal(t, []string{"remark.deleted", "run.changed"}, events[len(events)-2:])

	r.pass(60 * 24 * time.Hour)
	again, err := r.DeleteRemark(r.as(emma), remark.ID, &DeleteRemarkParams{})
	require.NoError(t, err)
	require.Equal(t, deleted, again)
	again, err = r.AddRemark(r.as(emma), run, p)
	require.NoError(t, err)
	require.Equal(t, deleted, again, "sent again it does not come back")
	require.Equal(t, picture, r.send(emma, photo).picture(t))
	require.Equal(t, events, r.events())

	requireRefusal(t, second(r.PutRemark(r.as(office), remark.ID, &PutRemarkParams{ID: newID(), Text: "X", Reason: "Y"})), errs.NotFound, refusal.Missing)
	list, err := r.ListRemarks(r.as(office), run, &ListRemarksParams{})
	require.NoError(t, err)
	require.Empty(t, list.Items)
	detail, err := r.GetRun(r.as(office), run)
	require.NoError(t, err)
	require.Empty(t, detail.Stops[0].Visit.Remarks)
	require.Empty(t, detail.Stops[0].Visit.Pictures)
	board, err := r.GetDashboard(r.as(office), &GetDashboardParams{Date: "2026-05-04"})
	require.NoError(t, err)
	require.Zero(t, board.Runs[0].Remarks)
	require.Nil(t, board.Runs[0].LastPicture)
	for _, actor := range []access.Actor{office, emma, martin} {
		code, _ := r.fetch(r.as(actor), picture.ID.String(), sizeSmall, "").refusal(t)
		require.Equal(t, "not_found", code)
	}
	answer, err := r.RemarksForEvents(t.Context(), &RemarksForEventsParams{IDs: []uuid.UUID{remark.ID}})
	require.NoError(t, err)
	require.Empty(t, answer.Remarks)
}

func TestAPictureIsTakenOffARemarkAndStaysOff(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	remark := r.remarked(run, stops[0], "The gate sticks")
	form := r.remarkForm(remark)
	wrong, right := r.send(emma, form).picture(t), r.send(emma, r.remarkForm(remark)).picture(t)
	ofStep := r.picture(run, stops[0], StepArrival)
	r.events()
	off := func(actor access.Actor, picture uuid.UUID, reason string) (*Remark, error) {
		return r.RemovePicture(r.as(actor), remark.ID, picture, &RemovePictureParams{Reason: reason})
	}
	requireRefusal(t, second(off(lucas, wrong.ID, "")), errs.NotFound, refusal.Missing)
	requireRefusal(t, second(off(martin, wrong.ID, "")), errs.PermissionDenied, refusal.WrongRole)
	requireRefusal(t, second(off(office, wrong.ID, "")), errs.InvalidArgument, refusal.Required)

	// The run is over: for a day the worker still writes.
	_, err := r.CompleteRun(r.as(emma), run, r.complete("Dark"))
	require.NoError(t, err)
	r.pass(writeGrace)
	before := len(r.events())
	left, err := off(emma, wrong.ID, "")
	require.NoError(t, err)
	require.Equal(t, []Picture{right}, left.Pictures)
	require.Equal(t, []string{"remark.changed", "run.changed"}, r.events()[before:])

	r.pass(60 * 24 * time.Hour)
	before = len(r.events())
	again, err := off(emma, wrong.ID, "")
	require.NoError(t, err, "however late")
	require.Equal(t, left, again)
	require.Equal(t, wrong, r.send(emma, form).picture(t), "a phone that sends it again")
	for name, other := range map[string]uuid.UUID{"one that never came": newID(), "one of a step": ofStep.ID} {
		again, err = off(emma, other, "")
		require.NoError(t, err, name)
		require.Equal(t, left, again, name)
	}
	require.Len(t, r.events(), before, "nothing happened")
	requireRefusal(t, second(off(emma, right.ID, "")), errs.FailedPrecondition, refusal.TooLate)

	detail, err := r.GetRun(r.as(emma), run)
	require.NoError(t, err)
	require.Equal(t, []Picture{right}, detail.Stops[0].Visit.Remarks[0].Pictures)
	require.Len(t, detail.Stops[0].Visit.Pictures, 1, "the step keeps its own")
	for _, actor := range []access.Actor{office, emma, martin} {
		code, _ := r.fetch(r.as(actor), wrong.ID.String(), sizeSmall, "").refusal(t)
		require.Equal(t, "not_found", code)
	}
	left, err = off(office, right.ID, "A face")
	require.NoError(t, err)
	require.Empty(t, left.Pictures)
}

func TestTheOfficeCorrectsARemarkWithAReason(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	remark := r.remarked(run, stops[0], "The neighbour is a fool")
	r.pass(100 * time.Hour)
	requireRefusal(t, second(r.PutRemark(r.as(office), remark.ID, &PutRemarkParams{ID: newID(), Text: "The gate was shut", Reason: " "})),
		errs.InvalidArgument, refusal.Required)
	requireRefusal(t, second(r.DeleteRemark(r.as(office), remark.ID, &DeleteRemarkParams{})), errs.InvalidArgument, refusal.Required)
	corrected, err := r.PutRemark(r.as(office), remark.ID, &PutRemarkParams{ID: newID(), Text: "The gate was shut", Reason: "Polite"})
	require.NoError(t, err)
	require.Equal(t, "The gate was shut", corrected.Text)
	_, err = r.DeleteRemark(r.as(office), remark.ID, &DeleteRemarkParams{Reason: "Not needed"})
	require.NoError(t, err)
	r.events()
	var lines []string
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			change, err := audit.Decode(message)
			require.NoError(t, err)
			if change.ThingKind == "remark" {
				require.Equal(t, remark.ID.String(), change.ThingID)
				lines = append(lines, fmt.Sprintf("%s by %d: %s > %s", change.Kind, change.Actor.UserID, change.Before, change.After))
			}
		}
	}
	require.Len(t, lines, 3)
	require.Contains(t, lines[0], "remark.created by 3: null > ")
	require.Regexp(t, `remark.changed by 2: .*fool.* > .*The gate was shut.*Polite`, lines[1])
	require.Regexp(t, `remark.deleted by 2: .*The gate was shut.* > .*Not needed`, lines[2])
}

func TestOnlyTheWorkerOfARunRemarks(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	other, otherStops := r.startedRun()
	remark := r.remarked(run, stops[0], "Mine")
	for name, check := range map[string]struct {
		actor     access.Actor
		add, read errs.ErrCode
		change    errs.ErrCode
	}{
		"office": {office, errs.PermissionDenied, errs.OK, errs.InvalidArgument}, "admin": {admin, errs.PermissionDenied, errs.OK, errs.InvalidArgument},
		"another worker": {lucas, errs.NotFound, errs.NotFound, errs.NotFound},
		"syndic":         {martin, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
		"nobody":         {nobody, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	} {
		ctx := r.as(check.actor)
		require.Equal(t, check.add, errs.Code(second(r.AddRemark(ctx, run, r.remark(stops[0], "X")))), name)
		require.Equal(t, check.read, errs.Code(second(r.ListRemarks(ctx, run, &ListRemarksParams{}))), name)
		require.Equal(t, check.change, errs.Code(second(r.PutRemark(ctx, remark.ID, &PutRemarkParams{ID: newID(), Text: "X"}))), name)
		require.Equal(t, check.change, errs.Code(second(r.DeleteRemark(ctx, remark.ID, &DeleteRemarkParams{}))), name)
	}
	requireRefusal(t, second(r.AddRemark(r.as(emma), run, r.remark(otherStops[0], "X"))), errs.NotFound, refusal.Missing)
	code, _ := r.send(emma, r.remarkForm(&Remark{ID: newID(), RunID: run, BuildingID: stops[0]})).refusal(t)
	require.Equal(t, "not_found", code, "no such remark")
	code, _ = r.send(emma, r.remarkForm(&Remark{ID: remark.ID, RunID: other, BuildingID: otherStops[0]})).refusal(t)
	require.Equal(t, "not_found", code, "of another run")
	both := r.remarkForm(remark)
	both.fields["step"] = StepArrival
	code, details := r.send(emma, both).refusal(t)
	require.Equal(t, "invalid_argument", code)
	require.Equal(t, "remark", details.Field)
}

func TestRemarksAreBounded(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, stops := r.startedRun()
	for _, text := range []string{"", " \n ", strings.Repeat("é", maxRemark+1)} {
		require.Equal(t, errs.InvalidArgument, errs.Code(second(r.AddRemark(r.as(emma), run, r.remark(stops[0], text)))))
	}
	var ids []uuid.UUID
	for i := range maxRemarks {
		r.pass(time.Second)
		ids = append(ids, r.remarked(run, stops[0], strings.Repeat("é", maxRemark-3)+fmt.Sprint(i)).ID)
	}
	requireRefusal(t, second(r.AddRemark(r.as(emma), run, r.remark(stops[0], "One more"))), errs.FailedPrecondition, refusal.TooManyOfThem)
	r.pass(time.Second)
	r.remarked(run, stops[1], "Elsewhere")
	r.pass(time.Second)
	_, err := r.DeleteRemark(r.as(emma), ids[0], &DeleteRemarkParams{})
	require.NoError(t, err)
	r.remarked(run, stops[0], "One more")

	var read []uuid.UUID
	for cursor := ""; ; {
		list, err := r.ListRemarks(r.as(emma), run, &ListRemarksParams{Limit: 7, Cursor: cursor})
		require.NoError(t, err)
		for _, remark := range list.Items {
			read = append(read, remark.ID)
		}
		if cursor = list.NextCursor; cursor == "" {
			break
		}
	}
	require.Len(t, read, maxRemarks+1)
	require.Equal(t, ids[1:], read[:maxRemarks-1], "the earliest first")
}
