package input

import (
	"fmt"
	"slices"

	"encore.app/internal/refusal"
)

// IDs returns ids in order, each once; never nil.
//
// Errors: invalid_argument with field for more than limit of them, and naming the rows with what is no id.
func IDs(field string, ids []int64, limit int) ([]int64, error) {
	if len(ids) > limit {
		return nil, refusal.Invalid(field, refusal.TooLong, fmt.Sprintf("At most %d at a time.", limit))
	}
	var rows []refusal.Row
	for i, id := range ids {
		if id < 1 {
			rows = append(rows, refusal.Row{Index: i, Reason: refusal.Unknown})
		}
	}
	if len(rows) > 0 {
		return nil, refusal.InvalidRows(field, rows, "An id is a positive number.")
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(ids)))
	if sorted == nil {
		sorted = []int64{}
	}
	return sorted, nil
}
