package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Process is one version of a process definition. The text is the truth;
// package flow parses it once and keeps it by hash. A draft may be written
// again; what is published never changes (a trigger sees to it).
type Process struct{ ent.Schema }

func (Process) Mixin() []ent.Mixin { return tenanted }
func (Process) Annotations() []schema.Annotation {
	return described("processes", "流程定义的一个版本。进行中的事项一直用它开始时的版本。")
}

func (Process) Fields() []ent.Field {
	return []ent.Field{
		field.Text("kind").Immutable().Comment("流程代码，例如 proposal"),
		field.Int("version").Positive().Immutable().Comment("版本"),
		field.Text("title").Comment("名称"),
		field.Text("source").Comment("定义全文（YAML）"),
		field.Text("hash").Comment("定义全文的 SHA-256"),
		field.Enum("status").Values("DRAFT", "PUBLISHED", "RETIRED", "DISCARDED").Default("PUBLISHED").
			Comment("草稿可以修改；发布后不变；停用后不再开始新的事项；丢弃的草稿不再列出"),
		text("origin", "来自哪个模板或导入，例如 模板 lushun"),
		ref("proposed_by_id"),
		moment("proposed_at", "提出发布的时间；须两人发布的流程，另一人确认以前仍是草稿，定义改动后须重新提出"),
		ref("confirmed_by_id"),
	}
}

func (Process) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("proposed_by", Membership.Type).Field("proposed_by_id").Unique().Comment("提出发布的人"),
		edge.To("confirmed_by", Membership.Type).Field("confirmed_by_id").Unique().Comment("确认发布的人"),
	}
}

func (Process) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "kind", "version").Unique()}
}
