package mail

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	encore "encore.dev"
	"github.com/jackc/pgx/v5"

	"encore.app/auth"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// unsubscribeLimit is how often one address may try.
var unsubscribeLimit = limit.Limit{Name: "mail:unsubscribe", Count: 60, Period: time.Minute}

// unsubscribeKey derives the tokens of links that end a kind of mail. They are in no database, and do not expire: who
// presses the link in an old mail means it.
type unsubscribeKey []byte

func newUnsubscribeKey(secret string, environment encore.EnvironmentMeta) (unsubscribeKey, error) {
	if secret == "" && environment.Cloud != encore.CloudLocal && environment.Type != encore.EnvTest {
		return nil, errors.New("SECRET_KEY is missing or empty")
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "trottoir: links to unsubscribe", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of links to unsubscribe: %w", err)
	}
	return key, nil
}

// token names a person and a kind of mail, and proves that we wrote it: 12.reminder.MAC.
func (k unsubscribeKey) token(userID int64, kind string) string {
	named := strconv.FormatInt(userID, 10) + "." + kind
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(named))
	return named + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// read returns whom and what a token names; false for one that we did not write.
func (k unsubscribeKey) read(token string) (userID int64, kind string, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return 0, "", false
	}
	userID, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil || !slices.ContainsFunc(chosenKinds, func(c chosen) bool { return c.kind == parts[1] }) ||
		!hmac.Equal([]byte(token), []byte(k.token(userID, parts[1]))) {
		return 0, "", false
	}
	return userID, parts[1], true
}

// unsubscribeLinks are where one click of a mail program ends a kind (RFC 8058), and the page that asks a person first.
func (s *Service) unsubscribeLinks(userID int64, kind string) (oneClick, page string) {
	token := s.unsubscribing.token(userID, kind)
	api := s.api
	api.Path = "/mail/unsubscribe/" + token
	web := s.webApp
	web.Path, web.RawQuery = "/unsubscribe", url.Values{"token": {token}}.Encode()
	return api.String(), web.String()
}

// UnsubscribeResponse says what was ended.
type UnsubscribeResponse struct {
	// Kind is the kind of mail that the person does not get any more: runs, reminder, run-late, stops,
	// building-stops, incidents, building-incidents or day-summary.
	Kind string `json:"kind"`
}

// Unsubscribe ends a kind of mail for the person whom the link in the mail was for, without signing in. A mail program may
// ask it by one click (RFC 8058). Once more changes nothing. Under Preferences it can be turned on again.
//
// Errors: not_found for a token that was not written here; resource_exhausted after 60 tries a minute from one address.
//
//encore:api public method=POST path=/mail/unsubscribe/:token
func (s *Service) Unsubscribe(ctx context.Context, token string) (*UnsubscribeResponse, error) {
	from := limit.CurrentClient()
	if wait := s.limiter.Take(ctx, unsubscribeLimit, from.Network()); wait > 0 {
		return nil, refusal.TooMany(refusal.RateLimited, wait, "Too many attempts from this address.")
	}
	userID, kind, ok := s.unsubscribing.read(token)
	if !ok {
		return nil, refusal.NotFound("This link is not one of ours.")
	}
	people, err := s.ask.people(ctx, []int64{userID})
	if err != nil {
		return nil, refusal.Failure(err, "read whose mail this is")
	}
	if user := people[userID]; user == nil || isAnonymised(user) { // they get none, and nothing more is kept of them
		return &UnsubscribeResponse{Kind: kind}, nil
	}
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		// Whatever the role: the kind must be among those that the person has for the change to be seen.
		at := slices.IndexFunc(chosenKinds, func(c chosen) bool { return c.kind == kind })
		who := &auth.Data{UserID: userID, Role: chosenKinds[at].roles[0]}
		_, err := s.choose(ctx, tx, who, audit.Actor{UserID: userID, Address: from.Address}, []Preference{{Kind: kind, Choice: choiceOff}})
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "end this kind of mail")
	}
	return &UnsubscribeResponse{Kind: kind}, nil
}
