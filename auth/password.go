package auth

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/secure/precis"

	"encore.app/internal/refusal"
)

type passwordParams = argon2id.Params

// passwordCost is what a hash costs: 19 MiB and two passes, the least that OWASP recommends for argon2id.
var passwordCost = passwordParams{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

const (
	// hashTimeout is how long a request waits for its turn to hash before it is told to come back.
	hashTimeout = 3 * time.Second
	// maxBusyPause is after how many seconds at most: those who wait together are told different times, so that they do not
	// come together again.
	maxBusyPause = 6
)

// passwords hashes and verifies passwords, few at a time, because each takes its share of memory and a processor.
type passwords struct {
	cost passwordParams
	// hashing holds an entry for each hash that is being computed; it is full when no more may be.
	hashing slots
	// nobody is the hash that stands in for an account that does not exist, so that both answers take equally long.
	nobody string
}

// slots is a semaphore: entering sends, leaving receives.
type slots chan struct{}

func newPasswords(cost passwordParams) (*passwords, error) {
	nobody, err := argon2id.CreateHash("no account has this password", &cost)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return &passwords{cost: cost, hashing: make(slots, max(2, runtime.GOMAXPROCS(0))), nobody: nobody}, nil
}

// hash returns the hash of a password in PHC form. Passwords that differ only in how a keyboard composes their letters
// have one hash (RFC 8265, OpaqueString).
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.enter(ctx); err != nil {
		return "", err
	}
	defer p.leave()
	hash, err := argon2id.CreateHash(passwordForms(password)[0], &p.cost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// verify reports whether hash was made from password. An empty hash matches no password, and takes as long.
func (p *passwords) verify(ctx context.Context, password, hash string) (bool, error) {
	if err := p.enter(ctx); err != nil {
		return false, err
	}
	defer p.leave()
	known := hash != ""
	if !known {
		hash = p.nobody
	}
	for _, form := range passwordForms(password) {
		match, err := argon2id.ComparePasswordAndHash(form, hash)
		if err != nil {
			return false, fmt.Errorf("verify a password: %w", err)
		}
		if match {
			return known, nil
		}
	}
	return false, nil
}

// passwordForms returns the form in which a password is hashed, and after it the password as it was typed when that is
// another: accounts from before the first form was introduced may have its hash.
func passwordForms(password string) []string {
	opaque, err := precis.OpaqueString.String(password)
	if err != nil || opaque == password { // not a text that could be chosen today
		return []string{password}
	}
	return []string{opaque, password}
}

// enter waits until one more hash may be computed. When that takes too long it is resource_exhausted.
func (p *passwords) enter(ctx context.Context) error {
	timeout := time.NewTimer(hashTimeout)
	defer timeout.Stop()
	select {
	case p.hashing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to hash: %w", ctx.Err())
	case <-timeout.C:
		pause := time.Duration(1+rand.N(maxBusyPause)) * time.Second
		return refusal.TooMany(refusal.Busy, pause, "Too many people are signing in right now.")
	}
}

func (p *passwords) leave() { <-p.hashing }
