package parse

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// resourceKind tells resources apart.
type resourceKind string

const (
	databaseKind     resourceKind = "database"
	topicKind        resourceKind = "topic"
	subscriptionKind resourceKind = "subscription"
	cronKind         resourceKind = "cron job"
	bucketKind       resourceKind = "bucket"
	metricKind       resourceKind = "metric"
)

// constructors are the functions that declare a resource.
var constructors = map[string]resourceKind{
	"encore.dev/storage/sqldb.NewDatabase": databaseKind,
	"encore.dev/pubsub.NewTopic":           topicKind,
	"encore.dev/pubsub.NewSubscription":    subscriptionKind,
	"encore.dev/cron.NewJob":               cronKind,
	"encore.dev/storage/objects.NewBucket": bucketKind,
	"encore.dev/metrics.NewCounter":        metricKind,
	"encore.dev/metrics.NewCounterGroup":   metricKind,
	"encore.dev/metrics.NewGauge":          metricKind,
	"encore.dev/metrics.NewGaugeGroup":     metricKind,
}

// resource is one constructor call that stands where it should.
type resource struct {
	kind    resourceKind
	pkg     *pkg
	call    *ast.CallExpr
	varName *ast.Ident // may be _
	doc     string

	database *app.Database // databaseKind
	topic    *app.Topic    // topicKind
	bucket   *app.Bucket   // bucketKind
	byMethod bool          // subscriptionKind with a pubsub.MethodHandler
}

// findResources finds the constructor calls in package-level variables and reports those elsewhere.
func (a *analysis) findResources() {
	for _, p := range a.order {
		if !p.checked || p.info == nil {
			continue
		}
		for _, f := range p.files {
			a.findFileResources(p, f)
		}
		for _, t := range p.testInfo {
			for _, f := range t.files {
				ast.Inspect(f.ast, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok {
						if kind := constructors[objectKey(callee(t.info, call))]; kind != "" {
							a.report(errResourceInTest, spanOf(call.Fun), kind)
						}
					}
					return true
				})
			}
		}
	}
}

func (a *analysis) findFileResources(p *pkg, f *file) {
	declared := map[*ast.CallExpr]*resource{}
	for _, decl := range f.ast.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, spec := range gen.Specs {
			spec := spec.(*ast.ValueSpec)
			doc := spec.Doc
			if doc == nil && !gen.Lparen.IsValid() {
				doc = gen.Doc
			}
			for i, value := range spec.Values {
				call, ok := ast.Unparen(value).(*ast.CallExpr)
				if ok && len(spec.Names) == len(spec.Values) {
					declared[call] = &resource{pkg: p, call: call, varName: spec.Names[i], doc: docText(doc)}
				}
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		kind := constructors[objectKey(callee(p.info, call))]
		if kind == "" {
			return true
		}
		r := declared[call]
		if r == nil {
			a.report(errResourcePlace, spanOf(call.Fun), kind)
			return true
		}
		r.kind = kind
		a.calls = append(a.calls, r)
		if obj := p.info.Defs[r.varName]; obj != nil && obj.Name() != "_" {
			a.resources[objectKey(obj)] = r
		}
		return true
	})
}

// callee returns the function that a call calls by name, nil for other calls and for methods.
func callee(info *types.Info, call *ast.CallExpr) types.Object {
	obj := referenced(info, call.Fun)
	if fn, ok := obj.(*types.Func); ok && isPackageLevel(fn) {
		return fn
	}
	return nil
}

// referenced returns the object that an expression names, with or without type arguments.
func referenced(info *types.Info, expr ast.Expr) types.Object {
	switch e := ast.Unparen(expr).(type) {
	case *ast.Ident:
		return info.Uses[e]
	case *ast.SelectorExpr:
		return info.Uses[e.Sel]
	case *ast.IndexExpr:
		return referenced(info, e.X)
	case *ast.IndexListExpr:
		return referenced(info, e.X)
	}
	return nil
}

var (
	kebabCase = regexp.MustCompile(`^[a-z]([-a-z0-9]*[a-z0-9])?$`)
	snakeName = regexp.MustCompile(`^[a-z]([_a-z0-9]*[a-z0-9])?$`)
)

const maxNameLength = 63

// resourceName reads the literal name of a resource.
func (a *analysis) resourceName(r *resource, arg int) (string, bool) {
	if len(r.call.Args) <= arg {
		return "", false // a Go error
	}
	name, ok := a.literalString(r.call.Args[arg], "name of a "+string(r.kind))
	if !ok {
		return "", false
	}
	pattern, style, example := kebabCase, "kebab-case", "order-events"
	snake := r.kind == databaseKind || r.kind == metricKind
	if snake {
		pattern, style, example = snakeName, "snake_case", "order_history"
	}
	if len(name) > maxNameLength || !pattern.MatchString(name) {
		a.report(errResourceName, spanOf(r.call.Args[arg]), name, r.kind, style, example)
		return "", false
	}
	if snake && strings.HasPrefix(name, "e_") {
		a.report(errNameReserved, spanOf(r.call.Args[arg]), name)
		return "", false
	}
	return name, true
}

func (a *analysis) literalString(expr ast.Expr, of string) (string, bool) {
	lit, ok := ast.Unparen(expr).(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		a.report(errNameLiteral, spanOf(expr), of)
		return "", false
	}
	return constant.StringVal(constant.MakeFromLiteral(lit.Value, token.STRING, 0)), true
}

// config is the fields of a configuration literal.
type config map[string]ast.Expr

// readConfig splits a composite literal argument into its fields.
func (a *analysis) readConfig(r *resource, expr ast.Expr) (config, bool) {
	expr = ast.Unparen(expr)
	if unary, ok := expr.(*ast.UnaryExpr); ok && unary.Op == token.AND {
		expr = ast.Unparen(unary.X)
	}
	lit, ok := expr.(*ast.CompositeLit)
	if !ok {
		a.report(errConfigLiteral, spanOf(expr), r.kind)
		return nil, false
	}
	c := config{}
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if !ok {
			a.report(errConfigKeys, spanOf(elt), r.kind)
			return nil, false
		}
		if key, ok := kv.Key.(*ast.Ident); ok {
			c[key.Name] = kv.Value
		}
	}
	return c, true
}

// encoreConstants are packages whose constants may stand in a configuration.
var encoreConstants = []string{"encore.dev/pubsub", "encore.dev/cron", "time"}

// constInt evaluates a whole number made of literals and the constants of time, cron and pubsub.
func (a *analysis) constInt(r *resource, expr ast.Expr, field string) (int64, bool) {
	if !a.isPlainConstant(r.pkg.info, expr) {
		a.report(errConfigConstant, spanOf(expr), field)
		return 0, false
	}
	v := r.pkg.info.Types[expr].Value
	if v == nil {
		return 0, false // a Go error
	}
	n, exact := constant.Int64Val(constant.ToInt(v))
	if !exact {
		a.report(errConfigConstant, spanOf(expr), field)
	}
	return n, exact
}

func (a *analysis) isPlainConstant(info *types.Info, expr ast.Expr) bool {
	switch e := ast.Unparen(expr).(type) {
	case *ast.BasicLit:
		return e.Kind == token.INT
	case *ast.UnaryExpr:
		return e.Op == token.SUB && a.isPlainConstant(info, e.X)
	case *ast.BinaryExpr:
		return slices.Contains([]token.Token{token.ADD, token.SUB, token.MUL, token.QUO}, e.Op) &&
			a.isPlainConstant(info, e.X) && a.isPlainConstant(info, e.Y)
	case *ast.SelectorExpr:
		c, ok := info.Uses[e.Sel].(*types.Const)
		return ok && c.Pkg() != nil && slices.Contains(encoreConstants, c.Pkg().Path())
	}
	return false
}

// constBool evaluates true or false.
func (a *analysis) constBool(expr ast.Expr, field string) bool {
	if id, ok := ast.Unparen(expr).(*ast.Ident); ok && (id.Name == "true" || id.Name == "false") {
		return id.Name == "true"
	}
	a.report(errConfigConstant, spanOf(expr), field)
	return false
}

// ofKind lists the calls of one kind.
func (a *analysis) ofKind(kind resourceKind) []*resource {
	var list []*resource
	for _, r := range a.calls {
		if r.kind == kind && len(r.call.Args) > 0 {
			list = append(list, r)
		}
	}
	return list
}

// unique reports the second resource of a name. seen is keyed by name.
func (a *analysis) unique(seen map[string]*resource, key, name string, r *resource, arg int) bool {
	if first := seen[key]; first != nil {
		a.report(errResourceTwice, spanOf(r.call.Args[arg]), r.kind, name).
			notef(a.place(first.call.Args[arg].Pos()), "the first one is here")
		return false
	}
	seen[key] = r
	return true
}
