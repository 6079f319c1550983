package generate

import "encore.app/tools/encore/internal/app"

// writeMain returns the main package: it links the packages that register something and starts the runtime.
func writeMain(a *app.App, packages []string, o Options) ([]byte, error) {
	s := newSource("")
	for _, path := range packages {
		s.imports.names[path] = "_"
	}
	program := s.imports.program()
	s.f("func main() {\n%s.Main(&%s.App{\n", program, program)
	s.f("ID: %q,\n", a.File.ID)
	if o.Revision != "" {
		s.f("Revision: %q,\n", o.Revision)
	}
	if o.Dirty {
		s.f("Dirty: true,\n")
	}
	cors := a.File.GlobalCORS
	s.f("CORS: %s.CORS{\n", program)
	if cors.Debug {
		s.f("Debug: true,\n")
	}
	for _, list := range []struct {
		field  string
		values []string
	}{
		{"AllowHeaders", cors.AllowHeaders},
		{"ExposeHeaders", cors.ExposeHeaders},
		{"AllowOriginsWithoutCredentials", cors.AllowOriginsWithoutCredentials},
		{"AllowOriginsWithCredentials", cors.AllowOriginsWithCredentials},
	} {
		if list.values != nil { // nil and empty differ: no list means every origin
			s.f("%s: %s,\n", list.field, stringSlice(list.values))
		}
	}
	s.f("},\n")
	if a.File.LogLevel != "" {
		s.f("LogLevel: %q,\n", a.File.LogLevel)
	}
	s.f("})\n}\n")
	return s.file("main")
}
