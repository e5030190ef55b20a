package flow

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// Available is something the viewer may do now, or could do once what blocks
// it is met.
type Available struct {
	Action  *process.Action
	Sheet   process.Sheet // the form as the viewer meets it
	Heading process.Heading
	To      *process.State // nil where it stays, or goes back to where it came from
	Confirm string         // what a person is asked before he does it
	Usual   bool           // the first that leads on and is not blocked
	Blocked string         // why not yet, in Chinese; empty when it may be done
	Block   *Block         // the guard behind Blocked
	Lifts   bool           // what blocks it the viewer can do himself, in another matter
	Days    Bounds

	Foreseeable bool // what it brings about can be told beforehand (Foresee)
}

// Block is the guard that keeps an action from being done now.
type Block struct {
	Rule    string
	Says    string   // what it demands, in Chinese
	Missing []string // everything that it finds missing
	Path    []string // the field of the form that it is about
}

// Available computes, for a batch of matters that the viewer sees, what he may
// do to each and to each of its shares (keyed by the share's id). It asks the
// same rules that Do asks, in a fixed number of statements.
func (e *Engine) Available(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID][]Available, error) {
	v := authz.From(ctx)
	out := map[uuid.UUID][]Available{}
	if v == nil {
		return out, nil
	}
	cases, err := e.load(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for id, c := range cases {
		if out[id], err = e.ask(c, v, nil); err != nil {
			return nil, err
		}
		for _, a := range c.Assignments {
			if out[a.ID], err = e.ask(c, v, a); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (e *Engine) ask(c *Case, v *authz.Viewer, share *gen.Assignment) ([]Available, error) {
	list := []Available{}
	base := Input{Case: c, Viewer: v, Share: share, Asking: true}
	m := base.machine()
	if m == nil || (share != nil && c.Closed()) {
		return list, nil
	}
	for _, a := range m.Actions {
		in := base
		in.Action = a
		if a.Automatic || len(a.From) == 0 || !a.Leaves(in.state()) || e.permitted(&in) != nil {
			continue
		}
		found := Available{Action: a, Sheet: e.sheet(&in), Heading: m.Heading(a, in.state()), To: m.State(a.To), Confirm: m.Confirmation(a), Days: e.bounds(&in), Foreseeable: e.foreseeable(a)}
		if err := e.guard(&in); err != nil {
			shown, ok := errs.As(err)
			if !ok {
				return nil, err
			}
			found.Blocked, found.Block, found.Lifts = shown.Message, e.block(shown), e.opens(&in)
		}
		list = append(list, found)
	}
	if i := slices.IndexFunc(list, func(a Available) bool { return a.Heading == process.Next && a.Blocked == "" }); i >= 0 {
		list[i].Usual = true
	}
	return list, nil
}

func (e *Engine) block(shown *errs.Error) *Block {
	b := &Block{Path: shown.Path, Missing: lacking(shown)}
	b.Rule, _ = shown.Details["guard"].(string)
	if w := e.paper.Word(process.Guard, b.Rule); w != nil {
		b.Says = w.Says
	}
	return b
}

// opens reports whether nothing that only somebody else can do keeps the viewer
// from the action: its guards hold, or he himself can bring about in another
// matter what they demand.
func (e *Engine) opens(in *Input) bool {
	if e.guard(in) == nil {
		return true
	}
	left := *in.Action
	left.Guards = slices.DeleteFunc(slices.Clone(in.Action.Guards), func(r *process.Rule) bool {
		w := e.paper.Word(process.Guard, r.Name)
		return w != nil && w.Lifts != "" && in.Viewer.May(authz.Perm(w.Lifts)).Has(authz.Tenant)
	})
	asked := *in
	asked.Action = &left
	return len(left.Guards) < len(in.Action.Guards) && e.guard(&asked) == nil
}

// Covers reports whether the viewer holds one of the permissions on a matter.
func (e *Engine) Covers(ctx context.Context, id uuid.UUID, permissions ...string) (bool, error) {
	all, err := e.Covering(ctx, []uuid.UUID{id}, permissions...)
	return all[id], err
}

// Covering is Covers for a batch.
func (e *Engine) Covering(ctx context.Context, ids []uuid.UUID, permissions ...string) (map[uuid.UUID]bool, error) {
	v := authz.From(ctx)
	cases, err := e.load(ctx, ids...)
	out := make(map[uuid.UUID]bool, len(ids))
	for id, c := range cases {
		for _, p := range permissions {
			out[id] = out[id] || slices.ContainsFunc(v.OnMatter(c.Matter), func(x *authz.Viewer) bool { return c.covers(x, x.May(authz.Perm(p)), nil) })
		}
	}
	return out, err
}
