package photo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// On a machine whose processors are taken, Go wants more threads.
func TestAUsualPictureFitsInItsShareOnABusyMachine(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 2000, 1000))
	for x := range 2000 {
		for y := range 1000 {
			noise.Set(x, y, color.RGBA{uint8(x * y), uint8(x ^ y), uint8(x + y*7), 255})
		}
	}
	var file bytes.Buffer
	require.NoError(t, jpeg.Encode(&file, noise, nil))
	path := t.TempDir() + "/noise.jpeg"
	require.NoError(t, os.WriteFile(path, file.Bytes(), 0o600))

	var done atomic.Bool
	var burners sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		burners.Go(func() {
			for !done.Load() {
				runtime.KeepAlive(path)
			}
		})
	}
	defer burners.Wait()
	defer done.Store(true)
	var together sync.WaitGroup
	for range 6 {
		together.Go(func() {
			upload, err := os.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer upload.Close()
			if _, err := convertApart(t.Context(), upload, quick); err != nil {
				t.Error(err)
			}
		})
	}
	together.Wait()
}
