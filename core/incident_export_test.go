package core

import (
	"testing"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/stretchr/testify/require"

	"encore.app/internal/refusal"
)

func TestPeopleTakeAlongWhatTheyDidAboutIncidents(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	run, buildings := r.startedRun()
	reported, err := r.CreateIncident(r.as(emma), r.incidentParams(buildings[0], run))
	require.NoError(t, err)
	photo := newID()
	answer := r.uploadIncidentPicture(r.as(emma), map[string]string{"id": photo.String(), "incident": reported.Incident.ClientID.String()}, jpegFile(t, 64, 48))
	require.Equal(t, 200, answer.status, string(answer.body))
	reported, err = r.GetIncident(r.as(office), reported.Incident.ID)
	require.NoError(t, err)
	r.move(reported.Incident, IncidentResolved, "Opgehaald.")
	other := r.incident(buildings[0])

	mine, err := r.IncidentsExport(r.as(emma), &IncidentsExportParams{})
	require.NoError(t, err)
	require.Empty(t, mine.NextCursor)
	require.Equal(t, []ExportedIncident{{
		ID: reported.Incident.ID, BuildingID: buildings[0], RunID: &run, Kind: Damaged, Status: IncidentResolved, Reported: true, Text: "Deksel stuk",
		OccurredAt: mine.Items[0].OccurredAt, Entries: []ExportedEntry{}, PictureIDs: []uuid.UUID{photo},
	}}, mine.Items, "and not the answer of somebody else")
	content, err := r.IncidentPictureContent(r.as(emma), &PictureContentParams{ID: photo})
	require.NoError(t, err)
	require.NotEmpty(t, content.Content)

	theirs, err := r.IncidentsExport(r.as(office), &IncidentsExportParams{})
	require.NoError(t, err)
	require.Len(t, theirs.Items, 2)
	require.Equal(t, []int64{reported.Incident.ID, other.Incident.ID}, []int64{theirs.Items[0].ID, theirs.Items[1].ID})
	require.False(t, theirs.Items[0].Reported)
	require.Empty(t, theirs.Items[0].Text, "somebody else's words")
	require.Equal(t, "Opgehaald.", theirs.Items[0].Entries[0].Text)
	require.Empty(t, theirs.Items[0].PictureIDs)
	_, err = r.IncidentPictureContent(r.as(office), &PictureContentParams{ID: photo})
	requireRefusal(t, err, errs.NotFound, refusal.Missing)

	none, err := r.IncidentsExport(r.as(lucas), &IncidentsExportParams{})
	require.NoError(t, err)
	require.Empty(t, none.Items)
}
