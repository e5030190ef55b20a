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

// Report is what figures said when it was frozen: its lines hold the numbers and
// what their definitions meant then, the table report_rows the rows that were
// counted. It can be withdrawn, and nothing else of it ever changes.
type Report struct{ ent.Schema }

func (Report) Mixin() []ent.Mixin { return tenanted }
func (Report) Annotations() []schema.Annotation {
	return described("reports", "定稿的报告：当时的各个数、定义的版本和背后的行，以后不再改变。定稿的时间是 createdAt。", entgql.RelayConnection())
}

func (Report) Fields() []ent.Field {
	return []ent.Field{
		field.Text("title").Immutable().Comment("标题"),
		field.Text("template").Optional().Immutable().Comment("所用样式的代码；各行自定的为空"),
		field.Text("scope_kind").Immutable().Annotations(entgql.Skip()),
		field.Int("year").Optional().Nillable().Immutable().Comment("统计哪一年；不是自然年的为空"),
		field.Time("as_of").SchemaType(map[string]string{dialect.Postgres: "date"}).Immutable().Comment("截至哪一天，含当天").Annotations(entgql.Type("Date")),
		field.Text("scope_text").Immutable().Comment("统计范围，当时的写法"),
		field.JSON("lines", []map[string]any{}).Immutable().Annotations(entgql.Skip()),
		field.Text("printed").Immutable().Comment("打印的文字"),
		ref("sitting_id"),
		ref("replaces_id"),
		owner("frozen_by_id"),
		moment("withdrawn_at", "撤回的时间"),
		text("withdrawn_reason", "撤回的原因"),
		ref("withdrawn_by_id"),
	}
}

func (Report) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("sitting", Sitting.Type).Field("sitting_id").Unique().Comment("统计哪次会议；不按会议的为空"),
		edge.To("frozen_by", Membership.Type).Field("frozen_by_id").Unique().Required().Immutable().Comment("定稿的人"),
		edge.To("withdrawn_by", Membership.Type).Field("withdrawn_by_id").Unique().Comment("撤回的人"),
		edge.To("replaced_by", Report.Type).Comment("代替它的报告").
			From("replaces").Field("replaces_id").Unique().Comment("所代替的报告"),
	}
}

func (Report) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "sitting_id"), index.Fields("tenant_id", "replaces_id"), index.Fields("tenant_id", "frozen_by_id")}
}
