package export

import (
	"archive/zip"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/rlog"
	"encore.dev/types/uuid"

	"encore.app/audit"
	"encore.app/auth"
	"encore.app/core"
	"encore.app/internal/refusal"
	"encore.app/mail"
)

// readmes tell in every language what an export holds.
//
//go:embed readme/*.txt
var readmes embed.FS

// ExportMe returns everything that the system knows of the caller, as a ZIP that is written while it is read. Its readme.txt
// says in the language of the caller what the other files are: account.json, runs.json, incidents.json, availability.json, mail-preferences.json, notification-devices.json, mail.json,
// changes.json, and the photos that they made. Photos whose files are missing are named in missing-photos.json. For everybody,
// about themselves.
//
// Errors: resource_exhausted with Retry-After while the caller or two others export. Who takes nothing of it for a minute
// gets no more.
//
// Responses:
//   - 200: application/zip
//
//encore:api auth raw method=GET path=/me/export
func (s *Service) ExportMe(w http.ResponseWriter, req *http.Request) {
	ctx := req.Context()
	who, ok := encoreauth.Data().(*auth.Data)
	if !ok || who == nil {
		refusal.Write(w, refusal.Unauthenticated(refusal.SignedOut, "Sign in first."))
		return
	}
	if !s.under.begin(who.UserID) {
		refusal.Write(w, refusal.TooMany(refusal.Busy, time.Minute, "You take your data along already. Try again when you have it."))
		return
	}
	defer s.under.end(who.UserID)
	select {
	case s.turns <- struct{}{}:
		defer func() { <-s.turns }()
	default:
		refusal.Write(w, refusal.TooMany(refusal.Busy, time.Minute, "Others take their data along right now. Try again in a minute."))
		return
	}
	known, err := s.read(ctx)
	if err != nil {
		refusal.Write(w, err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", `attachment; filename="trottoir.zip"`)
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	reader := &reader{w, http.NewResponseController(w), s.patience}
	defer reader.forget()
	file := &archive{zip: zip.NewWriter(reader), now: s.now().In(s.zone)}
	if err := s.write(ctx, file, known); err != nil {
		if ctx.Err() == nil {
			rlog.Error("an export of somebody's data broke off", "err", err)
		}
		panic(http.ErrAbortHandler) // half a file must not look like a whole one
	}
}

// reader is who reads an export; each piece of it must be taken in time.
type reader struct {
	http.ResponseWriter

	connection *http.ResponseController
	patience   time.Duration
}

func (r *reader) Write(piece []byte) (int, error) {
	// Where a connection has no such limit, in a test, its end has to do.
	_ = r.connection.SetWriteDeadline(time.Now().Add(r.patience))
	return r.ResponseWriter.Write(piece)
}

// forget leaves the connection to the next request as it was.
func (r *reader) forget() { _ = r.connection.SetWriteDeadline(time.Time{}) }

// known is what is read before the file begins, so that a service that is away is told as such.
type known struct {
	account     *auth.AccountExportResponse
	preferences *mail.PreferencesResponse
	devices     *mail.NotificationDevicesResponse
	runs        *core.RunsExportResponse
}

// availability is the file of that name.
type availability struct {
	Days     *core.Availability `json:"days"`
	Absences []core.Absence     `json:"absences"`
	// UsualTours are those that the caller usually walks.
	UsualTours []core.TourName `json:"usual_tours"`
}

func (s *Service) read(ctx context.Context) (k known, err error) {
	if k.account, err = s.ask.account(ctx); err != nil {
		return k, err
	}
	if k.preferences, err = s.ask.preferences(ctx); err != nil {
		return k, err
	}
	if k.devices, err = s.ask.devices(ctx); err != nil {
		return k, err
	}
	k.runs, err = s.ask.runs(ctx)
	return k, err
}

func (s *Service) write(ctx context.Context, file *archive, k known) error {
	readme, err := readmes.ReadFile("readme/" + k.account.Account.Language + ".txt")
	if err != nil {
		return err
	}
	if err := file.add("readme.txt", zip.Deflate, file.now, readme); err != nil {
		return err
	}
	if err := file.addJSON("account.json", k.account); err != nil {
		return err
	}
	if err := file.addJSON("mail-preferences.json", k.preferences.Items); err != nil {
		return err
	}
	if err := file.addJSON("notification-devices.json", devicesOf(k.devices.Items)); err != nil {
		return err
	}
	if err := s.writeMail(ctx, file); err != nil {
		return err
	}
	if err := s.writeChanges(ctx, file); err != nil {
		return err
	}
	if err := file.addJSON("availability.json", availability{k.runs.Availability, k.runs.Absences, k.runs.UsualTours}); err != nil {
		return err
	}
	if err := file.addJSON("swaps.json", k.runs.Swaps); err != nil {
		return err
	}
	photos, err := s.writeRuns(ctx, file, k.runs.IDs)
	if err != nil {
		return err
	}
	incidentPhotos, err := s.writeIncidents(ctx, file)
	if err != nil {
		return err
	}
	if err := s.writePhotos(ctx, file, photos, incidentPhotos); err != nil {
		return err
	}
	return file.zip.Close()
}

// device is a browser in which the person is told by notifications, without its address, which is a secret.
type device struct {
	Browser       string     `json:"browser"`
	System        string     `json:"system"`
	CreatedAt     time.Time  `json:"created_at"`
	LastSuccessAt *time.Time `json:"last_success_at"`
}

func devicesOf(items []*mail.NotificationDevice) []device {
	devices := make([]device, len(items))
	for i, item := range items {
		devices[i] = device{item.Browser, item.System, item.CreatedAt, item.LastSuccessAt}
	}
	return devices
}

// writeMail writes what was mailed to the person, of which never more than a page is in memory.
func (s *Service) writeMail(ctx context.Context, file *archive) error {
	list, err := file.list("mail.json")
	if err != nil {
		return err
	}
	for p := (&mail.MessagesExportParams{}); ; {
		page, err := s.ask.messages(ctx, p)
		if err != nil {
			return fmt.Errorf("read the mail: %w", err)
		}
		for _, message := range page.Items {
			if err := list.add(message); err != nil {
				return err
			}
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return list.end()
		}
	}
}

// writeChanges writes what the person changed and what was changed about them, of which never more than a page is in memory.
func (s *Service) writeChanges(ctx context.Context, file *archive) error {
	list, err := file.list("changes.json")
	if err != nil {
		return err
	}
	for p := (&audit.ChangesExportParams{}); ; {
		page, err := s.ask.changes(ctx, p)
		if err != nil {
			return fmt.Errorf("read the changes: %w", err)
		}
		for _, change := range page.Items {
			if err := list.add(change); err != nil {
				return err
			}
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return list.end()
		}
	}
}

// writeRuns writes the runs, of which never more than one is in memory, and returns the photos that were made on them.
func (s *Service) writeRuns(ctx context.Context, file *archive, ids []int64) ([]core.Picture, error) {
	list, err := file.list("runs.json")
	if err != nil {
		return nil, err
	}
	var photos []core.Picture
	for _, id := range ids {
		run, err := s.ask.run(ctx, id)
		if isMissing(err) { // given to somebody else meanwhile
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read run %d: %w", id, err)
		}
		for _, stop := range run.Stops {
			if stop.Visit != nil {
				photos = append(photos, stop.Visit.Pictures...)
				for _, remark := range stop.Visit.Remarks {
					photos = append(photos, remark.Pictures...)
				}
			}
		}
		if err := list.add(run); err != nil {
			return nil, err
		}
	}
	return photos, list.end()
}

// incidentPhoto is a photo that the person added to an incident.
type incidentPhoto struct {
	incidentID int64
	id         uuid.UUID
}

// writeIncidents writes what the person reported and wrote about incidents, of which never more than a page is in memory, and returns
// the photos that they added.
func (s *Service) writeIncidents(ctx context.Context, file *archive) (photos []incidentPhoto, err error) {
	list, err := file.list("incidents.json")
	if err != nil {
		return nil, err
	}
	for p := (&core.IncidentsExportParams{}); ; {
		page, err := s.ask.incidents(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("read the incidents: %w", err)
		}
		for _, incident := range page.Items {
			for _, id := range incident.PictureIDs {
				photos = append(photos, incidentPhoto{incident.ID, id})
			}
			if err := list.add(incident); err != nil {
				return nil, err
			}
		}
		if p.Cursor = page.NextCursor; p.Cursor == "" {
			return photos, list.end()
		}
	}
}

// writePhotos writes the photos, of which never more than one is in memory.
func (s *Service) writePhotos(ctx context.Context, file *archive, photos []core.Picture, ofIncidents []incidentPhoto) error {
	var missing []string
	for _, photo := range photos {
		of := "remark"
		if photo.Step != nil {
			of = *photo.Step
		}
		name := fmt.Sprintf("photos/run-%d/building-%d-%s-%s.jpg", photo.RunID, photo.BuildingID, of, photo.ID)
		answer, err := s.ask.picture(ctx, &core.PictureContentParams{ID: photo.ID})
		if isMissing(err) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return fmt.Errorf("read photo %s: %w", photo.ID, err)
		}
		if err := file.add(name, zip.Store, photo.TakenAt.In(s.zone), answer.Content); err != nil {
			return err
		}
	}
	for _, photo := range ofIncidents {
		name := fmt.Sprintf("photos/incident-%d/%s.jpg", photo.incidentID, photo.id)
		answer, err := s.ask.incidentPicture(ctx, &core.PictureContentParams{ID: photo.id})
		if isMissing(err) {
			missing = append(missing, name)
			continue
		}
		if err != nil {
			return fmt.Errorf("read photo %s: %w", photo.id, err)
		}
		if err := file.add(name, zip.Store, answer.AddedAt.In(s.zone), answer.Content); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return file.addJSON("missing-photos.json", missing)
	}
	return nil
}

// archive is the ZIP that is being written; now is when.
type archive struct {
	zip *zip.Writer
	now time.Time
}

func (a *archive) add(name string, method uint16, modified time.Time, content []byte) error {
	entry, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: method, Modified: modified})
	if err != nil {
		return err
	}
	_, err = entry.Write(content)
	return err
}

func (a *archive) addJSON(name string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return a.add(name, zip.Deflate, a.now, append(text, '\n'))
}

// list begins a file that is a list, one line an entry. It must end before the next file begins.
func (a *archive) list(name string) (*list, error) {
	entry, err := a.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: a.now})
	return &list{file: entry}, err
}

type list struct {
	file  io.Writer
	begun bool
}

func (l *list) add(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	separator := "[\n"
	if l.begun {
		separator = ",\n"
	}
	l.begun = true
	_, err = fmt.Fprintf(l.file, "%s%s", separator, text)
	return err
}

func (l *list) end() error {
	text := "[]\n"
	if l.begun {
		text = "\n]\n"
	}
	_, err := io.WriteString(l.file, text)
	return err
}
