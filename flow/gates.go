package flow

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// Gate is a way out of a matter's present state, as a checklist: what has to be
// true first, what of it is missing, whose turn it is and until when.
type Gate struct {
	Action *process.Action
	To     *process.State
	Turn   string     // whose turn it is, in the definition's words; empty: nobody's
	DueOn  *time.Time // the matter's nearest deadline
	Checks []Check
}

// Open reports whether nothing is missing that can be known before the form is
// filled.
func (g *Gate) Open() bool {
	return !slices.ContainsFunc(g.Checks, func(c Check) bool { return !c.OnForm && len(c.Missing) > 0 })
}

// Check is one line of the checklist.
type Check struct {
	Rule    string   // name of the guard
	Says    string   // what must be true, in Chinese
	OnForm  bool     // it is asked of what will be filled in
	Missing []string // what is missing, in Chinese; none: it is met
}

// missing is the key under which a guard's error lists everything that is
// missing, where its message names only the first.
const missingKey = "missing"

// Lacks makes a guard's error of everything that is missing: its message is the
// first and how many there are. nil when nothing is.
func Lacks(all []string) error {
	switch len(all) {
	case 0:
		return nil
	case 1:
		return errs.New(errs.GuardFailed, "%s", all[0]).With(missingKey, all)
	}
	return errs.New(errs.GuardFailed, "%s（共 %d 项）", all[0], len(all)).With(missingKey, all)
}

// lacking is everything that a guard's error names.
func lacking(shown *errs.Error) []string {
	if all, ok := shown.Details[missingKey].([]string); ok {
		return all
	}
	return []string{shown.Message}
}

// Listing is a guard that names everything that is missing. list is pure and
// answers nothing where nothing is missing.
func Listing(list func(*Input) []string) Guard {
	return func(in *Input) error { return Lacks(list(in)) }
}

// Gates lists, for a batch of matters that the viewer sees, the ways out of
// their present states. Whoever reads all of the committee's matters of a kind
// sees them all; others see those that are theirs to pass, so that a checklist
// tells nobody what he may not read. It asks the same guards that Do asks, in a
// fixed number of statements.
func (e *Engine) Gates(ctx context.Context, ids ...uuid.UUID) (map[uuid.UUID][]Gate, error) {
	v := authz.From(ctx)
	out := map[uuid.UUID][]Gate{}
	if v == nil {
		return out, nil
	}
	cases, err := e.load(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for id, c := range cases {
		staff := v.May(authz.Permission{Object: authz.Family(c.Kind), Action: "read"}).Has(authz.Tenant)
		if out[id], err = e.gates(c, v, staff); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (e *Engine) gates(c *Case, v *authz.Viewer, staff bool) ([]Gate, error) {
	m := c.Def.Machines[process.OfMatter]
	now := m.State(c.State)
	list := []Gate{}
	for _, a := range m.Actions {
		to := m.State(a.To)
		if to == nil || to == now || a.Automatic || !a.Leaves(c.State) {
			continue
		}
		in := Input{Case: c, Action: a, Viewer: v, Asking: true}
		if (!staff && e.permitted(&in) != nil) || e.elsewhere(&in) {
			continue
		}
		checks, err := e.checks(&in)
		if err != nil {
			return nil, err
		}
		g := Gate{Action: a, To: to, Checks: checks, DueOn: c.NextDueOn}
		if now != nil {
			g.Turn = c.Def.Turns[c.awaiting(now)]
		}
		list = append(list, g)
	}
	return list, nil
}

// awaiting is the turn that the matter waits for: of a state that names several
// the one that means somebody now.
func (c *Case) awaiting(s *process.State) string {
	if slices.Contains(s.Turns, c.Turn) {
		return c.Turn
	}
	return s.Turn
}

// elsewhere reports whether the action is not this committee's to do at all,
// such as verifying what another one handed to it.
func (e *Engine) elsewhere(in *Input) bool {
	for _, rule := range in.Action.As {
		if w := e.paper.Word(process.Relation, rule.Name); w == nil || !w.OfCase || e.relations[rule.Name](in, rule) {
			return false
		}
	}
	return len(in.Action.As) > 0
}

func (e *Engine) checks(in *Input) ([]Check, error) {
	list := []Check{}
	for _, rule := range in.Action.Guards {
		w := e.paper.Word(process.Guard, rule.Name)
		if w == nil {
			return nil, fmt.Errorf("flow: no guard %q", rule.Name)
		}
		c := Check{Rule: rule.Name, Says: w.Says, OnForm: w.OnForm}
		if err := e.guards[rule.Name](in, rule); err != nil {
			shown, known := errs.As(err)
			if !known {
				return nil, err
			}
			c.Missing = lacking(shown)
		}
		list = append(list, c)
	}
	return list, nil
}
