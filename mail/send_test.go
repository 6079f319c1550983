package mail

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"encore.app/auth"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
	"encore.app/mail/smtptest"
	"encore.app/mail/store"
)

// sent are the messages that arrived: to whom, and as they stand.
func (b *bundle) sent() map[string]string {
	b.t.Helper()
	b.later(time.Minute)
	arrived := map[string]string{}
	for _, message := range b.smtp.Received() {
		arrived[strings.Join(message.To, " ")] = strings.ReplaceAll(message.Raw, "\r\n ", " ")
	}
	return arrived
}

func skippedOf(answer *SendResponse) []Skipped {
	skipped := []Skipped{}
	for _, one := range answer.Skipped {
		skipped = append(skipped, *one)
	}
	return skipped
}

func TestTheOfficeWritesToPeopleSyndicsAndAddresses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[8] = &auth.User{ID: 8, Email: "nadia@example.org", FirstName: "Nadia", LastName: "Claes", Language: "en", Role: auth.RoleSyndic, Active: true}
	b.auth.users[9] = &auth.User{ID: 9, Email: "gone@example.org", FirstName: "Gust", LastName: "Weg", Language: "nl", Role: auth.RoleStudent}
	b.core.syndics = map[int64][]int64{10: {8}, 11: {8}, 12: {}, 13: {9}}
	as(2, auth.RoleSuperstudent)
	params := &SendParams{
		Subject: "Vuilnis {{building}}", Body: "Vandaag, {{date}}: {{link}}", UserIDs: []int64{5, 3, 3, 9}, BuildingIDs: []int64{10, 11, 12, 13},
		Addresses: []string{"Emma@Example.org", "buur@Zoë.example", "buur@xn--zo-ija.example"}, Cc: []string{"an@example.org", "raad@example.org"},
		AboutBuildingID: 14,
	}
	would, err := b.Receivers(t.Context(), params)
	require.NoError(t, err)
	require.Empty(t, b.messages(), "nothing is sent by asking who would get it")
	answer, err := b.Send(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, []Skipped{{9, "Gust Weg", 0, "inactive"}, {0, "", 12, "no_syndic"}, {9, "Gust Weg", 13, "inactive"}}, skippedOf(answer))
	require.Equal(t, &ReceiversResponse{
		Items: []*Receiver{
			{3, "Emma Peeters", "emma@example.org", []int64{14}}, {5, "Zoë Lefèvre", "zoe+bins@example.org", []int64{14}},
			{8, "Nadia Claes", "nadia@example.org", []int64{10, 11}}, {0, "", "buur@xn--zo-ija.example", []int64{14}},
		},
		Copies: []*Mailbox{{"An Maes", "an@example.org"}, {"", "raad@example.org"}}, Skipped: answer.Skipped,
	}, would, "as it is then sent")
	require.Len(t, answer.Items, 4)
	for i, want := range []struct {
		user, building int64
		address        string
	}{{3, 14, ""}, {5, 14, ""}, {8, 10, ""}, {0, 14, "buur@xn--zo-ija.example"}} {
		require.Equal(t, want.user, answer.Items[i].UserID)
		require.Equal(t, want.building, *answer.Items[i].BuildingID)
		require.Equal(t, want.address, answer.Items[i].Address)
		require.Equal(t, "message", answer.Items[i].Kind)
		require.EqualValues(t, 2, answer.Items[i].SentBy)
	}

	arrived := b.sent()
	require.Len(t, arrived, 4)
	first := arrived["emma@example.org an@example.org raad@example.org"]
	require.Contains(t, first, "Subject: Vuilnis Korenmarkt 14\r\n")
	require.Contains(t, first, `Cc: "An Maes" <an@example.org>, <raad@example.org>`)
	require.Contains(t, first, "woensdag 25 november 2026")
	require.NotContains(t, first, "List-Unsubscribe", "a person wrote it")
	require.Contains(t, arrived["zoe+bins@example.org"], "mercredi 25 novembre 2026")
	require.NotContains(t, arrived["zoe+bins@example.org"], "Cc:", "copies are sent once")
	require.Contains(t, arrived["nadia@example.org"], "Subject: Vuilnis Korenmarkt 10; Korenmarkt 11\r\n")
	require.Contains(t, arrived["buur@xn--zo-ija.example"], "woensdag 25 november 2026", "Dutch, when nobody knows better")

	history := func(p ListMessagesParams) (users []int64) {
		t.Helper()
		found, err := b.ListMessages(t.Context(), &p)
		require.NoError(t, err)
		for _, m := range found.Items {
			users = append(users, m.UserID)
		}
		return users
	}
	require.Equal(t, []int64{8}, history(ListMessagesParams{Building: 10}))
	require.Equal(t, []int64{8}, history(ListMessagesParams{Building: 11}), "every building of theirs")
	require.Equal(t, []int64{0, 5, 3}, history(ListMessagesParams{Building: 14}))
	require.Equal(t, []int64{5}, history(ListMessagesParams{User: 5}))
	other, err := b.Send(t.Context(), &SendParams{Subject: "Iets anders", Body: "x", UserIDs: []int64{5}})
	require.NoError(t, err)
	require.NotEqual(t, answer.ID, other.ID)
	require.Equal(t, []int64{5}, history(ListMessagesParams{Sending: other.ID}))
	require.Equal(t, []int64{0, 8, 5, 3}, history(ListMessagesParams{Sending: answer.ID}))
	require.Equal(t, answer.ID, answer.Items[0].SendingID)

	changes := b.changes()
	require.Len(t, changes, 2)
	require.Equal(t, "mail.sent", changes[0].Kind)
	require.JSONEq(t, `{"user_ids": [3, 5, 8], "building_ids": [10, 11, 14], "addresses": 1, "cc_user_ids": [1], "cc_addresses": 1, "picture_ids": []}`,
		string(changes[0].After))

	again, err := b.ResendMessage(t.Context(), answer.Items[2].ID)
	require.NoError(t, err)
	b.later(time.Minute)
	require.Len(t, b.smtp.Received(), 6)
	require.Equal(t, []int64{8, 8}, history(ListMessagesParams{Building: 11}), "again about the same")
	require.EqualValues(t, 10, *again.BuildingID)
}

func TestACopyGoesToWhoMayGetItAndToNobodyTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.auth.users[9] = &auth.User{ID: 9, Email: "gone@example.org", FirstName: "Gust", LastName: "Weg", Language: "nl", Role: auth.RoleStudent}
	as(2, auth.RoleSuperstudent)
	answer, err := b.Send(t.Context(), &SendParams{
		Subject: "Dag", Body: "x", UserIDs: []int64{3, 9}, Addresses: []string{"buur@example.org", "gone@example.org"},
		Cc: []string{"gone@example.org", "Buur@example.org", "emma@example.org", "raad@example.org", "Raad@Example.org", "an@example.org", "AN@example.org"},
	})
	require.NoError(t, err)
	require.Equal(t, []Skipped{{9, "Gust Weg", 0, "inactive"}}, skippedOf(answer), "who is named is told about, once")
	arrived := b.sent()
	require.Len(t, arrived, 2)
	require.Contains(t, arrived, "emma@example.org an@example.org raad@example.org")
	require.Contains(t, arrived, "buur@example.org")
}

func TestWhatTheOfficeWroteSaysTheDayOnWhichItWasSentAndDoesNotWaitForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "{{date}}", UserIDs: []int64{3}})
	require.NoError(t, err)
	b.core.err, b.auth.err = errors.New("away"), errors.New("away")
	b.later(24 * time.Hour)
	b.core.err, b.auth.err = nil, nil
	b.later(24 * time.Hour)
	require.Contains(t, b.only().Body, "woensdag 25 november 2026", "what the office saw in the preview")

	_, err = b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{5}})
	require.NoError(t, err)
	b.time.advance(mailLife)
	require.NoError(t, b.sender.observe(t.Context()))
	b.send()
	require.Equal(t, store.MessageStatusFailed, b.messages()[0].Status)
	require.Len(t, b.smtp.Received(), 1)
}

func TestNamesAreThoseOfEachReceiver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Dag {{first_name}}", Body: "Beste {{name}}", UserIDs: []int64{3, 5}})
	require.NoError(t, err)
	arrived := b.sent()
	require.Contains(t, arrived["emma@example.org"], "Subject: Dag Emma\r\n")
	require.Contains(t, arrived["emma@example.org"], "Beste Emma Peeters")
	require.Contains(t, arrived["zoe+bins@example.org"], "Beste Zo=C3=AB Lef=C3=A8vre")
	for _, m := range b.messages() {
		require.Equal(t, store.MessageStatusSent, m.Status)
		require.Contains(t, m.Body, "Beste ", "the log shows what each of them got")
	}
}

func TestPreferencesDoNotStopWhatAPersonWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(3, auth.RoleStudent)
	_, err := b.PutPreferences(t.Context(), &PutPreferencesParams{Items: []Preference{{Kind: "runs", Choice: "off"}, {Kind: "reminder", Choice: "off"}}})
	require.NoError(t, err)
	as(2, auth.RoleSuperstudent)
	_, err = b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{3}})
	require.NoError(t, err)
	require.Contains(t, b.sent(), "emma@example.org")
}

func TestWhoIsDeactivatedMeanwhileGetsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{3, 5}, Cc: []string{"an@example.org"}})
	require.NoError(t, err)
	b.auth.users[1].Active, b.auth.users[5].Active = false, false
	arrived := b.sent()
	require.Len(t, arrived, 1)
	require.Contains(t, arrived, "emma@example.org", "without the copy for An")
	require.Equal(t, store.MessageStatusWithdrawn, b.messages()[0].Status)

	_, err = b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{5}, Addresses: []string{"an@example.org"}})
	requireRefused(t, err, errs.FailedPrecondition, refusal.NoReceiver)
}

func TestTheSameRequestSendsOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	p := SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{3, 5}, IdempotencyKey: "3e0e4c1c-8d0e-4a5b-9a52-3f0b8f5d9f10"}
	var all errgroup.Group
	for range 5 {
		all.Go(func() error {
			_, err := b.Send(t.Context(), &p)
			return err
		})
	}
	require.NoError(t, all.Wait())
	require.Len(t, b.messages(), 2)
	b.auth.users[5].Active = false
	again, err := b.Send(t.Context(), &p)
	require.NoError(t, err)
	require.Len(t, again.Items, 2, "the first answer, whatever is true now")
	capitals := p
	capitals.IdempotencyKey = strings.ToUpper(p.IdempotencyKey)
	_, err = b.Send(t.Context(), &capitals)
	require.NoError(t, err)
	require.Len(t, b.changes(), 1)

	other := p
	other.Body = "y"
	_, err = b.Send(t.Context(), &other)
	requireRefused(t, err, errs.AlreadyExists, refusal.IDReused)
	other.IdempotencyKey = "key"
	_, err = b.Send(t.Context(), &other)
	requireRefused(t, err, errs.InvalidArgument, refusal.Malformed)
	require.Len(t, b.messages(), 2)
}

func TestWhatCannotBeSentIsNotSentAtAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.core.syndics = map[int64][]int64{12: {}}
	for i := range int64(300) {
		b.auth.users[1000+i] = &auth.User{ID: 1000 + i, Email: fmt.Sprintf("p%d@example.org", i), FirstName: "P", Active: true}
	}
	as(2, auth.RoleSuperstudent)
	people := func(count int) []int64 {
		ids := make([]int64, count)
		for i := range ids {
			ids[i] = 1000 + int64(i)
		}
		return ids
	}
	addresses := func(count int) []string {
		texts := make([]string, count)
		for i := range texts {
			texts[i] = fmt.Sprintf("a%d@example.org", i)
		}
		return texts
	}
	huge, large := uuid.Must(uuid.NewV4()), uuid.Must(uuid.NewV4())
	b.core.pictures[huge], b.core.pictures[large] = make([]byte, 30<<20), make([]byte, 6<<20)
	larger := uuid.Must(uuid.NewV4())
	b.core.pictures[larger] = make([]byte, 6<<20)

	type bad struct {
		field  string
		reason refusal.Reason
		p      SendParams
	}
	cases := map[string]bad{
		"nobody":              {"user_ids", refusal.Required, SendParams{Cc: []string{"an@example.org"}}},
		"10,000 people":       {"user_ids", refusal.TooLong, SendParams{UserIDs: make([]int64, 10_000)}},
		"10,000 buildings":    {"building_ids", refusal.TooLong, SendParams{BuildingIDs: make([]int64, 10_000)}},
		"10,000 addresses":    {"addresses", refusal.TooManyReceivers, SendParams{Addresses: addresses(10_000)}},
		"201 in all":          {"", refusal.TooManyReceivers, SendParams{UserIDs: people(200), Addresses: addresses(1)}},
		"201 with a copy":     {"", refusal.TooManyReceivers, SendParams{UserIDs: people(200), Cc: addresses(1)}},
		"11 copies":           {"cc", refusal.TooManyReceivers, SendParams{UserIDs: people(1), Cc: addresses(11)}},
		"no such person":      {"user_ids", refusal.Unknown, SendParams{UserIDs: []int64{3, 999}}},
		"no id":               {"user_ids", refusal.Unknown, SendParams{UserIDs: []int64{3, -1}}},
		"no such building":    {"building_ids", refusal.Unknown, SendParams{UserIDs: people(1), BuildingIDs: []int64{999}}},
		"about no building":   {"about_building_id", refusal.Unknown, SendParams{UserIDs: people(1), AboutBuildingID: 999}},
		"quoted":              {"addresses", refusal.Malformed, SendParams{Addresses: []string{"a@example.org", `"a b"@example.org`}}},
		"with a name":         {"addresses", refusal.Malformed, SendParams{Addresses: []string{"Emma <emma@example.org>"}}},
		"two in one":          {"addresses", refusal.Malformed, SendParams{Addresses: []string{"a@example.org, b@example.org"}}},
		"another header":      {"addresses", refusal.Malformed, SendParams{Addresses: []string{"a@example.org\r\nBcc: b@example.org"}}},
		"IDN before the @":    {"addresses", refusal.Malformed, SendParams{Addresses: []string{"zoë@example.org"}}},
		"NUL":                 {"addresses", refusal.Malformed, SendParams{Addresses: []string{"a\x00@example.org"}}},
		"empty":               {"addresses", refusal.Required, SendParams{Addresses: []string{""}}},
		"a copy of no one":    {"cc", refusal.Malformed, SendParams{UserIDs: people(1), Cc: []string{"a@example.org\nBcc: b@example.org"}}},
		"no such picture":     {"picture_ids", refusal.Unknown, SendParams{UserIDs: people(1), PictureIDs: []uuid.UUID{uuid.Must(uuid.NewV4())}}},
		"30 MB":               {"picture_ids", refusal.TooLarge, SendParams{UserIDs: people(1), PictureIDs: []uuid.UUID{huge}}},
		"12 MB in all":        {"picture_ids", refusal.TooLarge, SendParams{UserIDs: people(1), PictureIDs: []uuid.UUID{large, larger}}},
		"21 pictures":         {"picture_ids", refusal.TooLong, SendParams{UserIDs: people(1), PictureIDs: make([]uuid.UUID, 21)}},
		"name of an address":  {"addresses", refusal.NoValue, SendParams{Body: "Dag {{name}}", UserIDs: people(1), Addresses: addresses(1)}},
		"name of no building": {"body", refusal.NoValue, SendParams{Body: "Dag {{building}}", UserIDs: people(1)}},
	}
	for name, letter := range badLetters {
		cases[name] = bad{letter.field, letter.reason, SendParams{Subject: letter.subject, Body: letter.body, UserIDs: people(1)}}
	}
	for name, c := range cases {
		if c.p.Subject == "" && c.p.Body == "" {
			c.p.Subject, c.p.Body = "Dag", "x"
		}
		if c.p.Subject == "" && c.field != "subject" {
			c.p.Subject = "Dag"
		}
		b.time.advance(time.Minute) // past the limit of 20 in 10 minutes
		_, err := b.Send(t.Context(), &c.p)
		require.Equal(t, errs.InvalidArgument.String(), errs.Code(err).String(), "%s: %v", name, err)
		if c.field != "picture_ids" {
			_, asked := b.Receivers(t.Context(), &c.p)
			require.Equal(t, err, asked, "%s: who asks first hears the same", name)
		}
		details := errs.Details(err).(refusal.Details)
		require.Equal(t, c.field, details.Field, name)
		require.Equal(t, c.reason, details.Reason, name)
	}
	_, err := b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", BuildingIDs: []int64{12}})
	requireRefused(t, err, errs.FailedPrecondition, refusal.NoReceiver)
	b.auth.err = errors.New("away")
	_, err = b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: people(1)})
	require.Equal(t, errs.Internal, errs.Code(err))
	b.auth.err = nil
	require.Empty(t, b.messages())
	require.Empty(t, b.changes())

	b.time.advance(time.Hour)
	answer, err := b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: people(190), Cc: addresses(10)})
	require.NoError(t, err)
	require.Len(t, answer.Items, 190, "as many as there may be")
}

func TestNothingIsSentWithoutAServerOrWithoutEnd(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	for range sendLimit.Count {
		_, err := b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: []int64{3}})
		require.NoError(t, err)
	}
	_, err := b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: []int64{3}})
	requireRefused(t, err, errs.ResourceExhausted, refusal.RateLimited)
	require.Len(t, b.messages(), sendLimit.Count)
	as(1, auth.RoleAdmin)
	_, err = b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: []int64{3}})
	require.NoError(t, err, "others may")
	b.settings.Host = ""
	_, err = b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: []int64{3}})
	requireRefused(t, err, errs.FailedPrecondition, refusal.Missing)
}

func TestAccountMailDoesNotWaitBehindWhatTheOfficeWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.settings.PerMinute = 2
	for i := range int64(10) {
		b.auth.users[1000+i] = &auth.User{ID: 1000 + i, Email: fmt.Sprintf("p%d@example.org", i), FirstName: "P", Active: true}
	}
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{
		Subject: "x", Body: "x", UserIDs: []int64{1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009},
	})
	require.NoError(t, err)
	b.request(passwordChanged("urgent"))
	for range 2 {
		b.later(61 * time.Second)
	}
	require.Len(t, b.bodies(3), 1)
}

func TestPhotosOfAVisitGoWithAMail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := uuid.Must(uuid.NewV4()), uuid.Must(uuid.NewV4())
	b.core.pictures[one], b.core.pictures[two] = []byte("the first picture, as a JPEG"), []byte("the second picture, as a JPEG")
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{
		Subject: "Dag", Body: "x", UserIDs: []int64{3, 5}, PictureIDs: []uuid.UUID{one, two, one},
	})
	require.NoError(t, err)
	b.core.err = errors.New("core is away")
	require.Empty(t, b.sent(), "it waits: not without its pictures")
	b.core.err = nil
	b.later(time.Minute)
	for to, raw := range b.sent() {
		require.Equal(t, 2, strings.Count(raw, "Content-Type: image/jpeg"), to)
		require.Contains(t, raw, "filename=2026-11-25-1.jpg", to)
		require.Contains(t, raw, base64.StdEncoding.EncodeToString(b.core.pictures[one]), to)
		require.Contains(t, raw, base64.StdEncoding.EncodeToString(b.core.pictures[two]), to)
	}
	require.Len(t, b.smtp.Received(), 2)
}

func TestAMailWhosePhotoIsGoneFailsAtOnceAndSaysWhy(t *testing.T) {
	t.Parallel()
	b := setup(t)
	photo := uuid.Must(uuid.NewV4())
	b.core.pictures[photo] = []byte("a picture")
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{3}, PictureIDs: []uuid.UUID{photo}})
	require.NoError(t, err)
	delete(b.core.pictures, photo)
	require.Empty(t, b.sent(), "not without its photo")
	require.Equal(t, store.MessageStatusFailed, b.only().Status)
	detail, err := b.GetMessage(t.Context(), b.only().ID)
	require.NoError(t, err)
	require.Len(t, detail.Log, 1)
	require.Equal(t, "a photo that goes with it does not exist any more", detail.Log[0].Answer)
}

func TestWhoIsForgottenWhileTheirMailIsWrittenGetsNone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Dag", Body: "x", UserIDs: []int64{3}})
	require.NoError(t, err)
	ask := b.ask.people
	b.ask.people = func(ctx context.Context, ids []int64) (map[int64]*auth.User, error) {
		found, err := ask(ctx, ids)
		require.NoError(t, b.OnAccountEvent(ctx, &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3}))
		return found, err
	}
	require.Empty(t, b.sent())
	require.Equal(t, store.MessageStatusWithdrawn, b.only().Status)
	require.Empty(t, b.only().Address)
}

func TestWhatServersSaidOfCopiesIsForgottenToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	for _, p := range []SendParams{
		{Subject: "x", Body: "x", UserIDs: []int64{5}, Cc: []string{"emma@example.org"}},
		{Subject: "x", Body: "x", UserIDs: []int64{5}, Cc: []string{"emma@old.example.org"}},
		{Subject: "x", Body: "x", UserIDs: []int64{5}, Cc: []string{"other@example.org"}},
	} {
		_, err := b.Send(t.Context(), &p)
		require.NoError(t, err)
	}
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(to string) error {
		if to == "zoe+bins@example.org" {
			return nil
		}
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> is no mailbox"}
	}})
	b.later(time.Minute)
	b.auth.formerly, b.auth.anonymisedAt = []string{"emma@old.example.org"}, b.time.now()
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3, OccurredAt: b.time.now()}))
	var said string
	require.NoError(t, b.pool.QueryRow(t.Context(), `select string_agg(answer, '|') from tries`).Scan(&said))
	require.NotContains(t, said, "emma")
	require.Contains(t, said, "other@example.org", "others keep theirs")
}

func TestTheLogShowsCopiesAndAttachments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	photo, later := uuid.Must(uuid.NewV4()), uuid.Must(uuid.NewV4())
	b.core.pictures[photo], b.core.pictures[later] = make([]byte, 1234), make([]byte, 56)
	as(2, auth.RoleSuperstudent)
	answer, err := b.Send(t.Context(), &SendParams{
		Subject: "Dag", Body: "x", UserIDs: []int64{3, 5}, Cc: []string{"an@example.org", "raad@example.org"},
		PictureIDs: []uuid.UUID{photo, later},
	})
	require.NoError(t, err)
	delete(b.core.pictures, photo) // what the log says needs them no more
	first, err := b.GetMessage(t.Context(), answer.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, []*Mailbox{{"An Maes", "an@example.org"}, {"", "raad@example.org"}}, first.Copies)
	require.Equal(t, []Attachment{{"2026-11-25-1.jpg", 1234}, {"2026-11-25-2.jpg", 56}}, first.Attachments)
	second, err := b.GetMessage(t.Context(), answer.Items[1].ID)
	require.NoError(t, err)
	require.Empty(t, second.Copies, "copies go with the first one")
	require.NotNil(t, second.Copies)
	require.Equal(t, first.Attachments, second.Attachments)

	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 1}))
	delete(b.auth.users, 1)
	first, err = b.GetMessage(t.Context(), answer.Items[0].ID)
	require.NoError(t, err)
	require.Equal(t, []*Mailbox{{"", "raad@example.org"}}, first.Copies)

	b.request(passwordChanged("another kind"))
	other, err := b.GetMessage(t.Context(), b.messages()[0].ID)
	require.NoError(t, err)
	require.NotNil(t, other.Copies)
	require.NotNil(t, other.Attachments)
	require.Zero(t, other.Message.SendingID)
}

func TestWhatWasWrittenToWhoIsAnonymisedIsForgotten(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	for _, p := range []SendParams{
		{Subject: "Dag Emma", Body: "Emma alleen", UserIDs: []int64{3}},
		{Subject: "Dag allemaal", Body: "Dag {{first_name}}", UserIDs: []int64{3, 5}},
		{Subject: "Ter info", Body: "x", UserIDs: []int64{5}, Cc: []string{"emma@example.org"}},
	} {
		_, err := b.Send(t.Context(), &p)
		require.NoError(t, err)
	}
	b.later(time.Minute)
	_, err := b.Send(t.Context(), &SendParams{Subject: "Nog iets", Body: "x", Addresses: []string{"emma@example.org"}})
	require.NoError(t, err)
	delete(b.auth.users, 3)
	require.NoError(t, b.OnAccountEvent(t.Context(), &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3}))
	before := len(b.smtp.Received())
	b.later(time.Hour)
	require.Len(t, b.smtp.Received(), before)
	for _, table := range []string{"messages", "sendings", "outbox"} {
		var rows string
		require.NoError(t, b.pool.QueryRow(t.Context(), `select coalesce(string_agg(t::text, E'\n'), '') from `+table+` as t`).Scan(&rows))
		require.NotContains(t, strings.ToLower(rows), "emma", table)
	}
	require.Contains(t, b.bodies(5)[1], "Dag Zoë", "others keep theirs")
}

func TestWhatWasWrittenAYearAgoIsDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(2, auth.RoleSuperstudent)
	_, err := b.Send(t.Context(), &SendParams{Subject: "x", Body: "x", UserIDs: []int64{3}})
	require.NoError(t, err)
	b.later(time.Minute)
	count := func() (sendings int) {
		t.Helper()
		require.NoError(t, b.DeleteOldMessages(t.Context()))
		require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from sendings`).Scan(&sendings))
		return sendings
	}
	require.Equal(t, 1, count())
	b.time.advance(messageLife + time.Minute)
	require.Zero(t, count())
}

// Servers repeat the address that they refuse, and the office may have typed it before there was an account.
func TestWhatServersSaidAndTypedAddressesAreForgottenToo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	emma := b.auth.users[3]
	delete(b.auth.users, 3)
	as(2, auth.RoleSuperstudent)
	for _, p := range []SendParams{
		{Subject: "Welkom", Body: "x", Addresses: []string{"emma@example.org"}},
		{Subject: "Ter info", Body: "x", UserIDs: []int64{5}, Cc: []string{"emma@example.org", "other@example.org"}},
	} {
		_, err := b.Send(t.Context(), &p)
		require.NoError(t, err)
	}
	b.later(time.Minute)
	b.auth.users[3] = emma
	refuse := smtptest.Behaviour{Rcpt: func(to string) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> is no mailbox"}
	}}
	b.smtp.Behave(refuse)
	b.request(passwordChanged("one"))
	b.request(mailrequest.Request{ID: "other", Kind: mailrequest.PasswordChanged, UserID: 5})
	b.send()
	forget := &auth.AccountEvent{Type: auth.AccountAnonymised, UserID: 3, OccurredAt: b.time.now()}
	require.NoError(t, b.OnAccountEvent(t.Context(), forget))
	b.request(passwordChanged("two"))
	b.smtp.Behave(smtptest.Behaviour{Rcpt: func(to string) error { // while it is handed in
		require.NoError(t, b.OnAccountEvent(t.Context(), forget))
		return refuse.Rcpt(to)
	}})
	b.send()
	rows := func(table string) (rows string) {
		t.Helper()
		require.NoError(t, b.pool.QueryRow(t.Context(), `select coalesce(string_agg(t::text, E'\n'), '') from `+table+` as t`).Scan(&rows))
		return rows
	}
	for _, table := range []string{"messages", "tries", "sendings"} {
		require.NotContains(t, strings.ToLower(rows(table)), "emma", table)
	}
	require.Contains(t, rows("tries"), "zoe+bins@example.org", "others keep theirs")
	forgotten := 0
	for _, m := range b.messages() {
		if m.Kind == kindMessage && m.UserID == 0 {
			_, err := b.ResendMessage(t.Context(), m.ID)
			requireRefused(t, err, errs.FailedPrecondition, refusal.Missing)
			forgotten++
		}
	}
	require.Equal(t, 1, forgotten)
	require.Contains(t, rows("sendings"), "other@example.org")
}
