package flow

import (
	"context"
	"reflect"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
)

// A matter whose first turn means only people who have to do with their own
// units' matters, such as the liaison of a street, is nobody's as long as it
// belongs to no such unit. So opening settles to whom it goes, or asks (A6).

// Homeless is the detail of a refusal that says for which role nobody was found.
const Homeless = "homeless"

// place is one of those where a matter says to which unit it belongs.
type place struct {
	what, path string
	kinds      []unit.Kind // nil: any
	of         func(*Opening) **uuid.UUID
}

// homeOf is where the unit stands for whose matters a role is given.
func homeOf(role string) place {
	switch kinds := authz.Sits(role); {
	case slices.Equal(kinds, authz.Streets):
		return place{"街道", "streetId", kinds, func(o *Opening) **uuid.UUID { return &o.Street }}
	case slices.Equal(kinds, authz.Sectors):
		return place{"界别", "sectorId", kinds, func(o *Opening) **uuid.UUID { return &o.Sector }}
	}
	return place{"单位", "ownerUnitId", nil, func(o *Opening) **uuid.UUID { return &o.OwnerUnit }}
}

func (h place) units(c *gen.Client) *gen.UnitQuery {
	if h.kinds == nil {
		return c.Unit.Query()
	}
	return c.Unit.Query().Where(unit.KindIn(h.kinds...))
}

// tied are the roles whose turn a state is, where each of them reaches over the
// matters of its own units and no further; nil where somebody else is meant too.
func (e *Engine) tied(kind string, def *process.Definition, s *process.State, rights *authz.Policy) (roles []string) {
	read := authz.Permission{Object: authz.Family(kind), Action: "read"}
	for _, code := range s.Turns {
		t := e.meaning(kind, def, code)
		if len(t.Roles) == 0 || !reflect.DeepEqual(t, Turn{Roles: t.Roles}) {
			return nil
		}
		for _, role := range t.Roles {
			if reach := rights.Table(role)[read]; !reach.Has(authz.Unit) || reach.Has(authz.Tenant) {
				return nil
			}
			roles = append(roles, role)
		}
	}
	return roles
}

// AsksHome tells which field says to whom a new matter of the kind goes
// (streetId, sectorId or ownerUnitId), empty where that is settled. owner is the
// unit to which it belongs in any case, such as its platform's.
func (e *Engine) AsksHome(ctx context.Context, kind string, owner *uuid.UUID) (field string, err error) {
	sys := authz.System(ctx)
	_, def, err := e.newest(sys, kind)
	if err != nil {
		return "", err
	}
	m := def.Machines[process.OfMatter]
	h, _, err := e.homeless(sys, &Opening{Kind: kind, OwnerUnit: owner}, def, m.State(m.Initial))
	if err != nil || h == nil {
		return "", err
	}
	return h.path, nil
}

// homeless is what has to be said so that the first turn reaches somebody, and
// the role that it means; nil where that is settled: by a unit of the kind for
// which the role is given, or by somebody who holds it in any of the units.
// Where the committee has one such unit only, it goes there; where it has none,
// nothing can be chosen, and the guardian of the kind is told.
func (e *Engine) homeless(ctx context.Context, o *Opening, def *process.Definition, first *process.State) (*place, string, error) {
	rights, err := authz.Rights(ctx)
	if err != nil {
		return nil, "", err
	}
	roles := e.tied(o.Kind, def, first, rights)
	if len(roles) == 0 {
		return nil, "", nil
	}
	today := clock.Today(ctx)
	h := homeOf(roles[0])
	var given []uuid.UUID
	for _, u := range []*uuid.UUID{o.Street, o.Sector, o.OwnerUnit} {
		if u != nil {
			given = append(given, *u)
		}
	}
	if is, err := h.units(e.client).Where(unit.IDIn(given...)).Exist(ctx); err != nil || is {
		return nil, "", err
	}
	all, err := h.units(e.client).Where(authz.UnitOn(today)).Limit(2).IDs(ctx)
	switch {
	case err != nil || len(all) == 0:
		return nil, "", err
	case len(all) == 1:
		*h.of(o) = &all[0]
		return nil, "", nil
	}
	there, err := readPeople(ctx, asked{seated: roles, units: given, mattered: given, on: today})
	if err != nil || len(there) > 0 {
		return nil, "", err
	}
	return &h, roles[0], nil
}

// home lets the matter go to the opener's own unit where it would be nobody's,
// and asks him where he has none, or several.
func (e *Engine) home(ctx context.Context, o *Opening, def *process.Definition, first *process.State, v *authz.Viewer) error {
	h, role, err := e.homeless(ctx, o, def, first)
	if err != nil || h == nil {
		return err
	}
	if o.Entry && v != nil {
		own, err := h.units(e.client).Where(unit.IDIn(v.Seats...), authz.UnitOn(clock.Today(ctx))).IDs(ctx)
		if err != nil {
			return err
		}
		if len(own) == 1 {
			*h.of(o) = &own[0]
			return nil
		}
	}
	return errs.New(errs.Invalid, "这类事项从“%s”办起，轮到%s；请选择由哪个%s办理", first.Label, authz.NameOf(ctx, role), h.what).At(h.path).With(Homeless, role)
}
