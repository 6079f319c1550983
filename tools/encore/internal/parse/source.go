package parse

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	goparser "go/parser"
	"go/scanner"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// The names of generated files in the folder of a package.
const (
	FacadeFile       = "encore.gen.go"       // of the official CLI
	RegistrationFile = "encore_stock.gen.go" // of this tool
)

// pkg is one package of the app's module.
type pkg struct {
	dir, path, name string
	files           []*file // by name, without tests and generated files
	tests           []*file // _test.go of the package itself
	external        []*file // _test.go of package name_test
	facade          *ast.File
	declared        []*declared

	checked bool // part of the program, so that types and info are set
	types   *types.Package
	info    *types.Info
	service *app.Service // owner; nil outside services

	testInfo []testInfo // with Options.Tests
}

// file is one source file.
type file struct {
	path string
	ast  *ast.File
	test bool
}

// readPackages parses the files of all packages of the module, as the go tool would choose them.
func (a *analysis) readPackages() error {
	err := filepath.WalkDir(a.app.Root, func(dir string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if dir != a.app.Root {
			if skip, err := a.skipFolder(dir, d.Name()); err != nil || skip {
				return cmp.Or(err, filepath.SkipDir)
			}
		}
		return a.readPackage(dir)
	})
	if err != nil {
		return fmt.Errorf("read the source: %w", err)
	}
	for _, p := range a.packages {
		a.order = append(a.order, p)
	}
	slices.SortFunc(a.order, func(x, y *pkg) int { return strings.Compare(x.path, y.path) })
	return nil
}

func (a *analysis) skipFolder(dir, name string) (bool, error) {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" {
		return true, nil
	}
	rel, err := filepath.Rel(a.app.Root, dir)
	if err != nil {
		return false, err
	}
	rel = filepath.ToSlash(rel)
	for _, ignore := range a.module.Ignore {
		pattern := strings.TrimSuffix(ignore.Path, "/")
		if anchored, ok := strings.CutPrefix(pattern, "./"); ok {
			if rel == anchored {
				return true, nil
			}
		} else if rel == pattern || strings.HasSuffix(rel, "/"+pattern) {
			return true, nil
		}
	}
	for _, marker := range []string{"encore.app", "go.mod"} { // another application, another module
		switch _, err := os.Stat(filepath.Join(dir, marker)); {
		case err == nil:
			return true, nil
		case !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
	}
	return false, nil
}

func (a *analysis) buildContext() *build.Context {
	ctx := build.Default
	ctx.CgoEnabled = a.app.File.Build.CgoEnabled
	return &ctx
}

func (a *analysis) readPackage(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(a.app.Root, dir)
	if err != nil {
		return err
	}
	p := &pkg{dir: dir, path: path.Join(a.app.ModulePath, filepath.ToSlash(rel))}
	ctx := a.buildContext()
	for _, e := range entries {
		name := e.Name()
		test := strings.HasSuffix(name, "_test.go")
		if !e.IsDir() && (name == FacadeFile || name == RegistrationFile) {
			a.generated = append(a.generated, filepath.Join(dir, name))
			continue
		}
		if e.IsDir() || !strings.HasSuffix(name, ".go") || test && !a.opts.Tests {
			continue
		}
		match, err := ctx.MatchFile(dir, name)
		if err != nil {
			if _, syntax := errors.AsType[*fs.PathError](err); syntax {
				return err
			}
			match = true // a broken header: the parser says it better
		}
		if !match {
			continue
		}
		if err := a.readFile(p, name, test); err != nil {
			return err
		}
	}
	if len(p.files)+len(p.tests)+len(p.external) > 0 {
		a.packages[p.path] = p
	}
	return nil
}

func (a *analysis) readFile(p *pkg, name string, test bool) error {
	f := &file{path: filepath.Join(p.dir, name), test: test}
	content, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	a.sources[f.path] = content
	f.ast, err = goparser.ParseFile(a.fset, f.path, content, goparser.ParseComments|goparser.SkipObjectResolution)
	if err != nil {
		list, ok := errors.AsType[scanner.ErrorList](err)
		if !ok {
			return err
		}
		list.RemoveMultiples()
		for _, e := range list {
			a.add(errSyntax.at(app.Pos{File: e.Pos.Filename, Line: e.Pos.Line, Col: e.Pos.Column}, e.Msg))
		}
		return nil
	}
	declaredName := f.ast.Name.Name
	base, isExternal := strings.CutSuffix(declaredName, "_test")
	isExternal = isExternal && test
	if !isExternal {
		base = declaredName
	}
	switch p.name {
	case "", base:
		p.name = base
	default:
		a.report(errPackageNames, spanOf(f.ast.Name), p.name, declaredName)
	}
	switch {
	case isExternal:
		p.external = append(p.external, f)
	case test:
		p.tests = append(p.tests, f)
	default:
		p.files = append(p.files, f)
	}
	return nil
}

// allFiles returns the files of p, tests last.
func (p *pkg) allFiles() []*file { return slices.Concat(p.files, p.tests, p.external) }

// imports returns the import paths of files.
func imports(files []*file) []string {
	var paths []string
	for _, f := range files {
		for _, spec := range f.ast.Imports {
			paths = append(paths, importPath(spec))
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

func importPath(spec *ast.ImportSpec) string {
	s, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return "" // the parser has refused the file
	}
	return s
}

// program returns the packages that make up the application: those which use Encore, those which import them, and
// what they all need. The rest of the module (the developer's other programs) is left to the go tool.
func (a *analysis) program() []*pkg {
	importers := map[string][]*pkg{}
	var queue []*pkg
	in := map[*pkg]bool{}
	include := func(p *pkg) {
		if p != nil && !in[p] {
			in[p] = true
			queue = append(queue, p)
		}
	}
	for _, p := range a.order {
		for _, path := range imports(p.allFiles()) {
			importers[path] = append(importers[path], p)
			if isEncore(path) {
				include(p)
			}
		}
		if len(p.declared) > 0 {
			include(p)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, q := range importers[queue[0].path] {
			include(q)
		}
	}
	for p := range in {
		queue = append(queue, p)
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, path := range imports(queue[0].allFiles()) {
			include(a.packages[path])
		}
	}
	var list []*pkg
	for _, p := range a.order {
		if in[p] {
			list = append(list, p)
		}
	}
	return list
}

func isEncore(path string) bool {
	return path == "encore.dev" || strings.HasPrefix(path, "encore.dev/")
}

// objectKey names a package-level object across type-checks of the same package.
func objectKey(o types.Object) string {
	if o == nil || o.Pkg() == nil {
		return ""
	}
	return strings.TrimSuffix(o.Pkg().Path(), "_test") + "." + o.Name()
}

// isPackageLevel says whether o is declared in the scope of its package.
func isPackageLevel(o types.Object) bool {
	return o != nil && o.Pkg() != nil && o.Parent() == o.Pkg().Scope()
}
