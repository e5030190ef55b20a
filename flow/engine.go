package flow

import (
	"cmp"
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/internal/text"
)

// Input is what a rule looks at: the case, the action, what was filled in and
// by whom. Asking is set when availableActions asks before the form is filled;
// rules about the form then answer nil.
type Input struct {
	*Case
	Action *process.Action
	Form   process.Form
	Reason string
	Viewer *authz.Viewer   // nil for automatic actions
	Share  *gen.Assignment // the subject, for actions of an assignment
	Asking bool

	carried bool // by Carry
}

// Guard says why an action may not happen now, nil when it may. It is pure.
type Guard func(*Input) error

// Relation tells whether the viewer stands to the case as a definition's `as`
// demands. It is pure.
type Relation func(*Input) bool

// Chooser picks the policy's key of a deadline by case, empty where there is
// no such deadline. It is pure. The matter's state is not yet the new one.
type Chooser func(c *Case, share *gen.Assignment) string

// Effect changes what an action changes beyond its state. It runs in the
// action's transaction, before the state changes.
type Effect func(context.Context, *Run) error

// Run is an action being carried out.
type Run struct {
	Input
	Engine   *Engine
	OnBehalf *uuid.UUID
	Client   *gen.Client
	By       string         // who is said to act where nobody is signed in
	Told     string         // for committees with which the matter is shared, beside its new state; set by an effect
	Quiet    bool           // no step: one that is there says it; set by an effect
	Number   string         // of the matter from now on, set by an effect; empty: as it is
	Before   map[string]any // shown by the step; effects add to both
	After    map[string]any
}

// Actor is the membership that acts, nil when the system does.
func (r *Run) Actor() *uuid.UUID {
	if r.Viewer == nil {
		return nil
	}
	return &r.Viewer.Membership
}

// Engine carries out actions. Nouns register their rules by name; definitions
// refer to the names.
type Engine struct {
	*Rules
	client   *gen.Client
	watchers []Watcher
	policies *memory.Of[policyKey, process.Policy]
	given    map[any]any // by *Port
}

// New makes an engine with the generic rules.
func New(client *gen.Client) *Engine {
	client.Use(touch)
	return &Engine{Rules: NewRules(), client: client, policies: memory.New[policyKey, process.Policy](mostPolicies), given: map[any]any{}}
}

// Client is the ent client that the engine works with.
func (e *Engine) Client() *gen.Client { return e.client }

// Watcher is told, in the action's transaction, when a matter has gone from one
// state to another; an error undoes the action.
type Watcher func(ctx context.Context, r *Run, from string) error

// Watch registers a watcher; it is called at start only.
func (e *Engine) Watch(w Watcher) { e.watchers = append(e.watchers, w) }

// Command asks for one action.
type Command struct {
	Machine  string // OfMatter or OfAssignment
	Subject  uuid.UUID
	Action   string
	Form     process.Form
	Reason   string
	Expected *int       // the version the caller saw; nil does not compare
	OnBehalf *uuid.UUID // a member for whom staff enter
	By       string     // of Carry: who is said to act
}

// Do carries out an action for the context's viewer inside the open
// transaction. The same command a second time is refused, since the state has
// moved on; use an idempotency key to repeat safely. Errors: NotFound (also
// for what the viewer may not see), NotAllowed, NotAllowedInState,
// VersionConflict, Invalid, GuardFailed, DeadlinePassed. It returns the case as
// it is at rest, all of it, whatever of that the viewer may see (Case.Shown).
func (e *Engine) Do(ctx context.Context, cmd Command) (_ *Case, err error) {
	defer errs.Wrap(&err, "flow.Do(%s %s)", cmd.Action, cmd.Subject)
	v := authz.From(ctx)
	if v == nil {
		return nil, errs.New(errs.Unauthenticated, "请先登录")
	}
	c, err := e.reach(ctx, cmd)
	if err != nil {
		return nil, err
	}
	r := &Run{Input: Input{Case: c, Form: cmd.Form, Reason: cmd.Reason, Viewer: v}, Engine: e, OnBehalf: cmd.OnBehalf, Client: e.client}
	if cmd.Machine == process.OfAssignment {
		r.Share = c.Share(cmd.Subject)
	}
	if err := r.find(cmd.Action); err != nil {
		return nil, err
	}
	if err := e.permitted(&r.Input); err != nil {
		return nil, err
	}
	authz.Acts(ctx, r.Viewer)
	if err := errs.Unchanged(cmd.Expected, r.version()); err != nil {
		return nil, err
	}
	if err := e.sheet(&r.Input).Take(cmd.Form); err != nil {
		return nil, err
	}
	if r.Reason, err = reasonOf(r.Action, cmd.Reason); err != nil {
		return nil, err
	}
	if err := e.guard(&r.Input); err != nil {
		return nil, err
	}
	if err := e.days(&r.Input); err != nil {
		return nil, err
	}
	return e.carryOut(authz.System(ctx), r)
}

// Shown is the matter as the viewer has it in an answer, nil where he does not
// see it (any more). Its parts are not with it: which of them he sees is asked
// when they are.
func (c *Case) Shown(v *authz.Viewer) *gen.Matter {
	if !c.Sees(v) {
		return nil
	}
	m := *c.Matter
	m.Edges = gen.MatterEdges{}
	return &m
}

// Carry carries out an action of a matter for nobody who is signed in: what an
// envelope brought, or what follows from another matter. State, form and
// guards are asked as always; `never`, which keeps an action from people, is
// passed over, and so are rights. The same errors as Do.
func (e *Engine) Carry(ctx context.Context, cmd Command) (_ *Case, err error) {
	defer errs.Wrap(&err, "flow.Carry(%s %s)", cmd.Action, cmd.Subject)
	ctx = authz.System(ctx)
	c, err := e.lock(ctx, cmd.Subject)
	if err != nil {
		return nil, err
	}
	r := &Run{Input: Input{Case: c, Form: cmd.Form, Reason: text.Clean(cmd.Reason), carried: true}, Engine: e, Client: e.client, By: cmd.By}
	if err := r.find(cmd.Action); err != nil {
		return nil, err
	}
	if err := e.sheet(&r.Input).Take(cmd.Form); err != nil {
		return nil, err
	}
	if err := e.guard(&r.Input); err != nil {
		return nil, err
	}
	return e.carryOut(ctx, r)
}

// notFound is what does not exist, or must look so.
func notFound() error { return errs.New(errs.NotFound, "没有这件事项，或您无权查看") }

// reach locks the matter of a command, or of the share that it names, if the
// viewer sees it.
func (e *Engine) reach(ctx context.Context, cmd Command) (*Case, error) {
	such := matter.ID(cmd.Subject)
	if cmd.Machine == process.OfAssignment {
		such = matter.HasAssignmentsWith(authz.SeenPart(authz.From(ctx), gen.TypeAssignment, assignment.ID(cmd.Subject)))
	}
	cases, err := e.read(ctx, e.client.Matter.Query().Where(such).ForUpdate())
	for _, c := range cases {
		return c, err
	}
	if err == nil && cmd.Machine == process.OfMatter {
		err = e.unseen(ctx, cmd.Subject)
	}
	return nil, cmp.Or(err, notFound())
}

// lock makes this transaction the only one that changes the matter, and reads
// the case as it is then.
func (e *Engine) lock(ctx context.Context, id uuid.UUID) (*Case, error) {
	cases, err := e.Lock(ctx, id)
	if err == nil && cases[id] == nil {
		err = notFound()
	}
	return cases[id], err
}

// Lock locks several matters in an order that cannot deadlock, and reads them.
func (e *Engine) Lock(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID]*Case, error) {
	return e.read(authz.System(ctx), e.client.Matter.Query().Where(matter.IDIn(ids...)).Order(matter.ByID()).ForUpdate())
}

func (in *Input) machine() *process.Machine {
	if in.Share != nil {
		return in.Def.Machines[process.OfAssignment]
	}
	return in.Def.Machines[process.OfMatter]
}

func (in *Input) state() string {
	if in.Share != nil {
		return in.Share.State
	}
	return in.State
}

func (in *Input) version() int {
	if in.Share != nil {
		return in.Share.Version
	}
	return in.Version
}

// find takes the action that leaves the present state. What the engine does by
// itself is nobody's to ask for.
func (r *Run) find(action string) error {
	m := r.machine()
	if m == nil {
		return errs.New(errs.NotAllowedInState, "这类事项没有这个动作").With("allowedActions", []string{})
	}
	r.Action = m.Action(action)
	if r.Share != nil && r.Closed() {
		return errs.New(errs.NotAllowedInState, "本件已经结束，不能再办理").With("state", r.State).With("allowedActions", []string{})
	}
	if r.Action == nil || (r.Action.Automatic && r.Viewer != nil) || !r.Action.Leaves(r.state()) {
		label := r.state()
		if s := m.State(label); s != nil {
			label = s.Label
		}
		return errs.New(errs.NotAllowedInState, "现在处于“%s”环节，不能进行此操作，请刷新后查看可做的事", label).
			With("state", r.state()).With("allowedActions", m.Allowed(r.state()))
	}
	return nil
}

// permitted asks for the right and for the relation that the action demands. Who
// holds it by a role that counts somewhere only is, from then on, that part of
// himself: whatever rules ask about him is asked of it.
func (e *Engine) permitted(in *Input) error {
	whole := in.Viewer
	for _, v := range whole.OnMatter(in.Matter) {
		if in.Viewer = v; in.Action.Named(v.Rights(), v.Roles) && (in.covers(v, v.May(in.Action.Right), in.Share) || in.takesBack(v)) && e.related(in) {
			return nil
		}
	}
	in.Viewer = whole
	return errs.New(errs.NotAllowed, "您没有进行“%s”的权限", in.Action.Label)
}

func (e *Engine) related(in *Input) bool {
	for _, rule := range in.Action.As {
		if holds := e.relations[rule.Name]; holds != nil && holds(in, rule) {
			return true
		}
	}
	return len(in.Action.As) == 0
}

// reasonOf is the reason of an action as it is kept; some must have one.
func reasonOf(a *process.Action, reason string) (string, error) {
	f := text.Field{Label: "理由", Path: []string{"reason"}, Lines: true}
	if a.Reason {
		f.Least = 1
	}
	return f.Take(reason)
}

// sheet is the form of an action as who acts meets it.
func (e *Engine) sheet(in *Input) process.Sheet {
	return in.Action.Sheet(in.Policy, func(relation string) bool {
		holds := e.relations[relation]
		return holds != nil && in.Viewer != nil && holds(in, &process.Rule{Name: relation})
	})
}

// guard runs the action's guards in order; the first that objects is the
// answer.
func (e *Engine) guard(in *Input) error {
	for _, rule := range in.Action.Guards {
		if rule.Name == process.Never && in.carried {
			continue
		}
		objects := e.guards[rule.Name]
		if objects == nil { // a running version may name what the program no longer has
			return fmt.Errorf("flow: no guard %q", rule.Name)
		}
		if err := objects(in, rule); err != nil {
			if shown, ok := errs.As(err); ok {
				return shown.With("guard", rule.Name)
			}
			return err
		}
	}
	return nil
}
