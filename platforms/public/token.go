package public

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// goodFor is how long a form may be filled in.
const goodFor = 15 * time.Minute

// leastSecret is the least length of the installation's secret, in bytes.
const leastSecret = 32

// sealer signs the forms. Its keys come from the installation's secret, so that
// every replica knows the forms of the others.
type sealer struct{ sign, ask []byte }

func newSealer(secret []byte) (*sealer, error) {
	if len(secret) < leastSecret {
		return nil, errors.New("public: the secret needs at least 32 bytes")
	}
	sign, err := hkdf.Key(sha256.New, secret, nil, "bihuan platforms/public sign", 32)
	if err != nil {
		return nil, err
	}
	ask, err := hkdf.Key(sha256.New, secret, nil, "bihuan platforms/public ask", 32)
	return &sealer{sign, ask}, err
}

// form is one form that was shown.
type form struct {
	Once   uuid.UUID // of the topic that it will become
	expiry time.Time
	about  string // committee and platform
	hard   bool   // it asks what programs do not read
}

const headLength = 16 + 8 + 1

func (f form) head() []byte {
	hard := byte(0)
	if f.hard {
		hard = 1
	}
	return append(binary.BigEndian.AppendUint64(f.Once[:len(f.Once):len(f.Once)], uint64(f.expiry.Unix())), hard)
}

func mac(key, head []byte, about string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(head)
	h.Write([]byte(about))
	return h.Sum(nil)
}

var encoding = base64.RawURLEncoding

// token is the form as its hidden field carries it.
func (s *sealer) token(f form) string {
	head := f.head()
	return encoding.EncodeToString(append(head, mac(s.sign, head, f.about)...))
}

// open reads a token that was made for the same committee and platform and has
// not expired.
func (s *sealer) open(token, about string, now time.Time) (form, bool) {
	b, err := encoding.DecodeString(token)
	if err != nil || len(b) != headLength+sha256.Size || !hmac.Equal(b[headLength:], mac(s.sign, b[:headLength], about)) {
		return form{}, false
	}
	f := form{expiry: time.Unix(int64(binary.BigEndian.Uint64(b[16:24])), 0), about: about, hard: b[24] == 1}
	copy(f.Once[:], b)
	return f, now.Before(f.expiry)
}

// seed is what a form's challenge follows from, so the token does not carry the
// answer.
func (s *sealer) seed(f form) []byte { return mac(s.ask, f.head(), f.about) }

// number reads an answer: digits, full-width ones too, or Chinese up to 十九.
func number(s string) (int, bool) {
	s = plain(s)
	if n, err := strconv.Atoi(s); err == nil {
		return n, true
	}
	tens := 0
	if rest, ok := strings.CutPrefix(s, "十"); ok && rest != "" {
		tens, s = 10, rest
	}
	for n, word := range digits {
		if s == word && (tens == 0 || (n > 0 && n < 10)) {
			return tens + n, true
		}
	}
	return 0, false
}

// plain is an answer without spaces, each character as it is known here.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case unicode.IsSpace(r):
			return -1
		case r == '〇':
			return '零'
		case r == '两':
			return '二'
		}
		return r
	}, s)
}
