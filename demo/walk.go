package demo

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/platform"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/platforms"
	"github.com/bihuan/bihuan/processes"
)

type (
	obj  = map[string]any
	list = []any
)

// board is a platform of a committee, with the template of its process.
type board struct {
	opens time.Time // when it was set up
	spec  platforms.Spec
}

// setUp is what an administrator does for a platform: take the template, check
// and publish it, make the platform. Each finds itself when it is there.
func (s *stage) setUp(b board) []task {
	admin := s.of.People[0].Key
	as := func(what string, fn func(context.Context) (audit.Entry, error)) task {
		return task{b.opens, what, func(ctx context.Context) error { return s.as(ctx, b.opens, admin, fn) }}
	}
	kinds := []string{b.spec.ProcessKind}
	if b.spec.TakesTopics {
		kinds = append(kinds, platforms.TopicKind)
	}
	var tasks []task
	for _, kind := range kinds {
		tasks = append(tasks, as("发布流程", func(ctx context.Context) (e audit.Entry, err error) {
			there, err := s.Store.Ent().Process.Query().Where(entprocess.Kind(kind)).Exist(authz.System(ctx))
			if err != nil || there {
				return e, err
			}
			desk := processes.New(s.Engine, s.Directory)
			draft, err := desk.FromTemplate(ctx, kind)
			if err != nil {
				return e, err
			}
			if _, _, err := desk.Publish(ctx, draft.ID); err != nil {
				return e, err
			}
			return audit.Entry{Action: "publishProcess", Object: audit.Object(gen.TypeProcess, draft.ID)}, nil
		}))
	}
	return append(tasks, as("建立平台", func(ctx context.Context) (e audit.Entry, err error) {
		_, err = s.board(ctx, b.spec.Code)
		if err == nil || !gen.IsNotFound(err) {
			return e, err
		}
		p, err := platforms.New(s.Engine).Create(ctx, b.spec)
		if err != nil {
			return e, err
		}
		return audit.Entry{Action: "createPlatform", Object: audit.Object(gen.TypePlatform, p.ID)}, nil
	}))
}

func (s *stage) board(ctx context.Context, code string) (*gen.Platform, error) {
	return s.Store.Ent().Platform.Query().Where(platform.Code(code)).Only(authz.System(ctx))
}

// walk writes the script of a matter of a committee's own process.
type walk struct {
	sc   *script
	last time.Time
}

// topic is how a matter begins on a platform.
type topic struct {
	platform, title string
	source          string
	street, owner   string // units
	plan            string // item of the year's plan that it carries out
}

// begin opens a matter.
func begin(at time.Time, who, kind string, in topic) *walk {
	w := &walk{sc: &script{kind: kind, title: in.title}}
	w.last = at.Add(-pause)
	w.add(move{at: at, who: who, action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		p, err := s.board(ctx, in.platform)
		if err != nil {
			return nil, err
		}
		o := platforms.Opening{PlatformID: p.ID, Title: in.title, Source: in.source, PlanNote: in.plan}
		if id, ok := s.units[in.street]; ok {
			o.StreetID = &id
		}
		if id, ok := s.units[in.owner]; ok {
			o.OwnerUnitID = &id
		}
		return platforms.New(s.Engine).Open(ctx, o)
	}})
	return w
}

// given is a matter that another one's script makes, or a citizen.
func given(at time.Time, kind, title string) *walk {
	return &walk{sc: &script{kind: kind, title: title, moves: []move{{at: at, given: true}}}, last: at}
}

// add appends a move at its time, or soon after the last one where that is
// later.
func (w *walk) add(m move) *walk {
	if soon := w.last.Add(pause); m.at.Before(soon) {
		m.at = soon
	}
	w.last = m.at
	w.sc.moves = append(w.sc.moves, m)
	return w
}

// do is an action of a person; form may be nil.
func (w *walk) do(at time.Time, who, action string, form func(*scene) process.Form) *walk {
	return w.add(move{at: at, who: who, action: action, form: form})
}

// also is another action of the same person in the same sitting.
func (w *walk) also(action string, form func(*scene) process.Form) *walk {
	before := w.sc.moves[len(w.sc.moves)-1]
	w.sc.moves = append(w.sc.moves, move{at: w.last, who: before.who, action: action, form: form, along: true})
	return w
}

// because gives the last move its reason.
func (w *walk) because(reason string) *walk {
	w.sc.moves[len(w.sc.moves)-1].reason = reason
	return w
}

// day is a date as forms have it.
func day(t time.Time) string { return clock.Day(t).Format(time.DateOnly) }

// on is the day of the last move.
func (w *walk) on() string { return day(w.last) }

// later is the same time of the day so many calendar days after the last move.
func (w *walk) later(days int) time.Time { return w.last.AddDate(0, 0, days) }

// someone is a party as forms have it: a post, who has no account.
func someone(name, kind string) obj { return obj{"name": name, "kind": kind} }

// member is a party who can sign in.
func (x *scene) member(key, kind string) obj {
	for _, p := range x.of.People {
		if p.Key == key {
			o := obj{"name": p.name, "post": p.Post, "membershipId": x.person(key)}
			if kind != "" {
				o["kind"] = kind
			}
			return o
		}
	}
	x.miss("person", key)
	return nil
}

// department is a unit as a party.
func (x *scene) department(key, kind string) obj {
	for _, u := range x.of.Units {
		if u.Key == key {
			return obj{"name": u.Name, "kind": kind, "unitId": x.unitID(key)}
		}
	}
	x.miss("unit", key)
	return nil
}

// there are the ids of parties: of people and units by their keys, of others
// by name.
func (x *scene) there(names ...string) list {
	var ids list
	for _, n := range names {
		if id, ok := x.partyOf(n); ok {
			ids = append(ids, id)
		} else {
			x.miss("party", n)
		}
	}
	return ids
}

func (x *scene) partyOf(name string) (string, bool) {
	for i := len(x.c.Parties) - 1; i >= 0; i-- {
		p := x.c.Parties[i]
		person, known := x.people[name]
		unit, handles := x.units[name]
		if p.Role != "LEAD" && (p.Name == name || known && is(p.MembershipID, person.membership) || handles && is(p.UnitID, unit)) {
			return p.ID.String(), true
		}
	}
	return "", false
}

// event is the newest event with a title.
func (x *scene) event(title string) string {
	for i := len(x.c.Events) - 1; i >= 0; i-- {
		if x.c.Events[i].Title == title {
			return x.c.Events[i].ID.String()
		}
	}
	x.miss("event", title)
	return ""
}

// handIn is a citizen who hands a topic in on the public page.
func (s *stage) handIn(at time.Time, in platforms.TopicInput, street string) task {
	return task{at, "群众征题", func(ctx context.Context) error {
		return s.Store.InTx(clock.With(ctx, instant(at)), s.tenant, func(ctx context.Context) error {
			if err := alone(ctx); err != nil {
				return err
			}
			if id, ok := s.units[street]; ok {
				in.Street = &id
			}
			_, err := platforms.New(s.Engine).SubmitTopic(ctx, in)
			return err
		})
	}}
}

// named is the same id each time for a name: of a form that is sent again.
func named(name string) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(name)) }

// ownPlatforms tells what the committees do on platforms of their own.
func (s *stage) ownPlatforms() {
	switch s.of.Prefix {
	case "lsk":
		s.lushun()
	case "pld":
		s.pulandian()
	case "zs":
		s.sessions()
		s.unaccompanied()
		s.visits()
	case "xg":
		s.supervision()
	case "gjz":
		s.leads()
	}
}
