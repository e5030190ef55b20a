package graph

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"entgo.io/contrib/entgql"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/tenant"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/ent/gen/workday"
	"github.com/bihuan/bihuan/graph/model"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/roster"
	"github.com/bihuan/bihuan/tenants"
)

// maxDirectory is the longest answer of the directory of committees: a
// province with all its cities and districts has fewer.
const maxDirectory = 200

var (
	membershipsByName = &gen.MembershipOrder{Direction: entgql.OrderDirectionAsc, Field: gen.MembershipOrderFieldName}
	unitsByName       = &gen.UnitOrder{Direction: entgql.OrderDirectionAsc, Field: gen.UnitOrderFieldName}
)

func whereMembership(f *model.MembershipFilter, today time.Time) (ps []predicate.Membership) {
	if f == nil {
		return nil
	}
	if f.Kind != nil {
		ps = append(ps, membership.KindEQ(*f.Kind))
	}
	if f.Status != nil {
		ps = append(ps, membership.StatusEQ(*f.Status))
	}
	if f.UnitID != nil {
		ps = append(ps, membership.HasSeatsWith(seat.UnitID(*f.UnitID), authz.SeatOn(today)))
	}
	if f.NameContains != nil {
		ps = append(ps, tenants.Shows(membership.FieldName, *f.NameContains))
	}
	return ps
}

func whereUnit(f *model.UnitFilter) (ps []predicate.Unit) {
	if f == nil {
		return nil
	}
	if f.Line != nil {
		ps = append(ps, unit.LineEQ(*f.Line))
	}
	if f.Kind != nil {
		ps = append(ps, unit.KindEQ(*f.Kind))
	}
	if f.ParentID != nil {
		ps = append(ps, unit.ParentID(*f.ParentID))
	}
	if f.ActiveOn != nil {
		ps = append(ps, authz.UnitOn(*f.ActiveOn))
	}
	if f.NameContains != nil {
		ps = append(ps, tenants.Shows(unit.FieldName, *f.NameContains))
	}
	return ps
}

func (r *Resolver) workdays(ctx context.Context, year int) ([]*gen.Workday, error) {
	if year < 1949 || year > 2200 { // as for scalar Date
		return nil, errs.New(errs.Invalid, "年份应在 1949 至 2200 之间").At("year")
	}
	q, err := r.ent().Workday.Query().
		Where(workday.DayGTE(clock.Date(year, time.January, 1)), workday.DayLTE(clock.Date(year, time.December, 31))).
		Order(workday.ByDay()).CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// pendingGrants are those that wait for a second administrator. The ones that
// begin later by intention are left out.
func (r *Resolver) pendingGrants(ctx context.Context) ([]*gen.Grant, error) {
	if _, err := authz.Require(ctx, "grants.manage"); err != nil {
		return nil, err
	}
	rows, err := r.ent().Grant.Query().Where(authz.GrantStands()).Order(grant.ByID()).All(ctx)
	return slices.DeleteFunc(rows, func(g *gen.Grant) bool { return !roster.Pending(g) }), err
}

func (r *Resolver) directory(ctx context.Context, after *string, first *int, level *tenant.Level) ([]*gen.Tenant, error) {
	limit := maxDirectory
	if first != nil {
		limit = *first
	}
	if limit < 1 || limit > maxDirectory {
		return nil, errs.New(errs.Invalid, "first 须在 1 到 %d 之间", maxDirectory).At("first")
	}
	q := r.ent().Tenant.Query().Where(tenant.CodeGT(value(after))).Order(tenant.ByCode()).Limit(limit)
	if level != nil {
		q = q.Where(tenant.LevelEQ(*level))
	}
	q, err := q.CollectFields(ctx)
	if err != nil {
		return nil, err
	}
	return q.All(ctx)
}

// auditLog is a page of the book for who may read it. The cursor is the number
// of a page's last record.
func auditLog(ctx context.Context, f *audit.Filter, first *int, after *string) (*model.AuditPage, error) {
	if _, err := authz.Require(ctx, "audit.read"); err != nil {
		return nil, err
	}
	var seq int64
	if after != nil {
		var err error
		if seq, err = strconv.ParseInt(*after, 10, 64); err != nil || seq < 1 {
			return nil, errs.New(errs.Invalid, "after 应是上一页的 endCursor").At("after")
		}
	}
	n := defaultPage
	if first != nil {
		n = *first
	}
	page, err := audit.Search(ctx, value(f), n, seq)
	if err != nil {
		return nil, err
	}
	out := &model.AuditPage{Entries: make([]*model.AuditEntry, len(page.Rows)), HasNextPage: page.More}
	for i, row := range page.Rows {
		if out.Entries[i], err = auditEntry(row); err != nil {
			return nil, err
		}
	}
	if page.More {
		last := strconv.FormatInt(page.Rows[len(page.Rows)-1].Seq, 10)
		out.EndCursor = &last
	}
	return out, nil
}

func auditEntry(row audit.Row) (*model.AuditEntry, error) {
	e := row.Entry
	out := &model.AuditEntry{
		Seq: int(row.Seq), At: e.At, Action: e.Action, ActorName: e.Actor.Name, OnBehalfID: e.OnBehalf, Object: e.Object,
		Reason: given(e.Reason), Address: given(e.From.Address), RequestID: given(e.From.RequestID), Outcome: given(e.Outcome),
		Changes: make([]map[string]any, len(e.Changes)),
	}
	if e.Actor.System != "" {
		out.ActorName = e.Actor.System
	}
	if id := e.Actor.Membership; id != [16]byte{} {
		out.ActorID = &id
	}
	for i, c := range e.Changes {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(b, &out.Changes[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
