package core

import (
	"context"
	"regexp"
	"strings"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// maxWasteKinds is how many kinds of waste there are at most, archived ones too: all are listed at once.
const maxWasteKinds = 100

// CreateWasteKindParams describe a new kind of waste.
type CreateWasteKindParams struct {
	// Code is 2 to 10 letters from A to Z and digits, and never changes.
	Code string `json:"code"`
	// NameNL, NameEN and NameFR are up to 100 characters each.
	NameNL string `json:"name_nl"`
	NameEN string `json:"name_en"`
	NameFR string `json:"name_fr"`
	// Colour is #rrggbb.
	Colour string `json:"colour"`
	// Icon is the name of a drawing that the web app has: small letters, digits and hyphens.
	Icon string `json:"icon"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// PutWasteKindParams say what a kind of waste is from now on.
type PutWasteKindParams struct {
	// NameNL, NameEN and NameFR are up to 100 characters each.
	NameNL string `json:"name_nl"`
	NameEN string `json:"name_en"`
	NameFR string `json:"name_fr"`
	// Colour is #rrggbb.
	Colour string `json:"colour"`
	// Icon is the name of a drawing that the web app has: small letters, digits and hyphens.
	Icon string `json:"icon"`
	// Version is that of the kind that was changed.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// CreateWasteKind adds a kind of waste. For admins.
//
// Errors: invalid_argument for a bad code, name, colour or icon; already_exists when another kind has the code, also an
// archived one; failed_precondition (too_many) when there are 100; permission_denied for other roles.
//
//encore:api auth method=POST path=/waste-kinds
func (s *Service) CreateWasteKind(ctx context.Context, p *CreateWasteKindParams) (*WasteKind, error) {
	code := strings.ToUpper(strings.TrimSpace(p.Code))
	wanted, err := checkWasteKind(code, p.NameNL, p.NameEN, p.NameFR, p.Colour, p.Icon)
	if err != nil {
		return nil, err
	}
	return s.changeWasteKinds(ctx, sent{p.IdempotencyKey, "CreateWasteKind", p}, func(c *change) (*WasteKind, error) {
		if err := c.query.LockWasteKinds(ctx); err != nil {
			return nil, err
		}
		count, err := c.query.CountWasteKinds(ctx)
		switch {
		case err != nil:
			return nil, err
		case count >= maxWasteKinds:
			return nil, refusal.Precondition("", refusal.TooManyOfThem, "There are 100 kinds of waste already.")
		}
		row, err := c.query.InsertWasteKind(ctx, wanted)
		switch {
		case violates(err, "waste_kinds_pkey"):
			return nil, refusal.Exists("code", refusal.NameTaken, "Another kind of waste has this code.")
		case err != nil:
			return nil, err
		}
		return c.wasteKindChanged(ctx, WasteKindCreated, nil, row)
	})
}

// PutWasteKind changes names, colour and icon of a kind of waste; its code stays. For admins.
//
// Errors: aborted when somebody else has changed the kind since that version; not_found when there is no such kind;
// otherwise as CreateWasteKind.
//
//encore:api auth method=PUT path=/waste-kinds/:code
func (s *Service) PutWasteKind(ctx context.Context, code string, p *PutWasteKindParams) (*WasteKind, error) {
	return s.changeWasteKind(ctx, sent{p.IdempotencyKey, "PutWasteKind/" + code, p}, code, WasteKindChanged,
		func(c *change, now store.WasteKind) (store.WasteKind, error) {
			wanted, err := checkWasteKind(now.Code, p.NameNL, p.NameEN, p.NameFR, p.Colour, p.Icon)
			switch {
			case err != nil:
				return now, err
			case now.Version != p.Version:
				return now, changedMeanwhile("kind of waste")
			}
			return c.query.UpdateWasteKind(ctx, store.UpdateWasteKindParams{
				Code: wanted.Code, NameNl: wanted.NameNl, NameEn: wanted.NameEn, NameFr: wanted.NameFr, Colour: wanted.Colour, Icon: wanted.Icon,
			})
		})
}

// ArchiveWasteKind takes a kind of waste out of use: nothing of it is planned any more, by rules neither, and the collections
// that there are keep it (rule 8). Repeating it changes nothing. For admins.
//
// Errors: not_found when there is no such kind, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/waste-kinds/:code
func (s *Service) ArchiveWasteKind(ctx context.Context, code string) (*WasteKind, error) {
	return s.changeWasteKind(ctx, sent{}, code, WasteKindArchived, func(c *change, now store.WasteKind) (store.WasteKind, error) {
		if now.ArchivedAt != nil {
			return now, nil
		}
		return c.query.SetWasteKindArchived(ctx, store.SetWasteKindArchivedParams{Code: now.Code, ArchivedAt: &c.at})
	})
}

// UnarchiveWasteKind takes a kind of waste back into use. Repeating it changes nothing. For admins.
//
// Errors: not_found when there is no such kind, permission_denied for other roles.
//
//encore:api auth method=POST path=/waste-kinds/:code/unarchive
func (s *Service) UnarchiveWasteKind(ctx context.Context, code string) (*WasteKind, error) {
	return s.changeWasteKind(ctx, sent{}, code, WasteKindUnarchived, func(c *change, now store.WasteKind) (store.WasteKind, error) {
		if now.ArchivedAt == nil {
			return now, nil
		}
		return c.query.SetWasteKindArchived(ctx, store.SetWasteKindArchivedParams{Code: now.Code})
	})
}

// changeWasteKind runs do in a transaction that holds the kind's lock, for admins. kind is what the events call it.
func (s *Service) changeWasteKind(
	ctx context.Context, request sent, code, kind string, do func(c *change, now store.WasteKind) (store.WasteKind, error),
) (*WasteKind, error) {
	return s.changeWasteKinds(ctx, request, func(c *change) (*WasteKind, error) {
		if !wasteKindCode.MatchString(code) {
			return nil, noWasteKind()
		}
		now, err := c.query.LockWasteKind(ctx, code)
		if err != nil {
			return nil, missingOr(err, noWasteKind(), "lock the kind of waste")
		}
		after, err := do(c, now)
		if err != nil {
			return nil, err
		}
		return c.wasteKindChanged(ctx, kind, &now, after)
	})
}

// changeWasteKinds runs do in a transaction, for admins.
func (s *Service) changeWasteKinds(
	ctx context.Context, request sent, do func(c *change) (*WasteKind, error),
) (*WasteKind, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.WriteWasteKinds(caller); err != nil {
		return nil, err
	}
	answer, err := answerOnce(ctx, s, caller, request, do)
	return answer, refusal.Failure(err, "change the kinds of waste")
}

// wasteKindChanged tells what has become of a kind of waste, unless nothing has. before is nil for a new one.
func (c *change) wasteKindChanged(ctx context.Context, kind string, before *store.WasteKind, after store.WasteKind) (*WasteKind, error) {
	answer := wasteKindOf(after)
	var was any
	if before != nil {
		if before.Version == after.Version {
			return &answer, nil
		}
		was = wasteKindOf(*before)
	}
	if err := c.audit(ctx, kind, "waste_kind", after.Code, was, answer); err != nil {
		return nil, err
	}
	return &answer, outbox.Append(ctx, c.tx, collectionEvents, &CollectionEvent{Type: kind, ActorID: c.caller.ID, WasteKind: after.Code})
}

var (
	wasteKindCode   = regexp.MustCompile(`^[A-Z0-9]{2,10}$`)
	wasteKindColour = regexp.MustCompile(`^#[0-9a-f]{6}$`)
	wasteKindIcon   = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)
)

// checkWasteKind cleans what a request says about a kind of waste.
func checkWasteKind(code, nameNL, nameEN, nameFR, colour, icon string) (wanted store.InsertWasteKindParams, err error) {
	wanted = store.InsertWasteKindParams{Code: code, Colour: strings.ToLower(colour), Icon: icon}
	if !wasteKindCode.MatchString(code) {
		return wanted, refusal.Invalid("code", refusal.Malformed, "A code has 2 to 10 letters from A to Z and digits.")
	}
	if wanted.NameNl, err = input.RequiredText("name_nl", nameNL, maxWasteKindName); err != nil {
		return wanted, err
	}
	if wanted.NameEn, err = input.RequiredText("name_en", nameEN, maxWasteKindName); err != nil {
		return wanted, err
	}
	if wanted.NameFr, err = input.RequiredText("name_fr", nameFR, maxWasteKindName); err != nil {
		return wanted, err
	}
	if !wasteKindColour.MatchString(wanted.Colour) {
		return wanted, refusal.Invalid("colour", refusal.Malformed, "A colour is written as #1e90ff.")
	}
	if !wasteKindIcon.MatchString(icon) {
		return wanted, refusal.Invalid("icon", refusal.Malformed, "An icon is named by small letters, digits and hyphens.")
	}
	return wanted, nil
}

const maxWasteKindName = 100

func noWasteKind() error { return refusal.NotFound("There is no such kind of waste.") }
