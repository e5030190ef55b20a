package handover

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/internal/errs"
)

// format is the form of packages that is written and read.
const format = 1

// Manifest says what a package holds. Its own SHA-256 stands for the whole.
type Manifest struct {
	Format    int       `json:"format"`
	Schema    int64     `json:"schema"` // the newest migration that the database has had
	At        time.Time `json:"at"`
	Committee Committee `json:"committee"`
	Head      Head      `json:"head"`
	Parts     []Part    `json:"parts"` // tables, in the order in which they are taken in
	Files     []Part    `json:"files"` // attachments; the name is the key
}

// Committee is its line of the directory.
type Committee struct {
	ID        uuid.UUID `json:"id"`
	Code      string    `json:"code"`
	Name      string    `json:"name"`
	ShortName string    `json:"shortName"`
	Level     string    `json:"level"`
	Parent    string    `json:"parent,omitempty"` // code
	CreatedAt time.Time `json:"createdAt"`
}

// Head is the end of the committee's book.
type Head struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

func headOf(a audit.Anchor) Head { return Head{a.Seq, a.Hash} }

// Part is one table or one file.
type Part struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows,omitempty"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Rows is how many rows there are in all.
func (m Manifest) Rows() (n int64) {
	for _, p := range m.Parts {
		n += p.Rows
	}
	return n
}

// holds refuses a manifest that does not say the same of the rows as another.
func (m Manifest) holds(now Manifest) error {
	if m.Committee != now.Committee || m.Schema != now.Schema || m.Head != now.Head || !slices.Equal(m.Parts, now.Parts) {
		return errs.New(errs.Conflict, "这份移交包之后，%s的数据又有变化（或这不是它的移交包），没有销毁；请重新导出、重新移交后再销毁", now.Committee.Name)
	}
	return nil
}

// sum counts and hashes what is written through it.
type sum struct {
	to   io.Writer
	hash hash.Hash
	n    int64
}

func newSum(to io.Writer) *sum { return &sum{to: to, hash: sha256.New()} }

func (s *sum) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.n += int64(n)
	s.hash.Write(b[:n])
	return n, err
}

func (s *sum) part(name string, rows int64) Part {
	return Part{Name: name, Rows: rows, Size: s.n, SHA256: hex.EncodeToString(s.hash.Sum(nil))}
}
