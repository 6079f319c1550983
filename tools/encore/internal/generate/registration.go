package generate

import (
	"fmt"
	"strings"

	"encore.app/tools/encore/internal/app"
)

// Parameters of generated closures end in an underscore, so that they hide no type of the package.

// linksRuntime is a package of encore.dev, whoever provides it. With the tool's runtime it links what the bridge needs.
const linksRuntime = "encore.dev/rlog"

// write returns the package's StockFile.
func (p *pkg) write() ([]byte, error) {
	s := newSource(p.path)
	s.imports.names[linksRuntime] = "_"
	for _, g := range p.secrets {
		s.f("var _ = %s.LoadSecrets(&%s)\n\n", s.imports.stock(), g.VarName)
	}
	if p.service != nil {
		structType := "struct{}"
		if p.service.Struct != nil {
			structType = p.service.Struct.Name
		}
		s.f("var encoreService = %s.NewService[%s](%q)\n\n", s.imports.stock(), structType, p.service.Name)
		for _, e := range p.service.Endpoints {
			if err := s.descriptor(e); err != nil {
				return nil, fmt.Errorf("endpoint %s: %w", e.Name, err)
			}
		}
	}
	if err := p.writeInit(s); err != nil {
		return nil, err
	}
	if p.service != nil && p.service.Facade() {
		if err := s.facade(p.service.Service); err != nil {
			return nil, err
		}
	}
	return s.file(p.name)
}

// descriptor writes the variable that describes an endpoint. It holds no function values: an endpoint may call another
// one, and a variable that mentions both would be an initialization cycle.
func (s *source) descriptor(e *app.Endpoint) error {
	stock := s.imports.stock()
	s.f("var %s = &%s.Endpoint{\n", descriptorName(e), stock)
	s.f("Service: %q,\nName: %q,\nAccess: %s.%s,\n", e.Service.Name, e.Name, stock, accessNames[e.Access])
	if e.Raw {
		s.f("Raw: true,\n")
	}
	if e.Sensitive {
		s.f("Sensitive: true,\n")
	}
	s.f("Methods: %s,\nPath: %q,\n", stringSlice(e.Methods), e.Path)
	if len(e.PathParams) > 0 {
		s.f("Params: []%s.Param{\n", stock)
		for _, param := range e.PathParams {
			typ, err := s.imports.typeFor(paramType(param))
			if err != nil {
				return fmt.Errorf("path parameter %s: %w", param.Name, err)
			}
			s.f("{Name: %q, Kind: %s.%s, Type: %s},\n", param.Name, stock, paramKinds[param.Kind], typ)
		}
		s.f("},\n")
	}
	if len(e.Tags) > 0 {
		s.f("Tags: %s,\n", stringSlice(e.Tags))
	}
	for _, f := range []struct {
		field string
		typ   *app.Type
	}{{"Request", e.Request}, {"Response", e.Response}} {
		if f.typ == nil {
			continue
		}
		typ, err := s.imports.typeFor(f.typ)
		if err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(f.field), err)
		}
		s.f("%s: %s,\n", f.field, typ)
	}
	if e.Receiver == app.NoReceiver {
		s.f("PackageLevel: true,\n")
	}
	s.f("}\n\n")
	return nil
}

func (p *pkg) writeInit(s *source) error {
	if p.service == nil && p.authHandler == nil && len(p.middleware) == 0 {
		return nil
	}
	s.f("func init() {\n")
	if p.service != nil {
		initFunc := "nil"
		if p.service.Struct != nil && p.service.Struct.Init != "" {
			initFunc = p.service.Struct.Init
		}
		s.f("encoreService.Init(%s)\n", initFunc)
		for _, e := range p.service.Endpoints {
			if err := s.registerEndpoint(e); err != nil {
				return fmt.Errorf("endpoint %s: %w", e.Name, err)
			}
		}
	}
	if p.authHandler != nil {
		if err := s.registerAuthHandler(p.authHandler); err != nil {
			return fmt.Errorf("auth handler %s: %w", p.authHandler.Name, err)
		}
	}
	for _, m := range p.middleware {
		s.registerMiddleware(m)
	}
	for _, sub := range p.subscriptions {
		s.f("%s.RegisterSubscription(%q, %q, %q)\n", s.imports.stock(), sub.Service.Name, sub.Topic.Name, sub.Name)
	}
	for _, job := range p.cronJobs {
		s.f("%s.RegisterCron(%q, %q)\n", s.imports.stock(), job.Service.Name, job.ID)
	}
	s.f("}\n\n")
	return nil
}

func (s *source) registerEndpoint(e *app.Endpoint) error {
	name := descriptorName(e)
	target := e.Name
	if e.Receiver != app.NoReceiver {
		target = "s_." + e.Name
	}
	if e.Raw {
		if e.Receiver == app.NoReceiver {
			s.f("%s.Func = %s\n%s.HandleRaw = %s\n", name, e.Name, name, e.Name)
		} else {
			http := s.imports.http()
			s.f("%s.HandleRaw = func(w_ %s.ResponseWriter, req_ *%s.Request) {\n", name, http, http)
			s.f("s_, err_ := encoreService.Get()\nif err_ != nil {\n%s.HTTPError(w_, err_)\nreturn\n}\n",
				s.imports.name("encore.dev/beta/errs", "errs"))
			s.f("%s(w_, req_)\n}\n", target)
		}
		s.f("%s.RegisterEndpoint(%s)\n", s.imports.stock(), name)
		return nil
	}
	args := []string{"ctx_"}
	for i, param := range e.PathParams {
		typ, err := s.imports.goType(paramType(param))
		if err != nil {
			return err
		}
		args = append(args, fmt.Sprintf("params_[%d].(%s)", i, typ))
	}
	if e.Request != nil {
		typ, err := s.imports.goType(e.Request)
		if err != nil {
			return err
		}
		args = append(args, "req_.("+typ+")")
	}
	s.f("%s.Func = %s\n", name, e.Name)
	s.f("%s.Handle = func(ctx_ %s.Context, params_ []any, req_ any) (any, error) {\n", name, s.imports.context())
	if e.Receiver != app.NoReceiver {
		s.f("s_, err_ := encoreService.Get()\nif err_ != nil {\nreturn nil, err_\n}\n")
	}
	call := target + "(" + strings.Join(args, ", ") + ")"
	if e.Response != nil {
		s.f("return %s\n}\n", call)
	} else {
		s.f("return nil, %s\n}\n", call)
	}
	s.f("%s.RegisterEndpoint(%s)\n", s.imports.stock(), name)
	return nil
}

func (s *source) registerAuthHandler(h *app.AuthHandler) error {
	params, err := s.imports.goType(h.Params)
	if err != nil {
		return err
	}
	s.f("%s.RegisterAuthHandler(&%s.AuthHandler{\n", s.imports.stock(), s.imports.stock())
	if h.Service != nil {
		s.f("Service: %q,\n", h.Service.Name)
	}
	s.f("Name: %q,\nParams: %s.TypeFor[%s](),\n", h.Name, s.imports.reflect(), params)
	if h.Data != nil {
		data, err := s.imports.typeFor(h.Data)
		if err != nil {
			return err
		}
		s.f("Data: %s,\n", data)
	}
	s.f("Handle: func(ctx_ %s.Context, params_ any) (string, any, error) {\n", s.imports.context())
	target := h.Name
	if h.Receiver != app.NoReceiver {
		target = "s_." + h.Name
		s.f("s_, err_ := encoreService.Get()\nif err_ != nil {\nreturn \"\", nil, err_\n}\n")
	}
	if h.Data == nil {
		s.f("uid_, err_ := %s(ctx_, params_.(%s))\nreturn string(uid_), nil, err_\n", target, params)
	} else {
		// A nil pointer in an interface is not nil, so it is taken out here.
		s.f("uid_, data_, err_ := %s(ctx_, params_.(%s))\nif data_ == nil {\nreturn string(uid_), nil, err_\n}\nreturn string(uid_), data_, err_\n", target, params)
	}
	s.f("},\n})\n")
	return nil
}

func (s *source) registerMiddleware(m orderedMiddleware) {
	s.f("%s.RegisterMiddleware(&%s.Middleware{\n", s.imports.stock(), s.imports.stock())
	if m.Service != nil {
		s.f("Service: %q,\n", m.Service.Name)
	}
	s.f("Pkg: %q,\nName: %q,\n", m.PkgName, m.Name)
	if m.Global {
		s.f("Global: true,\n")
	}
	if m.All {
		s.f("All: true,\n")
	}
	if len(m.Tags) > 0 {
		s.f("Tags: %s,\n", stringSlice(m.Tags))
	}
	s.f("Order: %d,\n", m.order)
	if m.Receiver == app.NoReceiver {
		s.f("Handle: %s,\n})\n", m.Name)
		return
	}
	mw := s.imports.middleware()
	s.f("Handle: func(req_ %s.Request, next_ %s.Next) %s.Response {\n", mw, mw, mw)
	s.f("s_, err_ := encoreService.Get()\nif err_ != nil {\nreturn %s.Response{Err: err_}\n}\n", mw)
	s.f("return s_.%s(req_, next_)\n},\n})\n", m.Name)
}

// facade writes the functions that stand for method endpoints, and the interface of the service.
func (s *source) facade(service *app.Service) error {
	var methods strings.Builder
	for _, e := range service.Endpoints {
		if e.Raw {
			continue
		}
		params, args := []string{"ctx_ " + s.imports.context() + ".Context"}, []string{}
		for i, param := range e.PathParams {
			typ, err := s.imports.goType(paramType(param))
			if err != nil {
				return fmt.Errorf("endpoint %s: %w", e.Name, err)
			}
			arg := fmt.Sprintf("p%d_", i)
			params, args = append(params, arg+" "+typ), append(args, arg)
		}
		request := "nil"
		if e.Request != nil {
			typ, err := s.imports.goType(e.Request)
			if err != nil {
				return fmt.Errorf("endpoint %s: %w", e.Name, err)
			}
			params, request = append(params, "req_ "+typ), "req_"
		}
		result, call := "error", "CallEmpty"
		if e.Response != nil {
			typ, err := s.imports.goType(e.Response)
			if err != nil {
				return fmt.Errorf("endpoint %s: %w", e.Name, err)
			}
			result, call = "("+typ+", error)", "Call["+typ+"]"
		}
		values := "nil"
		if len(args) > 0 {
			values = "[]any{" + strings.Join(args, ", ") + "}"
		}
		signature := fmt.Sprintf("%s(%s) %s", e.Name, strings.Join(params, ", "), result)
		fmt.Fprintln(&methods, signature)
		if e.Receiver != app.NoReceiver {
			s.f("// %s calls the endpoint %s.%s.\n", e.Name, service.Name, e.Name)
			s.f("func %s {\nreturn %s.%s(ctx_, %s, %s, %s)\n}\n\n", signature, s.imports.stock(), call, descriptorName(e), values, request)
		}
	}
	s.f("// Interface lists the endpoints of %s that can be called from code.\ntype Interface interface {\n%s}\n", service.Name, methods.String())
	return nil
}

func descriptorName(e *app.Endpoint) string { return "encoreEndpoint_" + e.Name }

// paramType is the Go type of a path parameter; raw endpoints read theirs as text.
func paramType(p app.PathParam) *app.Type {
	if p.GoType == nil {
		return &app.Type{Kind: app.Builtin, Name: "string"}
	}
	return p.GoType
}

func stringSlice(values []string) string { return fmt.Sprintf("%#v", values) }

var accessNames = map[app.Access]string{app.Public: "Public", app.Auth: "Auth", app.Private: "Private"}

var paramKinds = map[app.PathParamKind]string{
	app.ParamSegment: "Segment", app.ParamWildcard: "Wildcard", app.ParamFallback: "Fallback",
}
