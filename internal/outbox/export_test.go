package outbox

import "time"

// SetTiming sets when the relay looks by itself. It must be called before Start.
func (r *Relay) SetTiming(poll, minBackoff, maxBackoff time.Duration) {
	r.timing = timing{poll, minBackoff, maxBackoff}
}

// Backoffs returns the waits after so many failures in a row.
func (r *Relay) Backoffs(failures int) (waits []time.Duration) {
	wait := time.Duration(0)
	for range failures {
		wait = r.timing.backoff(wait)
		waits = append(waits, wait)
	}
	return waits
}
