package parse

import (
	"errors"
	"go/ast"
	"go/build"
	goparser "go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"encore.app/tools/encore/internal/app"
)

// officialTags are set when the official CLI reads the source. It never sees a file with the constraint !encore_app.
var officialTags = []string{"encore", "encore_internal", "encore_app"}

// readElsewhere looks at what is not part of the application here, but is for the official CLI: that one walks every folder
// except node_modules and those whose name begins with a dot, also testdata, other modules and other applications. It
// looks at syntax only, for those folders have dependencies of their own.
func (a *analysis) readElsewhere() error {
	ctx := build.Default
	ctx.BuildTags = officialTags
	return filepath.WalkDir(a.app.Root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		switch {
		case d.IsDir() && path != a.app.Root && (name == "node_modules" || name == "vendor" || strings.HasPrefix(name, ".")):
			return filepath.SkipDir
		case d.IsDir():
			return nil
		case name == "encore.app" && filepath.Dir(path) != a.app.Root:
			a.add(errAppBelow.at(app.Pos{File: path, Line: 1, Col: 1}, filepath.Base(filepath.Dir(path))))
		case strings.HasSuffix(name, ".go") && !isGenerated(name) && !a.inProgram(path):
			if match, err := ctx.MatchFile(filepath.Dir(path), name); err == nil && match {
				return a.readElsewhereFile(path)
			}
		}
		return nil
	})
}

func isGenerated(name string) bool { return name == FacadeFile || name == RegistrationFile }

// inProgram says whether a file belongs to a package that the other checks look at.
func (a *analysis) inProgram(path string) bool {
	at := slices.IndexFunc(a.order, func(p *pkg) bool { return p.dir == filepath.Dir(path) })
	return at >= 0 && a.order[at].checked
}

func (a *analysis) readElsewhereFile(path string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a link that leads nowhere
	} else if err != nil {
		return err
	}
	f := &file{path: path}
	f.ast, err = goparser.ParseFile(a.fset, path, content, goparser.ParseComments|goparser.SkipObjectResolution)
	if _, broken := errors.AsType[scanner.ErrorList](err); broken {
		return nil // nobody builds it: testdata may hold what is wrong on purpose
	} else if err != nil {
		return err
	}
	a.sources[path] = content
	for _, spec := range f.ast.Imports {
		if !a.isRequired(importPath(spec)) {
			a.report(errImportElsewhere, spanOf(spec.Path), importPath(spec))
			break // one of a file tells enough
		}
	}
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if directiveLine.MatchString(c.Text) {
				a.report(errDirectiveElsewhere, spanOf(c))
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if kind, ok := constructors[a.calledName(f, call.Fun)]; ok {
			a.report(errResourceElsewhere, spanOf(call.Fun), kind)
		}
		return true
	})
	a.checkOtherSecrets(f.ast)
	return nil
}

// isRequired says whether the package at path is Go's own, or of a module that go.mod knows.
func (a *analysis) isRequired(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") || a.inModule(path) ||
		slices.ContainsFunc(a.module.Require, func(r *modfile.Require) bool { return isBelow(path, r.Mod.Path) })
}

func isBelow(path, module string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// calledName is the path and name of the package.Function that an expression spells, with or without type arguments.
func (a *analysis) calledName(f *file, fun ast.Expr) string {
	switch e := ast.Unparen(fun).(type) {
	case *ast.IndexExpr:
		return a.calledName(f, e.X)
	case *ast.IndexListExpr:
		return a.calledName(f, e.X)
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return a.importNamed(f, x.Name) + "." + e.Sel.Name
		}
	}
	return ""
}

// checkOtherSecrets reports variables that the official CLI takes for the secrets of the application.
func (a *analysis) checkOtherSecrets(file *ast.File) {
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			spec := spec.(*ast.ValueSpec)
			if _, isStruct := spec.Type.(*ast.StructType); !isStruct {
				continue
			}
			for _, name := range spec.Names {
				if name.Name == "secrets" {
					a.report(errSecretsElsewhere, spanOf(name))
				}
			}
		}
	}
}

// checkHandlerStruct reports the fields of a service struct that the official CLI cannot describe: for a MethodHandler, it
// takes the struct for a schema. It does not look into named types.
func (a *analysis) checkHandlerStruct(s *serviceOf, handler span) {
	st, ok := s.decl.typ.Type.(*ast.StructType)
	if !ok {
		return // refused itself
	}
	for _, field := range st.Fields.List {
		what := unnamedKind(s.pkg.info.TypeOf(field.Type))
		if what == "" {
			continue
		}
		at := spanOf(field.Type)
		name := types.ExprString(field.Type)
		if len(field.Names) > 0 {
			name = field.Names[0].Name
		}
		if d := a.report(errHandlerField, at, name, what); len(d.Notes) == 0 { // the first handler will do
			d.notef(a.place(handler.start), "a method handler is here")
		}
	}
}

// unnamedKind finds a type without a name in t for which there is no schema, and says what it is; "" when there is none.
func unnamedKind(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Chan:
		return "a channel"
	case *types.Signature:
		return "a function"
	case *types.Struct:
		return "a struct without a name"
	case *types.Interface:
		return "an interface without a name"
	case *types.Pointer:
		return unnamedKind(t.Elem())
	case *types.Slice:
		return unnamedKind(t.Elem())
	case *types.Array:
		return unnamedKind(t.Elem())
	case *types.Map:
		if what := unnamedKind(t.Key()); what != "" {
			return what
		}
		return unnamedKind(t.Elem())
	}
	return ""
}
