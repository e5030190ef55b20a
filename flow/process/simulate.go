package process

import (
	"math/rand/v2"
	"time"

	"github.com/bihuan/bihuan/flow/deadline"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// Delay is how many calendar days somebody takes, anything from Min to Max.
type Delay struct{ Min, Max int }

// Plan is what a dry run assumes.
type Plan struct {
	Matters   int              // that are started, one after the other
	Start     time.Time        // the day of the first
	Within    int              // days over which they are started
	Horizon   int              // days after Start at which one looks
	Delays    map[string]Delay // by the code of whose turn it is
	Otherwise Delay            // of who is not in Delays
	Weights   map[string]int   // by the code of the action: how often it is taken, beside 1 for the others; 0 is never
	Visits    int              // how often a matter may come to one state; 0: five times
	Seed      uint64
}

// Waiting is how long was waited somewhere.
type Waiting struct {
	Passed    int // visits that went on, of an end those that came
	Left      int // visits that were still there at the horizon
	TotalDays int // of all visits, those still there up to the horizon
	MaxDays   int
	Overdue   int // visits during which one of the state's deadlines passed
}

// MeanDays is the mean of all visits.
func (w Waiting) MeanDays() float64 {
	if n := w.Passed + w.Left; n > 0 {
		return float64(w.TotalDays) / float64(n)
	}
	return 0
}

func (w *Waiting) add(days int, gone, late bool) {
	if gone {
		w.Passed++
	} else {
		w.Left++
	}
	if late {
		w.Overdue++
	}
	w.TotalDays += days
	w.MaxDays = max(w.MaxDays, days)
}

// Waited is the waiting at a state, or of those whose turn it was.
type Waited struct {
	Code, Label string
	Waiting
}

// Result is what a dry run found.
type Result struct {
	Started, Finished int
	States            []Waited // of the matter, as written
	Turns             []Waited // those who have a turn somewhere, by code
}

// Simulate runs matters through a definition without writing anything, to see
// before publication where they would wait. Conditions (guards) are not
// evaluated and units' shares are not followed: who acts takes one of the
// actions that lead away, by weight; without weights all that lead further from
// the start are equally likely, and those that lead back are taken only where
// there is nothing else. A deadline that a Go rule chooses, or that counts from
// an event, is not known here and is left out. The same plan gives the same
// result.
func Simulate(d *Definition, p Policy, cal workday.Calendar, plan Plan) Result {
	m := d.Machines[OfMatter]
	if m == nil || m.State(m.Initial) == nil {
		return Result{}
	}
	s := &simulation{d: d, p: p, cal: cal, plan: plan, m: m, r: rand.New(rand.NewPCG(plan.Seed, 0)),
		row: map[string]int{}, states: map[string]*Waiting{}, turns: map[string]*Waiting{}, dues: map[dueKey]int{}}
	if s.plan.Visits <= 0 {
		s.plan.Visits = 5
	}
	for i, row := range rowsOf(m) {
		for _, code := range row {
			s.row[code] = i
		}
	}
	for _, st := range m.States {
		s.states[st.Code] = &Waiting{}
		if !st.End {
			s.turns[st.Turn] = &Waiting{}
		}
	}
	for i := range plan.Matters {
		started := i * max(plan.Within, 0) / plan.Matters
		if started > plan.Horizon {
			break
		}
		s.result.Started++
		s.run(started)
	}
	for _, st := range m.States {
		s.result.States = append(s.result.States, Waited{st.Code, st.Label, *s.states[st.Code]})
	}
	for _, turn := range sortedKeys(s.turns) {
		s.result.Turns = append(s.result.Turns, Waited{turn, orElse(d.Turns[turn], turn), *s.turns[turn]})
	}
	return s.result
}

type simulation struct {
	d             *Definition
	p             Policy
	cal           workday.Calendar
	plan          Plan
	m             *Machine
	r             *rand.Rand
	row           map[string]int // distance from the start
	states, turns map[string]*Waiting
	dues          map[dueKey]int
	result        Result
}

type dueKey struct {
	timer string
	day   int
}

// run takes one matter from its first day to an end or the horizon. Days are
// counted from the plan's start.
func (s *simulation) run(day int) {
	visits, since := map[string]int{}, map[string]int{} // since when a deadline runs
	at, from := s.m.State(s.m.Initial), ""
	for {
		visits[at.Code]++
		if at.End {
			s.result.Finished++
			s.states[at.Code].Passed++
			return
		}
		since = s.running(at, since, day)
		leave := day + s.delay(at.Turn)
		next := s.next(at, from, visits)
		for key, start := range since { // a deadline may end the state by itself
			if a := s.m.Action(s.d.Timers[key].Expires); a != nil && a.Leaves(at.Code) && a.To != "" && a.To != at.Code {
				if due, ok := s.due(key, start); ok && due < leave && visits[s.target(a, from)] < s.plan.Visits {
					leave, next = due+1, s.target(a, from)
				}
			}
		}
		gone := next != "" && leave <= s.plan.Horizon
		until := leave
		if !gone {
			until = s.plan.Horizon
		}
		late := false
		for key, start := range since {
			due, ok := s.due(key, start)
			late = late || (ok && due < until && !s.d.Timers[key].Quiet)
		}
		s.states[at.Code].add(until-day, gone, late)
		s.turns[at.Turn].add(until-day, gone, late)
		if !gone {
			return
		}
		at, from, day = s.m.State(next), at.Code, leave
	}
}

// running is which deadlines run in a state, and since when: one that ran
// already goes on.
func (s *simulation) running(at *State, before map[string]int, day int) map[string]int {
	now := map[string]int{}
	for _, key := range at.Timers {
		if s.d.Timers[key] == nil {
			continue
		}
		now[key] = day
		if start, ok := before[key]; ok {
			now[key] = start
		}
	}
	return now
}

func (s *simulation) delay(turn string) int {
	d, ok := s.plan.Delays[turn]
	if !ok {
		d = s.plan.Otherwise
	}
	if d.Max <= d.Min {
		return max(d.Min, 0)
	}
	return max(d.Min+s.r.IntN(d.Max-d.Min+1), 0)
}

// due is the last day on which a deadline that began on a day is kept.
func (s *simulation) due(key string, start int) (int, bool) {
	if day, ok := s.dues[dueKey{key, start}]; ok {
		return day, day >= 0
	}
	t := s.d.Timers[key]
	amount, ok := s.p.Deadlines[t.Deadline]
	if !ok && t.Within != nil {
		amount, ok = *t.Within, true
	}
	day := -1
	if ok && t.Choose == "" && t.Base == "" {
		base := clock.Day(s.plan.Start).AddDate(0, 0, start)
		b := deadline.Budget{Key: key, Base: base, Amount: amount.Amount, Unit: amount.Unit}
		if due, known := b.Due(s.cal); known && b.Validate() == nil {
			day = start + int(clock.Day(due).Sub(base)/(24*time.Hour))
		}
	}
	s.dues[dueKey{key, start}] = day
	return day, day >= 0
}

// next is the state that is gone to, empty when there is none.
func (s *simulation) next(at *State, from string, visits map[string]int) string {
	people, itself := s.choices(at, from, visits, false), s.choices(at, from, visits, true)
	if len(people) == 0 {
		people = itself
	}
	sum := 0
	for _, c := range people {
		sum += c.weight
	}
	if sum == 0 {
		return ""
	}
	n := s.r.IntN(sum)
	for _, c := range people {
		if n -= c.weight; n < 0 {
			return c.to
		}
	}
	return ""
}

type choice struct {
	to     string
	weight int
}

// choices are the ways away from a state with their weights.
func (s *simulation) choices(at *State, from string, visits map[string]int, automatic bool) []choice {
	var forward, other []choice
	for _, a := range s.m.Actions {
		to := s.target(a, from)
		if a.Automatic != automatic || a.Never() || !a.Leaves(at.Code) || to == at.Code || s.m.State(to) == nil || visits[to] >= s.plan.Visits {
			continue
		}
		weight, given := s.plan.Weights[a.Code]
		switch {
		case given && weight > 0:
			forward = append(forward, choice{to, weight})
		case given:
		case s.row[to] > s.row[at.Code] || s.m.State(to).End:
			forward = append(forward, choice{to, 1})
		default:
			other = append(other, choice{to, 1})
		}
	}
	if len(forward) == 0 {
		return other
	}
	return forward
}

func (s *simulation) target(a *Action, from string) string {
	if a.To == Back {
		return from
	}
	return a.To
}
