package flow

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow/notices"
	"github.com/bihuan/bihuan/flow/process"
)

// journal notes what happens to a case between two rests, so that it can be told
// once, and which other matters were written to on the way.
type journal struct {
	mu      sync.Mutex
	steps   []taken
	matters map[uuid.UUID]bool
	told    map[uuid.UUID]bool // who had a notice from an effect, in better words
	quiet   bool               // nothing has happened: who was awaited all along is not told so
}

// taken is one step: an action that was carried out, and whence it led.
type taken struct {
	run      *Run
	from, to string
	hearers  []who
}

type journalKey struct{}

// journaling begins to note.
func journaling(ctx context.Context) (context.Context, *journal) {
	j := &journal{matters: map[uuid.UUID]bool{}, told: map[uuid.UUID]bool{}}
	return context.WithValue(ctx, journalKey{}, j), j
}

func noted(ctx context.Context, t taken) {
	if j, ok := ctx.Value(journalKey{}).(*journal); ok {
		j.steps = append(j.steps, t)
	}
}

// touches notes a matter that something was written to.
func touches(ctx context.Context, id uuid.UUID) {
	if j, ok := ctx.Value(journalKey{}).(*journal); ok {
		j.mu.Lock()
		j.matters[id] = true
		j.mu.Unlock()
	}
}

// heard notes that an effect tells somebody, and reports whether it is the first
// thing that he hears of the step: one step gives one person one message.
func heard(ctx context.Context, id uuid.UUID) (first bool) {
	j, ok := ctx.Value(journalKey{}).(*journal)
	if !ok {
		return true
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	first = !j.told[id]
	j.told[id] = true
	return first
}

// others are the matters that were written to besides one.
func (j *journal) others(but uuid.UUID) (out []uuid.UUID) {
	for id := range j.matters {
		if id != but {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return out
}

// hearers are those whom the steps are told, besides those whose turn it
// becomes.
func (e *Engine) hearers(c *Case, rights *authz.Policy, j *journal) (all []who) {
	for i := range j.steps {
		s := &j.steps[i]
		machine := process.OfMatter
		if s.run.Share != nil {
			machine = process.OfAssignment
		}
		for _, code := range s.run.Action.Told(machine) {
			q := asking{e: e, rights: rights, c: c, share: c.sameShare(s.run.Share), turn: code, told: true}
			t := Turn{Parties: []party.Role{party.Role(code)}}
			if c.Def.Turns[code] != "" {
				t = e.meaning(c.Kind, c.Def, code)
			}
			if t.Away != nil && t.Away(c) { // they are told in their own committee
				continue
			}
			s.hearers = append(s.hearers, q.mean(t)...)
		}
		all = append(all, s.hearers...)
	}
	return all
}

// tellOwing tells those who are awaited for what the deadline is about; above:
// their guardian too.
func (e *Engine) tellOwing(ctx context.Context, c *Case, t *gen.Timer, above bool, n notices.Notice) error {
	rights, err := authz.Rights(ctx)
	if err != nil {
		return err
	}
	var rows []who
	for _, s := range e.subjects(c, rights) {
		if (s.share == nil) != (t.AssignmentID == nil) || (s.share != nil && s.share.ID != *t.AssignmentID) {
			continue
		}
		for _, w := range s.awaited {
			if owes := c.Def.Timers[t.Key].Owes; len(owes) == 0 || slices.Contains(owes, w.Turn) {
				rows = append(rows, w)
			}
		}
	}
	if guardians := e.KindOf(c.Kind).Guardians; above && len(guardians) > 0 {
		rows = append(rows, who{Role: guardians[0]})
	}
	there, err := c.meantBy(ctx, rows)
	if err != nil {
		return err
	}
	return e.write(ctx, c, slices.DeleteFunc(there, func(v *authz.Viewer) bool {
		return !slices.ContainsFunc(rows, func(w who) bool { return w.is(v) }) || !c.Sees(v) || !c.mayHear(v)
	}), n)
}

// notice is one that may be written: with a key, only where the row of that key
// is new.
type notice struct {
	to  uuid.UUID
	key string
	notices.Notice
}

// notices are what is to be written to whom: that it is his turn, else the
// latest step that he hears of. Nobody is told of what he did himself, or of
// what he may not see.
func (e *Engine) notices(c *Case, rights *authz.Policy, j *journal, rows []who, there people) (out []notice) {
	var actors []uuid.UUID
	for _, s := range j.steps {
		if id := s.run.Actor(); id != nil {
			actors = append(actors, *id)
		}
	}
	for _, v := range there {
		if slices.Contains(actors, v.Membership) || j.told[v.Membership] || !c.mayHear(v) {
			continue
		}
		if !c.Sees(v) {
			out = append(out, c.veiled(v, rows)...)
			continue
		}
		for _, w := range rows {
			if !w.is(v) || j.quiet && !w.Instead {
				continue
			}
			if n := e.turnNotice(c, v, w); n.About != notices.AboutTurn || n.Action != "" { // else it is his office's turn, and not his: he wrote what another is to check
				out = append(out, notice{v.Membership, w.key(), n})
				break
			}
		}
		for _, s := range slices.Backward(j.steps) {
			if slices.ContainsFunc(s.hearers, func(w who) bool { return w.is(v) }) && c.hears(v, s.run) {
				out = append(out, notice{to: v.Membership, Notice: notices.Told(c.stepText(s))})
				break
			}
		}
	}
	return out
}

// veiled tells a guardian who does not see the matter, such as a draft that was
// its author's alone, that there is one and where it stands, as the list of what
// stands still does; nothing of it.
func (c *Case) veiled(v *authz.Viewer, rows []who) []notice {
	for _, w := range rows {
		if w.Reason != "" && w.is(v) {
			return []notice{{v.Membership, w.key(), notices.Standing(fmt.Sprintf("有一件%s没有人能接手：%s。内容不对您公开，请安排人接手：在人员中补上能办理的人", c.Def.Title, w.Reason))}}
		}
	}
	return nil
}

// hears: a step is told to those who may read it in the timeline.
func (c *Case) hears(v *authz.Viewer, r *Run) bool {
	staff := slices.ContainsFunc(v.OnMatter(c.Matter), func(x *authz.Viewer) bool {
		return x.May(authz.Permission{Object: authz.Family(c.Kind), Action: "read"}).Has(authz.Tenant)
	})
	switch r.Action.Audience {
	case string(step.AudienceSTAFF):
		return staff
	case string(step.AudienceHANDLING):
		return staff || (r.Share != nil && v.InUnit(&r.Share.UnitID)) || (r.Share == nil && c.held().OfUnits(v))
	}
	return true
}

// name is how a notice names the case.
func (c *Case) name() string {
	if c.Number != "" {
		return fmt.Sprintf("《%s》（%s）", c.Title, c.Number)
	}
	return fmt.Sprintf("《%s》", c.Title)
}

// turnText tells somebody that it is his turn, and why it has become his.
func (c *Case) turnText(w who) string {
	state := c.stateLabel(w.Share)
	until := ""
	if w.Due != nil {
		until = "，期限为" + w.Due.Format("2006年1月2日")
	}
	switch {
	case w.Reason != "":
		return fmt.Sprintf("%s没有人能接手：%s%s", c.name(), w.Reason, until)
	case w.Instead:
		return fmt.Sprintf("%s由您代为办理：现处于“%s”，轮到的%s现在没有能办理的人%s", c.name(), state, c.Def.Turns[w.Turn], until)
	}
	return fmt.Sprintf("%s轮到您办理：现处于“%s”%s", c.name(), state, until)
}

// turnNotice says it with what a page opens: the share that waits, or else the
// matter, and the step that is usual there. A day that has come makes it urgent.
func (e *Engine) turnNotice(c *Case, v *authz.Viewer, w who) notices.Notice {
	n := notices.Turn(c.turnText(w)+e.remedy(c, v, w), w.Share)
	if w.Reason != "" {
		n.About = notices.AboutStanding
	}
	if w.Due != nil && !w.Due.After(c.Today().AddDate(0, 0, 1)) {
		n.Level = notices.Urgent
	}
	m := c.Def.Machines[process.OfMatter]
	if w.Share != nil {
		m = c.Def.Machines[process.OfAssignment]
	}
	for a := range e.doable(c, v, w) {
		usual := m.Heading(a, c.stateOf(w.Share)) == process.Next
		if usual || n.Action == "" {
			n.Action = a.Code
		}
		if usual {
			break
		}
	}
	return n
}

// doable are the actions that somebody has on what waits for him and that
// nothing blocks but what he himself can do elsewhere, in the order of the
// definition. What he may do only because it
// was handed to him is among them.
func (e *Engine) doable(c *Case, v *authz.Viewer, w who) iter.Seq[*process.Action] {
	return func(yield func(*process.Action) bool) {
		now := *c
		in := Input{Case: &now, Viewer: v, Asking: true}
		if w.Share != nil {
			in.Share = c.Share(*w.Share)
			if w.Reason != "" {
				now.Handed = map[uuid.UUID]bool{*w.Share: true}
			}
		}
		m := in.machine()
		if m == nil {
			return
		}
		for _, a := range m.Actions {
			in.Action, in.Viewer = a, v
			if !a.Automatic && len(a.From) > 0 && a.Leaves(in.state()) && e.permitted(&in) == nil && e.opens(&in) && !yield(a) {
				return
			}
		}
	}
}

// most is how many actions a notice names.
const most = 3

// remedy tells a guardian what he can do about what stands still: the actions
// that he himself has on it, and else what everybody has who gives people their
// offices. What he may do only because it was handed to him is among them.
func (e *Engine) remedy(c *Case, v *authz.Viewer, w who) string {
	if w.Reason == "" {
		return ""
	}
	var labels []string
	for a := range e.doable(c, v, w) {
		if labels = append(labels, "“"+a.Label+"”"); len(labels) == most {
			break
		}
	}
	if len(labels) == 0 {
		return "。请安排人接手：在人员中补上能办理的人"
	}
	return "。您可以办理" + strings.Join(labels, "、") + "，或者安排人接手"
}

// stepText tells somebody what happened to his case, and why where a reason was
// given: who hears of a step may read it there.
func (c *Case) stepText(s taken) string {
	what := s.run.Action.Label
	if sh := c.sameShare(s.run.Share); sh != nil && sh.Edges.Unit != nil {
		what = sh.Edges.Unit.Name + "：" + what
	}
	why := ""
	if s.run.Reason != "" {
		why = "。理由：" + process.Clip(s.run.Reason)
	}
	if s.from == s.to || s.run.Share != nil {
		return c.name() + what + why
	}
	return fmt.Sprintf("%s%s，现处于“%s”%s", c.name(), what, c.stateLabel(nil), why)
}

// stateOf is the state of the matter, or of one of its shares.
func (c *Case) stateOf(share *uuid.UUID) string {
	in := Input{Case: c}
	if share != nil {
		in.Share = c.Share(*share)
	}
	return in.state()
}

// stateLabel is its name.
func (c *Case) stateLabel(share *uuid.UUID) string {
	in := Input{Case: c}
	if share != nil {
		in.Share = c.Share(*share)
	}
	if m := in.machine(); m != nil && m.State(in.state()) != nil {
		return m.State(in.state()).Label
	}
	return in.state()
}
