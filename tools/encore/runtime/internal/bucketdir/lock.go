package bucketdir

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFile is what processes lock to change an object's two files together. It is never removed.
const lockFile = "lock"

// locked runs f while nobody changes an object's files, or alone when it changes them itself (exclusive).
func (b *Bucket) locked(exclusive bool, f func() error) error {
	// The lock belongs to the opened file, so that it also keeps goroutines of one process apart.
	file, err := b.root.OpenFile(lockFile, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		if err = syscall.Flock(int(file.Fd()), how); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return errors.Join(fmt.Errorf("lock the bucket: %w", err), file.Close())
	}
	return errors.Join(f(), file.Close()) // closing unlocks
}
