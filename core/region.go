package core

import (
	"context"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/page"
	"encore.app/internal/refusal"
)

// Region is an area that buildings, tours and workers belong to.
type Region struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// ListRegionsParams chooses a page of regions.
type ListRegionsParams struct {
	// Limit is how many regions to return: 50 unless given, 200 at most.
	Limit int `query:"limit"`
	// Cursor is the next_cursor of the page before.
	Cursor string `query:"cursor"`
}

// RegionList is a page of regions.
type RegionList struct {
	Items []Region `json:"items"`
	// NextCursor asks for the next page; empty on the last one.
	NextCursor string `json:"next_cursor"`
}

type nameKey struct {
	Name string
	ID   int64
}

// ListRegions returns the regions by name. The office and students see all, a syndic those of their own buildings.
//
// Errors: permission_denied for other roles, invalid_argument for a bad limit or cursor.
//
//encore:api auth method=GET path=/regions
func (s *Service) ListRegions(ctx context.Context, p *ListRegionsParams) (*RegionList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := access.Regions(caller)
	if err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	after, _, err := page.After[nameKey]("regions", p.Cursor)
	if err != nil {
		return nil, err
	}
	rows, err := s.query.ListRegions(ctx, store.ListRegionsParams{
		SeesAll: scope.All, SyndicID: scope.Syndic, AfterName: after.Name, AfterID: after.ID, RowLimit: int32(limit + 1),
	})
	if err != nil {
		return nil, refusal.Failure(err, "list the regions")
	}
	rows, next := page.Cut("regions", rows, limit, func(r store.ListRegionsRow) nameKey { return nameKey{r.Name, r.ID} })
	list := &RegionList{Items: make([]Region, 0, len(rows)), NextCursor: next}
	for _, row := range rows {
		list.Items = append(list.Items, Region(row))
	}
	return list, nil
}
