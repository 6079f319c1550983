// Package route puts stops into an order in which little way is made between them, as the crow flies. It knows no streets: what it
// suggests, a person accepts.
package route

import (
	"math"
	"slices"
)

// Place is where something is on earth, in degrees (WGS 84).
type Place struct{ Latitude, Longitude float64 }

// earthRadius is the mean one, in kilometres.
const earthRadius = 6371.0088

// Kilometres returns the way from one place to another.
func Kilometres(a, b Place) float64 {
	const radian = math.Pi / 180
	north, east := math.Sin((b.Latitude-a.Latitude)*radian/2), math.Sin((b.Longitude-a.Longitude)*radian/2)
	h := north*north + math.Cos(a.Latitude*radian)*math.Cos(b.Latitude*radian)*east*east
	return 2 * earthRadius * math.Asin(math.Sqrt(min(1, h)))
}

// Length returns the way along places in their order, in kilometres. It does not go back to the first.
func Length(places []Place) float64 {
	length := 0.0
	for i := 1; i < len(places); i++ {
		length += Kilometres(places[i-1], places[i])
	}
	return length
}

// startsTried bounds from how many first stops a way is made better.
const startsTried = 8

// Suggest returns an order of the places, as their indices, that is never longer than the one they have: the nearest one next,
// made shorter by turning parts of the way around and by moving short ones elsewhere. keepFirst lets the first stay the first.
// The same places get the same order.
func Suggest(places []Place, keepFirst bool) []int {
	given := make([]int, len(places))
	for i := range given {
		given[i] = i
	}
	if len(places) < 3 && (keepFirst || len(places) < 2) {
		return given
	}
	w := newWays(places)
	best := given
	bestLength := w.length(given)
	fixed := 0
	if keepFirst {
		fixed = 1
	}
	consider := func(order []int) {
		w.improve(order, fixed)
		// A gain that only rounding makes is none.
		if length := w.length(order); length < bestLength-1e-9 {
			best, bestLength = order, length
		}
	}
	consider(slices.Clone(given))
	for _, order := range w.nearest(keepFirst) {
		consider(order)
	}
	return best
}

// ways knows the way between any two places.
type ways struct {
	count int
	table []float64
}

func newWays(places []Place) *ways {
	w := &ways{count: len(places), table: make([]float64, len(places)*len(places))}
	for i, from := range places {
		for k := range i {
			way := Kilometres(from, places[k])
			w.table[i*w.count+k], w.table[k*w.count+i] = way, way
		}
	}
	return w
}

func (w *ways) between(from, to int) float64 { return w.table[from*w.count+to] }

func (w *ways) length(order []int) float64 {
	length := 0.0
	for i := 1; i < len(order); i++ {
		length += w.between(order[i-1], order[i])
	}
	return length
}

// nearest returns ways that always go to the nearest place that is left: from the first place, or the shortest few of those from
// all of them.
func (w *ways) nearest(keepFirst bool) [][]int {
	if keepFirst {
		return [][]int{w.nearestFrom(0)}
	}
	orders := make([][]int, w.count)
	for start := range orders {
		orders[start] = w.nearestFrom(start)
	}
	slices.SortStableFunc(orders, func(a, b []int) int {
		switch la, lb := w.length(a), w.length(b); {
		case la < lb:
			return -1
		case la > lb:
			return 1
		}
		return 0
	})
	return orders[:min(len(orders), startsTried)]
}

func (w *ways) nearestFrom(start int) []int {
	order := make([]int, 0, w.count)
	visited := make([]bool, w.count)
	for at := start; ; {
		order, visited[at] = append(order, at), true
		next := -1
		for candidate := range w.count {
			if !visited[candidate] && (next < 0 || w.between(at, candidate) < w.between(at, next)) {
				next = candidate
			}
		}
		if next < 0 {
			return order
		}
		at = next
	}
}

// gainLeast is what a change must save, in kilometres, to be made: so that rounding does not turn it around for ever.
const gainLeast = 1e-9

// improve shortens a way until no turn and no move helps. The first fixed places stay.
func (w *ways) improve(order []int, fixed int) {
	for w.turn(order, fixed) || w.move(order, fixed) {
	}
}

// turn walks parts of the way the other way around (2-opt), as long as that helps.
func (w *ways) turn(order []int, fixed int) (changed bool) {
	for improved := true; improved; {
		improved = false
		for i := fixed; i < len(order)-1; i++ {
			for k := i + 1; k < len(order); k++ {
				gain := 0.0
				if i > 0 {
					gain += w.between(order[i-1], order[i]) - w.between(order[i-1], order[k])
				}
				if k+1 < len(order) {
					gain += w.between(order[k], order[k+1]) - w.between(order[i], order[k+1])
				}
				if gain > gainLeast {
					slices.Reverse(order[i : k+1])
					improved, changed = true, true
				}
			}
		}
	}
	return changed
}

// longestMove is how many places in a row are moved together.
const longestMove = 3

// move takes up to three places in a row elsewhere (Or-opt), once, where that helps first.
func (w *ways) move(order []int, fixed int) (changed bool) {
	for size := 1; size <= longestMove; size++ {
		for i := fixed; i+size <= len(order); i++ {
			first, last := order[i], order[i+size-1]
			saved := 0.0
			switch {
			case i > 0 && i+size < len(order):
				saved = w.between(order[i-1], first) + w.between(last, order[i+size]) - w.between(order[i-1], order[i+size])
			case i > 0:
				saved = w.between(order[i-1], first)
			case i+size < len(order):
				saved = w.between(last, order[i+size])
			}
			rest := slices.Delete(slices.Clone(order), i, i+size)
			for to := fixed; to <= len(rest); to++ {
				if to == i {
					continue
				}
				cost := 0.0
				switch {
				case to > 0 && to < len(rest):
					cost = w.between(rest[to-1], first) + w.between(last, rest[to]) - w.between(rest[to-1], rest[to])
				case to > 0:
					cost = w.between(rest[to-1], first)
				case to < len(rest):
					cost = w.between(last, rest[to])
				}
				if saved-cost > gainLeast {
					part := slices.Clone(order[i : i+size])
					copy(order, slices.Insert(rest, to, part...))
					return true
				}
			}
		}
	}
	return false
}
