package server

import (
	"net/http"
	"net/url"
	"strings"

	"encore.dev/internal/registry"
)

// maxParams is the number of path parameters a route may have.
const maxParams = 16

// values are the path parameters of a match, unescaped, in path order.
type values struct {
	list [maxParams]string
	n    int
}

func (v *values) push(escaped string) bool {
	if strings.IndexByte(escaped, '%') >= 0 {
		unescaped, err := url.PathUnescape(escaped)
		if err != nil {
			return false
		}
		escaped = unescaped
	}
	v.list[v.n] = escaped
	v.n++
	return true
}

// router finds the endpoint for a method and a path. Fallback routes come into play when nothing else matches.
type router struct {
	routes, fallbacks table
}

// table holds a tree of routes for each method, and one for endpoints that take any method.
type table struct {
	methods map[string]*node
	any     *node
}

// node is a position in a path, after a slash.
type node struct {
	literals map[string]*node
	param    *node
	wildcard *registry.Endpoint // takes the rest of the path
	endpoint *registry.Endpoint // when the path ends before this position
}

// anyMethods are those that an endpoint with method=* takes.
var anyMethods = map[string]bool{
	http.MethodGet: true, http.MethodHead: true, http.MethodPost: true, http.MethodPut: true, http.MethodDelete: true,
	http.MethodConnect: true, http.MethodOptions: true, http.MethodTrace: true, http.MethodPatch: true,
}

func (r *router) add(e *registry.Endpoint) {
	t := &r.routes
	if len(e.Params) > 0 && e.Params[len(e.Params)-1].Kind == registry.Fallback {
		t = &r.fallbacks
	}
	for _, method := range e.Methods {
		if method == "*" {
			if t.any == nil {
				t.any = new(node)
			}
			t.any.insert(e)
			continue
		}
		if t.methods == nil {
			t.methods = map[string]*node{}
		}
		if t.methods[method] == nil {
			t.methods[method] = new(node)
		}
		t.methods[method].insert(e)
	}
}

func (n *node) insert(e *registry.Endpoint) {
	for segment := range strings.SplitSeq(strings.TrimPrefix(e.Path, "/"), "/") {
		switch {
		case strings.HasPrefix(segment, "*"), strings.HasPrefix(segment, "!"):
			n.wildcard = e
			return
		case strings.HasPrefix(segment, ":"):
			if n.param == nil {
				n.param = new(node)
			}
			n = n.param
		default:
			if n.literals == nil {
				n.literals = map[string]*node{}
			}
			if n.literals[segment] == nil {
				n.literals[segment] = new(node)
			}
			n = n.literals[segment]
		}
	}
	n.endpoint = e
}

// find returns the endpoint for an escaped path. When there is none but there is one for the path with the final slash
// added or removed, it returns that path to redirect to.
func (r *router) find(method, path string, v *values) (e *registry.Endpoint, redirect string) {
	for _, t := range [...]*table{&r.routes, &r.fallbacks} {
		if e := t.match(method, path, v); e != nil {
			return e, ""
		}
		if len(path) <= 1 {
			continue
		}
		toggled, slash := strings.CutSuffix(path, "/")
		if !slash {
			toggled = path + "/"
		}
		if t.match(method, toggled, v) != nil {
			return nil, toggled
		}
	}
	return nil, ""
}

func (t *table) match(method, path string, v *values) *registry.Endpoint {
	if root := t.methods[method]; root != nil {
		v.n = 0
		if e := root.match(path, 1, v); e != nil {
			return e
		}
	}
	if t.any != nil && anyMethods[method] {
		v.n = 0
		return t.any.match(path, 1, v)
	}
	return nil
}

// match follows the path from position start, which is behind a slash or behind the end.
func (n *node) match(path string, start int, v *values) *registry.Endpoint {
	if start > len(path) {
		return n.endpoint
	}
	end := strings.IndexByte(path[start:], '/')
	if end < 0 {
		end = len(path)
	} else {
		end += start
	}
	segment := path[start:end]
	if n.literals != nil {
		next := n.literals[segment]
		if next == nil && strings.IndexByte(segment, '%') >= 0 {
			if unescaped, err := url.PathUnescape(segment); err == nil {
				next = n.literals[unescaped]
			}
		}
		if next != nil {
			if e := next.match(path, end+1, v); e != nil {
				return e
			}
		}
	}
	bound := v.n
	if n.param != nil && segment != "" && v.push(segment) {
		if e := n.param.match(path, end+1, v); e != nil {
			return e
		}
		v.n = bound
	}
	if n.wildcard != nil && v.push(path[start:]) {
		return n.wildcard
	}
	return nil
}
