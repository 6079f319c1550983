package photo

import (
	"bytes"
	"context"
	"encoding/gob"

	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/disintegration/imaging"
)

// apartVariable in the environment makes a program convert one picture, from its standard input to its standard output,
// and end. Its value is the memory that it may use, in bytes.
const apartVariable = "TROTTOIR_CONVERT_PICTURE"

// The program starts itself anew to convert a picture: so it needs no second program in the image, and every tool that
// builds it knows how. This is the only place that comes before main, which belongs to the framework.
func init() {
	if limit := os.Getenv(apartVariable); limit != "" {
		os.Exit(convertStandardInput(limit))
	}
}

// outcome is what the process that converts answers.
type outcome struct {
	Picture Picture
	Broken  string // why the picture cannot be decoded
}

// convertApart converts an upload in a process that ends after at most patience, or when it takes more memory.
func convertApart(ctx context.Context, upload *os.File, memory int64, patience time.Duration) (*Picture, error) {
	program, err := thisProgram()
	if err != nil {
		return nil, err
	}
	if _, err := upload.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the upload: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var answer bytes.Buffer
	var complaint head
	cmd := exec.CommandContext(limited, program)
	cmd.Args = []string{os.Args[0] + " (converts a picture)"}
	cmd.Env = append(os.Environ(), apartVariable+"="+strconv.FormatInt(memory, 10),
		"GOMAXPROCS=1", "GOTRACEBACK=none", "GOGC=100", "GOMEMLIMIT="+strconv.FormatInt(memory, 10))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = upload, &answer, &complaint
	cmd.WaitDelay = time.Second

	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("convert a picture: %w", context.Cause(ctx))
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: it takes more than %s", ErrPixels, patience)
	case err != nil && (strings.Contains(complaint.text, "out of memory") || strings.Contains(complaint.text, "cannot allocate memory")):
		return nil, fmt.Errorf("%w: it takes more than %d MB", ErrPixels, memory>>20)
	case err != nil:
		return nil, fmt.Errorf("convert a picture: %w: %s", err, complaint.text)
	}
	var made outcome
	if err := gob.NewDecoder(&answer).Decode(&made); err != nil {
		return nil, fmt.Errorf("convert a picture: %w", err)
	}
	if made.Broken != "" {
		return nil, fmt.Errorf("%w: %s", ErrBroken, made.Broken)
	}
	return &made.Picture, nil
}

// thisProgram is where the running program is found, on Linux also after its file was replaced.
func thisProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

// head keeps the beginning of what is written to it.
type head struct{ text string }

func (h *head) Write(p []byte) (int, error) {
	h.text += string(p[:min(len(p), 1000-min(len(h.text), 1000))])
	return len(p), nil
}

// convertStandardInput is what the process does. It returns its exit code.
func convertStandardInput(limit string) int {
	memory, err := strconv.ParseUint(limit, 10, 63)
	if err == nil {
		err = limitMemory(memory)
	}
	if err == nil {
		// People who wait for an answer come before pictures.
		err = syscall.Setpriority(syscall.PRIO_PROCESS, 0, 10)
	}
	if err == nil {
		err = gob.NewEncoder(os.Stdout).Encode(convert(os.Stdin))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// convert decodes a picture and makes its sizes.
func convert(upload *os.File) (made outcome) {
	defer func() {
		if cause := recover(); cause != nil { // a decoder met what it did not expect
			made = outcome{Broken: fmt.Sprint(cause)}
		}
	}()
	decoded, format, err := image.Decode(upload)
	if err != nil {
		return outcome{Broken: err.Error()}
	}
	picture, err := shrink(decoded, orientation(upload, format))
	if err != nil {
		return outcome{Broken: err.Error()}
	}
	return outcome{Picture: *picture}
}

// shrink makes both sizes, the small one from the large one. A picture is turned when it is small already.
func shrink(decoded image.Image, orientation int) (*Picture, error) {
	large := turn(imaging.Fit(decoded, LargeSide, LargeSide, imaging.Lanczos), orientation)
	small := imaging.Fit(large, SmallSide, SmallSide, imaging.Lanczos)
	picture := &Picture{Width: large.Bounds().Dx(), Height: large.Bounds().Dy()}
	var err error
	if picture.Large, err = encode(large); err != nil {
		return nil, err
	}
	if picture.Small, err = encode(small); err != nil {
		return nil, err
	}
	return picture, nil
}

// encode writes a JPEG. What is transparent becomes white; JPEG would make it black.
func encode(picture *image.NRGBA) ([]byte, error) {
	var opaque image.Image = picture
	if !picture.Opaque() {
		onWhite := image.NewRGBA(picture.Bounds())
		draw.Draw(onWhite, onWhite.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(onWhite, onWhite.Bounds(), picture, picture.Bounds().Min, draw.Over)
		opaque = onWhite
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, opaque, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return file.Bytes(), nil
}
