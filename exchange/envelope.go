package exchange

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
)

// MaxBody bounds the canonical body of an envelope, in bytes.
const MaxBody = 1 << 20

// Object names a row of one committee.
type Object struct {
	Type string    `json:"type"` // as audit.Object's: Matter, Item, Process …
	ID   uuid.UUID `json:"id"`
}

// None reports whether no object is named.
func (o Object) None() bool { return o.Type == "" }

// Envelope is what crosses. In a file it is one line of JSON.
type Envelope struct {
	ID        uuid.UUID       `json:"id"` // UUIDv7
	Kind      string          `json:"kind"`
	Version   int             `json:"version"` // of the body's schema
	Sender    string          `json:"sender"`  // codes of committees
	Receiver  string          `json:"receiver"`
	Seq       int64           `json:"seq"`            // 1, 2, 3 … from this sender to this receiver
	Prev      []byte          `json:"prev,omitempty"` // hash of seq-1; empty for 1
	About     Object          `json:"about,omitzero"` // the sender's object
	CreatedAt time.Time       `json:"created_at"`     // UTC, microseconds
	Body      json.RawMessage `json:"body"`
	Hash      []byte          `json:"hash"`
	Signature []byte          `json:"signature"`
}

// Labels keep a hash or signature from meaning anything else.
const (
	hashLabel = "bihuan envelope 1"
	signLabel = "bihuan envelope signature 1"
	fileLabel = "bihuan envelope file 1"
)

// canonical is a JSON text in its one form: keys sorted, no spaces, numbers as
// they were written.
func canonical(text []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// digest is SHA-256 over the parts, each with its length before it, so that
// nothing can move from one part into the next.
func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		_ = binary.Write(h, binary.BigEndian, uint64(len(p))) // a hash never fails
		h.Write(p)
	}
	return h.Sum(nil)
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// sum is the hash of all that the envelope says but its signature. The body
// must be canonical.
func (e *Envelope) sum() []byte {
	about := e.About.ID
	return digest([]byte(hashLabel), e.ID[:], []byte(e.Kind), number(int64(e.Version)), []byte(e.Sender), []byte(e.Receiver),
		number(e.Seq), e.Prev, []byte(e.About.Type), about[:], number(e.CreatedAt.UnixMicro()), e.Body)
}

// seal gives the envelope its hash and signature.
func (e *Envelope) seal(key ed25519.PrivateKey) {
	e.Hash = e.sum()
	e.sign(key)
}

func (e *Envelope) sign(key ed25519.PrivateKey) {
	e.Signature = ed25519.Sign(key, digest([]byte(signLabel), e.Hash))
}

// verify brings the body into its canonical form and says what is wrong with
// the envelope, nil when nothing is.
func (e *Envelope) verify(key ed25519.PublicKey) *Refusal {
	body, err := canonical(e.Body)
	if err != nil {
		return Refuse(Tampered, "信封内容不是完整的 JSON")
	}
	e.Body = body
	if !bytes.Equal(e.sum(), e.Hash) {
		return Refuse(Tampered, "信封内容与其摘要不符，可能被改动过")
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, digest([]byte(signLabel), e.Hash), e.Signature) {
		return Refuse(BadSignature, "信封的签名与约定中的公钥不符，请与对方核对公钥")
	}
	return nil
}

// encode makes a canonical body of a value.
func encode(body any) ([]byte, error) {
	raw, err := json.Marshal(body)
	if err == nil {
		raw, err = canonical(raw)
	}
	if err != nil {
		return nil, err
	}
	if len(raw) > MaxBody {
		return nil, errs.New(errs.Limited, "要送出的内容超过 %d KB，请删减后再送", MaxBody>>10)
	}
	if unstorable(raw) {
		return nil, errs.New(errs.Invalid, "文字中有不能保存的控制字符，请删除后再送")
	}
	return raw, nil
}

// unstorable reports the character that PostgreSQL keeps in no text. A body
// that writes the escape itself out, with a second backslash, is taken for one
// too.
func unstorable(body []byte) bool { return bytes.Contains(body, []byte(`\u0000`)) }
