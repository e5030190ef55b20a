package flow

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/gen/timer"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/workday"
)

// Case is a matter with all its parts in memory: what rules look at. Rules
// never query.
type Case struct {
	*gen.Matter
	Def         *process.Definition
	Policy      process.Policy
	Calendar    workday.Calendar
	Now         time.Time
	Parties     []*gen.Party      // LEAD first, as ordered
	Assignments []*gen.Assignment // oldest first
	Replies     []*gen.Reply      // oldest first
	Feedback    []*gen.Feedback
	Records     []*gen.Record // oldest first
	Items       []*gen.Item
	Events      []*gen.Event // oldest first, with their attendances
	Timers      []*gen.Timer
	Attachments []*gen.Attachment   // but those that were removed
	Out, In     []*gen.Link         // Out with the matter they lead to
	Below       []Branch            // what belongs to it or comes from it; read for the kinds that gather others
	Parent      *uuid.UUID          // the committee above this one, nil for the topmost
	Above       string              // its code
	Sends       map[string][]string // kinds of envelope that this committee's active agreements let out, by the partner's code
	Committee   string              // this committee's code
	Handed      map[uuid.UUID]bool  // shares for which nobody was left, so that a guardian has them
	Given       *Given              // whence it was handed over, where its process lets it go back from here
	Heirs       authz.Heirs         // which units were renamed or merged; a share's edge is the unit that is there now

	dues map[string]string // days for replying that the step which is being taken has moved, by share
	kind *Kind             // what the noun said of its kind; nil for a committee's own
}

// Branch is a matter that refers to the case, with its items and records, and
// how it refers.
type Branch struct {
	*gen.Matter
	Link *gen.Link
}

// hand notes that a guardian has a share.
func (c *Case) hand(share uuid.UUID) {
	if c.Handed == nil {
		c.Handed = map[uuid.UUID]bool{}
	}
	c.Handed[share] = true
}

// Closed reports whether the matter has come to an end: nothing more is done
// to it or to its shares, unless an action leads out of that end.
func (c *Case) Closed() bool {
	s := c.Def.Machines[process.OfMatter].State(c.State)
	return s != nil && s.End
}

// Today is the case's present day.
func (c *Case) Today() time.Time { return clock.Day(c.Now) }

// Active lists the parties that take part: not cancelled, declined or expired.
func (c *Case) Active(roles ...party.Role) []*gen.Party {
	var out []*gen.Party
	for _, p := range c.Parties {
		if (p.Cosign == party.CosignNONE || p.Cosign == party.CosignSIGNED) && (len(roles) == 0 || contains(roles, p.Role)) {
			out = append(out, p)
		}
	}
	return out
}

// Proposers are the parties who proposed: first, joint, and those that came
// with a merged case.
func (c *Case) Proposers() []*gen.Party { return c.Active(party.RoleLEAD, party.RoleCO) }

// RecordsOf lists the records of a kind, oldest first.
func (c *Case) RecordsOf(k record.Kind) []*gen.Record {
	var out []*gen.Record
	for _, r := range c.Records {
		if r.Kind == k {
			out = append(out, r)
		}
	}
	return out
}

// Open reports whether an assignment still counts: not returned to another
// unit and not superseded by a new round.
func Open(a *gen.Assignment) bool { return a.State != "RETURN_GRANTED" && a.State != "SUPERSEDED" }

// Shares lists the open assignments of the current round with one of the
// roles, all when none is given.
func (c *Case) Shares(roles ...assignment.Role) []*gen.Assignment {
	var out []*gen.Assignment
	for _, a := range c.Assignments {
		if Open(a) && a.Round == c.round() && (len(roles) == 0 || contains(roles, a.Role)) {
			out = append(out, a)
		}
	}
	return out
}

// Answering lists the open shares that owe the proposer a reply: all but ASSIST.
func (c *Case) Answering() []*gen.Assignment {
	return c.Shares(assignment.RoleSOLE, assignment.RoleLEAD, assignment.RoleCO_LEAD, assignment.RoleSEPARATE)
}

// round is the one in which the matter is handled: a kind that hands shares out
// anew counts them, every other has one.
func (c *Case) round() int {
	if c.kind != nil && c.kind.Round != nil {
		return c.kind.Round(c)
	}
	return 1
}

// Reply is the newest reply of an assignment, nil when there is none.
func (c *Case) Reply(a *gen.Assignment) *gen.Reply {
	for i := len(c.Replies) - 1; i >= 0; i-- {
		if c.Replies[i].AssignmentID == a.ID {
			return c.Replies[i]
		}
	}
	return nil
}

// Share finds an assignment by id, nil when it is not of this case.
func (c *Case) Share(id uuid.UUID) *gen.Assignment {
	for _, a := range c.Assignments {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// OpenTimers lists the timers that still run for a share, nil for the matter
// itself. The clocks of its items are not among them.
func (c *Case) OpenTimers(share *uuid.UUID) []*gen.Timer {
	var out []*gen.Timer
	for _, t := range c.Timers {
		if isOpen(t) && t.ItemID == nil && sameID(t.AssignmentID, share) {
			out = append(out, t)
		}
	}
	return out
}

func isOpen(t *gen.Timer) bool {
	return t.Status == timer.StatusRUNNING || t.Status == timer.StatusSUSPENDED || t.Status == timer.StatusOVERDUE
}

func sameID(a, b *uuid.UUID) bool {
	return (a == nil && b == nil) || (a != nil && b != nil && *a == *b)
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// covers reports whether the viewer's relation to the case fits a scope.
func (c *Case) covers(v *authz.Viewer, scope authz.Scope, share *gen.Assignment) bool {
	switch {
	case v == nil || scope == authz.None:
		return false
	case scope.Has(authz.Tenant):
		return true
	case scope.Has(authz.Own) && c.isOwn(v.Membership):
		return true
	case scope.Has(authz.Party) && (c.whole().PartyTo(v) || c.whole().Lapsed(v)):
		return true
	case !scope.Has(authz.Unit):
		return false
	case share != nil: // a share is its unit's alone
		return v.InUnit(&share.UnitID)
	}
	return c.held().OfUnits(v)
}

func (c *Case) isOwn(me uuid.UUID) bool {
	if c.CreatorID != nil && *c.CreatorID == me {
		return true
	}
	for _, p := range c.Parties {
		if p.Role == party.RoleLEAD && p.FromMatterID == nil && p.MembershipID != nil && *p.MembershipID == me {
			return true
		}
	}
	return false
}

// whole is the case as package authz looks at it.
func (c *Case) whole() authz.Whole {
	return authz.Whole{Matter: c.Matter, Parties: c.Parties, Assignments: c.Assignments, Items: c.Items}
}

// held is whole without the shares that the case goes on without, and without
// those who had it before it was handed over: a unit that gave its share back
// sees what was, and has nothing more to do with it.
func (c *Case) held() authz.Whole {
	w := c.whole()
	w.Assignments = slices.DeleteFunc(slices.Clone(w.Assignments), func(a *gen.Assignment) bool { return !Open(a) })
	w.Parties = slices.DeleteFunc(slices.Clone(w.Parties), func(p *gen.Party) bool { return p.Role == party.RoleFORMER })
	return w
}
