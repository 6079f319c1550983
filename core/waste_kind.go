package core

import (
	"context"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// WasteKind is a kind of waste that is collected.
type WasteKind struct {
	// Code names the kind for ever: GFT, PMD. Collections and rules have it as their type.
	Code string `json:"code"`
	// NameNL, NameEN and NameFR are what people call it.
	NameNL string `json:"name_nl"`
	NameEN string `json:"name_en"`
	NameFR string `json:"name_fr"`
	// Colour is that of its bins or bags, as #rrggbb.
	Colour string `json:"colour"`
	// Icon is the name of its drawing.
	Icon string `json:"icon"`
	// Archived kinds are not planned any more; collections of before keep them.
	Archived bool `json:"archived"`
	// Version grows with every change of the kind.
	Version int64 `json:"version"`
}

// WasteKindList holds all kinds of waste.
type WasteKindList struct {
	// Items are in the order of their codes, archived ones too; 100 at most.
	Items []WasteKind `json:"items"`
}

// ListWasteKinds returns all kinds of waste, archived ones too. For everybody with a role.
//
// Errors: permission_denied without a role.
//
//encore:api auth method=GET path=/waste-kinds
func (s *Service) ListWasteKinds(ctx context.Context) (*WasteKindList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := access.WasteKinds(caller); err != nil {
		return nil, err
	}
	rows, err := s.query.ListWasteKinds(ctx)
	if err != nil {
		return nil, refusal.Failure(err, "list the kinds of waste")
	}
	list := &WasteKindList{Items: make([]WasteKind, 0, len(rows))}
	for _, row := range rows {
		list.Items = append(list.Items, wasteKindOf(row))
	}
	return list, nil
}

func wasteKindOf(row store.WasteKind) WasteKind {
	return WasteKind{
		Code: row.Code, NameNL: row.NameNl, NameEN: row.NameEn, NameFR: row.NameFr, Colour: row.Colour, Icon: row.Icon,
		Archived: row.ArchivedAt != nil, Version: row.Version,
	}
}
