package parse

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strings"
)

// word is a piece of a directive with its place.
type word struct {
	text string
	at   token.Pos
}

func (w word) span() span { return span{w.at, w.at + token.Pos(len(w.text))} }

// directive is one //encore:name line, split.
type directive struct {
	name    word // after "encore:"
	line    span // the whole comment
	options []word
	fields  map[string]word // value by field name
	tags    []word          // without "tag:"
	broken  bool            // a finding was reported; what it says cannot be trusted
}

func (d *directive) option(name string) (word, bool) {
	for _, o := range d.options {
		if o.text == name {
			return o, true
		}
	}
	return word{}, false
}

// declared is a declaration that carries a directive.
type declared struct {
	*directive
	file *file
	pkg  *pkg
	fn   *ast.FuncDecl // or
	typ  *ast.TypeSpec
	doc  string // comment without directive lines
}

// grammar says what a directive may hold.
type grammar struct {
	options []string
	fields  []string
	tags    bool
	on      string // func or type
}

var grammars = map[string]grammar{
	"api":         {options: []string{"public", "auth", "private", "raw", "sensitive"}, fields: []string{"path", "method"}, tags: true, on: "function"},
	"authhandler": {on: "function"},
	"middleware":  {options: []string{"global"}, fields: []string{"target"}, on: "function"},
	"service":     {on: "type"},
}

var (
	// directiveLine accepts the older form, with a space after the slashes, for known names only: it may be prose.
	directiveLine = regexp.MustCompile(`^//(?:encore:| encore:(?:api|authhandler|middleware|service)\b)`)
	// maxBody is the tag by which the runtime lets an endpoint take a larger body.
	maxBody   = regexp.MustCompile(`^max-body-0*([1-9][0-9]{0,2}|10[01][0-9]|102[0-4])mib$`)
	tagName   = regexp.MustCompile(`^[a-z]([-_a-z0-9]*[a-z0-9])?$`)
	fieldName = regexp.MustCompile(`^[a-z]+$`)
)

// readDirectives finds the directives of all files.
func (a *analysis) readDirectives() {
	for _, p := range a.order {
		for _, f := range p.allFiles() {
			a.readFileDirectives(p, f)
		}
	}
}

func (a *analysis) readFileDirectives(p *pkg, f *file) {
	attached := map[*ast.Comment]bool{}
	add := func(doc *ast.CommentGroup, fn *ast.FuncDecl, typ *ast.TypeSpec) {
		if doc == nil {
			return
		}
		var found []*directive
		for _, c := range doc.List {
			if directiveLine.MatchString(c.Text) {
				attached[c] = true
				found = append(found, a.splitDirective(c))
			}
		}
		if len(found) == 0 {
			return
		}
		for _, second := range found[1:] {
			a.report(errTwoDirectives, second.line).notef(a.place(found[0].line.start), "the first one is here")
		}
		d := found[0]
		on := "function"
		if typ != nil {
			on = "type"
		}
		if g, known := grammars[d.name.text]; known && g.on != on {
			a.report(errDirectivePlace, d.line, d.name.text, g.on, on)
			return
		} else if !known {
			return // reported by splitDirective
		}
		if f.test {
			a.report(errTestDirective, d.line, d.name.text)
			return
		}
		p.declared = append(p.declared, &declared{directive: d, file: f, pkg: p, fn: fn, typ: typ, doc: docText(doc)})
	}
	for _, decl := range f.ast.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			add(decl.Doc, decl, nil)
		case *ast.GenDecl:
			if decl.Tok != token.TYPE {
				continue
			}
			for _, spec := range decl.Specs {
				spec := spec.(*ast.TypeSpec)
				doc := spec.Doc
				if doc == nil && !decl.Lparen.IsValid() {
					doc = decl.Doc
				}
				add(doc, nil, spec)
			}
		}
	}
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			if !attached[c] && directiveLine.MatchString(c.Text) {
				a.report(errDirectiveStray, spanOf(c))
			}
		}
	}
}

// docText is the text of a comment without its directive lines.
func docText(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	kept := &ast.CommentGroup{}
	for _, c := range doc.List {
		if !directiveLine.MatchString(c.Text) {
			kept.List = append(kept.List, c)
		}
	}
	return kept.Text()
}

// splitDirective reads one directive line and reports what its grammar does not allow.
func (a *analysis) splitDirective(c *ast.Comment) *directive {
	d := &directive{line: spanOf(c), fields: map[string]word{}}
	words := a.splitWords(c)
	d.name = word{strings.TrimPrefix(words[0].text, "encore:"), words[0].at + token.Pos(len("encore:"))}
	g, known := grammars[d.name.text]
	if !known {
		a.report(errDirectiveName, d.line, d.name.text)
		d.broken = true
		return d
	}
	bad := func(k *kind, w word, args ...any) {
		a.report(k, w.span(), args...)
		d.broken = true
	}
	for _, w := range words[1:] {
		name, value, isField := strings.Cut(w.text, "=")
		switch tag, isTag := strings.CutPrefix(w.text, "tag:"); {
		case isTag && !g.tags:
			bad(errDirectiveTagHere, w, d.name.text)
		case isTag && !tagName.MatchString(tag):
			bad(errDirectiveTag, w, tag)
		case isTag && strings.HasPrefix(tag, "max-body-") && !maxBody.MatchString(tag):
			bad(errDirectiveMaxBody, w, tag)
		case isTag && slices.ContainsFunc(d.tags, func(t word) bool { return t.text == tag }):
			bad(errDirectiveDuplicate, w, w.text)
		case isTag:
			d.tags = append(d.tags, word{tag, w.at + 4})
		case isField && (!fieldName.MatchString(name) || !slices.Contains(g.fields, name)):
			bad(errDirectiveField, w, d.name.text, name, allowed(g.fields))
		case isField && value == "":
			bad(errDirectiveEmpty, w, name)
		case isField && d.fields[name].text != "":
			bad(errDirectiveDuplicate, w, name)
		case isField:
			d.fields[name] = word{value, w.at + token.Pos(len(name)+1)}
		case !slices.Contains(g.options, w.text):
			bad(errDirectiveOption, w, d.name.text, w.text, allowed(g.options))
		default:
			if _, twice := d.option(w.text); twice {
				bad(errDirectiveDuplicate, w, w.text)
				continue
			}
			d.options = append(d.options, w)
		}
	}
	return d
}

func allowed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// splitWords splits a comment line at white space, leaving out its slashes.
func (a *analysis) splitWords(c *ast.Comment) []word {
	// As it stands in the file: Go's parser takes carriage returns out of comments, and what follows would stand elsewhere.
	file := a.fset.File(c.Slash)
	line, _, _ := strings.Cut(string(a.sources[file.Name()][file.Offset(c.Slash):]), "\n")
	text := strings.TrimRight(line, "\r") + " "
	var words []word
	start := -1
	for i := 2; i < len(text); i++ {
		switch space := text[i] == ' ' || text[i] == '\t'; {
		case !space && start < 0:
			start = i
		case space && start >= 0:
			words = append(words, word{text[start:i], c.Slash + token.Pos(start)})
			start = -1
		}
	}
	return words
}
