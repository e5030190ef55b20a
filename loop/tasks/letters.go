package tasks

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/cohort"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/exchange"
	"github.com/bihuan/bihuan/flow"
)

// Kinds of envelopes: a task goes down, reports come up, decisions go down.
const (
	KindTask     = "task"
	KindReport   = "task_report"
	KindDecision = "task_decision"
)

// taskBody is a whole task as another committee needs it.
type taskBody struct {
	Title     string     `json:"title"`
	Leader    string     `json:"leader"`
	Officer   string     `json:"officer"`
	Duty      string     `json:"duty"`
	DueOn     string     `json:"dueOn"`
	Effect    string     `json:"effect"`
	Measure   string     `json:"measure"`
	Key       bool       `json:"key,omitempty"`
	Difficult bool       `json:"difficult,omitempty"`
	Nodes     []nodeBody `json:"nodes,omitempty"`
	Loop      *loopBody  `json:"loop,omitempty"`
}

type nodeBody struct {
	ID    uuid.UUID `json:"id"` // the sender's
	Text  string    `json:"text"`
	DueOn string    `json:"dueOn"`
}

// loopBody is the 一号提案 to which a task belongs at its sender.
type loopBody struct {
	Title string `json:"title"`
	Year  int    `json:"year"` // of handling
}

// wordBody is what one says of a task to the other: reports and decisions.
type wordBody struct {
	Task    uuid.UUID `json:"task"` // the sender's of the task, in either direction
	Event   string    `json:"event"`
	Node    uuid.UUID `json:"node,omitzero"`
	On      string    `json:"on,omitempty"`
	Text    string    `json:"text,omitempty"`
	Reason  string    `json:"reason,omitempty"`
	Outcome string    `json:"outcome,omitempty"`
	By      string    `json:"by,omitempty"` // who accepted the explanation
	DueOn   string    `json:"dueOn,omitempty"`
	Files   []any     `json:"files,omitempty"` // id, name and SHA-256; the files stay where they are
}

const withdrawn = "WITHDRAWN"

// mail is how letters leave.
var mail = &flow.Port[*exchange.Service]{Name: "exchange"}

func about(c *flow.Case) exchange.Object {
	return exchange.Object{Type: gen.TypeMatter, ID: c.Matter.ID}
}

// put sends; the step shows to whom.
func put(ctx context.Context, r *flow.Run, partner, kind string, body any) error {
	post, err := mail.Of(r)
	if err != nil {
		return err
	}
	_, err = post.Send(ctx, partner, kind, body, about(r.Case))
	return err
}

// send hands the task to the committee that is to do it, and takes it back from
// the one that declined it before.
func send(ctx context.Context, r *flow.Run) error {
	t, former := theTask(r.Case), declinedBy(r.Case)
	if former != "" {
		if former != t.Partner {
			body := wordBody{Task: r.Matter.ID, Event: withdrawn, Reason: "任务已另行交办"}
			if err := put(ctx, r, former, KindDecision, body); err != nil {
				return err
			}
		}
		if err := keep(ctx, r, dataDeclined, nil); err != nil {
			return err
		}
	}
	if err := hold(ctx, r, t); err != nil || t.Partner == "" {
		return err
	}
	body, err := whole(ctx, r)
	if err != nil {
		return err
	}
	r.After["partner"] = t.Partner
	return put(ctx, r, t.Partner, KindTask, body)
}

// hold puts the mirror to who has the task from now on, who has told nothing
// yet, so that what a former holder still lets be known is not taken for it.
func hold(ctx context.Context, r *flow.Run, t *gen.Item) error {
	u := r.Client.Matter.UpdateOneID(r.Matter.ID)
	switch {
	case t.Partner != "":
		r.Matter.Mirror = map[string]any{"committee": t.Partner, "name": t.Owner}
		u.SetMirror(r.Matter.Mirror)
	case r.Matter.Mirror != nil:
		r.Matter.Mirror = nil
		u.ClearMirror()
	default:
		return nil
	}
	return u.Exec(ctx)
}

func declinedBy(c *flow.Case) string {
	code, _ := c.Data[dataDeclined].(string)
	return code
}

// whole is the task as it is now.
func whole(ctx context.Context, r *flow.Run) (b taskBody, err error) {
	t := theTask(r.Case)
	b = taskBody{Title: t.Text, Duty: t.Duty, DueOn: t.DueOn.Format(time.DateOnly), Effect: t.Effect, Measure: t.Measure, Key: t.Key, Difficult: t.Difficult}
	if b.Leader, err = named(ctx, r.Client, t.LeaderID, t.LeaderPost); err != nil {
		return b, err
	}
	if b.Officer, err = named(ctx, r.Client, t.OfficerID, t.OfficerPost); err != nil {
		return b, err
	}
	for _, n := range nodes(r.Case, item.StatusOPEN) {
		b.Nodes = append(b.Nodes, nodeBody{n.ID, n.Text, n.DueOn.Format(time.DateOnly)})
	}
	b.Loop, err = loopOf(ctx, r.Client, r.Matter.ID)
	return b, err
}

// named is a person as another committee can read him: post and name.
func named(ctx context.Context, client *gen.Client, id *uuid.UUID, post string) (string, error) {
	if id == nil {
		return post, nil
	}
	m, err := client.Membership.Get(ctx, *id)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(cmp.Or(post, m.Post) + " " + m.Name), nil
}

// maxDepth bounds how often a task can have been broken down.
const maxDepth = 10

// loopOf climbs from a task to its loop; nil when it has none here.
func loopOf(ctx context.Context, client *gen.Client, id uuid.UUID) (*loopBody, error) {
	for range maxDepth {
		l, err := client.Link.Query().Where(link.FromID(id), link.KindIn(link.KindBELONGS_TO, link.KindDERIVED_FROM), link.UndoneAtIsNil()).
			WithTo().Order(link.ByID()).First(ctx)
		if gen.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if id = l.ToID; l.Edges.To.Kind != loop {
			continue
		}
		c, err := client.Cohort.Query().Where(cohort.MatterID(id)).Only(ctx)
		if err != nil {
			return nil, err
		}
		return &loopBody{l.Edges.To.Title, c.HandleYear}, nil
	}
	return nil, nil
}

// reportUp tells the sender of a received task. A node that the sender does not
// know is our own affair.
func reportUp(ctx context.Context, r *flow.Run, what word) error {
	if !received(r.Case) {
		return nil
	}
	body := said(r, cmp.Or(what.As, formerReports[r.Action.Code]))
	if r.Form.Has("itemId") {
		id, err := r.Form.ID("itemId")
		if err != nil {
			return err
		}
		theirs := original(r.Case, id)
		if theirs == "" {
			return nil
		}
		if body.Node, err = uuid.Parse(theirs); err != nil {
			return err
		}
	}
	origin, _ := r.Origin["matter"].(string)
	task, err := uuid.Parse(origin)
	if err != nil {
		return err
	}
	if body.Task = task; body.Outcome != "" && len(r.Records) > 0 {
		body.Files, _ = r.Records[len(r.Records)-1].Data["files"].([]any) // of the report that was just written
	}
	return put(ctx, r, sender(r.Case), KindReport, body)
}

// decide tells the committee that has the task. In a draft that is the one
// which declined it, and all that concerns it is that the task is withdrawn.
func decide(ctx context.Context, r *flow.Run, what word) error {
	event, partner := cmp.Or(what.As, formerDecisions[r.Action.Code]), theTask(r.Case).Partner
	if r.State == draft {
		if partner = declinedBy(r.Case); event != withdrawn {
			return nil
		}
	}
	if partner == "" || received(r.Case) {
		return nil
	}
	body := said(r, event)
	body.Task = r.Matter.ID
	switch event {
	case "NODE_ADDED":
		body.Node, _ = r.After["itemId"].(uuid.UUID)
	case "NODE_ACCEPTED", "NODE_RETURNED":
		id, err := r.Form.ID("itemId")
		if err != nil {
			return err
		}
		body.Node = id
	}
	return put(ctx, r, partner, KindDecision, body)
}

// said is what the form says. Where it names no day, it is today's.
func said(r *flow.Run, event string) wordBody {
	f := r.Form
	return wordBody{Event: event, On: cmp.Or(f.Text("on"), r.Today().Format(time.DateOnly)), Text: f.Text("text"), Reason: r.Reason,
		Outcome: f.Text("outcome"), By: f.Text("by"), DueOn: f.Text("dueOn")}
}
