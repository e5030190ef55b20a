package smoke

import (
	"fmt"
	"strings"
	"testing"
)

// spread: the city offers its way of working, both districts adopt it as a
// draft of their own, change it and publish it (DL-08); the city is told.
func (l *loop) spread(t *testing.T) {
	t.Helper()
	var process string
	for _, p := range l.city.admin.ask(`{ processes { id kind status } }`, nil)["processes"].([]any) {
		if str(p, "kind") == "cohort" && str(p, "status") == "PUBLISHED" {
			process = str(p, "id")
		}
	}
	l.city.as("主任").do("offerTemplate", m{"processId": process, "partners": []string{"210202", "210212"}, "note": "供各区市县政协参考"}, "done")
	l.post()
	for _, d := range []*district{l.zs, l.lsk} {
		envelope := d.letter("template")
		_, bad := d.admin.try("adoptTemplate", m{"envelopeId": str(envelope, "id"), "as": "bihuan"}, "")
		d.said("a regulated process under another name", bad, "INVALID_INPUT")
		draft := dig(d.admin.do("adoptTemplate", m{"envelopeId": str(envelope, "id")}, "process { id kind status source }"), "process").(m)
		changed := strings.Replace(str(draft, "source"), "三年闭环", "三年闭环（本区）", 1)
		d.admin.do("updateProcessDraft", m{"id": draft["id"], "source": changed}, "process { id }")
		proposed := d.admin.do("publishProcess", m{"id": draft["id"]}, "process { status hash }")
		if got := str(proposed, "process", "status"); got != "DRAFT" {
			t.Errorf("M6: one person alone published a regulated process in %s: %s", d.code, got)
		}
		d.appointed("主席", "chair")
		d.wordFromTheOperator("主席")
		confirmed := d.as("主席").do("confirmProcess", m{"id": draft["id"], "hash": str(proposed, "process", "hash")}, "process { status title }")
		if got := str(confirmed, "process", "title"); !strings.Contains(got, "本区") {
			t.Errorf("%s published %q", d.code, got)
		}
	}
	l.post()
	told := l.city.letters("template_adopted")
	if s := fmt.Sprint(told); !containsAll(s, "210202", "210212") {
		t.Errorf("the city was told %s", s)
	}
}

// letters are what a committee received of a kind, the newest first.
func (d *district) letters(kind string) []any {
	d.p.t.Helper()
	return dig(d.admin.ask(`query($k: [String!]) { receivedEnvelopes(first: 50, kinds: $k) { envelopes { id kind outcome reason partner body } } }`, m{"k": []string{kind}}), "receivedEnvelopes", "envelopes").([]any)
}

func (d *district) letter(kind string) m {
	d.p.t.Helper()
	all := d.letters(kind)
	if len(all) == 0 {
		d.p.t.Fatalf("%s has received no %s", d.code, kind)
	}
	return all[0].(m)
}

// promoted: a leader's instruction is on the loop's record, and the districts
// read it with the promotion.
func (x *lap) promoted(t *testing.T) {
	t.Helper()
	c := x.city
	c.as("主席").do("sendNotice", m{"kind": "promotion", "partners": []string{"210202", "210212"}, "title": "推广三年闭环机制", "text": "请各区市县政协结合实际借鉴。",
		"instruction": m{"by": "市委主要领导", "text": "做法很好，值得推广。", "on": c.p.now.Format("2006-01-02")}, "matterId": x.id}, "done")
	x.post()
	for _, d := range []*district{x.zs, x.lsk} {
		if got := fmt.Sprint(d.letter("promotion")["body"]); !containsAll(got, "推广三年闭环机制", "值得推广") {
			t.Errorf("%s reads %s", d.code, got)
		}
	}
	if got := fmt.Sprint(c.look("主席", x.id)["records"]); !containsAll(got, "INSTRUCTION", "值得推广") {
		t.Errorf("the instruction is not on the loop: %s", got)
	}
}

// forwarded: a proposal that 旅顺口 cannot settle goes up and is answered; the
// answer is mirrored onto it (转市提案).
func (l *loop) forwarded(t *testing.T, d *district) {
	t.Helper()
	id := d.submitted("委员01", "关于加密跨区公交线路的提案")
	d.reviewed(id, "FORWARDED_UP")
	d.as("主任").do("forwardUp", m{"matterId": id, "reason": "属市级事权"}, "matter { state }")
	l.post()
	list := dig(l.city.as("干事").ask(`{ matters(first: 10, filter: {kind: "forward"}) { edges { node { id title state origin } } } }`, nil), "matters", "edges").([]any)
	if len(list) == 0 {
		t.Fatalf("nothing was forwarded to the city")
	}
	copied := str(list[0], "node", "id")
	if copied == id || str(list[0], "node", "title") != "关于加密跨区公交线路的提案" {
		t.Errorf("the city has %v", list[0])
	}
	l.city.does("干事", copied, "take", nil)
	l.city.does("主任", copied, "answer", l.held("市交通运输局将加密跨区线路", nil))
	l.post()
	if got := fmt.Sprint(d.look("主任", id)["mirror"]); !containsAll(got, "210200", "加密跨区线路") {
		t.Errorf("%s reads of its proposal %s", d.code, got)
	}
}

// tooLate: 旅顺口 reports on a task that the city withdraws while the file is
// on its way; the report is refused with the reason, and both know.
func (x *lap) tooLate(t *testing.T) {
	t.Helper()
	in := x.sixFixed("旅顺口", "临时排查", x.home.now.AddDate(0, 2, 0), node("排查上报", x.home.now.AddDate(0, 1, 0)))
	in["title"] = "临时任务：水源地排查"
	before := x.mine["旅顺口"]
	extra := x.drafts("旅顺口", in)
	x.mine["旅顺口"] = before
	x.city.does("主任", extra, "issue", nil)
	x.ferry()
	own := x.lsk.titled("临时任务")
	x.lsk.does("主任", own, "accept", nil)
	x.ferry()
	x.reports(x.lsk, "主任", own, "排查上报")
	underway := x.lsk.parcel("210200", "")
	x.city.does("主任", extra, "withdraw", nil, "已由省里统一排查")
	x.city.unpacks(underway)
	if got := x.city.letters("task_report")[0]; str(got, "outcome") != "REFUSED" {
		t.Errorf("a report on what was withdrawn: %v", got)
	}
	x.ferry()
	if got := x.lsk.state("主任", own); got != "WITHDRAWN" {
		t.Errorf("旅顺口's copy of what was withdrawn is %s", got)
	}
	sent := fmt.Sprint(x.lsk.admin.ask(`{ sentEnvelopes(first: 50) { envelopes { kind status reason } } }`, nil))
	if !containsAll(sent, "REFUSED") {
		t.Errorf("旅顺口 does not learn that its report was refused: %s", sent)
	}
}

// outOfOrder: a file that leaves out an envelope waits for the one before.
func (l *loop) outOfOrder(t *testing.T) {
	t.Helper()
	notice := func(kind, title string, more m) {
		in := m{"kind": kind, "partners": []string{"210212"}, "title": title, "text": "请参加并转告各界别。"}
		for k, v := range more {
			in[k] = v
		}
		l.city.as("主席").do("sendNotice", in, "done")
	}
	notice("joint_activity", "市区联动视察", m{"on": l.home.now.AddDate(0, 0, 10).Format("2006-01-02"), "place": "水源地"})
	notice("commendation", "表彰优秀承办单位", nil)
	whole := l.city.parcel("210212", "")
	first := seq(t, whole)
	l.lsk.sendsBack("a file that leaves one out", l.city.parcel("210212", fmt.Sprint("?from=", first+1)), "缺少")
	l.lsk.unpacks(whole)
	for _, kind := range []string{"joint_activity", "commendation"} {
		if got := l.lsk.letter(kind); str(got, "outcome") != "APPLIED" {
			t.Errorf("旅顺口 received %v", got)
		}
	}
}

// titled is a task of the committee whose title begins so.
func (d *district) titled(begin string) string {
	d.p.t.Helper()
	for _, e := range dig(d.as("主任").ask(`{ matters(first: 100, filter: {kind: "task"}) { edges { node { id title } } } }`, nil), "matters", "edges").([]any) {
		if strings.HasPrefix(str(e, "node", "title"), begin) {
			return str(e, "node", "id")
		}
	}
	d.p.t.Fatalf("%s has no task %s…", d.code, begin)
	return ""
}
