package photo

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // a format that is read
	_ "image/png"  // a format that is read
	"io"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // a format that is read
)

// cost is about what it takes to convert a picture: memory in bytes, and how many pixels are decoded, each as often as the
// file goes over it.
type cost struct{ memory, pixels int64 }

// inspect looks at the header of an upload, and how often a JPEG goes over the picture. It returns the cost, or why the
// upload is refused.
func inspect(upload io.ReadSeeker) (found cost, err error) {
	rewind := func() {
		if err == nil {
			_, err = upload.Seek(0, io.SeekStart)
		}
	}
	rewind()
	if err != nil {
		return found, err
	}
	kind, err := mimetype.DetectReader(upload)
	if err != nil {
		return found, fmt.Errorf("read the upload: %w", err)
	}
	if kind.Is("image/heic") || kind.Is("image/heif") || kind.Is("image/heic-sequence") || kind.Is("image/heif-sequence") {
		return found, ErrHEIC
	}
	if !kind.Is("image/jpeg") && !kind.Is("image/png") && !kind.Is("image/webp") {
		return found, fmt.Errorf("%w but %s", ErrType, kind)
	}
	rewind()
	config, format, err := image.DecodeConfig(bufio.NewReader(upload))
	if err != nil {
		return found, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if err := checkSize(int64(config.Width), int64(config.Height)); err != nil {
		return found, err
	}
	rewind()
	found.pixels = int64(config.Width) * int64(config.Height)
	var decoded, scans int64
	switch format {
	case "jpeg":
		decoded, scans, err = weighJPEG(bufio.NewReaderSize(upload, 64<<10))
	case "png":
		decoded, err = weighPNG(upload, config)
	default:
		decoded, err = weighWebP(upload, config)
	}
	if err != nil {
		return found, err
	}
	found.pixels *= max(1, scans)
	found.memory = decoded + shrinking(int64(config.Width), int64(config.Height))
	if found.memory > heavy.memory {
		return found, fmt.Errorf("%w: it would take %d MB", ErrPixels, found.memory>>20)
	}
	return found, nil
}

func checkSize(width, height int64) error {
	short, long := min(width, height), max(width, height)
	switch {
	case short <= 0:
		return ErrBroken
	case long > MaxSide, width*height > MaxPixels, long > MaxRatio*short:
		return fmt.Errorf("%w: %d × %d", ErrPixels, width, height)
	}
	return nil
}

// shrinking is the memory that it takes, besides the decoded picture, to bring it to its sizes: it is halved as long as it is
// twice too long, and then made as narrow as it will be, then as low, twice, and a few MB besides. One that is small already is
// only copied and turned.
func shrinking(width, height int64) int64 {
	const besides = 8 << 20
	long := max(width, height)
	if long <= LargeSide {
		return 4*width*height*3 + besides
	}
	narrow, low := width*LargeSide/long+1, height*LargeSide/long+1
	half := int64(0)
	if long >= 2*LargeSide {
		half = width * height // four bytes for four pixels
	}
	for ; long >= 2*LargeSide; long /= 2 {
		height /= 2
	}
	return max(half, 4*narrow*(height+2*low)) + besides
}

// weighJPEG goes through the segments of a file: its frame says how large it is in memory. A progressive one keeps its
// coefficients, four bytes each, until its last scan.
func weighJPEG(file *bufio.Reader) (memory, scans int64, err error) {
	for {
		marker, err := nextMarker(file)
		switch {
		case errors.Is(err, io.EOF), marker == 0xd9:
			return memory, scans, nil // whether the file is complete is for the decoder to say
		case err != nil:
			return 0, 0, fmt.Errorf("read the upload: %w", err)
		case marker == 0xd8, marker == 0x01, marker >= 0xd0 && marker <= 0xd7:
			continue // no segment follows
		case marker == 0xda:
			if scans++; scans > MaxScans {
				return 0, 0, fmt.Errorf("%w: more than %d scans", ErrPixels, MaxScans)
			}
		}
		segment, err := nextSegment(file)
		if err != nil {
			continue // the end, which comes again
		}
		if marker >= 0xc0 && marker <= 0xc2 {
			memory = max(memory, weighFrame(segment, marker == 0xc2))
		}
	}
}

// nextMarker skips what is no marker: the data of a scan.
func nextMarker(file *bufio.Reader) (byte, error) {
	for {
		if _, err := file.ReadSlice(0xff); errors.Is(err, bufio.ErrBufferFull) {
			continue
		} else if err != nil {
			return 0, err
		}
		marker, err := file.ReadByte()
		for err == nil && marker == 0xff {
			marker, err = file.ReadByte()
		}
		if err != nil || marker != 0 {
			return marker, err
		}
	}
}

func nextSegment(file *bufio.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(file, length[:]); err != nil {
		return nil, err
	}
	segment := make([]byte, max(int(length[0])<<8|int(length[1]), 2)-2)
	_, err := io.ReadFull(file, segment)
	return segment, err
}

func weighFrame(frame []byte, progressive bool) int64 {
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) {
		return 0 // the decoder refuses it
	}
	height, width := int64(frame[1])<<8|int64(frame[2]), int64(frame[3])<<8|int64(frame[4])
	components := int(frame[5])
	var most, all [2]int64 // by columns and rows; all only [0]
	for i := range components {
		across, down := int64(frame[7+3*i]>>4), int64(frame[7+3*i]&15)
		most[0], most[1] = max(most[0], across), max(most[1], down)
		all[0] += across * down
	}
	if components == 1 || most[0] == 0 || most[1] == 0 {
		most, all = [2]int64{1, 1}, [2]int64{1, 0}
	}
	blocks := ceil(width, 8*most[0]) * ceil(height, 8*most[1]) * all[0]
	memory := 64 * blocks
	if progressive {
		memory += 4 * 64 * blocks
	}
	if components == 4 { // what is decoded becomes CMYK
		memory += 8 * width * height
	}
	return memory
}

func ceil(a, b int64) int64 { return (a + b - 1) / b }

// weighPNG reads the depth, and whether the picture is interlaced: then it is put together from pictures of its own.
func weighPNG(file io.Reader, config image.Config) (int64, error) {
	var header [29]byte
	if _, err := io.ReadFull(file, header[:]); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	const depth, colour, interlaced = 24, 25, 28
	each := int64(4)
	switch {
	case header[depth] == 16:
		each = 8
	case header[colour] == 3: // a palette
		each = 1
	}
	if header[interlaced] != 0 {
		each *= 2
	}
	return each * int64(config.Width) * int64(config.Height), nil
}

// weighWebP tells the lossy kind, which is stored as it is decoded, from those that take several copies.
func weighWebP(file io.Reader, config image.Config) (int64, error) {
	var header [16]byte
	if _, err := io.ReadFull(file, header[:]); err != nil {
		return 0, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	each := int64(10)
	if string(header[12:]) == "VP8 " {
		each = 2
	}
	return each * int64(config.Width) * int64(config.Height), nil
}
