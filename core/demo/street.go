package demo

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
)

// The size of a drawing, that of a small phone photo.
const (
	sceneWidth  = 960
	sceneHeight = 720
)

// The lines of the street, from the top.
const (
	roofline = 170
	pavement = 470 // where the houses end
	kerb     = 590
)

// drawStreet returns a street. The same seed gives the same street; bins says how many stand on the pavement.
func drawStreet(seed uint64, bins int) *image.RGBA {
	s := &street{RGBA: image.NewRGBA(image.Rect(0, 0, sceneWidth, sceneHeight)), random: rand.New(rand.NewPCG(seed, 17))}
	s.sky()
	s.houses()
	s.ground()
	for i := range bins {
		s.bin(120+i*(sceneWidth-240)/max(1, bins)+s.random.IntN(50), kerb-24-s.random.IntN(14))
	}
	s.grain()
	return s.RGBA
}

type street struct {
	*image.RGBA
	random *rand.Rand
}

func (s *street) fill(x0, y0, x1, y1 int, c color.Color) {
	draw.Draw(s, image.Rect(x0, y0, x1, y1), image.NewUniform(c), image.Point{}, draw.Src)
}

func (s *street) sky() {
	top := 120 + float64(s.random.IntN(60))
	for y := range pavement {
		light := float64(y) / pavement
		s.fill(0, y, sceneWidth, y+1, shade(color.RGBA{uint8(top + 80*light), uint8(top + 30 + 70*light), 235, 255}, 1))
	}
}

var bricks = []color.RGBA{
	{150, 74, 58, 255}, {176, 112, 84, 255}, {203, 187, 160, 255}, {122, 66, 60, 255}, {190, 160, 128, 255},
	{168, 168, 162, 255},
}

// houses draws a row of terraced houses with stepped or pitched gables, windows and a door each.
func (s *street) houses() {
	for x := -s.random.IntN(80); x < sceneWidth; {
		width := 150 + s.random.IntN(90)
		wall := bricks[s.random.IntN(len(bricks))]
		top := roofline + s.random.IntN(80)
		s.fill(x, top, x+width, pavement, wall)
		for y := top; y < pavement; y += 9 { // courses of brick
			s.fill(x, y, x+width, y+1, shade(wall, 0.88))
		}
		s.gable(x, top, width, wall)
		s.windows(x, top, width)
		s.fill(x+width-2, top, x+width, pavement, shade(wall, 0.6))
		x += width
	}
}

func (s *street) gable(x, top, width int, wall color.RGBA) {
	if s.random.IntN(2) == 0 { // stepped, as old houses in Ghent have it
		const step = 18
		for i := 0; 2*i*step < width-step; i++ {
			s.fill(x+i*step, top-(i+1)*14, x+width-i*step, top-i*14, wall)
		}
		return
	}
	roof := color.RGBA{92, 60, 54, 255}
	for i := range 60 {
		inset := i * width / 130
		s.fill(x+inset, top-i, x+width-inset, top-i+1, roof)
	}
}

func (s *street) windows(x, top, width int) {
	glass := color.RGBA{86, 108, 124, 255}
	columns := 2 + width/110
	for row := top + 26; row < pavement-130; row += 84 {
		for i := range columns {
			left := x + (2*i+1)*width/(2*columns) - 16
			s.fill(left-3, row-3, left+35, row+55, color.RGBA{232, 228, 218, 255})
			s.fill(left, row, left+32, row+52, glass)
			s.fill(left, row, left+32, row+14, shade(glass, 1.35)) // the sky in it
			s.fill(left+15, row, left+17, row+52, color.RGBA{232, 228, 218, 255})
		}
	}
	door := []color.RGBA{{40, 66, 52, 255}, {88, 34, 30, 255}, {36, 44, 70, 255}}[s.random.IntN(3)]
	left := x + width/4
	s.fill(left-4, pavement-104, left+50, pavement, color.RGBA{210, 204, 192, 255})
	s.fill(left, pavement-100, left+46, pavement, door)
	s.fill(left+38, pavement-52, left+42, pavement-46, color.RGBA{214, 180, 90, 255})
}

// ground draws the pavement with its slabs, the kerb and the cobbles.
func (s *street) ground() {
	s.fill(0, pavement, sceneWidth, kerb, color.RGBA{176, 172, 164, 255})
	for y := pavement; y < kerb; y += 30 {
		s.fill(0, y, sceneWidth, y+2, color.RGBA{150, 146, 138, 255})
		for x := (y * 7) % 40; x < sceneWidth; x += 60 {
			s.fill(x, y, x+2, y+30, color.RGBA{150, 146, 138, 255})
		}
	}
	s.fill(0, kerb, sceneWidth, kerb+14, color.RGBA{204, 202, 196, 255})
	s.fill(0, kerb+14, sceneWidth, sceneHeight, color.RGBA{96, 94, 92, 255})
	for y := kerb + 18; y < sceneHeight; y += 20 {
		for x := (y / 20 % 2) * 16; x < sceneWidth; x += 34 {
			s.fill(x, y, x+30, y+16, shade(color.RGBA{112, 110, 106, 255}, 0.85+0.3*s.random.Float64()))
		}
	}
}

// The colours of the bins by kind of waste: residual, paper, organic, plastics.
var lids = []color.RGBA{{58, 60, 62, 255}, {196, 170, 40, 255}, {70, 112, 58, 255}, {50, 104, 160, 255}}

// bin draws a wheeled bin that stands on the ground at (x, ground).
func (s *street) bin(x, ground int) {
	lid := lids[s.random.IntN(len(lids))]
	body := color.RGBA{72, 76, 74, 255}
	const height, width = 128, 78
	for i := range 10 { // its shadow
		s.fill(x-6+i, ground-4+i, x+width+26-i, ground-3+i, color.RGBA{120, 116, 110, 255})
	}
	for y := range height {
		inset := y / 14
		light := 1 - 0.12*math.Abs(float64(y-height/2))/height
		s.fill(x+inset, ground-height+y, x+width-inset, ground-height+y+1, shade(body, light))
	}
	for i := 1; i < 4; i++ { // ribs
		s.fill(x+i*width/4, ground-height+20, x+i*width/4+3, ground-10, shade(body, 0.8))
	}
	s.fill(x-5, ground-height-12, x+width+5, ground-height+6, lid)
	s.fill(x-5, ground-height-12, x+width+5, ground-height-8, shade(lid, 1.3))
	s.fill(x+14, ground-height+34, x+width-14, ground-height+58, color.RGBA{228, 226, 216, 255}) // the label
	for _, wheel := range []int{x + 12, x + width - 14} {
		s.disc(wheel, ground-6, 11, color.RGBA{30, 30, 30, 255})
		s.disc(wheel, ground-6, 4, color.RGBA{120, 120, 120, 255})
	}
}

func (s *street) disc(cx, cy, radius int, c color.RGBA) {
	for y := -radius; y <= radius; y++ {
		half := int(math.Sqrt(float64(radius*radius - y*y)))
		s.fill(cx-half, cy+y, cx+half, cy+y+1, c)
	}
}

// grain makes the drawing look less like one.
func (s *street) grain() {
	for i := 0; i < len(s.Pix); i += 4 {
		noise := s.random.IntN(13) - 6
		for c := range 3 {
			s.Pix[i+c] = clamp(float64(int(s.Pix[i+c]) + noise))
		}
	}
}

func shade(c color.RGBA, light float64) color.RGBA {
	return color.RGBA{clamp(float64(c.R) * light), clamp(float64(c.G) * light), clamp(float64(c.B) * light), 255}
}

func clamp(v float64) uint8 { return uint8(min(max(v, 0), 255)) }
