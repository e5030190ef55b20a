package exchange

import (
	"crypto/ed25519"
	"time"

	"github.com/google/uuid"
)

// SetStep calls fn between any two statements of a delivery; nil: nothing.
func (s *Service) SetStep(fn func(string)) {
	if fn == nil {
		fn = func(string) {}
	}
	s.step = fn
}

// MaxAttempts is for tests that wait for an envelope to die.
const MaxAttempts = maxAttempts

// Checked is an envelope whose check can be called.
type Checked struct{ Envelope }

// Verify answers the code of what is wrong, empty when nothing is.
func (c Checked) Verify(key ed25519.PublicKey) Code {
	if r := c.verify(key); r != nil {
		return r.Code
	}
	return ""
}

// Sample is a sealed envelope and the key with which it is checked.
func Sample() (Checked, ed25519.PublicKey) {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	e := Envelope{
		ID: uuid.Must(uuid.NewV7()), Kind: "task", Version: 3, Sender: "210200", Receiver: "210202", Seq: 7, Prev: []byte("previous"),
		About: Object{"Item", uuid.New()}, CreatedAt: time.Date(2026, 3, 5, 1, 2, 3, 0, time.UTC), Body: []byte(`{"n":1.50,"title":"关于<海>洋"}`),
	}
	e.seal(key)
	return Checked{e}, key.Public().(ed25519.PublicKey)
}
