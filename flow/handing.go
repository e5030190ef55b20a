package flow

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants"
)

// A running matter is handed to another unit by an action of its process: whose
// it was and whose it is stands in the step, by id too, so that it can be given
// back. Whom it waits for, who sees it and who is told follow by themselves, as
// after any action.

// Holding is a place where a matter says whose it is.
type Holding struct {
	What string // 街道
	Fits authz.Fits
	Now  func(*Case) *uuid.UUID
	Put  func(*Case, *uuid.UUID)                       // in memory
	Set  func(context.Context, *Run, *uuid.UUID) error // in the database

	kinds []string
}

// Holding registers a place where matters can be handed over; what is registered
// through For is there in matters of those kinds only.
func (s *Rules) Holding(name string, h Holding) {
	h.kinds = s.only
	s.holdings[name] = h
}

// HoldingOf is a place of matters of a kind.
func (s *Rules) HoldingOf(kind, name string) (Holding, bool) {
	h, ok := s.holdings[name]
	return h, ok && (len(h.kinds) == 0 || slices.Contains(h.kinds, kind))
}

// Holdings are the places of matters of a kind, by name.
func (s *Rules) Holdings(kind string) (out []string) {
	for _, name := range slices.Sorted(maps.Keys(s.holdings)) {
		if _, ok := s.HoldingOf(kind, name); ok {
			out = append(out, name)
		}
	}
	return out
}

// Moving is whose a matter is to be from now on, by place; nil empties a place.
type Moving struct {
	To       map[string]*uuid.UUID
	Keeps    bool     // the units that have it now go on reading it
	Back     int      // days within which who hands it over may take it back
	Restarts []string // deadlines that begin anew
	Returns  bool     // it goes back to whence it came
}

// Given is the last time that a matter was handed over, as long as it can go back.
type Given struct {
	From  map[string]*uuid.UUID `json:"from"` // by place, whose it was
	Until string                `json:"until,omitempty"`

	By    *uuid.UUID `json:"-"`
	Quiet bool       `json:"-"` // nobody has done anything since
}

// handed is the key of a step's After under which Given stands.
const handed = "handed"

// HandOver gives the matter to other units, inside an effect.
func (r *Run) HandOver(ctx context.Context, m Moving) error {
	was := r.places(m)
	names, err := unitNames(ctx, r.Client, slices.Concat(slices.Collect(maps.Values(was)), slices.Collect(maps.Values(m.To)))...)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.To)) {
		h, _ := r.Engine.HoldingOf(r.Kind, name)
		if err := h.Set(ctx, r, m.To[name]); err != nil {
			return err
		}
		for into, id := range map[*map[string]any]*uuid.UUID{&r.Before: was[name], &r.After: m.To[name]} {
			if id != nil {
				(*into)[name] = names[*id]
			}
		}
	}
	if err := r.former(ctx, m, was, names); err != nil {
		return err
	}
	for _, key := range m.Restarts {
		if err := r.Met(ctx, key); err != nil {
			return err
		}
	}
	g := r.onto(m, was)
	if r.After[handed] = g; m.Returns {
		r.After[handed] = false
	}
	return nil
}

// places are whose the matter is in the places that change.
func (r *Run) places(m Moving) map[string]*uuid.UUID {
	was := map[string]*uuid.UUID{}
	for name := range m.To {
		h, _ := r.Engine.HoldingOf(r.Kind, name)
		was[name] = h.Now(r.Case)
	}
	return was
}

// onto does in memory what HandOver writes.
func (r *Run) onto(m Moving, was map[string]*uuid.UUID) *Given {
	for name, to := range m.To {
		h, _ := r.Engine.HoldingOf(r.Kind, name)
		h.Put(r.Case, to)
	}
	r.Given = nil
	if m.Returns {
		return nil
	}
	r.Given = &Given{From: was, By: r.Actor(), Quiet: true}
	if m.Back > 0 {
		r.Given.Until = r.Today().AddDate(0, 0, m.Back).Format(time.DateOnly)
	}
	return r.Given
}

// ForeseeHanding is HandOver as far as it can be told beforehand.
func (r *Run) ForeseeHanding(m Moving) {
	was := r.places(m)
	r.Parties = slices.DeleteFunc(slices.Clone(r.Parties), func(p *gen.Party) bool { return r.regains(p, m) })
	for _, id := range was {
		if id != nil && m.Keeps {
			r.Parties = append(r.Parties, &gen.Party{MatterID: r.Matter.ID, UnitID: id, Role: party.RoleFORMER, Cosign: party.CosignNONE})
		}
	}
	for _, t := range r.Timers {
		if t.ItemID == nil && isOpen(t) && contains(m.Restarts, t.Key) {
			t.Status = timer.StatusMET
		}
	}
	r.onto(m, was)
}

// regains: a party that had the matter before has it again.
func (r *Run) regains(p *gen.Party, m Moving) bool {
	return p.Role == party.RoleFORMER && p.UnitID != nil && authz.TakesPart(p) &&
		slices.ContainsFunc(slices.Collect(maps.Values(m.To)), func(to *uuid.UUID) bool { return to != nil && r.Heirs.Same(*to, *p.UnitID) })
}

// former keeps who had the matter as a party that reads it, and no longer who has
// it again.
func (r *Run) former(ctx context.Context, m Moving, was map[string]*uuid.UUID, names map[uuid.UUID]string) error {
	for _, p := range r.Parties {
		if r.regains(p, m) {
			if err := r.Client.Party.UpdateOneID(p.ID).SetCosign(party.CosignCANCELLED).Exec(ctx); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(was)) {
		id := was[name]
		has := func(p *gen.Party) bool {
			return p.Role == party.RoleFORMER && p.UnitID != nil && id != nil && *p.UnitID == *id && authz.TakesPart(p)
		}
		if id == nil || !m.Keeps || slices.ContainsFunc(r.Parties, has) {
			continue
		}
		err := r.Client.Party.Create().SetMatterID(r.Matter.ID).SetUnitID(*id).SetName(names[*id]).SetRole(party.RoleFORMER).SetOrdinal(formerLast).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// formerLast puts who had a matter behind all other parties.
const formerLast = 2000

func unitNames(ctx context.Context, c *gen.Client, ids ...*uuid.UUID) (map[uuid.UUID]string, error) {
	var all []uuid.UUID
	for _, id := range ids {
		if id != nil {
			all = append(all, *id)
		}
	}
	units, err := authz.HeirsOf(ctx, c, all...)
	out := map[uuid.UUID]string{}
	for id, u := range units {
		if u != nil {
			out[id] = u.Name
		}
	}
	return out, err
}

// takesBack: who handed the matter over may take it back for a while, as long as
// nobody has done anything to it, though it is his unit's no longer.
func (in *Input) takesBack(v *authz.Viewer) bool {
	g := in.Given
	return in.Action.HandsBack() && g != nil && g.By != nil && *g.By == v.Membership && g.Quiet && in.Share == nil &&
		in.Today().Format(time.DateOnly) <= g.Until && v.May(in.Action.Right) != authz.None
}

// readGiven reads of cases that can be given back whence they came, in one statement;
// it asks only where the process lets them go back.
func (e *Engine) readGiven(ctx context.Context, cases map[uuid.UUID]*Case) error {
	var ids []uuid.UUID
	for id, c := range cases {
		if slices.ContainsFunc(c.Def.Machines[process.OfMatter].Actions, func(a *process.Action) bool { return a.HandsBack() && a.Leaves(c.State) }) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	type row struct {
		Matter uuid.UUID
		By     *uuid.UUID
		Given  json.RawMessage
		Quiet  bool
	}
	rows, err := tenants.Rows[row](ctx, `
		SELECT DISTINCT ON (s.matter_id) s.matter_id, s.actor_id, s.after->'`+handed+`',
			NOT EXISTS (SELECT FROM steps l WHERE l.matter_id = s.matter_id AND l.actor_id IS NOT NULL AND (l.at, l.id) > (s.at, s.id))
		FROM steps s WHERE s.matter_id = ANY ($1) AND s.after->'`+handed+`' IS NOT NULL ORDER BY s.matter_id, s.at DESC, s.id DESC`, ids)
	for _, x := range rows {
		if string(x.Given) == "false" {
			continue
		}
		g := &Given{By: x.By, Quiet: x.Quiet}
		if err := json.Unmarshal(x.Given, g); err != nil {
			return err
		}
		cases[x.Matter].Given = g
	}
	return err
}

// backUntil is the last day on which who handed it over may take it back.
func (g *Given) backUntil() *time.Time {
	if g == nil || g.Until == "" {
		return nil
	}
	day, err := time.Parse(time.DateOnly, g.Until)
	if err != nil {
		return nil
	}
	return &day
}
