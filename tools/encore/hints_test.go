package main

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// bareCommand is a command line that works nowhere but where the official CLI is installed.
var bareCommand = regexp.MustCompile(`(.{0,8})\bencore (run|test|check|build|gen|db|pubsub|version|--help)\b`)

// TestHintsNameCommandsThatWork looks at every text of the tool and the runtime, and at what is written for people about
// them.
func TestHintsNameCommandsThatWork(t *testing.T) {
	t.Parallel()
	check := func(path, text string) {
		for _, match := range bareCommand.FindAllStringSubmatch(text, -1) {
			if !strings.HasSuffix(match[1], "go tool ") && !strings.HasPrefix(match[0], "//encore ") {
				t.Errorf("%s: %q does not begin with go tool", path, match[0])
			}
		}
	}
	texts := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(path, "_test.go"):
		case strings.HasSuffix(path, ".go"):
			for _, text := range literals(content) {
				texts++
				check(path, text)
			}
		case strings.HasSuffix(path, ".md"), strings.HasSuffix(path, ".html"), strings.HasSuffix(path, ".js"):
			texts++
			check(path, string(content))
		}
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, texts, 1000)
	documents, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, path := range append(documents, "../../README.md", "../../CONTRIBUTING.md", "../../Makefile", "../../bench/README.md", "../../e2e/serve") {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		check(path, string(content))
	}
}

// literals returns the texts and comments of a Go file.
func literals(source []byte) []string {
	files := token.NewFileSet()
	var s scanner.Scanner
	s.Init(files.AddFile("", -1, len(source)), source, nil, scanner.ScanComments)
	var texts []string
	for {
		_, kind, text := s.Scan()
		switch kind {
		case token.EOF:
			return texts
		case token.STRING, token.COMMENT:
			texts = append(texts, text)
		}
	}
}
