package core

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"encore.dev/beta/errs"
	"encore.dev/types/uuid"

	"encore.app/core/photo"
	"encore.app/internal/refusal"
)

const (
	// maxUpload is the largest file that is taken.
	maxUpload = 20 << 20
	// maxForm is the largest request: the file, the fields, and what separates them.
	maxForm = maxUpload + 64<<10
	// maxField is the longest of the other fields.
	maxField = 200
	// maxDrain is how much of a request that is too large is read and forgotten. A client that is cut off while it
	// sends does not read why.
	maxDrain = 20 << 20
)

// upload is what a request to upload a picture carries.
type upload struct {
	id            uuid.UUID
	run, building int64
	// step is empty for a picture of a remark, and remark nil for one of a step.
	step    string
	remark  *uuid.UUID
	takenAt time.Time
	// takenFrom is exif or phone.
	takenFrom string
	// file is the picture, spooled; sum is its checksum.
	file *os.File
	sum  [sha256.Size]byte
}

// defaultUploadPatience is enough for a photo of a phone at 5 KB a second.
const defaultUploadPatience = 2 * time.Minute

// readUpload reads the form part by part: the fields into memory, the file, which comes last, to disk. accept decides by the
// fields before any of the file is read.
func (s *Service) readUpload(w http.ResponseWriter, req *http.Request, accept func(*upload) error) (*upload, error) {
	form, done, err := s.uploadForm(w, req)
	if err != nil {
		return nil, err
	}
	defer done()
	read, err := readForm(form, accept)
	if errors.Is(err, errPartTooLarge) {
		return nil, errTooLarge()
	}
	return read, err
}

// uploadForm bounds the form of an upload in size and time. done ends the latter.
func (s *Service) uploadForm(w http.ResponseWriter, req *http.Request) (form *multipart.Reader, done func(), err error) {
	done = s.boundReading(w)
	// Not a http.MaxBytesReader: that closes the connection, and the client would not read why.
	req.Body = io.NopCloser(&capped{req.Body, maxForm})
	if form, err = req.MultipartReader(); err != nil {
		done()
		return nil, nil, refusal.Invalid("file", refusal.Malformed, "Send the file as multipart/form-data.")
	}
	return form, done, nil
}

// boundReading bounds how long a request may take to arrive. done ends that.
func (s *Service) boundReading(w http.ResponseWriter) (done func()) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(s.uploadPatience)); err != nil {
		return func() {} // where there is none, as in tests
	}
	return func() { control.SetReadDeadline(time.Time{}) } //nolint:errcheck // as it was set
}

// capped reads up to a number of bytes, and then fails.
type capped struct {
	content io.Reader
	left    int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errPartTooLarge
	}
	n, err := c.content.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// drain reads and forgets what a client goes on sending after a refusal, for as long as an upload may take: the connection
// of who sends nothing more ends.
func (s *Service) drain(w http.ResponseWriter, body io.Reader) {
	// The deadline stays: what the client did not send by then, nobody waits for.
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.uploadPatience)) //nolint:errcheck // where there is none, as in tests
	io.CopyN(io.Discard, body, maxForm+maxDrain)                                    //nolint:errcheck // the answer is the same
}

func readForm(form *multipart.Reader, accept func(*upload) error) (*upload, error) {
	fields := make(map[string]string)
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			if _, err := parseFields(fields); err != nil {
				return nil, err
			}
			return nil, errNoFile()
		}
		if err != nil {
			return nil, unreadable(err)
		}
		switch name := part.FormName(); name {
		case "file":
			read, err := parseFields(fields)
			if err != nil {
				return nil, err
			}
			if err := accept(read); err != nil {
				return nil, err
			}
			spooled, err := spoolPart(part, form)
			if err != nil {
				return nil, err
			}
			read.file, read.sum = spooled.File, spooled.sum
			return read, nil
		case "id", "run", "building", "step", "remark", "taken_at", "taken_from":
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

// spooledFile is a file that was sent, on disk.
type spooledFile struct {
	*os.File

	sum  [sha256.Size]byte
	size int64
}

// spoolPart puts the file of a form aside. Nothing may follow it.
func spoolPart(part *multipart.Part, form *multipart.Reader) (*spooledFile, error) {
	spooled, err := spoolContent(part)
	if err != nil {
		return nil, err
	}
	refuse := func(err error) (*spooledFile, error) { return nil, errors.Join(err, spooled.Close()) }
	if spooled.size == 0 {
		return refuse(errNoFile())
	}
	if _, err := form.NextPart(); err == nil {
		return refuse(refusal.Invalid("file", refusal.Malformed, "Send the file last."))
	} else if err != io.EOF {
		return refuse(unreadable(err))
	}
	return spooled, nil
}

// spoolContent puts the file of a form aside; it may be empty.
func spoolContent(part *multipart.Part) (*spooledFile, error) {
	sum := sha256.New()
	file, err := photo.Spool(io.TeeReader(&capped{part, maxUpload + 1}, sum))
	if err != nil {
		return nil, unreadable(err)
	}
	refuse := func(err error) (*spooledFile, error) { return nil, errors.Join(err, file.Close()) }
	size, err := file.Seek(0, io.SeekEnd)
	switch {
	case err != nil:
		return refuse(refusal.Failure(err, "read the upload"))
	case size > maxUpload:
		return refuse(errTooLarge())
	}
	spooled := &spooledFile{File: file, size: size}
	sum.Sum(spooled.sum[:0])
	return spooled, nil
}

var errPartTooLarge = errors.New("the part is too large")

// unreadable leaves "too large", and a disk that is full, for others to tell. A network that was too slow may be faster the
// next time: a phone must not take that for a refusal of the photo.
func unreadable(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &errs.Error{Code: errs.DeadlineExceeded, Message: "The file took too long to arrive. Try again."}
	}
	if _, full := errors.AsType[*photo.SpoolError](err); full || errors.Is(err, errPartTooLarge) {
		return err
	}
	return refusal.Invalid("file", refusal.Malformed, "The form is incomplete.")
}

func errTooLarge() error {
	return refusal.Invalid("file", refusal.TooLarge, "A file may have 20 MB at most.")
}

func errNoFile() error { return refusal.Invalid("file", refusal.Required, "Send a file.") }

func parseFields(fields map[string]string) (*upload, error) {
	read := &upload{step: fields["step"]}
	var err error
	if read.id, err = uuid.FromString(fields["id"]); err != nil || read.id == uuid.Nil {
		return nil, refuseField("id", fields["id"], "Make a UUID and send it as id.")
	}
	if read.run, err = strconv.ParseInt(fields["run"], 10, 64); err != nil {
		return nil, refuseField("run", fields["run"], "Send the number of the run.")
	}
	if read.building, err = strconv.ParseInt(fields["building"], 10, 64); err != nil {
		return nil, refuseField("building", fields["building"], "Send the number of the building.")
	}
	if text := fields["remark"]; text != "" {
		id, err := uuid.FromString(text)
		if err != nil || id == uuid.Nil {
			return nil, refuseField("remark", text, "Send the id of the remark.")
		}
		read.remark = &id
	}
	if read.takenAt, err = time.Parse(time.RFC3339, fields["taken_at"]); err != nil {
		return nil, refuseField("taken_at", fields["taken_at"], "Send the time as in 2026-05-04T08:30:00Z.")
	}
	read.takenFrom = fields["taken_from"]
	return read, read.check()
}

// check checks what an upload tells about its picture, and brings it into the form in which it is kept.
func (u *upload) check() error {
	switch {
	case u.remark == nil && !slices.Contains(stepOrder, u.step):
		return refusal.Invalid("step", refusal.Unknown, "The steps are arrival, inside and departure.")
	case u.remark != nil && u.step != "":
		return refusal.Invalid("remark", refusal.Malformed, "A picture is of a step or of a remark, not of both.")
	}
	u.takenFrom = cmp.Or(u.takenFrom, takenFromPhone)
	if u.takenFrom != takenFromEXIF && u.takenFrom != takenFromPhone {
		return refusal.Invalid("taken_from", refusal.Unknown, "The time comes from exif or phone.")
	}
	u.takenAt = u.takenAt.UTC().Truncate(time.Microsecond)
	return checkClientWrite(u.id, "taken_at", u.takenAt)
}

func refuseField(name, text, message string) error {
	if text == "" {
		return refusal.Invalid(name, refusal.Required, message)
	}
	return refusal.Invalid(name, refusal.Malformed, message)
}
