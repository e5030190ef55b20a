package vocab

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/bihuan/bihuan/ent/gen"
	"github.com/bihuan/bihuan/ent/gen/attachment"
	"github.com/bihuan/bihuan/ent/gen/attendance"
	"github.com/bihuan/bihuan/ent/gen/event"
	"github.com/bihuan/bihuan/ent/gen/link"
	"github.com/bihuan/bihuan/ent/gen/party"
	"github.com/bihuan/bihuan/ent/gen/record"
	"github.com/bihuan/bihuan/ent/schema"
	"github.com/bihuan/bihuan/flow"
	"github.com/bihuan/bihuan/flow/process"
	"github.com/bihuan/bihuan/internal/errs"
	"github.com/bihuan/bihuan/internal/text"
)

type checklistArgs struct {
	Key   string `json:"key" doc:"政策中清单的代码，例如 two_six"`
	Field string `json:"field" doc:"表单中逐项回答的一栏，是 true、false 的列表"`
}

type approvalArgs struct {
	By    string `json:"by" doc:"由谁审批，与记录的方式（mode）一致，例如 街道党工委"`
	Least int    `json:"least" doc:"至少几次，不写为 1"`
}

type partiesArgs struct {
	Role    string `json:"role" doc:"当事方的角色，例如 HOST、PARTICIPANT"`
	Kind    string `json:"kind" doc:"当事方的类别，例如 RESIDENT"`
	Speaker *bool  `json:"speaker" doc:"只数列入（true）或没有列入（false）发言名单的"`
	Least   int    `json:"least" doc:"至少几方"`
	Most    *int   `json:"most" doc:"至多几方"`
}

type presentArgs struct {
	Event string `json:"event" doc:"会议或活动的类别，不写为任何一类"`
	Kind  string `json:"kind" doc:"到会者的类别"`
	Role  string `json:"role" doc:"到会者的角色"`
	Least int    `json:"least" doc:"在同一次活动中至少到会几人"`
}

type eventsArgs struct {
	Kind      string `json:"kind" doc:"类别：TALK、MEETING、VISIT、INSPECTION、BRIEFING、ACTIVITY"`
	State     string `json:"state" doc:"PLANNED、HELD 或 CANCELLED，不写为 HELD"`
	Concealed *bool  `json:"concealed" doc:"只数不事先告知的（true），或事先告知的（false）"`
	Least     int    `json:"least" doc:"至少几次"`
	Most      *int   `json:"most" doc:"至多几次"`
}

type recordsArgs struct {
	Kind  string `json:"kind" doc:"记录的类别，例如 RESEARCH、MINUTE、DOCUMENT"`
	Mode  string `json:"mode" doc:"方式，例如 问、答、辩"`
	Stage string `json:"stage" doc:"阶段；文件（DOCUMENT）为它的名称"`
	Least int    `json:"least" doc:"至少几条"`
	Most  *int   `json:"most" doc:"至多几条"`
}

type attachmentsArgs struct {
	Kind  string `json:"kind" doc:"附件的类别，例如 PHOTO，不写为任何一类"`
	Least int    `json:"least" doc:"至少几个"`
}

type linkedArgs struct {
	Kind  string `json:"kind" doc:"联系的类别，例如 CONVERTED_TO、SINKS_TO"`
	To    string `json:"to" doc:"指向哪一类事项，不写为任何一类"`
	Least int    `json:"least" doc:"至少几件"`
}

type dataArgs struct {
	Fields []string `json:"fields" doc:"保存下来的内容中不能空着的各栏"`
}

type windowArgs struct {
	From string `json:"from" doc:"每年从哪天起，MM-DD，含当天"`
	To   string `json:"to" doc:"到哪天止，MM-DD，含当天；早于 from 时跨年"`
}

func registerGuards(s *flow.Rules) {
	flow.GuardOf(s, "checklist", "按政策中的清单逐项回答，各项都合要求；清单没有填写文字、也没有写明免用理由时不能通过。", func(p *process.Place, a checklistArgs) {
		if _, ok := p.Policy.Checklists[a.Key]; !ok {
			p.Find("政策里没有清单“%s”%s", a.Key, process.Choices(a.Key, slices.Sorted(maps.Keys(p.Policy.Checklists))))
		}
		need(p, "field", a.Field)
		p.NeedField(a.Field)
	}, checklist)
	flow.GuardOf(s, "approval", "已有某个机构或人的审批记录。", func(p *process.Place, a approvalArgs) {
		need(p, "by", a.By)
		bounds(p, max(a.Least, 1), nil)
	}, approval)
	flow.GuardOf(s, "parties", "某个角色、某个类别的当事方有几个。", func(p *process.Place, a partiesArgs) {
		partyRole(p, a.Role)
		partyKind(p, a.Kind)
		bounds(p, a.Least, a.Most)
	}, parties)
	flow.GuardOf(s, "present", "在某一次已举行的会议或活动中，到会的人够数。", func(p *process.Place, a presentArgs) {
		enum(p, "会议或活动的类别", a.Event, schema.Event{}, "kind")
		partyRole(p, a.Role)
		partyKind(p, a.Kind)
		bounds(p, a.Least, nil)
	}, present)
	flow.GuardOf(s, "events", "会议或活动的次数。", func(p *process.Place, a eventsArgs) {
		enum(p, "会议或活动的类别", a.Kind, schema.Event{}, "kind")
		enum(p, "会议或活动的状态", a.State, schema.Event{}, "state")
		bounds(p, a.Least, a.Most)
	}, events)
	flow.GuardOf(s, "records", "某类记录的条数。", func(p *process.Place, a recordsArgs) {
		need(p, "kind", a.Kind)
		enum(p, "记录的类别", a.Kind, schema.Record{}, "kind")
		bounds(p, a.Least, a.Most)
	}, records)
	flow.GuardOf(s, "speakers_researched", "列入发言名单的每一位都有调研记录，或参加过走访、视察（没调研不发言）。", nil, speakersResearched)
	flow.GuardOf(s, "attachments", "附件的个数。", func(p *process.Place, a attachmentsArgs) {
		enum(p, "附件的类别", a.Kind, schema.Attachment{}, "kind")
		bounds(p, a.Least, nil)
	}, attachments)
	flow.GuardOf(s, "linked", "已与别的事项建立联系。", func(p *process.Place, a linkedArgs) {
		need(p, "kind", a.Kind)
		enum(p, "联系的类别", a.Kind, schema.Link{}, "kind")
		bounds(p, a.Least, nil)
	}, linked)
	flow.GuardOf(s, "data", "保存下来的内容中某些栏已经填写。", func(p *process.Place, a dataArgs) {
		if len(a.Fields) == 0 {
			p.Find("要写明 fields")
		}
	}, data)
	flow.GuardOf(s, "window", "只在每年的一段日子里进行。", func(p *process.Place, a windowArgs) {
		if !isMonthDay(a.From) || !isMonthDay(a.To) {
			p.Find("from 和 to 要写成 MM-DD，例如 03-01")
		}
	}, window)
}

func checklist(in *flow.Input, a checklistArgs) error {
	list, ok := in.Policy.Checklists[a.Key]
	if !ok || !list.Ready() {
		title := list.Title
		if title == "" {
			title = a.Key
		}
		return errs.New(errs.GuardFailed, "“%s”清单还没有填写文字，请租户管理员先填写或写明免用的理由", title)
	}
	if list.Waived != "" || in.Asking {
		return nil
	}
	answers, _ := in.Form[a.Field].([]any)
	if len(answers) != len(list.Items) {
		return errs.New(errs.Invalid, "“%s”共 %d 项，请逐项回答", list.Title, len(list.Items)).At(a.Field)
	}
	for i, item := range list.Items {
		yes, is := answers[i].(bool)
		if !is {
			return errs.New(errs.Invalid, "“%s”一项请回答是或否", item.Text).At(a.Field, itoa(i))
		}
		if (item.Want == "YES" && !yes) || (item.Want == "NO" && yes) {
			want := map[string]string{"YES": "是", "NO": "否"}[item.Want]
			return errs.New(errs.GuardFailed, "不符合“%s”：“%s”一项应为“%s”", list.Title, item.Text, want).At(a.Field, itoa(i))
		}
	}
	return nil
}

func approval(in *flow.Input, a approvalArgs) error {
	n, least := 0, max(a.Least, 1)
	for _, r := range in.RecordsOf(record.KindAPPROVAL) {
		if r.Mode == a.By && (r.Number != "" || r.Text != "" || r.On != nil) {
			n++
		}
	}
	if n >= least {
		return nil
	}
	return errs.New(errs.GuardFailed, "还没有%s的审批记录（%s），请先录入审批的日期、意见或文号", a.By, howMany(n, least, nil))
}

func parties(in *flow.Input, a partiesArgs) error {
	n := 0
	for _, p := range in.Active() {
		if isParty(p, a.Role, a.Kind) && (a.Speaker == nil || *a.Speaker == p.Speaker) {
			n++
		}
	}
	if within(n, a.Least, a.Most) {
		return nil
	}
	what := who(a.Role, a.Kind)
	if a.Speaker != nil && *a.Speaker {
		what = "列入发言名单的" + what
	}
	return errs.New(errs.GuardFailed, "%s的人数不对：%s", what, howMany(n, a.Least, a.Most))
}

func isParty(p *gen.Party, role, kind string) bool {
	return (role == "" || p.Role == party.Role(role)) && (kind == "" || p.Kind == kind)
}

func present(in *flow.Input, a presentArgs) error {
	those := map[string]bool{}
	for _, p := range in.Parties {
		if isParty(p, a.Role, a.Kind) {
			those[p.ID.String()] = true
		}
	}
	most := 0
	for _, ev := range in.Events {
		if ev.State != event.StateHELD || (a.Event != "" && ev.Kind != event.Kind(a.Event)) {
			continue
		}
		n := 0
		for _, at := range ev.Edges.Attendances {
			if at.Status == attendance.StatusATTENDED && those[at.PartyID.String()] {
				n++
			}
		}
		most = max(most, n)
	}
	if most >= a.Least {
		return nil
	}
	what := "活动"
	if a.Event != "" {
		what = label(a.Event)
	}
	return errs.New(errs.GuardFailed, "没有一次%s到会的%s够数：%s", what, who(a.Role, a.Kind), howMany(most, a.Least, nil))
}

func events(in *flow.Input, a eventsArgs) error {
	state, n := event.StateHELD, 0
	if a.State != "" {
		state = event.State(a.State)
	}
	for _, ev := range in.Events {
		if ev.State == state && (a.Kind == "" || ev.Kind == event.Kind(a.Kind)) && (a.Concealed == nil || ev.Concealed == *a.Concealed) {
			n++
		}
	}
	if within(n, a.Least, a.Most) {
		return nil
	}
	what := "会议或活动"
	if a.Kind != "" {
		what = label(a.Kind)
	}
	if a.Concealed != nil && *a.Concealed {
		what = "不事先告知的" + what
	}
	return errs.New(errs.GuardFailed, "%s的%s次数不对：%s", label(string(state)), what, howMany(n, a.Least, a.Most))
}

func records(in *flow.Input, a recordsArgs) error {
	n := 0
	for _, r := range in.RecordsOf(record.Kind(a.Kind)) {
		if (a.Mode == "" || r.Mode == a.Mode) && (a.Stage == "" || r.Stage == a.Stage) {
			n++
		}
	}
	if within(n, a.Least, a.Most) {
		return nil
	}
	what := label(a.Kind)
	if note := strings.Trim(a.Stage+"、"+a.Mode, "、"); note != "" {
		what += "（" + note + "）"
	}
	return errs.New(errs.GuardFailed, "“%s”记录的条数不对：%s", what, howMany(n, a.Least, a.Most))
}

// speakersResearched: a research record says whose it is, or is its author's.
func speakersResearched(in *flow.Input, _ struct{}) error {
	var idle []string
	for _, p := range in.Active() {
		if p.Speaker && !researched(in.Case, p) {
			idle = append(idle, p.Name)
		}
	}
	if len(idle) == 0 {
		return nil
	}
	return errs.New(errs.GuardFailed, "没调研不发言：%s还没有调研记录，也没有参加过走访或视察", strings.Join(idle, "、"))
}

func researched(c *flow.Case, p *gen.Party) bool {
	for _, r := range c.RecordsOf(record.KindRESEARCH) {
		own := r.PartyID == nil && r.AuthorID != nil && p.MembershipID != nil && *r.AuthorID == *p.MembershipID
		if own || (r.PartyID != nil && *r.PartyID == p.ID) {
			return true
		}
	}
	for _, ev := range c.Events {
		if ev.State != event.StateHELD || (ev.Kind != event.KindVISIT && ev.Kind != event.KindINSPECTION) {
			continue
		}
		if slices.ContainsFunc(ev.Edges.Attendances, func(at *gen.Attendance) bool {
			return at.PartyID == p.ID && at.Status == attendance.StatusATTENDED
		}) {
			return true
		}
	}
	return false
}

func attachments(in *flow.Input, a attachmentsArgs) error {
	n := 0
	for _, f := range in.Attachments {
		if a.Kind == "" || f.Kind == attachment.Kind(a.Kind) {
			n++
		}
	}
	if n >= a.Least {
		return nil
	}
	return errs.New(errs.GuardFailed, "附件不够：%s，请先上传", howMany(n, a.Least, nil))
}

func linked(in *flow.Input, a linkedArgs) error {
	n := 0
	for _, l := range in.Out {
		if l.UndoneAt == nil && l.Kind == link.Kind(a.Kind) && (a.To == "" || (l.Edges.To != nil && l.Edges.To.Kind == a.To)) {
			n++
		}
	}
	if n >= a.Least {
		return nil
	}
	return errs.New(errs.GuardFailed, "“%s”的事项不够：%s", label(a.Kind), howMany(n, a.Least, nil))
}

func data(in *flow.Input, a dataArgs) error {
	for _, f := range a.Fields {
		if empty(in.Data[f]) {
			return errs.New(errs.GuardFailed, "“%s”还没有填写", titleOf(in.Def, f)).With("field", f)
		}
	}
	return nil
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return text.Blank(v)
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// titleOf is what the forms of the process call a field.
func titleOf(d *process.Definition, field string) string {
	for _, name := range []string{process.OfMatter, process.OfAssignment} {
		if m := d.Machines[name]; m != nil {
			for _, a := range m.Actions {
				if t, ok := property(a, field)["title"].(string); ok {
					return t
				}
			}
		}
	}
	return field
}

// isMonthDay: 02-29 is one.
func isMonthDay(s string) bool { _, err := time.Parse(time.DateOnly, "2024-"+s); return err == nil }

func window(in *flow.Input, a windowArgs) error {
	today := in.Today().Format("01-02")
	inside := a.From <= today && today <= a.To
	if a.From > a.To {
		inside = a.From <= today || today <= a.To
	}
	if inside {
		return nil
	}
	return errs.New(errs.GuardFailed, "只在每年%s至%s进行，今天不在这段时间内", monthDay(a.From), monthDay(a.To))
}

func monthDay(s string) string {
	d, err := time.Parse(time.DateOnly, "2024-"+s)
	if err != nil {
		return s
	}
	return d.Format("1月2日")
}
