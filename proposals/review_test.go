package proposals_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/audit"
	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/clock"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/tenants"
)

var opinionToFile = process.Form{"disposition": "FILED", "note": "内容具体，建议可行"}

// Transitions 8 and 9.
func TestReviewing(t *testing.T) {
	t.Parallel()
	say(t, "there are three passes in order, and every opinion is kept", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		id := c.Matter.ID
		w.refused("审查员", "recordPass", process.OfMatter, id, opinionToFile, errs.NotAllowedInState)
		w.refused("审查员", "startReview", process.OfMatter, id, opinionToFile, errs.NotAllowed)
		w.refused("干事", "startReview", process.OfMatter, id, process.Form{"disposition": "随便"}, errs.Invalid)
		c = w.do("干事", "startReview", id, opinionToFile)
		is(w, "state", c.State, "UNDER_REVIEW")
		w.blocked("主任", "file", process.OfMatter, id, nil, "proposal.reviewed")
		w.refused("干事", "recordPass", process.OfMatter, id, opinionToFile, errs.NotAllowed)
		w.do("审查员", "recordPass", id, opinionToFile)
		for _, action := range []string{"file", "convertToOpinion", "convertToLetter", "forwardUp"} {
			w.blocked("主任", action, process.OfMatter, id, nil, "proposal.reviewed")
		}
		w.blocked("主任", "refuse", process.OfMatter, id, process.Form{"reasonCode": "EMPTY"}, "proposal.reviewed")
		c = w.do("主任", "recordPass", id, opinionToFile)
		w.refused("主任", "recordPass", process.OfMatter, id, opinionToFile, errs.NotAllowedInState)
		var names []string
		for _, r := range c.RecordsOf(record.KindREVIEW) {
			names = append(names, r.Stage)
		}
		is(w, "passes", fmt.Sprint(names), "[初审 复审 终审]")
	})
	say(t, "F19: two passes in a row are made by two people, unless the policy lets one make them", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("主任", "startReview", c.Matter.ID, opinionToFile)
		w.blocked("主任", "recordPass", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.pass_by_other")
		w.do("审查员", "recordPass", c.Matter.ID, opinionToFile)
		w.blocked("审查员", "recordPass", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.pass_by_other")
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
		w.policyIs(map[string]any{"reviewPeople": 1})
		c = w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("主任", "startReview", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
	})
	say(t, "F19: where the policy wants three people, nobody makes two passes; a return begins anew", func(w *world) {
		w.policyIs(map[string]any{"reviewPeople": 3})
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("主任", "startReview", c.Matter.ID, opinionToFile)
		w.do("审查员", "recordPass", c.Matter.ID, opinionToFile)
		w.blocked("主任", "recordPass", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.pass_by_other")
		w.do("副主任", "recordPass", c.Matter.ID, opinionToFile)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("委员甲", "resubmit", c.Matter.ID, nil)
		w.do("副主任", "startReview", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
	})
	say(t, "a committee may decide for fewer passes", func(w *world) {
		w.policyIs(map[string]any{"reviewPasses": 1})
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("干事", "startReview", c.Matter.ID, opinionToFile)
		w.do("主任", "file", c.Matter.ID, nil)
	})
	say(t, "nobody reviews his own proposal; who declined to sign it is no proposer", func(w *world) {
		w.must("", func(ctx context.Context, c *gen.Client) error {
			for _, name := range []string{"委员甲", "委员乙", "委员丙"} {
				for _, role := range []string{"proposal_clerk", "proposal_reviewer"} {
					if err := c.Grant.Create().SetMembershipID(w.people[name].Membership).SetRole(role).Exec(ctx); err != nil {
						return err
					}
				}
			}
			return nil
		})
		c := w.joint("委员乙", "委员丙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员丙", "decline", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.blocked("委员甲", "startReview", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.not_own")
		w.blocked("委员乙", "startReview", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.not_own")
		w.do("委员丙", "startReview", c.Matter.ID, opinionToFile)
		w.blocked("委员乙", "recordPass", process.OfMatter, c.Matter.ID, opinionToFile, "proposal.not_own")
	})
	say(t, "the proposers do not see the opinions of the passes", func(w *world) {
		c := w.reviewed()
		w.must("委员甲", func(ctx context.Context, cl *gen.Client) error {
			is(w, "records", cl.Record.Query().CountX(ctx), 0)
			return nil
		})
		w.must("干事", func(ctx context.Context, cl *gen.Client) error {
			is(w, "records", cl.Record.Query().Where(record.MatterID(c.Matter.ID)).CountX(ctx), 3)
			return nil
		})
	})
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	say(t, "while somebody thinks it secret it is not filed, merged, converted or forwarded", func(w *world) {
		into := w.filed()
		c := w.reviewed()
		w.do("干事", "flagSecret", c.Matter.ID, nil)
		w.blocked("主任", "file", process.OfMatter, c.Matter.ID, nil, "proposal.not_secret")
		for _, action := range []string{"convertToOpinion", "convertToLetter", "forwardUp"} {
			w.blocked("主任", action, process.OfMatter, c.Matter.ID, nil, "proposal.not_secret")
		}
		w.blocked("主任", "merge", process.OfMatter, c.Matter.ID, process.Form{"intoId": into.Matter.ID.String()}, "proposal.not_secret")
	})
	say(t, "it is cleared by another person than who raised it", func(w *world) {
		c := w.reviewed()
		w.do("主任", "flagSecret", c.Matter.ID, nil)
		w.refused("干事", "clearSecret", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		w.blocked("主任", "clearSecret", process.OfMatter, c.Matter.ID, nil, "proposal.flagged_by_other")
		w.do("干事", "flagSecret", c.Matter.ID, nil) // the clerk's concern does not make the director another person
		w.blocked("主任", "clearSecret", process.OfMatter, c.Matter.ID, nil, "proposal.flagged_by_other")
		w.do("副主任", "clearSecret", c.Matter.ID, nil)
		w.blocked("副主任", "clearSecret", process.OfMatter, c.Matter.ID, nil, "proposal.flagged_by_other")
		is(w, "state", w.do("主任", "file", c.Matter.ID, nil).State, "FILED")
	})
	say(t, "it is refused as secret by another person than who raised it", func(w *world) {
		c := w.reviewed()
		secret := process.Form{"reasonCode": "SECRET"}
		w.blocked("主任", "refuse", process.OfMatter, c.Matter.ID, secret, "proposal.refusal_reason")
		w.do("主任", "flagSecret", c.Matter.ID, nil)
		w.blocked("主任", "refuse", process.OfMatter, c.Matter.ID, secret, "proposal.refusal_reason")
		c = w.do("副主任", "refuse", c.Matter.ID, secret)
		is(w, "state", c.State, "NOT_FILED")
		is(w, "reason", c.Edges.Proposal.DispositionReason, "SECRET")
	})
	say(t, "a concern that was cleared does not serve to refuse", func(w *world) {
		c := w.reviewed()
		w.do("干事", "flagSecret", c.Matter.ID, nil)
		w.do("主任", "clearSecret", c.Matter.ID, nil)
		w.blocked("主任", "refuse", process.OfMatter, c.Matter.ID, process.Form{"reasonCode": "SECRET"}, "proposal.refusal_reason")
	})
	say(t, "M7: from the concern on it is read by its author and by who decides about it, refused for it too, until it is cleared", func(w *world) {
		reads := func(id uuid.UUID) (out []string) {
			for _, who := range []string{"委员甲", "干事", "审查员", "主任", "政府办", "召集人", "商务局联络员"} {
				w.must(who, func(ctx context.Context, c *gen.Client) error {
					if c.Matter.Query().Where(matter.ID(id)).ExistX(ctx) {
						out = append(out, who)
					}
					return nil
				})
			}
			return out
		}
		c := w.reviewed()
		before := reads(c.Matter.ID)
		if !slices.Contains(before, "政府办") {
			w.t.Fatal("the office did not read it before:", before)
		}
		circle := []string{"委员甲", "干事", "审查员", "主任"}
		w.do("干事", "flagSecret", c.Matter.ID, nil)
		is(w, "while it is decided", fmt.Sprint(reads(c.Matter.ID)), fmt.Sprint(circle))
		w.do("主任", "clearSecret", c.Matter.ID, nil)
		is(w, "cleared", fmt.Sprint(reads(c.Matter.ID)), fmt.Sprint(before))
		w.do("干事", "flagSecret", c.Matter.ID, nil)
		w.do("主任", "refuse", c.Matter.ID, process.Form{"reasonCode": "SECRET"})
		is(w, "refused as a secret", fmt.Sprint(reads(c.Matter.ID)), fmt.Sprint(circle))
	})
	say(t, "the proposers do not learn of the concern", func(w *world) {
		c := w.reviewed()
		w.do("干事", "flagSecret", c.Matter.ID, nil)
		if slices.ContainsFunc(w.stepsOf("委员甲", c.Matter.ID), func(s *gen.Step) bool { return s.Action == "flagSecret" }) {
			w.t.Error("the proposer's timeline shows it")
		}
		if !slices.ContainsFunc(w.stepsOf("审查员", c.Matter.ID), func(s *gen.Step) bool { return s.Action == "flagSecret" }) {
			w.t.Error("the reviewer's timeline does not show it")
		}
	})
}

// Transitions 10, 15 and 16.
func TestDeciding(t *testing.T) {
	t.Parallel()
	say(t, "the director files, and the case gets its number and day", func(w *world) {
		c := w.reviewed()
		for _, other := range []string{"干事", "审查员", "政府办"} {
			w.refused(other, "file", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		}
		w.refused("委员甲", "file", process.OfMatter, c.Matter.ID, nil, errs.NotAllowed)
		c = w.do("主任", "file", c.Matter.ID, nil)
		is(w, "number", c.Number, "第十一届四次会议第001号")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionFILED)
		is(w, "filed", c.Edges.Proposal.FiledAt.Equal(w.clock.Now()), true)
		is(w, "assignment within 30 days of closing", day(timerOf(w, c, "assign", nil).DueOn), "2025-01-28")
	})
	say(t, "M12: where no 一号提案 is or is to be the cases begin with 001", func(w *world) {
		is(w, "first filed", w.filed().Number, "第十一届四次会议第001号")
		is(w, "second filed", w.filed().Number, "第十一届四次会议第002号")
	})
	say(t, "M12: 001 is kept where a loop of the year goes on, of which a sitting has one", func(w *world) {
		w.loop(2024) // another year's
		w.loop(2025)
		is(w, "first filed", w.filed().Number, "第十一届四次会议第002号")
		c := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		is(w, "一号提案", c.Number, "第十一届四次会议第001号")
		is(w, "flag", c.Edges.Proposal.IsNoOne, true)
		w.refused("主任", "file", process.OfMatter, w.reviewed().Matter.ID, process.Form{"noOne": true}, errs.Conflict)
		is(w, "next", w.filed().Number, "第十一届四次会议第003号")
	})
	say(t, "M12: a 一号提案 that nobody expected takes 001 from who had it, and his timeline says so", func(w *world) {
		first, second := w.filed(), w.filed()
		c := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		is(w, "一号提案", c.Number, "第十一届四次会议第001号")
		is(w, "who had it", w.look(first.Matter.ID).Number, "第十一届四次会议第003号")
		is(w, "others", w.look(second.Matter.ID).Number, "第十一届四次会议第002号")
		steps := w.stepsOf("委员甲", first.Matter.ID)
		is(w, "told", steps[len(steps)-1].Before["number"], any("第十一届四次会议第001号"))
	})
	say(t, "a 一号提案 that is withdrawn gives its place back", func(w *world) {
		c := w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		w.do("委员甲", "applyWithdraw", c.Matter.ID, nil)
		w.do("主任", "approveWithdraw", c.Matter.ID, nil)
		c = w.do("主任", "file", w.reviewed().Matter.ID, process.Form{"noOne": true})
		is(w, "number", c.Number, "第十一届四次会议第001号")
	})
	say(t, "a 平时提案 continues after the plenary numbers, or has its own, as the policy says", func(w *world) {
		w.filed()
		w.at(2025, 3, 3)
		c := w.filed()
		is(w, "continued", c.Number, "第十一届四次会议第002号")
		w.policyIs(map[string]any{"intersessionNumbers": "OWN"})
		is(w, "own", w.filed().Number, "平-2025-001")
		is(w, "own", w.filed().Number, "平-2025-002")
	})
	say(t, "refusal has a known reason, a number of its own, and perhaps a unit that may use it", func(w *world) {
		c := w.reviewed()
		w.refused("主任", "refuse", process.OfMatter, c.Matter.ID, process.Form{"reasonCode": "BECAUSE"}, errs.Invalid)
		w.refused("主任", "refuse", process.OfMatter, c.Matter.ID, process.Form{}, errs.Invalid)
		c = w.do("主任", "refuse", c.Matter.ID, process.Form{"reasonCode": "EMPTY", "note": "没有具体建议", "unitId": w.units["文旅局"].String()})
		p := c.Edges.Proposal
		is(w, "number", p.NotFiledNo, "T1104-001")
		is(w, "note", p.DispositionNote, "没有具体建议")
		is(w, "no case number", p.CaseNo == nil, true)
		is(w, "next case", w.filed().Number, "第十一届四次会议第001号")
		c = w.do("主任", "refuse", w.reviewed().Matter.ID, process.Form{"reasonCode": "PERSONAL"})
		is(w, "second number", c.Edges.Proposal.NotFiledNo, "T1104-002")
		w.refused("文旅局联络员", "signReceipt", process.OfMatter, c.Matter.ID, nil, errs.NotFound)
	})
	say(t, "it is forwarded up only where there is an upper committee, and an agreement with it", func(w *world) {
		c := w.reviewed()
		w.blocked("主任", "forwardUp", process.OfMatter, c.Matter.ID, nil, "forward.above")
		w.above()
		w.blocked("主任", "forwardUp", process.OfMatter, c.Matter.ID, nil, "forward.above") // no agreement lets it out
		w.agreed()
		c = w.do("主任", "forwardUp", c.Matter.ID, nil)
		is(w, "state", c.State, "FORWARDED_UP")
		is(w, "disposition", c.Edges.Proposal.Disposition, proposal.DispositionFORWARDED_UP)
	})
}

func TestNumbersHaveNoGapUnderConcurrency(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// file lets n directors file a reviewed case each at the same time.
	file := func(n int, form process.Form) (numbers []int, failed []error) {
		var ids []uuid.UUID
		for range n {
			ids = append(ids, w.reviewed().Matter.ID)
		}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for _, id := range ids {
			wg.Go(func() {
				ctx := clock.With(context.Background(), w.clock)
				err := w.store.InTx(ctx, w.tenant, func(ctx context.Context) error {
					v, err := w.person(ctx, "主任")
					if err != nil {
						return err
					}
					ctx, _ = audit.Collect(ctx)
					c, err := w.engine.Do(authz.With(ctx, v), flow.Command{Machine: process.OfMatter, Subject: id, Action: "file", Form: form})
					if err == nil {
						mu.Lock()
						numbers = append(numbers, *c.Edges.Proposal.CaseNo)
						mu.Unlock()
					}
					return err
				})
				if err != nil {
					mu.Lock()
					failed = append(failed, tenants.Translate(err))
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		slices.Sort(numbers)
		return numbers, failed
	}
	t.Run("of five who file a 一号提案 at once one does, and the others conflict", func(t *testing.T) {
		numbers, failed := file(5, process.Form{"noOne": true})
		if !slices.Equal(numbers, []int{1}) || len(failed) != 4 {
			t.Error(numbers, failed)
		}
		for _, err := range failed {
			if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		}
	})
	t.Run("twenty cases filed at once are numbered 2 to 21", func(t *testing.T) {
		numbers, failed := file(20, nil)
		if len(numbers) != 20 || numbers[0] != 2 || numbers[19] != 21 || len(slices.Compact(numbers)) != 20 || len(failed) > 0 {
			t.Error(numbers, failed)
		}
	})
}
