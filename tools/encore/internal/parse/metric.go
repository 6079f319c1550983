package parse

import (
	"go/types"
)

// checkMetrics checks the declarations of metrics. Nothing is generated for them.
func (a *analysis) checkMetrics() {
	seen := map[string]*resource{}
	for _, r := range a.ofKind(metricKind) {
		name, ok := a.resourceName(r, 0)
		if !ok || !a.unique(seen, name, name, r, 0) {
			continue
		}
		if r.pkg.service == nil {
			a.report(errMetricOutside, spanOf(r.call.Fun), name)
			continue
		}
		a.checkLabels(r)
	}
}

// checkLabels checks the type of a group's labels.
func (a *analysis) checkLabels(r *resource) {
	group, ok := types.Unalias(r.pkg.info.TypeOf(r.call)).(*types.Pointer)
	if !ok {
		return // a Go error
	}
	named, ok := types.Unalias(group.Elem()).(*types.Named)
	if !ok || named.TypeArgs().Len() < 2 {
		return // no group
	}
	labels, ok := named.TypeArgs().At(0).Underlying().(*types.Struct)
	if !ok {
		a.report(errMetricLabels, spanOf(r.call.Fun), named.TypeArgs().At(0))
		return
	}
	for field := range labels.Fields() {
		basic, ok := field.Type().Underlying().(*types.Basic)
		switch {
		case !ok || basic.Info()&(types.IsString|types.IsBoolean|types.IsInteger) == 0:
			a.report(errMetricLabel, spanOf(r.call.Fun), field.Name(), field.Type())
		case field.Name() == "Service":
			a.report(errMetricLabelTaken, spanOf(r.call.Fun))
		}
	}
}
