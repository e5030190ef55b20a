package graph_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
)

// hidden stores twenty filed cases with titles alike that no plain member
// sees, and one that a unit handles a part of beside another.
func (c *committee) hidden() (shared string) {
	c.t.Helper()
	now := c.clock.Now()
	c.system(func(ctx context.Context) error {
		db := c.r.Store.Ent()
		p := db.Process.Query().Where(entprocess.Kind("proposal")).OnlyX(ctx)
		for i := range 21 {
			m := db.Matter.Create().SetKind("proposal").SetProcess(p).SetState("HANDLING").SetTitle(fmt.Sprintf("关于口袋公园建设第 %d 期的提案", i)).
				SetNumber(fmt.Sprint("密", i)).SetOpenedAt(now).SetVisibility(matter.VisibilitySTAFF).SaveX(ctx)
			db.Proposal.Create().SetMatter(m).SetProposerKind(proposal.ProposerKindINDIVIDUAL).SetDisposition(proposal.DispositionFILED).ExecX(ctx)
			if i < 20 {
				continue
			}
			shared = m.ID.String()
			db.Party.Create().SetMatter(m).SetMembershipID(uuid.MustParse(c.person["委员甲"])).SetRole(party.RoleLEAD).ExecX(ctx)
			for _, unit := range []string{"商务局", "文旅局"} {
				db.Assignment.Create().SetMatter(m).SetUnitID(uuid.MustParse(c.unit[unit])).SetRole(assignment.RoleSEPARATE).SetState("SIGNED").
					SetAssignedAt(now).SetOriginAssignedAt(now).ExecX(ctx)
			}
		}
		return nil
	})
	return shared
}

// S12: what answers a viewer is asked as the viewer.
func TestNothingIsToldOfWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	shared := c.hidden()
	t.Run("S12: similar titles are those of cases that one sees", func(t *testing.T) {
		const q = `{ similarProposals(title: "关于口袋公园建设的提案") { matterId title } }`
		if n := len(dig(c.ask("干事", q, nil).Data, "similarProposals").([]any)); n == 0 {
			t.Fatal("the clerk finds none: the test shows nothing")
		}
		for _, x := range dig(c.ask("委员乙", q, nil).Data, "similarProposals").([]any) {
			id := dig(x.(map[string]any), "matterId").(string)
			if a := c.ask("委员乙", `query($id: ID!) { node(id: $id) { id } }`, input{"id": id}); dig(a.Data, "node", "id") == nil {
				t.Errorf("S12: told of %v, which he does not see", x)
			}
		}
	})
	t.Run("S12: a filter by unit finds cases by the shares that one sees", func(t *testing.T) {
		const q = `query($u: ID!) { matters(first: 100, filter: {unitId: $u}) { edges { node { id assignments { unit { id } } } } } }`
		seen := 0
		for _, who := range []string{"商务局联络员", "文旅局联络员", "委员甲", "干事"} {
			for _, unit := range []string{"商务局", "文旅局"} {
				for _, e := range dig(c.ask(who, q, input{"u": c.unit[unit]}).Data, "matters", "edges").([]any) {
					seen++
					var units []string
					for _, a := range dig(e.(map[string]any), "node", "assignments").([]any) {
						units = append(units, dig(a.(map[string]any), "unit", "id").(string))
					}
					if !slices.Contains(units, c.unit[unit]) {
						t.Errorf("S12: %s finds %v by the share of %s, which he does not see", who, dig(e.(map[string]any), "node", "id"), unit)
					}
				}
			}
		}
		if seen < 4 {
			t.Error("little is found:", seen, shared)
		}
	})
}

// S12, and the next one: whatever object a root field of the API answers with,
// who is answered sees it by its id.
func TestEveryAnswerIsSeenByItsID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.found("210202", "DISTRICT", "甲区").live()
	c.hidden()
	s := &strangers{world: w, victim: c, other: c}
	tried, objects := 0, 0
	for _, who := range []string{"委员甲", "委员乙", "商务局联络员", "文旅局联络员", "街道干部", "专委干部", "召集人", "管理员甲", "信息编辑"} {
		if c.logins[who] == "" {
			continue
		}
		for _, f := range c.schema.Query.Fields {
			if len(f.Name) > 1 && f.Name[:2] == "__" || needsArguments(f) {
				continue
			}
			args := s.arguments(f, maker{schema: c.schema, target: "first", value: 100, rest: word, sparse: true})
			q, vars := s.operation("query", f, 2, args)
			a := c.ask(who, q, vars)
			tried++
			if f.Name == "myBallots" { // who has a vote is told on what, and sees no more of it
				continue
			}
			for id, at := range matterIDs(a.Data, "") {
				objects++
				if n := c.ask(who, `query($id: ID!) { node(id: $id) { id } }`, input{"id": id}); dig(n.Data, "node", "id") == nil {
					t.Errorf("%s is told of %s by %s%s and does not see it by its id", who, id, f.Name, at)
				}
			}
		}
	}
	if tried < 40 || objects < 100 {
		t.Error(tried, "fields", objects, "objects")
	}
}

// matterIDs are the ids of nodes in an answer, with the place of each.
func matterIDs(v any, at string) map[string]string {
	out := map[string]string{}
	switch x := v.(type) {
	case map[string]any:
		for k, y := range x {
			if s, ok := y.(string); ok && (k == "id" || k == "matterId") {
				if _, err := uuid.Parse(s); err == nil && nodes[fmt.Sprint(x["__typename"])] || k == "matterId" {
					out[s] = at + "." + k
				}
				continue
			}
			for id, p := range matterIDs(y, at+"."+k) {
				out[id] = p
			}
		}
	case []any:
		for _, y := range x {
			for id, p := range matterIDs(y, at) {
				out[id] = p
			}
		}
	}
	return out
}

// nodes are the types of which node answers by id what one sees.
var nodes = map[string]bool{"Matter": true, "Proposal": true, "Cohort": true, "Party": true, "Assignment": true, "Reply": true, "Feedback": true, "Record": true,
	"Item": true, "Event": true, "Attendance": true, "Timer": true, "Step": true, "Attachment": true, "Link": true, "Notice": true, "Grant": true, "Agreement": true}
