package proposals_test

import (
	"context"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/bihuan/bihuan/ent/gen/assignment"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/matter"
	"github.com/bihuan/bihuan/ent/gen/proposal"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

// situations are cases in as many states as there are.
var situations = map[string]func(w *world) *flow.Case{
	"草稿": func(w *world) *flow.Case { return w.draft("委员甲", proposal.ProposerKindINDIVIDUAL) },
	"空白草稿": func(w *world) *flow.Case {
		c := w.draft("委员甲", proposal.ProposerKindJOINT)
		return w.do("委员甲", "edit", c.Matter.ID, process.Form{"situation": ""})
	},
	"界别草稿": func(w *world) *flow.Case { return w.draft("委员甲", proposal.ProposerKindSECTOR) },
	"党派草稿": func(w *world) *flow.Case { return w.draft("联络员", proposal.ProposerKindPARTY) },
	"会签中":  func(w *world) *flow.Case { return w.joint("委员乙", "委员丙") },
	"会签完": func(w *world) *flow.Case {
		c := w.joint("委员乙", "委员丙")
		w.do("委员丙", "decline", c.Matter.ID, nil)
		return w.do("委员乙", "sign", c.Matter.ID, nil)
	},
	"已提交": func(w *world) *flow.Case {
		return w.do("委员甲", "submit", w.draft("委员甲", proposal.ProposerKindINDIVIDUAL).Matter.ID, nil)
	},
	"退改待联名人确认": func(w *world) *flow.Case {
		c := w.joint("委员乙")
		w.do("委员乙", "sign", c.Matter.ID, nil)
		w.do("委员甲", "submit", c.Matter.ID, nil)
		w.do("干事", "returnForEdit", c.Matter.ID, nil)
		return w.do("委员甲", "edit", c.Matter.ID, process.Form{"analysis": "换了分析。"})
	},
	"审查中": func(w *world) *flow.Case { return w.reviewed() },
	"可能涉密": func(w *world) *flow.Case {
		return w.do("主任", "flagSecret", w.reviewed().Matter.ID, nil)
	},
	"同意转社情民意": func(w *world) *flow.Case { return w.do("委员甲", "consentOpinion", w.reviewed().Matter.ID, nil) },
	"已立案":     func(w *world) *flow.Case { return w.filed() },
	"申请撤案": func(w *world) *flow.Case {
		c := w.do("委员甲", "applyWithdraw", w.filed().Matter.ID, nil)
		return w.do("干事", "requestCorrection", c.Matter.ID, process.Form{"field": "category", "value": "文化"})
	},
	"预交办": func(w *world) *flow.Case {
		return w.do("政府办", "preAssign", w.filed().Matter.ID, w.unitsForm("商务局", "SOLE"))
	},
	"已并案": func(w *world) *flow.Case {
		return w.do("主任", "merge", w.filed().Matter.ID, into(w.caseOf("委员乙")))
	},
	"并案后已交办": func(w *world) *flow.Case {
		surviving := w.caseOf("委员乙")
		c := w.do("主任", "merge", w.filed().Matter.ID, into(surviving))
		w.do("干事", "assign", surviving.Matter.ID, w.unitsForm("商务局", "SOLE"))
		return c
	},
	"已交办": func(w *world) *flow.Case { return w.led() },
	"申退中": func(w *world) *flow.Case {
		c := w.sole()
		w.share("商务局联络员", "applyReturn", w.of(c, "商务局").ID, nil)
		return w.share("政府办", "officeDecideReturn", w.of(c, "商务局").ID, grant(w.units["文旅局"].String()))
	},
	"申退期限已过": func(w *world) *flow.Case {
		c := w.sole()
		w.at(2025, 1, 10)
		return c
	},
	"申请延期": func(w *world) *flow.Case {
		_, a := w.received(w.sole(), "商务局")
		return w.share("商务局局长", "applyExtension", a, process.Form{"until": "2025-04-20"})
	},
	"建议增加单位": func(w *world) *flow.Case {
		_, a := w.received(w.sole(), "商务局")
		return w.share("商务局联络员", "suggestUnits", a, process.Form{"unitIds": []any{w.units["文旅局"].String()}})
	},
	"待签发": func(w *world) *flow.Case {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		w.share("商务局承办人", "draftReply", a, answerA)
		return w.share("商务局承办人", "submitDraft", a, nil)
	},
	"待审核": func(w *world) *flow.Case {
		w.policyIs(map[string]any{"officeAudit": true})
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		w.share("商务局承办人", "draftReply", a, answerA)
		w.share("商务局承办人", "submitDraft", a, nil)
		return w.share("商务局局长", "signOff", a, nil)
	},
	"中止计时": func(w *world) *flow.Case {
		c, _ := w.received(w.sole(), "商务局")
		return w.do("主任", "suspend", c.Matter.ID, nil)
	},
	"退回重办": func(w *world) *flow.Case {
		c := w.replied(w.sole(), "商务局", "A")
		return w.share("干事", "sendBack", w.of(c, "商务局").ID, nil)
	},
	"待征询": func(w *world) *flow.Case { return w.replied(w.led(), "商务局", "A") },
	"征询期已过": func(w *world) *flow.Case {
		c := w.replied(w.sole(), "商务局", "A")
		w.at(2025, 2, 3)
		return c
	},
	"两次不满意": func(w *world) *flow.Case {
		c := w.rated(w.replied(w.sole(), "商务局", "A"), "委员甲", "DISSATISFIED")
		return w.rated(w.replied(c, "商务局", "A"), "委员甲", "DISSATISFIED")
	},
	"党派提案待征询": func(w *world) *flow.Case {
		c := w.draft("联络员", proposal.ProposerKindPARTY)
		w.attach(c.Matter.ID, nil, attachment.KindSEAL)
		c = w.do("主任", "file", w.passed("联络员", c.Matter.ID).Matter.ID, nil)
		return w.replied(w.do("干事", "assign", c.Matter.ID, w.unitsForm("商务局", "SOLE")), "商务局", "A")
	},
	"办结审核": func(w *world) *flow.Case { return w.reviewing("A") },
	"可以办结": func(w *world) *flow.Case {
		c := w.reviewing("A")
		w.share("干事", "acceptReply", w.of(c, "商务局").ID, nil)
		return w.do("干事", "decideDisclosure", c.Matter.ID, process.Form{"decision": "OPEN"})
	},
	"已办结":  func(w *world) *flow.Case { return w.completed(w.reviewing("A"), "商务局") },
	"跟踪落实": func(w *world) *flow.Case { return w.completed(w.reviewing("B"), "商务局") },
	"已归档": func(w *world) *flow.Case {
		return w.do("干事", "archive", w.completed(w.reviewing("A"), "商务局").Matter.ID, checklist)
	},
}

// led is a case that 商务局 leads and 文旅局 assists, which is late.
func (w *world) led() *flow.Case {
	c := w.assigned(map[string]assignment.Role{"商务局": assignment.RoleLEAD, "文旅局": assignment.RoleASSIST})
	w.at(2025, 2, 3)
	return w.look(c.Matter.ID)
}

// What may be done is computed by the code that does it: for every state and
// every person, what is offered without a form can be done, and what is not
// offered, or is offered as blocked, is refused.
func TestWhatIsOfferedIsWhatCanBeDone(t *testing.T) {
	t.Parallel()
	for situation, build := range situations {
		say(t, situation, func(w *world) {
			c := w.look(build(w).Matter.ID)
			for i, name := range slices.Sorted(maps.Keys(w.people)) {
				w.agree(i, name, c)
			}
		})
	}
}

// agree compares, for the n-th person, what is offered with what can be done.
func (w *world) agree(n int, name string, c *flow.Case) {
	w.t.Helper()
	id := c.Matter.ID
	err := w.as(name, func(ctx context.Context) error {
		cl := w.store.Ent()
		if seen, err := cl.Matter.Query().Where(matter.ID(id)).Exist(ctx); err != nil || !seen {
			for _, action := range []string{"edit", "submit", "urge", "archive"} {
				if got := tryOut(ctx, w.engine, flow.Command{Machine: process.OfMatter, Subject: id, Action: action, Reason: "测试理由"}); !errs.Is(got, errs.NotFound) {
					w.t.Errorf("%s does not see it, but %s: %v", name, action, got)
				}
			}
			return err
		}
		offered, err := w.engine.Available(ctx, id)
		if err != nil {
			return err
		}
		w.compare(ctx, n, name, process.OfMatter, id, c.State, c.Def.Machines[process.OfMatter], offered[id])
		for _, a := range cl.Assignment.Query().Where(assignment.MatterID(id)).AllX(ctx) {
			w.compare(ctx, n, name, process.OfAssignment, a.ID, a.State, c.Def.Machines[process.OfAssignment], offered[a.ID])
		}
		return nil
	})
	if err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

func (w *world) compare(ctx context.Context, n int, name, machine string, id uuid.UUID, state string, m *process.Machine, offered []flow.Available) {
	w.t.Helper()
	blocked := map[string]string{}
	for _, a := range offered {
		blocked[a.Action.Code] = a.Blocked
	}
	for i, a := range m.Actions {
		why, listed := blocked[a.Code]
		every := 12 // of what is not offered each person tries a sample, less of what leads out of other states
		if slices.Contains(a.From, state) {
			every = 3
		}
		if (!listed && (i+n)%every != 0) || (listed && why == "" && a.Form != nil) {
			continue
		}
		err := tryOut(ctx, w.engine, flow.Command{Machine: machine, Subject: id, Action: a.Code, Reason: "测试理由"})
		if _, shown := errs.As(err); err != nil && !shown {
			w.t.Errorf("%s %s breaks: %v", name, a.Code, err)
		}
		if can := err == nil; can != (listed && why == "") {
			w.t.Errorf("%s %s in %s: offered %v (blocked %q), but doing it says %v", name, a.Code, state, listed, why, err)
		}
	}
}
