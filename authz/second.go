package authz

import (
	"context"

	"github.com/bihuan/bihuan/internal/errs"
)

// Holders are the roles that hold a permission in any scope, in the
// order of Known: who is told that something waits for it.
func (p *Policy) Holders(permission string) []string {
	var out []string
	for _, r := range p.Known() {
		if p.Table(r.Code)[Perm(permission)] != None {
			out = append(out, r.Code)
		}
	}
	return out
}

// HoldersOf is Holders of the current committee.
func HoldersOf(ctx context.Context, permission string) []string {
	p, err := Rights(ctx)
	if err != nil {
		return nil
	}
	return p.Holders(permission)
}

// Another is Policy.Another of the current committee.
func Another(ctx context.Context, permission, done string) error {
	p, err := Rights(ctx)
	if err != nil {
		return err
	}
	return p.Another(permission, done)
}

// Another refuses the first of two persons as the second: done says what he did
// himself, and the answer names the roles from which the other may come. What
// takes two is proposed by one and confirmed by somebody else who holds the
// permission; design.md 2 and docs/adr/0024 say why.
func (p *Policy) Another(permission, done string) error {
	return errs.New(errs.NotAllowed, "%s，须由另一人（%s）确认", done, Names(p.Holders(permission), p.Name))
}
