package tasks

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

// desk takes in what other committees send about tasks.
type desk struct{ engine *flow.Engine }

// unsigned is the context in which an envelope acts: nobody here, not even who
// imports a file, has written what it brings.
func unsigned(ctx context.Context) context.Context { return authz.With(authz.System(ctx), nil) }

// applyTask opens the committee's own matter for a task that is sent to it, or
// takes up the one that it declined or lost.
func (d desk) applyTask(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	ctx = unsigned(ctx)
	var b taskBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	if err := b.check(in); err != nil {
		return none, err
	}
	var c *flow.Case
	if in.Known.None() {
		c, err = d.engine.Start(ctx, flow.Opening{Kind: Kind, Title: b.Title, Payload: func(ctx context.Context, m *gen.Matter) error { return d.open(ctx, m, in, b) }})
	} else if c, err = d.known(ctx, in); err == nil && c.State != draft && c.State != withdrawn {
		return none, exchange.Refuse(exchange.NotAccepted, "这项任务在对方处于“%s”环节，不能再交办一次", label(c))
	} else if err == nil {
		err = d.renew(ctx, c, b)
	}
	if err != nil {
		return none, err
	}
	c, err = d.engine.Carry(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: "receive", By: in.Name})
	if err != nil {
		return none, err
	}
	return exchange.Result{Object: about(c), Number: c.Number, Status: label(c)}, nil
}

// label of the case's state.
func label(c *flow.Case) string { return c.Def.Machines[process.OfMatter].State(c.State).Label }

// check refuses what is no whole task.
func (b *taskBody) check(in exchange.Incoming) error {
	bad := func(what string) error {
		return exchange.Refuse(exchange.Malformed, "任务的内容不对：%s", what)
	}
	if shown, wrong := errs.As(text.Tidy(b.texts()...)); wrong {
		return bad(shown.Message)
	}
	if _, err := written(b.DueOn); err != nil || in.About.Type != gen.TypeMatter || len(b.Nodes) > maxNodes {
		return bad("期限、所指的事项，或节点过多")
	}
	if l := b.Loop; l != nil && (l.Year < firstYear || l.Year > lastYear) {
		return bad("所属的一号提案")
	}
	seen := map[uuid.UUID]bool{}
	for _, n := range b.Nodes {
		if _, err := written(n.DueOn); err != nil || n.ID == uuid.Nil || seen[n.ID] {
			return bad("节点")
		}
		seen[n.ID] = true
	}
	return nil
}

// texts are what people wrote in it, with what each keeps to.
func (b *taskBody) texts() (out []text.Of) {
	for name, s := range map[string]*string{"title": &b.Title, "duty": &b.Duty, "effect": &b.Effect, "measure": &b.Measure} {
		out = append(out, text.Of{Text: s, Field: text.Field{Label: names[name], Least: 1, Most: longest[name], Lines: longest[name] > longest["title"]}})
	}
	for _, s := range []*string{&b.Leader, &b.Officer} { // a post and a name
		out = append(out, text.Of{Text: s, Field: text.Field{Label: "领导或人员", Least: 1, Most: 2 * longest["leaderPost"]}})
	}
	for i := range b.Nodes {
		out = append(out, text.Of{Text: &b.Nodes[i].Text, Field: text.Field{Label: "节点", Least: 1, Most: nodeMax, Lines: true}})
	}
	if b.Loop != nil {
		out = append(out, text.Of{Text: &b.Loop.Title, Field: text.Field{Label: "所属的一号提案", Most: longest["title"]}})
	}
	return out
}

// open writes the payload of a new matter.
func (d desk) open(ctx context.Context, m *gen.Matter, in exchange.Incoming, b taskBody) error {
	client := d.engine.Client()
	t, err := client.Item.Create().SetMatterID(m.ID).SetKind(item.KindTASK).SetText(b.Title).Save(ctx)
	if err != nil {
		return err
	}
	u := client.Matter.UpdateOneID(m.ID)
	u.SetOrigin(map[string]any{"committee": in.Partner, "name": in.Name, "matter": in.About.ID.String(), "status": "已交办", "on": in.SentAt.Format(time.DateOnly)})
	return d.write(ctx, u, t, b, nil)
}

// renew writes a task that comes again over what is known of it.
func (d desk) renew(ctx context.Context, c *flow.Case, b taskBody) error {
	u := d.engine.Client().Matter.UpdateOneID(c.Matter.ID)
	if err := d.write(ctx, u, theTask(c), b, originals(c)); err != nil {
		return err
	}
	sent := map[string]bool{}
	for _, n := range b.Nodes {
		sent[n.ID.String()] = true
	}
	for _, n := range nodes(c, item.StatusOPEN) {
		if theirs := original(c, n.ID); theirs == "" || sent[theirs] {
			continue
		}
		if err := d.engine.Client().Item.UpdateOneID(n.ID).SetStatus(item.StatusDROPPED).AddVersion(1).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// write puts a body into the task's item, its nodes and its matter. known are
// the nodes that came before, by the sender's ids.
func (d desk) write(ctx context.Context, u *gen.MatterUpdateOne, t *gen.Item, b taskBody, known map[string]any) error {
	client := d.engine.Client()
	due, err := written(b.DueOn)
	if err != nil {
		return err
	}
	err = client.Item.UpdateOneID(t.ID).SetText(b.Title).SetLeaderPost(b.Leader).SetOfficerPost(b.Officer).SetDuty(b.Duty).SetDueOn(due).
		SetEffect(b.Effect).SetMeasure(b.Measure).SetKey(b.Key).SetDifficult(b.Difficult).SetStatus(item.StatusOPEN).ClearSettledAt().AddVersion(1).Exec(ctx)
	if err != nil {
		return err
	}
	ours := maps.Clone(known)
	if ours == nil {
		ours = map[string]any{}
	}
	for _, n := range b.Nodes {
		due, err := written(n.DueOn)
		if err != nil {
			return err
		}
		if was, ok := ours[n.ID.String()].(string); ok {
			id, err := uuid.Parse(was)
			if err != nil {
				return err
			}
			err = client.Item.UpdateOneID(id).SetText(n.Text).SetDueOn(due).SetStatus(item.StatusOPEN).ClearSettledAt().AddVersion(1).Exec(ctx)
			if err != nil {
				return err
			}
			continue
		}
		row, err := newNode(client, t, n.Text, due).Save(ctx)
		if err != nil {
			return err
		}
		ours[n.ID.String()] = row.ID.String()
	}
	data := map[string]any{dataNodes: ours}
	if b.Loop != nil {
		data[dataLoop] = map[string]any{"title": b.Loop.Title, "year": b.Loop.Year}
	}
	return u.SetTitle(b.Title).SetData(data).Exec(ctx)
}

// known is the matter that the partner's task is here, locked.
func (d desk) known(ctx context.Context, in exchange.Incoming) (*flow.Case, error) {
	c, err := d.locked(ctx, in.Known)
	if err != nil {
		return nil, err
	}
	if c == nil || !received(c) || sender(c) != in.Partner {
		return nil, unknown()
	}
	return c, nil
}

// locked is the task that an object names, nil when it is none.
func (d desk) locked(ctx context.Context, o exchange.Object) (*flow.Case, error) {
	if o.Type != gen.TypeMatter {
		return nil, nil
	}
	cases, err := d.engine.Lock(ctx, o.ID)
	if c := cases[o.ID]; err == nil && c != nil && c.Kind == Kind && theTask(c) != nil {
		return c, nil
	}
	return nil, err
}

// reasonMax and fileNameMax are in characters; filesMax is as the form has it.
const (
	reasonMax   = 2000
	fileNameMax = 255
	filesMax    = 100
)

// check refuses what no form asks about. The rest is the form's to refuse.
func (b wordBody) check() error {
	bad := func(what string) error {
		return exchange.Refuse(exchange.Malformed, "任务的办理情况不对：%s", what)
	}
	if utf8.RuneCountInString(b.Reason) > reasonMax {
		return bad("理由过长")
	}
	for _, text := range []string{b.On, b.DueOn} {
		if _, err := written(text); text != "" && err != nil {
			return bad("日期")
		}
	}
	if len(b.Files) > filesMax {
		return bad("文件过多")
	}
	for _, f := range b.Files {
		m, _ := f.(map[string]any)
		id, _ := m["id"].(string)
		name, _ := m["name"].(string)
		sum, _ := m["sha256"].(string)
		if _, err := uuid.Parse(id); err != nil || len(m) != 3 || name == "" || utf8.RuneCountInString(name) > fileNameMax || !sha256Form.MatchString(sum) {
			return bad("文件")
		}
	}
	return nil
}

var sha256Form = regexp.MustCompile(`^[0-9a-f]{1,64}$`)

func unknown() error {
	return exchange.Refuse(exchange.UnknownObject, "没有与对方往来的这项任务")
}

// step is the action that an event brings about.
type step struct {
	action string
	form   []string // of the body: on, text, outcome, by, dueOn, files, itemId, originId
}

var (
	reported = map[string]step{
		"ACCEPTED": {"accepted", []string{"on"}}, "DECLINED": {"declined", nil},
		"NODE":  {"nodeReported", []string{"itemId", "on", "text", "outcome", "files"}},
		"FINAL": {"reported", []string{"on", "text", "outcome", "files"}},
	}
	decided = map[string]step{
		"NODE_ADDED": {"nodeAdded", []string{"originId", "text", "dueOn"}}, "NODE_ACCEPTED": {"nodeAccepted", []string{"itemId", "text"}},
		"NODE_RETURNED": {"nodeReturned", []string{"itemId"}}, "VERIFIED": {"verified", []string{"on", "text"}},
		"EXPLAINED": {"explained", []string{"on", "text", "by"}}, "RETURNED": {"returned", nil}, "POSTPONED": {"postponed", []string{"dueOn"}},
		withdrawn: {"recall", nil},
	}
)

// applyReport takes in what the committee that has one of our tasks reports. It
// names our matter itself, since it may come before we have heard that the task
// arrived; whether the task is that committee's is what we know ourselves.
func (d desk) applyReport(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	ctx = unsigned(ctx)
	var b wordBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	c, err := d.locked(ctx, exchange.Object{Type: gen.TypeMatter, ID: b.Task})
	if err != nil {
		return none, err
	}
	if c == nil || received(c) || theTask(c).Partner != in.Partner {
		return none, unknown()
	}
	if err := d.carry(ctx, in, c, b, reported, b.Node.String()); err != nil {
		return none, err
	}
	return none, d.heard(ctx, c, b)
}

// heard notes on the task what its holder told last: a node that is reported
// changes no state, so that no status tells of it.
func (d desk) heard(ctx context.Context, c *flow.Case, b wordBody) error {
	m, err := d.engine.Client().Matter.Get(ctx, c.Matter.ID)
	if err != nil {
		return err
	}
	mirror := maps.Clone(m.Mirror)
	if mirror == nil {
		mirror = map[string]any{"committee": theTask(c).Partner}
	}
	mirror["on"], mirror["at"] = cmp.Or(b.On, clock.Today(ctx).Format(time.DateOnly)), clock.Now(ctx).UTC().Format(time.RFC3339)
	mirror["note"] = b.Text
	for _, n := range nodes(c) {
		if n.ID == b.Node {
			mirror["note"] = fmt.Sprintf("节点“%s”：%s", n.Text, b.Text)
		}
	}
	return d.engine.Client().Matter.UpdateOne(m).SetMirror(mirror).Exec(ctx)
}

// applyDecision takes in what the sender of a task decided.
func (d desk) applyDecision(ctx context.Context, in exchange.Incoming) (none exchange.Result, err error) {
	ctx = unsigned(ctx)
	var b wordBody
	if err := in.Decode(&b); err != nil {
		return none, err
	}
	c, err := d.known(ctx, in)
	if err != nil {
		return none, err
	}
	ours, _ := originals(c)[b.Node.String()].(string)
	return none, d.carry(ctx, in, c, b, decided, ours)
}

// carry does here what the partner did there. node is our id of the node that
// the body names.
func (d desk) carry(ctx context.Context, in exchange.Incoming, c *flow.Case, b wordBody, steps map[string]step, node string) error {
	s, ok := steps[b.Event]
	if !ok {
		return exchange.Refuse(exchange.Malformed, "不认识任务的这种办理情况（%s），请核对双方的软件版本", b.Event)
	}
	if c.Closed() {
		return exchange.Refuse(exchange.Closed, "“%s”已经结束（%s），不再接收新的办理情况", c.Title, label(c))
	}
	if err := b.check(); err != nil {
		return err
	}
	if known := originals(c); s.action == "nodeAdded" && (b.Node == uuid.Nil || known[b.Node.String()] != nil || len(known) >= maxNodes) {
		return exchange.Refuse(exchange.Malformed, "任务“%s”已有这个节点，或节点过多", c.Title)
	}
	given := map[string]any{"on": b.On, "text": b.Text, "outcome": b.Outcome, "by": b.By, "dueOn": b.DueOn, "itemId": node, "originId": b.Node.String()}
	form := process.Form{}
	for _, key := range s.form {
		switch {
		case key == "files":
			if form[key] = b.Files; b.Files == nil {
				form[key] = []any{}
			}
		case key == "itemId" && !has(c, node):
			return exchange.Refuse(exchange.UnknownObject, "任务“%s”没有所说的节点", c.Title)
		case given[key] != "":
			form[key] = given[key]
		}
	}
	_, err := d.engine.Carry(ctx, flow.Command{Machine: process.OfMatter, Subject: c.Matter.ID, Action: s.action, Form: form, Reason: b.Reason, By: in.Name})
	return err
}

func has(c *flow.Case, node string) bool {
	for _, n := range nodes(c) {
		if n.ID.String() == node {
			return true
		}
	}
	return false
}
