package vocab

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type handOverArgs struct {
	As       string        `json:"as" doc:"改换哪一个单位：street 所属街道，sector 界别，owner 归口单位（专委会、阵地等）；unit 看选了什么单位：街道、界别各归其位，其余为归口单位；六定任务还有 duty 责任单位"`
	Field    string        `json:"field" doc:"表单中选定新单位的一栏，不写为 unitId"`
	Leaves   process.Codes `json:"leaves" doc:"同时不再属于哪里：street、sector、owner，可以几个；例如由工作站转给街道，写 [owner]"`
	Keeps    bool          `json:"keeps" doc:"原来的单位仍能查看本件；不写为不能"`
	Back     int           `json:"back" doc:"转交的人几天以内、别人还没有办过时可以撤回，要有带 hand_back 的动作；不写为不能"`
	Restarts process.Codes `json:"restarts" doc:"哪些期限重新计算；不写的照旧"`
}

type handBackArgs struct {
	Restarts process.Codes `json:"restarts" doc:"哪些期限重新计算；不写的照旧"`
}

// byUnit is where a matter goes by what was chosen.
const byUnit = "unit"

// longestBack is the most days for which something may be taken back.
const longestBack = 30

// column makes a place of a column of the matter.
func column(what string, fits authz.Fits, at func(*gen.Matter) **uuid.UUID, set func(*gen.MatterUpdateOne, *uuid.UUID)) flow.Holding {
	fits.What = what
	put := func(c *flow.Case, id *uuid.UUID) { *at(c.Matter) = id }
	return flow.Holding{What: what, Fits: fits, Put: put,
		Now: func(c *flow.Case) *uuid.UUID { return *at(c.Matter) },
		Set: func(ctx context.Context, r *flow.Run, id *uuid.UUID) error {
			u := r.Client.Matter.UpdateOneID(r.Matter.ID)
			set(u, id)
			return u.Exec(ctx)
		}}
}

func registerHanding(s *flow.Rules) {
	s.Holding("street", column("街道", authz.Fits{Kinds: authz.Streets}, func(m *gen.Matter) **uuid.UUID { return &m.StreetID }, func(u *gen.MatterUpdateOne, id *uuid.UUID) {
		if u.SetNillableStreetID(id); id == nil {
			u.ClearStreetID()
		}
	}))
	s.Holding("sector", column("界别", authz.Fits{Kinds: authz.Sectors}, func(m *gen.Matter) **uuid.UUID { return &m.SectorID }, func(u *gen.MatterUpdateOne, id *uuid.UUID) {
		if u.SetNillableSectorID(id); id == nil {
			u.ClearSectorID()
		}
	}))
	s.Holding("owner", column("归口单位", authz.Fits{Lines: []unit.Line{unit.LineORGANISATION, unit.LineVENUE}}, func(m *gen.Matter) **uuid.UUID { return &m.OwnerUnitID }, func(u *gen.MatterUpdateOne, id *uuid.UUID) {
		if u.SetNillableOwnerUnitID(id); id == nil {
			u.ClearOwnerUnitID()
		}
	}))
	moves(s, process.HandOver, "把事项转交另一个街道、界别或归口单位，从此轮到新单位的人；经过记入时间线，原单位不再办理。", func(p *process.Place, a handOverArgs) { a.check(s, p) })
	moves(s, process.HandBack, "把转交来的事项退给转交以前的单位；转交的人在 hand_over 的 back 之内、别人还没有办过时，也可以用它撤回。", func(p *process.Place, a handBackArgs) {
		restarts(p, a.Restarts)
		if !slices.ContainsFunc(p.Action.Guards, func(r *process.Rule) bool { return r != nil && r.Name == "handed" }) {
			p.Find("hand_back 的动作要有条件 handed：没有转交过的，无处可退")
		}
	})
	flow.GuardOf(s, "handed", "本件是从别的单位转交来的，还没有退回。", nil, func(in *flow.Input, _ struct{}) error {
		if in.Given == nil {
			return errs.New(errs.GuardFailed, "本件不是从别的单位转交来的，无处可退；要换单位办理，请用转交")
		}
		return nil
	})
}

// moves registers a word by which a matter goes to another unit, done and
// foreseen.
func moves[A interface {
	moving(context.Context, *flow.Run) (flow.Moving, error)
}](s *flow.Rules, name, says string, check func(*process.Place, A)) {
	flow.EffectOf(s, name, says, check, func(ctx context.Context, r *flow.Run, a A) error {
		m, err := a.moving(ctx, r)
		if err != nil {
			return err
		}
		return r.HandOver(ctx, m)
	})
	flow.Foreseen(s, name, func(ctx context.Context, r *flow.Run, a A) error {
		m, err := a.moving(ctx, r)
		if err == nil {
			r.ForeseeHanding(m)
		}
		return err
	})
}

func (a handOverArgs) check(s *flow.Rules, p *process.Place) {
	known := s.Holdings(p.Def.Kind)
	if need(p, "as", a.As); a.As != "" && a.As != byUnit && !slices.Contains(known, a.As) {
		p.Find("as 不能写“%s”%s", process.Clip(a.As), process.Choices(a.As, append(known, byUnit)))
	}
	for _, name := range a.Leaves {
		if !slices.Contains(known, name) {
			p.Find("leaves 不能写“%s”%s", process.Clip(name), process.Choices(name, known))
		}
	}
	restarts(p, a.Restarts)
	if a.Back < 0 || a.Back > longestBack {
		p.Find("back 要是 0 至 %d 天", longestBack)
	}
	if back := func(x *process.Action) bool { return x.HandsBack() }; a.Back > 0 && !slices.ContainsFunc(p.Machine.Actions, back) {
		p.Find("写了 back，却没有带 hand_back 的动作，转交的人无从撤回")
	}
	p.NeedField(orElse(a.Field, "unitId"))
}

// restarts: each is a deadline that some state runs; only such begin anew.
func restarts(p *process.Place, keys []string) {
	for _, key := range keys {
		if p.Def.RunsIn(key) == nil {
			p.Find("restarts 的期限“%s”不在任何环节里计时", process.Clip(key))
		}
	}
}

// moving is whose the matter becomes: the unit of the form, in its place.
func (a handOverArgs) moving(ctx context.Context, r *flow.Run) (m flow.Moving, err error) {
	field, form := orElse(a.Field, "unitId"), whole(r)
	id, err := form.id(field)
	if err != nil {
		return m, err
	}
	name := a.As
	h, _ := r.Engine.HoldingOf(r.Kind, name)
	if a.As == byUnit {
		h = flow.Holding{What: "单位", Fits: authz.Fits{Lines: []unit.Line{unit.LineORGANISATION, unit.LineVENUE}, What: "街道、界别、专委会或阵地"}}
	}
	if id == nil {
		return m, form.invalid(field, "请选择转交给哪个%s", h.What)
	}
	to, err := authz.UnitThere(ctx, r.Client, *id, h.Fits, form.at(field)...)
	if err != nil {
		return m, err
	}
	if a.As == byUnit {
		name = placeOf(to)
		h, _ = r.Engine.HoldingOf(r.Kind, name)
	}
	m = flow.Moving{To: map[string]*uuid.UUID{}, Keeps: a.Keeps, Back: a.Back, Restarts: a.Restarts}
	gone := false
	for _, name := range a.Leaves {
		other, _ := r.Engine.HoldingOf(r.Kind, name)
		m.To[name], gone = nil, gone || other.Now(r.Case) != nil
	}
	if now := h.Now(r.Case); now != nil && !gone && r.Heirs.Same(*now, to.ID) {
		return m, errs.New(errs.Invalid, "现在就由“%s”办理，请选择另一个%s", to.Name, h.What).At(form.at(field)...)
	}
	m.To[name] = &to.ID
	return m, nil
}

// placeOf is where a unit stands in a matter.
func placeOf(u *gen.Unit) string {
	switch {
	case slices.Contains(authz.Streets, u.Kind):
		return "street"
	case slices.Contains(authz.Sectors, u.Kind):
		return "sector"
	}
	return "owner"
}

// moving brings the matter back whence it came, to the units that are there now.
func (a handBackArgs) moving(ctx context.Context, r *flow.Run) (m flow.Moving, err error) {
	m = flow.Moving{To: map[string]*uuid.UUID{}, Restarts: a.Restarts, Returns: true}
	for _, name := range slices.Sorted(maps.Keys(r.Given.From)) {
		from := r.Given.From[name]
		if m.To[name] = from; from == nil {
			continue
		}
		heir := r.Heirs.Of(*from)
		if _, err := authz.UnitThere(ctx, r.Client, heir, authz.Fits{}); err != nil {
			return m, err
		}
		m.To[name] = &heir
	}
	return m, nil
}
