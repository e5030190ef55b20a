package accounts

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
)

// Keys are the Ed25519 keys of the installation, kept in one file: a JSON list
// of private JWKs (RFC 8037). The first signs, all verify. It is safe for
// concurrent use, and several processes may share the file.
type Keys struct {
	path     string
	verified *memory.Of[[sha256.Size]byte, verified]

	mu    sync.RWMutex
	list  []key
	stamp stamp
}

type key struct {
	kid     string
	private ed25519.PrivateKey
}

// stamp tells whether the file has been replaced since it was read.
type stamp struct {
	modified, size int64
}

// jwk is a key in the file. The kid is the thumbprint of RFC 7638, so it can
// only name that key.
type jwk struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	Kid string `json:"kid"`
	X   string `json:"x"`
	D   string `json:"d"`
}

// LoadKeys reads the file, or makes it with one new key when it is missing. Of
// several processes that make it at once one does, and all use that.
func LoadKeys(path string) (_ *Keys, err error) {
	defer errs.Wrap(&err, "accounts.LoadKeys(%s)", path)
	k := &Keys{path: path, verified: memory.New[[sha256.Size]byte, verified](mostVerified)}
	err = k.load()
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, err
		}
		// A link, unlike a rename, fails when somebody else was first.
		if err = write(path, []key{newKey()}, os.Link); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		err = k.load()
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

// Rotate puts a new key in front and keeps some of the former ones for
// verifying; 1 is right when there is no hurry. Other processes learn the new
// key when they meet the first token of it. After a key has leaked: keep 0, and
// restart all processes; access tokens signed before end with it, sessions do
// not.
func (k *Keys) Rotate(keep int) (err error) {
	defer errs.Wrap(&err, "accounts.Rotate(%d)", keep)
	if err := k.load(); err != nil {
		return err
	}
	k.mu.RLock()
	old := k.list[:min(max(keep, 0), len(k.list))]
	k.mu.RUnlock()
	if err := write(k.path, append([]key{newKey()}, old...), os.Rename); err != nil {
		return err
	}
	return k.load()
}

func newKey() key {
	private := ed25519.NewKeyFromSeed(random(ed25519.SeedSize))
	return key{kid: thumbprint(private), private: private}
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func thumbprint(k ed25519.PrivateKey) string {
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":"Ed25519","kty":"OKP","x":%q}`, b64(public(k))))
	return b64(sum[:])
}

// write makes the file beside its place, with mode 0600 and safe on the disk,
// and puts it there with os.Link or os.Rename.
func write(path string, list []key, put func(from, to string) error) error {
	out := make([]jwk, len(list))
	for i, k := range list {
		out[i] = jwk{Kty: "OKP", Crv: "Ed25519", Kid: k.kid, X: b64(public(k.private)), D: b64(k.private.Seed())}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := put(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// load replaces the keys by those of the file.
func (k *Keys) load() error {
	info, err := os.Stat(k.path)
	if err != nil {
		return err
	}
	// Group bits are let pass: a mounted secret carries them.
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("everybody on this machine may open the signing keys (mode %#o): run chmod 600 %s", info.Mode().Perm(), k.path)
	}
	data, err := os.ReadFile(k.path)
	if err != nil {
		return err
	}
	list, err := parseKeys(data)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list, k.stamp = list, stampOf(info)
	return nil
}

func stampOf(info fs.FileInfo) stamp { return stamp{info.ModTime().UnixNano(), info.Size()} }

func parseKeys(data []byte) ([]key, error) {
	var in []jwk
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return nil, errors.New("the file of signing keys is no JSON list of keys") // the cause might show a key
	}
	if len(in) == 0 {
		return nil, errors.New("the file of signing keys is empty; remove it to have a new one made")
	}
	list := make([]key, len(in))
	for i, j := range in {
		seed, err := base64.RawURLEncoding.DecodeString(j.D)
		if err != nil || j.Kty != "OKP" || j.Crv != "Ed25519" || len(seed) != ed25519.SeedSize {
			return nil, fmt.Errorf("signing key %d is no private Ed25519 JWK", i+1)
		}
		p := ed25519.NewKeyFromSeed(seed)
		if j.X != b64(public(p)) || j.Kid != thumbprint(p) {
			return nil, fmt.Errorf("signing key %d: x or kid does not belong to d", i+1)
		}
		list[i] = key{kid: j.Kid, private: p}
	}
	return list, nil
}

// signing is the key that signs.
func (k *Keys) signing() key {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.list[0]
}

// verifying finds a public key. An unknown kid makes it read the file again if
// that has been replaced; a stranger who invents kids causes one stat each.
func (k *Keys) verifying(kid string) (ed25519.PublicKey, bool) {
	if p, ok := k.known(kid); ok {
		return p, true
	}
	k.mu.RLock()
	last := k.stamp
	k.mu.RUnlock()
	info, err := os.Stat(k.path)
	if err != nil || stampOf(info) == last || k.load() != nil {
		return nil, false
	}
	return k.known(kid)
}

func (k *Keys) known(kid string) (ed25519.PublicKey, bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	for _, e := range k.list {
		if e.kid == kid {
			return public(e.private), true
		}
	}
	return nil, false
}
