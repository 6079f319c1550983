// Package phototest makes pictures that somebody sends who wants the server to stumble: small files that are large, or slow,
// once they are decoded.
package phototest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// Hostile returns such pictures by name. Each has less than a megabyte.
func Hostile() map[string][]byte {
	const side = 7064 // about 50 megapixels
	return map[string][]byte{
		"PNG of 49,000,000 × 1":          PNG(49_000_000, 1, 1, 0, false),
		"PNG of 1 × 49,000,000":          PNG(1, 49_000_000, 1, 0, false),
		"PNG of 20,000 × 400":            PNG(20_000, 400, 8, 2, false),
		"PNG, 50 megapixels":             PNG(side, side, 8, 2, false),
		"PNG, 16 bits, interlaced":       PNG(5000, 5000, 16, 6, true),
		"PNG, 16 bits, interlaced, 8 MP": PNG(2900, 2900, 16, 6, true),
		"JPEG of 1,000 scans":            ProgressiveJPEG(side, []byte{0x11}, 1000),
		"JPEG of 40 scans":               ProgressiveJPEG(side/3, []byte{0x11}, 38),
		"JPEG of 40 scans, 22 MP":        ProgressiveJPEG(4700, []byte{0x11}, 38),
		"JPEG, progressive, CMYK":        ProgressiveJPEG(side, []byte{0x11, 0x11, 0x11, 0x11}, 0),
		"JPEG, progressive, CMYK, 4 MP":  ProgressiveJPEG(2000, []byte{0x11, 0x11, 0x11, 0x11}, 0),
		"JPEG, progressive, 4:4:4":       ProgressiveJPEG(side, []byte{0x11, 0x11, 0x11}, 0),
		"JPEG, progressive, 4:4:4, 8 MP": ProgressiveJPEG(2850, []byte{0x11, 0x11, 0x11}, 0),
	}
}

// PNG returns a black PNG of bits a channel and the colour type (0 gray, 2 RGB, 6 RGBA).
func PNG(width, height, bits, colour int, interlaced bool) []byte {
	channels := map[int]int{0: 1, 2: 3, 6: 4}[colour]
	header := binary.BigEndian.AppendUint32(nil, uint32(width))
	header = binary.BigEndian.AppendUint32(header, uint32(height))
	header = append(header, byte(bits), byte(colour), 0, 0, 0)
	var data bytes.Buffer // takes everything: there are no errors to check
	compressed := zlib.NewWriter(&data)
	rows := func(width, height int) {
		if width > 0 {
			io.CopyN(compressed, zeros{}, int64(height)*int64(1+(width*bits*channels+7)/8)) //nolint:errcheck // as above
		}
	}
	if interlaced {
		header[12] = 1
		for _, pass := range [7][4]int{{8, 8, 0, 0}, {8, 8, 4, 0}, {4, 8, 0, 4}, {4, 4, 2, 0}, {2, 4, 0, 2}, {2, 2, 1, 0}, {1, 2, 0, 1}} {
			rows((width-pass[2]+pass[0]-1)/pass[0], (height-pass[3]+pass[1]-1)/pass[1])
		}
	} else {
		rows(width, height)
	}
	_ = compressed.Close()
	file := []byte("\x89PNG\r\n\x1a\n")
	for _, chunk := range []struct {
		name    string
		content []byte
	}{{"IHDR", header}, {"IDAT", data.Bytes()}, {"IEND", nil}} {
		named := append([]byte(chunk.name), chunk.content...)
		file = binary.BigEndian.AppendUint32(file, uint32(len(chunk.content)))
		file = binary.BigEndian.AppendUint32(append(file, named...), crc32.ChecksumIEEE(named))
	}
	return file
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// ProgressiveJPEG returns a gray square. Each component has a byte of sampling factors; after a first scan of all come
// more scans of the first component, in which nothing changes.
func ProgressiveJPEG(side int, components []byte, more int) []byte {
	file := []byte{0xff, 0xd8}
	segment := func(marker byte, content ...byte) {
		file = append(file, 0xff, marker)
		file = binary.BigEndian.AppendUint16(file, uint16(len(content)+2))
		file = append(file, content...)
	}
	if len(components) == 4 {
		segment(0xee, append([]byte("Adobe"), 0, 100, 0, 0, 0, 0, 0)...)
	}
	segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...)...)
	frame := []byte{8, byte(side >> 8), byte(side), byte(side >> 8), byte(side), byte(len(components))}
	scan := []byte{byte(len(components))}
	for i, sampling := range components {
		frame = append(frame, byte(i+1), sampling, 0)
		scan = append(scan, byte(i+1), 0)
	}
	segment(0xc2, frame...)
	// One code of one bit each: "no difference" for DC, "16384 blocks have nothing more" for AC.
	segment(0xc4, append([]byte{0x00, 1}, make([]byte, 16)...)...)
	segment(0xc4, append(append([]byte{0x10, 1}, make([]byte, 15)...), 0xe0)...)
	blocks := ((side + 7) / 8) * ((side + 7) / 8)
	segment(0xda, append(scan, 0, 0, 0)...)
	file = append(file, make([]byte, (blocks*len(components)+7)/8)...)
	for range more {
		segment(0xda, 1, 1, 0, 1, 63, 0)
		file = append(file, make([]byte, ((blocks+16383)/16384*15+7)/8)...)
	}
	return append(file, 0xff, 0xd9)
}
