package figures

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bihuan/bihuan/ent/gen"
)

// thing is what can be counted: one of the parts of a query (parts.go), whose
// rows have the columns id, of the row that is shown, and matter, the matter by
// which it is seen (null where it belongs to none).
type thing struct {
	label string
	typ   string // of the rows, as ent names them
	from  string // the part
	words map[string]*word

	each    string           // of rows that are alike in this column one is counted; empty: every row
	amounts map[string]*word // what can be added up
	units   []string         // what one row is called; empty: a definition of a committee's own cannot count it
}

// What a word asks of another part it asks as "id IN (SELECT …)": that part is read
// once and looked up, while a query that depends on the row reads it again for each.

// word is an attribute of a thing: what a condition asks, or by what a figure
// is split.
type word struct {
	label  string
	sql    string   // over the row t
	yes    bool     // asked by yes or no; otherwise by words
	values []value  // which words there are; nil for the committee's own
	unit   bool     // the word is the id of a unit
	other  string   // the name of the rows that have no such word
	needs  []string // parts beside the thing's own
}

type value struct{ code, label string }

func (w *word) name(code string) string {
	i := slices.IndexFunc(w.values, func(v value) bool { return v.code == code })
	if i < 0 {
		return ""
	}
	return w.values[i].label
}

// say writes what is asked.
func (w *word) say(a Asked) string {
	if w.yes {
		if a.Yes {
			return w.label
		}
		return "不是" + w.label
	}
	var names []string
	for _, code := range a.Words {
		name := w.name(code)
		if name == "" {
			name = code
		}
		names = append(names, name)
	}
	if a.None {
		return fmt.Sprintf("%s不是%s", w.label, strings.Join(names, "、"))
	}
	return fmt.Sprintf("%s为%s", w.label, strings.Join(names, "、"))
}

// condition is what is asked as SQL. A row of which it is not known does not
// count.
func (w *word) condition(a Asked) string {
	if w.yes {
		if a.Yes {
			return "(" + w.sql + ") IS TRUE"
		}
		return "(" + w.sql + ") IS NOT TRUE"
	}
	var words []string
	for _, x := range a.Words {
		words = append(words, "'"+strings.ReplaceAll(x, "'", "''")+"'")
	}
	in := fmt.Sprintf("coalesce((%s)::text, '') IN (%s)", w.sql, strings.Join(words, ", "))
	if a.None {
		return "NOT " + in
	}
	return in
}

var phases = []value{{"PRESTUDY", "预研"}, {"HANDLING", "办理"}, {"SUPERVISION", "监督"}}

// Phases are the three years of a loop, by which figures of its tasks are split.
func Phases() (out []Choice) {
	for _, p := range phases {
		out = append(out, Choice{p.code, p.label})
	}
	return out
}

// ofCohort is of which of the three loops that run at a time something is.
var ofCohort = &word{label: "上级一号提案的阶段", sql: "t.cohort", values: phases, other: "不属于上级的一号提案"}

var periods = []value{{"PLENARY", "大会提案"}, {"INTERSESSION", "平时提案"}}

var proposers = []value{{"INDIVIDUAL", "个人"}, {"JOINT", "联名"}, {"PARTY", "党派"}, {"GROUP", "团体"}, {"COMMITTEE", "专委会"},
	{"SECTOR", "界别"}, {"TEAM", "小组"}, {"JOINT_TEAM", "联组"}, {"JOINT_ORG", "联合单位"}}

var dispositions = []value{{"FILED", "立案"}, {"MERGED", "并案"}, {"CONVERTED_OPINION", "转社情民意"}, {"CONVERTED_LETTER", "转委员来信"},
	{"NOT_FILED", "不予立案"}, {"WITHDRAWN", "撤案"}, {"FORWARDED_UP", "转上级政协"}, {"NONE", "尚未审结"}}

var satisfactions = []value{{"SATISFIED", "满意"}, {"BASIC", "基本满意"}, {"UNDERSTOOD", "理解"}, {"DISSATISFIED", "不满意"}, {"SILENT", "未反馈"}}

// ofCase are the words that everything of a case has.
func ofCase(more map[string]*word) map[string]*word {
	out := map[string]*word{
		"sector":        {label: "界别", sql: "t.sector", unit: true, other: "没有界别"},
		"street":        {label: "街道", sql: "t.street", unit: true, other: "没有街道"},
		"proposer_kind": {label: "提案者", sql: "t.proposer_kind", values: proposers},
		"period":        {label: "大会或平时", sql: "t.period", values: periods, other: "未定"},
		"platform":      {label: "平台", sql: "t.platform", other: "不在平台上"},
		"collective":    {label: "集体提案", sql: "t.proposer_kind NOT IN ('INDIVIDUAL', 'JOINT')", yes: true},
		"filed":         {label: "立案", sql: "t.disposition = 'FILED'", yes: true},
	}
	for name, w := range more {
		out[name] = w
	}
	return out
}

// ofPerson is whose a row is.
var ofPerson = &word{label: "谁", sql: "t.person"}

// records are the kinds that may be counted; a leader's instruction is none.
var records = []value{{"REVIEW", "审查意见"}, {"CONTACT", "联系和面商"}, {"VISIT", "走访和视察"}, {"MEETING", "会议"}, {"REPORT", "报告"}, {"PLAN", "方案"}, {"JOINT_CONSULT", "会商"},
	{"OUTCOME", "成果"}, {"CHECK", "核对"}, {"MINUTE", "纪要"}, {"RESEARCH", "调研"}, {"DOCUMENT", "文件"}, {"SCORE", "评分"}, {"NOTE", "其他记录"}}

// ofMatter are the words that everything of a matter has that a person has a hand in.
func ofMatter(more map[string]*word) map[string]*word {
	out := map[string]*word{
		"person":   ofPerson,
		"kind":     {label: "事项类别", sql: "t.kind"},
		"platform": {label: "平台", sql: "t.platform", other: "不在平台上"},
	}
	for name, w := range more {
		out[name] = w
	}
	return out
}

var events = []value{{"TALK", "恳谈"}, {"MEETING", "协商会议"}, {"VISIT", "走访"}, {"INSPECTION", "视察"}, {"BRIEFING", "通报"}, {"ACTIVITY", "活动"}}

// ofKind are the words of what belongs to a matter and to no person.
func ofKind(more map[string]*word) map[string]*word {
	out := map[string]*word{
		"sector": {label: "界别", sql: "t.sector", unit: true, other: "没有界别"},
		"street": {label: "街道", sql: "t.street", unit: true, other: "没有街道"},
		"unit":   {label: "单位", sql: "t.unit", unit: true, other: "没有单位"},
	}
	for name, w := range ofMatter(more) {
		if name != Person {
			out[name] = w
		}
	}
	return out
}

// units are what one row of a thing may be called. 场, 件, 次, 人次 and 人 are
// never each other's (domain.md trap 18): a word that means something else would
// count one thing twice.
var units = map[string][]string{
	"case": {"件"}, "share": {"单位次"}, "mark": {"次"}, "rating": {"份"}, "commitment": {"项"}, "member": {"人"}, "unit_case": {"单位次"},
	"authored": {"人次"}, "involved": {"人次"}, "attended": {"人次"}, "noted": {"份", "条", "次"}, "outsiders": {"人次"},
	"matter": {"件", "项", "个"}, "item": {"件", "项", "个", "条"}, "event": {"场", "次"}, "record": {"份", "条", "次"},
}

// things are everything that a definition may count, with its words.
var things = all(boardThings, map[string]*thing{
	"case": {label: "提案", typ: gen.TypeMatter, from: "cases", units: units["case"], words: ofCase(map[string]*word{
		"disposition": {label: "审查处理", sql: "t.disposition", values: dispositions, other: "不明"},
		"assigned":    {label: "已交办", sql: "t.assigned_at IS NOT NULL", yes: true},
		"completed":   {label: "已办结", sql: "t.disposition = 'FILED' AND t.state IN ('COMPLETED', 'TRACKING', 'ARCHIVED')", yes: true},
		"rehandled":   {label: "办理两轮以上", sql: "t.round > 1", yes: true},
		"key":         {label: "重点提案", sql: "t.key", yes: true},
		"replied": {label: "本轮各单位都已答复", yes: true, needs: []string{"shares"},
			sql: "t.id IN (SELECT s.matter FROM shares s WHERE s.answers AND NOT s.gone AND s.round = s.case_round GROUP BY s.matter HAVING bool_and(s.sent))"},
		"met": {label: "面商过并由提案人确认", yes: true, needs: []string{"touched"},
			sql: "t.id IN (SELECT s.matter FROM touched s GROUP BY s.matter HAVING bool_or(s.met) AND NOT bool_or(s.denied))"},
		"contacted": {label: "沟通过", yes: true, needs: []string{"touched"},
			sql: "t.id IN (SELECT s.matter FROM touched s GROUP BY s.matter HAVING bool_or(s.contacted) AND NOT bool_or(s.denied))"},
		"uncontacted": {label: "提案人表示没有沟通", yes: true, needs: []string{"touched"}, sql: "t.id IN (SELECT s.matter FROM touched s WHERE s.denied)"},
		"satisfied": {label: "收到的评价都是满意", yes: true, needs: []string{"ratings"},
			sql: "t.id IN (SELECT r.matter FROM ratings r WHERE r.result <> 'SILENT' GROUP BY r.matter HAVING bool_and(r.result = 'SATISFIED'))"},
		"supervised": {label: "视察、协商会议、督办报告齐全", yes: true, sql: `(SELECT count(DISTINCT d.kind) = 3 FROM records d CROSS JOIN span
			WHERE d.matter_id = t.id AND d.kind IN ('VISIT', 'MEETING', 'REPORT') AND d.data->>'for' IN ('supervision', 'report_back') AND d.created_at < span.upto)`},
	})},
	"share": {label: "交办", typ: gen.TypeAssignment, from: "shares", units: units["share"], words: ofCase(map[string]*word{
		"unit":           {label: "承办单位", sql: "t.unit", unit: true},
		"role":           {label: "承办方式", sql: "t.role", values: []value{{"SOLE", "单办"}, {"LEAD", "主办"}, {"CO_LEAD", "会同主办"}, {"ASSIST", "会办"}, {"SEPARATE", "分办"}}},
		"answers":        {label: "须答复提案人", sql: "t.answers", yes: true},
		"gone":           {label: "已退回改派或被替代", sql: "t.gone", yes: true},
		"returned":       {label: "准许退回", sql: "t.state = 'RETURN_GRANTED'", yes: true},
		"present":        {label: "本轮", sql: "t.round = t.case_round", yes: true},
		"signed_in_time": {label: "按期签收", sql: "t.signed_on <= t.sign_by", yes: true},
		"sent":           {label: "已答复", sql: "t.sent", yes: true},
		"due":            {label: "期限已到", sql: "t.due_on <= t.today AND NOT (t.paused_on IS NOT NULL AND t.due_on >= t.paused_on AND NOT t.sent)", yes: true},
		"in_time":        {label: "按期答复", sql: "t.sent AND t.sent_on <= t.due_on", yes: true},
		"due_at_first":   {label: "原期限已到", sql: "t.original_due_on <= t.today", yes: true},
		"in_time_first":  {label: "按原期限答复", sql: "t.sent AND t.sent_on <= t.original_due_on", yes: true},
		"class":          {label: "答复分类", sql: "t.class", other: "未分类"},
		"may_be_open":    {label: "提案人和单位都同意公开", sql: "t.may_be_open", yes: true},
		"open":           {label: "已公开（全文或摘要）", sql: "t.disclosure IN ('OPEN', 'ABSTRACT_ONLY')", yes: true},
	})},
	"unit_case": {label: "各单位承办的提案", typ: gen.TypeAssignment, from: "unit_cases", units: units["unit_case"], words: ofCase(map[string]*word{
		"unit":        {label: "承办单位", sql: "t.unit", unit: true},
		"met":         {label: "面商过并由提案人确认", sql: "t.met AND NOT t.denied", yes: true},
		"contacted":   {label: "沟通过", sql: "t.contacted AND NOT t.denied", yes: true},
		"uncontacted": {label: "提案人表示没有沟通", sql: "t.denied", yes: true},
	})},
	"mark": {label: "提案人表示没有沟通", typ: gen.TypeRecord, from: "marks", units: units["mark"], words: ofCase(map[string]*word{
		"unit": {label: "承办单位", sql: "t.unit", unit: true},
	})},
	"rating": {label: "征询意见", typ: gen.TypeFeedback, from: "ratings", units: units["rating"], words: ofCase(map[string]*word{
		"unit":          {label: "承办单位", sql: "t.unit", unit: true},
		"received":      {label: "已反馈", sql: "t.received", yes: true},
		"result":        {label: "对结果的评价", sql: "t.result", values: satisfactions},
		"attitude":      {label: "对态度的评价", sql: "t.attitude", values: satisfactions},
		"result_word":   {label: "对结果的评价", sql: "t.result_word"},
		"attitude_word": {label: "对态度的评价", sql: "t.attitude_word"},
	})},
	"commitment": {label: "承诺", typ: gen.TypeItem, from: "commitments", units: units["commitment"], words: ofCase(map[string]*word{
		"unit":    {label: "承办单位", sql: "t.unit", unit: true, other: "没有单位"},
		"lapsed":  {label: "随答复作废", sql: "t.lapsed", yes: true},
		"class":   {label: "答复分类", sql: "t.class", other: "未分类"},
		"due":     {label: "期限已到", sql: "t.due_on <= t.today", yes: true},
		"in_time": {label: "按期落实", sql: "t.done_on <= t.due_on", yes: true},
	})},
	// what a person has a hand in: who counts is the word person
	"authored": {label: "提出的提案", typ: gen.TypeParty, from: "authored", units: units["authored"], words: ofCase(map[string]*word{
		"person":      ofPerson,
		"role":        {label: "提案人", sql: "t.role", values: []value{{"LEAD", "第一提案人"}, {"CO", "联名人"}}},
		"disposition": {label: "审查处理", sql: "t.disposition", values: dispositions, other: "不明"},
	})},
	"involved": {label: "参与的事项", typ: gen.TypeParty, from: "involved", units: units["involved"], words: ofMatter(map[string]*word{
		"state":   {label: "环节", sql: "t.state"},
		"closed":  {label: "已经结束", sql: "t.closed", yes: true},
		"brought": {label: "由本人提出", sql: "t.brought", yes: true},
		"hosted":  {label: "由本人主持", sql: "t.hosted", yes: true},
	})},
	"attended": {label: "会议和活动", typ: gen.TypeAttendance, from: "attended", units: units["attended"], words: ofMatter(map[string]*word{
		"event":  {label: "会议或活动", sql: "t.event", values: events},
		"status": {label: "到会情况", sql: "t.status", values: []value{{"INVITED", "已通知"}, {"CONFIRMED", "确认参加"}, {"LEAVE", "请假"}, {"ATTENDED", "到会"}, {"ABSENT", "缺席"}}},
	})},
	"noted": {label: "所作的记录", typ: gen.TypeRecord, from: "noted", units: units["noted"], words: ofMatter(map[string]*word{
		"record":    {label: "记录", sql: "t.record", values: records},
		"mode":      {label: "方式", sql: "t.mode", other: "未写明"},
		"stage":     {label: "阶段", sql: "t.stage", other: "未写明"},
		"confirmed": {label: "对方已确认", sql: "t.confirmed", yes: true},
	})},
	"outsiders": {label: "联系的群众和来宾", typ: gen.TypeParty, from: "outsiders", units: units["outsiders"], words: ofMatter(map[string]*word{
		"who": {label: "哪一类", sql: "t.who", other: "未写明"},
	})},
	// of committees' own definitions
	"matter": {label: "事项", typ: gen.TypeMatter, from: "matters_of", units: units["matter"], words: ofKind(map[string]*word{
		"source": {label: "议题来源", sql: "t.source", other: "未写明"},
		"closed": {label: "已经结束", sql: "t.closed", yes: true},
	})},
	"item": {label: "条目", typ: gen.TypeItem, from: "items_of", units: units["item"], amounts: map[string]*word{"yuan": {label: "金额（元）", sql: "t.yuan"}}, words: ofKind(map[string]*word{
		"item": {label: "条目", sql: "t.item", values: []value{{"COMMITMENT", "承诺"}, {"TASK", "六定任务"}, {"NODE", "节点"}, {"PROBLEM", "问题"}, {"RESOLUTION", "协商成果"},
			{"SUGGESTION", "建议"}, {"LEAD", "招商线索"}, {"PLAN_ITEM", "计划项目"}}},
		"path":    {label: "办理方式", sql: "t.path", other: "未写明"},
		"key":     {label: "重点", sql: "t.key", yes: true},
		"done":    {label: "已经落实", sql: "t.done", yes: true},
		"dropped": {label: "不再办理", sql: "t.dropped", yes: true},
		"due":     {label: "期限已到", sql: "t.due_on <= t.today", yes: true},
	})},
	"event": {label: "会议和活动的场次", typ: gen.TypeEvent, from: "events_of", units: units["event"], words: ofKind(map[string]*word{
		"event": {label: "会议或活动", sql: "t.event", values: events},
		"venue": {label: "阵地", sql: "t.venue", unit: true, other: "不在阵地"},
	})},
	"record": {label: "记录", typ: gen.TypeRecord, from: "records_of", units: units["record"], words: ofKind(map[string]*word{
		"record":    {label: "记录", sql: "t.record", values: records},
		"mode":      {label: "方式", sql: "t.mode", other: "未写明"},
		"confirmed": {label: "对方已确认", sql: "t.confirmed", yes: true},
	})},
	"member": {label: "委员", typ: gen.TypeMembership, from: "members", units: units["member"], words: map[string]*word{
		"proposes": {label: "提交过提案（第一提案人或联名）", sql: "t.proposes", yes: true},
	}},
	"task": {label: "一号提案的任务", typ: gen.TypeItem, from: "tasks", units: units["task"], words: map[string]*word{
		"unit":     {label: "责任单位", sql: "t.unit", unit: true, other: "没有单位"},
		"cohort":   ofCohort,
		"accepted": {label: "已承接", sql: "t.state IN ('WORKING', 'REPORTED', 'DONE', 'EXPLAINED')", yes: true},
		"done":     {label: "已核实完成", sql: "t.state = 'DONE'", yes: true},
		"overdue":  {label: "过期没有报告", sql: "t.due_on < t.today AND t.state IN ('ISSUED', 'WORKING')", yes: true},
	}},
	"node": {label: "一号提案的节点", typ: gen.TypeItem, from: "nodes", units: units["node"], words: map[string]*word{
		"cohort":  ofCohort,
		"unit":    {label: "责任单位", sql: "t.unit", unit: true, other: "没有单位"},
		"due":     {label: "期限已到", sql: "t.due_on <= t.today", yes: true},
		"in_time": {label: "按期交账", sql: "t.reported_on <= t.due_on", yes: true},
	}},
})

func all(lists ...map[string]*thing) map[string]*thing {
	out := map[string]*thing{}
	for _, l := range lists {
		maps.Copy(out, l)
	}
	return out
}
