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

// Proposal is what is special to a 提案. State lives on its matter;
// disposition, assignment states, feedback and disclosure are independent of
// it and of one another (domain.md 4.3.2).
type Proposal struct{ ent.Schema }

func (Proposal) Mixin() []ent.Mixin { return tenanted }
func (Proposal) Annotations() []schema.Annotation {
	return described("proposals", "提案内容。环节在事项上；审查处理、各单位办理、征询意见、公开四者互相独立。")
}

func (Proposal) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("sitting_id"), ref("entered_by_id"),
		field.Text("registration_no").Optional().Nillable().Comment("登记号，提交时取得，永不重用"),
		field.Int("case_no").Optional().Nillable().Comment("案号，立案时取得，同一次会议内连续；001 留给一号提案"),
		text("not_filed_no", "不予立案编号，另成一列"),
		field.Enum("period").Values("PLENARY", "INTERSESSION").Optional().Nillable().Comment("大会提案 / 平时提案"),
		field.Enum("proposer_kind").Values("INDIVIDUAL", "JOINT", "PARTY", "GROUP", "COMMITTEE", "SECTOR", "TEAM", "JOINT_TEAM", "JOINT_ORG").
			Comment("个人 / 联名 / 党派 / 团体 / 专委会 / 界别 / 小组 / 联组 / 联合单位"),
		text("situation", "情况"),
		text("analysis", "分析"),
		field.Strings("suggestions").Optional().Comment("建议，一条一项"),
		text("category", "分类"),
		field.Strings("suggested_units").Optional().Comment("建议承办单位，至多五个"),
		field.Bool("consent_publish").Default(true).Comment("是否同意公开"),
		text("consent_reason", "不同意公开的理由"),
		hiddenText("contact_phone", "提交时的联系电话"),
		moment("submitted_at", "提交时间"),
		moment("filed_at", "立案时间"),
		moment("assigned_at", "首次交办时间"),
		moment("completed_at", "办结时间"),
		field.Enum("disposition").Values("NONE", "FILED", "MERGED", "CONVERTED_OPINION", "CONVERTED_LETTER", "NOT_FILED", "WITHDRAWN", "FORWARDED_UP").
			Default("NONE").Comment("审查处理"),
		text("disposition_reason", "处理理由代码"),
		text("disposition_note", "处理说明"),
		field.Int("review_pass").Default(0).Comment("已完成的审查遍数（初审、复审、终审）"),
		field.Bool("secret_flag").Default(false).Comment("有人提出可能涉密，立案前须排除；只在机关的时间线上可见").Annotations(entgql.Skip()),
		field.Enum("disclosure").Values("UNDECIDED", "PROPOSED", "OPEN", "ABSTRACT_ONLY", "CLOSED").
			Default("UNDECIDED").Comment("公开：未定 / 待审 / 公开 / 仅摘要 / 不公开"),
		text("disclosure_note", "不公开或未定的理由"),
		field.Bool("is_key").Default(false).Comment("重点提案"),
		field.Bool("is_no_one").Default(false).Comment("一号提案"),
		field.Bool("is_excellent").Default(false).Comment("优秀提案"),
		text("lead_leader_post", "领办领导的职务（党政）"),
		text("supervise_leader_post", "督办领导的职务（政协）"),
		field.Int("round").Default(1).Comment("办理轮次"),
		text("class_original", "首次答复分类，跟踪后不改"),
		text("class_final", "现分类"),
		moment("opinion_consent_at", "提案人同意转社情民意的时间"),
		field.JSON("handed_in", map[string]any{}).Optional().Comment("修改期间：上次提交时的文本").Annotations(entgql.Skip()),
		moment("reedit_granted_until", "准许提案人修改重提的截止时间"),
	}
}

func (Proposal) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "proposal", "matter_id"),
		edge.To("sitting", Sitting.Type).Field("sitting_id").Unique().Comment("所属次会议"),
		edge.To("entered_by", Membership.Type).Field("entered_by_id").Unique().Comment("代录人"),
	}
}

func (Proposal) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "matter_id").Unique(),
		index.Fields("tenant_id", "registration_no").Unique(),
		index.Fields("tenant_id", "sitting_id", "case_no").Unique().Annotations(entsql.IndexWhere("case_no IS NOT NULL")),
		index.Fields("tenant_id", "sitting_id", "disposition"),
		// DL-01: one 一号提案 a sitting.
		index.Fields("tenant_id", "sitting_id").Unique().StorageKey("proposal_one_no_one").Annotations(entsql.IndexWhere("is_no_one")),
	}
}

// Assignment is a unit's share of a proposal in one round, with its own state
// and clock. A new round is a new row.
type Assignment struct{ ent.Schema }

func (Assignment) Mixin() []ent.Mixin { return tenantedVersioned }
func (Assignment) Annotations() []schema.Annotation {
	return described("assignments", "交办：某单位在某一轮中承担的份额，有自己的状态和期限。")
}

func (Assignment) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), owner("unit_id"), ref("officer_id"), ref("replaces_id"),
		field.Enum("role").Values("SOLE", "LEAD", "CO_LEAD", "ASSIST", "SEPARATE").Immutable().Comment("单办 / 主办 / 共同主办 / 会办 / 分办"),
		field.Int("round").Default(1).Immutable().Comment("轮次"),
		field.Text("state").Comment("状态，取值见流程定义"),
		text("turn", "轮到谁，取值见流程定义；空为不等任何人"),
		text("slip_no", "交办单号"),
		field.Enum("channel").Values("PARTY_OFFICE", "GOV_OFFICE").Default("GOV_OFFICE").Comment("交办渠道"),
		field.Time("assigned_at").Immutable().Comment("交办给本单位的时间，本单位的期限由此起算"),
		field.Time("origin_assigned_at").Immutable().Comment("该件最初交办的时间，改派后不变"),
		date("sign_by", "签收期限"),
		date("return_until", "申退截止日"),
		date("due_on", "办理期限"),
		date("original_due_on", "未延期的办理期限"),
		moment("signed_at", "签收时间"),
		moment("sent_at", "答复或会办意见发出时间"),
		field.Bool("extended").Default(false).Comment("是否已延期"),
		moment("accepted_at", "提案委认可答复的时间"),
		text("apply_reason", "正在申请事项的理由"),
		date("apply_until", "申请延至的日期"),
	}
}

func (Assignment) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "assignments", "matter_id"),
		edge.To("unit", Unit.Type).Field("unit_id").Unique().Required().Immutable().Comment("承办单位"),
		edge.To("officer", Membership.Type).Field("officer_id").Unique().Comment("承办人"),
		edge.To("replaced_by", Assignment.Type).Comment("接替本交办的交办").
			From("replaces").Field("replaces_id").Unique().Comment("所接替的交办"),
		edge.To("replies", Reply.Type).Comment("答复"),
	}
}

func (Assignment) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "unit_id", "state", "due_on"),
		index.Fields("tenant_id", "replaces_id"), index.Fields("tenant_id", "officer_id")}
}

// Reply is a unit's answer, or an assisting unit's opinion to the lead only.
type Reply struct{ ent.Schema }

func (Reply) Mixin() []ent.Mixin { return tenanted }
func (Reply) Annotations() []schema.Annotation {
	return described("replies", "答复（给提案人）或会办意见（只给主办单位），编号各成一列。")
}

func (Reply) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), owner("assignment_id"), ref("signer_id"),
		field.Enum("kind").Values("REPLY", "CO_OPINION").Immutable().Comment("答复 / 会办意见"),
		field.Int("round").Default(1).Immutable().Comment("轮次"),
		field.Enum("status").Values("DRAFT", "SIGNED_OFF", "SENT", "SENT_BACK").Default("DRAFT").Comment("状态"),
		text("doc_no", "发文字号，例如 中商发〔2024〕7号"),
		text("class", "答复分类，用租户政策中的代码"),
		field.Text("body").Comment("正文"),
		field.Strings("cc").Optional().Comment("抄送"),
		field.Bool("publishable").Default(false).Comment("单位建议公开"),
		moment("signed_at", "签发时间"),
		moment("sent_at", "发出时间"),
		text("sent_back_reason", "退回重办的理由"),
	}
}

func (Reply) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "replies", "matter_id"),
		partOf("assignment", Assignment.Type, "replies", "assignment_id"),
		edge.To("signer", Membership.Type).Field("signer_id").Unique().Comment("签发人"),
		edge.To("feedback", Feedback.Type).Comment("对这份答复的征询"),
	}
}

func (Reply) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "assignment_id"),
		index.Fields("tenant_id", "doc_no").Unique().Annotations(entsql.IndexWhere("doc_no <> ''::text"))}
}

// Feedback is what one party says of one reply: two ratings. Silence stays
// silence, never satisfaction (domain.md trap 9).
type Feedback struct{ ent.Schema }

func (Feedback) Mixin() []ent.Mixin { return tenanted }
func (Feedback) Annotations() []schema.Annotation {
	return described("feedback", "征询意见：每一提案人对答复的两项评价。没有回音就是“未反馈”。")
}

func (Feedback) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), owner("reply_id"), owner("party_id"), ref("entered_by_id"),
		field.Int("round").Default(1).Immutable().Comment("轮次"),
		field.Time("asked_at").Immutable().Comment("发出征询的时间"),
		date("due_on", "反馈期限"),
		text("attitude", "对办理态度的评价，用租户政策中的代码；空为未反馈"),
		text("result", "对办理结果的评价，用租户政策中的代码；空为未反馈"),
		field.Bool("contacted").Optional().Nillable().Comment("单位是否与本人沟通过"),
		text("opinion", "意见"),
		moment("received_at", "收到反馈的时间"),
		field.Enum("channel").Values("SELF", "PHONE", "PAPER").Optional().Nillable().Comment("本人填写 / 电话代录 / 纸质代录"),
	}
}

func (Feedback) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "feedback", "matter_id"),
		partOf("reply", Reply.Type, "feedback", "reply_id"),
		edge.To("party", Party.Type).Field("party_id").Unique().Required().Immutable().Comment("提案人"),
		edge.To("entered_by", Membership.Type).Field("entered_by_id").Unique().Comment("代录人"),
	}
}

func (Feedback) Indexes() []ent.Index {
	return []ent.Index{byMatter(), index.Fields("tenant_id", "party_id"),
		index.Fields("tenant_id", "reply_id", "party_id").Unique()}
}

// Cohort is what is special to one 一号提案 loop of three years. The other
// two years are derived from the handling year and never stored.
type Cohort struct{ ent.Schema }

func (Cohort) Mixin() []ent.Mixin { return tenanted }
func (Cohort) Annotations() []schema.Annotation {
	return described("cohorts", "一号提案闭环：预研（前一年）、办理（当年）、监督（后一年）。任何时候都有三个在进行。")
}

func (Cohort) Fields() []ent.Field {
	return []ent.Field{
		owner("matter_id"), ref("proposal_matter_id"),
		field.Int("handle_year").Immutable().Comment("办理年度，其余两年由它推出").Annotations(entgql.OrderField("HANDLE_YEAR")),
		text("lead_leader_post", "领办领导的职务，例如 市长"),
		text("supervise_leader_post", "督办领导的职务，例如 市政协主席"),
	}
}

func (Cohort) Edges() []ent.Edge {
	return []ent.Edge{
		partOf("matter", Matter.Type, "cohort", "matter_id"),
		edge.To("proposal_matter", Matter.Type).Field("proposal_matter_id").Unique().Comment("真正的那件提案"),
	}
}

func (Cohort) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("tenant_id", "matter_id").Unique(),
		index.Fields("tenant_id", "handle_year").Unique(),
		index.Fields("tenant_id", "proposal_matter_id"),
	}
}
