package proposals_test

import (
	"testing"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestAProposalGoesFromDraftToArchive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleSOLE})
	if c.State != "ASSIGNED" || c.Number != "第十一届四次会议第001号" || *c.Edges.Proposal.RegistrationNo != "210202-1104-R0001" {
		t.Fatalf("assigned: %s %s %v", c.State, c.Number, c.Edges.Proposal.RegistrationNo)
	}
	c = w.replied(c, "商务局", "A")
	if c.State != "REPLIED" || len(c.Feedback) != 1 {
		t.Fatalf("replied: %s, %d feedback", c.State, len(c.Feedback))
	}
	c = w.rated(c, "委员甲", "SATISFIED")
	if c.State != "COMPLETION_REVIEW" {
		t.Fatalf("rated: %s", c.State)
	}
	id := c.Matter.ID
	w.refused("主任", "complete", process.OfMatter, id, nil, errs.GuardFailed)
	w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
	w.do("干事", "decideDisclosure", id, process.Form{"decision": "OPEN"})
	w.refused("干事", "complete", process.OfMatter, id, nil, errs.NotAllowed)
	c = w.do("主任", "complete", id, nil)
	if c.State != "COMPLETED" || c.Edges.Proposal.ClassFinal != "A" {
		t.Fatalf("completed: %s %s", c.State, c.Edges.Proposal.ClassFinal)
	}
	c = w.do("干事", "archive", id, process.Form{"checklist": map[string]any{"form": "有", "slip": "有", "reply": "有", "feedback": "有", "supervision": "非重点提案"}})
	if c.State != "ARCHIVED" || c.ClosedAt == nil || c.NextDueOn != nil {
		t.Fatalf("archived: %s %v %v", c.State, c.ClosedAt, c.NextDueOn)
	}
	w.refused("委员甲", "edit", process.OfMatter, id, process.Form{"title": "改一改已经归档的案由"}, errs.NotAllowedInState)
}
