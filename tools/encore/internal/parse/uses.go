package parse

import (
	"go/ast"
	"go/constant"
	"go/types"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// supportedPackages are the packages of encore.dev that the runtime of this tool has.
var supportedPackages = []string{
	"encore.dev", "encore.dev/beta/auth", "encore.dev/beta/errs", "encore.dev/cron", "encore.dev/et",
	"encore.dev/metrics", "encore.dev/middleware", "encore.dev/pubsub", "encore.dev/rlog", "encore.dev/shutdown",
	"encore.dev/storage/objects", "encore.dev/storage/sqldb", "encore.dev/storage/sqldb/sqlerr",
	"encore.dev/types/option", "encore.dev/types/uuid",
}

// unsupported says what to do instead of a package or function of encore.dev that the runtime of this tool lacks.
var unsupported = map[string]string{
	"encore.dev/config":                 "read the setting from a secret (var secrets struct{…}) or from an environment variable",
	"encore.dev/storage/cache":          "use a Redis client with the address in REDIS_URL",
	"encore.dev/et.SetCfg":              "make the setting a field of the service struct, which a test can set",
	"encore.dev/storage/sqldb.Exec":     implicitDatabase,
	"encore.dev/storage/sqldb.Query":    implicitDatabase,
	"encore.dev/storage/sqldb.QueryRow": implicitDatabase,
	"encore.dev/storage/sqldb.Begin":    implicitDatabase,
}

const implicitDatabase = "call the method of the same name on the value of sqldb.NewDatabase"

// checkEncoreImports refuses packages of encore.dev that the runtime does not have.
func (a *analysis) checkEncoreImports(program []*pkg) {
	for _, p := range program {
		for _, f := range p.allFiles() {
			for _, spec := range f.ast.Imports {
				path := importPath(spec)
				if !isEncore(path) || slices.Contains(supportedPackages, path) {
					continue
				}
				d := a.report(errUnsupportedPackage, spanOf(spec.Path), path)
				if hint := unsupported[path]; hint != "" {
					d.Hint = hint
				}
			}
		}
	}
}

// checkUses looks at every mention of endpoints, resources, service structs and the API of encore.dev.
func (a *analysis) checkUses() {
	for _, p := range a.order {
		if !p.checked || p.info == nil {
			continue
		}
		for _, f := range p.files {
			u := &uses{analysis: a, pkg: p, info: p.info}
			u.file(f)
		}
		for _, t := range p.testInfo {
			for _, f := range t.files {
				u := &uses{analysis: a, pkg: p, info: t.info, test: true, external: slices.Contains(p.external, f)}
				u.file(f)
			}
		}
	}
}

// uses checks one file.
type uses struct {
	*analysis
	pkg  *pkg
	info *types.Info
	test bool
	// external says that the file is a test in a package of its own.
	external bool
}

func (u *uses) file(f *file) {
	ast.PreorderStack(f.ast, nil, func(n ast.Node, stack []ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if obj := u.info.Uses[n]; obj != nil {
				u.mention(n, obj, stack)
			}
		case *ast.CallExpr:
			u.call(n)
		case *ast.SelectorExpr:
			u.publicURL(n)
		}
		return true
	})
}

// outside says whether the file under check belongs to no service. Programs of their own may do as they like.
func (u *uses) outside() bool { return !u.test && u.pkg.service == nil && u.pkg.name != "main" }

func (u *uses) mention(id *ast.Ident, obj types.Object, stack []ast.Node) {
	if !isPackageLevel(obj) {
		return
	}
	key := objectKey(obj)
	expr, parents := whole(id, stack)
	switch {
	case unsupported[key] != "":
		d := u.report(errUnsupportedFunc, spanOf(expr), obj.Pkg().Name()+"."+obj.Name())
		d.Hint = unsupported[key]
	case constructors[key] != "" && !isCallee(expr, parents):
		u.report(errResourcePlace, spanOf(expr), constructors[key])
	case u.endpoints[key] != nil:
		if _, isFunc := obj.(*types.Func); isFunc {
			u.endpointUse(u.endpoints[key], expr, parents)
			u.serviceNeeds(func(needs *app.Uses) { u.addService(needs, u.endpoints[key].Service) })
		}
	case u.resources[key] != nil:
		r := u.resources[key]
		u.serviceNeeds(r.addTo)
		if u.outside() && slices.Contains([]resourceKind{databaseKind, topicKind, bucketKind}, r.kind) {
			u.report(errResourceOutside, spanOf(expr), r.kind, obj.Name(), u.pkg.name)
		}
	case u.structs[key] != nil:
		s := u.structs[key]
		if _, isType := obj.(*types.TypeName); isType && !u.test && s.service != u.pkg.service {
			u.report(errStructElsewhere, spanOf(expr), s.service.Name+"."+obj.Name(), s.service.Name)
		}
	}
}

// whole widens an identifier to the expression that names its object (package.Name, type arguments, parentheses),
// and returns what is around that.
func whole(id *ast.Ident, stack []ast.Node) (ast.Expr, []ast.Node) {
	var expr ast.Expr = id
	for len(stack) > 0 {
		switch parent := stack[len(stack)-1].(type) {
		case *ast.SelectorExpr:
			if parent.Sel != expr {
				return expr, stack
			}
			expr = parent
		case *ast.IndexExpr:
			if parent.X != expr {
				return expr, stack
			}
			expr = parent
		case *ast.IndexListExpr:
			if parent.X != expr {
				return expr, stack
			}
			expr = parent
		case *ast.ParenExpr:
			expr = parent
		default:
			return expr, stack
		}
		stack = stack[:len(stack)-1]
	}
	return expr, stack
}

func isCallee(expr ast.Expr, parents []ast.Node) bool {
	if len(parents) == 0 {
		return false
	}
	call, ok := parents[len(parents)-1].(*ast.CallExpr)
	return ok && call.Fun == expr
}

// endpointUse checks a mention of an endpoint function: a call from a service, or one of the places that take one.
func (u *uses) endpointUse(e *endpoint, expr ast.Expr, parents []ast.Node) {
	if u.test {
		u.endpointUseInTest(e, expr, parents)
		return
	}
	switch {
	case e.Raw && isCallee(expr, parents):
		u.report(errRawCalled, spanOf(expr), e.Name)
	case isCallee(expr, parents):
		if u.outside() {
			u.report(errCallOutside, spanOf(expr), e.Service.Name+"."+e.Name, u.pkg.name)
		}
		if !slices.ContainsFunc(parents, isFunc) {
			u.report(errCallEarly, spanOf(expr), e.Service.Name+"."+e.Name)
		}
		if e.Receiver == app.NoReceiver && u.pkg != e.decl.pkg && !u.outside() {
			u.report(errCallPlain, spanOf(expr), e.Service.Name+"."+e.Name)
		}
	case u.isConfigField(parents, "encore.dev/cron", "JobConfig", "Endpoint"),
		u.isConfigField(parents, "encore.dev/pubsub", "SubscriptionConfig", "Handler"):
	default:
		u.report(errNotCalled, spanOf(expr), e.Service.Name+"."+e.Name)
	}
}

// endpointUseInTest checks what the official CLI refuses in tests: raw endpoints, and outside the package of the endpoint
// also others that are neither called nor mocked.
func (u *uses) endpointUseInTest(e *endpoint, expr ast.Expr, parents []ast.Node) {
	if len(parents) > 0 {
		call, ok := parents[len(parents)-1].(*ast.CallExpr)
		if ok && call.Fun != expr && objectKey(callee(u.info, call)) == "encore.dev/et.MockEndpoint" {
			return // checked there
		}
	}
	switch {
	case e.Raw:
		u.report(errRawValue, spanOf(expr), e.Service.Name+"."+e.Name)
	case !isCallee(expr, parents) && u.external:
		u.report(errNotCalled, spanOf(expr), e.Service.Name+"."+e.Name)
	}
}

func isFunc(n ast.Node) bool {
	switch n.(type) {
	case *ast.FuncDecl, *ast.FuncLit:
		return true
	}
	return false
}

func (u *uses) isConfigField(parents []ast.Node, path, typeName, field string) bool {
	if len(parents) < 2 {
		return false
	}
	kv, ok := parents[len(parents)-1].(*ast.KeyValueExpr)
	if !ok {
		return false
	}
	key, ok := kv.Key.(*ast.Ident)
	lit, isLit := parents[len(parents)-2].(*ast.CompositeLit)
	return ok && isLit && key.Name == field && isNamed(u.info.TypeOf(lit), path, typeName)
}

func (u *uses) call(call *ast.CallExpr) {
	fn := callee(u.info, call)
	if fn == nil {
		return
	}
	arg := func(i int) ast.Expr {
		if i < len(call.Args) {
			return call.Args[i]
		}
		return nil
	}
	switch objectKey(fn) {
	case "encore.dev/storage/sqldb.Named":
		u.databaseName(arg(0))
		if name, ok := u.text(arg(0)); ok {
			u.serviceNeeds(func(needs *app.Uses) { add(&needs.Databases, name) })
		}
	case "encore.dev/storage/objects.Named":
		name, ok := u.text(arg(0))
		if ok {
			u.serviceNeeds(func(needs *app.Uses) { add(&needs.Buckets, name) })
		}
		if ok && !slices.ContainsFunc(u.app.Buckets, func(b *app.Bucket) bool { return b.Name == name }) {
			u.report(errBucketUnknown, spanOf(arg(0)), name)
		}
	case "encore.dev/et.NewTestDatabase":
		u.databaseName(arg(1))
	case "encore.dev/et.MockEndpoint":
		u.mockEndpoint(arg(0))
	case "encore.dev/et.MockService":
		u.mockService(arg(0))
	case "encore.dev/pubsub.TopicRef", "encore.dev/storage/objects.BucketRef":
		if u.outside() {
			u.report(errRefOutside, spanOf(call.Fun), fn.Name(), u.pkg.name)
		}
		u.bucketRef(call)
	}
}

// text is the value of a constant string expression.
func (u *uses) text(expr ast.Expr) (string, bool) {
	if expr == nil {
		return "", false
	}
	v := u.info.Types[expr].Value
	if v == nil || v.Kind() != constant.String {
		return "", false
	}
	return constant.StringVal(v), true
}

func (u *uses) databaseName(expr ast.Expr) {
	name, ok := u.text(expr)
	if ok && !slices.ContainsFunc(u.app.Databases, func(d *app.Database) bool { return d.Name == name }) {
		u.report(errDatabaseUnknown, spanOf(expr), name)
	}
}

// mockEndpoint refuses mocks that would have no effect: calls of a package-level endpoint are plain Go calls.
func (u *uses) mockEndpoint(expr ast.Expr) {
	if expr == nil {
		return
	}
	obj := referenced(u.info, expr)
	var e *endpoint
	if isPackageLevel(obj) {
		e = u.endpoints[objectKey(obj)]
	}
	switch {
	case e == nil:
		if t := u.info.TypeOf(expr); t != nil && !anyInvalid(t) {
			u.report(errMockNoEndpoint, spanOf(expr), types.ExprString(expr))
		}
	case e.Receiver == app.NoReceiver:
		u.report(errMockPackageLevel, spanOf(expr), e.Service.Name+"."+e.Name)
	}
}

func (u *uses) mockService(expr ast.Expr) {
	name, ok := u.text(expr)
	if !ok {
		return
	}
	i := slices.IndexFunc(u.app.Services, func(s *app.Service) bool { return s.Name == name })
	if i < 0 {
		u.report(errMockNoService, spanOf(expr), name)
		return
	}
	var plain []string
	for _, e := range u.app.Services[i].Endpoints {
		if e.Receiver == app.NoReceiver && !e.Raw {
			plain = append(plain, e.Name)
		}
	}
	if len(plain) > 0 {
		u.report(errMockServicePackageLevel, spanOf(expr), name, strings.Join(plain, ", "))
	}
}

// publicURL checks that a bucket whose PublicURL is asked for is public.
func (u *uses) publicURL(selector *ast.SelectorExpr) {
	if selector.Sel.Name != "PublicURL" {
		return
	}
	r := u.bucketOf(selector.X)
	if r != nil && !r.bucket.Public {
		u.report(errBucketPrivate, spanOf(selector.Sel), r.bucket.Name)
	}
}

func (u *uses) bucketOf(expr ast.Expr) *resource {
	obj := referenced(u.info, expr)
	if !isPackageLevel(obj) {
		return nil
	}
	if r := u.resources[objectKey(obj)]; r != nil && r.bucket != nil {
		return r
	}
	return nil
}

// bucketRef checks that a reference with PublicURL is to a public bucket.
func (u *uses) bucketRef(call *ast.CallExpr) {
	if len(call.Args) != 1 {
		return
	}
	r := u.bucketOf(call.Args[0])
	t := u.info.TypeOf(call)
	if r == nil || r.bucket.Public || t == nil {
		return
	}
	if obj, _, _ := types.LookupFieldOrMethod(t, true, nil, "PublicURL"); obj != nil {
		u.report(errBucketPrivate, spanOf(call.Fun), r.bucket.Name)
	}
}
