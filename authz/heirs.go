package authz

import (
	"context"
	"slices"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

// Heirs says who followed whom: by a renamed or merged unit, its successor. In
// a matter the old unit stays where it was written; whom that concerns today,
// under which name, is its heir's. In SQL it is heir(unit), inherited(units).
type Heirs map[uuid.UUID]uuid.UUID

// ReadHeirs reads all successions of the committee.
func ReadHeirs(ctx context.Context) (Heirs, error) {
	type row struct{ Old, Next uuid.UUID }
	rows, err := tenants.Collect(ctx, pgx.RowToStructByPos[row], `SELECT id, successor_id FROM units WHERE successor_id IS NOT NULL`)
	out := make(Heirs, len(rows))
	for _, r := range rows {
		out[r.Old] = r.Next
	}
	return out, err
}

// Of is the unit at the end of the chain: the one that is asked for when
// nothing followed it.
func (h Heirs) Of(id uuid.UUID) uuid.UUID {
	for range len(h) { // bounded, should there ever be a circle
		next, ok := h[id]
		if !ok {
			break
		}
		id = next
	}
	return id
}

// Same reports whether two units are one by now.
func (h Heirs) Same(a, b uuid.UUID) bool { return h.Of(a) == h.Of(b) }

// Inherited are the units and all that were renamed into them or merged, for a
// list that is asked for by the unit which is there now.
func Inherited(ctx context.Context, units ...uuid.UUID) ([]uuid.UUID, error) {
	return tenants.Collect(ctx, pgx.RowTo[uuid.UUID], `SELECT id FROM inherited($1)`, units)
}

// OfUnits: the column names one of the units, or what was renamed or merged into
// one. It is what a list asks that is filtered by a unit.
func OfUnits(field string, units ...uuid.UUID) func(*entsql.Selector) {
	return func(s *entsql.Selector) {
		s.Where(entsql.P(func(b *entsql.Builder) {
			b.Ident(s.C(field)).WriteString(" IN (SELECT id FROM inherited(").Arg(units).WriteString("))")
		}))
	}
}

// Fits narrows which units may be chosen; the zero value takes any.
type Fits struct {
	Lines []unit.Line
	Kinds []unit.Kind
	What  string // what is wanted, such as 承办单位; empty: 单位
}

// UnitThere is the one answer to whether something may be given to a unit
// today: it is this committee's, fits, has begun and was not closed. The
// refusal names the unit, and its heir where there is one; path is the field.
func UnitThere(ctx context.Context, c *gen.Client, id uuid.UUID, fits Fits, path ...string) (*gen.Unit, error) {
	found, err := unitsThere(ctx, c, []uuid.UUID{id}, fits, func(int) []string { return path })
	if err != nil {
		return nil, err
	}
	return found[0], nil
}

// UnitsThere is UnitThere for a list, in its order; path leads to the list.
func UnitsThere(ctx context.Context, c *gen.Client, ids []uuid.UUID, fits Fits, path ...string) ([]*gen.Unit, error) {
	return unitsThere(ctx, c, ids, fits, func(i int) []string { return append(path[:len(path):len(path)], strconv.Itoa(i)) })
}

func unitsThere(ctx context.Context, c *gen.Client, ids []uuid.UUID, fits Fits, path func(int) []string) ([]*gen.Unit, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := c.Unit.Query().Where(unit.IDIn(ids...)).All(System(ctx))
	if err != nil {
		return nil, err
	}
	known := make(map[uuid.UUID]*gen.Unit, len(rows))
	for _, u := range rows {
		known[u.ID] = u
	}
	out := make([]*gen.Unit, len(ids))
	for i, id := range ids {
		u := known[id]
		if err := there(ctx, c, u, fits); err != nil {
			return nil, err.At(path(i)...)
		}
		out[i] = u
	}
	return out, nil
}

// there says why something cannot be given to a unit; u is nil when the
// committee has none such.
func there(ctx context.Context, c *gen.Client, u *gen.Unit, fits Fits) *errs.Error {
	day := clock.Today(ctx)
	switch {
	case u == nil:
		return errs.New(errs.Invalid, "所选的%s不存在，请重新选择", fits.what())
	case len(fits.Lines) > 0 && !slices.Contains(fits.Lines, u.Line), len(fits.Kinds) > 0 && !slices.Contains(fits.Kinds, u.Kind):
		return errs.New(errs.Invalid, "“%s”不是%s，请重新选择", u.Name, fits.what())
	case UnitPeriod(u).Over(day):
		if heir, err := HeirOf(ctx, c, u); err == nil && heir.ID != u.ID && !UnitPeriod(heir).Over(day) {
			return errs.New(errs.Invalid, "“%s”已停用，由“%s”接替，请选择“%s”", u.Name, heir.Name, heir.Name).With("heirId", heir.ID)
		}
		return errs.New(errs.Invalid, "“%s”已停用，请重新选择", u.Name)
	case !UnitPeriod(u).Has(day):
		return errs.New(errs.Invalid, "“%s”自 %s 起启用，请重新选择，或到时再办", u.Name, u.ActiveFrom.Format(time.DateOnly))
	}
	return nil
}

func (f Fits) what() string {
	if f.What == "" {
		return "单位"
	}
	return f.What
}

// HeirsOf are the units that are there now, by those that are asked for.
func HeirsOf(ctx context.Context, c *gen.Client, ids ...uuid.UUID) (map[uuid.UUID]*gen.Unit, error) {
	heirs, err := ReadHeirs(ctx)
	if err != nil {
		return nil, err
	}
	want := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		want[i] = heirs.Of(id)
	}
	rows, err := c.Unit.Query().Where(unit.IDIn(want...)).All(System(ctx))
	if err != nil {
		return nil, err
	}
	known := make(map[uuid.UUID]*gen.Unit, len(rows))
	for _, u := range rows {
		known[u.ID] = u
	}
	out := make(map[uuid.UUID]*gen.Unit, len(ids))
	for i, id := range ids {
		out[id] = known[want[i]]
	}
	return out, nil
}

// HeirOf is who is there now in place of a unit, itself when nothing followed.
func HeirOf(ctx context.Context, c *gen.Client, u *gen.Unit) (*gen.Unit, error) {
	if u.SuccessorID == nil {
		return u, nil
	}
	all, err := HeirsOf(ctx, c, u.ID)
	return all[u.ID], err
}
