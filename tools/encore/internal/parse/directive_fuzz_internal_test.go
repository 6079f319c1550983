package parse

import (
	goparser "go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/tools/encore/internal/app"
)

// FuzzDirective reads any text as a directive of a method and of a type. What is accepted has to be in the grammar, word by
// word; what is not has a finding that can be shown, with its place on the line.
func FuzzDirective(f *testing.F) {
	for _, seed := range []string{
		"api public method=GET,POST path=/runs/:id/*rest tag:a tag:b-2", "api", "api auth raw method=*\tpath=/!rest", "service", "authhandler",
		"middleware global target=tag:a,tag:b", "middleware target=all", "api public auth method= path", "api path=/a//:/b? method=get", "api tag:", "api tag:A", "api tag:é",
		"apis", "", " ", "api path==", "api path=/:a/:a/*/!x", "api public public", "api \u00a0public\r", "api path=/\xff", "service tag:x target=all",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, declaration := range []string{"func F() {}", "type T struct{}"} {
			fuzzDirective(t, text, declaration)
		}
	})
}

func fuzzDirective(t *testing.T, text, declaration string) {
	t.Helper()
	const path = "/app/a.go"
	source := "package a\n\n//encore:" + text + "\n" + declaration + "\n"
	a := &analysis{app: &app.App{Root: "/app"}, fset: token.NewFileSet(), sources: map[string][]byte{path: []byte(source)}}
	tree, err := goparser.ParseFile(a.fset, path, source, goparser.ParseComments|goparser.SkipObjectResolution)
	if err != nil {
		return // Go refuses the file
	}
	p := &pkg{name: "a", dir: "/app", path: "example.com/a"}
	a.readFileDirectives(p, &file{path: path, ast: tree})
	for _, d := range p.declared {
		if !d.broken {
			checkAccepted(t, a, d, source)
		}
	}
	require.Positive(t, len(p.declared)+len(a.diagnostics), "a directive has an effect or a finding")
	var out strings.Builder
	a.diagnostics.Render(&out, "/app", false)
	for _, d := range a.diagnostics {
		require.Equal(t, app.Pos{File: path, Line: d.Pos.Line, Col: d.Pos.Col}, d.Pos)
		require.LessOrEqual(t, d.Pos.Col, len(d.Source)+1, "the place lies on the line")
		require.LessOrEqual(t, d.Pos.Col, d.EndCol)
	}
}

// checkAccepted demands of an accepted directive that each word is allowed and stands where it says.
func checkAccepted(t *testing.T, a *analysis, d *declared, source string) {
	t.Helper()
	g := grammars[d.name.text]
	stands := func(w word) {
		at := a.fset.Position(w.at).Offset
		require.Equal(t, w.text, source[at:at+len(w.text)])
	}
	stands(d.name)
	for _, o := range d.options {
		require.Contains(t, g.options, o.text)
		stands(o)
	}
	for name, value := range d.fields {
		require.Contains(t, g.fields, name)
		require.NotEmpty(t, value.text)
		stands(value)
	}
	for _, tag := range d.tags {
		require.True(t, g.tags)
		require.Regexp(t, tagName, tag.text)
		stands(tag)
	}
	if w, given := d.fields["path"]; given {
		if segments := a.parsePath(w); segments != nil {
			path := ""
			for _, s := range segments {
				path += "/" + s.String()
			}
			require.Equal(t, w.text, path, "the segments are the path")
		}
	}
	if d.name.text == "api" {
		e := &endpoint{decl: d, Endpoint: &app.Endpoint{}}
		a.readAccess(e)
		before := len(a.diagnostics)
		a.readMethods(e)
		require.True(t, len(e.Methods) > 0 || len(a.diagnostics) > before, "it has methods, or a finding says why not")
		for i, m := range e.Methods {
			require.Regexp(t, `^(\*|[A-Z]+)$`, m)
			require.NotContains(t, e.Methods[:i], m)
		}
	}
}
