package auth

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
)

// withoutSession is what those endpoints answer that take somebody who has signed in.
var withoutSession = [5]errs.ErrCode{errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied}

// access says what each endpoint answers to each role, in the order of Roles. An endpoint that is missing here, or that
// is gone, fails the test.
var access = map[string]struct {
	call func(*bundle, context.Context) error
	want [5]errs.ErrCode // admin, superstudent, student, syndic, none
}{
	"POST /auth/sign-out": {
		func(b *bundle, ctx context.Context) error { _, err := b.SignOut(ctx); return err },
		[5]errs.ErrCode{errs.OK, errs.OK, errs.OK, errs.OK, errs.OK},
	},
	"PUT /me/password": { // who comes without a session
		func(b *bundle, ctx context.Context) error {
			_, err := b.ChangePassword(ctx, &ChangePasswordParams{CurrentPassword: password, NewPassword: otherPassword})
			return err
		},
		withoutSession,
	},
	"GET /me/second-factor": {
		func(b *bundle, ctx context.Context) error { _, err := b.GetSecondFactor(ctx); return err }, withoutSession,
	},
	"POST /me/second-factor": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.BeginSecondFactor(ctx, &BeginSecondFactorParams{Password: password})
			return err
		}, withoutSession,
	},
	"PUT /me/second-factor": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.ConfirmSecondFactor(ctx, &ConfirmSecondFactorParams{Code: "123456"})
			return err
		}, withoutSession,
	},
	"POST /me/second-factor/remove": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.RemoveSecondFactor(ctx, &RemoveSecondFactorParams{Password: password, Code: "123456"})
			return err
		}, withoutSession,
	},
	"POST /me/recovery-codes": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.RenewRecoveryCodes(ctx, &RenewRecoveryCodesParams{Password: password})
			return err
		}, withoutSession,
	},
	"DELETE /users/:id/second-factor": { // of somebody who does not exist
		func(b *bundle, ctx context.Context) error { _, err := b.ResetSecondFactor(ctx, -1); return err },
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"GET /me/sessions": {
		func(b *bundle, ctx context.Context) error { _, err := b.ListSessions(ctx); return err }, withoutSession,
	},
	"DELETE /me/sessions": {
		func(b *bundle, ctx context.Context) error { _, err := b.EndOtherSessions(ctx); return err }, withoutSession,
	},
	"DELETE /me/sessions/:id": {
		func(b *bundle, ctx context.Context) error { _, err := b.EndSession(ctx, -1); return err }, withoutSession,
	},
	"GET /me/tokens": {
		func(b *bundle, ctx context.Context) error { _, err := b.ListTokens(ctx); return err }, withoutSession,
	},
	"POST /me/tokens": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.CreateToken(ctx, &CreateTokenParams{Name: "export", Scope: ScopeRead, Days: 1, Password: password})
			return err
		}, withoutSession,
	},
	"DELETE /me/tokens/:id": {
		func(b *bundle, ctx context.Context) error { _, err := b.WithdrawToken(ctx, -1); return err }, withoutSession,
	},
	"PUT /me/email": { // who comes without a session
		func(b *bundle, ctx context.Context) error {
			_, err := b.ChangeEmail(ctx, &ChangeEmailParams{Email: "new@example.org", Password: password})
			return err
		},
		withoutSession,
	},
	"PUT /me": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.PutMe(ctx, &PutMeParams{FirstName: "Robin", LastName: "Maes", Language: "nl"})
			return err
		},
		[5]errs.ErrCode{errs.OK, errs.OK, errs.OK, errs.OK, errs.OK},
	},
	"GET /me": {
		func(b *bundle, ctx context.Context) error { _, err := b.Me(ctx); return err },
		[5]errs.ErrCode{errs.OK, errs.OK, errs.OK, errs.OK, errs.OK},
	},
	"GET /users": {
		func(b *bundle, ctx context.Context) error { _, err := b.ListUsers(ctx, &ListUsersParams{}); return err },
		[5]errs.ErrCode{errs.OK, errs.OK, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"GET /users/:id": { // of somebody who does not exist
		func(b *bundle, ctx context.Context) error { _, err := b.GetUser(ctx, -1); return err },
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"PUT /users/:id": { // TestNobodyChangesPersonsOfTheirOwnRank tells the rest
		func(b *bundle, ctx context.Context) error {
			_, err := b.ChangeUser(ctx, -1, &ChangeUserParams{FirstName: "Robin", LastName: "Maes", Language: "nl"})
			return err
		},
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"POST /invitations/:id/renew": { // of one that does not exist
		func(b *bundle, ctx context.Context) error { _, err := b.RenewInvitation(ctx, -1); return err },
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"POST /internal/users/:id/role": { // of somebody who does not exist; TestRanks tells the rest
		func(b *bundle, ctx context.Context) error {
			_, err := b.ChangeRole(ctx, -1, &ChangeRoleParams{Role: RoleStudent})
			return err
		},
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"GET /invitations": {
		func(b *bundle, ctx context.Context) error {
			_, err := b.ListInvitations(ctx, &ListInvitationsParams{})
			return err
		},
		[5]errs.ErrCode{errs.OK, errs.OK, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"POST /internal/invite": { // TestNobodyInvitesAboveTheOwnRank tells the rest
		func(b *bundle, ctx context.Context) error {
			_, err := b.Invite(ctx, &InviteParams{Email: "somebody@example.org", Role: RoleStudent})
			return err
		},
		[5]errs.ErrCode{errs.OK, errs.OK, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
	"DELETE /invitations/:id": { // of one that does not exist
		func(b *bundle, ctx context.Context) error { _, err := b.WithdrawInvitation(ctx, -1); return err },
		[5]errs.ErrCode{errs.NotFound, errs.NotFound, errs.PermissionDenied, errs.PermissionDenied, errs.PermissionDenied},
	},
}

func TestAccess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, endpoint := range access {
		for i, role := range Roles() {
			as(b.user(t, store.User{Role: store.Role(role)}))
			err := endpoint.call(b, t.Context())
			require.Equal(t, endpoint.want[i].String(), errs.Code(err).String(), "%s for %s: %v", name, role, err)
		}
	}
}

func TestNobodyIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, endpoint := range access {
		err := endpoint.call(b, t.Context())
		require.Equal(t, errs.Unauthenticated.String(), errs.Code(err).String(), name)
	}
}

var directive = regexp.MustCompile(`(?m)^//encore:api (public|auth|private)\b.* method=(\S+) path=(\S+)`)

func TestEveryEndpointIsInTheTable(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var public, withAuth []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range directive.FindAllStringSubmatch(string(source), -1) {
			switch endpoint := match[2] + " " + match[3]; match[1] {
			case "public":
				public = append(public, endpoint)
			case "auth":
				withAuth = append(withAuth, endpoint)
			}
		}
	}
	var table []string
	for name := range access {
		table = append(table, name)
	}
	// These two are called by core, in the name of whoever asks.
	require.ElementsMatch(t, table, append(withAuth, "POST /internal/invite", "POST /internal/users/:id/role"))
	require.ElementsMatch(t, []string{
		"POST /auth/sign-in", "POST /auth/invitation", "POST /auth/register", "POST /auth/forgot-password",
		"POST /auth/reset-token", "POST /auth/reset-password", "POST /auth/confirm-email",
		"POST /auth/second-factor",
	}, public)
}
