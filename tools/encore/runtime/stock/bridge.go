package stock

import (
	"context"
	"reflect"

	bridge "encore.stock"

	"encore.dev/beta/auth"
	"encore.dev/internal/invoke"
	"encore.dev/internal/registry"
	"encore.dev/middleware"
)

// Generated registration files call the bridge, whose packages exist beside any runtime; this one plugs itself in.
func init() { bridge.Use(plug{}) }

type plug struct{}

func (plug) RegisterService(name string, structType reflect.Type, create func() (any, error)) func() (any, error) {
	s := &bridgedService{Service: Service[any]{name: name}, structType: structType}
	s.Init(func() (*any, error) {
		value, err := create()
		return &value, err
	})
	registry.RegisterService(s)
	return s.Instance
}

// bridgedService is a service whose struct is only known by its type.
type bridgedService struct {
	Service[any]

	structType reflect.Type
}

// structOf returns the service struct that value points to or, for a bridged service, holds.
func structOf[S any](value *S) any {
	if held, ok := any(value).(*any); ok {
		return *held
	}
	return value
}

// StructType returns the type of the service struct.
func (s *bridgedService) StructType() reflect.Type { return s.structType }

// Instance returns a pointer to the service struct.
func (s *bridgedService) Instance() (any, error) {
	value, err := s.Get()
	if err != nil {
		return nil, err
	}
	return structOf(value), nil
}

func (plug) RegisterEndpoint(e *bridge.Endpoint) func(ctx context.Context, params []any, req any) (any, error) {
	registered := &registry.Endpoint{
		Service: e.Service, Name: e.Name, Access: registry.Access(e.Access), Raw: e.Raw, Sensitive: e.Sensitive,
		Methods: e.Methods, Path: e.Path, Tags: e.Tags, Request: e.Request, Response: e.Response,
		Func: e.Func, PackageLevel: e.PackageLevel, Handle: e.Handle, HandleRaw: e.HandleRaw,
	}
	for _, p := range e.Params {
		registered.Params = append(registered.Params, registry.Param{Name: p.Name, Kind: registry.ParamKind(p.Kind), Type: p.Type})
	}
	registry.RegisterEndpoint(registered)
	return func(ctx context.Context, params []any, req any) (any, error) {
		return invoke.Call(ctx, registered, params, req)
	}
}

func (plug) RegisterAuthHandler(h *bridge.AuthHandler) {
	registry.RegisterAuthHandler(&registry.AuthHandler{
		Service: h.Service, Name: h.Name, Params: h.Params, Data: h.Data,
		Handle: func(ctx context.Context, params any) (auth.UID, any, error) {
			uid, data, err := h.Handle(ctx, params)
			return auth.UID(uid), data, err
		},
	})
}

func (plug) RegisterMiddleware(m *bridge.Middleware) {
	registry.RegisterMiddleware(&registry.Middleware{
		Service: m.Service, Pkg: m.Pkg, Name: m.Name, Global: m.Global, All: m.All, Tags: m.Tags, Order: m.Order,
		Handle: m.Handle.(func(middleware.Request, middleware.Next) middleware.Response),
	})
}

func (plug) RegisterSubscription(service, topic, subscription string) {
	registry.RegisterSubscription(service, topic, subscription)
}

func (plug) RegisterCron(service, id string) { registry.RegisterCron(service, id) }

func (plug) LoadSecrets(group any) { LoadSecrets(group) }
