package parse

import (
	"cmp"
	"go/types"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// readMiddleware describes the functions with a middleware directive, in the order in which they run.
func (a *analysis) readMiddleware() {
	for _, p := range a.order { // sorted by path, and the declarations of a package by file and position
		if !p.checked {
			continue
		}
		for _, d := range p.declared {
			if d.name.text == "middleware" {
				a.describeMiddleware(d)
			}
		}
	}
	slices.SortStableFunc(a.app.Middleware, func(x, y *app.Middleware) int {
		rank := func(m *app.Middleware) int {
			if m.Global {
				return 0
			}
			return 1
		}
		return cmp.Compare(rank(x), rank(y))
	})
}

func (a *analysis) describeMiddleware(d *declared) {
	m := &app.Middleware{
		PkgPath: d.pkg.path,
		PkgName: d.pkg.name,
		Name:    d.fn.Name.Name,
		Pos:     a.place(d.fn.Name.Pos()),
	}
	_, m.Global = d.option("global")
	switch {
	case m.Global && d.pkg.service != nil:
		a.report(errGlobalInService, d.line, m.Name, d.pkg.service.Name)
		return
	case m.Global:
		if d.fn.Recv != nil {
			a.report(errReceiver, spanOf(d.fn.Recv.List[0].Type), types.ExprString(d.fn.Recv.List[0].Type), m.Name)
			return
		}
	case d.pkg.service == nil:
		a.report(errLocalOutside, d.line, m.Name)
		return
	case !a.inRoot(d):
		return
	default:
		m.Service = d.pkg.service
		m.Receiver, _ = a.receiver(d)
	}
	a.readTarget(m, d)
	a.app.Middleware = append(a.app.Middleware, m)
	obj, ok := d.pkg.info.Defs[d.fn.Name].(*types.Func)
	if !ok || anyInvalid(obj.Signature()) {
		return
	}
	const path = "encore.dev/middleware"
	sig := obj.Signature()
	if sig.Params().Len() != 2 || sig.Results().Len() != 1 || sig.TypeParams().Len() > 0 ||
		!isNamed(sig.Params().At(0).Type(), path, "Request") || !isNamed(sig.Params().At(1).Type(), path, "Next") ||
		!isNamed(sig.Results().At(0).Type(), path, "Response") {
		a.report(errMiddlewareSignature, funcSpan(d.fn), m.Name)
	}
}

func (a *analysis) readTarget(m *app.Middleware, d *declared) {
	target, given := d.fields["target"]
	if !given {
		if !d.broken {
			a.report(errNoTarget, d.line, m.Name)
		}
		return
	}
	if target.text == "all" {
		m.All = true
		return
	}
	at := target.at
	for part := range strings.SplitSeq(target.text, ",") {
		w := word{part, at}
		at += posLen(part) + 1
		tag, ok := strings.CutPrefix(part, "tag:")
		switch {
		case !ok:
			a.report(errTarget, w.span(), part)
		case !tagName.MatchString(tag):
			a.report(errDirectiveTag, w.span(), tag)
		case slices.Contains(m.Tags, tag):
			a.report(errDirectiveDuplicate, w.span(), part)
		default:
			m.Tags = append(m.Tags, tag)
			if !a.tagExists(m, tag) {
				a.report(errTargetUnknown, w.span(), tag)
			}
		}
	}
}

func (a *analysis) tagExists(m *app.Middleware, tag string) bool {
	for _, s := range a.app.Services {
		if !m.Global && s != m.Service {
			continue
		}
		for _, e := range s.Endpoints {
			if slices.Contains(e.Tags, tag) {
				return true
			}
		}
	}
	return false
}
