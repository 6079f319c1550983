package parse

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// TestRuntimeHasWhatIsNotRefused compares the API of encore.dev with the runtime of this tool: what the runtime lacks
// must be refused here, or an application would fail to build with an error in files its developer never wrote.
func TestRuntimeHasWhatIsNotRefused(t *testing.T) {
	t.Parallel()
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Dir:  "../../../..",
	}, supportedPackages...)
	require.NoError(t, err)
	require.Len(t, list, len(supportedPackages))
	for _, p := range list {
		have := declarations(t, filepath.Join("../../runtime", strings.TrimPrefix(p.PkgPath, "encore.dev")))
		scope := p.Types.Scope()
		for _, name := range scope.Names() {
			obj := scope.Lookup(name)
			if !obj.Exported() || unsupported[p.PkgPath+"."+name] != "" {
				continue
			}
			require.True(t, have[name], "the runtime has no %s.%s", p.PkgPath, name)
			named, ok := obj.Type().(*types.Named)
			if _, isType := obj.(*types.TypeName); !ok || !isType {
				continue
			}
			for method := range named.Methods() {
				if method.Exported() {
					require.True(t, have[name+"."+method.Name()], "the runtime has no %s.%s.%s", p.PkgPath, name, method.Name())
				}
			}
		}
	}
}

// declarations lists what a folder of Go files declares: Name, and Type.Method.
func declarations(t *testing.T, dir string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := goparser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				names[receiverPrefix(decl)+decl.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							names[name.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}

// receiverPrefix is the name of a method's receiver type with a dot, "" for a function.
func receiverPrefix(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	expr := fn.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	switch generic := expr.(type) {
	case *ast.IndexExpr:
		expr = generic.X
	case *ast.IndexListExpr:
		expr = generic.X
	}
	return types.ExprString(expr) + "."
}
