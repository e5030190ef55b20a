package proposals

import (
	"slices"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
)

var unitPeople = []string{"unit_liaison", "unit_officer", "unit_lead"}

// ofUnit are the roles of a unit's people, the one that acts as a rule first:
// where it has nobody, the others stand in as far as they can.
func ofUnit(role string) flow.Turn {
	return flow.Turn{UnitRoles: []string{role}, Else: []flow.Turn{{UnitRoles: unitPeople}}}
}

// turns says whom the codes of the shipped definition mean.
var turns = map[string]flow.Turn{
	"lead": {Party: func(_ *flow.Case, p *gen.Party) bool { return p.Role == party.RoleLEAD && p.FromMatterID == nil }, Creator: true,
		RolesOf: enterers, Waits: leadWaits},
	"invitees":  {Party: func(_ *flow.Case, p *gen.Party) bool { return p.Cosign == party.CosignINVITED }},
	"raters":    {Party: owesRating, Else: []flow.Turn{clerks}},
	"units":     {UnitRoles: []string{"unit_liaison", "unit_officer"}, Units: askedNow, Waits: unitsWait, Else: []flow.Turn{clerks}},
	"clerk":     {Roles: clerks.Roles, Waits: clerkWaits},
	"reviewer":  {Roles: []string{"proposal_reviewer", "proposal_director"}, Waits: func(c *flow.Case, _ *gen.Assignment) bool { return !passed(c) }},
	"director":  {Roles: []string{"proposal_director"}, Waits: directorWaits},
	"committee": {Roles: clerks.Roles, Waits: committeeDecides},
	"office":    {RolesOf: channelOffice, Waits: officeDecides, Else: []flow.Turn{{Roles: []string{"assign_gov", "assign_party"}}}},
	"liaison":   ofUnit("unit_liaison"),
	"officer":   ofUnit("unit_officer"),
	"unit_lead": ofUnit("unit_lead"),
	"unit":      {UnitRoles: unitPeople},
	"urged":     {UnitRoles: unitPeople, Units: urged},
}

var clerks = flow.Turn{Roles: []string{"proposal_clerk", "proposal_director"}}

// leadWaits: a joint proposal waits for its lead once no invitation is open any
// more.
func leadWaits(c *flow.Case, _ *gen.Assignment) bool {
	switch c.State {
	case "COSIGNING", "RETURNED":
		return !slices.ContainsFunc(c.Parties, func(p *gen.Party) bool { return p.Cosign == party.CosignINVITED })
	}
	return true
}

// passed: every pass of the review has been made.
func passed(c *flow.Case) bool { return c.Edges.Proposal.ReviewPass >= c.Policy.ReviewPasses }

// directorWaits: what only the director decides.
func directorWaits(c *flow.Case, _ *gen.Assignment) bool {
	switch c.State {
	case "SUBMITTED":
		return c.Edges.Proposal.SecretFlag
	case "UNDER_REVIEW":
		return passed(c) || c.Edges.Proposal.SecretFlag
	case "FILED", "PRE_ASSIGNED":
		return latest(c, record.KindCONSENT, "reedit") != nil || latest(c, record.KindCONSENT, "withdraw") != nil
	}
	return true
}

// clerkWaits: a filed case is assigned once nothing about it has to be decided, a followed one settled once no unit owes a report.
func clerkWaits(c *flow.Case, s *gen.Assignment) bool {
	switch c.State {
	case "FILED", "PRE_ASSIGNED":
		return !directorWaits(c, s)
	case "TRACKING":
		return !owes(c, nil) || slices.ContainsFunc(c.Items, func(i *gen.Item) bool {
			return i.Kind == item.KindCOMMITMENT && i.Status == item.StatusREPORTED
		})
	}
	return true
}

// unitsWait: while it is handled, the shares say which unit has to do what.
func unitsWait(c *flow.Case, _ *gen.Assignment) bool {
	return c.State == "PRE_ASSIGNED" || c.State == "TRACKING"
}

// askedNow are the units that have to say something about the matter itself:
// those asked in advance that have not answered, and those that answered the
// proposer and still owe what they promised.
func askedNow(c *flow.Case) (out []uuid.UUID) {
	switch c.State {
	case "PRE_ASSIGNED":
		list, err := planned(c)
		plan := latest(c, record.KindPLAN, "preassign")
		for _, s := range list {
			answered := slices.ContainsFunc(c.RecordsOf(record.KindPREASSIGN_OPINION), func(r *gen.Record) bool {
				return r.UnitID != nil && *r.UnitID == s.Unit && r.ID.String() > plan.ID.String()
			})
			if err == nil && !answered {
				out = append(out, s.Unit)
			}
		}
	case "TRACKING":
		for _, a := range c.Answering() {
			if supervised(c.Edges.Proposal) || owes(c, &a.UnitID) {
				out = append(out, a.UnitID)
			}
		}
	}
	return out
}

// urged is the unit of the newest reminder.
func urged(c *flow.Case) []uuid.UUID {
	list := c.RecordsOf(record.KindURGE)
	if len(list) == 0 || list[len(list)-1].AssignmentID == nil {
		return nil
	}
	if a := c.Share(*list[len(list)-1].AssignmentID); a != nil {
		return []uuid.UUID{a.UnitID}
	}
	return nil
}

// owes reports whether a unit, any where none is given, has promised what it has
// not done.
func owes(c *flow.Case, unit *uuid.UUID) bool {
	return slices.ContainsFunc(c.Items, func(i *gen.Item) bool {
		return i.Kind == item.KindCOMMITMENT && i.Status == item.StatusOPEN && (unit == nil || (i.UnitID != nil && *i.UnitID == *unit))
	})
}

// channelOffice is the office that assigned the share, both of the matter.
func channelOffice(_ *flow.Case, s *gen.Assignment) []string {
	switch {
	case s != nil && s.Channel == assignment.ChannelGOV_OFFICE:
		return []string{"assign_gov"}
	case s != nil && s.Channel == assignment.ChannelPARTY_OFFICE:
		return []string{"assign_party"}
	}
	return []string{"assign_gov", "assign_party"}
}

// owesRating: the proposer was asked for a rating and has not given it.
func owesRating(c *flow.Case, p *gen.Party) bool {
	return slices.ContainsFunc(c.Feedback, func(f *gen.Feedback) bool { return f.PartyID == p.ID && f.ReceivedAt == nil })
}
