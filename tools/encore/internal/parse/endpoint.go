package parse

import (
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// endpoint is an app.Endpoint with its source.
type endpoint struct {
	*app.Endpoint
	decl     *declared
	segments []segment
}

// readEndpoints describes every function and method with an api directive.
func (a *analysis) readEndpoints() {
	for _, p := range a.order {
		if !p.checked {
			continue
		}
		names := map[string]*declared{}
		for _, d := range p.declared {
			if d.name.text != "api" || !a.inRoot(d) {
				continue
			}
			name := d.fn.Name.Name
			if other := names[name]; other != nil { // methods of two types
				a.report(errEndpointTwice, spanOf(d.fn.Name), name).notef(a.place(other.fn.Name.Pos()), "the first one is here")
				continue
			}
			names[name] = d
			if e := a.readEndpoint(d); e != nil {
				p.service.Endpoints = append(p.service.Endpoints, e.Endpoint)
				a.endpoints[p.path+"."+name] = e
			}
		}
	}
}

func (a *analysis) readEndpoint(d *declared) *endpoint {
	e := &endpoint{decl: d, Endpoint: &app.Endpoint{
		Service: d.pkg.service,
		Name:    d.fn.Name.Name,
		Doc:     d.doc,
		Pos:     a.place(d.fn.Name.Pos()),
		Access:  app.Private,
		Path:    "/" + d.pkg.name + "." + d.fn.Name.Name,
	}}
	receiver, ok := a.receiver(d)
	e.Receiver = receiver
	for _, t := range d.tags {
		e.Tags = append(e.Tags, t.text)
	}
	_, e.Raw = d.option("raw")
	_, e.Sensitive = d.option("sensitive")
	a.readAccess(e)
	if w, given := d.fields["path"]; given {
		e.Path = w.text
		if e.segments = a.parsePath(w); e.segments == nil {
			ok = false
		}
	} else {
		e.segments = []segment{{kind: literalSegment, text: e.Path[1:]}}
	}
	obj, isFunc := d.pkg.info.Defs[d.fn.Name].(*types.Func)
	if !isFunc || !ok {
		a.readMethods(e)
		return e
	}
	if d.fn.Type.TypeParams != nil {
		a.report(errGenericFunc, spanOf(d.fn.Type.TypeParams), e.Name)
		return e
	}
	if anyInvalid(obj.Signature()) { // Go has more to say than we
		a.readMethods(e)
		return e
	}
	if e.Raw {
		a.readRawSignature(e, obj.Signature())
	} else {
		a.readSignature(e, obj.Signature())
	}
	a.readMethods(e)
	if e.Request != nil {
		a.checkRequest(e, obj.Signature())
	}
	return e
}

func (a *analysis) readAccess(e *endpoint) {
	var given []word
	for _, o := range e.decl.options {
		switch level := app.Access(o.text); level {
		case app.Public, app.Auth, app.Private:
			given = append(given, o)
			e.Access = level
		}
	}
	if len(given) > 1 {
		a.report(errTwoAccess, given[1].span(), given[0].text, given[1].text)
		return
	}
	if raw, ok := e.decl.option("raw"); ok && e.Access == app.Private {
		at := raw
		if len(given) == 1 {
			at = given[0]
		}
		a.report(errPrivateRaw, at.span(), e.Name)
	}
}

var (
	methodLetters = regexp.MustCompile(`^[A-Za-z]+$`)
	methodName    = regexp.MustCompile(`^[A-Z]+$`)
)

// readMethods sets the methods: the given ones, or those that suit the signature.
func (a *analysis) readMethods(e *endpoint) {
	w, given := e.decl.fields["method"]
	switch {
	case given && w.text == "*", !given && e.Raw:
		e.Methods = []string{"*"}
	case given:
		at := w
		for name := range strings.SplitSeq(w.text, ",") {
			at.text = name
			switch {
			case !methodLetters.MatchString(name):
				a.report(errMethodLetters, at.span(), name)
			case !methodName.MatchString(name):
				a.report(errMethodCase, at.span(), name, strings.ToUpper(name))
			case slices.Contains(e.Methods, name):
				a.report(errMethodTwice, at.span(), name)
			default:
				e.Methods = append(e.Methods, name)
			}
			at.at += posLen(name) + 1
		}
	case e.Request != nil:
		e.Methods = []string{"POST"}
	default:
		e.Methods = []string{"GET", "POST"}
	}
}

// param is one parameter of a function, with its source.
type param struct {
	name string
	at   span // of the name, or the type when it has none
	typ  span
	t    types.Type
}

func paramsOf(fields *ast.FieldList, tuple *types.Tuple) []param {
	var list []param
	if fields == nil {
		return nil
	}
	for _, f := range fields.List {
		if len(f.Names) == 0 {
			list = append(list, param{at: spanOf(f.Type), typ: spanOf(f.Type), t: tuple.At(len(list)).Type()})
		}
		for _, n := range f.Names {
			list = append(list, param{name: n.Name, at: spanOf(n), typ: spanOf(f.Type), t: tuple.At(len(list)).Type()})
		}
	}
	return list
}

func (a *analysis) readRawSignature(e *endpoint, sig *types.Signature) {
	for _, s := range e.segments {
		if kind, ok := s.param(); ok {
			e.PathParams = append(e.PathParams, app.PathParam{Name: s.text, Kind: kind, GoType: &app.Type{Kind: app.Builtin, Name: "string"}})
		}
	}
	p := sig.Params()
	ok := p.Len() == 2 && sig.Results().Len() == 0 && isNamed(p.At(0).Type(), "net/http", "ResponseWriter")
	if ok {
		ptr, isPtr := types.Unalias(p.At(1).Type()).(*types.Pointer)
		ok = isPtr && isNamed(ptr.Elem(), "net/http", "Request")
	}
	if !ok {
		a.report(errRawSignature, funcSpan(e.decl.fn), e.Name)
	}
}

// funcSpan is the part of a function declaration that signature findings underline.
func funcSpan(fn *ast.FuncDecl) span { return span{fn.Name.Pos(), fn.Type.End()} }

func (a *analysis) readSignature(e *endpoint, sig *types.Signature) {
	fn := e.decl.fn
	params := paramsOf(fn.Type.Params, sig.Params())
	if len(params) == 0 || !isNamed(params[0].t, "context", "Context") {
		at := funcSpan(fn)
		if len(params) > 0 {
			at = params[0].typ
		}
		a.report(errNoContext, at, e.Name)
		return
	}
	params = params[1:]
	if sig.Variadic() {
		a.report(errVariadic, params[len(params)-1].typ, e.Name)
		return
	}
	params, ok := a.readPathParams(e, params)
	if !ok {
		return
	}
	if len(params) > 1 {
		a.report(errTwoPayloads, params[1].at, e.Name)
	}
	if len(params) > 0 {
		if a.isPayload(params[0].t, params[0].typ, "request") {
			e.Request = a.describe(params[0].t)
		}
	}
	results := paramsOf(fn.Type.Results, sig.Results())
	if n := len(results); n < 1 || n > 2 || !isError(results[n-1].t) {
		a.report(errResults, funcSpan(fn), e.Name)
		return
	}
	if len(results) == 2 && a.isPayload(results[0].t, results[0].typ, "response") {
		e.Response = a.describe(results[0].t)
		a.checkResponse(results[0].t, results[0].typ)
	}
}

// readPathParams takes the path parameters off the front of params and returns the rest; ok says whether they agree
// with the path.
func (a *analysis) readPathParams(e *endpoint, params []param) (rest []param, ok bool) {
	rest, ok = params, true
	named := map[string]bool{}
	for _, p := range rest {
		named[p.name] = true
	}
	for _, s := range e.segments {
		kind, isParam := s.param()
		if !isParam {
			continue
		}
		if !named[s.text] {
			a.report(errParamMissing, s.span(), s.text, e.Name)
			ok = false
			continue
		}
		if !ok || len(rest) == 0 {
			continue
		}
		p := rest[0]
		if p.name != s.text {
			a.report(errParamOrder, p.at, p.name, s.text)
			return nil, false
		}
		rest = rest[1:]
		switch {
		case !isPathType(p.t):
			a.report(errParamType, p.typ, p.name, a.typeName(p.t))
			continue
		case kind != app.ParamSegment && !isString(p.t):
			a.report(errWildcardType, p.typ, p.name, a.typeName(p.t))
			continue
		}
		e.PathParams = append(e.PathParams, app.PathParam{Name: s.text, Kind: kind, GoType: a.describe(p.t)})
	}
	return rest, ok
}

func isString(t types.Type) bool { return types.Identical(t, types.Typ[types.String]) }

func isPathType(t types.Type) bool {
	if isNamed(t, "encore.dev/types/uuid", "UUID") {
		return true
	}
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && (b.Info()&(types.IsInteger|types.IsBoolean|types.IsString) != 0) && b.Kind() != types.Uintptr
}
