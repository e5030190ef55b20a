package graph_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/party"
	entprocess "github.com/bihuan/bihuan/ent/gen/process"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/reply"
	"github.com/bihuan/bihuan/ent/gen/timer"
)

// hundred stores a hundred cases with everything that the page asks for.
func (c *committee) hundred() {
	c.t.Helper()
	id := func(list map[string]string, name string) uuid.UUID { return uuid.MustParse(list[name]) }
	now := c.clock.Now()
	c.system(func(ctx context.Context) error {
		db := c.r.Store.Ent()
		p, err := db.Process.Query().Where(entprocess.Kind("proposal")).Only(ctx)
		if err != nil {
			return err
		}
		for i := range 100 {
			m, err := db.Matter.Create().SetKind("proposal").SetProcess(p).SetState("HANDLING").SetTitle(fmt.Sprintf("关于第 %d 件事的提案", i)).
				SetOpenedAt(now).SetVisibility(matter.VisibilitySTAFF).SetSectorID(id(c.unit, "经济界")).Save(ctx)
			if err != nil {
				return err
			}
			a, err := db.Assignment.Create().SetMatter(m).SetUnitID(id(c.unit, "商务局")).SetRole(assignment.RoleSOLE).SetState("SIGNED").
				SetAssignedAt(now).SetOriginAssignedAt(now).Save(ctx)
			if err != nil {
				return err
			}
			for _, err := range []error{
				db.Proposal.Create().SetMatter(m).SetProposerKind(proposal.ProposerKindINDIVIDUAL).Exec(ctx),
				db.Party.Create().SetMatter(m).SetMembershipID(id(c.person, "委员甲")).SetRole(party.RoleLEAD).Exec(ctx),
				db.Reply.Create().SetMatter(m).SetAssignment(a).SetKind(reply.KindREPLY).SetBody("答复").Exec(ctx),
				db.Timer.Create().SetMatter(m).SetKey("reply").SetLabel("答复").SetStatus(timer.StatusRUNNING).SetBudget(map[string]any{}).Exec(ctx),
			} {
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func TestAPageOfAHundredMattersTakesSevenStatements(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	c.hundred()
	const page = `matters(first: 100) { edges { node { title sector { name } proposal { category }
		parties { role membership { name } } assignments { state unit { name } } replies { class } timers { dueOn } } } }`
	for _, q := range []struct {
		name, text string
		most       int64
	}{
		{"with six relations", `{ ` + page + ` }`, 7},
		{"and with the number of all", `{ ` + page[:len(page)-1] + ` totalCount } }`, 8},
		{"C5: how its people are reached is asked for many at once", `{ matters(first: 100) { edges { node { proposal { contactPhone } parties { membership { phone } } } } } }`, 120},
		// Twenty when all hundred ask within the loader's wait; a slow machine takes more rounds.
		{"what may be done with each is asked for many at once", `{ matters(first: 100) { edges { node { availableActions { code } } } } }`, 80},
	} {
		t.Run(q.name, func(t *testing.T) {
			a := c.ask("干事", q.text, nil)
			if n := len(dig(a.Data, "matters", "edges").([]any)); n != 100 || len(a.Errors) > 0 {
				t.Fatal(n, a.text)
			}
			if c.spent > q.most {
				t.Fatalf("%d statements, at most %d", c.spent, q.most)
			}
		})
	}
}

// What an action asks of the database creeps up by itself: forty statements it
// was once. Opening the transaction, the book and the commit are not counted.
func TestAnActionTakesFewStatements(t *testing.T) {
	t.Parallel()
	c := newWorld(t).found("210202", "DISTRICT", "甲区")
	c.settle()
	for _, a := range []struct {
		who, mutation, input string
		ready                func(title string) input
		most                 int64
	}{
		{"委员甲", "submitProposal", "SubmitProposalInput", func(title string) input {
			return input{"matterId": c.draft("委员甲", "INDIVIDUAL", title)}
		}, 17},
		{"主任", "fileProposal", "FileProposalInput", func(title string) input {
			return input{"matterId": c.reviewed("委员甲", title)}
		}, 18},
		{"商务局承办人", "draftReply", "DraftReplyInput", func(title string) input {
			matter := c.assigned(title, "商务局")
			share := c.shareOf(matter, "商务局")
			c.share("商务局联络员", "signReceipt", share, nil)
			c.share("商务局联络员", "nameOfficer", share, input{"membershipId": c.person["商务局承办人"]})
			c.share("商务局承办人", "recordContact", share, input{"partyId": c.lead(matter), "mode": "面谈", "stage": "办前", "on": "2024-12-27", "text": "当面听取意见"})
			return input{"assignmentId": share, "class": "A", "body": "关于提案的答复：已研究采纳，具体措施如下。"}
		}, 19},
	} {
		t.Run(a.mutation, func(t *testing.T) {
			c.do(a.who, a.mutation, a.ready("关于增设路灯的提案")) // who asks first is looked up
			answer := c.ask(a.who, fmt.Sprintf(`mutation Act($input: %s!) { %s(input: $input) { matter { id state number version nextDueOn } userErrors { message } } }`, a.input, a.mutation),
				input{"input": a.ready("关于修整步道的提案")})
			if done := dig(answer.Data, a.mutation, "matter", "state"); done == nil {
				t.Fatal(answer.text)
			}
			if c.spent > a.most {
				t.Errorf("%d statements, at most %d", c.spent, a.most)
			}
		})
	}
}
