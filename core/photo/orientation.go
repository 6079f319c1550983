package photo

import (
	"image"
	"io"

	"github.com/bep/imagemeta"
	"github.com/disintegration/imaging"
)

// upright is EXIF's number for a picture that needs no turning.
const upright = 1

// orientation reads from the EXIF data how the camera was held; upright when they do not say. Damaged EXIF data do not
// matter, whatever was read before the damage counts: the picture itself may well be sound.
func orientation(file io.ReadSeeker, format string) int {
	kind := imagemeta.JPEG
	switch format {
	case "png":
		kind = imagemeta.PNG
	case "webp":
		kind = imagemeta.WebP
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return upright
	}
	found := upright
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: file, ImageFormat: kind, Sources: imagemeta.EXIF,
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
func turn(picture *image.NRGBA, orientation int) *image.NRGBA {
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
