package parse

import (
	"go/ast"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// serviceOf is what belongs to a service struct.
type serviceOf struct {
	service *app.Service
	pkg     *pkg
	decl    *declared
}

// findServices decides which packages are services, and gives every package below one to it.
func (a *analysis) findServices() {
	a.structs = map[string]*serviceOf{}
	roots := map[*pkg]bool{}
	for _, p := range a.order {
		if p.checked && (len(p.declared) > 0 && slices.ContainsFunc(p.declared, makesService) || a.subscribes(p)) {
			roots[p] = true
		}
	}
	byName := map[string]*pkg{}
	for _, p := range a.order { // parents sort before their children
		if !roots[p] {
			continue
		}
		outer := a.rootAbove(p, roots)
		if outer != nil {
			delete(roots, p)
			if p.structDecl() == nil {
				continue // a part of the outer service
			}
		}
		// A refused service is a service still, so that its content causes no findings that only follow from that.
		p.service = &app.Service{Name: p.name, PkgPath: p.path, Dir: p.dir, Doc: p.doc()}
		switch twin := byName[p.name]; {
		case outer != nil:
			a.report(errNestedService, spanOf(p.structDecl().typ.Name), p.name, outer.name)
		case p.name == "main":
			a.report(errServiceMain, spanOf(p.files[0].ast.Name))
		case twin != nil:
			a.report(errServiceTwice, spanOf(p.files[0].ast.Name), p.name).
				notef(a.place(twin.files[0].ast.Name.Pos()), "the other service %s", p.name)
		default:
			byName[p.name] = p
			a.app.Services = append(a.app.Services, p.service)
		}
	}
	for _, p := range a.order {
		if outer := a.rootAbove(p, roots); outer != nil && p.service == nil {
			p.service = outer.service
		}
	}
	slices.SortFunc(a.app.Services, func(x, y *app.Service) int { return strings.Compare(x.Name, y.Name) })
	for _, p := range a.order {
		a.readServiceStruct(p)
		if p.isRoot() {
			a.checkReservedNames(p)
		}
	}
}

// reservedName matches what the official tool and this one declare in the packages of services.
var reservedName = regexp.MustCompile(`^(encoreService$|encoreEndpoint_|EncoreInternal_)`)

func (a *analysis) checkReservedNames(p *pkg) {
	scope := p.types.Scope()
	for _, name := range scope.Names() {
		if reservedName.MatchString(name) {
			a.report(errGeneratedName, a.wordSpan(scope.Lookup(name)), name)
		}
	}
}

func makesService(d *declared) bool { return d.name.text != "middleware" }

func (a *analysis) subscribes(p *pkg) bool {
	return slices.ContainsFunc(a.calls, func(r *resource) bool { return r.pkg == p && r.kind == subscriptionKind })
}

func (p *pkg) structDecl() *declared {
	for _, d := range p.declared {
		if d.name.text == "service" {
			return d
		}
	}
	return nil
}

// rootAbove finds the service root in a folder above p.
func (a *analysis) rootAbove(p *pkg, roots map[*pkg]bool) *pkg {
	for outer := range roots {
		if outer != p && strings.HasPrefix(p.dir, outer.dir+string(filepath.Separator)) {
			return outer
		}
	}
	return nil
}

// isRoot says whether p is the root package of its service.
func (p *pkg) isRoot() bool { return p.service != nil && p.service.PkgPath == p.path }

func (p *pkg) doc() string {
	for _, f := range p.files {
		if f.ast.Doc != nil {
			return f.ast.Doc.Text()
		}
	}
	return ""
}

func (a *analysis) readServiceStruct(p *pkg) {
	var first *declared
	for _, d := range p.declared {
		if d.name.text != "service" {
			continue
		}
		if first != nil {
			a.report(errTwoStructs, spanOf(d.typ.Name), p.name).notef(a.place(first.typ.Name.Pos()), "the first one is here")
			continue
		}
		first = d
		obj := p.info.Defs[d.typ.Name]
		if obj == nil {
			continue
		}
		named, ok := obj.Type().(*types.Named)
		if !ok || d.typ.TypeParams != nil {
			a.report(errServiceNotStruct, spanOf(d.typ.Name), d.typ.Name.Name)
			continue
		}
		if _, ok := named.Underlying().(*types.Struct); !ok {
			a.report(errServiceNotStruct, spanOf(d.typ.Name), d.typ.Name.Name)
			continue
		}
		a.structs[objectKey(obj)] = &serviceOf{service: p.service, pkg: p, decl: d}
		p.service.Struct = &app.ServiceStruct{
			Name:     d.typ.Name.Name,
			Init:     a.initFunc(p, named),
			Shutdown: a.hasShutdown(named, d),
			Pos:      a.place(d.typ.Name.Pos()),
		}
	}
}

// initFunc returns the name of the function that makes the service struct, "" when there is none.
func (a *analysis) initFunc(p *pkg, named *types.Named) string {
	name := "init" + named.Obj().Name()
	fn, ok := p.types.Scope().Lookup(name).(*types.Func)
	if !ok {
		return ""
	}
	sig := fn.Signature()
	ok = sig.Params().Len() == 0 && sig.TypeParams().Len() == 0 && sig.Results().Len() == 2 &&
		types.Identical(sig.Results().At(0).Type(), types.NewPointer(named)) && isError(sig.Results().At(1).Type())
	if !ok && !anyInvalid(sig) {
		a.report(errInitSignature, a.wordSpan(fn), name, named.Obj().Name())
	}
	return name
}

// wordSpan is the span of the name that declares o.
func (a *analysis) wordSpan(o types.Object) span {
	return span{o.Pos(), o.Pos() + posLen(o.Name())}
}

func (a *analysis) hasShutdown(named *types.Named, d *declared) bool {
	obj, _, _ := types.LookupFieldOrMethod(types.NewPointer(named), true, named.Obj().Pkg(), "Shutdown")
	fn, ok := obj.(*types.Func)
	if !ok {
		return false
	}
	sig := fn.Signature()
	if sig.Params().Len() == 1 {
		param := sig.Params().At(0).Type()
		if isNamed(param, "encore.dev/shutdown", "Progress") && sig.Results().Len() == 1 && isError(sig.Results().At(0).Type()) {
			return true
		}
		if isNamed(param, "context", "Context") && sig.Results().Len() == 0 {
			return true
		}
	}
	if !anyInvalid(sig) && a.isOwn(fn.Pos()) {
		a.report(errShutdownSignature, a.wordSpan(fn), d.typ.Name.Name)
	}
	return false
}

// receiver says how fn is attached to the service struct of p, reporting a receiver that is something else.
func (a *analysis) receiver(d *declared) (app.Receiver, bool) {
	if d.fn.Recv == nil {
		return app.NoReceiver, true
	}
	if len(d.fn.Recv.List) != 1 {
		return app.NoReceiver, false // a Go error
	}
	expr := d.fn.Recv.List[0].Type
	kind := app.ValueReceiver
	if star, ok := ast.Unparen(expr).(*ast.StarExpr); ok {
		kind, expr = app.PointerReceiver, star.X
	}
	name, ok := ast.Unparen(expr).(*ast.Ident)
	if ok {
		if s := a.structs[d.pkg.path+"."+name.Name]; s != nil {
			return kind, true
		}
	}
	if s := d.pkg.structDecl(); s != nil && ok && s.typ.Name.Name == name.Name {
		return kind, false // the struct itself was refused
	}
	a.report(errReceiver, spanOf(expr), types.ExprString(expr), d.fn.Name.Name)
	return kind, false
}

// inRoot reports a directive that stands in a package below the root package of its service.
func (a *analysis) inRoot(d *declared) bool {
	if d.pkg.isRoot() {
		return true
	}
	if d.pkg.service != nil {
		a.report(errBelowService, d.line, d.name.text, d.pkg.service.Name)
	}
	return false
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// isNamed says whether t is the named type path.name.
func isNamed(t types.Type, path, name string) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == name && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == path
}

// anyInvalid says whether the type checker could not make sense of t, so that nothing more should be said about it.
func anyInvalid(t types.Type) bool { return strings.Contains(types.TypeString(t, nil), "invalid type") }
