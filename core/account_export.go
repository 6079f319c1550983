package core

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"encore.dev/rlog"
	"encore.dev/storage/objects"

	"encore.app/auth"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// exportTurns are how many exports this process makes at the same time: each reads every photo of a person.
type exportTurns chan struct{}

func newExportTurns() exportTurns { return make(exportTurns, 2) }

// ExportMe returns everything that the system knows of the caller, as a ZIP that is written while it is read: account.json,
// runs.json with their visits, and the photos that they made. Photos whose files are missing are named in missing-photos.json.
// For everybody, about themselves.
//
// Errors: resource_exhausted with Retry-After while others export.
//
// Responses:
//   - 200: application/zip
//
//encore:api auth raw method=GET path=/me/export
func (s *Service) ExportMe(w http.ResponseWriter, req *http.Request) {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		refusal.Write(w, err)
		return
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		refusal.Write(w, refusal.TooMany(refusal.Busy, time.Minute, "Others take their data along right now. Try again in a minute."))
		return
	}
	account, err := s.account(ctx)
	if err != nil {
		refusal.Write(w, err)
		return
	}
	runs, err := s.query.RunsOfWorker(ctx, caller.ID)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "list the runs"))
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="trottoir.zip"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if err := s.writeExport(ctx, zip.NewWriter(w), account, runs); err != nil {
		if ctx.Err() == nil {
			rlog.Error("an export of somebody's data broke off", "err", err)
		}
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
}

func (s *Service) writeExport(ctx context.Context, file *zip.Writer, account *auth.AccountExportResponse, runs []int64) error {
	if err := s.writeJSON(file, "account.json", account); err != nil {
		return err
	}
	if err := s.writeRuns(ctx, file, runs); err != nil {
		return err
	}
	var missing []string
	for _, run := range runs {
		pictures, err := s.query.PicturesOfRun(ctx, store.PicturesOfRunParams{RunID: run})
		if err != nil {
			return fmt.Errorf("read the pictures of run %d: %w", run, err)
		}
		for _, picture := range pictures {
			content, err := s.files.read(ctx, fileName(picture.ID, picture.Sha256, sizeLarge))
			name := fmt.Sprintf("photos/run-%d/building-%d-%s-%s.jpg", run, picture.BuildingID, picture.Step, picture.ID)
			switch {
			case errors.Is(err, objects.ErrObjectNotFound):
				missing = append(missing, name)
				continue
			case err != nil:
				return err
			}
			entry, err := file.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: picture.TakenAt.In(s.zone)})
			if err != nil {
				return err
			}
			if _, err := entry.Write(content); err != nil {
				return err
			}
		}
	}
	if len(missing) > 0 {
		if err := s.writeJSON(file, "missing-photos.json", missing); err != nil {
			return err
		}
	}
	return file.Close()
}

// writeRuns writes the runs as one list, of which never more than one is in memory.
func (s *Service) writeRuns(ctx context.Context, file *zip.Writer, runs []int64) error {
	entry, err := file.CreateHeader(&zip.FileHeader{Name: "runs.json", Method: zip.Deflate, Modified: s.now().In(s.zone)})
	if err != nil {
		return err
	}
	separator := "["
	for _, id := range runs {
		run, err := s.runDetail(ctx, id)
		if err != nil {
			return fmt.Errorf("read run %d: %w", id, err)
		}
		text, err := json.Marshal(run)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(entry, "%s\n%s", separator, text); err != nil {
			return err
		}
		separator = ","
	}
	if len(runs) == 0 {
		_, err = entry.Write([]byte("[]\n"))
	} else {
		_, err = entry.Write([]byte("\n]\n"))
	}
	return err
}

func (s *Service) writeJSON(file *zip.Writer, name string, value any) error {
	entry, err := file.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: s.now().In(s.zone)})
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(entry)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// accountFromAuth is what the service auth knows of the caller.
func accountFromAuth(ctx context.Context) (*auth.AccountExportResponse, error) {
	return auth.AccountExport(ctx)
}
