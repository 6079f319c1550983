package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
	"encore.app/mail/content"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

// kindMessage is what the office wrote.
const kindMessage = "message"

// sendLimit is how often one person may send; each time up to maxReceivers.
var sendLimit = limit.Limit{Name: "mail:send", Count: 20, Period: 10 * time.Minute}

// SendParams are a mail of the office and who gets it.
type SendParams struct {
	// Subject is one line of up to 200 characters, with variables.
	Subject string `json:"subject"`
	// Body is a plain text of up to 10,000 characters, with variables; an empty line begins a paragraph.
	Body string `json:"body"`
	// UserIDs are people who get it.
	UserIDs []int64 `json:"user_ids"`
	// BuildingIDs are buildings whose syndics get it.
	BuildingIDs []int64 `json:"building_ids"`
	// Addresses are others who get it, in Dutch when they have no account.
	Addresses []string `json:"addresses" encore:"sensitive"`
	// Cc are addresses that get a copy, up to 10: one each, of the mail to the first receiver of the answer, who
	// sees them.
	Cc []string `json:"cc" encore:"sensitive"`
	// AboutBuildingID is what it is about for receivers who are not chosen by building; 0 for none.
	AboutBuildingID int64 `json:"about_building_id"`
	// PictureIDs are photos that go with it, up to 20 and 10 MB.
	PictureIDs []uuid.UUID `json:"picture_ids"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key gets the same answer and sends
	// nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// SendResponse says who gets a mail.
type SendResponse struct {
	// ID is the sending: the log lists its messages.
	ID int64 `json:"id"`
	// Items are the messages, one for each receiver; the copies go with the first one.
	Items []*Message `json:"items"`
	// Skipped are those who were named and get nothing.
	Skipped []*Skipped `json:"skipped"`
}

// Skipped is somebody who was named and gets nothing.
type Skipped struct {
	// UserID is the person; 0 for a building that nobody manages.
	UserID int64 `json:"user_id"`
	// Name is theirs; empty when it is not known.
	Name string `json:"name"`
	// BuildingID is the building through which they were named; 0 for none.
	BuildingID int64 `json:"building_id"`
	// Reason is inactive (the account is deactivated, or its person was forgotten) or no_syndic.
	Reason string `json:"reason"`
}

// Send sends a mail that somebody from the office wrote, each receiver their own, with their names in it. Whoever is named
// several times gets it once. It is sent whatever people chose to hear of, but not to accounts that are not active: those are
// named in the answer. For the office.
//
// The variables are {{first_name}} and {{name}} of the receiver, {{building}} (for syndics those of their buildings that are
// named, else the one that it is about), {{date}} (the day) and {{link}} (to the web app).
//
// Errors: nothing is sent in any case. permission_denied for other roles; failed_precondition while the installation has no SMTP
// server (missing), or when nobody is left who can get it (no_receiver); resource_exhausted after 20 in 10 minutes;
// already_exists for a key of another request; invalid_argument with the field, and the rows of a list, for an empty or too long
// text, a subject of several lines, a variable that does not exist (unknown_variable) or has no value for a receiver (no_value),
// people, buildings and pictures that do not exist, what is no address, more than 200 receivers and copies in all
// (too_many_receivers), more than 10 copies, or pictures of more than 10 MB (too_large).
//
//encore:api auth method=POST path=/mail/send
func (s *Service) Send(ctx context.Context, p *SendParams) (*SendResponse, error) {
	who, err := callerFromOffice()
	if err != nil {
		return nil, err
	}
	l, err := readLetter(p.Subject, p.Body)
	if err != nil {
		return nil, err
	}
	params := store.InsertSendingParams{ActorID: who.UserID, Subject: l.subject, Body: l.body, CreatedAt: s.clock()}
	if err := identify(&params, p); err != nil {
		return nil, err
	}
	if first, err := s.sentBefore(ctx, s.query, params); err != nil || first != nil {
		return s.sendingAnswer(ctx, first, err)
	}
	if !s.settings.Configured() {
		return nil, refusal.Precondition("", refusal.Missing, "This installation has no mail server: SMTP_HOST is not set.")
	}
	if wait := s.limiter.Take(ctx, sendLimit, fmt.Sprint(who.UserID)); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "That was enough mail for now.")
	}
	to, err := s.resolve(ctx, l, p)
	if err != nil {
		return nil, err
	}
	var attachments []Attachment
	if params.PictureIds, attachments, err = s.checkPictures(ctx, p.PictureIDs); err != nil {
		return nil, err
	}
	if params.Attachments, err = json.Marshal(attachments); err != nil {
		return nil, refusal.Failure(err, "encode what goes with the mail")
	}
	params.CcUserIds, params.CcAddresses = to.ccUsers, to.ccAddresses
	if params.Skipped, err = json.Marshal(to.skipped); err != nil {
		return nil, refusal.Failure(err, "encode who is skipped")
	}
	var sending *store.Sending
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		inserted, err := query.InsertSending(ctx, params)
		if err != nil {
			return err
		}
		if len(inserted) == 0 { // the same request came at the same moment
			sending, err = s.sentBefore(ctx, query, params)
			return err
		}
		sending = &inserted[0]
		if err := s.insertMessages(ctx, query, *sending, to.receivers); err != nil {
			return err
		}
		return audit.Append(ctx, tx, audit.Change{
			Kind: "mail.sent", ThingKind: "sending", ThingID: sending.ID, Actor: actorOf(who), OccurredAt: params.CreatedAt,
			After: to.facts(params.PictureIds),
		})
	})
	if err == nil {
		s.sender.wake()
	}
	return s.sendingAnswer(ctx, sending, err)
}

// identify sets by what a request is known when it comes again.
func identify(params *store.InsertSendingParams, p *SendParams) error {
	if p.IdempotencyKey != "" {
		key, err := uuid.FromString(p.IdempotencyKey)
		if err != nil {
			return refusal.Invalid("idempotency_key", refusal.Malformed, "The header Idempotency-Key is a UUID.")
		}
		text := key.String()
		params.IdempotencyKey = &text
	}
	same := *p
	if params.IdempotencyKey != nil { // however it is written
		same.IdempotencyKey = *params.IdempotencyKey
	}
	request, err := json.Marshal(same)
	if err != nil {
		return refusal.Failure(err, "encode the request")
	}
	hash := sha256.Sum256(request)
	params.RequestHash = hash[:]
	return nil
}

// sentBefore returns what was sent with the key of a request; nil when nothing was.
func (s *Service) sentBefore(ctx context.Context, query *store.Queries, params store.InsertSendingParams) (*store.Sending, error) {
	if params.IdempotencyKey == nil {
		return nil, nil
	}
	first, err := query.SendingByKey(ctx, store.SendingByKeyParams{ActorID: params.ActorID, IdempotencyKey: *params.IdempotencyKey})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, err
	case !bytes.Equal(first.RequestHash, params.RequestHash):
		return nil, refusal.Exists("idempotency_key", refusal.IDReused, "The key stands for another request that was sent before.")
	}
	return &first, nil
}

func (s *Service) sendingAnswer(ctx context.Context, sending *store.Sending, err error) (*SendResponse, error) {
	if err != nil {
		return nil, refusal.Failure(err, "send the mail")
	}
	rows, err := s.query.MessagesOfSending(ctx, store.MessagesOfSendingParams{Kind: kindMessage, SendingID: sending.ID})
	if err != nil {
		return nil, refusal.Failure(err, "read the mail")
	}
	answer := &SendResponse{ID: sending.ID}
	if answer.Items, err = s.messagesOf(ctx, rows...); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(sending.Skipped, &answer.Skipped); err != nil {
		return nil, refusal.Failure(err, "read who was skipped")
	}
	return answer, s.nameSkipped(ctx, answer.Skipped)
}

// nameSkipped says what those who get nothing are called now.
func (s *Service) nameSkipped(ctx context.Context, skipped []*Skipped) error {
	ids := []int64{}
	for _, one := range skipped {
		if one.UserID != 0 {
			ids = append(ids, one.UserID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	people, err := s.ask.people(ctx, slices.Compact(ids))
	if err != nil {
		return refusal.Failure(err, "read who is skipped")
	}
	for _, one := range skipped {
		if user, ok := people[one.UserID]; ok {
			one.Name = addressOf(user).Name
		}
	}
	return nil
}

// messageFact is what a message of a sending has of its own.
type messageFact struct {
	// Cc says that the copies go with this one.
	Cc bool `json:"cc,omitempty"`
}

// insertMessages puts a message for each receiver. They are due one after another, no faster than mail is sent, so that what
// others are told meanwhile does not wait behind all of them.
func (s *Service) insertMessages(ctx context.Context, query *store.Queries, sending store.Sending, receivers []*receiver) error {
	rows := make([]store.InsertMessagesOfSendingParams, len(receivers))
	for i, r := range receivers {
		facts, err := json.Marshal(messageFact{Cc: i == 0})
		if err != nil {
			return fmt.Errorf("encode the facts of a message: %w", err)
		}
		rows[i] = store.InsertMessagesOfSendingParams{
			Source: fmt.Sprintf("sending:%d:%d", sending.ID, i), Kind: kindMessage, UserID: r.userID(), ThingID: sending.ID,
			BuildingIds: r.buildings, GivenAddress: r.address, Facts: facts,
			DueAt:     sending.CreatedAt.Add(time.Duration(i) * time.Minute / time.Duration(s.settings.PerMinute)),
			ExpiresAt: sending.CreatedAt.Add(mailLife), MessageID: s.newMessageID(), ActorID: sending.ActorID, Now: sending.CreatedAt,
		}
		if len(r.buildings) > 0 {
			rows[i].BuildingID = &r.buildings[0]
		}
	}
	var failed error
	query.InsertMessagesOfSending(ctx, rows).Exec(func(_ int, err error) {
		if failed == nil && err != nil {
			failed = fmt.Errorf("store a message of the office: %w", err)
		}
	})
	return failed
}

// writeMessage writes what the office wrote, to who can still get it.
func (s *Service) writeMessage(ctx context.Context, m store.Message) (*written, error) {
	sending, err := s.query.SendingByID(ctx, m.ThingID)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && sending.Subject == "" {
		return nil, errWithdrawn // too old, or forgotten
	}
	if err != nil {
		return nil, fmt.Errorf("read what the office wrote: %w", err)
	}
	var fact messageFact
	if err := json.Unmarshal(m.Facts, &fact); err != nil {
		return nil, fmt.Errorf("read the facts of a message: %w", err)
	}
	if m.UserID == 0 && m.GivenAddress == "" {
		return nil, errWithdrawn
	}
	w := &written{to: delivery.Address{Email: m.GivenAddress}}
	l := letter{sending.Subject, sending.Body}
	var mail *content.Mail
	if m.UserID == 0 {
		mail, err = s.writeLetter(ctx, l, nil, m.BuildingIds, m.CreatedAt)
	} else {
		user, receiverErr := s.receiver(ctx, m.Kind, m.UserID)
		if receiverErr != nil {
			return nil, receiverErr
		}
		w.to = addressOf(user)
		mail, err = s.writeLetter(ctx, l, user, m.BuildingIds, m.CreatedAt)
	}
	if err != nil {
		return nil, err
	}
	w.mail = mail
	if fact.Cc {
		if w.cc, err = s.copies(ctx, sending, isActive); err != nil {
			return nil, err
		}
	}
	if w.attachments, err = s.photos(ctx, sending.PictureIds); err != nil {
		return nil, err
	}
	return w, nil
}

func anybody(*auth.User) bool { return true }

func isActive(user *auth.User) bool { return user.Active }

// copies are who gets a copy of what the office wrote: accounts that may, and those without one.
func (s *Service) copies(
	ctx context.Context, sending store.Sending, may func(*auth.User) bool,
) ([]delivery.Address, error) {
	copies := []delivery.Address{}
	people, err := s.ask.people(ctx, sending.CcUserIds)
	if err != nil {
		return nil, err
	}
	for _, id := range sending.CcUserIds {
		if user, ok := people[id]; ok && user.Email != "" && may(user) {
			copies = append(copies, addressOf(user))
		}
	}
	for _, address := range sending.CcAddresses {
		copies = append(copies, delivery.Address{Email: address})
	}
	return copies, nil
}
