package auth

import (
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"encore.dev/beta/errs"
	"github.com/stretchr/testify/require"

	"encore.app/auth/store"
	"encore.app/internal/limit"
	"encore.app/internal/refusal"
)

const (
	// burst is how many people sign in at the same moment.
	burst = 500
	// hashMemory is what one hash takes, in MB: 500 at once would be 9,500.
	hashMemory = 19
	// burstMemory is how many times the memory of those hashes that are computed at once the program may grow by: they are
	// garbage for a while.
	burstMemory = 6
)

// BenchmarkBurstOfSignIns lets 500 people sign in at the same moment, each from an address of their own. Who is told that too
// many are signing in comes back after the time that the answer names. It fails when a bound is missed.
func BenchmarkBurstOfSignIns(b *testing.B) {
	s := setup(b)
	users := make([]store.User, burst)
	for i := range users {
		users[i] = s.user(b, store.User{})
	}
	// The real cost, and the one hash of everybody's password at it.
	hashes, err := newPasswords(passwordCost)
	require.NoError(b, err)
	s.passwords, s.now = hashes, time.Now
	hash, err := s.passwords.hash(b.Context(), password)
	require.NoError(b, err)
	_, err = s.pool.Exec(b.Context(), `update users set password_hash = $1`, hash)
	require.NoError(b, err)
	start := time.Now()
	_, err = s.passwords.verify(b.Context(), password, hash)
	require.NoError(b, err)
	one := time.Since(start)
	debug.FreeOSMemory()
	for b.Loop() {
		before := residentMB(b)
		peak := watchPeak(b)
		var mu sync.Mutex
		refused := 0
		start := time.Now()
		var people sync.WaitGroup
		for i, user := range users {
			from := visitor{Client: limit.Client{Address: fmt.Sprintf("198.51.%d.%d", 100+i/250, i%250)}}
			people.Go(func() {
				for {
					_, err := s.signIn(b.Context(), &SignInParams{Email: user.Email, Password: password}, from)
					if err == nil {
						return
					}
					details, ok := errs.Details(err).(refusal.Details)
					if !ok || details.Reason != refusal.Busy {
						b.Errorf("sign in: %v", err)
						return
					}
					mu.Lock()
					refused++
					mu.Unlock()
					<-time.After(time.Duration(details.RetryAfter) * time.Second)
				}
			})
		}
		people.Wait()
		took, grown := time.Since(start), peak()-before
		atOnce := int64(cap(s.passwords.hashing) * hashMemory)
		b.ReportMetric(float64(grown), "MB-more")
		b.ReportMetric(float64(grown)/float64(atOnce), "x-hashes-at-once")
		b.ReportMetric(took.Seconds(), "s-until-all-are-in")
		b.ReportMetric(float64(refused), "told-to-wait")
		b.ReportMetric(took.Seconds()/(one.Seconds()*burst), "x-one-after-the-other")
		b.Logf("%d MB more; all in after %s, %d told to come back; one hash takes %s", grown, took, refused, one)
		require.Less(b, grown, burstMemory*atOnce, "MB")
	}
}

// watchPeak measures the resident memory until the function that it returns is called, which returns the most, in MB.
func watchPeak(b *testing.B) (peak func() int64) {
	b.Helper()
	stop, most := make(chan struct{}), make(chan int64)
	go func() {
		highest := int64(0)
		for {
			highest = max(highest, residentMB(b))
			select {
			case <-stop:
				most <- highest
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-most
	}
}

// residentMB is the memory that the program has of the machine.
func residentMB(b *testing.B) int64 {
	b.Helper()
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("the memory of a process is read from /proc, which only Linux has")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(content))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize()) >> 20
}
