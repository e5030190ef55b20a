package authz

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz/signin"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// signInInForce is what the committee asks of who signs in, of the day $3; null
// where it has decided nothing.
const signInInForce = `(SELECT settings->'signIn' FROM policies WHERE effective_from <= $3 ORDER BY version DESC LIMIT 1)`

// SignIn is what the committee asks of its people when they sign in.
func (v *Viewer) SignIn() signin.Policy { return v.asked }

// Rule is what is asked of the viewer when he signs in, and while he works.
func (v *Viewer) Rule() signin.Rule { return v.rule }

// Privileged reports whether what the viewer may do wants more than a password.
// What counts in a unit only is that unit's.
func (v *Viewer) Privileged() bool {
	return v.Table().Privileged() || slices.ContainsFunc(v.parts, func(x *Viewer) bool { return x.Table().Privileged() })
}

// held are the roles of a viewer, wherever they count.
func (v *Viewer) held() []string {
	out := slices.Clone(v.Roles)
	for _, x := range v.parts {
		out = append(out, x.Roles...)
	}
	return out
}

func (d *Directory) ask(v *Viewer, settings []byte) error {
	p, err := signin.Parse(d.Undecided, settings)
	if err != nil {
		return err
	}
	v.asked = p.Over(d.Floor)
	v.rule = v.asked.For(v.Privileged(), v.held())
	return nil
}

// RuleOf is the rule of a membership, outside any transaction. Who is not active
// in the committee has none: he does not get in either.
func (d *Directory) RuleOf(ctx context.Context, store *tenants.Store, tenant, account, membership uuid.UUID) (r signin.Rule, err error) {
	defer errs.Wrap(&err, "Directory.RuleOf(%s)", membership)
	err = store.ReadTx(ctx, tenant, func(ctx context.Context) error {
		v, err := d.Viewer(ctx, account, membership)
		if errs.Is(err, errs.Unauthenticated) {
			return nil
		}
		if err == nil {
			r = v.rule
		}
		return err
	})
	return r, err
}
