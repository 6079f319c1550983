package bucketdir

import (
	"errors"
	"io/fs"
	"iter"
	"path"
	"slices"
	"strings"

	"encore.dev/internal/bucket"
)

// List gives the objects whose names start with prefix, in the byte order of their names. Objects added or removed
// meanwhile may or may not be among them.
func (b *Bucket) List(prefix string) iter.Seq2[bucket.Attrs, error] {
	return func(yield func(bucket.Attrs, error) bool) { b.list(".", prefix, yield) }
}

func (b *Bucket) list(dir, prefix string, yield func(bucket.Attrs, error) bool) bool {
	entries, err := fs.ReadDir(b.root.FS(), path.Join("objects", dir))
	if err != nil {
		return errors.Is(err, fs.ErrNotExist) || yield(bucket.Attrs{}, err)
	}
	// A folder sorts as the start of its objects' names: "a-b" < "a/b" although "a" < "a-b".
	names := make([]string, 0, len(entries))
	for _, entry := range entries {
		name := path.Join(dir, entry.Name())
		if entry.IsDir() {
			name += "/"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		folder, isFolder := strings.CutSuffix(name, "/")
		switch {
		case isFolder && (strings.HasPrefix(name, prefix) || strings.HasPrefix(prefix, name)):
			if !b.list(folder, prefix, yield) {
				return false
			}
		case !isFolder && strings.HasPrefix(name, prefix):
			attrs, err := b.Stat(name)
			if errors.Is(err, bucket.ErrNotFound) || errors.Is(err, bucket.ErrInvalidName) {
				continue // removed just now, or a file that no object can be
			}
			if !yield(attrs, err) {
				return false
			}
		}
	}
	return true
}
