package authz

import (
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/grant"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/ent/gen/predicate"
	"github.com/bihuan/bihuan/ent/gen/seat"
	"github.com/bihuan/bihuan/ent/gen/substitution"
	"github.com/bihuan/bihuan/ent/gen/term"
	"github.com/bihuan/bihuan/ent/gen/unit"
	"github.com/bihuan/bihuan/internal/clock"
)

// What is in force on a day: a role given, a seat, a membership, a unit, a
// term. The first and the last day count, an open end has no limit. The
// sentence stands here for Go, here for ent and in ent/migrations
// (00022_in_force.sql) for SQL; a test compares the three over random rows,
// and another finds who asks the days by himself.

// GrantHolds reports whether a role is in force on a day.
func GrantHolds(g *gen.Grant, day time.Time) bool {
	return g.RevokedAt == nil && clock.Period{From: g.ValidFrom, To: g.ValidTo}.Has(day)
}

// GrantOn is GrantHolds for a query.
func GrantOn(day time.Time) predicate.Grant {
	return grant.And(grant.RevokedAtIsNil(),
		grant.Or(grant.ValidFromIsNil(), grant.ValidFromLTE(day)), grant.Or(grant.ValidToIsNil(), grant.ValidToGTE(day)))
}

// GrantStands: the role was not taken away, whenever it begins or ends.
func GrantStands() predicate.Grant { return grant.RevokedAtIsNil() }

// SeatPeriod is the days of a seat.
func SeatPeriod(s *gen.Seat) clock.Period { return clock.Period{From: s.SeatFrom, To: s.SeatTo} }

// SeatOn: the seat is taken on a day.
func SeatOn(day time.Time) predicate.Seat {
	return seat.And(seat.Or(seat.SeatFromIsNil(), seat.SeatFromLTE(day)), seat.Or(seat.SeatToIsNil(), seat.SeatToGTE(day)))
}

// SeatAfter: the seat lasts beyond a day, or begins after it.
func SeatAfter(day time.Time) predicate.Seat { return seat.Or(seat.SeatToIsNil(), seat.SeatToGT(day)) }

// SubstitutionLasts: it was not ended, and its last day has not passed.
func SubstitutionLasts(day time.Time) predicate.Substitution {
	return substitution.And(substitution.EndedAtIsNil(), substitution.ValidToGTE(day))
}

// Serves reports whether a person is in office on a day.
func Serves(m *gen.Membership, day time.Time) bool {
	return m.Status == membership.StatusACTIVE && clock.Period{From: m.ActiveFrom, To: m.ActiveTo}.Has(day)
}

// Served reports whether a person was in office on a day that has passed,
// whatever became of him since: who left has a last day. served() in SQL.
func Served(m *gen.Membership, day time.Time) bool {
	left := m.ActiveTo != nil && (m.Status == membership.StatusRESIGNED || m.Status == membership.StatusREVOKED || m.Status == membership.StatusENDED)
	return (left || m.Status == membership.StatusACTIVE) && clock.Period{From: m.ActiveFrom, To: m.ActiveTo}.Has(day)
}

// MemberOn is Serves for a query.
func MemberOn(day time.Time) predicate.Membership {
	return membership.And(membership.StatusEQ(membership.StatusACTIVE),
		membership.Or(membership.ActiveFromIsNil(), membership.ActiveFromLTE(day)),
		membership.Or(membership.ActiveToIsNil(), membership.ActiveToGTE(day)))
}

// UnitPeriod is the days of a unit.
func UnitPeriod(u *gen.Unit) clock.Period { return clock.Period{From: u.ActiveFrom, To: u.ActiveTo} }

// UnitOn: the unit is there on a day, so that something may be given to it.
func UnitOn(day time.Time) predicate.Unit {
	return unit.And(unit.Or(unit.ActiveFromIsNil(), unit.ActiveFromLTE(day)), UnitLasts(day))
}

// UnitLasts: the unit was not closed before a day; one that begins later lasts
// too. It is what the roster asks, which plans ahead.
func UnitLasts(day time.Time) predicate.Unit {
	return unit.Or(unit.ActiveToIsNil(), unit.ActiveToGTE(day))
}

// TermPeriod is the days of a 届.
func TermPeriod(t *gen.Term) clock.Period { return clock.Period{From: t.StartsOn, To: t.EndsOn} }

// TermOn: the 届 runs on a day.
func TermOn(day time.Time) predicate.Term {
	return term.And(term.Or(term.StartsOnIsNil(), term.StartsOnLTE(day)), term.Or(term.EndsOnIsNil(), term.EndsOnGTE(day)))
}

// OfTerm reports whether a member may hand in at a sitting: it is one of the
// term that he is a member in, whatever the days of his membership say (R20).
// Who was elected again carries the new term. The roster enters no member
// without a term; of one who came in otherwise nothing is known against him.
func OfTerm(m *gen.Membership, s *gen.Sitting) bool {
	return m.Kind == membership.KindMEMBER && (m.TermID == nil || *m.TermID == s.TermID)
}
