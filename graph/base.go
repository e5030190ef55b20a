package graph

import (
	"context"
	"slices"
	"time"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// or is v, fallback where it was not given.
func or[T any](v, fallback *T) *T {
	if v == nil {
		return fallback
	}
	return v
}

func value[T any](v *T) (zero T) {
	if v == nil {
		return zero
	}
	return *v
}

func (r *Resolver) matters(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, order *gen.MatterOrder, ps ...predicate.Matter) (*gen.MatterConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(!slices.Contains(byText, order.Field.String()), after, before)
	}
	if err != nil {
		return nil, err
	}
	return r.ent().Matter.Query().Where(ps...).Paginate(ctx, after, first, before, last, gen.WithMatterOrder(order))
}

func (r *Resolver) viewer(ctx context.Context) (*model.Viewer, error) {
	v := authz.From(ctx)
	m, err := r.ent().Membership.Query().Where(membership.ID(v.Membership)).Only(ctx)
	if err != nil {
		return nil, err
	}
	t, err := r.ent().Tenant.Query().Where(tenant.ID(v.Tenant)).Only(ctx)
	if err != nil {
		return nil, err
	}
	units, err := r.ent().Unit.Query().Where(unit.IDIn(v.Seats...), unit.SuccessorIDIsNil()).Order(unit.ByName()).All(ctx)
	if err != nil {
		return nil, err
	}
	out := &model.Viewer{Membership: m, Tenant: t, Roles: v.AllRoles(), Units: units}
	for _, p := range r.Directory.Policy().Permissions() {
		if s := v.Somewhere(p); s != authz.None {
			out.Permissions = append(out.Permissions, &model.ViewerPermission{Permission: p.String(), Scope: s.String()})
		}
	}
	return out, nil
}

// identities are all that the caller's account may work as.
func (r *Resolver) identities(ctx context.Context) ([]*model.Identity, error) {
	v := authz.From(ctx)
	choices, err := r.Accounts.Choices(ctx, v.Account)
	out := make([]*model.Identity, len(choices))
	for i, c := range choices {
		out[i] = &model.Identity{MembershipID: c.Membership, TenantCode: c.TenantCode, TenantName: c.TenantName, Current: c.Membership == v.Membership}
	}
	return out, err
}

// phone is shown to its owner and to who keeps the personal data.
func (r *Resolver) phone(ctx context.Context, m *gen.Membership) (*string, error) {
	return r.reachedBy(ctx, m, func(m *gen.Membership) string { return m.Phone })
}

// reachedBy is how somebody is reached, one way of it.
func (r *Resolver) reachedBy(ctx context.Context, m *gen.Membership, of func(*gen.Membership) string) (*string, error) {
	v := authz.From(ctx)
	if m.ID != v.Membership && !v.May(authz.Perm("personal.read")).Has(authz.Tenant) {
		return nil, nil
	}
	row, err := load(ctx).numbers.Load(ctx, m.ID) // the list did not select it
	if row == nil || of(row) == "" {
		return nil, err
	}
	if m.ID != v.Membership {
		saw(ctx, gen.TypeMembership, m.ID)
	}
	return given(of(row)), err
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// byText are the orders of matters whose cursors hold a text.
var byText = []string{gen.MatterOrderFieldTitle.String(), gen.MatterOrderFieldNumberOrder.String()}

// newest is the order of a list that names none.
var newest = &gen.MatterOrder{Direction: entgql.OrderDirectionDesc, Field: gen.MatterOrderFieldOpenedAt}

// where translates a filter; what no process has is refused.
func (r *Resolver) where(ctx context.Context, f *model.MatterFilter) ([]predicate.Matter, error) {
	if f == nil {
		return nil, nil
	}
	kinds := f.Kinds
	if f.Kind != nil {
		kinds = append(slices.Clone(kinds), *f.Kind)
	}
	if err := r.known(ctx, process.OfMatter, kinds, f.States); err != nil {
		return nil, err
	}
	v := authz.From(ctx)
	ps := whereWho(v, f)
	if len(f.Kinds) > 0 {
		ps = append(ps, matter.KindIn(f.Kinds...))
	}
	if f.Kind != nil {
		ps = append(ps, matter.Kind(*f.Kind))
	}
	if len(f.States) == 1 {
		ps = append(ps, matter.State(f.States[0]))
	} else if len(f.States) > 0 {
		ps = append(ps, matter.StateIn(f.States...))
	}
	if of := whereProposal(f); len(of) > 0 {
		ps = append(ps, matter.HasProposalWith(of...))
	}
	if f.SectorID != nil {
		ps = append(ps, authz.OfUnits(matter.FieldSectorID, *f.SectorID))
	}
	if f.StreetID != nil {
		ps = append(ps, authz.OfUnits(matter.FieldStreetID, *f.StreetID))
	}
	if f.UnitID != nil {
		ps = append(ps, matter.HasAssignmentsWith(authz.SeenPart(v, gen.TypeAssignment, authz.OfUnits(assignment.FieldUnitID, *f.UnitID))))
	}
	if f.DueBefore != nil {
		ps = append(ps, matter.NextDueOnLT(*f.DueBefore))
	}
	if f.DueFrom != nil {
		ps = append(ps, matter.NextDueOnGTE(*f.DueFrom))
	}
	if f.UpdatedSince != nil {
		ps = append(ps, matter.UpdatedAtGT(*f.UpdatedSince))
	}
	if f.Year != nil {
		if *f.Year < 1949 || *f.Year > 2999 {
			return nil, errs.New(errs.Invalid, "year 写四位的年份，例如 2026").At("filter", "year")
		}
		since := time.Date(*f.Year, 1, 1, 0, 0, 0, 0, clock.Shanghai)
		ps = append(ps, matter.OpenedAtGTE(since), matter.OpenedAtLT(since.AddDate(1, 0, 0)))
	}
	if f.Number != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldNumberKey, *f.Number))
	}
	if f.TitleContains != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldTitleKey, *f.TitleContains))
	}
	return ps, nil
}

// whereProposal is what a filter asks of proposals.
func whereProposal(f *model.MatterFilter) (of []predicate.Proposal) {
	if f.Disposition != nil {
		of = append(of, proposal.DispositionEQ(*f.Disposition))
	}
	if f.SittingID != nil {
		of = append(of, proposal.SittingID(*f.SittingID))
	}
	if f.Key != nil {
		of = append(of, proposal.IsKey(*f.Key))
	}
	if f.Category != nil {
		of = append(of, proposal.Category(*f.Category))
	}
	if f.Period != nil {
		of = append(of, proposal.PeriodEQ(*f.Period))
	}
	return of
}

// whereWho is by whom, and where, a filter asks for matters.
func whereWho(v *authz.Viewer, f *model.MatterFilter) (ps []predicate.Matter) {
	by := func(such ...predicate.Party) predicate.Matter {
		return matter.HasPartiesWith(authz.SeenPart(v, gen.TypeParty, such...))
	}
	if f.Mine != nil {
		mine := matter.Or(matter.And(matter.CreatorIDNotNil(), matter.CreatorID(v.Membership)), by(party.MembershipID(v.Membership)))
		if !*f.Mine {
			mine = matter.Not(mine)
		}
		ps = append(ps, mine)
	}
	if f.CreatorID != nil {
		ps = append(ps, matter.CreatorID(*f.CreatorID))
	}
	if f.ProposerID != nil {
		ps = append(ps, by(party.MembershipID(*f.ProposerID), party.RoleIn(party.RoleLEAD, party.RoleCO)))
	}
	if f.PlatformID != nil {
		ps = append(ps, matter.PlatformID(*f.PlatformID))
	}
	if f.OwnerUnitID != nil {
		ps = append(ps, authz.OfUnits(matter.FieldOwnerUnitID, *f.OwnerUnitID))
	}
	return ps
}

func inOrder[T gen.Noder](ids []uuid.UUID, list []T, id func(T) uuid.UUID) []gen.Noder {
	by := make(map[uuid.UUID]T, len(list))
	for _, x := range list {
		by[id(x)] = x
	}
	out := make([]gen.Noder, len(ids))
	for i := range ids {
		if x, ok := by[ids[i]]; ok {
			out[i] = x
		}
	}
	return out
}
