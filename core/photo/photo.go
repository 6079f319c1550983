// Package photo turns what phones upload into the pictures that are kept: upright, without metadata, as JPEG in the
// sizes that the web app shows. The upload itself is not kept: it may tell where somebody lives.
package photo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	_ "image/png" // a format that is read

	"github.com/disintegration/imaging"
	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // a format that is read
	"golang.org/x/sync/semaphore"
)

// The longest sides of the pictures that are kept, in pixels. Smaller uploads are not enlarged.
const (
	SmallSide = 320
	LargeSide = 1600
)

// MaxPixels is the largest upload that is decoded: more than any phone takes by default, and about 200 MB in memory.
const MaxPixels = 50_000_000

const jpegQuality = 82

// The reasons why an upload is refused.
var (
	ErrType   = errors.New("not a JPEG, PNG or WebP picture")
	ErrBroken = errors.New("the picture is damaged")
	ErrPixels = errors.New("the picture has too many pixels")
)

// Picture is an upload as it is kept.
type Picture struct {
	// Width and Height are those of Large.
	Width, Height int
	// Small and Large are JPEG files.
	Small, Large []byte
}

// Converter converts uploads, as many at once as its memory allows. Safe for concurrent use.
type Converter struct {
	budget int64
	pixels *semaphore.Weighted
}

// NewConverter returns a converter that has at most about pixels decoded at once, but always lets one picture through.
func NewConverter(pixels int64) *Converter {
	return &Converter{budget: pixels, pixels: semaphore.NewWeighted(pixels)}
}

// Convert makes the pictures to keep from an upload. What it is counts, not what it is called: everything but JPEG, PNG
// and WebP is ErrType, a file that cannot be read is ErrBroken, and more than MaxPixels is ErrPixels, found before
// anything is decoded. It waits until memory is free, and returns ctx's error if that ends first.
func (c *Converter) Convert(ctx context.Context, upload []byte) (*Picture, error) {
	kind := mimetype.Detect(upload)
	if !kind.Is("image/jpeg") && !kind.Is("image/png") && !kind.Is("image/webp") {
		return nil, fmt.Errorf("%w but %s", ErrType, kind)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(upload))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	pixels := int64(config.Width) * int64(config.Height)
	switch {
	case config.Width <= 0 || config.Height <= 0:
		return nil, ErrBroken
	case pixels > MaxPixels:
		return nil, fmt.Errorf("%w: %d", ErrPixels, pixels)
	}
	weight := min(pixels, c.budget)
	if err := c.pixels.Acquire(ctx, weight); err != nil {
		return nil, fmt.Errorf("wait for memory to decode a picture: %w", err)
	}
	defer c.pixels.Release(weight)

	decoded, _, err := image.Decode(bytes.NewReader(upload))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	return shrink(turn(decoded, orientation(upload, kind)))
}

// shrink makes both sizes, the small one from the large one.
func shrink(upright image.Image) (*Picture, error) {
	large := imaging.Fit(upright, LargeSide, LargeSide, imaging.Lanczos)
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
