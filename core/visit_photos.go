package core

import (
	"archive/zip"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	encore "encore.dev"
	"encore.dev/rlog"
	"golang.org/x/text/unicode/norm"

	"encore.app/core/store"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

// maxDayPhotos bounds what is downloaded at once.
const maxDayPhotos = 500

// DownloadVisitPhotos returns the photos of all visits of a building on one day as a ZIP file, in the version of 1600 px, each named by
// where and when it was taken. The day is the query `date`, YYYY-MM-DD. For the office and the building's syndics.
//
// Responses:
//   - 200: the ZIP file, as it is being made: one that ends early was broken off
//
// Errors: invalid_argument for a missing or wrong date; not_found when there is no building that the caller may see, or no photo of that
// day; failed_precondition (too_many) when there are more than 500; permission_denied for other roles.
//
//encore:api auth raw method=GET path=/buildings/:id/visit-photos
func (s *Service) DownloadVisitPhotos(w http.ResponseWriter, req *http.Request) {
	if err := s.serveVisitPhotos(w, req, encore.CurrentRequest().PathParams.Get("id")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveVisitPhotos(w http.ResponseWriter, req *http.Request, idText string) error {
	ctx := req.Context()
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil {
		return noBuilding()
	}
	if _, err := s.seesVisits(ctx, id); err != nil {
		return err
	}
	date, err := day.Parse("date", req.URL.Query().Get("date"))
	if err != nil {
		return err
	}
	rows, err := s.query.PhotosOfDay(ctx, store.PhotosOfDayParams{BuildingID: id, Date: date, RowLimit: maxDayPhotos + 1})
	switch {
	case err != nil:
		return refusal.Failure(err, "read the photos")
	case len(rows) == 0:
		return refusal.NotFound("There are no photos of that day.")
	case len(rows) > maxDayPhotos:
		return refusal.Precondition("date", refusal.TooManyOfThem, "There are more than 500 photos of that day; open them one by one.")
	}
	address, err := s.query.AddressOfBuilding(ctx, id)
	if err != nil {
		return missingOr(err, noBuilding(), "read the address")
	}
	place := fileWords(address.Street, address.HouseNumber, address.Bus)
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.zip"`, place, day.Format(date)))
	if err := s.writePhotos(ctx, w, place, rows); err != nil {
		rlog.Info("photos were not sent to their end", "building", id, "err", err)
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
	return nil
}

// writePhotos writes one photo after the other: JPEGs do not get smaller.
func (s *Service) writePhotos(ctx context.Context, w http.ResponseWriter, place string, rows []store.PhotosOfDayRow) error {
	archive := zip.NewWriter(w)
	names := make(map[string]int, len(rows))
	for _, row := range rows {
		content, err := s.files.read(ctx, fileName(row.ID, row.Sha256, sizeLarge))
		if err != nil {
			return err
		}
		name := s.photoName(place, row.TakenAt)
		names[name]++
		if again := names[name]; again > 1 {
			name += fmt.Sprint("-", again)
		}
		entry, err := archive.CreateHeader(&zip.FileHeader{Name: name + ".jpg", Method: zip.Store, Modified: row.TakenAt.In(s.zone)})
		if err != nil {
			return err
		}
		if _, err := entry.Write(content); err != nil {
			return err
		}
		if err := archive.Flush(); err != nil {
			return err
		}
	}
	return archive.Close()
}

// photoName is what a photo is called where it is saved: where and when it was taken, in an order that sorts by time.
func (s *Service) photoName(place string, taken time.Time) string {
	return place + "-" + taken.In(s.zone).Format("2006-01-02-150405")
}

// longestFileWords keeps names short enough for every disk.
const longestFileWords = 80

// fileWords makes of texts what every disk takes as the name of a file: letters without accents, digits and hyphens.
func fileWords(texts ...string) string {
	var name strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(strings.Join(texts, " "))) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			name.WriteRune(r)
		case unicode.Is(unicode.Mn, r):
		case name.Len() > 0 && !strings.HasSuffix(name.String(), "-"):
			name.WriteByte('-')
		}
		if name.Len() >= longestFileWords {
			break
		}
	}
	if trimmed := strings.Trim(name.String(), "-"); trimmed != "" {
		return trimmed
	}
	return "photo"
}
