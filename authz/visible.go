package authz

import (
	"context"
	"slices"

	"entgo.io/ent"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/feedback"
	"github.com/bihuan/bihuan/ent/gen/intercept"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/notice"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/ent/stored"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/memory"
)

// Narrow registers the predicates that keep every query, eager-loaded edges
// included, to what the context's viewer may see. Without a viewer and
// outside System a query of tenant data is refused.
func Narrow(c *gen.Client) {
	sights := sights{memory.New[seeing, *Sentence](keptSentences)}
	c.Intercept(intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		if isSystem(ctx) || q.Type() == gen.TypeTenant {
			return nil
		}
		v := From(ctx)
		if v == nil {
			return errs.New(errs.Unauthenticated, "请先登录")
		}
		if where := sights.narrowing(v, q.Type(), ofSeenMatter(ctx)); where != nil {
			q.WhereP(where)
		}
		return nil
	}))
	c.Intercept(ent.InterceptFunc(within))
}

// within notes for the queries of its edges which type a query is of.
func within(next ent.Querier) ent.Querier {
	return ent.QuerierFunc(func(ctx context.Context, q ent.Query) (ent.Value, error) {
		if in, err := intercept.NewQuery(q); err == nil {
			ctx = stored.Within(ctx, in.Type())
		}
		return next.Query(ctx, q)
	})
}

// ofSeenMatter reports whether a query fetches parts with their matter, which
// is visible then: every edge from a matter to its parts goes by matter_id (a
// test says so). Asking for the matter again would cost half of a page's time in
// the database. What hangs on a part may be another matter's, as an item that
// was carried over from last year's plan, and is asked for with its matter.
func ofSeenMatter(ctx context.Context) bool { return stored.Above(ctx) == gen.TypeMatter }

// SeenPart narrows what is asked of the parts of a matter to the parts that the
// viewer sees, as an edge to them is narrowed: a list that was filtered by rows
// that he may not see would tell him of them.
func SeenPart[P ~func(*entsql.Selector)](v *Viewer, typ string, such ...P) P {
	seen := narrowing(v, typ, true)
	return func(s *entsql.Selector) {
		if seen != nil {
			seen(s)
		}
		for _, p := range such {
			p(s)
		}
	}
}

// narrowing is the predicate for one type, nil when the viewer sees all of it;
// part: the rows belong to a matter that is visible.
func narrowing(v *Viewer, typ string, part bool) func(*entsql.Selector) {
	whole := throughMatter(v)
	if part {
		whole = nil
	}
	switch typ {
	case gen.TypeMatter:
		return MatterVisible(v)
	case gen.TypeProposal, gen.TypeCohort:
		return whole
	case gen.TypeParty:
		return and(whole, ofEvent(v, party.FieldEventID))
	case gen.TypeEvent:
		return and(whole, eventVisible(v))
	case gen.TypeAttendance:
		return and(whole, ofEvent(v, attendance.FieldEventID))
	case gen.TypeItem:
		return and(whole, itemVisible(v), ofEvent(v, item.FieldEventID))
	case gen.TypeTimer:
		return and(whole, ofShare(v, timer.FieldAssignmentID), ofItem(v, timer.FieldItemID))
	case gen.TypeAssignment:
		return and(whole, shareVisible(v))
	case gen.TypeRecord:
		return and(whole, ofShare(v, record.FieldAssignmentID), ofEvent(v, record.FieldEventID), audience(v, record.FieldAudience, record.FieldAssignmentID))
	case gen.TypeStep:
		return and(whole, ofShare(v, step.FieldAssignmentID), stepVisible(v))
	case gen.TypeAttachment:
		own := func(s *entsql.Selector) { s.Where(entsql.EQ(s.C(attachment.FieldUploaderID), v.Membership)) }
		return or(own, and(whole, ofShare(v, attachment.FieldAssignmentID),
			audience(v, attachment.FieldAudience, attachment.FieldAssignmentID)))
	case gen.TypeReply:
		return and(whole, replyVisible(v))
	case gen.TypeFeedback:
		return and(whole, feedbackVisible(v))
	case gen.TypeLink:
		return linkVisible(v)
	case gen.TypeGrant:
		if v.May(Permission{"grants", "manage"}).Has(Tenant) || v.May(Permission{"audit", "read"}).Has(Tenant) {
			return nil
		}
		return func(s *entsql.Selector) { s.Where(entsql.EQ(s.C("membership_id"), v.Membership)) }
	case gen.TypeNotice:
		return func(s *entsql.Selector) { s.Where(entsql.EQ(s.C(notice.FieldMembershipID), v.Membership)) }
	case gen.TypeAgreement:
		return ofWhom(v, Permission{"exchange", "read"})
	case gen.TypeReport:
		return ofWhom(v, Permission{"figures", "read"})
	case gen.TypeRole, gen.TypeSubstitution, gen.TypePlatform, gen.TypeMembership, gen.TypeUnit, gen.TypeSeat, gen.TypeTerm, gen.TypeSitting, gen.TypeWorkday, gen.TypeProcess, gen.TypeTenantPolicy:
		return nil // open to every member of the committee
	}
	return func(s *entsql.Selector) { s.Where(entsql.False()) } // a new type is hidden until this function knows it
}

// ofWhom: all of it for who holds the permission over the committee, else none.
func ofWhom(v *Viewer, p Permission) pred {
	if v.May(p).Has(Tenant) {
		return nil
	}
	return func(s *entsql.Selector) { s.Where(entsql.IsNull(s.C("id"))) }
}

type pred = func(*entsql.Selector)

func and(ps ...pred) pred {
	return func(s *entsql.Selector) {
		for _, p := range ps {
			if p != nil {
				p(s)
			}
		}
	}
}

// or joins the conditions that each predicate would add.
func or(ps ...pred) pred {
	return func(s *entsql.Selector) {
		var any []*entsql.Predicate
		for _, p := range ps {
			any = append(any, collect(s, p))
		}
		s.Where(entsql.Or(any...))
	}
}

// collect runs p on a throwaway selector over the same table and returns the
// condition it added.
func collect(s *entsql.Selector, p pred) *entsql.Predicate {
	t := entsql.Dialect(s.Dialect()).Select().From(entsql.Table(s.TableName()).As(s.TableName()))
	p(t)
	if c := t.P(); c != nil {
		return c
	}
	return entsql.ExprP("TRUE")
}

// among: one of the parts of the matter that the column names is such. It asks
// with EXISTS, which PostgreSQL looks up for a few rows or collects at once for
// many, whichever is cheaper; IN it would always collect, for one case all that
// a unit ever handled.
func among(s *entsql.Selector, column, table string, such func(*entsql.SelectTable) *entsql.Predicate) *entsql.Predicate {
	t := entsql.Table(table).As("of_" + table)
	return entsql.Exists(entsql.Dialect("postgres").Select(t.C("id")).From(t).
		Where(entsql.And(entsql.ColumnsEQ(t.C("matter_id"), s.C(column)), such(t))))
}

// throughMatter: a part is seen only with its whole.
func throughMatter(v *Viewer) pred {
	return func(s *entsql.Selector) { s.Where(entsql.In(s.C("matter_id"), visibleMatters(v))) }
}

func visibleMatters(v *Viewer) *entsql.Selector {
	m := entsql.Table(matter.Table)
	sub := entsql.Dialect("postgres").Select(m.C(matter.FieldID)).From(m)
	MatterVisible(v)(sub)
	return sub
}

// staffOf lists the families of which the viewer reads all of the committee's
// matters: there he sees every share, audience and reply; units and proposers
// see less. limited are his parts that read all of some kinds, platforms or
// states. all: there is none that he reads only in part.
func (v *Viewer) staffOf() (of []string, limited []*Viewer, all bool) {
	all = true
	for _, family := range families() {
		read := Permission{family, "read"}
		whole, part := v.May(read), false
		for _, x := range v.parts {
			switch s := x.May(read); {
			case s.Has(Tenant) && x.limit.None(): // a substitute's, for whom it counts everywhere
				whole |= Tenant
			case s.Has(Tenant) && !slices.Contains(limited, x):
				limited = append(limited, x)
				fallthrough
			case s != None:
				part = true
			}
		}
		switch {
		case whole.Has(Tenant):
			of = append(of, family)
		case whole != None || part:
			all = false
		}
	}
	return of, limited, all && len(of) > 0
}

// unlessStaff narrows what belongs to the matter that the column names, except
// where the viewer is staff.
func unlessStaff(v *Viewer, column string, narrow pred) pred {
	of, limited, all := v.staffOf()
	switch {
	case all || narrow == nil:
		return nil
	case len(of)+len(limited) == 0:
		return narrow
	}
	staffed := func(s *entsql.Selector) {
		m := entsql.Table(matter.Table).As("staffed")
		var any []*entsql.Predicate
		if len(of) > 0 {
			any = append(any, ofFamilies(m.C(matter.FieldKind), of...))
		}
		for _, x := range limited {
			whole := slices.DeleteFunc(slices.Clone(families()), func(family string) bool { return !x.May(Permission{family, "read"}).Has(Tenant) })
			any = append(any, entsql.And(ofFamilies(m.C(matter.FieldKind), whole...), x.limit.of(m.C)))
		}
		s.Where(entsql.Exists(entsql.Dialect("postgres").Select(m.C(matter.FieldID)).From(m).
			Where(entsql.And(entsql.ColumnsEQ(m.C(matter.FieldID), s.C(column)), entsql.Or(any...)))))
	}
	return or(staffed, narrow)
}

// sharedWith: one of the viewer's units handles the matter that the column
// names, in one of the roles if any are given.
func sharedWith(s *entsql.Selector, v *Viewer, column string, roles ...any) *entsql.Predicate {
	return among(s, column, assignment.Table, func(a *entsql.SelectTable) *entsql.Predicate {
		mine := entsql.In(a.C(assignment.FieldUnitID), toAny(v.handles())...)
		if len(roles) > 0 {
			mine = entsql.And(mine, entsql.In(a.C(assignment.FieldRole), roles...))
		}
		return mine
	})
}

// mainRoles lead a case or a part of it: they answer the proposer.
var mainRoles = []any{assignment.RoleSOLE, assignment.RoleLEAD, assignment.RoleCO_LEAD}

// shareVisible: whoever sees a case sees who handles it, except a unit that
// handles a part: it sees its own share, and all of a case that it leads.
func shareVisible(v *Viewer) pred {
	if len(v.handles()) == 0 {
		return nil
	}
	return unlessStaff(v, assignment.FieldMatterID, func(s *entsql.Selector) {
		s.Where(entsql.Or(
			entsql.In(s.C(assignment.FieldUnitID), toAny(v.handles())...),
			entsql.Not(sharedWith(s, v, assignment.FieldMatterID)),
			sharedWith(s, v, assignment.FieldMatterID, mainRoles...),
			partyTo(s, v, assignment.FieldMatterID),
		))
	})
}

// ofShare: what belongs to a share is seen with it.
func ofShare(v *Viewer, field string) pred {
	return with(field, assignment.Table, shareVisible(v))
}

// itemVisible: what a reply promises is seen with the reply.
func itemVisible(v *Viewer) pred {
	return with(item.FieldReplyID, reply.Table, replyVisible(v))
}

// ofItem: what belongs to an item is seen with it.
func ofItem(v *Viewer, field string) pred {
	promised, raised := itemVisible(v), ofEvent(v, item.FieldEventID)
	if promised == nil && raised == nil {
		return nil
	}
	return with(field, item.Table, and(promised, raised))
}

// with: the reference is empty or leads to a row that is visible.
func with(field, table string, visible pred) pred {
	if visible == nil {
		return nil
	}
	return func(s *entsql.Selector) {
		t := entsql.Table(table)
		sub := entsql.Dialect("postgres").Select(t.C("id")).From(t)
		visible(sub)
		s.Where(entsql.Or(entsql.IsNull(s.C(field)), entsql.In(s.C(field), sub)))
	}
}

// audience: STAFF entries for staff only, HANDLING ones also for the units of
// the case, an assignment's only for that unit and the lead.
func audience(v *Viewer, field, share string) pred {
	return unlessStaff(v, "matter_id", func(s *entsql.Selector) {
		open := entsql.EQ(s.C(field), step.AudienceALL)
		if len(v.handles()) == 0 {
			s.Where(open)
			return
		}
		a := entsql.Table(assignment.Table)
		mine := entsql.Dialect("postgres").Select(a.C(assignment.FieldID)).From(a).Where(entsql.In(a.C(assignment.FieldUnitID), toAny(v.handles())...))
		s.Where(entsql.Or(open, entsql.And(
			entsql.EQ(s.C(field), step.AudienceHANDLING),
			entsql.Or(
				entsql.In(s.C(share), mine),
				sharedWith(s, v, "matter_id", mainRoles...),
				entsql.And(entsql.IsNull(s.C(share)), sharedWith(s, v, "matter_id")),
			))))
	})
}

// stepVisible: what was done before a matter was handed in is seen by who
// brought it in and whom they asked, and never by others, however much of the
// matter they see.
func stepVisible(v *Viewer) pred {
	handed := audience(v, step.FieldAudience, step.FieldAssignmentID)
	return func(s *entsql.Selector) {
		open := entsql.NEQ(s.C(step.FieldAudience), step.AudiencePARTIES)
		if handed != nil {
			open = entsql.And(open, collect(s, handed))
		}
		s.Where(entsql.Or(open, entsql.And(entsql.EQ(s.C(step.FieldAudience), step.AudiencePARTIES), entsql.Or(began(s, v),
			among(s, step.FieldMatterID, party.Table, func(p *entsql.SelectTable) *entsql.Predicate {
				return entsql.And(isMe(p, v), takesPart(p), entsql.IsNull(p.C(party.FieldFromMatterID)))
			})))))
	}
}

// began: the viewer began the matter of the step, or it is one that his office
// enters for members.
func began(s *entsql.Selector, v *Viewer) *entsql.Predicate {
	m := entsql.Table(matter.Table).As("begun")
	mine := entsql.Exists(entsql.Dialect("postgres").Select(m.C(matter.FieldID)).From(m).
		Where(entsql.And(entsql.ColumnsEQ(m.C(matter.FieldID), s.C(step.FieldMatterID)), entsql.EQ(m.C(matter.FieldCreatorID), v.Membership))))
	if !v.May(Permission{"proposal", "enterFor"}).Has(Tenant) {
		return mine
	}
	return entsql.Or(mine, entered(s, step.FieldMatterID))
}

// replyVisible: what was sent to the proposer is seen with the share; drafts by
// their unit and the offices; an assisting unit's opinion by itself, the lead
// and the offices, never by the proposer (domain.md trap 8).
func replyVisible(v *Viewer) pred {
	kinds := func(s *entsql.Selector) {
		sent := entsql.And(entsql.EQ(s.C(reply.FieldKind), reply.KindREPLY), entsql.EQ(s.C(reply.FieldStatus), reply.StatusSENT))
		if len(v.handles()) == 0 {
			s.Where(sent)
			return
		}
		a := entsql.Table(assignment.Table)
		mine := entsql.Dialect("postgres").Select(a.C(assignment.FieldID)).From(a).Where(entsql.In(a.C(assignment.FieldUnitID), toAny(v.handles())...))
		s.Where(entsql.Or(
			sent,
			entsql.In(s.C(reply.FieldAssignmentID), mine),
			entsql.And(entsql.EQ(s.C(reply.FieldKind), reply.KindCO_OPINION), entsql.EQ(s.C(reply.FieldStatus), reply.StatusSENT),
				sharedWith(s, v, reply.FieldMatterID, mainRoles...)),
		))
	}
	return and(ofShare(v, reply.FieldAssignmentID), unlessStaff(v, reply.FieldMatterID, kinds))
}

// feedbackVisible: a rating is seen by its giver, the offices and the unit it
// is about, not by other proposers.
func feedbackVisible(v *Viewer) pred {
	return unlessStaff(v, feedback.FieldMatterID, func(s *entsql.Selector) {
		p := entsql.Table(party.Table)
		giver := entsql.EQ(p.C(party.FieldMembershipID), v.Membership)
		if len(v.handles()) > 0 { // an organisation's rating is its people's
			giver = entsql.Or(giver, entsql.In(p.C(party.FieldUnitID), toAny(v.handles())...))
		}
		mine := entsql.Dialect("postgres").Select(p.C(party.FieldID)).From(p).Where(giver)
		any := []*entsql.Predicate{entsql.In(s.C(feedback.FieldPartyID), mine)}
		if len(v.handles()) > 0 {
			r, a := entsql.Table(reply.Table), entsql.Table(assignment.Table)
			about := entsql.Dialect("postgres").Select(r.C(reply.FieldID)).From(r).Join(a).On(r.C(reply.FieldAssignmentID), a.C(assignment.FieldID)).
				Where(entsql.In(a.C(assignment.FieldUnitID), toAny(v.handles())...))
			any = append(any, entsql.In(s.C(feedback.FieldReplyID), about))
		}
		s.Where(entsql.Or(any...))
	})
}

// eventVisible: what is concealed is known to the matter's own people only
// until it has been held, whatever anybody's scope (domain.md trap 17).
func eventVisible(v *Viewer) pred {
	return func(s *entsql.Selector) {
		s.Where(entsql.Or(
			entsql.Not(entsql.EQ(s.C(event.FieldConcealed), true)),
			entsql.EQ(s.C(event.FieldState), event.StateHELD),
			entsql.EQ(s.C(event.FieldAuthorID), v.Membership),
			among(s, event.FieldMatterID, party.Table, func(p *entsql.SelectTable) *entsql.Predicate {
				return entsql.And(entsql.EQ(p.C(party.FieldMembershipID), v.Membership), takesPart(p))
			}),
		))
	}
}

// ofEvent: what belongs to an event is seen with it.
func ofEvent(v *Viewer, field string) pred { return with(field, event.Table, eventVisible(v)) }

// linkVisible: a link is seen when both its ends are.
func linkVisible(v *Viewer) pred {
	return func(s *entsql.Selector) {
		s.Where(entsql.And(
			entsql.In(s.C(link.FieldFromID), visibleMatters(v)),
			entsql.In(s.C(link.FieldToID), visibleMatters(v)),
		))
	}
}

func toAny[T any](list []T) []any {
	out := make([]any, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}
