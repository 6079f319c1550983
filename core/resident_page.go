package core

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/rlog"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/resident"
	"encore.app/core/store"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// residentPath is where the residents' page of a building is, on the web app's host.
func residentPath(publicID string) string { return "/b/" + publicID }

// ResidentPage shows the residents of a building, who come by the QR code at its door, what GetPublicBuilding answers: when
// which waste goes out, and what the bins looked like at the last departure. It needs no script. In Dutch, English or French:
// as ?lang= says, else as the browser accepts. For everybody; 120 a minute per address.
//
// Responses:
//   - 200: the page
//   - 304: the client has it already
//   - 404: no building in use has the public id; the same page for all
//   - 429: too many requests; Retry-After says when to try again
//
//encore:api public raw method=GET,HEAD path=/b/:publicID
func (s *Service) ResidentPage(w http.ResponseWriter, req *http.Request) {
	s.serveResidentPage(w, req, encore.CurrentRequest().PathParams.Get("publicID"))
}

func (s *Service) serveResidentPage(w http.ResponseWriter, req *http.Request, publicID string) {
	language := pageLanguage(req)
	if err := s.limitPublic(req.Context(), publicLimit, limit.ClientOf(req.Header)); err != nil {
		refuseResident(w, language, err)
		return
	}
	page, err := s.residentPage(req.Context(), publicID, language)
	if err != nil {
		refuseResident(w, language, err)
		return
	}
	write := page.HTML
	if req.URL.Query().Get("sent") != "" {
		write = page.Thanks
	}
	page.Report.ID = anyForm
	body, err := write()
	if err != nil {
		refuseResident(w, language, refusal.Failure(err, "write the page"))
		return
	}
	writePage(w, req, body)
}

// anyForm stands for the id of a form while the ETag of its page is made: the same page with another form is the same.
const anyForm = "00000000-0000-4000-8000-000000000000"

// residentPage gathers what the page of a building shows.
func (s *Service) residentPage(ctx context.Context, publicID, language string) (*resident.Page, error) {
	building, err := s.publicBuilding(ctx, publicID)
	if err != nil {
		return nil, err
	}
	today, err := time.Parse(time.DateOnly, building.Today)
	if err != nil {
		return nil, refusal.Failure(err, "read the date")
	}
	path := residentPath(publicID)
	calendar := s.webApp
	calendar.Scheme, calendar.Path, calendar.RawQuery = "webcal", path+"/calendar.ics", "lang="+language
	page := &resident.Page{
		Language: language, Path: path, Calendar: calendar.String(), Street: resident.Street(language, building.Address.Street, building.Address.HouseNumber, building.Address.Bus),
		Place: building.Address.PostalCode + " " + building.Address.City, Today: today, Last: today.AddDate(0, 0, publicDays),
	}
	for _, c := range building.Collections {
		shown, err := shownToResidents(c, language)
		if err != nil {
			return nil, refusal.Failure(err, "read the collections")
		}
		page.Collections = append(page.Collections, shown)
	}
	if departure := building.Departure; departure != nil {
		page.Departure = &resident.Departure{At: departure.At.In(s.zone)}
		for _, picture := range departure.Pictures {
			page.Departure.Photos = append(page.Departure.Photos, resident.Photo{
				Small: picture.URLs.Small, Large: picture.URLs.Large, Width: picture.Width, Height: picture.Height,
			})
		}
	}
	return page, nil
}

// shownToResidents is a collection on the page.
func shownToResidents(c PublicCollection, language string) (shown resident.Collection, err error) {
	shown = resident.Collection{
		BringIn: c.BringIn, From: c.TimeFrom, To: c.TimeTo,
		Kind: resident.Kind{
			Code: c.Kind.Code, Name: nameIn(language, c.Kind.NameNL, c.Kind.NameEN, c.Kind.NameFR), Colour: c.Kind.Colour, Icon: c.Kind.Icon,
		},
	}
	if shown.Date, err = time.Parse(time.DateOnly, c.Date); err != nil || c.PutOutDate == "" {
		return shown, err
	}
	shown.PutOut, err = time.Parse(time.DateOnly, c.PutOutDate)
	return shown, err
}

// nameIn chooses among the names of a kind.
func nameIn(language, nl, en, fr string) string {
	switch language {
	case "en":
		return en
	case "fr":
		return fr
	}
	return nl
}

// ResidentPicture returns a photo of the last departure at a building that shows them, as JPEG; size, its longest side, is 320
// or 1600. For everybody; 300 a minute per address.
//
// Responses:
//   - 200: the photo
//   - 304: the client has it already
//   - 404: the building shows no such photo
//   - 429: too many requests; Retry-After says when to try again
//
//encore:api public raw method=GET,HEAD path=/b/:publicID/pictures/:id/:size
func (s *Service) ResidentPicture(w http.ResponseWriter, req *http.Request) {
	params := encore.CurrentRequest().PathParams
	if err := s.serveResidentPicture(w, req, params.Get("publicID"), params.Get("id"), params.Get("size")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveResidentPicture(w http.ResponseWriter, req *http.Request, publicID, pictureID, size string) error {
	if err := s.limitPublic(req.Context(), publicPictureLimit, limit.ClientOf(req.Header)); err != nil {
		return err
	}
	building, err := uuid.FromString(publicID)
	if err != nil {
		return errNoPicture()
	}
	id, err := uuid.FromString(pictureID)
	if err != nil || size != sizeSmall && size != sizeLarge {
		return errNoPicture()
	}
	row, err := s.query.PublicPicture(req.Context(), store.PublicPictureParams{ID: id, PublicID: building})
	if errors.Is(err, pgx.ErrNoRows) {
		return errNoPicture()
	}
	if err != nil {
		return refusal.Failure(err, "read the picture")
	}
	content, err := s.files.read(req.Context(), fileName(row.ID, row.Sha256, size))
	if err != nil {
		return refusal.Failure(err, "read the picture's file")
	}
	header := w.Header()
	// Asked about each time: the switch may be turned off.
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(row.Sha256[:8])+"-"+size+`"`)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Type", "image/jpeg")
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(content))
	return nil
}

// pageLanguage is the language in which a request wants its page.
func pageLanguage(req *http.Request) string {
	return resident.Choose(req.URL.Query().Get("lang"), strings.Join(req.Header.Values("Accept-Language"), ","))
}

// writePage answers with a page that may be kept, but is asked about each time.
func writePage(w http.ResponseWriter, req *http.Request, body []byte) {
	pageHeader(w, "no-cache")
	w.Header().Set("Vary", "Accept-Language")
	w.Header().Set("ETag", "W/"+resident.Tag(body))
	body = bytes.Replace(body, []byte(anyForm), []byte(newFormID()), 1)
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body))
}

// refuseResident answers with a page that says what is wrong.
func refuseResident(w http.ResponseWriter, language string, err error) {
	code := errs.Code(err)
	body := resident.NotFound
	switch code {
	case errs.NotFound:
	case errs.ResourceExhausted:
		body = resident.Message(language, "busy")
	case errs.PermissionDenied:
		body = resident.Message(language, "denied")
	case errs.FailedPrecondition:
		body = resident.Message(language, "archived")
	default:
		body = resident.Message(language, "failed")
	}
	logFailure(err)
	refusal.SetRetryAfter(w, err)
	pageHeader(w, "no-store")
	w.WriteHeader(code.HTTPStatus())
	_, _ = w.Write(body)
}

// logFailure logs what a page does not tell.
func logFailure(err error) {
	if code := errs.Code(err); code == errs.Internal || code == errs.Unavailable {
		rlog.Error("a page for residents failed", "err", err, "cause", errs.Meta(err)["cause"], "operation", errs.Meta(err)["operation"])
	}
}

// pageHeader sets what browsers must know about a page for residents.
func pageHeader(w http.ResponseWriter, caching string) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", caching)
	header.Set("Content-Security-Policy", resident.Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("X-Robots-Tag", "noindex, nofollow")
	// The address is all that is needed to read the page: other sites do not get it. "no-referrer" would keep the form from
	// saying where it comes from.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=(), payment=(), usb=()")
}
