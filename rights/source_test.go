package rights

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// endpoints reads from the source below root which endpoints there are, with their access levels. Other modules and
// what is no application code are left out.
func endpoints(t *testing.T, root string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root:
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || slices.Contains([]string{"tools", "e2e", "node_modules", "testdata", "web"}, entry.Name()) ||
				strings.HasPrefix(entry.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction || function.Doc == nil {
				continue
			}
			for _, comment := range function.Doc.List {
				if options, isEndpoint := strings.CutPrefix(comment.Text, "//encore:api "); isEndpoint {
					found[file.Name.Name+"."+function.Name.Name] = strings.Fields(options)[0]
				}
			}
		}
		return nil
	}))
	return found
}
