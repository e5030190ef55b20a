package vocab

import (
	"context"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

type handOverArgs struct {
	As    string `json:"as" doc:"改换哪一个单位：street 所属街道，sector 界别，owner 归口单位（专委会、阵地等）"`
	Field string `json:"field" doc:"表单中选定新单位的一栏，不写为 unitId"`
}

// belonging are the places where a matter says to which unit it belongs.
var belonging = map[string]struct {
	fits authz.Fits
	now  func(*gen.Matter) **uuid.UUID
	set  func(*gen.MatterUpdateOne, uuid.UUID) *gen.MatterUpdateOne
}{
	"street": {authz.Fits{Kinds: authz.Streets, What: "街道"}, func(m *gen.Matter) **uuid.UUID { return &m.StreetID }, (*gen.MatterUpdateOne).SetStreetID},
	"sector": {authz.Fits{Kinds: authz.Sectors, What: "界别"}, func(m *gen.Matter) **uuid.UUID { return &m.SectorID }, (*gen.MatterUpdateOne).SetSectorID},
	"owner": {authz.Fits{Lines: []unit.Line{unit.LineORGANISATION, unit.LineVENUE}, What: "归口单位"},
		func(m *gen.Matter) **uuid.UUID { return &m.OwnerUnitID }, (*gen.MatterUpdateOne).SetOwnerUnitID},
}

func registerHanding(s *flow.Rules) {
	flow.EffectOf(s, "hand_over", "把事项转交另一个街道、界别或归口单位，从此轮到新单位的人；经过记入时间线，原单位不再办理。", func(p *process.Place, a handOverArgs) {
		if need(p, "as", a.As); a.As != "" && belonging[a.As].now == nil {
			p.Find("as 不能写“%s”%s", process.Clip(a.As), process.Choices(a.As, []string{"street", "sector", "owner"}))
		}
		p.NeedField(orElse(a.Field, "unitId"))
	}, handOver)
}

// handOver names both units in the step, since the one that hands over may not
// see the matter any more. Whom it waits for is computed after the action.
func handOver(ctx context.Context, r *flow.Run, a handOverArgs) error {
	field, of := orElse(a.Field, "unitId"), belonging[a.As]
	form := whole(r)
	id, err := form.id(field)
	if err != nil {
		return err
	}
	if id == nil {
		return form.invalid(field, "请选择转交给哪个%s", of.fits.What)
	}
	to, err := authz.UnitThere(ctx, r.Client, *id, of.fits, form.at(field)...)
	if err != nil {
		return err
	}
	now := of.now(r.Matter)
	if *now != nil {
		if r.Heirs.Same(**now, to.ID) {
			return errs.New(errs.Invalid, "现在就由“%s”办理，请选择另一个%s", to.Name, of.fits.What).At(form.at(field)...)
		}
		old, err := authz.HeirsOf(ctx, r.Client, **now)
		if err != nil {
			return err
		}
		if u := old[**now]; u != nil {
			r.Before[a.As] = u.Name
		}
	}
	r.After[a.As] = to.Name
	*now = &to.ID
	return of.set(r.Client.Matter.UpdateOneID(r.Matter.ID), to.ID).Exec(ctx)
}
