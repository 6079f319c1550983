package core

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	encore "encore.dev"
	"encore.dev/rlog"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/origin"
	"encore.app/internal/refusal"
)

// The statuses of a manual.
const (
	ManualUpToDate    = "up_to_date"
	ManualNeedsUpdate = "needs_update"
)

// Manual is a version of the instructions for a building, a PDF.
type Manual struct {
	ID         int64 `json:"id"`
	BuildingID int64 `json:"building_id"`
	// Version is 1 for the first, and never given twice.
	Version int `json:"version"`
	// Status is up_to_date or needs_update.
	Status string `json:"status"`
	// Size is in bytes.
	Size       int64     `json:"size"`
	UploadedAt time.Time `json:"uploaded_at"`
	// UploadedBy is for the office; null for others.
	UploadedBy *CommentAuthor `json:"uploaded_by"`
	// URL is where the file is fetched.
	URL string `json:"url"`
}

// ManualList holds all manuals of a building.
type ManualList struct {
	// Items are the versions, the newest first.
	Items []Manual `json:"items"`
}

// StopManual is the newest manual of a building, as the worker at the stop opens it.
type StopManual struct {
	ID      int64 `json:"id"`
	Version int   `json:"version"`
	// Size is that of the file in bytes.
	Size int64 `json:"size"`
	// URL is where the file is fetched.
	URL string `json:"url"`
}

// ListManuals returns the versions of a building's manual, the newest first. The office sees those of all buildings, a student
// those at the stops of their own runs from 14 days before to 14 days after the run (rule 13), a syndic those of their own.
//
// Errors: not_found when there is no building that the caller may see, permission_denied for other roles.
//
//encore:api auth method=GET path=/buildings/:id/manuals
func (s *Service) ListManuals(ctx context.Context, id int64) (*ManualList, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.seesBuilding(ctx, caller, id); err != nil {
		return nil, err
	}
	rows, err := s.query.ManualsOfBuilding(ctx, id)
	if err != nil {
		return nil, refusal.Failure(err, "read the manuals")
	}
	manuals, err := s.manualsFor(ctx, caller, rows)
	if err != nil {
		return nil, err
	}
	return &ManualList{Items: manuals}, nil
}

// manualsFor makes of the rows what the caller, who may see them, reads.
func (s *Service) manualsFor(ctx context.Context, caller access.Actor, rows []store.Manual) ([]Manual, error) {
	var people map[int64]Worker
	if caller.Office() {
		ids := make([]int64, len(rows))
		for i := range rows {
			ids[i] = rows[i].UploadedBy
		}
		var err error
		if people, err = s.workers(ctx, ids); err != nil {
			return nil, err
		}
	}
	manuals := make([]Manual, len(rows))
	for i := range rows {
		row := &rows[i]
		manuals[i] = Manual{
			ID: row.ID, BuildingID: row.BuildingID, Version: int(row.Version), Status: row.Status, Size: int64(row.Size),
			UploadedAt: row.UploadedAt.UTC(), URL: manualURL(row.ID),
		}
		if caller.Office() {
			person := people[row.UploadedBy]
			manuals[i].UploadedBy = &CommentAuthor{row.UploadedBy, strings.TrimSpace(person.FirstName + " " + person.LastName)}
		}
	}
	return manuals, nil
}

func manualURL(id int64) string { return fmt.Sprintf("/manuals/%d/file", id) }

// stopManualsOf returns the newest manual of each building.
func stopManualsOf(rows []store.Manual) map[int64]*StopManual {
	manuals := make(map[int64]*StopManual, len(rows))
	for i := range rows {
		row := &rows[i]
		manuals[row.BuildingID] = &StopManual{row.ID, int(row.Version), int64(row.Size), manualURL(row.ID)}
	}
	return manuals
}

// GetManualFile returns the file of a manual, a PDF. Browsers may keep it, and ask each time whether they still may show it: the
// answer is then 304. A page of the same host may show it in a frame. For those who may see the building, as ListManuals.
//
// Errors: not_found when there is none that the caller may see, permission_denied for other roles.
//
//encore:api auth raw method=GET path=/manuals/:id/file
func (s *Service) GetManualFile(w http.ResponseWriter, req *http.Request) {
	if err := s.serveManual(w, req, encore.CurrentRequest().PathParams.Get("id")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveManual(w http.ResponseWriter, req *http.Request, idText string) error {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	if _, err := access.Buildings(caller); err != nil {
		return err
	}
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil {
		return noManual()
	}
	manual, err := s.query.FindManual(ctx, id)
	if err != nil {
		return missingOr(err, noManual(), "read the manual")
	}
	if err := s.seesBuilding(ctx, caller, manual.BuildingID); err != nil {
		if refusal.ReasonOf(err) == refusal.Missing {
			return noManual()
		}
		return err
	}
	etag := `"` + hex.EncodeToString(manual.Sha256[:16]) + `"`
	header := w.Header()
	// Kept, but asked about each time: who may see a manual changes.
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", etag)
	header.Set("X-Content-Type-Options", "nosniff")
	if req.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	file, err := s.manuals.read(ctx, manualFileName(manual.Sha256))
	if err != nil {
		return refusal.Failure(err, "read the manual's file")
	}
	defer file.Close()
	// Behind nginx the web app and its API have different ports.
	frames := "'self'"
	if host := origin.Hostname(req.Host); host != "" {
		frames += " http://" + host + ":* https://" + host + ":*"
	}
	header.Set("Content-Security-Policy", "frame-ancestors "+frames)
	header.Set("X-Frame-Options", "SAMEORIGIN")
	header.Set("Content-Type", "application/pdf")
	header.Set("Content-Length", strconv.Itoa(int(manual.Size)))
	header.Set("Content-Disposition", fmt.Sprintf(`inline; filename="manual-%d-v%d.pdf"`, manual.BuildingID, manual.Version))
	if _, err := io.Copy(w, file); err != nil { // the client sees by the length that it is not all
		rlog.Info("a manual was not sent to its end", "manual", id, "err", err)
	}
	return nil
}

// manualFileName is where the file of a manual is stored.
func manualFileName(sum []byte) string { return hex.EncodeToString(sum) + ".pdf" }

func noManual() error { return refusal.NotFound("There is no such manual.") }
