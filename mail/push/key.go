package push

import (
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Keys sign what is handed to vendors (RFC 8292). Browsers are given the public one when they ask to be told.
type Keys struct {
	public, private string
}

// Public is the key that browsers are given: 65 bytes as base64url.
func (k Keys) Public() string { return k.public }

// maxDerivations is more than ever happens: one key of 2³² is none of the curve.
const maxDerivations = 8

// DeriveKeys makes the keys from the secret of the installation: always the same ones from the same secret.
func DeriveKeys(secret string) (Keys, error) {
	for i := range maxDerivations {
		raw, err := hkdf.Key(sha256.New, []byte(secret), nil, fmt.Sprintf("trottoir: key of notifications %d", i), 32)
		if err != nil {
			return Keys{}, fmt.Errorf("derive the key of notifications: %w", err)
		}
		if key, err := ecdh.P256().NewPrivateKey(raw); err == nil {
			return keysOf(key), nil
		}
	}
	return Keys{}, errors.New("derive the key of notifications: the secret gives none")
}

// ReadKeys reads keys that were made elsewhere, as base64url, and fails when they are not a pair.
func ReadKeys(public, private string) (Keys, error) {
	raw, err := base64.RawURLEncoding.DecodeString(private)
	if err != nil {
		return Keys{}, errors.New("VAPID_PRIVATE_KEY is not base64url")
	}
	key, err := ecdh.P256().NewPrivateKey(raw)
	if err != nil {
		return Keys{}, errors.New("VAPID_PRIVATE_KEY is no private key of P-256")
	}
	keys := keysOf(key)
	if keys.public != public {
		return Keys{}, errors.New("VAPID_PUBLIC_KEY is not the public key of VAPID_PRIVATE_KEY")
	}
	return keys, nil
}

func keysOf(key *ecdh.PrivateKey) Keys {
	return Keys{
		public:  base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()),
		private: base64.RawURLEncoding.EncodeToString(key.Bytes()),
	}
}
