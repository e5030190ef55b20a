package graph

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/vikstrous/dataloadgen"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/loop/plans"
)

// loaders batch, within one operation, what lists ask for one by one.
type loaders struct {
	actions  *dataloadgen.Loader[uuid.UUID, map[uuid.UUID][]flow.Available] // by matter
	gates    *dataloadgen.Loader[uuid.UUID, []flow.Gate]                    // by matter
	calendar *dataloadgen.Loader[string, workday.Calendar]
	turns    *dataloadgen.Loader[uuid.UUID, []flow.Mine]         // by matter
	defs     *dataloadgen.Loader[uuid.UUID, *process.Definition] // by matter
	contacts *dataloadgen.Loader[uuid.UUID, bool]                // by matter: may the viewer see how its parties are reached
	labels   *dataloadgen.Loader[string, map[string]string]      // the committee's own words of today
	phones   *dataloadgen.Loader[uuid.UUID, string]              // by party
	numbers  *dataloadgen.Loader[uuid.UUID, *gen.Membership]     // by membership: how somebody is reached
	reached  *dataloadgen.Loader[uuid.UUID, string]              // by proposal: the contact's number, where the viewer may see it
	codes    *dataloadgen.Loader[uuid.UUID, string]              // check codes by item
	heirs    *dataloadgen.Loader[uuid.UUID, *gen.Unit]           // by a unit: who is there now
	planned  *dataloadgen.Loader[*gen.Item, plans.ItemState]     // of items of plans
}

type loadersKey struct{}

// batchWait is how long a loader waits for siblings. gqlgen resolves the
// elements of a list at once, but on a busy machine not within microseconds; a
// full batch does not wait.
const batchWait = 2 * time.Millisecond

func (r *Resolver) withLoaders(ctx context.Context) context.Context {
	l := &loaders{}
	l.actions = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]map[uuid.UUID][]flow.Available, []error) {
		all, err := r.Engine.Available(ctx, ids...)
		out := make([]map[uuid.UUID][]flow.Available, len(ids))
		for i := range ids {
			out[i] = all
		}
		return out, same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.gates = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([][]flow.Gate, []error) {
		all, err := r.Engine.Gates(ctx, ids...)
		return ordered(ids, all), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.turns = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([][]flow.Mine, []error) {
		all, err := flow.Owed(ctx, authz.From(ctx), ids...)
		return ordered(ids, all), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.calendar = dataloadgen.NewLoader(func(_ context.Context, keys []string) ([]workday.Calendar, []error) {
		cal, err := r.Engine.Calendar(ctx)
		out := make([]workday.Calendar, len(keys))
		for i := range out {
			out[i] = cal
		}
		return out, same(err, len(keys))
	}, dataloadgen.WithWait(0))
	l.defs = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]*process.Definition, []error) {
		defs, err := r.Engine.Definitions(ctx, ids...)
		return ordered(ids, defs), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.labels = dataloadgen.NewLoader(func(_ context.Context, keys []string) ([]map[string]string, []error) {
		p, err := r.Engine.CurrentPolicy(ctx)
		out := make([]map[string]string, len(keys))
		for i := range out {
			out[i] = p.Labels
		}
		return out, same(err, len(keys))
	}, dataloadgen.WithWait(0))
	l.contacts = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]bool, []error) {
		may, err := r.Engine.Covering(ctx, ids, "matter.contactDetails")
		return ordered(ids, may), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.phones = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]string, []error) {
		rows, err := r.ent().Party.Query().Where(party.IDIn(ids...)).All(ctx)
		phones := make(map[uuid.UUID]string, len(rows))
		for _, p := range rows {
			phones[p.ID] = p.Phone
		}
		return ordered(ids, phones), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.numbers = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]*gen.Membership, []error) {
		rows, err := r.ent().Membership.Query().Where(membership.IDIn(ids...)).Select(membership.FieldPhone, membership.FieldWecom).All(ctx)
		numbers := make(map[uuid.UUID]*gen.Membership, len(rows))
		for _, m := range rows {
			numbers[m.ID] = m
		}
		return ordered(ids, numbers), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.reached = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]string, []error) {
		all, err := r.contactPhones(ctx, ids)
		return ordered(ids, all), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.codes = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]string, []error) {
		rows, err := r.ent().Item.Query().Where(item.IDIn(ids...)).All(ctx)
		codes := make(map[uuid.UUID]string, len(rows))
		for _, i := range rows {
			codes[i.ID] = i.CheckCode
		}
		return ordered(ids, codes), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.heirs = dataloadgen.NewLoader(func(_ context.Context, ids []uuid.UUID) ([]*gen.Unit, []error) {
		all, err := authz.HeirsOf(ctx, r.ent(), ids...)
		return ordered(ids, all), same(err, len(ids))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	l.planned = dataloadgen.NewLoader(func(_ context.Context, items []*gen.Item) ([]plans.ItemState, []error) {
		all, err := r.Plans.States(ctx, items...)
		out := make([]plans.ItemState, len(items))
		for i, x := range items {
			out[i] = all[x.ID]
		}
		return out, same(err, len(items))
	}, dataloadgen.WithWait(batchWait), dataloadgen.WithBatchCapacity(100))
	return context.WithValue(ctx, loadersKey{}, l)
}

func ordered[T any](ids []uuid.UUID, by map[uuid.UUID]T) []T {
	out := make([]T, len(ids))
	for i, id := range ids {
		out[i] = by[id]
	}
	return out
}

func same(err error, n int) []error {
	if err == nil {
		return nil
	}
	out := make([]error, n)
	for i := range out {
		out[i] = err
	}
	return out
}

func load(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

// actionsOf lists what the viewer may do to a subject of a matter.
func actionsOf(ctx context.Context, matterID, subject uuid.UUID) ([]*model.AvailableAction, error) {
	all, err := load(ctx).actions.Load(ctx, matterID)
	if err != nil {
		return nil, err
	}
	out := []*model.AvailableAction{}
	form, fields := asked(ctx, "form"), asked(ctx, "fields")
	for _, a := range all[subject] {
		out = append(out, availableAction(a, form, fields))
	}
	return out, nil
}

// actionOf is one of them; nil: it cannot be done now.
func actionOf(ctx context.Context, matterID, subject uuid.UUID, code string) (*model.AvailableAction, error) {
	all, err := actionsOf(ctx, matterID, subject)
	for _, a := range all {
		if a.Code == code {
			return a, err
		}
	}
	return nil, err
}

// gatesOf lists the ways out of a matter's present state.
func gatesOf(ctx context.Context, matterID uuid.UUID) ([]*model.Gate, error) {
	all, err := load(ctx).gates.Load(ctx, matterID)
	if err != nil {
		return nil, err
	}
	out := make([]*model.Gate, len(all))
	for i, g := range all {
		x := &model.Gate{Action: g.Action.Code, Label: g.Action.Label, To: g.To.Code, ToLabel: g.To.Label, Turn: given(g.Turn), DueOn: g.DueOn,
			Open: g.Open(), Checks: make([]*model.GateCheck, len(g.Checks))}
		for j, c := range g.Checks {
			x.Checks[j] = &model.GateCheck{Rule: c.Rule, Says: given(c.Says), OnForm: c.OnForm, Missing: append([]string{}, c.Missing...)}
		}
		out[i] = x
	}
	return out, nil
}

// stateInfo describes a state in the words of the matter's definition.
func stateInfo(ctx context.Context, matterID uuid.UUID, machine, code, turn string) (*model.StateInfo, error) {
	d, err := load(ctx).defs.Load(ctx, matterID)
	if err != nil {
		return nil, err
	}
	words, err := load(ctx).labels.Load(ctx, "")
	if err != nil {
		return nil, err
	}
	s := d.Machines[machine].State(code)
	out := &model.StateInfo{Code: code, Label: s.Label, Stage: s.Stage, End: s.End}
	if own := words[d.Kind+"."+code]; own != "" {
		out.Label = own
	}
	if own := words["stage."+s.Stage]; own != "" {
		out.Stage = own
	}
	if d.Turns[turn] == "" { // of an old version, or of nobody
		turn = s.Turn
	}
	out.Turn = given(d.Turns[turn])
	if s.Waits != "" {
		out.Waits = &s.Waits
	}
	return out, nil
}
