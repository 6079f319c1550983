// Package qrcode draws QR codes.
package qrcode

import (
	"fmt"
	"strings"

	"github.com/boombuler/barcode/qr"
)

// margin is what scanners need around a code, in its squares.
const margin = 4

// SVG draws text as a picture that scales, black on white as scanners like it. It stays readable when a seventh of it is
// dirty or torn off.
func SVG(text string) (string, error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return "", fmt.Errorf("draw a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	var picture strings.Builder
	fmt.Fprintf(&picture, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
		`<path fill="#fff" d="M0 0h%[1]dv%[1]dH0z"/><path d="`, size+2*margin)
	for y := range size {
		for x := range size {
			if brightness, _, _, _ := code.At(x, y).RGBA(); brightness == 0 {
				fmt.Fprintf(&picture, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	picture.WriteString(`"/></svg>`)
	return picture.String(), nil
}
