package stock

import (
	"fmt"
	"reflect"
	"runtime/debug"
	"sync"

	"encore.dev/beta/errs"
	"encore.dev/internal/logs"
	"encore.dev/internal/registry"
	"encore.dev/internal/reqtrack"
)

// Service holds the service struct S of a service; S is struct{} when there is none.
type Service[S any] struct {
	name     string
	create   func() (*S, error)
	instance instance[S]
}

// instance is one service struct, made once.
type instance[S any] struct {
	once  sync.Once
	value *S
	err   error
}

// NewService registers a service.
func NewService[S any](name string) *Service[S] {
	s := &Service[S]{name: name}
	registry.RegisterService(s)
	return s
}

// Init sets the function that makes the service struct; nil = its zero value.
func (s *Service[S]) Init(fn func() (*S, error)) { s.create = fn }

// Get returns the service struct, which the first call makes. Its error has the code Internal.
func (s *Service[S]) Get() (*S, error) {
	i := &s.instance
	if scope := reqtrack.CurrentScope(); scope != nil {
		if isolating := registry.IsolatingScope(scope); isolating != nil {
			i = isolating.Own(s, func() any { return new(instance[S]) }).(*instance[S])
		}
	}
	i.once.Do(func() {
		// What the service starts for itself must not pass for work of the request that happened to need it first.
		i.err = s.failed() // should the init function end its goroutine
		reqtrack.Detached(func() { i.value, i.err = s.begin() })
	})
	return i.value, i.err
}

var errStopping = errs.B().Code(errs.Unavailable).Msg("the program is shutting down").Err()

// begin makes the struct, unless the program is shutting down: nothing would stop the service again.
func (s *Service[S]) begin() (*S, error) {
	program := running.Load()
	if program == nil {
		return s.initialize()
	}
	if !program.begin() {
		return nil, errStopping
	}
	var made any
	defer func() { program.made(made) }()
	value, err := s.initialize()
	if err == nil {
		made = structOf(value)
	}
	return value, err
}

func (s *Service[S]) failed() error {
	return errs.B().Code(errs.Internal).Msgf("service %s: initialization failed", s.name).Err()
}

func (s *Service[S]) initialize() (value *S, err error) {
	defer func() {
		stack := ""
		if panicked := recover(); panicked != nil {
			err, stack = fmt.Errorf("panic: %v", panicked), string(debug.Stack())
		}
		if err == nil {
			return
		}
		line := logs.Start(logs.Error, nil).Str("service", s.name).Err(err)
		if stack != "" {
			line.Str("stack", stack)
		}
		line.Send("service initialization failed")
		value, err = nil, s.failed()
	}()
	if s.create == nil {
		return new(S), nil
	}
	value, err = s.create()
	if err == nil && value == nil {
		err = fmt.Errorf("the init function returned no service struct")
	}
	return value, err
}

// Name returns the name of the service.
func (s *Service[S]) Name() string { return s.name }

// StructType returns the type S.
func (s *Service[S]) StructType() reflect.Type { return reflect.TypeFor[S]() }

// Instance is Get for callers that do not know S.
func (s *Service[S]) Instance() (any, error) {
	value, err := s.Get()
	if err != nil {
		return nil, err
	}
	return value, nil
}
