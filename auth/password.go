package auth

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"encore.app/internal/refusal"
)

type passwordParams = argon2id.Params

// passwordCost is what a hash costs: 19 MiB and two passes, the least that OWASP recommends for argon2id.
var passwordCost = passwordParams{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// hashPatience is how long a request waits for its turn to hash before it is told to come back.
const hashPatience = 3 * time.Second

// passwords hashes and verifies passwords, few at a time, because each takes its share of memory and a processor.
type passwords struct {
	cost  passwordParams
	turns chan struct{}
	// nobody is the hash that stands in for an account that does not exist, so that both answers take equally long.
	nobody string
}

func newPasswords(cost passwordParams) (*passwords, error) {
	nobody, err := argon2id.CreateHash("no account has this password", &cost)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return &passwords{cost: cost, turns: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), nobody: nobody}, nil
}

// hash returns the hash of a password in PHC form.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if err := p.take(ctx); err != nil {
		return "", err
	}
	defer p.give()
	hash, err := argon2id.CreateHash(password, &p.cost)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// verify reports whether hash was made from password. An empty hash matches no password, and takes as long.
func (p *passwords) verify(ctx context.Context, password, hash string) (bool, error) {
	if err := p.take(ctx); err != nil {
		return false, err
	}
	defer p.give()
	known := hash != ""
	if !known {
		hash = p.nobody
	}
	match, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("verify a password: %w", err)
	}
	return match && known, nil
}

// take waits for a turn. Too many waiting is resource_exhausted.
func (p *passwords) take(ctx context.Context) error {
	patience := time.NewTimer(hashPatience)
	defer patience.Stop()
	select {
	case p.turns <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a turn to hash: %w", ctx.Err())
	case <-patience.C:
		return refusal.TooMany(refusal.Busy, hashPatience, "Too many people are signing in right now.")
	}
}

func (p *passwords) give() { <-p.turns }
