package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"encore.dev/cron"
	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/input"
	"encore.app/internal/mailrequest"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
	"encore.app/mail/store"
)

const (
	// thing is what the audit log calls a message; the log of mail has the name too.
	thing     = "mail"
	maxSearch = 100
	// messageLife is how long messages are kept after they were sent, or not.
	messageLife = 365 * 24 * time.Hour
)

// Message is a mail to one person, as the log shows it.
type Message struct {
	// ID identifies the message.
	ID int64 `json:"id"`
	// Kind is what it tells: invitation, password-reset, password-changed, email-change, email-changed, new-device,
	// second-factor-changed, token-created, runs, reminder, run-late, stops, building-stops, incidents,
	// building-incidents, day-summary, incident-received, incident-acknowledged, incident-resolved, test, or message for what the
	// office wrote.
	Kind string `json:"kind"`
	// UserID is the account of the receiver; 0 without one.
	UserID int64 `json:"user_id"`
	// Name is the receiver's; empty when it is not known.
	Name string `json:"name"`
	// Address is where it was sent; empty before the first try.
	Address string `json:"address" encore:"sensitive"`
	// SendingID is what the office sent, of which this is the message to one receiver; 0 for other kinds.
	SendingID int64 `json:"sending_id"`
	// BuildingID is the building that it is about, the first one when there are several; null without one.
	BuildingID *int64 `json:"building_id"`
	// Status is waiting, sending, sent, failed or withdrawn; the last when there was nothing to tell any more.
	Status string `json:"status"`
	// Subject is empty before the first try.
	Subject string `json:"subject"`
	// Tries is how often it was tried, 8 at most.
	Tries int `json:"tries"`
	// NextTryAt is when it is tried again; null when it is not.
	NextTryAt *time.Time `json:"next_try_at"`
	// SentBy is who had it sent; 0 for the application.
	SentBy int64 `json:"sent_by"`
	// ResentFrom is the message that this one repeats; null when it is no repetition.
	ResentFrom *int64 `json:"resent_from"`
	// CreatedAt is when it was asked for.
	CreatedAt time.Time `json:"created_at"`
	// EndedAt is when it was sent, failed or was withdrawn; null while it waits.
	EndedAt *time.Time `json:"ended_at"`
}

// MessageDetail is a message with what it says and how it was sent.
type MessageDetail struct {
	// Message is the message.
	Message *Message `json:"message"`
	// Text is what it says, with links that let somebody in blacked out; empty before the first try.
	Text string `json:"text" encore:"sensitive"`
	// Copies are who was named to get a copy of it, and sees the mail to this receiver.
	Copies []*Mailbox `json:"copies"`
	// Attachments are the files that go with it.
	Attachments []Attachment `json:"attachments"`
	// MessageID is its Message-ID header, by which mail servers know it.
	MessageID string `json:"message_id"`
	// Log are the tries, the first one first.
	Log []*Try `json:"log"`
}

// Mailbox is where mail goes.
type Mailbox struct {
	// Name is whose it is; empty when it is not known.
	Name string `json:"name"`
	// Address is the e-mail address.
	Address string `json:"address" encore:"sensitive"`
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name string `json:"name"`
	// Bytes is its size, before it is encoded for mail.
	Bytes int `json:"bytes"`
}

// Try is one attempt to send a message.
type Try struct {
	// StartedAt and EndedAt are when; the latter is null while it runs.
	StartedAt time.Time  `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	// Outcome is taken, temporary, permanent, unknown or unreachable; the server took it, refused it for now or for good, gave
	// no answer, or could not be used. Null while the try runs.
	Outcome *string `json:"outcome"`
	// Code is the SMTP code of the answer; 0 without one.
	Code int `json:"code"`
	// Answer is what the server said, or what happened instead.
	Answer string `json:"answer"`
}

// ListMessagesParams filter the log. Filters add up; an empty one does not count.
type ListMessagesParams struct {
	// Status is waiting, sending, sent, failed or withdrawn.
	Status string `query:"status"`
	// Kind is a kind of Message.
	Kind string `query:"kind"`
	// User is the receiver's account.
	User int64 `query:"user"`
	// Building is what it is about.
	Building int64 `query:"building"`
	// Sending is what the office sent: all messages of it, those sent again too.
	Sending int64 `query:"sending"`
	// Q are parts of the address and the subject.
	Q string `query:"q"`
	// Limit is how many to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// ListMessagesResponse is a page of the log.
type ListMessagesResponse struct {
	// Items are the latest first.
	Items []*Message `json:"items"`
	// NextCursor leads to the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type messageKey struct {
	ID int64 `json:"i"`
}

// ListMessages returns the mail that was sent, waits or failed. For the office. Messages are kept for a year.
//
// Errors: permission_denied for other roles, and invalid_argument for a status that does not exist, a search text of more
// than 100 characters, a limit out of range or a cursor of another list.
//
//encore:api auth method=GET path=/mail/messages
func (s *Service) ListMessages(ctx context.Context, p *ListMessagesParams) (*ListMessagesResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, resumed, err := page.After[messageKey](thing, p.Cursor)
	if err != nil {
		return nil, err
	}
	params := store.ListMessagesParams{RowLimit: int32(limit) + 1, MessageKind: kindMessage}
	if resumed {
		params.BeforeID = &after.ID
	}
	if p.Status != "" {
		status := store.MessageStatus(p.Status)
		if !status.Valid() {
			return nil, refusal.Invalid("status", refusal.Unknown, "The statuses are waiting, sending, sent, failed and withdrawn.")
		}
		params.Status = &status
	}
	kind, err := input.Text("kind", p.Kind, maxSearch)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		params.Kind = &kind
	}
	if p.User != 0 {
		params.UserID = &p.User
	}
	if p.Building != 0 {
		params.BuildingID = &p.Building
	}
	if p.Sending != 0 {
		params.SendingID = &p.Sending
	}
	q, err := input.Text("q", p.Q, maxSearch)
	if err != nil {
		return nil, err
	}
	params.Patterns = append([]string{}, input.WordPatterns(q)...)
	rows, err := s.query.ListMessages(ctx, params)
	if err != nil {
		return nil, refusal.Failure(err, "list the mail")
	}
	rows, next := page.Cut(thing, rows, limit, func(m store.Message) messageKey { return messageKey{m.ID} })
	items, err := s.messagesOf(ctx, rows...)
	if err != nil {
		return nil, err
	}
	return &ListMessagesResponse{Items: items, NextCursor: next}, nil
}

// GetMessage returns a message with its text and the log of its tries. For the office.
//
// Errors: permission_denied for other roles, not_found for a message that does not exist.
//
//encore:api auth method=GET path=/mail/messages/:id
func (s *Service) GetMessage(ctx context.Context, id int64) (*MessageDetail, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	m, err := s.query.MessageByID(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noMessage()
	}
	if err != nil {
		return nil, refusal.Failure(err, "read the mail")
	}
	tries, err := s.query.MessageTries(ctx, id)
	if err != nil {
		return nil, refusal.Failure(err, "read the log of the mail")
	}
	items, err := s.messagesOf(ctx, m)
	if err != nil {
		return nil, err
	}
	detail := &MessageDetail{Message: items[0], Text: m.Body, MessageID: m.MessageID, Log: make([]*Try, len(tries))}
	if detail.Copies, detail.Attachments, err = s.enclosed(ctx, m); err != nil {
		return nil, err
	}
	for i, try := range tries {
		detail.Log[i] = &Try{
			StartedAt: try.StartedAt, EndedAt: try.EndedAt, Outcome: (*string)(try.Outcome), Code: int(try.Code), Answer: try.Answer,
		}
	}
	return detail, nil
}

// enclosed returns who gets a copy of a message of the office, and what goes with it; none for other kinds.
func (s *Service) enclosed(ctx context.Context, m store.Message) ([]*Mailbox, []Attachment, error) {
	copies, attachments := []*Mailbox{}, []Attachment{}
	if m.Kind != kindMessage {
		return copies, attachments, nil
	}
	sending, err := s.query.SendingByID(ctx, m.ThingID)
	if errors.Is(err, pgx.ErrNoRows) {
		return copies, attachments, nil
	}
	if err != nil {
		return nil, nil, refusal.Failure(err, "read what the office wrote")
	}
	if err := json.Unmarshal(sending.Attachments, &attachments); err != nil {
		return nil, nil, refusal.Failure(err, "read what goes with the mail")
	}
	var fact messageFact
	if err := json.Unmarshal(m.Facts, &fact); err != nil {
		return nil, nil, refusal.Failure(err, "read the facts of the mail")
	}
	if !fact.Cc {
		return copies, attachments, nil
	}
	named, err := s.copies(ctx, sending, anybody)
	if err != nil {
		return nil, nil, refusal.Failure(err, "read who gets a copy")
	}
	for _, one := range named {
		copies = append(copies, &Mailbox{Name: one.Name, Address: one.Email})
	}
	return copies, attachments, nil
}

// ResendMessage sends a message again that was sent, failed or was withdrawn, as a new message that says what is true now. For
// the office. While that one waits, asking again answers with it.
//
// Errors: permission_denied for other roles, not_found for a message that does not exist, failed_precondition for one that
// still waits, or whose receiver was forgotten (anonymised) or is deactivated (receiver_inactive) and gets no mail of its kind.
//
//encore:api auth method=POST path=/mail/messages/:id/resend
func (s *Service) ResendMessage(ctx context.Context, id int64) (*Message, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	var again store.Message
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		m, err := query.MessageForUpdate(ctx, id)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noMessage()
		case err != nil:
			return err
		case m.EndedAt == nil:
			return refusal.Precondition("", refusal.InUse, "This mail still waits to be sent.")
		case m.UserID == 0 && m.GivenAddress == "" && m.Kind != mailrequest.Invitation:
			return errForgotten()
		}
		if err := s.checkReceiverOf(ctx, m); err != nil {
			return err
		}
		if again, err = query.WaitingResend(ctx, id); !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		now := s.clock()
		again, err = query.ResendMessage(ctx, store.ResendMessageParams{
			ID: id, Source: "resend:" + strings.ToLower(rand.Text()), MessageID: s.newMessageID(), ActorID: who.UserID,
			Now: now, ExpiresAt: now.Add(mailLife),
		})
		if err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Change{
			Kind: "mail.resent", ThingKind: thing, ThingID: again.ID, Actor: actorOf(who), OccurredAt: now,
			After: messageFacts{Kind: again.Kind, UserID: again.UserID, BuildingID: again.BuildingID, ResentFrom: again.ResentFrom},
		})
	})
	if err != nil {
		return nil, refusal.Failure(err, "send the mail again")
	}
	s.sender.wake()
	items, err := s.messagesOf(ctx, again)
	if err != nil {
		return nil, err
	}
	return items[0], nil
}

// checkReceiverOf refuses a message to an account that gets none of its kind.
func (s *Service) checkReceiverOf(ctx context.Context, m store.Message) error {
	if m.UserID == 0 {
		return nil
	}
	people, err := s.ask.people(ctx, []int64{m.UserID})
	if err != nil {
		return err
	}
	return checkReceiver(m.Kind, people[m.UserID])
}

// messageFacts is what the audit log keeps of a message.
type messageFacts struct {
	Kind       string `json:"kind"`
	UserID     int64  `json:"user_id"`
	BuildingID *int64 `json:"building_id"`
	ResentFrom *int64 `json:"resent_from"`
}

func errForgotten() error {
	return refusal.Precondition("", refusal.Missing, "Nobody knows any more where this mail went.")
}

func noMessage() error { return refusal.NotFound("There is no such mail.") }

// messagesOf are messages as the log shows them, with the names that their receivers have now.
func (s *Service) messagesOf(ctx context.Context, rows ...store.Message) ([]*Message, error) {
	ids := make([]int64, 0, len(rows))
	for _, m := range rows {
		if m.UserID != 0 && !slices.Contains(ids, m.UserID) {
			ids = append(ids, m.UserID)
		}
	}
	people := map[int64]*auth.User{}
	if len(ids) > 0 {
		var err error
		if people, err = s.ask.people(ctx, ids); err != nil {
			return nil, refusal.Failure(err, "read the receivers")
		}
	}
	items := make([]*Message, len(rows))
	for i, m := range rows {
		items[i] = &Message{
			ID: m.ID, Kind: m.Kind, UserID: m.UserID, Address: m.Address, BuildingID: m.BuildingID, Status: string(m.Status),
			Subject: m.Subject, Tries: int(m.Tries), SentBy: m.ActorID, ResentFrom: m.ResentFrom, CreatedAt: m.CreatedAt, EndedAt: m.EndedAt,
		}
		if m.Kind == kindMessage {
			items[i].SendingID = m.ThingID
		}
		if m.Address == "" {
			items[i].Address = m.GivenAddress
		}
		if m.Status == store.MessageStatusWaiting {
			items[i].NextTryAt = &m.NextTryAt
		}
		if user, ok := people[m.UserID]; ok {
			items[i].Name = addressOf(user).Name
		}
	}
	return items, nil
}

// StatusResponse says how sending goes.
type StatusResponse struct {
	// Configured is false while nothing is sent, because the installation has no SMTP server: what people must know is to be
	// passed on by hand.
	Configured bool `json:"configured"`
	// From is who mail comes from.
	From string `json:"from"`
	// Waiting is how many messages wait to be sent.
	Waiting int64 `json:"waiting"`
	// WaitingSince is since when the oldest of those that are due does; null when none is.
	WaitingSince *time.Time `json:"waiting_since"`
	// Failed is how many failed in the last 24 hours.
	Failed int64 `json:"failed"`
	// LastSentAt is when the server took the last message; null when it has taken none.
	LastSentAt *time.Time `json:"last_sent_at"`
}

// Status returns whether mail is sent, what waits and what failed. For the office.
//
// Errors: permission_denied for other roles.
//
//encore:api auth method=GET path=/mail/status
func (s *Service) Status(ctx context.Context) (*StatusResponse, error) {
	if _, err := callerFromOffice(); err != nil {
		return nil, err
	}
	now := s.clock()
	queue, err := s.query.Queue(ctx, store.QueueParams{Now: now, FailedSince: now.Add(-failedFor)})
	if err != nil {
		return nil, refusal.Failure(err, "count the mail that waits")
	}
	status := &StatusResponse{
		Configured: s.settings.Configured(), From: s.from.Email, Waiting: queue.Waiting, Failed: queue.Failed,
	}
	if queue.Oldest.Before(now) {
		status.WaitingSince = &queue.Oldest
	}
	last, err := s.query.LastSent(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "read when mail was sent")
	}
	if len(last) > 0 {
		status.LastSentAt = last[0]
	}
	return status, nil
}

var _ = cron.NewJob("delete-old-mail", cron.JobConfig{
	Title:    "Delete mail that was sent a year ago",
	Every:    1 * cron.Hour,
	Endpoint: DeleteOldMessages,
})

// DeleteOldMessages deletes messages that ended a year ago or longer, with their log.
//
//encore:api private method=POST path=/internal/delete-old-mail
func (s *Service) DeleteOldMessages(ctx context.Context) error {
	deleted, err := s.query.DeleteOldMessages(ctx, s.clock().Add(-messageLife))
	if err != nil {
		return refusal.Failure(err, "delete old mail")
	}
	err = s.query.DeleteOldSendings(ctx, store.DeleteOldSendingsParams{Before: s.clock().Add(-messageLife), Kind: kindMessage})
	if err != nil {
		return refusal.Failure(err, "delete what the office wrote")
	}
	err = s.query.DeleteOldDaySummaries(ctx, store.DeleteOldDaySummariesParams{Before: s.clock().Add(-messageLife), Kind: kindDaySummary})
	if err != nil {
		return refusal.Failure(err, "delete which summaries were sent")
	}
	if err := s.query.DeleteTold(ctx, s.clock().Add(-toldLife)); err != nil {
		return refusal.Failure(err, "delete what was told")
	}
	if err := s.query.DeleteOldNotificationSources(ctx, s.clock().Add(-toldLife)); err != nil {
		return refusal.Failure(err, "delete what was told by notifications")
	}
	if deleted > 0 {
		rlog.Info("deleted old mail", "messages", deleted)
	}
	return nil
}
