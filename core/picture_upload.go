package core

import (
	"crypto/sha256"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"encore.dev/types/uuid"

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
	step          string
	takenAt       time.Time
	file          []byte
	sum           [sha256.Size]byte
}

// readUpload reads the form part by part. It never holds more than maxForm, whatever is sent.
func readUpload(w http.ResponseWriter, req *http.Request) (*upload, error) {
	if req.ContentLength > maxForm+maxDrain {
		return nil, errTooLarge()
	}
	body := req.Body
	req.Body = http.MaxBytesReader(w, body, maxForm)
	read, err := readForm(req)
	if isTooLarge(err) {
		io.CopyN(io.Discard, body, maxDrain) //nolint:errcheck // the answer is the same
		return nil, errTooLarge()
	}
	return read, err
}

func readForm(req *http.Request) (*upload, error) {
	form, err := req.MultipartReader()
	if err != nil {
		return nil, refusal.Invalid("file", refusal.Malformed, "Send the picture as multipart/form-data.")
	}
	fields := make(map[string]string)
	var file []byte
	for {
		part, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // documented to be returned as it is
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		switch name := part.FormName(); name {
		case "file":
			file, err = readPart(part, maxUpload)
		case "id", "run", "building", "step", "taken_at":
			var text []byte
			text, err = readPart(part, maxField)
			if errors.Is(err, errPartTooLarge) {
				return nil, refusal.Invalid(name, refusal.TooLong, "The text is too long.")
			}
			fields[name] = strings.TrimSpace(string(text))
		}
		if err != nil {
			return nil, unreadable(err)
		}
	}
	return parseUpload(fields, file)
}

var errPartTooLarge = errors.New("the part is too large")

func readPart(part *multipart.Part, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(part, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = errPartTooLarge
	}
	return content, err
}

func isTooLarge(err error) bool {
	_, whole := errors.AsType[*http.MaxBytesError](err)
	return whole || errors.Is(err, errPartTooLarge)
}

// unreadable leaves "too large" for readUpload to tell.
func unreadable(err error) error {
	if isTooLarge(err) {
		return err
	}
	return refusal.Invalid("file", refusal.Malformed, "The form is incomplete.")
}

func errTooLarge() error {
	return refusal.Invalid("file", refusal.TooLarge, "A picture may have 20 MB at most.")
}

func parseUpload(fields map[string]string, file []byte) (*upload, error) {
	read := &upload{step: fields["step"], file: file, sum: sha256.Sum256(file)}
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
	if !slices.Contains(stepOrder, read.step) {
		return nil, refusal.Invalid("step", refusal.Unknown, "The steps are arrival, inside and departure.")
	}
	if read.takenAt, err = time.Parse(time.RFC3339, fields["taken_at"]); err != nil {
		return nil, refuseField("taken_at", fields["taken_at"], "Send the time as in 2026-05-04T08:30:00Z.")
	}
	read.takenAt = read.takenAt.UTC().Truncate(time.Microsecond)
	if err := checkClientWrite(read.id, "taken_at", read.takenAt); err != nil {
		return nil, err
	}
	if len(file) == 0 {
		return nil, refusal.Invalid("file", refusal.Required, "Send a picture.")
	}
	return read, nil
}

func refuseField(name, text, message string) error {
	if text == "" {
		return refusal.Invalid(name, refusal.Required, message)
	}
	return refusal.Invalid(name, refusal.Malformed, message)
}
