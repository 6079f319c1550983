package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	encoreauth "encore.dev/beta/auth"
	"encore.dev/beta/errs"
	"encore.dev/et"
	"encore.dev/storage/sqldb"
	"encore.dev/types/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"encore.app/auth"
	"encore.app/core"
	changes "encore.app/internal/audit"
	"encore.app/internal/refusal"
)

// noon is when tests take place, 13 o'clock in Brussels.
var noon = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// log is the service with a database of its own, where everybody is called First<id> Last<id> and every thing <kind>-<id>.
type log struct {
	*Service
	t    *testing.T
	pool *pgxpool.Pool
	// asked counts what other services were asked.
	asked int
}

func newLog(t *testing.T) *log {
	t.Helper()
	database, err := et.NewTestDatabase(t.Context(), "audit")
	require.NoError(t, err)
	zone, err := time.LoadLocation("Europe/Brussels")
	require.NoError(t, err)
	l := &log{t: t, pool: sqldb.Driver[*pgxpool.Pool](database)}
	l.Service = newService(l.pool, zone)
	l.people = func(_ context.Context, ids []int64) ([]*auth.User, error) {
		l.asked++
		users := []*auth.User{}
		for _, id := range ids {
			users = append(users, &auth.User{ID: id, FirstName: fmt.Sprint("First", id), LastName: fmt.Sprint("Last", id)})
		}
		return users, nil
	}
	l.forgotten = func(_ context.Context, p *auth.ForgottenAddressesParams) (*auth.ForgottenAddressesResponse, error) {
		answer := &auth.ForgottenAddressesResponse{Emails: []string{}}
		if p.UserID == 3 && slices.Contains(p.Emails, "emma@example.org") {
			answer.Emails, answer.AnonymisedAt = []string{"emma@example.org"}, &noon
		}
		return answer, nil
	}
	l.things = func(_ context.Context, p *core.NamesParams) ([]core.ThingName, error) {
		l.asked++
		named := []core.ThingName{}
		for kind, ids := range map[string][]int64{
			"region": p.RegionIDs, "building": p.BuildingIDs, "tour": p.TourIDs, "run": p.RunIDs,
			"collection": p.CollectionIDs, "collection_rule": p.RuleIDs,
		} {
			for _, id := range ids {
				named = append(named, core.ThingName{Kind: kind, ID: id, Name: fmt.Sprint(kind, "-", id)})
			}
		}
		return named, nil
	}
	return l
}

// record adds a change; what is not set has a valid value.
func (l *log) record(e changes.Event) changes.Event {
	l.t.Helper()
	if e.ID == "" {
		e.ID = uuid.Must(uuid.NewV4()).String()
	}
	if e.Kind == "" {
		e.Kind = "building.changed"
	}
	if e.ThingKind == "" {
		e.ThingKind, e.ThingID = "building", "12"
	}
	if e.Actor == (changes.Actor{}) {
		e.Actor = changes.Actor{UserID: 2, SessionID: 20, Address: "192.0.2.1"}
	}
	if e.OccurredAt.IsZero() {
		e.OccurredAt = noon
	}
	for _, facts := range []*json.RawMessage{&e.Before, &e.After} {
		if *facts == nil {
			*facts = json.RawMessage("null")
		}
	}
	require.NoError(l.t, l.Record(l.t.Context(), &e))
	return e
}

// list reads the first page as the office.
func (l *log) list(p *ListParams) *ListResponse {
	l.t.Helper()
	as(auth.RoleSuperstudent)
	answer, err := l.List(l.t.Context(), p)
	require.NoError(l.t, err)
	return answer
}

// kinds are what happened, in the order of the list.
func (l *log) kinds(p *ListParams) []string {
	l.t.Helper()
	kinds := []string{}
	for _, entry := range l.list(p).Items {
		kinds = append(kinds, entry.Kind)
	}
	return kinds
}

// as makes the test the request of somebody with the role.
func as(role auth.Role) {
	et.OverrideAuthInfo(encoreauth.UID(strconv.Itoa(2)), &auth.Data{UserID: 2, SessionID: 20, Role: role, Scope: auth.ScopeWrite})
}

func requireRefusal(t *testing.T, err error, code errs.ErrCode, reason refusal.Reason) {
	t.Helper()
	require.Equal(t, code, errs.Code(err), err)
	require.Equal(t, reason, refusal.ReasonOf(err), err)
}
