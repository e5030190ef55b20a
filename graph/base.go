package graph

import (
	"context"

	"entgo.io/contrib/entgql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/graph/model"
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
		err = belong(order.Field.String() != gen.MatterOrderFieldTitle.String(), after, before)
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
	out := &model.Viewer{Membership: m, Tenant: t, Roles: v.Roles, Units: units}
	for _, p := range r.Directory.Policy().Permissions() {
		if s := v.May(p); s != authz.None {
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
	v := authz.From(ctx)
	if m.ID != v.Membership && !v.May(authz.Perm("personal.read")).Has(authz.Tenant) {
		return nil, nil
	}
	phone, err := load(ctx).numbers.Load(ctx, m.ID) // the list did not select it
	return given(phone), err
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// newest is the order of a list that names none.
var newest = &gen.MatterOrder{Direction: entgql.OrderDirectionDesc, Field: gen.MatterOrderFieldOpenedAt}

// where translates a filter.
func where(v *authz.Viewer, f *model.MatterFilter) ([]predicate.Matter, error) {
	if f == nil {
		return nil, nil
	}
	var ps []predicate.Matter
	if f.Kind != nil {
		ps = append(ps, matter.Kind(*f.Kind))
	}
	if len(f.States) > 40 {
		return nil, errs.New(errs.Invalid, "states 至多 40 个").At("filter", "states")
	}
	if len(f.States) == 1 {
		ps = append(ps, matter.State(f.States[0]))
	} else if len(f.States) > 0 {
		ps = append(ps, matter.StateIn(f.States...))
	}
	var of []predicate.Proposal
	if f.Disposition != nil {
		of = append(of, proposal.DispositionEQ(*f.Disposition))
	}
	if f.SittingID != nil {
		of = append(of, proposal.SittingID(*f.SittingID))
	}
	if f.Key != nil {
		of = append(of, proposal.IsKey(*f.Key))
	}
	if len(of) > 0 {
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
	if f.Number != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldNumberKey, *f.Number))
	}
	if f.TitleContains != nil {
		ps = append(ps, tenants.ShowsKey(matter.FieldTitleKey, *f.TitleContains))
	}
	return ps, nil
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
