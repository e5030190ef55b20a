package tasks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/day"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// loop is the kind of matter to which tasks belong.
const loop = "cohort"

// Register makes the rules of tasks known.
func Register(s *flow.Rules) {
	s.Kind(Declaration)
	s = s.For(Declaration.Code)
	for name, w := range checklists {
		s.Guard("task."+name, w.says, flow.Listing(w.list))
	}
	for name, w := range onForm {
		s.Guard("task."+name, w.says, w.guard, flow.OnForm)
	}
	s.Relation("task.performer", "本人办理这项任务：上级交来的由本机关，自己的由所交办的单位", func(in *flow.Input) bool { return performs(in.Case, in.Viewer) })
	s.Relation("task.ours", "任务是本政协自己下达的，不是上级交来的", func(in *flow.Input) bool { return !received(in.Case) }, flow.OfCase)
	for name, f := range choosers {
		s.Chooser("task."+name, f.says, f.do)
	}
	for name, b := range bases {
		s.Base("task."+name, b.says, b.do)
	}
	s.Clocks("task.node", item.KindNODE)
	s.Clocks("task.due", item.KindTASK)
	for name, f := range effects {
		f.Register(s, "task."+name)
	}
	s.Effect("task.send", "把任务送给所交办的政协", send)
	registerWords(s)
	registerHanding(s)
}

// Connect gives the engine the exchange by which tasks cross, and takes in what
// other committees send.
func Connect(e *flow.Engine, post *exchange.Service) {
	mail.Give(e, post)
	d := desk{e}
	post.Register(KindTask, 1, exchange.Handler{Title: "闭环的任务", Apply: d.applyTask})
	post.Register(KindReport, 1, exchange.Handler{Title: "任务的报告", Apply: d.applyReport})
	post.Register(KindDecision, 1, exchange.Handler{Title: "对任务的决定", Apply: d.applyDecision})
}

// Service drafts tasks; everything after that is an action of the engine.
type Service struct {
	engine *flow.Engine
	post   *exchange.Service
}

// New makes the service; Register must have been called on the engine. Without
// an exchange tasks stay within the committee.
func New(e *flow.Engine, post *exchange.Service) *Service { return &Service{e, post} }

// Draft is a new task. Everything but Of and Title may be missing: what is, is
// asked for before the task is issued.
type Draft struct {
	Of                      uuid.UUID  // the loop, or the task that is broken down
	UnitID                  *uuid.UUID // of this committee; or
	Partner                 string     // code of the committee that is to do it
	LeaderID, OfficerID     *uuid.UUID // people with a membership here
	LeaderPost, OfficerPost string     // and those who have none
	Title, Duty             string
	DueOn                   time.Time // zero: not yet said
	Effect, Measure         string
	Key, Difficult          bool // 重点, 难点
	Nodes                   []Node
	Reason                  string // of the first step
}

// Node is a day by which part of a task is reported (节点).
type Node struct {
	Text  string
	DueOn time.Time
}

const maxNodes = 100

// Draft opens a task in the viewer's committee, not yet issued. It takes
// task.issue. Called twice it drafts two.
func (s *Service) Draft(ctx context.Context, d Draft) (_ *flow.Case, err error) {
	defer errs.Wrap(&err, "tasks.Draft(%s)", d.Of)
	v, err := authz.Require(ctx, "task.issue")
	if err != nil {
		return nil, err
	}
	if d.Partner != "" && s.post == nil {
		return nil, errors.New("tasks: a partner's task without an exchange")
	}
	form := d.form()
	if err := d.check(form, clock.Today(ctx)); err != nil {
		return nil, err
	}
	kind, err := s.above(ctx, v, d.Of)
	if err != nil {
		return nil, err
	}
	client := s.engine.Client()
	return s.engine.Start(ctx, flow.Opening{Kind: Kind, Title: form.Text("title"), Reason: d.Reason, Payload: func(ctx context.Context, m *gen.Matter) error {
		create, update := client.Item.Create().SetMatterID(m.ID).SetKind(item.KindTASK), client.Matter.UpdateOne(m)
		if err := fill(ctx, client, form, create.Mutation(), update.Mutation()); err != nil {
			return err
		}
		t, err := create.Save(ctx)
		if err != nil {
			return err
		}
		if err := update.Exec(ctx); err != nil {
			return err
		}
		for _, n := range d.Nodes {
			if err := newNode(client, t, n.Text, n.DueOn).Exec(ctx); err != nil {
				return err
			}
		}
		return client.Link.Create().SetFromID(m.ID).SetToID(d.Of).SetKind(kind).SetDecidedByID(v.Membership).SetReason(d.Reason).Exec(ctx)
	}})
}

// form is the draft as the action amend has it, without what is missing.
func (d Draft) form() process.Form {
	f := process.Form{"title": d.Title, "key": d.Key, "difficult": d.Difficult}
	for key, given := range map[string]string{"partner": d.Partner, "leaderPost": d.LeaderPost, "officerPost": d.OfficerPost,
		"duty": d.Duty, "effect": d.Effect, "measure": d.Measure} {
		if !text.Blank(given) {
			f[key] = given
		}
	}
	for key, id := range map[string]*uuid.UUID{"unitId": d.UnitID, "leaderId": d.LeaderID, "officerId": d.OfficerID} {
		if id != nil {
			f[key] = id.String()
		}
	}
	if !d.DueOn.IsZero() {
		f["dueOn"] = d.DueOn.Format(time.DateOnly)
	}
	return f
}

// longest is how many characters a field may have, here and in the form.
var longest = map[string]int{"title": 200, "partner": 20, "leaderPost": 60, "officerPost": 60, "duty": 2000, "effect": 2000, "measure": 1000}

const (
	titleMin = 2
	nodeMax  = 1000 // characters of a node's text
)

func (d *Draft) check(f process.Form, today time.Time) (err error) {
	if text.Count(f.Text("title")) < titleMin {
		return errs.New(errs.Invalid, "请填写任务的名称，至少 %d 字", titleMin).At("title")
	}
	for key, most := range longest {
		if !f.Has(key) {
			continue
		}
		s, err := text.Field{Label: "“" + names[key] + "”", Path: []string{key}, Most: most, Lines: most > longest["title"]}.Take(f.Text(key))
		if err != nil {
			return err
		}
		f[key] = s
	}
	if d.Reason, err = (text.Field{Label: "理由", Path: []string{"reason"}, Most: longest["duty"], Lines: true}).Take(d.Reason); err != nil {
		return err
	}
	if !d.DueOn.IsZero() {
		if err := day.Ahead(d.DueOn, today, "dueOn"); err != nil {
			return err
		}
	}
	return d.checkNodes(today)
}

func (d *Draft) checkNodes(today time.Time) error {
	if len(d.Nodes) > maxNodes {
		return errs.New(errs.Limited, "至多 %d 个节点", maxNodes).At("nodes")
	}
	for i, n := range d.Nodes {
		at := func(problem string) error {
			return errs.New(errs.Invalid, "%s", problem).At("nodes", fmt.Sprint(i), "dueOn")
		}
		s, err := text.Field{Label: "节点的内容", Path: []string{"nodes", fmt.Sprint(i), "text"}, Least: titleMin, Most: nodeMax, Lines: true}.Take(n.Text)
		if err != nil {
			return err
		}
		d.Nodes[i].Text = s
		switch {
		case n.DueOn.IsZero():
			return at("请填写节点的日期")
		case !d.DueOn.IsZero() && n.DueOn.After(d.DueOn):
			return at("节点的日期不能晚于任务的期限")
		}
		if err := day.Ahead(n.DueOn, today, "nodes", fmt.Sprint(i), "dueOn"); err != nil {
			return err
		}
	}
	return nil
}

// above locks what the task is to belong to, so that it does not close in
// between, and says how the task refers to it.
func (s *Service) above(ctx context.Context, v *authz.Viewer, id uuid.UUID) (kind link.Kind, err error) {
	missing := errs.New(errs.NotFound, "没有这件事项，或您无权查看").At("of")
	seen, err := s.engine.Client().Matter.Query().Where(matter.ID(id), matter.KindIn(loop, Kind)).Exist(ctx)
	if err != nil {
		return "", err
	}
	if !seen {
		return "", missing
	}
	cases, err := s.engine.Lock(authz.System(ctx), id)
	if err != nil {
		return "", err
	}
	c := cases[id]
	switch {
	case c == nil:
		return "", missing
	case c.Closed():
		return "", errs.New(errs.NotAllowedInState, "“%s”已经结束，不能再增加任务", c.Title).At("of")
	case c.Kind == loop:
		return link.KindBELONGS_TO, nil
	case c.State != issued && c.State != working:
		return "", errs.New(errs.NotAllowedInState, "“%s”不在承接和办理之中，不能分解", c.Title).At("of")
	}
	covered, err := s.engine.Covers(authz.System(ctx), id, "task.undertake")
	if err != nil {
		return "", err
	}
	if !covered || !performs(c, v) {
		return "", errs.New(errs.NotAllowed, "只有承办这项任务的人可以分解它").At("of")
	}
	return link.KindDERIVED_FROM, nil
}
