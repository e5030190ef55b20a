// Package secret keeps the installation's one secret, from which others are
// derived by purpose. It lies in a file that all replicas share; losing it
// makes public forms ask again and committees exchange their public keys anew.
package secret

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Secret is 32 random bytes.
type Secret [32]byte

// Load reads the file, and makes one that only its owner may read when there
// is none. Two that make it at once end up with the same.
func Load(path string) (s Secret, err error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		if b, err = create(path); err != nil {
			return s, err
		}
	}
	if err == nil && len(b) != len(s) {
		err = fmt.Errorf("secret: %s has %d bytes, not %d", path, len(b), len(s))
	}
	copy(s[:], b)
	return s, err
}

// Read is Load of a file that must be there.
func Read(path string) (s Secret, err error) {
	if _, err := os.Stat(path); err != nil {
		return s, err
	}
	return Load(path)
}

func create(path string) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	var s Secret
	_, _ = rand.Read(s[:]) // never fails
	if _, err := f.Write(s[:]); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, os.ErrExist) { // Link never replaces
		return nil, err
	}
	return os.ReadFile(path)
}

// For derives the secret of a purpose, 32 bytes.
func (s Secret) For(purpose string) []byte {
	b, err := hkdf.Key(sha256.New, s[:], nil, "bihuan "+purpose, 32)
	if err != nil {
		panic(err) // 32 bytes are within its limit
	}
	return b
}
