package parse

import (
	"bufio"
	"cmp"
	"fmt"
	"go/token"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"encore.app/tools/encore/internal/app"
)

// Diagnostic is one finding: what is wrong, where, and how to repair it.
type Diagnostic struct {
	Code    string // of the catalogue in errors.go
	Title   string // two to five words
	Message string // one sentence about this case
	Hint    string // the way out; may be empty
	Pos     app.Pos
	EndCol  int    // column after the last underlined byte of the line
	Source  string // the line at Pos, as it was when it was read
	Notes   []Note
}

// Note points at another place that has to do with a Diagnostic.
type Note struct {
	Pos  app.Pos
	Text string
}

// Diagnostics is a list of findings, sorted by position.
type Diagnostics []*Diagnostic

func (d Diagnostics) sort() {
	slices.SortStableFunc(d, func(a, b *Diagnostic) int {
		return cmp.Or(comparePos(a.Pos, b.Pos), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message))
	})
}

func comparePos(a, b app.Pos) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
}

// Render writes the findings for a reader: the offending line with an underline, the message and the hint. Paths are
// relative to root.
func (d Diagnostics) Render(w io.Writer, root string, color bool) {
	out := bufio.NewWriter(w)
	defer func() { _ = out.Flush() }() // fails when the reader has gone
	style := plain
	if color {
		style = ansi
	}
	for i, diag := range d {
		if i > 0 {
			fmt.Fprintln(out)
		}
		diag.render(out, root, style)
	}
	if n := len(d); n > 1 {
		fmt.Fprintf(out, "\n%d problems\n", n)
	}
}

// palette holds the escape sequences of the parts of a rendered finding.
type palette struct{ bad, dim, good, strong, off string }

var (
	plain palette
	ansi  = palette{bad: "\x1b[31m", dim: "\x1b[2m", good: "\x1b[32m", strong: "\x1b[1m", off: "\x1b[0m"}
)

func (d *Diagnostic) render(w io.Writer, root string, style palette) {
	fmt.Fprintf(w, "%s%s: %s%s [%s]\n", style.strong, position(d.Pos, root), d.Title, style.off, d.Code)
	if d.Source != "" {
		d.excerpt(w, style)
	}
	for line := range strings.Lines(d.Message) {
		fmt.Fprintf(w, "  %s%s%s\n", style.bad, strings.TrimRight(line, "\n"), style.off)
	}
	for _, n := range d.Notes {
		fmt.Fprintf(w, "  %s%s: %s%s\n", style.dim, position(n.Pos, root), n.Text, style.off)
	}
	if d.Hint != "" {
		fmt.Fprintf(w, "  %shint: %s%s\n", style.good, d.Hint, style.off)
	}
}

func position(p app.Pos, root string) string {
	file := p.File
	if rel, err := filepath.Rel(root, file); err == nil && !strings.HasPrefix(rel, "..") {
		file = filepath.ToSlash(rel)
	}
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Col)
}

func (d *Diagnostic) excerpt(w io.Writer, style palette) {
	line := d.Source
	start := min(max(d.Pos.Col-1, 0), len(line))
	end := min(max(d.EndCol-1, start), len(line))
	// Tabs stay in the margin below the line, so that the underline stands under what it means at any tab width.
	margin := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, line[:start])
	number := strconv.Itoa(d.Pos.Line)
	underline := strings.Repeat("^", max(utf8.RuneCountInString(line[start:end]), 1))
	fmt.Fprintf(w, "  %s%s |%s %s\n", style.dim, number, style.off, line)
	fmt.Fprintf(w, "  %s%s |%s %s%s%s%s\n", style.dim, strings.Repeat(" ", len(number)), style.off, margin, style.bad, underline, style.off)
}

// kind is an entry of the catalogue of findings.
type kind struct{ code, title, format, hint string }

// catalogue holds every kind by its code.
var catalogue = map[string]*kind{}

// declare adds a kind to the catalogue. format is the message for fmt.Sprintf.
func declare(code, title, format, hint string) *kind {
	if catalogue[code] != nil {
		panic("parse: two findings have the code " + code)
	}
	k := &kind{code: code, title: title, format: format, hint: hint}
	catalogue[code] = k
	return k
}

// Codes lists the codes of all findings, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(catalogue)) }

// span is a stretch of source.
type span struct{ start, end token.Pos }

// node is the common part of ast.Node and span owners.
type node interface {
	Pos() token.Pos
	End() token.Pos
}

func spanOf(n node) span { return span{n.Pos(), n.End()} }

// report records a finding; the same one at the same place is recorded once.
func (a *analysis) report(k *kind, at span, args ...any) *Diagnostic {
	d := k.at(a.place(at.start), args...)
	d.EndCol = d.Pos.Col + 1
	if end := a.fset.Position(at.end); at.end.IsValid() && end.Filename == d.Pos.File {
		if end.Line == d.Pos.Line {
			d.EndCol = end.Column
		} else {
			d.EndCol = math.MaxInt // cut down to the end of the first line
		}
	}
	return a.add(d)
}

func (k *kind) at(pos app.Pos, args ...any) *Diagnostic {
	return &Diagnostic{Code: k.code, Title: k.title, Message: fmt.Sprintf(k.format, args...), Hint: k.hint, Pos: pos}
}

func (a *analysis) add(d *Diagnostic) *Diagnostic {
	for _, known := range a.diagnostics {
		if known.Code == d.Code && known.Pos == d.Pos && known.Message == d.Message {
			return known
		}
	}
	lines := strings.SplitN(string(a.sources[d.Pos.File]), "\n", d.Pos.Line+1)
	if n := d.Pos.Line; n > 0 && n <= len(lines) {
		d.Source = strings.TrimRight(lines[n-1], "\r")
		d.EndCol = min(d.EndCol, len(d.Source)+1)
	}
	a.diagnostics = append(a.diagnostics, d)
	return d
}

func (d *Diagnostic) notef(pos app.Pos, format string, args ...any) {
	n := Note{Pos: pos, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(d.Notes, n) {
		d.Notes = append(d.Notes, n)
	}
}

// place turns a token position into plain data.
func (a *analysis) place(pos token.Pos) app.Pos {
	p := a.fset.Position(pos)
	return app.Pos{File: p.Filename, Line: p.Line, Col: p.Column}
}
