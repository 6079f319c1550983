package main

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"

	"encore.app/tools/encore/internal/logline"
)

// notices are what the program tells the developer at its start: lines of its log with the field "notice".
type notices struct {
	mu     sync.Mutex
	taken  bool // the start is over
	tables []noticeTable
}

// noticeTable is what stands below one heading.
type noticeTable struct {
	heading string
	rows    [][]string
}

// add takes a line. Those after the start, of programs that take over, say nothing new.
func (n *notices) add(line logline.Line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	heading := strings.Join(strings.Fields(line.Notice), " ")
	if n.taken || heading == "" {
		return
	}
	i := slices.IndexFunc(n.tables, func(t noticeTable) bool { return t.heading == heading })
	if i < 0 {
		i = len(n.tables)
		n.tables = append(n.tables, noticeTable{heading: heading})
	}
	n.tables[i].rows = append(n.tables[i].rows, line.Texts())
}

// take ends the start. It returns the notices that are a single value, such as an address, as heading and value, and the
// others.
func (n *notices) take() (short [][2]string, long []noticeTable) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.taken = true
	for _, t := range n.tables {
		if len(t.rows) == 1 && len(t.rows[0]) == 1 {
			short = append(short, [2]string{t.heading, t.rows[0][0]})
		} else {
			long = append(long, t)
		}
	}
	return short, long
}

// aligned returns the rows as lines, with the values below one another.
func (t noticeTable) aligned() []string {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 0, 3, ' ', 0)
	for _, row := range t.rows {
		for i, text := range row {
			if i > 0 {
				_, _ = w.Write([]byte{'\t'}) // to memory
			}
			_, _ = w.Write([]byte(strings.ReplaceAll(text, "\t", " ")))
		}
		_, _ = w.Write([]byte{'\n'})
	}
	_ = w.Flush()
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}
