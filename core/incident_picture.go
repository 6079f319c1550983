package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	encore "encore.dev"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/store"
	"encore.app/internal/refusal"
)

// maxIncidentPictures is how many photos an incident has at most.
const maxIncidentPictures = 5

// IncidentPicture is a photo of an incident.
type IncidentPicture struct {
	// ID is the one that the client made; the server for a resident's photo.
	ID      uuid.UUID `json:"id"`
	AddedAt time.Time `json:"added_at"`
	// Width and Height are those of the version of 1600 px.
	Width  int         `json:"width"`
	Height int         `json:"height"`
	URLs   PictureURLs `json:"urls"`
	// RemovedAt is when the files were removed, because their time was up; null while they are there.
	RemovedAt *time.Time `json:"removed_at"`
}

func incidentPictureOf(row store.IncidentPicture) IncidentPicture {
	return IncidentPicture{
		ID: row.ID, AddedAt: row.AddedAt.UTC(), Width: int(row.Width), Height: int(row.Height), URLs: incidentPictureURLs(row.ID),
		RemovedAt: utc(row.RemovedAt),
	}
}

func incidentPictureURLs(id uuid.UUID) PictureURLs {
	base := "/incident-pictures/" + id.String()
	return PictureURLs{Small: base + "/320", Large: base + "/1600"}
}

// UploadIncidentPicture adds a photo to an incident, which has five at most. The photo is taken and kept as that of a step. For the
// office, and for the student who reported the incident. One upload of a person is taken at a time, the next ones wait. The answer
// is the IncidentPicture; the same upload again gets the same answer, however late (rule 4).
//
// Form:
//   - id (string, uuid): the picture's id, which the client makes
//   - incident (string, uuid): the client_id of the incident, which was reported before
//   - reporter_id (integer, int64): whose photo it is, for a phone on which somebody else may have signed in meanwhile; it may be missing
//   - file (string, binary): a JPEG, PNG or WebP picture, the last field of the form
//
// Errors: unauthenticated when somebody else is signed in than whose photo it is; invalid_argument for a missing or malformed
// field, or a file that is too large (reason too_large or too_many_pixels), of another type (wrong_file_type) or damaged (broken_file); failed_precondition (too_many) when the incident has five photos;
// already_exists when the id was used for something else; not_found when there is no such incident that the caller may see;
// permission_denied for other roles; resource_exhausted when so many uploads wait that this one had no turn in time;
// deadline_exceeded when it took longer than 2 minutes to arrive; unavailable when pictures cannot be converted or stored at the
// moment.
//
//encore:api auth raw method=POST path=/incident-pictures
func (s *Service) UploadIncidentPicture(w http.ResponseWriter, req *http.Request) {
	body := req.Body
	picture, err := s.takeIncidentPicture(w, req)
	if err != nil {
		s.drain(w, body)
		refusal.Write(w, err)
		return
	}
	content, err := json.Marshal(picture)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the picture"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(content)
}

// incidentUpload is what a request to upload a photo of an incident carries.
type incidentUpload struct {
	id, incident uuid.UUID
	// reporter is whose photo it is, 0 for whoever is signed in.
	reporter int64
	file     *spooledFile
	// sum is the checksum of the file.
	sum [sha256.Size]byte
}

func (s *Service) takeIncidentPicture(w http.ResponseWriter, req *http.Request) (*IncidentPicture, error) {
	ctx := req.Context()
	caller, err := s.uploader(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := s.uploads.enter(ctx, caller.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	form, done, err := s.uploadForm(w, req)
	if err != nil {
		return nil, err
	}
	defer done()
	var stored *store.IncidentPicture
	upload, err := readIncidentUpload(form, func(upload *incidentUpload) (err error) {
		stored, err = s.mayAddPicture(ctx, caller, upload)
		return err
	})
	if errors.Is(err, errPartTooLarge) {
		return nil, errTooLarge()
	}
	if err != nil {
		return nil, storeFailed(err)
	}
	defer upload.file.Close()
	if stored != nil {
		return upload.repeats(*stored)
	}
	converted, err := s.convertUpload(ctx, upload.id, upload.file)
	if err != nil {
		return nil, err
	}
	return s.addIncidentPicture(ctx, caller, upload, converted)
}

// uploader returns the caller, whose role adds photos to incidents.
func (s *Service) uploader(ctx context.Context) (access.Actor, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return caller, err
	}
	// Asked about an incident of their own, a refusal can only come from the role.
	return caller, access.AddToIncident(caller, &caller.ID)
}

// mayAddPicture decides about an upload by its fields, before its file is read. It returns the picture that has the id already,
// nil if there is none.
func (s *Service) mayAddPicture(ctx context.Context, caller access.Actor, upload *incidentUpload) (*store.IncidentPicture, error) {
	// The office may add photos to whatever was reported, so only this tells one that the worker before them left on the phone.
	if upload.reporter != 0 && upload.reporter != caller.ID {
		return nil, errOtherReporter()
	}
	incident, err := s.query.FindIncidentByClientID(ctx, upload.incident)
	if err != nil {
		return nil, missingOr(err, noIncident(), "read the incident")
	}
	if err := access.AddToIncident(caller, incident.ReportedBy); err != nil {
		return nil, err
	}
	stored, err := s.query.FindIncidentPicture(ctx, upload.id)
	switch {
	case err == nil && stored.IncidentID != incident.ID:
		return nil, errIDReused()
	case err == nil:
		return &stored, nil
	case !errors.Is(err, pgx.ErrNoRows):
		return nil, refusal.Failure(err, "look for the picture")
	}
	count, err := s.query.CountIncidentPictures(ctx, incident.ID)
	if err != nil {
		return nil, refusal.Failure(err, "count the pictures")
	}
	if count >= maxIncidentPictures {
		return nil, errIncidentPictures()
	}
	return nil, nil
}

// repeats returns the stored picture if the upload is the one that made it.
func (u *incidentUpload) repeats(stored store.IncidentPicture) (*IncidentPicture, error) {
	if !bytes.Equal(stored.Sha256, u.sum[:]) {
		return nil, errIDReused()
	}
	picture := incidentPictureOf(stored)
	return &picture, nil
}

// addIncidentPicture records a picture whose files are stored. Of several uploads under one id at once the first counts.
func (s *Service) addIncidentPicture(
	ctx context.Context, caller access.Actor, upload *incidentUpload, converted *convertedPicture,
) (picture *IncidentPicture, err error) {
	err = s.transact(ctx, caller, func(c *change) error {
		incident, err := c.query.LockIncidentByClientID(ctx, upload.incident)
		if err != nil {
			return missingOr(err, noIncident(), "lock the incident")
		}
		stored, err := c.query.FindIncidentPicture(ctx, upload.id)
		if errors.Is(err, pgx.ErrNoRows) {
			if err := c.insertIncidentPicture(ctx, incident, converted); err != nil {
				return err
			}
			stored, err = c.query.FindIncidentPicture(ctx, upload.id)
		}
		if err != nil {
			return err
		}
		if stored.IncidentID != incident.ID {
			return errIDReused()
		}
		picture, err = upload.repeats(stored)
		return err
	})
	if err != nil {
		return nil, refusal.Failure(err, "record the picture")
	}
	return picture, nil
}

// insertIncidentPicture records a picture of an incident that is locked or new, and tells about it.
func (c *change) insertIncidentPicture(ctx context.Context, incident store.Incident, picture *convertedPicture) error {
	count, err := c.query.CountIncidentPictures(ctx, incident.ID)
	if err != nil {
		return err
	}
	if count >= maxIncidentPictures {
		return errIncidentPictures()
	}
	row := store.InsertIncidentPictureParams{
		ID: picture.id, IncidentID: incident.ID, AddedAt: c.at, Width: int32(picture.width), Height: int32(picture.height),
		Sha256: picture.sum,
	}
	if c.caller.ID != 0 {
		row.AddedBy = &c.caller.ID
	}
	if inserted, err := c.query.InsertIncidentPicture(ctx, row); err != nil || inserted == 0 {
		return err
	}
	if err := c.query.ForgetUpload(ctx, store.ForgetUploadParams{PictureID: picture.id, Sha256: picture.sum}); err != nil {
		return err
	}
	after, err := c.query.TouchIncident(ctx, incident.ID)
	if err != nil {
		return err
	}
	return c.incidentChanged(ctx, incidentPictureAdded, after, nil, map[string]string{"picture_id": picture.id.String()})
}

func errIncidentPictures() error {
	return refusal.Precondition("file", refusal.TooManyOfThem, "An incident has five photos at most.")
}

// readIncidentUpload reads the form part by part: the fields into memory, the file, which comes last, to disk. accept decides by
// the fields before any of the file is read.
func readIncidentUpload(form *multipart.Reader, accept func(*incidentUpload) error) (*incidentUpload, error) {
	fields := make(map[string]string)
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, errNoFile()
		}
		if err != nil {
			return nil, unreadable(err)
		}
		switch name := part.FormName(); name {
		case "file":
			upload := &incidentUpload{}
			for field, id := range map[string]*uuid.UUID{"id": &upload.id, "incident": &upload.incident} {
				if *id, err = uuid.FromString(fields[field]); err != nil || *id == uuid.Nil {
					return nil, refuseField(field, fields[field], "Send a UUID as "+field+".")
				}
			}
			if text := fields["reporter_id"]; text != "" {
				if upload.reporter, err = strconv.ParseInt(text, 10, 64); err != nil {
					return nil, refuseField("reporter_id", text, "Send the id of an account.")
				}
			}
			if err := accept(upload); err != nil {
				return nil, err
			}
			if upload.file, err = spoolPart(part, form); err != nil {
				return nil, err
			}
			upload.sum = upload.file.sum
			return upload, nil
		case "id", "incident", "reporter_id":
			text, err := io.ReadAll(io.LimitReader(part, maxField+1))
			if err != nil {
				return nil, unreadable(err)
			}
			if len(text) > maxField {
				return nil, refusal.Invalid(name, refusal.TooLong, "The text is too long.")
			}
			fields[name] = strings.TrimSpace(string(text))
		}
	}
}

// GetIncidentPicture returns a version of a photo of an incident as JPEG; size, its longest side, is 320 or 1600. Browsers may keep
// it, and ask each time whether they still may show it: the answer is then 304. For those who may see the incident.
//
// Errors: not_found when there is none that the caller may see, or no such size; permission_denied for other roles.
//
//encore:api auth raw method=GET path=/incident-pictures/:id/:size
func (s *Service) GetIncidentPicture(w http.ResponseWriter, req *http.Request) {
	params := encore.CurrentRequest().PathParams
	if err := s.serveIncidentPicture(w, req, params.Get("id"), params.Get("size")); err != nil {
		refusal.Write(w, err)
	}
}

func (s *Service) serveIncidentPicture(w http.ResponseWriter, req *http.Request, idText, size string) error {
	ctx := req.Context()
	caller, err := s.caller(ctx)
	if err != nil {
		return err
	}
	scope, err := access.Incidents(caller)
	if err != nil {
		return err
	}
	id, err := uuid.FromString(idText)
	if err != nil || (size != sizeSmall && size != sizeLarge) {
		return errNoPicture()
	}
	first, last := access.Window(s.today())
	row, err := s.query.VisibleIncidentPicture(ctx, store.VisibleIncidentPictureParams{
		ID: id, SeesAll: scope.All, WorkerID: scope.Worker, SyndicID: scope.Syndic, FirstDay: first, LastDay: last,
	})
	if err != nil {
		return missingOr(err, errNoPicture(), "read the picture")
	}
	if row.RemovedAt != nil {
		return errPictureRemoved()
	}
	content, err := s.files.read(ctx, fileName(row.ID, row.Sha256, size))
	if err != nil {
		return refusal.Failure(err, "read the picture's file")
	}
	header := w.Header()
	// Kept, but asked about each time: who may see a picture changes.
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(row.Sha256[:8])+"-"+size+`"`)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", "image/jpeg")
	http.ServeContent(w, req, "", row.AddedAt, bytes.NewReader(content))
	return nil
}
