package core

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	encore "encore.dev"
	"encore.dev/types/uuid"

	"encore.app/core/access"
	"encore.app/internal/refusal"
)

// BuildingPhoto shows the front of a building.
type BuildingPhoto struct {
	// Width and Height are those of the version of 1600 px.
	Width  int         `json:"width"`
	Height int         `json:"height"`
	URLs   PictureURLs `json:"urls"`
}

// buildingPhotoOf returns nil when there is none. A photo that replaces another one has other addresses.
func buildingPhotoOf(buildingID int64, id *uuid.UUID, width, height *int32) *BuildingPhoto {
	if id == nil || width == nil || height == nil {
		return nil
	}
	url := func(size string) string { return fmt.Sprintf("/buildings/%d/photo/%s?v=%.8s", buildingID, size, id) }
	return &BuildingPhoto{int(*width), int(*height), PictureURLs{Small: url(sizeSmall), Large: url(sizeLarge)}}
}

// GetBuildingPhoto returns the photo of the front of a building as JPEG; size, its longest side, is 320 or 1600. Browsers may keep it,
// and ask each time whether they still may show it: the answer is then 304. For those who may see the building: the office, its
// syndics, and workers around their runs (rule 13).
//
// Errors: not_found when there is none that the caller may see, or no such size; permission_denied for other roles.
//
//encore:api auth raw method=GET path=/buildings/:id/photo/:size
func (s *Service) GetBuildingPhoto(w http.ResponseWriter, req *http.Request) {
	params := encore.CurrentRequest().PathParams
	if err := s.serveBuildingPhoto(w, req, params.Get("id"), params.Get("size")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveBuildingPhoto(w http.ResponseWriter, req *http.Request, idText, size string) error {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	if _, err := access.Buildings(caller); err != nil {
		return err
	}
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil || (size != sizeSmall && size != sizeLarge) {
		return errNoPicture()
	}
	if err := s.seesBuildingOr(ctx, caller, id, errNoPicture()); err != nil {
		return err
	}
	row, err := s.query.FindBuildingPhoto(ctx, id)
	if err != nil {
		return missingOr(err, errNoPicture(), "read the photo")
	}
	content, err := s.files.read(ctx, fileName(row.ID, row.Sha256, size))
	if err != nil {
		return refusal.Failure(err, "read the photo's file")
	}
	header := w.Header()
	// Kept, but asked about each time: who may see it changes.
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(row.Sha256[:8])+"-"+size+`"`)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", "image/jpeg")
	http.ServeContent(w, req, "", row.UploadedAt, bytes.NewReader(content))
	return nil
}

// seesBuildingOr is seesBuilding with another refusal for what does not exist.
func (s *Service) seesBuildingOr(ctx context.Context, caller access.Actor, id int64, missing error) error {
	err := s.seesBuilding(ctx, caller, id)
	if err != nil && refusal.ReasonOf(err) == refusal.Missing {
		return missing
	}
	return err
}
