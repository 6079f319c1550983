package parse

import (
	"go/types"

	"encore.app/tools/encore/internal/app"
)

// readAuthHandler describes the function with an authhandler directive, and checks that auth endpoints have one.
func (a *analysis) readAuthHandler() {
	var first *declared
	for _, p := range a.order {
		if !p.checked {
			continue
		}
		for _, d := range p.declared {
			if d.name.text != "authhandler" || !a.inRoot(d) {
				continue
			}
			if first != nil {
				a.report(errTwoAuthHandlers, spanOf(d.fn.Name)).notef(a.place(first.fn.Name.Pos()), "the first one is here")
				continue
			}
			first = d
			a.describeAuthHandler(d)
		}
	}
	if first != nil {
		return
	}
	for _, s := range a.app.Services {
		for _, e := range s.Endpoints {
			if e.Access == app.Auth {
				found := a.endpoints[s.PkgPath+"."+e.Name].decl
				at := found.line
				if o, ok := found.option("auth"); ok {
					at = o.span()
				}
				a.report(errNoAuthHandler, at, e.Name)
			}
		}
	}
}

func (a *analysis) describeAuthHandler(d *declared) {
	h := &app.AuthHandler{
		Service: d.pkg.service,
		PkgPath: d.pkg.path,
		PkgName: d.pkg.name,
		Name:    d.fn.Name.Name,
		Doc:     d.doc,
		Pos:     a.place(d.fn.Name.Pos()),
	}
	a.app.AuthHandler = h
	h.Receiver, _ = a.receiver(d)
	obj, ok := d.pkg.info.Defs[d.fn.Name].(*types.Func)
	if !ok || anyInvalid(obj.Signature()) {
		return
	}
	sig := obj.Signature()
	params := paramsOf(d.fn.Type.Params, sig.Params())
	results := paramsOf(d.fn.Type.Results, sig.Results())
	n := len(results)
	if len(params) != 2 || !isNamed(params[0].t, "context", "Context") || sig.Variadic() || sig.TypeParams().Len() > 0 ||
		n < 2 || n > 3 || !isNamed(results[0].t, "encore.dev/beta/auth", "UID") || !isError(results[n-1].t) {
		a.report(errAuthSignature, funcSpan(d.fn), h.Name)
		return
	}
	switch {
	case isString(params[1].t):
		h.Params = a.describe(params[1].t)
	case namedStruct(params[1].t) == nil:
		a.report(errAuthSignature, params[1].typ, h.Name)
	default:
		h.Params = a.describe(params[1].t)
		a.checkAuthParams(params[1])
	}
	if n == 3 {
		if _, ptr := types.Unalias(results[1].t).(*types.Pointer); !ptr || namedStruct(results[1].t) == nil {
			a.report(errAuthData, results[1].typ, a.typeName(results[1].t))
			return
		}
		h.Data = a.describe(results[1].t)
		a.checkSchema(results[1].t, results[1].typ, "auth data")
	}
}

func (a *analysis) checkAuthParams(p param) {
	for _, f := range a.topFields(p.t, p.typ) {
		t := f.v.Type()
		switch {
		case f.has("cookie"):
			if ptr, ok := types.Unalias(t).(*types.Pointer); ok && isNamed(ptr.Elem(), "net/http", "Cookie") {
				continue
			}
			if !isWireValue(t) {
				a.report(errCookieType, f.at, f.v.Name(), a.typeName(t))
			}
		case f.has("header"):
			if !isWire(t) {
				a.report(errWireType, f.at, f.v.Name(), a.typeName(t), "header")
			}
		case f.has("query"), f.has("qs"):
			if !isWire(t) {
				a.report(errWireType, f.at, f.v.Name(), a.typeName(t), "query")
			}
		default:
			a.report(errAuthField, f.at, f.v.Name())
		}
	}
}
