//go:build linux && !race

package photo

import (
	"fmt"
	"os"
	"syscall"
)

// limitMemory makes the process end when it takes this much more memory than it has mapped now. The limit is that of data
// (RLIMIT_DATA): the one of addresses would count what Go reserves and never uses.
func limitMemory(more uint64) error {
	sizes, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	var size, resident, shared, text, library, data uint64 // in pages
	if _, err := fmt.Sscan(string(sizes), &size, &resident, &shared, &text, &library, &data); err != nil {
		return fmt.Errorf("read /proc/self/statm: %w", err)
	}
	limit := data*uint64(os.Getpagesize()) + more
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: limit, Max: limit})
}
