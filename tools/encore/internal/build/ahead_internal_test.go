package build

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// ended is a build ahead of in that has made program.
func ended(in *input, program *Program) *Ahead {
	done := make(chan struct{})
	close(done)
	return &Ahead{input: in, cancel: func() {}, done: done, program: program}
}

func TestBuildAheadIsTakenOnlyForWhatItWasBegunWith(t *testing.T) {
	t.Parallel()
	in := &input{"app", map[string][]byte{"/main.go": []byte("package main")}}
	same := &input{"app", map[string][]byte{"/main.go": []byte("package main")}}
	b := ended(in, &Program{Path: "/bin/app"})
	require.True(t, b.fits(same))
	program, err := b.wait()
	require.NoError(t, err)
	require.Equal(t, "/bin/app", program.Path)

	require.False(t, b.fits(&input{"other", same.main}), "another name")
	require.False(t, b.fits(&input{"app", map[string][]byte{"/main.go": []byte("package main // and a service")}}), "another content")
	require.False(t, b.fits(&input{"app", nil}), "nothing is generated")
	require.False(t, (*Ahead)(nil).fits(in), "nothing was begun")
}

func TestBuildAheadEndsWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	b := &Ahead{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		<-ctx.Done()
		b.err = errors.New("cancelled")
	}()
	b.Cancel()
	require.Error(t, b.err, "Cancel waits for the end")
	b.Cancel()
	(*Ahead)(nil).Cancel()
}

func TestNothingIsBuiltAheadOfTheFirstBuild(t *testing.T) {
	t.Parallel()
	require.Nil(t, (&Workspace{}).BuildAhead(t.Context()))
}
