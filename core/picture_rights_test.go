package core

import (
	"testing"

	"github.com/stretchr/testify/require"

	"encore.app/core/access"
)

// The endpoints for files are raw, and cannot be called from the table of the package rights: this is their part of it.
func TestFilesOfPicturesAnswerEveryRole(t *testing.T) {
	t.Parallel()
	const (
		ok, hidden     = "ok", "not_found"
		denied, signIn = "permission_denied", "unauthenticated"
	)
	r := newRounds(t)
	for name, check := range map[string]struct {
		actor         *access.Actor
		upload, fetch string
	}{
		"admin": {&admin, denied, ok}, "superstudent": {&office, denied, ok}, "worker": {&emma, ok, ok},
		"student": {&lucas, hidden, hidden}, "syndic": {&martin, denied, ok}, "other syndic": {&nadia, denied, hidden},
		"none": {&nobody, denied, denied}, "anonymous": {nil, signIn, signIn},
	} {
		ctx := t.Context()
		if check.actor != nil {
			ctx = r.as(*check.actor)
		}
		run, buildings := r.startedRun()
		code, _ := r.sendIn(ctx, r.form(run, buildings[0], StepArrival)).refusal(t)
		require.Equal(t, check.upload, code, "upload as %s", name)
		code, _ = r.fetch(ctx, r.picture(run, buildings[0], StepArrival).ID.String(), sizeLarge, "").refusal(t)
		require.Equal(t, check.fetch, code, "fetch as %s", name)
	}
}
