package parse

import (
	"slices"

	"encore.app/tools/encore/internal/app"
)

// serviceNeeds notes what the service under check works with.
func (u *uses) serviceNeeds(note func(*app.Uses)) {
	if !u.test && u.pkg.service != nil {
		note(&u.pkg.service.Uses)
	}
}

func (u *uses) addService(needs *app.Uses, s *app.Service) {
	if s != u.pkg.service {
		add(&needs.Services, s.Name)
	}
}

// addTo notes that a service works with the resource.
func (r *resource) addTo(needs *app.Uses) {
	switch {
	case r.database != nil:
		add(&needs.Databases, r.database.Name)
	case r.topic != nil:
		add(&needs.Topics, r.topic.Name)
	case r.bucket != nil:
		add(&needs.Buckets, r.bucket.Name)
	}
}

// add puts a name in its place among sorted ones.
func add(names *[]string, name string) {
	if at, found := slices.BinarySearch(*names, name); !found {
		*names = slices.Insert(*names, at, name)
	}
}

// readImports notes which packages of the module import which.
func (a *analysis) readImports() {
	a.app.Imports = map[string][]string{}
	for _, p := range a.order {
		if !p.checked || p.types == nil {
			continue
		}
		for _, f := range p.files {
			for _, spec := range f.ast.Imports {
				if path := importPath(spec); a.packages[path] != nil {
					imports := a.app.Imports[p.path]
					add(&imports, path)
					a.app.Imports[p.path] = imports
				}
			}
		}
	}
}
