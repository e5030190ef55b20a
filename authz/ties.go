package authz

import (
	"slices"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/proposal"
)

// Whole is a matter with the parts that tie it to units and to people.
type Whole struct {
	Matter      *gen.Matter
	Parties     []*gen.Party
	Assignments []*gen.Assignment
	Items       []*gen.Item
}

// tie is one way in which a matter belongs to units, said twice: to the
// database, and over a matter in memory. What a unit sees, may do, has to do and
// is told is read from this one list, and a test compares its two columns over
// random matters.
type tie struct {
	name string
	sql  func(s *entsql.Selector, units []any) *entsql.Predicate
	of   func(Whole) []*uuid.UUID
}

// ties of a matter to units, in the order in which PostgreSQL is to try them.
var ties = []tie{
	{"its 界别", column(matter.FieldSectorID), func(w Whole) []*uuid.UUID { return []*uuid.UUID{w.Matter.SectorID} }},
	{"its street", column(matter.FieldStreetID), func(w Whole) []*uuid.UUID { return []*uuid.UUID{w.Matter.StreetID} }},
	{"its owner", column(matter.FieldOwnerUnitID), func(w Whole) []*uuid.UUID { return []*uuid.UUID{w.Matter.OwnerUnitID} }},
	{"it was assigned to the unit", through(assignment.Table, func(a *entsql.SelectTable, units []any) *entsql.Predicate {
		return entsql.In(a.C(assignment.FieldUnitID), units...)
	}), func(w Whole) []*uuid.UUID {
		return units(w.Assignments, func(a *gen.Assignment) *uuid.UUID { return &a.UnitID })
	}},
	{"the unit owes something in it", through(item.Table, func(i *entsql.SelectTable, units []any) *entsql.Predicate {
		return entsql.In(i.C(item.FieldUnitID), units...)
	}), func(w Whole) []*uuid.UUID {
		return units(w.Items, func(i *gen.Item) *uuid.UUID { return i.UnitID })
	}},
	{"the unit takes part", through(party.Table, func(p *entsql.SelectTable, units []any) *entsql.Predicate {
		return entsql.And(entsql.In(p.C(party.FieldUnitID), units...), takesPart(p))
	}), func(w Whole) []*uuid.UUID {
		return units(w.Parties, func(p *gen.Party) *uuid.UUID {
			if !TakesPart(p) {
				return nil
			}
			return p.UnitID
		})
	}},
}

func column(name string) func(*entsql.Selector, []any) *entsql.Predicate {
	return func(s *entsql.Selector, units []any) *entsql.Predicate { return entsql.In(s.C(name), units...) }
}

func through(table string, such func(*entsql.SelectTable, []any) *entsql.Predicate) func(*entsql.Selector, []any) *entsql.Predicate {
	return func(s *entsql.Selector, units []any) *entsql.Predicate {
		return among(s, matter.FieldID, table, func(t *entsql.SelectTable) *entsql.Predicate { return such(t, units) })
	}
}

func units[T any](parts []T, unit func(T) *uuid.UUID) []*uuid.UUID {
	out := make([]*uuid.UUID, len(parts))
	for i, p := range parts {
		out[i] = unit(p)
	}
	return out
}

// unitMatter: the matter is one of the viewer's units'.
func unitMatter(s *entsql.Selector, v *Viewer) *entsql.Predicate {
	mine := toAny(v.Units)
	any := make([]*entsql.Predicate, len(ties))
	for i, t := range ties {
		any[i] = t.sql(s, mine)
	}
	return entsql.Or(any...)
}

// Units are all to which the matter belongs in one way or another.
func (w Whole) Units() (out []uuid.UUID) {
	for _, t := range ties {
		for _, u := range t.of(w) {
			if u != nil && !slices.Contains(out, *u) {
				out = append(out, *u)
			}
		}
	}
	return out
}

// OfUnits is unitMatter over a matter in memory.
func (w Whole) OfUnits(v *Viewer) bool {
	return slices.ContainsFunc(ties, func(t tie) bool { return slices.ContainsFunc(t.of(w), v.InUnit) })
}

// InUnits: the matter is one of the viewer's units', as the scope UNIT means it.
func InUnits(v *Viewer) predicate.Matter {
	return func(s *entsql.Selector) {
		if len(v.Units) == 0 {
			s.Where(entsql.False())
			return
		}
		s.Where(unitMatter(s, v))
	}
}

// takesPart: who declined, was uninvited or let the invitation lapse is no
// party any more.
func takesPart(p *entsql.SelectTable) *entsql.Predicate {
	return entsql.NotIn(p.C(party.FieldCosign), party.CosignCANCELLED, party.CosignDECLINED, party.CosignEXPIRED)
}

// TakesPart is takesPart over a party in memory.
func TakesPart(p *gen.Party) bool {
	return p.Cosign != party.CosignCANCELLED && p.Cosign != party.CosignDECLINED && p.Cosign != party.CosignEXPIRED
}

// isMe: the party is the viewer, or the organisation in which he sits and which
// proposed.
func isMe(p *entsql.SelectTable, v *Viewer) *entsql.Predicate {
	return entsql.Or(
		entsql.EQ(p.C(party.FieldMembershipID), v.Membership),
		entsql.And(entsql.In(p.C(party.FieldUnitID), toAny(v.Seats)...), entsql.In(p.C(party.FieldRole), party.RoleLEAD, party.RoleCO)),
	)
}

// partyTo: the viewer is party to the matter that the column names.
func partyTo(s *entsql.Selector, v *Viewer, column string) *entsql.Predicate {
	return among(s, column, party.Table, func(p *entsql.SelectTable) *entsql.Predicate {
		return entsql.And(isMe(p, v), takesPart(p))
	})
}

// PartyTo is partyTo over a matter in memory.
func (w Whole) PartyTo(v *Viewer) bool {
	return slices.ContainsFunc(w.Parties, func(p *gen.Party) bool {
		proposed := p.Role == party.RoleLEAD || p.Role == party.RoleCO
		return TakesPart(p) && ((p.MembershipID != nil && *p.MembershipID == v.Membership) ||
			(proposed && p.UnitID != nil && slices.Contains(v.Seats, *p.UnitID)))
	})
}

// mine: the viewer made the matter or is party to it.
func mine(s *entsql.Selector, v *Viewer) *entsql.Predicate {
	return entsql.Or(entsql.EQ(s.C(matter.FieldCreatorID), v.Membership), partyTo(s, v, matter.FieldID))
}

// Mine is mine over a matter in memory.
func (w Whole) Mine(v *Viewer) bool {
	return (w.Matter.CreatorID != nil && *w.Matter.CreatorID == v.Membership) || w.PartyTo(v)
}

// drafts are those, not handed in yet, that one sees who neither began them nor
// is party to them: whose invitation is over reads that it is; and what staff
// began for a member (代录) is their office's, not the one clerk's.
func drafts(s *entsql.Selector, v *Viewer) *entsql.Predicate {
	see := among(s, matter.FieldID, party.Table, func(p *entsql.SelectTable) *entsql.Predicate {
		return entsql.And(entsql.EQ(p.C(party.FieldMembershipID), v.Membership), entsql.EQ(p.C(party.FieldCosign), party.CosignEXPIRED))
	})
	if v.May(enterFor).Has(Tenant) {
		see = entsql.Or(see, entered(s, matter.FieldID))
	}
	return entsql.And(entsql.EQ(s.C(matter.FieldVisibility), matter.VisibilityPARTIES), see)
}

// enterFor is the right to enter a proposal for somebody.
var enterFor = Permission{"proposal", "enterFor"}

// entered: staff entered the proposal that the column names for somebody.
func entered(s *entsql.Selector, column string) *entsql.Predicate {
	return among(s, column, proposal.Table, func(p *entsql.SelectTable) *entsql.Predicate { return entsql.NotNull(p.C(proposal.FieldEnteredByID)) })
}

// draft is drafts over a matter in memory.
func (w Whole) draft(v *Viewer) bool {
	if w.Matter.Visibility != matter.VisibilityPARTIES {
		return false
	}
	if p := w.Matter.Edges.Proposal; p != nil && p.EnteredByID != nil && v.May(enterFor).Has(Tenant) {
		return true
	}
	return w.Lapsed(v)
}

// Lapsed reports whether the viewer was invited to what is not handed in yet
// and let the time pass: he is told so where he answers all the same.
func (w Whole) Lapsed(v *Viewer) bool {
	return w.Matter.Visibility == matter.VisibilityPARTIES && slices.ContainsFunc(w.Parties, func(p *gen.Party) bool {
		return p.MembershipID != nil && *p.MembershipID == v.Membership && p.Cosign == party.CosignEXPIRED
	})
}

// secrecy is the action of the right to say that a matter of a family may be a
// secret. Who holds it over all of the committee decides with one other of them
// (proposals' doc.go), and goes on reading what was flagged.
const secrecy = "flagSecret"

// MatterVisible is the sentence of visibility: the whole committee sees what
// is open to it; staff see by kind and scope what has been handed in; who made
// or is party to a matter sees it at any time. What may be a secret is seen by
// those alone and by who decides about it.
func MatterVisible(v *Viewer) pred {
	return func(s *entsql.Selector) {
		any := []*entsql.Predicate{}
		for _, x := range v.Parts() {
			any = append(any, x.reads(s)...)
		}
		s.Where(entsql.Or(append(any, mine(s, v), drafts(s, v))...))
	}
}

// sight is how much a part of a viewer sees of the kinds that he reads.
type sight struct {
	staff, unit bool // what staff see: of all, or of his units'
	secrets     bool
}

// reads is what one part of a viewer sees of what has been handed in. Families of
// which he sees alike share one condition: every read pays for its length.
func (v *Viewer) reads(s *entsql.Selector) (any []*entsql.Predicate) {
	var sights []sight
	alike := map[sight][]string{}
	for _, family := range families() {
		scope := v.May(Permission{family, "read"})
		if scope == None {
			continue
		}
		x := sight{staff: scope.Has(Tenant), secrets: v.May(Permission{family, secrecy}).Has(Tenant)}
		x.unit = !x.staff && scope.Has(Unit) && len(v.Units) > 0
		if alike[x] == nil {
			sights = append(sights, x)
		}
		alike[x] = append(alike[x], family)
	}
	for _, x := range sights {
		all := []*entsql.Predicate{ofFamilies(s.C(matter.FieldKind), alike[x]...)}
		if limit := v.limit.of(s.C); limit != nil {
			all = append(all, limit)
		}
		if !x.secrets {
			all = append(all, entsql.Not(entsql.EQ(s.C(matter.FieldConfidential), true)))
		}
		any = append(any, entsql.And(append(all, x.handedIn(s, v))...))
	}
	return any
}

// handedIn: the matter is open to the committee, or to staff of whom the viewer
// is one.
func (x sight) handedIn(s *entsql.Selector, v *Viewer) *entsql.Predicate {
	column := s.C(matter.FieldVisibility)
	open := entsql.EQ(column, matter.VisibilityTENANT)
	switch {
	case x.staff:
		return entsql.In(column, matter.VisibilityTENANT, matter.VisibilitySTAFF)
	case x.unit:
		return entsql.Or(open, entsql.And(entsql.EQ(column, matter.VisibilitySTAFF), unitMatter(s, v)))
	}
	return open
}

// MatterPredicate is MatterVisible for a written query.
func MatterPredicate(v *Viewer) predicate.Matter { return predicate.Matter(MatterVisible(v)) }

// SeenBy is MatterVisible over a matter in memory.
func (w Whole) SeenBy(v *Viewer) bool {
	return w.Mine(v) || w.draft(v) || slices.ContainsFunc(v.OnMatter(w.Matter), w.readBy)
}

// readBy is reads over a matter in memory.
func (w Whole) readBy(v *Viewer) bool {
	family := Family(w.Matter.Kind)
	read := v.May(Permission{family, "read"})
	if read == None || (w.Matter.Confidential && !v.May(Permission{family, secrecy}).Has(Tenant)) {
		return false
	}
	switch w.Matter.Visibility {
	case matter.VisibilityTENANT:
		return true
	case matter.VisibilitySTAFF:
		return read.Has(Tenant) || (read.Has(Unit) && w.OfUnits(v))
	}
	return false
}
