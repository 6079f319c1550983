package reqtrack

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// The profiler labels of a goroutine are one pointer, which the runtime copies when a goroutine starts another one.
// It points to runtime/pprof.labelMap: a list of labels. A cell begins with such a list, so the profiler, which follows
// the pointer, finds valid labels there; what comes after the list is ours. The first label's key tells a cell from
// a label set of the application.
//
// Code that sets labels itself (pprof.Do, pprof.SetGoroutineLabels) cuts the association for as long as its labels
// are in place. Where there is a context, the request is found in it instead.

// label has the layout of the elements of runtime/pprof.labelMap.
type label struct{ key, value string }

// cell is what the labels of our goroutines point to. It is not changed once it is in place.
type cell struct {
	labels []label // must be first
	req    *Request
	scope  *Scope
}

// cellKey is the key of the first label of every cell; its address makes it unmistakable.
var cellKey = string([]byte("encore"))

var requestLabels = []label{{cellKey, "request"}}

// PrepareLabels gives goroutines that serve e labels with its names, so that profiles can be split by endpoint. It is
// called once, before the first request.
func (e *Endpoint) PrepareLabels() {
	e.labels = []label{{cellKey, "request"}, {"endpoint", e.Service + "." + e.Name}}
}

// Detached runs f on a goroutine of its own that belongs to no request, so that what f starts does not either. In tests
// it belongs to the caller's test. It returns when f has.
func Detached(f func()) {
	var own *cell
	if scope := CurrentScope(); scope != nil {
		own = &cell{labels: requestLabels, scope: scope}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		setLabels(unsafe.Pointer(own))
		f()
	}()
	<-done
}

//go:linkname getLabels runtime/pprof.runtime_getProfLabel
func getLabels() unsafe.Pointer

//go:linkname setLabels runtime/pprof.runtime_setProfLabel
func setLabels(labels unsafe.Pointer)

func currentCell() *cell {
	pointer := getLabels()
	if pointer == nil {
		return nil
	}
	labels := *(*[]label)(pointer)
	if len(labels) == 0 || unsafe.StringData(labels[0].key) != unsafe.StringData(cellKey) {
		return nil
	}
	return (*cell)(pointer)
}

// The layout is not promised by the standard library, so it is compared with that of a real label set once per process.
func init() {
	previous := getLabels()
	defer setLabels(previous)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("a", "1", "b", "2")))
	if labels := *(*[]label)(getLabels()); len(labels) != 2 || labels[0] != (label{"a", "1"}) || labels[1] != (label{"b", "2"}) {
		panic("encore.dev: this Go version keeps goroutine labels in another way than the runtime expects")
	}
}
