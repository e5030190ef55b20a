package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/contrib/entgql"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/platform"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/keyset"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
	"github.com/bihuan/bihuan/tenants"
)

// most is how many codes a filter takes.
const most = 40

// filter is what a list was filtered by in a committee.
type filter struct {
	tenant        uuid.UUID
	machine, text string
}

// found are filters of which every kind and state was there. What was published
// once does not go away, so that this is asked for once and not with every page.
var found = memory.New[filter, struct{}](20_000)

// known refuses kinds and states that no process of the committee has, and says
// which there are: a misspelt one would silently find nothing.
func (r *Resolver) known(ctx context.Context, machine string, kinds, states []string) error {
	for name, list := range map[string][]string{"kinds": kinds, "states": states} {
		if len(list) > most {
			return errs.New(errs.Invalid, "%s 至多 %d 个", name, most).At("filter", name)
		}
	}
	if len(kinds)+len(states) == 0 {
		return nil
	}
	this := filter{authz.From(ctx).Tenant, machine, fmt.Sprintf("%q %q", kinds, states)}
	if found.Contains(this) {
		return nil
	}
	used, err := r.Engine.InUse(ctx)
	if err != nil {
		return err
	}
	there, in := authz.Kinds(), []string{}
	for _, p := range used {
		there = append(there, p.Kind)
		if m := p.Def.Machines[machine]; m != nil && (len(kinds) == 0 || slices.Contains(kinds, p.Kind)) {
			for _, s := range m.States {
				in = append(in, s.Code)
			}
		}
	}
	if err := oneOf("kinds", "事项类别", kinds, there); err != nil || len(in) == 0 {
		return err
	}
	if err := oneOf("states", "环节", states, in); err != nil {
		return err
	}
	found.Add(this, struct{}{})
	return nil
}

func oneOf(field, what string, asked, there []string) error {
	slices.Sort(there)
	there = slices.Compact(there)
	for _, x := range asked {
		if !slices.Contains(there, x) {
			return errs.New(errs.Invalid, "没有所写的%s，可以用的是：%s", what, strings.Join(there, "、")).At("filter", field)
		}
	}
	return nil
}

// such reads the filter of a to-do list.
func (r *Resolver) such(ctx context.Context, f *model.TodoFilter, sort *model.TodoSort) (flow.Such, error) {
	out := flow.Such{Today: clock.Today(ctx), Longest: sort != nil && *sort == model.TodoSortWaiting}
	if f == nil {
		return out, nil
	}
	out.Overdue, out.DueBefore, out.Unit, out.Kinds, out.Platform = f.Overdue, f.DueBefore, f.UnitID, f.Kinds, f.PlatformID
	for _, w := range f.Why {
		out.Why = append(out.Why, string(w))
	}
	return out, r.known(ctx, process.OfMatter, f.Kinds, nil)
}

func (r *Resolver) todoCounts(ctx context.Context, f *model.TodoFilter) ([]*model.TodoCount, error) {
	such, err := r.such(ctx, f, nil)
	if err != nil {
		return nil, err
	}
	list, err := flow.TodoCounts(ctx, authz.From(ctx), such)
	out := make([]*model.TodoCount, len(list))
	for i, c := range list {
		out[i] = &model.TodoCount{Bucket: model.TodoBucket(c.Bucket), Kind: c.Kind, Count: c.Count}
	}
	slices.SortStableFunc(out, func(a, b *model.TodoCount) int {
		return slices.Index(model.AllTodoBucket, a.Bucket) - slices.Index(model.AllTodoBucket, b.Bucket)
	})
	return out, err
}

// shares is a page of what units have been given, as far as the viewer sees it.
func (r *Resolver) shares(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, f *model.ShareFilter, sort *model.ShareSort) (*gen.AssignmentConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(true, after, before)
	}
	if err != nil {
		return nil, err
	}
	ps, err := r.whereShare(ctx, f)
	if err != nil {
		return nil, err
	}
	order := keyset.Order{ID: assignment.FieldID, Field: assignment.FieldDueOn, Nullable: true, Direction: entgql.OrderDirectionAsc}
	if sort != nil && *sort == model.ShareSortAssigned {
		order = keyset.Order{ID: assignment.FieldID, Field: assignment.FieldAssignedAt, Direction: entgql.OrderDirectionDesc}
	}
	q := r.ent().Assignment.Query().Where(ps...)
	out := &gen.AssignmentConnection{Edges: []*gen.AssignmentEdge{}}
	if selected(ctx, "totalCount") {
		if out.TotalCount, err = q.Clone().Count(ctx); err != nil {
			return nil, err
		}
	}
	backward, n := last != nil, *or(last, first)
	direction := order.Direction
	if backward {
		direction = direction.Reverse()
	}
	by := direction.OrderTermOption()
	list, err := q.Where(keyset.Between(after, before, order)).Order(func(s *entsql.Selector) {
		entsql.OrderByField(order.Field, by).ToFunc()(s)
		entsql.OrderByField(order.ID, by).ToFunc()(s)
	}).Limit(n + 1).WithMatter().WithUnit().WithOfficer().All(ctx)
	if err != nil {
		return nil, err
	}
	more := len(list) > n
	list = list[:min(n, len(list))]
	if backward {
		slices.Reverse(list)
	}
	for _, a := range list {
		c := entgql.Cursor[uuid.UUID]{ID: a.ID}
		if order.Field == assignment.FieldAssignedAt {
			c.Value = a.AssignedAt
		} else if a.DueOn != nil {
			c.Value = *a.DueOn
		}
		out.Edges = append(out.Edges, &gen.AssignmentEdge{Node: a, Cursor: c})
	}
	out.PageInfo.HasNextPage, out.PageInfo.HasPreviousPage = more && !backward, more && backward
	if k := len(out.Edges); k > 0 {
		out.PageInfo.StartCursor, out.PageInfo.EndCursor = &out.Edges[0].Cursor, &out.Edges[k-1].Cursor
	}
	return out, nil
}

func (r *Resolver) whereShare(ctx context.Context, f *model.ShareFilter) (ps []predicate.Assignment, err error) {
	if f == nil {
		return nil, nil
	}
	v := authz.From(ctx)
	is := func(want bool, p predicate.Assignment) {
		if !want {
			p = assignment.Not(p)
		}
		ps = append(ps, p)
	}
	if f.UnitID != nil {
		ps = append(ps, authz.OfUnits(assignment.FieldUnitID, *f.UnitID))
	}
	if len(f.Kinds) > 0 {
		ps = append(ps, assignment.HasMatterWith(matter.KindIn(f.Kinds...), authz.MatterPredicate(v)))
	}
	if len(f.States) > 0 {
		ps = append(ps, assignment.StateIn(f.States...))
	}
	if f.Overdue != nil {
		is(*f.Overdue, assignment.And(assignment.DueOnNotNil(), assignment.DueOnLT(clock.Today(ctx)), assignment.SentAtIsNil()))
	}
	if f.DueBefore != nil {
		ps = append(ps, assignment.DueOnLT(*f.DueBefore))
	}
	if f.Mine != nil {
		mine := assignment.And(assignment.OfficerIDNotNil(), assignment.OfficerID(v.Membership))
		if len(v.Seats) > 0 {
			mine = assignment.Or(mine, authz.OfUnits(assignment.FieldUnitID, v.Seats...))
		}
		is(*f.Mine, mine)
	}
	return ps, r.known(ctx, process.OfAssignment, f.Kinds, f.States)
}

// events is a page of meetings and visits; what is concealed is narrowed as everywhere.
func (r *Resolver) events(ctx context.Context, after *entgql.Cursor[uuid.UUID], first *int, before *entgql.Cursor[uuid.UUID], last *int, f *model.EventFilter) (*gen.EventConnection, error) {
	first, last, err := page(first, last)
	if err == nil {
		err = belong(true, after, before)
	}
	if err != nil {
		return nil, err
	}
	return r.ent().Event.Query().Where(whereEvent(authz.From(ctx), f)...).Paginate(ctx, after, first, before, last,
		gen.WithEventOrder(&gen.EventOrder{Direction: entgql.OrderDirectionAsc, Field: gen.EventOrderFieldOn}))
}

func whereEvent(v *authz.Viewer, f *model.EventFilter) (ps []predicate.Event) {
	if f == nil {
		return nil
	}
	if f.From != nil {
		ps = append(ps, event.OnGTE(*f.From))
	}
	if f.To != nil {
		ps = append(ps, event.OnLTE(*f.To))
	}
	if f.Mine != nil {
		me := party.MembershipID(v.Membership)
		mine := event.Or(
			event.And(event.AuthorIDNotNil(), event.AuthorID(v.Membership)),
			event.HasAttendancesWith(authz.SeenPart(v, gen.TypeAttendance, attendance.HasPartyWith(authz.SeenPart(v, gen.TypeParty, me)))))
		if !*f.Mine {
			mine = event.Not(mine)
		}
		ps = append(ps, mine)
	}
	if f.UnitID != nil {
		ps = append(ps, event.Or(authz.OfUnits(event.FieldUnitID, *f.UnitID), authz.OfUnits(event.FieldVenueID, *f.UnitID)))
	}
	if len(f.Kinds) > 0 {
		ps = append(ps, event.KindIn(f.Kinds...))
	}
	if f.State != nil {
		ps = append(ps, event.StateEQ(*f.State))
	}
	return ps
}

// facet is one number of a group: by which columns it is tells which are asked.
type facet struct {
	By       int // GROUPING(kind, state, platform_id, street_id)
	Kind     *string
	State    *string
	Platform *uuid.UUID
	Street   *uuid.UUID
	Count    int
}

// Which columns a number is by, as GROUPING writes it.
const (
	byKind, byState, byPlatform, byStreet, byNothing = 0b0111, 0b0011, 0b1101, 0b1110, 0b1111
)

// matterFacets counts what a filter finds by several columns in one statement,
// over what the viewer sees.
func (r *Resolver) matterFacets(ctx context.Context, f *model.MatterFilter) (*model.MatterFacets, error) {
	ps, err := r.where(ctx, f)
	if err != nil {
		return nil, err
	}
	m := entsql.Table(matter.Table)
	s := entsql.Dialect(dialect.Postgres).Select(m.C(matter.FieldKind), m.C(matter.FieldState), m.C(matter.FieldPlatformID), m.C(matter.FieldStreetID)).From(m)
	authz.MatterVisible(authz.From(ctx))(s)
	for _, p := range ps {
		p(s)
	}
	b := &entsql.Builder{}
	b.SetDialect(dialect.Postgres)
	b.WriteString("SELECT grouping(kind, state, platform_id, street_id), kind, state, platform_id, street_id, count(*) FROM (").Join(s).
		WriteString(") m GROUP BY GROUPING SETS ((), (kind), (kind, state), (platform_id), (street_id)) ORDER BY 1, 6 DESC, 2, 3, 4, 5")
	text, args := b.Query()
	list, err := tenants.Rows[facet](ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return r.named(ctx, list)
}

// named puts the committee's words to the numbers.
func (r *Resolver) named(ctx context.Context, list []facet) (*model.MatterFacets, error) {
	words, err := r.dictionary(ctx, nil)
	if err != nil {
		return nil, err
	}
	called := map[string]string{}
	for _, x := range words.Entries {
		called[x.Group+" "+x.Code] = x.Label
	}
	if err := r.names(ctx, list, called); err != nil {
		return nil, err
	}
	word := func(group, code string) string {
		if w := called[group+" "+code]; w != "" {
			return w
		}
		return code
	}
	out := &model.MatterFacets{Kinds: []*model.FacetCount{}, States: []*model.StateFacet{}, Platforms: []*model.FacetCount{}, Streets: []*model.FacetCount{}}
	of := func(id *uuid.UUID, n int) *model.FacetCount {
		if id == nil {
			return &model.FacetCount{Label: "没有", Count: n}
		}
		code := id.String()
		return &model.FacetCount{Code: &code, Label: word("id", code), Count: n}
	}
	for _, x := range list {
		switch x.By {
		case byNothing:
			out.Total = x.Count
		case byKind:
			out.Kinds = append(out.Kinds, &model.FacetCount{Code: x.Kind, Label: word("kind", *x.Kind), Count: x.Count})
		case byState:
			out.States = append(out.States, &model.StateFacet{Kind: *x.Kind, Code: *x.State, Label: word("state."+*x.Kind, *x.State), Count: x.Count})
		case byPlatform:
			out.Platforms = append(out.Platforms, of(x.Platform, x.Count))
		case byStreet:
			out.Streets = append(out.Streets, of(x.Street, x.Count))
		default:
			return nil, fmt.Errorf("a number by %b", x.By)
		}
	}
	return out, nil
}

// names reads what platforms and streets are called.
func (r *Resolver) names(ctx context.Context, list []facet, into map[string]string) error {
	var on, in []uuid.UUID
	for _, x := range list {
		if x.By == byPlatform && x.Platform != nil {
			on = append(on, *x.Platform)
		}
		if x.By == byStreet && x.Street != nil {
			in = append(in, *x.Street)
		}
	}
	if len(on) > 0 {
		rows, err := r.ent().Platform.Query().Where(platform.IDIn(on...)).All(ctx)
		if err != nil {
			return err
		}
		for _, p := range rows {
			into["id "+p.ID.String()] = p.Brand
		}
	}
	if len(in) > 0 {
		rows, err := r.ent().Unit.Query().Where(unit.IDIn(in...)).All(ctx)
		if err != nil {
			return err
		}
		for _, u := range rows {
			into["id "+u.ID.String()] = u.Name
		}
	}
	return nil
}
