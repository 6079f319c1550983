package photo

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/disintegration/imaging"
	"golang.org/x/image/draw"
)

// apartVariable in the environment makes a program convert one picture, from its standard input to its standard output,
// and end. Its value is its share.
const apartVariable = "TROTTOIR_CONVERT_PICTURE"

// The program starts itself anew to convert a picture: so it needs no second program in the image, and every tool that
// builds it knows how. This is the only place that comes before main, which belongs to the framework.
func init() {
	if allowed := os.Getenv(apartVariable); allowed != "" {
		os.Exit(convertStandardInput(allowed))
	}
}

// share is what a process that converts may take of the machine.
type share struct {
	memory int64         // in bytes
	work   time.Duration // of a processor, in whole seconds; a picture that takes more has too many pixels
	wait   time.Duration // by the clock: a machine that is busy takes longer, and that is no fault of the picture
	nice   int           // 0 to 19: how far it stands back behind others
}

func (s share) String() string {
	return fmt.Sprint(s.memory, int64(s.work/time.Second), s.nice)
}

func parseShare(text string) (s share, err error) {
	var seconds int64
	_, err = fmt.Sscan(text, &s.memory, &seconds, &s.nice)
	s.work = time.Duration(seconds) * time.Second
	return s, err
}

// How a process ends that took more than its share.
const (
	exitWork = 3 // of a processor
	// exitCrash is the exit code of Go's runtime, of memory: once it is refused some, it says so, or cannot start a thread, or
	// touches address 0. A decoder that fails panics, which is caught; a process that is killed has no exit code.
	exitCrash = 2
)

// outcome is what the process that converts answers, after a byte that says that it is held to its share: what ends it
// sooner has nothing to do with the picture.
type outcome struct {
	Picture Picture
	Broken  string // why the picture cannot be decoded
}

// convertApart converts an upload in a process that ends when it takes more than its share.
func convertApart(ctx context.Context, upload *os.File, allowed share) (*Picture, error) {
	program, err := thisProgram()
	if err != nil {
		return nil, err
	}
	if _, err := upload.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the upload: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, allowed.wait)
	defer cancel()
	var answer bytes.Buffer
	var complaint head
	cmd := exec.CommandContext(limited, program)
	cmd.Args = []string{os.Args[0] + " (converts a picture)"}
	cmd.Env = append(os.Environ(), apartVariable+"="+allowed.String(),
		"GOMAXPROCS=1", "GOTRACEBACK=none", "GOGC=100", fmt.Sprintf("GOMEMLIMIT=%d", allowed.memory))
	cmd.Stdin, cmd.Stdout, cmd.Stderr = upload, &answer, &complaint
	cmd.WaitDelay = time.Second

	err = cmd.Run()
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("convert a picture: %w", context.Cause(ctx))
	case err == nil:
	case limited.Err() != nil:
		return nil, fmt.Errorf("%w: the process was not done after %s", ErrBusy, allowed.wait)
	case answer.Len() > 0 && cmd.ProcessState.ExitCode() == exitCrash:
		return nil, fmt.Errorf("%w: it takes more than %d MB", ErrPixels, allowed.memory>>20)
	case cmd.ProcessState.ExitCode() == exitWork:
		return nil, fmt.Errorf("%w: it takes more than %s of a processor", ErrPixels, allowed.work)
	default:
		return nil, fmt.Errorf("%w: %w: %s", ErrUnfinished, err, complaint.text)
	}
	_, _ = answer.ReadByte()
	var made outcome
	if err := gob.NewDecoder(&answer).Decode(&made); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnfinished, err)
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
func convertStandardInput(allowed string) int {
	share, err := parseShare(allowed)
	if err == nil {
		err = share.enforce()
	}
	if err == nil {
		_, err = os.Stdout.Write([]byte{'\n'})
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

// enforce holds this process to its share.
func (s share) enforce() error {
	// The process says itself that it ends for this: the time that the kernel reports afterwards may be less than what it
	// counted, in ticks.
	exceeded := make(chan os.Signal, 1)
	signal.Notify(exceeded, syscall.SIGXCPU)
	go func() {
		<-exceeded
		os.Exit(exitWork)
	}()
	startThreads(8)
	seconds := uint64(s.work / time.Second)
	return errors.Join(
		limitMemory(uint64(s.memory)),
		syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: seconds, Max: seconds + 5}),
		// The priority is that of a thread, and Go has started some by now: in a group of its own it is that of all.
		syscall.Setpgid(0, 0),
		syscall.Setpriority(syscall.PRIO_PGRP, 0, s.nice),
	)
}

// startThreads starts threads for Go to use when it wants another one. One that it starts later would need memory for its
// stack, 8 MB in a program with cgo, out of the share of the picture: on a busy machine several of them took it all.
func startThreads(count int) {
	ready, done := make(chan struct{}), make(chan struct{})
	for range count {
		go func() {
			runtime.LockOSThread() // no two of them on one thread
			ready <- struct{}{}
			<-done
			runtime.UnlockOSThread() // so that the thread stays
		}()
	}
	for range count {
		<-ready
	}
	close(done)
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
	large := turn(fit(decoded, LargeSide), orientation)
	small := fit(large, SmallSide)
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

// fit makes a picture at most side long. It is halved as often as it can be, four pixels to one, which costs a fifth of what the
// filter of the last step costs for as many pixels, and shows no difference.
func fit(picture image.Image, side int) *image.NRGBA {
	for max(picture.Bounds().Dx(), picture.Bounds().Dy()) >= 2*side {
		half := image.NewRGBA(image.Rect(0, 0, picture.Bounds().Dx()/2, picture.Bounds().Dy()/2))
		draw.ApproxBiLinear.Scale(half, half.Bounds(), picture, picture.Bounds(), draw.Src, nil)
		picture = half
	}
	return imaging.Fit(picture, side, side, imaging.Lanczos)
}

// encode writes a JPEG. What is transparent becomes white; JPEG would make it black.
func encode(picture *image.NRGBA) ([]byte, error) {
	// The same bytes, which the encoder reads in half the time.
	opaque := &image.RGBA{Pix: picture.Pix, Stride: picture.Stride, Rect: picture.Rect}
	if !picture.Opaque() {
		opaque = image.NewRGBA(picture.Bounds())
		draw.Draw(opaque, opaque.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
		draw.Draw(opaque, opaque.Bounds(), picture, picture.Bounds().Min, draw.Over)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, opaque, &jpeg.Options{Quality: jpegQuality}); err != nil {
		return nil, fmt.Errorf("encode a picture: %w", err)
	}
	return file.Bytes(), nil
}
