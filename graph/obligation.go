package graph

import (
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/obligations"
)

// codesOf are the texts behind a list of an enum.
func codesOf[T ~string](list []T) (out []string) {
	for _, x := range list {
		out = append(out, string(x))
	}
	return out
}

func fromTexts[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, x := range list {
		out[i] = T(x)
	}
	return out
}

// obligationDraft is what the service takes.
func obligationDraft(in model.PublishObligationInput) obligations.Draft {
	d := obligations.Definition{
		Code: in.Code, Label: in.Label, Note: value(in.Note),
		Owes: obligations.Owes{Kinds: codesOf(in.Kinds), Posts: codesOf(in.Posts), UnitKinds: codesOf(in.UnitKinds), Units: in.UnitIds, Platform: in.PlatformID},
		Clock: obligations.Clock{Every: string(in.Every), By: in.By, ByDay: value(in.ByDay), Within: value(in.Within), Workdays: value(in.Workdays),
			Joins: value(in.Joins), Remind: in.Remind},
	}
	for _, n := range in.Needs {
		need := obligations.Need{Label: n.Label, Least: n.Least, Of: n.Of}
		if len(n.Among) > 0 {
			need.Among = figures.Condition{}
		}
		for _, c := range n.Among {
			need.Among[c.Word] = figures.Asked{Yes: value(c.Yes), Words: c.Words, None: value(c.None)}
		}
		d.Done = append(d.Done, need)
	}
	return obligations.Draft{Definition: d, AppliesOn: in.ValidFrom, Expected: in.ExpectedVersion, Reason: value(in.Reason)}
}

// shownObligations gives versions the units and platforms that they name, each
// asked for once.
func (r *Resolver) shownObligations(ctx context.Context, list ...*obligations.Version) ([]*model.Obligation, error) {
	var units, platforms []uuid.UUID
	for _, v := range list {
		units = append(units, v.Owes.Units...)
		if v.Owes.Platform != nil {
			platforms = append(platforms, *v.Owes.Platform)
		}
	}
	named, on := map[uuid.UUID]*gen.Unit{}, map[uuid.UUID]*gen.Platform{}
	if len(units) > 0 {
		rows, err := r.ent().Unit.Query().Where(unit.IDIn(units...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range rows {
			named[u.ID] = u
		}
	}
	if len(platforms) > 0 {
		rows, err := r.ent().Platform.Query().Where(platform.IDIn(platforms...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range rows {
			on[p.ID] = p
		}
	}
	out := make([]*model.Obligation, len(list))
	for i, v := range list {
		out[i] = shownObligation(v, named, on)
	}
	return out, nil
}

func shownObligation(v *obligations.Version, units map[uuid.UUID]*gen.Unit, platforms map[uuid.UUID]*gen.Platform) *model.Obligation {
	o := &model.Obligation{
		ID: v.ID, Code: v.Code, Version: v.Version, Label: v.Label, Note: given(v.Note), Says: v.Says(),
		Kinds: fromTexts[membership.Kind](v.Owes.Kinds), Posts: fromTexts[seat.Post](v.Owes.Posts), UnitKinds: fromTexts[unit.Kind](v.Owes.UnitKinds), Units: []*gen.Unit{},
		Every: model.ObligationEvery(v.Clock.Every), By: v.Clock.By, ByDay: given(v.Clock.ByDay), Workdays: v.Clock.Workdays, Remind: slices.Concat([]int{}, v.Clock.Remind),
		Needs: []*model.ObligationNeed{}, ValidFrom: v.AppliesOn, Reason: given(v.Reason), PublishedAt: v.PublishedAt, RetiredOn: v.RetiredOn,
	}
	if v.Clock.Within > 0 {
		o.Within = &v.Clock.Within
	}
	if v.Clock.Joins > 0 {
		o.Joins = &v.Clock.Joins
	}
	for _, id := range v.Owes.Units {
		if u := units[id]; u != nil {
			o.Units = append(o.Units, u)
		}
	}
	if v.Owes.Platform != nil {
		o.Platform = platforms[*v.Owes.Platform]
	}
	for _, n := range v.Definition.Done {
		need := &model.ObligationNeed{Label: n.Label, Least: n.Least, Of: n.Of, Among: []*model.ObligationCondition{}}
		for _, name := range slices.Sorted(maps.Keys(n.Among)) {
			a := n.Among[name]
			need.Among = append(need.Among, &model.ObligationCondition{Word: name, Yes: a.Yes, Words: slices.Concat([]string{}, a.Words), None: a.None})
		}
		o.Needs = append(o.Needs, need)
	}
	return o
}

// shownDebts gives debts their people and versions.
func (r *Resolver) shownDebts(ctx context.Context, list []obligations.Debt) ([]*model.ObligationDebt, error) {
	var versions []*obligations.Version
	people := make([]uuid.UUID, len(list))
	for i, d := range list {
		people[i] = d.Person
		if !slices.Contains(versions, d.Version) {
			versions = append(versions, d.Version)
		}
	}
	shown, err := r.shownObligations(ctx, versions...)
	if err != nil || len(list) == 0 {
		return []*model.ObligationDebt{}, err
	}
	rows, err := r.ent().Membership.Query().Where(membership.IDIn(people...)).All(ctx)
	if err != nil {
		return nil, err
	}
	by := map[uuid.UUID]*gen.Membership{}
	for _, m := range rows {
		by[m.ID] = m
	}
	out := make([]*model.ObligationDebt, len(list))
	for i := range list {
		d := &list[i]
		out[i] = &model.ObligationDebt{
			Obligation: shown[slices.Index(versions, d.Version)], From: d.Period.From, To: &d.Period.To, DueOn: d.Due, State: model.ObligationState(d.State),
			Progress: []*model.ObligationProgress{}, Membership: by[d.Person], Name: d.Name, Excuse: shownExcuse(d.Excuse),
		}
		if d.Clock.Every == obligations.Once {
			out[i].To = nil
		}
		for _, g := range d.Got {
			out[i].Progress = append(out[i].Progress, &model.ObligationProgress{Label: g.Label, Least: g.Least, Have: g.Have, Of: d, Index: g.Index})
		}
	}
	return out, nil
}

func shownExcuse(e *obligations.Excuse) *model.ObligationExcuse {
	if e == nil {
		return nil
	}
	return &model.ObligationExcuse{ID: e.ID, Reason: e.Reason, At: e.At, EndedAt: e.EndedAt}
}

func (r *Resolver) obligations(ctx context.Context, code *string) ([]*model.Obligation, error) {
	var list []*obligations.Version
	var err error
	if code == nil {
		list, err = r.Services.Obligations.All(ctx)
	} else {
		list, err = r.Services.Obligations.Versions(ctx, *code)
	}
	if err != nil {
		return nil, err
	}
	return r.shownObligations(ctx, list...)
}

func (r *Resolver) myObligations(ctx context.Context) ([]*model.ObligationDebt, error) {
	list, err := r.Services.Obligations.Mine(ctx)
	if err != nil {
		return nil, err
	}
	return r.shownDebts(ctx, list)
}

// obligationDebts is a page of who stands how. All are computed, since a state is
// no column; a page shows a part.
func (r *Resolver) obligationDebts(ctx context.Context, in obligations.Wanted, c *cursor, first *int) (*model.ObligationDebtConnection, error) {
	from, err := after(c, false)
	if err == nil {
		first, _, err = page(first, nil)
	}
	if err != nil {
		return nil, err
	}
	state := in.State
	in.State = ""
	all, err := r.Services.Obligations.Standing(ctx, in)
	if err != nil {
		return nil, err
	}
	out := &model.ObligationDebtConnection{Edges: []*model.ObligationDebtEdge{}, Counts: []*model.ObligationCount{}}
	for _, s := range model.AllObligationState {
		n := 0
		for _, d := range all {
			if d.State == string(s) {
				n++
			}
		}
		out.Counts = append(out.Counts, &model.ObligationCount{State: s, Count: n})
	}
	if state != "" {
		all = slices.DeleteFunc(all, func(d obligations.Debt) bool { return d.State != state })
	}
	out.TotalCount = len(all)
	if from.id != nil {
		i := slices.IndexFunc(all, func(d obligations.Debt) bool { return d.Person == *from.id })
		if i < 0 {
			return nil, errForeignCursor()
		}
		all = all[i+1:]
	}
	more := len(all) > *first
	all = all[:min(len(all), *first)]
	nodes, err := r.shownDebts(ctx, all)
	if err != nil {
		return nil, err
	}
	cursors := make([]cursor, len(nodes))
	for i, n := range nodes {
		cursors[i] = byID(all[i].Person)
		out.Edges = append(out.Edges, &model.ObligationDebtEdge{Node: n, Cursor: cursors[i]})
	}
	out.PageInfo = around(c, more, cursors)
	return out, nil
}

// progressRows are the rows that count, each as far as the viewer sees it.
func (r *Resolver) progressRows(ctx context.Context, p *model.ObligationProgress, c *cursor, first *int) (*model.FigureRowConnection, error) {
	return r.rowsBehind(ctx, false, c, first, func(after uuid.UUID, limit int) (string, []figures.Row, error) {
		return r.Services.Obligations.Behind(ctx, *p.Of, p.Index, after, limit)
	})
}

func (r *Resolver) previewObligation(ctx context.Context, in model.PublishObligationInput) (*model.ObligationPreview, error) {
	d := obligationDraft(in)
	e, err := r.Services.Obligations.Preview(ctx, d)
	bad, err := shown(err)
	out := &model.ObligationPreview{Debts: []*model.ObligationDebt{}, UserErrors: bad}
	if err != nil || len(bad) > 0 {
		return out, err
	}
	for _, p := range e.Problems {
		out.UserErrors = append(out.UserErrors, userError(p))
	}
	if len(e.Problems) > 0 {
		return out, nil
	}
	out.Says, out.From, out.Count = d.Says(), &e.Period.From, len(e.Debts)
	for _, x := range e.Debts {
		if x.State == obligations.Done {
			out.Done++
		}
	}
	out.Debts, err = r.shownDebts(ctx, e.Debts[:min(len(e.Debts), 100)])
	return out, err
}

// onObligation carries out a mutation of a definition.
func (r *Resolver) onObligation(ctx context.Context, input any, do func(context.Context) (*obligations.Version, error)) (*model.ObligationPayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		v, err := do(ctx)
		if err != nil {
			return "", uuid.Nil, err
		}
		return obligations.Entity, v.ID, nil
	})
	out := &model.ObligationPayload{UserErrors: bad}
	if err != nil || id == uuid.Nil {
		return out, err
	}
	out.Obligation, err = r.obligation(ctx, id)
	return out, err
}

func (r *Resolver) obligation(ctx context.Context, id uuid.UUID) (*model.Obligation, error) {
	v, err := r.Services.Obligations.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := r.shownObligations(ctx, v)
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// onExcuse carries out a mutation of an excuse.
func (r *Resolver) onExcuse(ctx context.Context, input any, do func(context.Context) (*obligations.Excuse, error)) (*model.ObligationExcusePayload, error) {
	id, bad, err := r.mutate(ctx, input, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		e, err := do(ctx)
		if err != nil {
			return "", uuid.Nil, err
		}
		return obligations.ExcuseEntity, e.ID, nil
	})
	out := &model.ObligationExcusePayload{UserErrors: bad}
	if err != nil || id == uuid.Nil {
		return out, err
	}
	e, err := r.Services.Obligations.ExcuseByID(ctx, id)
	out.Excuse = shownExcuse(e)
	return out, err
}

func (r *Resolver) urgeObligation(ctx context.Context, in model.UrgeObligationInput) (*model.UrgeObligationPayload, error) {
	out := &model.UrgeObligationPayload{}
	id, bad, err := r.mutate(ctx, in, func(ctx context.Context, _ common, _ process.Form) (string, uuid.UUID, error) {
		v, told, err := r.Services.Obligations.Urge(ctx, in.Code, in.MembershipIds)
		if err != nil {
			return "", uuid.Nil, err
		}
		out.Told = told
		return obligations.Entity, v.ID, nil
	})
	if out.UserErrors = bad; err != nil || id == uuid.Nil {
		return out, err
	}
	out.Obligation, err = r.obligation(ctx, id)
	return out, err
}

func obligationWords() []*model.ObligationThing {
	out := []*model.ObligationThing{}
	for _, t := range figures.OfPeople() {
		thing := &model.ObligationThing{Code: t.Code, Label: t.Label, Words: []*model.ObligationWord{}}
		for _, w := range t.Words {
			word := &model.ObligationWord{Code: w.Code, Label: w.Label, Yes: w.Yes, Values: []*model.ObligationChoice{}}
			for _, v := range w.Values {
				word.Values = append(word.Values, &model.ObligationChoice{Code: v.Code, Label: v.Label})
			}
			thing.Words = append(thing.Words, word)
		}
		out = append(out, thing)
	}
	return out
}
