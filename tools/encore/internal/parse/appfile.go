package parse

import (
	"go/token"
	"path/filepath"

	"encore.app/tools/encore/internal/app"
)

// ReadAppFile reads encore.app in the folder root alone: what it says applies before the source can be parsed. What is
// wrong with the file is left to Parse, which tells where.
func ReadAppFile(root string) (app.AppFile, error) {
	a := &analysis{app: &app.App{Root: root}, fset: token.NewFileSet(), sources: map[string][]byte{}}
	if err := a.readAppFile(filepath.Join(root, "encore.app")); err != nil {
		return app.AppFile{}, err
	}
	return a.app.File, nil
}
