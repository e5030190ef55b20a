package demo

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/tenants"
)

// stage is one committee while it is loaded.
type stage struct {
	Product
	of  *committee
	now time.Time
	bar *bar

	others   map[string]*committee // all that are loaded, by prefix
	founding []task                // people and units
	scripts  []*script
	story    []task      // what they do, in the order of time, as far as it is left
	evenings []time.Time // on which what was sent is delivered

	tenant uuid.UUID
	loaded bool // by an earlier run
	looked bool // what an earlier run did is known
	people map[string]actor
	units  map[string]uuid.UUID
}

// actor is a person of the demo in the database.
type actor struct{ account, membership uuid.UUID }

// task is one piece of work, in transactions of its own. Run again it finds
// what it did.
type task struct {
	at   time.Time
	what string
	run  func(context.Context) error
}

// instant is a clock that stands still.
type instant time.Time

// Now is the instant.
func (i instant) Now() time.Time { return time.Time(i) }

func newStage(p Product, c *committee, all []*committee, now time.Time, b *bar) *stage {
	s := &stage{Product: p, of: c, now: now, bar: b, others: map[string]*committee{}}
	for _, other := range all {
		s.others[other.Prefix] = other
	}
	s.founding = s.foundingTasks()
	switch c.Prefix {
	case "zs":
		s.scripts = zhongshan(c, now)
		s.story = append(append(s.story, s.publishList(), s.yearlyReport()), s.asks()...)
	case "dl":
		s.scripts = dalian(c, now)
	default:
		s.scripts = quiet(c, now)
	}
	s.ownPlatforms()
	s.cooperate()
	for _, sc := range s.scripts {
		for i, m := range sc.moves {
			if !m.given && !m.along {
				s.story = append(s.story, task{m.at, sc.title, func(ctx context.Context) error { return s.perform(ctx, sc, i) }})
			}
		}
	}
	slices.SortStableFunc(s.story, func(a, b task) int { return a.at.Compare(b.at) })
	s.story = append(s.story, task{now, "装入完成", s.finish})
	return s
}

// loadedAction names the audit record that says that a committee is complete.
const loadedAction = "loadDemo"

// enter puts the committee into the directory and finds out whether an
// earlier run has completed it.
func (s *stage) enter(ctx context.Context) (err error) {
	s.tenant, err = tenants.Provision(clock.With(ctx, instant(clock.StartOf(s.of.Founded))), s.OwnerURL, tenants.NewTenant{
		Code: s.of.Code, Name: s.of.Name, ShortName: s.of.Short, Level: s.of.Level, ParentCode: s.of.Parent,
	})
	if err != nil {
		return err
	}
	return s.Store.ReadTx(ctx, s.tenant, func(ctx context.Context) error {
		s.loaded, err = complete(ctx)
		return err
	})
}

func complete(ctx context.Context) (there bool, err error) {
	err = tenants.Row(ctx, `SELECT EXISTS (SELECT FROM audit_log WHERE action = $1)`, []any{loadedAction}, &there)
	return there, err
}

// found enters its people, unless it is complete.
func (s *stage) found(ctx context.Context) error {
	if s.loaded {
		s.bar.add(len(s.founding), s.of.Short)
		return nil
	}
	return s.run(ctx, s.founding)
}

// tell lets the committee's people do what they did until a moment.
func (s *stage) tell(ctx context.Context, until time.Time) error {
	if s.loaded {
		s.bar.add(len(s.story), s.of.Short)
		s.story = nil
		return nil
	}
	if !s.looked {
		if err := s.look(ctx); err != nil {
			return err
		}
		s.looked = true
	}
	n := slices.IndexFunc(s.story, func(t task) bool { return t.at.After(until) })
	if n < 0 {
		n = len(s.story)
	}
	now := s.story[:n]
	s.story = s.story[n:]
	if err := s.run(ctx, now); err != nil {
		return fmt.Errorf("%s: %w", s.of.Short, err)
	}
	return nil
}

func (s *stage) run(ctx context.Context, tasks []task) error {
	for _, t := range tasks {
		if err := t.run(ctx); err != nil {
			return fmt.Errorf("%s, %s: %w", t.what, t.at.Format(time.DateTime), err)
		}
		s.bar.add(1, s.of.Short+"："+t.what)
	}
	return nil
}

// finish says in the audit that the committee is complete.
func (s *stage) finish(ctx context.Context) error {
	return s.Store.InTx(ctx, s.tenant, func(ctx context.Context) error {
		if err := alone(ctx); err != nil {
			return err
		}
		there, err := complete(ctx)
		if err != nil || there {
			return err
		}
		return audit.Write(ctx, audit.Entry{Action: loadedAction, Actor: audit.Actor{System: "demo"}, Object: audit.Object(gen.TypeTenant, s.tenant), Changes: []audit.Change{}})
	})
}

// alone lets one Load at a time work in the committee of the transaction.
func alone(ctx context.Context) error {
	_, err := tenants.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('demo ' || current_setting('app.tenant'), 0))`)
	return err
}

// as runs fn for a person at a moment, in a transaction that fn's entry
// records. An entry without an action means that nothing was left to do.
func (s *stage) as(ctx context.Context, at time.Time, who string, fn func(context.Context) (audit.Entry, error)) error {
	return s.signedIn(ctx, at, who, true, func(ctx context.Context) error {
		if err := alone(ctx); err != nil {
			return err
		}
		return written(ctx, fn)
	})
}

// written writes the record of what the viewer does in fn. An entry without an
// action means that nothing was left to do.
func written(ctx context.Context, fn func(context.Context) (audit.Entry, error)) error {
	ctx, changes := audit.Collect(ctx)
	e, err := fn(ctx)
	if err != nil || e.Action == "" {
		return err
	}
	v := authz.From(ctx)
	e.Actor, e.Changes = v.Actor(), changes.Changes()
	return audit.Write(ctx, e)
}

// signedIn runs fn for a person at a moment.
func (s *stage) signedIn(ctx context.Context, at time.Time, who string, write bool, fn func(context.Context) error) error {
	p, ok := s.people[who]
	if !ok {
		return fmt.Errorf("nobody is called %q", who)
	}
	door := s.Store.ReadTx
	if write {
		door = s.Store.InTx
	}
	return door(clock.With(ctx, instant(at)), s.tenant, func(ctx context.Context) error {
		v, err := s.Directory.Viewer(ctx, p.account, p.membership)
		if err != nil {
			return err
		}
		return fn(authz.With(ctx, v))
	})
}

// look finds the committee's people, units and what was done of the scripts.
func (s *stage) look(ctx context.Context) error {
	return s.Store.ReadTx(authz.System(ctx), s.tenant, func(ctx context.Context) error {
		if err := s.lookAround(ctx); err != nil {
			return err
		}
		for _, sc := range s.scripts {
			if err := sc.look(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// lookAround finds people and units by their names, which are unique in a
// committee of the demo.
func (s *stage) lookAround(ctx context.Context) error {
	c := s.Store.Ent()
	members, err := c.Membership.Query().All(ctx)
	if err != nil {
		return err
	}
	units, err := c.Unit.Query().All(ctx)
	if err != nil {
		return err
	}
	s.people, s.units = map[string]actor{}, map[string]uuid.UUID{}
	for _, p := range s.of.People {
		for _, m := range members {
			if m.Name == p.name {
				a := actor{membership: m.ID}
				if m.AccountID != nil {
					a.account = *m.AccountID
				}
				s.people[p.Key] = a
			}
		}
	}
	for _, u := range s.of.Units {
		for _, x := range units {
			if x.Name == u.Name && string(x.Line) == u.line() {
				s.units[u.Key] = x.ID
			}
		}
	}
	return nil
}
