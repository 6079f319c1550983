package parse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"
)

// encoreVersion is the version of encore.dev whose API the runtime of this tool has.
const encoreVersion = "v1.52.1"

// checker type-checks the app's packages from the syntax of the first phase.
type checker struct {
	*analysis
	exports  map[string]string // export data file of each dependency, by import path
	failures map[string]string // why a dependency has none
	external types.Importer

	facadeErrors []types.Error
	stack        []*pkg // packages being checked, to find import cycles
	done         map[*pkg]bool
}

// checkTypes type-checks the packages of the program.
func (a *analysis) checkTypes() error {
	program := a.program()
	for _, p := range program {
		p.checked = true
	}
	a.checkEncoreImports(program)
	var outside []string
	for _, p := range program {
		for _, path := range imports(p.allFiles()) {
			if a.packages[path] == nil && !a.inModule(path) && path != "C" && path != "unsafe" {
				outside = append(outside, path)
			}
		}
	}
	slices.Sort(outside)
	exports, failures, err := loadExports(a.app.Root, a.goEnv(), slices.Compact(outside))
	if err != nil {
		return err
	}
	if a.checkTidy(program, failures) {
		return nil
	}
	c := &checker{analysis: a, exports: exports, failures: failures, done: map[*pkg]bool{}}
	c.external = importer.ForCompiler(a.fset, "gc", c.open)
	a.checker = c
	for _, p := range program {
		c.check(p)
	}
	if a.opts.Tests {
		for _, p := range program {
			c.checkTests(p)
		}
	}
	c.reportFacade()
	return nil
}

// inModule says whether path lies in the app's module.
func (a *analysis) inModule(path string) bool {
	return isBelow(path, a.app.ModulePath)
}

// goEnv is the environment of go commands: what a developer has set for other work must not change the app.
func (a *analysis) goEnv() []string {
	cgo := "0"
	if a.app.File.Build.CgoEnabled {
		cgo = "1"
	}
	return append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPACKAGESDRIVER=off", "CGO_ENABLED="+cgo)
}

func (c *checker) open(path string) (io.ReadCloser, error) {
	file, ok := c.exports[path]
	if !ok {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	return os.Open(file)
}

// importFunc is a types.Importer.
type importFunc func(path string) (*types.Package, error)

// Import calls f.
func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

func (c *checker) check(p *pkg) {
	if c.done[p] {
		return
	}
	c.done[p] = true
	c.stack = append(c.stack, p)
	defer func() { c.stack = c.stack[:len(c.stack)-1] }()
	files := []*ast.File{}
	for _, f := range p.files {
		files = append(files, f.ast)
	}
	if p.facade != nil {
		files = append(files, p.facade)
	}
	if len(files) == 0 {
		return
	}
	p.types, p.info = c.run(p.path, files, p.files, importFunc(c.importPlain))
}

// importPlain resolves an import of a non-test file.
func (c *checker) importPlain(path string) (*types.Package, error) {
	if p := c.packages[path]; p != nil {
		if slices.Contains(c.stack, p) {
			return nil, fmt.Errorf("import cycle not allowed: %s imports itself through %s", p.path, c.stack[len(c.stack)-1].path)
		}
		c.check(p)
		if p.types == nil {
			return nil, fmt.Errorf("no Go files in %s outside tests", p.path)
		}
		return p.types, nil
	}
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if c.inModule(path) {
		return nil, fmt.Errorf("there is no package %s", path)
	}
	if reason := c.failures[path]; reason != "" {
		return nil, errors.New(reason)
	}
	return c.external.Import(path)
}

// run type-checks files and reports the errors in sources.
func (c *checker) run(path string, files []*ast.File, sources []*file, imp types.Importer) (*types.Package, *types.Info) {
	info := &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances:  map[*ast.Ident]types.Instance{},
	}
	own := map[string]bool{}
	for _, f := range sources {
		own[f.path] = true
	}
	conf := types.Config{
		Importer:    imp,
		Sizes:       types.SizesFor("gc", runtime.GOARCH),
		FakeImportC: true,
		Error: func(err error) {
			e, ok := errors.AsType[types.Error](err)
			if !ok {
				return
			}
			c.typeError(e, own)
		},
	}
	if c.module.Go != nil {
		conf.GoVersion = "go" + c.module.Go.Version
	}
	pkg, err := conf.Check(path, c.fset, files, info)
	if pkg == nil { // Check gives a package for every error of the source
		panic(fmt.Sprintf("parse: type-check %s: %v", path, err))
	}
	return pkg, info
}

// typeError turns an error of the type checker into a finding, unless it stands in a generated file: those follow
// from the user's declarations, where the same error is reported too.
func (c *checker) typeError(e types.Error, own map[string]bool) {
	at := c.fset.Position(e.Pos)
	if filepath.Base(at.Filename) == RegistrationFile {
		c.facadeErrors = append(c.facadeErrors, e)
	}
	if !own[at.Filename] {
		return
	}
	if continued, ok := strings.CutPrefix(e.Msg, "\t"); ok && len(c.diagnostics) > 0 { // second line of the previous error
		c.diagnostics[len(c.diagnostics)-1].notef(c.place(e.Pos), "%s", continued)
		return
	}
	if name, ok := strings.CutPrefix(e.Msg, "undefined: "); ok {
		if raw := c.rawMethod(name, own); raw != nil {
			c.report(errRawCalled, errorSpan(e), raw.fn.Name.Name)
			return
		}
	}
	k := errType
	msg := e.Msg
	if rest, ok := strings.CutPrefix(msg, "could not import "); ok {
		k = errImport
		msg = importReason(rest)
	}
	c.report(k, errorSpan(e), msg)
}

// importReason takes the reason out of "path (reason)".
func importReason(s string) string {
	path, reason, ok := strings.Cut(s, " (")
	if !ok {
		return s
	}
	reason = strings.TrimSuffix(reason, ")")
	if strings.Contains(reason, path) {
		return reason
	}
	return path + ": " + reason
}

// rawMethod finds the raw method endpoint behind an undefined package.Name: it has no function in the facade.
func (c *checker) rawMethod(name string, own map[string]bool) *declared {
	pkgName, fn, qualified := strings.Cut(name, ".")
	if !qualified {
		fn = name
	}
	for _, p := range c.order {
		if qualified && p.name != pkgName || !qualified && !slices.ContainsFunc(p.allFiles(), func(f *file) bool { return own[f.path] }) {
			continue
		}
		for _, d := range p.declared {
			if _, raw := d.option("raw"); raw && d.name.text == "api" && d.fn.Recv != nil && d.fn.Name.Name == fn {
				return d
			}
		}
	}
	return nil
}

// reportFacade says which generated file does not compile, when nothing else was found that could be the reason.
func (c *checker) reportFacade() {
	if len(c.diagnostics) > 0 {
		return
	}
	for _, e := range c.facadeErrors {
		file := c.fset.Position(e.Pos).Filename
		for _, p := range c.order {
			if filepath.Join(p.dir, RegistrationFile) == file {
				c.report(errFacade, spanOf(p.files[0].ast.Name), RegistrationFile, e.Msg)
			}
		}
	}
}

// errorSpan is the stretch of source of an error. The type checker knows it, but has no exported field for its end.
func errorSpan(e types.Error) span {
	s := span{e.Pos, e.Pos + 1}
	if end := reflect.ValueOf(e).FieldByName("go116end"); end.IsValid() && end.CanInt() && token.Pos(end.Int()) > e.Pos {
		s.end = token.Pos(end.Int())
	}
	return s
}

// checkTests type-checks the tests of p: its own together with the package, then the external ones against that.
func (c *checker) checkTests(p *pkg) {
	augmented := p.types
	if len(p.tests) > 0 {
		var files []*ast.File
		for _, f := range slices.Concat(p.files, p.tests) {
			files = append(files, f.ast)
		}
		if p.facade != nil {
			files = append(files, p.facade)
		}
		types, info := c.run(p.path, files, p.tests, importFunc(c.importPlain))
		p.testInfo = append(p.testInfo, testInfo{p.tests, info})
		augmented = types
	}
	if len(p.external) > 0 {
		var files []*ast.File
		for _, f := range p.external {
			files = append(files, f.ast)
		}
		u := &universe{checker: c, under: p, augmented: augmented, again: map[*pkg]*types.Package{}}
		_, info := c.run(p.path+"_test", files, p.external, importFunc(u.importPath))
		p.testInfo = append(p.testInfo, testInfo{p.external, info})
	}
}

// testInfo is what the type checker knows about some test files.
type testInfo struct {
	files []*file
	info  *types.Info
}

// universe resolves imports of an external test: the package under test comes with its own test files, and what
// depends on it is checked again against that, as the go tool does.
type universe struct {
	*checker
	under     *pkg
	augmented *types.Package
	again     map[*pkg]*types.Package
}

func (u *universe) importPath(path string) (*types.Package, error) {
	p := u.packages[path]
	switch {
	case p == nil:
		return u.importPlain(path)
	case p == u.under && u.augmented != nil:
		return u.augmented, nil
	case len(u.under.tests) == 0 || !u.dependsOn(p, map[*pkg]bool{}):
		return u.importPlain(path)
	}
	if u.again[p] == nil {
		var files []*ast.File
		for _, f := range p.files {
			files = append(files, f.ast)
		}
		if p.facade != nil {
			files = append(files, p.facade)
		}
		u.again[p], _ = u.run(p.path, files, nil, importFunc(u.importPath))
	}
	return u.again[p], nil
}

func (u *universe) dependsOn(p *pkg, seen map[*pkg]bool) bool {
	for _, path := range imports(p.files) {
		q := u.packages[path]
		if q == u.under {
			return true
		}
		if q != nil && !seen[q] {
			seen[q] = true
			if u.dependsOn(q, seen) {
				return true
			}
		}
	}
	return false
}

// exportCache keeps the export data files of dependencies between calls of Parse, which a reloading developer server
// makes at every save.
var exportCache struct {
	sync.Mutex
	exportData
}

// exportData says where the export data of dependencies lies. It is kept in a file too, for the next process.
type exportData struct {
	Key      string
	Exports  map[string]string // file by import path
	Failures map[string]string // why there is none
}

// loadExports asks the go command for the export data of the packages at paths and all they need. failures says why some
// have none; under "" it says why the module files cannot be used at all.
func loadExports(root string, env []string, paths []string) (exports, failures map[string]string, err error) {
	exportCache.Lock()
	defer exportCache.Unlock()
	key, err := cacheKey(root, env)
	if err != nil {
		return nil, nil, err
	}
	if key != exportCache.Key {
		exportCache.exportData = readExportData(root, key)
	}
	known := exportCache.Exports
	missing := slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		file, ok := known[p]
		if ok {
			_, err := os.Stat(file)
			return err == nil
		}
		return false
	})
	if len(missing) == 0 {
		return maps.Clone(known), maps.Clone(exportCache.Failures), nil
	}
	list, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile,
		Dir:  root,
		Env:  env,
	}, missing...)
	if err != nil {
		return nil, nil, fmt.Errorf("load the dependencies of the application: %w", err)
	}
	if len(list) == 0 { // the module files themselves are refused, of which packages.Load says nothing
		cmd := exec.Command("go", append([]string{"list", "-e"}, missing...)...)
		cmd.Dir, cmd.Env = root, env
		if out, err := cmd.CombinedOutput(); err != nil {
			return nil, map[string]string{"": string(bytes.TrimSpace(out))}, nil
		}
	}
	packages.Visit(list, nil, func(p *packages.Package) {
		delete(exportCache.Failures, p.PkgPath)
		switch {
		case p.ExportFile != "":
			known[p.PkgPath] = p.ExportFile
		case len(p.Errors) > 0:
			exportCache.Failures[p.PkgPath] = strings.TrimSpace(p.Errors[0].Msg)
		}
	})
	exportCache.write(root)
	return maps.Clone(known), maps.Clone(exportCache.Failures), nil
}

// exportDataFile is where the export data of the application in root is noted.
func exportDataFile(root string) string { return filepath.Join(root, ".encore", "dependencies.json") }

// readExportData returns what an earlier process noted under the same key, or nothing: then the go command is asked.
func readExportData(root, key string) exportData {
	var noted exportData
	if content, err := os.ReadFile(exportDataFile(root)); err == nil && json.Unmarshal(content, &noted) == nil && noted.Key == key &&
		noted.Exports != nil {
		noted.Failures = map[string]string{} // asked again
		return noted
	}
	return exportData{key, map[string]string{}, map[string]string{}}
}

// write notes the export data for the next process. Without a note that one asks the go command, so that a failure costs
// time only.
func (d *exportData) write(root string) {
	path := exportDataFile(root)
	content, err := json.Marshal(d)
	if err != nil || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
		return
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "dependencies-*")
	if err != nil {
		return
	}
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // the reason is the same
	}
}

// cacheKey changes with whatever the export data of dependencies depends on: the toolchain, the module files and the
// files in folders that take the place of modules.
func cacheKey(root string, env []string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), env[len(env)-1])
	for _, name := range []string{"GOOS", "GOARCH", "GOEXPERIMENT", "GOTOOLCHAIN", "GOCACHE", "GOMODCACHE", "GOAMD64", "GOARM64"} {
		fmt.Fprintln(hash, os.Getenv(name))
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("read the module file: %w", err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the module file: %w", err)
	}
	fmt.Fprintf(hash, "%d %s %d %s", len(mod), mod, len(sum), sum)
	module, err := modfile.Parse("go.mod", mod, nil)
	if err != nil {
		return "", fmt.Errorf("read the module file: %w", err)
	}
	for _, r := range module.Replace {
		if r.New.Version != "" {
			continue // a module, whose content the checksum fixes
		}
		folder := filepath.FromSlash(r.New.Path)
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(root, folder)
		}
		if err := hashFolder(hash, folder); err != nil {
			return "", fmt.Errorf("look at the replacement of %s: %w", r.Old.Path, err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// hashFolder adds names, sizes and dates of the files in a module's folder; a folder that is missing is left to the go
// command to report.
func hashFolder(hash io.Writer, folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case entry.IsDir():
			if name := entry.Name(); path != folder && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return fs.SkipDir
			}
			return nil
		case strings.HasSuffix(path, "_test.go"):
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // gone since
			return nil
		} else if err != nil {
			return err
		}
		fmt.Fprintln(hash, path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
}
