package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	encore "encore.dev"
	"encore.dev/beta/errs"
	"encore.dev/rlog"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5"

	"encore.app/core/access"
	"encore.app/core/photo"
	"encore.app/core/store"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

// A photo may come in parts, so that a network that breaks off costs one part and not the photo. What is known of it is in the
// database, and the parts are in the bucket: any backend takes the next one. Parts have one size and come in order, so there is
// nothing that could overlap or leave a gap, and a part that comes again is known by its number.

const (
	// partBytes is the size of a part, except for the last one: less than proxies let through.
	partBytes = 512 << 10
	// maxPartialUploads is how many uploads a person may have begun and not finished.
	maxPartialUploads = 5
	// maxPartialBytes is how many bytes all persons together may have announced and not finished.
	maxPartialBytes = 2 << 30
)

// partialUploadsOfPerson bounds how often uploads begin; a phone begins anew whenever its network comes back.
var partialUploadsOfPerson = limit.Limit{Name: "partial-upload:person", Count: 300, Period: time.Hour}

// BeginPictureUploadParams tell about a photo that comes in parts.
type BeginPictureUploadParams struct {
	RunID int64 `json:"run_id"`
	// BuildingID is the building of the stop.
	BuildingID int64 `json:"building_id"`
	// Step is arrival, inside or departure. Empty for a picture of a remark.
	Step string `json:"step" encore:"optional"`
	// RemarkID is the remark that it belongs to; null for a picture of a step.
	RemarkID *uuid.UUID `json:"remark_id" encore:"optional"`
	// TakenAt is when it was taken.
	TakenAt time.Time `json:"taken_at"`
	// TakenFrom is exif or phone. It says where that time comes from: the photo itself, or the phone's clock, unless given.
	TakenFrom string `json:"taken_from" encore:"optional"`
	// Size is that of the whole file in bytes, 20 MB at most.
	Size int64 `json:"size"`
	// Sha256 is the checksum of the whole file, in 64 hexadecimal digits.
	Sha256 string `json:"sha256"`
}

// PictureUpload is how far a photo that comes in parts is.
type PictureUpload struct {
	// ID is that of the picture.
	ID uuid.UUID `json:"id"`
	// PartBytes is the size of every part but the last one.
	PartBytes int `json:"part_bytes"`
	// Parts is how many have arrived; it is the number of the next one.
	Parts int `json:"parts"`
	// Picture is set when it is complete and recorded: there is nothing to send any more.
	Picture *Picture `json:"picture"`
}

// BeginPictureUpload announces a photo of a step or of a remark that comes in parts; id is the picture's, which the client makes.
// Sent again it tells how many parts have arrived, so that a client goes on from there. What is not finished is given up a day
// after its last part. A person may have five uploads that are not finished. For who may upload the picture: see UploadPicture.
//
// Errors: invalid_argument for a missing or malformed field, or more than 20 MB (too_large); resource_exhausted when the person has
// begun five others (too_many), begins too often (rate_limited), or too much is not finished altogether (busy); otherwise as
// UploadPicture.
//
//encore:api auth method=PUT path=/picture-uploads/:id
func (s *Service) BeginPictureUpload(ctx context.Context, id uuid.UUID, p *BeginPictureUploadParams) (*PictureUpload, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.countUpload(ctx, caller); err != nil {
		return nil, err
	}
	announced, err := p.upload(id)
	if err != nil {
		return nil, err
	}
	stored, err := s.mayUpload(ctx, caller, announced)
	if err != nil {
		return nil, err
	}
	state := &PictureUpload{ID: id, PartBytes: partBytes}
	if stored != nil {
		state.Picture, err = announced.repeats(*stored)
		return state, err
	}
	state.Parts, err = s.beginUpload(ctx, store.InsertPartialUploadParams{
		ID: id, UserID: caller.ID, RunID: announced.run, BuildingID: announced.building, Step: announced.step, RemarkID: announced.remark,
		ClaimedAt: announced.takenAt, ClaimedFrom: announced.takenFrom, Sha256: announced.sum[:], Size: p.Size, TouchedAt: s.clock(),
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

// countUpload refuses who begins uploads too often.
func (s *Service) countUpload(ctx context.Context, caller access.Actor) error {
	if wait := s.limiter.Take(ctx, partialUploadsOfPerson, strconv.FormatInt(caller.ID, 10)); wait > 0 {
		return refusal.TooMany(refusal.RateLimited, wait, "You begin to send photos too often. Try again in a while.")
	}
	return nil
}

// beginUpload records an upload that was announced, if it is not there, and returns how many of its parts have arrived.
func (s *Service) beginUpload(ctx context.Context, announced store.InsertPartialUploadParams) (parts int, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		if err := query.LockPartialUploads(ctx); err != nil {
			return err
		}
		begun, err := query.FindPartialUpload(ctx, announced.ID)
		if err == nil { // a repetition
			if !continues(announced, begun) {
				return errIDReused()
			}
			parts = int(begun.Parts)
			return nil
		}
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		unfinished, err := query.SumPartialUploads(ctx, announced.UserID)
		switch {
		case err != nil:
			return err
		case unfinished.Own >= maxPartialUploads:
			return refusal.TooMany(refusal.TooManyOfThem, time.Hour, "You have five photos that are not sent to their end.")
		case unfinished.Bytes+announced.Size > maxPartialBytes:
			return errManyPictures()
		}
		_, err = query.InsertPartialUpload(ctx, announced)
		return err
	})
	return parts, refusal.Failure(err, "begin the upload")
}

// continues tells whether what is announced is what was begun.
func continues(announced store.InsertPartialUploadParams, begun store.PartialUpload) bool {
	return begun.UserID == announced.UserID && begun.Size == announced.Size && bytes.Equal(begun.Sha256, announced.Sha256) &&
		deref(begun.IncidentID) == deref(announced.IncidentID) && begun.RunID == announced.RunID &&
		begun.BuildingID == announced.BuildingID && begun.Step == announced.Step &&
		deref(begun.RemarkID) == deref(announced.RemarkID) && begun.ClaimedAt.Equal(announced.ClaimedAt)
}

// upload checks what is announced.
func (p *BeginPictureUploadParams) upload(id uuid.UUID) (*upload, error) {
	announced := &upload{
		id: id, run: p.RunID, building: p.BuildingID, step: p.Step, remark: p.RemarkID, takenAt: p.TakenAt, takenFrom: p.TakenFrom,
	}
	if err := announced.check(); err != nil {
		return nil, err
	}
	var err error
	announced.sum, err = checkAnnounced(p.Size, p.Sha256)
	return announced, err
}

// checkAnnounced checks the size of a file that is announced, and its checksum, which it returns.
func checkAnnounced(size int64, sha string) (sum [sha256.Size]byte, err error) {
	switch {
	case size < 1:
		return sum, refusal.Invalid("size", refusal.OutOfRange, "Send the size of the file in bytes.")
	case size > maxUpload:
		return sum, refusal.Invalid("size", refusal.TooLarge, "A file may have 20 MB at most.")
	}
	decoded, err := hex.DecodeString(sha)
	if err != nil || len(decoded) != sha256.Size {
		return sum, refuseField("sha256", sha, "Send the SHA-256 of the file in 64 hexadecimal digits.")
	}
	copy(sum[:], decoded)
	return sum, nil
}

// uploadOf is what was announced when the upload of a picture of a step or of a remark began.
func uploadOf(row store.PartialUpload) *upload {
	begun := &upload{
		id: row.ID, run: row.RunID, building: row.BuildingID, step: row.Step, remark: row.RemarkID,
		takenAt: row.ClaimedAt, takenFrom: row.ClaimedFrom,
	}
	copy(begun.sum[:], row.Sha256)
	return begun
}

// partCount is how many parts a file of the size has.
func partCount(size int64) int { return int((size + partBytes - 1) / partBytes) }

// partSize is the size of a part of a file.
func partSize(size int64, number int) int64 { return min(partBytes, size-int64(number)*partBytes) }

// partName is where a part is stored.
func partName(id uuid.UUID, number int) string { return fmt.Sprintf("parts/%s/%d", id, number) }

// UploadPicturePart takes a part of a photo, one of an incident too; the body is its bytes. Parts are counted from 0 and come in order: each has part_bytes
// bytes, the last one what is left. A part that has arrived already changes nothing. For who began the upload. The answer is the
// PictureUpload.
//
// Errors: invalid_argument when the part has another size, or the file has no such part (out_of_range); failed_precondition
// (parts_missing) when one before it has not arrived; not_found when the caller has begun no such upload, or it was given up or
// finished; permission_denied for other roles; resource_exhausted when so many uploads wait that this one had no turn in time;
// deadline_exceeded when it took longer than 2 minutes to arrive; unavailable when it cannot be stored at the moment.
//
//encore:api auth raw method=PUT path=/picture-uploads/:id/parts/:number
func (s *Service) UploadPicturePart(w http.ResponseWriter, req *http.Request) {
	params := encore.CurrentRequest().PathParams
	s.servePart(w, req, params.Get("id"), params.Get("number"))
}

func (s *Service) servePart(w http.ResponseWriter, req *http.Request, id, number string) {
	sent := req.Body
	state, err := s.takePart(w, req, id, number)
	if err != nil {
		s.drain(w, sent)
		refusal.Write(w, err)
		return
	}
	body, err := json.Marshal(state)
	if err != nil {
		refusal.Write(w, refusal.Failure(err, "encode the upload"))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Write(body)
}

func (s *Service) takePart(w http.ResponseWriter, req *http.Request, idText, numberText string) (*PictureUpload, error) {
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
	begun, err := s.begunUpload(ctx, caller, idText)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(numberText)
	if err != nil || number < 0 || number >= partCount(begun.Size) {
		return nil, refusal.Invalid("number", refusal.OutOfRange, "The file has no such part.")
	}
	content, err := s.readPart(w, req, partSize(begun.Size, number))
	if err != nil {
		return nil, err
	}
	state := &PictureUpload{ID: begun.ID, PartBytes: partBytes}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		begun, err := query.LockPartialUpload(ctx, begun.ID)
		if err != nil {
			return missingOr(err, errNoUpload(), "lock the upload")
		}
		state.Parts = int(begun.Parts)
		switch {
		case number < state.Parts: // it has arrived already
			return nil
		case number > state.Parts:
			return errPartsMissing()
		}
		if err := s.files.write(ctx, partName(begun.ID, number), content); err != nil {
			return storeFailed(&photo.SpoolError{Cause: err})
		}
		state.Parts++
		return query.CountPart(ctx, store.CountPartParams{ID: begun.ID, Parts: int32(state.Parts), TouchedAt: s.clock()})
	})
	if err != nil {
		return nil, refusal.Failure(err, "store the part")
	}
	return state, nil
}

// readPart reads a part into memory: 8 MB at most for all that have a turn.
func (s *Service) readPart(w http.ResponseWriter, req *http.Request, size int64) ([]byte, error) {
	defer s.boundReading(w)()
	if req.ContentLength > size {
		return nil, errPartSize()
	}
	content, err := io.ReadAll(io.LimitReader(req.Body, size+1))
	switch {
	case err != nil:
		if refused, ok := errors.AsType[*errs.Error](unreadable(err)); ok && refused.Code == errs.DeadlineExceeded {
			return nil, refused
		}
		return nil, errPartSize()
	case int64(len(content)) != size:
		return nil, errPartSize()
	}
	return content, nil
}

// begunUpload reads an upload that the caller has begun.
func (s *Service) begunUpload(ctx context.Context, caller access.Actor, idText string) (store.PartialUpload, error) {
	id, err := uuid.FromString(idText)
	if err != nil {
		return store.PartialUpload{}, errNoUpload()
	}
	begun, err := s.query.FindPartialUpload(ctx, id)
	if err == nil && begun.UserID != caller.ID {
		err = pgx.ErrNoRows
	}
	return begun, missingOr(err, errNoUpload(), "read the upload")
}

// FinishPictureUpload makes a picture of the parts, once all have arrived, and answers with it; the same again gets the same answer,
// however late (rule 4). It checks what UploadPicture checks, and the checksum. After a refusal of the file itself (invalid_argument)
// the parts are forgotten.
//
// Errors: failed_precondition (parts_missing) when not all parts have arrived; invalid_argument (wrong_checksum) when they are not
// the file that was announced; not_found when the caller has begun no such upload, or it was given up; otherwise as UploadPicture.
//
//encore:api auth method=POST path=/picture-uploads/:id/finish
func (s *Service) FinishPictureUpload(ctx context.Context, id uuid.UUID) (*Picture, error) {
	caller, err := s.worker(ctx)
	if err != nil {
		return nil, err
	}
	leave, err := s.uploads.enter(ctx, caller.ID)
	if err != nil {
		return nil, err
	}
	defer leave()
	picture, err := s.finishUpload(ctx, caller, id)
	if err == nil {
		return picture, nil
	}
	// It may have been finished before, or by another backend meanwhile.
	if stored, found := s.ownPicture(ctx, caller, id); found {
		return stored, nil
	}
	return nil, err
}

// ownPicture returns the picture of that id if it is of a run of the caller.
func (s *Service) ownPicture(ctx context.Context, caller access.Actor, id uuid.UUID) (*Picture, bool) {
	stored, err := s.query.FindPicture(ctx, id)
	if err != nil {
		return nil, false
	}
	run, err := s.query.FindRun(ctx, stored.RunID)
	if err != nil || access.Work(caller, run.WorkerID) != nil {
		return nil, false
	}
	return new(pictureOf(stored)), true
}

func (s *Service) finishUpload(ctx context.Context, caller access.Actor, id uuid.UUID) (*Picture, error) {
	begun, err := s.begunUpload(ctx, caller, id.String())
	if err != nil {
		return nil, err
	}
	if begun.IncidentID != nil {
		return nil, errNoUpload()
	}
	announced := uploadOf(begun)
	stored, err := s.mayUpload(ctx, caller, announced)
	if err != nil {
		return nil, err
	}
	var picture *Picture
	if stored != nil {
		picture, err = announced.repeats(*stored)
	} else {
		picture, err = s.assemble(ctx, begun, announced)
	}
	s.settleUpload(ctx, id, err)
	return picture, err
}

// settleUpload forgets the parts of an upload that was finished, or whose file was refused.
func (s *Service) settleUpload(ctx context.Context, id uuid.UUID, outcome error) {
	if outcome != nil && errs.Code(outcome) != errs.InvalidArgument {
		return
	}
	if err := s.forgetParts(ctx, id); err != nil { // they are given up a day later
		rlog.Warn("the parts of a photo stay for now", "picture", id, "err", err)
	}
}

// assemble makes a picture of the parts of an upload.
func (s *Service) assemble(ctx context.Context, begun store.PartialUpload, announced *upload) (*Picture, error) {
	file, err := s.spoolParts(ctx, begun)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	converted, err := s.convert(ctx, file.File)
	if err != nil {
		return nil, refuseUpload(err)
	}
	if err := s.writePicture(ctx, announced, converted); err != nil {
		return nil, err
	}
	return s.insertPicture(ctx, announced, converted)
}

// spoolParts puts the parts of an upload together on disk, once all are there, and checks that they are what was announced.
func (s *Service) spoolParts(ctx context.Context, begun store.PartialUpload) (*spooledFile, error) {
	if int(begun.Parts) < partCount(begun.Size) {
		return nil, errPartsMissing()
	}
	sum := sha256.New()
	file, err := photo.Spool(io.TeeReader(&partsReader{ctx: ctx, files: s.files, id: begun.ID, count: int(begun.Parts)}, sum))
	if err != nil {
		return nil, storeFailed(err)
	}
	spooled := &spooledFile{File: file, size: begun.Size}
	sum.Sum(spooled.sum[:0])
	if !bytes.Equal(spooled.sum[:], begun.Sha256) {
		wrong := refusal.Invalid("sha256", refusal.WrongChecksum, "What arrived is not the file that was announced. Send it again.")
		return nil, refusal.Failure(errors.Join(wrong, file.Close()), "check the upload")
	}
	return spooled, nil
}

// partsReader reads the parts of a file one after the other; one is in memory.
type partsReader struct {
	ctx         context.Context
	files       pictureFiles
	id          uuid.UUID
	next, count int
	part        bytes.Reader
}

func (r *partsReader) Read(p []byte) (int, error) {
	for r.part.Len() == 0 {
		if r.next == r.count {
			return 0, io.EOF
		}
		content, err := r.files.read(r.ctx, partName(r.id, r.next))
		if err != nil {
			return 0, err
		}
		r.part.Reset(content)
		r.next++
	}
	return r.part.Read(p)
}

// forgetParts removes an upload and its parts, if they are there.
func (s *Service) forgetParts(ctx context.Context, id uuid.UUID) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		query := s.query.WithTx(tx)
		begun, err := query.LockPartialUpload(ctx, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.removeParts(ctx, query, begun)
	})
	if err != nil {
		return fmt.Errorf("forget the parts of a photo: %w", err)
	}
	return nil
}

// removeParts removes an upload that is locked.
func (s *Service) removeParts(ctx context.Context, query *store.Queries, begun store.PartialUpload) error {
	// The one after those that are counted may have been stored before a crash.
	for number := range min(int(begun.Parts)+1, partCount(begun.Size)) {
		if err := s.files.remove(ctx, partName(begun.ID, number)); err != nil {
			return err
		}
	}
	return query.DeletePartialUpload(ctx, begun.ID)
}

func errNoUpload() error {
	return refusal.NotFound("There is no such upload, or it was given up. Begin it again.")
}

func errPartSize() error {
	return refusal.Invalid("part", refusal.Malformed, "The part does not have the size that it must have.")
}

func errPartsMissing() error {
	return refusal.Precondition("parts", refusal.PartsMissing, "Parts of the photo are missing. Send them first.")
}
