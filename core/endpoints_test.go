package core

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core/access"
	"encore.app/internal/day"
)

// permission is what an endpoint answers to whom: a code, "ok" when it does what it is asked. The run and the pictures
// that are asked for belong to worker and to syndic's buildings; student is another one.
type permission struct {
	access                                                               string
	admin, superstudent, worker, student, syndic, withoutRole, anonymous string
	// elsewhere says for endpoints that are not called here why, and where it is tested what they answer.
	elsewhere string
}

const (
	ok     = "ok"
	hidden = "not_found"
	denied = "permission_denied"
	signIn = "unauthenticated"
)

// permissions is the table of every endpoint of the application.
var permissions = map[string]permission{
	"auth.SignIn":             {access: "public", elsewhere: "for whoever knows the password: auth"},
	"auth.SignOut":            {access: "auth", elsewhere: "for every session, which it ends: auth"},
	"auth.Me":                 {access: "auth", elsewhere: "for every account, which it needs: auth"},
	"auth.ListUsers":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"auth.ChangeRole":         {access: "private", elsewhere: "for services only, which ask as who calls them: auth"},
	"auth.ListInvitations":    {access: "auth", elsewhere: "for the office: auth"},
	"auth.Invite":             {access: "private", elsewhere: "for services only, which ask as who calls them: auth"},
	"auth.WithdrawInvitation": {access: "auth", elsewhere: "for the office: auth"},
	"auth.ReadInvitation":     {access: "public", elsewhere: "for whoever has the link of an invitation: auth"},
	"auth.Register":           {access: "public", elsewhere: "for whoever has the link of an invitation: auth"},
	"auth.UsersByID":          {access: "private", elsewhere: "for services only"},
	"auth.UsersByEmail":       {access: "private", elsewhere: "for services only"},
	"auth.AssignRegions":      {access: "private", elsewhere: "for services only"},
	"auth.RegionInUse":        {access: "private", elsewhere: "for services only"},
	"auth.InvitationLink":     {access: "private", elsewhere: "for services only"},
	"auth.SessionState":       {access: "private", elsewhere: "for services only"},
	"auth.EndExpiredSessions": {access: "private", elsewhere: "for services only"},

	"core.ListRegions":       {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.ListBuildings":     {"auth", ok, ok, ok, ok, ok, denied, signIn, ""},
	"core.GetBuilding":       {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.ListTours":         {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.GetTour":           {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.CreateRegion":      {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.RenameRegion":      {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.DeleteRegion":      {"auth", ok, denied, denied, denied, denied, denied, signIn, ""},
	"core.Invite":            {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ChangeRole":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutUserRegions":    {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.CreateBuilding":    {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutBuilding":       {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.ArchiveBuilding":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveBuilding": {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.RenewPublicID":     {"auth", ok, ok, denied, denied, ok, denied, signIn, ""},
	"core.CreateTour":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutTour":           {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutStops":          {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.ArchiveTour":       {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.UnarchiveTour":     {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},

	"core.ListRuns":       {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.MyRuns":         {"auth", ok, ok, ok, ok, denied, denied, signIn, ""},
	"core.GetRun":         {"auth", ok, ok, ok, hidden, denied, denied, signIn, ""},
	"core.PlanRun":        {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.StartRun":       {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.CompleteRun":    {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.CancelRun":      {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},
	"core.PutStep":        {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.PutOutcome":     {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.UploadPicture":  {"auth", denied, denied, ok, hidden, denied, denied, signIn, ""},
	"core.GetPicture":     {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.GetPictureFile": {"auth", ok, ok, ok, hidden, ok, denied, signIn, ""},
	"core.GetDashboard":   {"auth", ok, ok, denied, denied, denied, denied, signIn, ""},

	"core.RunsForEvents":           {access: "private", elsewhere: "for services only"},
	"core.RemoveUnfinishedUploads": {access: "private", elsewhere: "for services only"},
	"core.RunAccess":               {access: "private", elsewhere: "for services only: realtime"},
	"core.BuildingAccess":          {access: "private", elsewhere: "for services only: realtime"},

	"realtime.Socket":      {access: "auth", elsewhere: "for every account; rights are checked per channel: realtime"},
	"docs.Document":        {access: "public", elsewhere: "for everybody: docs"},
	"docs.Explorer":        {access: "public", elsewhere: "for everybody: docs"},
	"frontendproxy.App":    {access: "public", elsewhere: "for everybody: frontend-proxy"},
	"frontendproxy.Config": {access: "public", elsewhere: "for everybody: frontend-proxy"},
}

func TestEveryEndpointIsInTheTable(t *testing.T) {
	t.Parallel()
	declared := endpoints(t, "..")
	require.Contains(t, declared, "core.GetRun", "the endpoints must be found at all")
	for name, level := range declared {
		row, listed := permissions[name]
		require.True(t, listed, "%s is new: say in the table who may call it", name)
		require.Equal(t, level, row.access, "access level of %s", name)
	}
	for name := range permissions {
		require.Contains(t, declared, name, "the table has an endpoint that is gone")
	}
}

func TestEveryEndpointAnswersEveryRoleAsTheTableSays(t *testing.T) {
	t.Parallel()
	calls := map[string]func(r *rounds, ctx context.Context) error{
		"auth.ListUsers": func(_ *rounds, ctx context.Context) error {
			_, err := auth.ListUsers(ctx, &auth.ListUsersParams{})
			return err
		},
	}
	maps.Copy(calls, coreCalls)
	for name, row := range permissions {
		if row.elsewhere != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := calls[name]
			require.NotNil(t, call, "no call is written for it")
			r := newRounds(t)
			for _, check := range []struct {
				role  string
				actor *access.Actor
				want  string
			}{
				{"admin", &admin, row.admin}, {"superstudent", &office, row.superstudent}, {"worker", &emma, row.worker},
				{"student", &lucas, row.student}, {"syndic", &martin, row.syndic}, {"none", &nobody, row.withoutRole},
				{"anonymous", nil, row.anonymous},
			} {
				ctx := t.Context()
				if check.actor != nil {
					ctx = encoreauth.WithContext(r.as(*check.actor), encoreauth.UID(strconv.FormatInt(check.actor.ID, 10)),
						&auth.Data{UserID: check.actor.ID, Role: check.actor.Role})
				}
				err := call(r, ctx)
				got := ok
				if err != nil {
					got = errs.Code(err).String()
				}
				require.Equal(t, check.want, got, "%s as %s: %v", name, check.role, err)
			}
		})
	}
}

// coreCalls call the endpoints of this service about something of emma's and martin's.
var coreCalls = map[string]func(r *rounds, ctx context.Context) error{
	"core.ListRegions": func(r *rounds, ctx context.Context) error {
		_, err := r.ListRegions(ctx, &ListRegionsParams{})
		return err
	},
	"core.ListBuildings": func(r *rounds, ctx context.Context) error {
		_, err := r.ListBuildings(ctx, &ListBuildingsParams{})
		return err
	},
	"core.GetBuilding": func(r *rounds, ctx context.Context) error {
		_, buildings := r.startedRun()
		_, err := r.GetBuilding(ctx, buildings[0])
		return err
	},
	"core.ListTours": func(r *rounds, ctx context.Context) error {
		_, err := r.ListTours(ctx, &ListToursParams{})
		return err
	},
	"core.GetTour": func(r *rounds, ctx context.Context) error {
		run, err := r.query.FindRun(r.t.Context(), r.run())
		require.NoError(r.t, err)
		_, err = r.GetTour(ctx, run.TourID)
		return err
	},
	"core.CreateRegion": func(r *rounds, ctx context.Context) error {
		_, err := r.CreateRegion(ctx, &RegionParams{Name: "Region " + next()})
		return err
	},
	"core.RenameRegion": func(r *rounds, ctx context.Context) error {
		_, err := r.RenameRegion(ctx, r.region(), &RegionParams{Name: "Region " + next()})
		return err
	},
	"core.DeleteRegion": func(r *rounds, ctx context.Context) error {
		id, err := r.query.InsertRegion(r.t.Context(), "Region "+next())
		require.NoError(r.t, err)
		_, err = r.DeleteRegion(ctx, id)
		return err
	},
	"core.Invite": func(r *rounds, ctx context.Context) error {
		_, err := r.Invite(ctx, &auth.InviteParams{Email: "new@example.org", Role: auth.RoleStudent, RegionIDs: []int64{r.region()}})
		return err
	},
	"core.ChangeRole": func(r *rounds, ctx context.Context) error {
		_, err := r.ChangeRole(ctx, emma.ID, &auth.ChangeRoleParams{Role: auth.RoleSyndic})
		return err
	},
	"core.PutUserRegions": func(r *rounds, ctx context.Context) error {
		_, err := r.PutUserRegions(ctx, emma.ID, &PutUserRegionsParams{RegionIDs: []int64{r.region()}})
		return err
	},
	"core.CreateBuilding": func(r *rounds, ctx context.Context) error {
		_, err := r.CreateBuilding(ctx, r.buildingParams(r.region()))
		return err
	},
	"core.PutBuilding": func(r *rounds, ctx context.Context) error {
		building, err := r.GetBuilding(r.as(office), r.building(r.region()))
		require.NoError(r.t, err)
		_, err = r.PutBuilding(ctx, building.ID, edit(building))
		return err
	},
	"core.ArchiveBuilding": func(r *rounds, ctx context.Context) error {
		_, err := r.ArchiveBuilding(ctx, r.building(r.region()))
		return err
	},
	"core.UnarchiveBuilding": func(r *rounds, ctx context.Context) error {
		_, err := r.UnarchiveBuilding(ctx, r.building(r.region()))
		return err
	},
	"core.RenewPublicID": func(r *rounds, ctx context.Context) error {
		_, err := r.RenewPublicID(ctx, r.building(r.region()))
		return err
	},
	"core.CreateTour": func(r *rounds, ctx context.Context) error {
		_, err := r.CreateTour(ctx, &TourParams{RegionID: r.region(), Name: "Tour " + next()})
		return err
	},
	"core.PutTour": func(r *rounds, ctx context.Context) error {
		region := r.region()
		_, err := r.PutTour(ctx, r.tour(region), &TourParams{RegionID: region, Name: "Tour " + next(), Version: 1})
		return err
	},
	"core.PutStops": func(r *rounds, ctx context.Context) error {
		_, err := r.PutStops(ctx, r.tour(r.region()), &PutStopsParams{Version: 1})
		return err
	},
	"core.ArchiveTour": func(r *rounds, ctx context.Context) error {
		_, err := r.ArchiveTour(ctx, r.tour(r.region()))
		return err
	},
	"core.UnarchiveTour": func(r *rounds, ctx context.Context) error {
		_, err := r.UnarchiveTour(ctx, r.tour(r.region()))
		return err
	},
	"core.ListRuns": func(r *rounds, ctx context.Context) error {
		_, err := r.ListRuns(ctx, &ListRunsParams{})
		return err
	},
	"core.MyRuns": func(r *rounds, ctx context.Context) error {
		_, err := r.MyRuns(ctx, &MyRunsParams{})
		return err
	},
	"core.GetRun": func(r *rounds, ctx context.Context) error {
		_, err := r.GetRun(ctx, r.run())
		return err
	},
	"core.PlanRun": func(r *rounds, ctx context.Context) error {
		_, err := r.PlanRun(ctx, &PlanRunParams{TourID: r.tour(r.region()), WorkerID: emma.ID, Date: day.Format(today)})
		return err
	},
	"core.StartRun": func(r *rounds, ctx context.Context) error {
		_, err := r.StartRun(ctx, r.run(), r.start())
		return err
	},
	"core.CompleteRun": func(r *rounds, ctx context.Context) error {
		run, _ := r.startedRun()
		_, err := r.CompleteRun(ctx, run, r.complete("Storm"))
		return err
	},
	"core.CancelRun": func(r *rounds, ctx context.Context) error {
		_, err := r.CancelRun(ctx, r.run(), &CancelRunParams{Reason: "Storm"})
		return err
	},
	"core.PutStep": func(r *rounds, ctx context.Context) error {
		run, buildings := r.startedRun()
		r.picture(run, buildings[0], StepArrival)
		_, err := r.PutStep(ctx, run, buildings[0], StepArrival, &PutStepParams{ID: newID(), OccurredAt: r.now()})
		return err
	},
	"core.PutOutcome": func(r *rounds, ctx context.Context) error {
		run, buildings := r.startedRun()
		_, err := r.PutOutcome(ctx, run, buildings[0], &PutOutcomeParams{
			ID: newID(), Outcome: OutcomeSkipped, Reason: "Closed", OccurredAt: r.now(),
		})
		return err
	},
	"core.UploadPicture": func(r *rounds, ctx context.Context) error {
		run, buildings := r.startedRun()
		return r.sendIn(ctx, r.form(run, buildings[0], StepArrival)).err(r.t)
	},
	"core.GetPicture": func(r *rounds, ctx context.Context) error {
		run, buildings := r.startedRun()
		_, err := r.GetPicture(ctx, r.picture(run, buildings[0], StepArrival).ID)
		return err
	},
	"core.GetPictureFile": func(r *rounds, ctx context.Context) error {
		run, buildings := r.startedRun()
		return r.fetch(ctx, r.picture(run, buildings[0], StepArrival).ID.String(), sizeLarge, "").err(r.t)
	},
	"core.GetDashboard": func(r *rounds, ctx context.Context) error {
		_, err := r.GetDashboard(ctx, &GetDashboardParams{})
		return err
	},
}

// err is the answer of a raw endpoint as the error that another endpoint would return.
func (a answer) err(t testing.TB) error {
	t.Helper()
	code, details := a.refusal(t)
	for c := errs.OK; c <= errs.Unauthenticated; c++ {
		if c.String() == code && c != errs.OK {
			return &errs.Error{Code: c, Details: details}
		}
	}
	return nil
}

// endpoints reads from the source below root which endpoints there are, with their access levels. Other modules and
// what is no application code are left out.
func endpoints(t *testing.T, root string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root:
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || slices.Contains([]string{"tools", "e2e", "node_modules", "testdata", "web"}, entry.Name()) ||
				strings.HasPrefix(entry.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		case entry.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			function, isFunction := declaration.(*ast.FuncDecl)
			if !isFunction || function.Doc == nil {
				continue
			}
			for _, comment := range function.Doc.List {
				if options, isEndpoint := strings.CutPrefix(comment.Text, "//encore:api "); isEndpoint {
					found[file.Name.Name+"."+function.Name.Name] = strings.Fields(options)[0]
				}
			}
		}
		return nil
	}))
	return found
}
