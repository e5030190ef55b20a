package cohorts

import (
	"regexp"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
)

// owning is the shipped text with an action of a committee's own, that has an
// effect, and other changes.
func owning(t testing.TB, effect string, changes ...string) *process.Definition {
	t.Helper()
	action := `      - {code: expertMeeting, label: 专家论证会, from: [P1_COLLECT], may: cohort.run, guards: [cohort.happened], effects: [` + effect +
		`], form: {required: ["on", text], properties: {"on": *on, text: *text}}}` + "\n"
	const before = "      # third year"
	source := definition(t, Kind).Source
	if !strings.Contains(source, before) {
		t.Fatal("where is the third year?")
	}
	d, err := process.Parse([]byte(strings.NewReplacer(append(changes, before, action+before)...).Replace(source)))
	must(t, err)
	return d
}

// C3: what an action records is an argument in the definition, so that a
// committee's own action passes publication and works, or is refused there.
func TestRecordings(t *testing.T) {
	t.Parallel()
	t.Run("C3: an action of the committee's own records as its version says", func(t *testing.T) {
		t.Parallel()
		h := newHouseOn(t, owning(t, "{cohort.record: {kind: MEETING, stage: 专家论证}}"))
		l := h.opened(t, 2023, water)
		if r := last(l.does(t, director, "expertMeeting", l.fact(nil), "P1_COLLECT"), "专家论证"); r == nil || r.Kind != record.KindMEETING {
			t.Fatal(r)
		}
	})
	t.Run("C3: a loop on version 2, which named no recordings, records as it did", func(t *testing.T) {
		t.Parallel()
		h := newHouseOn(t, second(t))
		l := h.opened(t, 2023, water)
		l.prestudied(t)
		c := l.look(t)
		for stage, kind := range map[string]record.Kind{stageKickoff: record.KindMEETING, stageResearch: record.KindREPORT, stageChoice: record.KindAPPROVAL} {
			if r := last(c, stage); r == nil || r.Kind != kind {
				t.Error(stage, r)
			}
		}
	})
	rights, err := authz.Load()
	must(t, err)
	s := flow.NewRules()
	Register(s)
	const consultation = "{cohort.record: {kind: MEETING, stage: 办理中·解决问题协商}}"
	for name, c := range map[string]struct {
		effect  string
		changes []string
		says    string
	}{
		"without arguments":                     {"cohort.record", nil, "要写明 kind 和 stage"},
		"without a stage":                       {"{cohort.record: {kind: MEETING}}", nil, "要写明 stage"},
		"a kind that is none":                   {"{cohort.record: {kind: TALK, stage: 专家论证}}", nil, "没有记录的类别“TALK”"},
		"a designation that designates nothing": {"{cohort.record: {kind: APPROVAL, stage: 确定一号提案}}", nil, "由 cohort.designate 记录"},
		"a known stage as another kind":         {"{cohort.record: {kind: REPORT, stage: 座谈会}}", nil, "应作为 MEETING 记录"},
		"another year by the way":               {"{cohort.record: {kind: EXTENSION, stage: 专家论证}}", nil, "EXTENSION 只用于"},
		"a gate that nothing opens":             {"cohort.unchoose", []string{consultation, "{cohort.record: {kind: MEETING, stage: 别的协商}}"}, "没有哪个动作记录“办理中·解决问题协商”"},
	} {
		t.Run("C3: is refused at publication: "+name, func(t *testing.T) {
			var all []string
			for _, f := range process.Errors(s.Check(owning(t, c.effect, c.changes...), process.DefaultPolicy(), process.RolesOf(rights))) {
				all = append(all, f.String())
			}
			if len(all) != 1 || !strings.Contains(all[0], c.says) {
				t.Error(all)
			}
		})
	}
	t.Run("C3: what the shipped version says is what its former version meant", func(t *testing.T) {
		said := regexp.MustCompile(`\{cohort\.record: \{[^}]*\}\}`)
		d, err := process.Parse([]byte(said.ReplaceAllString(definition(t, Kind).Source, recordEffect)))
		must(t, err)
		now := definition(t, Kind).Machines[process.OfMatter]
		for i, a := range d.Machines[process.OfMatter].Actions {
			for stage := range kindOf {
				if makes(a, stage) != makes(now.Actions[i], stage) {
					t.Error(a.Code, stage)
				}
			}
		}
	})
}
