package core

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/input"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

// BuildingParams describe a building.
type BuildingParams struct {
	RegionID int64 `json:"region_id"`
	// Name is up to 200 characters; the street and number when left empty.
	Name    string        `json:"name"`
	Address AddressParams `json:"address"`
	// SyndicIDs are the accounts that manage the building, 10 at most; an empty list when nobody does.
	SyndicIDs []int64 `json:"syndic_ids"`
	// TellSyndic has the syndics get mail about stops here that were skipped or failed; left out, it stays as it is: off for a
	// new building.
	TellSyndic *bool `json:"tell_syndic"`
	// PublicPhotos has the residents' page show the photos of the last departure; left out, it stays as it is: off for a new
	// building.
	PublicPhotos *bool `json:"public_photos"`
	// CustomerNumber is that at the waste company; up to 40 characters, often empty.
	CustomerNumber string `json:"customer_number"`
	// Coordinates may be null.
	Coordinates *Coordinates `json:"coordinates"`
	// AgreedMinutes is how long a visit is agreed to take, 1 to 600.
	AgreedMinutes int `json:"agreed_minutes"`
	// Version is that of the building that was changed; left out for a new one.
	Version int64 `json:"version"`
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// AddressParams say where a building stands.
type AddressParams struct {
	// Street is up to 200 characters.
	Street string `json:"street"`
	// HouseNumber is up to 20 characters and has a digit: 12, 12A, 12-14, Blok 3.
	HouseNumber string `json:"house_number"`
	// Bus is the Belgian box number; up to 20 characters, often empty.
	Bus string `json:"bus"`
	// PostalCode is up to 10 characters, as in Belgium (4 digits), its neighbours or the United Kingdom.
	PostalCode string `json:"postal_code"`
	// City is up to 100 characters.
	City string `json:"city"`
}

// The limits of texts, in characters, and of the agreed time.
const (
	maxName          = 200
	maxHouseNumber   = 20
	maxPostalCode    = 10
	maxCity          = 100
	maxAgreedMinutes = 600
	maxCustomer      = 40
	// maxSyndicsOfOne is how many syndics a building has at most.
	maxSyndicsOfOne = 10
)

// CreateBuilding adds a building. The office only.
//
// Errors: invalid_argument for a field that is missing, too long or names something unknown; already_exists when a
// building that is not archived has the address; permission_denied for other roles.
//
//encore:api auth method=POST path=/buildings
func (s *Service) CreateBuilding(ctx context.Context, p *BuildingParams) (*Building, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.OfficeOnly(caller); err != nil {
		return nil, err
	}
	wanted, err := checkBuilding(p)
	if err != nil {
		return nil, err
	}
	id, err := s.transactOnce(ctx, caller, sent{p.IdempotencyKey, "CreateBuilding", p}, func(c *change) (int64, error) {
		if err := s.checkSyndics(ctx, nil, wanted.syndicIDs); err != nil {
			return 0, err
		}
		id, err := c.query.InsertBuilding(ctx, wanted.row)
		if err != nil {
			return 0, err
		}
		if err := c.query.SetSyndics(ctx, store.SetSyndicsParams{BuildingID: id, UserIds: wanted.syndicIDs}); err != nil {
			return 0, err
		}
		return id, c.buildingChanged(ctx, "building.created", nil, id)
	})
	if err != nil {
		return nil, refusal.Failure(buildingConflict(err), "make the building")
	}
	return s.readBuilding(ctx, caller, id)
}

// PutBuilding changes a building. The office changes everything, a syndic the names of their own buildings only.
//
// Errors: aborted when somebody else has changed the building since that version; failed_precondition when it is
// archived, or is to move to another region while it is a stop of a tour; not_found when there is none that the caller
// may see; otherwise as CreateBuilding.
//
//encore:api auth method=PUT path=/buildings/:id
func (s *Service) PutBuilding(ctx context.Context, id int64, p *BuildingParams) (*Building, error) {
	wanted, err := checkBuilding(p)
	if err != nil {
		return nil, err
	}
	request := sent{p.IdempotencyKey, fmt.Sprint("PutBuilding/", id), p}
	return s.changeBuilding(ctx, request, id, "building.changed", access.ChangeBuilding,
		func(c *change, building buildingState) error {
			wanted := wanted
			if p.TellSyndic == nil {
				wanted.row.TellSyndic = building.TellSyndic
			}
			if p.PublicPhotos == nil {
				wanted.row.PublicPhotos = building.PublicPhotos
			}
			if err := s.checkChange(ctx, c.query, c.caller, building, wanted); err != nil {
				return err
			}
			if building.Version != p.Version {
				return changedMeanwhile("building")
			}
			row := wanted.row
			if err := c.query.UpdateBuilding(ctx, store.UpdateBuildingParams{
				ID: id, RegionID: row.RegionID, Name: row.Name, Street: row.Street, HouseNumber: row.HouseNumber,
				Bus: row.Bus, PostalCode: row.PostalCode, City: row.City, SyndicID: row.SyndicID, AgreedMinutes: row.AgreedMinutes,
				CustomerNumber: row.CustomerNumber, Latitude: row.Latitude, Longitude: row.Longitude,
				TellSyndic: row.TellSyndic, PublicPhotos: row.PublicPhotos,
			}); err != nil {
				return err
			}
			return c.query.SetSyndics(ctx, store.SetSyndicsParams{BuildingID: id, UserIds: wanted.syndicIDs})
		})
}

// ArchiveBuilding takes a building out of use: it leaves the lists and its tours, and history keeps it (rule 8).
// Repeating it changes nothing. The office only.
//
// Errors: not_found when there is no such building, permission_denied for other roles.
//
//encore:api auth method=DELETE path=/buildings/:id
func (s *Service) ArchiveBuilding(ctx context.Context, id int64) (*Building, error) {
	return s.changeHeldBuilding(ctx, sent{}, id, "building.archived", officeOnly, versionBuildingArchived,
		func(c *change, building buildingState) error {
			if building.ArchivedAt != nil {
				return nil
			}
			return c.query.SetBuildingArchived(ctx, store.SetBuildingArchivedParams{ID: id, ArchivedAt: &c.at})
		})
}

// UnarchiveBuilding takes a building back into use, also as a stop of the tours that it was on. Repeating it changes
// nothing. The office only.
//
// Errors: already_exists when another building has got its address, not_found when there is no such building,
// permission_denied for other roles.
//
//encore:api auth method=POST path=/buildings/:id/unarchive
func (s *Service) UnarchiveBuilding(ctx context.Context, id int64) (*Building, error) {
	return s.changeHeldBuilding(ctx, sent{}, id, "building.unarchived", officeOnly, versionBuildingUnarchived,
		func(c *change, building buildingState) error {
			if building.ArchivedAt == nil {
				return nil
			}
			return c.query.SetBuildingArchived(ctx, store.SetBuildingArchivedParams{ID: id})
		})
}

// RenewPublicIDParams say whether the request may have been made already.
type RenewPublicIDParams struct {
	// IdempotencyKey is a UUID that the client makes: the same request with the same key, within 24 hours, gets the same
	// answer and changes nothing. Another request with the key is refused (already_exists, id_reused).
	IdempotencyKey string `header:"Idempotency-Key"`
}

// RenewPublicID gives a building a new public id: what was printed with the one before leads nowhere from now on. For the
// office and the building's syndic.
//
// Errors: not_found when there is none that the caller may see, permission_denied for other roles.
//
//encore:api auth method=POST path=/buildings/:id/public-id
func (s *Service) RenewPublicID(ctx context.Context, id int64, p *RenewPublicIDParams) (*Building, error) {
	request := sent{p.IdempotencyKey, fmt.Sprint("RenewPublicID/", id), p}
	return s.changeBuilding(ctx, request, id, "building.public_id_renewed", access.ChangeBuilding,
		func(c *change, _ buildingState) error {
			return c.query.RenewPublicID(ctx, id)
		})
}

// buildingState is a building with who manages it, as it is under its lock; the audit log shows it so.
type buildingState struct {
	store.Building

	SyndicIDs []int64 `json:"syndic_ids"`
}

// lockBuilding locks a building and reads who manages it.
func (c *change) lockBuilding(ctx context.Context, id int64) (state buildingState, err error) {
	if state.Building, err = c.query.LockBuilding(ctx, id); err != nil {
		return state, err
	}
	state.SyndicID = nil // for the program from before
	state.SyndicIDs, err = c.query.SyndicIDsOfBuilding(ctx, id)
	return state, err
}

// changeBuilding runs do in a transaction that holds the building's lock, if decide lets the caller do it to a building of
// its syndics. kind is what the events call it. Whoever may not do it to any building is told so, whether or not the building exists.
func (s *Service) changeBuilding(
	ctx context.Context, request sent, id int64, kind string, decide func(caller access.Actor, syndicIDs []int64) error,
	do func(c *change, building buildingState) error,
) (*Building, error) {
	return s.changeHeldBuilding(ctx, request, id, kind, decide, "", do)
}

// changeHeldBuilding is changeBuilding; unless why is empty it holds the tours of the building too, and what is planned on them, and
// tells how their stops changed.
func (s *Service) changeHeldBuilding(
	ctx context.Context, request sent, id int64, kind string, decide func(caller access.Actor, syndicIDs []int64) error, why string,
	do func(c *change, building buildingState) error,
) (*Building, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	// Asked about a building of their own, a refusal can only come from the role.
	if err := decide(caller, []int64{caller.ID}); err != nil {
		return nil, err
	}
	_, err = s.transactOnce(ctx, caller, request, func(c *change) (int64, error) {
		var onTours heldStops
		if why != "" {
			tours := func() ([]int64, error) { return c.query.TourIDsOfBuilding(ctx, id) }
			held, err := s.holdStops(ctx, c, tours, func() error {
				_, err := c.query.LockBuilding(ctx, id)
				return err
			})
			if err != nil {
				return 0, missingOr(err, noBuilding(), "lock the building")
			}
			onTours = held
		}
		building, err := c.lockBuilding(ctx, id)
		if err != nil {
			return 0, missingOr(err, noBuilding(), "lock the building")
		}
		if err := decide(caller, building.SyndicIDs); err != nil {
			return 0, err
		}
		if err := do(c, building); err != nil {
			return 0, err
		}
		if err := c.stopsChanged(ctx, onTours, cause{kind: why}); err != nil {
			return 0, err
		}
		return id, c.buildingChanged(ctx, kind, &building, id)
	})
	if err != nil {
		return nil, refusal.Failure(buildingConflict(err), "change the building")
	}
	return s.readBuilding(ctx, caller, id)
}

// buildingChanged tells what has become of a building, unless nothing has. before is nil for a new one.
func (c *change) buildingChanged(ctx context.Context, kind string, before *buildingState, id int64) error {
	after, err := c.lockBuilding(ctx, id)
	if err != nil {
		return err
	}
	event := &BuildingEvent{
		Type: kind, BuildingID: id, ActorID: c.caller.ID, SyndicIDs: after.SyndicIDs, Archived: after.ArchivedAt != nil,
	}
	var was any
	if before != nil {
		if before.Version == after.Version {
			return nil
		}
		was = before
		for _, id := range before.SyndicIDs {
			if !slices.Contains(after.SyndicIDs, id) {
				event.FormerSyndicIDs = append(event.FormerSyndicIDs, id)
			}
		}
	}
	if err := c.audit(ctx, kind, "building", id, was, after); err != nil {
		return err
	}
	return outbox.Append(ctx, c.tx, buildingEvents, event)
}

// checkChange refuses what the caller may not change about the building, or what it cannot become now.
func (s *Service) checkChange(
	ctx context.Context, query *store.Queries, caller access.Actor, building buildingState, wanted buildingFacts,
) error {
	row := wanted.row
	renamed := store.InsertBuildingParams{
		RegionID: building.RegionID, Name: row.Name, Street: building.Street, HouseNumber: building.HouseNumber,
		Bus: building.Bus, PostalCode: building.PostalCode, City: building.City, SyndicID: row.SyndicID,
		AgreedMinutes: building.AgreedMinutes, CustomerNumber: building.CustomerNumber, Latitude: row.Latitude, Longitude: row.Longitude,
		TellSyndic: building.TellSyndic, PublicPhotos: building.PublicPhotos,
	}
	moved := !equal(building.Latitude, row.Latitude) || !equal(building.Longitude, row.Longitude)
	switch {
	case !caller.Office() && (row != renamed || moved || !slices.Equal(building.SyndicIDs, wanted.syndicIDs)):
		return refusal.Forbidden(refusal.WrongRole, "Your role may change the name only.")
	case building.ArchivedAt != nil:
		return errArchivedBuilding()
	}
	if err := s.checkSyndics(ctx, building.SyndicIDs, wanted.syndicIDs); err != nil {
		return err
	}
	if building.RegionID == row.RegionID {
		return nil
	}
	tours, err := query.ToursOfBuilding(ctx, building.ID)
	if err != nil {
		return err
	}
	if len(tours) > 0 {
		return refusal.Precondition("region_id", refusal.InUse,
			"The building is a stop of "+tours[0]+"; take it off its tours before it moves to another region.")
	}
	return nil
}

var (
	// houseNumber begins with a digit, or with a word before it (Blok 3).
	houseNumber = regexp.MustCompile(`^(\pL+\.? ?)?\d`)
	// postalCode is that of Belgium and its neighbours: 9000, B-9000, 75001, L-1234, 1234 AB; or that of the United Kingdom.
	postalCode = regexp.MustCompile(`(?i)^([a-z]{1,2}-)?\d{4,5}( ?[a-z]{2})?$|^[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}$`)
)

// buildingFacts are what a request says about a building, cleaned.
type buildingFacts struct {
	row       store.InsertBuildingParams
	syndicIDs []int64 // in order, each once
}

// checkBuilding cleans what a request says about a building.
func checkBuilding(p *BuildingParams) (facts buildingFacts, err error) {
	if facts.row, err = checkPlace(p); err != nil {
		return facts, err
	}
	if p.SyndicIDs == nil { // said by an app from before: it must not take all syndics away
		return facts, refusal.Invalid("syndic_ids", refusal.Required, "Say who manages the building; an empty list for nobody.")
	}
	if facts.syndicIDs, err = input.IDs("syndic_ids", p.SyndicIDs, maxSyndicsOfOne); err != nil {
		return facts, err
	}
	if len(facts.syndicIDs) > 0 {
		facts.row.SyndicID = &facts.syndicIDs[0]
	}
	if facts.row.CustomerNumber, err = input.Text("customer_number", p.CustomerNumber, maxCustomer); err != nil {
		return facts, err
	}
	if at := p.Coordinates; at != nil {
		// NaN is in no range.
		if !(at.Latitude >= -90 && at.Latitude <= 90 && at.Longitude >= -180 && at.Longitude <= 180) {
			return facts, refusal.Invalid("coordinates", refusal.OutOfRange,
				"A latitude is -90 to 90 degrees, a longitude -180 to 180; Ghent lies at 51.05, 3.72.")
		}
		facts.row.Latitude, facts.row.Longitude = &at.Latitude, &at.Longitude
	}
	return facts, nil
}

// checkPlace cleans the name of a building, where it stands and how long it takes.
func checkPlace(p *BuildingParams) (wanted store.InsertBuildingParams, err error) {
	if p.RegionID == 0 {
		return wanted, refusal.Invalid("region_id", refusal.Required, "Choose a region.")
	}
	wanted.RegionID = p.RegionID
	wanted.TellSyndic = p.TellSyndic != nil && *p.TellSyndic
	wanted.PublicPhotos = p.PublicPhotos != nil && *p.PublicPhotos
	for _, text := range []struct {
		field, value string
		limit        int
		target       *string
	}{
		{"address.street", p.Address.Street, maxName, &wanted.Street},
		{"address.house_number", p.Address.HouseNumber, maxHouseNumber, &wanted.HouseNumber},
		{"address.postal_code", p.Address.PostalCode, maxPostalCode, &wanted.PostalCode},
		{"address.city", p.Address.City, maxCity, &wanted.City},
	} {
		if *text.target, err = input.RequiredText(text.field, text.value, text.limit); err != nil {
			return wanted, err
		}
	}
	if !houseNumber.MatchString(wanted.HouseNumber) {
		return wanted, refusal.Invalid("address.house_number", refusal.Malformed, "A house number has a digit: 12, 12A, 12-14.")
	}
	if !postalCode.MatchString(wanted.PostalCode) {
		return wanted, refusal.Invalid("address.postal_code", refusal.Malformed, "This is no postal code; Belgian ones have 4 digits.")
	}
	if wanted.Bus, err = input.Text("address.bus", p.Address.Bus, maxHouseNumber); err != nil {
		return wanted, err
	}
	if wanted.Name, err = input.Text("name", p.Name, maxName); err != nil {
		return wanted, err
	}
	if wanted.Name == "" {
		// Cut, for street and number together may be longer than a name.
		name := []rune(wanted.Street + " " + wanted.HouseNumber)
		wanted.Name = string(name[:min(len(name), maxName)])
	}
	if p.AgreedMinutes < 1 || p.AgreedMinutes > maxAgreedMinutes {
		return wanted, refusal.Invalid("agreed_minutes", refusal.OutOfRange, "A visit takes 1 to 600 minutes.")
	}
	wanted.AgreedMinutes = int32(p.AgreedMinutes)
	return wanted, nil
}

// checkSyndics refuses accounts that cannot manage buildings. Those who manage it already may stay as they are.
func (s *Service) checkSyndics(ctx context.Context, present, wanted []int64) error {
	added := slices.DeleteFunc(slices.Clone(wanted), func(id int64) bool { return slices.Contains(present, id) })
	if len(added) == 0 {
		return nil
	}
	people, err := s.people(ctx, added)
	if err != nil {
		return refusal.Failure(err, "read the syndics")
	}
	for _, id := range added {
		syndic, known := people[id]
		switch {
		case !known:
			return refusal.Invalid("syndic_ids", refusal.Unknown, "There is no such syndic.")
		case syndic.role != auth.RoleSyndic:
			return refusal.Invalid("syndic_ids", refusal.NotASyndic, "This person is not a syndic.")
		case !syndic.active:
			return refusal.Invalid("syndic_ids", refusal.Inactive, "This syndic's account is not active.")
		}
	}
	return nil
}

func buildingConflict(err error) error {
	switch {
	case violates(err, "buildings_address"):
		return refusal.Exists("address.street", refusal.AddressTaken, "Another building has this address.")
	case violates(err, "buildings_region_id_fkey"):
		return refusal.Invalid("region_id", refusal.Unknown, "There is no such region.")
	}
	return err
}

// changedMeanwhile refuses an edit of a version that is not the present one.
func changedMeanwhile(what string) error {
	return refusal.Conflict(refusal.ChangedMeanwhile,
		"Somebody else has changed this "+what+" in the meantime. Load it anew and repeat the change.")
}

func errArchivedBuilding() error {
	return refusal.Precondition("", refusal.Archived, "The building is archived; take it back into use first.")
}

func noBuilding() error { return refusal.NotFound("There is no such building.") }

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }
