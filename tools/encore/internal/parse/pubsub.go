package parse

import (
	"cmp"
	"go/ast"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"time"

	"encore.app/tools/encore/internal/app"
)

// readTopics describes the topics.
func (a *analysis) readTopics() {
	seen := map[string]*resource{}
	for _, r := range a.ofKind(topicKind) {
		name, ok := a.resourceName(r, 0)
		if !ok || !a.unique(seen, name, name, r, 0) || len(r.call.Args) < 2 {
			continue
		}
		r.topic = &app.Topic{Name: name, PkgPath: r.pkg.path, VarName: r.varName.Name, Doc: r.doc, Pos: a.place(r.call.Pos())}
		a.app.Topics = append(a.app.Topics, r.topic)
		attributes := a.readMessage(r)
		a.readTopicConfig(r, attributes)
	}
	slices.SortFunc(a.app.Topics, func(x, y *app.Topic) int { return cmp.Compare(x.Name, y.Name) })
}

// readMessage describes the message type and returns its attributes.
func (a *analysis) readMessage(r *resource) []string {
	ptr, ok := r.pkg.info.TypeOf(r.call).(*types.Pointer)
	if !ok {
		return nil
	}
	named, ok := ptr.Elem().(*types.Named)
	if !ok || named.TypeArgs().Len() != 1 || anyInvalid(named) {
		return nil
	}
	message := named.TypeArgs().At(0)
	at := spanOf(r.call.Fun)
	if index, ok := ast.Unparen(r.call.Fun).(*ast.IndexExpr); ok {
		at = spanOf(index.Index)
	}
	if !a.isPayload(message, at, "message") {
		return nil
	}
	r.topic.Message = a.describe(message)
	var attributes []string
	s := namedStruct(message)
	for i := range s.NumFields() {
		v := s.Field(i)
		attr, ok := reflect.StructTag(s.Tag(i)).Lookup("pubsub-attr")
		if !ok {
			continue
		}
		where := at
		if a.isOwn(v.Pos()) {
			where = a.wordSpan(v)
		}
		if strings.HasPrefix(attr, "encore") || attr == "" {
			a.report(errAttributeName, where, attr)
		}
		b, basic := v.Type().Underlying().(*types.Basic)
		if !basic || b.Info()&(types.IsString|types.IsBoolean|types.IsInteger|types.IsFloat) == 0 {
			a.report(errAttributeType, where, v.Name(), a.typeName(v.Type()))
		}
		attributes = append(attributes, attr)
	}
	return attributes
}

func (a *analysis) readTopicConfig(r *resource, attributes []string) {
	c, ok := a.readConfig(r, r.call.Args[1])
	if !ok {
		return
	}
	if expr, ok := c["DeliveryGuarantee"]; ok {
		if n, ok := a.constInt(r, expr, "DeliveryGuarantee"); ok {
			if n != 1 && n != 2 {
				a.report(errNoGuarantee, spanOf(expr), r.topic.Name)
			}
			r.topic.ExactlyOnce = n == 2
		}
	} else {
		a.report(errNoGuarantee, spanOf(r.call.Args[1]), r.topic.Name)
	}
	if expr, ok := c["OrderingAttribute"]; ok {
		attr, ok := a.literalString(expr, "ordering attribute")
		if ok && !slices.Contains(attributes, attr) && r.topic.Message != nil {
			a.report(errOrderingUnknown, spanOf(expr), attr)
		}
		r.topic.OrderingAttribute = attr
	}
}

// readSubscriptions describes the subscriptions.
func (a *analysis) readSubscriptions() {
	seen, byMethod := map[string]*resource{}, map[string]*resource{}
	for _, r := range a.ofKind(subscriptionKind) {
		name, ok := a.resourceName(r, 1)
		if !ok || len(r.call.Args) < 3 {
			continue
		}
		sub := &app.Subscription{Service: r.pkg.service, Name: name, Pos: a.place(r.call.Pos())}
		source := a.resources[objectKey(referenced(r.pkg.info, r.call.Args[0]))]
		switch {
		case source == nil || source.kind != topicKind:
			if !anyInvalid(r.pkg.info.TypeOf(r.call.Args[0])) {
				a.report(errTopicUnknown, spanOf(r.call.Args[0]))
			}
		case source.topic == nil: // refused itself
		case a.unique(seen, source.topic.Name+" "+name, name, r, 1):
			sub.Topic = source.topic
			a.app.Subscriptions = append(a.app.Subscriptions, sub)
		}
		a.readSubscriptionConfig(r)
		if first := byMethod[r.pkg.path+" "+name]; !r.byMethod {
			continue
		} else if first == nil {
			byMethod[r.pkg.path+" "+name] = r
		} else if sub.Topic != nil {
			a.report(errMethodHandlerTwice, spanOf(r.call.Args[1]), name).
				notef(a.place(first.call.Args[1].Pos()), "the first one is here")
		}
	}
	slices.SortFunc(a.app.Subscriptions, func(x, y *app.Subscription) int {
		return cmp.Or(cmp.Compare(x.Topic.Name, y.Topic.Name), cmp.Compare(x.Name, y.Name))
	})
}

func (a *analysis) readSubscriptionConfig(r *resource) {
	c, ok := a.readConfig(r, r.call.Args[2])
	if !ok {
		return
	}
	if handler, ok := c["Handler"]; ok {
		a.checkHandler(r, handler)
	} else {
		a.report(errNoHandler, spanOf(r.call.Args[2]))
	}
	if expr, ok := c["MaxConcurrency"]; ok {
		a.constInt(r, expr, "MaxConcurrency")
	}
	a.atLeast(r, c, "AckDeadline", time.Second)
	a.atLeast(r, c, "MessageRetention", time.Minute)
	policy, ok := c["RetryPolicy"]
	if !ok {
		return
	}
	p, ok := a.readConfig(r, policy)
	if !ok {
		return
	}
	a.atLeast(r, p, "MinBackoff", time.Second)
	a.atLeast(r, p, "MaxBackoff", time.Second)
	if expr, ok := p["MaxRetries"]; ok {
		if n, ok := a.constInt(r, expr, "MaxRetries"); ok && n < -2 {
			a.report(errMaxRetries, spanOf(expr), n)
		}
	} else {
		a.report(errNoRetries, spanOf(policy))
	}
}

// atLeast checks a duration that is given.
func (a *analysis) atLeast(r *resource, c config, field string, least time.Duration) {
	expr, ok := c[field]
	if !ok {
		return
	}
	if n, ok := a.constInt(r, expr, field); ok && time.Duration(n) < least {
		a.report(errDurationShort, spanOf(expr), field, time.Duration(n), least)
	}
}

// checkHandler checks that a subscription is handled by its own service.
func (a *analysis) checkHandler(r *resource, expr ast.Expr) {
	expr = ast.Unparen(expr)
	if call, ok := expr.(*ast.CallExpr); ok && objectKey(callee(r.pkg.info, call)) == "encore.dev/pubsub.MethodHandler" {
		r.byMethod = true
		if len(call.Args) == 1 {
			a.checkMethodHandler(r, call.Args[0])
		}
		return
	}
	fn, ok := referenced(r.pkg.info, expr).(*types.Func)
	if !ok {
		return // a function literal or a variable
	}
	if isPackageLevel(fn) {
		if p := a.packages[fn.Pkg().Path()]; p != nil && p.service != nil && p.service != r.pkg.service {
			a.report(errHandlerElsewhere, spanOf(expr), fn.Name(), p.service.Name)
		}
		return
	}
	if recv := fn.Signature().Recv(); recv != nil {
		a.report(errHandlerMethod, spanOf(expr), types.ExprString(expr))
	}
}

func (a *analysis) checkMethodHandler(r *resource, expr ast.Expr) {
	selector, ok := ast.Unparen(expr).(*ast.SelectorExpr)
	var selection *types.Selection
	if ok {
		selection = r.pkg.info.Selections[selector]
	}
	if selection == nil || selection.Kind() != types.MethodExpr {
		if t := r.pkg.info.TypeOf(expr); t != nil && !anyInvalid(t) {
			a.report(errMethodHandler, spanOf(expr), types.ExprString(expr))
		}
		return
	}
	t := types.Unalias(selection.Recv())
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	named, ok := t.(*types.Named)
	if !ok || a.structs[objectKey(named.Obj())] == nil || named.Obj().Pkg() != r.pkg.types {
		a.report(errMethodHandler, spanOf(expr), types.ExprString(expr))
		return
	}
	a.checkHandlerStruct(a.structs[objectKey(named.Obj())], spanOf(expr))
}
