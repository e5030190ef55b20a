package roster

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// Roles that the rules know by name.
const (
	tenantAdmin = "tenant_admin"
	auditor     = "auditor"
)

// fixed are the roles whose rights the product settles: the leaders, and those
// who manage or audit the others.
var fixed = []string{"chair", "secretary_general", tenantAdmin, auditor}

// NeedsTwo reports whether a shipped role is worth nothing until a second person
// confirms it: it rules others, or reads what who rules them must not read.
func NeedsTwo(role string) bool {
	return authz.ShippedTable(role).TakesTwo()
}

// keptApart reports whether one person never holds two roles at the same time:
// one by which the book is read, and one by which others are ruled. The leaders
// confirm what others rule, and may read it.
func keptApart(p *authz.Policy, a, b string) bool {
	audits := func(code string) bool { return p.Table(code)[authz.Perm("audit.read")] != authz.None }
	rules := func(code string) bool {
		return code == tenantAdmin || (!authz.Shipped(code) && slices.ContainsFunc(slices.Collect(maps.Keys(p.Table(code))), ruling))
	}
	return (audits(a) && rules(b)) || (audits(b) && rules(a))
}

// never is the day on which an unconfirmed grant begins: whoever decides by
// the days alone, as package authz does, sees that it is not in force.
var never = clock.Date(9999, 12, 31)

// Pending reports whether a grant waits for the second person.
func Pending(g *gen.Grant) bool {
	return g.RevokedAt == nil && g.ValidFrom != nil && g.ValidFrom.Equal(never)
}

// standing is the time that a grant takes up, a pending one from today; false
// when it was taken away.
func standing(g *gen.Grant, today time.Time) (clock.Period, bool) {
	p := clock.Period{From: g.ValidFrom, To: g.ValidTo}
	if Pending(g) {
		p.From = &today
	}
	return p, g.RevokedAt == nil
}

// granting is a role about to be given, with all that the rules look at.
type granting struct {
	NewGrant
	rights  *authz.Policy
	granter *uuid.UUID // nil: the operator
	to      *gen.Membership
	held    []*gen.Grant // by the receiver, whatever became of them
	today   time.Time
}

// pending reports whether a second person is still to come; the operator is
// one, beside the committee that asked him.
func (g *granting) pending() bool { return g.two() && g.granter != nil }

func (g *granting) two() bool { return TakesTwo(g.rights, g.Role) }

// period is what will be stored.
func (g *granting) period() clock.Period {
	if g.pending() {
		return clock.Period{From: &never, To: g.To}
	}
	from := or(g.From, g.today)
	return clock.Period{From: &from, To: g.To}
}

// check answers the grant that is already the same, or why the role may not
// be given.
func (g *granting) check() (*gen.Grant, error) {
	from := or(g.From, g.today)
	switch {
	case !g.rights.Is(g.Role):
		return nil, errs.New(errs.Invalid, "没有这个角色，请从权限表中选择").At("role")
	case g.granter != nil && *g.granter == g.to.ID:
		return nil, errs.New(errs.NotAllowed, "不能给自己授权，请由另一位租户管理员办理").At("membership")
	case g.to.Status != membership.StatusACTIVE:
		return nil, errs.New(errs.NotAllowedInState, "%s不在任，不能授权", g.to.Name).At("membership")
	case g.two() && g.to.AccountID == nil: // else one person could put an account of his own behind it later
		return nil, errs.New(errs.NotAllowedInState, "%s还没有账号，请先开通账号", g.to.Name).At("membership")
	case g.pending() && g.From != nil:
		return nil, errs.New(errs.Invalid, "这一角色自第二人确认之日起生效，不能指定起始日期").At("from")
	case from.Before(g.today):
		return nil, errs.New(errs.Invalid, "起始日期不能早于今天").At("from")
	case before(g.To, &from):
		return nil, errs.New(errs.Invalid, "终止日期不能早于起始日期").At("to")
	}
	if same := g.same(); same != nil {
		return same, nil
	}
	p := clock.Period{From: &from, To: g.To}
	for _, o := range g.held {
		if q, ok := standing(o, g.today); ok && o.Role == g.Role && sameID(o.UnitID, g.Unit) && q.Overlaps(p) {
			return nil, errs.New(errs.Conflict, "%s已有这一角色，日期重叠；要改日期请先撤销", g.to.Name).At("from").With("grantId", o.ID)
		}
	}
	return nil, separate(g.rights, g.Role, p, g.held, uuid.Nil, g.today)
}

func (g *granting) same() *gen.Grant {
	want := g.period()
	for _, o := range g.held {
		if o.RevokedAt == nil && o.Role == g.Role && sameID(o.UnitID, g.Unit) && want.Equal(clock.Period{From: o.ValidFrom, To: o.ValidTo}) {
			return o
		}
	}
	return nil
}

// separate refuses a role beside one from which it is kept apart; the grant
// itself is left out.
func separate(rights *authz.Policy, role string, p clock.Period, held []*gen.Grant, itself uuid.UUID, today time.Time) error {
	for _, o := range held {
		if q, ok := standing(o, today); ok && o.ID != itself && keptApart(rights, role, o.Role) && q.Overlaps(p) {
			return errs.New(errs.NotAllowed, "管理人员、权限或设置的（%s）与审计的（%s）不能由同一人担任，请先撤销其中之一", rights.Name(role), rights.Name(o.Role)).At("role").With("grantId", o.ID)
		}
	}
	return nil
}

// checkConfirm says why this person may not confirm this grant.
func checkConfirm(rights *authz.Policy, g *gen.Grant, who uuid.UUID, held []*gen.Grant, today time.Time) error {
	switch {
	case g.RevokedAt != nil:
		return errs.New(errs.NotAllowedInState, "这项授权已撤销，请重新提出")
	case sameID(g.GrantedByID, &who):
		return errs.New(errs.NotAllowed, "提出授权的人不能自己确认，请由另一位租户管理员确认")
	case g.MembershipID == who:
		return errs.New(errs.NotAllowed, "不能确认给自己的授权，请由另一位租户管理员确认")
	case g.Edges.Membership.Status != membership.StatusACTIVE:
		return errs.New(errs.NotAllowedInState, "%s不在任，不能授权", g.Edges.Membership.Name)
	case before(g.ValidTo, &today):
		return errs.New(errs.DeadlinePassed, "这项授权的终止日期已过，请重新提出")
	}
	return separate(rights, g.Role, clock.Period{From: &today, To: g.ValidTo}, held, g.ID, today)
}

// lasting reports whether a grant makes an administrator on whom the committee
// can count: he can sign in, and nothing ends by itself.
func lasting(g *gen.Grant, today time.Time) bool {
	m := g.Edges.Membership
	return g.Role == tenantAdmin && authz.GrantHolds(g, today) && g.ValidTo == nil &&
		authz.Serves(m, today) && m.AccountID != nil && m.ActiveTo == nil
}

func checkLastAdmin(admins []*gen.Grant, gone func(*gen.Grant) bool, today time.Time) error {
	lost := false
	for _, g := range admins {
		if !lasting(g, today) {
			continue
		}
		if !gone(g) {
			return nil
		}
		lost = true
	}
	if lost {
		return errs.New(errs.GuardFailed, "这是最后一位长期的租户管理员，请先授权并确认另一位").With("guard", "last_admin")
	}
	return nil
}

// unite is what two tables allow together.
func unite(a, b authz.Table) authz.Table {
	out := make(authz.Table, len(a)+len(b))
	for _, t := range []authz.Table{a, b} {
		for p, s := range t {
			out[p] |= s
		}
	}
	return out
}

// less lists what a allows and b does not, by permission.
func less(a, b authz.Table) []Right {
	var out []Right
	for p, s := range a {
		if left := s &^ b[p]; left != authz.None {
			out = append(out, Right{p, left})
		}
	}
	slices.SortFunc(out, func(x, y Right) int { return strings.Compare(x.Permission.String(), y.Permission.String()) })
	return out
}
