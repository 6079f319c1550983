package mail

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
)

// reported makes core know an incident at building 7, and returns the event of its opening.
func (b *bundle) reported(id int64, email string) *core.IncidentEvent {
	if b.core.incidents == nil {
		b.core.incidents = map[int64]*core.IncidentForMail{}
	}
	b.core.incidents[id] = &core.IncidentForMail{
		ID: id, BuildingID: 7, Kind: core.MissedCollection, Status: core.IncidentOpen, ReporterEmail: email, ReporterLanguage: "fr",
		OpenedAt: wednesday,
	}
	return &core.IncidentEvent{
		ID: "opened-" + string(rune('a'+id)), Type: core.IncidentOpened, Change: core.IncidentOpened, IncidentID: id, BuildingID: 7,
		SyndicIDs: b.core.syndics[7], Status: core.IncidentOpen, Version: 1,
	}
}

// moved changes the status of an incident in core and tells mail.
func (b *bundle) moved(id int64, status, change, answer string) {
	b.t.Helper()
	b.core.incidents[id].Status, b.core.incidents[id].Answer = status, answer
	require.NoError(b.t, b.OnIncidentEvent(b.t.Context(), &core.IncidentEvent{
		ID: change + "-" + string(rune('a'+id)), Type: core.IncidentChanged, Change: change, IncidentID: id, BuildingID: 7, ActorID: 2,
	}))
}

// to returns the texts that went to an address without an account.
func (b *bundle) to(address string) (texts []string) {
	b.t.Helper()
	rows, err := b.pool.Query(b.t.Context(), `select subject || E'\n' || body from messages
		where address = $1 and user_id = 0 and status = 'sent' order by id`, address)
	require.NoError(b.t, err)
	defer rows.Close()
	for rows.Next() {
		var text string
		require.NoError(b.t, rows.Scan(&text))
		texts = append(texts, text)
	}
	require.NoError(b.t, rows.Err())
	return texts
}

func TestAResidentHearsWhatBecomesOfTheirReport(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const an = "an@elsewhere.example"
	opened := b.reported(1, an)
	require.NoError(t, b.OnIncidentEvent(t.Context(), opened))
	require.NoError(t, b.OnIncidentEvent(t.Context(), opened), "the event comes again")
	b.send()
	require.Len(t, b.to(an), 1)
	require.Contains(t, b.to(an)[0], "Nous avons reçu votre signalement (Korenmarkt 7)")
	require.Contains(t, b.to(an)[0], "Collecte manquée")
	require.Contains(t, b.to(an)[0], "quelqu’un a donné cette adresse")

	b.moved(1, core.IncidentAcknowledged, core.IncidentWasAcknowledged, "")
	b.send()
	b.moved(1, core.IncidentResolved, core.IncidentWasResolved, "C’est fait.\n\n<b>Merci</b>")
	b.send()
	require.Len(t, b.to(an), 3)
	require.Contains(t, b.to(an)[1], "pris en charge")
	require.Contains(t, b.to(an)[2], "Réponse du bureau\n- C’est fait.\n- <b>Merci</b>\n")

	b.moved(1, core.IncidentOpen, "incident.reopened", "")
	b.moved(1, core.IncidentOpen, "incident.commented", "")
	b.send()
	require.Len(t, b.to(an), 3, "nothing else")
}

func TestAReporterIsToldOnlyWhatIsStillSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(1, "an@elsewhere.example")))
	b.moved(1, core.IncidentAcknowledged, core.IncidentWasAcknowledged, "")
	b.moved(1, core.IncidentResolved, core.IncidentWasResolved, "")
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(2, "")), "who left no address hears nothing")
	worker := b.reported(3, "")
	worker.ReportedBy, worker.ActorID = 3, 3
	require.NoError(t, b.OnIncidentEvent(t.Context(), worker))
	for range 5 {
		b.send()
	}
	require.Len(t, b.to("an@elsewhere.example"), 1)
	require.Contains(t, b.to("an@elsewhere.example")[0], "est résolu")
	require.Empty(t, b.to(""))
}

func TestTheOfficeAndSyndicsWhoWantItHearOfReports(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[9] = &auth.User{ID: 9, Email: "marc@example.org", FirstName: "Marc", LastName: "Claeys", Language: "nl", Role: auth.RoleSyndic, Active: true}
	b.auth.users[10] = &auth.User{ID: 10, Email: "lies@example.org", FirstName: "Lies", LastName: "Maes", Language: "nl", Role: auth.RoleSyndic, Active: true}
	b.core.syndics = map[int64][]int64{7: {9, 10}}
	as(9, auth.RoleSyndic)
	_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: "building-incidents", Choice: "on"}}})
	require.NoError(t, err)
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(1, "an@elsewhere.example")))
	second := b.reported(2, "")
	second.ActorID, second.ReportedBy = 2, 2
	require.NoError(t, b.OnIncidentEvent(t.Context(), second))
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(3, "")))
	b.core.incidents[3].Status = core.IncidentResolved // before anybody was told
	b.later(quiet)
	require.Len(t, b.bodies(1), 1)
	require.Contains(t, b.bodies(1)[0], "2 problemen zijn gemeld")
	require.Contains(t, b.bodies(1)[0], "- Korenmarkt 7: Niet opgehaald (melding 1)\n- Korenmarkt 7: Niet opgehaald (melding 2)\n")
	require.Contains(t, b.bodies(1)[0], "/manage/incidents")
	require.Contains(t, b.bodies(2)[0], "a problem was reported", "who reported one hears of the other")
	require.Len(t, b.bodies(9), 1)
	require.Contains(t, b.bodies(9)[0], "2 problemen bij je gebouwen zijn gemeld")
	require.Empty(t, b.bodies(10), "off until they turn it on")

	b.core.syndics[7] = []int64{10}
	require.NoError(t, b.OnIncidentEvent(t.Context(), func() *core.IncidentEvent {
		e := b.reported(4, "")
		e.SyndicIDs = []int64{9}
		return e
	}()))
	b.later(time.Hour)
	require.Len(t, b.bodies(9), 1, "it is not theirs any more")
}

func TestWhatWasSentToAReporterIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(1, "an@elsewhere.example")))
	require.NoError(t, b.OnIncidentEvent(t.Context(), b.reported(2, "bo@elsewhere.example")))
	b.send()
	b.send()
	b.moved(1, core.IncidentResolved, core.IncidentReporterForgotten, "")
	require.Empty(t, b.to("an@elsewhere.example"))
	require.Len(t, b.to("bo@elsewhere.example"), 1)
	var kept string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select coalesce(string_agg(m::text, ''), '') || coalesce((select string_agg(t::text, '') from tries t), '') from messages m`).Scan(&kept))
	require.Equal(t, 1, strings.Count(kept, "elsewhere.example"), "in nothing that was kept")
}
