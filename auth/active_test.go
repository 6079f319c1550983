package auth

import (
	"os"
	"os/exec"
	"strconv"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

// runAccount runs scripts/account on the database of the test, as an operator does on the installation's.
func (b *bundle) runAccount(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	psql, err := exec.LookPath("psql")
	require.NoError(t, err)
	at := b.pool.Config().ConnConfig
	// The script names the database "auth"; the last -d counts.
	wrapper := t.TempDir() + "/psql"
	require.NoError(t, os.WriteFile(wrapper, []byte("#!/bin/sh\nexec "+psql+" \"$@\" -d \""+at.Database+"\"\n"), 0o700))
	command := exec.CommandContext(t.Context(), "../scripts/account", arguments...)
	command.Env = append(os.Environ(), "ACCOUNT_PSQL="+wrapper, "PGHOST="+at.Host, "PGPORT="+strconv.Itoa(int(at.Port)),
		"PGUSER="+at.User, "PGPASSWORD="+at.Password)
	out, err := command.CombinedOutput()
	return string(out), err
}

func TestTheOperatorRemovesAnAdministratorWhoseAccountWasTakenOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	owner := b.user(t, store.User{Role: store.RoleAdmin})
	taken := b.user(t, store.User{Role: store.RoleAdmin, Email: "o'neil@example.org"})
	token, who := b.session(t, taken)
	_, _ = b.session(t, taken)
	ownToken, _ := b.session(t, owner)
	signedInAs(who)
	accomplice, err := b.Invite(t.Context(), &InviteParams{Email: "accomplice@example.org", Role: RoleAdmin})
	require.NoError(t, err)
	as(owner)
	_, err = b.ChangeRole(t.Context(), taken.ID, &ChangeRoleParams{Role: RoleNone})
	requireRefused(t, err, errs.PermissionDenied, refusal.HigherRank) // which is why there is a script

	out, err := b.runAccount(t, "deactivate", "O'Neil@example.org")
	require.NoError(t, err, out)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: token})
	requireRefused(t, err, errs.Unauthenticated, refusal.SignedOut)
	_, err = b.SignIn(t.Context(), &SignInParams{Email: taken.Email, Password: password})
	requireRefused(t, err, errs.Unauthenticated, refusal.WrongCredentials)
	_, err = b.Register(t.Context(), registration(accomplice.Token))
	requireRefused(t, err, errs.NotFound, refusal.Missing)
	_, _, err = b.Authenticate(t.Context(), &Credentials{Session: ownToken})
	require.NoError(t, err, "nobody else is concerned")
	var devices int
	require.NoError(t, b.pool.QueryRow(t.Context(), `select count(*) from devices where user_id = $1`, taken.ID).Scan(&devices))
	require.Zero(t, devices)

	ended := 0
	for _, event := range b.events(t) { // open connections end
		require.Equal(t, taken.ID, event.UserID)
		if event.Type == AccountDeactivated {
			continue
		}
		require.Equal(t, SessionEnded, event.Type)
		require.NotZero(t, event.SessionID)
		require.False(t, event.OccurredAt.IsZero())
		ended++
	}
	require.Equal(t, 2, ended)
	requireChange(t, b.changes(t), AccountDeactivated, "account", 0, `"active": true`, `"active": false`)
	requireChange(t, b.changes(t), "invitation.withdrawn", "invitation", 0, `"email": "accomplice@example.org"`, "")

	out, err = b.runAccount(t, "activate", taken.Email)
	require.NoError(t, err, out)
	b.session(t, taken)
	requireChange(t, b.changes(t), AccountReactivated, "account", 0, `"active": false`, `"active": true`)
	out, err = b.runAccount(t, "activate", taken.Email)
	require.NoError(t, err, out)
	requireChange(t, b.changes(t), AccountReactivated, "account", 0, `"active": false`, `"active": true`) // once

	out, err = b.runAccount(t, "deactivate", "nobody@example.org")
	require.Error(t, err)
	require.Contains(t, out, "no account has the e-mail address nobody@example.org")
	_, err = b.runAccount(t, "remove", taken.Email)
	require.Error(t, err)
}
