package auth

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"encore.app/auth/store"
	"encore.app/internal/audit"
	"encore.app/internal/limit"
)

// What the audit log keeps of things (rule 12): facts and ids, never a password, a hash or a token. Names and phone
// numbers are read from the account when somebody looks.
type (
	accountFacts struct {
		Role      Role    `json:"role"`
		RegionIDs []int64 `json:"region_ids"`
		Language  string  `json:"language"`
		Active    bool    `json:"active"`
		// SecondFactor tells that signing in asks for one.
		SecondFactor bool `json:"second_factor"`
	}
	invitationFacts struct {
		Email      string     `json:"email"`
		Role       Role       `json:"role"`
		RegionIDs  []int64    `json:"region_ids"`
		ExpiresAt  time.Time  `json:"expires_at"`
		AcceptedAt *time.Time `json:"accepted_at"`
	}
	// emailFacts are the address alone, for the changes of it.
	emailFacts struct {
		Email string `json:"email"`
	}
	// changedFacts name the fields of a person that are others, without what they hold.
	changedFacts struct {
		accountFacts

		Changed []string `json:"changed"`
	}
	tokenFacts struct {
		UserID    int64            `json:"user_id"`
		Name      string           `json:"name"`
		Scope     store.TokenScope `json:"scope"`
		ExpiresAt time.Time        `json:"expires_at"`
	}
	sessionFacts struct {
		UserID    int64              `json:"user_id"`
		State     store.SessionState `json:"state"`
		Address   string             `json:"address"`
		UserAgent string             `json:"user_agent"`
		EndsAt    time.Time          `json:"ends_at"`
	}
)

// actor is the caller of a public endpoint as the audit log names them.
func (d *Data) actor() audit.Actor { return d.actorAt(limit.CurrentClient().Address) }

// actorAt is the caller behind a call of another service, which alone knows their IP address.
func (d *Data) actorAt(address string) audit.Actor {
	return audit.Actor{UserID: d.UserID, SessionID: d.SessionID, Address: address}
}

// auditAccount appends a change of an account; before is nil for a new one.
func auditAccount(
	ctx context.Context, tx pgx.Tx, who audit.Actor, kind string, before, after *store.User, at time.Time,
) error {
	change := audit.Change{Kind: kind, ThingKind: "account", ThingID: after.ID, Actor: who, OccurredAt: at}
	if before != nil {
		change.Before = accountFactsOf(before)
	}
	change.After = accountFactsOf(after)
	return audit.Append(ctx, tx, change)
}

// auditEmail appends that the address of an account becomes another one.
func auditEmail(
	ctx context.Context, tx pgx.Tx, who audit.Actor, kind string, user store.User, email string, at time.Time,
) error {
	return audit.Append(ctx, tx, audit.Change{
		Kind: kind, ThingKind: "account", ThingID: user.ID, Actor: who, OccurredAt: at,
		Before: emailFacts{user.Email}, After: emailFacts{email},
	})
}

// auditInvitation appends a change of an invitation; before is nil for a new one, after for one that is gone.
func auditInvitation(
	ctx context.Context, tx pgx.Tx, who audit.Actor, kind string, before, after *store.Invitation, at time.Time,
) error {
	change := audit.Change{Kind: kind, ThingKind: "invitation", Actor: who, OccurredAt: at}
	if before != nil {
		change.ThingID, change.Before = before.ID, invitationFactsOf(before)
	}
	if after != nil {
		change.ThingID, change.After = after.ID, invitationFactsOf(after)
	}
	return audit.Append(ctx, tx, change)
}

// auditToken appends a change of the token of a program; before is nil for a new one, after for one that is gone.
func auditToken(
	ctx context.Context, tx pgx.Tx, who audit.Actor, kind string, before, after *store.Token, at time.Time,
) error {
	change := audit.Change{Kind: kind, ThingKind: "token", Actor: who, OccurredAt: at}
	if before != nil {
		change.ThingID, change.Before = before.ID, tokenFactsOf(before)
	}
	if after != nil {
		change.ThingID, change.After = after.ID, tokenFactsOf(after)
	}
	return audit.Append(ctx, tx, change)
}

// auditSession appends that a session has begun, or ended.
func auditSession(
	ctx context.Context, tx pgx.Tx, who audit.Actor, kind string, session store.Session, at time.Time,
) error {
	change := audit.Change{Kind: kind, ThingKind: "session", ThingID: session.ID, Actor: who, OccurredAt: at}
	facts := sessionFacts{
		UserID: session.UserID, State: session.State, Address: session.Ip, UserAgent: session.UserAgent,
		EndsAt: session.EndsAt,
	}
	if kind == SessionEnded {
		change.Before = facts
	} else {
		change.After = facts
	}
	return audit.Append(ctx, tx, change)
}

func accountFactsOf(user *store.User) accountFacts {
	return accountFacts{
		Role: Role(user.Role), RegionIDs: orEmpty(user.RegionIds), Language: string(user.Language), Active: user.Active,
		SecondFactor: user.SecondFactor,
	}
}

func tokenFactsOf(row *store.Token) tokenFacts {
	return tokenFacts{UserID: row.UserID, Name: row.Name, Scope: row.Scope, ExpiresAt: row.ExpiresAt}
}

func invitationFactsOf(row *store.Invitation) invitationFacts {
	return invitationFacts{
		Email: row.Email, Role: Role(row.Role), RegionIDs: orEmpty(row.RegionIds), ExpiresAt: row.ExpiresAt,
		AcceptedAt: row.AcceptedAt,
	}
}
