package parse

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"encore.app/tools/encore/internal/app"
)

// readSecrets describes every `var secrets struct{…}`.
func (a *analysis) readSecrets() {
	for _, p := range a.order {
		if !p.checked || p.info == nil {
			continue
		}
		for _, f := range slices.Concat(p.tests, p.external) {
			a.checkOtherSecrets(f.ast)
		}
		for _, f := range p.files {
			for _, decl := range f.ast.Decls {
				gen, ok := decl.(*ast.GenDecl)
				if !ok || gen.Tok != token.VAR {
					continue
				}
				for _, spec := range gen.Specs {
					spec := spec.(*ast.ValueSpec)
					for _, name := range spec.Names {
						if name.Name == "secrets" {
							a.readSecretGroup(p, gen, spec, name)
						}
					}
				}
			}
		}
	}
}

func (a *analysis) readSecretGroup(p *pkg, gen *ast.GenDecl, spec *ast.ValueSpec, name *ast.Ident) {
	st, inline := spec.Type.(*ast.StructType)
	switch {
	case len(spec.Values) > 0:
		a.report(errSecretsValue, spanOf(spec.Values[0]))
		return
	case !inline:
		a.report(errSecretsStruct, spanOf(name))
		return
	case len(spec.Names) > 1 || len(gen.Specs) > 1:
		a.report(errSecretsGroup, spanOf(name))
		return
	}
	group := &app.SecretGroup{PkgPath: p.path, PkgName: p.name, Dir: p.dir, VarName: name.Name, Pos: a.place(name.Pos())}
	for _, field := range st.Fields.List {
		t := p.info.TypeOf(field.Type)
		if t == nil || anyInvalid(t) {
			continue
		}
		if len(field.Names) == 0 || !isString(t) {
			a.report(errSecretType, spanOf(field), a.typeName(t))
			continue
		}
		for _, n := range field.Names {
			if n.IsExported() {
				group.Keys = append(group.Keys, n.Name)
			} else {
				a.report(errSecretName, spanOf(n), n.Name)
			}
		}
	}
	a.app.Secrets = append(a.app.Secrets, group)
	a.checkSecretReads(p, p.info.Defs[name])
}

// checkSecretReads finds reads of secrets while package-level variables get their values: the values of secrets are
// set just before init functions run.
func (a *analysis) checkSecretReads(p *pkg, secrets types.Object) {
	bodies := map[types.Object]*ast.FuncDecl{}
	for _, f := range p.files {
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				bodies[p.info.Defs[fn.Name]] = fn
			}
		}
	}
	for _, f := range p.files {
		for _, decl := range f.ast.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				for _, value := range spec.(*ast.ValueSpec).Values {
					w := secretWalk{analysis: a, info: p.info, secrets: secrets, bodies: bodies, seen: map[types.Object]bool{}}
					w.walk(value, nil)
				}
			}
		}
	}
}

type secretWalk struct {
	*analysis
	info    *types.Info
	secrets types.Object
	bodies  map[types.Object]*ast.FuncDecl
	seen    map[types.Object]bool
}

// walk follows what runs when n is evaluated: calls of functions of the package, but not functions that are only
// passed on. call is the call in the initializer through which n is reached.
func (w *secretWalk) walk(n ast.Node, call *ast.CallExpr) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.Ident:
			if w.info.Uses[n] != w.secrets {
				return true
			}
			if call == nil {
				w.report(errSecretInit, spanOf(n))
			} else {
				w.report(errSecretInit, spanOf(call.Fun)).notef(w.place(n.Pos()), "it reads a secret here")
			}
		case *ast.CallExpr:
			through := call
			if through == nil {
				through = n
			}
			if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
				w.walk(lit.Body, call)
			} else if fn := w.function(n.Fun); fn != nil && !w.seen[fn] && w.bodies[fn] != nil {
				w.seen[fn] = true
				w.walk(w.bodies[fn].Body, through)
			}
		}
		return true
	})
}

func (w *secretWalk) function(expr ast.Expr) types.Object {
	fn, ok := referenced(w.info, expr).(*types.Func)
	if !ok {
		return nil
	}
	return fn.Origin()
}
