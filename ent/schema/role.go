package schema

import (
	"entgo.io/contrib/entgql"
	"entgo.io/ent"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Role is one version of a role of a committee's own, or of what it says of a
// shipped one: its name, the posts by which it is held. A version is in force
// from since until until; without since it waits for a second person.
type Role struct{ ent.Schema }

func (Role) Mixin() []ent.Mixin { return tenanted }
func (Role) Annotations() []schema.Annotation {
	return described("roles", "本会的角色的一个版本：自己的角色，或对随产品提供的角色的叫法和任职。内容不再改变，修改是下一个版本。")
}

func (Role) Fields() []ent.Field {
	return []ent.Field{
		field.Text("code").Immutable().Comment("角色代码；自己的角色以 own_ 开头"),
		field.Int("version").Positive().Immutable().Comment("版本"),
		field.Text("name").Immutable().Comment("本会的叫法"),
		field.Text("duty").Optional().Immutable().Comment("用途，一句话"),
		field.Text("base").Optional().Immutable().Comment("由哪个角色复制而来"),
		field.JSON("rights", map[string]string{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.JSON("kinds", []string{}).Optional().Immutable().Comment("只对这些类别的事项有效；空为不限"),
		field.JSON("states", []string{}).Optional().Immutable().Comment("只在这些环节有效；空为不限"),
		field.JSON("platforms", []uuid.UUID{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.JSON("posts", []string{}).Optional().Immutable().Annotations(entgql.Skip()),
		field.Text("reason").Optional().Immutable().Comment("为什么这样设置"),
		moment("since", "生效的时间；空为还须另一人确认"),
		moment("until", "由下一版代替、停用或放弃的时间"),
		ref("proposed_by_id"),
		ref("confirmed_by_id"),
	}
}

func (Role) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("proposed_by", Membership.Type).Field("proposed_by_id").Unique().Comment("设置的人"),
		edge.To("confirmed_by", Membership.Type).Field("confirmed_by_id").Unique().Comment("确认的人；一人就能设置的为空"),
	}
}

func (Role) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant_id", "code", "version").Unique()}
}
