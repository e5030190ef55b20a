package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Matter is the envelope of every piece of work: it lists, moves and guards;
// the payload beside it (Proposal, Cohort …) knows.
type Matter struct{ ent.Schema }

func (Matter) Mixin() []ent.Mixin { return []ent.Mixin{Tenanted{}, Dated{}} }
func (Matter) Annotations() []schema.Annotation {
	return described("matters", "事项：每一件工作的信封。提案、一号提案闭环等都是事项，待办、时限、时间线、附件与权限只写一次。",
		entgql.RelayConnection())
}

func (Matter) Fields() []ent.Field {
	return []ent.Field{
		field.Text("kind").Immutable().Comment("类别，与流程代码一致，例如 proposal、cohort"),
		owner("process_id"),
		field.Int("policy_version").Default(0).Comment("适用的政策版本，0 为出厂默认"),
		field.Text("state").Comment("所处环节，取值见流程定义"),
		text("turn", "轮到谁，取值见流程定义；空为不等任何人"),
		text("number", "对外显示的编号，例如 第十一届三次会议第001号"),
		field.Text("title").Comment("标题；提案为案由").Annotations(entgql.OrderField("TITLE")),
		compared("number_key"), compared("title_key"), ordering("number_order", "NUMBER"),
		ref("creator_id"), ref("sector_id"), ref("street_id"), ref("owner_unit_id"), ref("platform_id"),
		text("source", "议题从哪里来，例如 党政交题、委员荐题、群众征题、政协选题"),
		field.JSON("data", map[string]any{}).Optional().Comment("流程表单中保存下来的内容").Annotations(entgql.Type("JSON")),
		field.JSON("origin", map[string]any{}).Optional().Annotations(entgql.Type("JSON")).
			Comment("由别的政协送来时：committee、name、number、status（对方的进展，随信封更新）"),
		field.JSON("mirror", map[string]any{}).Optional().Annotations(entgql.Type("JSON")).
			Comment("送给别的政协后：committee、name、number、status、on（对方告知的办理情况）"),
		field.Time("opened_at").Comment("进入系统的时间").Annotations(entgql.OrderField("OPENED_AT")),
		moment("closed_at", "结束时间"),
		field.Time("next_due_on").SchemaType(map[string]string{"postgres": "date"}).Optional().Nillable().
			Comment("最近的期限").Annotations(entgql.Type("Date"), entgql.OrderField("NEXT_DUE_ON")),
		field.Enum("visibility").Values("PARTIES", "STAFF", "TENANT").Default("PARTIES").
			Comment("谁能看到：当事人 / 有权的工作人员 / 本政协全体"),
		field.Bool("confidential").Default(false).Annotations(entgql.Skip()).
			Comment("可能涉密或因涉密不予立案：只有提出人、当事人和判断是否涉密的人能看到"),
	}
}

func (Matter) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("process", Process.Type).Field("process_id").Unique().Required().Immutable().Comment("所用的流程版本"),
		edge.To("creator", Membership.Type).Field("creator_id").Unique().Comment("录入人"),
		edge.To("sector", Unit.Type).Field("sector_id").Unique().Comment("界别"),
		edge.To("street", Unit.Type).Field("street_id").Unique().Comment("街道联络委"),
		edge.To("owner_unit", Unit.Type).Field("owner_unit_id").Unique().Comment("归口单位"),
		edge.To("platform", Platform.Type).Field("platform_id").Unique().Comment("所属平台"),
		edge.To("proposal", Proposal.Type).Unique().Comment("提案内容"),
		edge.To("cohort", Cohort.Type).Unique().Comment("一号提案闭环内容"),
		edge.To("parties", Party.Type).Comment("当事各方"),
		edge.To("assignments", Assignment.Type).Comment("交办给各单位的份额"),
		edge.To("replies", Reply.Type).Comment("答复与会办意见"),
		edge.To("feedback", Feedback.Type).Comment("征询意见"),
		edge.To("records", Record.Type).Comment("可作依据的记录"),
		edge.To("events", Event.Type).Comment("会议、走访、恳谈"),
		edge.To("items", Item.Type).Comment("欠下的事"),
		edge.To("timers", Timer.Type).Comment("期限"),
		edge.To("steps", Step.Type).Annotations(entgql.RelayConnection()).Comment("时间线"),
		edge.To("attachments", Attachment.Type).Comment("附件"),
		edge.To("links_out", Link.Type).Comment("指向其他事项的联系"),
		edge.To("links_in", Link.Type).Comment("来自其他事项的联系"),
	}
}

func (Matter) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "kind", "state", "opened_at", "id"),
		index.Fields("tenant_id", "kind", "opened_at", "id"),
		index.Fields("tenant_id", "next_due_on", "id"),
		index.Fields("tenant_id", "number_order", "id"),
		index.Fields("tenant_id", "updated_at", "id"),
		index.Fields("tenant_id", "turn", "kind", "next_due_on", "id"),
		index.Fields("tenant_id", "creator_id"),
		index.Fields("tenant_id", "sector_id"),
		index.Fields("tenant_id", "street_id"),
		index.Fields("tenant_id", "owner_unit_id"),
		index.Fields("tenant_id", "process_id"),
		index.Fields("tenant_id", "platform_id", "opened_at", "id"),
	}
}

// Party is a person's, unit's or outsider's role in one matter. Outsiders have
// a name and no account. A merged proposal's parties keep where they came from.
type Party struct{ ent.Schema }

func (Party) Mixin() []ent.Mixin { return tenanted }
func (Party) Annotations() []schema.Annotation {
	return described("parties", "当事方：在一个事项中的角色，例如第一提案人、联名人、领办、督办。")
}

func (Party) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("membership_id"), ref("unit_id"), ref("from_matter_id"),
		// Answered by a resolver, which masks a citizen's; the book keeps it.
		field.Text("name").Optional().Comment("姓名或名称；系统外的人只有名称").Annotations(entgql.Skip()),
		field.Enum("role").Values("LEAD", "CO", "ENDORSER", "LEAD_LEADER", "SUPERVISE_LEADER", "HOST", "EXPERT", "LEAD_ORG", "THINK_TANK", "GUEST",
			"TEAM", "PARTICIPANT", "RAISER", "FORMER").
			Comment("第一提案人 / 联名 / 附议 / 领办 / 督办 / 主持 / 专家 / 牵头单位 / 智库 / 列席 / 课题组成员 / 参加者 / 提出问题的人 / 转交以前办理的单位，仍可查看"),
		text("kind", "参加者的类别，例如 RESIDENT 居民、COMPANY 企业、DEPARTMENT 部门、PARTY_ORG 党组织"),
		text("post", "职务"),
		text("organisation", "所在的组织；外地或上级政协的来宾写明是哪个政协"),
		hiddenText("phone", "联系电话"),
		field.Bool("speaker").Default(false).Comment("是否列入发言名单"),
		ref("event_id"),
		field.Int("ordinal").Default(0).Comment("排序，第一提案人为 0"),
		field.Enum("cosign").Values("NONE", "INVITED", "SIGNED", "DECLINED", "EXPIRED", "CANCELLED").Default("NONE").Comment("会签状态"),
		moment("cosign_due_at", "会签截止时间"),
		moment("signed_at", "签名时间"),
		moment("withdraw_consent_at", "同意撤案的时间"),
	}
}

func (Party) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "parties", "matter_id"),
		edge.To("membership", Membership.Type).Field("membership_id").Unique().Comment("人"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Comment("单位"),
		edge.To("from_matter", Matter.Type).Field("from_matter_id").Unique().Comment("并案前所属的提案"),
		edge.To("event", Event.Type).Field("event_id").Unique().Comment("只参加这一次会议或走访时"),
	}
}

func (Party) Indexes() []ent.Index {
	return []ent.Index{
		byMatter(), index.Fields("tenant_id", "membership_id"), index.Fields("tenant_id", "unit_id"),
		index.Fields("tenant_id", "from_matter_id"), index.Fields("tenant_id", "event_id"),
		index.Fields("tenant_id", "matter_id", "membership_id", "role").Unique().
			Annotations(entsql.IndexWhere("membership_id IS NOT NULL")),
	}
}

// Step is one entry of the timeline; it is never changed.
type Step struct{ ent.Schema }

func (Step) Mixin() []ent.Mixin { return tenanted }
func (Step) Annotations() []schema.Annotation {
	return described("steps", "时间线上的一步：谁在何时做了什么，前后各是什么。只增不改。", entgql.RelayConnection())
}

func (Step) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("assignment_id"), ref("actor_id"), ref("on_behalf_id"),
		field.Text("action").Immutable().Comment("动作代码"),
		field.Text("label").Immutable().Comment("动作名称，当时的叫法"),
		field.Text("from_state").Optional().Immutable().Comment("之前的环节"),
		field.Text("to_state").Optional().Immutable().Comment("之后的环节"),
		field.Time("at").Immutable().Comment("时间").Annotations(entgql.OrderField("AT")),
		field.Text("actor_name").Optional().Immutable().Comment("操作人当时的姓名与职务；系统自动时为“系统”"),
		text("reason", "理由"),
		field.JSON("before", map[string]any{}).Optional().Comment("之前的内容").Annotations(entgql.Type("JSON")),
		field.JSON("after", map[string]any{}).Optional().Comment("之后的内容").Annotations(entgql.Type("JSON")),
		field.Enum("audience").Values("ALL", "HANDLING", "STAFF", "PARTIES").Default("ALL").
			Comment("谁能看到：全部 / 办理各方 / 机关 / 提出者（提交之前的各步）"),
		// A figure as of a past day reads from it until when a share had time then.
		field.JSON("dues", map[string]string{}).Optional().Immutable().Comment("这一步之后各交办的办理期限，只记这一步改动的").Annotations(entgql.Skip()),
	}
}

func (Step) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "steps", "matter_id"),
		edge.To("assignment", Assignment.Type).Field("assignment_id").Unique().Comment("所属的交办"),
		edge.To("actor", Membership.Type).Field("actor_id").Unique().Comment("操作人"),
		edge.To("on_behalf", Membership.Type).Field("on_behalf_id").Unique().Comment("代谁操作（代录）"),
	}
}

func (Step) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "matter_id", "at", "id")}
}

// Timer is a budget, not a date: the due day and its explanation are derived
// by package deadline and published once. A published day never changes
// because a calendar was corrected; only an extension moves it.
type Timer struct{ ent.Schema }

func (Timer) Mixin() []ent.Mixin { return tenanted }
func (Timer) Annotations() []schema.Annotation {
	return described("timers", "期限：一份预算，可暂停、可延期，能说明自己怎么算出来。")
}

func (Timer) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("assignment_id"), ref("party_id"), ref("item_id"),
		field.Text("key").Immutable().Comment("期限代码，例如 reply.plenary；条目的期限为条目的类别"),
		field.Text("label").Immutable().Comment("名称"),
		field.Enum("status").Values("RUNNING", "SUSPENDED", "MET", "OVERDUE", "CANCELLED").Default("RUNNING").Comment("状态"),
		field.JSON("budget", map[string]any{}).Comment("预算的各项").Annotations(entgql.Skip()),
		date("due_on", "到期日"),
		date("original_due_on", "未延期前的到期日"),
		moment("due_at", "以小时计的期限的到期时刻"),
		date("next_rung_on", "下一次提醒的日期"),
		field.Strings("fired").Optional().Comment("已发出的提醒"),
		moment("ended_at", "结束时间"),
	}
}

func (Timer) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "timers", "matter_id"),
		edge.To("assignment", Assignment.Type).Field("assignment_id").Unique().Comment("所属的交办"),
		edge.To("party", Party.Type).Field("party_id").Unique().Comment("所属的当事方"),
		edge.To("item", Item.Type).Field("item_id").Unique().Comment("条目自己的期限：承诺、成果、认领的问题等到哪一天"),
	}
}

func (Timer) Indexes() []ent.Index {
	return []ent.Index{
		byMatter(), index.Fields("tenant_id", "assignment_id"), index.Fields("tenant_id", "party_id"),
		index.Fields("tenant_id", "item_id").Unique(), // one clock an item, which goes on when the item is open again
		index.Fields("tenant_id", "status", "next_rung_on"),
	}
}

// Record is something said or done that counts as evidence.
type Record struct{ ent.Schema }

func (Record) Mixin() []ent.Mixin { return tenanted }
func (Record) Annotations() []schema.Annotation {
	return described("records", "记录：面商、审查意见、视察、会议、批示等可作依据的事实。")
}

func (Record) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("assignment_id"), ref("party_id"), ref("unit_id"), ref("author_id"), ref("event_id"),
		field.Enum("kind").Values("REVIEW", "CONTACT", "URGE", "PREASSIGN_OPINION", "VISIT", "MEETING", "REPORT", "PLAN",
			"INSTRUCTION", "JOINT_CONSULT", "OUTCOME", "CONSENT", "APPROVAL", "RETURN", "EXTENSION", "CHECK",
			"MINUTE", "RESEARCH", "DOCUMENT", "SCORE", "NOTE").Immutable().Comment("类别"),
		text("mode", "方式，例如 面谈、电话"),
		text("stage", "阶段，例如 办前、办中、办后"),
		date("on", "日期"),
		text("place", "地点"),
		text("text", "内容"),
		text("number", "文号，例如 2024-微-3"),
		field.JSON("data", map[string]any{}).Optional().Comment("该类记录特有的各项").Annotations(entgql.Type("JSON")),
		moment("confirmed_at", "对方确认的时间"),
		field.Enum("audience").Values("ALL", "HANDLING", "STAFF").Default("ALL").Comment("谁能看到"),
	}
}

func (Record) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "records", "matter_id"),
		edge.To("assignment", Assignment.Type).Field("assignment_id").Unique().Comment("所属的交办"),
		edge.To("party", Party.Type).Field("party_id").Unique().Comment("对方"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Comment("单位"),
		edge.To("author", Membership.Type).Field("author_id").Unique().Comment("记录人"),
		edge.To("event", Event.Type).Field("event_id").Unique().Comment("所属的会议或走访"),
	}
}

func (Record) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "assignment_id"), index.Fields("tenant_id", "party_id"),
		index.Fields("tenant_id", "unit_id"), index.Fields("tenant_id", "author_id"), index.Fields("tenant_id", "event_id")}
}

// Item is one thing somebody owes. Six columns, not a text (domain.md trap 15).
type Item struct{ ent.Schema }

func (Item) Mixin() []ent.Mixin { return tenantedVersioned }
func (Item) Annotations() []schema.Annotation {
	return described("items", "事项中的一件欠账：B 类承诺、六定任务、备选方向等，有责任人和期限。", entgql.RelayConnection())
}

func (Item) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("reply_id"), ref("unit_id"), ref("leader_id"), ref("officer_id"),
		ref("parent_id"), ref("event_id"), ref("party_id"),
		field.Enum("kind").Values("COMMITMENT", "TASK", "NODE", "DIRECTION", "CANDIDATE", "PROBLEM", "RESOLUTION", "SUGGESTION", "LEAD", "PLAN_ITEM").Immutable().
			Comment("承诺 / 六定任务 / 节点 / 备选方向 / 备选件 / 问题 / 协商成果 / 建议 / 招商线索 / 计划项目"),
		field.Text("text").Comment("内容"),
		text("aspect", "所属方面，例如 3 方面 10 条中的方面"),
		text("path", "办理方式，例如 现场解决、认领、记录在案、单独办、联合办、社会力量共同办"),
		text("owner", "由谁办；系统内的单位见 unit"),
		text("partner", "交给哪个政协办：行政区划代码；本政协的单位办时为空"),
		text("leader_post", "领导的职务；系统内的人见 leader"),
		text("officer_post", "人员的职务；系统内的人见 officer"),
		text("measure", "效果的衡量"),
		text("cause", "原因"),
		text("solution", "商定的办法"),
		field.Bool("key").Default(false).Comment("重点"),
		field.Bool("difficult").Default(false).Comment("难点"),
		field.Int64("amount_fen").Optional().Nillable().Comment("金额，单位为分"),
		field.JSON("mirror", map[string]any{}).Optional().Annotations(entgql.Type("JSON")).
			Comment("交给别的政协后：committee、name、number、status、on（对方告知的办理情况）"),
		text("receipt_no", "收条编号"),
		hiddenText("check_code", "收条的校验码"),
		text("duty", "责任"),
		text("effect", "效果"),
		field.Time("due_on").SchemaType(map[string]string{"postgres": "date"}).Optional().Nillable().
			Comment("期限").Annotations(entgql.Type("Date"), entgql.OrderField("DUE_ON")),
		field.Enum("status").Values("OPEN", "REPORTED", "DONE", "DROPPED", "CHOSEN").Default("OPEN").Comment("状态"),
		text("evidence", "依据"),
		moment("settled_at", "了结时间"),
	}
}

func (Item) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "items", "matter_id"),
		edge.To("reply", Reply.Type).Field("reply_id").Unique().Comment("所依据的答复"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Comment("单位"),
		edge.To("leader", Membership.Type).Field("leader_id").Unique().Comment("领导"),
		edge.To("officer", Membership.Type).Field("officer_id").Unique().Comment("人员"),
		edge.To("children", Item.Type).Comment("分解出来的各项").From("parent").Field("parent_id").Unique().Comment("由哪一项分解而来"),
		edge.To("event", Event.Type).Field("event_id").Unique().Comment("在哪次会议或走访上提出"),
		edge.To("party", Party.Type).Field("party_id").Unique().Comment("由谁提出"),
	}
}

func (Item) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "kind", "status", "due_on"),
		index.Fields("tenant_id", "reply_id"), index.Fields("tenant_id", "unit_id"), index.Fields("tenant_id", "parent_id"),
		index.Fields("tenant_id", "event_id"), index.Fields("tenant_id", "party_id"), index.Fields("tenant_id", "receipt_no").Unique()}
}

// Link joins two matters; undoing it keeps it.
type Link struct{ ent.Schema }

func (Link) Mixin() []ent.Mixin { return tenanted }
func (Link) Annotations() []schema.Annotation {
	return described("links", "事项之间的联系：并入、转为、源自、属于闭环。撤销后仍保留。")
}

func (Link) Fields() []ent.Field {
	return []ent.Field{
		owner("from_id"), owner("to_id"), ref("decided_by_id"), ref("item_id"),
		field.Enum("kind").Values("MERGED_INTO", "CONVERTED_TO", "DERIVED_FROM", "FOLLOWS", "BELONGS_TO", "SINKS_TO").Immutable().
			Comment("并入 / 转为 / 源自 / 接续 / 属于闭环 / 下沉为"),
		text("reason", "理由"),
		moment("undone_at", "撤销时间"),
	}
}

func (Link) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("from", Matter.Type, "links_out", "from_id"),
		partOf("to", Matter.Type, "links_in", "to_id"),
		edge.To("decided_by", Membership.Type).Field("decided_by_id").Unique().Comment("决定人"),
		edge.To("item", Item.Type).Field("item_id").Unique().Comment("由事项中的哪一项引出"),
	}
}

func (Link) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "from_id"), index.Fields("tenant_id", "to_id"), index.Fields("tenant_id", "item_id")}
}

// Attachment is a file's row; the bytes lie in package blob under its key.
type Attachment struct{ ent.Schema }

func (Attachment) Mixin() []ent.Mixin { return tenanted }
func (Attachment) Annotations() []schema.Annotation {
	return described("attachments", "附件。内容经 GET /files/{id} 在核对权限后下载。")
}

func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		ref("matter_id"), ref("assignment_id"), ref("uploader_id"),
		field.Enum("kind").Values("OTHER", "PROPOSAL_FORM", "SEAL", "CONVENER_SIGNATURE", "ASSIGNMENT_SLIP", "REPLY", "FEEDBACK_FORM", "PHOTO", "RETURN_STATEMENT").
			Default("OTHER").Comment("类别"),
		field.Text("name").Comment("文件名"),
		field.Int64("size").Comment("字节数"),
		field.Text("content_type").Comment("类型"),
		field.Text("sha256").Comment("内容的 SHA-256"),
		field.Text("blob_key").Sensitive().Annotations(entgql.Skip()),
		field.Enum("audience").Values("ALL", "HANDLING", "STAFF").Default("ALL").Comment("谁能看到"),
		field.Int("width").Optional().Nillable().Comment("图片的宽，像素；以前上传的没有"),
		field.Int("height").Optional().Nillable().Comment("图片的高，像素；以前上传的没有"),
		ref("removed_by_id"), moment("removed_at", "移除的时间；空为没有移除。移除的只留下这一行，内容不能再下载"), text("removal_reason", "移除的理由"),
		field.Enum("caution").Values("MACROS", "SCRIPT").Optional().Nillable().Comment("打开时要当心什么；空为没有发现"),
		moment("scanned_at", "查毒的时间；没有设查毒的为空"), text("malware", "查出的病毒名称；查出的不能下载"),
		moment("purged_at", "移除以后，内容从存储里删掉的时间"),
	}
}

func (Attachment) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("matter", Matter.Type).Ref("attachments").Field("matter_id").Unique().Comment("所属事项"),
		edge.To("assignment", Assignment.Type).Field("assignment_id").Unique().Comment("所属的交办"),
		edge.To("uploader", Membership.Type).Field("uploader_id").Unique().Comment("上传人"),
		edge.To("removed_by", Membership.Type).Field("removed_by_id").Unique().Comment("移除的人"),
	}
}

func (Attachment) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "uploader_id"), index.Fields("tenant_id", "assignment_id"),
		index.Fields("tenant_id", "removed_at").Annotations(entsql.IndexWhere("removed_at IS NOT NULL"))}
}
