package graph

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/processes"
)

var aProcess = entity[gen.Process]{
	gen.TypeProcess, func(x *gen.Process) uuid.UUID { return x.ID },
	func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Process, error) {
		return c.Process.Get(ctx, id)
	},
}

func (r *Resolver) publish(ctx context.Context, id uuid.UUID) (*gen.Process, error) {
	p, _, err := r.Processes.Publish(ctx, id) // what was only pointed out is read by the report
	return p, err
}

// moveMatters moves a page. What became of it is not kept with the idempotency
// key: repeated, it answers that nothing was left to move.
func (r *Resolver) moveMatters(ctx context.Context, in model.MoveMattersInput) (*model.MoveMattersPayload, error) {
	mapping := map[string]string{}
	for _, m := range in.Mapping {
		mapping[m.From] = m.To
	}
	var moved processes.Moved
	p, bad, err := change(ctx, r, in, aProcess, func(ctx context.Context, move processes.Move) (*gen.Process, error) {
		var err error
		if moved, err = r.Processes.MoveMatters(ctx, move); err != nil {
			return nil, err
		}
		return r.ent().Process.Get(ctx, move.To)
	}, processes.Move{From: in.FromProcessID, To: in.ToProcessID, Mapping: mapping, Reason: in.Reason, After: in.After})
	out := &model.MoveMattersPayload{Process: p, Moved: moved.Moved, Skipped: []*model.SkippedMatter{}, Next: moved.Next, UserErrors: bad}
	for _, s := range moved.Skipped {
		out.Skipped = append(out.Skipped, &model.SkippedMatter{MatterID: s.Matter, Reason: s.Reason})
	}
	return out, err
}

// report says of a text what publishing it would.
func (r *Resolver) report(ctx context.Context, source string) (*model.ProcessReport, error) {
	d, found, err := r.Processes.Report(ctx, source)
	if err != nil {
		return nil, err
	}
	out := &model.ProcessReport{
		Publishable: found.OK(), Findings: []*model.ProcessFinding{}, States: []*model.ReportedState{}, Steps: []*model.ReportedStep{},
		Ends: texts(found.Ends), Mermaid: d.Mermaid(), SVG: d.SVG(),
	}
	for _, f := range found.Findings {
		out.Findings = append(out.Findings, &model.ProcessFinding{
			Level: model.FindingLevel(f.Level), Machine: f.Machine, Place: f.Place, Line: f.Line, Problem: f.Problem,
		})
	}
	for _, s := range found.States {
		out.States = append(out.States, &model.ReportedState{
			Machine: s.Machine, Code: s.Code, Label: s.Label, Stage: s.Stage, Turn: given(s.Turn), Deadlines: texts(s.Deadlines), Waits: given(s.Waits),
			Actions: texts(s.Actions), End: s.End, Reachable: s.Reachable,
		})
	}
	for _, s := range found.Steps {
		out.Steps = append(out.Steps, &model.ReportedStep{Step: s.Step, Labels: texts(s.Labels)})
	}
	return out, nil
}

// texts is a list that is never null.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (r *Resolver) changes(ctx context.Context, from, to uuid.UUID) ([]*model.ProcessChange, error) {
	list, err := r.Processes.Diff(ctx, from, to)
	out := make([]*model.ProcessChange, len(list))
	for i, c := range list {
		out[i] = &model.ProcessChange{
			Text: c.String(), Machine: c.Machine, Place: c.Place, Kind: string(c.Kind), Field: given(c.Field), Before: given(c.Old), After: given(c.New),
		}
	}
	return out, err
}

func (r *Resolver) impact(ctx context.Context, id uuid.UUID) (*model.ProcessImpact, error) {
	i, err := r.Processes.Impact(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &model.ProcessImpact{Running: running(i.Running), Unmapped: running(i.Unmapped), Turns: []*model.TurnChange{}}
	for _, t := range i.Turns {
		out.Turns = append(out.Turns, &model.TurnChange{
			Version: t.Version, State: t.State, Label: t.Label, Count: t.Count, From: t.From, To: t.To, Loses: len(t.Loses), Gains: len(t.Gains),
		})
	}
	return out, nil
}

func running(list []processes.Running) []*model.RunningMatters {
	out := make([]*model.RunningMatters, len(list))
	for i, x := range list {
		out[i] = &model.RunningMatters{Version: x.Version, Machine: x.Machine, State: x.State, Label: x.Label, Count: x.Count}
	}
	return out
}

// manageProcesses is the right to all that only who writes definitions needs.
const manageProcesses = "processes.manage"

func (r *Resolver) processTemplates(ctx context.Context) ([]*model.ProcessTemplate, error) {
	if _, err := authz.Require(ctx, manageProcesses); err != nil {
		return nil, err
	}
	list := r.Processes.Templates()
	out := make([]*model.ProcessTemplate, len(list))
	for i, t := range list {
		out[i] = &model.ProcessTemplate{Name: t.Name, Title: t.Title, Summary: t.Summary, Area: t.Area, Source: string(t.Source)}
	}
	return out, nil
}

func (r *Resolver) simulate(ctx context.Context, in model.SimulateProcessInput) (*model.Simulation, error) {
	if (in.Source == nil) == (in.ProcessID == nil) {
		return nil, errs.New(errs.Invalid, "source 和 processId 给一个").At("input", "source")
	}
	days := value(in.OtherwiseDays)
	run := processes.DryRun{Source: value(in.Source), Process: in.ProcessID, Plan: process.Plan{
		Matters: in.Matters, Within: value(in.StartWithinDays), Horizon: value(in.HorizonDays), Otherwise: process.Delay{Min: days, Max: days},
		Delays: map[string]process.Delay{}, Seed: uint64(value(in.Seed)),
	}}
	if err := delays(in.Delays, run.Delays); err != nil {
		return nil, err
	}
	found, err := r.Processes.Simulate(ctx, run)
	if err != nil {
		return nil, err
	}
	return &model.Simulation{Started: found.Started, Finished: found.Finished, States: waits(found.States), Turns: waits(found.Turns)}, nil
}

// delays reads {"street_liaison": {"min": 1, "max": 5}, …}.
func delays(in map[string]any, into map[string]process.Delay) error {
	wrong := errs.New(errs.Invalid, "delays 写成 {\"代码\": {\"min\": 天, \"max\": 天}}").At("input", "delays")
	b, err := json.Marshal(in)
	if err != nil || len(in) > 100 {
		return wrong
	}
	var given map[string]struct{ Min, Max int }
	if json.Unmarshal(b, &given) != nil {
		return wrong
	}
	for code, d := range given {
		into[code] = process.Delay{Min: d.Min, Max: d.Max}
	}
	return nil
}

func waits(list []process.Waited) []*model.SimulatedWait {
	out := make([]*model.SimulatedWait, len(list))
	for i, w := range list {
		mean := 0.0
		if n := w.Passed + w.Left; n > 0 {
			mean = float64(w.TotalDays) / float64(n)
		}
		out[i] = &model.SimulatedWait{Code: w.Code, Label: w.Label, Passed: w.Passed, Left: w.Left, MeanDays: mean, MaxDays: w.MaxDays, Overdue: w.Overdue}
	}
	return out
}

// sorts are the vocabulary's sorts of words in Chinese.
var sorts = map[process.Sort]string{process.Guard: "条件", process.Relation: "关系", process.Effect: "效果"}

func (r *Resolver) vocabulary(ctx context.Context) ([]*model.VocabularyWord, error) {
	if _, err := authz.Require(ctx, manageProcesses); err != nil {
		return nil, err
	}
	list := r.Engine.Vocabulary().ForAll()
	out := make([]*model.VocabularyWord, len(list))
	for i, w := range list {
		out[i] = &model.VocabularyWord{What: sorts[w.Sort], Name: w.Name, Doc: w.Says + "。", Arguments: []*model.VocabularyArgument{}}
		for _, a := range w.Args {
			out[i].Arguments = append(out[i].Arguments, &model.VocabularyArgument{Name: a.Name, Type: a.Type, Doc: a.Doc})
		}
	}
	return out, nil
}
