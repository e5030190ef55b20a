package process_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/tenants/templates"
)

func parse(t testing.TB, source string) *process.Definition {
	t.Helper()
	d, err := process.Parse([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDiff(t *testing.T) {
	told := func(a, b string) (out []string) {
		for _, c := range process.Diff(parse(t, a), parse(t, b)) {
			out = append(out, c.String())
		}
		return out
	}
	t.Run("a version does not differ from itself, nor by its layout, comments and number", func(t *testing.T) {
		for _, source := range append(templates.Processes(), []byte(tiny)) {
			if got := told(string(source), "# 另一版\n"+strings.Replace(string(source), "version: 1", "version: 2", 1)); len(got) != 0 {
				t.Errorf("%v", got)
			}
		}
	})
	for _, c := range []struct{ sentence, old, new, says string }{
		{"a renamed process", "title: 小事", "title: 大事", "定义“大事”的名称由“小事”改为“大事”"},
		{"a renamed turn", "committee_staff: 主任", "committee_staff: 处长", "轮到“处长”的名称由“主任”改为“处长”"},
		{"another deadline", "{label: 会前, choose: tiny.choose,", "{label: 会前, within: {amount: 5, unit: WORKDAY},", "期限“会前”的时长由“无”改为“5 个工作日”"},
		{"other reminders", "late: {label: 答复申请, deadline: sign.receipt, rungs: [3]", "late: {label: 答复申请, deadline: sign.receipt, rungs: [0, -3]", "期限“答复申请”的提醒由“前 3 天”改为“当天、逾期 3 天”"},
		{"a state's deadlines", "timers: [answer, window]", "timers: [answer]", "环节“已打开”的期限由“答复、窗口”改为“答复”"},
		{"a way", "from: [OPEN], to: HELD, may: matter.arrange}", "from: [OPEN, LATE], to: HELD, may: matter.arrange}", "动作“开会”的从由“已打开”改为“已打开、已过期”"},
		{"who may", "by: [unit_lead]", "by: [unit_lead, unit_officer]", "动作“办复”的限于由“承办单位领导”改为“承办单位领导、承办人”"},
		{"a condition", "guards: [tiny.allowed]", "guards: [tiny.allowed, {records: {kind: VISIT, least: 1}}]", "动作“结束”的条件由“tiny.allowed”改为“tiny.allowed、records{\"kind\":\"VISIT\",\"least\":1}”"},
		{"a field of a form", "maxLength: 5}", "maxLength: 5}, place: {type: string, title: 地点}", "动作“记录”的表单由“无”改为“新增“地点”一栏”"},
		{"what a field asks", "maxLength: 5}", "maxLength: 9}", "动作“记录”的表单的“内容”一栏由“{\"maxLength\":5,\"title\":\"内容\",\"type\":\"string\"}”改为“{\"maxLength\":9,\"title\":\"内容\",\"type\":\"string\"}”"},
	} {
		t.Run(c.sentence+" is told in words", func(t *testing.T) {
			if got := told(tiny, change(t, c.old, c.new)); !slices.Contains(got, c.says) {
				t.Errorf("%v", got)
			}
		})
	}
	t.Run("what was added and what was removed is told as a whole, in a stable order", func(t *testing.T) {
		next := strings.NewReplacer("      - {code: LATE, label: 已过期, turn: committee_staff, waits: 等人来处理}\n", "      - {code: NEW, label: 新环节, turn: committee_staff, waits: 等}\n").Replace(tiny)
		first := told(tiny, next)
		if len(first) < 3 || first[0] != "新增环节“新环节”" || first[1] != "删除环节“已过期”" {
			t.Errorf("%v", first)
		}
		for range 20 {
			if !slices.Equal(first, told(tiny, next)) {
				t.Fatal("another order")
			}
		}
	})
	t.Run("a machine that only one of them has is a list of additions", func(t *testing.T) {
		before, _, _ := strings.Cut(tiny, "  assignment:")
		if got := told(before, tiny); !slices.Contains(got, "新增动作“办复”") || !slices.Contains(got, "新增环节“承办”") {
			t.Errorf("%v", got)
		}
		if got := told(tiny, before); !slices.Contains(got, "删除动作“办复”") {
			t.Errorf("%v", got)
		}
	})
}
