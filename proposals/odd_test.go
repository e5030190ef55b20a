package proposals_test

import (
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
)

func TestWhatMayBeWrittenIntoACase(t *testing.T) {
	t.Parallel()
	say(t, "R1: a correction keeps to what a title keeps to", func(w *world) {
		c := w.filed()
		for _, bad := range []string{"   ", "长长长", strings.Repeat("长", 200), "关于停车\n的提案", "关于停车\u2028的提案", "\u200b\u3164\u2800\u200b", "关于\u202e停车的提案"} {
			w.refused("主任", "requestCorrection", process.OfMatter, c.Matter.ID, process.Form{"field": "title", "value": bad}, errs.Invalid)
		}
		w.do("主任", "requestCorrection", c.Matter.ID, process.Form{"field": "title", "value": " 关于\u200b停车的提案 "})
		is(w, "kept", w.do("副主任", "approveCorrection", c.Matter.ID, nil).Title, "关于停车的提案")
	})
	say(t, "R2: a contact, a reply and an urging of spaces say nothing", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		form := w.contact(c)
		form["text"] = " "
		w.refused("商务局承办人", "recordContact", process.OfAssignment, a, form, errs.Invalid)
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		w.refused("商务局承办人", "draftReply", process.OfAssignment, a, process.Form{"class": "A", "body": strings.Repeat(" ", 10)}, errs.Invalid)
		w.refused("主任", "urge", process.OfMatter, c.Matter.ID, process.Form{"unitId": w.of(c, "商务局").UnitID.String(), "level": "提醒", "text": "\u3000"}, errs.Invalid)
	})
	say(t, "R17: nobody was contacted before the unit had the case, nor tomorrow", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		for _, on := range []string{"2001-05-01", "2024-01-01", "2099-01-01"} {
			form := w.contact(c)
			form["on"] = on
			w.refused("商务局承办人", "recordContact", process.OfAssignment, a, form, errs.Invalid)
		}
		w.share("商务局承办人", "recordContact", a, w.contact(c))
	})
	say(t, "R19: a promise is not due before today", func(w *world) {
		c, a := w.received(w.sole(), "商务局")
		w.share("商务局承办人", "recordContact", a, w.contact(c))
		for _, due := range []string{"2019-03-01", "2099-01-01"} {
			w.refused("商务局承办人", "draftReply", process.OfAssignment, a, process.Form{"class": "B", "body": "关于提案的答复：列入计划，分步解决。",
				"commitments": []any{map[string]any{"text": "建成停车场", "dueOn": due}}}, errs.Invalid)
		}
	})
	say(t, "R18: a consultation of 2099 has not taken place", func(w *world) {
		c := w.rated(w.replied(w.sole(), "商务局", "A"), "委员甲", "DISSATISFIED")
		c = w.rated(w.replied(c, "商务局", "A"), "委员甲", "DISSATISFIED")
		consult := process.Form{"on": "2099-12-27", "place": "区政协会议室", "present": []any{"提案委", "区政府办"}, "decision": "分两年实施"}
		w.refused("干事", "jointConsult", process.OfMatter, c.Matter.ID, consult, errs.Invalid)
	})
}
