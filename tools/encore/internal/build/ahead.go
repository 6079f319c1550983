package build

import (
	"bytes"
	"context"
	"maps"
)

// input is what is generated for a program.
type input struct {
	name string // of the program
	main map[string][]byte
}

// Ahead is a build that has begun before it is known whether what is generated for it still fits the source.
type Ahead struct {
	input   *input
	cancel  context.CancelFunc
	done    chan struct{} // closed when it has ended
	program *Program
	err     error
}

// BuildAhead begins to build the source as it is now with the main package of the last Build: most changes leave what is
// generated as it was, and the compiler need not wait until that is known. The result is for Options.Ahead of the next
// Build; who makes none cancels it. It is nil when there was no Build for development, which has nothing to cancel.
func (w *Workspace) BuildAhead(ctx context.Context) *Ahead {
	if w.last == nil {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	b := &Ahead{input: w.last, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.program, b.err = w.compile(ctx, w.overlayFile(), b.input.name, Options{})
	}()
	return b
}

// Cancel ends the build, whose result nobody wants, and waits until it has ended. It may be called more than once.
func (b *Ahead) Cancel() {
	if b != nil {
		b.cancel()
		<-b.done
	}
}

// fits tells whether the build has what is wanted.
func (b *Ahead) fits(in *input) bool {
	return b != nil && b.input.name == in.name && maps.EqualFunc(b.input.main, in.main, bytes.Equal)
}

func (b *Ahead) wait() (*Program, error) {
	<-b.done
	b.cancel()
	return b.program, b.err
}
