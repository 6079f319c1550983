package route_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/quick"
	"time"

	"github.com/stretchr/testify/require"

	"encore.app/core/route"
)

// ghent makes places within a few kilometres.
func ghent(seed uint64, count int) []route.Place {
	random := rand.New(rand.NewPCG(seed, 1))
	places := make([]route.Place, count)
	for i := range places {
		places[i] = route.Place{Latitude: 51.02 + random.Float64()*0.06, Longitude: 3.68 + random.Float64()*0.1}
	}
	return places
}

func inOrder(places []route.Place, order []int) []route.Place {
	ordered := make([]route.Place, len(order))
	for i, place := range order {
		ordered[i] = places[place]
	}
	return ordered
}

func TestKilometres(t *testing.T) {
	t.Parallel()
	brussels, ghent := route.Place{Latitude: 50.8466, Longitude: 4.3528}, route.Place{Latitude: 51.0543, Longitude: 3.7174}
	require.InDelta(t, 50.1, route.Kilometres(brussels, ghent), 0.5)
	require.Zero(t, route.Kilometres(ghent, ghent))
	require.InDelta(t, 20015, route.Kilometres(route.Place{}, route.Place{Longitude: 180}), 1)
}

func TestASuggestionIsAPermutationThatIsNeverLonger(t *testing.T) {
	t.Parallel()
	property := func(seed uint64, size uint8, keepFirst, double bool) bool {
		places := ghent(seed, int(size)%60)
		if double { // several buildings at one address
			places = append(places, places...)
		}
		order := route.Suggest(places, keepFirst)
		sorted := slices.Sorted(slices.Values(order))
		for i, place := range sorted {
			if i != place {
				return false
			}
		}
		return len(order) == len(places) &&
			(!keepFirst || len(order) == 0 || order[0] == 0) &&
			route.Length(inOrder(places, order)) <= route.Length(places)+1e-9 &&
			slices.Equal(order, route.Suggest(slices.Clone(places), keepFirst))
	}
	require.NoError(t, quick.Check(property, &quick.Config{MaxCount: 300, Rand: nil}))
}

func TestAnOrderThatIsGoodStays(t *testing.T) {
	t.Parallel()
	line := make([]route.Place, 20)
	for i := range line {
		line[i] = route.Place{Latitude: 51, Longitude: 3.7 + float64(i)*0.001}
	}
	straight := route.Suggest(line, true)
	require.True(t, slices.IsSorted(straight))
	require.Equal(t, straight, route.Suggest(line, false))

	shuffled := slices.Clone(line)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
	require.InDelta(t, route.Length(line), route.Length(inOrder(shuffled, route.Suggest(shuffled, false))), 1e-9)
	require.Empty(t, route.Suggest(nil, false))
	require.Equal(t, []int{0}, route.Suggest(line[:1], true))
}

func TestASuggestionBeatsTheNearestNeighbour(t *testing.T) {
	t.Parallel()
	var ratio float64
	const tours = 10
	for seed := range uint64(tours) {
		places := ghent(seed, 100)
		ratio += route.Length(inOrder(places, route.Suggest(places, true))) / route.Length(inOrder(places, nearestNeighbour(places)))
	}
	t.Logf("a suggestion is %.3f of the nearest neighbour's way", ratio/tours)
	require.Less(t, ratio/tours, 0.9)
}

// nearestNeighbour is what a person would do: always to the nearest place that is left.
func nearestNeighbour(places []route.Place) []int {
	order, left := []int{0}, make([]int, 0, len(places))
	for i := 1; i < len(places); i++ {
		left = append(left, i)
	}
	for len(left) > 0 {
		at := places[order[len(order)-1]]
		next := 0
		for i := range left {
			if route.Kilometres(at, places[left[i]]) < route.Kilometres(at, places[left[next]]) {
				next = i
			}
		}
		order = append(order, left[next])
		left = slices.Delete(left, next, next+1)
	}
	return order
}

func TestTheLongestTourIsOrderedSoon(t *testing.T) {
	t.Parallel()
	places := ghent(3, 200)
	began := time.Now()
	route.Suggest(places, false)
	// A hundred milliseconds on a machine that does nothing else: BenchmarkSuggest.
	require.Less(t, time.Since(began), 2*time.Second)
}

// BenchmarkSuggest orders the longest tour, and tells the way beside the nearest neighbour's.
func BenchmarkSuggest(b *testing.B) {
	places := ghent(3, 200)
	var order []int
	for b.Loop() {
		order = route.Suggest(places, false)
	}
	b.ReportMetric(route.Length(inOrder(places, order))/route.Length(inOrder(places, nearestNeighbour(places))), "of-nearest")
}
