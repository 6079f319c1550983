package core

import (
	"context"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/core/access"
	"encore.app/internal/day"
	"encore.app/internal/refusal"
)

func TestARequestWhoseAnswerWasLostIsAnsweredAgain(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region := r.region()
	tour := r.tour(region)
	house, err := r.GetBuilding(r.as(office), r.building(region))
	require.NoError(t, err)
	change := edit(house)
	change.Name = "Ter Duinen"
	newBuilding := r.buildingParams(region)
	stops := []int64{r.building(region)}
	cancelled := r.run()
	spare, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Spare"})
	require.NoError(t, err)

	// The last two are the same id and version for the first and the second answer.
	for name, send := range map[string]func(ctx context.Context, key string) (id, version int64, err error){
		"CreateRegion": func(ctx context.Context, key string) (int64, int64, error) {
			made, err := r.CreateRegion(ctx, &RegionParams{Name: "Kust", IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return made.ID, 0, nil
		},
		"CreateTour": func(ctx context.Context, key string) (int64, int64, error) {
			made, err := r.CreateTour(ctx, &TourParams{RegionID: region, Name: "Kust", IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return made.ID, made.Version, nil
		},
		"PutStops": func(ctx context.Context, key string) (int64, int64, error) {
			changed, err := r.PutStops(ctx, tour, &PutStopsParams{BuildingIDs: stops, Version: 1, IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return changed.ID, changed.Version, nil
		},
		"CreateBuilding": func(ctx context.Context, key string) (int64, int64, error) {
			params := *newBuilding
			params.IdempotencyKey = key
			made, err := r.CreateBuilding(ctx, &params)
			if err != nil {
				return 0, 0, err
			}
			return made.ID, made.Version, nil
		},
		"PutBuilding": func(ctx context.Context, key string) (int64, int64, error) {
			params := *change
			params.IdempotencyKey = key
			changed, err := r.PutBuilding(ctx, house.ID, &params)
			if err != nil {
				return 0, 0, err
			}
			return changed.ID, changed.Version, nil
		},
		"PlanRun": func(ctx context.Context, key string) (int64, int64, error) {
			run, err := r.PlanRun(ctx, &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: day.Format(today), IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return run.ID, run.Version, nil
		},
		"CancelRun": func(ctx context.Context, key string) (int64, int64, error) {
			run, err := r.CancelRun(ctx, cancelled, &CancelRunParams{Reason: "Rain", IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return run.ID, run.Version, nil
		},
		"DeleteRegion": func(ctx context.Context, key string) (int64, int64, error) {
			gone, err := r.DeleteRegion(ctx, spare.ID, &DeleteRegionParams{IdempotencyKey: key})
			if err != nil {
				return 0, 0, err
			}
			return gone.ID, 0, nil
		},
	} {
		key := newID().String()
		id, version, err := send(r.as(admin), key)
		require.NoError(t, err, name)
		events := r.events()
		again, sameVersion, err := send(r.as(admin), key)
		require.NoError(t, err, name)
		require.Equal(t, []int64{id, version}, []int64{again, sameVersion}, name)
		require.Equal(t, events, r.events(), "%s changes nothing again", name)
		_, _, err = send(r.as(admin), newID().String())
		require.Error(t, err, "%s anew is another request", name)
		_, _, err = send(r.as(admin), "key")
		requireDetails(t, err, errs.InvalidArgument, refusal.Details{Field: "idempotency_key", Reason: refusal.Malformed}, name)
	}
}

func TestAPublicIDWhoseAnswerWasLostIsNotRenewedAgain(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	building := r.building(r.region())
	renew := func(key string) string {
		renewed, err := r.RenewPublicID(r.as(office), building, &RenewPublicIDParams{IdempotencyKey: key})
		require.NoError(t, err)
		return renewed.PublicID
	}
	key := newID().String()
	first := renew(key)
	require.Equal(t, first, renew(key), "it may have been printed")
	require.NotEqual(t, first, renew(newID().String()))
}

func TestANameWhoseAnswerWasLostDoesNotReplaceALaterOne(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, key := r.region(), newID().String()
	rename := func(name, key string) {
		_, err := r.RenameRegion(r.as(admin), region, &RegionParams{Name: name, IdempotencyKey: key})
		require.NoError(t, err)
	}
	rename("Kust", key)
	rename("Polder", newID().String())
	rename("Kust", key)
	regions, err := r.ListRegions(r.as(admin), &ListRegionsParams{})
	require.NoError(t, err)
	require.Equal(t, "Polder", regions.Items[0].Name)
}

func TestTheBodyAndThePathBelongToTheRequestOfAKey(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	key, runs := newID().String(), []int64{r.run(), r.run()}
	cancel := func(run int64, reason string) error {
		_, err := r.CancelRun(r.as(office), run, &CancelRunParams{Reason: reason, IdempotencyKey: key})
		return err
	}
	require.NoError(t, cancel(runs[0], "Rain"))
	require.NoError(t, cancel(runs[0], "Rain"))
	for _, err := range []error{cancel(runs[0], "Snow"), cancel(runs[1], "Rain")} {
		requireDetails(t, err, errs.AlreadyExists, refusal.Details{Field: "idempotency_key", Reason: refusal.IDReused})
	}
}

func TestAKeyStandsForOneRequestOfOnePersonForADay(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	region, key := r.region(), newID().String()
	create := func(actor access.Actor, name string) error {
		_, err := r.CreateTour(r.as(actor), &TourParams{RegionID: region, Name: name, IdempotencyKey: key})
		return err
	}
	require.NoError(t, create(office, "Noord"))

	requireDetails(t, create(office, "Zuid"), errs.AlreadyExists, refusal.Details{Field: "idempotency_key", Reason: refusal.IDReused})
	_, err := r.CreateRegion(r.as(admin), &RegionParams{Name: "Noord", IdempotencyKey: key})
	require.NoError(t, err, "keys of others are others")
	requireDetails(t, create(admin, "Oost"), errs.AlreadyExists, refusal.Details{Field: "idempotency_key", Reason: refusal.IDReused})

	r.pass(idempotencyAge)
	require.NoError(t, r.RemoveIdempotencyKeys(t.Context()))
	require.NoError(t, create(office, "Noord"))
	r.pass(time.Minute)
	require.NoError(t, r.RemoveIdempotencyKeys(t.Context()))
	requireRefusal(t, create(office, "Noord"), errs.AlreadyExists, refusal.NameTaken, "the key is forgotten")
}

func TestARefusedRequestIsTriedAgain(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	tour := r.tour(r.region())
	_, err := r.ArchiveTour(r.as(office), tour)
	require.NoError(t, err)
	params := &PlanRunParams{TourID: tour, WorkerID: emma.ID, Date: day.Format(today), IdempotencyKey: newID().String()}
	_, err = r.PlanRun(r.as(office), params)
	requireRefusal(t, err, errs.FailedPrecondition, refusal.Archived)
	_, err = r.UnarchiveTour(r.as(office), tour)
	require.NoError(t, err)
	_, err = r.PlanRun(r.as(office), params)
	require.NoError(t, err)
}

func TestTheSameRequestManyTimesAtOnceIsMadeOnce(t *testing.T) {
	t.Parallel()
	r := newRounds(t)
	params := &PlanRunParams{TourID: r.tour(r.region()), WorkerID: emma.ID, Date: day.Format(today), IdempotencyKey: newID().String()}
	ids := make([]int64, 8)
	for _, err := range together(len(ids), func(i int) error {
		run, err := r.PlanRun(r.as(office), params)
		if err == nil {
			ids[i] = run.ID
		}
		return err
	}) {
		require.NoError(t, err)
	}
	for _, id := range ids {
		require.Equal(t, ids[0], id)
	}
	require.Equal(t, []string{RunPlanned}, r.events())
}
