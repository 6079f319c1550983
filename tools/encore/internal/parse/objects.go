package parse

import (
	"cmp"
	"slices"

	"encore.app/tools/encore/internal/app"
)

// readBuckets describes the buckets.
func (a *analysis) readBuckets() {
	seen := map[string]*resource{}
	for _, r := range a.ofKind(bucketKind) {
		name, ok := a.resourceName(r, 0)
		if !ok || !a.unique(seen, name, name, r, 0) || len(r.call.Args) < 2 {
			continue
		}
		r.bucket = &app.Bucket{Name: name, PkgPath: r.pkg.path, Pos: a.place(r.call.Pos())}
		a.app.Buckets = append(a.app.Buckets, r.bucket)
		c, ok := a.readConfig(r, r.call.Args[1])
		if !ok {
			continue
		}
		if expr, ok := c["Public"]; ok {
			r.bucket.Public = a.constBool(expr, "Public")
		}
		if expr, ok := c["Versioned"]; ok {
			r.bucket.Versioned = a.constBool(expr, "Versioned")
		}
	}
	slices.SortFunc(a.app.Buckets, func(x, y *app.Bucket) int { return cmp.Compare(x.Name, y.Name) })
}
