package audit

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"encore.dev/rlog"

	"encore.app/audit/store"
	"encore.app/internal/refusal"
)

const (
	// maxExport is how many changes one file holds, exportPage how many are read at a time.
	maxExport  = 100_000
	exportPage = 500
)

// Export returns who changed what as CSV that spreadsheets in Belgium open: UTF-8 with a byte order mark, semicolons,
// times in the time zone of the company, the latest first. It takes the filters of the list. For the office; at most 100,000
// changes at a time.
//
// Query: person, thing_kind, thing_id, kind, from and to as in GET /audit.
//
// Errors: permission_denied for other roles; invalid_argument as in the list; failed_precondition when there are more than
// 100,000 changes: choose a shorter period.
//
// Responses:
//   - 200: text/csv
//
//encore:api auth raw method=GET path=/audit/csv
func (s *Service) Export(w http.ResponseWriter, req *http.Request) {
	params, err := s.exported(req.Context(), req.URL.Query())
	if err != nil {
		refusal.Write(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/csv; charset=utf-8")
	header.Set("Content-Disposition", `attachment; filename="audit.csv"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if err := s.writeCSV(req.Context(), w, params); err != nil {
		if req.Context().Err() == nil {
			rlog.Error("an export of the audit log broke off", "err", err)
		}
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
}

// exported reads which changes a request asks for.
func (s *Service) exported(ctx context.Context, query url.Values) (store.ListEntriesParams, error) {
	var none store.ListEntriesParams
	if err := officeOnly(); err != nil {
		return none, err
	}
	p := &ListParams{
		ThingKind: query.Get("thing_kind"), ThingID: query.Get("thing_id"), Kind: query.Get("kind"),
		From: query.Get("from"), To: query.Get("to"),
	}
	if person := query.Get("person"); person != "" {
		var err error
		if p.Person, err = strconv.ParseInt(person, 10, 64); err != nil {
			return none, refusal.Invalid("person", refusal.Malformed, "The person is named by a number.")
		}
	}
	params, err := s.filter(p)
	if err != nil {
		return none, err
	}
	count, err := s.query.CountEntries(ctx, store.CountEntriesParams{
		Person: params.Person, ThingKind: params.ThingKind, ThingID: params.ThingID, Kind: params.Kind,
		FromTime: params.FromTime, ToTime: params.ToTime, Bound: maxExport + 1,
	})
	switch {
	case err != nil:
		return none, refusal.Failure(err, "count the changes")
	case count > maxExport:
		return none, refusal.Precondition("from", refusal.OutOfRange, "These are more than 100,000 changes. Choose a shorter period.")
	}
	params.FromStart, params.RowLimit = true, exportPage
	return params, nil
}

// writeCSV writes the changes, a page at a time.
func (s *Service) writeCSV(ctx context.Context, w http.ResponseWriter, params store.ListEntriesParams) error {
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return err
	}
	file := csv.NewWriter(w)
	file.Comma, file.UseCRLF = ';', true
	err := file.Write([]string{
		"time", "kind", "thing_kind", "thing_id", "thing", "person_id", "person", "session_id", "address", "before", "after",
	})
	if err != nil {
		return err
	}
	for {
		rows, err := s.query.ListEntries(ctx, params)
		if err != nil {
			return err
		}
		known, err := s.namesFor(ctx, rows)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := file.Write(s.cells(known.entry(&rows[i]))); err != nil {
				return err
			}
		}
		file.Flush()
		if err := file.Error(); err != nil {
			return err
		}
		if len(rows) < exportPage {
			return nil
		}
		last := keyOf(rows[len(rows)-1])
		params.FromStart, params.BeforeTime, params.BeforeID = false, last.OccurredAt, last.ID
	}
}

func (s *Service) cells(e *Entry) []string {
	before, after := string(e.Before), string(e.After)
	if before == "null" {
		before = ""
	}
	if after == "null" {
		after = ""
	}
	cells := []string{
		e.OccurredAt.In(s.zone).Format(time.DateTime), e.Kind, e.Thing.Kind, e.Thing.ID, e.Thing.Name,
		number(e.Actor.UserID), e.Actor.Name, number(e.Actor.SessionID), e.Actor.Address, before, after,
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return cells
}

// number writes an id, nothing for none.
func number(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}

// harmless keeps spreadsheets from taking a text for a formula: what somebody else has typed must not run at the office.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
