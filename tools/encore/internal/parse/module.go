package parse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"encore.app/tools/encore/internal/app"
)

// checkEncoreVersion says whether go.mod has an encore.dev with the API that the runtime has. With an older one, nearly
// every use of it would be an error of its own.
func (a *analysis) checkEncoreVersion() bool {
	uses := slices.ContainsFunc(a.order, func(p *pkg) bool {
		return len(p.declared) > 0 || slices.ContainsFunc(imports(p.allFiles()), isEncore)
	})
	replaced := slices.ContainsFunc(a.module.Replace, func(r *modfile.Replace) bool { return r.Old.Path == "encore.dev" })
	if !uses || replaced {
		return true
	}
	at := app.Pos{File: a.module.Syntax.Name, Line: 1, Col: 1}
	for _, r := range a.module.Require {
		if r.Mod.Path != "encore.dev" {
			continue
		}
		if semver.Compare(r.Mod.Version, encoreVersion) >= 0 {
			return true
		}
		at.Line, at.Col = r.Syntax.Start.Line, r.Syntax.Start.LineRune
		a.add(errEncoreVersion.at(at, "requires encore.dev "+r.Mod.Version))
		return false
	}
	a.add(errEncoreVersion.at(at, "does not require encore.dev"))
	return false
}

// fewMissing is from how many packages without a module on the module files are taken to be untidy.
const fewMissing = 4

// untidyReason is how the go command says that go.mod or go.sum lacks something.
var untidyReason = regexp.MustCompile(`missing go\.sum entry|updates to go\.(mod|sum) needed|no required module provides package`)

// checkTidy reports, once, that packages which the program imports are not in the module files.
func (a *analysis) checkTidy(program []*pkg, failures map[string]string) (untidy bool) {
	if reason := failures[""]; reason != "" {
		reason, _, _ = strings.Cut(reason, "; to add")
		reason = strings.TrimPrefix(reason, "go: ")
		a.add(errUntidy.at(app.Pos{File: a.module.Syntax.Name, Line: 1, Col: 1}, reason, ""))
		a.untidy = true // nothing is type-checked
		return true
	}
	var missing []string
	first := span{}
	for _, p := range program {
		for _, f := range p.allFiles() {
			for _, spec := range f.ast.Imports {
				path := importPath(spec)
				if slices.Contains(missing, path) || !untidyReason.MatchString(failures[path]) {
					continue
				}
				if len(missing) == 0 {
					first = spanOf(spec.Path)
				}
				missing = append(missing, path)
			}
		}
	}
	switch {
	case len(missing) == 0,
		len(missing) < fewMissing && strings.Contains(failures[missing[0]], "no required module"): // each is told where it stands
		return false
	}
	more := ""
	if n := len(missing) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	reason, _, _ := strings.Cut(failures[missing[0]], "\n")
	reason, _, _ = strings.Cut(reason, "; to add")
	a.report(errUntidy, first, reason, more)
	a.untidy = true // nothing is type-checked
	return true
}
