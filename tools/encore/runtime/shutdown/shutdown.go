// Package shutdown lets services take part in a graceful shutdown.
package shutdown

import "context"

// Handler is implemented by service structs that want to know of a shutdown. Shutdown returns when the service is
// done; the runtime does not wait longer than the configured time.
type Handler interface {
	Shutdown(Progress) error
}

// Progress tells how far a shutdown has come. Each context is done when its stage is reached.
type Progress struct {
	// OutstandingRequests is done when no request is being handled any more.
	OutstandingRequests context.Context
	// OutstandingPubSubMessages is done when no message is being handled any more.
	OutstandingPubSubMessages context.Context
	// OutstandingTasks is done when both of the above are.
	OutstandingTasks context.Context
	// ForceCloseTasks is done when the contexts of the remaining requests and messages are canceled.
	ForceCloseTasks context.Context
	// ForceShutdown is done when the program is about to exit, whatever still runs.
	ForceShutdown context.Context
}
