package reqtrack

import (
	"bytes"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"encore.dev/internal/runconfig"
)

// Scope holds what a test has set up for itself: mocks, the user, published messages. Subtests and goroutines of a
// test see its scope; what a subtest sets up stays in a scope of its own.
type Scope struct {
	parent    *Scope
	goroutine int64 // the goroutine that runs the test

	mu     sync.Mutex
	values map[any]any
}

// Testing reports whether the program is a test binary.
func Testing() bool { return runconfig.Get().Metadata.EnvType == "test" }

// CurrentScope returns the scope the calling goroutine sees, nil when there is none.
func CurrentScope() *Scope {
	if c := currentCell(); c != nil {
		return c.scope
	}
	return nil
}

// TestScope returns the scope of the test that the calling goroutine belongs to, and makes it when the test has none
// yet. In TestMain that is the scope of the whole package.
func TestScope() *Scope {
	c := currentCell()
	var inherited *Scope
	var req *Request
	if c != nil {
		inherited, req = c.scope, c.req
	}
	id := goroutineID()
	if inherited != nil && (inherited.goroutine == id || !runsTest()) {
		return inherited
	}
	scope := &Scope{parent: inherited, goroutine: id, values: map[any]any{}}
	setLabels(unsafe.Pointer(&cell{labels: requestLabels, req: req, scope: scope}))
	return scope
}

// Parent returns the scope of the enclosing test, nil when there is none.
func (s *Scope) Parent() *Scope { return s.parent }

// Set stores a value in this scope. A nil value hides that of the enclosing scopes.
func (s *Scope) Set(key, value any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[key] = value
}

// Lookup returns the value of the innermost scope that has one; ok is false when none has. It works on a nil Scope.
func (s *Scope) Lookup(key any) (value any, ok bool) {
	for ; s != nil; s = s.parent {
		s.mu.Lock()
		value, ok = s.values[key]
		s.mu.Unlock()
		if ok {
			return value, true
		}
	}
	return nil, false
}

// Own returns the value that this very scope has for key, and makes it with create when there is none.
func (s *Scope) Own(key any, create func() any) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.values[key]
	if !ok {
		value = create()
		s.values[key] = value
	}
	return value
}

// TestName returns the name of the test function that the calling goroutine runs, such as TestTransfer or, within
// a subtest, TestTransfer.func1; "" when it runs none.
func TestName() string {
	name, _ := testFunction()
	return name
}

// runsTest reports whether the calling goroutine is the one that testing runs a test or subtest on.
func runsTest() bool {
	_, ok := testFunction()
	return ok
}

func testFunction() (name string, ok bool) {
	pcs := make([]uintptr, 1024)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	previous := ""
	for {
		frame, more := frames.Next()
		if frame.Function == "testing.tRunner" || frame.Function == "testing.(*B).runN" {
			_, name, _ = strings.Cut(previous[strings.LastIndexByte(previous, '/')+1:], ".")
			return name, true
		}
		previous = frame.Function
		if !more {
			return "", false
		}
	}
}

// goroutineID reads the number of the calling goroutine from the head of its stack trace: "goroutine 7 [running]:".
func goroutineID() int64 {
	var buf [64]byte
	head := buf[:runtime.Stack(buf[:], false)]
	digits, _, _ := bytes.Cut(bytes.TrimPrefix(head, []byte("goroutine ")), []byte(" "))
	id, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		panic("encore.dev: unexpected stack trace: " + string(head))
	}
	return id
}
