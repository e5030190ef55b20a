package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Term is a 届. Its ordinal is the committee's own: the city is in its 14th
// while a district is in its 11th.
type Term struct{ ent.Schema }

func (Term) Mixin() []ent.Mixin { return tenanted }
func (Term) Annotations() []schema.Annotation {
	return described("terms", "届。各政协的届次各不相同。")
}

func (Term) Fields() []ent.Field {
	return []ent.Field{
		field.Int("ordinal").Positive().Comment("第几届"),
		date("starts_on", "起始日期"),
		date("ends_on", "届满日期"),
	}
}

func (Term) Edges() []ent.Edge {
	return []ent.Edge{edge.To("sittings", Sitting.Type).Comment("各次会议")}
}

func (Term) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "ordinal").Unique()}
}

// Sitting is a 次会议. Figures are scoped to it, not to a calendar year.
type Sitting struct{ ent.Schema }

func (Sitting) Mixin() []ent.Mixin { return tenanted }
func (Sitting) Annotations() []schema.Annotation {
	return described("sittings", "次会议。提案的统计口径是次会议，不是自然年。")
}

func (Sitting) Fields() []ent.Field {
	return []ent.Field{
		owner("term_id"),
		field.Int("ordinal").Positive().Comment("第几次会议"),
		date("prep_opens_on", "开始征集大会提案的日期"),
		date("opens_on", "开幕日期"),
		moment("cutoff_at", "大会提案截止时间；其后为平时提案"),
		date("closes_on", "闭幕日期"),
		moment("list_published_at", "提案目录公布时间，其后案号不再重排"),
	}
}

func (Sitting) Edges() []ent.Edge {
	return []ent.Edge{partOf("term", Term.Type, "sittings", "term_id")}
}

func (Sitting) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "term_id", "ordinal").Unique()}
}

// TenantPolicy is a committee's settings as one document a version. A matter keeps
// the version that was in force when it started (domain.md 3.2, 4.1).
type TenantPolicy struct{ ent.Schema }

func (TenantPolicy) Mixin() []ent.Mixin { return tenanted }
func (TenantPolicy) Annotations() []schema.Annotation {
	return described("policies", "租户政策：时限、答复分类、满意度用语等，按版本保存，从不修改。")
}

func (TenantPolicy) Fields() []ent.Field {
	return []ent.Field{
		field.Int("version").Positive().Immutable().Comment("版本"),
		date("effective_from", "生效日期；9999-12-31 为还须另一人确认的提议"),
		field.JSON("settings", map[string]any{}).Immutable().Comment("与默认值不同的各项").Annotations(entgql.Type("JSON")),
		text("note", "说明"),
		text("approved_by", "批准机构"),
		ref("proposed_by_id"),
		date("proposed_from", "提出的生效日期；由两人修改的版本，确认以前 effectiveFrom 是 9999-12-31"),
		ref("confirmed_by_id"),
		field.Int("confirms").Optional().Nillable().Comment("这一版确认的是哪一版的提议；设置与它相同"),
	}
}

func (TenantPolicy) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("proposed_by", Membership.Type).Field("proposed_by_id").Unique().Comment("提出修改的人；一人就能改的为空"),
		edge.To("confirmed_by", Membership.Type).Field("confirmed_by_id").Unique().Comment("确认修改的人"),
	}
}

func (TenantPolicy) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "version").Unique()}
}

// Workday is a committee's own addition to the national calendar.
type Workday struct{ ent.Schema }

func (Workday) Mixin() []ent.Mixin { return tenanted }
func (Workday) Annotations() []schema.Annotation {
	return described("workdays", "工作日调整：在国务院日历之外由租户增加的工作日或休息日。")
}

func (Workday) Fields() []ent.Field {
	return []ent.Field{
		field.Time("day").SchemaType(map[string]string{dialect.Postgres: "date"}).Comment("日期").Annotations(entgql.Type("Date")),
		field.Bool("working").Comment("当天是否上班"),
		text("note", "说明"),
	}
}

func (Workday) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "day").Unique()}
}
