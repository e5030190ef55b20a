package graph

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/gen/workday"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// heir is who is there now in place of a unit.
func (r *Resolver) heir(ctx context.Context, u *gen.Unit) (*gen.Unit, error) {
	if u.SuccessorID == nil {
		return u, nil
	}
	return load(ctx).heirs.Load(ctx, u.ID)
}

var (
	aTerm = entity[gen.Term]{
		gen.TypeTerm, func(x *gen.Term) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Term, error) { return c.Term.Get(ctx, id) },
	}
	aSitting = entity[gen.Sitting]{
		gen.TypeSitting, func(x *gen.Sitting) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Sitting, error) {
			return c.Sitting.Get(ctx, id)
		},
	}
	aWorkday = entity[gen.Workday]{
		gen.TypeWorkday, func(x *gen.Workday) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Workday, error) {
			return c.Workday.Get(ctx, id)
		},
	}
	aPolicy = entity[gen.TenantPolicy]{
		gen.TypeTenantPolicy, func(x *gen.TenantPolicy) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.TenantPolicy, error) {
			return c.TenantPolicy.Get(ctx, id)
		},
	}
	aUnit = entity[gen.Unit]{
		gen.TypeUnit, func(x *gen.Unit) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Unit, error) { return c.Unit.Get(ctx, id) },
	}
	aMember = entity[gen.Membership]{
		gen.TypeMembership, func(x *gen.Membership) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Membership, error) {
			return c.Membership.Get(ctx, id)
		},
	}
	aSeat = entity[gen.Seat]{
		gen.TypeSeat, func(x *gen.Seat) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Seat, error) { return c.Seat.Get(ctx, id) },
	}
	aGrant = entity[gen.Grant]{
		gen.TypeGrant, func(x *gen.Grant) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Grant, error) {
			return c.Grant.Get(ctx, id)
		},
	}
)

// changeSitting is the service's method with one argument.
func (r *Resolver) changeSitting(ctx context.Context, in model.ChangeSittingInput) (*gen.Sitting, error) {
	return r.Roster.ChangeSitting(ctx, in.SittingID, roster.SittingDates{
		PrepOpensOn: in.PrepOpensOn, OpensOn: in.OpensOn, CutoffAt: in.CutoffAt, ClosesOn: in.ClosesOn,
	})
}

// endSeat is the service's method with one argument.
func (r *Resolver) endSeat(ctx context.Context, in model.EndSeatInput) (*gen.Seat, error) {
	return r.Roster.EndSeat(ctx, in.SeatID, in.On)
}

func newMember(in model.AddMemberInput) roster.NewMember {
	return roster.NewMember{
		Person: roster.Person{Name: in.Name, Phone: value(in.Phone), WeCom: value(in.Wecom), PoliticalParty: value(in.PoliticalParty), Post: value(in.Post)},
		SignIn: roster.SignIn{Login: value(in.Login), Password: value(in.Password), Open: value(in.OpenAccount)},
		Kind:   in.Kind, Term: in.TermID, MemberNo: value(in.MemberNo), From: in.From,
		Unranked: value(in.Unranked), Proposed: value(in.Proposed),
	}
}

func memberChange(in model.UpdateMemberInput) roster.MemberChange {
	out := roster.MemberChange{
		Membership: in.MembershipID, Expected: in.ExpectedVersion, Name: in.Name, Phone: in.Phone, WeCom: in.Wecom, PoliticalParty: in.PoliticalParty,
		Post: in.Post, Term: in.TermID, MemberNo: in.MemberNo, Status: in.Status, Ranked: in.Ranked, Taker: in.TakerID,
	}
	if in.Login != nil || in.Password != nil || value(in.OpenAccount) {
		out.SignIn = &roster.SignIn{Login: value(in.Login), Password: value(in.Password), Open: value(in.OpenAccount)}
	}
	return out
}

// previewPolicy maps what a change of the settings would do, or why it would be
// refused.
func (r *Resolver) previewPolicy(ctx context.Context, in roster.NewPolicy) (*model.PolicyPreview, error) {
	list, err := r.Roster.PreviewPolicy(ctx, in)
	bad, err := shown(asInput(err))
	out := &model.PolicyPreview{Changes: make([]*model.SettingChange, len(list)), UserErrors: bad}
	for i, c := range list {
		out.Changes[i] = &model.SettingChange{Setting: c.Setting, Before: asJSON(c.Before), After: asJSON(c.After), NeedsTwo: c.NeedsTwo}
		out.NeedsTwo = out.NeedsTwo || c.NeedsTwo
	}
	return out, err
}

// asJSON is a value as its JSON text, nil when there is none.
func asJSON(v any) *string {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil // a setting was read from JSON, so it can be written
	}
	text := string(b)
	return &text
}

// preview maps what a change of rights would do, or why it would be refused.
func (r *Resolver) preview(ctx context.Context, e roster.Effect, err error) (*model.PreviewPayload, error) {
	bad, err := shown(asInput(err))
	if err != nil || len(bad) > 0 {
		return &model.PreviewPayload{UserErrors: bad}, err
	}
	leaves, err := r.waiting(ctx, e.Leaves)
	if err != nil {
		return nil, err
	}
	return &model.PreviewPayload{UserErrors: bad, Effect: &model.RightsEffect{
		MembershipID: e.Membership, Name: e.Name, Post: e.Post, Gains: rights(e.Gains), Loses: rights(e.Loses), From: e.From, NeedsTwo: e.NeedsTwo, Leaves: leaves,
	}}, nil
}

func rights(list []roster.Right) []*model.Right {
	out := make([]*model.Right, len(list))
	for i, x := range list {
		out[i] = &model.Right{Permission: x.Permission.String(), Scope: x.Scope.String()}
	}
	return out
}

// permissionTable lists what each shipped role may do, in the order in which
// people know the roles.
func permissionTable(p *authz.Policy) []*model.RoleRights {
	out := make([]*model.RoleRights, len(p.Known()))
	for i, role := range p.Known() {
		out[i] = &model.RoleRights{Role: role.Code, Name: role.Name, Duty: role.Duty, NeedsTwo: roster.TakesTwo(p, role.Code), Rights: []*model.Right{}}
		for _, perm := range p.Permissions() {
			if s := p.Table(role.Code)[perm]; s != authz.None {
				out[i].Rights = append(out[i].Rights, &model.Right{Permission: perm.String(), Scope: s.String()})
			}
		}
	}
	return out
}

// waiting gives the matters that wait for a unit the words of their processes.
func (r *Resolver) waiting(ctx context.Context, list []roster.Waiting) ([]*model.WaitingMatter, error) {
	ids := make([]uuid.UUID, len(list))
	for i, w := range list {
		ids[i] = w.Matter
	}
	defs, err := r.Engine.Definitions(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]*model.WaitingMatter, len(list))
	for i, w := range list {
		m := &model.WaitingMatter{MatterID: w.Matter, Kind: w.Kind, Number: given(w.Number), State: w.State, Turn: given(w.Turn), Why: w.Why, Becomes: given(w.Becomes)}
		if d := defs[w.Matter]; d != nil {
			if s := d.Machines[process.OfMatter].State(w.State); s != nil {
				m.State = s.Label
			}
			if label := d.Turns[w.Turn]; label != "" {
				m.Turn = &label
			}
		}
		out[i] = m
	}
	return out, nil
}

// maxDirectory is the longest answer of the directory of committees: a
// province with all its cities and districts has fewer.
const maxDirectory = 200

var (
	membershipsByName = &gen.MembershipOrder{Direction: entgql.OrderDirectionAsc, Field: gen.MembershipOrderFieldName}
	unitsByName       = &gen.UnitOrder{Direction: entgql.OrderDirectionAsc, Field: gen.UnitOrderFieldName}
)

// mostCandidates is how many people a form offers at once; a part of the name narrows them.
const mostCandidates = 50

// picked are the people whom the viewer may name in a form. Who may read the
// roster names anybody in office; to everybody else those of his own units are
// known by sight, and of them no more is told.
func (r *Resolver) picked(ctx context.Context, name *string) ([]*model.Candidate, error) {
	viewer, today := authz.From(ctx), clock.Today(ctx)
	who := append(whereMembership(&model.MembershipFilter{NameContains: name}, today), authz.MemberOn(today))
	if !viewer.May(authz.Perm("roster.read")).Has(authz.Tenant) {
		who = append(who, membership.HasSeatsWith(seat.UnitIDIn(viewer.Units...), authz.SeatOn(today)))
	}
	found, err := r.ent().Membership.Query().Where(who...).Order(membership.ByName(), membership.ByID()).Limit(mostCandidates).All(ctx)
	out := make([]*model.Candidate, len(found))
	for i, m := range found {
		out[i] = &model.Candidate{ID: m.ID, Name: m.Name, Post: given(m.Post)}
	}
	return out, err
}

func whereMembership(f *model.MembershipFilter, today time.Time) (ps []predicate.Membership) {
	if f == nil {
		return nil
	}
	if f.Kind != nil {
		ps = append(ps, membership.KindEQ(*f.Kind))
	}
	if f.Status != nil {
		ps = append(ps, membership.StatusEQ(*f.Status))
	}
	if f.UnitID != nil {
		ps = append(ps, membership.HasSeatsWith(seat.UnitID(*f.UnitID), authz.SeatOn(today)))
	}
	if f.WithoutSeat != nil {
		sits := membership.HasSeatsWith(authz.SeatOn(today))
		if *f.WithoutSeat {
			sits = membership.Not(sits)
		}
		ps = append(ps, sits)
	}
	if f.Party != nil {
		ps = append(ps, membership.PoliticalParty(*f.Party))
	}
	if f.NameContains != nil {
		ps = append(ps, tenants.Shows(membership.FieldName, *f.NameContains))
	}
	return ps
}

func whereUnit(f *model.UnitFilter) (ps []predicate.Unit) {
	if f == nil {
		return nil
	}
	if f.Line != nil {
		ps = append(ps, unit.LineEQ(*f.Line))
	}
	if f.Kind != nil {
		ps = append(ps, unit.KindEQ(*f.Kind))
	}
	if f.ParentID != nil {
		ps = append(ps, unit.ParentID(*f.ParentID))
	}
	if f.ActiveOn != nil {
		ps = append(ps, authz.UnitOn(*f.ActiveOn))
	}
	if f.NameContains != nil {
		ps = append(ps, tenants.Shows(unit.FieldName, *f.NameContains))
	}
	return ps
}

func (r *Resolver) workdays(ctx context.Context, year int) ([]*gen.Workday, error) {
	if year < 1949 || year > 2200 { // as for scalar Date
		return nil, errs.New(errs.Invalid, "年份应在 1949 至 2200 之间").At("year")
	}
	q, err := r.ent().Workday.Query().
		Where(workday.DayGTE(clock.Date(year, time.January, 1)), workday.DayLTE(clock.Date(year, time.December, 31))).
		Order(workday.ByDay()).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// pendingGrants are those that wait for a second administrator. The ones that
// begin later by intention are left out.
func (r *Resolver) pendingGrants(ctx context.Context) ([]*gen.Grant, error) {
	if _, err := authz.Require(ctx, "grants.manage"); err != nil {
		return nil, err
	}
	rows, err := r.ent().Grant.Query().Where(authz.GrantStands()).Order(grant.ByID()).All(ctx)
	return slices.DeleteFunc(rows, func(g *gen.Grant) bool { return !roster.Pending(g) }), err
}

func (r *Resolver) directory(ctx context.Context, after *string, first *int, level *tenant.Level) ([]*gen.Tenant, error) {
	limit := maxDirectory
	if first != nil {
		limit = *first
	}
	if limit < 1 || limit > maxDirectory {
		return nil, errs.New(errs.Invalid, "first 须在 1 到 %d 之间", maxDirectory).At("first")
	}
	q := r.ent().Tenant.Query().Where(tenant.CodeGT(value(after))).Order(tenant.ByCode()).Limit(limit)
	if level != nil {
		q = q.Where(tenant.LevelEQ(*level))
	}
	q, err := q.CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// settings maps the committee's settings with how each is filled in.
func (r *Resolver) settings(ctx context.Context) ([]*model.Setting, error) {
	list, err := r.Roster.Settings(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]*model.Setting, len(list))
	for i, x := range list {
		out[i] = &model.Setting{Setting: x.Name, Group: x.Group, Field: formField(x.Field, nil), Value: asJSON(x.Value), Shipped: asJSON(x.Shipped), NeedsTwo: x.NeedsTwo, Protects: given(x.Says)}
	}
	return out, nil
}

// unitKinds are the kinds of units with their line and their posts.
func unitKinds() []*model.UnitKindRule {
	list := roster.Kinds()
	out := make([]*model.UnitKindRule, len(list))
	for i, k := range list {
		out[i] = &model.UnitKindRule{Kind: k.Kind, Line: k.Line, Posts: k.Posts}
	}
	return out
}
