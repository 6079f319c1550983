package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"encore.dev/rlog"
	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/input"
)

// startsTogether is within what time processes that start count as one start: the link that the first of them logged
// stands.
const startsTogether = 15 * time.Second

// inviteFirstAdmin invites email to register as the administrator while nobody has an account, and logs the link, which
// is the only way in. Every start makes a new link, and the one before leads nowhere.
func (s *Service) inviteFirstAdmin(ctx context.Context, email string) error {
	link, expiresAt, err := s.firstLink(ctx, email)
	if err != nil || link == "" {
		return err
	}
	// The one place where a token is written down: an operator who reads the log of the server owns the server.
	rlog.Info("first start: register the administrator", "link", link, "email", email, "valid_until", expiresAt)
	return nil
}

// firstLink returns the link of a new invitation, empty when none is due.
func (s *Service) firstLink(ctx context.Context, adminEmail string) (link string, expiresAt time.Time, err error) {
	email := ""
	if adminEmail != "" {
		if email, err = input.Email("", adminEmail); err != nil {
			return "", expiresAt, fmt.Errorf("ADMIN_EMAIL: %q is not an e-mail address", adminEmail)
		}
	}
	now := s.now()
	expiresAt = now.Add(invitationLife)
	err = s.relay.Transact(ctx, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if err := query.LockFirstStart(ctx); err != nil {
			return err
		}
		since := store.FirstInvitationSinceParams{Email: email, Since: now.Add(-startsTogether)}
		switch _, err := query.FirstInvitationSince(ctx, since); {
		case err == nil:
			rlog.Info("first start: another process has just logged the link to register the administrator")
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		// Before the look at the users: who is registering with the old link at this moment holds its row.
		withdrawn, err := query.DeleteFirstInvitation(ctx)
		if err != nil {
			return err
		}
		for _, invitation := range withdrawn {
			if err := auditInvitation(ctx, tx, audit.Actor{}, "invitation.withdrawn", &invitation, nil, now); err != nil {
				return err
			}
		}
		switch used, err := query.AnyUser(ctx); {
		case err != nil || used:
			return err
		case email == "":
			rlog.Warn("first start: there are no accounts, and nobody can register: set ADMIN_EMAIL to the e-mail address " +
				"of the administrator and start again")
			return nil
		}
		invitation, token, err := s.putInvitation(ctx, tx, store.PutInvitationParams{
			Email: email, Role: store.RoleAdmin, RegionIds: []int64{},
			Now: now, ExpiresAt: expiresAt, ReplaceableRoles: rolesToGive(RoleAdmin),
		})
		if err != nil {
			return err
		}
		link = registerLink(s.webApp, token)
		return auditInvitation(ctx, tx, audit.Actor{}, "invitation.created", nil, &invitation, now)
	})
	if err != nil {
		return "", expiresAt, err
	}
	return link, expiresAt, nil
}

// fragmentLink leads to a page of the web app with a token behind the #, which no browser sends to a server: it is in no
// log along the way.
func fragmentLink(webApp url.URL, path, token string) string {
	webApp.Path, webApp.Fragment = path, token
	return webApp.String()
}

// registerLink leads to the web app's page to register.
func registerLink(webApp url.URL, token string) string {
	webApp.Path, webApp.RawQuery = "/register", url.Values{"token": {token}}.Encode()
	return webApp.String()
}
