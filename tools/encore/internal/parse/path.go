package parse

import (
	"go/token"
	"slices"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// segmentKind is the form of a path segment.
type segmentKind byte

const (
	literalSegment  segmentKind = 0
	paramSegment    segmentKind = ':'
	wildcardSegment segmentKind = '*'
	fallbackSegment segmentKind = '!'
)

// segment is one piece of a path between slashes; text is without the marker.
type segment struct {
	kind segmentKind
	text string
	at   token.Pos
}

func (s segment) String() string {
	if s.kind == literalSegment {
		return s.text
	}
	return string(rune(s.kind)) + s.text
}

func (s segment) span() span { return span{s.at, s.at + posLen(s.String())} }

// param returns the kind of parameter that s binds.
func (s segment) param() (app.PathParamKind, bool) {
	switch s.kind {
	case paramSegment:
		return app.ParamSegment, true
	case wildcardSegment:
		return app.ParamWildcard, true
	case fallbackSegment:
		return app.ParamFallback, true
	}
	return "", false
}

func posLen(s string) token.Pos { return token.Pos(len(s)) }

// parsePath splits a path, nil when it was refused.
func (a *analysis) parsePath(w word) []segment {
	path := w.text
	switch {
	case path[0] != '/':
		a.report(errPathSlash, w.span(), path)
		return nil
	case path == "/":
		a.report(errPathRoot, w.span())
		return nil
	case strings.HasSuffix(path, "/") && !strings.Contains(path, "//"):
		a.report(errPathTrailing, w.span(), path)
		return nil
	case strings.ContainsAny(path, "?#"):
		a.report(errPathQuery, w.span(), path)
		return nil
	case path == "/__encore" || strings.HasPrefix(path, "/__encore/"):
		a.report(errPathReserved, w.span(), path)
		return nil
	}
	var segments []segment
	ok := true
	at := w.at + 1
	parts := strings.Split(path[1:], "/")
	for i, part := range parts {
		s := segment{text: part, at: at}
		at += posLen(part) + 1
		if part == "" {
			a.report(errPathEmpty, w.span(), path)
			return nil
		}
		switch kind := segmentKind(part[0]); kind {
		case paramSegment, wildcardSegment, fallbackSegment:
			s.kind, s.text = kind, part[1:]
			switch {
			case s.text == "":
				a.report(errPathUnnamed, s.span(), part)
				ok = false
			case !token.IsIdentifier(s.text):
				a.report(errPathIdentifier, s.span(), s.text)
				ok = false
			case kind != paramSegment && i < len(parts)-1:
				a.report(errPathNotLast, s.span(), part)
				ok = false
			case slices.ContainsFunc(segments, func(o segment) bool { return o.kind != literalSegment && o.text == s.text }):
				a.report(errPathParamTwice, s.span(), s.text)
				ok = false
			}
		}
		segments = append(segments, s)
	}
	if !ok {
		return nil
	}
	return segments
}

// checkRoutes finds endpoints whose paths the router cannot tell apart.
func (a *analysis) checkRoutes() {
	var all []*endpoint
	for _, e := range a.endpoints {
		if e.segments != nil {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(x, y *endpoint) int { return comparePos(x.Pos, y.Pos) })
	for i, later := range all {
		for _, earlier := range all[:i] {
			methods := commonMethods(earlier.Methods, later.Methods)
			if len(methods) > 0 {
				a.checkPair(earlier, later, strings.Join(methods, ", "))
			}
		}
	}
}

func commonMethods(x, y []string) []string {
	if slices.Contains(x, "*") {
		return y
	}
	if slices.Contains(y, "*") {
		return x
	}
	var both []string
	for _, m := range x {
		if slices.Contains(y, m) {
			both = append(both, m)
		}
	}
	return both
}

// checkPair compares two routes of one method, segment by segment. Fallbacks live in a table of their own.
func (a *analysis) checkPair(earlier, later *endpoint, methods string) {
	x, y := earlier.segments, later.segments
	if (x[len(x)-1].kind == fallbackSegment) != (y[len(y)-1].kind == fallbackSegment) {
		return
	}
	found := func(k *kind, at segment, args ...any) {
		where := at.span()
		if !at.at.IsValid() { // a path by default stands nowhere
			where = spanOf(later.decl.fn.Name)
		}
		a.report(k, where, args...).notef(earlier.Pos, "%s.%s has the path %s", earlier.Service.Name, earlier.Name, earlier.Path)
	}
	for i := range min(len(x), len(y)) {
		s, t := x[i], y[i]
		switch {
		case s.kind == fallbackSegment && t.kind == fallbackSegment:
			found(errRouteFallbacks, t)
			return
		case s.kind == fallbackSegment || t.kind == fallbackSegment:
			return
		case s.kind == wildcardSegment || t.kind == wildcardSegment:
			if s.kind == t.kind {
				found(errRouteDuplicate, t, methods, later.Path)
			} else {
				found(errRouteWildcard, t, methods, later.Path, earlier.Path, t, s)
			}
			return
		case s.kind != t.kind:
			found(errRouteLiteral, t, methods, later.Path, earlier.Path, t, s)
			return
		case s.kind == literalSegment && s.text != t.text:
			return
		}
	}
	if len(x) == len(y) {
		last := y[len(y)-1]
		found(errRouteDuplicate, last, methods, later.Path)
	}
}
