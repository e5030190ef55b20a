package proposals_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/ent/gen/step"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// told is everything that a person reads in a case's timeline.
func (w *world) told(who string, c *flow.Case) (text string, actions []string) {
	w.t.Helper()
	for _, s := range w.stepsOf(who, c.Matter.ID) {
		b, err := json.Marshal([]any{s.Before, s.After, s.Reason})
		if err != nil {
			w.t.Fatal(err)
		}
		text += string(b)
		actions = append(actions, s.Action)
	}
	return text, actions
}

func TestWhatWasNeverHandedInStaysTheAuthors(t *testing.T) {
	t.Parallel()
	thrown := "这句话写了又删了"
	say(t, "F1: of drafts only who brings it in and who is invited sees steps; edits in one sitting are one", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		for _, text := range []string{thrown, "改回来。", "街区客流不足，夜间尤甚。"} {
			w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": text})
			w.clock.Advance(5 * time.Minute)
		}
		w.clock.Advance(time.Hour)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": "街区客流不足，周末尤甚。"})
		w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": []any{w.member("委员乙")}})
		w.do("委员乙", "sign", c.Matter.ID, nil)
		for _, who := range []string{"委员甲", "委员乙"} {
			text, actions := w.told(who, c)
			is(w, who+" reads", strings.Join(actions, " "), "create edit edit inviteCosign sign cosignDone")
			is(w, who+" reads no text", strings.Contains(text, thrown), false)
		}
		w.do("委员甲", "submit", c.Matter.ID, nil)
		for _, who := range []string{"干事", "主任", "政府办"} {
			text, actions := w.told(who, c)
			is(w, who+" reads", strings.Join(actions, " "), "submit")
			is(w, who+" reads no text", strings.Contains(text, thrown), false)
		}
		_, actions := w.told("委员乙", c)
		is(w, "who brought it in keeps the whole", len(actions), 7)
	})
	say(t, "F1: a returned or reopened text says what changed when it is handed in, and nothing of what came between", func(w *world) {
		c := w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": thrown})
		w.clock.Advance(time.Hour)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": "改定的情况。"})
		c = w.do("委员甲", "resubmit", c.Matter.ID, nil)
		steps := w.stepsOf("干事", c.Matter.ID)
		is(w, "before", steps[len(steps)-1].Before["situation"], any("街区客流不足。"))
		is(w, "after", steps[len(steps)-1].After["situation"], any("改定的情况。"))
		is(w, "only what changed", len(steps[len(steps)-1].After), 1)
		w.do("干事", "startReview", c.Matter.ID, opinionToFile)
		w.do("审查员", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "recordPass", c.Matter.ID, opinionToFile)
		w.do("主任", "file", c.Matter.ID, nil)
		w.do("委员甲", "applyReedit", c.Matter.ID, nil)
		w.do("主任", "grantReedit", c.Matter.ID, process.Form{"grant": true})
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": thrown})
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "改定的分析。"})
		w.do("委员甲", "finishReedit", c.Matter.ID, nil)
		steps = w.stepsOf("干事", c.Matter.ID)
		is(w, "after", steps[len(steps)-1].After["analysis"], any("改定的分析。"))
		c = w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", string(assignment.RoleSOLE)))
		for _, who := range []string{"委员甲", "干事", "政府办", "商务局联络员"} {
			text, _ := w.told(who, c)
			is(w, who+" reads what was thrown away", strings.Contains(text, thrown), false)
		}
	})
	say(t, "F1: edits of another person, or with something in between, are steps of their own", func(w *world) {
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": "一"})
		w.do("委员甲", "inviteCosign", c.Matter.ID, process.Form{"membershipIds": []any{w.member("委员乙")}})
		w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": "二"})
		w.must("", func(ctx context.Context, cl *gen.Client) error {
			is(w, "edits", cl.Step.Query().Where(step.MatterID(c.Matter.ID), step.Action("edit")).CountX(ctx), 2)
			return nil
		})
	})
}
