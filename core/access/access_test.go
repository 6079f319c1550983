package access_test

import (
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
)

func TestScopes(t *testing.T) {
	t.Parallel()

	all, worker, syndic := access.Scope{All: true}, access.Scope{Worker: 7}, access.Scope{Syndic: 7}
	refused := (*access.Scope)(nil)

	type scopes struct{ regions, buildings, tours, runs, ownRuns, pictures *access.Scope }
	for role, want := range map[auth.Role]scopes{
		auth.RoleAdmin:        {&all, &all, &all, &all, &worker, &all},
		auth.RoleSuperstudent: {&all, &all, &all, &all, &worker, &all},
		auth.RoleStudent:      {&all, &worker, &worker, &worker, &worker, &worker},
		auth.RoleSyndic:       {&syndic, &syndic, refused, refused, refused, &syndic},
		auth.RoleNone:         {refused, refused, refused, refused, refused, refused},
		"":                    {refused, refused, refused, refused, refused, refused},
	} {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()

			actor := access.Actor{ID: 7, Role: role}
			for name, check := range map[string]struct {
				decide func(access.Actor) (access.Scope, error)
				want   *access.Scope
			}{
				"regions":     {access.Regions, want.regions},
				"buildings":   {access.Buildings, want.buildings},
				"tours":       {access.Tours, want.tours},
				"runs":        {access.Runs, want.runs},
				"own runs":    {access.OwnRuns, want.ownRuns},
				"pictures":    {access.Pictures, want.pictures},
				"collections": {access.Collections, want.buildings},
			} {
				scope, err := check.decide(actor)
				if check.want == nil {
					require.Equal(t, errs.PermissionDenied, errs.Code(err), name)
					require.Zero(t, scope, "%s: a refusal must not carry a scope", name)
					continue
				}
				require.NoError(t, err, name)
				require.Equal(t, *check.want, scope, name)
			}
		})
	}
}

func TestWorkIsForTheOwnWorkerOnly(t *testing.T) {
	t.Parallel()

	for name, check := range map[string]struct {
		actor access.Actor
		see   errs.ErrCode
		work  errs.ErrCode
	}{
		"its worker":              {access.Actor{ID: 7, Role: auth.RoleStudent}, errs.OK, errs.OK},
		"its worker, office":      {access.Actor{ID: 7, Role: auth.RoleSuperstudent}, errs.OK, errs.OK},
		"another student":         {access.Actor{ID: 8, Role: auth.RoleStudent}, errs.NotFound, errs.NotFound},
		"the office":              {access.Actor{ID: 1, Role: auth.RoleAdmin}, errs.OK, errs.PermissionDenied},
		"a syndic":                {access.Actor{ID: 9, Role: auth.RoleSyndic}, errs.PermissionDenied, errs.PermissionDenied},
		"its worker, now no role": {access.Actor{ID: 7, Role: auth.RoleNone}, errs.PermissionDenied, errs.PermissionDenied},
	} {
		require.Equal(t, check.see, code(access.SeeRun(check.actor, 7)), "%s sees", name)
		require.Equal(t, check.work, code(access.Work(check.actor, 7)), "%s works", name)
	}
}

func TestWhoMayChangeTheCompany(t *testing.T) {
	t.Parallel()

	denied, hidden := errs.PermissionDenied, errs.NotFound
	for role, want := range map[auth.Role]struct{ regions, office, own, foreign, student, admin, self errs.ErrCode }{
		auth.RoleAdmin:        {errs.OK, errs.OK, errs.OK, errs.OK, errs.OK, denied, errs.OK},
		auth.RoleSuperstudent: {denied, errs.OK, errs.OK, errs.OK, errs.OK, denied, errs.OK},
		auth.RoleStudent:      {denied, denied, denied, denied, denied, denied, denied},
		auth.RoleSyndic:       {denied, denied, errs.OK, hidden, denied, denied, denied},
		auth.RoleNone:         {denied, denied, denied, denied, denied, denied, denied},
	} {
		actor := access.Actor{ID: 7, Role: role}
		require.Equal(t, want.regions, code(access.WriteRegions(actor)), "%s: regions", role)
		require.Equal(t, want.regions, code(access.WriteWasteKinds(actor)), "%s: kinds of waste", role)
		if role == auth.RoleNone {
			require.Equal(t, denied, code(access.WasteKinds(actor)), role)
		} else {
			require.NoError(t, access.WasteKinds(actor), role)
		}
		require.Equal(t, want.office, code(access.OfficeOnly(actor)), "%s: what is the office's", role)
		require.Equal(t, want.own, code(access.ChangeBuilding(actor, []int64{6, 7})), "%s: own building", role)
		require.Equal(t, want.foreign, code(access.ChangeBuilding(actor, []int64{6})), "%s: another building", role)
		require.Equal(t, want.student, code(access.AssignRegions(actor, 8, auth.RoleStudent)), "%s: a student", role)
		require.Equal(t, want.admin, code(access.AssignRegions(actor, 8, auth.RoleAdmin)), "%s: an admin", role)
		require.Equal(t, want.self, code(access.AssignRegions(actor, 7, role)), "%s: themselves", role)
	}
}

func code(err error) errs.ErrCode {
	if err == nil {
		return errs.OK
	}
	return errs.Code(err)
}
