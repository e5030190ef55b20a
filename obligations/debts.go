package obligations

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/workday"
	"github.com/bihuan/bihuan/tenants"
)

// How somebody stands with what he owes.
const (
	Owing   = "OWING"
	Done    = "DONE"
	Overdue = "OVERDUE"
	Excused = "EXCUSED"
)

// Debt is what one person owes in one period.
type Debt struct {
	*Version
	Period Period
	Person uuid.UUID
	Name   string
	Due    time.Time
	State  string
	Got    []Got
	Excuse *Excuse
	pinyin string
}

// Got is how far somebody is with one need.
type Got struct {
	Need
	Index int
	Have  int
}

// Met reports whether it was done often enough.
func (g Got) Met() bool { return g.Have >= g.Least }

// round is a version with the period that it judges.
type round struct {
	*Version
	Period Period
	begins time.Time // from when on the obligation is there
}

// on is the round of an obligation in which a day lies; nil where it asks nothing
// then. versions are of one code, the oldest first.
func roundOn(versions []*Version, day, today time.Time) *round {
	at := func(day time.Time) (v *Version, begins time.Time) {
		begins = clock.Date(9999, 12, 31)
		for _, x := range versions {
			if x.AppliesOn.After(day) {
				break
			}
			if v == nil || v.RetiredOn != nil {
				begins = x.AppliesOn
			}
			v = x
		}
		return v, begins
	}
	v, begins := at(day)
	if v == nil {
		if len(versions) == 0 || versions[0].AppliesOn.After(today) && !day.Equal(today) {
			return nil
		}
		// the day lies before it began: it may have begun later in the same period
		v, begins = versions[0], versions[0].AppliesOn
	}
	p := v.Clock.period(day, begins)
	judged := p.To
	if today.Before(judged) {
		judged = today
	}
	if last, since := at(judged); last != nil && last.Clock.Every == v.Clock.Every {
		v, begins = last, since
	}
	if begins.After(p.To) {
		return nil
	}
	return &round{v, p, begins}
}

// standing computes who stands how in the rounds; of some units or one person where
// asked for. What is counted in the same days is counted in one statement.
func (s *Service) standing(ctx context.Context, rounds []*round, units []uuid.UUID, only *uuid.UUID) (out []Debt, err error) {
	defer errs.Wrap(&err, "obligations.standing")
	cal, err := s.engine.Calendar(ctx)
	if err != nil {
		return nil, err
	}
	excuses, err := excusesOf(ctx, rounds, only)
	if err != nil {
		return nil, err
	}
	have, err := tallies(ctx, rounds, only)
	if err != nil {
		return nil, err
	}
	for i, r := range rounds {
		people, err := r.people(ctx, cal, units, only)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if d := r.debt(p, cal, have[i], excuses, clock.Today(ctx)); d != nil {
				out = append(out, *d)
			}
		}
	}
	return out, nil
}

// people are who belongs to the group on the day that counts.
func (r *round) people(ctx context.Context, cal workday.Calendar, units []uuid.UUID, only *uuid.UUID) ([]person, error) {
	day := clock.Today(ctx)
	if r.Clock.Every != Once || r.Clock.By != nil {
		if due := r.Clock.due(r.Period, r.Period.From, cal); due.Before(day) {
			day = due
		}
	}
	return r.Owes.owing(ctx, day, r.Period, units, only)
}

// debt is what one person owes in the round, nil where he is not asked.
func (r *round) debt(p person, cal workday.Calendar, have []map[string]int, excuses map[excused]*Excuse, today time.Time) *Debt {
	since := p.Since
	if since.Before(r.begins) {
		since = r.begins
	}
	due := r.Clock.due(r.Period, since, cal)
	if !r.Clock.asks(r.Period, since, due) || r.RetiredOn != nil && due.After(*r.RetiredOn) {
		return nil
	}
	d := &Debt{Version: r.Version, Period: r.Period, Person: p.ID, Name: p.Name, pinyin: p.Pinyin, Due: due, State: Done}
	for i, n := range r.Definition.Done {
		d.Got = append(d.Got, Got{n, i, have[i][p.ID.String()]})
	}
	d.Excuse = excuses[excused{r.Code, r.Period.From, p.ID}]
	switch {
	case !slices.ContainsFunc(d.Got, func(g Got) bool { return !g.Met() }):
	case d.Excuse != nil:
		d.State = Excused
	case due.Before(today):
		d.State = Overdue
	default:
		d.State = Owing
	}
	return d
}

// scope is which days count.
func (r *round) scope(today time.Time) figures.Scope {
	s := figures.Scope{Kind: figures.Days, From: r.Period.From, To: r.Period.To, AsOf: r.Period.To}
	if today.Before(s.AsOf) {
		s.AsOf = today
	}
	return s
}

// tallies are, for each round and need, how often each person has done it.
func tallies(ctx context.Context, rounds []*round, only *uuid.UUID) ([][]map[string]int, error) {
	out := make([][]map[string]int, len(rounds))
	type place struct{ round, need int }
	defs, places := map[figures.Scope][]*figures.Definition{}, map[figures.Scope][]place{}
	today := clock.Today(ctx)
	for i, r := range rounds {
		out[i] = make([]map[string]int, len(r.Definition.Done))
		at := r.scope(today)
		for j, n := range r.Definition.Done {
			f := n.figure(fmt.Sprintf("%s/%d", r.Code, j))
			if only != nil {
				f = f.With(*only)
			}
			defs[at], places[at] = append(defs[at], f), append(places[at], place{i, j})
			out[i][j] = map[string]int{}
		}
	}
	for at, list := range defs {
		values, err := figures.Tally(ctx, list, at, figures.Person)
		if err != nil {
			return nil, err
		}
		for k, v := range values {
			for _, p := range v.Parts {
				out[places[at][k].round][places[at][k].need][p.Key] = p.Numerator
			}
		}
	}
	return out, nil
}

// byName orders people as a list shows them.
func byName(a, b Debt) int {
	return cmp.Or(cmp.Compare(a.pinyin, b.pinyin), slices.Compare(a.Person[:], b.Person[:]))
}

// Excuse lets somebody off for a period.
type Excuse struct {
	ID      uuid.UUID
	Code    string
	From    time.Time // of the period
	Person  uuid.UUID
	Reason  string
	By      uuid.UUID
	At      time.Time
	EndedAt *time.Time
	EndedBy *uuid.UUID
}

type excused struct {
	code   string
	from   time.Time
	person uuid.UUID
}

const excuseColumns = `SELECT id, code, period_from, membership_id, reason, by_id, at, ended_at, ended_by_id FROM obligation_excuses `

func excusesOf(ctx context.Context, rounds []*round, only *uuid.UUID) (map[excused]*Excuse, error) {
	var codes []string
	for _, r := range rounds {
		codes = append(codes, r.Code)
	}
	rows, err := tenants.Rows[Excuse](ctx, excuseColumns+`WHERE ended_at IS NULL AND code = ANY($1) AND ($2::uuid IS NULL OR membership_id = $2)`, codes, only)
	out := map[excused]*Excuse{}
	for i := range rows {
		e := &rows[i]
		out[excused{e.Code, e.From, e.Person}] = e
	}
	return out, err
}
