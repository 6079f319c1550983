package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	encore "encore.dev"
	"encore.dev/metrics"
	"encore.dev/rlog"
	"encore.dev/storage/objects"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/outbox"
	"encore.app/internal/refusal"
)

var pictures = objects.NewBucket("pictures", objects.BucketConfig{})

// Picture is a photo on a step of a visit or on a remark.
type Picture struct {
	// ID is the one that the client made.
	ID         uuid.UUID `json:"id"`
	RunID      int64     `json:"run_id"`
	BuildingID int64     `json:"building_id"`
	// Step is arrival, inside or departure; null for a picture of a remark.
	Step *string `json:"step"`
	// RemarkID is the remark that it belongs to; null for a picture of a step.
	RemarkID *uuid.UUID `json:"remark_id"`
	// TakenAt is when it was taken, as it was sent unless that was impossible.
	TakenAt time.Time `json:"taken_at"`
	// TakenFrom is exif, phone or received. Where TakenAt comes from: the photo itself, the clock of the phone, or the time of
	// receipt.
	TakenFrom string `json:"taken_from"`
	// ClaimedAt is when it was taken as it was sent, however impossible.
	ClaimedAt time.Time `json:"claimed_at"`
	// Corrected is set when the time that was sent was impossible, before the start of the run or more than two minutes ahead:
	// TakenAt is then when the picture was received (rule 3).
	Corrected bool `json:"corrected"`
	// DuplicateOf is the first picture, of whatever run, that is the same file; null when there is none, and for syndics.
	DuplicateOf *uuid.UUID `json:"duplicate_of"`
	// FirstUse says where that picture was used. For the office, with runs and visits; null otherwise.
	FirstUse *PictureUse `json:"first_use"`
	// RemovedAt is when the files were removed, because their time was up; null while they are there.
	RemovedAt *time.Time `json:"removed_at"`
	// Width and Height are those of the version of 1600 px.
	Width  int         `json:"width"`
	Height int         `json:"height"`
	URLs   PictureURLs `json:"urls"`
}

// PictureUse is the stop at which a picture was used.
type PictureUse struct {
	RunID       int64     `json:"run_id"`
	BuildingID  int64     `json:"building_id"`
	Street      string    `json:"street"`
	HouseNumber string    `json:"house_number"`
	Bus         string    `json:"bus"`
	TakenAt     time.Time `json:"taken_at"`
}

// Where the time of a picture comes from.
const (
	takenFromEXIF  = "exif"
	takenFromPhone = "phone"
	takenReceived  = "received"
)

// ForSyndic is the picture without what is the office's and the worker's: that the same file was used before.
func (p Picture) ForSyndic() Picture {
	p.DuplicateOf, p.FirstUse = nil, nil
	return p
}

// forSyndic is ForSyndic for each of them.
func forSyndic(pictures []Picture) []Picture {
	plain := make([]Picture, len(pictures))
	for i := range pictures {
		plain[i] = pictures[i].ForSyndic()
	}
	return plain
}

// PictureURLs are where the versions of a picture are fetched, by their longest side.
type PictureURLs struct {
	Small string `json:"320"`
	Large string `json:"1600"`
}

func pictureOf(row store.Picture) Picture {
	base := "/pictures/" + row.ID.String()
	var step *string
	if row.RemarkID == nil {
		step = &row.Step
	}
	corrected, from := !row.TakenAt.Equal(row.ClaimedAt), row.ClaimedFrom
	if corrected {
		from = takenReceived
	}
	return Picture{
		ID: row.ID, RunID: row.RunID, BuildingID: row.BuildingID, Step: step, RemarkID: row.RemarkID, TakenAt: row.TakenAt.UTC(),
		TakenFrom: from, ClaimedAt: row.ClaimedAt.UTC(), Corrected: corrected, DuplicateOf: row.DuplicateOf, RemovedAt: utc(row.RemovedAt),
		Width: int(row.Width), Height: int(row.Height), URLs: PictureURLs{Small: base + "/320", Large: base + "/1600"},
	}
}

// UploadPicture stores a photo of a step or of a remark. The picture may have 20 MB and 50 megapixels, 20,000 pixels a side, one side 50
// times the other; fewer when it takes much memory to decode: about 20 as a PNG or a progressive JPEG. It is kept upright,
// without metadata, in two sizes. For the run's own worker, from the start of the run until 24 hours after its completion;
// the step itself may be confirmed later. One upload of a person is taken at a time, the next ones wait. A
// remark is sent before its pictures. The answer is the
// Picture; the same upload again gets the same answer (rule 4).
//
// Form:
//   - id (string, uuid): the picture's id, which the client makes
//   - run (integer, int64): the run
//   - building (integer, int64): the building of the stop
//   - step (string): arrival, inside or departure; of a picture of a step
//   - remark (string, uuid): the remark; of a picture of a remark
//   - taken_at (string, date-time): when it was taken
//   - taken_from (string): exif when the photo itself says so, phone when its clock does; phone unless given
//   - file (string, binary): a JPEG, PNG or WebP picture, the last field of the form
//
// Errors: invalid_argument for a missing or malformed field, or a file that is too large (reason too_large or
// too_many_pixels), of another type (wrong_file_type) or damaged (broken_file); failed_precondition when the run does
// not take visits now; already_exists when the id was used for something else; not_found when there is no such run
// that the caller may see, the building is no stop of it, or there is no such remark at the stop; permission_denied for
// everybody but the run's worker, with run_given_away for whose it was before; resource_exhausted when so many uploads wait that this
// one had no turn in time; deadline_exceeded when it took longer than 2 minutes to arrive; unavailable when pictures cannot be converted or stored at the moment.
//
//encore:api auth raw method=POST path=/pictures
func (s *Service) UploadPicture(w http.ResponseWriter, req *http.Request) {
	sent := req.Body
	picture, err := s.takeUpload(w, req)
	if err != nil {
		s.drain(w, sent)
		refusal.Write(w, err)
		return
	}
	body, err := json.Marshal(picture)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the picture"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(body)
}

func (s *Service) takeUpload(w http.ResponseWriter, req *http.Request) (*Picture, error) {
	ctx := req.Context()
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := s.uploads.enter(ctx, caller.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	var stored *store.Picture
	upload, err := s.readUpload(w, req, func(upload *upload) (err error) {
		stored, err = s.mayUpload(ctx, caller, upload)
		return err
	})
	if err != nil {
		return nil, storeFailed(err)
	}
	defer upload.file.Close()
	if stored != nil {
		return upload.repeats(*stored)
	}
	converted, err := s.convert(ctx, upload.file)
	if err != nil {
		return nil, refuseUpload(err)
	}
	if err := s.writePicture(ctx, upload, converted); err != nil {
		return nil, err
	}
	return s.insertPicture(ctx, upload, converted)
}

// mayUpload decides about an upload by its fields, before its file is read. It returns the picture that has the id
// already, nil if there is none.
func (s *Service) mayUpload(ctx context.Context, caller access.Actor, upload *upload) (*store.Picture, error) {
	run, err := s.query.FindRun(ctx, upload.run)
	if err != nil {
		return nil, missingRun(err)
	}
	if err := access.Work(caller, run.WorkerID); err != nil {
		return nil, wasTheirs(ctx, s.query, caller, run.ID, err)
	}
	stored, err := s.query.FindPicture(ctx, upload.id)
	if err == nil {
		if !upload.describes(stored) {
			return nil, errIDReused()
		}
		return &stored, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.Failure(err, "look for the picture")
	}
	if err := s.checkTakesVisits(run, upload.takenAt); err != nil {
		return nil, err
	}
	_, err = s.query.RunStop(ctx, store.RunStopParams{RunID: run.ID, BuildingID: upload.building})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, refusal.NotFound("The building is not a stop of this run.")
	}
	if err != nil || upload.remark == nil {
		return nil, refusal.Failure(err, "read the stop")
	}
	// A picture of a remark that was deleted meanwhile is taken too: the phone has nothing to do about it.
	remark, err := s.query.FindRemark(ctx, *upload.remark)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && (remark.RunID != run.ID || remark.BuildingID != upload.building) {
		return nil, errNoRemark()
	}
	return nil, refusal.Failure(err, "read the remark")
}

// writePicture stores the files of a picture, before its row: a row promises that they are there. After a crash in between
// the client repeats the upload, and the same names are written again; when nobody does, RemoveUnfinishedUploads removes
// the files. Their content is part of the names, so that nobody can change the files of a picture that is there by sending
// another one under its id.
func (s *Service) writePicture(ctx context.Context, upload *upload, converted *photo.Picture) error {
	note := store.NoteUploadParams{PictureID: upload.id, Sha256: upload.sum[:], StartedAt: s.clock()}
	if err := s.query.NoteUpload(ctx, note); err != nil {
		return refusal.Failure(err, "note the upload")
	}
	if err := s.writeFiles(ctx, upload.id, upload.sum[:], converted); err != nil {
		return storeFailed(&photo.SpoolError{Cause: err})
	}
	return nil
}

// writeFiles stores the files of a picture; sum is the hash of the file that they were made from.
func (s *Service) writeFiles(ctx context.Context, id uuid.UUID, sum []byte, picture *photo.Picture) error {
	for size, content := range map[string][]byte{sizeSmall: picture.Small, sizeLarge: picture.Large} {
		if err := s.files.write(ctx, fileName(id, sum, size), content); err != nil {
			return err
		}
	}
	return nil
}

// notStored counts the uploads that could not be stored.
var notStored = metrics.NewCounter[uint64]("core_pictures_not_stored_total", metrics.CounterConfig{})

// storePause is after how long to try again: somebody has to look at the disk.
const storePause = time.Minute

// storeFailed makes an answer of an error in storing an upload: the disk is full or cannot be written to, or the object
// store is away. Nothing is wrong with the upload, which may come again.
func storeFailed(err error) error {
	failed, ok := errors.AsType[*photo.SpoolError](err)
	if !ok || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return refusal.Failure(err, "store the picture")
	}
	notStored.Increment()
	rlog.Error("a picture cannot be stored: is the disk full, or read-only?", "err", failed)
	return refusal.Unavailable(failed, storePause, "Photos cannot be stored at the moment. Try again in a minute.")
}

// insertPicture records a picture whose files are stored. Of several uploads under one id at once the first counts.
func (s *Service) insertPicture(ctx context.Context, upload *upload, converted *photo.Picture) (*Picture, error) {
	var picture *Picture
	err := s.changeRun(ctx, sent{}, upload.run, access.Work, func(c *change, run store.Run) error {
		if err := s.checkTakesVisits(run, upload.takenAt); err != nil {
			return err
		}
		stop, err := c.query.RunStop(ctx, store.RunStopParams{RunID: run.ID, BuildingID: upload.building})
		if err != nil {
			return err
		}
		taken, _ := correctTime(upload.takenAt, *run.StartedAt, c.at)
		inserted, err := c.query.InsertPicture(ctx, store.InsertPictureParams{
			ID: upload.id, RunID: run.ID, BuildingID: upload.building, Step: upload.step, RemarkID: upload.remark,
			ClaimedAt: upload.takenAt, ClaimedFrom: upload.takenFrom, TakenAt: taken, ReceivedAt: c.at,
			Width: int32(converted.Width), Height: int32(converted.Height), Sha256: upload.sum[:],
		})
		if err != nil {
			return err
		}
		stored, err := c.query.FindPicture(ctx, upload.id)
		if err != nil {
			return err
		}
		if picture, err = upload.repeats(stored); err != nil {
			return err
		}
		forget := store.ForgetUploadParams{PictureID: upload.id, Sha256: upload.sum[:]}
		if err := c.query.ForgetUpload(ctx, forget); err != nil || inserted == 0 {
			return err
		}
		if err := c.query.TouchRun(ctx, run.ID); err != nil {
			return err
		}
		event := c.visitEvent(PictureAdded, run, stop)
		event.Picture = picture
		if err := c.audit(ctx, PictureAdded, "picture", picture.ID, nil, picture); err != nil {
			return err
		}
		return outbox.Append(ctx, c.tx, visitEvents, event)
	})
	if err != nil {
		return nil, refusal.Failure(err, "record the picture")
	}
	return picture, nil
}

// describes tells whether the stored picture is the one that the fields of the upload tell about.
func (u *upload) describes(stored store.Picture) bool {
	return stored.RunID == u.run && stored.BuildingID == u.building && stored.Step == u.step &&
		deref(stored.RemarkID) == deref(u.remark) && stored.ClaimedAt.Equal(u.takenAt)
}

// repeats returns the stored picture if the upload is the one that made it.
func (u *upload) repeats(stored store.Picture) (*Picture, error) {
	if !u.describes(stored) || !bytes.Equal(stored.Sha256, u.sum[:]) {
		return nil, errIDReused()
	}
	picture := pictureOf(stored)
	return &picture, nil
}

// convertPause is after how long to try again when the process that converts was killed: memory is short.
const convertPause = time.Minute

func refuseUpload(err error) error {
	switch {
	case errors.Is(err, photo.ErrHEIC):
		return refusal.Invalid("file", refusal.WrongFileType,
			"HEIC pictures are not taken. Set the camera to “Most compatible”, or send the picture as JPEG.")
	case errors.Is(err, photo.ErrType):
		return refusal.Invalid("file", refusal.WrongFileType, "Pictures are JPEG, PNG or WebP files; this file is not.")
	case errors.Is(err, photo.ErrPixels):
		return refusal.Invalid("file", refusal.TooManyPixels,
			"The picture is too large: it may have 50 megapixels, about 20 as a PNG or a progressive JPEG, and 20,000 pixels a side.")
	case errors.Is(err, photo.ErrBroken):
		return refusal.Invalid("file", refusal.BrokenFile, "The picture is damaged.")
	case errors.Is(err, photo.ErrBusy):
		return errManyPictures()
	case errors.Is(err, photo.ErrUnfinished):
		return refusal.Unavailable(err, convertPause, "The picture could not be processed at the moment. Try again in a minute.")
	}
	return refusal.Failure(err, "convert the picture")
}

// GetPicture tells about a picture. For the office, the run's own worker, and the syndic of the building.
//
// Errors: not_found when there is none that the caller may see; permission_denied for other roles.
//
//encore:api auth method=GET path=/pictures/:id
func (s *Service) GetPicture(ctx context.Context, id uuid.UUID) (*Picture, error) {
	row, err := s.visiblePicture(ctx, id)
	if err != nil {
		return nil, err
	}
	picture := pictureOf(row)
	if caller, err := s.caller(ctx); err != nil || !access.SeesDuplicates(caller) {
		picture = picture.ForSyndic()
	}
	return &picture, nil
}

// GetPictureFile returns a version of a picture as JPEG; size, its longest side, is 320 or 1600. With the query `download` it is a
// file to keep, named by where and when it was taken. Browsers may keep it,
// and ask each time whether they still may show it: the answer is then 304. Ranges are served too. For the office, the run's own worker, and the syndic of the building.
//
// Errors: not_found when there is none that the caller may see, no such size, or the files were removed because their time was up;
// permission_denied for other roles.
//
//encore:api auth raw method=GET path=/pictures/:id/:size
func (s *Service) GetPictureFile(w http.ResponseWriter, req *http.Request) {
	params := encore.CurrentRequest().PathParams
	if err := s.servePicture(w, req, params.Get("id"), params.Get("size")); err != nil {
		refusal.Write(w, err)
	}
}

// The versions of a picture.
const (
	sizeSmall = "320"
	sizeLarge = "1600"
)

func (s *Service) servePicture(w http.ResponseWriter, req *http.Request, idText, size string) error {
	id, err := uuid.FromString(idText)
	if err != nil || (size != sizeSmall && size != sizeLarge) {
		return errNoPicture()
	}
	row, err := s.visiblePicture(req.Context(), id)
	if err != nil {
		return err
	}
	if row.RemovedAt != nil {
		return errPictureRemoved()
	}
	content, err := s.files.read(req.Context(), fileName(row.ID, row.Sha256, size))
	if err != nil {
		return refusal.Failure(err, "read the picture's file")
	}
	header := w.Header()
	// Kept, but asked about each time: who may see a picture changes.
	header.Set("Cache-Control", "private, no-cache")
	header.Set("ETag", `"`+hex.EncodeToString(row.Sha256[:8])+"-"+size+`"`)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Type", "image/jpeg")
	if req.URL.Query().Has("download") {
		address, err := s.query.AddressOfBuilding(req.Context(), row.BuildingID)
		if err != nil {
			return refusal.Failure(err, "read the address")
		}
		place := fileWords(address.Street, address.HouseNumber, address.Bus)
		header.Set("Content-Disposition", `attachment; filename="`+s.photoName(place, row.TakenAt)+`.jpg"`)
	}
	http.ServeContent(w, req, "", row.ReceivedAt, bytes.NewReader(content))
	return nil
}

// visiblePicture reads a picture if the caller may see it.
func (s *Service) visiblePicture(ctx context.Context, id uuid.UUID) (store.Picture, error) {
	caller, err := s.caller(ctx)
	if err != nil {
		return store.Picture{}, err
	}
	scope, err := access.Pictures(caller)
	if err != nil {
		return store.Picture{}, err
	}
	row, err := s.query.VisiblePicture(ctx, store.VisiblePictureParams{
		ID: id, SeesAll: scope.All, WorkerID: scope.Worker, SyndicID: scope.Syndic,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return row, errNoPicture()
	}
	return row, refusal.Failure(err, "read the picture")
}

func errNoPicture() error { return refusal.NotFound("There is no such picture.") }

func errPictureRemoved() error {
	return refusal.NotFound("The photo was removed: photos are kept for a limited time.")
}

// fileName is where a version of a picture is stored.
func fileName(id uuid.UUID, sum []byte, size string) string {
	return fmt.Sprintf("%s/%x-%s.jpg", id, sum[:sha256.Size/2], size)
}
