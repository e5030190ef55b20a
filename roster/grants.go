package roster

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// NewGrant gives a person a role.
type NewGrant struct {
	Membership uuid.UUID
	Role       string
	Unit       *uuid.UUID // it counts in this unit and below only; nil: everywhere
	From       *time.Time // first day; nil: today. Empty where two are needed: the day of the confirmation
	To         *time.Time // last day; nil: without end
	Reason     string     // needed where two are needed
}

// Grant gives a role; where NeedsTwo, it is Pending and worth nothing until
// Confirm. Called twice for the same days it returns the same grant; for other
// days that overlap it is a Conflict.
func (s *Service) Grant(ctx context.Context, in NewGrant) (_ *gen.Grant, err error) {
	defer errs.Wrap(&err, "roster.Grant(%s to %s)", in.Role, in.Membership)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	g, err := s.granting(ctx, in, &v.Membership)
	if err != nil {
		return nil, err
	}
	same, err := g.check()
	if err != nil || same != nil {
		return same, err
	}
	if g.pending() {
		if err := s.owned(ctx, g.to, v.Membership); err != nil {
			return nil, err
		}
	}
	return s.give(ctx, g)
}

// granting collects what the rules of granting look at; granter is nil for
// the operator.
func (s *Service) granting(ctx context.Context, in NewGrant, granter *uuid.UUID) (*granting, error) {
	if err := days(clock.Today(ctx), dated{&in.From, "from"}, dated{&in.To, "to"}); err != nil {
		return nil, err
	}
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, TakesTwo(rights, in.Role), "授权事由", "reason"}); err != nil {
		return nil, err
	}
	if err := s.inUnit(ctx, rights, in); err != nil {
		return nil, err
	}
	m, err := s.membership(ctx, in.Membership)
	if err != nil {
		return nil, err
	}
	held, err := s.grantsOf(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	return &granting{NewGrant: in, rights: rights, granter: granter, to: m, held: held, today: clock.Today(ctx)}, nil
}

// inUnit: a role that is given for one unit counts there, and the unit is open.
func (s *Service) inUnit(ctx context.Context, rights *authz.Policy, in NewGrant) error {
	if in.Unit == nil {
		return nil
	}
	u, err := s.unit(ctx, *in.Unit)
	switch {
	case err != nil:
		return err
	case !open(u, clock.Today(ctx)):
		return errs.New(errs.NotAllowedInState, "“%s”已停用，不能再授权", u.Name).At("unit")
	case TakesTwo(rights, in.Role):
		return errs.New(errs.Invalid, "须两人授予的角色不能只给一个单位").At("unit")
	}
	return localRole(rights, in.Role, "unit")
}

// grantsOf are a person's grants, whatever became of them.
func (s *Service) grantsOf(ctx context.Context, m uuid.UUID) ([]*gen.Grant, error) {
	return s.client.Grant.Query().Where(grant.MembershipID(m)).Order(grant.ByID()).All(ctx)
}

func (s *Service) give(ctx context.Context, g *granting) (*gen.Grant, error) {
	p := g.period()
	return s.client.Grant.Create().SetMembership(g.to).SetRole(g.Role).SetNillableGrantedByID(g.granter).
		SetNillableUnitID(g.Unit).SetNillableValidFrom(p.From).SetNillableValidTo(p.To).SetReason(g.Reason).Save(ctx)
}

// Confirm is the second person's word: the right begins today. Called twice
// the second changes nothing.
func (s *Service) Confirm(ctx context.Context, id uuid.UUID) (_ *gen.Grant, err error) {
	defer errs.Wrap(&err, "roster.Confirm(%s)", id)
	ctx, v, err := s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	g, err := s.grant(ctx, id)
	if err != nil {
		return nil, err
	}
	if g.RevokedAt == nil && !Pending(g) {
		return g, nil
	}
	held, err := s.grantsOf(ctx, g.MembershipID)
	if err != nil {
		return nil, err
	}
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return nil, err
	}
	today := clock.Today(ctx)
	if err := checkConfirm(rights, g, v.Membership, held, today); err != nil {
		return nil, err
	}
	by := []uuid.UUID{v.Membership}
	if g.GrantedByID != nil {
		by = append(by, *g.GrantedByID)
		if err := authz.Second(ctx, *g.GrantedByID); err != nil {
			return nil, err
		}
	}
	if err := s.owned(ctx, g.Edges.Membership, by...); err != nil {
		return nil, err
	}
	return s.client.Grant.UpdateOne(g).SetValidFrom(today).Save(ctx)
}

// Revocation takes a right away, or a proposed one back.
type Revocation struct {
	Grant  uuid.UUID
	Reason string
	Taker  *uuid.UUID // who takes over what waits for the last holder; nil: nothing waits
}

// Revoke takes a right away from this moment on; that of another administrator
// or of the last auditor when a second person has confirmed it. Called twice the
// second changes nothing.
func (s *Service) Revoke(ctx context.Context, in Revocation) (_ *gen.Grant, err error) {
	defer errs.Wrap(&err, "roster.Revoke(%s)", in.Grant)
	ctx, _, err = s.enter(ctx, manageGrants)
	if err != nil {
		return nil, err
	}
	if err := texts(field{&in.Reason, longText, true, "撤销理由", "reason"}); err != nil {
		return nil, err
	}
	g, err := s.grant(ctx, in.Grant)
	if err != nil || g.RevokedAt != nil {
		return g, err
	}
	if err := s.keepsAdmin(ctx, func(o *gen.Grant) bool { return o.ID == g.ID }); err != nil {
		return nil, err
	}
	m := g.Edges.Membership
	what, err := s.ruling(ctx, m, func(o *gen.Grant) bool { return o.ID == g.ID })
	if err != nil {
		return nil, err
	}
	if what != "" {
		if asked, err := flow.ByTwo(ctx, askRevoke, manageGrants, g.ID, fmt.Sprintf("撤销%s的%s授权", m.Name, what), in.Reason, in); asked || err != nil {
			return g, err
		}
	}
	if err := s.handing(ctx, m, g, in.Taker); err != nil {
		return nil, err
	}
	return s.client.Grant.UpdateOne(g).SetRevokedAt(clock.Now(ctx)).Save(ctx)
}

// grant is one grant with its membership.
func (s *Service) grant(ctx context.Context, id uuid.UUID) (*gen.Grant, error) {
	g, err := s.client.Grant.Query().Where(grant.ID(id)).WithMembership().Only(ctx)
	return authz.Found(g, err, "授权")
}

// admins are the grants of the administrator's role that were not taken away,
// with their memberships.
func (s *Service) admins(ctx context.Context) ([]*gen.Grant, error) {
	return s.client.Grant.Query().Where(grant.Role(tenantAdmin), authz.GrantStands()).WithMembership().Order(grant.ByID()).All(ctx)
}

// keepsAdmin refuses to take away the grants for which gone holds, when no
// lasting administrator would be left.
func (s *Service) keepsAdmin(ctx context.Context, gone func(*gen.Grant) bool) error {
	rows, err := s.admins(ctx)
	if err != nil {
		return err
	}
	return checkLastAdmin(rows, gone, clock.Today(ctx))
}

// Right is a permission and how far it reaches.
type Right struct {
	Permission authz.Permission
	Scope      authz.Scope
}

// Effect is what a change of rights would do to a person.
type Effect struct {
	Membership uuid.UUID
	Name, Post string
	Gains      []Right    // by permission
	Loses      []Right    // by permission
	From       *time.Time // nil: at once
	NeedsTwo   bool       // nothing happens before a second person confirms
	Leaves     []Waiting  // what waits for him as the last who holds a role: somebody has to be named who takes over
}

// PreviewGrant says what Grant would do, or refuses as it would. It changes
// nothing.
func (s *Service) PreviewGrant(ctx context.Context, in NewGrant) (_ Effect, err error) {
	defer errs.Wrap(&err, "roster.PreviewGrant(%s to %s)", in.Role, in.Membership)
	ctx, v, err := authz.Enter(ctx, manageGrants)
	if err != nil {
		return Effect{}, err
	}
	g, err := s.granting(ctx, in, &v.Membership)
	if err != nil {
		return Effect{}, err
	}
	out := Effect{Membership: g.to.ID, Name: g.to.Name, Post: g.to.Post, NeedsTwo: g.two()}
	same, err := g.check()
	if err != nil || same != nil {
		return out, err
	}
	day := g.today
	if p := g.period(); !out.NeedsTwo && p.From.After(day) {
		day, out.From = *p.From, p.From
	}
	before := tableOf(g.rights, g.held, day)
	after := unite(before, g.rights.Table(in.Role))
	out.Gains, out.Loses = less(after, before), less(before, after)
	return out, nil
}

// PreviewRevoke says what Revoke would do, or refuses as it would. It changes
// nothing.
func (s *Service) PreviewRevoke(ctx context.Context, id uuid.UUID) (_ Effect, err error) {
	defer errs.Wrap(&err, "roster.PreviewRevoke(%s)", id)
	ctx, _, err = authz.Enter(ctx, manageGrants)
	if err != nil {
		return Effect{}, err
	}
	g, err := s.grant(ctx, id)
	if err != nil {
		return Effect{}, err
	}
	return s.without(ctx, g.Edges.Membership, g, func(o *gen.Grant) bool { return o.ID == g.ID })
}

// PreviewEnd says which rights EndMembership would take, or refuses as it
// would for the last administrator. It changes nothing.
func (s *Service) PreviewEnd(ctx context.Context, id uuid.UUID) (_ Effect, err error) {
	defer errs.Wrap(&err, "roster.PreviewEnd(%s)", id)
	ctx, _, err = authz.Enter(ctx, manageRoster)
	if err != nil {
		return Effect{}, err
	}
	m, err := s.membership(ctx, id)
	if err != nil {
		return Effect{}, err
	}
	return s.without(ctx, m, nil, func(o *gen.Grant) bool { return o.MembershipID == id })
}

// without is the effect of taking away some grants of a person: one, or all.
func (s *Service) without(ctx context.Context, m *gen.Membership, of *gen.Grant, gone func(*gen.Grant) bool) (Effect, error) {
	out := Effect{Membership: m.ID, Name: m.Name, Post: m.Post}
	if err := s.keepsAdmin(ctx, gone); err != nil {
		return out, err
	}
	held, err := s.grantsOf(ctx, m.ID)
	if err != nil {
		return out, err
	}
	left, err := s.losing(ctx, m.ID, of, held)
	if err != nil {
		return out, err
	}
	rights, err := authz.FreshRights(ctx)
	if err != nil {
		return out, err
	}
	out.Leaves = waits(left, rights)
	var stay []*gen.Grant
	for _, g := range held {
		if !gone(g) {
			stay = append(stay, g)
		}
	}
	today := clock.Today(ctx)
	out.Loses = less(tableOf(rights, held, today), tableOf(rights, stay, today))
	return out, nil
}

// tableOf is what grants allow on a day.
func tableOf(rights *authz.Policy, held []*gen.Grant, day time.Time) authz.Table {
	t := authz.Table{}
	for _, g := range held {
		if authz.GrantHolds(g, day) {
			t = unite(t, rights.Table(g.Role))
		}
	}
	return t
}
