package photo_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/photo"
	"encore.app/core/photo/phototest"
)

var converter = photo.NewConverter()

func convert(t *testing.T, upload []byte) (*photo.Picture, error) {
	t.Helper()
	file, err := photo.Spool(bytes.NewReader(upload))
	require.NoError(t, err)
	defer file.Close()
	return converter.Convert(t.Context(), file)
}

func TestPicturesAreTurnedUpright(t *testing.T) {
	t.Parallel()
	// Where the red corner of a picture of 80 by 40 pixels is after turning, and whether it stands on its side.
	for orientation, want := range map[byte]struct {
		right, bottom, sideways bool
	}{
		0: {false, false, false}, 1: {false, false, false}, 2: {true, false, false}, 3: {true, true, false},
		4: {false, true, false}, 5: {false, false, true}, 6: {true, false, true}, 7: {true, true, true},
		8: {false, true, true}, 9: {false, false, false},
	} {
		picture, err := convert(t, withOrientation(corner(t), orientation))
		require.NoError(t, err)
		size := image.Pt(80, 40)
		if want.sideways {
			size = image.Pt(40, 80)
		}
		require.Equal(t, size, image.Pt(picture.Width, picture.Height), "orientation %d", orientation)
		for _, file := range [][]byte{picture.Small, picture.Large} {
			decoded, err := jpeg.Decode(bytes.NewReader(file))
			require.NoError(t, err)
			x, y := size.X/8, size.Y/8
			if want.right {
				x = size.X - x
			}
			if want.bottom {
				y = size.Y - y
			}
			red, green, _, _ := decoded.At(x, y).RGBA()
			require.Greater(t, red>>8, green>>8+60, "orientation %d", orientation)
		}
	}
}

func TestMetadataAreGone(t *testing.T) {
	t.Parallel()
	picture, err := convert(t, withOrientation(corner(t), 6))
	require.NoError(t, err)
	for _, file := range [][]byte{picture.Small, picture.Large} {
		require.NotContains(t, string(file), "Exif")
	}
}

func TestTransparentBecomesWhite(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewNRGBA(image.Rect(0, 0, 20, 20))))
	picture, err := convert(t, file.Bytes())
	require.NoError(t, err)
	decoded, err := jpeg.Decode(bytes.NewReader(picture.Large))
	require.NoError(t, err)
	gray, ok := color.GrayModel.Convert(decoded.At(10, 10)).(color.Gray)
	require.True(t, ok)
	require.Greater(t, gray.Y, uint8(250))
}

func TestWebP(t *testing.T) {
	t.Parallel()
	file, err := base64.StdEncoding.DecodeString("UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=")
	require.NoError(t, err)
	picture, err := convert(t, file)
	require.NoError(t, err)
	require.Equal(t, 1, picture.Width, "small pictures are not enlarged")
}

func TestMoreAtOnceThanThereIsMemoryFor(t *testing.T) {
	t.Parallel()
	upload := corner(t)
	errors := make([]error, 8)
	var all sync.WaitGroup
	for i := range errors {
		all.Go(func() { _, errors[i] = convert(t, upload) })
	}
	all.Wait()
	require.Equal(t, make([]error, 8), errors)
}

func TestPicturesThatWouldTakeTooMuch(t *testing.T) {
	t.Parallel()
	hostile := phototest.Hostile()
	for name, taken := range map[string]bool{
		"PNG of 49,000,000 × 1": false, "PNG of 1 × 49,000,000": false, "PNG of 20,000 × 400": true,
		"PNG, 50 megapixels": false, "PNG, 16 bits, interlaced": false, "PNG, 16 bits, interlaced, 8 MP": true,
		"JPEG of 1,000 scans": false, "JPEG of 40 scans": true, "JPEG of 40 scans, 22 MP": true,
		"JPEG, progressive, CMYK": false, "JPEG, progressive, CMYK, 4 MP": true,
		"JPEG, progressive, 4:4:4": false, "JPEG, progressive, 4:4:4, 8 MP": true,
	} {
		upload, ok := hostile[name]
		require.True(t, ok, name)
		start := time.Now()
		_, err := convert(t, upload)
		t.Log(name, time.Since(start), err)
		if taken {
			require.NoError(t, err, name)
		} else {
			require.ErrorIs(t, err, photo.ErrPixels, name)
		}
	}
}

func TestTheProcessThatDecodesEndsWhenItTakesMoreThanItsShare(t *testing.T) {
	t.Parallel()
	file, err := photo.Spool(bytes.NewReader(phototest.PNG(5000, 4000, 8, 2, false)))
	require.NoError(t, err)
	defer file.Close()

	for range 25 { // Go's runtime has several ways to end for this, some of them seldom
		_, err = photo.ConvertApart(t.Context(), file, 40<<20, time.Minute, time.Minute) // 80 MB are decoded
		require.ErrorIs(t, err, photo.ErrPixels)
	}
	_, err = photo.ConvertApart(t.Context(), file, 200<<20, time.Minute, time.Millisecond)
	require.ErrorIs(t, err, photo.ErrBusy, "a machine that is slow is no fault of the picture")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = photo.ConvertApart(gone, file, 200<<20, time.Minute, time.Minute)
	require.ErrorIs(t, err, context.Canceled)

	slow, err := photo.Spool(bytes.NewReader(phototest.ProgressiveJPEG(4700, []byte{0x11}, 300)))
	require.NoError(t, err)
	defer slow.Close()
	_, err = photo.ConvertApart(t.Context(), slow, 200<<20, time.Second, time.Minute)
	require.ErrorIs(t, err, photo.ErrPixels)
	require.ErrorContains(t, err, "more than 1s of a processor")
}

func TestAPictureIsNotBlamedWhenTheProcessThatDecodesIsKilled(t *testing.T) {
	t.Parallel()
	file, err := photo.Spool(bytes.NewReader(phototest.Hostile()["JPEG of 40 scans, 22 MP"]))
	require.NoError(t, err)
	defer file.Close()
	const memory = 201 << 20 // no other test has this one
	result := make(chan error, 1)
	go func() {
		_, err := photo.ConvertApart(t.Context(), file, memory, time.Minute, time.Minute)
		result <- err
	}()
	for {
		select {
		case err := <-result:
			require.ErrorIs(t, err, photo.ErrUnfinished)
			require.ErrorContains(t, err, "killed")
			return
		default:
			killWhenItStandsBack(t, "TROTTOIR_CONVERT_PICTURE="+strconv.Itoa(memory)+" ")
		}
	}
}

// killWhenItStandsBack ends the process, started by this one, in whose environment is the text, once all its threads stand
// back behind others.
func killWhenItStandsBack(t *testing.T, text string) {
	t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	require.NoError(t, err)
	for _, task := range tasks {
		children, _ := os.ReadFile(task) // nothing when the thread has ended
		for child := range strings.FieldsSeq(string(children)) {
			if environment, err := os.ReadFile("/proc/" + child + "/environ"); err == nil && bytes.Contains(environment, []byte(text)) && standsBack(child) {
				id, err := strconv.Atoi(child)
				require.NoError(t, err)
				require.NoError(t, syscall.Kill(id, syscall.SIGKILL))
			}
		}
	}
}

func standsBack(process string) bool {
	threads, _ := filepath.Glob("/proc/" + process + "/task/*/stat") // never fails
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended
		}
		_, values, _ := strings.Cut(string(stat), ") ")
		if nice := strings.Fields(values)[16]; nice != strconv.Itoa(photo.TestNice) {
			return false
		}
	}
	return len(threads) > 1
}

func TestWhatTheWebAppSendsWaitsForNothingElse(t *testing.T) {
	t.Parallel()
	own := photo.NewConverter()
	spool := func(width, height int) *os.File {
		t.Helper()
		var upload bytes.Buffer
		require.NoError(t, jpeg.Encode(&upload, image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420), nil))
		file, err := photo.Spool(&upload)
		require.NoError(t, err)
		t.Cleanup(func() { file.Close() })
		return file
	}
	for _, check := range []struct {
		width, height int
		lane          string
	}{
		{1600, 1200, "quick"}, {1200, 1600, "quick"}, {1280, 960, "quick"}, {3200, 1600, "light"}, {4000, 3000, "light"}, {8165, 6123, "heavy"},
	} {
		lane, err := own.LaneOf(spool(check.width, check.height))
		require.NoError(t, err)
		require.Equal(t, check.lane, lane, "%d × %d", check.width, check.height)
	}
	leave, err := own.Occupy(t.Context())
	require.NoError(t, err)
	defer leave()
	for _, size := range []image.Point{{1600, 1200}, {1200, 1600}, {40, 30}} {
		picture, err := own.Convert(t.Context(), spool(size.X, size.Y))
		require.NoError(t, err)
		require.Equal(t, size, image.Pt(picture.Width, picture.Height))
	}
	waiting, cancel := context.WithCancelCause(t.Context())
	cancel(io.EOF)
	_, err = own.Convert(waiting, spool(4000, 3000))
	require.ErrorIs(t, err, io.EOF, "others wait their turn")
}

// corner is a blue JPEG of 80 by 40 pixels whose upper left quarter is red.
func corner(t *testing.T) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 80, 40))
	for i := range 80 * 40 {
		x, y := i%80, i/80
		c := color.RGBA{30, 40, 200, 255}
		if x < 40 && y < 20 {
			c = color.RGBA{220, 20, 20, 255}
		}
		picture.Set(x, y, c)
	}
	var file bytes.Buffer
	require.NoError(t, jpeg.Encode(&file, picture, nil))
	return file.Bytes()
}

// withOrientation adds EXIF data that hold an orientation and nothing else.
func withOrientation(file []byte, orientation byte) []byte {
	exif := []byte{
		0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0,
		'M', 'M', 0, 42, 0, 0, 0, 8, // big endian, the directory is at 8
		0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, // one entry: orientation, a short
		0, 0, 0, 0,
	}
	return slices.Concat(file[:2], exif, file[2:])
}
