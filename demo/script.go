package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants"
)

// script is what happens to one matter, in order. A matter is found by its
// kind and title; each move by a person leaves exactly one step by a person in
// its timeline, as a citizen's topic leaves its first, so the number of those
// tells how far an earlier run came.
type script struct {
	kind, title string
	moves       []move

	id   uuid.UUID
	done int
	last *flow.Case // as its newest move left it; nil: read it again
}

// move is one action of one person.
type move struct {
	at     time.Time
	who    string
	action string
	unit   string // whose share it is about; empty: the matter
	reason string
	form   func(*scene) process.Form                         // nil: takes none
	open   func(context.Context, *stage) (*flow.Case, error) // opens the matter
	page   string                                            // kind of the page that is uploaded before; empty: none
	given  bool                                              // another script makes it, or a citizen
	along  bool                                              // in the transaction of the move before, by the same person
	after  func(*stage)                                      // what else has changed by it
}

// look finds how far the script came.
func (sc *script) look(ctx context.Context) error {
	err := tenants.Row(ctx, `
		SELECT m.id, (SELECT count(*) FROM steps s WHERE s.matter_id = m.id AND (s.actor_id IS NOT NULL OR s.from_state = '') AND s.action <> 'renumber')
		FROM matters m WHERE m.kind = $1 AND m.title = $2`, []any{sc.kind, sc.title}, &sc.id, &sc.done)
	if tenants.NoRows(err) {
		sc.id, sc.done = uuid.Nil, 0
		return nil
	}
	return err
}

// perform makes the i-th move of a script, and those that go along with it,
// unless they have been made.
func (s *stage) perform(ctx context.Context, sc *script, i int) error {
	if sc.done > i {
		return nil
	}
	moves := sc.moves[i:]
	if n := slices.IndexFunc(moves[1:], func(m move) bool { return !m.along }); n >= 0 {
		moves = moves[:n+1]
	}
	if moves[0].page != "" {
		if err := s.upload(ctx, moves[0], sc.id); err != nil {
			return err
		}
	}
	var made *flow.Case
	err := s.signedIn(ctx, moves[0].at, moves[0].who, true, func(ctx context.Context) error {
		if err := alone(ctx); err != nil {
			return err
		}
		if err := sc.look(ctx); err != nil || sc.done > i {
			sc.last = nil // another Load has made it meanwhile
			return err
		}
		if sc.done < i {
			return fmt.Errorf("%s: only %d of %d moves are there", moves[0].action, sc.done, i)
		}
		for _, m := range moves {
			err := written(ctx, func(ctx context.Context) (e audit.Entry, err error) {
				e, made, err = s.make(ctx, sc, m)
				return e, err
			})
			if err != nil {
				return err
			}
			sc.id, sc.last = made.Matter.ID, made
		}
		return nil
	})
	if err != nil {
		sc.last = nil
	}
	if err != nil || made == nil {
		return err
	}
	sc.done = i + len(moves)
	for _, m := range moves {
		if m.after != nil {
			m.after(s)
		}
	}
	return nil
}

// make makes one move.
func (s *stage) make(ctx context.Context, sc *script, m move) (audit.Entry, *flow.Case, error) {
	if m.open == nil {
		return s.act(ctx, sc, m)
	}
	c, err := m.open(ctx, s)
	if err != nil {
		return audit.Entry{}, nil, err
	}
	return audit.Entry{Action: mutation(sc.kind, m.action), Object: audit.Object(gen.TypeMatter, c.Matter.ID)}, c, nil
}

// act carries out an action of the engine.
func (s *stage) act(ctx context.Context, sc *script, m move) (e audit.Entry, c *flow.Case, err error) {
	if sc.last == nil {
		cases, err := s.Engine.Lock(ctx, sc.id)
		if err != nil {
			return e, nil, err
		}
		sc.last = cases[sc.id]
	}
	x := &scene{stage: s, ctx: ctx, c: sc.last}
	cmd := flow.Command{Machine: process.OfMatter, Subject: sc.id, Action: m.action, Reason: m.reason}
	e = audit.Entry{Action: mutation(sc.kind, m.action), Object: audit.Object(gen.TypeMatter, sc.id), Reason: m.reason}
	if m.unit != "" {
		cmd.Machine, cmd.Subject = process.OfAssignment, x.share(m.unit).ID
		e.Object = audit.Object(gen.TypeAssignment, cmd.Subject)
	}
	if m.form != nil {
		cmd.Form = m.form(x)
	}
	if x.err != nil {
		return e, nil, fmt.Errorf("%s: %w", m.action, x.err)
	}
	c, err = s.Engine.Do(ctx, cmd)
	if err != nil {
		sc.last = nil
	}
	return e, c, err
}

// scene is what a form is filled in from. The first thing it does not find is
// its error.
type scene struct {
	*stage
	ctx context.Context
	c   *flow.Case
	err error
}

func (x *scene) miss(what, key string) {
	if x.err == nil {
		x.err = fmt.Errorf("no %s %q", what, key)
	}
}

func (x *scene) person(key string) string {
	a, ok := x.people[key]
	if !ok {
		x.miss("person", key)
	}
	return a.membership.String()
}

func (x *scene) unitID(key string) string {
	id, ok := x.units[key]
	if !ok {
		x.miss("unit", key)
	}
	return id.String()
}

// share is the newest share of a unit that counts.
func (x *scene) share(key string) *gen.Assignment {
	for i := len(x.c.Assignments) - 1; i >= 0; i-- {
		if a := x.c.Assignments[i]; a.UnitID == x.units[key] && flow.Open(a) {
			return a
		}
	}
	x.miss("share of", key)
	return &gen.Assignment{}
}

// party is a proposer: a person, or an organisation.
func (x *scene) party(key string) uuid.UUID {
	for _, p := range x.c.Proposers() {
		if is(p.MembershipID, x.people[key].membership) || is(p.UnitID, x.units[key]) {
			return p.ID
		}
	}
	x.miss("proposer", key)
	return uuid.Nil
}

func is(p *uuid.UUID, id uuid.UUID) bool { return p != nil && *p == id }

// feedback is the question that a proposer was asked about a unit's reply.
func (x *scene) feedback(proposer, unit string) string {
	rep, party := x.c.Reply(x.share(unit)), x.party(proposer)
	for _, f := range x.c.Feedback {
		if rep != nil && f.ReplyID == rep.ID && f.PartyID == party {
			return f.ID.String()
		}
	}
	x.miss("feedback of", proposer+" on "+unit)
	return ""
}

// item is the newest item with a text.
func (x *scene) item(text string) string {
	for i := len(x.c.Items) - 1; i >= 0; i-- {
		if x.c.Items[i].Text == text {
			return x.c.Items[i].ID.String()
		}
	}
	x.miss("item", text)
	return ""
}

// matter is another script's matter.
func (x *scene) matter(kind, title string) string {
	id, err := x.find(kind, title)
	if err != nil {
		x.miss(kind, title)
	}
	return id.String()
}

// find is the matter of a script that has begun.
func (s *stage) find(kind, title string) (uuid.UUID, error) {
	for _, sc := range s.scripts {
		if sc.kind == kind && sc.title == title && sc.id != uuid.Nil {
			return sc.id, nil
		}
	}
	return uuid.Nil, fmt.Errorf("no %s %q", kind, title)
}

// forget makes a script read its case again, since another one changed it.
func (s *stage) forget(kind, title string) {
	for _, sc := range s.scripts {
		if sc.kind == kind && sc.title == title {
			sc.last = nil
		}
	}
}

// units is the form of an assignment.
func (x *scene) shares(list []share) process.Form {
	units := make([]any, len(list))
	for i, a := range list {
		units[i] = map[string]any{"unitId": x.unitID(a.unit), "role": string(a.role)}
	}
	return process.Form{"units": units}
}

// share is a unit's part as a script plans it.
type share struct {
	unit  string
	role  assignment.Role
	class string // of its reply
}

// mutations are the names under which the API has the actions of a proposal
// that have another name there; the audit shows those.
var mutations = map[string]string{
	"create": "createProposal", "inviteCosign": "inviteCosigners", "sign": "cosignProposal", "submit": "submitProposal", "edit": "editProposal",
	"returnForEdit": "returnProposal", "resubmit": "resubmitProposal", "recordPass": "recordReviewPass", "file": "fileProposal", "merge": "mergeProposal",
	"consentOpinion": "consentToOpinion", "preAssign": "preAssignProposal", "preAssignOpinion": "givePreAssignOpinion", "assign": "assignProposal",
	"rate": "rateReply", "markKey": "markKeyProposal", "complete": "completeProposal", "settle": "settleTracking", "archive": "archiveProposal",
	"signOff": "signOffReply", "send": "sendReply", "sendBack": "sendBackReply",
}

// begins are the names of the API for what opens a matter of a kind.
var begins = map[string]string{"cohort": "openCohort", "task": "draftTask", "plan": "openPlan", "opinion": "submitOpinion"}

func mutation(kind, action string) string {
	name, other := mutations[action]
	switch {
	case kind == "proposal" && other:
		return name
	case kind == "proposal":
		return action
	case action == "open":
		return cmp.Or(begins[kind], "openMatter")
	}
	return "performAction"
}

// publishList is the list of the third sitting's cases, published by the
// director before they are assigned.
func (s *stage) publishList() task {
	at := shanghai(2024, time.January, 12, 10, 0)
	return task{at, "公布提案目录", func(ctx context.Context) error {
		return s.as(ctx, at, "director", func(ctx context.Context) (audit.Entry, error) {
			e := audit.Entry{}
			row, err := s.Store.Ent().Sitting.Query().Order(gen.Asc("ordinal")).First(authz.System(ctx))
			if err != nil || row.ListPublishedAt != nil {
				return e, err
			}
			e.Action, e.Object = "publishList", audit.Object(gen.TypeSitting, row.ID)
			for _, sc := range s.scripts {
				sc.last = nil
			}
			return e, s.Proposals.PublishList(ctx, row.ID, false)
		})
	}}
}
