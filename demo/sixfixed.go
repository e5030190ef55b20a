package demo

import (
	"context"
	"slices"
	"time"

	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/loop/cohorts"
	"github.com/bihuan/bihuan/loop/tasks"
)

// duty is a 六定 task of a loop (DL-04) and what became of it. Of what a unit or
// a district reports, the city says two days later what it thinks.
type duty struct {
	loop            string // title
	to              string // key of a unit of the city, or prefix of a district
	title, duty     string
	leader, officer string // posts; empty: those of the city's unit
	effect, measure string
	key, difficult  bool
	due             time.Time
	nodes           []node
	issued          time.Time
	accepted        time.Time
	ended           time.Time // reported as done; zero: it goes on
	part            *part
}

// node is a day by which part of it is reported (交账, DL-05).
type node struct {
	text      string
	due       time.Time
	told      time.Time // zero: not reported
	says      string
	explained bool   // reported as not done, and why
	photo     bool   // beside the report, as evidence
	back      string // why it was sent back the first time; reported again a week later
}

// part is what a district gave to a unit of its own.
type part struct {
	unit, title string
	due, ended  time.Time // ended zero: it goes on
}

const verdictAfter = 2 // days

// handOut is what the city does with the tasks, and its units with theirs.
func (s *stage) handOut() {
	for _, d := range duties {
		if !d.across() || s.others[d.to] != nil {
			s.scripts = append(s.scripts, s.issue(d))
		}
	}
}

func (d duty) across() bool { return slices.Contains(districts, d.to) }

// issue tells the city's side of a task.
func (s *stage) issue(d duty) *script {
	w := &walk{sc: &script{kind: tasks.Kind, title: d.title}, last: d.issued.Add(-pause)}
	w.add(move{at: d.issued, who: "director", action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		of, err := s.find(cohorts.Kind, d.loop)
		if err != nil {
			return nil, err
		}
		return s.Tasks.Draft(ctx, s.draft(d, of))
	}})
	w.also("issue", nil)
	if !d.across() {
		w.do(d.accepted, d.to+"-liaison", "accept", fixed(process.Form{"on": day(d.accepted)}))
	} else {
		s.sent(d.issued)
	}
	for _, n := range d.nodes {
		if n.told.IsZero() {
			continue
		}
		if !d.across() {
			w.reportNode(n.told, s.of.officer(d.to), n)
		}
		at := n.told.AddDate(0, 0, verdictAfter)
		if n.back != "" {
			w.do(at, "director", "returnNode", func(x *scene) process.Form { return process.Form{"itemId": x.item(n.text)} }).because(n.back)
			s.sentIf(d.across(), at)
			if !d.across() {
				w.reportNode(n.again(), s.of.officer(d.to), n)
			}
			at = n.again().AddDate(0, 0, verdictAfter)
		}
		w.do(at, "director", "acceptNode", func(x *scene) process.Form {
			return process.Form{"itemId": x.item(n.text), "text": "情况属实，予以认可。"}
		})
		s.sentIf(d.across(), at)
	}
	if d.ended.IsZero() {
		return w.sc
	}
	if !d.across() {
		w.report(d.ended, s.of.officer(d.to))
	}
	at := d.ended.AddDate(0, 0, verdictAfter)
	w.do(at, "director", "verify", fixed(process.Form{"on": day(at), "text": "现场核实，达到所定的效果，予以销号。"}))
	s.sentIf(d.across(), at)
	return w.sc
}

func (s *stage) sentIf(across bool, at time.Time) {
	if across {
		s.sent(at)
	}
}

func (n node) again() time.Time { return n.told.AddDate(0, 0, 7) }

func (w *walk) reportNode(at time.Time, who string, n node) {
	outcome := "DONE"
	if n.explained {
		outcome = "EXPLAINED"
	}
	v := move{at: at, who: who, action: "reportNode", form: func(x *scene) process.Form {
		return process.Form{"itemId": x.item(n.text), "on": day(at), "text": n.says, "outcome": outcome}
	}}
	if n.photo {
		v.page = "PHOTO"
	}
	w.add(v)
}

func (w *walk) report(at time.Time, who string) {
	w.do(at, who, "report", fixed(process.Form{"on": day(at), "text": "各节点均已完成，台账、现场照片和验收单齐全。", "outcome": "DONE"}))
}

// draft fixes the six.
func (s *stage) draft(d duty, of [16]byte) tasks.Draft {
	out := tasks.Draft{Of: of, Title: d.title, Duty: d.duty, DueOn: clock.Day(d.due), Effect: d.effect, Measure: d.measure, Key: d.key, Difficult: d.difficult,
		LeaderPost: d.leader, OfficerPost: d.officer}
	if d.across() {
		out.Partner = s.others[d.to].Code
	} else {
		unit, leader, officer := s.units[d.to], s.people[d.to+"-lead"].membership, s.people[s.of.officer(d.to)].membership
		out.UnitID, out.LeaderID, out.OfficerID = &unit, &leader, &officer
	}
	for _, n := range d.nodes {
		out.Nodes = append(out.Nodes, tasks.Node{Text: n.text, DueOn: clock.Day(n.due)})
	}
	return out
}

// takeOn is what a district does with the tasks that the city hands to it.
func (s *stage) takeOn() {
	for _, d := range duties {
		if d.to == s.of.Prefix {
			s.undertake(d)
		}
	}
}

func (s *stage) undertake(d duty) {
	w := given(evening(d.issued), tasks.Kind, d.title)
	w.do(d.accepted, "director", "accept", fixed(process.Form{"on": day(d.accepted)}))
	s.sent(d.accepted)
	for _, n := range d.nodes {
		if n.told.IsZero() {
			continue
		}
		w.reportNode(n.told, "director", n)
		s.sent(n.told)
		if n.back != "" {
			w.reportNode(n.again(), "director", n)
			s.sent(n.again())
		}
	}
	if !d.ended.IsZero() {
		w.report(d.ended, "director")
		s.sent(d.ended)
	}
	s.scripts = append(s.scripts, w.sc)
	if d.part != nil {
		s.scripts = append(s.scripts, s.breakDown(d))
	}
}

// breakDown is a task of the district's own, for one of its units.
func (s *stage) breakDown(d duty) *script {
	p, at := d.part, d.accepted.AddDate(0, 0, 1)
	w := &walk{sc: &script{kind: tasks.Kind, title: p.title}, last: at.Add(-pause)}
	w.add(move{at: at, who: "director", action: "open", open: func(ctx context.Context, s *stage) (*flow.Case, error) {
		of, err := s.find(tasks.Kind, d.title)
		if err != nil {
			return nil, err
		}
		own := duty{to: p.unit, title: p.title, duty: "具体落实市政协交办的任务，按月向区政协提案委报告进展", effect: "按期完成，群众认可", measure: "现场核实，资料齐全", due: p.due, key: d.key}
		return s.Tasks.Draft(ctx, s.draft(own, of))
	}})
	w.also("issue", nil)
	w.do(at.AddDate(0, 0, 1), p.unit+"-liaison", "accept", nil)
	if !p.ended.IsZero() {
		w.report(p.ended, s.of.officer(p.unit))
		end := w.later(1)
		w.do(end, "director", "verify", fixed(process.Form{"on": day(end), "text": "已到现场核实。"}))
	}
	return w.sc
}
