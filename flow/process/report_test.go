package process_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/authz"
	"github.com/bihuan/bihuan/flow/process"
)

func TestReport(t *testing.T) {
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	e := checker()
	report := func(source string, held ...string) process.Report {
		d, err := process.Parse([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		return e.Report(d, process.DefaultPolicy(), rights, func(role string) bool { return slices.Contains(held, role) })
	}
	everybody := []string{"committee_staff", "secretary_general", "unit_lead"}
	t.Run("it tells states, ends and steps in words", func(t *testing.T) {
		r := report(tiny, everybody...)
		if !r.OK() || len(r.Findings) != 0 || len(r.States) != 9 || r.Reachable != 9 || !slices.Equal(r.Ends, []string{"已结束"}) {
			t.Errorf("%+v", r)
		}
		if len(r.Steps) != 2 || r.Steps[0].Step != 1 || !slices.Equal(r.Steps[1].Labels, []string{"已开会"}) {
			t.Errorf("%+v", r.Steps)
		}
		s := r.States[0]
		if s.Turn != "主任" || !slices.Equal(s.Deadlines, []string{"答复", "窗口"}) || s.Actions[0] != "记录" || !s.Reachable || s.End {
			t.Errorf("%+v", s)
		}
	})
	t.Run("what nobody in office can do is a warning, and no reason to refuse", func(t *testing.T) {
		r := report(tiny, "committee_staff", "unit_lead")
		if len(r.Findings) != 1 || !r.OK() || r.Findings[0].Level != process.Warn || r.Findings[0].Problem != "现在没有人担任秘书长、主席，没有人能进行“主席决定”" || r.Findings[0].Line == 0 {
			t.Errorf("%v", r.Findings)
		}
	})
	t.Run("so is a turn, and a reminder, of a role that nobody has", func(t *testing.T) {
		r := report(change(t, "rungs: [3]}", "rungs: [3], notify: [chair], escalate: [street_liaison]}"), "secretary_general", "unit_lead")
		var texts []string
		for _, f := range r.Findings {
			texts = append(texts, f.Problem)
		}
		all := strings.Join(texts, "\n")
		for _, want := range []string{"现在没有人担任专委会工作人员，“已打开”没有人接手", "现在没有人担任主席，“答复申请”的提醒没有人收到", "现在没有人担任街道联络员，“答复申请”的提醒没有人收到"} {
			if !strings.Contains(all, want) {
				t.Errorf("%s is not in\n%s", want, all)
			}
		}
	})
	t.Run("a role named for an action that it has no right to is an error", func(t *testing.T) {
		r := report(change(t, "by: [unit_lead]", "by: [member]"), everybody...)
		if got := process.Errors(r.Findings); len(got) != 1 || got[0].Problem != "委员没有权限“matter.respond”，没有人能进行“办复”" || r.OK() {
			t.Errorf("%v", r.Findings)
		}
	})
	t.Run("a state that is left by automatic actions which await somebody is fine", func(t *testing.T) {
		r := report(change(t, rest, "- {code: wait, label: 等, from: [LATE], to: DONE, automatic: true, awaits: 答复, guards: [tiny.always]}\n      "+rest), everybody...)
		if len(r.Findings) != 0 {
			t.Errorf("%v", r.Findings)
		}
	})
}

// A1: a turn that reaches nobody is a finding.
func TestATurnThatCanDoNothingIsAFinding(t *testing.T) {
	t.Parallel()
	rights, err := authz.Load()
	if err != nil {
		t.Fatal(err)
	}
	of := func(turn string) []process.Finding {
		d, err := process.Parse([]byte(`
kind: one
version: 1
title: 一步
turns: {` + turn + `: 某人}
machines:
  matter:
    initial: A
    states:
      - {code: A, label: 甲, turn: ` + turn + `, visible: STAFF, waits: 不急}
      - {code: B, label: 乙, end: true}
    actions:
      - {code: go, label: 去, from: [A], to: B, may: matter.approve}
`))
		if err != nil {
			t.Fatal(err)
		}
		return process.NewVocabulary().Report(d, process.DefaultPolicy(), rights, nil).Findings
	}
	for turn, right := range map[string]bool{"secretary_general": true, "street_liaison": false, "units": false, "PARTICIPANT": true} {
		if got := of(turn); (len(got) == 0) != right {
			t.Errorf("%s: %v", turn, got)
		}
	}
}
