package mail

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"encore.dev/beta/errs"

	"encore.app/auth"
	"encore.app/internal/mailrequest"
	"encore.app/mail/content"
	"encore.app/mail/delivery"
	"encore.app/mail/store"
)

// written is a message ready to be sent.
type written struct {
	mail   *content.Mail
	to     delivery.Address
	cc     []delivery.Address
	secret string // what is blacked out where the mail is kept; empty when nothing is
	// names are the accounts that the text names, beside the receiver's.
	names       []int64
	attachments []delivery.Attachment
	unsubscribe string // where one click ends this kind; empty for what cannot be ended
}

// errWithdrawn says that there is nothing to tell any more: the link is used, the account is gone.
var errWithdrawn = errors.New("there is nothing to tell any more")

// blackedOut stands where a secret was.
const blackedOut = "█████"

// write writes a message with what is true now.
func (s *Service) write(ctx context.Context, m store.Message) (*written, error) {
	switch m.Kind {
	case mailrequest.Invitation:
		return s.writeInvitation(ctx, m)
	case mailrequest.PasswordReset:
		return s.writeLink(ctx, m, s.ask.resetLink)
	case mailrequest.EmailChange:
		return s.writeLink(ctx, m, s.ask.changeLink)
	case mailrequest.PasswordChanged, mailrequest.EmailChanged, mailrequest.NewDevice, mailrequest.SecondFactorChanged:
		return s.writeAccountMail(ctx, m)
	case kindMessage:
		return s.writeMessage(ctx, m)
	case kindTest:
		return s.writeTest(ctx, m)
	case kindRuns, kindReminder, kindRunLate, kindStops:
		return s.writeWork(ctx, m)
	}
	return nil, fmt.Errorf("this version of the program does not know mail of the kind %q", m.Kind)
}

func (s *Service) writeInvitation(ctx context.Context, m store.Message) (*written, error) {
	link, err := s.ask.invitationLink(ctx, m.ThingID)
	if err != nil {
		return nil, withdrawnIfOver(err)
	}
	in := content.In(link.Language, s.zone)
	mail, err := in.Mail(m.Kind, "", content.Facts{
		"InvitedBy": link.InvitedBy, "Role": in.Role(string(link.Role)), "Until": in.Moment(link.ExpiresAt), "Link": link.Link,
	})
	if err != nil {
		return nil, err
	}
	mail.Reason = in.Reason("invitation")
	return &written{mail: mail, to: delivery.Address{Email: link.Email}, secret: link.Link}, nil
}

// writeLink writes to an address the link with which its owner goes on.
func (s *Service) writeLink(
	ctx context.Context, m store.Message, ask func(ctx context.Context, id int64) (*auth.AccountLinkResponse, error),
) (*written, error) {
	link, err := ask(ctx, m.ThingID)
	if err != nil {
		return nil, withdrawnIfOver(err)
	}
	user, err := s.receiver(ctx, link.UserID)
	if err != nil {
		return nil, err
	}
	in := content.In(user.Language, s.zone)
	mail, err := in.Mail(m.Kind, user.FirstName, content.Facts{"Until": in.Moment(link.ExpiresAt), "Link": link.Link})
	if err != nil {
		return nil, err
	}
	return &written{mail: mail, to: delivery.Address{Name: addressOf(user).Name, Email: link.Email}, secret: link.Link}, nil
}

// writeAccountMail writes what happened to an account, to its owner.
func (s *Service) writeAccountMail(ctx context.Context, m store.Message) (*written, error) {
	user, err := s.receiver(ctx, m.UserID)
	if err != nil {
		return nil, err
	}
	data := map[string]string{}
	if err := json.Unmarshal(m.Facts, &data); err != nil {
		return nil, fmt.Errorf("read the facts of a message: %w", err)
	}
	in := content.In(user.Language, s.zone)
	facts := content.Facts{"When": in.Moment(m.OccurredAt)}
	switch m.Kind {
	case mailrequest.PasswordChanged:
		facts["Link"] = s.link("/forgot-password")
	case mailrequest.NewDevice:
		facts["Link"], facts["IP"], facts["Device"] = s.accountLink("sessions"), data["ip"], data["device"]
		if data["device"] == "" {
			if facts["Device"], err = in.Phrase("device-unknown", nil); err != nil {
				return nil, err
			}
		}
	case mailrequest.SecondFactorChanged:
		facts["Link"] = s.accountLink("security")
		if facts["Change"], err = in.Phrase("second-factor-"+data["change"], nil); err != nil {
			if facts["Change"], err = in.Phrase("second-factor-changed", nil); err != nil {
				return nil, err
			}
		}
	}
	mail, err := in.Mail(m.Kind, user.FirstName, facts)
	if err != nil {
		return nil, err
	}
	to := addressOf(user)
	if m.GivenAddress != "" {
		to.Email = m.GivenAddress
	}
	return &written{mail: mail, to: to}, nil
}

// receiver is whose account a message is for; errWithdrawn when there is none, or its person was anonymised.
func (s *Service) receiver(ctx context.Context, id int64) (*auth.User, error) {
	people, err := s.ask.people(ctx, []int64{id})
	if err != nil {
		return nil, err
	}
	user, ok := people[id]
	if !ok || user.Email == "" || domainOf(user.Email) == auth.AnonymousDomain {
		return nil, errWithdrawn
	}
	return user, nil
}

func addressOf(user *auth.User) delivery.Address {
	return delivery.Address{Name: strings.TrimSpace(user.FirstName + " " + user.LastName), Email: user.Email}
}

// withdrawnIfOver turns what auth says of a link that is not good any more into errWithdrawn.
func withdrawnIfOver(err error) error {
	switch errs.Code(err) {
	case errs.NotFound, errs.FailedPrecondition:
		return errWithdrawn
	}
	return err
}

// newMessageID returns the Message-ID of a message, which stays the same however often it is tried.
func (s *Service) newMessageID() string {
	domain := domainOf(s.from.Email)
	if domain == "" {
		domain = "localhost"
	}
	return strings.ToLower(rand.Text()) + "@" + domain
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

func peopleFromAuth(ctx context.Context, ids []int64) (map[int64]*auth.User, error) {
	answer, err := auth.UsersByID(ctx, &auth.UsersByIDParams{IDs: ids})
	if err != nil {
		return nil, err
	}
	people := make(map[int64]*auth.User, len(answer.Users))
	for _, user := range answer.Users {
		people[user.ID] = user
	}
	return people, nil
}

func resetLinkFromAuth(ctx context.Context, id int64) (*auth.AccountLinkResponse, error) {
	return auth.PasswordResetLink(ctx, &auth.AccountLinkParams{ID: id})
}

func changeLinkFromAuth(ctx context.Context, id int64) (*auth.AccountLinkResponse, error) {
	return auth.EmailChangeLink(ctx, &auth.AccountLinkParams{ID: id})
}

func invitationLinkFromAuth(ctx context.Context, id int64) (*auth.InvitationLinkResponse, error) {
	return auth.InvitationLink(ctx, &auth.InvitationLinkParams{ID: id})
}
