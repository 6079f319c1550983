package auth

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

func ids(users []*User) []int64 {
	list := make([]int64, len(users))
	for i, user := range users {
		list[i] = user.ID
	}
	return list
}

func TestListUsersFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin, LastName: "Aerts"})
	emma := b.user(t, store.User{FirstName: "Emma", LastName: "Peeters", RegionIds: []int64{1, 2}, Email: "emma_p@example.org"})
	noor := b.user(t, store.User{FirstName: "Noor", LastName: "claeys", RegionIds: []int64{2}, Phone: "+32470000000"})
	syndic := b.user(t, store.User{Role: store.RoleSyndic, LastName: "De Smet", Email: "100%@example.org"})
	b.deactivate(t, syndic)
	as(admin)

	for name, c := range map[string]struct {
		params ListUsersParams
		want   []int64
	}{
		"all, by name whatever the case": {ListUsersParams{}, []int64{admin.ID, noor.ID, syndic.ID, emma.ID}},
		"role":                           {ListUsersParams{Role: "student"}, []int64{noor.ID, emma.ID}},
		"region":                         {ListUsersParams{Region: 1}, []int64{emma.ID}},
		"role and region":                {ListUsersParams{Role: "syndic", Region: 2}, []int64{}},
		"part of the name":               {ListUsersParams{Q: " EMMA pee "}, []int64{emma.ID}},
		"part of the address":            {ListUsersParams{Q: "a_p@"}, []int64{emma.ID}},
		"no wildcard":                    {ListUsersParams{Q: "_@"}, []int64{}},
		"a percent sign":                 {ListUsersParams{Q: "100%@"}, []int64{syndic.ID}},
	} {
		answer, err := b.ListUsers(t.Context(), &c.params)
		require.NoError(t, err, name)
		require.Equal(t, c.want, ids(answer.Items), name)
		require.Empty(t, answer.NextCursor, name)
	}

	answer, err := b.ListUsers(t.Context(), &ListUsersParams{Role: "syndic"})
	require.NoError(t, err)
	require.Equal(t, []*User{{
		ID: syndic.ID, Email: "100%@example.org", FirstName: "Robin", LastName: "De Smet",
		Language: "nl", Role: RoleSyndic, RegionIDs: []int64{}, Active: false,
	}}, answer.Items)
}

func TestASearchFindsPeopleWithoutAccents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	composed := b.user(t, store.User{FirstName: "Éléonore", LastName: "Müller", Email: "em@example.org"})
	decomposed := b.user(t, store.User{FirstName: "E\u0301le\u0301onore", LastName: "Çelik"})
	b.user(t, store.User{FirstName: "Leonor", LastName: "Mulder"})
	as(b.user(t, store.User{Role: store.RoleAdmin}))
	for q, want := range map[string][]int64{
		"eleonore":                  {decomposed.ID, composed.ID},
		"ÉLÉONORE":                  {decomposed.ID, composed.ID},
		"e\u0301le\u0301o":          {decomposed.ID, composed.ID},
		"celik éleo":                {decomposed.ID},
		"muller eleonore":           {composed.ID},
		"mül em@example":            {composed.ID},
		"eleonore mulder":           {},
		"eleonore \u0301 muller %_": {},
	} {
		answer, err := b.ListUsers(t.Context(), &ListUsersParams{Q: q})
		require.NoError(t, err, q)
		require.Equal(t, want, ids(answer.Items), q)
	}
}

func TestASearchForPeopleReadsTheIndex(t *testing.T) {
	t.Parallel()
	b := setup(t)
	conn, err := b.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), "set enable_seqscan = off")
	require.NoError(t, err)
	var plan []byte
	require.NoError(t, conn.QueryRow(t.Context(), `explain (format json) select id from users
		where searchable(first_name || ' ' || last_name || ' ' || email) like searchable('%Éleo%')`).Scan(&plan))
	require.Contains(t, string(plan), "users_search")
}

func TestListUsersRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(b.user(t, store.User{Role: store.RoleSuperstudent}))
	for name, c := range map[string]struct {
		params ListUsersParams
		field  string
		reason refusal.Reason
	}{
		"a role that does not exist": {ListUsersParams{Role: "boss"}, "role", refusal.Unknown},
		"a long search":              {ListUsersParams{Q: strings.Repeat("a", 101)}, "q", refusal.TooLong},
		"a large page":               {ListUsersParams{Limit: 201}, "limit", refusal.OutOfRange},
		"a foreign cursor":           {ListUsersParams{Cursor: "abc"}, "cursor", refusal.Malformed},
	} {
		_, err := b.ListUsers(t.Context(), &c.params)
		require.Error(t, err, name)
		require.Equal(t, refusal.Details{Field: c.field, Reason: c.reason}, errs.Details(err), name)
	}
}

func TestListUsersPagesMissNobody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.user(t, store.User{Role: store.RoleAdmin, LastName: "Zzz"})
	as(admin)
	want := map[int64]bool{admin.ID: true}
	for i := range 11 { // the same names, in different cases, so that the id must decide
		name := "Élise"
		if i%2 == 0 {
			name = strings.ToUpper(name)
		}
		want[b.user(t, store.User{FirstName: name, LastName: "Ünal"}).ID] = true
	}
	got, cursor := map[int64]bool{}, ""
	for page := 0; ; page++ {
		require.Less(t, page, 10, "the pages do not end")
		answer, err := b.ListUsers(t.Context(), &ListUsersParams{Limit: 3, Cursor: cursor})
		require.NoError(t, err)
		for _, id := range ids(answer.Items) {
			require.False(t, got[id], "twice")
			got[id] = true
		}
		if cursor = answer.NextCursor; cursor == "" {
			break
		}
		require.Len(t, answer.Items, 3)
	}
	require.Equal(t, want, got)
}

func TestRule14UsersAreSortedAsPeopleSort(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(b.user(t, store.User{Role: store.RoleAdmin, LastName: "Zzz"}))
	want := []string{"Aerts", "claeys", "De Smet", "Étienne", "Evers", "Maes 9", "Maes 10", "Öztürk", "Peeters"}
	for _, i := range []int{6, 3, 0, 7, 1, 8, 5, 2, 4} {
		b.user(t, store.User{FirstName: "Emma", LastName: want[i]})
	}
	for _, size := range []int{1, 2, 200} { // the cursor goes on where the order does
		var got []string
		for cursor, more := "", true; more; more = cursor != "" {
			answer, err := b.ListUsers(t.Context(), &ListUsersParams{Limit: size, Cursor: cursor})
			require.NoError(t, err)
			for _, user := range answer.Items {
				got = append(got, user.LastName)
			}
			cursor = answer.NextCursor
			require.LessOrEqual(t, len(got), len(want)+1, "the pages do not end")
		}
		require.Equal(t, append(slices.Clone(want), "Zzz"), got, size)
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	people := map[Role]store.User{}
	for _, role := range Roles() {
		people[role] = b.user(t, store.User{Role: store.Role(role)})
	}
	// Who may give which role to whom: both must be of a lower rank, the given role may be of their own.
	allowed := map[Role]func(whom, given Role) bool{
		RoleAdmin: func(whom, _ Role) bool { return whom != RoleAdmin },
		RoleSuperstudent: func(whom, given Role) bool {
			return whom != RoleAdmin && whom != RoleSuperstudent && given != RoleAdmin
		},
		RoleStudent: func(_, _ Role) bool { return false },
		RoleSyndic:  func(_, _ Role) bool { return false },
		RoleNone:    func(_, _ Role) bool { return false },
	}
	for _, actor := range Roles() {
		for _, whom := range Roles() {
			for _, given := range Roles() {
				name := fmt.Sprintf("%s gives %s to %s", actor, given, whom)
				person := b.user(t, store.User{Role: store.Role(whom)})
				as(people[actor])
				changed, err := b.ChangeRole(t.Context(), person.ID, &ChangeRoleParams{Role: given})
				if allowed[actor](whom, given) {
					require.NoError(t, err, name)
					require.Equal(t, given, changed.Role, name)
				} else {
					require.Equal(t, errs.PermissionDenied, errs.Code(err), name)
				}
				stored, err := b.query.UserByID(t.Context(), person.ID)
				require.NoError(t, err)
				require.Equal(t, allowed[actor](whom, given) && given != whom, Role(stored.Role) != whom, name)
			}
		}
	}
}

func TestNobodyChangesTheOwnRole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, role := range []store.Role{store.RoleAdmin, store.RoleSuperstudent} {
		user := b.user(t, store.User{Role: role})
		as(user)
		_, err := b.ChangeRole(t.Context(), user.ID, &ChangeRoleParams{Role: RoleStudent})
		requireRefused(t, err, errs.PermissionDenied, refusal.OwnRole)
	}
	require.Empty(t, b.events(t))
}

func TestChangeRoleRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	as(b.user(t, store.User{Role: store.RoleAdmin}))
	user := b.user(t, store.User{})
	_, err := b.ChangeRole(t.Context(), user.ID, &ChangeRoleParams{})
	requireRefused(t, err, errs.InvalidArgument, refusal.Required)
	_, err = b.ChangeRole(t.Context(), user.ID, &ChangeRoleParams{Role: "boss"})
	requireRefused(t, err, errs.InvalidArgument, refusal.Unknown)
	_, err = b.ChangeRole(t.Context(), user.ID+1000, &ChangeRoleParams{Role: RoleSyndic})
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestARoleChangedTwiceAtOnceIsOneEvent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{Role: store.RoleStudent})
	as(b.user(t, store.User{Role: store.RoleAdmin}))
	var wg sync.WaitGroup
	results := make(chan error, 8)
	for range cap(results) {
		wg.Go(func() {
			_, err := b.ChangeRole(t.Context(), user.ID, &ChangeRoleParams{Role: RoleSuperstudent})
			results <- err
		})
	}
	wg.Wait()
	close(results)
	for err := range results {
		require.NoError(t, err)
	}
	events := b.events(t)
	require.Len(t, events, 1)
	require.Equal(t, RoleChanged, events[0].Type)
	require.Equal(t, RoleSuperstudent, events[0].Role)
}

func TestUsersForOtherServices(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, two := b.user(t, store.User{Email: "One@example.org"}), b.user(t, store.User{})

	byID, err := b.UsersByID(t.Context(), &UsersByIDParams{IDs: []int64{two.ID, one.ID, two.ID, 0, -5}})
	require.NoError(t, err)
	require.Equal(t, []int64{one.ID, two.ID}, ids(byID.Users))

	byEmail, err := b.UsersByEmail(t.Context(), &UsersByEmailParams{Emails: []string{" one@EXAMPLE.org", "nobody@example.org"}})
	require.NoError(t, err)
	require.Equal(t, []*User{userOf(one)}, byEmail.Users)

	none, err := b.UsersByID(t.Context(), &UsersByIDParams{})
	require.NoError(t, err)
	require.Equal(t, []*User{}, none.Users)

	_, err = b.UsersByID(t.Context(), &UsersByIDParams{IDs: make([]int64, 1001)})
	requireRefused(t, err, errs.InvalidArgument, refusal.TooLong)
	_, err = b.UsersByEmail(t.Context(), &UsersByEmailParams{Emails: make([]string, 1001)})
	requireRefused(t, err, errs.InvalidArgument, refusal.TooLong)
}

func TestWhoWorksInRegions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one := b.user(t, store.User{RegionIds: []int64{1, 2}})
	two := b.user(t, store.User{RegionIds: []int64{2, 3}})
	b.user(t, store.User{RegionIds: []int64{4}})
	gone := b.user(t, store.User{RegionIds: []int64{2}})
	_, err := b.pool.Exec(t.Context(), `update users set active = false where id = $1`, gone.ID)
	require.NoError(t, err)
	for want, regions := range map[int64][]int64{one.ID: {1, 99}, two.ID: {3}} {
		found, err := b.Workers(t.Context(), &WorkersParams{RegionIDs: regions})
		require.NoError(t, err)
		require.Equal(t, []int64{want}, ids(found.Users))
	}
	both, err := b.Workers(t.Context(), &WorkersParams{RegionIDs: []int64{2, 1}})
	require.NoError(t, err)
	require.ElementsMatch(t, []int64{one.ID, two.ID}, ids(both.Users), "each once, without those who may not sign in")
	named, err := b.Workers(t.Context(), &WorkersParams{RegionIDs: []int64{99}, IDs: []int64{gone.ID}})
	require.NoError(t, err)
	require.Equal(t, []int64{gone.ID}, ids(named.Users), "who is named is told of whoever they are")
}

func TestAssignRegions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	user := b.user(t, store.User{RegionIds: []int64{9}})
	assign := func(regions ...int64) {
		changed, err := b.AssignRegions(t.Context(), &AssignRegionsParams{UserID: user.ID, RegionIDs: regions})
		require.NoError(t, err)
		stored, err := b.query.UserByID(t.Context(), user.ID)
		require.NoError(t, err)
		require.Equal(t, stored.RegionIds, changed.RegionIDs)
	}
	assign(3, 1, 3)
	assign(1, 3) // the same again
	assign()     // none is possible too

	var got [][]int64
	for _, event := range b.events(t) {
		require.Equal(t, RegionsChanged, event.Type)
		got = append(got, event.RegionIDs)
	}
	require.Equal(t, [][]int64{{1, 3}, {}}, got)

	_, err := b.AssignRegions(t.Context(), &AssignRegionsParams{UserID: user.ID + 1000})
	requireRefused(t, err, errs.NotFound, refusal.Missing)
}

func TestOneAccountPerAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.user(t, store.User{Email: "emma@example.org"})
	_, err := b.pool.Exec(t.Context(), `insert into users (email, first_name, last_name) values ('Emma@Example.org', 'E', 'P')`)
	require.ErrorContains(t, err, "users_email")
}
