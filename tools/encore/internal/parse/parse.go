// Package parse reads the source of an Encore application and describes it as app.App.
//
// It works in two phases. The first looks at syntax alone: it finds the packages of the app's module, the directives
// in their comments, and from the method endpoints it makes facades (the declarations of what the generated files
// will hold), without which the packages do not type-check. The second type-checks the app's packages (dependencies come from export data) and reads
// services, endpoints, schemas and resources from them. Findings are collected, never stopped at the first; errors.go
// lists them all.
package parse

import (
	"go/token"

	"golang.org/x/mod/modfile"

	"encore.app/tools/encore/internal/app"
)

// Options says what to read.
type Options struct {
	Tests bool // read _test.go files too
}

// Result is what Parse found.
type Result struct {
	App       *app.App
	Generated []string // absolute paths of the generated files that stand beside the sources
	// Facades are what the type-check took for the generated files, by absolute path.
	Facades     map[string][]byte
	Diagnostics Diagnostics // sorted by position; App is usable only when it is empty
}

// Parse reads the application that holds dir: the nearest folder upwards with an encore.app file. The error is for
// what is not an application or cannot be read; everything a developer can repair in the source is a diagnostic.
func Parse(dir string, opts Options) (*Result, error) {
	root, err := FindRoot(dir)
	if err != nil {
		return nil, err
	}
	a := &analysis{
		app:       &app.App{Root: root},
		opts:      opts,
		fset:      token.NewFileSet(),
		sources:   map[string][]byte{},
		packages:  map[string]*pkg{},
		facades:   map[string][]byte{},
		named:     map[string]*app.Type{},
		docs:      map[token.Pos]string{},
		endpoints: map[string]*endpoint{},
		resources: map[string]*resource{},
	}
	if err := a.readFiles(); err != nil {
		return nil, err
	}
	if a.module != nil {
		if err := a.analyse(); err != nil {
			return nil, err
		}
	}
	a.diagnostics.sort()
	return &Result{App: a.app, Generated: a.generated, Facades: a.facades, Diagnostics: a.diagnostics}, nil
}

// analysis is the state of one Parse.
type analysis struct {
	app    *app.App
	opts   Options
	module *modfile.File

	fset        *token.FileSet
	sources     map[string][]byte // content of the files read, by path
	diagnostics Diagnostics
	generated   []string
	facades     map[string][]byte

	packages map[string]*pkg // of the app's module, by import path
	order    []*pkg          // the same, sorted by import path
	checker  *checker

	named     map[string]*app.Type  // named types already described, by their full name
	docs      map[token.Pos]string  // comments of types, fields and constants, by the position of their name
	endpoints map[string]*endpoint  // by objectKey of the function that stands for it in code
	resources map[string]*resource  // by objectKey of the variable that holds it
	calls     []*resource           // every resource constructor call, in source order
	structs   map[string]*serviceOf // service structs, by objectKey of the type
	own       map[string]bool       // files of the app
	untidy    bool                  // the module files do not fit the imports
}

func (a *analysis) analyse() error {
	if err := a.readPackages(); err != nil {
		return err
	}
	if len(a.diagnostics) > 0 && a.hasSyntaxErrors() {
		return nil // what follows would only repeat them
	}
	a.readDirectives()
	if !a.checkEncoreVersion() {
		return nil
	}
	if err := a.makeFacades(); err != nil {
		return err
	}
	if err := a.checkTypes(); err != nil {
		return err
	}
	if a.untidy {
		return nil // what follows would only repeat it
	}
	a.indexDocs()
	a.findResources()
	a.findServices()
	a.readEndpoints()
	a.readAuthHandler()
	a.readMiddleware()
	a.readDatabases()
	a.readTopics()
	a.readSubscriptions()
	a.readCronJobs()
	a.checkMetrics()
	a.readBuckets()
	a.readSecrets()
	a.checkRoutes()
	a.checkUses()
	a.readImports()
	if a.opts.Tests {
		return a.readElsewhere()
	}
	return nil
}

func (a *analysis) hasSyntaxErrors() bool {
	for _, d := range a.diagnostics {
		if d.Code == errSyntax.code || d.Code == errPackageNames.code {
			return true
		}
	}
	return false
}
