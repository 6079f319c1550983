package core

import (
	"net/http"
	"strconv"

	encore "encore.dev"

	"encore.app/core/access"
	"encore.app/core/resident"
	"encore.app/internal/qrcode"
	"encore.app/internal/refusal"
)

// GetPoster returns the poster that hangs at the door of a building, as a page to print on A4: the QR code of the residents' page
// and its address. It leads nowhere once the building gets a new public id. In Dutch, English or French: as ?lang= says, else as
// the browser accepts. For the office and the building's syndics.
//
// Responses:
//   - 200: the poster
//
// Errors: not_found when there is no building that the caller may see; failed_precondition when it is archived;
// permission_denied for other roles.
//
//encore:api auth raw method=GET path=/buildings/:id/poster
func (s *Service) GetPoster(w http.ResponseWriter, req *http.Request) {
	s.answerPoster(w, req, encore.CurrentRequest().PathParams.Get("id"))
}

// answerPoster answers with a page also when there is no poster: a link opens it, and people read what comes.
func (s *Service) answerPoster(w http.ResponseWriter, req *http.Request, idText string) {
	if err := s.servePoster(w, req, idText); err != nil {
		refuseResident(w, pageLanguage(req), err)
	}
}

func (s *Service) servePoster(w http.ResponseWriter, req *http.Request, idText string) error {
	caller, err := s.caller(req.Context())
	if err != nil {
		return err
	}
	if err := access.PrintPoster(caller); err != nil {
		return err
	}
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil {
		return noBuilding()
	}
	building, err := s.readBuilding(req.Context(), caller, id)
	if err != nil {
		return err
	}
	if building.Archived {
		return errArchivedBuilding()
	}
	page := s.webApp.JoinPath(residentPath(building.PublicID)).String()
	code, err := qrcode.SVG(page)
	if err != nil {
		return refusal.Failure(err, "draw the code")
	}
	language, address := pageLanguage(req), building.Address
	body, err := (&resident.Poster{
		Language: language, Path: req.URL.Path, Address: page, QR: code,
		Street: resident.Street(language, address.Street, address.HouseNumber, address.Bus), Place: address.PostalCode + " " + address.City,
	}).HTML()
	if err != nil {
		return refusal.Failure(err, "write the poster")
	}
	pageHeader(w, "private, no-store")
	_, _ = w.Write(body)
	return nil
}
