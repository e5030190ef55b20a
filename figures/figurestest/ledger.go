// Package figurestest counts every figure a second time, plainly: in Go, over
// rows that are loaded as they are, without a word of SQL and without the
// definitions. What it says is held beside what package figures says.
package figurestest

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/item"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/membership"
	"github.com/bihuan/bihuan/figures"
	"github.com/bihuan/bihuan/internal/clock"
)

// Ledger is everything that is stored of a committee.
type Ledger struct {
	proposals, tasks []*gen.Matter
	members          []*gen.Membership
	units            map[uuid.UUID]*gen.Unit
	policies         map[int]*gen.TenantPolicy
	sittings         map[uuid.UUID]*gen.Sitting
}

// Load reads it; ctx is of the product itself.
func Load(ctx context.Context, c *gen.Client) (*Ledger, error) {
	l := &Ledger{units: map[uuid.UUID]*gen.Unit{}, policies: map[int]*gen.TenantPolicy{}, sittings: map[uuid.UUID]*gen.Sitting{}}
	var err error
	if l.proposals, err = c.Matter.Query().Where(matter.HasProposal()).WithProposal().WithAssignments().WithReplies().WithFeedback().
		WithRecords().WithItems().WithSteps().WithParties().All(ctx); err != nil {
		return nil, err
	}
	if l.tasks, err = c.Matter.Query().Where(matter.Kind("task")).WithItems().WithSteps().All(ctx); err != nil {
		return nil, err
	}
	for _, m := range slices.Concat(l.proposals, l.tasks) {
		slices.SortFunc(m.Edges.Steps, func(a, b *gen.Step) int {
			if d := a.At.Compare(b.At); d != 0 {
				return d
			}
			return strings.Compare(a.ID.String(), b.ID.String())
		})
	}
	if l.members, err = c.Membership.Query().Where(membership.KindEQ(membership.KindMEMBER)).All(ctx); err != nil {
		return nil, err
	}
	units, err := c.Unit.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		l.units[u.ID] = u
	}
	policies, err := c.TenantPolicy.Query().All(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		l.policies[p.Version] = p
	}
	sittings, err := c.Sitting.Query().All(ctx)
	for _, s := range sittings {
		l.sittings[s.ID] = s
	}
	return l, err
}

func (l *Ledger) heir(id uuid.UUID) uuid.UUID {
	for u := l.units[id]; u != nil && u.SuccessorID != nil; u = l.units[id] {
		id = *u.SuccessorID
	}
	return id
}

// counts is what a word of satisfaction counts as.
func (l *Ledger) counts(version int, word string) string {
	if word == "" {
		return "SILENT"
	}
	if p := l.policies[version]; p != nil {
		list, _ := p.Settings["ratings"].([]any)
		for _, x := range list {
			if r, _ := x.(map[string]any); r["code"] == word {
				s, _ := r["counts"].(string)
				return s
			}
		}
	}
	return word
}

// view is the ledger as of a day, for a scope.
type view struct {
	*Ledger
	s        figures.Scope
	day      time.Time
	until    time.Time // the end of the day
	from, to time.Time
	cases    []*kase
}

// kase is one proposal that was handed in.
type kase struct {
	*gen.Matter
	p                                        *gen.Proposal
	steps                                    []*gen.Step // of the matter itself, up to the day
	all                                      []*gen.Step // of its shares too
	state                                    string
	received, filed, assigned                *time.Time
	round                                    int
	disclosure                               string
	key                                      bool
	paused                                   *time.Time
	disposition                              string
	shares                                   []*share
	replied, met, touched, denied, satisfied bool
}

// share is a unit's.
type share struct {
	*gen.Assignment
	unit                   uuid.UUID
	state                  string
	sent, gone             bool
	sentOn                 *time.Time
	due                    *time.Time
	class                  string
	mayBeOpen              bool
	met, contacted, denied bool
	marks                  []uuid.UUID
}

func (l *Ledger) at(s figures.Scope) *view {
	v := &view{Ledger: l, s: s, day: s.AsOf, until: clock.StartOf(s.AsOf.AddDate(0, 0, 1)), from: clock.Date(1949, 1, 1), to: clock.Date(9999, 12, 31)}
	switch s.Kind {
	case figures.Year:
		v.from, v.to = clock.Date(s.Year, 1, 1), clock.Date(s.Year, 12, 31)
	case figures.Session, figures.Since:
		at := l.sittings[s.Sitting]
		if at.OpensOn != nil {
			v.from = *at.OpensOn
		}
		for _, n := range l.sittings {
			if n.OpensOn != nil && at.OpensOn != nil && n.OpensOn.After(*at.OpensOn) && n.OpensOn.Before(v.to) {
				v.to = n.OpensOn.AddDate(0, 0, -1)
			}
		}
		if s.Kind == figures.Session && at.ClosesOn != nil {
			v.to = *at.ClosesOn
		}
	}
	for _, m := range l.proposals {
		if k := v.read(m); k != nil {
			v.cases = append(v.cases, k)
		}
	}
	return v
}

func (v *view) has(day time.Time) bool { return !day.Before(v.from) && !day.After(v.to) }

// read is a proposal as of the day, nil where it does not belong.
func (v *view) read(m *gen.Matter) *kase {
	k := &kase{Matter: m, p: m.Edges.Proposal, round: 1}
	for _, s := range m.Edges.Steps {
		if !s.At.Before(v.until) {
			continue
		}
		k.all = append(k.all, s)
		if s.AssignmentID == nil {
			k.steps = append(k.steps, s)
			k.step(s)
		}
	}
	sitting := v.s.Kind == figures.Session || v.s.Kind == figures.Since
	switch {
	case k.received == nil,
		sitting && (k.p.SittingID == nil || *k.p.SittingID != v.s.Sitting),
		v.s.Kind == figures.Session && (k.p.Period == nil || *k.p.Period != "PLENARY"),
		!sitting && !v.has(clock.Day(*k.received)):
		return nil
	}
	switch k.state {
	case "MERGED", "CONVERTED_OPINION", "CONVERTED_LETTER", "NOT_FILED", "WITHDRAWN", "FORWARDED_UP":
		k.disposition = k.state
	case "SUBMITTED", "RETURNED", "UNDER_REVIEW", "REVIEWED":
		k.disposition = "NONE"
	default:
		if k.filed != nil {
			k.disposition = "FILED"
		}
	}
	for _, a := range m.Edges.Assignments {
		if a.AssignedAt.Before(v.until) {
			k.shares = append(k.shares, v.share(k, a))
		}
	}
	v.contacts(k)
	return k
}

func (k *kase) step(s *gen.Step) {
	at := s.At
	k.state = s.ToState
	if !slices.Contains([]string{"DRAFT", "COSIGNING", "COSIGNED", "LAPSED"}, s.ToState) && k.received == nil {
		k.received = &at
	}
	if s.ToState == "FILED" && k.filed == nil {
		k.filed = &at
	}
	if s.ToState == "ASSIGNED" && k.assigned == nil {
		k.assigned = &at
	}
	if r, ok := s.After["round"].(float64); ok {
		k.round = max(k.round, int(r))
	}
	if d, ok := s.After["disclosure"].(string); ok {
		k.disclosure = d
	}
	k.key = k.key || s.Action == "markKey"
	switch s.Action {
	case "suspend":
		day := clock.Day(at)
		k.paused = &day
	case "resume":
		k.paused = nil
	}
}

func (v *view) share(k *kase, a *gen.Assignment) *share {
	s := &share{Assignment: a, unit: v.heir(a.UnitID), state: "PENDING_SIGN"}
	stood, ever := "", false
	for _, x := range k.Edges.Steps {
		ever = ever || x.AssignmentID != nil && *x.AssignmentID == a.ID && x.ToState == "SUPERSEDED"
	}
	for _, x := range k.all {
		if due, ok := x.Dues[a.ID.String()]; ok {
			s.due = date(due)
		}
		if x.AssignmentID == nil || *x.AssignmentID != a.ID {
			continue
		}
		s.state = x.ToState
		if x.ToState != "SUPERSEDED" {
			stood = x.ToState
		}
		if x.ToState == "SENT" && x.FromState != "SENT" {
			on := clock.Day(x.At)
			s.sentOn = &on
		}
	}
	s.sent = stood == "SENT"
	s.gone = s.state == "RETURN_GRANTED" || !s.sent && (s.state == "SUPERSEDED" || a.State == "SUPERSEDED" && !ever)
	if s.due == nil {
		s.due = a.DueOn
		for _, x := range k.Edges.Steps {
			if _, later := x.Dues[a.ID.String()]; later {
				s.due = a.OriginalDueOn
			}
		}
	}
	var answer *gen.Reply
	for _, r := range k.Edges.Replies {
		if r.AssignmentID == a.ID && r.Kind == "REPLY" && r.SentAt != nil && r.SentAt.Before(v.until) &&
			(answer == nil || r.SentAt.After(*answer.SentAt) || r.SentAt.Equal(*answer.SentAt) && r.ID.String() > answer.ID.String()) {
			answer = r
		}
	}
	if answer != nil {
		s.mayBeOpen = answer.Publishable && k.p.ConsentPublish
		if s.sent {
			s.class = answer.Class
		}
	}
	return s
}

func date(s string) *time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return &t
}

func (k *kase) share(id uuid.UUID) *gen.Assignment {
	for _, a := range k.Edges.Assignments {
		if a.ID == id {
			return a
		}
	}
	return nil
}

func (k *kase) reply(id uuid.UUID) *gen.Reply {
	for _, r := range k.Edges.Replies {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// person is who a party is: a member, an organisation, or himself.
func (v *view) person(w *gen.Party) uuid.UUID {
	switch {
	case w.MembershipID != nil:
		return *w.MembershipID
	case w.UnitID != nil:
		return v.heir(*w.UnitID)
	}
	return w.ID
}

func (v *view) personOf(k *kase, party *uuid.UUID) (uuid.UUID, bool) {
	for _, w := range k.Edges.Parties {
		if party != nil && w.ID == *party {
			return v.person(w), true
		}
	}
	return uuid.Nil, false
}

// contact is one that a proposer does not deny.
type contact struct {
	unit      uuid.UUID
	person    uuid.UUID
	face      bool
	confirmed *time.Time
}

func (v *view) contacts(k *kase) {
	var list []contact
	for _, r := range k.Edges.Records {
		who, ok := v.personOf(k, r.PartyID)
		if r.Kind != "CONTACT" || !r.CreatedAt.Before(v.until) || !ok || r.UnitID == nil {
			continue
		}
		happened, at := v.word(k, r)
		if happened != nil && !*happened {
			continue
		}
		list = append(list, contact{v.heir(*r.UnitID), who, slices.Contains([]string{"面谈", "座谈会", "实地"}, r.Mode), at})
	}
	said := func(unit, person uuid.UUID) bool {
		return slices.ContainsFunc(k.Edges.Feedback, func(f *gen.Feedback) bool {
			who, ok := v.personOf(k, &f.PartyID)
			return ok && f.ReceivedAt != nil && f.ReceivedAt.Before(v.until) && f.Contacted != nil && *f.Contacted && who == person &&
				v.heir(k.share(k.reply(f.ReplyID).AssignmentID).UnitID) == unit
		})
	}
	for _, s := range k.shares {
		if s.Role == "ASSIST" || s.gone || s.Round != k.round {
			continue
		}
		for _, c := range list {
			if c.unit == s.unit {
				s.contacted = true
				s.met = s.met || c.face && (c.confirmed != nil || said(c.unit, c.person))
			}
		}
		for _, d := range k.Edges.Records {
			who, ok := v.personOf(k, d.PartyID)
			if d.Kind != "CHECK" || d.Data["for"] != "uncontacted" || d.AssignmentID == nil || *d.AssignmentID != s.ID || !d.CreatedAt.Before(v.until) || !ok {
				continue
			}
			if !slices.ContainsFunc(list, func(c contact) bool {
				return c.unit == s.unit && c.person == who && c.confirmed != nil && c.confirmed.After(d.CreatedAt)
			}) {
				s.denied, s.marks = true, append(s.marks, d.ID)
			}
		}
		k.met, k.touched, k.denied = k.met || s.met, k.touched || s.contacted, k.denied || s.denied
	}
}

// word is what the proposer last said of a contact, and when; it is confirmed
// by that where he said yes.
func (v *view) word(k *kase, r *gen.Record) (happened *bool, at *time.Time) {
	ever := false
	for _, x := range k.Edges.Steps {
		if x.Action != "confirmContact" || x.After["recordId"] != r.ID.String() {
			continue
		}
		ever = true
		if x.At.Before(v.until) {
			yes, _ := x.After["happened"].(bool)
			when := x.At
			happened, at = &yes, &when
		}
	}
	if !ever && r.ConfirmedAt != nil && r.ConfirmedAt.Before(v.until) {
		denied, _ := r.Data["denied"].(bool)
		yes := !denied
		happened, at = &yes, r.ConfirmedAt
	}
	if happened != nil && !*happened {
		at = nil
	}
	return happened, at
}

// done is whether an item was settled by the day, and on which.
func (v *view) done(i *gen.Item, as item.Status) *time.Time {
	if i.Status != as || i.SettledAt == nil || !i.SettledAt.Before(v.until) {
		return nil
	}
	on := clock.Day(*i.SettledAt)
	return &on
}
