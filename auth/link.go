package auth

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	encore "encore.dev"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/mailrequest"
	"encore.app/internal/refusal"
)

// secrets are those of the installation.
var secrets struct {
	// SECRET_KEY is what the tokens of links are derived from.
	SECRET_KEY string
}

// linkPurpose keeps the token of one kind of link from being good for another kind.
type linkPurpose string

const (
	invitationPurpose    linkPurpose = "invitation"
	passwordResetPurpose linkPurpose = "password-reset"
	emailChangePurpose   linkPurpose = "email-change"
)

// linkKey derives the tokens of links that are sent by mail. A token is told to the person who makes it and to the service
// that sends mail; it is stored as a hash only, and stands in no event and no log.
type linkKey []byte

// newLinkKey derives the key from the installation's. Only a developer's machine may be without one: there the nonces in
// the database are the whole secret.
func newLinkKey(secret string, environment encore.EnvironmentMeta) (linkKey, error) {
	if secret == "" && environment.Cloud != encore.CloudLocal && environment.Type != encore.EnvTest {
		return nil, errors.New("SECRET_KEY is missing or empty")
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "trottoir: links in mail", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of links: %w", err)
	}
	return key, nil
}

// token returns the token of a link to the thing with id. Another nonce makes another token, and the one before is good
// for nothing once its hash is replaced.
func (k linkKey) token(purpose linkPurpose, id int64, nonce []byte) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(id)))
	mac.Write(nonce)
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// tokenOf derives the token of a link whose hash is stored; failed_precondition when the key is another one since.
func (k linkKey) tokenOf(purpose linkPurpose, id int64, nonce, hash []byte) (string, error) {
	token := k.token(purpose, id, nonce)
	if nonce == nil || !bytes.Equal(hashToken(token), hash) {
		return "", refusal.Precondition("", refusal.ChangedMeanwhile, "This link is not known any more. Make a new one.")
	}
	return token, nil
}

// addressMAC stands for an address that is forgotten: it tells whether another one is the same, to who has the key.
func (k linkKey) addressMAC(email string) []byte {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte("forgotten address"))
	mac.Write([]byte{0})
	mac.Write([]byte(email))
	return mac.Sum(nil)
}

func newNonce() []byte {
	nonce := make([]byte, 32)
	_, _ = rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return nonce
}

// putInvitation invites an address within tx, or makes anew the invitation that waits for it, and returns the token of its
// link, which is also sent by mail. It returns pgx.ErrNoRows when the one that waits may not be replaced.
func (s *Service) putInvitation(
	ctx context.Context, tx pgx.Tx, params store.PutInvitationParams,
) (invitation store.Invitation, token string, err error) {
	query := s.query.WithTx(tx)
	params.Nonce = newNonce()
	_, params.TokenHash = newToken() // leads nowhere: the token needs the id first
	if invitation, err = query.PutInvitation(ctx, params); err != nil {
		return invitation, "", err
	}
	token = s.links.token(invitationPurpose, invitation.ID, invitation.Nonce)
	invitation.TokenHash = hashToken(token)
	err = query.SetInvitationToken(ctx, store.SetInvitationTokenParams{ID: invitation.ID, TokenHash: invitation.TokenHash})
	if err != nil {
		return invitation, "", err
	}
	return invitation, token, mailrequest.Append(ctx, tx, mailrequest.Request{
		Kind: mailrequest.Invitation, ThingID: invitation.ID, OccurredAt: params.Now,
	})
}

// AccountLinkParams name a reset of a password, or a change of an e-mail address.
type AccountLinkParams struct {
	// ID is that of the reset or the change.
	ID int64 `json:"id"`
}

// AccountLinkResponse is what the mail with a link of an account says.
type AccountLinkResponse struct {
	// Link leads to the page to go on. Whoever has it can act for the account: it belongs into the mail and nowhere else.
	Link string `json:"link" encore:"sensitive"`
	// UserID is whose account it is.
	UserID int64 `json:"user_id"`
	// Email is where it goes: for a change of address the new one.
	Email string `json:"email" encore:"sensitive"`
	// ExpiresAt is until when it is good.
	ExpiresAt time.Time `json:"expires_at"`
}

// InvitationLinkParams name an invitation.
type InvitationLinkParams struct {
	// ID is the invitation's.
	ID int64 `json:"id"`
}

// InvitationLinkResponse is what a mail to who is invited says.
type InvitationLinkResponse struct {
	// Link leads to the page to register. Whoever has it can register: it belongs into the mail and nowhere else.
	Link string `json:"link" encore:"sensitive"`
	// Email is where it goes.
	Email string `json:"email" encore:"sensitive"`
	// Role is the role that the account will have.
	Role Role `json:"role"`
	// InvitedBy is the name of who made the invitation; empty when the application did, at its first start.
	InvitedBy string `json:"invited_by"`
	// Language is that of who made it: the receiver's is not known yet.
	Language string `json:"language"`
	// ExpiresAt is until when they may register.
	ExpiresAt time.Time `json:"expires_at"`
}

// InvitationLink returns the link of an invitation that waits, for the service that sends it.
//
// Errors: not_found for an invitation that does not exist; failed_precondition when somebody has registered with it, its
// time is up, or its link cannot be derived because it was made with another SECRET_KEY or by a version that did not
// derive links: inviting again makes one that can.
//
//encore:api private method=POST path=/internal/invitation-link
func (s *Service) InvitationLink(ctx context.Context, p *InvitationLinkParams) (*InvitationLinkResponse, error) {
	invitation, token, err := s.waitingInvitation(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	answer := &InvitationLinkResponse{
		Link: registerLink(s.webApp, token), Email: invitation.Email, Role: Role(invitation.Role),
		Language: string(store.LanguageNl), ExpiresAt: invitation.ExpiresAt,
	}
	if invitation.InvitedBy != nil {
		inviter, err := s.query.UserByID(ctx, *invitation.InvitedBy)
		if err != nil {
			return nil, refusal.Failure(err, "find who invited")
		}
		answer.InvitedBy, answer.Language = inviter.FirstName+" "+inviter.LastName, string(inviter.Language)
	}
	return answer, nil
}

// waitingInvitation returns an invitation that waits and the token of its link. It refuses as InvitationLink does.
func (s *Service) waitingInvitation(ctx context.Context, id int64) (invitation store.Invitation, token string, err error) {
	invitation, err = s.query.InvitationByID(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return invitation, "", noInvitation()
	}
	if err != nil {
		return invitation, "", refusal.Failure(err, "find the invitation")
	}
	if err := checkWaiting(invitation, s.now()); err != nil {
		return invitation, "", err
	}
	token, err = s.links.tokenOf(invitationPurpose, invitation.ID, invitation.Nonce, invitation.TokenHash)
	return invitation, token, err
}
