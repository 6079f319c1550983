package photo

import (
	"bytes"
	"image"

	"github.com/bep/imagemeta"
	"github.com/disintegration/imaging"
	"github.com/gabriel-vasile/mimetype"
)

// upright is EXIF's number for a picture that needs no turning.
const upright = 1

// orientation reads from the EXIF data how the camera was held; upright when they do not say. Damaged EXIF data do not
// matter, whatever was read before the damage counts: the picture itself may well be sound.
func orientation(file []byte, kind *mimetype.MIME) int {
	format := imagemeta.JPEG
	switch {
	case kind.Is("image/png"):
		format = imagemeta.PNG
	case kind.Is("image/webp"):
		format = imagemeta.WebP
	}
	found := upright
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: format, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if value, ok := tag.Value.(uint16); ok && tag.Namespace == "IFD0" {
				found = int(value)
			}
			return nil
		},
	})
	return found
}

// turn sets a picture upright that was taken in one of EXIF's eight orientations.
func turn(picture image.Image, orientation int) image.Image {
	switch orientation {
	case 2:
		return imaging.FlipH(picture)
	case 3:
		return imaging.Rotate180(picture)
	case 4:
		return imaging.FlipV(picture)
	case 5:
		return imaging.Transpose(picture)
	case 6:
		return imaging.Rotate270(picture)
	case 7:
		return imaging.Transverse(picture)
	case 8:
		return imaging.Rotate90(picture)
	}
	return picture
}
