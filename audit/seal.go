package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"
)

// Ring holds the keys that seal the book. They are derived from the
// installation's secret, which lies in a file and in no database: who owns the
// database can rewrite a chain with all its hashes, and not its seals. The first
// key seals; former ones are kept to verify what they sealed, after the secret
// was changed.
type Ring struct {
	id   string
	keys map[string][]byte
}

// NewRing takes the key that seals now, and those that did before.
func NewRing(now []byte, former ...[]byte) *Ring {
	r := &Ring{id: keyID(now), keys: map[string][]byte{}}
	for _, key := range append(former, now) {
		r.keys[keyID(key)] = key
	}
	return r
}

// keyID tells keys apart and nothing of them.
func keyID(key []byte) string {
	h := sha256.Sum256(append([]byte("bihuan audit key "), key...))
	return hex.EncodeToString(h[:4])
}

// Seal is tenants.Sealer.
func (r *Ring) Seal(text []byte) (key string, mac []byte) { return r.id, sealed(r.keys[r.id], text) }

// Sealed is tenants.Sealer: known is false for a key that the ring has not.
func (r *Ring) Sealed(key string, text, mac []byte) (known, right bool) {
	k, known := r.keys[key]
	return known, known && hmac.Equal(mac, sealed(k, text))
}

func sealed(key, text []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(text)
	return m.Sum(nil)
}

// link is the hash of a record, which holds all that is before it.
func link(before []byte, tenant uuid.UUID, seq int64, entry string) []byte {
	h := sha256.New()
	h.Write(before)
	h.Write([]byte(tenant.String() + "|" + strconv.FormatInt(seq, 10) + "|" + entry))
	return h.Sum(nil)
}

// sealText is what a seal is over.
func sealText(tenant uuid.UUID, seq int64, hash []byte) []byte {
	return []byte("record|" + tenant.String() + "|" + strconv.FormatInt(seq, 10) + "|" + hex.EncodeToString(hash))
}
