package bulk

import (
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
)

// fate is how often a proposal stands in a state.
type fate struct {
	state  string
	weight int
}

// Of the first two fifths most have come to an end; the others are under way.
var (
	finished = []fate{{"ARCHIVED", 58}, {"COMPLETED", 26}, {"TRACKING", 6}, {"NOT_FILED", 6}, {"WITHDRAWN", 2}, {"CONVERTED_LETTER", 2}}
	underWay = []fate{
		{"DRAFT", 6}, {"COSIGNING", 2}, {"SUBMITTED", 7}, {"UNDER_REVIEW", 8}, {"FILED", 7}, {"ASSIGNED", 8}, {"HANDLING", 42},
		{"REPLIED", 14}, {"COMPLETION_REVIEW", 6},
	}
)

func draw(of []fate, chance int) string {
	total := 0
	for _, f := range of {
		total += f.weight
	}
	chance %= total
	for _, f := range of {
		if chance -= f.weight; chance < 0 {
			return f.state
		}
	}
	return of[0].state
}

// stages orders the states by how far a proposal has come.
var stages = map[string]int{
	"DRAFT": 0, "COSIGNING": 0, "SUBMITTED": 1, "WITHDRAWN": 1, "UNDER_REVIEW": 2, "NOT_FILED": 2, "CONVERTED_LETTER": 2,
	"FILED": 3, "ASSIGNED": 4, "HANDLING": 5, "REPLIED": 6, "COMPLETION_REVIEW": 7, "COMPLETED": 8, "TRACKING": 8, "ARCHIVED": 9,
}

const (
	submitted = 1
	filed     = 3
	assigned  = 4
	replied   = 6
	rated     = 7
	completed = 8
)

// matter is proposal n of committee t: everything that its tables agree on.
type matter struct {
	t, n    int
	id      uuid.UUID
	opened  time.Time
	state   *process.State
	stage   int
	sitting int // 0 or 1
	lead    int // member
	co      []int
	shares  []share
}

type share struct {
	id      uuid.UUID
	unit    int // handling unit
	role    string
	state   string
	replies bool
}

// openedAt spreads the proposals evenly over the world's time. Those of all
// committees are mixed, as they are in life: rows of one committee lie far
// apart.
func (w *world) openedAt(t, n int) time.Time {
	slot := lastDay.Sub(firstDay) / time.Duration(w.Matters)
	at := firstDay.Add(slot * time.Duration(n)).Add(time.Duration(w.hash(aMatter, t, n, 1) % uint64(slot)))
	return at.Truncate(time.Millisecond)
}

func (w *world) matter(t, n int) matter {
	m := matter{t: t, n: n, opened: w.openedAt(t, n)}
	m.id = w.id(m.opened, aMatter, t, n, 0)
	of := underWay
	if n*5 < w.Matters*2 {
		of = finished
	}
	m.state = w.proposal.Machines[process.OfMatter].State(draw(of, w.pick(1000, t, n, 1)))
	m.stage = stages[m.state.Code]
	if m.opened.After(second) {
		m.sitting = 1
	}
	m.lead = w.pick(w.Members, t, n, 2)
	if w.pick(3, t, n, 3) == 0 {
		for k := range 1 + w.pick(3, t, n, 4) {
			if c := w.pick(w.Members, t, n, 5+k); c != m.lead && !has(m.co, c) {
				m.co = append(m.co, c)
			}
		}
	}
	if m.stage >= assigned {
		w.deal(&m)
	}
	return m
}

// deal gives the proposal one to three shares.
func (w *world) deal(m *matter) {
	roles := [][]string{{"SOLE"}, {"LEAD", "ASSIST"}, {"LEAD", "ASSIST"}, {"SEPARATE", "SEPARATE"}, {"LEAD", "ASSIST", "ASSIST"}, {"LEAD", "ASSIST", "ASSIST"}}[w.pick(6, m.t, m.n, 10)]
	first := w.pick(handling, m.t, m.n, 11)
	for k, role := range roles {
		s := share{id: w.id(m.at(4), aShare, m.t, m.n, k), unit: (first + 7*k) % handling, role: role, state: "PENDING_SIGN"}
		switch {
		case m.stage >= replied:
			s.state, s.replies = "SENT", role != "ASSIST"
		case m.stage > assigned:
			s.state = []string{"SIGNED", "HANDLING"}[w.pick(2, m.t, m.n, 12+k)]
		}
		m.shares = append(m.shares, s)
	}
}

func has(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// at is the instant of a step of the case: 1 submitted, 3 filed, 4 assigned, 6
// answered, 7 rated, 8 completed.
func (m *matter) at(stage int) time.Time { return m.opened.AddDate(0, 0, 9*stage) }

// since is at, the zero time when the case has not come so far.
func (m *matter) since(stage int) time.Time {
	if m.stage < stage {
		return time.Time{}
	}
	return m.at(stage)
}

// due is the nearest deadline of a case that is open.
func (m *matter) due() time.Time {
	if m.state.End || m.stage == 0 {
		return time.Time{}
	}
	return clock.Day(m.opened).AddDate(0, 3, m.n%20)
}

// sector and street are those of the first proposer.
func (m *matter) sector() int { return sector(m.lead % sectors) }
func (m *matter) street() int { return street(m.lead / sectors % streets) }

// open reports whether the whole committee may read it.
func (m *matter) open() bool { return m.stage >= completed && m.n%2 == 0 }
