package authz

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// managed are the objects that who manages a committee may know. Whatever else
// there is to read is contents, that of kinds still to come as well.
var managed = []string{"roster", "grants", "settings", "platforms", "processes", "exchange", "figures", "obligations"}

// Rules reports whether a table manages a committee, audits it or reads personal
// data.
func (t Table) Rules() bool {
	for perm := range t {
		if perm.Action == "manage" && slices.Contains(managed, perm.Object) || perm.Object == "audit" || perm.Object == "personal" {
			return true
		}
	}
	return false
}

// ReadsAll reports whether a table reaches all of a committee's contents of some
// kind, which who manages the committee must not read.
func (t Table) ReadsAll() bool {
	for perm, s := range t {
		if s.Has(Tenant) && !slices.Contains(managed, perm.Object) {
			return true
		}
	}
	return false
}

// TakesTwo reports whether nobody gives what a table allows alone: with it one
// administrator would read or do by a puppet what he may not himself (S2).
func (t Table) TakesTwo() bool { return t.Rules() || t.ReadsAll() }

// Privileged reports whether what a table allows wants more than a password: who
// holds it manages, audits, reads personal data or all contents of some kind, or
// confirms what others have proposed.
func (t Table) Privileged() bool {
	if t.TakesTwo() {
		return true
	}
	for perm := range t {
		if perm.Action == "confirm" && slices.Contains(managed, perm.Object) {
			return true
		}
	}
	return false
}

// Second refuses the person signed in as the second beside the first, who asked
// for something: he is another, whose account is his own. Who set his password
// with a word that the first has seen could be the first (S2).
func Second(ctx context.Context, first uuid.UUID) error {
	v := From(ctx)
	if v == nil {
		return errs.New(errs.Unauthenticated, "请先登录")
	}
	if v.Membership == first {
		return errs.New(errs.NotAllowed, "这一件由您提出，须由另一人确认")
	}
	var activated, made bool
	err := tenants.Row(ctx, `
		SELECT a.activated_at IS NOT NULL, a.vouched_by IS NOT NULL AND a.vouched_by = (SELECT account_id FROM memberships WHERE id = $2)
		FROM accounts a WHERE a.id = $1`, []any{v.Account, first}, &activated, &made)
	switch {
	case tenants.NoRows(err) || err == nil && !activated:
		return errs.New(errs.NotAllowed, "您的账号还没有由本人激活，不能作为第二人确认")
	case err != nil:
		return err
	case made:
		return errs.New(errs.NotAllowed, "您的激活码由提出的人发出，不能由您确认；请由另一人确认，或请系统运维人员重新发出您的激活码")
	}
	return nil
}
