package plans

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/internal/errs"
)

// ItemState is how far an item of a plan has come, for people.
type ItemState string

const (
	Planned     ItemState = "PLANNED"
	Running     ItemState = "RUNNING"
	Done        ItemState = "DONE"
	Cancelled   ItemState = "CANCELLED"
	CarriedOver ItemState = "CARRIED_OVER"
)

// StateOf derives an item's state. Running is one to which something is
// attached, until somebody says with evidence that it is done.
func StateOf(i *gen.Item, attached bool) ItemState {
	switch {
	case i.Status == item.StatusDONE:
		return Done
	case i.Status == item.StatusDROPPED && i.Solution != "":
		return CarriedOver
	case i.Status == item.StatusDROPPED:
		return Cancelled
	case attached:
		return Running
	}
	return Planned
}

// State is StateOf for an item of a plan that was read.
func State(c *flow.Case, i *gen.Item) ItemState { return StateOf(i, len(Attached(c, i.ID)) > 0) }

// Attached lists what is attached to an item of the plan: what comes from it,
// then the topics to which it sank.
func Attached(c *flow.Case, item uuid.UUID) (out []*gen.Matter) {
	for _, a := range attachments(c, item) {
		out = append(out, a.other)
	}
	return out
}

type attachment struct {
	link  *gen.Link
	other *gen.Matter
}

func attachments(c *flow.Case, of uuid.UUID) (out []attachment) {
	for _, b := range c.Below {
		if ties(b.Link, link.KindDERIVED_FROM, of) {
			out = append(out, attachment{b.Link, b.Matter})
		}
	}
	for _, l := range c.Out {
		if ties(l, link.KindSINKS_TO, of) && l.Edges.To != nil {
			out = append(out, attachment{l, l.Edges.To})
		}
	}
	return out
}

func ties(l *gen.Link, k link.Kind, of uuid.UUID) bool {
	return l.UndoneAt == nil && l.Kind == k && l.ItemID != nil && *l.ItemID == of
}

// States derives the states of a batch of items, of any plans, in one
// statement. Whether something is attached is told to whoever sees the item,
// what it is not.
func (s *Service) States(ctx context.Context, items ...*gen.Item) (_ map[uuid.UUID]ItemState, err error) {
	defer errs.Wrap(&err, "plans.States")
	ids := make([]uuid.UUID, len(items))
	for n, i := range items {
		ids[n] = i.ID
	}
	links, err := s.engine.Client().Link.Query().
		Where(link.ItemIDIn(ids...), link.KindIn(link.KindDERIVED_FROM, link.KindSINKS_TO), link.UndoneAtIsNil()).
		Select(link.FieldItemID).All(authz.System(ctx))
	if err != nil {
		return nil, err
	}
	attached := map[uuid.UUID]bool{}
	for _, l := range links {
		attached[*l.ItemID] = true
	}
	out := make(map[uuid.UUID]ItemState, len(items))
	for _, i := range items {
		out[i.ID] = StateOf(i, attached[i.ID])
	}
	return out, nil
}

// attach links a matter that the viewer sees to an item. The plan is locked, so
// that a matter is attached to an item once.
func attach(ctx context.Context, r *flow.Run) error {
	i, err := beginning(r)
	if err != nil {
		return err
	}
	other, err := visible(ctx, r)
	if err != nil {
		return err
	}
	for _, a := range attachments(r.Case, i.ID) {
		if a.other.ID == other.ID {
			return errs.New(errs.Conflict, "“%s”已经关联到这个项目", other.Title).At("matterId")
		}
	}
	from, to, kind := other.ID, r.Matter.ID, link.KindDERIVED_FROM
	sinks := other.PlatformID != nil
	if as := r.Form.Text("as"); as != "" {
		if !sinks && as == string(link.KindSINKS_TO) {
			return errs.New(errs.Invalid, "只有平台上的议题才能作为下沉").At("as")
		}
		sinks = as == string(link.KindSINKS_TO)
	}
	if sinks {
		from, to, kind = to, from, link.KindSINKS_TO
	}
	r.After["matter"] = other.ID // without its title: who sees the plan may not see it
	return r.Client.Link.Create().SetFromID(from).SetToID(to).SetKind(kind).SetItemID(i.ID).
		SetReason(r.Reason).SetNillableDecidedByID(r.Actor()).Exec(ctx)
}

// visible is the matter that the form names, as far as the viewer sees it.
func visible(ctx context.Context, r *flow.Run) (*gen.Matter, error) {
	id, err := r.Form.ID("matterId")
	if err != nil {
		return nil, err
	}
	if r.Viewer == nil {
		return nil, fmt.Errorf("plans: nobody is looking")
	}
	m, err := r.Client.Matter.Query().Where(matter.ID(id), authz.MatterPredicate(r.Viewer)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, errs.New(errs.Invalid, "没有这件事项，或您无权查看，请重新选择").At("matterId")
	}
	if err == nil && m.Kind == MatterKind {
		err = errs.New(errs.Invalid, "计划的项目不能关联另一份计划；要转到下一年，请用“结转”").At("matterId")
	}
	return m, err
}

func detach(ctx context.Context, r *flow.Run) error {
	i, err := theItem(r)
	if err != nil {
		return err
	}
	id, err := r.Form.ID("matterId")
	if err != nil {
		return err
	}
	for _, a := range attachments(r.Case, i.ID) {
		if a.other.ID == id {
			r.Before["matter"] = a.other.ID
			return r.Client.Link.UpdateOneID(a.link.ID).SetUndoneAt(r.Now).Exec(ctx)
		}
	}
	return errs.New(errs.Invalid, "这件事项没有关联到这个项目，请刷新后重选").At("matterId")
}
