package mail

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/day"
	"encore.app/mail/content"
	"encore.app/mail/push"
	"encore.app/mail/store"
)

const (
	// shownLines and the lengths, in characters, are what a device shows of a notification; more of it is no use.
	shownLines = 4
	maxTitle   = 100
	maxNotice  = 400
	// longestLife is how long a notification is kept at most for a device that is off.
	longestLife = 3 * 24 * time.Hour
)

// notifiedKinds are those of which people are told by notifications, too.
var notifiedKinds = []string{kindRuns, kindReminder, kindSwapsAsked, kindSwaps, kindSwapsTaken}

// pushClient hands notifications in: signed with the keys of the settings, else with those that the secret of the installation gives.
func (s *Service) pushClient(secret string) (*push.Client, error) {
	keys, err := push.DeriveKeys(secret)
	if s.settings.VAPIDPrivateKey != "" {
		keys, err = push.ReadKeys(s.settings.VAPIDPublicKey, s.settings.VAPIDPrivateKey)
	}
	if err != nil {
		return nil, err
	}
	subject := s.from.Email
	if s.settings.FromAddress == "" && s.webApp.Scheme == "https" {
		subject = s.webApp.String()
	}
	return push.NewClient(keys, subject, push.Options{}), nil
}

// gatherNotification keeps what happened for those of the people who are told of the kind by notifications, as far as they have a
// device for it. A repeated event is gathered once.
func (s *Service) gatherNotification(
	ctx context.Context, query *store.Queries, wait time.Duration, eventID, kind string, facts any, userIDs ...int64,
) error {
	if !slices.Contains(notifiedKinds, kind) {
		return nil
	}
	encoded, err := json.Marshal(facts)
	if err != nil {
		return fmt.Errorf("encode what happened: %w", err)
	}
	now := s.clock()
	for _, id := range userIDs {
		err := query.GatherNotification(ctx, store.GatherNotificationParams{
			Source: fmt.Sprintf("%s:%d", eventID, id), UserID: id, Kind: kind, Facts: encoded, Now: now, DueAt: now.Add(wait),
			Bound: patience.Seconds(),
		})
		if err != nil {
			return fmt.Errorf("gather what somebody is to be told: %w", err)
		}
	}
	return nil
}

// notification is what a device shows. Whoever passes by can read it: no reasons, no names of people, nothing of buildings.
type notification struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	// Tag has a newer notification about the same thing take the place of the older one.
	Tag string `json:"tag"`
	// URL is the path of the page that it opens.
	URL string `json:"url"`
	// Language is that of the texts.
	Language string `json:"language"`

	urgent bool
	// until is when nobody needs to know any more.
	until time.Time
}

// payload is the notification as the browser gets it.
func (n *notification) payload() ([]byte, error) {
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(n); err != nil {
		return nil, fmt.Errorf("encode a notification: %w", err)
	}
	return bytes.TrimSpace(encoded.Bytes()), nil
}

// told is one run in a notification.
type told struct {
	heading string // the phrase of what has become of it; empty when the title says so
	id      int64
	tour    string
	date    string
	stops   int // 0 when it is not told
	open    bool
}

// writeNotification writes what was gathered, to who still gets it; errWithdrawn when there is nothing to tell any more.
func (s *Service) writeNotification(ctx context.Context, n store.Notification) (*notification, error) {
	user, err := s.receiver(ctx, n.Kind, n.UserID)
	if err != nil {
		return nil, err
	}
	choices, err := s.query.NotificationChoices(ctx, n.UserID)
	if err != nil {
		return nil, fmt.Errorf("read the preferences: %w", err)
	}
	offered := slices.ContainsFunc(kindsOf(user.Role), func(c chosen) bool { return c.kind == n.Kind })
	refused := slices.ContainsFunc(choices, func(c store.NotificationChoice) bool { return c.Kind == n.Kind && !c.Wanted })
	if !offered || refused {
		return nil, errWithdrawn
	}
	items, err := s.toldOf(ctx, user, n)
	if err != nil {
		return nil, err
	}
	today := day.Format(day.Of(s.now(), s.zone))
	items = slices.DeleteFunc(items, func(t told) bool { return t.date < today })
	if len(items) == 0 {
		return nil, errWithdrawn
	}
	return s.notificationOf(user, n, items)
}

// toldOf returns the runs that a notification is about.
func (s *Service) toldOf(ctx context.Context, user *auth.User, n store.Notification) ([]told, error) {
	switch n.Kind {
	case kindRuns:
		news, err := s.newsOfRuns(ctx, gatheredFacts(n.Events))
		items := make([]told, len(news))
		for i, item := range news {
			items[i] = toldRun(item.run)
			items[i].heading, items[i].open = "run-"+item.change, item.change != cancelled
		}
		return items, err
	case kindReminder:
		var days []json.RawMessage
		if err := json.Unmarshal(n.Events, &days); err != nil || len(days) == 0 {
			return nil, errors.Join(err, errWithdrawn)
		}
		_, runs, err := s.runsToRemind(ctx, user.ID, days[len(days)-1])
		items := make([]told, len(runs))
		for i, run := range runs {
			items[i] = toldRun(run)
		}
		return items, err
	}
	swaps, latest, err := s.toldSwaps(ctx, gatheredFacts(n.Events))
	if err != nil {
		return nil, err
	}
	items := []told{}
	for _, swap := range swaps {
		change, _, err := swapLine(content.In(user.Language, s.zone), user, n.Kind, swap, latest[swap.ID])
		if err != nil {
			return nil, err
		}
		if change == "" {
			continue
		}
		item := told{id: swap.Run.ID, tour: swap.Run.Tour.Name, date: swap.Run.Date, stops: swap.Run.Stops}
		if n.Kind == kindSwaps {
			item.heading = "swap-" + change
			item.open = change == swapApproved && user.ID != swap.AskedBy.ID
		}
		items = append(items, item)
	}
	return items, nil
}

// gatheredFacts are events as mail about them keeps them.
func gatheredFacts(events json.RawMessage) json.RawMessage {
	return slices.Concat([]byte(`{"events":`), events, []byte(`}`))
}

func toldRun(run core.Run) told {
	return told{id: run.ID, tour: run.Tour.Name, date: run.Date, stops: run.Progress.Stops - run.IdleStops, open: true}
}

// notificationOf writes it in the language of the receiver.
func (s *Service) notificationOf(user *auth.User, n store.Notification, items []told) (*notification, error) {
	in := content.In(user.Language, s.zone)
	facts := content.Facts{"Count": len(items), factTour: items[0].tour}
	title, err := in.Subject(n.Kind, facts)
	if err != nil {
		return nil, err
	}
	written := &notification{Title: cutTo(title, maxTitle), URL: "/work", Language: in.Language(), urgent: n.Kind != kindSwapsTaken}
	var lines []string
	heading, last := "", ""
	for i, item := range items {
		last = max(last, item.date)
		if i >= shownLines {
			continue
		}
		if item.heading != "" && item.heading != heading {
			heading = item.heading
			text, err := in.Phrase(heading, nil)
			if err != nil {
				return nil, err
			}
			lines = append(lines, text)
		}
		date, err := day.Parse("date", item.date)
		if err != nil {
			return nil, err
		}
		line, err := in.Phrase("notification-line", content.Facts{"Day": in.Day(date), factTour: item.tour, "Stops": item.stops})
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if len(items) > shownLines {
		lines = append(lines, "…")
	}
	written.Body = cutTo(strings.Join(lines, "\n"), maxNotice)
	until, err := day.Parse("date", last)
	if err != nil {
		return nil, err
	}
	written.until = day.At(until.AddDate(0, 0, 1), 0, s.zone)
	switch {
	case n.Kind == kindSwapsTaken:
		written.URL = "/manage/swaps"
	case len(items) == 1 && items[0].open:
		written.URL = "/work/" + strconv.FormatInt(items[0].id, 10)
	}
	// What is newer about the same run, or the same morning, takes the place of what is older; a list of several runs stays.
	switch {
	case n.Kind == kindReminder:
		written.Tag = "reminder-" + last
	case len(items) == 1:
		written.Tag = fmt.Sprintf("run-%d", items[0].id)
	default:
		written.Tag = fmt.Sprintf("notification-%d", n.ID)
	}
	return written, nil
}

// cutTo cuts a text that is longer than so many characters.
func cutTo(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// deliver puts a notification for the devices of somebody, or one of them, in the place of what says the same and still waits.
func (s *Service) deliver(
	ctx context.Context, tx pgx.Tx, notificationID, userID, deviceID int64, n *notification,
) error {
	payload, err := n.payload()
	if err != nil {
		return err
	}
	query, now := s.query.WithTx(tx), s.clock()
	if err := query.ReplaceDeliveries(ctx, store.ReplaceDeliveriesParams{UserID: userID, Topic: n.Tag}); err != nil {
		return fmt.Errorf("replace a notification: %w", err)
	}
	urgency := "normal"
	if n.urgent {
		urgency = "high"
	}
	expires := now.Add(longestLife)
	if n.until.Before(expires) {
		expires = n.until
	}
	err = query.DeliverNotification(ctx, store.DeliverNotificationParams{
		NotificationID: notificationID, UserID: userID, DeviceID: deviceID, Payload: payload, Topic: n.Tag, Urgency: urgency, Now: now,
		ExpiresAt: expires, ServerKey: s.notifier.client.PublicKey(),
	})
	if err != nil {
		return fmt.Errorf("put a notification for the devices: %w", err)
	}
	return nil
}
