package graph

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/graph/compiled"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/platforms"
)

var (
	aPlatform = entity[gen.Platform]{
		gen.TypePlatform, func(x *gen.Platform) uuid.UUID { return x.ID },
		func(ctx context.Context, c *gen.Client, id uuid.UUID) (*gen.Platform, error) {
			return c.Platform.Get(ctx, id)
		},
	}
)

func (r *Resolver) changePlatform(ctx context.Context, in model.ChangePlatformInput) (*gen.Platform, error) {
	p := platforms.Patch{
		Brand: in.Brand, BrandOwner: in.BrandOwner, Type: in.Type, Level: in.Level, ProcessKind: in.ProcessKind, ParentID: in.ParentID,
		OwnerUnitID: in.OwnerUnitID, Approver: in.Approver, HostRule: in.HostRule, TakesTopics: in.TakesTopics,
	}
	if in.Sources != nil {
		p.Sources = &in.Sources
	}
	if in.Manners != nil {
		p.Manners = &in.Manners
	}
	if in.Targets != nil {
		p.Targets = &in.Targets
	}
	return r.Platforms.Change(ctx, in.ID, p, in.ExpectedVersion)
}

func (r *Resolver) retirePlatform(ctx context.Context, in model.RetirePlatformInput) (*gen.Platform, error) {
	return r.Platforms.Retire(ctx, in.ID, in.Reason)
}

func (r *Resolver) revivePlatform(ctx context.Context, in model.RevivePlatformInput) (*gen.Platform, error) {
	return r.Platforms.Revive(ctx, in.ID)
}

func (r *Resolver) entrance(ctx context.Context, on *gen.Platform) (*model.PlatformOpening, error) {
	a, may, err := r.Platforms.Entrance(ctx, on)
	switch {
	case errs.Is(err, errs.Invalid): // the process is not published: nobody opens anything
		return &model.PlatformOpening{Label: "新建", Fields: []*model.FormField{}}, nil
	case err != nil:
		return nil, err
	case a == nil:
		return &model.PlatformOpening{Label: "新建", Allowed: may, Fields: []*model.FormField{}}, nil
	}
	p, err := r.Engine.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	sheet := a.Sheet(p, nil)
	refusal := ""
	if !may {
		refusal = flow.NotFor(authz.From(ctx), a).Message
	}
	return &model.PlatformOpening{Refusal: given(refusal), Label: a.Label, Allowed: may, ReasonRequired: a.Reason, Form: sheet.Schema(), Fields: formFields(sheet.Fields(), nil)}, nil
}

func counters(list []platforms.Counter, err error) ([]*model.Counter, error) {
	out := make([]*model.Counter, len(list))
	for i, c := range list {
		out[i] = &model.Counter{Code: c.Code, Label: c.Label, Unit: c.Unit, Value: c.Value, Target: c.Target}
		if c.Pace != nil {
			out[i].Pace = &model.CounterPace{Gone: c.Pace.Gone, Done: c.Pace.Done, Word: c.Pace.Word}
		}
	}
	return out, err
}

func (r *Resolver) counterRows(ctx context.Context, platform *uuid.UUID, code string, year int, after *uuid.UUID, first *int) (*model.CounterRows, error) {
	limit := defaultPage
	if first != nil {
		limit = *first
	}
	found, err := r.Platforms.Rows(ctx, platform, year, code, value(after), limit)
	if err != nil {
		return nil, err
	}
	out := &model.CounterRows{Type: string(found.Of)}
	if found.Next != uuid.Nil {
		out.Next = &found.Next
	}
	out.Nodes, err = r.rows(ctx, string(found.Of), found.IDs)
	return out, err
}

// rows reads the rows behind a number as the viewer sees them, in one
// statement; one that is not to be seen is null.
func (r *Resolver) rows(ctx context.Context, of string, ids []uuid.UUID) ([]gen.Noder, error) {
	c := r.ent()
	switch of {
	case gen.TypeMatter:
		list, err := c.Matter.Query().Where(matter.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Matter) uuid.UUID { return x.ID }), err
	case gen.TypeEvent:
		list, err := c.Event.Query().Where(event.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Event) uuid.UUID { return x.ID }), err
	case gen.TypeAttendance:
		list, err := c.Attendance.Query().Where(attendance.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Attendance) uuid.UUID { return x.ID }), err
	case gen.TypeItem:
		list, err := c.Item.Query().Where(item.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Item) uuid.UUID { return x.ID }), err
	case gen.TypeAssignment:
		list, err := c.Assignment.Query().Where(assignment.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Assignment) uuid.UUID { return x.ID }), err
	case gen.TypeFeedback:
		list, err := c.Feedback.Query().Where(feedback.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Feedback) uuid.UUID { return x.ID }), err
	case gen.TypeMembership:
		list, err := c.Membership.Query().Where(membership.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Membership) uuid.UUID { return x.ID }), err
	case gen.TypeUnit:
		list, err := c.Unit.Query().Where(unit.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Unit) uuid.UUID { return x.ID }), err
	case gen.TypeRecord:
		list, err := c.Record.Query().Where(record.IDIn(ids...)).All(ctx)
		return inOrder(ids, list, func(x *gen.Record) uuid.UUID { return x.ID }), err
	}
	list, err := c.Party.Query().Where(party.IDIn(ids...)).All(ctx)
	return inOrder(ids, list, func(x *gen.Party) uuid.UUID { return x.ID }), err
}

func (r *Resolver) graph(ctx context.Context, id uuid.UUID, depth *int) (*model.ConversionGraph, error) {
	n, err := r.Platforms.Graph(ctx, id, *or(depth, new(6)))
	if err != nil {
		return nil, err
	}
	out := &model.ConversionGraph{Nodes: make([]*model.GraphNode, len(n.Nodes)), Links: n.Edges, Truncated: n.More}
	for i, x := range n.Nodes {
		out.Nodes[i] = &model.GraphNode{Matter: x.Matter, Depth: x.Depth}
	}
	return out, nil
}

// partyName masks the names of those who came as citizens: they are shown in
// full to who may call them (domain.md 10.4).
func partyName(ctx context.Context, p *gen.Party) (*string, error) {
	if !cameAsCitizen(p.MembershipID != nil, p.Kind, p.Role) {
		return given(p.Name), nil
	}
	full, err := contacts(ctx, p)
	if full {
		saw(ctx, gen.TypeParty, p.ID)
	}
	if err != nil || full {
		return given(p.Name), err
	}
	return given(masked(p.Name, 1, 0)), nil
}

func cameAsCitizen(member bool, kind string, role party.Role) bool {
	return !member && (kind == "RESIDENT" || role == party.RoleRAISER)
}

// Plain are the fields which a resolver answers and which for most rows are a
// column as it stands.
var Plain = map[string]compiled.Plain{
	"Party.name": {
		Columns: []string{party.FieldName, party.FieldMembershipID, party.FieldKind, party.FieldRole},
		Stands: func(of [][]byte) bool {
			return !cameAsCitizen(of[1] != nil, string(of[2]), party.Role(of[3]))
		},
	},
}

// partyPhone likewise.
func (r *Resolver) partyPhone(ctx context.Context, p *gen.Party) (*string, error) {
	row, err := load(ctx).phones.Load(ctx, p.ID) // the list did not select it
	if err != nil || row == "" {
		return nil, err
	}
	full, err := contacts(ctx, p)
	if full {
		saw(ctx, gen.TypeParty, p.ID)
	}
	if err != nil || full {
		return &row, err
	}
	return given(masked(row, 3, 2)), nil
}

// checkCode is given to whoever raised the item by who can reach him.
func (r *Resolver) checkCode(ctx context.Context, i *gen.Item) (*string, error) {
	code, err := load(ctx).codes.Load(ctx, i.ID) // the list did not select it
	if err != nil || code == "" {
		return nil, err
	}
	if may, err := reaches(ctx, i.MatterID); err != nil || !may {
		return nil, err
	}
	return &code, nil
}

// contacts reports whether the viewer may see how a party is reached.
func contacts(ctx context.Context, p *gen.Party) (bool, error) {
	if p.MembershipID != nil && *p.MembershipID == authz.From(ctx).Membership {
		return true, nil
	}
	return reaches(ctx, p.MatterID)
}

// reaches: the viewer may see how those who take part in a matter are reached.
func reaches(ctx context.Context, matterID uuid.UUID) (bool, error) {
	v, details := authz.From(ctx), authz.Perm("matter.contactDetails")
	switch {
	case v.May(details).Has(authz.Tenant):
		return true, nil
	case v.Somewhere(details) == authz.None:
		return false, nil
	}
	return load(ctx).contacts.Load(ctx, matterID)
}

// masked keeps the first and last characters of a text.
func masked(s string, first, last int) string {
	r := []rune(s)
	if len(r) <= first+last {
		return strings.Repeat("*", len(r))
	}
	return string(r[:first]) + strings.Repeat("*", len(r)-first-last) + string(r[len(r)-last:])
}
