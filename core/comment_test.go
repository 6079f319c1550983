package core

import (
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// comment is a note of the office about a building.
func (r *rounds) comment(building int64, text string) *Comment {
	r.t.Helper()
	comment, err := r.AddComment(r.as(office), building, &AddCommentParams{Text: text})
	require.NoError(r.t, err)
	return comment
}

func TestTheOfficeWritesCommentsAboutABuilding(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	first := r.comment(building, "  Code 4711\r\nbakken links ")
	require.Equal(t, "Code 4711\nbakken links", first.Text)
	require.Equal(t, &CommentAuthor{office.ID, "First2 Last2"}, first.WrittenBy)
	require.Equal(t, monday, first.WrittenAt)
	require.Nil(t, first.EditedBy)
	require.Nil(t, first.EditedAt)

	r.pass(time.Hour)
	second := r.comment(building, "Sleutel op kantoor")
	changed, err := r.PutComment(r.as(admin), first.ID, &PutCommentParams{Text: "Code 4712", Version: first.Version})
	require.NoError(t, err)
	require.Equal(t, "Code 4712", changed.Text)
	require.Equal(t, office.ID, changed.WrittenBy.ID, "it stays theirs who wrote it")
	require.Equal(t, &CommentAuthor{admin.ID, "First1 Last1"}, changed.EditedBy)
	require.Equal(t, monday.Add(time.Hour), *changed.EditedAt)
	require.Greater(t, changed.Version, first.Version)

	list, err := r.ListComments(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []Comment{*second, *changed}, list.Items, "the latest first")

	_, err = r.PutComment(r.as(office), first.ID, &PutCommentParams{Text: "Code 4713", Version: first.Version})
	requireRefusal(t, err, errs.Aborted, refusal.ChangedMeanwhile)
	_, err = r.DeleteComment(r.as(office), second.ID, &DeleteCommentParams{})
	require.NoError(t, err)
	list, err = r.ListComments(r.as(office), building)
	require.NoError(t, err)
	require.Equal(t, []Comment{*changed}, list.Items)
	_, err = r.DeleteComment(r.as(office), second.ID, &DeleteCommentParams{})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	_, err = r.PutComment(r.as(office), second.ID, &PutCommentParams{Text: "Weg", Version: second.Version})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)
	for _, id := range []int64{0, 99999} {
		_, err = r.AddComment(r.as(office), id, &AddCommentParams{Text: "Nergens"})
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
		_, err = r.ListComments(r.as(office), id)
		requireRefusal(t, err, errs.NotFound, refusal.Missing)
	}
}

func TestACommentIsRefused(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	for text, reason := range map[string]refusal.Reason{
		"\n": refusal.Required, strings.Repeat("é", maxComment+1): refusal.TooLong, "a\x00": refusal.Malformed,
	} {
		_, err := r.AddComment(r.as(office), building, &AddCommentParams{Text: text})
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "text", Reason: reason})
	}
	comment := r.comment(building, strings.Repeat("é", maxComment))
	_, err := r.PutComment(r.as(office), comment.ID, &PutCommentParams{Text: " ", Version: comment.Version})
	requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "text", Reason: refusal.Required})
	for range maxComments - 1 {
		r.comment(building, "Nog een")
	}
	_, err = r.AddComment(r.as(office), building, &AddCommentParams{Text: "Te veel"})
	requireDetails(t, err, errs.FailedPrecondition, refusal.Details{Field: "text", Reason: refusal.TooManyOfThem})
}

func TestACommentThatIsSentAgainStandsOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	params := &AddCommentParams{Text: "Code 4711", IdempotencyKey: uuid.Must(uuid.NewV4()).String()}
	first, err := r.AddComment(r.as(office), building, params)
	require.NoError(t, err)
	again, err := r.AddComment(r.as(office), building, params)
	require.NoError(t, err)
	require.Equal(t, first, again)
	list, err := r.ListComments(r.as(office), building)
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
}

func TestRule13_AWorkerReadsCommentsAroundOwnRunsOnly(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	for days, sees := range map[int]bool{0: true, 14: true, 15: false, -14: true, -15: false} {
		building := r.building(region)
		r.comment(building, "Code 4711")
		tour := r.tour(region, building)
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.Date = tour, today.AddDate(0, 0, days) })
		list, err := r.ListComments(r.as(emma), building)
		detail, runErr := r.GetRun(r.as(emma), run)
		require.NoError(t, runErr)
		if !sees {
			requireRefusal(t, err, errs.NotFound, refusal.Missing, "%d days", days)
			require.Empty(t, detail.Stops[0].Comments, "%d days", days)
			continue
		}
		require.NoError(t, err, "%d days", days)
		require.Len(t, list.Items, 1)
		require.Equal(t, "Code 4711", list.Items[0].Text)
		require.Nil(t, list.Items[0].WrittenBy, "names of people are the office's business")
		require.Equal(t, []StopComment{{list.Items[0].ID, "Code 4711", monday}}, detail.Stops[0].Comments)
		_, err = r.ListComments(r.as(lucas), building)
		requireRefusal(t, err, errs.NotFound, refusal.Missing, "another student")
		detail, err = r.GetRun(r.as(office), run)
		require.NoError(t, err)
		require.Len(t, detail.Stops[0].Comments, 1)
	}
}

func TestWhoWasAWorkerReadsNoDoorCodes(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	r.comment(building, "Code 4711#")
	tour := r.tour(r.region(), building)
	for name, check := range map[string]struct {
		actor access.Actor
		reads bool
	}{"student": {emma, true}, "syndic": {martin, false}, "none": {nobody, false}} {
		run := r.run(func(p *store.InsertRunParams) { p.TourID, p.WorkerID = tour, check.actor.ID })
		exported, err := r.RunExport(r.as(check.actor), run)
		require.NoError(t, err, name)
		require.Len(t, exported.Stops, 1, name)
		require.Equal(t, check.reads, len(exported.Stops[0].Comments) == 1, name)
		require.Equal(t, check.reads, exported.Stops[0].Building.Address.Street != "", name)
	}
}

func TestASyndicReadsNoComments(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	comment := r.comment(building, "Code 4711")
	_, err := r.ListComments(r.as(martin), building)
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.AddComment(r.as(martin), building, &AddCommentParams{Text: "Hallo"})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.PutComment(r.as(martin), comment.ID, &PutCommentParams{Text: "Hallo", Version: 1})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
	_, err = r.DeleteComment(r.as(martin), comment.ID, &DeleteCommentParams{})
	requireRefusal(t, err, errs.PermissionDenied, refusal.WrongRole)
}

func TestTheTextOfACommentIsInNoEventButTheAuditLog(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	before := len(r.events())
	comment := r.comment(buildings[0], "Code 4711")
	_, err := r.PutComment(r.as(admin), comment.ID, &PutCommentParams{Text: "Code 4712", Version: comment.Version})
	require.NoError(t, err)
	_, err = r.PutComment(r.as(admin), comment.ID, &PutCommentParams{Text: "Code 4712", Version: comment.Version + 1})
	require.NoError(t, err, "nothing new: no event")
	_, err = r.DeleteComment(r.as(office), comment.ID, &DeleteCommentParams{})
	require.NoError(t, err)
	require.Equal(t, []string{CommentCreated, CommentChanged, CommentDeleted}, r.events()[before:])

	var logged []*audit.Event
	for _, message := range r.topic.messages {
		if message.Topic == audit.Topic {
			event, err := audit.Decode(message)
			require.NoError(t, err)
			if strings.HasPrefix(event.Kind, "comment.") {
				logged = append(logged, event)
			}
			continue
		}
		require.NotContains(t, string(message.Payload), "471")
		if message.Topic == buildingEvents {
			event, err := decodeEvent[BuildingEvent](message)
			require.NoError(t, err)
			require.Equal(t, comment.ID, event.CommentID)
			require.Equal(t, []int64{run}, event.RunIDs, "who is on the way hears of it")
		}
	}
	require.Len(t, logged, 3)
	require.Contains(t, string(logged[1].Before), "Code 4711")
	require.Contains(t, string(logged[1].After), "Code 4712")
	require.Equal(t, admin.ID, logged[1].Actor.UserID)
	require.Equal(t, "building", logged[1].ThingKind, "it is part of the building's history")
	require.Equal(t, "null", orNull(logged[2].After))
}

func orNull(facts []byte) string {
	if len(facts) == 0 {
		return "null"
	}
	return string(facts)
}
