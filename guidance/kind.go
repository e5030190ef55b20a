package guidance

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/bihuan/bihuan/internal/errs"
)

// Paper is what can be published, as it stands in a committee.
type Paper struct {
	Code    string // among those of its kind
	Title   string
	Content json.RawMessage
}

// Same reports whether two papers say the same.
func (p Paper) Same(q Paper) bool {
	var a, b any
	if json.Unmarshal(p.Content, &a) != nil || json.Unmarshal(q.Content, &b) != nil {
		return false
	}
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

// Change is one thing that a paper has otherwise than the committee that may
// take it; empty where one of both has nothing.
type Change struct {
	What   string // in Chinese
	Before string
	After  string
}

// Finding is what the committee lacks for a paper, or what forbids it.
type Finding struct {
	Blocks  bool // it cannot be in force here as it is
	Problem string
}

// Weighed is what a paper would mean here.
type Weighed struct {
	Changes  []Change
	Findings []Finding
}

// Kind is a sort of paper. Its functions run as the viewer, who holds Right.
type Kind struct {
	Code   string
	Title  string
	Form   int    // newest form of its content that is read
	Right  string // whose holders take it
	After  string // what is still to be done when it was taken, in Chinese
	Papers func(ctx context.Context) ([]Paper, error)
	// Own is what is in force here under a code, nil for nothing. It reads as the
	// system.
	Own func(ctx context.Context, code string) (*Paper, error)
	// Read refuses content that cannot be one of this kind, wherever it came from.
	Read  func(p Paper) error
	Weigh func(ctx context.Context, p Paper) (Weighed, error)
	// Take makes it the committee's own by the rules for its own, and says in
	// Chinese what it became.
	Take func(ctx context.Context, p Paper, from, reason string) (string, error)
}

// Register makes a kind known. It is for the start of the program.
func (s *Service) Register(k Kind) {
	if slices.ContainsFunc(s.kinds, func(o Kind) bool { return o.Code == k.Code }) {
		panic("guidance: kind " + k.Code + " is there twice")
	}
	s.kinds = append(s.kinds, k)
}

// Kinds lists what can be published.
func (s *Service) Kinds() []Kind { return slices.Clone(s.kinds) }

func (s *Service) kind(code string) *Kind {
	i := slices.IndexFunc(s.kinds, func(k Kind) bool { return k.Code == code })
	if i < 0 {
		return nil
	}
	return &s.kinds[i]
}

// own is the committee's own paper in force, which is there.
func (s *Service) own(ctx context.Context, kind, code string) (*Kind, *Paper, error) {
	k := s.kind(kind)
	if k == nil {
		return nil, nil, errs.New(errs.Invalid, "没有“%.20s”这一类可以发布", kind).At("kind")
	}
	p, err := k.Own(ctx, code)
	if err == nil && p == nil {
		err = errs.New(errs.NotFound, "本会没有在用的这一%s，先在本会发布再向下发布", k.Title).At("code")
	}
	return k, p, err
}
