package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"encore.app/auth/store"
	"encore.app/internal/refusal"
)

const (
	// issuer is how apps name the account.
	issuer = "Trottoir"
	// codePeriod is how long a code is shown, codeSkew how many periods before and after the one of now are taken too: a phone
	// may go half a minute wrong.
	codePeriod = 30
	codeSkew   = 1
	// recoveryCodes is how many of them are made, each of 16 letters and digits: 80 bits.
	recoveryCodes     = 10
	recoveryCodeBytes = 10
	// maxCode is how many characters a code may be typed with.
	maxCode = 40
)

// codes are what every app takes: six digits, SHA-1.
var codes = totp.ValidateOpts{Period: codePeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// secretBox encrypts the secrets of second factors: who reads the database, or a backup of it, makes no codes.
type secretBox struct{ sealer cipher.AEAD }

// newSecretBox derives the key from the installation's.
func newSecretBox(secret string) (*secretBox, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "trottoir: secrets of second factors", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("derive the key of second factors: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("encrypt second factors: %w", err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("encrypt second factors: %w", err)
	}
	return &secretBox{sealer}, nil
}

// seal encrypts the secret of a user; in the row of another user it cannot be opened.
func (b *secretBox) seal(userID int64, secret string) []byte {
	return b.sealer.Seal(nil, nil, []byte(secret), owner(userID)) //nolint:gosec // it makes the nonce itself
}

// open fails when the secret is another user's, or SECRET_KEY has changed since.
func (b *secretBox) open(userID int64, sealed []byte) (string, error) {
	secret, err := b.sealer.Open(nil, nil, sealed, owner(userID))
	if err != nil {
		return "", fmt.Errorf("decrypt a second factor (has SECRET_KEY changed?): %w", err)
	}
	return string(secret), nil
}

func owner(userID int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(userID)) }

// newSecondFactor returns a secret for an app.
func newSecondFactor(email string) (*otp.Key, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: email})
	if err != nil {
		return nil, fmt.Errorf("make a second factor: %w", err)
	}
	return key, nil
}

// stepOf returns the period of which code is the code, among those that are taken now; 0 when it is none of them.
func stepOf(secret, code string, now time.Time) (int64, error) {
	found := int64(0)
	for skew := int64(-codeSkew); skew <= codeSkew; skew++ {
		step := now.Unix()/codePeriod + skew
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*codePeriod, 0), codes)
		if err != nil {
			return 0, fmt.Errorf("make a code: %w", err)
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found = step
		}
	}
	return found, nil
}

// takeCode takes a code of a user, who is locked: of the app, or a recovery code. Each is good once.
// It reports whether it was a recovery code, and refuses any other text.
func (s *Service) takeCode(ctx context.Context, query *store.Queries, userID int64, text string) (recovery bool, err error) {
	code := plainCode(text)
	var taken int64
	switch {
	case len(code) == codes.Digits.Length():
		taken, err = s.takeAppCode(ctx, query, userID, code)
	case len(code) == recoveryEncoding.EncodedLen(recoveryCodeBytes):
		recovery = true
		taken, err = query.TakeRecoveryCode(ctx, store.TakeRecoveryCodeParams{UserID: userID, CodeHash: hashToken(code)})
	}
	if err != nil {
		return false, err
	}
	if taken != 1 {
		return false, errWrongCode()
	}
	return recovery, nil
}

func (s *Service) takeAppCode(ctx context.Context, query *store.Queries, userID int64, code string) (taken int64, err error) {
	factor, err := query.SecondFactorOf(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	secret, err := s.secondFactors.open(userID, factor.Secret)
	if err != nil {
		return 0, err
	}
	step, err := stepOf(secret, code, s.now())
	if err != nil || step == 0 {
		return 0, err
	}
	return query.TakeStep(ctx, store.TakeStepParams{UserID: userID, Step: step})
}

func errWrongCode() error {
	return refusal.Invalid("code", refusal.WrongCode, "This code is wrong, or was used before. Wait for the next one.")
}

// checkCode refuses what can be no code.
func checkCode(text string) error {
	switch {
	case plainCode(text) == "":
		return refusal.Invalid("code", refusal.Required, "Give the code.")
	case len(text) > maxCode:
		return refusal.Invalid("code", refusal.TooLong, "A code has 6 digits, a recovery code 16 letters and digits.")
	}
	return nil
}

// plainCode returns a code as it is compared: without the spaces and hyphens that make it readable.
func plainCode(text string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(text)))
}

var recoveryEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newRecoveryCodes returns codes as they are shown, xxxx-xxxx-xxxx-xxxx, and the hashes under which they are stored.
func newRecoveryCodes() (shown []string, hashes [][]byte) {
	for range recoveryCodes {
		secret := make([]byte, recoveryCodeBytes)
		_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
		code := recoveryEncoding.EncodeToString(secret)
		shown = append(shown, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
		hashes = append(hashes, hashToken(code))
	}
	return shown, hashes
}
