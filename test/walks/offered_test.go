package walks_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/platforms"
)

// asked is what was tried, over all walks, by what came of it.
type asked struct {
	states                            map[string]bool
	accepted, form, blocked, refused  int // actions; form: offered, and refused by what was filled in
	opened, unfilled, openingsRefused int
}

// What is offered is what is accepted, and nothing else, whoever asks: in walks
// of people who hold roles of the committee's own, narrowed to kinds, platforms,
// states and units, by grants, by posts, for others. In each state that a walk
// comes by, each person does everything that is offered to him, and some of what
// is not.
func TestOfferedIsAccepted(t *testing.T) {
	sum := &asked{states: map[string]bool{}}
	seed := seeded(20261201)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			for n := range 1 + *walks/10 {
				w := newWalk(t, &tally{places: map[string]int{}}, kind, seed+uint64(n), holders...)
				w.own()
				w.offers(sum)
			}
		})
	}
	states := len(sum.states)
	sum.states = nil
	t.Logf("%d states: %+v", states, *sum)
	if sum.accepted == 0 || sum.blocked == 0 || sum.refused == 0 || sum.opened == 0 || sum.openingsRefused == 0 {
		t.Errorf("too little was tried: %+v", *sum)
	}
}

// offers walks, and asks about each state of a matter once.
func (w *walk) offers(sum *asked) {
	here := map[string]bool{}
	for n := range *steps / 2 {
		if n%10 == 0 {
			w.openings(sum)
		}
		for _, id := range w.open() {
			place := w.kind
			for _, s := range w.subjects(id) {
				place += " " + s.name
			}
			if !here[place] {
				here[place], sum.states[place] = true, true
				for _, name := range slices.Sorted(w.here()) {
					w.holdsTo(sum, name, id)
				}
			}
		}
		if w.rand.IntN(8) == 0 {
			w.disturb()
			w.sweep()
		} else {
			w.act()
		}
	}
}

// undone ends a transaction in which something was tried.
var undone = errors.New("undone")

// tried does something as somebody, and takes it back.
func (w *walk) tried(name string, fn func(context.Context) error) error {
	w.t.Helper()
	err := w.as(name, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return undone
	})
	if errors.Is(err, undone) {
		return nil
	}
	if _, ok := errs.As(err); !ok {
		w.fail("it fails inside: %v", err)
	}
	return err
}

// attempt is one action on one subject, as it is offered; a is nil where it is
// not.
type attempt struct {
	flow.Command
	action *process.Action
	a      *flow.Available
}

// attempts are all actions of the matter and of its shares.
func (w *walk) attempts(name string, id uuid.UUID) (out []attempt) {
	offered := map[uuid.UUID][]flow.Available{}
	_ = w.as(name, func(ctx context.Context) (err error) {
		offered, err = w.sees(ctx, id)
		return err
	})
	w.must("", func(ctx context.Context, c *gen.Client) error {
		defs, err := w.engine.Definitions(ctx, id)
		if err != nil {
			return err
		}
		shares, err := c.Assignment.Query().Where(assignment.MatterID(id)).Order(assignment.ByID()).IDs(ctx)
		for _, subject := range append([]uuid.UUID{id}, shares...) {
			machine := process.OfAssignment
			if subject == id {
				machine = process.OfMatter
			}
			for _, action := range defs[id].Machines[machine].Actions {
				x := attempt{flow.Command{Machine: machine, Subject: subject, Action: action.Code, Reason: "试一试"}, action, nil}
				if i := slices.IndexFunc(offered[subject], func(a flow.Available) bool { return a.Action.Code == action.Code }); i >= 0 {
					x.a = &offered[subject][i]
				}
				out = append(out, x)
			}
		}
		return err
	})
	return out
}

// sees is what the API offers the context's viewer: on the matter, if he sees it,
// and on the shares that he sees.
func (w *walk) sees(ctx context.Context, id uuid.UUID) (map[uuid.UUID][]flow.Available, error) {
	seen, err := w.store.Ent().Matter.Query().Where(matter.ID(id)).Exist(ctx)
	if err != nil {
		return nil, err
	}
	shares, err := w.store.Ent().Assignment.Query().Where(assignment.MatterID(id)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	all, err := w.engine.Available(ctx, id)
	maps.DeleteFunc(all, func(subject uuid.UUID, _ []flow.Available) bool {
		return subject == id && !seen || subject != id && !slices.Contains(shares, subject)
	})
	return all, err
}

// refusals are the answers to who has no business with something.
var refusals = []errs.Code{errs.NotFound, errs.NotAllowed, errs.NotAllowedInState}

// holdsTo holds what is offered somebody against what is accepted from him.
func (w *walk) holdsTo(sum *asked, name string, id uuid.UUID) {
	w.t.Helper()
	for _, x := range w.attempts(name, id) {
		if x.a == nil && w.rand.IntN(4) > 0 {
			continue
		}
		var refused *errs.Error
		for range 3 { // forms are filled at random
			x.Form = w.fill(id, x.action.Form)
			err := w.tried(name, func(ctx context.Context) error {
				_, err := w.engine.Do(ctx, x.Command)
				return err
			})
			if refused, _ = errs.As(err); refused == nil || refused.Code != errs.Invalid {
				break
			}
		}
		w.compare(sum, name, x, refused)
	}
}

func (w *walk) compare(sum *asked, name string, x attempt, err *errs.Error) {
	w.t.Helper()
	none := err != nil && slices.Contains(refusals, err.Code)
	switch {
	case x.a == nil && none:
		sum.refused++
	case x.a == nil:
		w.fail("%s is not offered %s, but it is answered by %v", name, x.Action, err)
	case err == nil && x.a.Blocked == "":
		sum.accepted++
	case err == nil:
		w.fail("%s is told that %s is blocked (%s), but it is accepted", name, x.Action, x.a.Blocked)
	case none:
		w.fail("%s is offered %s, but it is refused: %v", name, x.Action, err)
	case x.a.Blocked != "":
		sum.blocked++
	case x.action.Form == nil:
		w.fail("%s is offered %s, which asks nothing, but it is refused: %v", name, x.Action, err)
	default:
		sum.form++
	}
}

// openings holds whom a platform says that he may open something on it against
// whose opening is accepted.
func (w *walk) openings(sum *asked) {
	w.t.Helper()
	var all []*gen.Platform
	w.must("", func(ctx context.Context, c *gen.Client) (err error) {
		all, err = c.Platform.Query().Order(platform.ByID()).All(ctx)
		return err
	})
	for _, p := range all {
		for _, name := range slices.Sorted(w.here()) {
			var may bool
			var entrance *process.Action
			if err := w.as(name, func(ctx context.Context) (err error) {
				entrance, may, err = w.Platforms.Entrance(ctx, p)
				return err
			}); err != nil {
				w.fail("%v", err)
			}
			in := platforms.Opening{PlatformID: p.ID, Title: "关于试一试的事项", Reason: "试一试"}
			if len(p.Sources) > 0 {
				in.Source = pick(w.rand, p.Sources)
			}
			if entrance != nil {
				in.Data = w.fill(uuid.Nil, entrance.Form)
			}
			err := w.tried(name, func(ctx context.Context) error {
				_, err := w.Platforms.Open(ctx, in)
				return err
			})
			refused, _ := errs.As(err)
			none := refused != nil && slices.Contains(refusals, refused.Code)
			switch {
			case may && err == nil:
				sum.opened++
			case may && none:
				w.fail("%s may open something on %s, but it is refused: %v", name, p.Code, err)
			case may:
				sum.unfilled++
			case none:
				sum.openingsRefused++
			default:
				w.fail("%s may open nothing on %s, but it is answered by %v", name, p.Code, err)
			}
		}
	}
}
