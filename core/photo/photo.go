// Package photo turns what phones upload into the pictures that are kept: upright, without metadata, as JPEG in the
// sizes that the web app shows. The upload itself is not kept: it may tell where somebody lives.
//
// Uploads are decoded in a process of their own, with limits of memory and time: a decoder cannot be interrupted, and what
// it will need can only be guessed from a file that somebody else made.
package photo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/semaphore"
)

// The longest sides of the pictures that are kept, in pixels. Smaller uploads are not enlarged.
const (
	SmallSide = 320
	LargeSide = 1600
)

// The largest upload that is decoded: more than any phone takes by default.
const (
	MaxPixels = 50_000_000
	// MaxSide is the longest side in pixels.
	MaxSide = 20_000
	// MaxRatio is how many times longer than the other a side may be.
	MaxRatio = 50
	// MaxScans is how many times a JPEG may go over the picture; encoders do it about ten times.
	MaxScans = 40
)

// What the processes that decode may take: at most two light ones, and one of each other kind, run at once. Together they
// take at most 340 MB. People who wait for an answer come before pictures, and pictures that many send before those that
// take long. quickPixels and lightPixels, counted as often as the file goes over them, are decoded in a fraction of a second.
const (
	quickPixels = LargeSide * LargeSide
	lightPixels = 64_000_000
	lightAtOnce = 2
)

var (
	// quick is enough for what the web app sends: a JPEG of LargeSide, 4 by 3.
	quick = share{memory: 36 << 20, work: 5 * time.Second, wait: 20 * time.Second, nice: 5}
	// light is enough for what phones take by default: a JPEG of 12 megapixels.
	light = share{memory: 64 << 20, work: 10 * time.Second, wait: 20 * time.Second, nice: 5}
	// heavy is enough for a JPEG of MaxPixels.
	heavy = share{memory: 176 << 20, work: 20 * time.Second, wait: 25 * time.Second, nice: 19}
)

// turnPatience is how long an upload waits for memory.
const turnPatience = 15 * time.Second

const jpegQuality = 82

// The reasons why an upload is refused.
var (
	ErrType   = errors.New("not a JPEG, PNG or WebP picture")
	ErrHEIC   = errors.New("a HEIC picture")
	ErrBroken = errors.New("the picture is damaged")
	// ErrPixels is that of a picture that has too many pixels, or takes too much memory or time for those it has.
	ErrPixels = errors.New("the picture has too many pixels")
)

// The reasons why an upload is not converted now, which say nothing about the picture.
var (
	// ErrBusy is that of an upload that had no turn, or not enough of the machine, in time.
	ErrBusy = errors.New("too many pictures are being converted")
	// ErrUnfinished is that of a process that ended without an answer: it was killed, say.
	ErrUnfinished = errors.New("converting the picture was broken off")
)

// Picture is an upload as it is kept.
type Picture struct {
	// Width and Height are those of Large.
	Width, Height int
	// Small and Large are JPEG files.
	Small, Large []byte
}

// Converter converts uploads, as many at once as memory allows: what is quick does not wait for what takes long. Safe for
// concurrent use.
type Converter struct {
	quick, light, heavy *lane
}

// lane is where uploads of one kind wait for their turn.
type lane struct {
	turns *semaphore.Weighted
	each  share
}

// NewConverter returns a converter.
func NewConverter() *Converter {
	return &Converter{
		quick: &lane{semaphore.NewWeighted(1), quick},
		light: &lane{semaphore.NewWeighted(lightAtOnce), light},
		heavy: &lane{semaphore.NewWeighted(1), heavy},
	}
}

// Convert makes the pictures to keep from an upload, a regular file. What it is counts, not what it is called: everything
// but JPEG, PNG and WebP is ErrType or ErrHEIC, and a file that cannot be read is ErrBroken. What exceeds MaxPixels,
// MaxSide, MaxRatio or MaxScans, or would take more than 176 MB of memory to decode, is ErrPixels, found before anything is decoded.
// What turns out to need more memory, or more than 20 s of a processor, is ErrPixels too. Convert waits until memory is free;
// when that or converting takes too long the error is ErrBusy, and ErrUnfinished when the process is killed: the same
// upload may come again then. It returns ctx's error if that ends first.
func (c *Converter) Convert(ctx context.Context, upload *os.File) (*Picture, error) {
	found, err := inspect(upload)
	if err != nil {
		return nil, err
	}
	return c.laneFor(found).convert(ctx, upload)
}

func (c *Converter) laneFor(found cost) *lane {
	switch {
	case found.pixels > lightPixels || found.memory > light.memory:
		return c.heavy
	case found.pixels > quickPixels || found.memory > quick.memory:
		return c.light
	}
	return c.quick
}

func (l *lane) convert(ctx context.Context, upload *os.File) (*Picture, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, turnPatience, ErrBusy)
	defer cancel()
	if err := l.turns.Acquire(waiting, 1); err != nil {
		return nil, fmt.Errorf("wait for memory to decode a picture: %w", context.Cause(waiting))
	}
	defer l.turns.Release(1)
	return convertApart(ctx, upload, l.each)
}

// Spool copies what is read into a file that no folder names, so that nothing of it stays behind, whatever happens. The
// file lies in the folder for temporary files (TMPDIR), which is made if it is missing.
func Spool(content io.Reader) (*os.File, error) {
	if err := os.MkdirAll(os.TempDir(), 0o700); err != nil {
		return nil, &SpoolError{Cause: err}
	}
	file, err := os.CreateTemp("", "upload-*")
	if err != nil {
		return nil, &SpoolError{Cause: err}
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(&SpoolError{Cause: err}, file.Close())
	}
	if _, err := io.Copy(spooled{file}, content); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// SpoolError says that an upload could not be written: the disk is full, or nothing may be written to it.
type SpoolError struct{ Cause error }

func (e *SpoolError) Error() string { return "write an upload: " + e.Cause.Error() }

// Unwrap returns the cause.
func (e *SpoolError) Unwrap() error { return e.Cause }

// spooled tells errors of the disk from those of what is read.
type spooled struct{ file *os.File }

func (s spooled) Write(content []byte) (int, error) {
	n, err := s.file.Write(content)
	if err != nil {
		err = &SpoolError{Cause: err}
	}
	return n, err
}
