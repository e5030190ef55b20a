package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/bihuan/bihuan/internal/errs"
)

// Argon are the parameters of argon2id.
type Argon struct {
	Memory uint32 // KiB
	Passes uint32
	Lanes  uint8
}

// OWASP Password Storage Cheat Sheet: m=19456, t=2, p=1.
func (a Argon) withDefaults() Argon {
	return Argon{Memory: or(a.Memory, 19456), Passes: or(a.Passes, 2), Lanes: or(a.Lanes, 1)}
}

func (a Argon) less(b Argon) bool {
	return a.Memory < b.Memory || a.Passes < b.Passes || a.Lanes < b.Lanes
}

const (
	saltBytes = 16
	hashBytes = 32
	// A stored hash above these is damaged; it must not take the machine down.
	maxMemory = 1 << 20 // KiB
	maxPasses = 64
	maxLanes  = 16
)

// slotWait is how long a sign-in waits for its turn. At two turns of 25 ms it
// lets 1,600 people wait.
const slotWait = 20 * time.Second

// hasher hashes passwords, a bounded number at once.
type hasher struct {
	argon Argon
	dummy string // what the password of an unknown login is compared with
	slots chan struct{}
	inner chan struct{} // one more, for who holds a connection already

	done, now, peak atomic.Int64 // hashes made, being made, most at once
}

func newHasher(a Argon, slots int) *hasher {
	// No password hashes to random bytes.
	dummy := phc(a, random(saltBytes), random(hashBytes))
	return &hasher{argon: a, dummy: dummy, slots: make(chan struct{}, slots), inner: make(chan struct{}, 1)}
}

// slot waits for a place among those that may hash. It is held across the
// look at the locks and the counting, but across no transaction.
func (h *hasher) slot(ctx context.Context) (release func(), err error) {
	return wait(ctx, h.slots)
}

// within is the place for who is inside a transaction. It is not among the
// others: those wait for a connection with their place in hand, and would wait
// for him who waits for a place with his connection in hand.
func (h *hasher) within(ctx context.Context) (release func(), err error) {
	return wait(ctx, h.inner)
}

func wait(ctx context.Context, places chan struct{}) (release func(), err error) {
	timer := time.NewTimer(slotWait)
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-timer.C:
		return nil, errs.New(errs.Unavailable, "同时登录的人太多，请稍后再试")
	}
}

// hash makes the PHC string of a password. The caller holds a slot.
func (h *hasher) hash(password string) string {
	salt := random(saltBytes)
	return phc(h.argon, salt, h.key(h.argon, password, salt))
}

// verify compares a password with a PHC string. The caller holds a slot.
func (h *hasher) verify(stored, password string) (bool, error) {
	a, salt, want, err := parsePHC(stored)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(h.key(a, password, salt), want) == 1, nil
}

// outdated tells whether a hash was made with less than what is asked today.
func (h *hasher) outdated(stored string) bool {
	a, _, _, err := parsePHC(stored)
	return err == nil && a.less(h.argon)
}

func (h *hasher) key(a Argon, password string, salt []byte) []byte {
	n := h.now.Add(1)
	defer h.now.Add(-1)
	for p := h.peak.Load(); n > p && !h.peak.CompareAndSwap(p, n); p = h.peak.Load() {
	}
	h.done.Add(1)
	return argon2.IDKey([]byte(password), salt, a.Passes, a.Memory, a.Lanes, hashBytes)
}

// phc is the string format of the Password Hashing Competition.
func phc(a Argon, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.Memory, a.Passes, a.Lanes, b.EncodeToString(salt), b.EncodeToString(key))
}

func parsePHC(s string) (a Argon, salt, key []byte, err error) {
	bad := errors.New("a stored password hash cannot be read")
	part := strings.Split(s, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, nil, nil, bad
	}
	if n, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &a.Memory, &a.Passes, &a.Lanes); n != 3 || err != nil {
		return a, nil, nil, bad
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(part[4])
	key, err2 := base64.RawStdEncoding.DecodeString(part[5])
	if err1 != nil || err2 != nil || len(key) != hashBytes ||
		a.Memory == 0 || a.Memory > maxMemory || a.Passes == 0 || a.Passes > maxPasses || a.Lanes == 0 || a.Lanes > maxLanes {
		return a, nil, nil, bad
	}
	return a, salt, key, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24: it ends the program instead
	return b
}
