package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/roster"
)

// shownPairs gives pairs their people and units, each asked for once.
func (r *Resolver) shownPairs(ctx context.Context, list []roster.Pair) ([]*model.ContactPair, error) {
	var people, units []uuid.UUID
	for _, p := range list {
		for _, id := range []*uuid.UUID{p.FromMember, p.ToMember} {
			if id != nil {
				people = append(people, *id)
			}
		}
		for _, id := range []*uuid.UUID{p.FromUnit, p.ToUnit} {
			if id != nil {
				units = append(units, *id)
			}
		}
	}
	members, err := r.ent().Membership.Query().Where(membership.IDIn(people...)).All(ctx)
	if err != nil {
		return nil, err
	}
	places, err := r.ent().Unit.Query().Where(unit.IDIn(units...)).All(ctx)
	if err != nil {
		return nil, err
	}
	who, where := map[uuid.UUID]*gen.Membership{}, map[uuid.UUID]*gen.Unit{}
	for _, m := range members {
		who[m.ID] = m
	}
	for _, u := range places {
		where[u.ID] = u
	}
	out := make([]*model.ContactPair, len(list))
	for i, p := range list {
		out[i] = &model.ContactPair{ID: p.ID, Kind: model.ContactPairKind(p.Kind), FromMember: who[value(p.FromMember)], ToMember: who[value(p.ToMember)],
			FromUnit: where[value(p.FromUnit)], ToUnit: where[value(p.ToUnit)], StartsOn: p.StartsOn, EndsOn: p.EndsOn, Reason: given(p.Reason), InForce: p.InForce}
	}
	return out, nil
}

func (r *Resolver) contactPairs(ctx context.Context, kind string, all bool, c *cursor, first *int) (*model.ContactPairConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	list, err := r.Roster.Pairs(ctx, kind, all, from.id, *first+1)
	if err != nil {
		return nil, err
	}
	more := len(list) > *first
	nodes, err := r.shownPairs(ctx, list[:min(len(list), *first)])
	out, cursors := &model.ContactPairConnection{Edges: []*model.ContactPairEdge{}}, make([]cursor, len(nodes))
	for i, n := range nodes {
		cursors[i] = byID(n.ID)
		out.Edges = append(out.Edges, &model.ContactPairEdge{Node: n, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, err
}

func (r *Resolver) coverage(ctx context.Context) ([]*model.Coverage, error) {
	list, err := r.Roster.Coverage(ctx)
	if err != nil {
		return nil, err
	}
	out := []*model.Coverage{}
	for _, c := range list {
		out = append(out, &model.Coverage{Code: model.CoverageGap(c.Code), Label: c.Label, OfUnits: c.Unit, Total: c.All, Covered: c.Has})
	}
	return out, nil
}

func (r *Resolver) uncovered(ctx context.Context, code string, c *cursor, first *int) (*model.UncoveredConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	g, ids, err := r.Roster.Without(ctx, code, from.id, *first+1)
	if err != nil {
		return nil, err
	}
	more := len(ids) > *first
	ids = ids[:min(len(ids), *first)]
	typ := gen.TypeMembership
	if g.Unit {
		typ = gen.TypeUnit
	}
	nodes, err := r.rows(ctx, typ, ids)
	out, cursors := &model.UncoveredConnection{Edges: []*model.UncoveredEdge{}}, make([]cursor, len(nodes))
	for i, n := range nodes {
		cursors[i] = byID(ids[i])
		out.Edges = append(out.Edges, &model.UncoveredEdge{Node: n, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, err
}

// onPair carries out a mutation of a pair.
func (r *Resolver) onPair(ctx context.Context, input any, do func(context.Context) (*roster.Pair, error)) (*model.ContactPairPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		p, err := do(ctx)
		if err != nil {
			return "", uuid.Nil, err
		}
		return roster.PairEntity, p.ID, nil
	})
	out := &model.ContactPairPayload{UserErrors: bad}
	if err != nil || id == uuid.Nil {
		return out, err
	}
	p, err := r.Roster.Pair(ctx, id)
	if err != nil {
		return out, err
	}
	list, err := r.shownPairs(ctx, []roster.Pair{*p})
	if err == nil {
		out.Pair = list[0]
	}
	return out, err
}
